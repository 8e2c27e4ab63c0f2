/*
 * test_arm.c - what is sent to the agent to arm, and when the VM's count is the count of what to show.
 */
#include "check.h"

#include <string.h>

#include "node/arm.h"
#include "term/etf_write.h"
#include "term/print.h"
#include "planned.h"
#include "terms.h"

#define MAX_CLAUSES 32

static struct bt_arena arena;
static struct bt_program prog;
static struct bt_plan plan;
static const struct bt_clause *clauses[MAX_CLAUSES];
static struct bt_arm_source source;
static struct bt_arm_opts out;
static bool all_local;

static int setup(void **state)
{
    (void)state;
    out = (struct bt_arm_opts){0};
    source = (struct bt_arm_source){.prog = &prog, .plan = &plan, .clauses = clauses};
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    bt_plan_done(&plan);
    bt_arena_done(&arena);
    return 0;
}

/* Specs compiled, and the functions of module m on the node: "[[{f,1}]]" (planned.h); NULL: none are needed. */
static void given(const char *const *specs, size_t n, const char *answer)
{
    struct beamtap_err err = {0};
    size_t bad_spec;
    if (bt_compile(specs, n, NULL, &arena, &prog, NULL, &err) < 0)
        fail_msg("%s", err.msg);
    source.n_clauses = 0;
    for (size_t i = 0; i < prog.n_patterns; i++) {
        for (size_t j = 0; j < prog.patterns[i].n_clauses; j++)
            clauses[source.n_clauses++] = &prog.patterns[i].clauses[j];
    }
    bt_plan_done(&plan);
    if (answer) {
        int rc = bt_test_plan(&prog, 1000, "[m]", answer, &plan, &bad_spec, &err);
        assert_string_equal(err.msg, "");
        assert_int_equal(rc, 0);
    }
}

static void given1(const char *spec, const char *answer)
{
    given(&spec, 1, answer);
}

static void build(void)
{
    struct beamtap_err err = {0};
    int rc = bt_arm_build(&source, &arena, &out, &all_local, &err);
    assert_string_equal(err.msg, "");
    assert_int_equal(rc, 0);
}

static void assert_term(const struct bt_term *t, const char *text)
{
    struct bt_buf etf = BT_BUF_INIT, printed = BT_BUF_INIT;
    struct bt_etf r;
    assert_non_null(t);
    assert_int_equal(bt_etf_write(&etf, t, NULL, NULL), 0);
    bt_etf_init(&r, etf.data, etf.len);
    assert_true(bt_print_erlang(&printed, &r, NULL));
    assert_text(&printed, text);
    bt_buf_done(&printed);
    bt_buf_done(&etf);
}

static void assert_flags(const char *flags)
{
    assert_term(out.flags, flags);
}

static void assert_group(size_t i, enum bt_scope scope, const char *mfas, const char *match_spec)
{
    assert_true(i < out.n_groups);
    assert_int_equal(out.groups[i].scope, scope);
    assert_term(out.groups[i].mfas, mfas);
    assert_term(out.groups[i].match_spec, match_spec);
}

#define GATE "[{'>',{get_tcw},0}]"
#define TAKE "{set_tcw,{'-',{get_tcw},1}}"
/* A clause of that head whose message is {Id, Values...}. */
#define CLAUSE(head, message) "{" head "," GATE ",[" TAKE ",{message,{{" message "}}}]}"

/* ---- groups ---- */

static void functions_of_one_pattern_are_one_group(void **state)
{
    (void)state;
    given1("m:f", "[[{f,0},{f,1},{f,2}]]");
    build();
    assert_int_equal(out.n_groups, 1);
    assert_group(0, BT_SCOPE_LOCAL, "[{m,f,0},{m,f,1},{m,f,2}]", "[" CLAUSE("'_'", "0,'$_'") "]");
    assert_true(all_local);
    assert_int_equal(out.base, 0);
    assert_int_equal(out.range, BT_GATE_RANGE);
    assert_flags("[call,arity,strict_monotonic_timestamp]");
}

