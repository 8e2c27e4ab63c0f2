/*
 * beamtap.h - trace function calls on a running Erlang or Elixir node, from outside and within limits.
 *
 * The only installed header. A program compiles specs (struct beamtap_spec), opens a session with a node or with the files of
 * an earlier one (struct beamtap_session), takes its events one by one, and closes it; after an orderly end nothing is left on
 * the node. libbeamtap(3) shows it as a whole, beamtap(1) explains the limits and beamtap-spec(7) the language of specs.
 *
 * What holds for all functions:
 * - Nothing here prints, exits, installs signal handlers, changes the environment or keeps global state: two sessions may live
 *   side by side. Programs that use TLS, or outputs on pipes, ignore SIGPIPE.
 * - Functions return 0 or a pointer on success, -1 or NULL on failure, and then fill the caller's struct beamtap_err, which is
 *   their last parameter and may be NULL. Output parameters are left alone on failure.
 * - A handle belongs to one thread at a time; a spec is never changed and may be shared. Different handles may be used by
 *   different threads at once.
 * - Options are plain structs that begin with their own size. They are filled with defaults by a function *_init(opts, sizeof
 *   *opts); after that a caller sets what he wants otherwise. Members are added at the end only. Their names are those of
 *   the program's options, which is what messages speak of. They are borrowed for the call.
 * - Structs that the library hands out (events, functions) are its own; members are added at their end only.
 * - Text is UTF-8 and NUL-terminated. Functions that write text into buf[0..cap) do it as snprintf(3): they return the length of
 *   the whole text without its NUL, whatever cap is, or -1; what fits is there, with a NUL. buf may be NULL when cap is 0.
 * - Functions that take a handle accept NULL where they free it, and give BEAMTAP_EUSAGE elsewhere.
 */
#ifndef BEAMTAP_H
#define BEAMTAP_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define BEAMTAP_VERSION_MAJOR 0
#define BEAMTAP_VERSION_MINOR 1
#define BEAMTAP_VERSION_PATCH 0
#define BEAMTAP_VERSION "0.1.0"
/* One number that grows with each version: 0.1.0 is 100, 1.2.3 is 10203. */
#define BEAMTAP_VERSION_NUMBER                                                                               \
    (BEAMTAP_VERSION_MAJOR * 10000 + BEAMTAP_VERSION_MINOR * 100 + BEAMTAP_VERSION_PATCH)

#if defined(__GNUC__)
#define BEAMTAP_API __attribute__((visibility("default")))
#else
#define BEAMTAP_API
#endif

/*
 * Everything that can go wrong: name, exit status of the program, one line of text.
 * The codes are part of the API; new ones are added at the end only.
 */
#define BEAMTAP_ERRORS(X)                                                                                    \
    X(OK, 0, "no error")                                                                                     \
    X(EINTERNAL, 1, "internal error")                                                                        \
    X(ENOMEM, 1, "out of memory")                                                                            \
    X(EUSAGE, 2, "wrong use of the command line or the library")                                             \
    X(ESPEC, 2, "the trace pattern is wrong")                                                                \
    X(ENOMATCH, 2, "the trace pattern matches no function or process")                                       \
    X(EHOST, 3, "the host is unknown or out of reach")                                                       \
    X(EEPMD, 3, "no epmd answers on the host")                                                               \
    X(ENONODE, 3, "epmd does not know the node")                                                             \
    X(ECONNECT, 3, "the node's port cannot be connected")                                                    \
    X(EPEER, 3, "the peer does not speak the Erlang distribution protocol")                                  \
    X(ECOOKIE, 3, "the cookie was refused, or there is none")                                                \
    X(EREJECTED, 3, "the node refuses the connection")                                                       \
    X(ETIMEDOUT, 3, "no answer in time")                                                                     \
    X(ELOST, 3, "the connection to the node was lost")                                                       \
    X(EPROTO, 3, "the node sent something that cannot be read")                                              \
    X(ELIMIT, 4, "a safety limit ended the trace")                                                           \
    X(EOUTPUT, 5, "output cannot be written")                                                                \
    X(EBUSY, 6, "another tracer is active on the node")                                                      \
    X(EWIDE, 6, "the trace pattern is too wide")                                                             \
    X(EUNCLEAN, 7, "clean-up of the node is not confirmed")                                                  \
    X(EINTR, 130, "interrupted")                                                                             \
    X(ETLS, 3, "TLS with the node failed")

enum beamtap_code {
#define BEAMTAP_X(name, status, text) BEAMTAP_##name,
    BEAMTAP_ERRORS(BEAMTAP_X)
#undef BEAMTAP_X
};

/* A place in a text the user wrote. Lines and columns count from 1; a column is one character, not one byte.
 */
struct beamtap_loc {
    int line; /* 0: no place in the text */
    int col;
    size_t off; /* bytes from the start of the text */
    size_t len; /* bytes the caret underlines; 0: one */
};

/* What went wrong. Owned by the caller; every function that takes one accepts NULL. */
struct beamtap_err {
    enum beamtap_code code;
    int sys; /* errno, or 0 */
    struct beamtap_loc loc;
    char msg[512]; /* UTF-8, one line or several, no newline at the end */
    size_t text;   /* with loc.line: which of several texts loc is a place in, from 0 */
};

/* ---- versions, errors ---- */

/*
 * beamtap_version - the version of the library as text, for instance "0.1.0". Static; never NULL.
 */
BEAMTAP_API const char *beamtap_version(void);

/*
 * beamtap_version_number - BEAMTAP_VERSION_NUMBER of the library that is running, which may be a later one than that of
 * the header a program was built with.
 */
BEAMTAP_API int beamtap_version_number(void);

/*
 * beamtap_tls_version - the TLS library in use, for instance "OpenSSL 3.0.15 3 Sep 2024"; says so where it was built without. Static;
 * never NULL.
 */
BEAMTAP_API const char *beamtap_tls_version(void);

/*
 * beamtap_code_text - one line of text for an error code; static; never NULL.
 */
BEAMTAP_API const char *beamtap_code_text(enum beamtap_code code);

/*
 * beamtap_code_status - the exit status the program uses for an error code (0-7, 130).
 */
BEAMTAP_API int beamtap_code_status(enum beamtap_code code);

/*
 * beamtap_excerpt - show a place in a text: its line, and below it a line with ^ under the place.
 *
 * text     what was compiled: the text with the number err->text.
 * loc      &err->loc. Without a line, or outside of the text, the excerpt is empty.
 * buf      cap bytes; NULL when cap is 0.
 *
 * Returns the length of the excerpt, which is safe for a terminal; -1: no memory, or text or loc is NULL.
 */
BEAMTAP_API ssize_t beamtap_excerpt(const char *text, const struct beamtap_loc *loc, char *buf, size_t cap);

