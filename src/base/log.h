/*
 * log.h - debug areas. The library hands lines to a callback; the program points it at stderr. Off costs one test.
 */
#ifndef BT_BASE_LOG_H
#define BT_BASE_LOG_H

#include <stdbool.h>

#include "base/err.h"

/* One list: the area's name is what --debug takes. */
#define BT_LOG_AREAS(X)                                                                                       \
    X(CONN, "conn")       /* names, sockets, handshake */                                                     \
    X(RPC, "rpc")         /* calls to the node and their answers */                                           \
    X(SESSION, "session") /* states of a session, what is installed and removed */                            \
    X(LIMIT, "limit")     /* window, credit, decisions */

enum bt_log_area {
#define BT_X(id, name) BT_LOG_##id,
    BT_LOG_AREAS(BT_X)
#undef BT_X
    BT_LOG_N_AREAS
};

struct bt_log {
    unsigned mask; /* 1 << area */
    void (*line)(void *arg, const char *area, const char *text);
    void *arg;
};

/* Is the area on? log may be NULL. */
bool bt_log_on(const struct bt_log *log, enum bt_log_area area);
void bt_log(const struct bt_log *log, enum bt_log_area area, const char *fmt, ...) BT_PRINTF(3, 4);
/* Turns a name ("conn", "all") into bits of the mask; 0: no such area. */
unsigned bt_log_mask(const char *name);

#endif