static void functions_are_grouped_by_the_patterns_that_mean_them(void **state)
{
    (void)state;
    given((const char *const[]){"m:f", "m:f(X)"}, 2, "[[{f,0},{f,1},{f,2}]]");
    build();
    assert_int_equal(out.n_groups, 2);
    assert_group(0, BT_SCOPE_LOCAL, "[{m,f,0},{m,f,2}]", "[" CLAUSE("'_'", "0,'$_'") "]");
    assert_group(
        1, BT_SCOPE_LOCAL, "[{m,f,1}]", "[" CLAUSE("'_'", "0,'$_'") "," CLAUSE("['$1']", "1,'$1'") "]");
}

static void ids_go_on_over_all_patterns(void **state)
{
    (void)state;
    given((const char *const[]){"m:f(X) when X > 1; X < 0", "m:g(_)", "m:f(b)"}, 3,
        "[[{f,1},{g,1}]]");
    build();
    assert_int_equal(source.n_clauses, 4);
    assert_int_equal(out.n_groups, 2);
    assert_group(0, BT_SCOPE_LOCAL, "[{m,f,1}]",
        "[{['$1'],[{'>',{get_tcw},0},{'>','$1',1}],[" TAKE ",{message,{{0,'$1'}}}]},"
        "{['$1'],[{'>',{get_tcw},0},{'<','$1',0}],[" TAKE ",{message,{{1,'$1'}}}]}," CLAUSE("[b]", "3") "]");
    assert_group(1, BT_SCOPE_LOCAL, "[{m,g,1}]", "[" CLAUSE("['_']", "2") "]");
}

static void local_wins_over_global(void **state)
{
    (void)state;
    given((const char *const[]){"{m, f, '_'}", "m:f/1"}, 2, "[[{f,1},{f,2}],[{f,1},{f,2}]]");
    build();
    assert_int_equal(out.n_groups, 2);
    assert_int_equal(out.groups[0].scope, BT_SCOPE_LOCAL);
    assert_term(out.groups[0].mfas, "[{m,f,1}]");
    assert_int_equal(out.groups[1].scope, BT_SCOPE_GLOBAL);
    assert_term(out.groups[1].mfas, "[{m,f,2}]");
    assert_false(all_local);
}

static void a_group_of_global_patterns_only_is_global(void **state)
{
    (void)state;
    given((const char *const[]){"{m, f, '_'}", "{m, f, 1}"}, 2, "[[{f,1}]]");
    build();
    assert_int_equal(out.n_groups, 1);
    assert_int_equal(out.groups[0].scope, BT_SCOPE_GLOBAL);
    assert_false(all_local);
}

static void somebody_elses_word_is_the_base_of_the_gate(void **state)
{
    (void)state;
    given1("m:f(_)", "[[{f,1}]]");
    source.base = 1000;
    build();
    assert_int_equal(out.base, 1000);
    assert_group(0, BT_SCOPE_LOCAL, "[{m,f,1}]",
        "[{['_'],[{'>',{get_tcw},1000},{'=<',{get_tcw},66536}],[" TAKE ",{message,{{0}}}]}]");
}

static void durations_need_the_caller_in_each_message(void **state)
{
    (void)state;
    given((const char *const[]){"m:f(X) -> time", "m:g"}, 2, "[[{f,1},{g,0}]]");
    build();
    assert_flags("[call,arity,return_to,strict_monotonic_timestamp]");
    assert_group(0, BT_SCOPE_LOCAL, "[{m,f,1}]", "[" CLAUSE("['$1']", "0,'$1',{caller}") "]");
    assert_group(1, BT_SCOPE_LOCAL, "[{m,g,0}]", "[" CLAUSE("'_'", "1,'$_',{caller}") "]");
}