/* ---- specs ---- */

/* Compiled specs: what is to be traced. Never changed once it is there. */
struct beamtap_spec;

enum beamtap_scope {
    BEAMTAP_SCOPE_AUTO = 0,  /* local; of recon's tuples global */
    BEAMTAP_SCOPE_LOCAL = 1, /* all calls */
    BEAMTAP_SCOPE_GLOBAL = 2 /* calls with a module name only */
};

struct beamtap_spec_opts {
    size_t size;
    const char *const *specs; /* beamtap-spec(7); the notation of each is told by how it begins */
    size_t n_specs;
    const char *const *not_specs; /* what these match is not traced */
    size_t n_not_specs;
    /* Where #rec{} is defined: paths of .hrl and .erl files, or modules, which the node is asked for when a session is opened. */
    const char *const *records;
    size_t n_records;
    enum beamtap_scope scope;
    bool want_return; /* as if every spec ended in -> return */
    bool want_caller; /* in -> caller */
    bool want_stack;  /* in -> stack */
    bool
        only_times; /* all that is meant is timed, as if it ended in -> time, and nothing else is done with it */
    bool to_trace; /* refuse here what a session would refuse: actions that disturb the node */
};

/* beamtap_spec_opts_init - all zero but for the size, which is sizeof *opts. NULL is fine. */
BEAMTAP_API void beamtap_spec_opts_init(struct beamtap_spec_opts *opts, size_t size);

/*
 * beamtap_spec_new - compile specs.
 *
 * opts     texts and how they are meant; copied.
 * err      with a place: err->loc, in the text number err->text. The texts of not_specs are counted first.
 *
 * Returns specs the caller ends with beamtap_spec_free(), or NULL.
 * Errors: BEAMTAP_ESPEC and BEAMTAP_EWIDE (a text, mostly with a place), BEAMTAP_EUSAGE (no text, a file of `records`, opts not
 * initialised), BEAMTAP_ENOMEM.
 * Where records of a module are named and no file defines them, the texts are only parsed: the rest is done with the node.
 * Reads the files of opts->records; does not block otherwise.
 * Source: OTP "Match Specifications in Erlang"; ms_transform(3) for funs.
 */
BEAMTAP_API struct beamtap_spec *beamtap_spec_new(
    const struct beamtap_spec_opts *opts, struct beamtap_err *err);

/*
 * beamtap_spec_compile - beamtap_spec_new for one text and all defaults.
 */
BEAMTAP_API struct beamtap_spec *beamtap_spec_compile(const char *text, struct beamtap_err *err);

/* beamtap_spec_free - give it back; sessions that were opened with it do not need it any more. NULL is fine. */
BEAMTAP_API void beamtap_spec_free(struct beamtap_spec *spec);

enum beamtap_stage {
    BEAMTAP_STAGE_MATCH_SPEC = 0, /* what the texts mean: {{Mod,Fun,Arity},MatchSpec,Flags}. a line */
    BEAMTAP_STAGE_INSTALLED = 1,  /* the same as it is set on the node, with the gate */
    BEAMTAP_STAGE_TREE = 2,       /* the syntax tree */
    BEAMTAP_STAGE_TOKENS = 3      /* one a line */
};

/*
 * beamtap_spec_text - what specs were compiled to, as Erlang text that file:consult/1 reads.
 *
 * stage    BEAMTAP_STAGE_MATCH_SPEC or BEAMTAP_STAGE_INSTALLED.
 * buf      cap bytes; NULL when cap is 0.
 *
 * Returns the length of the text; -1 on failure.
 * Errors: BEAMTAP_EUSAGE (another stage), BEAMTAP_ESPEC (records that only a node knows), BEAMTAP_ENOMEM.
 * Source: OTP "Match Specifications in Erlang"; erlang:trace_pattern/3.
 */
BEAMTAP_API ssize_t beamtap_spec_text(const struct beamtap_spec *spec, enum beamtap_stage stage, char *buf,
    size_t cap, struct beamtap_err *err);

/*
 * beamtap_spec_stage - an early stage of one text: its tree or its tokens, also of a text that does not compile.
 *
 * stage    BEAMTAP_STAGE_TREE or BEAMTAP_STAGE_TOKENS.
 *
 * Returns the length of the text; -1 on failure. Errors: BEAMTAP_ESPEC with a place, BEAMTAP_EUSAGE, BEAMTAP_ENOMEM.
 */
BEAMTAP_API ssize_t beamtap_spec_stage(
    const char *text, enum beamtap_stage stage, char *buf, size_t cap, struct beamtap_err *err);

/* ---- sessions ---- */

/* A source of events: a trace of one node, or files of earlier ones. */
struct beamtap_session;

struct beamtap_style; /* below */

#define BEAMTAP_NO_LIMIT INT64_C(-1)

enum beamtap_args {
    BEAMTAP_ARGS_NAMED = 0, /* what the pattern names; all where it names none */
    BEAMTAP_ARGS_ARITY = 1, /* none */
    BEAMTAP_ARGS_ALL = 2
};

/* What becomes of the functions. With COUNT and TIME no trace message is made at all: events are COUNTS, gaps and notes only. */
enum beamtap_kind {
    BEAMTAP_KIND_TRACE = 0,
    BEAMTAP_KIND_COUNT =
        1, /* the VM counts their calls (call_count); `count`, `rate` and guards have no part in it */
    BEAMTAP_KIND_TIME = 2 /* and takes their times (call_time), from OTP 26 on their memory too */
};

/* Texts are borrowed until beamtap_session_open returns; stops, say and log until the session is closed. */
struct beamtap_session_opts {
    size_t size;

    /* which node, and the way there */
    const char *node; /* "app@host"; "app": on this host, or where the helper ends; a glob: the one it fits */
    const char *cookie;      /* NULL: that of cookie_file */
    const char *cookie_file; /* NULL: ~/.erlang.cookie, or the place XDG has for it */
    const char *address; /* "host", "host:port", "[ipv6]:port" to connect to; with a port epmd is not asked */
    int epmd_port;       /* 0: ERL_EPMD_PORT, or 4369 */
    const char *proxy_command; /* its stdin and stdout are the connection; %h host, %p port, %n node */
    const char *ssh;           /* destination of ssh -W */
    const char *kubectl, *kubectl_namespace; /* a pod */
    bool tls;                                /* set by each of the following too */
    const char *tls_ca, *tls_cert, *tls_key; /* files, PEM; NULL: those of the system, none, in tls_cert */
    const char *tls_key_password;
    const char *tls_server_name; /* the name in the node's certificate; NULL: the host */
    const char *tls_optfile;     /* the node's own ssl_dist_optfile, to take all of that from */
    bool tls_no_verify;          /* whoever answers is taken for the node */
    int64_t wait_us;             /* while the node is not there, try again for so long; 0: do not */
    int64_t connect_timeout_us;  /* 1 ms to 1 h; 0: 5 s, 60 s through a helper */

