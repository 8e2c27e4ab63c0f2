/*
 * test_words.c - what a trace says to the person who runs it, to the byte.
 */
#include "check.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/words.h"
#include "lib/describe.h"

static struct beamtap_function functions[32];
static size_t n_functions;
static struct beamtap_info info;
static struct beamtap_summary sum;
static bool is_exact; /* what was skipped is known */
static struct bt_words_end end;
static struct bt_words_start start;

/* The session that is spoken of. */
const struct beamtap_info *__wrap_beamtap_session_info(const struct beamtap_session *s);
const struct beamtap_function *__wrap_beamtap_session_function(struct beamtap_session *s, size_t i);

const struct beamtap_info *__wrap_beamtap_session_info(const struct beamtap_session *s)
{
    (void)s;
    return &info;
}

const struct beamtap_function *__wrap_beamtap_session_function(struct beamtap_session *s, size_t i)
{
    (void)s;
    return i < n_functions ? &functions[i] : NULL;
}

static int setup(void **state)
{
    (void)state;
    for (size_t i = 0; i < 32; i++)
        functions[i] = (struct beamtap_function){"Elixir.Shop", "charge!", (uint32_t)i, -1, false};
    functions[0] = (struct beamtap_function){"shop", "pay", 2, -1, false};
    n_functions = 1;
    info = (struct beamtap_info){.node = "app@host",
        .otp = 25,
        .processes = 1042,
        .traced_processes = 1042,
        .functions = 1,
        .events = "",
        .shows_ends = true};
    sum = (struct beamtap_summary){.has_called = true, .is_clean = true};
    is_exact = true;
    end = (struct bt_words_end){.sum = &sum, .time_us = 30000000};
    start = (struct bt_words_start){NULL, 100, 30000000, false};
    return 0;
}

/* As beamtap_session_summary() has it. */
static void set_skipped(void)
{
    uint64_t n = sum.called > sum.calls ? sum.called - sum.calls : 0;
    sum.skipped = sum.has_called && is_exact ? (int64_t)n : -1;
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
    set_skipped();
    catch_stderr();
    bt_words_closing(&end);
    assert_said(text);
}

static void assert_totals(uint64_t lost, const char *text)
{
    set_skipped();
    catch_stderr();
    bt_words_totals(&sum, lost);
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
        enum beamtap_reason reason;
        const char *text;
    } table[] = {
        {BEAMTAP_REASON_COUNT, "beamtap: stopped: 100 calls (-c); 900 skipped, 0 lost; node clean\n"},
        {BEAMTAP_REASON_TIME, "beamtap: stopped: 100 calls (-t); 900 skipped, 0 lost; node clean\n"},
        {BEAMTAP_REASON_ASKED,
            "beamtap: stopped: 100 calls (interrupted); 900 skipped, 0 lost; node clean\n"},
    };
    sum.calls = sum.received = 100;
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
    sum.calls = sum.received = 1;
    sum.called = 1;
    sum.reason = BEAMTAP_REASON_RATE;
    assert_closing("beamtap: stopped: 1 call (--on-rate); 0 skipped, 0 lost; node clean\n");
    sum.reason = BEAMTAP_REASON_LOAD;
    assert_closing("beamtap: stopped: 1 call (--max-load); 0 skipped, 0 lost; node clean\n");
    sum.reason = BEAMTAP_REASON_AGENT;
    assert_closing("beamtap: stopped: 1 call (ended early); 0 skipped, 0 lost; node clean\n");
    sum.is_clean = false;
    assert_closing("beamtap: stopped: 1 call (ended early); 0 skipped, 0 lost\n");
}

static void calls_that_were_not_shown(void **state)
{
    (void)state;
    sum.reason = BEAMTAP_REASON_TIME;
    sum.calls = sum.received = 12345;
    sum.called = 60312882;
    assert_closing("beamtap: stopped: 12,345 calls (-t); 60,300,537 skipped, 0 lost; node clean\n");
    is_exact = false;
    assert_closing("beamtap: stopped: 12,345 calls (-t) of at most 60,312,882; 0 lost; node clean\n");
    sum.has_called = false;
    assert_closing("beamtap: stopped: 12,345 calls (-t); 0 lost; node clean\n");
    sum.has_called = true;
    sum.called = 0; /* nothing was counted: nothing is said of it */
    assert_closing("beamtap: stopped: 12,345 calls (-t); 0 lost; node clean\n");
    is_exact = true;
    assert_closing("beamtap: stopped: 12,345 calls (-t); 0 lost; node clean\n");
}

static void events_lost_and_calls_open(void **state)
{
    (void)state;
    sum.reason = BEAMTAP_REASON_COUNT;
    sum.calls = sum.received = sum.called = 2;
    sum.lost = 1000;
    end.lost = 1;
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
    sum.reason = BEAMTAP_REASON_TIME;
    assert_closing(
        "beamtap: no call shown in 30s: shop:pay/2 was not called; inlined, or reached under another "
        "name?\n" NOTHING "(-t); 0 skipped, 0 lost; node clean\n");
    sum.reason = BEAMTAP_REASON_ASKED;
    assert_closing("beamtap: no call shown: shop:pay/2 was not called; inlined, or reached under another "
                   "name?\n" NOTHING "(interrupted); 0 skipped, 0 lost; node clean\n");
    n_functions = 3;
    assert_closing(
        "beamtap: no call shown: the 3 functions were not called; inlined, or reached under another "
        "name?\n" NOTHING "(interrupted); 0 skipped, 0 lost; node clean\n");
}