static void ids_of_clauses_with_all_arguments_in_one_list(void **state)
{
    (void)state;
    static const char *const specs[] = {"m:f", "m:f(X)", "m:f/2"};
    given(specs, 3, "[[{f,1},{f,2}]]");
    build();
    assert_term(out.whole_ids, "[0,2]");
    source.args = BT_ARGS_MODE_ALL;
    build();
    assert_term(out.whole_ids, "[0,1,2]");
    source.args = BT_ARGS_MODE_ARITY;
    build();
    assert_term(out.whole_ids, "[]");
}

static void ids_of_clauses_by_what_follows_their_calls(void **state)
{
    (void)state;
    static const char *const specs[] = {
        "m:f", "m:f(X) -> return", "m:f(X, Y) -> time", "m:g -> time, return"};
    given(specs, 4, "[[{f,0},{f,1},{f,2},{g,0}]]");
    build();
    assert_term(out.mute_ids, "[0]");
    assert_term(out.returning_ids, "[1,3]");
    given(specs, 1, "[[{f,0}]]");
    build();
    assert_term(out.mute_ids, "[0]");
    assert_term(out.returning_ids, "[]");
}

/* ---- heads of several arities ---- */

/* A clause of a fun whose body is ok. */
#define OWN(head, message) "{" head ",[{'>',{get_tcw},0}],[" TAKE ",{message,{{" message "}}},ok]}"

static void an_open_head_is_written_out_for_each_arity(void **state)
{
    (void)state;
    given1("{m, f, fun([A | _]) when A > 1 -> ok end}", "[[{f,0},{f,1},{f,3}]]");
    build();
    assert_int_equal(out.n_groups, 2);
    assert_group(0, BT_SCOPE_GLOBAL, "[{m,f,1}]",
        "[{['$1'],[{'>',{get_tcw},0},{'>','$1',1}],[" TAKE ",{message,{{0,'$_'}}},ok]}]");
    assert_group(1, BT_SCOPE_GLOBAL, "[{m,f,3}]",
        "[{['$1','_','_'],[{'>',{get_tcw},0},{'>','$1',1}],[" TAKE ",{message,{{0,'$_'}}},ok]}]");
}

static void the_rest_of_the_arguments_is_found_again(void **state)
{
    (void)state;
    given1("{m, f, fun([A | T]) when length(T) > A -> message(T) end}", "[[{f,2}]]");
    build();
    assert_group(0, BT_SCOPE_GLOBAL, "[{m,f,2}]",
        "[{['$1','_'],[{'>',{get_tcw},0},{'>',{length,{tl,'$_'}},'$1'}],[" TAKE ",{message,{{0,'$_'}}},{message,{{0,'$_',{tl,'$_'}}}}]}]");
    given1("{m, f, fun([T | T]) -> ok end}", "[[{f,2}]]");
    build();
    assert_group(0, BT_SCOPE_GLOBAL, "[{m,f,2}]",
        "[{['$1','_'],[{'>',{get_tcw},0},{'=:=','$1',{tl,'$_'}}],[" TAKE ",{message,{{0,'$_'}}},ok]}]");
}

static void a_function_gets_the_clauses_of_its_arity(void **state)
{
    (void)state;
    given1("{m, f, fun([_]) -> ok; ([_, b]) -> ok; ([_ | _]) -> ok end}", "[[{f,0},{f,1},{f,2}]]");
    build();
    assert_int_equal(out.n_groups, 2);
    assert_group(0, BT_SCOPE_GLOBAL, "[{m,f,1}]", "[" OWN("['_']", "0,'$_'") "," OWN("['_']", "2,'$_'") "]");
    assert_group(
        1, BT_SCOPE_GLOBAL, "[{m,f,2}]", "[" OWN("['_',b]", "1,'$_'") "," OWN("['_','_']", "2,'$_'") "]");
}

/* ---- --not ---- */

