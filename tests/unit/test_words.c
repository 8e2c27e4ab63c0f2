/*
 * test_words.c - what a trace says to the person who runs it, to the byte.
 */
#include "check.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/words.h"
#include "lib/describe.h"

static struct bt_mfa mfas[32];
static struct bt_plan plan;
static struct bt_summary sum;
static struct bt_pump_counts counts;
static struct bt_words_end end;
static struct bt_words_start start;
static struct bt_armed armed;
static const struct bt_guard_info info = {.otp = 25, .word = 0, .processes = 1042, .schedulers = 4};

static int setup(void **state)
{
    (void)state;
    for (size_t i = 0; i < 32; i++)
        mfas[i] = (struct bt_mfa){.module = "Elixir.Shop", .function = "charge!", .arity = (uint32_t)i};
    mfas[0] = (struct bt_mfa){.module = "shop", .function = "pay", .arity = 2};
    plan = (struct bt_plan){.mfas = mfas, .n_mfas = 1};
    sum = (struct bt_summary){.has_called = true, .is_exact = true, .is_clean = true};
    end = (struct bt_words_end){.sum = &sum, .plan = &plan, .time_us = 30000000, .n = &counts};
    counts = (struct bt_pump_counts){0};
    armed = (struct bt_armed){.functions = 1, .processes = 1042};
    start = (struct bt_words_start){"app@host", &info, &armed, &plan, 100, 30000000, true, false, NULL};
    return 0;
}

/* ---- stderr ---- */

static FILE *caught;
static int stderr_fd;

static void catch_stderr(void)
{
    fflush(stderr);
    caught = tmpfile();
    assert_non_null(caught);
    stderr_fd = dup(STDERR_FILENO);
    assert_true(stderr_fd >= 0 && dup2(fileno(caught), STDERR_FILENO) >= 0);
}

static void assert_said(const char *text)
{
    static char got[8192];
    fflush(stderr);
    assert_true(dup2(stderr_fd, STDERR_FILENO) >= 0);
    close(stderr_fd);
    rewind(caught);
    size_t n = fread(got, 1, sizeof got - 1, caught);
    got[n] = '\0';
    fclose(caught);
    assert_string_equal(got, text);
}

static void assert_closing(const char *text)
{
    catch_stderr();
    bt_words_closing(&end);
    assert_said(text);
}

static void assert_totals(uint64_t lost, const char *text)
{
    catch_stderr();
    counts.lost = lost;
    bt_words_totals(&sum, &counts);
    assert_said(text);
}

static void assert_banner(const char *text)
{
    catch_stderr();
    bt_words_banner(&start);
    assert_said(text);
}

/* ---- the closing line ---- */

static void why_it_ended(void **state)
{
    (void)state;
    static const struct {
        enum bt_stop reason;
        const char *text;
    } table[] = {
        {BT_STOP_COUNT, "beamtap: stopped: 100 calls (-c); 900 skipped, 0 lost; node clean\n"},
        {BT_STOP_TIME, "beamtap: stopped: 100 calls (-t); 900 skipped, 0 lost; node clean\n"},
        {BT_STOP_ASKED, "beamtap: stopped: 100 calls (interrupted); 900 skipped, 0 lost; node clean\n"},
    };
    sum.shown = sum.received = 100;
    sum.called = 1000;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        sum.reason = table[i].reason;
        assert_closing(table[i].text);
    }
    end.reader_is_gone = true; /* that is why we were asked */
    assert_closing(
        "beamtap: stopped: 100 calls (the reader closed the output); 900 skipped, 0 lost; node clean\n");
}

static void limits_that_ended_it(void **state)
{
    (void)state;
    const struct beamtap_err limit = {.code = BEAMTAP_ELIMIT, .msg = "said after the line"};
    end.err = &limit;
    sum.shown = sum.received = 1;
    sum.called = 1;
    sum.reason = BT_STOP_RATE;
    assert_closing("beamtap: stopped: 1 call (--on-rate); 0 skipped, 0 lost; node clean\n");
    sum.reason = BT_STOP_LOAD;
    assert_closing("beamtap: stopped: 1 call (--max-load); 0 skipped, 0 lost; node clean\n");
    sum.reason = BT_STOP_AGENT;
    assert_closing("beamtap: stopped: 1 call (ended early); 0 skipped, 0 lost; node clean\n");
    sum.is_clean = false;
    assert_closing("beamtap: stopped: 1 call (ended early); 0 skipped, 0 lost\n");
}

