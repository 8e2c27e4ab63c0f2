/*
 * reader.h - a capture file (doc/beamtap-capture.5) to events, as a session gives them. The file is hostile: every length and sum is
 * checked, a record that is damaged is passed over and told, and what a file claims decides nothing about memory.
 */
#ifndef BT_REPLAY_READER_H
#define BT_REPLAY_READER_H

#include "event/event.h"
#include "out/out.h"
#include "replay/input.h"

/* What is wrong with a file, told when it is met; reading goes on behind it where it can. */
struct bt_replay_damage {
    uint64_t offset;
    const char *what; /* in words; static */
    uint64_t n_bytes; /* passed over; 0: nothing behind it can be read */
    bool is_cut;      /* the file ends inside a record: what wrote it was killed, or the disk was full */
};

struct bt_replay_ops {
    void (*damage)(void *arg, const struct bt_replay_damage *d); /* may be NULL */
    void *arg;
};

struct bt_reader;

/* The bytes that every capture file begins with. */
bool bt_reader_knows(const uint8_t *p, size_t n);

/*
 * bt_reader_open - read what stands before the events.
 *
 * in   borrowed until bt_reader_close.
 * ops  copied; NULL: nobody is told.
 * Errors: EUSAGE (no capture file, of a later version, or damaged here), ENOMEM.
 */
struct bt_reader *bt_reader_open(
    struct bt_input *in, const struct bt_replay_ops *ops, struct beamtap_err *err);
void bt_reader_close(struct bt_reader *r);

const struct bt_out_head *bt_reader_head(const struct bt_reader *r);

/* The next event; its slices are valid until the next call. EVENT, END, or ERROR (the file cannot be read, ENOMEM). */
enum bt_next bt_reader_next(struct bt_reader *r, struct bt_event *ev, struct beamtap_err *err);

/* How it ended, once it was read; NULL: the file says nothing (what wrote it was killed). */
const struct bt_out_end *bt_reader_end(const struct bt_reader *r);

/* Records of kinds that are not known here: a later version wrote them. */
uint64_t bt_reader_unknown(const struct bt_reader *r);

#endif
