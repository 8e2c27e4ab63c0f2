/*
 * etf_read.h - the bounded reader of the external term format. The one gate through which bytes from outside
 * become terms: every length is checked against what is there, depth is limited, nothing is allocated.
 *
 * A cursor over borrowed bytes. Pull tokens one by one with bt_etf_next(): a tuple of 3 is its token followed
 * by the tokens of its three members. The typed readers below fail, and leave the cursor where it was, when
 * the term that comes is of another kind, so they also serve as questions.
 */
#ifndef BT_TERM_ETF_READ_H
#define BT_TERM_ETF_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bt_etf {
    const uint8_t *p, *end;
};

/* A run of bytes somebody else owns. */
struct bt_slice {
    const uint8_t *p;
    size_t len;
};

enum bt_etf_kind {
    BT_ETF_ATOM,   /* bytes: UTF-8 (or latin-1, see latin1) */
    BT_ETF_INT,    /* integer */
    BT_ETF_BIG,    /* bytes: magnitude, least byte first; negative */
    BT_ETF_FLOAT,  /* real */
    BT_ETF_BINARY, /* bytes, last_bits */
    BT_ETF_STRING, /* bytes: a list of small integers in its compact form */
    BT_ETF_TUPLE,  /* arity members follow */
    BT_ETF_LIST,   /* arity items and then the tail follow */
    BT_ETF_NIL,
    BT_ETF_MAP,    /* arity pairs follow */
    BT_ETF_PID,    /* node, ids[0] id, ids[1] serial, creation */
    BT_ETF_PORT,   /* node, port, creation */
    BT_ETF_REF,    /* node, ids[0..arity), creation */
    BT_ETF_EXPORT, /* fun m:f/a: module, function (name) and arity */
    BT_ETF_FUN,    /* a closure: module, arity, index, uniq; its pid and free variables are checked and passed
                      over */
};

struct bt_etf_token {
    enum bt_etf_kind kind;
    struct bt_slice bytes;
    bool latin1; /* atom in one of the old latin-1 forms, which OTP before 26 prefers in term_to_binary */
    bool negative;
    unsigned last_bits;
    int64_t integer;
    double real;
    uint32_t arity;
    struct bt_slice node; /* name of the node */
    uint32_t ids[5];
    uint64_t port;
    uint32_t creation;
    struct bt_slice module, function;
    uint32_t index, old_uniq; /* closure; old_uniq is signed where it is shown */
    bool node_latin1, module_latin1, function_latin1;
};

#define BT_ETF_MAX_DEPTH                                                                                     \
    100000 /* levels a walker follows, see walk.h; a skip needs no stack and has no limit */

void bt_etf_init(struct bt_etf *r, const void *bytes, size_t len);
/* Consumes the leading version byte 131. */
bool bt_etf_version(struct bt_etf *r);
/*
 * The next token; false: the bytes end early or are not the external format (the cursor does not move). Only
 * the fields of the token's kind are written. A count of members is never more than the bytes left can hold.
 */
bool bt_etf_next(struct bt_etf *r, struct bt_etf_token *tok);
/* Passes over one whole term. */
bool bt_etf_skip(struct bt_etf *r);
/* Passes over one whole term and gives its bytes. */
bool bt_etf_slice(struct bt_etf *r, struct bt_slice *out);

bool bt_etf_tuple(struct bt_etf *r, uint32_t *arity);
bool bt_etf_tuple_of(struct bt_etf *r, uint32_t arity);
/* A list header; for [] *n is 0 and no tail follows. A string (compact list) is refused, use bt_etf_text. */
bool bt_etf_list(struct bt_etf *r, uint32_t *n);
bool bt_etf_nil(struct bt_etf *r);
/* An atom; UTF-8. One in an old latin-1 form is taken while it is ASCII. */
bool bt_etf_atom(struct bt_etf *r, struct bt_slice *name);
/* Consumes the atom `name` and nothing else. */
bool bt_etf_is_atom(struct bt_etf *r, const char *name);
/* An integer that fits. */
bool bt_etf_int64(struct bt_etf *r, int64_t *v);
bool bt_etf_uint32(struct bt_etf *r, uint32_t *v);
bool bt_etf_binary(struct bt_etf *r, struct bt_slice *bytes);
/* {Module, Function, Arity}, and its bytes. On failure the parts may have been written. */
bool bt_etf_mfa(struct bt_etf *r, struct bt_slice *mfa, struct bt_slice *module, struct bt_slice *function,
    uint32_t *arity);
/*
 * A string, list of characters or binary (UTF-8, or latin-1 where it is not) copied as UTF-8 text into
 * out[0..cap), NUL-terminated and cut to fit. Nothing is escaped.
 */
bool bt_etf_text(struct bt_etf *r, char *out, size_t cap);
/* The same, with its length: there may be NULs in it. */
bool bt_etf_text_of(struct bt_etf *r, char *out, size_t cap, size_t *len);

bool bt_slice_equal(struct bt_slice a, struct bt_slice b);
bool bt_slice_is(struct bt_slice a, const char *text);

#endif
