/*
 * bind.h - arguments to the head of a match specification, and what each variable stands for behind it.
 *
 * A match specification knows variables in its head ('$1') but no names for parts (R = {ok, _}). Such a part
 * is matched as it stands and found again by its path from '$_', the list of arguments: {hd,'$_'},
 * {element,2,{hd,{tl,'$_'}}}, {map_get,key,...}. A path cannot fail, since the head has matched before it is
 * used.
 */
#ifndef BT_MATCH_BIND_H
#define BT_MATCH_BIND_H

#include "spec/ast.h"

/* What a variable stands for. */
struct bt_binding {
    const struct bt_term *expr; /* '$1', or a path; NULL: not met yet */
    bool is_plain;              /* a '$1' that a head can repeat */
    bool is_captured;
    size_t capture; /* index among the captures */
};

struct bt_bindings {
    const struct bt_ast_clause *clause; /* checked */
    enum bt_args_kind kind;             /* of its spec: only a PATTERN names what is shown */
    enum bt_syntax syntax;              /* of its spec: a fun of Erlang is what ms_transform makes of it */
    struct bt_arena *arena;
    struct beamtap_err *err;
    struct bt_binding *vars;    /* one per clause->vars */
    size_t n_numbers;           /* '$1' to '$n' are in use */
    const struct bt_term *wild; /* what _ stands for: '_', but '$_' in fun(_ = [_, X]), as in ms_transform */
    const struct bt_term *head; /* list of patterns; '_' where the clause has none */
    const struct bt_term **equal; /* {'=:=',X,Y} for variables that the head cannot compare */
    size_t n_equal, equal_cap;
    const struct bt_term **captures; /* what is shown: expressions over the bindings */
    size_t n_captures;
    const struct bt_term **shape; /* one per argument, with holes and captures (term/shape.h) */
};

/* Fills head, vars and equal. */
int bt_bind_head(struct bt_bindings *b);
/* Fills captures and shape: what the pattern names, each variable once. Behind bt_bind_head. */
int bt_bind_captures(struct bt_bindings *b);
/* A guard or body expression as a match specification has it. Behind bt_bind_head. NULL: error set. */
const struct bt_term *bt_bind_expr(struct bt_bindings *b, const struct bt_ast *e);

#endif
