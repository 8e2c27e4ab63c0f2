/*
 * fuzz_plan.c - bytes nobody checked, as what a node says of its modules and their functions, and what is made of it to arm.
 *
 * The first byte chooses the specs. Two bytes of length and the list of modules, then the lists of functions in the same way.
 * libFuzzer calls LLVMFuzzerTestOneInput; as a program of its own see standalone.h.
 */
#include "safe.h"
#include "standalone.h"

#include <assert.h>

#include "node/arm.h"
#include "node/plan.h"

#define MAX_FUNCTIONS 20
#define AT_ONCE 3

static const struct variant {
    const char *specs[4];
    size_t n_not;
} variants[] = {
    {{"m:f(X)"}, 0},
    {{"m:f(2)", "m*:*/1", "n:f/3 -> return"}, 1},
    {{"/^[a-n]/:/f|g/", "{m, f, fun([_]) -> ok end}", "{n, '_', '_'}"}, 0},
    {{"*x*:f", "m?:f(#{a := X}, [X | _])", "m:f -> count", "n:g -> time"}, 1},
};
#define N_VARIANTS (sizeof variants / sizeof variants[0])

static const struct bt_program *program(size_t i)
{
    static struct bt_arena arena;
    static struct bt_program programs[N_VARIANTS];
    struct bt_compile_opts o = {.n_not = variants[i].n_not};
    size_t n = 0;
    while (n < 4 && variants[i].specs[n])
        n++;
    if (programs[i].n_patterns == 0) {
        int rc = bt_compile(variants[i].specs, n, &o, &arena, &programs[i], NULL, NULL);
        assert(rc == 0);
    }
    return &programs[i];
}

/* Two bytes of length, and as many, or what is left. */
static struct bt_etf next_term(const uint8_t **data, size_t *size)
{
    struct bt_etf r;
    size_t len = *size >= 2 ? (size_t)(*data)[0] << 8 | (*data)[1] : 0, head = *size >= 2 ? 2 : *size;
    *data += head, *size -= head;
    len = len < *size ? len : *size;
    bt_etf_init(&r, *data, len);
    *data += len, *size -= len;
    return r;
}

static int ask_all(struct bt_planner *p, const uint8_t **data, size_t *size)
{
    for (size_t n = 1, i = 0; i < 100; i++) {
        struct bt_arena a = BT_ARENA_INIT;
        const struct bt_term *question = bt_planner_ask(p, AT_ONCE, &n, &a);
        assert(question);
        bt_arena_done(&a);
        if (n == 0)
            return bt_planner_end(p);
        if (*size == 0) {
            bt_planner_skip(p);
            continue;
        }
        if (bt_planner_add(p, next_term(data, size)) < 0)
            return -1;
    }
    return bt_planner_end(p);
}

static int make_plan(struct bt_planner *p, const uint8_t **data, size_t *size)
{
    size_t i = 0;
    if (bt_planner_modules(p, next_term(data, size)) < 0)
        return -1;
    const struct bt_trace_pattern *missing = bt_planner_missing(p, &i);
    return missing ? bt_planner_no_module(p, missing, *size % 2) : ask_all(p, data, size);
}

static void check_plan(const struct bt_plan *plan, const struct bt_program *prog)
{
    assert(plan->n_mfas <= MAX_FUNCTIONS);
    for (size_t i = 0; i < plan->n_mfas; i++) {
        const struct bt_mfa *m = &plan->mfas[i];
        assert(m->n_patterns > 0 && m->n_patterns <= prog->n_patterns);
        for (size_t k = 1; k < m->n_patterns; k++)
            assert(m->patterns[k - 1] < m->patterns[k]);
        assert(m->patterns[m->n_patterns - 1] < prog->n_patterns);
    }
}

/* What would be sent to arm it. */
static void arm(const struct bt_plan *plan, const struct bt_program *prog)
{
    struct bt_arena a = BT_ARENA_INIT;
    const struct bt_clause *clauses[16];
    struct bt_arm_source source = {.prog = prog, .plan = plan, .clauses = clauses};
    struct bt_arm_opts out = {.window = 1};
    bool all_local;
    for (size_t i = 0; i < prog->n_patterns; i++) {
        for (size_t k = 0; k < prog->patterns[i].n_clauses; k++)
            clauses[source.n_clauses++] = &prog->patterns[i].clauses[k];
    }
    assert(source.n_clauses <= 16);
    if (plan->n_mfas > 0)
        assert(bt_arm_build(&source, &a, &out, &all_local, NULL) == 0 && out.n_groups <= plan->n_mfas);
    bt_arena_done(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bt_planner p;
    struct bt_plan plan = {.arena = BT_ARENA_INIT};
    struct beamtap_err err = {0};
    size_t bad = SIZE_MAX;
    if (size == 0)
        return 0;
    const struct bt_program *prog = program(*data % N_VARIANTS);
    data++, size--;
    assert(bt_planner_init(&p, prog, "a@b", MAX_FUNCTIONS, &plan, &bad, &err) == 0);
    if (make_plan(&p, &data, &size) == 0) {
        check_plan(&plan, prog);
        arm(&plan, prog);
    } else {
        bt_fuzz_check_err(&err);
        assert(err.code == BEAMTAP_EPROTO || bad < prog->n_patterns);
    }
    bt_planner_done(&p);
    bt_plan_done(&plan);
    return 0;
}

#ifdef BT_FUZZ_MAIN

#define MODULES "\0\x13\x6c\0\0\0\4\x77\1m\x77\1n\x77\2m2\x77\1x\x6a"
#define FG "\x6c\0\0\0\2\x68\2\x77\1f\x61\1\x68\2\x77\1g\x61\0\x6a"

const struct bt_fuzz_seed bt_fuzz_seeds[] = {
    BT_FUZZ_SEED("\0" MODULES "\0\x1a\x6c\0\0\0\1" FG "\x6a"),
    BT_FUZZ_SEED("\1" MODULES "\0\x42\x6c\0\0\0\3" FG FG FG "\x6a"),
    BT_FUZZ_SEED("\2" MODULES "\0\x42\x6c\0\0\0\3" FG FG FG "\x6a"),
    BT_FUZZ_SEED("\3" MODULES "\0\x42\x6c\0\0\0\3" FG FG FG "\x6a"),
    BT_FUZZ_SEED("\0\0\1\x6a"),
    BT_FUZZ_SEED("\1\0\x0a\x6c\0\0\0\1\x77\2mm\x6a"),
};
const size_t bt_fuzz_n_seeds = sizeof bt_fuzz_seeds / sizeof bt_fuzz_seeds[0];

#endif
