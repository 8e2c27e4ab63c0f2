/*
 * test_capture.c - what a capture holds is shown as it would have been at once; every kind of damage is told, and costs no more
 * than what was damaged.
 */
#include "check.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/crc32c.h"
#include "captured.h"
#include "out/capture_format.h"
#include "out/capture_write.h"
#include "out/text.h"
#include "replay/reader.h"
#include "term/etf_write.h"
#include "terms.h"

static struct bt_arena arena;

/* What reading a file has told. */
struct told {
    size_t n, n_cuts, n_events;
    struct bt_replay_damage last;
    struct bt_buf text;
    char node[64];
    uint64_t shown; /* of its end; 0: there was none */
    uint64_t n_unknown;
};

static int teardown(void **state)
{
    (void)state;
    bt_arena_done(&arena);
    return 0;
}

static void on_damage(void *arg, const struct bt_replay_damage *d)
{
    struct told *t = arg;
    t->n++;
    t->n_cuts += d->is_cut;
    t->last = *d;
}

static struct bt_text_opts text_opts(const struct bt_out_head *head)
{
    return (struct bt_text_opts){.clauses = head->clauses,
        .n_clauses = head->n_clauses,
        .print = {.home = {(const uint8_t *)head->node, strlen(head->node)}}};
}

/* Reads it all; the lines of text are in told.text. */
static int replay(const void *bytes, size_t len, size_t most, struct told *t, struct beamtap_err *err)
{
    static struct bt_event ev;
    struct bt_test_file file = {.bytes = bytes, .len = len, .most = most};
    struct bt_replay_ops ops = {on_damage, t};
    struct bt_input in;
    bt_input_init(&in, bt_test_read, &file);
    *t = (struct told){.n = 0};
    struct bt_reader *r = bt_reader_open(&in, &ops, err);
    enum bt_next next = BT_NEXT_ERROR;
    if (r) {
        struct bt_text_opts opts = text_opts(bt_reader_head(r));
        strncpy(t->node, bt_reader_head(r)->node, sizeof t->node - 1);
        while ((next = bt_reader_next(r, &ev, err)) == BT_NEXT_EVENT) {
            bt_text_event(&t->text, &ev, &opts);
            t->n_events++;
        }
        t->n_unknown = bt_reader_unknown(r);
        if (bt_reader_end(r))
            t->shown = bt_reader_end(r)->shown;
    }
    bt_reader_close(r);
    bt_input_done(&in);
    return next == BT_NEXT_END ? 0 : -1;
}

static struct bt_buf whole(void)
{
    struct bt_buf b = BT_BUF_INIT;
    bt_test_capture(&arena, &b);
    return b;
}

/* Where each record begins, and where the last one ends; *n records. */
static size_t *offsets(const struct bt_buf *b, size_t *n)
{
    const uint8_t *p = (const uint8_t *)b->data;
    size_t *at = bt_arena_array(&arena, 256, sizeof *at), off = BT_CAPTURE_PREFIX_LEN + bt_get_le32(p + 16);
    for (*n = 0; off < b->len; (*n)++) {
        at[*n] = off;
        off += BT_CAPTURE_HEAD_LEN + bt_get_le32(p + off + 4);
    }
    at[*n] = off;
    return at;
}

static void sums(void **state)
{
    uint8_t bytes[300];
    (void)state;
    memset(bytes, 0, 32);
    assert_int_equal(
        bt_crc32c(0, "123456789", 9), 0xe3069283); /* RFC 3720, B.4, and the catalogue's check value */
    assert_int_equal(bt_crc32c(0, bytes, 32), 0x8a9136aa);
    memset(bytes, 0xff, 32);
    assert_int_equal(bt_crc32c(0, bytes, 32), 0x62a8ab43);
    for (unsigned i = 0; i < 32; i++)
        bytes[i] = (uint8_t)i;
    assert_int_equal(bt_crc32c(0, bytes, 32), 0x46dd794e);
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 37 + i / 7);
    for (size_t n = 0; n < sizeof bytes; n++) {
        uint32_t sum = bt_crc32c(0, bytes, n), parts = 0;
        assert_int_equal(sum, bt_crc32c_portable(0, bytes, n));
        assert_int_equal(sum, bt_crc32c(bt_crc32c(0, bytes, n / 3), bytes + n / 3, n - n / 3));
        for (size_t i = 0; i < n; i++)
            parts = bt_crc32c(parts, bytes + i, 1);
        assert_int_equal(sum, parts);
    }
}

