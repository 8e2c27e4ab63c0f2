/*
 * placed.c - a text that was put together, and where its bytes came from.
 */
#include "spec/placed.h"

int bt_placed_add(struct bt_placed *p, struct bt_buf *buf, struct bt_arena *a, const char *bytes, size_t n,
    struct bt_placed_piece piece)
{
    piece.at = buf->len;
    p->pieces = bt_arena_grow(a, p->pieces, p->n, &p->cap, sizeof *p->pieces);
    if (!p->pieces)
        return -1;
    p->pieces[p->n++] = piece;
    bt_buf_put(buf, bytes, n);
    return buf->failed ? -1 : 0;
}

int bt_placed_end(struct bt_placed *p, struct bt_buf *buf, struct bt_arena *a)
{
    p->text = buf->failed ? NULL : bt_arena_strndup(a, buf->len ? buf->data : "", buf->len);
    p->len = buf->len;
    bt_buf_done(buf);
    return p->text ? 0 : -1;
}

size_t bt_placed_from(const struct bt_placed *p, size_t off)
{
    const struct bt_placed_piece *piece = NULL;
    for (size_t i = 0; i < p->n && (p->pieces[i].at <= off); i++)
        piece = &p->pieces[i];
    if (!piece)
        return 0;
    return piece->is_value ? piece->from : piece->from + (off - piece->at);
}
