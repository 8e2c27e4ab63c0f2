/*
 * compile.h - a checked spec to match specifications: the public face of the pattern compiler.
 *
 * Two outputs from one source: what the user's text means (bt_trace_pattern.match_spec, shown by `beamtap
 * compile`), and, clause by clause, what the tracer must send so that the call can be shown (captures and
 * shape).
 */
#ifndef BT_MATCH_COMPILE_H
#define BT_MATCH_COMPILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "match/name_match.h"
#include "spec/records.h"
#include "term/term.h"

enum bt_scope { BT_SCOPE_LOCAL, BT_SCOPE_GLOBAL };

/* What stands behind the arguments in a call's message. */
enum bt_note {
    BT_NOTE_MESSAGE, /* what the user's own message(X) said; absent where it said nothing */
    BT_NOTE_CALLER,  /* {M, F, Arity} the call returns to, or undefined */
    BT_NOTE_STACK,   /* [{M, F, Arity, [{file, F}, {line, N}]}] */
};

#define BT_MAX_NOTES 2

/* One clause of a match specification, and what it captures. */
struct bt_clause {
    const struct bt_term *head;   /* list of patterns, or the atom '_' */
    const struct bt_term *guards; /* list */
    const struct bt_term *body;   /* list: the user's actions */
    enum bt_spec_event event;     /* what it is about; CALL: calls */
    bool only_counts;             /* action count: calls are counted and not shown */
    bool is_own;   /* the body is the user's (a fun or a match specification), not made of actions */
    bool excludes; /* --not, message(false): calls that match are not shown and take nothing from the gate */
    bool wants_return;  /* the body asks for return values or exceptions */
    bool wants_time;    /* only durations are wanted, no value */
    bool captures_all;  /* the pattern names no single arguments (f, f/2, funs): all of them, '$_' */
    bool captures_none; /* of a capture: events carry no argument, whatever the pattern names (f/2) */
    const struct bt_term *
        *captures; /* match specification expressions, one per captured value: '$1', {element,2,..} */
    size_t n_captures;
    const struct bt_term **shape; /* one per argument (shape.h); NULL when captures_all */
    size_t n_args;                /* number of shapes */
    enum bt_note notes[BT_MAX_NOTES];
    size_t n_notes;
    size_t spec; /* index of the spec text it came from */
};

/* Functions to trace and the clauses they are traced with. */
struct bt_trace_pattern {
    const char *module;   /* UTF-8; NULL: not one name but those that module_match means */
    const char *function; /* the same */
    struct bt_name_match module_match, function_match;
    int arity;                /* -1: '_' */
    enum bt_spec_event event; /* what it is about; not CALL: it means no function */
    enum bt_scope scope;
    bool is_not; /* of --not: what it matches is not traced, in whatever scope */
    struct bt_clause *clauses;
    size_t n_clauses;
    const struct bt_term *match_spec; /* [{Head, Guards, Body}] of the clauses */
    unsigned min_otp;        /* first OTP release whose match specifications know all of the guards; 0: any */
    const char *min_otp_for; /* what asks for it: "min", "a tuple as a map key" */
    size_t spec;
    struct beamtap_loc loc; /* of the whole pattern in its spec text */
    struct beamtap_loc module_loc, function_loc;
};

/* What a set of spec texts compiles to. Lives in the arena given to bt_compile. */
struct bt_program {
    struct bt_trace_pattern *patterns;
    size_t n_patterns;
    bool wants_return; /* some clause does */
    bool wants_time;   /* some clause does */
    bool only_counts;  /* all clauses do: no call will be shown */
    const struct bt_print_defs *records; /* those it was compiled with, by name; NULL: not known */
    size_t n_messages, n_events; /* patterns about messages, and about processes (spawn, gc, ...) */
};

struct bt_compile_opts {
    bool
        has_scope; /* scope overrides what the notation implies (Erlang calls: local, recon tuples: global) */
    enum bt_scope scope;
    bool add_return;            /* as if every spec ended in -> return */
    bool add_caller, add_stack; /* -> caller, -> stack; not of funs, which say themselves what they show */
    bool to_trace; /* refuse what would disturb the node or the gate: set_tcw, set_seq_token, trace ... */
    size_t n_not;  /* the first texts are those of --not */
    const struct bt_records *records; /* definitions of records, borrowed for the call; NULL: none */
};

/*
 * bt_compile - compile spec texts.
 *
 * texts  n_texts NUL-terminated UTF-8 strings; borrowed.
 * opts   NULL: all defaults.
 * arena  everything in *out lives there.
 * err    ESPEC or EWIDE (module _, what recon_trace bans, what to_trace refuses): loc is the place in the text, *bad_text (may be
 *        NULL) the index of the text; show both with bt_loc_excerpt (spec/loc.h). Else ENOMEM.
 * What a pattern names is captured; a variable that begins with _ only when it stands twice or in a guard.
 * Pure: no I/O, no clock, no node. Threads: any.
 */
int bt_compile(const char *const *texts, size_t n_texts, const struct bt_compile_opts *opts,
    struct bt_arena *arena, struct bt_program *out, size_t *bad_text, struct beamtap_err *err);

/*
 * bt_clause_of_value - {{Pattern}, Guards, [true]} of a clause about one value (exit(Reason), bt_compile_value), for
 * ets:match_spec_compile/1 and {Value}. NULL: no memory.
 */
const struct bt_term *bt_clause_of_value(const struct bt_clause *c, struct bt_arena *a);

/* What a value must be, and from which release on match specifications know all of its guards. */
struct bt_value_match {
    const struct bt_term *match_spec; /* [{{Pattern}, Guards, [true]}] */
    unsigned min_otp;                 /* as in bt_trace_pattern */
    const char *min_otp_for;
};

/* bt_compile_value - compile {error, X} when is_atom(X), in that notation. Errors and all else as bt_compile. */
int bt_compile_value(const char *text, enum bt_syntax syntax, const struct bt_compile_opts *opts,
    struct bt_arena *arena, struct bt_value_match *out, struct beamtap_err *err);

/* Makes every clause one with action `time` and nothing else, in scope local: what it takes is timed, whatever was asked. */
void bt_program_only_times(struct bt_program *prog);

/* A clause that takes every call: no guard, and nothing in its head but '_' and variables that stand once. */
bool bt_clause_takes_all(const struct bt_clause *c);

#endif
