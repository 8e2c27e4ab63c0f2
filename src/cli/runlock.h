/*
 * runlock.h - one run of a script at a time: cron begins the next one also where the last one has not ended.
 */
#ifndef BT_CLI_RUNLOCK_H
#define BT_CLI_RUNLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct bt_runlock {
    int fd; /* -1: none */
    char path[64];
};

/* What is locked: begin with BT_RUNLOCK_KEY, add texts. */
#define BT_RUNLOCK_KEY UINT64_C(0xcbf29ce484222325)
uint64_t bt_runlock_key(uint64_t key, const void *bytes, size_t n);

/*
 * bt_runlock_take - locks the key for this user, until bt_runlock_drop or the end of the process.
 *
 * Errors: EBUSY, naming the process that holds it. Where no lock can be had (a full disk, a file of somebody else's) there is none,
 * and l->fd is -1.
 */
int bt_runlock_take(struct bt_runlock *l, uint64_t key, struct beamtap_err *err);
void bt_runlock_drop(struct bt_runlock *l);

#endif