static void calls_that_were_not_shown(void **state)
{
    (void)state;
    sum.reason = BT_STOP_TIME;
    sum.shown = sum.received = 12345;
    sum.called = 60312882;
    assert_closing("beamtap: stopped: 12,345 calls (-t); 60,300,537 skipped, 0 lost; node clean\n");
    sum.is_exact = false;
    assert_closing("beamtap: stopped: 12,345 calls (-t) of at most 60,312,882; 0 lost; node clean\n");
    sum.has_called = false;
    assert_closing("beamtap: stopped: 12,345 calls (-t); 0 lost; node clean\n");
    sum.has_called = true;
    sum.called = 0; /* nothing was counted: nothing is said of it */
    assert_closing("beamtap: stopped: 12,345 calls (-t); 0 lost; node clean\n");
    sum.is_exact = true;
    assert_closing("beamtap: stopped: 12,345 calls (-t); 0 lost; node clean\n");
}

static void events_lost_and_calls_open(void **state)
{
    (void)state;
    sum.reason = BT_STOP_COUNT;
    sum.shown = sum.received = sum.called = 2;
    sum.lost = 1000;
    counts.lost = 1;
    assert_closing("beamtap: stopped: 2 calls (-c); 0 skipped, 1,001 lost; node clean\n");
    sum.open = 1;
    assert_closing(
        "beamtap: stopped: 2 calls (-c); 0 skipped, 1,001 lost, 1 still open (no return within --grace); "
        "node clean\n");
    sum.has_called = false;
    sum.open = 1234;
    assert_closing("beamtap: stopped: 2 calls (-c); 1,001 lost, 1,234 still open (no return within --grace); "
                   "node clean\n");
}

/* ---- nothing was shown ---- */

#define NOTHING "beamtap: stopped: 0 calls "

static void no_call_at_all(void **state)
{
    (void)state;
    sum.reason = BT_STOP_TIME;
    assert_closing(
        "beamtap: no call shown in 30s: shop:pay/2 was not called; inlined, or reached under another "
        "name?\n" NOTHING "(-t); 0 skipped, 0 lost; node clean\n");
    sum.reason = BT_STOP_ASKED;
    assert_closing("beamtap: no call shown: shop:pay/2 was not called; inlined, or reached under another "
                   "name?\n" NOTHING "(interrupted); 0 skipped, 0 lost; node clean\n");
    plan.n_mfas = 3;
    assert_closing(
        "beamtap: no call shown: the 3 functions were not called; inlined, or reached under another "
        "name?\n" NOTHING "(interrupted); 0 skipped, 0 lost; node clean\n");
}

static void calls_that_did_not_match(void **state)
{
    (void)state;
    sum.reason = BT_STOP_TIME;
    sum.is_exact = false;
    sum.called = 4711;
    end.time_us = 120000000;
    assert_closing(
        "beamtap: no call shown in 2m: shop:pay/2 was called 4,711 times but no arguments or process "
        "matched\n" NOTHING "(-t) of at most 4,711; 0 lost; node clean\n");
    plan.n_mfas = 2;
    end.time_us = 1500000;
    assert_closing(
        "beamtap: no call shown in 1500ms: the 2 functions were called 4,711 times but no arguments or "
        "process matched\n" NOTHING "(-t) of at most 4,711; 0 lost; node clean\n");
    sum.called = 1;
    plan.n_mfas = 1;
    sum.reason = BT_STOP_ASKED;
    assert_closing("beamtap: no call shown: shop:pay/2 was called once but no arguments or process "
                   "matched\n" NOTHING "(interrupted) of at most 1; 0 lost; node clean\n");
}

static void calls_the_vm_does_not_count(void **state)
{
    (void)state;
    sum.reason = BT_STOP_ASKED;
    sum.has_called = false;
    assert_closing(
        "beamtap: no call shown: shop:pay/2 was not called from outside its module, or no arguments "
        "matched (--scope local sees all calls)\n" NOTHING "(interrupted); 0 lost; node clean\n");
    plan.n_mfas = 2;
    assert_closing(
        "beamtap: no call shown: the 2 functions were not called from outside their modules, or no "
        "arguments matched (--scope local sees all calls)\n" NOTHING "(interrupted); 0 lost; node "
        "clean\n");
}

static void a_failure_needs_no_guess(void **state)
{
    (void)state;
    const struct beamtap_err lost = {.code = BEAMTAP_ELOST, .msg = "gone"};
    end.err = &lost;
    sum.is_clean = false;
    assert_closing(NOTHING "(ended early); 0 skipped, 0 lost\n");
}

/* ---- how it stands ---- */