static void compile_with_nots(const char *const *specs, size_t n, size_t n_not, const char *answer)
{
    struct beamtap_err err = {0};
    size_t bad_spec;
    struct bt_compile_opts o = {.n_not = n_not};
    assert_int_equal(bt_compile(specs, n, &o, &arena, &prog, NULL, &err), 0);
    source.n_clauses = 0;
    for (size_t i = 0; i < prog.n_patterns; i++) {
        for (size_t j = 0; j < prog.patterns[i].n_clauses; j++)
            clauses[source.n_clauses++] = &prog.patterns[i].clauses[j];
    }
    bt_plan_done(&plan);
    assert_int_equal(bt_test_plan(&prog, 1000, "[m]", answer, &plan, &bad_spec, &err), 0);
}

static void calls_that_are_not_wanted_stop_at_the_first_clause(void **state)
{
    (void)state;
    static const char *const specs[] = {"{m, _, fun([a | _]) -> ok end}", "m:f(X)", "m:g"};
    compile_with_nots(specs, 3, 1, "[[{f,1},{g,0}]]");
    source.base = 5;
    build();
    assert_int_equal(out.n_groups, 2);
    assert_group(0, BT_SCOPE_LOCAL, "[{m,f,1}]",
        "[{[a],[],[{message,false}]},{['$1'],[{'>',{get_tcw},5},{'=<',{get_tcw},65541}],[" TAKE
        ",{message,{{1,'$1'}}}]}]");
    assert_term(out.mute_ids, "[1,2]");
    assert_term(out.whole_ids, "[2]");
    assert_false(bt_arm_is_exact(&source));
}

static void functions_that_are_not_wanted_change_no_clause(void **state)
{
    (void)state;
    static const char *const specs[] = {"_:g", "m:_"};
    compile_with_nots(specs, 2, 1, "[[{f,1},{g,0}]]");
    build();
    assert_int_equal(out.n_groups, 1);
    assert_group(0, BT_SCOPE_LOCAL, "[{m,f,1}]", "[" CLAUSE("'_'", "1,'$_'") "]");
    assert_true(bt_arm_is_exact(&source));
}

/* ---- processes ---- */

static void processes(const char *const *names, size_t n)
{
    given1("m:f", "[[{f,1}]]");
    source.processes = names;
    source.n_processes = n;
}

static void processes_in_each_form(void **state)
{
    (void)state;
    static const struct {
        const char *name, *term;
    } table[] = {
        {"all", "[all]"},
        {"new", "[new]"},
        {"existing", "[existing]"},
        {"<0.44.0>", "[{pid,\"<0.44.0>\"}]"},
        {"0.44.0", "[{pid,\"<0.44.0>\"}]"},
        {"#PID<0.44.0>", "[{pid,\"<0.44.0>\"}]"},
        {"<0.123456789.8191>", "[{pid,\"<0.123456789.8191>\"}]"},
        {"shop", "[{name,\"shop\"}]"},
        {"Elixir.Shop.Cart", "[{name,\"Elixir.Shop.Cart\"}]"},
        {"alle", "[{name,\"alle\"}]"},
        {"All", "[{name,\"All\"}]"},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        processes(&table[i].name, 1);
        build();
        assert_term(out.processes, table[i].term);
    }
    processes(NULL, 0);
    build();
    assert_term(out.processes, "[all]");
    static const char *const several[] = {"new", "shop", "<0.1.2>"};
    processes(several, 3);
    build();
    assert_term(out.processes, "[new,{name,\"shop\"},{pid,\"<0.1.2>\"}]");
}

static void processes_that_are_none(void **state)
{
    (void)state;
    static const struct {
        const char *name, *part;
    } table[] = {
        {"<0.44.0", "'<0.44.0' is no process; a pid looks like <0.44.0> (-p)"},
        {"0.44.0>", "'0.44.0>' is no process"},
        {"<0.44.0>x", "is no process"},
        {"<0.44>", "is no process"},
        {"<>", "is no process"},
        {"<a.b.c>", "is no process"},
        {"<0.-44.0>", "is no process"},
        {"< 0.44.0>", "is no process"},
        {"<0. 44.0>", "is no process"},
        {"<0.9999999999.0>", "is no process"},
        {"#PID", "'#PID' is no process"},
        {"#PID<0.44", "'#PID<0.44' is no process"},
        {"#Port<0.6>", "is no process"},
        {"12", "is no process"},
        {"<9131.44.7>", "<9131.44.7> is a process of another node, as the node that printed it saw it; "
                        "trace it on its own node, where it is <0.44.7> (-p)"},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct beamtap_err err = {0};
        const char *two[] = {"new", table[i].name};
        processes(two, 2);
        if (bt_arm_build(&source, &arena, &out, &all_local, &err) != -1)
            fail_msg("taken: %s", table[i].name);
        assert_err(&err, BEAMTAP_EUSAGE, table[i].part);
    }
}

