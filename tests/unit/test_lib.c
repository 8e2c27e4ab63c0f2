/*
 * test_lib.c - the public functions: what callers may do wrong, what they get told, and two sessions side by side.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "beamtap.h"
#include "process.h"
#include "terms.h"
#include "traced.h"

static struct beamtap_err err, told; /* told: the last failure that was wanted */

#define FAILS(call, why, part)                                                                               \
    do {                                                                                                     \
        memset(&err, 0, sizeof err);                                                                         \
        assert_true(call);                                                                                   \
        told = err;                                                                                          \
        assert_err(&err, why, part);                                                                         \
    } while (0)
#define MISUSE(call, part) FAILS(call, BEAMTAP_EUSAGE, part)

static int setup(void **state)
{
    (void)state;
    memset(&err, 0, sizeof err);
    return 0;
}

/* ---- specs ---- */

static void versions_agree(void **state)
{
    (void)state;
    char text[32];
    snprintf(
        text, sizeof text, "%d.%d.%d", BEAMTAP_VERSION_MAJOR, BEAMTAP_VERSION_MINOR, BEAMTAP_VERSION_PATCH);
    assert_string_equal(BEAMTAP_VERSION, text);
    assert_string_equal(beamtap_version(), text);
    assert_int_equal(beamtap_version_number(), BEAMTAP_VERSION_NUMBER);
    assert_true(strlen(beamtap_tls_version()) > 0);
}

static void a_spec_as_text(void **state)
{
    (void)state;
    static const char want[] =
        "{{queue,in,2},[{['$1','_'],[{is_list,'$1'}],[{exception_trace}]}],[local]}.\n";
    char text[sizeof want + 8], tokens[256];
    struct beamtap_spec *s = beamtap_spec_compile("queue:in(X,_) when is_list(X) -> return", &err);
    assert_non_null(s);
    assert_int_equal(
        beamtap_spec_text(s, BEAMTAP_STAGE_MATCH_SPEC, text, sizeof text, &err), sizeof want - 1);
    assert_string_equal(text, want);
    assert_int_equal(beamtap_spec_text(s, BEAMTAP_STAGE_MATCH_SPEC, text, 9, &err), sizeof want - 1);
    assert_string_equal(text, "{{queue,");
    assert_int_equal(beamtap_spec_text(s, BEAMTAP_STAGE_MATCH_SPEC, NULL, 0, NULL), sizeof want - 1);
    assert_true(beamtap_spec_text(s, BEAMTAP_STAGE_INSTALLED, NULL, 0, &err) > (ssize_t)sizeof want);
    MISUSE(beamtap_spec_text(s, BEAMTAP_STAGE_TREE, NULL, 0, &err) == -1, "MATCH_SPEC and INSTALLED");
    MISUSE(beamtap_spec_stage("a:b", BEAMTAP_STAGE_INSTALLED, NULL, 0, &err) == -1, "TREE and TOKENS");
    assert_true(beamtap_spec_stage("a:b(c", BEAMTAP_STAGE_TOKENS, tokens, sizeof tokens, NULL) > 0);
    assert_non_null(strstr(tokens, "c"));
    FAILS(beamtap_spec_stage("a:b(c", BEAMTAP_STAGE_TREE, NULL, 0, &err) == -1, BEAMTAP_ESPEC, "");
    beamtap_spec_free(s);
}

static void a_bad_spec_has_a_place(void **state)
{
    (void)state;
    const char *texts[] = {"a:b/1", "queue:in(X,_) when is_list(Y)"}, *nots[] = {"a:c/1", "Mod:f/1"};
    char where[200];
    struct beamtap_spec_opts o;
    beamtap_spec_opts_init(&o, sizeof o);
    o.specs = texts;
    o.n_specs = 2;
    FAILS(!beamtap_spec_new(&o, &err), BEAMTAP_ESPEC, "'Y'");
    assert_int_equal(told.text, 1);
    assert_int_equal(told.loc.line, 1);
    assert_int_equal(told.loc.col, 28);
    assert_true(beamtap_excerpt(texts[told.text], &told.loc, where, sizeof where) > 0);
    assert_non_null(strstr(where, "^"));
    assert_int_equal(beamtap_excerpt(NULL, &told.loc, where, sizeof where), -1);
    assert_int_equal(beamtap_excerpt("", &told.loc, where, sizeof where), 0);
    o.not_specs = nots;
    o.n_not_specs = 2;
    FAILS(!beamtap_spec_new(&o, &err), BEAMTAP_ESPEC, "");
    assert_int_equal(told.text, 1); /* those of not_specs come first */
    assert_null(beamtap_spec_new(&o, NULL));
    o.n_not_specs = 0;
    texts[1] = "a:b(_) when set_tcw(1)";
    o.to_trace = true;
    assert_null(beamtap_spec_new(&o, &err));
}

static void a_spec_that_only_times(void **state)
{
    (void)state;
    const char *text = "a:b -> return, stack";
    char got[1000];
    struct beamtap_spec_opts o;
    beamtap_spec_opts_init(&o, sizeof o);
    o.specs = &text;
    o.n_specs = 1;
    o.only_times = true;
    struct beamtap_spec *s = beamtap_spec_new(&o, &err);
    assert_true(beamtap_spec_text(s, BEAMTAP_STAGE_INSTALLED, got, sizeof got, &err) > 0);
    assert_non_null(strstr(got, "[local,return_to]"));
    assert_null(strstr(got, "current_stacktrace"));
    assert_null(strstr(got, "exception_trace"));
    beamtap_spec_free(s);
}

