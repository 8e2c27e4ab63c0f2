/*
 * ast.h - the tree of a trace pattern: what the user wrote, in one form for all notations.
 *
 * Reading this file top to bottom teaches the language. All nodes live in an arena. Patterns and guards share
 * one kind of node, since their syntax is the same; check.c says what may stand where.
 */
#ifndef BT_SPEC_AST_H
#define BT_SPEC_AST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "term/term.h"

#define BT_SPEC_MAX_BYTES 65536 /* of one spec text */
#define BT_SPEC_MAX_DEPTH 200   /* levels of one tree, so that walking it needs no more stack than this */
#define BT_SPEC_MAX_ARITY 255   /* of a function: the VM's own limit */
#define BT_SPEC_MAX_VARS 1000   /* different variables of one spec */

enum bt_assoc { BT_ASSOC_LEFT, BT_ASSOC_RIGHT, BT_ASSOC_NONE, BT_ASSOC_UNARY };

/*
 * The operators: name, text (which is also the name a match specification uses), binding strength,
 * associativity. Strengths are those of OTP's erl_parse.yrl; only their order counts.
 */
#define BT_OPS(X)                                                                                            \
    X(MATCH, "=", 100, RIGHT) /* R = {ok, _} in a pattern: a name for a part */                              \
    X(ORELSE, "orelse", 150, RIGHT)                                                                          \
    X(ANDALSO, "andalso", 160, RIGHT)                                                                        \
    X(EQ, "==", 200, NONE)                                                                                   \
    X(NE, "/=", 200, NONE)                                                                                   \
    X(LE, "=<", 200, NONE)                                                                                   \
    X(LT, "<", 200, NONE)                                                                                    \
    X(GE, ">=", 200, NONE)                                                                                   \
    X(GT, ">", 200, NONE)                                                                                    \
    X(EXACT_EQ, "=:=", 200, NONE)                                                                            \
    X(EXACT_NE, "=/=", 200, NONE)                                                                            \
    X(APPEND, "++", 300, RIGHT) /* "abc" ++ T in a pattern: a list that begins so */                         \
    X(SUBTRACT, "--", 300, RIGHT)                                                                            \
    X(ADD, "+", 400, LEFT)                                                                                   \
    X(SUB, "-", 400, LEFT)                                                                                   \
    X(BOR, "bor", 400, LEFT)                                                                                 \
    X(BXOR, "bxor", 400, LEFT)                                                                               \
    X(BSL, "bsl", 400, LEFT)                                                                                 \
    X(BSR, "bsr", 400, LEFT)                                                                                 \
    X(OR, "or", 400, LEFT)                                                                                   \
    X(XOR, "xor", 400, LEFT)                                                                                 \
    X(MUL, "*", 500, LEFT)                                                                                   \
    X(SLASH, "/", 500, LEFT)                                                                                 \
    X(DIV, "div", 500, LEFT)                                                                                 \
    X(REM, "rem", 500, LEFT)                                                                                 \
    X(BAND, "band", 500, LEFT)                                                                               \
    X(AND, "and", 500, LEFT)                                                                                 \
    X(POS, "+", 600, UNARY)                                                                                  \
    X(NEG, "-", 600, UNARY)                                                                                  \
    X(BNOT, "bnot", 600, UNARY)                                                                              \
    X(NOT, "not", 600, UNARY)

enum bt_op {
#define BT_X(name, text, strength, assoc) BT_OP_##name,
    BT_OPS(BT_X)
#undef BT_X
};

struct bt_op_info {
    const char *text;
    int strength;
    enum bt_assoc assoc;
};

const struct bt_op_info *bt_op_info(enum bt_op op);

enum bt_ast_kind {
    BT_AST_LITERAL, /* 42, 1.5, ok, <<"abc">>, <0.44.0>, #Ref<0.1.2.3>, #Port<0.6>, fun lists:map/2 */
    BT_AST_STRING,  /* "abc" */
    BT_AST_VAR,     /* X, _Name */
    BT_AST_WILD,    /* _ */
    BT_AST_TUPLE,   /* {A, B} */
    BT_AST_LIST,    /* [A, B | T], [] */
    BT_AST_MAP,     /* #{k := A} in patterns, #{k => A} in guards; either is read in both */
    BT_AST_OP,      /* A + B, not A, R = {ok, _}, "abc" ++ T */
    BT_AST_CALL,    /* is_list(X): in guards; return_trace(): in bodies */
    BT_AST_RECORD,  /* #state{n = N}, #state.n; gone once bt_record_expand has seen the tree */
};