    /* what to trace */
    const struct beamtap_spec *spec;
    const char *const *processes; /* all, new, existing, <0.44.0> or a registered name; none: all */
    size_t n_processes;
    bool children; /* what these processes spawn, too */
    enum beamtap_args args;
    bool load; /* load a module that is named and not loaded */

    enum beamtap_kind kind;
    bool by_process;     /* with TIME: of processes, not of functions */
    bool keep_counts;    /* with TRACE: beamtap_function.calls of all functions is known after the end */
    int64_t interval_us; /* with COUNT and TIME: between two readings, 100 ms to 24 h; default 1 s */

    /* limits */
    int64_t count;   /* calls to give, 1 or more; BEAMTAP_NO_LIMIT; default 100 */
    int64_t time_us; /* from the start; BEAMTAP_NO_LIMIT; default 30 s */
    int64_t rate;    /* calls let through on the node per rate_interval_us; BEAMTAP_NO_LIMIT; default 100 */
    int64_t rate_interval_us; /* to a day; default 1 s */
    int64_t burst;            /* calls at once; 0: a tenth of a second's worth */
    bool stop_on_rate;        /* reaching the rate ends the session with BEAMTAP_ELIMIT */
    int64_t max_functions;    /* specs that match more are refused; default 1000 */
    int64_t max_memory;       /* bytes under way on the node; default 64 MB */
    int64_t max_term;         /* bytes: larger arguments and values are no longer copied; default 1 MB */
    int64_t max_load; /* percent run queue or memory of the node may rise; BEAMTAP_NO_LIMIT; default 300 */
    int64_t grace_us; /* wait for returns of calls that were given, to 24 h; default 1 s */
    int64_t lease_us; /* the node cleans up when it hears nothing for so long, 1 s to 24 h; default 5 s */

    /* this program */
    const char *who; /* shown to others who want to trace the node; NULL: user@host and pid */
    /* For a signal handler to count up: at 1, once it traces at 2, calls that wait give up with BEAMTAP_EINTR. NULL: never. */
    const volatile sig_atomic_t *stops;
    void (*say)(void *arg, const char *text); /* warnings, one line without a newline; NULL: not wanted */
    void (*log)(void *arg, const char *area, const char *text); /* with log_areas; NULL: none */
    const char *log_areas; /* "conn", "rpc", "session", "limit", separated by commas, or "all" */
    void *arg;             /* of both */

    /*
     * Only calls that ended in a certain way are given, call and end together: decided on the node, so that nothing else is sent.
     * Each implies want_return; all that are given must hold. count and rate are then of what is given.
     */
    bool exceptions;   /* they raised */
    int64_t slower_us; /* they took that long or longer; default BEAMTAP_NO_LIMIT: any */
    const char *
        returns; /* they returned what this pattern matches: "{error, X} when is_atom(X)", in Elixir's notation where all
                            specs are; NULL: any */
    int64_t scan_rate;        /* calls examined per scan_interval_us; BEAMTAP_NO_LIMIT; default 10,000 */
    int64_t scan_interval_us; /* to a day; default 1 s */
    bool
        names; /* events say what their process is (beamtap_event.name), as soon as the node has told; with TRACE */
    /* Where `cookie` is from, for messages; NULL: "--cookie". Without a cookie: where the caller has looked for one before. */
    const char *cookie_from;

    /*
     * Which events are given: decided here, on the line of each as `style` shows it (a call and its end have a line each), without
     * colour, and neither broken nor cut. PCRE2 expressions; with TRACE. A call counts for `count` with the first of its lines that
     * is given; gaps and notes are always given.
     */
    const char *const *grep; /* one of them must match; none: any line is fine */
    size_t n_grep;
    const char *const *grep_not; /* none of them may match */
    size_t n_grep_not;
    const struct beamtap_style *style; /* NULL: defaults */
    /* PCRE2: what stands at a key that one of them matches is masked, before grep, outputs or the caller see the event. */
    const char *const *redact;
    size_t n_redact;
    bool end_on_rate; /* with stop_on_rate: that is an end like that of `count`, BEAMTAP_NEXT_END */
};

/* beamtap_session_opts_init - the defaults above; size is sizeof *opts. NULL is fine. */
BEAMTAP_API void beamtap_session_opts_init(struct beamtap_session_opts *opts, size_t size);

/*
 * beamtap_session_open - connect to a node, start the agent there, and find the functions that are meant. Sets no trace.
 *
 * opts     what to trace, and the limits. Node and spec must be given. The spec is not needed after the call.
 * err      with a place: in a text of the spec, as beamtap_spec_new; `returns` is counted behind its last text. An expression of
 *          grep, grep_not or redact that is wrong is BEAMTAP_ESPEC without a place.
 *
 * Returns a session the caller ends with beamtap_session_close(), or NULL: then nothing is left on the node. Who does not start
 * it within the lease calls beamtap_session_tend() meanwhile.
 * Errors: BEAMTAP_EUSAGE (a node's name, a value out of its range, opts not initialised), BEAMTAP_ESPEC, BEAMTAP_ENOMATCH and
 * BEAMTAP_EWIDE (what the spec means on this node), BEAMTAP_EBUSY (another beamtap is there, or another tracer on OTP before 27),
 * all codes with exit status 3 (no way to the node), BEAMTAP_EINTR (opts->stops), BEAMTAP_ENOMEM.
 * Blocks: up to wait_us plus connect_timeout_us to connect, and then for some remote calls, each with a deadline of its own.
 * With a helper (ssh, kubectl, proxy_command) processes are forked; they are waited for by their pid.
 * Source: OTP "Distribution Protocol"; doc/SAFETY.md.
 */
BEAMTAP_API struct beamtap_session *beamtap_session_open(
    const struct beamtap_session_opts *opts, struct beamtap_err *err);

struct beamtap_replay_opts {
    size_t size;
    const char *const *paths; /* captures, or files of OTP's trace port; "-" is stdin. Merged by time. */
    size_t n_paths;
    void (*say)(void *arg, const char *text); /* damaged places, one line each; NULL: not wanted */
    void *arg;
    /* As those of beamtap_session_opts, decided here; what else happened than calls is left out then. */
    bool exceptions;
    int64_t slower_us; /* default BEAMTAP_NO_LIMIT */
    const char *returns;
    /* As those of beamtap_session_opts. */
    const char *const *grep;
    size_t n_grep;
    const char *const *grep_not;
    size_t n_grep_not;
    const struct beamtap_style *style;
    const char *const *redact;
    size_t n_redact;
    int64_t
        count; /* calls to give; their returns still come, then it is the END. Default BEAMTAP_NO_LIMIT: all */
    /* Paths of .hrl and .erl files with records, in place of those that the capture has; modules are passed over. */
    const char *const *records;
    size_t n_records;
};