static void part_is(const struct beamtap_part *p, size_t text, bool is_not, enum beamtap_event_type type,
    bool takes_all, bool has_actions)
{
    assert_non_null(p);
    assert_int_equal(p->text, text);
    assert_int_equal(p->is_not, is_not);
    assert_int_equal(p->type, type);
    assert_int_equal(p->takes_all, takes_all);
    assert_int_equal(p->has_actions, has_actions);
}

static void what_specs_ask_for(void **state)
{
    (void)state;
    const char *texts[] = {"a:b/1", "a:b(X, _) -> return", "a:b(1)", "a:b/1 -> count", "send", "running"},
               *nots[] = {"a:c(2)"};
    struct beamtap_spec_opts o;
    beamtap_spec_opts_init(&o, sizeof o);
    o.specs = texts;
    o.n_specs = 6;
    o.not_specs = nots;
    o.n_not_specs = 1;
    struct beamtap_spec *s = beamtap_spec_new(&o, &err);
    assert_string_equal(err.msg, "");
    part_is(beamtap_spec_part(s, 0), 0, true, BEAMTAP_EVENT_CALL, false, false);
    part_is(beamtap_spec_part(s, 1), 1, false, BEAMTAP_EVENT_CALL, true, false);
    part_is(beamtap_spec_part(s, 2), 2, false, BEAMTAP_EVENT_CALL, true, true);
    part_is(beamtap_spec_part(s, 3), 3, false, BEAMTAP_EVENT_CALL, false, false);
    part_is(beamtap_spec_part(s, 4), 4, false, BEAMTAP_EVENT_CALL, true, false);
    part_is(beamtap_spec_part(s, 5), 5, false, BEAMTAP_EVENT_SEND, true, false);
    part_is(beamtap_spec_part(s, 6), 6, false, BEAMTAP_EVENT_RUNNING, true, false);
    assert_null(beamtap_spec_part(s, 7));
    beamtap_spec_free(s);
    s = beamtap_spec_compile("m:f(m#state{n = N})", &err); /* only parsed: a node is asked for the rest */
    assert_non_null(s);
    assert_null(beamtap_spec_part(s, 0));
    beamtap_spec_free(s);
    assert_null(beamtap_spec_part(NULL, 0));
    assert_null(beamtap_session_part(NULL, 0));
}

static void specs_that_are_none(void **state)
{
    (void)state;
    const char *texts[] = {"a:b/1", NULL}, *files[] = {"/nowhere/x.hrl"};
    struct beamtap_spec_opts o;
    MISUSE(!beamtap_spec_new(NULL, &err), "NULL");
    MISUSE(!beamtap_spec_compile(NULL, &err), "NULL");
    beamtap_spec_opts_init(&o, sizeof o);
    MISUSE(!beamtap_spec_new(&o, &err), "no trace pattern");
    o.n_specs = 1;
    MISUSE(!beamtap_spec_new(&o, &err), "NULL");
    o.specs = texts;
    o.n_specs = 2;
    MISUSE(!beamtap_spec_new(&o, &err), "NULL");
    o.n_specs = 1;
    o.scope = (enum beamtap_scope)7;
    MISUSE(!beamtap_spec_new(&o, &err), "scope 7");
    o.scope = BEAMTAP_SCOPE_AUTO;
    o.records = files;
    o.n_records = 1;
    MISUSE(!beamtap_spec_new(&o, &err), "/nowhere/x.hrl");
    MISUSE(beamtap_spec_text(NULL, BEAMTAP_STAGE_MATCH_SPEC, NULL, 0, &err) == -1, "NULL");
    MISUSE(beamtap_spec_stage(NULL, BEAMTAP_STAGE_TREE, NULL, 0, &err) == -1, "NULL");
    beamtap_spec_free(NULL);
}

/* The node has the records: until then the spec is only parsed. */
static void records_of_a_node(void **state)
{
    (void)state;
    struct beamtap_spec *s = beamtap_spec_compile("m:f(m#state{n = N}) -> return", &err);
    assert_non_null(s);
    assert_int_equal(beamtap_spec_text(s, BEAMTAP_STAGE_MATCH_SPEC, NULL, 0, &err), -1);
    assert_int_equal(err.code, BEAMTAP_ESPEC);
    beamtap_spec_free(s);
    FAILS(!beamtap_spec_compile("m:f(m#state{n = N)", &err), BEAMTAP_ESPEC, "");
}

/* ---- structs of other versions ---- */

struct later {
    struct beamtap_spec_opts o;
    int more[4];
};

