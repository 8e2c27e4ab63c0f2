/*
 * stream.c - show the calls of a function as they happen.
 *
 *   ./stream shop@127.0.0.1 'payments:charge(Id, _) -> return'
 *
 * The cookie is that of ~/.erlang.cookie. Ends after 100 calls, 30 s, or by Ctrl-C; the node is clean then.
 */
#include <beamtap.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

static volatile sig_atomic_t stops;

static void on_signal(int sig)
{
    (void)sig;
    stops++;
}

static int fail(const struct beamtap_err *err)
{
    fprintf(stderr, "stream: %s\n", err->msg);
    return beamtap_code_status(err->code);
}

/* A place in the spec is shown by a caret. */
static int fail_spec(const struct beamtap_err *err, const char *spec)
{
    char where[1024];
    fail(err);
    if (beamtap_excerpt(spec, &err->loc, where, sizeof where) > 0)
        fputs(where, stderr);
    return beamtap_code_status(err->code);
}

static void warn(void *arg, const char *text)
{
    (void)arg;
    fprintf(stderr, "stream: %s\n", text);
}

/* A line of any length: a small buffer is enough for most of them. */
static void show(const struct beamtap_event *ev)
{
    char small[512], *line = small;
    ssize_t n = beamtap_event_format(ev, NULL, small, sizeof small, NULL);
    if (n >= (ssize_t)sizeof small && (line = malloc((size_t)n + 1)) != NULL)
        beamtap_event_format(ev, NULL, line, (size_t)n + 1, NULL);
    if (n >= 0 && line)
        fputs(line, stdout);
    if (line != small)
        free(line);
}

static int run(struct beamtap_session *s)
{
    struct beamtap_err err = {0};
    const struct beamtap_event *ev;
    bool is_asked = false;
    if (beamtap_session_start(s, &err) < 0)
        return fail(&err);
    for (;;) {
        if (stops > 0 && !is_asked) {
            is_asked = true;
            beamtap_session_stop(s);
        }
        switch (beamtap_session_next(s, &ev, 200, &err)) {
        case BEAMTAP_NEXT_EVENT: show(ev); break;
        case BEAMTAP_NEXT_NOTHING: fflush(stdout); break;
        case BEAMTAP_NEXT_END: return 0;
        case BEAMTAP_NEXT_ERROR: return fail(&err);
        }
    }
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: %s NODE SPEC\n", argv[0]);
        return 2;
    }
    struct sigaction sa = {.sa_handler = on_signal};
    sigaction(SIGINT, &sa, NULL);
    sigaction(SIGTERM, &sa, NULL);

    struct beamtap_err err = {0};
    struct beamtap_spec *spec = beamtap_spec_compile(argv[2], &err);
    if (!spec)
        return fail_spec(&err, argv[2]);

    struct beamtap_session_opts opts;
    beamtap_session_opts_init(&opts, sizeof opts);
    opts.node = argv[1];
    opts.spec = spec;
    opts.stops = &stops;
    opts.say = warn;
    struct beamtap_session *s = beamtap_session_open(&opts, &err);
    beamtap_spec_free(spec);
    if (!s)
        return fail_spec(&err, argv[2]);
    int status = run(s);

    struct beamtap_summary sum = {.size = sizeof sum};
    beamtap_session_summary(s, &sum, NULL);
    fprintf(stderr, "stream: %llu calls (%s)%s\n", (unsigned long long)sum.calls,
        beamtap_reason_text(sum.reason), sum.is_clean ? "; node clean" : "");
    beamtap_session_close(s);
    return status;
}
