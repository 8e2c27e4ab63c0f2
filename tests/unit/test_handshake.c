/*
 * test_handshake.c - what the frames of a handshake mean, right and wrong ones.
 */
#include "check.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "node/handshake.h"

#define FRAME(literal) literal, sizeof(literal) - 1

#define NAMED                                                                                                \
    "snamed:\0\3"                                                                                            \
    "a@b\0\0\0\x63"
#define CHALLENGE                                                                                            \
    "N\0\0\0\xd\7\xdf\x7f\xbd\1\2\3\4\0\0\1\2\0\5"                                                           \
    "x@y.z"
#define ACK "a0123456789abcdef"

static struct bt_handshake at(enum bt_handshake_stage stage)
{
    return (struct bt_handshake){.stage = stage, .expected = "x@y.z"};
}

/* The frame in memory of exactly its length, so that the sanitizer sees a read past it. */
static int take(struct bt_handshake *h, const char *frame, size_t len, struct beamtap_err *err)
{
    uint8_t *exact = malloc(len ? len : 1);
    assert_non_null(exact);
    memcpy(exact, frame, len);
    int rc = bt_handshake_frame(h, exact, len, err);
    free(exact);
    return rc;
}

static void all_goes_well(void **state)
{
    (void)state;
    struct bt_handshake h = at(BT_HS_STATUS);
    struct beamtap_err err = {0};
    assert_int_equal(take(&h, FRAME(NAMED), &err), 0);
    assert_int_equal(h.stage, BT_HS_CHALLENGE);
    assert_string_equal(h.our_name, "a@b");
    assert_int_equal(take(&h, FRAME(CHALLENGE), &err), 0);
    assert_int_equal(h.stage, BT_HS_ACK);
    assert_int_equal(h.creation, 0x102);
    assert_int_equal(take(&h, FRAME(ACK), &err), 0);
    assert_int_equal(h.stage, BT_HS_DONE);
    assert_int_equal(err.code, BEAMTAP_OK);
    assert_int_equal(take(&h, FRAME(ACK), &err), -1);
    assert_err(&err, BEAMTAP_EPEER, "");
}

static void each_refusal_has_its_words(void **state)
{
    (void)state;
    static const struct {
        enum bt_handshake_stage stage;
        const char *frame;
        size_t len;
        enum beamtap_code code;
        const char *part;
    } table[] = {
        {BT_HS_STATUS, FRAME("snot_allowed"), BEAMTAP_EREJECTED, "net_kernel:allow"},
        {BT_HS_STATUS, FRAME("snok"), BEAMTAP_EREJECTED, "another one is being set up"},
        {BT_HS_STATUS, FRAME("salive"), BEAMTAP_EREJECTED, "our name is in use"},
        {BT_HS_STATUS, FRAME("sok"), BEAMTAP_EPEER, "OTP 22"},
        {BT_HS_STATUS, FRAME("sok_simultaneous"), BEAMTAP_EPEER, "it says \"ok_simultaneous\""},
        {BT_HS_STATUS, FRAME(""), BEAMTAP_EPEER, "does not speak"},
        {BT_HS_STATUS, FRAME("s"), BEAMTAP_EPEER, "does not speak"},
        {BT_HS_STATUS, FRAME("HTTP/1.1 400 Bad Request\r\n"), BEAMTAP_EPEER,
            "it says \"HTTP/1.1 400 Bad Request\""},
        {BT_HS_STATUS, FRAME("SSH-2.0-OpenSSH_9"), BEAMTAP_EPEER, "it says \"SSH-2.0"},
        {BT_HS_STATUS, FRAME("\x15\3\3\0\2\2\x28"), BEAMTAP_ETLS, "say --tls"},
        {BT_HS_STATUS, FRAME("snamed:"), BEAMTAP_EPEER, ""},
        {BT_HS_STATUS, FRAME("snamed:\0"), BEAMTAP_EPEER, ""},
        {BT_HS_STATUS, FRAME("snamed:\0\0\0\0\0\1"), BEAMTAP_EPEER, ""},
        {BT_HS_STATUS,
            FRAME("snamed:\xff\xff"
                  "a@b\0\0\0\1"),
            BEAMTAP_EPEER, ""},
        {BT_HS_STATUS,
            FRAME("snamed:\0\3"
                  "a@b\0\0\0"),
            BEAMTAP_EPEER, ""},
        {BT_HS_STATUS, FRAME(NAMED "x"), BEAMTAP_EPEER, ""},
        {BT_HS_CHALLENGE, FRAME("n\0\5\0\0\0\0\1\2\3\4x@y.z"), BEAMTAP_EPEER, "OTP 22 or older"},
        {BT_HS_CHALLENGE, FRAME("N"), BEAMTAP_EPEER, ""},
        {BT_HS_CHALLENGE, FRAME(""), BEAMTAP_EPEER, ""},
        {BT_HS_CHALLENGE, FRAME("N\0\0\0\xd\7\xdf\x7f\xbd\1\2\3\4\0\0\0\2\0\5x@y."), BEAMTAP_EPEER, ""},
        {BT_HS_CHALLENGE, FRAME("N\0\0\0\xd\7\xdf\x7f\xbd\1\2\3\4\0\0\0\2\0\0"), BEAMTAP_EPEER, ""},
        {BT_HS_CHALLENGE, FRAME("N\0\0\0\xd\7\xdf\x7f\xbd\1\2\3\4\0\0\0\2\0\5w@y.z"), BEAMTAP_ENONODE,
            "called w@y.z, not x@y.z"},
        {BT_HS_CHALLENGE, FRAME("N\0\0\0\xd\7\xdf\x7f\xbd\1\2\3\4\0\0\0\2\0\3x@y"), BEAMTAP_ENONODE,
            "called x@y, not x@y.z"},
        {BT_HS_ACK, FRAME("a0123456789abcde"), BEAMTAP_EPEER, ""},
        {BT_HS_ACK, FRAME(ACK "x"), BEAMTAP_EPEER, ""},
        {BT_HS_ACK, FRAME("b0123456789abcdef"), BEAMTAP_EPEER, ""},
        {BT_HS_ACK, FRAME(""), BEAMTAP_EPEER, ""},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct bt_handshake h = at(table[i].stage);
        struct beamtap_err err = {0};
        assert_int_equal(take(&h, table[i].frame, table[i].len, &err), -1);
        assert_err(&err, table[i].code, table[i].part);
        assert_int_equal(h.stage, table[i].stage);
    }
}

