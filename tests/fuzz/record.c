/*
 * record.c - beamtap that keeps what nodes say to it, as seeds for the fuzzers. Its functions come before the program's by the
 * linker's --wrap; the program is the ordinary one.
 *
 *   BT_RECORD=seeds/one build/fuzz/tests/fuzz/record_traffic trace app@host 'queue:in/2 -> return'
 *
 * seeds/one.items      what came after the handshake, as items of tests/support/wire.h
 * seeds/one.handshake  the frames of the handshake, as for fuzz_handshake
 * seeds/one.N.etf      every message, as a term with its version byte
 * seeds/one.N.event    every trace message
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/conn.h"
#include "node/handshake.h"

#define MAX_ITEM 1200  /* longer ones become DEFAULT: changes in so much find little */
#define MAX_FILES 1000 /* of each kind */

enum { DEFAULT, ANSWER, SAY };

int __real_bt_conn_next(struct bt_conn *c, struct bt_msg *msg, int64_t deadline_us, struct beamtap_err *err);
int __wrap_bt_conn_next(struct bt_conn *c, struct bt_msg *msg, int64_t deadline_us, struct beamtap_err *err);
int __real_bt_handshake_frame(
    struct bt_handshake *h, const uint8_t *frame, size_t len, struct beamtap_err *err);
int __wrap_bt_handshake_frame(
    struct bt_handshake *h, const uint8_t *frame, size_t len, struct beamtap_err *err);

static FILE *file_of(const char *suffix, const char *mode)
{
    char name[1000];
    const char *prefix = getenv("BT_RECORD");
    FILE *f = NULL;
    if (prefix && snprintf(name, sizeof name, "%s.%s", prefix, suffix) < (int)sizeof name)
        f = fopen(name, mode);
    if (!f)
        abort();
    return f;
}

static void put_length(FILE *f, size_t len)
{
    fputc((int)(len >> 8 & 0xff), f);
    fputc((int)(len & 0xff), f);
}

static void put_item(int kind, struct bt_slice bytes)
{
    FILE *f = file_of("items", "ab");
    if (bytes.len > MAX_ITEM) {
        if (kind == ANSWER)
            fputc(DEFAULT, f);
    } else {
        fputc(kind, f);
        put_length(f, bytes.len);
        fwrite(bytes.p, 1, bytes.len, f);
    }
    fclose(f);
}

/* One file for each; `first` is a byte before it, -1: none. */
static void put_file(const char *kind, int number, int first, struct bt_slice bytes)
{
    char suffix[40];
    if (bytes.len > MAX_ITEM || number >= MAX_FILES)
        return;
    snprintf(suffix, sizeof suffix, "%d.%s", number, kind);
    FILE *f = file_of(suffix, "wb");
    if (first >= 0)
        fputc(first, f);
    fwrite(bytes.p, 1, bytes.len, f);
    fclose(f);
}

/* {ev, N, Calls, Bytes, [TraceMessage]} */
static void put_events(struct bt_etf r)
{
    static int n_files;
    struct bt_slice event;
    uint32_t n;
    if (!bt_etf_tuple_of(&r, 5) || !bt_etf_is_atom(&r, "ev") || !bt_etf_skip(&r) || !bt_etf_skip(&r) ||
        !bt_etf_skip(&r) || !bt_etf_list(&r, &n))
        return;
    while (n-- > 0 && bt_etf_slice(&r, &event))
        put_file("event", n_files++, -1, event);
}

int __wrap_bt_conn_next(struct bt_conn *c, struct bt_msg *msg, int64_t deadline_us, struct beamtap_err *err)
{
    static int n_files;
    int rc = __real_bt_conn_next(c, msg, deadline_us, err);
    if (rc <= 0)
        return rc;
    struct bt_etf r = msg->term;
    struct bt_slice all = {r.p, (size_t)(r.end - r.p)};
    put_file("etf", n_files++, 131, all);
    put_events(r);
    if (bt_etf_tuple_of(&r, 2) && bt_etf_is_atom(&r, "rex"))
        put_item(ANSWER, (struct bt_slice){r.p, (size_t)(r.end - r.p)});
    else
        put_item(SAY, all);
    return rc;
}

int __wrap_bt_handshake_frame(
    struct bt_handshake *h, const uint8_t *frame, size_t len, struct beamtap_err *err)
{
    FILE *f = file_of("handshake", "ab");
    put_length(f, len);
    fwrite(frame, 1, len, f);
    fclose(f);
    return __real_bt_handshake_frame(h, frame, len, err);
}
