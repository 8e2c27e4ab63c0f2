/*
 * planned.c - a plan made of what a node would say, as text.
 */
#include "planned.h"

#include "terms.h"

static int run(struct bt_planner *p, const char *loaded, const char *answers, struct bt_arena *a)
{
    size_t n, i = 0;
    if (bt_planner_modules(p, bt_test_cursor(a, loaded)))
        return -1;
    const struct bt_trace_pattern *missing = bt_planner_missing(p, &i);
    if (missing)
        return bt_planner_no_module(p, missing, false);
    bt_planner_ask(p, SIZE_MAX, &n, a);
    if (n > 0 && answers && bt_planner_add(p, bt_test_cursor(a, answers)))
        return -1;
    return bt_planner_end(p);
}

int bt_test_plan(const struct bt_program *prog, size_t max, const char *loaded, const char *answers,
    struct bt_plan *plan, size_t *bad_spec, struct beamtap_err *err)
{
    struct bt_planner p;
    struct bt_arena a = BT_ARENA_INIT;
    int rc = bt_planner_init(&p, prog, BT_TEST_NODE, max, plan, bad_spec, err);
    if (rc == 0)
        rc = run(&p, loaded, answers, &a);
    bt_planner_done(&p);
    bt_arena_done(&a);
    return rc;
}
