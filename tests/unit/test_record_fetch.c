/*
 * test_record_fetch.c - record definitions asked of a scripted node.
 */
#include "check.h"

#include <string.h>

#include "node/record_fetch.h"
#include "peer.h"
#include "terms.h"

#define SCANS                                                                                                \
    {                                                                                                        \
        "erl_scan:string", "{ok,[{atom,1,x}],1}"                                                             \
    }
#define PARSES                                                                                               \
    {                                                                                                        \
        "erl_parse:parse_exprs", "{ok,[{atom,1,x}]}"                                                         \
    }

static void converses(struct bt_link *l)
{
    bt_link_handshake(l);
    bt_link_converse(l, l->arg);
    bt_link_await_eof(l);
}

/* Asks a node that answers by the script for module m. */
static int fetch(const struct bt_peer_answer *script, struct bt_arena *a, struct bt_record_fetched *out,
    struct beamtap_err *err)
{
    struct bt_peer p;
    bt_peer_start(&p, converses, script);
    struct bt_conn_opts o = {
        .node = BT_TEST_NODE, .cookie = BT_PEER_COOKIE, .port = p.port, .timeout_ms = 5000};
    struct bt_conn *c = bt_conn_open(&o, err);
    assert_non_null(c);
    int rc = bt_record_fetch(c, "m", 64 << 20, a, out, err);
    bt_conn_close(c);
    assert_int_equal(bt_peer_end(&p), 0);
    return rc;
}

static void definitions_come_as_text(void **state)
{
    (void)state;
    static const struct bt_peer_answer script[] = {SCANS, PARSES,
        {"erl_eval:exprs", "{value,{ok,<<\"-record(s,{n = 1}).\n\">>,false},[]}"}, {NULL, NULL}};
    struct bt_arena a = BT_ARENA_INIT;
    struct bt_record_fetched got;
    struct bt_records t;
    struct beamtap_err err = {0};
    assert_int_equal(fetch(script, &a, &got, &err), 0);
    assert_false(got.is_other);
    bt_records_init(&t, &a);
    assert_int_equal(bt_records_read(&t, &got.text, NULL, &err), 0);
    assert_non_null(bt_records_find(&t, "m", "s"));
    bt_arena_done(&a);
}

static void another_version_is_noted(void **state)
{
    (void)state;
    static const struct bt_peer_answer script[] = {
        SCANS, PARSES, {"erl_eval:exprs", "{value,{ok,<<\"\">>,true},[]}"}, {NULL, NULL}};
    struct bt_arena a = BT_ARENA_INIT;
    struct bt_record_fetched got;
    assert_int_equal(fetch(script, &a, &got, NULL), 0);
    assert_true(got.is_other);
    assert_int_equal(got.text.len, 0);
    bt_arena_done(&a);
}

/* What erl_eval:exprs answers, and what is said. */
static const struct {
    const char *answer;
    enum beamtap_code code;
    const char *part;
} refusals[] = {
    {"{value,no_module,[]}", BEAMTAP_ESPEC, "app@127.0.0.1 knows no module 'm'"},
    {"{value,no_file,[]}", BEAMTAP_ESPEC,
        "has no code file of module 'm'; read them from a file: --records FILE.hrl"},
    {"{value,no_debug_info,[]}", BEAMTAP_ESPEC, "without debug information"},
    {"{value,too_big,[]}", BEAMTAP_ESPEC, "more than 8 MB of text"},
    {"{value,{error,key_missing_or_invalid},[]}", BEAMTAP_ESPEC,
        "cannot be read on app@127.0.0.1; read them"},
    {"{badrpc,{'EXIT',killed}}", BEAMTAP_ESPEC, "more memory on app@127.0.0.1 than --max-memory allows"},
    {"{badrpc,{'EXIT',{undef,[]}}}", BEAMTAP_EPROTO, "unexpected answer to erl_eval:exprs: {badrpc,"},
    {"{value,{ok,notext,false},[]}", BEAMTAP_EPROTO,
        "unexpected answer to erl_eval:exprs: {ok,notext,false}"},
    {"{value,{ok,<<\"\">>},[]}", BEAMTAP_EPROTO, "unexpected answer"},
    {"{value,[],[]}", BEAMTAP_EPROTO, "unexpected answer"},
    {"{value,!6d7fffffff}", BEAMTAP_EPROTO, "unexpected answer"},
    {"{errors,x}", BEAMTAP_EPROTO, "unexpected answer to erl_eval:exprs: {errors,x}"},
    {"[]", BEAMTAP_EPROTO, "unexpected answer"},
};

static void refusals_are_told(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        const struct bt_peer_answer script[] = {
            SCANS, PARSES, {"erl_eval:exprs", refusals[i].answer}, {NULL, NULL}};
        struct bt_arena a = BT_ARENA_INIT;
        struct bt_record_fetched got;
        struct beamtap_err err = {0};
        assert_int_equal(fetch(script, &a, &got, &err), -1);
        assert_err(&err, refusals[i].code, refusals[i].part);
        bt_arena_done(&a);
    }
}

static void odd_answers_on_the_way(void **state)
{
    (void)state;
    static const struct bt_peer_answer scripts[][3] = {
        {{"erl_scan:string", "{error,x,1}"}, {NULL, NULL}, {NULL, NULL}},
        {{"erl_scan:string", "{badrpc,nodedown}"}, {NULL, NULL}, {NULL, NULL}},
        {SCANS, {"erl_parse:parse_exprs", "{error,x}"}, {NULL, NULL}},
        {SCANS, {"erl_parse:parse_exprs", "{badrpc,{'EXIT',x}}"}, {NULL, NULL}},
        {{"erl_scan:string", "{ok}"}, {NULL, NULL}, {NULL, NULL}},
        {{"erl_scan:string", "{ok,!ff,1}"}, {NULL, NULL}, {NULL, NULL}},
    };
    for (size_t i = 0; i < sizeof scripts / sizeof scripts[0]; i++) {
        struct bt_arena a = BT_ARENA_INIT;
        struct bt_record_fetched got;
        struct beamtap_err err = {0};
        assert_int_equal(fetch(scripts[i], &a, &got, &err), -1);
        assert_err(&err, BEAMTAP_EPROTO, "unexpected answer to ");
        bt_arena_done(&a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(definitions_come_as_text),
        cmocka_unit_test(another_version_is_noted),
        cmocka_unit_test(refusals_are_told),
        cmocka_unit_test(odd_answers_on_the_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
