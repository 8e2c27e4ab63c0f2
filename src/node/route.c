/*
 * route.c - the way to a port of the node's host.
 *
 * Nothing of what comes from outside (a host's name, a node's) reaches a shell unless every character of it is harmless.
 */
#include "node/route.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "node/helper.h"

#define KUBECTL "${KUBECTL:-kubectl}"
#define SSH "${BEAMTAP_SSH:-ssh}"
#define FORWARD "forward" /* the tool of a pod that has none */

/* What carries a connection inside a pod, the best one first. Each is asked for by its name. */
static const struct {
    const char *tool, *command;
} tools[] = {
    {"socat", "socat - TCP:127.0.0.1:%d"},
    {"nc", "nc 127.0.0.1 %d"},
    {"bash", "bash -c 'exec 3<>/dev/tcp/127.0.0.1/%d 4<&0; cat <&4 >&3 & cat <&3; kill $!'"},
};

#define N_TOOLS (sizeof tools / sizeof tools[0])

/* ---- commands ---- */

static bool is_harmless(const char *text, const char *more)
{
    for (const char *p = text; *p; p++) {
        bool is_word = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9');
        if (!is_word && !strchr("._:-", *p) && !strchr(more, *p))
            return false;
    }
    return *text && *text != '-';
}

static int check(const char *what, const char *text, const char *more, struct beamtap_err *err)
{
    if (is_harmless(text, more))
        return 0;
    return bt_err_set(
        err, BEAMTAP_EUSAGE, "%s '%s' has characters that may not stand in a command", what, text);
}

int bt_route_expand(struct bt_buf *out, const char *command, const char *host, int port, const char *node,
    struct beamtap_err *err)
{
    for (const char *p = command; *p; p++) {
        if (*p != '%') {
            bt_buf_putc(out, *p);
            continue;
        }
        switch (*++p) {
        case '%': bt_buf_putc(out, '%'); break;
        case 'p': bt_buf_printf(out, "%d", port); break;
        case 'h':
            if (check("the host", host, "", err) < 0)
                return -1;
            bt_buf_puts(out, host);
            break;
        case 'n':
            if (check("the node's name", node ? node : "", "@", err) < 0)
                return -1;
            bt_buf_puts(out, node);
            break;
        default:
            return bt_err_set(err, BEAMTAP_EUSAGE,
                "--proxy-command: '%%%.1s' means nothing; there are %%h, %%p, %%n, %%%%", p);
        }
    }
    return out->failed ? bt_err_nomem(err) : 0;
}

/* The helper's streams become the socket's. */
static int run(struct bt_sock *s, struct bt_buf *command, struct beamtap_err *err)
{
    s->helper = bt_helper_start(bt_buf_cstr(command), err);
    if (!s->helper)
        return -1;
    s->fd = bt_helper_fd(s->helper);
    return 0;
}

static int by_command(
    struct bt_route *r, struct bt_sock *s, const char *host, int port, struct beamtap_err *err)
{
    struct bt_buf b = BT_BUF_INIT;
    int rc = bt_route_expand(&b, r->command, host, port, r->node, err);
    if (rc == 0)
        rc = run(s, &b, err);
    bt_buf_done(&b);
    return rc;
}

static int by_ssh(struct bt_route *r, struct bt_sock *s, const char *host, int port, struct beamtap_err *err)
{
    struct bt_buf b = BT_BUF_INIT;
    const char *format =
        strchr(host, ':') ? SSH " -o BatchMode=yes -W [%%h]:%%p %s" : SSH " -o BatchMode=yes -W %%h:%%p %s";
    char command[512];
    int rc = check("--ssh", r->ssh, "@/", err);
    if (rc == 0 && (size_t)snprintf(command, sizeof command, format, r->ssh) >= sizeof command)
        rc = bt_err_set(err, BEAMTAP_EUSAGE, "--ssh: the destination is too long");
    if (rc == 0)
        rc = bt_route_expand(&b, command, host, port, r->node, err);
    if (rc == 0)
        rc = run(s, &b, err);
    bt_buf_done(&b);
    return rc;
}

/* ---- kubectl ---- */

/* Reads a line of the helper; cut where it does not fit. 0, or an errno value (EPIPE: the stream ended). */
static int read_line(struct bt_sock *s, char *line, size_t cap, int64_t deadline_us)
{
    size_t n = 0;
    for (;;) {
        char c;
        ssize_t got = bt_sock_read(s, &c, 1, deadline_us);
        if (got <= 0)
            return got < 0 ? (int)-got : EPIPE;
        if (c == '\n')
            break;
        if (n + 1 < cap)
            line[n++] = c;
    }
    line[n] = '\0';
    return 0;
}

