/*
 * input.c - bytes of a file in a buffer of bounded size.
 */
#include "replay/input.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MIN_CAP ((size_t)4 << 10)   /* of a small file */
#define READ_CAP ((size_t)64 << 10) /* which the buffer grows to, so that few reads are needed */

void bt_input_init(struct bt_input *in, ssize_t (*read)(void *, void *, size_t), void *arg)
{
    *in = (struct bt_input){.read = read, .arg = arg};
}

void bt_input_done(struct bt_input *in)
{
    free(in->data);
    *in = (struct bt_input){.is_at_end = true};
}

/* Room behind what is there: what was passed over is given up, and the buffer doubled where that is not enough, or it is small. */
static bool make_room(struct bt_input *in)
{
    if (in->pos > 0) {
        memmove(in->data, in->data + in->pos, in->len - in->pos);
        in->len -= in->pos;
        in->pos = 0;
    }
    if (in->len < in->cap && in->cap >= READ_CAP)
        return true;
    size_t cap = in->cap ? in->cap * 2 : MIN_CAP;
    uint8_t *data = realloc(in->data, cap);
    if (!data) {
        in->no_memory = in->is_at_end = true;
        return false;
    }
    in->data = data;
    in->cap = cap;
    return true;
}

static void read_some(struct bt_input *in)
{
    ssize_t n;
    do {
        n = in->read(in->arg, in->data + in->len, in->cap - in->len);
    } while (n < 0 && errno == EINTR);
    if (n <= 0)
        in->is_at_end = true;
    if (n < 0)
        in->sys = errno;
    if (n > 0)
        in->len += (size_t)n;
}

size_t bt_input_peek(struct bt_input *in, size_t n, const uint8_t **p)
{
    while (in->len - in->pos < n && !in->is_at_end) {
        if (in->cap - in->len < n - (in->len - in->pos) && !make_room(in))
            break;
        read_some(in);
    }
    *p = in->data ? in->data + in->pos : (const uint8_t *)"";
    return in->len - in->pos;
}

void bt_input_skip(struct bt_input *in, size_t n)
{
    assert(n <= in->len - in->pos);
    in->pos += n;
    in->offset += n;
    if (in->pos == in->len)
        in->pos = in->len = 0;
}
