/*
 * test_inlined.c - functions the compiler turns into instructions.
 */
#include "check.h"

#include "match/inlined.h"

static void known_ones(void **state)
{
    (void)state;
    static const struct {
        const char *module, *function;
        uint32_t arity;
    } yes[] = {
        {"erlang", "hd", 1},
        {"erlang", "self", 0},
        {"erlang", "node", 0},
        {"erlang", "node", 1},
        {"erlang", "apply", 2},
        {"erlang", "apply", 3},
        {"erlang", "+", 1},
        {"erlang", "+", 2},
        {"erlang", "=<", 2},
        {"erlang", "!", 2},
        {"erlang", "is_record", 3},
        {"maps", "get", 2},
        {"maps", "is_key", 2},
    };
    for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++)
        assert_true(bt_is_inlined(yes[i].module, yes[i].function, yes[i].arity));
}

static void others_are_called(void **state)
{
    (void)state;
    static const struct {
        const char *module, *function;
        uint32_t arity;
    } no[] = {
        {"erlang", "hd", 2},
        {"erlang", "node", 2},
        {"erlang", "apply", 1},
        {"erlang", "+", 3},
        {"erlang", "send", 2},
        {"erlang", "spawn", 1},
        {"erlang", "h", 1},
        {"erlang", "", 0},
        {"", "hd", 1},
        {"lists", "hd", 1},
        {"maps", "get", 3},
        {"maps", "put", 3},
        {"maps", "hd", 1},
    };
    for (size_t i = 0; i < sizeof no / sizeof no[0]; i++)
        assert_false(bt_is_inlined(no[i].module, no[i].function, no[i].arity));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_ones),
        cmocka_unit_test(others_are_called),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
