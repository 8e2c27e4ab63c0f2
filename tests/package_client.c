/*
 * package_client.c - a program that uses all of libbeamtap, built by package_test.sh with what is installed: events with their
 * arguments, terms and lines, a capture and its replay, functions, what is only counted; check, clear and nodes; a flood in an
 * event loop. Usage: package_client NODE FOLDER, or package_client NODE loop [OPTFILE]
 */
#include <beamtap.h>

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(is_so)                                                                                         \
    do {                                                                                                     \
        if (!(is_so)) {                                                                                      \
            printf("%s:%d: not so: %s (%s)\n", __FILE__, __LINE__, #is_so, err.msg);                         \
            exit(1);                                                                                         \
        }                                                                                                    \
    } while (0)

static struct beamtap_err err;
static char lines[2][1 << 20], json[2][1 << 20]; /* live and replayed */

static void put_line(const struct beamtap_event *ev, const struct beamtap_style *style, char *to)
{
    size_t at = strlen(to);
    ssize_t n = beamtap_event_format(ev, style, to + at, (1 << 20) - at, &err);
    CHECK(n > 0 && at + (size_t)n < 1 << 20);
}

/* target:pair(X, "text") -> return, caller */
static void look(const struct beamtap_event *ev)
{
    char text[64];
    CHECK(strcmp(ev->module, "target") == 0 && strcmp(ev->function, "pair") == 0 && ev->arity == 2);
    CHECK(ev->pid[0] == '<' && ev->pid_term.len > 0 && ev->wall_ns > 0 && ev->seq > 0);
    if (ev->type == BEAMTAP_EVENT_CALL) {
        const struct beamtap_arg *arg = beamtap_event_arg(ev, 0, &err);
        CHECK(arg && strcmp(arg->text, "a") == 0 && arg->term.len > 0);
        CHECK(
            beamtap_term_format(&arg->term, ev->node, NULL, text, sizeof text, &err) == 1 && text[0] == 'a');
        arg = beamtap_event_arg(ev, 1, &err);
        CHECK(arg && strcmp(arg->text, "_") == 0 && !arg->term.etf);
        CHECK(!beamtap_event_arg(ev, 2, &err) && err.code == BEAMTAP_OK);
    } else if (ev->type == BEAMTAP_EVENT_RETURN) {
        CHECK(ev->duration_ns >= 0 && ev->value.len > 0);
        CHECK(beamtap_term_format(&ev->value, ev->node, NULL, text, sizeof text, &err) > 0);
        CHECK(strcmp(text, "{a,\"text\"}") == 0);
    }
}

static void take_all(struct beamtap_session *s, int which, struct beamtap_output *out)
{
    const struct beamtap_event *ev;
    struct beamtap_style style;
    beamtap_style_init(&style, sizeof style);
    style.format = BEAMTAP_FORMAT_JSON;
    CHECK(beamtap_session_start(s, &err) == 0);
    for (;;) {
        enum beamtap_next next = beamtap_session_next(s, &ev, 1000, &err);
        CHECK(next != BEAMTAP_NEXT_ERROR);
        if (next == BEAMTAP_NEXT_END)
            return;
        if (next == BEAMTAP_NEXT_NOTHING)
            continue;
        if (ev->type <= BEAMTAP_EVENT_OTHER)
            look(ev);
        put_line(ev, NULL, lines[which]);
        put_line(ev, &style, json[which]);
        CHECK(!out || beamtap_output_event(out, ev, &err) == 0);
    }
}

static struct beamtap_spec *compile(const char *a, const char *b)
{
    const char *texts[] = {a, b};
    struct beamtap_spec_opts o;
    beamtap_spec_opts_init(&o, sizeof o);
    o.specs = texts;
    o.n_specs = b ? 2 : 1;
    o.to_trace = true;
    struct beamtap_spec *spec = beamtap_spec_new(&o, &err);
    CHECK(spec);
    return spec;
}

static struct beamtap_session *open_node(
    const char *node, struct beamtap_spec *spec, int64_t count, int64_t time_us)
{
    struct beamtap_session_opts o;
    beamtap_session_opts_init(&o, sizeof o);
    o.node = node;
    o.spec = spec;
    o.count = count;
    o.time_us = time_us;
    struct beamtap_session *s = beamtap_session_open(&o, &err);
    CHECK(s);
    beamtap_spec_free(spec);
    return s;
}

static void live(const char *node, const char *file)
{
    struct beamtap_session *s = open_node(node, compile("target:pair(X, _) -> return", NULL), 10, 20000000);
    struct beamtap_output_opts o;
    struct beamtap_style style;
    struct beamtap_summary sum = {.size = sizeof sum};
    const struct beamtap_function *f = beamtap_session_function(s, 0);
    CHECK(f && strcmp(f->function, "pair") == 0 && f->arity == 2 && !beamtap_session_function(s, 1));
    beamtap_style_init(&style, sizeof style);
    style.format = BEAMTAP_FORMAT_CAPTURE;
    beamtap_output_opts_init(&o, sizeof o);
    o.style = &style;
    o.path = file;
    struct beamtap_output *out = beamtap_output_open(s, &o, &err);
    CHECK(out);
    CHECK(!beamtap_output_open(s, &o, &err) && err.code == BEAMTAP_EOUTPUT); /* it is there */
    take_all(s, 0, out);
    CHECK(beamtap_output_close(out, -1, &err) == 0);
    CHECK(beamtap_session_summary(s, &sum, &err) == 0);
    CHECK(sum.calls == 10 && sum.returns == 10 && sum.is_clean && sum.reason == BEAMTAP_REASON_COUNT);
    CHECK(beamtap_session_info(s)->is_live && strcmp(beamtap_session_info(s)->node, node) == 0);
    beamtap_session_close(s);
}

static void replay(const char *node, const char *file)
{
    struct beamtap_replay_opts o;
    struct beamtap_summary sum = {.size = sizeof sum};
    beamtap_replay_opts_init(&o, sizeof o);
    o.paths = &file;
    o.n_paths = 1;
    struct beamtap_session *s = beamtap_replay_open(&o, &err);
    CHECK(s);
    take_all(s, 1, NULL);
    CHECK(beamtap_session_summary(s, &sum, &err) == 0);
    CHECK(sum.calls == 10 && sum.returns == 10 && sum.is_clean && sum.reason == BEAMTAP_REASON_COUNT);
    CHECK(!beamtap_session_info(s)->is_live && strcmp(beamtap_session_info(s)->node, node) == 0);
    CHECK(strcmp(lines[0], lines[1]) == 0);
    CHECK(strcmp(json[0], json[1]) == 0);
    beamtap_session_close(s);
}

/* What is only counted comes at the end. */
static void counted(const char *node)
{
    struct beamtap_session *s =
        open_node(node, compile("target:pair/2 -> count", NULL), BEAMTAP_NO_LIMIT, 500000);
    take_all(s, 0, NULL);
    CHECK(beamtap_session_function(s, 0)->calls > 0);
    beamtap_session_close(s);
}

/* By the VM, of processes, without a trace message. */
static void timed(const char *node)
{
    struct beamtap_spec *spec = compile("target:pair/2", NULL);
    struct beamtap_session_opts o;
    const struct beamtap_event *ev;
    int n = 0;
    beamtap_session_opts_init(&o, sizeof o);
    o.node = node;
    o.spec = spec;
    o.kind = BEAMTAP_KIND_TIME;
    o.by_process = true;
    o.interval_us = 200000;
    o.time_us = 700000;
    struct beamtap_session *s = beamtap_session_open(&o, &err);
    CHECK(s && beamtap_session_start(s, &err) == 0);
    beamtap_spec_free(spec);
    for (enum beamtap_next next; (next = beamtap_session_next(s, &ev, -1, &err)) != BEAMTAP_NEXT_END;) {
        CHECK(next != BEAMTAP_NEXT_ERROR);
        n += next == BEAMTAP_NEXT_EVENT && ev->type == BEAMTAP_EVENT_COUNTS;
    }
    const struct beamtap_tally *t = beamtap_session_tally(s, 0);
    CHECK(n > 0 && t && t->pid && t->pid[0] == '<' && t->calls > 0 && !t->module);
    CHECK(beamtap_session_tally(s, BEAMTAP_TALLY_SUM)->calls >= t->calls);
    beamtap_session_close(s);
}

/* Opened and not started: nothing is left either. An answer to stop. */
static void short_lives(const char *node)
{
    beamtap_session_close(open_node(node, compile("target:pair/2", NULL), 1, 1000000));
    struct beamtap_session *s =
        open_node(node, compile("target:never/1", "target:pair/2"), BEAMTAP_NO_LIMIT, 60000000);
    struct beamtap_summary sum = {.size = sizeof sum};
    CHECK(beamtap_session_start(s, &err) == 0);
    CHECK(beamtap_session_wait_ms(s) >= 0 && beamtap_session_fd(s) >= 0);
    beamtap_session_stop(s);
    while (beamtap_session_next(s, NULL, -1, &err) != BEAMTAP_NEXT_END)
        CHECK(err.code == BEAMTAP_OK);
    CHECK(beamtap_session_next(s, NULL, -1, &err) == BEAMTAP_NEXT_END);
    CHECK(beamtap_session_summary(s, &sum, &err) == 0 && sum.reason == BEAMTAP_REASON_ASKED && sum.is_clean);
    beamtap_session_close(s);
}

/* Without a session: what the node is, that nothing is left of ours to take away, that epmd knows it. */
static void without_session(const char *node)
{
    struct beamtap_session_opts way;
    const char *host = strchr(node, '@') + 1;
    size_t n_found = 0;
    beamtap_session_opts_init(&way, sizeof way);
    way.node = node;
    struct beamtap_check *c = beamtap_node_check(&way, &err);
    CHECK(c && c->is_reached && c->step == BEAMTAP_STEP_DONE && strcmp(c->node, node) == 0);
    CHECK(c->takes_step[BEAMTAP_STEP_EPMD] && !c->takes_step[BEAMTAP_STEP_TLS] && c->cookie_from[0]);
    CHECK(c->otp >= 23 && atoi(c->otp_release) == c->otp && c->erts[0] && c->processes > 10 && c->memory > 0);
    CHECK(!c->has_beamtap && !c->is_refused && c->n_others == 0 && c->trace[0]);
    beamtap_check_free(c);

    struct beamtap_clear *done = beamtap_node_clear(&way, false, &err);
    CHECK(done && done->n_removed == 0 && done->n_others == 0 && strcmp(done->node, node) == 0);
    beamtap_clear_free(done);

    struct beamtap_nodes *nodes = beamtap_nodes(&way, host, &err);
    CHECK(nodes && strcmp(nodes->host, host) == 0);
    for (size_t i = 0; i < nodes->n; i++) {
        size_t len = strlen(nodes->items[i].name);
        n_found +=
            strncmp(nodes->items[i].name, node, len) == 0 && node[len] == '@' && nodes->items[i].port > 0;
    }
    CHECK(n_found == 1);
    beamtap_nodes_free(nodes);

    way.node = "nobody@127.0.0.1";
    c = beamtap_node_check(&way, &err);
    CHECK(c && !c->is_reached && c->step == BEAMTAP_STEP_EPMD && c->err.code == BEAMTAP_ENONODE && c->cure);
    beamtap_check_free(c);
    CHECK(!beamtap_node_clear(&way, false, &err) && err.code == BEAMTAP_ENONODE);
}

/* poll() only once there was nothing. An event that is here after poll() has waited in vain for long was here before. */
static void loop(const char *node, const char *optfile)
{
    enum { N = 3000, LONG_MS = 200 };
    struct beamtap_session_opts o;
    struct beamtap_spec *spec = compile("target:f(I, _) -> return", NULL);
    const struct beamtap_event *ev;
    enum beamtap_next next = BEAMTAP_NEXT_NOTHING;
    int n_calls = 0, n_polls = 0;
    bool waited = false;
    beamtap_session_opts_init(&o, sizeof o);
    o.node = node;
    o.spec = spec;
    o.count = N;
    o.rate = BEAMTAP_NO_LIMIT;
    o.tls_optfile = optfile;
    struct beamtap_session *s = beamtap_session_open(&o, &err);
    CHECK(s && beamtap_session_start(s, &err) == 0);
    beamtap_spec_free(spec);
    while (next != BEAMTAP_NEXT_END) {
        while ((next = beamtap_session_next(s, &ev, 0, &err)) == BEAMTAP_NEXT_EVENT) {
            CHECK(!waited);
            n_calls += ev->type == BEAMTAP_EVENT_CALL;
        }
        CHECK(next != BEAMTAP_NEXT_ERROR);
        if (next == BEAMTAP_NEXT_END)
            break;
        struct pollfd p = {.fd = beamtap_session_fd(s), .events = POLLIN};
        int ms = beamtap_session_wait_ms(s);
        waited = poll(&p, 1, ms) == 0 && ms >= LONG_MS;
        n_polls++;
    }
    CHECK(n_calls == N && n_polls > 0);
    beamtap_session_close(s);
}

int main(int argc, char **argv)
{
    char file[4096];
    if (argc > 2 && strcmp(argv[2], "loop") == 0) {
        loop(argv[1], argc > 3 ? argv[3] : NULL);
        printf("client: passed\n");
        return 0;
    }
    CHECK(argc == 3 && beamtap_version_number() == BEAMTAP_VERSION_NUMBER);
    snprintf(file, sizeof file, "%s/client.btc", argv[2]);
    live(argv[1], file);
    replay(argv[1], file);
    counted(argv[1]);
    timed(argv[1]);
    short_lives(argv[1]);
    without_session(argv[1]);
    printf("client: passed\n");
    return 0;
}