/* beamtap_replay_opts_init - all zero but for slower_us, count and the size, which is sizeof *opts. NULL is fine. */
BEAMTAP_API void beamtap_replay_opts_init(struct beamtap_replay_opts *opts, size_t size);

/*
 * beamtap_replay_open - open files of earlier traces; what follows is as with a node, and needs none.
 *
 * opts     which files.
 *
 * Returns a session, or NULL. beamtap_session_next() gives NOTHING only where it has passed over many events that were not asked
 * for; beamtap_session_fd() is -1, beamtap_session_wait_ms() 0.
 * Errors: BEAMTAP_EUSAGE (a file that cannot be read, or is none; a guard in `returns` that only a node can work out; `records`),
 * BEAMTAP_ESPEC (`returns`, with a place; an expression, without), BEAMTAP_ENOMEM. Damage behind the head is told by say and
 * passed over. Blocks as reading files does.
 * Source: beamtap-capture(5); OTP's dbg(3), trace_port/2.
 */
BEAMTAP_API struct beamtap_session *beamtap_replay_open(
    const struct beamtap_replay_opts *opts, struct beamtap_err *err);

/* How terms and names are written. */
enum beamtap_syntax {
    BEAMTAP_SYNTAX_AUTO = 0, /* that of the specs */
    BEAMTAP_SYNTAX_ERLANG = 1,
    BEAMTAP_SYNTAX_ELIXIR = 2
};

/* What is known of the node. Borrowed, as long as the session is open. */
struct beamtap_info {
    const char *node;           /* as it calls itself; of several files that of the first */
    int otp;                    /* its release; 0: not known */
    int64_t processes;          /* on the node; 0 in a replay */
    uint32_t schedulers;        /* 0 in a replay */
    int64_t traced_processes;   /* once started; 0 in a replay */
    uint32_t sensitive;         /* of those that were named: cannot be traced (process_flag sensitive) */
    int64_t start_wall_ns;      /* when it was started, since 1970 UTC; 0 before */
    bool is_live;               /* a node, not a file */
    size_t functions;           /* that the specs mean; once started, that are traced; 0 in a replay */
    const char *events;         /* what else is traced: "send, receive"; "": nothing, and in a replay */
    bool has_messages;          /* send or receive are among them */
    bool shows_ends;            /* more is given of some calls: how they ended, or how long they took */
    bool only_counts;           /* all functions are only counted (-> count): no call is given */
    enum beamtap_syntax syntax; /* what AUTO means here: ERLANG or ELIXIR */
    int32_t utc_offset_s;       /* of the place where it is traced, or was; once started */
    size_t traces;              /* in a replay: how many traces the files are of; else 1 */
    bool is_capture;            /* in a replay: the first of them is a capture */
};

/* beamtap_session_info - NULL for a session that is NULL. */
BEAMTAP_API const struct beamtap_info *beamtap_session_info(const struct beamtap_session *s);

/* A function that is traced. */
struct beamtap_function {
    const char *module, *function;
    uint32_t arity;
    int64_t
        calls; /* after the end: of one that is only counted (-> count), or of all (keep_counts); -1: not known */
    bool is_inlined; /* most calls of it cannot be seen: the compiler makes an instruction of them */
};

/*
 * beamtap_session_function - the functions that the specs mean, one by one.
 *
 * i        from 0.
 *
 * Returns NULL behind the last one, and in a replay. Borrowed until the next call of this function.
 */
BEAMTAP_API const struct beamtap_function *beamtap_session_function(struct beamtap_session *s, size_t i);

/*
 * beamtap_session_start - set the trace: events begin. Does nothing in a replay.
 *
 * Errors: BEAMTAP_EBUSY (another tracer), BEAMTAP_ENOMATCH (functions that are gone by now, an unknown process), BEAMTAP_ESPEC (the
 * node refuses a match specification), BEAMTAP_EUSAGE (started before), those of a lost connection, BEAMTAP_ENOMEM. After an
 * error the session can only be closed; nothing is left on the node then.
 * Blocks until the node has answered.
 * Source: OTP erlang:trace/3 and trace:session_create/3 (OTP 27).
 */
BEAMTAP_API int beamtap_session_start(struct beamtap_session *s, struct beamtap_err *err);

enum beamtap_event_type {
    BEAMTAP_EVENT_CALL = 1,
    BEAMTAP_EVENT_RETURN = 2,    /* value, duration_ns */
    BEAMTAP_EVENT_EXCEPTION = 3, /* exception_class, value: the reason, duration_ns */
    BEAMTAP_EVENT_TIMED = 4,     /* a call with action `time` has ended: duration_ns */
    BEAMTAP_EVENT_SEND = 5,      /* value: the message; peer: to whom */
    BEAMTAP_EVENT_RECEIVE = 6,   /* value: the message; peer: from whom, where it is known */
    BEAMTAP_EVENT_SPAWN = 7,     /* peer: the new process; module, function, arity: what it runs */
    BEAMTAP_EVENT_EXIT = 8,      /* value: the reason */
    BEAMTAP_EVENT_LINK = 9,      /* peer */
    BEAMTAP_EVENT_UNLINK = 10,   /* peer */
    BEAMTAP_EVENT_REGISTER = 11, /* value: the name */
    BEAMTAP_EVENT_UNREGISTER = 12,
    BEAMTAP_EVENT_GC = 13,      /* kind: minor or major; duration_ns; before_bytes, after_bytes */
    BEAMTAP_EVENT_RUNNING = 14, /* duration_ns: from being scheduled in to out */
    BEAMTAP_EVENT_OTHER = 15,   /* of another tracer's file; kind */
    /* no events of the node: what is missing, and what was learnt */
    BEAMTAP_EVENT_SKIPPED = 100,  /* a gap: `amount` calls were not let through since the last such mark */
    BEAMTAP_EVENT_LOST = 101,     /* a gap: `amount` events were dropped on the node */
    BEAMTAP_EVENT_RELOADED = 102, /* a gap: a module was loaded anew, and traced again */
    BEAMTAP_EVENT_NOTE = 103,     /* what was learnt: beamtap_event_format() says it */
    BEAMTAP_EVENT_COUNTS = 104    /* beamtap_session_tally() has fresh numbers */
};

