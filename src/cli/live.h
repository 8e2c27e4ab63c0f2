/*
 * live.h - what count and time share: specs to a session, its loop, signals, the end. What is shown is theirs.
 */
#ifndef BT_CLI_LIVE_H
#define BT_CLI_LIVE_H

#include "base/sink.h"
#include "cli/cmd.h"
#include "cli/reach.h"

struct bt_live;

/* How a command takes part. */
struct bt_live_ops {
    const char *what; /* "counted": for errors and the banner */
    bool only_times;  /* whatever the specs ask for */
    int (*prepare)(struct bt_live *l, struct beamtap_session_opts *s); /* -1: l->err */
    /* What each part of the specs may be; also before the node is asked. -1: l->err */
    int (*check)(struct bt_live *l, const struct beamtap_part *part);
    void (*armed)(struct bt_live *l); /* says what it does */
    void (*event)(struct bt_live *l, const struct beamtap_event *ev);
    void (*tick)(struct bt_live *l); /* each --interval; may be NULL */
    void (*end)(struct bt_live *l);  /* the last lines, into l->sink.buf */
};

struct bt_live {
    const struct bt_cli *cli;
    const struct bt_opts *o;
    const struct bt_live_ops *ops;
    void *arg; /* the command's own */
    const char *node;
    struct bt_cli_specs specs;
    struct bt_arena arena; /* texts */
    struct beamtap_spec *spec;
    struct beamtap_session *session;
    size_t n_functions; /* that the specs mean; 0: messages */
    struct bt_sink sink;
    bool is_terminal; /* the table is drawn over itself */
    size_t drawn;     /* lines of it that stand there */
    int64_t tick_at_us;
    bool is_asked, reader_is_gone, has_failed;
    struct beamtap_err err;
};

/* Runs the command to its end; returns the exit status. l is filled with cli, ops and arg. */
int bt_live_run(struct bt_live *l, const struct bt_cli *cli);

/* Draws over the table that was drawn last: `lines` lines are appended to l->sink.buf by the caller. */
void bt_live_redraw(struct bt_live *l);

/* Functions whose calls are all counted although their spec asks for some only: said on stderr. */
void bt_live_say_ignored(const struct bt_live *l, const char *verb);

/* "12 functions", or "messages". */
void bt_live_put_functions(const struct bt_live *l, struct bt_buf *out);

/* ", or the time is over (-t)": what else than Ctrl-C ends it. */
const char *bt_live_until(const struct bt_live *l);

#endif
