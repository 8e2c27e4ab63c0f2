/*
 * test_formats.c - events as JSON lines and as Chrome trace events, to the byte.
 */
#include "check.h"

#include <string.h>

#include "out/json_term.h"
#include "out/jsonl.h"
#include "out/perfetto.h"
#include "outs.h"
#include "terms.h"

static struct bt_arena arena;
static struct bt_out *out;
static struct bt_out_head head;
static const struct bt_print_opts plain;

static int setup(void **state)
{
    (void)state;
    arena = (struct bt_arena)BT_ARENA_INIT;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    bt_buf_done(&out->sink.buf);
    out->ops->free(out);
    bt_arena_done(&arena);
    return 0;
}

static void begin(struct bt_out *made, const char *spec)
{
    const char **specs = bt_arena_array(&arena, 1, sizeof *specs);
    assert_non_null(made);
    assert_non_null(specs);
    specs[0] = spec;
    out = made;
    head = bt_test_head(&arena, specs, 1);
    out->ops->begin(out, &head);
}

static void assert_record(const struct bt_event *ev, const char *text)
{
    out->ops->event(out, ev);
    assert_text(&out->sink.buf, text);
}

/* ---- JSON lines ---- */

#define WHO                                                                                                  \
    "\"node\":\"app@127.0.0.1\",\"time\":\"2023-11-14T22:13:20.123456789Z\",\"time_ns\":"                    \
    "\"1700000000123456789\""
#define PAIR "\"pid\":\"<0.44.0>\",\"module\":\"shop\",\"function\":\"put\",\"arity\":2"

static void json_calls(void **state)
{
    (void)state;
    begin(bt_jsonl_out_new(&plain), "shop:put({ok, X}, _)");
    assert_record(bt_test_event(&arena, "{trace_ts,<0.44.0>,call,{shop,put,2},{0,'a\"b'},{1,1}}"),
        "{\"event\":\"call\",\"seq\":1," WHO "," PAIR
        ",\"args_text\":[\"{ok,'a\\\"b'}\",\"_\"],\"args\":[null,null]}\n");
}

static void json_calls_with_all_arguments(void **state)
{
    (void)state;
    begin(bt_jsonl_out_new(&plain), "shop:put/2 -> caller");
    assert_record(bt_test_event(&arena, "{trace_ts,<0.44.0>,call,{shop,put,2},{0,[1,2],{web,get,1}},{1,1}}"),
        "{\"event\":\"call\",\"seq\":1," WHO "," PAIR
        ",\"args_text\":[\"1\",\"2\"],\"args\":[1,2],\"caller\":{\"module\":\"web\",\"function\":\"get\","
        "\"arity\":1}}\n");
    assert_record(bt_test_event(&arena, "{trace_ts,<0.44.0>,call,{shop,put,2},{0,[],undefined},{1,1}}"),
        "{\"event\":\"call\",\"seq\":2," WHO "," PAIR ",\"args_text\":[],\"args\":[],\"caller\":null}\n");
}

/* One term as a JSON value. */
static void assert_json(const char *bytes, size_t len, const char *json)
{
    struct bt_buf got = {0}, scratch = {0};
    const struct bt_print_opts opts = {0};
    bt_json_term(&got, (struct bt_slice){(const uint8_t *)bytes, len}, &opts, &scratch);
    assert_text(&got, json);
    bt_buf_done(&got);
    bt_buf_done(&scratch);
}
#define JSON(bytes, json) assert_json(bytes, sizeof bytes - 1, json)

