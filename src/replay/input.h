/*
 * input.h - bytes of a file in a buffer of bounded size: as many in a row as are asked for, while there are so many.
 */
#ifndef BT_REPLAY_INPUT_H
#define BT_REPLAY_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct bt_input {
    ssize_t (*read)(void *arg, void *buf, size_t n); /* as read(2) */
    void *arg;
    uint8_t *data;
    size_t pos, len, cap; /* data[pos..len) was read and not passed over */
    uint64_t offset;      /* in the file, of data[pos] */
    bool is_at_end, no_memory;
    int sys; /* errno of a read that failed; then is_at_end too */
};

void bt_input_init(struct bt_input *in, ssize_t (*read)(void *, void *, size_t), void *arg);
void bt_input_done(struct bt_input *in);

/*
 * Bytes at the current place: *p, valid until the next call, and how many. Fewer than n only where the file ends there, cannot be
 * read, or there is no memory. The buffer grows with what is really there, not with what n claims.
 */
size_t bt_input_peek(struct bt_input *in, size_t n, const uint8_t **p);

/* Passes over n bytes that were peeked at. */
void bt_input_skip(struct bt_input *in, size_t n);

#endif