/* ---- is the VM's count exact? ---- */

static void which_clauses_take_every_call(void **state)
{
    (void)state;
    static const struct {
        const char *spec;
        bool is_exact;
    } table[] = {
        {"m:f", true},
        {"m:f/2", true},
        {"m:f()", true},
        {"m:f(_)", true},
        {"m:f(X)", true},
        {"m:f(X, _, Y)", true},
        {"m:f(_X, _Y)", true},
        {"m:f -> return", true},
        {"m:f(X) -> time", true},
        {"{m, f, '_'}", true},
        {"m:f(X, X)", false},
        {"m:f(X, _, X)", false},
        {"m:f(_X, _X)", false},
        {"m:f(a)", false},
        {"m:f(1)", false},
        {"m:f(\"ab\")", false},
        {"m:f([])", false},
        {"m:f([X])", false},
        {"m:f([X | _])", false},
        {"m:f({})", false},
        {"m:f({_, _})", false},
        {"m:f(#{k := _})", false},
        {"m:f(#{})", false},
        {"m:f(_, ok)", false},
        {"m:f(X) when X > 1", false},
        {"m:f(X) when X > 1; X =< 1", false},
        {"m:f('_x')", false},
        {"m:f('x$')", false},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        given1(table[i].spec, NULL);
        if (bt_arm_is_exact(&source) != table[i].is_exact)
            fail_msg("%s", table[i].spec);
    }
    given((const char *const[]){"m:f", "m:g(a)"}, 2, NULL);
    assert_false(bt_arm_is_exact(&source));
    given((const char *const[]){"m:f", "m:g(_)"}, 2, NULL);
    assert_true(bt_arm_is_exact(&source));
}

static void fewer_processes_than_all_are_not_exact(void **state)
{
    (void)state;
    static const struct {
        const char *names[2];
        size_t n;
        bool is_exact;
    } table[] = {{{NULL, NULL}, 0, true}, {{"all", NULL}, 1, true}, {{"new", NULL}, 1, false},
        {{"existing", NULL}, 1, false}, {{"<0.44.0>", NULL}, 1, false}, {{"shop", NULL}, 1, false},
        {{"new", "existing"}, 2, false}};
    given1("m:f", NULL);
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        source.processes = table[i].names;
        source.n_processes = table[i].n;
        assert_int_equal(bt_arm_is_exact(&source), table[i].is_exact);
    }
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(functions_of_one_pattern_are_one_group),
        T(functions_are_grouped_by_the_patterns_that_mean_them),
        T(ids_go_on_over_all_patterns),
        T(local_wins_over_global),
        T(a_group_of_global_patterns_only_is_global),
        T(somebody_elses_word_is_the_base_of_the_gate),
        T(durations_need_the_caller_in_each_message),
        T(ids_of_clauses_with_all_arguments_in_one_list),
        T(ids_of_clauses_by_what_follows_their_calls),
        T(an_open_head_is_written_out_for_each_arity),
        T(the_rest_of_the_arguments_is_found_again),
        T(a_function_gets_the_clauses_of_its_arity),
        T(calls_that_are_not_wanted_stop_at_the_first_clause),
        T(functions_that_are_not_wanted_change_no_clause),
        T(processes_in_each_form),
        T(processes_that_are_none),
        T(which_clauses_take_every_call),
        T(fewer_processes_than_all_are_not_exact),
    };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}