/* What the VM has counted of a function, or of a process, since the start. */
struct beamtap_tally {
    const char *module, *function; /* NULL: a process, or the sum */
    uint32_t arity;
    const char *pid, *name; /* NULL: a function, or the sum; name "": none */
    int64_t calls, time_us, bytes;
    int64_t calls_before, time_before_us, bytes_before; /* at the reading before */
    int64_t at_us, before_us;                           /* the node's monotonic time of the two readings */
};

#define BEAMTAP_TALLY_SUM ((size_t)-1)

/*
 * beamtap_session_tally - what was counted, one by one, with BEAMTAP_KIND_COUNT and BEAMTAP_KIND_TIME: new after an event COUNTS, and
 * whole after the end.
 *
 * i        from 0; functions in the order of beamtap_session_function(), processes those first that took most.
 *          BEAMTAP_TALLY_SUM: of all, also of processes that are not listed.
 *
 * Returns NULL behind the last one, with other kinds, and without memory. Borrowed until the next call for this session.
 * time_us is what was spent in the function itself, without what it called that is timed too, and without waiting.
 * Source: OTP erlang:trace_pattern/3, call_count, call_time and call_memory.
 */
BEAMTAP_API const struct beamtap_tally *beamtap_session_tally(struct beamtap_session *s, size_t i);

/* One of the things that specs ask for. A text may have several. */
struct beamtap_part {
    size_t text; /* in which text it stands, from 0; those of not_specs first */
    bool is_not; /* of not_specs */
    enum beamtap_event_type
        type;         /* CALL: functions; SEND, RECEIVE: messages; SPAWN to RUNNING: what else happens */
    bool takes_all;   /* no pattern and no guard chooses among its calls or messages */
    bool has_actions; /* more is asked for behind `->` than to count */
};

/*
 * beamtap_spec_part - what specs ask for, one by one: to see what COUNT and TIME pass over (patterns, guards and actions).
 *
 * i        from 0.
 *
 * Returns NULL behind the last one, and where records must be asked for first (beamtap_spec_new): then beamtap_session_part()
 * has them. Borrowed, as long as the spec.
 */
BEAMTAP_API const struct beamtap_part *beamtap_spec_part(const struct beamtap_spec *spec, size_t i);

/* beamtap_session_part - the same of the specs that a session with a node was opened with. Borrowed, as long as it is open. */
BEAMTAP_API const struct beamtap_part *beamtap_session_part(const struct beamtap_session *s, size_t i);

/* A term in the external term format, without the version byte (131) in front. Without bytes (NULL): not there. */
struct beamtap_term {
    const unsigned char *etf;
    size_t len;
};

/* An event. All it points to is valid until the next call of beamtap_session_next() or beamtap_session_close(). */
struct beamtap_event {
    enum beamtap_event_type type; /* one that is not known: of a later version */
    uint64_t seq;                 /* from 1, of this session */
    const struct beamtap_session *session;
    const char *node;
    const char *pid;               /* "<0.44.0>", "<app@host.44.0>" of another node; "" where there is none */
    const char *name;              /* what that process is, where it is known; else "" */
    const char *module, *function; /* NULL: it is about none */
    uint32_t arity;
    const char *caller_module,
        *caller_function; /* with action `caller`: where a call returns to; NULL: not asked, not known */
    uint32_t caller_arity;
    const char *exception_class; /* error, exit, throw; else NULL */
    const char *kind;            /* of gc and other; else NULL */
    struct beamtap_term pid_term, value, peer;
    struct beamtap_term message; /* of a call: what message(X) in a fun said */
    struct beamtap_term stack;   /* of a call with action `stack`: [{M, F, Arity, [{file, F}, {line, N}]}] */
    int64_t wall_ns;             /* since 1970 UTC; 0: not known */
    int64_t mono_ns;             /* the node's monotonic clock */
    int64_t duration_ns;         /* -1: none, or not known */
    int64_t before_bytes, after_bytes;
    int64_t amount;  /* gaps */
    bool has_caller; /* action `caller`; without caller_module: nobody called, a process begins there */
};

enum beamtap_next {
    BEAMTAP_NEXT_ERROR = -1,
    BEAMTAP_NEXT_NOTHING = 0, /* nothing came in time */
    BEAMTAP_NEXT_EVENT = 1,
    BEAMTAP_NEXT_END = 2 /* the trace has ended, and the node was asked and is clean */
};

/*
 * beamtap_session_next - go on: keeps the lease and the limits, and gives the next event.
 *
 * ev           *ev is set with EVENT only: borrowed until the next call.
 * timeout_ms   how long to wait for an event: 0: not at all; -1: without a limit.
 *
 * ERROR: the session is over. BEAMTAP_ELIMIT: a safety limit ended it, the summary says whether the node is clean;
 * BEAMTAP_EBUSY: somebody else's tracing did; BEAMTAP_EUNCLEAN: the clean-up is not confirmed; codes with exit status 3: the
 * node, or the way to it, is lost, and the node cleans up by itself within the lease; BEAMTAP_EINTR, BEAMTAP_ENOMEM,
 * BEAMTAP_EPROTO; BEAMTAP_EUSAGE (not started: the session goes on). What was said at the end is said again by later calls.
 *
 * In an event loop: call it with timeout 0 until it gives NOTHING, and only then wait for beamtap_session_fd() to become
 * readable, for beamtap_session_wait_ms() at most: with TLS, and with what is read in one piece, events may be here
 * although the descriptor has nothing. Where many events were passed over (grep) it gives NOTHING for once although more are
 * here, and beamtap_session_wait_ms() is 0. Who does not call for longer than the lease loses the session.
 * Source: OTP erlang:trace/3, "Trace Messages"; doc/SAFETY.md.
 */
BEAMTAP_API enum beamtap_next beamtap_session_next(
    struct beamtap_session *s, const struct beamtap_event **ev, int timeout_ms, struct beamtap_err *err);

/*
 * beamtap_session_fd - the descriptor to wait on for reading, for poll(2) and the like. It stays the session's, and the same as
 * long as it is open. -1: none is needed (a replay, or s is NULL).
 */
BEAMTAP_API int beamtap_session_fd(const struct beamtap_session *s);

/*
 * beamtap_session_wait_ms - how long an event loop may wait for the descriptor before it must call beamtap_session_next()
 * again: milliseconds, 0 or more. -1: for ever (it has not begun, or is over).
 */
BEAMTAP_API int beamtap_session_wait_ms(const struct beamtap_session *s);

/*
 * beamtap_session_tend - keep the lease and the limits without taking events: for who cannot take them for some time.
 *
 * Returns 0; 1: it is about to end, and has waited for its last events as long as it may: take them, or lose them; -1.
 * Errors: as beamtap_session_next().
 */
BEAMTAP_API int beamtap_session_tend(struct beamtap_session *s, struct beamtap_err *err);

