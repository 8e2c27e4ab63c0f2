/*
 * text.h - events as lines of text, one each:
 *
 *   13:15:27.655132 <0.44.0> queue:in("ab", _)
 *   13:15:27.655467 <0.44.0> queue:in/2 --> {["ab"],[]}  335us
 *   13:15:27.655467 <0.44.0> queue:in/2 ** error:badarg  12us
 *   13:15:27.655467 <0.44.0> queue:in/2 took 335us
 *   13:15:27.655132 <0.44.0> queue:in("ab", _) <- shop:put/2               with action caller; stack is a chain of these
 *   13:15:27.655132 <0.44.0> queue:in("ab", {[],[]}) (extra)               with message(extra) in a fun
 *   13:15:28.655467 -- 999,900 calls skipped
 */
#ifndef BT_OUT_TEXT_H
#define BT_OUT_TEXT_H

#include "base/buf.h"
#include "event/event.h"
#include "match/compile.h"
#include "term/print.h"

/* What was written last, so that it is not worked out again for each line; all zero at first. */
struct bt_text_memo {
    int64_t second; /* of the wall clock */
    char time[9];   /* 13:15:27. */
    bool has_time;
    struct bt_text_copy { /* the text of these bytes */
        uint8_t etf[120];
        char text[120];
        size_t etf_len, text_len;
    } pid, function;
};

struct bt_out_count;
struct bt_out_head;
struct bt_text_style;

struct bt_text_opts {
    struct bt_text_memo *memo;         /* NULL: none */
    const struct bt_text_style *style; /* NULL: as above */
    struct bt_print_opts print;
    const struct bt_clause *const *clauses; /* by id: what a call's captured values mean */
    size_t n_clauses;
    bool whole_args; /* every call carries all its arguments, whatever its pattern names */
    bool no_args;    /* calls carry none: f/2 */
};

/* Takes from the head what a line needs; memo, style and depth stay as they are. */
void bt_text_opts_init(struct bt_text_opts *opts, const struct bt_out_head *head);

/* Appends the line of an event with its newline. False: a term in it could not be read; the line says where.
 */
bool bt_text_event(struct bt_buf *out, const struct bt_event *ev, const struct bt_text_opts *opts);

/* Appends the node's name and a space, where there are several nodes. */
void bt_text_node(struct bt_buf *out, const struct bt_event *ev);

/* Appends one term of an event, or what stands for one that the node left out. False: unreadable; the text says so. */
bool bt_text_term(struct bt_buf *out, struct bt_slice etf, const struct bt_print_opts *opts);

/* The node left the term out for its size. */
bool bt_text_is_left_out(struct bt_slice etf);

/* The arguments of a call one by one, as text in `text`; left-out ones are _ or a remark. */
struct bt_text_arg {
    struct bt_slice
        value; /* the whole argument, external form; NULL: only a part of it, or nothing, was copied */
    size_t n;  /* from 0 */
};

/* Calls each() for every argument; text holds its text, and is emptied in between. False: one was unreadable, or there is
 * nothing to show: mode arity. */
bool bt_text_each_arg(const struct bt_event *ev, const struct bt_text_opts *opts, struct bt_buf *text,
    void (*each)(void *self, const struct bt_text_arg *arg), void *self);

/* The n-th value behind the arguments is the clause's note number n. NULL bytes: it is not there. */
struct bt_slice bt_text_note(const struct bt_event *ev, const struct bt_text_opts *opts, size_t n);

/* A frame of a stack, or a function as {M, F, Arity}; file is empty and line 0 where they are not known. */
struct bt_text_frame {
    struct bt_slice module, function; /* UTF-8 */
    uint32_t arity, line;
    struct bt_buf file; /* the caller's to free */
};

bool bt_text_mfa(struct bt_slice mfa, struct bt_text_frame *frame);
/* Reads the next frame of a list of them; r is behind it then. */
bool bt_text_next_frame(struct bt_etf *r, struct bt_text_frame *frame);

/* Appends a function's name in the syntax of opts, Erlang's for NULL: shop:put, Shop.put, :shop.put. Names are UTF-8. */
void bt_text_name(
    struct bt_buf *out, struct bt_slice module, struct bt_slice function, const struct bt_print_opts *opts);

/* Appends what a gap or something learnt says: "999,900 calls skipped". */
void bt_text_remark(struct bt_buf *out, const struct bt_event *ev);

/* Appends the line of a function that was only counted: "       5,122  queue:in/2". */
void bt_text_counted(struct bt_buf *out, const struct bt_out_count *c);

/* As base/human.h has them. */
void bt_text_bytes(struct bt_buf *out, int64_t bytes);
void bt_text_duration(struct bt_buf *out, int64_t ns);
void bt_text_count(struct bt_buf *out, uint64_t n);

#endif
