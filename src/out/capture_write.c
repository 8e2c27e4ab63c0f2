/*
 * capture_write.c - the bytes of a capture file.
 */
#include "out/capture_write.h"

#include <string.h>

#include "base/crc32c.h"
#include "term/etf_tags.h"
#include "term/etf_write.h"
#include "term/shape_etf.h"

/* ---- records ---- */

/* Fills in the head of a record of which the body stands behind it. */
static void seal(uint8_t *head, enum bt_capture_kind kind, size_t body_len)
{
    bt_put_le16(head, BT_CAPTURE_MARK);
    head[2] = (uint8_t)kind;
    head[3] = 0;
    bt_put_le32(head + 4, (uint32_t)body_len);
    bt_put_le32(head + 8, bt_crc32c(0, head + BT_CAPTURE_HEAD_LEN, body_len));
    bt_put_le32(head + 12, bt_crc32c(0, head, 12));
}

void bt_capture_write_term(struct bt_buf *out, enum bt_capture_kind kind, const void *etf, size_t len)
{
    if (len > BT_CAPTURE_MAX_BODY || !bt_buf_reserve(out, BT_CAPTURE_HEAD_LEN + len))
        return;
    uint8_t *head = (uint8_t *)out->data + out->len;
    memcpy(head + BT_CAPTURE_HEAD_LEN, etf, len);
    seal(head, kind, len);
    out->len += BT_CAPTURE_HEAD_LEN + len;
}

static size_t atom_len(size_t name_len)
{
    return name_len + (name_len < 256 ? 2 : 3);
}

static uint8_t *put_atom(uint8_t *p, struct bt_slice name)
{
    *p++ = name.len < 256 ? BT_TAG_SMALL_ATOM_UTF8 : BT_TAG_ATOM_UTF8;
    if (name.len >= 256)
        *p++ = (uint8_t)(name.len >> 8);
    *p++ = (uint8_t)name.len;
    memcpy(p, name.p, name.len);
    return p + name.len;
}

static uint8_t *put_slice(uint8_t *p, struct bt_slice s)
{
    if (s.len)
        memcpy(p, s.p, s.len);
    return p + s.len;
}

static uint8_t *put_number(uint8_t *p, int64_t v)
{
    bt_put_le64(p, v);
    return p + 8;
}

/* The parts that are there, and *len: of the body. */
static unsigned measure(const struct bt_event *ev, size_t *len)
{
    unsigned has = bt_capture_parts(ev->type);
    size_t n = BT_CAPTURE_EVENT_LEN;
    const struct {
        unsigned bit;
        size_t len;
    } terms[] = {{BT_CAPTURE_HAS_PID, ev->pid.len}, {BT_CAPTURE_HAS_MFA, ev->mfa.len},
        {BT_CAPTURE_HAS_VALUE, ev->value.len}, {BT_CAPTURE_HAS_PEER, ev->peer.len},
        {BT_CAPTURE_HAS_CALLER, ev->caller.len}};
    for (size_t i = 0; i < sizeof terms / sizeof terms[0]; i++) {
        if (!(has & terms[i].bit))
            continue;
        if (terms[i].len == 0)
            has &= ~terms[i].bit;
        n += terms[i].len;
    }
    if (has & BT_CAPTURE_HAS_CLASS)
        n += atom_len(ev->class_name.len);
    if (ev->n_values == 0)
        has &= ~(unsigned)BT_CAPTURE_HAS_VALUES;
    if (has & BT_CAPTURE_HAS_VALUES) {
        n += 4;
        for (size_t i = 0; i < ev->n_values; i++)
            n += ev->values[i].len;
    }
    if (ev->duration_ns >= 0 && (has & BT_CAPTURE_HAS_PID))
        has |= BT_CAPTURE_HAS_DURATION;
    n += has & BT_CAPTURE_HAS_DURATION ? 8 : 0;
    n += has & BT_CAPTURE_HAS_AMOUNT ? 8 : 0;
    n += has & BT_CAPTURE_HAS_HEAP ? 16 : 0;
    if (ev->name.len > 0 && ev->name.len <= UINT16_MAX && (has & BT_CAPTURE_HAS_PID)) {
        has |= BT_CAPTURE_HAS_NAME;
        n += 2 + ev->name.len;
    }
    if (ev->type == BT_EVENT_BIG_ARG && ev->is_part)
        has |= BT_CAPTURE_IS_PART;
    *len = n;
    return has;
}

