/*
 * test_compile_nomem.c - memory that runs out at every single allocation of a compilation: ENOMEM, nothing else.
 * Linked with --wrap, so that calls of the arena and of realloc come here first.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "match/compile.h"
#include "match/dump.h"
#include "match/instrument.h"
#include "spec/ast.h"

/* The linker's names. */
void *__real_bt_arena_alloc(struct bt_arena *a, size_t n);
void *__wrap_bt_arena_alloc(struct bt_arena *a, size_t n);
void *__real_bt_arena_array(struct bt_arena *a, size_t n, size_t size);
void *__wrap_bt_arena_array(struct bt_arena *a, size_t n, size_t size);
char *__real_bt_arena_strndup(struct bt_arena *a, const char *s, size_t len);
char *__wrap_bt_arena_strndup(struct bt_arena *a, const char *s, size_t len);
void *__real_realloc(void *p, size_t size);
void *__wrap_realloc(void *p, size_t size);

static long n_left = -1; /* allocations that succeed; -1: all */

static bool may_allocate(void)
{
    if (n_left < 0)
        return true;
    return n_left > 0 && n_left--;
}

void *__wrap_bt_arena_alloc(struct bt_arena *a, size_t n)
{
    return may_allocate() ? __real_bt_arena_alloc(a, n) : NULL;
}

void *__wrap_bt_arena_array(struct bt_arena *a, size_t n, size_t size)
{
    return may_allocate() ? __real_bt_arena_array(a, n, size) : NULL;
}

char *__wrap_bt_arena_strndup(struct bt_arena *a, const char *s, size_t len)
{
    return may_allocate() ? __real_bt_arena_strndup(a, s, len) : NULL;
}

void *__wrap_realloc(void *p, size_t size)
{
    return may_allocate() ? __real_realloc(p, size) : NULL;
}

static const char defined[] =
    "-module(s). -record(r, {a, b = {1, [x | y]}, c = -(2 + 3), d = #{k => 1}, 'e f', g = ?M}).";
static const struct bt_records_text definitions = {defined, sizeof defined - 1, "r.hrl", "r", true};

static int run(const char *spec, struct beamtap_err *err)
{
    struct bt_arena a = BT_ARENA_INIT;
    struct bt_buf out = BT_BUF_INIT;
    struct bt_program prog;
    struct bt_instrument_opts opts = {.base = 0, .range = 10, .mode = BT_ARGS_MODE_NAMED};
    size_t id = 1;
    struct bt_records records;
    struct bt_compile_opts compile = {.records = &records};
    bt_records_init(&records, &a);
    int rc = bt_records_read(&records, &definitions, NULL, err);
    if (!rc)
        rc = bt_compile(&spec, 1, &compile, &a, &prog, NULL, err);
    if (!rc)
        rc = bt_program_dump(&out, &prog, err);
    if (!rc) {
        const struct bt_clause *clause = &prog.patterns[0].clauses[0];
        if (!bt_instrument(&a, &clause, &id, 1, &opts))
            rc = bt_err_nomem(err);
    }
    bt_buf_done(&out);
    bt_arena_done(&a);
    return rc;
}

static const char *const specs[] = {
    ("m:f(R = {ok, 'atom', [A | _], #{k := V, {a, [1]} := \"str\"}}, <<\"bin\", 1:16, 1.5/float, "
     "\"x\"/utf16>>, "
     "\"s\" ++ T, [1] ++ (U = [_]), _W, R, U) when R =:= {A, #{a => V}}, not ([T | 'x'] > "
     "-123456789012345678901234567890); "
     "is_list(A), element(1, R) =:= '$1' -> return"),
    ("m:f(\"a\" \"b\" \"c\", fun lists:map/2, <0.1.2>, #Ref<0.1.2.3>, 36#zzzzzzzzzzzzzzzzz, 1.5, $a, #{}, "
     "{}, "
     "[])"),
    "{queue, in, return_trace}",
    "m:f(s#r{a = X, _ = Y}) when X#r.b > #r.c, is_record(X, s#r), Y =:= X#r{c = 1}; X =:= #r{g = 1}",
    ("My.App.f(x, %Foo{a: y, b: [h | t]} = s, ~w(a b)a, 'cd' ++ _, \"e\", ?f, #PID<0.1.2>, <<1::4>>, k: {x, "
     "1.5}) when "
     "x in [1, h] and y not in 1..t//2 and is_struct(x, y) and x.a.b == %{c: [1 | t]} when is_exception(y) "
     "or "
     "elem(s, 0) in 'ab' and is_map_key(x, -1) and x in h..t//y and not x in 9..1 and is_nil(bxor(x, 1)) -> "
     "return"),
    "{:queue, :in, fn [x, _] when x > 1 -> message({x, \"a\"}); return_trace; _ -> :ok end}",
    "My.*.f*/2",
    "m:f(A,B,C,D,E,F,G,H,I,J) when A; B; C; D; E; F; G",
};

static void test_every_allocation(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof specs / sizeof specs[0]; i++) {
        struct beamtap_err err = {0};
        long n = 0;
        int rc;
        if (run(specs[i], &err))
            fail_msg("%s: %s", specs[i], err.msg);
        do {
            bt_err_clear(&err);
            n_left = n++;
            rc = run(specs[i], &err);
            n_left = -1;
            if (rc && err.code != BEAMTAP_ENOMEM)
                fail_msg("%s: allocation %ld: %d %s", specs[i], n, err.code, err.msg);
        } while (rc);
        assert_true(n > 20);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_allocation)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
