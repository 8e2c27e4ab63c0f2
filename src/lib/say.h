/*
 * say.h - warnings for the person in front of the program: they leave the library through a callback.
 */
#ifndef BT_LIB_SAY_H
#define BT_LIB_SAY_H

#include "base/err.h"

struct bt_say {
    void (*line)(void *arg, const char *text); /* no newline at its end; NULL: not wanted */
    void *arg;
};

void bt_say(const struct bt_say *to, const char *fmt, ...) BT_PRINTF(2, 3);

#endif
