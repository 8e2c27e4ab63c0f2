/*
 * guards.c - the functions a guard or a body of a match specification knows.
 */
#include "spec/guards.h"

#include <stdio.h>
#include <string.h>

#include "spec/suggest.h"

static const struct bt_guard_fun funs[] = {
    /* tests of a type */
    {"is_atom", 1, 1, 0, 0},
    {"is_binary", 1, 1, 0, 0},
    {"is_bitstring", 1, 1, 26, 0},
    {"is_boolean", 1, 1, 26, 0},
    {"is_float", 1, 1, 0, 0},
    {"is_function", 1, 2, 0, 26},
    {"is_integer", 1, 1, 0, 0},
    {"is_list", 1, 1, 0, 0},
    {"is_map", 1, 1, 0, 0},
    {"is_map_key", 2, 2, 0, 0},
    {"is_number", 1, 1, 0, 0},
    {"is_pid", 1, 1, 0, 0},
    {"is_port", 1, 1, 0, 0},
    {"is_record", 3, 3, 0, 0},
    {"is_reference", 1, 1, 0, 0},
    {"is_seq_trace", 0, 0, 0, 0},
    {"is_tuple", 1, 1, 0, 0},
    /* parts and sizes */
    {"binary_part", 2, 3, 25, 0},
    {"bit_size", 1, 1, 0, 0},
    {"byte_size", 1, 1, 25, 0},
    {"element", 2, 2, 0, 0},
    {"hd", 1, 1, 0, 0},
    {"length", 1, 1, 0, 0},
    {"map_get", 2, 2, 0, 0},
    {"map_size", 1, 1, 0, 0},
    {"size", 1, 1, 0, 0},
    {"tl", 1, 1, 0, 0},
    {"tuple_size", 1, 1, 26, 0},
    /* numbers */
    {"abs", 1, 1, 0, 0},
    {"ceil", 1, 1, 26, 0},
    {"float", 1, 1, 0, 0},
    {"floor", 1, 1, 26, 0},
    {"max", 2, 2, 26, 0},
    {"min", 2, 2, 26, 0},
    {"round", 1, 1, 0, 0},
    {"trunc", 1, 1, 0, 0},
    /* where the call happens */
    {"node", 0, 1, 0, 0},
    {"self", 0, 0, 0, 0},
};

/* What a body can do besides. */
static const struct bt_guard_fun actions[] = {
    {"bindings", 0, 0, 0, 0},
    {"caller", 0, 0, 0, 0},
    {"caller_line", 0, 0, 25, 0},
    {"current_stacktrace", 0, 1, 26, 0},
    {"disable_trace", 1, 2, 0, 0},
    {"display", 1, 1, 0, 0},
    {"enable_trace", 1, 2, 0, 0},
    {"exception_trace", 0, 0, 0, 0},
    {"get_seq_token", 0, 0, 0, 0},
    {"get_tcw", 0, 0, 0, 0},
    {"message", 1, 1, 0, 0},
    {"object", 0, 0, 0, 0},
    {"process_dump", 0, 0, 0, 0},
    {"return_trace", 0, 0, 0, 0},
    {"set_seq_token", 2, 2, 0, 0},
    {"set_tcw", 1, 1, 0, 0},
    {"silent", 1, 1, 0, 0},
    {"trace", 2, 3, 0, 0},
};

static const struct {
    const char *name, *cure;
} cures[] = {
    {"get_tcw", "the trace control word is the gate beamtap itself uses"},
    {"is_nil", "write X =:= nil"},
    {"is_struct", "write is_map(X), map_get('__struct__', X) =:= 'Elixir.Name'"},
    {"is_exception", "write is_map_key('__exception__', X)"},
    {"is_string", "a string is a list: is_list(X)"},
    {"elem", "write element(N, X), which counts from 1"},
    {"get_in", "write map_get(Key, Map)"},
    {"in", "write X =:= a orelse X =:= b"},
};

#define N_FUNS (sizeof funs / sizeof funs[0])

#define N_ACTIONS (sizeof actions / sizeof actions[0])

const struct bt_guard_fun *bt_guard_find(const char *name, enum bt_place place)
{
    for (size_t i = 0; i < N_FUNS; i++) {
        if (strcmp(funs[i].name, name) == 0)
            return &funs[i];
    }
    for (size_t i = 0; place == BT_PLACE_BODY && i < N_ACTIONS; i++) {
        if (strcmp(actions[i].name, name) == 0)
            return &actions[i];
    }
    return NULL;
}

const char *bt_guard_old_test(const char *name, size_t n_args)
{
    static const char *const tests[] = {"atom", "float", "integer", "list", "number", "pid", "port",
        "reference", "tuple", "binary", "function"};
    for (size_t i = 0; n_args == 1 && i < sizeof tests / sizeof tests[0]; i++) {
        char now[24];
        snprintf(now, sizeof now, "is_%s", tests[i]);
        if (strcmp(name, tests[i]) == 0)
            return bt_guard_find(now, BT_PLACE_GUARD)->name;
    }
    return n_args == 2 && strcmp(name, "record") == 0 ? "is_record" : NULL;
}

bool bt_guard_is_in_funs(const struct bt_guard_fun *fun, size_t n_args)
{
    static const char *const unknown[] = {
        "ceil", "floor", "is_bitstring", "is_boolean", "is_record", "tuple_size"};
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++) {
        if (strcmp(unknown[i], fun->name) == 0)
            return false;
    }
    return n_args == 1 || strcmp(fun->name, "is_function") != 0;
}

const char *bt_guard_cure(const char *name)
{
    for (size_t i = 0; i < sizeof cures / sizeof cures[0]; i++) {
        if (strcmp(cures[i].name, name) == 0)
            return cures[i].cure;
    }
    return NULL;
}

const char *bt_guard_suggest(const char *name, enum bt_place place)
{
    struct bt_suggestion best = {0};
    char old_style[48];
    snprintf(old_style, sizeof old_style, "is_%s", name); /* atom(X) was once a test */
    if (bt_guard_find(old_style, BT_PLACE_GUARD))
        return bt_guard_find(old_style, BT_PLACE_GUARD)->name;
    for (size_t i = 0; i < N_FUNS; i++)
        bt_suggest(&best, name, funs[i].name);
    for (size_t i = 0; place == BT_PLACE_BODY && i < N_ACTIONS; i++)
        bt_suggest(&best, name, actions[i].name);
    return best.word;
}