enum bt_record_form {
    BT_RECORD_FIELDS, /* #state{n = N, _ = 0}, srv#state{}; S#state{n = 1}: a copy of S with n changed */
    BT_RECORD_INDEX,  /* #state.n: where n stands in the tuple; S#state.n: the n of S */
    BT_RECORD_NAME,   /* srv#state: in is_record(S, srv#state) only */
};

struct bt_ast_field {
    const char *name;
    struct bt_ast *value;   /* NULL in INDEX */
    struct beamtap_loc loc; /* of the name */
};

struct bt_ast_record {
    enum bt_record_form form;
    struct bt_ast *of;  /* S; NULL: none */
    const char *module; /* NULL: none is written */
    const char *name;
    struct bt_ast_field *fields; /* as written; INDEX: one */
    size_t n;
    struct bt_ast *other;        /* _ = 0: the value of all fields that are not named; NULL: none */
    struct beamtap_loc name_loc; /* of srv#state or #state */
};

struct bt_ast {
    enum bt_ast_kind kind;
    unsigned depth;         /* levels below and with this node */
    struct beamtap_loc loc; /* the whole text of the node */
    union {
        const struct bt_term *literal; /* no list, tuple or map */
        struct {
            const char *text; /* UTF-8; characters, not bytes, are the elements */
            size_t len;
        } string;
        struct {
            const char *name; /* begins with a capital or _ */
            size_t slot;      /* index in bt_ast_clause.vars; set by bt_check */
        } var;
        struct {
            struct bt_ast **items; /* tuple, list: items; map: key, value, key, value ... */
            size_t n;              /* for a map: number of pairs */
            struct bt_ast *tail;   /* list only; NULL: [] */
        } seq;
        struct {
            enum bt_op op;
            struct bt_ast *args[2]; /* unary: args[1] is NULL */
            bool is_call;           /* erlang:'+'(A, B) */
        } op;
        struct {
            const char *name;
            struct bt_ast **args;
            size_t n;
            bool is_remote; /* erlang:is_list(X) */
            bool is_sized;  /* is_record(X, rec), to which bt_record_expand has added the size */
        } call;
        struct bt_ast_record *record;
    } u;
};

enum bt_name_kind {
    BT_NAME_ATOM,  /* queue, 'Elixir.Enum' */
    BT_NAME_ANY,   /* _ ; '_' in a recon tuple; a function that is not written at all (`queue`) */
    BT_NAME_GLOB,  /* my_*, handle_????: * is any characters, ? is one; never quoted */
    BT_NAME_REGEX, /* /^my_(web|api)$/: text is what stands between the slashes, as it was written */
    BT_NAME_VAR,   /* Queue: refused by bt_check */
};

/* A module's or a function's name. */
struct bt_ast_name {
    enum bt_name_kind kind;
    const char *text; /* UTF-8, NUL-terminated; "_" for ANY */
    size_t len;
    struct beamtap_loc loc; /* line 0: not written */
};

/*
 * What is no call: name, how many patterns may stand in brackets, the process flag that the VM traces it by. The VM has match
 * specifications for messages; the others are looked at in the agent.
 */
#define BT_SPEC_EVENTS(X)                                                                                    \
    X(SEND, "send", 2, "send")          /* send(To, Msg) when ... */                                         \
    X(RECEIVE, "receive", 3, "receive") /* receive(Node, From, Msg) when ... */                              \
    X(SPAWN, "spawn", 0, "procs")                                                                            \
    X(EXIT, "exit", 1, "procs") /* exit(Reason) when Reason =/= normal */                                    \
    X(LINK, "link", 0, "procs")                                                                              \
    X(UNLINK, "unlink", 0, "procs")                                                                          \
    X(REGISTER, "register", 0, "procs")                                                                      \
    X(UNREGISTER, "unregister", 0, "procs")                                                                  \
    X(GC, "gc", 0, "garbage_collection")                                                                     \
    X(RUNNING, "running", 0, "running") /* scheduled in, until it is scheduled out */

enum bt_spec_event {
    BT_SPEC_CALL, /* none of them: a function */
#define BT_X(name, text, arity, flag) BT_SPEC_##name,
    BT_SPEC_EVENTS(BT_X)
#undef BT_X
};

struct bt_spec_event_info {
    const char *name;
    size_t arity; /* of the patterns in brackets; 0: there are none */
    const char *flag;
};

/* Of an event, not of CALL. */
const struct bt_spec_event_info *bt_spec_event_info(enum bt_spec_event e);
/* The event of that name; CALL: there is none. */
enum bt_spec_event bt_spec_event_find(const char *name);

enum bt_notation {
    BT_NOTATION_CALL,  /* queue:in(X, _) when is_list(X) -> return */
    BT_NOTATION_EVENT, /* send(To, Msg) when is_pid(To) */
    BT_NOTATION_RECON, /* {queue, in, 2} */
};

