/*
 * reach.c - from what a caller says of a node to a connection.
 */
#include "lib/reach.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/wipe.h"
#include "lib/optfile.h"
#include "node/epmd.h"

#define STRAIGHT_MS 5000 /* --connect-timeout where the way is straight */
#define HELPER_MS 60000  /* and through a helper */
#define AGAIN_MS 500     /* between two attempts of --wait */
#define MAX_OPTFILE 65536

/* ---- names ---- */

static int set_text(
    char *out, size_t cap, const char *text, size_t len, const char *what, struct beamtap_err *err)
{
    if (len >= cap)
        return bt_err_set(err, BEAMTAP_EUSAGE, "%s is too long", what);
    memcpy(out, text, len);
    out[len] = '\0';
    return 0;
}

/* "app" and "app@": the node tells its host itself. */
static int set_node(struct bt_reach *r, const char *node, struct beamtap_err *err)
{
    const char *at = strchr(node, '@');
    if (at && !at[1])
        return bt_err_set(err, BEAMTAP_EUSAGE, "'%s' is not a node name; it looks like app@host", node);
    if (set_text(r->node, sizeof r->node - 1, node, strlen(node), "the node's name", err) < 0)
        return -1;
    if (!strchr(r->node, '@'))
        strcat(r->node, "@");
    return 0;
}

/* ---- the way ---- */

/* HOST, HOST:PORT, [::1]:PORT, ::1 */
static int set_address(struct bt_reach *r, const char *text, struct beamtap_err *err)
{
    const char *host = text, *port = NULL, *close = *text == '[' ? strchr(text, ']') : NULL;
    size_t len = strlen(text);
    if (close) {
        host = text + 1;
        len = (size_t)(close - host);
        port = close[1] == ':' ? close + 2 : NULL;
        if (close[1] && !port)
            return bt_err_set(err, BEAMTAP_EUSAGE, "--address: write HOST, HOST:PORT or [IPv6]:PORT");
    } else if (strchr(text, ':') && strchr(text, ':') == strrchr(text, ':')) {
        len = strcspn(text, ":");
        port = text + len + 1;
    }
    if (len == 0)
        return bt_err_set(err, BEAMTAP_EUSAGE, "--address: '%s' has no host", text);
    if (port) {
        char *end;
        long n = strtol(port, &end, 10);
        if (end == port || *end || n < 1 || n > 65535)
            return bt_err_set(err, BEAMTAP_EUSAGE, "--address: '%s' is no port", port);
        r->conn.port = (int)n;
    }
    return set_text(r->host, sizeof r->host, host, len, "--address", err);
}

static int set_route(struct bt_reach *r, const struct bt_reach_opts *o, struct beamtap_err *err)
{
    r->route = (struct bt_route){.command = o->proxy_command,
        .ssh = o->ssh,
        .pod = o->pod,
        .space = o->pod_namespace,
        .node = r->node};
    if (!!o->proxy_command + !!o->ssh + !!o->pod > 1)
        return bt_err_set(err, BEAMTAP_EUSAGE, "one of --proxy-command, --ssh and --kubectl is enough");
    if (o->pod_namespace && !o->pod)
        return bt_err_set(err, BEAMTAP_EUSAGE, "--namespace goes with --kubectl POD");
    r->conn.route = &r->route;
    return 0;
}

static int read_optfile(struct bt_reach *r, const char *path, struct beamtap_err *err)
{
    FILE *f = fopen(path, "re");
    char *text = f ? bt_arena_alloc(&r->arena, MAX_OPTFILE + 1) : NULL;
    if (!f)
        return bt_err_sys(err, BEAMTAP_EUSAGE, errno, "--tls-optfile: cannot read %s", path);
    int rc = text ? 0 : bt_err_nomem(err);
    if (rc == 0) {
        size_t n = fread(text, 1, MAX_OPTFILE, f);
        text[n] = '\0';
        if (n == MAX_OPTFILE || ferror(f))
            rc = bt_err_set(err, BEAMTAP_EUSAGE, "--tls-optfile: %s cannot be read, or is above 64 KB", path);
    }
    fclose(f);
    if (rc == 0 && bt_optfile_read(text, &r->arena, &r->tls, err) < 0) {
        bt_err_context(err, "--tls-optfile %s", path);
        rc = -1;
    }
    return rc;
}

static int set_tls(struct bt_reach *r, const struct bt_reach_opts *o, struct beamtap_err *err)
{
    const struct bt_tls_opts *t = &o->tls_opts;
    r->tls = *t;
    if (!o->tls && !t->ca && !t->cert && !t->key && !t->password && !t->server && !t->no_verify &&
        !o->tls_optfile)
        return 0;
    if (o->tls_optfile && read_optfile(r, o->tls_optfile, err) < 0)
        return -1;
    if (r->tls.no_verify && !t->no_verify)
        bt_say(&r->say, "warning: %s says verify_none: whoever answers there is taken for the node",
            o->tls_optfile);
    r->conn.tls = &r->tls;
    return 0;
}

static int set_times(struct bt_reach *r, const struct bt_reach_opts *o, struct beamtap_err *err)
{
    int64_t us = o->connect_timeout_us;
    if (us == 0)
        us = (bt_route_is_indirect(&r->route) ? HELPER_MS : STRAIGHT_MS) * INT64_C(1000);
    if (us < 1000 || us > INT64_C(3600000000))
        return bt_err_set(err, BEAMTAP_EUSAGE, "--connect-timeout is 1ms to 1h");
    r->conn.timeout_ms = (int)(us / 1000);
    return 0;
}