static void fill(uint8_t *p, const struct bt_event *ev, uint8_t code, unsigned has)
{
    p[0] = code;
    p[1] = 0;
    bt_put_le16(p + 2, (uint16_t)has);
    bt_put_le32(p + 4, ev->type == BT_EVENT_BIG_ARG ? ev->position : (uint32_t)ev->clause);
    bt_put_le64(p + 8, ev->wall_ns);
    bt_put_le64(p + 16, ev->mono_ns);
    bt_put_le64(p + 24, ev->unique);
    p += BT_CAPTURE_EVENT_LEN;
    if (has & BT_CAPTURE_HAS_DURATION)
        p = put_number(p, ev->duration_ns);
    if (has & BT_CAPTURE_HAS_AMOUNT)
        p = put_number(p, ev->amount);
    if (has & BT_CAPTURE_HAS_HEAP)
        p = put_number(put_number(p, ev->before), ev->after);
    if (has & BT_CAPTURE_HAS_VALUES) {
        bt_put_le32(p, (uint32_t)ev->n_values);
        p += 4;
    }
    if (has & BT_CAPTURE_HAS_NAME) {
        bt_put_le16(p, (uint16_t)ev->name.len);
        p = put_slice(p + 2, ev->name);
    }
    if (has & BT_CAPTURE_HAS_PID)
        p = put_slice(p, ev->pid);
    if (has & BT_CAPTURE_HAS_MFA)
        p = put_slice(p, ev->mfa);
    if (has & BT_CAPTURE_HAS_VALUE)
        p = put_slice(p, ev->value);
    if (has & BT_CAPTURE_HAS_PEER)
        p = put_slice(p, ev->peer);
    if (has & BT_CAPTURE_HAS_CALLER)
        p = put_slice(p, ev->caller);
    if (has & BT_CAPTURE_HAS_CLASS)
        p = put_atom(p, ev->class_name);
    for (size_t i = 0; has & BT_CAPTURE_HAS_VALUES && i < ev->n_values; i++)
        p = put_slice(p, ev->values[i]);
}

bool bt_capture_write_event(struct bt_buf *out, const struct bt_event *ev)
{
    size_t len;
    uint8_t code = bt_capture_code(ev->type);
    unsigned has = measure(ev, &len);
    if (code == 0 || len > BT_CAPTURE_MAX_BODY)
        return false;
    if (!bt_buf_reserve(out, BT_CAPTURE_HEAD_LEN + len))
        return false;
    uint8_t *head = (uint8_t *)out->data + out->len;
    fill(head + BT_CAPTURE_HEAD_LEN, ev, code, has);
    seal(head, BT_CAPTURE_EVENT, len);
    out->len += BT_CAPTURE_HEAD_LEN + len;
    return true;
}

/* ---- terms of the header and the end ---- */

/* [{Key, Value}] in the making. */
struct pairs {
    struct bt_arena *a;
    const struct bt_term **items;
    size_t n, cap;
    bool failed;
};

static void add(struct pairs *p, const char *key, const struct bt_term *value)
{
    const struct bt_term *pair = bt_term_tuple2(p->a, bt_term_atom(p->a, key), value);
    const struct bt_term **items = bt_arena_grow(p->a, p->items, p->n, &p->cap, sizeof *items);
    p->failed = p->failed || !pair || !items;
    if (p->failed)
        return;
    p->items = items;
    p->items[p->n++] = pair;
}

static void add_int(struct pairs *p, const char *key, int64_t v)
{
    add(p, key, bt_term_int(p->a, v));
}

/* Absent where there is none. */
static void add_text(struct pairs *p, const char *key, const char *text)
{
    if (text)
        add(p, key, bt_term_binary(p->a, text, strlen(text), 8));
}