static void json_terms(void **state)
{
    (void)state;
    JSON("w\4true", "true");
    JSON("w\3nil", "null");
    JSON("w\2\xc3\xa9", "\"\xc3\xa9\"");
    JSON("s\1\xe9", "\"\xc3\xa9\""); /* an atom in latin-1 */
    JSON("b\xff\xff\xff\xff", "-1");
    JSON("n\7\0\0\0\0\0\0\0\x20", "\"9007199254740992\"");
    JSON("n\7\0\xff\xff\xff\xff\xff\xff\x1f", "9007199254740991");
    JSON("n\x09\1\0\0\0\0\0\0\0\0\1", "\"-18446744073709551616\"");
    JSON("F\x3f\xf8\0\0\0\0\0\0", "1.5");
    JSON("m\0\0\0\3a\"\n", "\"a\\\"\\n\"");
    JSON("m\0\0\0\1\x80", "\"<<128>>\"");
    JSON("M\0\0\0\1\4\x80", "\"<<8:4>>\"");
    JSON("j", "[]");
    JSON("k\0\2hi", "\"hi\"");
    JSON("k\0\2\1\2", "[1,2]");
    JSON("l\0\0\0\1b\0\0\4\x22j", "\"\xd0\xa2\"");
    JSON("l\0\0\0\1w\1aj", "[\"a\"]");
    JSON("l\0\0\0\1w\1aw\1b", "\"[a|b]\"");
    JSON("h\0", "[]");
    JSON("h\2a\1t\0\0\0\3w\1aa\1m\0\0\0\1\"a\2h\1a\1j", "[1,{\"a\":1,\"\\\"\":2,\"{1}\":[]}]");
    JSON("h\2a\1", "null"); /* cut */
    char deep[2 * BT_JSON_MAX_DEPTH + 5] = "";
    for (size_t i = 0; i <= BT_JSON_MAX_DEPTH; i++)
        memcpy(deep + 2 * i, "h\1", 2);
    memcpy(deep + 2 * BT_JSON_MAX_DEPTH + 2, "a\1", 2);
    struct bt_buf got = {0}, scratch = {0};
    const struct bt_print_opts opts = {0};
    assert_true(bt_json_term(
        &got, (struct bt_slice){(const uint8_t *)deep, 2 * BT_JSON_MAX_DEPTH + 4}, &opts, &scratch));
    assert_non_null(strstr(bt_buf_cstr(&got), "[\"{1}\"]"));
    bt_buf_done(&got);
    bt_buf_done(&scratch);
}

static void json_without_arguments(void **state)
{
    (void)state;
    begin(bt_jsonl_out_new(&plain), "shop:put/2");
    head.args = BT_ARGS_MODE_ARITY;
    out->ops->begin(out, &head);
    assert_record(bt_test_event(&arena, "{trace_ts,<0.44.0>,call,{shop,put,2},{0},{1,1}}"),
        "{\"event\":\"call\",\"seq\":1," WHO "," PAIR "}\n");
}

static void json_stacks(void **state)
{
    (void)state;
    begin(bt_jsonl_out_new(&plain), "shop:put(_, _) -> stack");
    assert_record(
        bt_test_event(&arena,
            "{trace_ts,<0.44.0>,call,{shop,put,2},{0,[{web,get,1,[{file,!6b00077765622e65726c},{line,7}]},"
            "{proc_lib,init_p,3,[]}]},{1,1}}"),
        "{\"event\":\"call\",\"seq\":1," WHO "," PAIR ",\"args_text\":[\"_\",\"_\"],\"args\":[null,null],"
        "\"stack\":[{\"module\":\"web\",\"function\":\"get\",\"arity\":1,\"file\":\"web.erl\",\"line\":7},"
        "{\"module\":\"proc_lib\",\"function\":\"init_p\",\"arity\":3}]}\n");
}

static void json_outcomes(void **state)
{
    (void)state;
    struct bt_event *ev;
    begin(bt_jsonl_out_new(&plain), "shop:put/2 -> return");
    ev = bt_test_event(&arena, "{trace_ts,<0.44.0>,return_from,{shop,put,2},7,{1,1}}");
    ev->duration_ns = 335123;
    ev->name = (struct bt_slice){(const uint8_t *)"till", 4};
    assert_record(ev,
        "{\"event\":\"return\",\"seq\":1," WHO ",\"pid\":\"<0.44.0>\",\"name\":\"till\",\"module\":\"shop\","
        "\"function\":\"put\",\"arity\":2,\"value\":7,\"value_text\":\"7\",\"duration_ns\":335123}\n");
    assert_record(bt_test_event(&arena, "{trace_ts,<0.44.0>,exception_from,{shop,put,2},{error,3},{1,1}}"),
        "{\"event\":\"exception\",\"seq\":2," WHO "," PAIR
        ",\"class\":\"error\",\"reason\":3,\"reason_text\":\"3\"}\n");
    /* what the node left out has no value */
    assert_record(
        bt_test_event(&arena, "{trace_ts,<0.44.0>,return_from,{shop,put,2},{'$beamtap_big',99000000},{1,1}}"),
        "{\"event\":\"return\",\"seq\":3," WHO "," PAIR ",\"value_text\":\"<94 MB, left out>\"}\n");
}

