/*
 * test_lib_nomem.c - memory that runs out at every single allocation of a program that uses the library: compile, open, take events
 * with their arguments and lines, write a capture, close; a replay of it; check and clear. Each call says ENOMEM, or all goes as if nothing had been.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "beamtap.h"
#include "nomem.h"
#include "surveyed.h"
#include "terms.h"
#include "traced.h"
#include "wire.h"

#define EVENTS                                                                                               \
    {                                                                                                        \
        "", "{ev,2,1,100,[{trace_ts,<0.44.0>,call,{m,f,1},{0,a,{x,y,0}},{1000,1}},"                          \
            "{trace_ts,<0.44.0>,return_from,{m,f,1},{ok,1},{336000,2}}]}"                                    \
    }
static const struct bt_peer_answer script[] = {STARTS, PLANS, ARMS, EVENTS, CLOSES, FINISHES, IS_CLEAN, END};

static const char *const want = "a from x:y/0\n"
                                "<0.44.0> m:f(a) <- x:y/0\n"
                                "{\"event\":\"call\"\n"
                                "<0.44.0> m:f/1 --> {ok,1}  335us\n"
                                "{\"event\":\"return\"\n";

static char lines[4096];
static int null_fd;

static void note(const char *text, size_t len)
{
    size_t n = strlen(lines);
    snprintf(lines + n, sizeof lines - n, "%.*s", (int)len, text);
}

/* 0 or -1. */
static int look(const struct beamtap_event *ev, struct beamtap_err *err)
{
    char text[512];
    struct beamtap_style style;
    const struct beamtap_arg *arg = beamtap_event_arg(ev, 0, err);
    if (arg && ev->caller_module) {
        snprintf(text, sizeof text, "%s from %s:%s/%u\n", arg->text, ev->caller_module, ev->caller_function,
            (unsigned)ev->caller_arity);
        note(text, strlen(text));
    }
    if (err->code != BEAMTAP_OK)
        return -1;
    beamtap_style_init(&style, sizeof style);
    style.time = BEAMTAP_TIME_NONE;
    if (beamtap_event_format(ev, &style, text, sizeof text, err) < 0)
        return -1;
    note(text, strlen(text));
    style.format = BEAMTAP_FORMAT_JSON;
    if (beamtap_event_format(ev, &style, text, sizeof text, err) < 0)
        return -1;
    note(text, strcspn(text, ","));
    note("\n", 1);
    return 0;
}

static int take_all(struct beamtap_session *s, struct beamtap_output *out, struct beamtap_err *err)
{
    const struct beamtap_event *ev;
    enum beamtap_next next;
    while ((next = beamtap_session_next(s, &ev, -1, err)) == BEAMTAP_NEXT_EVENT) {
        if (ev->type <= BEAMTAP_EVENT_OTHER && (look(ev, err) < 0 || beamtap_output_event(out, ev, err) < 0))
            return -1;
    }
    return next == BEAMTAP_NEXT_END ? 0 : -1;
}

/* What is left of an error does not hide one that comes later. */
static void keep(struct beamtap_err *err, const struct beamtap_err *of_close)
{
    if (err->code == BEAMTAP_OK)
        *err = *of_close;
}

static void use(struct beamtap_session *s, struct beamtap_err *err)
{
    struct beamtap_style style;
    struct beamtap_output_opts o;
    struct beamtap_err of_close = {0};
    beamtap_style_init(&style, sizeof style);
    style.format = BEAMTAP_FORMAT_CAPTURE;
    beamtap_output_opts_init(&o, sizeof o);
    o.style = &style;
    o.fd = null_fd;
    struct beamtap_output *out = beamtap_output_open(s, &o, err);
    if (out && beamtap_session_start(s, err) == 0)
        take_all(s, out, err);
    beamtap_output_close(out, -1, &of_close);
    keep(err, &of_close);
    beamtap_session_close(s);
}

static void live(struct beamtap_err *err)
{
    const char *spec_text = "m:f(X) -> return, caller";
    const char *processes[] = {"all"};
    struct beamtap_spec_opts so;
    struct beamtap_session_opts o;
    bt_wire_start(&(struct bt_wire_opts){.script = script});
    beamtap_spec_opts_init(&so, sizeof so);
    so.specs = &spec_text;
    so.n_specs = 1;
    struct beamtap_spec *spec = beamtap_spec_new(&so, err);
    beamtap_session_opts_init(&o, sizeof o);
    o.node = BT_TEST_NODE;
    o.address = "127.0.0.1:1234";
    o.cookie = BT_PEER_COOKIE;
    o.spec = spec;
    o.count = 1;
    o.processes = processes;
    o.n_processes = 1;
    struct beamtap_session *s = spec ? beamtap_session_open(&o, err) : NULL;
    beamtap_spec_free(spec);
    if (s)
        use(s, err);
}

