/*
 * inlined.c - functions that the compiler turns into instructions.
 * Source: OTP's compiler, v3_core/beam_ssa_codegen: guard BIFs and operators become bif and gc_bif
 * instructions, apply and send have their own; measured with call_count on OTP 25 (tests/e2e/words.sh).
 */
#include "match/inlined.h"

#include <stddef.h>
#include <string.h>

struct entry {
    const char *function;
    uint32_t from, to; /* arities */
};

static const struct entry erlang_functions[] = {
    {"hd", 1, 1},
    {"tl", 1, 1},
    {"length", 1, 1},
    {"size", 1, 1},
    {"tuple_size", 1, 1},
    {"byte_size", 1, 1},
    {"bit_size", 1, 1},
    {"map_size", 1, 1},
    {"map_get", 2, 2},
    {"is_map_key", 2, 2},
    {"element", 2, 2},
    {"self", 0, 0},
    {"node", 0, 1},
    {"abs", 1, 1},
    {"round", 1, 1},
    {"trunc", 1, 1},
    {"float", 1, 1},
    {"floor", 1, 1},
    {"ceil", 1, 1},
    {"apply", 2, 3},
    {"is_atom", 1, 1},
    {"is_binary", 1, 1},
    {"is_bitstring", 1, 1},
    {"is_boolean", 1, 1},
    {"is_float", 1, 1},
    {"is_function", 1, 2},
    {"is_integer", 1, 1},
    {"is_list", 1, 1},
    {"is_map", 1, 1},
    {"is_number", 1, 1},
    {"is_pid", 1, 1},
    {"is_port", 1, 1},
    {"is_record", 2, 3},
    {"is_reference", 1, 1},
    {"is_tuple", 1, 1},
    {"+", 1, 2},
    {"-", 1, 2},
    {"*", 2, 2},
    {"/", 2, 2},
    {"div", 2, 2},
    {"rem", 2, 2},
    {"band", 2, 2},
    {"bor", 2, 2},
    {"bxor", 2, 2},
    {"bnot", 1, 1},
    {"bsl", 2, 2},
    {"bsr", 2, 2},
    {"and", 2, 2},
    {"or", 2, 2},
    {"xor", 2, 2},
    {"not", 1, 1},
    {"=:=", 2, 2},
    {"=/=", 2, 2},
    {"==", 2, 2},
    {"/=", 2, 2},
    {"<", 2, 2},
    {"=<", 2, 2},
    {">", 2, 2},
    {">=", 2, 2},
    {"!", 2, 2},
};

bool bt_is_inlined(const char *module, const char *function, uint32_t arity)
{
    if (strcmp(module, "maps") == 0)
        return (strcmp(function, "get") == 0 || strcmp(function, "is_key") == 0) && arity == 2;
    if (strcmp(module, "erlang") != 0)
        return false;
    for (size_t i = 0; i < sizeof erlang_functions / sizeof erlang_functions[0]; i++) {
        const struct entry *e = &erlang_functions[i];
        if (strcmp(e->function, function) == 0 && arity >= e->from && arity <= e->to)
            return true;
    }
    return false;
}
