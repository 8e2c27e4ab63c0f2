/*
 * mask.c - what is secret in an event.
 */
#include "out/mask.h"

#include "out/capture_format.h"

/* ---- values under a key of the pattern: f(#{password := P}) ---- */

/* Marks what is captured within a shape; is_secret: all of it. */
static void mark(const struct bt_mask *m, const struct bt_term *t, const struct bt_event *ev, bool is_secret,
    bool secrets[BT_EVENT_MAX_VALUES]);

/* Is the key that this part of the pattern stands for one of those? */
static bool is_key(const struct bt_mask *m, const struct bt_term *key, const struct bt_event *ev)
{
    char text[BT_REDACT_MAX_KEY];
    size_t len = 0;
    switch (key->kind) {
    case BT_TERM_ATOM: return bt_redact_is_key(&m->redact, key->u.atom.name, key->u.atom.len);
    case BT_TERM_BINARY:
        return bt_redact_is_key(&m->redact, (const char *)key->u.binary.bytes, key->u.binary.len);
    case BT_TERM_RAW:
        return bt_redact_is_key_term(&m->redact, (struct bt_slice){key->u.raw.etf, key->u.raw.len});
    case BT_TERM_CAPTURE:
        return key->u.capture < ev->n_values && bt_redact_is_key_term(&m->redact, ev->values[key->u.capture]);
    case BT_TERM_LIST:
        for (size_t i = 0; i < key->u.seq.n && len < sizeof text; i++) {
            const struct bt_term *c = key->u.seq.items[i];
            if (c->kind != BT_TERM_INT || c->u.small < 0 || c->u.small > 0x7f)
                return false;
            text[len++] = (char)c->u.small;
        }
        return len > 0 && bt_redact_is_key(&m->redact, text, len);
    default: return false;
    }
}

static bool is_field(const struct bt_mask *m, const struct bt_term *tuple, size_t i)
{
    const struct bt_term *name = tuple->u.seq.items[0];
    if (i == 0 || name->kind != BT_TERM_ATOM)
        return false;
    struct bt_slice text = {(const uint8_t *)name->u.atom.name, name->u.atom.len};
    return bt_redact_is_field(&m->redact, text, tuple->u.seq.n - 1, i - 1);
}

static void mark_tuple(const struct bt_mask *m, const struct bt_term *t, const struct bt_event *ev,
    bool is_secret, bool secrets[BT_EVENT_MAX_VALUES])
{
    bool is_pair = t->u.seq.n == 2 && is_key(m, t->u.seq.items[0], ev);
    for (size_t i = 0; i < t->u.seq.n; i++)
        mark(m, t->u.seq.items[i], ev, is_secret || (i == 1 && is_pair) || is_field(m, t, i), secrets);
}

static void mark(const struct bt_mask *m, const struct bt_term *t, const struct bt_event *ev, bool is_secret,
    bool secrets[BT_EVENT_MAX_VALUES])
{
    switch (t->kind) {
    case BT_TERM_CAPTURE:
        if (t->u.capture < BT_EVENT_MAX_VALUES)
            secrets[t->u.capture] = secrets[t->u.capture] || is_secret;
        break;
    case BT_TERM_TUPLE: mark_tuple(m, t, ev, is_secret, secrets); break;
    case BT_TERM_LIST:
        for (size_t i = 0; i < t->u.seq.n; i++)
            mark(m, t->u.seq.items[i], ev, is_secret, secrets);
        if (t->u.seq.tail)
            mark(m, t->u.seq.tail, ev, is_secret, secrets);
        break;
    case BT_TERM_MAP:
        for (size_t i = 0; i < 2 * t->u.seq.n; i += 2) {
            mark(m, t->u.seq.items[i], ev, is_secret, secrets);
            mark(m, t->u.seq.items[i + 1], ev, is_secret || is_key(m, t->u.seq.items[i], ev), secrets);
        }
        break;
    default: break;
    }
}

/* ---- rewriting ---- */

/* A term of the event; masked where it changes. */
static void mask_part(struct bt_mask *m, struct bt_slice *at,
    bool (*rewrite)(struct bt_redact *r, struct bt_slice in, struct bt_buf *out))
{
    size_t before = m->bytes.len;
    if (at->len == 0 || m->bytes.failed)
        return;
    if (rewrite(&m->redact, *at, &m->bytes))
        m->parts[m->n_parts++] = (struct bt_mask_part){at, before, m->bytes.len - before};
}

static bool rewrite_text(struct bt_redact *r, struct bt_slice in, struct bt_buf *out)
{
    return bt_redact_text(r, (const char *)in.p, in.len, out, NULL);
}

static void mask_values(struct bt_mask *m, struct bt_event *ev)
{
    const struct bt_out_head *h = m->head;
    const struct bt_clause *c =
        ev->type == BT_EVENT_CALL && ev->clause < h->n_clauses ? h->clauses[ev->clause] : NULL;
    bool secrets[BT_EVENT_MAX_VALUES] = {false};
    bool is_whole = c && bt_instrument_is_whole(c, h->args);
    size_t n_args = !c || h->args == BT_ARGS_MODE_ARITY || c->captures_none ? 0
                    : is_whole                                              ? 1
                                                                            : c->n_captures;
    for (size_t i = 0; c && n_args > 0 && !is_whole && i < c->n_args; i++)
        mark(m, c->shape[i], ev, false, secrets);
    for (size_t i = 0; i < ev->n_values; i++) {
        bool is_note = c && i >= n_args && i - n_args < c->n_notes;
        if (is_note && c->notes[i - n_args] != BT_NOTE_MESSAGE)
            continue;
        if (secrets[i])
            ev->values[i] = bt_redact_mask(ev->values[i]);
        else
            mask_part(m, &ev->values[i], is_whole && i == 0 ? bt_redact_args : bt_redact_term);
    }
}

void bt_mask_begin(struct bt_mask *m, const struct bt_out_head *head)
{
    m->head = head;
    m->redact.records = head->records;
}

void bt_mask_event(struct bt_mask *m, struct bt_event *ev)
{
    const struct bt_slice none = {NULL, 0};
    bt_buf_reset(&m->bytes);
    m->n_parts = 0;
    unsigned has = bt_capture_parts(ev->type); /* what else is in the struct means nothing */
    if (has & BT_CAPTURE_HAS_VALUES)
        mask_values(m, ev);
    if (has & BT_CAPTURE_HAS_VALUE)
        mask_part(m, &ev->value, bt_redact_term);
    if (has & BT_CAPTURE_HAS_PID)
        mask_part(m, &ev->name, rewrite_text);
    for (size_t i = 0; i < m->n_parts; i++)
        *m->parts[i].at =
            (struct bt_slice){(const uint8_t *)m->bytes.data + m->parts[i].off, m->parts[i].len};
    if (!m->bytes.failed)
        return;
    for (size_t i = 0; (has & BT_CAPTURE_HAS_VALUES) && i < ev->n_values; i++)
        ev->values[i] = bt_redact_mask(none);
    ev->value = bt_redact_mask(none);
    ev->name = none;
}

void bt_mask_done(struct bt_mask *m)
{
    bt_redact_done(&m->redact);
    bt_buf_done(&m->bytes);
}