static void every_cut_off_frame_is_refused(void **state)
{
    (void)state;
    for (size_t len = 0; len < sizeof NAMED - 1; len++) {
        struct bt_handshake h = at(BT_HS_STATUS);
        assert_int_equal(take(&h, NAMED, len, NULL), -1);
    }
    for (size_t len = 0; len < sizeof CHALLENGE - 1; len++) {
        struct bt_handshake h = at(BT_HS_CHALLENGE);
        assert_int_equal(take(&h, CHALLENGE, len, NULL), -1);
    }
}

static void a_name_too_long_for_us_is_refused(void **state)
{
    (void)state;
    char frame[7 + 2 + 256 + 4] = "snamed:";
    struct bt_handshake h = at(BT_HS_STATUS);
    frame[7] = 1, frame[8] = 0;
    memset(frame + 9, 'a', 256);
    assert_int_equal(take(&h, frame, sizeof frame, NULL), -1);
    assert_string_equal(h.our_name, "");
}

static void control_bytes_of_a_name_do_not_reach_the_terminal(void **state)
{
    (void)state;
    struct bt_handshake h = at(BT_HS_CHALLENGE);
    struct beamtap_err err = {0};
    take(&h, FRAME("N\0\0\0\xd\7\xdf\x7f\xbd\1\2\3\4\0\0\0\2\0\5x\x1b[2J"), &err);
    assert_null(strchr(err.msg, 0x1b));
    assert_err(&err, BEAMTAP_ENONODE, "not x@y.z");
}

static void the_end_of_the_stream_means_something_at_each_stage(void **state)
{
    (void)state;
    static const struct {
        enum bt_handshake_stage stage;
        enum beamtap_code code;
        const char *part;
    } table[] = {
        {BT_HS_STATUS, BEAMTAP_EPEER, "closed the connection at once"},
        {BT_HS_CHALLENGE, BEAMTAP_EPEER, "x@y.z closed the connection during the handshake"},
        {BT_HS_ACK, BEAMTAP_ECOOKIE, "x@y.z refused the cookie"},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct bt_handshake h = at(table[i].stage);
        struct beamtap_err err = {0};
        assert_int_equal(bt_handshake_eof(&h, &err), -1);
        assert_err(&err, table[i].code, table[i].part);
    }
}

static void a_name_without_a_host_takes_any(void **state)
{
    (void)state;
    static const struct {
        const char *expected;
        bool is_taken;
    } table[] = {
        {"x@", true}, {"x@y.z", true}, {"x@y", false}, {"y@", false}, {"x@y.z@", false}, {"@", false}};
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct bt_handshake h = {.stage = BT_HS_CHALLENGE, .expected = table[i].expected};
        struct beamtap_err err = {0};
        assert_int_equal(take(&h, FRAME(CHALLENGE), &err), table[i].is_taken ? 0 : -1);
        assert_string_equal(h.node, table[i].is_taken ? "x@y.z" : "");
        if (!table[i].is_taken)
            assert_err(&err, BEAMTAP_ENONODE, "called x@y.z");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_goes_well),
        cmocka_unit_test(each_refusal_has_its_words),
        cmocka_unit_test(every_cut_off_frame_is_refused),
        cmocka_unit_test(a_name_too_long_for_us_is_refused),
        cmocka_unit_test(control_bytes_of_a_name_do_not_reach_the_terminal),
        cmocka_unit_test(the_end_of_the_stream_means_something_at_each_stage),
        cmocka_unit_test(a_name_without_a_host_takes_any),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
