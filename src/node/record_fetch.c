/*
 * record_fetch.c - record definitions of a module, out of its debug information on the node.
 */
#include "node/record_fetch.h"

#include <string.h>

#include "node/load.h"
#include "node/rpc.h"
#include "spec/loc.h"

#define WORD_BYTES 8

/*
 * What the node evaluates; M is the module's name, W the words it may take, L the bytes of the answer. The fun keeps what it
 * binds, the abstract code above all, out of the bindings that erl_eval answers with. A process of its own evaluates this
 * (rpc.erl spawns one for each call), so that its heap can be limited and is given back.
 */
static const char PROGRAM[] =
    "(fun() ->"
    "     process_flag(max_heap_size, #{size => W, kill => true, error_logger => false}),"
    "     try binary_to_existing_atom(M, utf8) of"
    "         A ->"
    "             B = case code:get_object_code(A) of {_, X, _} -> X; error -> code:which(A) end,"
    "             case beam_lib:chunks(B, [abstract_code]) of"
    "                 {ok, {_, [{_, {_, Fs}}]}} ->"
    "                     S = fun({typed_record_field, F, _}) -> F; (F) -> F end,"
    "                     T = unicode:characters_to_binary("
    "                             [erl_pp:attribute({attribute, 1, record, {N, lists:map(S, R)}})"
    "                              || {attribute, _, record, {N, R}} <- Fs]),"
    "                     {ok, {_, V}} = beam_lib:md5(B),"
    "                     case byte_size(T) > L of"
    "                         true -> too_big;"
    "                         false -> {ok, T, erlang:module_loaded(A) andalso A:module_info(md5) =/= V}"
    "                     end;"
    "                 {ok, _} -> no_debug_info;"
    "                 {error, _, {file_error, _, _}} -> no_file;"
    "                 {error, _, E} -> {error, element(1, E)}"
    "             end"
    "     catch"
    "         error:badarg -> no_module"
    "     end"
    " end)().";

static const struct bt_term *list1(struct bt_arena *a, const struct bt_term *x)
{
    return bt_term_list(a, &x, 1, NULL);
}

/* module:function(Arg) -> {ok, Value, ...}, a tuple of `arity`: the value, as an argument of the next call. */
static const struct bt_term *step(struct bt_conn *c, const char *module, const char *function,
    const struct bt_term *arg, uint32_t arity, struct bt_arena *a, struct beamtap_err *err)
{
    struct bt_etf r;
    struct bt_slice value;
    if (bt_rpc(c, module, function, list1(a, arg), bt_rpc_deadline(), &r, err) < 0)
        return NULL;
    struct bt_etf answer = r;
    if (!bt_etf_tuple_of(&r, arity) || !bt_etf_is_atom(&r, "ok") || !bt_etf_slice(&r, &value)) {
        bt_rpc_unexpected(&answer, function, err);
        return NULL;
    }
    const struct bt_term *t = bt_term_raw(a, value.p, value.len);
    if (!t)
        bt_err_nomem(err);
    return t;
}

static const struct bt_term *bindings(struct bt_arena *a, const char *module, int64_t max_memory)
{
    const struct bt_term *b[] = {
        bt_term_tuple2(a, bt_term_atom(a, "L"), bt_term_int(a, (int64_t)BT_RECORDS_MAX_BYTES)),
        bt_term_tuple2(a, bt_term_atom(a, "M"), bt_term_binary(a, module, strlen(module), 8)),
        bt_term_tuple2(a, bt_term_atom(a, "W"), bt_term_int(a, max_memory / WORD_BYTES)),
    };
    return bt_term_list(a, b, 3, NULL);
}

