/*
 * eventloop.c - sessions with several nodes inside a program's own event loop: poll(2) on their descriptors and on stdin, and a
 * timer that tells each second what came.
 *
 *   ./eventloop 'queue:in/2 -> return' shop@127.0.0.1 stock@127.0.0.1
 *
 * "q" and Enter, or the end of stdin, ends it in an orderly way.
 */
#include <beamtap.h>

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define MOST 16

struct source {
    struct beamtap_session *s;
    const char *node;
    unsigned long events;
    bool is_over;
};

static struct source sources[MOST];
static size_t n_sources;
static int status;

static long long now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

static void failed(const char *node, const struct beamtap_err *err)
{
    fprintf(stderr, "eventloop: %s: %s\n", node, err->msg);
    status = beamtap_code_status(err->code);
}

/* Takes what is there: only when there is nothing more may poll() be waited for. */
static void take(struct source *src)
{
    struct beamtap_err err = {0};
    const struct beamtap_event *ev;
    for (;;) {
        switch (beamtap_session_next(src->s, &ev, 0, &err)) {
        case BEAMTAP_NEXT_EVENT: src->events++; continue;
        case BEAMTAP_NEXT_NOTHING: return;
        case BEAMTAP_NEXT_ERROR: failed(src->node, &err); break;
        case BEAMTAP_NEXT_END: break;
        }
        src->is_over = true;
        return;
    }
}

/* Until the timer, or until a session wants to be called: whichever is first. */
static int wait_ms(long long tick_at)
{
    long long left = tick_at - now_ms();
    for (size_t i = 0; i < n_sources; i++) {
        int ms = sources[i].is_over ? -1 : beamtap_session_wait_ms(sources[i].s);
        if (ms >= 0 && ms < left)
            left = ms;
    }
    return left < 0 ? 0 : (int)left;
}

static void stop_all(void)
{
    for (size_t i = 0; i < n_sources; i++)
        beamtap_session_stop(sources[i].s);
}

/* False: stdin has ended. */
static bool read_stdin(void)
{
    char text[64];
    ssize_t n = read(STDIN_FILENO, text, sizeof text);
    if (n <= 0 || text[0] == 'q')
        stop_all();
    return n > 0;
}

static void tick(void)
{
    for (size_t i = 0; i < n_sources; i++)
        printf("%s%s %lu", i ? ", " : "", sources[i].node, sources[i].events);
    printf("\n");
    fflush(stdout);
}

static void loop(void)
{
    bool has_stdin = true;
    long long tick_at = now_ms() + 1000;
    for (;;) {
        struct pollfd fds[1 + MOST];
        size_t n_live = 0;
        for (size_t i = 0; i < n_sources; i++) {
            if (!sources[i].is_over)
                take(&sources[i]);
            n_live += !sources[i].is_over;
            fds[1 + i] = (struct pollfd){
                .fd = sources[i].is_over ? -1 : beamtap_session_fd(sources[i].s), .events = POLLIN};
        }
        if (n_live == 0)
            return;
        fds[0] = (struct pollfd){.fd = has_stdin ? STDIN_FILENO : -1, .events = POLLIN};
        poll(fds, (nfds_t)(1 + n_sources), wait_ms(tick_at));
        if (fds[0].revents)
            has_stdin = read_stdin();
        if (now_ms() >= tick_at) {
            tick();
            tick_at += 1000;
        }
    }
}

static void add(const char *node, const struct beamtap_spec *spec)
{
    struct beamtap_err err = {0};
    struct beamtap_session_opts opts;
    beamtap_session_opts_init(&opts, sizeof opts);
    opts.node = node;
    opts.spec = spec;
    opts.count = BEAMTAP_NO_LIMIT;
    struct beamtap_session *s = beamtap_session_open(&opts, &err);
    if (s && beamtap_session_start(s, &err) == 0) {
        sources[n_sources++] = (struct source){.s = s, .node = node};
        return;
    }
    failed(node, &err);
    beamtap_session_close(s);
}

int main(int argc, char **argv)
{
    struct beamtap_err err = {0};
    if (argc < 3 || argc - 2 > MOST) {
        fprintf(stderr, "usage: %s SPEC NODE...\n", argv[0]);
        return 2;
    }
    struct beamtap_spec *spec = beamtap_spec_compile(argv[1], &err);
    if (!spec) {
        failed(argv[1], &err);
        return status;
    }
    for (int i = 2; i < argc; i++)
        add(argv[i], spec);
    beamtap_spec_free(spec);
    loop();
    for (size_t i = 0; i < n_sources; i++) {
        struct beamtap_summary sum = {.size = sizeof sum};
        beamtap_session_summary(sources[i].s, &sum, NULL);
        printf("%s: %lu events, %llu calls (%s)%s\n", sources[i].node, sources[i].events,
            (unsigned long long)sum.calls, beamtap_reason_text(sum.reason),
            sum.is_clean ? "; node clean" : "");
        beamtap_session_close(sources[i].s);
    }
    return status;
}
