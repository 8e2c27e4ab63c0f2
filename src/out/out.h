/*
 * out.h - the one interface of all outputs: events go in, bytes in some format come out of a sink of its own. A file per
 * format implements it; tee.h runs several side by side. Live sessions and replay feed it the same way.
 *
 * In this order: begin; event any number of times; end. Where the file is changed (rotation): end with NULL, then begin again.
 * None of them allocates per event, none does I/O: they append to sink.buf, tee.c writes.
 */
#ifndef BT_OUT_OUT_H
#define BT_OUT_OUT_H

#include "base/sink.h"
#include "event/event.h"
#include "match/instrument.h"
#include "out/outfile.h"

/* What is known when events begin: of a live node, or from the head of a capture. All borrowed; valid as long as the output. */
struct bt_out_head {
    const char *node;
    int otp;                                /* its release; 0: not known */
    const char *const *specs;               /* the texts */
    size_t n_specs, n_not;                  /* the first n_not of them are those of --not */
    const struct bt_clause *const *clauses; /* by the id a call carries: what its captured values mean */
    size_t n_clauses;
    enum bt_args_mode args;
    enum bt_syntax syntax; /* lines are written in */
    const struct bt_print_defs *records; /* names of fields; NULL: none are known */
    bool shows_records;    /* as #rec{field = V} */
    int64_t start_wall_ns; /* since 1970 UTC */
    int32_t utc_offset_s;  /* of the place where it was traced */
    const char *options;   /* as on a command line, without secrets; "" */
};

/* A function that was only counted. */
struct bt_out_count {
    const char *module, *function; /* UTF-8 */
    uint32_t arity;
    uint64_t calls;
};

/* How it ended. printed + filtered + lost = received, in events. */
struct bt_out_end {
    const char
        *reason; /* "count", "time", "asked", "rate", "load", "agent", "reader", "error", "end" (of a file) */
    const char *error; /* in words; NULL: none */
    int64_t wall_ns;
    uint64_t received, printed, filtered, lost;
    uint64_t shown, returns, exceptions, open; /* calls (or other events) printed, and how they ended */
    int64_t skipped;                           /* calls that were not let through; -1: not known exactly */
    uint64_t examined;     /* calls whose outcome was looked at on the node; 0: none was asked for */
    uint64_t lost_on_node; /* events the tracer had to drop */
    bool is_clean;
    const struct bt_out_count *counts; /* most calls first */
    size_t n_counts;
};

struct bt_out;

struct bt_out_ops {
    const char *format;                                              /* as --format names it */
    void (*begin)(struct bt_out *o, const struct bt_out_head *head); /* may be NULL */
    void (*event)(struct bt_out *o, const struct bt_event *ev);      /* also gaps and what was learnt */
    void (*end)(struct bt_out *o,
        const struct bt_out_end *end); /* may be NULL; end is NULL where another file follows */
    void (*free)(struct bt_out *o);    /* what the format holds, and o; not the sink */
};

/* The first member of each format's own struct. */
struct bt_out {
    const struct bt_out_ops *ops;
    struct bt_sink sink;    /* append here */
    struct bt_outfile file; /* its names; no pattern: not a file of ours */
    uint64_t lost;          /* events that found it full */
    bool is_gone;           /* its reader went away: an order to stop, no failure */
    bool has_failed;        /* err is filled; nothing more is written */
    struct beamtap_err err;
};

#endif