enum bt_args_kind {
    BT_ARGS_ANY,          /* queue:in ; {queue, in, '_'} */
    BT_ARGS_ARITY,        /* queue:in/2 ; {queue, in, 2} */
    BT_ARGS_PATTERN,      /* queue:in(X, _) */
    BT_ARGS_FUN,          /* {queue, in, fun([X, _]) -> return_trace() end} */
    BT_ARGS_MATCH_SPEC,   /* {queue, in, [{['$1', '_'], [], [{return_trace}]}]} */
    BT_ARGS_RETURN_TRACE, /* {queue, in, return_trace} */
};

/* One alternative of `when is_list(X), X =/= []; X =:= none`: tests that must all hold. */
struct bt_ast_guard {
    struct bt_ast **tests;
    size_t n;
};

enum bt_action {
    BT_ACTION_RETURN, /* -> return: show the value or the exception */
    BT_ACTION_TIME,   /* -> time: show how long it took; the value is never copied */
    BT_ACTION_CALLER, /* -> caller: show the function it returns to */
    BT_ACTION_STACK,  /* -> stack: show the stack of the call */
    BT_ACTION_COUNT,  /* -> count: show no calls, only how many there were */
};

const char *bt_action_name(enum bt_action action);

struct bt_ast_action {
    enum bt_action action;
    struct beamtap_loc loc;
};

/* A variable of a head. */
struct bt_ast_var {
    const char *name;
    size_t n_bound;   /* places in the head */
    bool in_guard;    /* used in a guard or a body */
    bool is_unwanted; /* begins with _, stands in one place and in no guard: neither captured nor shown */
};

/* What the arguments look like, what else must hold, and what is done then. */
struct bt_ast_clause {
    /*
     * NULL: any arguments. Else a LIST of the arguments, with a tail where there may be more of them; in a fun
     * also VAR or WILD, or a name for one of these (OP MATCH).
     */
    struct bt_ast *head;
    struct bt_ast_guard *guards;
    size_t n_guards;      /* 0: no `when` */
    struct bt_ast **body; /* FUN: one or more */
    size_t n_body;
    struct beamtap_loc loc;
    /* set by bt_check */
    struct bt_ast_var *vars; /* in order of appearance */
    size_t n_vars;
};

/* One trace pattern. */
struct bt_ast_spec {
    enum bt_notation notation;
    enum bt_syntax syntax;
    enum bt_spec_event event;            /* EVENT; else CALL */
    struct bt_ast_name module, function; /* EVENT: no names */
    enum bt_args_kind args_kind;
    size_t arity;                /* ARITY and PATTERN */
    struct beamtap_loc args_loc; /* of /2, (X, _) or the third element of the tuple */
    struct bt_ast_clause *clauses;
    size_t n_clauses;          /* several in a FUN, none for a MATCH_SPEC, else one */
    struct bt_ast *match_spec; /* MATCH_SPEC: a constant LIST */
    struct bt_ast_action *actions;
    size_t n_actions;
    struct beamtap_loc loc; /* all of it */
    bool is_not;            /* of --not: what it matches is not traced; set before bt_check */
    /* set by bt_check */
    unsigned since;        /* first OTP release whose match specifications have all that is used; 0: any */
    const char *since_for; /* what asks for it: "min", "a tuple as a map key" */
};

/* The srv of srv#state{}: a module whose records are asked for. */
struct bt_ast_module {
    const char *name;
    struct beamtap_loc loc;
};

/* One text: a pattern, or a list of recon tuples. */
struct bt_ast_text {
    struct bt_ast_spec *specs;
    size_t n;
    bool is_list;                  /* written as [..., ...] */
    struct bt_ast_module *modules; /* one for each mod#rec, as written */
    size_t n_modules;
};

/*
 * bt_ast_print - append a text in its own notation; reading it back gives an equal tree.
 *
 * Text is canonical: characters as integers, one space after a comma, no brackets that are not needed.
 * Fails with ENOMEM only.
 */
int bt_ast_print(struct bt_buf *out, const struct bt_ast_text *text, struct beamtap_err *err);

/* As bt_ast_print, for one pattern (is_guard false) or guard expression of Erlang; they differ in := and => only. */
int bt_ast_print_expr(struct bt_buf *out, const struct bt_ast *expr, bool is_guard, struct beamtap_err *err);

/* Appends the tree as an indented list, one node per line, with the place of each (@LINE:COL+BYTES). */
int bt_ast_dump(struct bt_buf *out, const struct bt_ast_text *text, struct beamtap_err *err);

/* A constant, or a match specification, as Erlang text; pids, ports and references as the node itself prints
 * them. */
int bt_ast_print_term(struct bt_buf *out, const struct bt_term *t, struct beamtap_err *err);

#endif
