/*
 * inside.h - what the public handles are made of, and what the files of src/lib share. Nobody else includes it.
 */
#ifndef BT_LIB_INSIDE_H
#define BT_LIB_INSIDE_H

#include "beamtap.h"
#include "lib/choose.h"
#include "lib/describe.h"
#include "lib/records.h"
#include "lib/say.h"
#include "node/session.h"
#include "out/out.h"
#include "out/text.h"
#include "out/text_style.h"
#include "replay/merge.h"

/* ---- opts.c ---- */

/*
 * Puts the caller's options over `mine`, which has the defaults. theirs->size may be less (a program built with an earlier header)
 * but not below `least`, or more (a later one) as long as what is not known here is zero. EUSAGE.
 */
int bt_lib_take_opts(
    void *mine, size_t size, size_t least, const void *theirs, const char *what, struct beamtap_err *err);

/* The buffer's text into buf[0..cap) as snprintf(3) does it: its length, or -1 with ENOMEM when the buffer has failed. */
ssize_t bt_lib_give(const struct bt_buf *b, char *buf, size_t cap, struct beamtap_err *err);

/* Hands the error to a caller who may not want it. Returns -1. */
int bt_lib_fail(struct beamtap_err *to, const struct beamtap_err *from);
/* The same for EUSAGE with this text. */
int bt_lib_misuse(struct beamtap_err *to, const char *what);

/* ---- parts.c ---- */

/* What the patterns of a program ask for. */
struct bt_lib_parts {
    const struct beamtap_part *items;
    size_t n;
};

/* They live in the arena. ENOMEM. */
int bt_lib_make_parts(
    const struct bt_program *prog, struct bt_arena *a, struct bt_lib_parts *out, struct beamtap_err *err);

/* ---- spec.c ---- */

struct beamtap_spec {
    struct bt_arena arena;
    const char *const *texts; /* those of not_specs first */
    size_t n_texts;
    struct bt_lib_names records;
    struct bt_compile_opts opts; /* without records */
    bool only_times;
    bool waits_for_node; /* prog is not there yet: a node has records that are meant */
    struct bt_program prog;
    struct bt_lib_parts parts;
};

/* Which calls are given, by how they ended, and what it comes to. */
struct bt_lib_outcome {
    bool only_raised;
    int64_t slower_us;   /* < 0: not asked for */
    const char *returns; /* NULL: not asked for */
    struct bt_outcome_wish wish;
};

/* Where a session asks for what its spec leaves open. */
struct bt_lib_asked {
    struct bt_conn *conn;
    int64_t max_memory;
    const struct bt_say *say;
};

/*
 * Compiles the spec's texts into an arena, to be traced; with records of a node that is asked, where it must be (asked NULL: what
 * is missing is an error). With an outcome that is asked for calls have returns, and its wish is filled; NULL: none. ESPEC and the
 * like with err->text, where `returns` stands behind the spec's texts.
 */
int bt_lib_compile(const struct beamtap_spec *spec, bool to_trace, const struct bt_lib_asked *asked,
    struct bt_lib_outcome *outcome, struct bt_arena *a, struct bt_program *out, struct beamtap_err *err);
/* Copies n texts with all they point to. NULL: no memory. */
const char *const *bt_lib_copy_texts(struct bt_arena *a, const char *const *texts, size_t n);

/* ---- outcome.c ---- */

/* The next event of a replay: of the files, through the outcomes. */
enum bt_next bt_lib_replay_next(struct beamtap_session *s, struct bt_event *ev, struct beamtap_err *err);

/* Something is asked for. */
bool bt_lib_has_outcome(const struct bt_lib_outcome *o);
/* Fills o->wish; its terms live in the arena. compile: records; NULL: none. EUSAGE, ESPEC, ENOMEM. */
int bt_lib_read_outcome(struct bt_lib_outcome *o, enum bt_syntax syntax,
    const struct bt_compile_opts *compile, struct bt_arena *a, struct beamtap_err *err);
