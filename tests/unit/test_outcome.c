/*
 * test_outcome.c - which calls of a capture are shown, by how they ended.
 */
#include "check.h"

#include <stdlib.h>
#include <string.h>

#include "event/outcome.h"
#include "terms.h"

static struct bt_arena arena;

/* What happens: c call, r return, x exception, s a message, g a gap. */
struct step {
    char what;
    const char *pid, *mfa, *value; /* value: of a call the argument */
    int64_t at_ms;
};

struct source {
    const struct step *steps;
    size_t n, at, calls_left; /* calls_left: of the first step, before the steps */
};

static enum bt_next next(void *self, struct bt_event *ev, struct beamtap_err *err)
{
    struct source *s = self;
    (void)err;
    if (s->calls_left == 0 && s->at == s->n)
        return BT_NEXT_END;
    const struct step *p = s->calls_left ? &s->steps[0] : &s->steps[s->at++];
    s->calls_left -= s->calls_left > 0;
    struct bt_slice value = bt_test_etf(&arena, p->value);
    ev->type = p->what == 'c'   ? BT_EVENT_CALL
               : p->what == 'r' ? BT_EVENT_RETURN
               : p->what == 'x' ? BT_EVENT_EXCEPTION
               : p->what == 's' ? BT_EVENT_SEND
                                : BT_EVENT_LOST;
    ev->pid = bt_test_etf(&arena, p->pid);
    ev->mfa = bt_test_etf(&arena, p->mfa);
    ev->node = ev->name = ev->module = ev->function = ev->caller = (struct bt_slice){NULL, 0};
    ev->n_values = p->what == 'c';
    ev->values[0] = value;
    ev->value = value;
    ev->mono_ns = p->at_ms * 1000000;
    ev->duration_ns = -1;
    return BT_NEXT_EVENT;
}

#define F "{m,f,1}"
#define P1 "<0.1.0>"
#define P2 "<0.2.0>"

static const struct bt_outcome_wish any = {.is_on = true, .slower_ns = -1};

/* What comes out, a letter and the value of each: "c1 r2". */
static struct bt_outcomes_sum comes_out(
    const struct bt_outcome_wish *wish, struct source *source, const char *want)
{
    static struct bt_event ev;
    struct bt_buf out = BT_BUF_INIT;
    struct beamtap_err err = {0};
    struct bt_outcomes *o = bt_outcomes_new(wish);
    enum bt_next got;
    assert_non_null(o);
    while ((got = bt_outcomes_next(o, next, source, &ev, &err)) == BT_NEXT_EVENT) {
        struct bt_slice v = ev.type == BT_EVENT_CALL ? ev.values[0] : ev.value;
        static const char letters[] = {
            [BT_EVENT_CALL] = 'c', [BT_EVENT_RETURN] = 'r', [BT_EVENT_EXCEPTION] = 'x'};
        bt_buf_printf(&out, "%s%c%u", out.len ? " " : "",
            ev.type <= BT_EVENT_EXCEPTION ? letters[ev.type] : 'g', v.len > 1 ? v.p[1] : 0);
    }
    assert_int_equal(got, BT_NEXT_END);
    struct bt_outcomes_sum sum = bt_outcomes_sum(o);
    bt_outcomes_free(o);
    if (want)
        assert_text(&out, want);
    bt_buf_done(&out);
    bt_arena_done(&arena);
    return sum;
}

#define SOURCE(steps) (&(struct source){steps, sizeof steps / sizeof steps[0], 0, 0})

static void only_exceptions_each_behind_its_call(void **state)
{
    (void)state;
    static const struct step steps[] = {{'c', P1, F, "1", 0}, {'c', P2, F, "2", 0}, {'s', P1, F, "9", 0},
        {'r', P1, F, "3", 1}, {'g', P1, F, "0", 1}, {'x', P2, F, "4", 1}, {'x', P2, F, "5", 1}};
    struct bt_outcome_wish wish = any;
    wish.only_raised = true;
    struct bt_outcomes_sum sum = comes_out(&wish, SOURCE(steps), "g0 c2 x4");
    assert_int_equal(sum.examined, 2);
    assert_int_equal(sum.shown, 1);
    assert_int_equal(sum.filtered, 1);
}

static void nested_calls_are_paired(void **state)
{
    (void)state;
    static const struct step steps[] = {{'c', P1, F, "1", 0}, {'c', P1, F, "2", 5}, {'c', P1, F, "3", 6},
        {'r', P1, F, "13", 7}, {'r', P1, F, "12", 8}, {'r', P1, F, "11", 9}, {'c', P1, F, "4", 10}};
    struct bt_outcome_wish wish = any;
    wish.slower_ns = 3000000;
    struct bt_outcomes_sum sum = comes_out(&wish, SOURCE(steps), "c2 r12 c1 r11");
    assert_int_equal(sum.examined, 4); /* one has no end */
    assert_int_equal(sum.filtered, 1);
}

static void only_values_that_match(void **state)
{
    (void)state;
    static const struct step steps[] = {{'c', P1, F, "1", 0}, {'r', P1, F, "7", 0}, {'c', P1, F, "2", 0},
        {'x', P1, F, "7", 0}, {'c', P1, F, "3", 0}, {'r', P1, F, "8", 0}};
    struct bt_arena a = BT_ARENA_INIT;
    struct bt_outcome_wish wish = any;
    assert_int_equal(bt_compile_value("X when X < 8", BT_SYNTAX_ERLANG, NULL, &a, &wish.returns, NULL), 0);
    comes_out(&wish, SOURCE(steps), "c1 r7");
    bt_arena_done(&a);
}

/* A call that found no room does not take the end of one that did. */
static void past_the_limit_calls_are_not_looked_at(void **state)
{
    (void)state;
    static const struct step steps[] = {{'c', P1, F, "1", 0}, {'r', P1, F, "2", 1}, {'r', P1, F, "3", 1}};
    struct source source = {steps, 3, 1, BT_OUTCOMES_MAX_HELD + 1};
    struct bt_outcomes_sum sum = comes_out(&any, &source, "c1 r3");
    assert_int_equal(sum.examined, BT_OUTCOMES_MAX_HELD + 1);
    assert_int_equal(sum.shown, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_exceptions_each_behind_its_call),
        cmocka_unit_test(nested_calls_are_paired),
        cmocka_unit_test(only_values_that_match),
        cmocka_unit_test(past_the_limit_calls_are_not_looked_at),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