static int no_line(struct bt_sock *s, const char *what, int sys, struct beamtap_err *err)
{
    if (sys == EINTR)
        bt_err_set(err, BEAMTAP_EINTR, "interrupted");
    else if (sys == ETIMEDOUT)
        bt_err_set(err, BEAMTAP_ETIMEDOUT, "%s does not answer", what);
    else if (bt_sock_explain(s, err))
        bt_err_context(err, "%s", what);
    return -1;
}

static void put_kubectl(struct bt_buf *b, const struct bt_route *r, const char *verb)
{
    bt_buf_printf(b, KUBECTL " %s %s", verb, r->pod);
    if (r->space)
        bt_buf_printf(b, " -n %s", r->space);
}

/* Asks the pod which of the tools it has. A pod without a shell has none of them: its ports are forwarded. */
static int find_tool(struct bt_route *r, struct bt_sock *s, int64_t deadline_us, struct beamtap_err *err)
{
    struct bt_buf b = BT_BUF_INIT;
    char line[16];
    put_kubectl(&b, r, "exec -i");
    bt_buf_puts(&b, " -- sh -c 'for t in socat nc bash; do command -v $t >/dev/null 2>&1 && { echo $t; exit; "
                    "}; done; echo " FORWARD "'");
    strcpy(r->tool, FORWARD);
    int rc = run(s, &b, err);
    bt_buf_done(&b);
    if (rc < 0)
        return -1;
    int sys = read_line(s, line, sizeof line, deadline_us);
    if (sys == EINTR || sys == ETIMEDOUT)
        rc = no_line(s, "kubectl exec", sys, err);
    for (size_t i = 0; sys == 0 && i < N_TOOLS; i++) {
        if (strcmp(line, tools[i].tool) == 0)
            strcpy(r->tool, line);
    }
    bt_sock_close(s);
    return rc;
}

static int by_exec(struct bt_route *r, struct bt_sock *s, int port, struct beamtap_err *err)
{
    struct bt_buf b = BT_BUF_INIT;
    put_kubectl(&b, r, "exec -i");
    bt_buf_puts(&b, " -- ");
    for (size_t i = 0; i < N_TOOLS; i++) {
        if (strcmp(r->tool, tools[i].tool) == 0) {
            char command[160];
            snprintf(command, sizeof command, "%s", tools[i].command);
            char *digits = strstr(command, "%d");
            bt_buf_printf(&b, "%.*s%d%s", (int)(digits - command), command, port, digits + 2);
        }
    }
    int rc = run(s, &b, err);
    bt_buf_done(&b);
    return rc;
}

/* "Forwarding from 127.0.0.1:40123 -> 4369": kubectl has chosen a free port here. */
static int by_forward(
    struct bt_route *r, struct bt_sock *s, int port, int64_t deadline_us, struct beamtap_err *err)
{
    struct bt_buf b = BT_BUF_INIT;
    char line[256];
    put_kubectl(&b, r, "port-forward --address 127.0.0.1");
    bt_buf_printf(&b, " :%d", port);
    int rc = run(s, &b, err), local = 0, sys = 0;
    bt_buf_done(&b);
    while (rc == 0 && local == 0) {
        sys = read_line(s, line, sizeof line, deadline_us);
        if (sys != 0)
            rc = no_line(s, "kubectl port-forward", sys, err);
        else if (sscanf(line, "Forwarding from 127.0.0.1:%d", &local) != 1)
            local = 0;
    }
    if (rc == 0) {
        struct bt_sock through = {.fd = -1, .cancel = s->cancel};
        rc = bt_sock_connect(&through, "127.0.0.1", local, deadline_us, err);
        s->fd = through.fd;
    }
    return rc;
}

static int by_pod(
    struct bt_route *r, struct bt_sock *s, int port, int64_t deadline_us, struct beamtap_err *err)
{
    if (check("--kubectl", r->pod, "/", err) < 0 || (r->space && check("--namespace", r->space, "", err) < 0))
        return -1;
    if (!r->tool[0] && find_tool(r, s, deadline_us, err) < 0)
        return -1;
    return strcmp(r->tool, FORWARD) == 0 ? by_forward(r, s, port, deadline_us, err)
                                         : by_exec(r, s, port, err);
}

/* ---- the way in ---- */

bool bt_route_is_indirect(const struct bt_route *r)
{
    return r && (r->command || r->ssh || r->pod);
}

int bt_route_connect(struct bt_route *r, struct bt_sock *s, const char *host, int port, int64_t deadline_us,
    struct beamtap_err *err)
{
    int rc;
    if (!bt_route_is_indirect(r))
        return bt_sock_connect(s, host, port, deadline_us, err);
    s->fd = -1;
    if (r->command)
        rc = by_command(r, s, host, port, err);
    else if (r->ssh)
        rc = by_ssh(r, s, host, port, err);
    else
        rc = by_pod(r, s, port, deadline_us, err);
    if (rc < 0)
        bt_sock_close(s);
    return rc;
}