static void calls_that_did_not_match(void **state)
{
    (void)state;
    sum.reason = BEAMTAP_REASON_TIME;
    is_exact = false;
    sum.called = 4711;
    end.time_us = 120000000;
    assert_closing(
        "beamtap: no call shown in 2m: shop:pay/2 was called 4,711 times but no arguments or process "
        "matched\n" NOTHING "(-t) of at most 4,711; 0 lost; node clean\n");
    n_functions = 2;
    end.time_us = 1500000;
    assert_closing(
        "beamtap: no call shown in 1500ms: the 2 functions were called 4,711 times but no arguments or "
        "process matched\n" NOTHING "(-t) of at most 4,711; 0 lost; node clean\n");
    sum.called = 1;
    n_functions = 1;
    sum.reason = BEAMTAP_REASON_ASKED;
    assert_closing("beamtap: no call shown: shop:pay/2 was called once but no arguments or process "
                   "matched\n" NOTHING "(interrupted) of at most 1; 0 lost; node clean\n");
}

static void calls_the_vm_does_not_count(void **state)
{
    (void)state;
    sum.reason = BEAMTAP_REASON_ASKED;
    sum.has_called = false;
    assert_closing(
        "beamtap: no call shown: shop:pay/2 was not called from outside its module, or no arguments "
        "matched (--scope local sees all calls)\n" NOTHING "(interrupted); 0 lost; node clean\n");
    n_functions = 2;
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

static void what_else_may_be_why(void **state)
{
    (void)state;
    sum.reason = BEAMTAP_REASON_ASKED;
    sum.lines_filtered = 1500;
    assert_closing("beamtap: no call shown: no line of 1,500 is what --grep and --grep-not leave\n" NOTHING
                   "(interrupted); 0 skipped, 1,500 filtered, 0 lost; node clean\n");
    sum.has_outcome = true;
    sum.examined = 2000;
    sum.filtered = 1990;
    sum.unended = 10;
    assert_closing("beamtap: no call shown: 2,000 calls examined, none ended as was asked for\n" NOTHING
                   "(interrupted); 2,000 examined, 1,990 filtered, 10 without a return; 0 skipped, "
                   "1,500 lines filtered, 0 lost; node clean\n");
    sum = (struct beamtap_summary){.reason = BEAMTAP_REASON_TIME, .has_events = true, .is_clean = true};
    assert_closing("beamtap: no event shown in 30s: nothing of the kind happened there, or no pattern or "
                   "process matched\nbeamtap: stopped: 0 events (-t); 0 lost; node clean\n");
    sum = (struct beamtap_summary){.reason = BEAMTAP_REASON_TIME, .n_counted = 1, .is_clean = true};
    assert_closing("beamtap: stopped: 1 function counted (-t); node clean\n");
}

/* ---- how it stands ---- */

static void totals(void **state)
{
    (void)state;
    sum.calls = sum.received = 1;
    sum.called = 5;
    assert_totals(0, "beamtap: so far: 1 call shown, 0 returned, 0 raised, 0 open; 4 skipped; 0 lost\n");
    is_exact = false;
    sum = (struct beamtap_summary){.calls = 1000,
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
    info.functions = 1000;
    info.traced_processes = 1;
    start.count = 1;
    start.time_us = 300000000;
    assert_banner(
        "beamtap: app@host (OTP 25): 1,000 functions, 1 process; until 1 call or 5m; Ctrl-C stops\n");
    start.count = BEAMTAP_NO_LIMIT;
    start.time_us = 250000;
    assert_banner("beamtap: app@host (OTP 25): 1,000 functions, 1 process; until 250ms; Ctrl-C stops\n");
    start.count = 5;
    start.time_us = BEAMTAP_NO_LIMIT;
    info.shows_ends = false;
    assert_banner("beamtap: app@host (OTP 25): 1,000 functions, 1 process; until 5 calls; Ctrl-C stops "
                  "(calls only; add '-> return' for results)\n");
}

static void banners_of_events(void **state)
{
    (void)state;
    info.events = "send, receive";
    info.has_messages = true;
    assert_banner(
        "beamtap: app@host (OTP 25): 1 function, send, receive, 1,042 processes; until 100 events or "
        "30s; Ctrl-C stops (messages are copied whole, at most 4 at a time)\n");
    info.functions = 0;
    info.events = "gc";
    info.has_messages = false;
    assert_banner(
        "beamtap: app@host (OTP 25): gc, 1,042 processes; until 100 events or 30s; Ctrl-C stops (flags "
        "come off when a tenth of a second's --rate is used up, and go on again)\n");
}

static void functions_are_listed_when_asked_for(void **state)
{
    (void)state;
    struct bt_buf want = BT_BUF_INIT;
    start.lists_functions = true;
    n_functions = 2;
    assert_banner(
        "beamtap: app@host (OTP 25): 1 function, 1,042 processes; until 100 calls or 30s; Ctrl-C stops\n"
        "  shop:pay/2\n"
        "  'Elixir.Shop':'charge!'/1\n");
    n_functions = 23;
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
    n_functions = info.functions = 21;
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
    info.sensitive = 2;
    n_functions = 2;
    functions[1] = (struct beamtap_function){"erlang", "+", 2, -1, true};
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
        T(what_else_may_be_why),
        T(totals),
        T(banners),
        T(banners_of_events),
        T(functions_are_listed_when_asked_for),
        T(a_dry_run_lists_all),
        T(warnings),
        T(who_traces),
    };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}