/* The term's bytes are appended to out. */
static int write_pairs(
    const struct pairs *p, const struct bt_out_head *head, struct bt_buf *out, struct beamtap_err *err)
{
    struct bt_etf_home home = {head ? head->node : NULL, 0};
    const struct bt_term *t = p->failed ? NULL : bt_term_list(p->a, p->items, p->n, NULL);
    if (!t)
        return bt_err_nomem(err);
    return bt_etf_write(out, t, head && head->node ? &home : NULL, err);
}

static const struct bt_term *texts(struct bt_arena *a, const char *const *items, size_t n)
{
    const struct bt_term **out = bt_arena_array(a, n + 1, sizeof *out);
    for (size_t i = 0; out && i < n; i++)
        out[i] = bt_term_binary(a, items[i], strlen(items[i]), 8);
    return out ? bt_term_list(a, out, n, NULL) : NULL;
}

static const struct bt_term *note_of(struct bt_arena *a, enum bt_note note)
{
    switch (note) {
    case BT_NOTE_MESSAGE: return bt_term_atom(a, "message");
    case BT_NOTE_CALLER: return bt_term_atom(a, "caller");
    case BT_NOTE_STACK: return bt_term_atom(a, "stack");
    }
    return NULL;
}

/* {Flags, Spec, NumberOfCaptures, [Shape], [Note]} */
static const struct bt_term *clause_of(struct bt_arena *a, const struct bt_clause *c)
{
    int64_t flags =
        (c->captures_all ? BT_CAPTURE_CLAUSE_WHOLE : 0) | (c->wants_return ? BT_CAPTURE_CLAUSE_RETURN : 0) |
        (c->wants_time ? BT_CAPTURE_CLAUSE_TIME : 0) | (c->only_counts ? BT_CAPTURE_CLAUSE_COUNT : 0);
    size_t n_args = c->captures_all ? 0 : c->n_args;
    const struct bt_term **shapes = bt_arena_array(a, n_args + 1, sizeof *shapes);
    const struct bt_term *notes[BT_MAX_NOTES];
    if (!shapes)
        return NULL;
    for (size_t i = 0; i < n_args; i++)
        shapes[i] = bt_shape_to_term(a, c->shape[i]);
    for (size_t i = 0; i < c->n_notes; i++)
        notes[i] = note_of(a, c->notes[i]);
    const struct bt_term *items[] = {bt_term_int(a, flags), bt_term_int(a, (int64_t)c->spec),
        bt_term_int(a, (int64_t)c->n_captures), bt_term_list(a, shapes, n_args, NULL),
        bt_term_list(a, notes, c->n_notes, NULL)};
    return bt_term_tuple(a, items, sizeof items / sizeof items[0]);
}

static const struct bt_term *clauses_of(struct bt_arena *a, const struct bt_out_head *head)
{
    const struct bt_term **items = bt_arena_array(a, head->n_clauses + 1, sizeof *items);
    for (size_t i = 0; items && i < head->n_clauses; i++)
        items[i] = clause_of(a, head->clauses[i]);
    return items ? bt_term_list(a, items, head->n_clauses, NULL) : NULL;
}

/* [{Name, [Field]}], names as binaries */
static const struct bt_term *records_of(struct bt_arena *a, const struct bt_print_defs *defs)
{
    const struct bt_term **items = bt_arena_array(a, defs->n + 1, sizeof *items);
    for (size_t i = 0; items && i < defs->n; i++) {
        const struct bt_print_def *d = &defs->items[i];
        items[i] = bt_term_tuple2(
            a, bt_term_binary(a, d->name, strlen(d->name), 8), texts(a, d->fields, d->n_fields));
    }
    return items ? bt_term_list(a, items, defs->n, NULL) : NULL;
}

