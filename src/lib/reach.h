/*
 * reach.h - from what a caller says of a node to a connection: its name, its address, the way there, TLS, the cookie.
 */
#ifndef BT_LIB_REACH_H
#define BT_LIB_REACH_H

#include "base/arena.h"
#include "lib/cookie.h"
#include "lib/say.h"
#include "node/conn.h"

/* What was said; NULL and 0: nothing. Named as the options of the program are. */
struct bt_reach_opts {
    const char *node;
    struct bt_cookie_opts cookie;
    const char *address;
    int epmd_port; /* 0: ERL_EPMD_PORT, or 4369 */
    const char *proxy_command, *ssh, *pod, *pod_namespace;
    bool tls;
    struct bt_tls_opts tls_opts; /* any of them sets tls */
    const char *tls_optfile;
    int64_t wait_us, connect_timeout_us;
    struct bt_cancel cancel;
    const struct bt_log *log; /* must live as long as the connection */
    struct bt_say say;
};

struct bt_reach {
    struct bt_say say;
    int64_t wait_us;
    char node[256]; /* as the user gave it; once connected, as the node calls itself */
    char host[256]; /* of --address, else "" */
    struct bt_route route;
    struct bt_tls_opts tls;
    struct bt_cookie cookie;
    struct bt_conn_opts conn; /* borrows from all above: the struct must stay where it is */
    enum bt_conn_step step;
    struct bt_arena arena;
};

/* Reads options and files; connects to nothing. Without the cookie: enough to ask epmd. EUSAGE. */
int bt_reach_set(struct bt_reach *r, const struct bt_reach_opts *o, struct beamtap_err *err);

/* Finds the cookie. ECOOKIE. Warns of one that others can see. */
int bt_reach_set_cookie(struct bt_reach *r, const struct bt_cookie_opts *o, struct beamtap_err *err);

/* Connects; with wait_us again and again, as long as the node is not there. Globs and names without a host become whole. NULL: err
 * is filled. */
struct bt_conn *bt_reach_open(struct bt_reach *r, struct beamtap_err *err);

/* What epmd on the host knows, "name port\n" a line. */
int bt_reach_names(struct bt_reach *r, struct bt_buf *out, struct beamtap_err *err);

/* Wipes the cookie, frees. */
void bt_reach_done(struct bt_reach *r);

#endif