static void structs_of_other_versions(void **state)
{
    (void)state;
    const char *text = "a:b/1";
    struct later l;
    memset(&l, 0x55, sizeof l);
    beamtap_spec_opts_init(&l.o, sizeof l);
    assert_int_equal(l.o.size, sizeof l);
    assert_int_equal(l.more[3], 0);
    l.o.specs = &text;
    l.o.n_specs = 1;
    struct beamtap_spec *s = beamtap_spec_new(&l.o, &err);
    assert_non_null(s);
    beamtap_spec_free(s);
    l.more[2] = 1;
    MISUSE(!beamtap_spec_new(&l.o, &err), "later version");
    l.o.size = 8;
    MISUSE(!beamtap_spec_new(&l.o, &err), "beamtap_spec_opts_init");
    /* no byte behind the size that is told is touched */
    memset(&l, 0x55, sizeof l);
    beamtap_spec_opts_init(&l.o, sizeof(size_t) + 4);
    assert_int_equal(((unsigned char *)&l)[sizeof(size_t) + 4], 0x55);
    memset(&l, 0x55, sizeof l);
    beamtap_spec_opts_init(&l.o, 3);
    assert_int_equal(*(unsigned char *)&l, 0x55);
    beamtap_spec_opts_init(NULL, 100);
    struct beamtap_session_opts so = {.size = 0};
    MISUSE(!beamtap_session_open(&so, &err), "beamtap_session_opts_init");
    struct beamtap_replay_opts ro = {.size = 0};
    MISUSE(!beamtap_replay_open(&ro, &err), "beamtap_replay_opts_init");
    struct beamtap_style style = {.size = 0};
    struct beamtap_term term = {(const unsigned char *)"a\1", 2};
    MISUSE(beamtap_term_format(&term, NULL, &style, NULL, 0, &err) == -1, "beamtap_style_init");
}

/* ---- sessions ---- */

static void options_out_of_range(void **state)
{
    (void)state;
    struct beamtap_spec *spec = beamtap_spec_compile("m:f(X) -> return", NULL);
    struct beamtap_session_opts o;
    const char *none[] = {NULL};
    beamtap_session_opts_init(&o, sizeof o);
    MISUSE(!beamtap_session_open(&o, &err), "no node");
    o.node = "app@127.0.0.1";
    MISUSE(!beamtap_session_open(&o, &err), "no spec");
    o.spec = spec;
    o.processes = none;
    o.n_processes = 1;
    MISUSE(!beamtap_session_open(&o, &err), "processes");
    o.n_processes = 0;
    struct {
        int64_t *field, value;
        const char *part;
    } bad[] = {{&o.count, 0, "count is 0"}, {&o.count, -2, "count"}, {&o.time_us, -2, "time_us"},
        {&o.rate, 0, "rate"}, {&o.rate_interval_us, 0, "rate_interval_us"}, {&o.burst, -1, "burst"},
        {&o.max_functions, 0, "max_functions"}, {&o.max_memory, 0, "max_memory"},
        {&o.max_term, -1, "max_term"}, {&o.max_load, -2, "max_load"}, {&o.grace_us, -1, "grace_us"},
        {&o.lease_us, 1000, "lease_us"}, {&o.wait_us, -1, "wait_us"},
        {&o.connect_timeout_us, 1, "--connect-timeout"}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        int64_t before = *bad[i].field;
        *bad[i].field = bad[i].value;
        MISUSE(!beamtap_session_open(&o, &err), bad[i].part);
        *bad[i].field = before;
    }
    o.count = o.time_us = o.rate = BEAMTAP_NO_LIMIT;
    MISUSE(!beamtap_session_open(&o, &err), "one of these limits");
    o.count = 1;
    o.args = (enum beamtap_args)9;
    MISUSE(!beamtap_session_open(&o, &err), "args is 9");
    o.args = BEAMTAP_ARGS_ALL;
    o.log = (void (*)(void *, const char *, const char *))abort;
    o.log_areas = "conn,wrong";
    MISUSE(!beamtap_session_open(&o, &err), "'wrong' is no area");
    o.log = NULL;
    o.ssh = "a";
    o.kubectl = "b";
    MISUSE(!beamtap_session_open(&o, &err), "one of");
    assert_null(beamtap_session_open(&o, NULL));
    beamtap_spec_free(spec);
}

static void nothing_is_nothing(void **state)
{
    (void)state;
    struct beamtap_summary sum = {.size = sizeof sum};
    MISUSE(!beamtap_session_open(NULL, &err), "NULL");
    MISUSE(!beamtap_replay_open(NULL, &err), "NULL");
    MISUSE(beamtap_session_start(NULL, &err) == -1, "NULL");
    MISUSE(beamtap_session_next(NULL, NULL, 0, &err) == BEAMTAP_NEXT_ERROR, "NULL");
    MISUSE(beamtap_session_tend(NULL, &err) == -1, "NULL");
    MISUSE(beamtap_session_summary(NULL, &sum, &err) == -1, "NULL");
    MISUSE(beamtap_event_format(NULL, NULL, NULL, 0, &err) == -1, "NULL");
    MISUSE(!beamtap_event_arg(NULL, 0, &err), "NULL");
    MISUSE(beamtap_term_format(NULL, NULL, NULL, NULL, 0, &err) == -1, "no bytes");
    MISUSE(!beamtap_output_open(NULL, NULL, &err), "NULL");
    MISUSE(beamtap_output_event(NULL, NULL, &err) == -1, "NULL");
    MISUSE(beamtap_output_flush(NULL, 0, &err) == -1, "NULL");
    assert_int_equal(beamtap_output_close(NULL, 0, &err), 0);
    assert_null(beamtap_session_info(NULL));
    assert_null(beamtap_session_function(NULL, 0));
    assert_null(beamtap_session_tally(NULL, 0));
    assert_int_equal(beamtap_session_fd(NULL), -1);
    assert_int_equal(beamtap_session_wait_ms(NULL), -1);
    beamtap_session_stop(NULL);
    beamtap_session_close(NULL);
    assert_string_equal(beamtap_reason_text((enum beamtap_reason)99), "");
    assert_string_equal(beamtap_reason_text(BEAMTAP_REASON_COUNT), "count");
    struct beamtap_replay_opts ro;
    beamtap_replay_opts_init(&ro, sizeof ro);
    MISUSE(!beamtap_replay_open(&ro, &err), "no file");
    const char *path = "/nowhere/a.btc";
    ro.paths = &path;
    ro.n_paths = 1;
    MISUSE(!beamtap_replay_open(&ro, &err), "/nowhere/a.btc");
}