static void totals(void **state)
{
    (void)state;
    sum.shown = sum.received = 1;
    sum.called = 5;
    assert_totals(0, "beamtap: so far: 1 call shown, 0 returned, 0 raised, 0 open; 4 skipped; 0 lost\n");
    sum = (struct bt_summary){.shown = 1000,
        .returns = 900,
        .exceptions = 90,
        .open = 10,
        .lost = 3,
        .has_called = true,
        .called = 100000};
    assert_totals(4,
        "beamtap: so far: 1,000 calls shown, 900 returned, 90 raised, 10 open of at most 100,000; 7 lost\n");
    sum.received = 1000;
    sum.called = 0; /* before the first sample */
    assert_totals(0, "beamtap: so far: 1,000 calls shown, 900 returned, 90 raised, 10 open; 3 lost\n");
}

/* ---- the banner ---- */

static void banners(void **state)
{
    (void)state;
    assert_banner(
        "beamtap: app@host (OTP 25): 1 function, 1,042 processes; until 100 calls or 30s; Ctrl-C stops\n");
    armed = (struct bt_armed){.functions = 1000, .processes = 1};
    start.count = 1;
    start.time_us = 300000000;
    assert_banner(
        "beamtap: app@host (OTP 25): 1,000 functions, 1 process; until 1 call or 5m; Ctrl-C stops\n");
    start.count = BT_NO_LIMIT;
    start.time_us = 250000;
    assert_banner("beamtap: app@host (OTP 25): 1,000 functions, 1 process; until 250ms; Ctrl-C stops\n");
    start.count = 5;
    start.time_us = BT_NO_LIMIT;
    start.wants_return = false;
    assert_banner("beamtap: app@host (OTP 25): 1,000 functions, 1 process; until 5 calls; Ctrl-C stops "
                  "(calls only; add '-> return' for results)\n");
}

static void functions_are_listed_when_asked_for(void **state)
{
    (void)state;
    struct bt_buf want = BT_BUF_INIT;
    start.lists_functions = true;
    plan.n_mfas = 2;
    assert_banner(
        "beamtap: app@host (OTP 25): 1 function, 1,042 processes; until 100 calls or 30s; Ctrl-C stops\n"
        "  shop:pay/2\n"
        "  'Elixir.Shop':'charge!'/1\n");
    plan.n_mfas = 23;
    bt_buf_puts(&want,
        "beamtap: app@host (OTP 25): 1 function, 1,042 processes; until 100 calls or 30s; Ctrl-C "
        "stops\n  shop:pay/2\n");
    for (int i = 1; i < 20; i++)
        bt_buf_printf(&want, "  'Elixir.Shop':'charge!'/%d\n", i);
    bt_buf_puts(&want, "  and 3 more\n");
    assert_banner(bt_buf_cstr(&want));
    bt_buf_done(&want);
}

static void a_dry_run_lists_all(void **state)
{
    (void)state;
    struct bt_buf want = BT_BUF_INIT;
    plan.n_mfas = 21;
    bt_buf_puts(&want,
        "beamtap: app@host (OTP 25): would trace 21 functions; the node has 1,042 processes; until "
        "100 calls or 30s; nothing was set\n  shop:pay/2\n");
    for (int i = 1; i < 21; i++)
        bt_buf_printf(&want, "  'Elixir.Shop':'charge!'/%d\n", i);
    catch_stderr();
    bt_words_dry_run(&start);
    assert_said(bt_buf_cstr(&want));
    bt_buf_done(&want);
}

/* ---- warnings ---- */

static void warnings(void **state)
{
    (void)state;
    catch_stderr();
    bt_words_warn(&start);
    assert_said("");
    armed.n_sensitive = 2;
    plan.n_mfas = 2;
    mfas[1] = (struct bt_mfa){.module = "erlang", .function = "+", .arity = 2};
    catch_stderr();
    bt_words_warn(&start);
    assert_said(
        "beamtap: warning: 2 of the chosen processes cannot be traced: they are marked sensitive\n"
        "beamtap: warning: most calls of erlang:'+'/2 cannot be seen: the compiler makes an instruction of "
        "them\n");
}

static void who_traces(void **state)
{
    (void)state;
    char who[160], small[8], pid[32];
    bt_describe_who(who, sizeof who);
    snprintf(pid, sizeof pid, ", pid %ld", (long)getpid());
    assert_non_null(strchr(who, '@'));
    assert_non_null(strstr(who, pid));
    bt_describe_who(small, sizeof small);
    assert_int_equal(strlen(small), sizeof small - 1);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup(f, setup)
    const struct CMUnitTest tests[] = {
        T(why_it_ended),
        T(limits_that_ended_it),
        T(calls_that_were_not_shown),
        T(events_lost_and_calls_open),
        T(no_call_at_all),
        T(calls_that_did_not_match),
        T(calls_the_vm_does_not_count),
        T(a_failure_needs_no_guess),
        T(totals),
        T(banners),
        T(functions_are_listed_when_asked_for),
        T(a_dry_run_lists_all),
        T(warnings),
        T(who_traces),
    };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}