static void json_messages_and_processes(void **state)
{
    (void)state;
    begin(bt_jsonl_out_new(&plain), "send");
    assert_record(bt_test_event(&arena, "{trace_ts,<0.44.0>,send,5,shop,{0},{1,1}}"),
        "{\"event\":\"send\",\"seq\":1," WHO
        ",\"pid\":\"<0.44.0>\",\"value\":5,\"value_text\":\"5\",\"to\":\"shop\"}\n");
    assert_record(bt_test_event(&arena, "{trace_ts,<0.44.0>,event,{0,spawn},{<0.45.0>,{shop,init,1}},{1,1}}"),
        "{\"event\":\"spawn\",\"seq\":2," WHO ",\"pid\":\"<0.44.0>\",\"child\":\"<0.45.0>\",\"module\":"
        "\"shop\",\"function\":\"init\",\"arity\":1}\n");
    assert_record(bt_test_event(&arena, "{trace_ts,<0.44.0>,event,{0,gc},{minor,100,50,1200},{1,1}}"),
        "{\"event\":\"gc\",\"seq\":3," WHO ",\"pid\":\"<0.44.0>\",\"kind\":\"minor\",\"before_bytes\":100,"
        "\"after_bytes\":50,\"duration_ns\":1200}\n");
}

static void json_gaps_and_the_end(void **state)
{
    (void)state;
    struct bt_event ev = {.type = BT_EVENT_SKIPPED, .amount = 999900, .wall_ns = BT_TEST_WALL_NS};
    struct bt_out_count count = {"shop", "put", 2, 5122};
    struct bt_out_end end = {.reason = "count",
        .wall_ns = BT_TEST_WALL_NS,
        .received = 10,
        .printed = 6,
        .filtered = 3,
        .lost = 1,
        .shown = 4,
        .returns = 2,
        .skipped = -1,
        .is_clean = true,
        .counts = &count,
        .n_counts = 1};
    begin(bt_jsonl_out_new(&plain), "shop:put/2");
    assert_record(&ev, "{\"event\":\"gap\",\"seq\":1," WHO
                       ",\"kind\":\"skipped\",\"count\":999900,\"text\":\"999,900 calls skipped\"}\n");
    out->ops->end(out, NULL); /* another file follows */
    assert_int_equal(out->sink.buf.len, 0);
    out->ops->end(out, &end);
    assert_text(&out->sink.buf,
        "{\"event\":\"count\",\"seq\":2," WHO
        ",\"module\":\"shop\",\"function\":\"put\",\"arity\":2,\"calls\":5122}\n"
        "{\"event\":\"summary\",\"seq\":3," WHO ",\"reason\":\"count\",\"received\":10,\"printed\":6,"
        "\"filtered\":3,\"lost\":1,\"calls\":4,\"returns\":2,\"exceptions\":0,\"open\":0,\"lost_on_node\":0,"
        "\"clean\":true}\n");
}

static void json_is_utf8_whatever_the_names_are(void **state)
{
    (void)state;
    struct bt_event *ev;
    begin(bt_jsonl_out_new(&plain), "shop:put/2 -> return");
    ev = bt_test_event(&arena, "{trace_ts,<0.44.0>,return_from,{shop,put,2},7,{1,1}}");
    ev->module = (struct bt_slice){(const uint8_t *)"a\xFFz\x1b", 4};
    out->ops->event(out, ev);
    bt_buf_puts(&out->sink.buf, "");
    assert_non_null(strstr(bt_buf_cstr(&out->sink.buf), "\"module\":\"a\xEF\xBF\xBDz\\u001b\""));
}

/* ---- Chrome trace events ---- */

#define HEAD                                                                                                 \
    "[\n{\"ph\":\"M\",\"pid\":1,\"tid\":1,\"ts\":0.000,\"name\":\"process_name\",\"args\":{\"name\":"        \
    "\"app@127.0.0.1\"}},\n"                                                                                 \
    "{\"ph\":\"M\",\"pid\":1,\"tid\":1,\"ts\":0.000,\"name\":\"process_labels\",\"args\":{\"labels\":"       \
    "\"2023-11-14T22:13:19.123456789Z\"}}"
#define TRACK                                                                                                \
    ",\n{\"ph\":\"M\",\"pid\":1,\"tid\":2,\"ts\":0.000,\"name\":\"thread_name\",\"args\":{\"name\":"         \
    "\"<0.44.0>\"}}"