static void terms_as_text(void **state)
{
    (void)state;
    static const unsigned char bytes[] = {131, 104, 2, 119, 2, 'o', 'k', 97, 1};
    struct beamtap_term term = {bytes, sizeof bytes}, bare = {bytes + 1, sizeof bytes - 1};
    struct beamtap_style style;
    char text[16];
    assert_int_equal(beamtap_term_format(&term, NULL, NULL, text, sizeof text, &err), 6);
    assert_string_equal(text, "{ok,1}");
    assert_int_equal(beamtap_term_format(&bare, "a@b", NULL, text, 4, &err), 6);
    assert_string_equal(text, "{ok");
    beamtap_style_init(&style, sizeof style);
    style.syntax = BEAMTAP_SYNTAX_ELIXIR;
    assert_true(beamtap_term_format(&term, NULL, &style, text, sizeof text, &err) > 0);
    assert_string_equal(text, "{:ok, 1}");
    term.len--;
    FAILS(
        beamtap_term_format(&term, NULL, NULL, text, sizeof text, &err) == -1, BEAMTAP_EPROTO, "whole term");
    style.syntax = (enum beamtap_syntax)3;
    MISUSE(beamtap_term_format(&bare, NULL, &style, text, sizeof text, &err) == -1, "no syntax 3");
}

static void names_as_text(void **state)
{
    (void)state;
    struct beamtap_style style;
    char text[32];
    assert_int_equal(beamtap_atom_format("queue", NULL, text, sizeof text, &err), 5);
    assert_string_equal(text, "queue");
    assert_int_equal(beamtap_atom_format("my mod\033", NULL, text, sizeof text, &err), 10);
    assert_string_equal(text, "'my mod\\e'");
    assert_int_equal(beamtap_atom_format("queue", NULL, NULL, 0, &err), 5);
    beamtap_style_init(&style, sizeof style);
    style.syntax = BEAMTAP_SYNTAX_ELIXIR;
    assert_int_equal(beamtap_atom_format("Elixir.Shop.Cart", &style, text, sizeof text, &err), 9);
    assert_string_equal(text, "Shop.Cart");
    MISUSE(beamtap_atom_format(NULL, NULL, text, sizeof text, &err) == -1, "NULL");
    style.syntax = (enum beamtap_syntax)3;
    MISUSE(beamtap_atom_format("a", &style, text, sizeof text, &err) == -1, "no syntax 3");
}

/* ---- a node that is played ---- */

#define EVENTS                                                                                               \
    {                                                                                                        \
        "", "{ev,2,1,100,[{trace_ts,<0.44.0>,call,{m,f,1},{0,a},{1000,1}},"                                  \
            "{trace_ts,<0.44.0>,return_from,{m,f,1},{ok,1},{336000,2}}]}"                                    \
    }
static const struct bt_peer_answer script[] = {STARTS, PLANS, ARMS, EVENTS, CLOSES, FINISHES, IS_CLEAN, END};
static const struct bt_peer_answer is_left[] = {STARTS, PLANS, FINISHES, IS_CLEAN, END};

static void plays(struct bt_link *l)
{
    bt_link_handshake(l);
    bt_link_converse(l, l->arg);
    bt_link_await_eof(l);
}

static struct beamtap_session *open_started(const struct bt_peer *p)
{
    char address[32];
    snprintf(address, sizeof address, "127.0.0.1:%d", p->port);
    struct beamtap_spec *spec = beamtap_spec_compile("m:f(X) -> return", NULL);
    struct beamtap_session_opts o;
    beamtap_session_opts_init(&o, sizeof o);
    o.node = BT_TEST_NODE;
    o.address = address;
    o.cookie = BT_PEER_COOKIE;
    o.spec = spec;
    o.count = 1;
    struct beamtap_session *s = beamtap_session_open(&o, &err);
    beamtap_spec_free(spec);
    assert_string_equal(err.msg, "");
    assert_non_null(s);
    return s;
}