/*
 * beamtap_session_stop - begin the orderly end; go on with beamtap_session_next() until END. A second call gives up waiting
 * for returns that are owed. Does not block. NULL is fine.
 */
BEAMTAP_API void beamtap_session_stop(struct beamtap_session *s);

/*
 * beamtap_session_close - end it at once, and free it; NULL is fine. After END nothing is left on the node, nor when it was
 * not started. Else the node sees the connection close and cleans up by itself, within the lease at the latest. Outputs of the
 * session must be closed before.
 * Blocks up to 10 s for a session that was not started, else not.
 */
BEAMTAP_API void beamtap_session_close(struct beamtap_session *s);

enum beamtap_reason {
    BEAMTAP_REASON_NONE = 0, /* it has not ended; of a file: it does not say */
    BEAMTAP_REASON_COUNT = 1,
    BEAMTAP_REASON_TIME = 2,
    BEAMTAP_REASON_ASKED = 3, /* beamtap_session_stop() */
    BEAMTAP_REASON_RATE = 4,  /* stop_on_rate */
    BEAMTAP_REASON_LOAD = 5,  /* max_load */
    BEAMTAP_REASON_AGENT = 6, /* the agent ended by itself */
    BEAMTAP_REASON_ERROR = 7,
    BEAMTAP_REASON_END = 8 /* of the files */
};

/* beamtap_reason_text - "count", "time" ..., as in beamtap-json(5); static; never NULL. */
BEAMTAP_API const char *beamtap_reason_text(enum beamtap_reason reason);

/* Fields are added at the end. In a replay: what the file says of its end, else what was read. */
struct beamtap_summary {
    size_t size; /* sizeof this struct: to be set before */
    enum beamtap_reason reason;
    uint64_t calls, returns,
        exceptions;    /* given to the caller; calls include events that stand for themselves */
    uint64_t received; /* calls that arrived here */
    uint64_t called;   /* calls of the traced functions, as the VM counted */
    int64_t skipped;   /* calls that were not let through; -1: not known exactly */
    uint64_t lost;     /* events the node had to drop */
    uint64_t open;     /* calls whose return did not come */
    bool is_clean;     /* the node was asked: nothing is left */
    uint64_t damaged;  /* in a replay: places in the files that could not be read */
    uint64_t examined,
        filtered;     /* with exceptions, slower_us, returns: calls looked at, and of these not given */
    uint64_t unended; /* the same: calls whose end did not come */
    uint64_t
        returns_gave_up; /* in a replay: calls given although it could not be told whether they returned what `returns` says */
    uint64_t lines_filtered; /* with grep, grep_not, or count in a replay: events that were passed over */
    uint64_t lines_examined; /* the same: calls, messages and the like that were looked at */
    uint64_t grep_gave_up;   /* events given although an expression took too many steps on their line */
    bool is_complete;        /* as many calls as `count` were given */
    bool has_outcome;        /* of exceptions, slower_us and returns something was asked for */
    bool has_events;         /* what is traced is not only calls */
    bool has_called;         /* `called` is known: the VM counted every function */
    uint64_t n_counted;      /* functions that are only counted (-> count) */
    /* In a replay of one capture, once it was read: what it says of its end. */
    const char *
        file_reason; /* as it stands there, whatever that is; NULL: it says nothing. Borrowed from the session */
    uint64_t file_calls, file_lost; /* given, and lost on any way, when it was traced */
};

/*
 * beamtap_session_summary - how it stands, or ended. Fills out->size bytes of *out.
 *
 * Errors: BEAMTAP_EUSAGE (out->size is not set).
 */
BEAMTAP_API int beamtap_session_summary(
    const struct beamtap_session *s, struct beamtap_summary *out, struct beamtap_err *err);

/* ---- events as text ---- */

enum beamtap_format {
    BEAMTAP_FORMAT_TEXT = 0,     /* a line */
    BEAMTAP_FORMAT_JSON = 1,     /* a line, beamtap-json(5) */
    BEAMTAP_FORMAT_PERFETTO = 2, /* outputs only: a file for ui.perfetto.dev */
    BEAMTAP_FORMAT_CAPTURE = 3   /* outputs only: beamtap-capture(5), for beamtap_replay_open() */
};

enum beamtap_time {
    BEAMTAP_TIME_LOCAL = 0,
    BEAMTAP_TIME_UTC = 1,
    BEAMTAP_TIME_RELATIVE = 2, /* since the start */
    BEAMTAP_TIME_NONE = 3
};

/* How things look. */
struct beamtap_style {
    size_t size;
    enum beamtap_format format;
    enum beamtap_syntax syntax;
    enum beamtap_time time; /* of lines of text */
    bool color;             /* of lines of text: escape sequences */
    bool pretty;            /* of lines of text: long ones are broken */
    bool names;             /* of lines of text: what a process is, beside its pid */
    uint32_t depth;         /* levels of a term that are shown; 0: all */
    uint32_t max_line;      /* characters of a line of text; 0: all */
};

/* beamtap_style_init - all zero but for the size, which is sizeof *style. NULL is fine. */
BEAMTAP_API void beamtap_style_init(struct beamtap_style *style, size_t size);

/*
 * beamtap_event_format - an event as a line, with its newline.
 *
 * ev       the one that beamtap_session_next() gave last, or a copy of it.
 * style    NULL: defaults. Format TEXT or JSON. A NOTE is a line too.
 * buf      cap bytes; NULL when cap is 0. Control bytes in terms are escaped: safe for a terminal.
 *
 * Returns the length of the line; -1 on failure.
 * Errors: BEAMTAP_EUSAGE (not the current event, another format), BEAMTAP_ENOMEM.
 * Source: beamtap(1), beamtap-json(5).
 */
BEAMTAP_API ssize_t beamtap_event_format(const struct beamtap_event *ev, const struct beamtap_style *style,
    char *buf, size_t cap, struct beamtap_err *err);

/*
 * beamtap_event_remark - what a gap or a note says, as words without time and newline: "999,900 calls skipped".
 *
 * ev       as above.
 *
 * Returns the length of the text, 0 of other events; -1 on failure. Errors: BEAMTAP_EUSAGE (not the current event), BEAMTAP_ENOMEM.
 */
BEAMTAP_API ssize_t beamtap_event_remark(
    const struct beamtap_event *ev, char *buf, size_t cap, struct beamtap_err *err);

/* An argument of a call. */
struct beamtap_arg {
    struct beamtap_term term; /* NULL bytes: not copied, or only a part of it */
    const char *text;         /* {ok,_}: _ stands for what was not copied; in the syntax of the specs */
};

