/*
 * exceptions.c - count the exceptions of functions for some time, and show what each function failed with last.
 *
 *   ./exceptions shop@127.0.0.1 10 'payments:_ -> return' 'cart:_ -> return'
 *
 * Calls and return values are not shown; what is kept of an event is copied, since the event is gone with the next one.
 */
#include <beamtap.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST 500

struct row {
    char name[200]; /* mod:fun/arity */
    char last[200]; /* error:badarg */
    unsigned long calls, exceptions;
};

static struct row rows[MOST];
static size_t n_rows;

static int fail(const struct beamtap_err *err)
{
    fprintf(stderr, "exceptions: %s\n", err->msg);
    return beamtap_code_status(err->code);
}

static struct row *row_of(const struct beamtap_event *ev)
{
    char name[200];
    snprintf(name, sizeof name, "%s:%s/%u", ev->module, ev->function, (unsigned)ev->arity);
    for (size_t i = 0; i < n_rows; i++) {
        if (strcmp(rows[i].name, name) == 0)
            return &rows[i];
    }
    if (n_rows == MOST)
        return NULL;
    strcpy(rows[n_rows].name, name);
    return &rows[n_rows++];
}

static void take(const struct beamtap_event *ev)
{
    struct row *row = ev->module ? row_of(ev) : NULL;
    if (!row)
        return;
    row->calls += ev->type == BEAMTAP_EVENT_CALL;
    if (ev->type != BEAMTAP_EVENT_EXCEPTION)
        return;
    char reason[120] = "...";
    beamtap_term_format(&ev->value, ev->node, NULL, reason, sizeof reason, NULL);
    snprintf(row->last, sizeof row->last, "%s:%s", ev->exception_class, reason);
    row->exceptions++;
}

static int run(struct beamtap_session *s)
{
    struct beamtap_err err = {0};
    const struct beamtap_event *ev;
    if (beamtap_session_start(s, &err) < 0)
        return fail(&err);
    for (;;) {
        switch (beamtap_session_next(s, &ev, -1, &err)) {
        case BEAMTAP_NEXT_EVENT: take(ev); break;
        case BEAMTAP_NEXT_NOTHING: break;
        case BEAMTAP_NEXT_END: return 0;
        case BEAMTAP_NEXT_ERROR: return fail(&err);
        }
    }
}

static struct beamtap_session *open_session(const char *node, const char *seconds, char **specs, size_t n)
{
    struct beamtap_err err = {0};
    struct beamtap_spec_opts so;
    beamtap_spec_opts_init(&so, sizeof so);
    so.specs = (const char *const *)specs;
    so.n_specs = n;
    struct beamtap_spec *spec = beamtap_spec_new(&so, &err);
    struct beamtap_session_opts opts;
    beamtap_session_opts_init(&opts, sizeof opts);
    opts.node = node;
    opts.spec = spec;
    opts.count = BEAMTAP_NO_LIMIT;
    opts.time_us = atoi(seconds) * (int64_t)1000000;
    opts.rate = 1000;
    opts.args = BEAMTAP_ARGS_ARITY; /* none is needed: none is copied on the node */
    struct beamtap_session *s = spec ? beamtap_session_open(&opts, &err) : NULL;
    beamtap_spec_free(spec);
    if (!s)
        exit(fail(&err));
    return s;
}

int main(int argc, char **argv)
{
    if (argc < 4) {
        fprintf(stderr, "usage: %s NODE SECONDS SPEC...\n", argv[0]);
        return 2;
    }
    struct beamtap_session *s = open_session(argv[1], argv[2], argv + 3, (size_t)argc - 3);
    int status = run(s);
    beamtap_session_close(s);
    for (size_t i = 0; i < n_rows; i++)
        printf("%8lu of %8lu calls  %s  %s\n", rows[i].exceptions, rows[i].calls, rows[i].name, rows[i].last);
    return status;
}