/* Functions by their place; the sum; the reading before. */
static void what_the_vm_counts(void **state)
{
    (void)state;
    static const struct bt_peer_answer counts[] = {STARTS, FINDS,
        {"count", "{armed,<0.92.0>,2,0,1000000,0,[]}"}, {"", "{counts,2000,{5,0,0},[{0,{5,70,0}}]}"},
        {"", "{counts,3000,{12,0,0},[{0,{12,150,0}}]}"}, {"", "{closed,exhausted,[]}"}, FINISHES, IS_CLEAN,
        END};
    struct bt_peer peer;
    struct beamtap_session_opts o;
    const struct beamtap_event *ev;
    enum beamtap_next next;
    struct beamtap_spec *spec = beamtap_spec_compile("m:f/1", NULL),
                        *send = beamtap_spec_compile("send", NULL);
    char address[32];
    int n = 0;
    bt_peer_start(&peer, plays, counts);
    snprintf(address, sizeof address, "127.0.0.1:%d", peer.port);
    beamtap_session_opts_init(&o, sizeof o);
    o.node = BT_TEST_NODE;
    o.address = address;
    o.cookie = BT_PEER_COOKIE;
    o.kind = BEAMTAP_KIND_TIME;
    o.spec = send;
    MISUSE(!beamtap_session_open(&o, &err), "calls, not messages");
    o.spec = spec;
    o.interval_us = 10;
    MISUSE(!beamtap_session_open(&o, &err), "interval_us");
    o.interval_us = 1000000;
    struct beamtap_session *s = beamtap_session_open(&o, &err);
    assert_string_equal(err.msg, "");
    assert_null(beamtap_session_tally(s, 0));
    part_is(beamtap_session_part(s, 0), 0, false, BEAMTAP_EVENT_CALL, true, false);
    assert_null(beamtap_session_part(s, 1));
    assert_int_equal(beamtap_session_start(s, &err), 0);
    assert_int_equal(beamtap_session_tally(s, BEAMTAP_TALLY_SUM)->at_us, 1000); /* when it began */
    while ((next = beamtap_session_next(s, &ev, -1, &err)) == BEAMTAP_NEXT_EVENT)
        n += ev->type == BEAMTAP_EVENT_COUNTS;
    assert_int_equal(next, BEAMTAP_NEXT_END);
    assert_true(n > 0);
    const struct beamtap_tally *t = beamtap_session_tally(s, 0);
    assert_string_equal(t->function, "f");
    assert_int_equal(t->calls, 12);
    assert_int_equal(t->calls_before, 5);
    assert_int_equal(t->time_us, 150);
    assert_int_equal(t->at_us - t->before_us, 1000);
    assert_null(t->pid);
    assert_null(beamtap_session_tally(s, 1));
    assert_int_equal(beamtap_session_tally(s, BEAMTAP_TALLY_SUM)->calls, 12);
    beamtap_session_close(s);
    beamtap_spec_free(spec);
    beamtap_spec_free(send);
    assert_int_equal(bt_peer_end(&peer), 0);
}

static struct beamtap_session *open_peer(struct bt_peer *p, const struct bt_peer_answer *answers)
{
    bt_peer_start(p, plays, answers);
    return open_started(p);
}

static void check_call(const struct beamtap_event *ev)
{
    char text[256];
    assert_int_equal(ev->type, BEAMTAP_EVENT_CALL);
    assert_string_equal(ev->node, BT_TEST_NODE);
    assert_string_equal(ev->pid, "<0.44.0>");
    assert_string_equal(ev->module, "m");
    assert_string_equal(ev->function, "f");
    assert_int_equal(ev->arity, 1);
    assert_int_equal(ev->seq, 1);
    const struct beamtap_arg *arg = beamtap_event_arg(ev, 0, &err);
    assert_non_null(arg);
    assert_string_equal(arg->text, "a");
    assert_null(beamtap_event_arg(ev, 1, &err));
    assert_int_equal(err.code, BEAMTAP_OK);
    ssize_t n = beamtap_event_format(ev, NULL, text, sizeof text, &err);
    assert_true(n > 0);
    assert_string_equal(text + sizeof "00:00:00.000000", "<0.44.0> m:f(a)\n");
    assert_int_equal(beamtap_event_format(ev, NULL, text, 6, &err), n);
    assert_int_equal(strlen(text), 5);
}

static void check_return(const struct beamtap_event *ev)
{
    char text[400];
    struct beamtap_style style;
    beamtap_style_init(&style, sizeof style);
    style.format = BEAMTAP_FORMAT_JSON;
    assert_int_equal(ev->type, BEAMTAP_EVENT_RETURN);
    assert_int_equal(ev->duration_ns, 335000);
    assert_null(beamtap_event_arg(ev, 0, &err));
    for (int i = 0; i < 2; i++) { /* each time the same */
        assert_true(beamtap_event_format(ev, &style, text, sizeof text, &err) > 0);
        assert_non_null(strstr(text, "{\"event\":\"return\",\"seq\":2,"));
        assert_non_null(strstr(text, "\"value_text\":\"{ok,1}\",\"duration_ns\":335000}\n"));
    }
    style.format = BEAMTAP_FORMAT_TEXT;
    style.time = BEAMTAP_TIME_NONE;
    assert_true(beamtap_event_format(ev, &style, text, sizeof text, &err) > 0);
    assert_string_equal(text, "<0.44.0> m:f/1 --> {ok,1}  335us\n");
    style.format = BEAMTAP_FORMAT_CAPTURE;
    MISUSE(beamtap_event_format(ev, &style, text, sizeof text, &err) == -1, "TEXT and JSON");
    assert_true(beamtap_term_format(&ev->value, ev->node, NULL, text, sizeof text, &err) > 0);
    assert_string_equal(text, "{ok,1}");
}

