/*
 * reader.c - a capture file to events.
 *
 * The head of a record has a sum of its own, so that a damaged body is passed over by its length, and a damaged head is looked
 * for anew, mark by mark. A body is summed once, and only when all of it is there.
 */
#include "replay/reader.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/crc32c.h"
#include "out/capture_format.h"
#include "replay/header.h"

#define MOST_NS                                                                                              \
    (INT64_C(1) << 62) /* times beyond it (the year 2116) would overflow when they are subtracted */
#define SCAN 65536u    /* looked through at once for the next record */

struct bt_reader {
    struct bt_input *in;
    struct bt_replay_ops ops;
    struct bt_arena arena;
    struct bt_out_head head;
    struct bt_out_end end;
    bool has_end, is_over;
    uint64_t n_unknown;
    size_t given; /* bytes of the record that was given out last */
};

/* ---- the file's beginning ---- */

bool bt_reader_knows(const uint8_t *p, size_t n)
{
    return n >= BT_CAPTURE_MAGIC_LEN && memcmp(p, BT_CAPTURE_MAGIC, BT_CAPTURE_MAGIC_LEN) == 0;
}

static int no_more(const struct bt_input *in, struct beamtap_err *err)
{
    if (in->no_memory)
        return bt_err_nomem(err);
    if (in->sys)
        return bt_err_sys(err, BEAMTAP_EUSAGE, in->sys, "cannot be read");
    return bt_err_set(err, BEAMTAP_EUSAGE, "the file ends in its header: nothing of it can be shown");
}

static int read_head(struct bt_reader *r, struct beamtap_err *err)
{
    const uint8_t *p;
    size_t n = bt_input_peek(r->in, BT_CAPTURE_PREFIX_LEN, &p);
    if (!bt_reader_knows(p, n) && (r->in->sys || r->in->no_memory))
        return no_more(r->in, err);
    if (!bt_reader_knows(p, n))
        return bt_err_set(err, BEAMTAP_EUSAGE, "is no capture of beamtap");
    if (n < BT_CAPTURE_PREFIX_LEN)
        return no_more(r->in, err);
    uint32_t len = bt_get_le32(p + 16), sum = bt_get_le32(p + 20);
    if (bt_get_le16(p + 8) > BT_CAPTURE_MAJOR || bt_get_le32(p + 12) != 0)
        return bt_err_set(err, BEAMTAP_EUSAGE,
            "was written by a later beamtap (format %u); this one reads format %u", bt_get_le16(p + 8),
            BT_CAPTURE_MAJOR);
    if (len > BT_CAPTURE_MAX_HEADER)
        return bt_err_set(err, BEAMTAP_EUSAGE, "its header is damaged: nothing of it can be shown");
    if (bt_input_peek(r->in, BT_CAPTURE_PREFIX_LEN + len, &p) < BT_CAPTURE_PREFIX_LEN + len)
        return no_more(r->in, err);
    const uint8_t *term = p + BT_CAPTURE_PREFIX_LEN;
    bool is_whole = bt_crc32c(bt_crc32c(0, p, 20), term, len) == sum &&
                    bt_header_read(&r->arena, (struct bt_slice){term, len}, &r->head);
    if (r->arena.failed)
        return bt_err_nomem(err);
    if (!is_whole)
        return bt_err_set(err, BEAMTAP_EUSAGE, "its header is damaged: nothing of it can be shown");
    bt_input_skip(r->in, BT_CAPTURE_PREFIX_LEN + len);
    return 0;
}

struct bt_reader *bt_reader_open(
    struct bt_input *in, const struct bt_replay_ops *ops, struct beamtap_err *err)
{
    struct bt_reader *r = calloc(1, sizeof *r);
    if (!r) {
        bt_err_nomem(err);
        return NULL;
    }
    r->in = in;
    if (ops)
        r->ops = *ops;
    if (read_head(r, err) == 0)
        return r;
    bt_reader_close(r);
    return NULL;
}

void bt_reader_close(struct bt_reader *r)
{
    if (!r)
        return;
    bt_arena_done(&r->arena);
    free(r);
}

const struct bt_out_head *bt_reader_head(const struct bt_reader *r)
{
    return &r->head;
}

const struct bt_out_end *bt_reader_end(const struct bt_reader *r)
{
    return r->has_end ? &r->end : NULL;
}

uint64_t bt_reader_unknown(const struct bt_reader *r)
{
    return r->n_unknown;
}

/* ---- events ---- */

/* What follows the fixed part of an event's body. */
struct body {
    struct bt_etf r;
    bool ok;
};

static int64_t number(struct body *b)
{
    if (b->r.end - b->r.p < 8) {
        b->ok = false;
        return 0;
    }
    b->r.p += 8;
    return bt_get_le64(b->r.p - 8);
}

static struct bt_slice term(struct body *b, bool is_there)
{
    struct bt_slice s = {NULL, 0};
    if (is_there && b->ok)
        b->ok = bt_etf_slice(&b->r, &s);
    return s;
}