static void shown_as_at_once(void **state)
{
    size_t n;
    struct told t;
    struct beamtap_err err = {0};
    const struct bt_event *evs = bt_test_events(&arena, &n);
    const struct bt_out_head *head = bt_test_captured_head(&arena);
    struct bt_buf file = whole(), live = BT_BUF_INIT;
    (void)state;
    struct bt_text_opts opts = text_opts(head);
    for (size_t i = 0; i < n; i++)
        bt_text_event(&live, &evs[i], &opts);
    assert_null(strstr(bt_buf_cstr(&live), "<unreadable>"));
    assert_int_equal(replay(file.data, file.len, 0, &t, &err), 0);
    assert_int_equal(t.n, 0);
    assert_int_equal(t.shown, 10);
    assert_string_equal(t.node, BT_TEST_NODE);
    assert_text(&t.text, bt_buf_cstr(&live));
    bt_buf_done(&t.text);
    assert_int_equal(replay(file.data, file.len, 1, &t, &err), 0); /* byte by byte */
    assert_text(&t.text, bt_buf_cstr(&live));
    bt_buf_done(&t.text);
    bt_buf_done(&live);
    bt_buf_done(&file);
}

/* Each event's fields, not only what text shows of them. */
static void nothing_is_lost(void **state)
{
    static struct bt_event got;
    size_t n;
    const struct bt_event *evs = bt_test_events(&arena, &n);
    struct bt_buf file = whole();
    struct bt_test_file mem = {.bytes = file.data, .len = file.len};
    struct bt_input in;
    (void)state;
    bt_input_init(&in, bt_test_read, &mem);
    struct bt_reader *r = bt_reader_open(&in, NULL, NULL);
    assert_non_null(r);
    for (size_t i = 0; i < n; i++) {
        unsigned parts = bt_capture_parts(evs[i].type);
        assert_int_equal(bt_reader_next(r, &got, NULL), BT_NEXT_EVENT);
        assert_int_equal(got.type, evs[i].type);
        assert_int_equal(got.wall_ns, evs[i].wall_ns);
        assert_int_equal(got.mono_ns, evs[i].mono_ns);
        assert_int_equal(got.unique, evs[i].unique);
        if (parts & BT_CAPTURE_HAS_PID)
            assert_true(bt_slice_equal(got.pid, evs[i].pid) && bt_slice_equal(got.name, evs[i].name));
        if (parts & BT_CAPTURE_HAS_MFA && evs[i].mfa.len) {
            assert_true(bt_slice_equal(got.mfa, evs[i].mfa));
            assert_true(bt_slice_equal(got.function, evs[i].function));
        }
        if (parts & BT_CAPTURE_HAS_AMOUNT)
            assert_int_equal(got.amount, evs[i].amount);
        if (parts & BT_CAPTURE_HAS_VALUES)
            assert_int_equal(got.n_values, evs[i].n_values);
        if (parts & BT_CAPTURE_HAS_PID)
            assert_int_equal(got.duration_ns, evs[i].duration_ns);
        if (got.type == BT_EVENT_BIG_ARG)
            assert_true(got.is_part && got.position == 2);
    }
    assert_int_equal(bt_reader_next(r, &got, NULL), BT_NEXT_END);
    assert_int_equal(bt_reader_next(r, &got, NULL), BT_NEXT_END);
    const struct bt_out_end *end = bt_reader_end(r);
    assert_non_null(end);
    assert_string_equal(end->reason, "count");
    assert_int_equal(end->n_counts, 2);
    assert_string_equal(end->counts[1].function, "g");
    assert_int_equal(end->counts[1].calls, 5);
    assert_true(end->is_clean && end->skipped == 3 && end->received == 12 && end->shown == 10);
    const struct bt_out_head *head = bt_reader_head(r);
    assert_int_equal(head->otp, 25);
    assert_int_equal(head->utc_offset_s, 3600);
    assert_string_equal(head->options, "-c 10");
    assert_int_equal(head->n_specs, bt_test_captured_head(&arena)->n_specs);
    assert_string_equal(head->specs[1], "m:g");
    bt_reader_close(r);
    bt_input_done(&in);
    bt_buf_done(&file);
}

static void cut_at_every_byte(void **state)
{
    size_t n;
    struct told t;
    struct bt_buf file = whole();
    const size_t *at = offsets(&file, &n);
    (void)state;
    for (size_t len = 0; len < file.len; len++) {
        struct beamtap_err err = {0};
        size_t n_whole = 0;
        while (n_whole < n && at[n_whole + 1] <= len)
            n_whole++;
        int rc = replay(file.data, len, 0, &t, &err);
        if (len < at[0]) {
            assert_int_equal(rc, -1);
            assert_int_equal(err.code, BEAMTAP_EUSAGE);
        } else {
            assert_int_equal(rc, 0);
            assert_int_equal(t.n_events, n_whole);
            assert_int_equal(t.shown, 0);
            assert_int_equal(t.n, len != at[n_whole]);
            assert_int_equal(t.n_cuts, len != at[n_whole]);
            if (t.n)
                assert_int_equal(t.last.offset, at[n_whole]);
        }
        bt_buf_done(&t.text);
    }
    bt_buf_done(&file);
}