static int write_header(struct bt_buf *out, const struct bt_out_head *head, struct beamtap_err *err)
{
    static const char *const modes[] = {
        [BT_ARGS_MODE_NAMED] = "named", [BT_ARGS_MODE_ARITY] = "arity", [BT_ARGS_MODE_ALL] = "all"};
    struct bt_arena a = BT_ARENA_INIT;
    struct pairs p = {.a = &a};
    add_text(&p, "writer", "beamtap " BEAMTAP_VERSION);
    add_text(&p, "node", head->node);
    add_int(&p, "otp", head->otp);
    add(&p, "specs", texts(&a, head->specs, head->n_specs));
    add_int(&p, "n_not", (int64_t)head->n_not);
    add(&p, "args", bt_term_atom(&a, modes[head->args]));
    add(&p, "clauses", clauses_of(&a, head));
    if (head->records && head->records->n)
        add(&p, "records", records_of(&a, head->records));
    add_int(&p, "start_wall_ns", head->start_wall_ns);
    add_int(&p, "utc_offset_s", head->utc_offset_s);
    add_text(&p, "options", head->options);
    int rc = write_pairs(&p, head, out, err);
    bt_arena_done(&a);
    return rc;
}

int bt_capture_write_head(struct bt_buf *out, const struct bt_out_head *head, struct beamtap_err *err)
{
    size_t start = out->len;
    if (!bt_buf_reserve(out, BT_CAPTURE_PREFIX_LEN))
        return bt_err_nomem(err);
    out->len += BT_CAPTURE_PREFIX_LEN;
    if (write_header(out, head, err) < 0)
        return -1;
    uint8_t *p = (uint8_t *)out->data + start;
    size_t len = out->len - start - BT_CAPTURE_PREFIX_LEN;
    if (len > BT_CAPTURE_MAX_HEADER)
        return bt_err_set(err, BEAMTAP_EUSAGE, "the specs are too large for a capture file");
    memcpy(p, BT_CAPTURE_MAGIC, BT_CAPTURE_MAGIC_LEN);
    bt_put_le16(p + 8, BT_CAPTURE_MAJOR);
    bt_put_le16(p + 10, BT_CAPTURE_MINOR);
    bt_put_le32(p + 12, 0); /* features */
    bt_put_le32(p + 16, (uint32_t)len);
    bt_put_le32(p + 20, bt_crc32c(bt_crc32c(0, p, 20), p + BT_CAPTURE_PREFIX_LEN, len));
    return 0;
}

/* [{M, F, Arity, Calls}], names as binaries */
static const struct bt_term *counts_of(struct bt_arena *a, const struct bt_out_end *e)
{
    const struct bt_term **items = bt_arena_array(a, e->n_counts + 1, sizeof *items);
    for (size_t i = 0; items && i < e->n_counts; i++) {
        const struct bt_out_count *c = &e->counts[i];
        const struct bt_term *four[] = {bt_term_binary(a, c->module, strlen(c->module), 8),
            bt_term_binary(a, c->function, strlen(c->function), 8), bt_term_int(a, c->arity),
            bt_term_int(a, (int64_t)c->calls)};
        items[i] = bt_term_tuple(a, four, 4);
    }
    return items ? bt_term_list(a, items, e->n_counts, NULL) : NULL;
}

int bt_capture_write_end(struct bt_buf *out, const struct bt_out_end *e, struct beamtap_err *err)
{
    struct bt_arena a = BT_ARENA_INIT;
    struct bt_buf etf = BT_BUF_INIT;
    struct pairs p = {.a = &a};
    add_text(&p, "reason", e->reason);
    add_text(&p, "error", e->error);
    add_int(&p, "wall_ns", e->wall_ns);
    add_int(&p, "received", (int64_t)e->received);
    add_int(&p, "printed", (int64_t)e->printed);
    add_int(&p, "filtered", (int64_t)e->filtered);
    add_int(&p, "lost", (int64_t)e->lost);
    add_int(&p, "shown", (int64_t)e->shown);
    add_int(&p, "returns", (int64_t)e->returns);
    add_int(&p, "exceptions", (int64_t)e->exceptions);
    add_int(&p, "open", (int64_t)e->open);
    add_int(&p, "skipped", e->skipped);
    add_int(&p, "lost_on_node", (int64_t)e->lost_on_node);
    add_int(&p, "is_clean", e->is_clean);
    add(&p, "counts", counts_of(&a, e));
    int rc = write_pairs(&p, NULL, &etf, err);
    if (rc == 0)
        bt_capture_write_term(out, BT_CAPTURE_SUMMARY, etf.data, etf.len);
    bt_buf_done(&etf);
    bt_arena_done(&a);
    return rc;
}