/*
 * beamtap_event_arg - the arguments of a call, one by one.
 *
 * ev       as above.
 * i        from 0.
 *
 * Returns NULL behind the last one that is known (none with BEAMTAP_ARGS_ARITY), of other events, and on failure, which err
 * tells: BEAMTAP_EUSAGE (not the current event), BEAMTAP_EPROTO (a term cannot be read), BEAMTAP_ENOMEM. Borrowed as the event is.
 */
BEAMTAP_API const struct beamtap_arg *beamtap_event_arg(
    const struct beamtap_event *ev, size_t i, struct beamtap_err *err);

/*
 * beamtap_atom_format - the name of a module, function or process as text: queue, 'my mod', Shop.Cart.
 *
 * name     UTF-8.
 * style    syntax (AUTO: Erlang): NULL: defaults. Else as beamtap_term_format().
 * Errors: BEAMTAP_EUSAGE (name is NULL), BEAMTAP_ENOMEM. Threads: any.
 */
BEAMTAP_API ssize_t beamtap_atom_format(
    const char *name, const struct beamtap_style *style, char *buf, size_t cap, struct beamtap_err *err);

/*
 * beamtap_term_format - a term as text, as io_lib:format("~0tp", [T]) of OTP 25 or inspect(t) of Elixir 1.18 has it.
 *
 * term     any term in external format, with or without the version byte.
 * node     name of the node whose pids are <0.N.S>: ev->node; NULL: none.
 * style    syntax (AUTO: Erlang) and depth; NULL: defaults.
 * buf      cap bytes; NULL when cap is 0. Control bytes are escaped: safe for a terminal.
 *
 * Returns the length of the text; -1 on failure.
 * Errors: BEAMTAP_EUSAGE (no bytes), BEAMTAP_EPROTO (not a whole term), BEAMTAP_ENOMEM. Threads: any.
 * Source: OTP "External Term Format".
 */
BEAMTAP_API ssize_t beamtap_term_format(const struct beamtap_term *term, const char *node,
    const struct beamtap_style *style, char *buf, size_t cap, struct beamtap_err *err);

/*
 * beamtap_mfa_format - a function as text: queue:in/2, 'my mod':'f!'/0; in Elixir's syntax Shop.pay!/2, :queue.in/2.
 *
 * module   and function: UTF-8, not NULL.
 * style    syntax (AUTO: Erlang); NULL: defaults.
 * buf      cap bytes; NULL when cap is 0. Control bytes are escaped: safe for a terminal.
 *
 * Returns the length of the text; -1 on failure. Errors: BEAMTAP_EUSAGE, BEAMTAP_ENOMEM. Threads: any.
 */
BEAMTAP_API ssize_t beamtap_mfa_format(const char *module, const char *function, uint32_t arity,
    const struct beamtap_style *style, char *buf, size_t cap, struct beamtap_err *err);

/* ---- outputs ---- */

/* A file, or a descriptor, that events are written to. */
struct beamtap_output;

struct beamtap_output_opts {
    size_t size;
    const struct beamtap_style *style; /* NULL: lines of text */
    const char *
        path; /* a new file, mode 0600; %Y %m %d %H %M %S: local time, %n: the node, %i: `session`. It must not exist. NULL: fd */
    bool append;          /* it may exist: text and JSON only */
    int fd;               /* an open descriptor, which stays the caller's; default 1 (stdout) */
    int64_t rotate_size;  /* bytes: with path, a new file is begun beyond that; 0: never */
    int64_t rotate_count; /* of the files made here the last so many stay; 0: all */
    unsigned session;     /* the how many-th one of a program this is, for %i; 0: the first */
};

/* beamtap_output_opts_init - the defaults above; size is sizeof *opts. NULL is fine. */
BEAMTAP_API void beamtap_output_opts_init(struct beamtap_output_opts *opts, size_t size);

/*
 * beamtap_output_check - would these options do? Opens nothing, and needs no session.
 *
 * Errors: BEAMTAP_EUSAGE, as beamtap_output_open().
 */
BEAMTAP_API int beamtap_output_check(const struct beamtap_output_opts *opts, struct beamtap_err *err);

/*
 * beamtap_output_open - make an output for the events of a session.
 *
 * s        must stay open until the output is closed. Best not started yet: then nothing is set on a node when a file cannot be made.
 * opts     path is copied.
 *
 * Returns an output the caller ends with beamtap_output_close(), or NULL.
 * Errors: BEAMTAP_EUSAGE, BEAMTAP_EOUTPUT (the file exists, or cannot be made), BEAMTAP_ENOMEM.
 */
BEAMTAP_API struct beamtap_output *beamtap_output_open(
    struct beamtap_session *s, const struct beamtap_output_opts *opts, struct beamtap_err *err);

/*
 * beamtap_output_event - write an event, the one that beamtap_session_next() gave last, or a copy of it.
 *
 * Bytes are gathered, and written when 64 KB are there, or by beamtap_output_flush(). A descriptor that does not take them
 * (a full pipe) does not block: up to 1 MB waits, then events are refused.
 * Returns 0; 1: there was no room, the event was not written; -1: failed, and so will be all that follows.
 * Errors: BEAMTAP_EUSAGE (not the current event), BEAMTAP_EOUTPUT (a full disk; sys EPIPE: the reader is gone, which also raises
 * SIGPIPE unless the program ignores it), BEAMTAP_ENOMEM.
 */
BEAMTAP_API int beamtap_output_event(
    struct beamtap_output *out, const struct beamtap_event *ev, struct beamtap_err *err);

/*
 * beamtap_output_flush - write what is gathered, what begins the format among it; sees when a pipe's reader is gone.
 *
 * timeout_ms   how long to wait for the reader: 0: not at all; -1: without a limit.
 *
 * Returns 0: all is written; 1: some of it waits; -1: failed. Errors: BEAMTAP_EOUTPUT (sys EPIPE: the reader is gone).
 */
BEAMTAP_API int beamtap_output_flush(struct beamtap_output *out, int timeout_ms, struct beamtap_err *err);

/*
 * beamtap_output_is_full - it would refuse events: who can, takes none from the session meanwhile (beamtap_session_tend()).
 */
BEAMTAP_API bool beamtap_output_is_full(const struct beamtap_output *out);

/*
 * beamtap_output_fd - the descriptor to wait on with poll(2), before beamtap_output_flush() is called again.
 *
 * waits    *waits: bytes wait for it to become writable (POLLOUT); else it only tells that its reader is gone (POLLERR, POLLHUP).
 *
 * Returns -1: there is nothing to wait for (a file, an output that has failed).
 */
BEAMTAP_API int beamtap_output_fd(const struct beamtap_output *out, bool *waits);

/*
 * beamtap_output_end - gather what ends the format (the summary of the session as it stands); nothing is added behind that. For
 * who wants to wait for the reader in his own way before beamtap_output_close(), which does it otherwise.
 *
 * Errors: BEAMTAP_EOUTPUT.
 */