static void slices_for_calls_that_return(void **state)
{
    (void)state;
    struct bt_out_end end = {.reason = "time", .wall_ns = BT_TEST_WALL_NS, .received = 2, .printed = 2};
    begin(bt_perfetto_out_new(&plain), "shop:put(X, _) -> return");
    assert_text(&out->sink.buf, HEAD);
    assert_record(bt_test_event(&arena, "{trace_ts,<0.44.0>,call,{shop,put,2},{0,1},{1,1}}"),
        TRACK ",\n{\"ph\":\"B\",\"pid\":1,\"tid\":2,\"ts\":1000000.000,\"cat\":\"call\",\"name\":\"shop:put/"
              "2\",\"args\":{\"1\":\"1\",\"2\":\"_\"}}");
    assert_record(bt_test_event(&arena, "{trace_ts,<0.44.0>,exception_from,{shop,put,2},{exit,x},{1,1}}"),
        ",\n{\"ph\":\"E\",\"pid\":1,\"tid\":2,\"ts\":1000000.000,\"cat\":\"call\",\"name\":\"shop:put/2\","
        "\"args\":{\"class\":\"exit\",\"reason\":\"x\"}}");
    out->ops->end(out, &end);
    assert_text(&out->sink.buf,
        ",\n{\"ph\":\"i\",\"pid\":1,\"tid\":1,\"ts\":1000000.000,\"cat\":\"summary\",\"s\":\"g\",\"name\":"
        "\"stopped\",\"args\":{\"reason\":\"time\",\"received\":2,\"printed\":2,\"filtered\":0,\"lost\":0}}"
        "\n]\n");
    out->ops->begin(out, &head); /* another file: it is told the names again */
    assert_text(&out->sink.buf, HEAD);
}

static void instants_for_the_rest(void **state)
{
    (void)state;
    begin(bt_perfetto_out_new(&plain), "shop:put/2");
    bt_buf_reset(&out->sink.buf);
    assert_record(bt_test_event(&arena, "{trace_ts,<0.44.0>,call,{shop,put,2},{0,[a,b]},{1,1}}"),
        TRACK ",\n{\"ph\":\"i\",\"pid\":1,\"tid\":2,\"ts\":1000000.000,\"cat\":\"call\",\"name\":\"shop:put/"
              "2\",\"s\":\"t\",\"args\":{\"1\":\"a\",\"2\":\"b\"}}");
    assert_record(bt_test_event(&arena, "{trace_ts,<0.44.0>,send,5,shop,{0},{1,1}}"),
        ",\n{\"ph\":\"i\",\"pid\":1,\"tid\":2,\"ts\":1000000.000,\"cat\":\"message\",\"name\":\"send\",\"s\":"
        "\"t\",\"args\":{\"value\":\"5\",\"peer\":\"shop\"}}");
    assert_record(bt_test_event(&arena, "{trace_ts,<0.44.0>,event,{0,gc},{minor,100,50,1200},{1,1}}"),
        ",\n{\"ph\":\"X\",\"pid\":1,\"tid\":2,\"ts\":999998.800,\"cat\":\"process\",\"name\":\"gc\",\"dur\":"
        "1."
        "200,\"args\":{\"before_bytes\":100,\"after_bytes\":50}}");
}

static void calls_that_are_no_longer_followed_are_instants(void **state)
{
    (void)state;
    const char *call = "{trace_ts,<0.44.0>,call,{shop,put,2},{0,1},{1,1}}";
    begin(bt_perfetto_out_new(&plain), "shop:put(X, _) -> return");
    struct bt_event learnt = *bt_test_event(&arena, call);
    learnt.type = BT_EVENT_NO_RETURN;
    out->ops->event(out, &learnt);
    bt_buf_reset(&out->sink.buf);
    out->ops->event(out, bt_test_event(&arena, call));
    assert_non_null(strstr(bt_buf_cstr(&out->sink.buf), "{\"ph\":\"i\",\"pid\":1,\"tid\":2"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(json_calls, setup, teardown),
        cmocka_unit_test_setup_teardown(json_calls_with_all_arguments, setup, teardown),
        cmocka_unit_test(json_terms),
        cmocka_unit_test_setup_teardown(json_without_arguments, setup, teardown),
        cmocka_unit_test_setup_teardown(json_stacks, setup, teardown),
        cmocka_unit_test_setup_teardown(json_outcomes, setup, teardown),
        cmocka_unit_test_setup_teardown(json_messages_and_processes, setup, teardown),
        cmocka_unit_test_setup_teardown(json_gaps_and_the_end, setup, teardown),
        cmocka_unit_test_setup_teardown(json_is_utf8_whatever_the_names_are, setup, teardown),
        cmocka_unit_test_setup_teardown(slices_for_calls_that_return, setup, teardown),
        cmocka_unit_test_setup_teardown(instants_for_the_rest, setup, teardown),
        cmocka_unit_test_setup_teardown(calls_that_are_no_longer_followed_are_instants, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
