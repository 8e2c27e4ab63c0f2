/*
 * call_line.h - what people paste out of a shell: recon_trace:calls(...), recon_trace:clear(), redbug:start(...),
 * redbug:stop(), as they stand. Read into spec texts and into options of the command line.
 */
#ifndef BT_SPEC_CALL_LINE_H
#define BT_SPEC_CALL_LINE_H

#include "base/arena.h"
#include "base/err.h"
#include "spec/placed.h"

enum bt_call_kind {
    BT_CALL_TRACE,   /* calls, start */
    BT_CALL_CLEAR,   /* clear */
    BT_CALL_NOTHING, /* stop: a trace of ours has ended when its line is done */
};

/* A pattern out of the call, in a language bt_compile reads. */
struct bt_call_spec {
    const char *text;
    size_t off;    /* where it begins in the call's text */
    bool is_exact; /* stands there byte by byte; else it was unescaped, and no place inside it is known */
};

/* An option with its value, as the command line would have it. */
struct bt_call_setting {
    const char *name, *value;
    bool is_default; /* of the tool, not written: holds only where nobody says otherwise */
    size_t off;      /* where it is written */
};

struct bt_call {
    enum bt_call_kind kind;
    const char *tool; /* "recon_trace", "redbug" */
    const char *node; /* NULL: not named */
    size_t off;       /* where it begins */
    struct bt_call_spec *specs;
    size_t n_specs, specs_cap;
    struct bt_call_setting *settings;
    size_t n_settings, settings_cap;
    const char **remarks; /* "io_server: ...": what is not done */
    size_t n_remarks, remarks_cap;
};

struct bt_calls {
    struct bt_call *items;
    size_t n, cap;
};

/* Does the text begin as one of these calls? `recon_trace:calls(_, _)` is a spec, as no call has such arguments. */
bool bt_call_begins(const char *text);

/* The value of a variable of the shell; NULL: it has none. */
typedef const char *bt_call_value(void *arg, const char *name, size_t len);

/*
 * bt_call_bind - puts values for variables, as text, outside of funs, whose variables are their own.
 *
 * text[0..len)  borrowed; `from` is added to each place.
 * Errors: ESPEC, a variable without a value, with its place in text; ENOMEM.
 */
int bt_call_bind(const char *text, size_t len, size_t from, bt_call_value *value, void *arg, struct bt_arena *a,
    struct bt_placed *out, struct beamtap_err *err);

/*
 * bt_call_parse - reads calls, separated by '.'.
 *
 * text  NUL-terminated; at most BT_SPEC_MAX_BYTES.
 * Errors: ESPEC with the place; ENOMEM. The specs themselves are not looked into; bt_compile does.
 */
int bt_call_parse(const char *text, struct bt_arena *a, struct bt_calls *out, struct beamtap_err *err);

#endif