int bt_reach_set_cookie(struct bt_reach *r, const struct bt_cookie_opts *o, struct beamtap_err *err)
{
    if (bt_cookie_find(o, &r->cookie, err) < 0)
        return -1;
    if (r->cookie.is_exposed)
        bt_say(&r->say, "warning: others can read the cookie in %s; chmod 400 it", r->cookie.from);
    r->conn.cookie = r->cookie.text;
    return 0;
}

static int env_port(const char *name)
{
    const char *text = getenv(name);
    int port = text ? atoi(text) : 0;
    return port > 0 && port < 65536 ? port : 0;
}

/* Where a name without a host is looked for. */
static const char *default_host(const struct bt_reach *r)
{
    return r->route.pod || r->route.command ? "127.0.0.1" : "localhost";
}

int bt_reach_set(struct bt_reach *r, const struct bt_reach_opts *o, struct beamtap_err *err)
{
    memset(r, 0, sizeof *r);
    r->say = o->say;
    r->wait_us = o->wait_us;
    r->conn = (struct bt_conn_opts){
        .node = r->node,
        .epmd_port = o->epmd_port ? o->epmd_port : env_port("ERL_EPMD_PORT"),
        .step = &r->step,
        .cancel = o->cancel,
        .log = o->log,
    };
    if (set_node(r, o->node, err) < 0 || set_route(r, o, err) < 0 || set_times(r, o, err) < 0 ||
        set_tls(r, o, err) < 0 || (o->address && set_address(r, o->address, err) < 0))
        return -1;
    if (r->host[0])
        r->conn.host = r->host;
    else if (r->node[strlen(r->node) - 1] == '@' || r->route.pod)
        r->conn.host = default_host(r);
    return 0;
}

void bt_reach_done(struct bt_reach *r)
{
    bt_wipe(&r->cookie, sizeof r->cookie);
    bt_arena_done(&r->arena);
}

/* ---- connecting ---- */

int bt_reach_names(struct bt_reach *r, struct bt_buf *out, struct beamtap_err *err)
{
    const char *at = strchr(r->node, '@');
    struct bt_epmd e = {&r->route, r->conn.host ? r->conn.host : at + 1, r->conn.epmd_port,
        bt_clock_mono_us() + (int64_t)r->conn.timeout_ms * 1000, r->conn.cancel};
    return bt_epmd_names(&e, out, err);
}

/* app-*@host: the one name epmd has that it means. */
static int choose(struct bt_reach *r, struct beamtap_err *err)
{
    struct bt_buf names = BT_BUF_INIT, list = BT_BUF_INIT;
    char glob[256], chosen[256] = "";
    size_t len = strcspn(r->node, "@"), n = 0;
    memcpy(glob, r->node, len);
    glob[len] = '\0';
    int rc = bt_reach_names(r, &names, err);
    for (const char *p = bt_buf_cstr(&names); rc == 0 && *p; p += strcspn(p, "\n") + 1) {
        char name[256];
        if (set_text(name, sizeof name, p, strcspn(p, " "), "a name", NULL) < 0 ||
            fnmatch(glob, name, 0) != 0)
            continue;
        n++;
        strcpy(chosen, name);
        bt_buf_printf(&list, "%s%s", list.len ? ", " : "", name);
    }
    if (rc == 0 && n != 1)
        rc = n ? bt_err_set(err, BEAMTAP_ENONODE, "'%s' means %zu nodes: %s", glob, n, bt_buf_cstr(&list))
               : bt_err_set(err, BEAMTAP_ENONODE,
                     "'%s' means none of the nodes that epmd knows; see beamtap nodes", glob);
    if (rc == 0) {
        bt_buf_reset(&names);
        bt_buf_printf(&names, "%s%s", chosen, r->node + len);
        rc = set_text(r->node, sizeof r->node, bt_buf_cstr(&names), names.len, "the node's name", err);
    }
    bt_buf_done(&names);
    bt_buf_done(&list);
    return rc;
}

static struct bt_conn *open_once(struct bt_reach *r, struct beamtap_err *err)
{
    size_t alive = strcspn(r->node, "@");
    r->step = BT_STEP_EPMD;
    if (strcspn(r->node, "*?") < alive && choose(r, err) < 0)
        return NULL;
    struct bt_conn *c = bt_conn_open(&r->conn, err);
    if (c)
        set_text(r->node, sizeof r->node, bt_conn_node(c), strlen(bt_conn_node(c)), "", NULL);
    return c;
}

/* Is it worth trying again? A node that is not there yet, or starting; not one that refuses us. */
static bool may_come(enum beamtap_code code)
{
    return code == BEAMTAP_EHOST || code == BEAMTAP_EEPMD || code == BEAMTAP_ENONODE ||
           code == BEAMTAP_ECONNECT || code == BEAMTAP_ETIMEDOUT || code == BEAMTAP_ELOST;
}

struct bt_conn *bt_reach_open(struct bt_reach *r, struct beamtap_err *err)
{
    const struct bt_cancel *cancel = &r->conn.cancel;
    int64_t until = bt_clock_mono_us() + r->wait_us;
    for (bool has_said = false;; has_said = true) {
        struct beamtap_err why = {0};
        struct bt_conn *c = open_once(r, &why);
        if (c)
            return c;
        if (!may_come(why.code) || bt_clock_mono_us() >= until ||
            (cancel->count && *cancel->count >= cancel->at)) {
            if (err && err->code == BEAMTAP_OK)
                *err = why;
            return NULL;
        }
        if (!has_said)
            bt_say(&r->say, "waiting (--wait): %s", why.msg);
        bt_clock_pause_ms(AGAIN_MS);
    }
}