static void a_session_from_end_to_end(void **state)
{
    (void)state;
    struct bt_peer peer;
    const struct beamtap_event *ev = NULL;
    struct beamtap_summary sum = {.size = sizeof sum};
    int n_fds = bt_test_n_fds();
    struct beamtap_session *s = open_peer(&peer, script);
    assert_int_equal(beamtap_session_info(s)->otp, 25);
    assert_int_equal(beamtap_session_info(s)->start_wall_ns, 0);
    MISUSE(beamtap_session_next(s, &ev, 0, &err) == BEAMTAP_NEXT_ERROR, "not started");
    assert_int_equal(beamtap_session_wait_ms(s), -1);
    assert_int_equal(beamtap_session_start(s, &err), 0);
    MISUSE(beamtap_session_start(s, &err) == -1, "started before");
    err.code = BEAMTAP_OK;
    assert_true(beamtap_session_info(s)->start_wall_ns > 0);
    assert_true(beamtap_session_wait_ms(s) >= 0 && beamtap_session_fd(s) >= 0);
    assert_string_equal(beamtap_session_function(s, 0)->function, "f");
    assert_null(beamtap_session_function(s, 1));
    assert_int_equal(beamtap_session_next(s, &ev, 5000, &err), BEAMTAP_NEXT_EVENT);
    check_call(ev);
    struct beamtap_event copy = *ev;
    assert_int_equal(beamtap_session_next(s, &ev, 5000, &err), BEAMTAP_NEXT_EVENT);
    MISUSE(beamtap_event_format(&copy, NULL, NULL, 0, &err) == -1, "no longer");
    MISUSE(!beamtap_event_arg(&copy, 0, &err), "no longer");
    check_return(ev);
    copy = *ev;
    enum beamtap_next next;
    while ((next = beamtap_session_next(s, &ev, -1, &err)) == BEAMTAP_NEXT_EVENT) /* skipped calls */
        copy = *ev;
    assert_int_equal(next, BEAMTAP_NEXT_END);
    assert_int_equal(beamtap_session_next(s, &ev, -1, &err), BEAMTAP_NEXT_END);
    MISUSE(beamtap_event_format(&copy, NULL, NULL, 0, &err) == -1, "no longer");
    assert_int_equal(beamtap_session_summary(s, &sum, &err), 0);
    assert_int_equal(sum.calls, 1);
    assert_int_equal(sum.returns, 1);
    assert_int_equal(sum.reason, BEAMTAP_REASON_COUNT);
    assert_true(sum.is_clean);
    struct beamtap_summary small = {.size = offsetof(struct beamtap_summary, calls)};
    small.calls = 77;
    assert_int_equal(beamtap_session_summary(s, &small, &err), 0);
    assert_int_equal(small.reason, BEAMTAP_REASON_COUNT);
    assert_int_equal(small.calls, 77);
    small.size = 0;
    MISUSE(beamtap_session_summary(s, &small, &err) == -1, "size");
    beamtap_session_close(s);
    assert_int_equal(bt_peer_end(&peer), 0);
    assert_int_equal(bt_test_n_fds(), n_fds);
}

static void a_session_that_is_not_started(void **state)
{
    (void)state;
    struct bt_peer peer;
    struct beamtap_output_opts o;
    char path[] = "/tmp/bt_lib_XXXXXX";
    int fd = mkstemp(path);
    struct beamtap_session *s = open_peer(&peer, is_left);
    unlink(path);
    beamtap_output_opts_init(&o, sizeof o);
    o.path = path;
    struct beamtap_output *out = beamtap_output_open(s, &o, &err);
    assert_non_null(out);
    assert_int_equal(access(path, F_OK), 0);
    assert_int_equal(beamtap_output_close(out, 0, &err), 0);
    assert_int_equal(access(path, F_OK), -1); /* nothing was traced: no file is left */
    beamtap_session_stop(s);
    beamtap_session_close(s);
    close(fd);
    assert_int_equal(bt_peer_end(&peer), 0);
}