/* EUSAGE where something is traced that has no outcome. */
int bt_lib_check_outcome(
    const struct bt_lib_outcome *o, const struct bt_program *prog, struct beamtap_err *err);

/* ---- style.c ---- */

/* A struct beamtap_style as the outputs want it. */
struct bt_lib_style {
    struct beamtap_style asked;
    struct bt_text_style text;
    struct bt_print_opts print;
};

/* syntax: what AUTO means. style NULL: defaults. EUSAGE. */
int bt_lib_take_style(struct bt_lib_style *out, const struct beamtap_style *style, enum bt_syntax syntax,
    struct beamtap_err *err);

/* ---- session.c ---- */

enum bt_lib_state { BT_LIB_OPEN, BT_LIB_STARTED, BT_LIB_OVER };

/* Arguments of the current event, made when the first is asked for. */
struct bt_lib_args {
    bool is_there, is_whole; /* is_whole: all could be read */
    struct beamtap_arg *items;
    size_t n, cap;
    struct bt_buf texts; /* each with its NUL */
    struct bt_buf text;  /* of one */
};

/* The texts of something that is in many events, by its bytes: they are not made again for each. */
#define BT_LIB_KNOWN 8 /* a power of two */
struct bt_lib_known {
    size_t len;    /* 0: none */
    size_t second; /* where the second text begins: of a function */
    uint8_t etf[120];
    char text[120];
};

struct beamtap_session {
    enum bt_lib_state state;
    struct bt_arena arena;        /* what lives as long as the session */
    struct bt_session *live;      /* NULL: a replay */
    struct bt_merge *merge;       /* NULL: a node */
    struct bt_outcomes *outcomes; /* in a replay: NULL: all events are given */
    struct bt_program prog;
    struct bt_lib_parts parts;
    struct bt_out_head head;
    struct bt_log log; /* hands on to log_line */
    void (*log_line)(void *arg, const char *area, const char *text);
    struct bt_say say;
    void *arg;
    struct beamtap_info info;
    struct beamtap_function function;
    struct bt_lib_choice choice;
    struct beamtap_tally tally;
    struct bt_buf tally_texts;
    bool is_stopped;
    bool was_started;  /* events may have come */
    bool ends_on_rate; /* a rate that was reached is an end like any other */
    bool has_more;     /* the last call of next() passed over many events, and came back for a breath */
    /* the current event */
    struct bt_event ev;
    struct beamtap_event shown;
    struct bt_buf texts;                                             /* what it points to, */
    struct bt_lib_known pids[BT_LIB_KNOWN], functions[BT_LIB_KNOWN]; /* and what many point to */
    struct bt_text_frame frame;
    struct bt_lib_args args;
    struct bt_text_opts opts; /* without a style */
    /* the lines of it */
    struct bt_lib_style style; /* of what follows */
    bool has_style;
    struct bt_text_memo memo;
    struct bt_out *json;
    struct bt_buf line;
    /* the end */
    enum beamtap_next last; /* END or ERROR once it is over */
    struct beamtap_err err;
    uint64_t calls, returns, exceptions;
    uint64_t n_damaged;   /* places in the files of a replay */
    int64_t last_wall_ns; /* of the last event of a replay */
    int64_t end_wall_ns;  /* as outputs have it; 0: none has ended yet */
};

/* How the one capture of a replay says that it ended; NULL: it does not, was not read, or it is none. */
const struct bt_out_end *bt_lib_file_end(const struct beamtap_session *s);

/* ev's session, when ev is its current event; NULL: EUSAGE. */
struct beamtap_session *bt_lib_current(const struct beamtap_event *ev, struct beamtap_err *err);

/* A new session that open() makes of the caller's options; NULL when it fails. */
struct beamtap_session *bt_lib_session_new(
    int (*open)(struct beamtap_session *s, const void *opts, struct beamtap_err *err), const void *opts,
    struct beamtap_err *err);

/* ---- event.c ---- */

/* Makes s->shown out of s->ev. ENOMEM. */
int bt_lib_show(struct beamtap_session *s, struct beamtap_err *err);
void bt_lib_event_done(struct beamtap_session *s);

#endif