/* A bit of a record changed: it is told, with its place, and all other records are shown. */
static void every_bit_flipped(void **state)
{
    size_t n;
    struct told t;
    struct beamtap_err err = {0};
    struct bt_buf file = whole();
    const size_t *at = offsets(&file, &n);
    (void)state;
    for (size_t i = at[0], record = 0; i < file.len; i++) {
        while (i >= at[record + 1])
            record++;
        for (unsigned bit = 0; bit < 8; bit += 1 + (unsigned)i % 3) {
            file.data[i] = (char)(file.data[i] ^ (1 << bit));
            assert_int_equal(replay(file.data, file.len, 0, &t, &err), 0);
            assert_int_equal(t.n, 1);
            assert_int_equal(t.last.offset, at[record]);
            assert_int_equal(t.n_events, record == n - 1 ? n - 1 : n - 2);
            assert_int_equal(t.shown, record == n - 1 ? 0 : 10);
            bt_buf_done(&t.text);
            file.data[i] = (char)(file.data[i] ^ (1 << bit));
        }
    }
    for (size_t i = 0; i < at[0]; i++) {
        file.data[i] = (char)(file.data[i] ^ 1);
        assert_int_equal(replay(file.data, file.len, 0, &t, &err), -1);
        assert_int_equal(err.code, BEAMTAP_EUSAGE);
        bt_err_clear(&err);
        file.data[i] = (char)(file.data[i] ^ 1);
    }
    bt_buf_done(&file);
}

static void bytes_between_records(void **state)
{
    size_t n;
    struct told t;
    struct beamtap_err err = {0};
    struct bt_buf file = whole(), with = BT_BUF_INIT;
    const size_t *at = offsets(&file, &n);
    (void)state;
    bt_buf_put(&with, file.data, at[3]);
    for (int i = 0; i < 200000; i++)
        bt_buf_put(&with, "\xc3\xb7", 2); /* marks, no heads */
    bt_buf_put(&with, file.data + at[3], file.len - at[3]);
    assert_int_equal(replay(with.data, with.len, 0, &t, &err), 0);
    assert_int_equal(t.n, 1);
    assert_int_equal(t.last.offset, at[3]);
    assert_int_equal(t.last.n_bytes, 400000);
    assert_int_equal(t.n_events, n - 1);
    bt_buf_done(&t.text);
    bt_buf_done(&with);
    bt_buf_done(&file);
}

/* A record of a later version is passed over and counted. */
static void other_records(void **state)
{
    struct told t;
    struct beamtap_err err = {0};
    struct bt_buf file = BT_BUF_INIT;
    (void)state;
    struct bt_slice etf = bt_test_etf(&arena, "{a,b}");
    assert_int_equal(bt_capture_write_head(&file, bt_test_captured_head(&arena), &err), 0);
    bt_capture_write_term(&file, (enum bt_capture_kind)99, etf.p, etf.len);
    assert_int_equal(replay(file.data, file.len, 0, &t, &err), 0);
    assert_int_equal(t.n, 0);
    assert_int_equal(t.n_unknown, 1);
    bt_capture_write_term(&file, BT_CAPTURE_SUMMARY, etf.p, etf.len);
    bt_capture_write_term(&file, BT_CAPTURE_EVENT, etf.p, etf.len);
    assert_int_equal(replay(file.data, file.len, 0, &t, &err), 0);
    assert_int_equal(t.n, 2);
    bt_buf_done(&file);
}

static void no_capture(void **state)
{
    struct told t;
    struct beamtap_err err = {0};
    struct bt_buf file = whole();
    (void)state;
    assert_int_equal(replay("", 0, 0, &t, &err), -1);
    assert_err(&err, BEAMTAP_EUSAGE, "no capture");
    assert_int_equal(replay("13:15:27.655132 <0.44.0> m:f(1)\n", 32, 0, &t, &err), -1);
    assert_err(&err, BEAMTAP_EUSAGE, "no capture");
    file.data[8] = 2;
    assert_int_equal(replay(file.data, file.len, 0, &t, &err), -1);
    assert_err(&err, BEAMTAP_EUSAGE, "later beamtap (format 2)");
    bt_buf_done(&file);
}

static ssize_t broken_read(void *arg, void *buf, size_t n)
{
    (void)arg, (void)buf, (void)n;
    errno = EIO;
    return -1;
}

static void a_disk_that_fails(void **state)
{
    struct bt_input in;
    struct beamtap_err err = {0};
    (void)state;
    bt_input_init(&in, broken_read, NULL);
    assert_null(bt_reader_open(&in, NULL, &err));
    assert_err(&err, BEAMTAP_EUSAGE, "cannot be read: Input/output error");
    bt_input_done(&in);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(sums, teardown),
        cmocka_unit_test_teardown(shown_as_at_once, teardown),
        cmocka_unit_test_teardown(nothing_is_lost, teardown),
        cmocka_unit_test_teardown(cut_at_every_byte, teardown),
        cmocka_unit_test_teardown(every_bit_flipped, teardown),
        cmocka_unit_test_teardown(bytes_between_records, teardown),
        cmocka_unit_test_teardown(other_records, teardown),
        cmocka_unit_test_teardown(no_capture, teardown),
        cmocka_unit_test_teardown(a_disk_that_fails, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