/* In one loop, each with its own events. */
static void two_sessions_at_once(void **state)
{
    (void)state;
    struct bt_peer peers[2];
    bt_peer_start(
        &peers[0], plays, script); /* both before the first descriptor is there that a child could keep */
    bt_peer_start(&peers[1], plays, script);
    struct beamtap_session *s[2] = {open_started(&peers[0]), open_started(&peers[1])};
    int n_events[2] = {0, 0}, n_over = 0;
    bool is_over[2] = {false, false};
    assert_int_not_equal(beamtap_session_fd(s[0]), beamtap_session_fd(s[1]));
    assert_int_equal(beamtap_session_start(s[1], &err), 0);
    assert_int_equal(beamtap_session_start(s[0], &err), 0);
    while (n_over < 2) {
        struct pollfd fds[2];
        int wait = 1000;
        for (int i = 0; i < 2; i++) {
            const struct beamtap_event *ev;
            enum beamtap_next next =
                is_over[i] ? BEAMTAP_NEXT_NOTHING : beamtap_session_next(s[i], &ev, 0, &err);
            assert_int_not_equal(next, BEAMTAP_NEXT_ERROR);
            n_events[i] += next == BEAMTAP_NEXT_EVENT && ev->type <= BEAMTAP_EVENT_OTHER;
            is_over[i] = is_over[i] || next == BEAMTAP_NEXT_END;
            n_over += next == BEAMTAP_NEXT_END;
            if (next != BEAMTAP_NEXT_NOTHING)
                wait = 0;
            else if (beamtap_session_wait_ms(s[i]) >= 0 && beamtap_session_wait_ms(s[i]) < wait)
                wait = beamtap_session_wait_ms(s[i]);
            fds[i] = (struct pollfd){.fd = is_over[i] ? -1 : beamtap_session_fd(s[i]), .events = POLLIN};
        }
        poll(fds, 2, wait);
    }
    for (int i = 0; i < 2; i++) {
        assert_int_equal(n_events[i], 2);
        beamtap_session_close(s[i]);
        assert_int_equal(bt_peer_end(&peers[i]), 0);
    }
}

/* What a thread of its own does; NULL: all went well. cmocka's assertions are for the main thread. */
static void *run_alone(void *peer)
{
    char address[32], line[200];
    struct beamtap_err e = {0};
    struct beamtap_session_opts o;
    const struct beamtap_event *ev;
    enum beamtap_next next = BEAMTAP_NEXT_ERROR;
    struct beamtap_spec *spec = beamtap_spec_compile("m:f(X) -> return", &e);
    int n_events = 0;
    snprintf(address, sizeof address, "127.0.0.1:%d", ((struct bt_peer *)peer)->port);
    beamtap_session_opts_init(&o, sizeof o);
    o.node = BT_TEST_NODE;
    o.address = address;
    o.cookie = BT_PEER_COOKIE;
    o.spec = spec;
    o.count = 1;
    struct beamtap_session *s = beamtap_session_open(&o, &e);
    if (s && beamtap_session_start(s, &e) == 0) {
        while ((next = beamtap_session_next(s, &ev, -1, &e)) == BEAMTAP_NEXT_EVENT)
            n_events +=
                ev->type <= BEAMTAP_EVENT_OTHER && beamtap_event_format(ev, NULL, line, sizeof line, &e) > 0;
    }
    beamtap_session_close(s);
    beamtap_spec_free(spec);
    return next == BEAMTAP_NEXT_END && n_events == 2 ? NULL : peer;
}

static void a_session_in_each_thread(void **state)
{
    (void)state;
    struct bt_peer peers[4];
    pthread_t threads[4];
    void *wrong = NULL;
    for (int i = 0; i < 4; i++)
        bt_peer_start(&peers[i], plays, script);
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, run_alone, &peers[i]), 0);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(pthread_join(threads[i], &wrong), 0);
        assert_null(wrong);
        assert_int_equal(bt_peer_end(&peers[i]), 0);
    }
}

/* ---- outputs ---- */

static const char *const capture = BT_SOURCE_DIR "/tests/golden/replay/calls.btc";

static struct beamtap_session *open_capture(void)
{
    struct beamtap_replay_opts o;
    beamtap_replay_opts_init(&o, sizeof o);
    o.paths = &capture;
    o.n_paths = 1;
    struct beamtap_session *s = beamtap_replay_open(&o, &err);
    assert_non_null(s);
    assert_int_equal(beamtap_session_start(s, &err), 0);
    return s;
}

static void outputs_that_are_none(void **state)
{
    (void)state;
    struct beamtap_session *s = open_capture();
    struct beamtap_output_opts o;
    struct beamtap_style style;
    beamtap_style_init(&style, sizeof style);
    MISUSE(!beamtap_output_open(s, NULL, &err), "NULL");
    beamtap_output_opts_init(&o, sizeof o);
    o.fd = -1;
    MISUSE(!beamtap_output_open(s, &o, &err), "descriptor");
    o.rotate_size = 10;
    MISUSE(!beamtap_output_open(s, &o, &err), "rotate_size");
    o.rotate_size = 0;
    o.path = "/tmp/a%q";
    MISUSE(!beamtap_output_open(s, &o, &err), "%q");
    o.path = "/nowhere/a";
    FAILS(!beamtap_output_open(s, &o, &err), BEAMTAP_EOUTPUT, "/nowhere/a");
    o.style = &style;
    o.append = true;
    style.format = BEAMTAP_FORMAT_PERFETTO;
    MISUSE(!beamtap_output_open(s, &o, &err), "append");
    style.format = (enum beamtap_format)4;
    MISUSE(!beamtap_output_open(s, &o, &err), "no format 4");
    beamtap_session_close(s);
}

