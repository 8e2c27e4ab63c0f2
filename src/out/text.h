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

struct bt_text_opts {
    struct bt_text_memo *memo; /* NULL: none */
    struct bt_print_opts print;
    const struct bt_clause *const *clauses; /* by id: what a call's captured values mean */
    size_t n_clauses;
    bool whole_args; /* every call carries all its arguments, whatever its pattern names */
    bool no_args;    /* calls carry none: f/2 */
};

/* Appends the line of an event with its newline. False: a term in it could not be read; the line says where.
 */
bool bt_text_event(struct bt_buf *out, const struct bt_event *ev, const struct bt_text_opts *opts);

/* Appends what a gap or something learnt says: "999,900 calls skipped". */
void bt_text_remark(struct bt_buf *out, const struct bt_event *ev);

/* Appends the line of a function that was only counted: "       5,122  queue:in/2". */
void bt_text_counted(struct bt_buf *out, const struct bt_out_count *c);

/* Appends a size: 97 MB, 1.5 MB, 12 KB, 90 bytes. */
void bt_text_bytes(struct bt_buf *out, int64_t bytes);

/* Appends a duration as people read it: 335us, 2.40ms, 1.204s. */
void bt_text_duration(struct bt_buf *out, int64_t ns);

/* Appends a count with thousands separated: 60,312,882. */
void bt_text_count(struct bt_buf *out, uint64_t n);

#endif