static void replay(struct beamtap_err *err)
{
    const char *path = BT_SOURCE_DIR "/tests/golden/replay/calls.btc";
    struct beamtap_replay_opts o;
    beamtap_replay_opts_init(&o, sizeof o);
    o.paths = &path;
    o.n_paths = 1;
    struct beamtap_session *s = beamtap_replay_open(&o, err);
    if (s)
        use(s, err);
}

static void set_way(struct beamtap_session_opts *o, const struct bt_peer_answer *answers)
{
    bt_wire_start(&(struct bt_wire_opts){.script = answers});
    beamtap_session_opts_init(o, sizeof *o);
    o->node = BT_TEST_NODE;
    o->address = "127.0.0.1:1234";
    o->cookie = BT_PEER_COOKIE;
}

static void note_others(const char *const *items, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        note(items[i], strlen(items[i]));
        note("\n", 1);
    }
}

static void check(struct beamtap_err *err)
{
    static const struct bt_peer_answer answers[] = {IS_OTP, IS_SO, IS_OTP, SURVEYS("[]", BY_OTHERS), END};
    struct beamtap_session_opts o;
    set_way(&o, answers);
    struct beamtap_check *c = beamtap_node_check(&o, err);
    if (c)
        note_others(c->others, c->n_others);
    if (c && !c->is_reached)
        *err = c->err;
    beamtap_check_free(c);
}

static void clear(struct beamtap_err *err)
{
    static const struct bt_peer_answer answers[] = {IS_OTP, SURVEYS("[{guards,1}]", BY_OTHERS), END};
    struct beamtap_session_opts o;
    set_way(&o, answers);
    struct beamtap_clear *c = beamtap_node_clear(&o, false, err);
    if (c)
        note_others(c->others, c->n_others);
    beamtap_clear_free(c);
}

static const char *const others = "pattern {m,f,1} local\n"
                                  "process <0.9.0> traced by <0.10.0> [call]\n"
                                  "trace control word 7\n";

static void fail_each(void (*tell)(struct beamtap_err *err), const char *expected, bool for_good)
{
    struct beamtap_err err = {0};
    static char first[sizeof lines];
    size_t n_wrong = 0, n_told = 0, k = 0;
    lines[0] = '\0';
    tell(&err); /* ei, libc and the wire take some for good */
    assert_string_equal(err.msg, "");
    if (expected)
        assert_string_equal(lines, expected);
    strcpy(first, lines);
    for (bool has_failed = true; has_failed; k++) {
        memset(&err, 0, sizeof err);
        lines[0] = '\0';
        bt_nomem_begin(k, for_good);
        tell(&err);
        has_failed = bt_nomem_end();
        bool ended_well = err.code == BEAMTAP_ENOMEM || (err.code == BEAMTAP_OK && strcmp(lines, first) == 0);
        if (!ended_well || bt_nomem_left() != 0)
            print_error("allocation %zu: %d '%s', %ld blocks left, lines:\n%s\n", k, (int)err.code, err.msg,
                bt_nomem_left(), lines);
        n_wrong += !ended_well || bt_nomem_left() != 0;
        n_told += err.code == BEAMTAP_ENOMEM;
    }
    print_message("%zu allocations, %zu ended with ENOMEM\n", k - 1, n_told);
    assert_int_equal(n_wrong, 0);
    assert_true(n_told > k / 2);
}

static void one_allocation_fails(void **state)
{
    (void)state;
    fail_each(live, want, false);
    fail_each(replay, NULL, false);
    fail_each(check, others, false);
    fail_each(clear, others, false);
}

static void memory_is_gone_for_good(void **state)
{
    (void)state;
    fail_each(live, want, true);
    fail_each(replay, NULL, true);
    fail_each(check, others, true);
    fail_each(clear, others, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_allocation_fails),
        cmocka_unit_test(memory_is_gone_for_good),
    };
    null_fd = open("/dev/null", O_WRONLY);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