BEAMTAP_API int beamtap_output_end(struct beamtap_output *out, struct beamtap_err *err);

/*
 * beamtap_output_close - write what ends the format, close the file, free. The file of a session that was not started, or could
 * not be, is removed. NULL is fine.
 *
 * timeout_ms   as above; what is not written then is lost, and that is a failure.
 *
 * Errors: BEAMTAP_EOUTPUT (also what only close(2) tells). The output is gone in any case.
 */
BEAMTAP_API int beamtap_output_close(struct beamtap_output *out, int timeout_ms, struct beamtap_err *err);

/* ---- nodes ---- */

/*
 * The way to a node, in the order it is gone. The functions below take of struct beamtap_session_opts what it says of the node and the
 * way there, and stops, say, log, log_areas and arg; the rest is not looked at.
 */
enum beamtap_step {
    BEAMTAP_STEP_EPMD = 0,      /* epmd is asked for the port */
    BEAMTAP_STEP_PORT = 1,      /* the port is connected */
    BEAMTAP_STEP_TLS = 2,       /* certificates */
    BEAMTAP_STEP_HANDSHAKE = 3, /* name and cookie */
    BEAMTAP_STEP_DONE = 4
};

/* beamtap_step_text - "epmd", "port", "tls", "handshake", "done"; static; never NULL. */
BEAMTAP_API const char *beamtap_step_text(enum beamtap_step step);

/* What was found out about a node, and on the way there. Texts are safe for a terminal, here and in the structs below. */
struct beamtap_check {
    const char *node;        /* as it calls itself; where that is not known, as it was asked for */
    bool is_reached;         /* all was answered: what stands below `cure` is known */
    enum beamtap_step step;  /* the one that failed; DONE: the node was connected */
    bool takes_step[5];      /* which of the steps lie on the way */
    const char *cookie_from; /* where the cookie was found */
    bool is_cookie_exposed;  /* its file can be read by others than its owner */
    struct beamtap_err err;  /* what failed */
    const char *cure;        /* what to look at then; NULL: nothing more is known than err says */
    int otp;                 /* its release */
    const char *otp_release; /* the same as the node has it: "27" */
    const char *erts;        /* version of its runtime system */
    const char *elixir;      /* version; NULL: there is none */
    int64_t schedulers;      /* online */
    int64_t processes;       /* how many there are */
    int64_t memory;          /* bytes the VM has taken */
    int64_t run_queue;       /* processes and ports that wait for a scheduler */
    bool has_beamtap;        /* a beamtap traces it now */
    const char *const *
        others; /* what others trace, a text each: "session {..}", "pattern {m,f,1} local", "process <0.9.0> traced by .." */
    size_t n_others; /* of these texts: of each kind 50, and one that says how many more there are */
    bool is_refused; /* a trace would be */
    const char
        *trace; /* how it would be set, "in a trace session of its own; ..", or "refused: .." and why */
};

/*
 * beamtap_node_check - can this node be traced? Goes the whole way there, and asks what the node is and who traces what; sets
 * nothing.
 *
 * way      which node, and the way there.
 *
 * Returns what was found out, which the caller frees with beamtap_check_free(): also of a node that cannot be reached, whose
 * check->err then says why. NULL where no way could be tried.
 * Errors: BEAMTAP_EUSAGE (options of the way, opts not initialised), BEAMTAP_ECOOKIE (there is none), BEAMTAP_ENOMEM.
 * Blocks as beamtap_session_open(). The code that looks is gone when it returns; where the connection is lost it removes itself.
 * Source: OTP erlang:trace_info/2, trace:session_info/1 (OTP 27); doc/SAFETY.md.
 */
BEAMTAP_API struct beamtap_check *beamtap_node_check(
    const struct beamtap_session_opts *way, struct beamtap_err *err);

/* beamtap_check_free - NULL is fine. */
BEAMTAP_API void beamtap_check_free(struct beamtap_check *check);

/* So many of a kind of thing. */
struct beamtap_removed {
    const char
        *what; /* "guards", "patterns", "modules"; with `all` "sessions", "flags", "all_patterns" too */
    int64_t n; /* 1 or more */
};

/* What was taken away from a node, and what is left. */
struct beamtap_clear {
    const char *node; /* as it calls itself */
    const struct beamtap_removed *removed;
    size_t n_removed;
    const char *const *others; /* what others trace, as in struct beamtap_check */
    size_t n_others;
};

/*
 * beamtap_node_clear - take away what a beamtap has left on a node: also one that still runs loses its trace.
 *
 * way      which node, and the way there.
 * all      take away everybody's tracing.
 *
 * Returns what was taken away, which the caller frees with beamtap_clear_free(), or NULL.
 * Errors: as beamtap_node_check(), and why the node is not reached; BEAMTAP_EPROTO (the node's answer cannot be read: what it has done
 * is not known). Blocks as beamtap_session_open().
 * Source: OTP erlang:trace/3, erlang:trace_pattern/3; doc/SAFETY.md.
 */
BEAMTAP_API struct beamtap_clear *beamtap_node_clear(
    const struct beamtap_session_opts *way, bool all, struct beamtap_err *err);

/* beamtap_clear_free - NULL is fine. */
BEAMTAP_API void beamtap_clear_free(struct beamtap_clear *clear);

/* A node that an epmd knows. */
struct beamtap_named {
    const char *name; /* without its host */
    int port;         /* of its distribution */
};

struct beamtap_nodes {
    const char *host; /* whose epmd was asked */
    const struct beamtap_named *items;
    size_t n;
};

/*
 * beamtap_nodes - the nodes that the epmd of a host knows; no node is connected, and no cookie needed.
 *
 * way      the way there; node and cookie are not looked at.
 * host     name or address; NULL or "": this host, or where the helper ends (ssh, kubectl, proxy_command).
 *
 * Returns a list the caller frees with beamtap_nodes_free(), or NULL.
 * Errors: BEAMTAP_EUSAGE, BEAMTAP_EHOST, BEAMTAP_EEPMD, BEAMTAP_ETIMEDOUT, BEAMTAP_EINTR, BEAMTAP_EPROTO, BEAMTAP_ENOMEM. Blocks up to
 * connect_timeout_us.
 * Source: OTP "Distribution Protocol", NAMES_REQ.
 */
BEAMTAP_API struct beamtap_nodes *beamtap_nodes(
    const struct beamtap_session_opts *way, const char *host, struct beamtap_err *err);

/* beamtap_nodes_free - NULL is fine. */
BEAMTAP_API void beamtap_nodes_free(struct beamtap_nodes *nodes);

#ifdef __cplusplus
}
#endif
#endif