static uint32_t count(struct body *b)
{
    if (b->r.end - b->r.p < 4) {
        b->ok = false;
        return 0;
    }
    b->r.p += 4;
    uint32_t n = bt_get_le32(b->r.p - 4);
    b->ok = b->ok && n <= BT_EVENT_MAX_VALUES;
    return n;
}

static struct bt_slice name(struct body *b, bool is_there)
{
    struct bt_slice s = {NULL, 0};
    if (!is_there || !b->ok)
        return s;
    size_t left = (size_t)(b->r.end - b->r.p), len = left < 2 ? 0 : bt_get_le16(b->r.p);
    b->ok = left >= 2 + len;
    if (b->ok) {
        s = (struct bt_slice){b->r.p + 2, len};
        b->r.p += 2 + len;
    }
    return s;
}

static bool is_time(int64_t ns)
{
    return ns > -MOST_NS && ns < MOST_NS;
}

static bool is_size(int64_t n)
{
    return n >= 0 && n < INT64_C(1) << 53;
}

/* Numbers, in the order they stand. */
static void read_numbers(struct body *b, unsigned has, struct bt_event *ev)
{
    ev->duration_ns = has & BT_CAPTURE_HAS_DURATION ? number(b) : -1;
    ev->amount = has & BT_CAPTURE_HAS_AMOUNT ? number(b) : 0;
    ev->before = has & BT_CAPTURE_HAS_HEAP ? number(b) : 0;
    ev->after = has & BT_CAPTURE_HAS_HEAP ? number(b) : 0;
    ev->n_values = has & BT_CAPTURE_HAS_VALUES ? count(b) : 0;
    b->ok = b->ok && ev->duration_ns >= -1 && ev->duration_ns <= MOST_NS && ev->amount >= 0 &&
            is_size(ev->before) && is_size(ev->after);
}

static void read_terms(struct body *b, unsigned has, struct bt_event *ev)
{
    ev->name = name(b, has & BT_CAPTURE_HAS_NAME);
    ev->pid = term(b, has & BT_CAPTURE_HAS_PID);
    ev->mfa = (struct bt_slice){NULL, 0};
    if (has & BT_CAPTURE_HAS_MFA)
        b->ok = b->ok && bt_etf_mfa(&b->r, &ev->mfa, &ev->module, &ev->function, &ev->arity);
    ev->value = term(b, has & BT_CAPTURE_HAS_VALUE);
    ev->peer = term(b, has & BT_CAPTURE_HAS_PEER);
    ev->caller = term(b, has & BT_CAPTURE_HAS_CALLER);
    if (has & BT_CAPTURE_HAS_CLASS)
        b->ok = b->ok && bt_etf_atom(&b->r, &ev->class_name);
    for (size_t i = 0; b->ok && i < ev->n_values; i++)
        ev->values[i] = term(b, true);
    b->ok = b->ok && b->r.p == b->r.end;
}

/* Of these parts, those that an event of this type cannot do without. */
static unsigned needs(enum bt_event_type type, unsigned parts)
{
    unsigned optional = BT_CAPTURE_HAS_VALUES | BT_CAPTURE_HAS_CALLER;
    if (type == BT_EVENT_RUNNING)
        optional |= BT_CAPTURE_HAS_MFA;
    if (type == BT_EVENT_RECEIVE)
        optional |= BT_CAPTURE_HAS_PEER;
    if (type == BT_EVENT_OTHER)
        optional |= BT_CAPTURE_HAS_PID;
    return parts & ~optional;
}

static bool has_what_it_needs(enum bt_event_type type, unsigned has)
{
    unsigned parts = bt_capture_parts(type);
    unsigned may = parts | BT_CAPTURE_HAS_DURATION | BT_CAPTURE_HAS_NAME | BT_CAPTURE_IS_PART;
    return (has & ~may) == 0 && (needs(type, parts) & ~has) == 0;
}

enum outcome { GOOD, BAD, UNKNOWN };

static enum outcome read_event(const uint8_t *p, size_t len, struct bt_event *ev)
{
    struct body b = {.ok = true};
    if (len < BT_CAPTURE_EVENT_LEN)
        return BAD;
    unsigned has = bt_get_le16(p + 2);
    if (!bt_capture_type(p[0], &ev->type) || has & ~(unsigned)BT_CAPTURE_HAS_KNOWN)
        return UNKNOWN;
    if (!has_what_it_needs(ev->type, has))
        return BAD;
    ev->clause = ev->position = bt_get_le32(p + 4);
    ev->wall_ns = bt_get_le64(p + 8);
    ev->mono_ns = bt_get_le64(p + 16);
    ev->unique = bt_get_le64(p + 24);
    ev->node = (struct bt_slice){NULL, 0};
    ev->is_part = has & BT_CAPTURE_IS_PART;
    bt_etf_init(&b.r, p + BT_CAPTURE_EVENT_LEN, len - BT_CAPTURE_EVENT_LEN);
    read_numbers(&b, has, ev);
    if (b.ok)
        read_terms(&b, has, ev);
    return b.ok && is_time(ev->wall_ns) && is_time(ev->mono_ns) ? GOOD : BAD;
}