/* A pipe that nobody reads, then one whose reader is gone. */
static void readers_who_do_not_read(void **state)
{
    (void)state;
    struct beamtap_session *s = open_capture(), *other = open_capture();
    const struct beamtap_event *ev, *of_other;
    struct beamtap_output_opts o;
    int fds[2];
    signal(SIGPIPE, SIG_IGN);
    assert_int_equal(pipe(fds), 0);
    fcntl(fds[1], F_SETFL, O_NONBLOCK);
    beamtap_output_opts_init(&o, sizeof o);
    o.fd = fds[1];
    struct beamtap_output *out = beamtap_output_open(s, &o, &err);
    assert_int_equal(beamtap_session_next(s, &ev, 0, &err), BEAMTAP_NEXT_EVENT);
    assert_int_equal(beamtap_session_next(other, &of_other, 0, &err), BEAMTAP_NEXT_EVENT);
    MISUSE(beamtap_output_event(out, of_other, &err) == -1, "another session");
    int rc = 0, n = 0;
    while ((rc = beamtap_output_event(out, ev, &err)) == 0 && n < 1000000)
        n++;
    assert_int_equal(rc, 1);
    assert_int_equal(beamtap_output_flush(out, 0, &err), 1);
    assert_int_equal(beamtap_output_flush(out, 10, &err), 1);
    close(fds[0]);
    FAILS(beamtap_output_flush(out, 1000, &err) == -1, BEAMTAP_EOUTPUT, "gone");
    assert_int_equal(told.sys, EPIPE);
    FAILS(beamtap_output_event(out, ev, &err) == -1, BEAMTAP_EOUTPUT, "gone");
    FAILS(beamtap_output_close(out, 0, &err) == -1, BEAMTAP_EOUTPUT, "gone");
    close(fds[1]);
    beamtap_session_close(other);
    beamtap_session_close(s);
}

/* All formats; a copy of a capture gives the same events again. */
static void a_replay_into_each_format(void **state)
{
    (void)state;
    static const char *const ends[] = {"\n", "}\n", "\n]\n", ""};
    for (int format = BEAMTAP_FORMAT_TEXT; format <= BEAMTAP_FORMAT_CAPTURE; format++) {
        struct beamtap_session *s = open_capture();
        const struct beamtap_event *ev;
        struct beamtap_output_opts o;
        struct beamtap_style style;
        char path[] = "/tmp/bt_lib_XXXXXX", text[200000];
        uint64_t n_events = 0;
        int fd = mkstemp(path);
        beamtap_style_init(&style, sizeof style);
        style.format = (enum beamtap_format)format;
        beamtap_output_opts_init(&o, sizeof o);
        o.style = &style;
        o.fd = fd;
        struct beamtap_output *out = beamtap_output_open(s, &o, &err);
        assert_non_null(out);
        while (beamtap_session_next(s, &ev, 0, &err) == BEAMTAP_NEXT_EVENT) {
            n_events++;
            assert_int_equal(ev->seq, n_events);
            assert_int_equal(beamtap_output_event(out, ev, &err), 0);
            for (size_t i = 0; beamtap_event_arg(ev, i, &err);)
                i++;
        }
        assert_int_equal(beamtap_output_close(out, -1, &err), 0);
        beamtap_session_close(s);
        ssize_t n = pread(fd, text, sizeof text, 0);
        assert_true(n_events > 3 && n > 100);
        size_t len = strlen(ends[format]);
        assert_memory_equal(text + n - len, ends[format], len);
        if (format == BEAMTAP_FORMAT_CAPTURE) {
            struct beamtap_replay_opts ro;
            const char *p = path;
            beamtap_replay_opts_init(&ro, sizeof ro);
            ro.paths = &p;
            ro.n_paths = 1;
            s = beamtap_replay_open(&ro, &err);
            assert_non_null(s);
            assert_int_equal(beamtap_session_start(s, &err), 0);
            while (beamtap_session_next(s, &ev, 0, &err) == BEAMTAP_NEXT_EVENT)
                n_events--;
            assert_int_equal(n_events, 0);
            beamtap_session_close(s);
        }
        close(fd);
        unlink(path);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(versions_agree, setup),
        cmocka_unit_test_setup(a_spec_as_text, setup),
        cmocka_unit_test_setup(a_bad_spec_has_a_place, setup),
        cmocka_unit_test_setup(a_spec_that_only_times, setup),
        cmocka_unit_test_setup(what_specs_ask_for, setup),
        cmocka_unit_test_setup(specs_that_are_none, setup),
        cmocka_unit_test_setup(records_of_a_node, setup),
        cmocka_unit_test_setup(structs_of_other_versions, setup),
        cmocka_unit_test_setup(options_out_of_range, setup),
        cmocka_unit_test_setup(nothing_is_nothing, setup),
        cmocka_unit_test_setup(terms_as_text, setup),
        cmocka_unit_test_setup(names_as_text, setup),
        cmocka_unit_test_setup(a_session_from_end_to_end, setup),
        cmocka_unit_test_setup(a_session_that_is_not_started, setup),
        cmocka_unit_test_setup(what_the_vm_counts, setup),
        cmocka_unit_test_setup(two_sessions_at_once, setup),
        cmocka_unit_test_setup(a_session_in_each_thread, setup),
        cmocka_unit_test_setup(outputs_that_are_none, setup),
        cmocka_unit_test_setup(readers_who_do_not_read, setup),
        cmocka_unit_test_setup(a_replay_into_each_format, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