/* Has PROGRAM evaluated: *value is what it gave, or {badrpc, _}. */
static int evaluate(struct bt_conn *c, const char *module, int64_t max_memory, struct bt_arena *a,
    struct bt_etf *value, struct beamtap_err *err)
{
    const struct bt_term *tokens = step(c, "erl_scan", "string", bt_term_charlist(a, PROGRAM), 3, a, err);
    const struct bt_term *exprs = tokens ? step(c, "erl_parse", "parse_exprs", tokens, 2, a, err) : NULL;
    const struct bt_term *args[] = {exprs, bindings(a, module, max_memory)};
    if (!exprs ||
        bt_rpc(c, "erl_eval", "exprs", bt_term_list(a, args, 2, NULL), bt_rpc_deadline(), value, err) < 0)
        return -1;
    struct bt_etf r = *value;
    if (bt_etf_tuple_of(&r, 3) && bt_etf_is_atom(&r, "value"))
        *value = r;
    return 0;
}

/* {badrpc, {'EXIT', killed}}: the heap grew too large. */
static bool is_killed(struct bt_etf r)
{
    return bt_etf_tuple_of(&r, 2) && bt_etf_is_atom(&r, "badrpc") && bt_etf_tuple_of(&r, 2) &&
           bt_etf_is_atom(&r, "EXIT") && bt_etf_is_atom(&r, "killed");
}

static bool is_answer(const struct bt_etf *value, const char *atom)
{
    struct bt_etf r = *value;
    return bt_etf_is_atom(&r, atom);
}

#define CURE "; read them from a file: --records FILE.hrl (or .erl)"

/* No definitions came: why, and what to do. Returns -1. */
static int refused(struct bt_conn *c, const char *module, const struct bt_etf *value, struct beamtap_err *err)
{
    char name[160];
    const char *node = bt_conn_node(c);
    struct bt_etf r = *value;
    bt_loc_quote(name, sizeof name, module, strlen(module));
    if (is_answer(value, "no_module"))
        return bt_err_set(err, BEAMTAP_ESPEC, "%s knows no module %s; is it loaded there?" CURE, node, name);
    if (is_answer(value, "no_file"))
        return bt_err_set(err, BEAMTAP_ESPEC, "%s has no code file of module %s" CURE, node, name);
    if (is_answer(value, "no_debug_info"))
        return bt_err_set(err, BEAMTAP_ESPEC,
            "module %s was compiled without debug information, or it was stripped off: its records are not "
            "known on %s" CURE,
            name, node);
    if (is_answer(value, "too_big"))
        return bt_err_set(err, BEAMTAP_ESPEC, "the records of module %s are more than %zu MB of text" CURE,
            name, BT_RECORDS_MAX_BYTES >> 20);
    if (is_killed(*value))
        return bt_err_set(err, BEAMTAP_ESPEC,
            "reading the debug information of module %s takes more memory on %s than --max-memory "
            "allows" CURE,
            name, node);
    if (bt_etf_tuple_of(&r, 2) && bt_etf_is_atom(&r, "error"))
        return bt_err_set(
            err, BEAMTAP_ESPEC, "the debug information of module %s cannot be read on %s" CURE, name, node);
    return bt_rpc_unexpected(value, "erl_eval:exprs", err);
}

int bt_record_fetch(struct bt_conn *c, const char *module, int64_t max_memory, struct bt_arena *arena,
    struct bt_record_fetched *out, struct beamtap_err *err)
{
    struct bt_arena a = BT_ARENA_INIT;
    struct bt_etf value;
    struct bt_slice text;
    int rc = evaluate(c, module, max_memory, &a, &value, err);
    bt_arena_done(&a);
    if (rc < 0)
        return -1;
    struct bt_etf r = value;
    if (!bt_etf_tuple_of(&r, 3) || !bt_etf_is_atom(&r, "ok") || !bt_etf_binary(&r, &text))
        return refused(c, module, &value, err);
    const char *copy = bt_arena_strndup(arena, (const char *)text.p, text.len);
    if (!copy)
        return bt_err_nomem(err);
    *out = (struct bt_record_fetched){
        .text = {.text = copy, .len = text.len, .from = module, .module = module},
        .is_other = bt_etf_is_atom(&r, "true"),
    };
    return 0;
}