/* ---- other records ---- */

static enum outcome read_end(struct bt_reader *r, const uint8_t *p, size_t len)
{
    if (!bt_header_read_end(&r->arena, (struct bt_slice){p, len}, &r->end))
        return BAD;
    r->has_end = true;
    return GOOD;
}

/* ---- records ---- */

static void tell(const struct bt_reader *r, uint64_t offset, const char *what, uint64_t n_bytes, bool is_cut)
{
    struct bt_replay_damage d = {offset, what, n_bytes, is_cut};
    if (r->ops.damage)
        r->ops.damage(r->ops.arg, &d);
}

static bool is_head(const uint8_t *p)
{
    return bt_get_le16(p) == BT_CAPTURE_MARK && bt_get_le32(p + 12) == bt_crc32c(0, p, 12) &&
           bt_get_le32(p + 4) <= BT_CAPTURE_MAX_BODY;
}

/* Passes over bytes until a head stands there. False: there is none. */
static bool find_head(struct bt_reader *r)
{
    const uint8_t *p;
    for (;;) {
        size_t n = bt_input_peek(r->in, SCAN, &p), i = 0;
        if (n < BT_CAPTURE_HEAD_LEN)
            return false;
        while (i + BT_CAPTURE_HEAD_LEN <= n && !is_head(p + i))
            i++;
        bt_input_skip(r->in, i);
        if (i + BT_CAPTURE_HEAD_LEN <= n)
            return true;
    }
}

/* The head at the current place is none. False: nothing behind it can be read. */
static bool recover(struct bt_reader *r)
{
    const uint8_t *p;
    uint64_t from = r->in->offset;
    bool is_found = find_head(r);
    if (is_found)
        tell(r, from, "a record's head is damaged", r->in->offset - from, false);
    else if (!r->in->no_memory && !r->in->sys)
        tell(r, from, "a record's head is damaged, and no other follows", 0, false);
    if (!is_found)
        bt_input_skip(r->in, bt_input_peek(r->in, 0, &p));
    return is_found;
}

static enum bt_next over(struct bt_reader *r, struct beamtap_err *err)
{
    r->is_over = true;
    if (!r->in->no_memory && !r->in->sys)
        return BT_NEXT_END;
    no_more(r->in, err);
    return BT_NEXT_ERROR;
}

/* A whole record is at p. NOTHING: it was no event, or one that cannot be shown. */
static enum bt_next take(struct bt_reader *r, const uint8_t *p, size_t len, struct bt_event *ev)
{
    const uint8_t *body = p + BT_CAPTURE_HEAD_LEN;
    enum outcome o = UNKNOWN;
    bool is_sound = bt_crc32c(0, body, len) == bt_get_le32(p + 8);
    if (is_sound) {
        switch (p[2]) {
        case BT_CAPTURE_EVENT: o = read_event(body, len, ev); break;
        case BT_CAPTURE_SUMMARY: o = read_end(r, body, len); break;
        default: break;
        }
    }
    r->given = BT_CAPTURE_HEAD_LEN + len;
    if (!is_sound || o == BAD)
        tell(r, r->in->offset, is_sound ? "a record is not what it says it is" : "a record is damaged",
            r->given, false);
    else if (o == UNKNOWN)
        r->n_unknown++;
    return is_sound && o == GOOD && p[2] == BT_CAPTURE_EVENT ? BT_NEXT_EVENT : BT_NEXT_NOTHING;
}

/* The next record, whatever it is. */
static enum bt_next step(struct bt_reader *r, struct bt_event *ev, struct beamtap_err *err)
{
    const uint8_t *p;
    bt_input_skip(r->in, r->given);
    r->given = 0;
    size_t n = bt_input_peek(r->in, BT_CAPTURE_HEAD_LEN, &p);
    if (n == 0)
        return over(r, err);
    if (n < BT_CAPTURE_HEAD_LEN) {
        if (!r->in->no_memory && !r->in->sys)
            tell(r, r->in->offset, "the file ends inside a record", 0, true);
        return over(r, err);
    }
    if (!is_head(p))
        return recover(r) ? BT_NEXT_NOTHING : over(r, err);
    size_t len = bt_get_le32(p + 4);
    n = bt_input_peek(r->in, BT_CAPTURE_HEAD_LEN + len, &p);
    if (n >= BT_CAPTURE_HEAD_LEN + len)
        return take(r, p, len, ev);
    if (!r->in->no_memory && !r->in->sys)
        tell(r, r->in->offset, "the file ends inside a record", 0, true);
    return over(r, err);
}

enum bt_next bt_reader_next(struct bt_reader *r, struct bt_event *ev, struct beamtap_err *err)
{
    while (!r->is_over) {
        enum bt_next next = step(r, ev, err);
        if (next != BT_NEXT_NOTHING)
            return next;
        if (r->arena.failed) {
            r->is_over = true;
            bt_err_nomem(err);
            return BT_NEXT_ERROR;
        }
    }
    return BT_NEXT_END;
}
