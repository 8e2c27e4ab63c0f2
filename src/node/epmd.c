/*
 * epmd.c - a client of the Erlang port mapper daemon.
 */
#include "node/epmd.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "node/route.h"

enum { PORT_PLEASE2_REQ = 122, PORT2_RESP = 119, NAMES_REQ = 110 };

#define QUIET_US INT64_C(300000)
#define MAX_REPLY 65536 /* epmd's answers are small; a peer that sends more is none */

static int epmd_port_of(const struct bt_epmd *e)
{
    return e->port ? e->port : BT_EPMD_PORT;
}

static int not_epmd(const struct bt_epmd *e, struct beamtap_err *err)
{
    return bt_err_set(
        err, BEAMTAP_EEPMD, "%s port %d does not answer as epmd does", e->host, epmd_port_of(e));
}

static int dial(const struct bt_epmd *e, struct bt_sock *s, struct beamtap_err *err)
{
    struct beamtap_err why = {0};
    s->cancel = e->cancel;
    if (bt_route_connect(e->route, s, e->host, epmd_port_of(e), e->deadline_us, &why) == 0)
        return 0;
    if (why.code == BEAMTAP_ECONNECT && !bt_route_is_indirect(e->route))
        return bt_err_set(err, BEAMTAP_EEPMD,
            "no epmd on %s: %s\n"
            "  is an Erlang node running there, with distribution on (-name or -sname)?",
            e->host, why.msg);
    if (err && err->code == BEAMTAP_OK)
        *err = why;
    return -1;
}

/* The answer that tells a port has come, as far as we read it. */
static bool is_port(char kind, const struct bt_buf *reply)
{
    return kind == PORT_PLEASE2_REQ && reply->len >= 2 && reply->data[0] == PORT2_RESP &&
           (reply->data[1] != 0 || reply->len >= 4);
}

/* epmd closes behind its answer, but not every helper passes that on (nc): then no more comes for a while. */
static int64_t patience(const struct bt_epmd *e, const struct bt_buf *reply)
{
    int64_t until = bt_clock_mono_us() + QUIET_US;
    return reply->len > 0 && bt_route_is_indirect(e->route) && until < e->deadline_us ? until
                                                                                      : e->deadline_us;
}

/* Sends one request and reads until epmd closes, or enough is here. */
static int exchange(
    const struct bt_epmd *e, char kind, const char *name, struct bt_buf *reply, struct beamtap_err *err)
{
    struct bt_sock s = {.fd = -1};
    size_t len = strlen(name);
    char req[3 + 256];
    if (len > 255)
        return bt_err_set(err, BEAMTAP_EUSAGE, "the node name is too long");
    if (dial(e, &s, err) < 0)
        return -1;
    req[0] = 0;
    req[1] = (char)(len + 1);
    req[2] = kind;
    memcpy(req + 3, name, len);
    int rc = bt_sock_write(&s, req, len + 3, e->deadline_us);
    ssize_t n = 1;
    while (rc == 0 && n > 0 && reply->len <= MAX_REPLY && !is_port(kind, reply)) {
        if (!bt_buf_reserve(reply, 4096)) {
            rc = ENOMEM;
            break;
        }
        n = bt_sock_read(&s, reply->data + reply->len, 4096, patience(e, reply));
        if (n > 0)
            reply->len += (size_t)n;
        else if (n == -ETIMEDOUT && reply->len > 0 && bt_route_is_indirect(e->route))
            n = 0;
        else if (n < 0)
            rc = (int)-n;
    }
    bool is_whole = rc == 0 && reply->len > 0 && (n == 0 || is_port(kind, reply));
    bool is_explained =
        !is_whole && rc != EINTR && rc != ETIMEDOUT && rc != ENOMEM && bt_sock_explain(&s, err);
    bt_sock_close(&s);
    if (is_explained) {
        bt_err_context(err, "asking epmd on %s", e->host);
        return -1;
    }
    if (rc == EINTR)
        return bt_err_set(err, BEAMTAP_EINTR, "interrupted");
    if (rc == ENOMEM)
        return bt_err_nomem(err);
    if (rc == ETIMEDOUT)
        return bt_err_set(err, BEAMTAP_ETIMEDOUT, "epmd on %s does not answer", e->host);
    return is_whole ? 0 : not_epmd(e, err);
}

int bt_epmd_names(const struct bt_epmd *e, struct bt_buf *out, struct beamtap_err *err)
{
    struct bt_buf reply = BT_BUF_INIT;
    int rc = exchange(e, NAMES_REQ, "", &reply, err);
    if (rc == 0 && reply.len < 4)
        rc = not_epmd(e, err);
    const char *text = bt_buf_cstr(&reply);
    if (rc == 0 && reply.failed)
        rc = bt_err_nomem(err);
    if (rc == 0) { /* 4 bytes of epmd's own port, then lines "name N at port P" */
        const char *p = text + 4;
        while (*p) {
            char name[256];
            int port, used = 0;
            if (sscanf(p, "name %255s at port %d%n", name, &port, &used) == 2 && used > 0)
                bt_buf_printf(out, "%s %d\n", name, port);
            p += strcspn(p, "\n");
            p += *p == '\n';
        }
    }
    bt_buf_done(&reply);
    return rc;
}

/* "epmd on H has no node N; it has: a, b" */
static int no_node(const struct bt_epmd *e, const char *name, struct beamtap_err *err)
{
    struct bt_buf names = BT_BUF_INIT, list = BT_BUF_INIT;
    bt_epmd_names(e, &names, NULL);
    for (const char *p = bt_buf_cstr(&names); *p; p += strcspn(p, "\n") + 1) {
        if (list.len > 200) {
            bt_buf_puts(&list, ", ...");
            break;
        }
        bt_buf_printf(&list, "%s%.*s", list.len ? ", " : "", (int)strcspn(p, " "), p);
    }
    bt_err_set(err, BEAMTAP_ENONODE, "epmd on %s knows no node '%s'; it knows: %s", e->host, name,
        list.len ? bt_buf_cstr(&list) : "none");
    bt_buf_done(&names);
    bt_buf_done(&list);
    return -1;
}

int bt_epmd_port(const struct bt_epmd *e, const char *name, int *port, struct beamtap_err *err)
{
    struct bt_buf reply = BT_BUF_INIT;
    int rc = exchange(e, PORT_PLEASE2_REQ, name, &reply, err);
    if (rc == 0) {
        const unsigned char *p = (const unsigned char *)reply.data;
        int found = reply.len >= 4 ? p[2] << 8 | p[3] : 0;
        if (reply.len >= 2 && p[0] == PORT2_RESP && p[1] != 0)
            rc = no_node(e, name, err);
        else if (found > 0 && p[0] == PORT2_RESP)
            *port = found;
        else
            rc = not_epmd(e, err);
    }
    bt_buf_done(&reply);
    return rc;
}
