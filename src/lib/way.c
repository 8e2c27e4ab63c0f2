/*
 * way.c - a caller's options, as far as they are about the way to a node.
 */
#include "lib/way.h"

#include <inttypes.h>
#include <string.h>

#include "lib/inside.h"

#define DAY_US INT64_C(86400000000)

int bt_lib_in_range(const struct bt_lib_range *r, struct beamtap_err *err)
{
    if ((r->may_be_none && r->value == BEAMTAP_NO_LIMIT) || (r->value >= r->least && r->value <= r->most))
        return 0;
    return bt_err_set(err, BEAMTAP_EUSAGE, "%s is %" PRId64 "; it can be %" PRId64 " to %" PRId64 "%s",
        r->name, r->value, r->least, r->most, r->may_be_none ? ", or BEAMTAP_NO_LIMIT" : "");
}

int bt_lib_take_log(struct bt_log *out, const struct beamtap_session_opts *o, struct beamtap_err *err)
{
    const char *p = o->log && o->log_areas ? o->log_areas : "";
    char name[16];
    *out = (struct bt_log){.line = o->log, .arg = o->arg};
    while (*p) {
        size_t n = strcspn(p, ",");
        unsigned mask = 0;
        if (n < sizeof name) {
            memcpy(name, p, n);
            name[n] = '\0';
            mask = bt_log_mask(name);
        }
        if (mask == 0)
            return bt_err_set(err, BEAMTAP_EUSAGE, "log_areas: '%.*s' is no area", n < 40 ? (int)n : 40, p);
        out->mask |= mask;
        p += n + (p[n] == ',');
    }
    return 0;
}

struct bt_reach_opts bt_lib_reach_opts(
    const struct beamtap_session_opts *o, const struct bt_log *log, const struct bt_say *say)
{
    return (struct bt_reach_opts){
        .node = o->node,
        .cookie = {.cookie = o->cookie, .cookie_file = o->cookie_file, .from = o->cookie_from},
        .address = o->address,
        .epmd_port = o->epmd_port,
        .proxy_command = o->proxy_command,
        .ssh = o->ssh,
        .pod = o->kubectl,
        .pod_namespace = o->kubectl_namespace,
        .tls = o->tls,
        .tls_opts = {o->tls_ca, o->tls_cert, o->tls_key, o->tls_key_password, o->tls_server_name,
            o->tls_no_verify},
        .tls_optfile = o->tls_optfile,
        .wait_us = o->wait_us,
        .connect_timeout_us = o->connect_timeout_us,
        .cancel = {o->stops, 1},
        .log = log,
        .say = *say,
    };
}

/* ---- without a session ---- */

static int check(const struct beamtap_session_opts *o, struct beamtap_err *err)
{
    const struct bt_lib_range all[] = {
        {"wait_us", o->wait_us, 0, DAY_US, false},
        {"epmd_port", o->epmd_port, 0, 65535, false},
    };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        if (bt_lib_in_range(&all[i], err) < 0)
            return -1;
    }
    return o->node && *o->node ? 0 : bt_err_set(err, BEAMTAP_EUSAGE, "no node given");
}

int bt_lib_way_set(struct bt_lib_way *w, const struct beamtap_session_opts *theirs, const char *node,
    struct beamtap_err *err)
{
    memset(w, 0, sizeof *w);
    if (bt_lib_take_opts(&w->o, sizeof w->o, sizeof w->o, theirs, "beamtap_session_opts", err) < 0)
        return -1;
    w->o.node = node ? node : w->o.node;
    w->say = (struct bt_say){w->o.say, w->o.arg};
    if (check(&w->o, err) < 0 || bt_lib_take_log(&w->log, &w->o, err) < 0)
        return -1;
    struct bt_reach_opts ro = bt_lib_reach_opts(&w->o, &w->log, &w->say);
    return bt_reach_set(&w->reach, &ro, err);
}

int bt_lib_way_init(struct bt_lib_way *w, const struct beamtap_session_opts *theirs, struct beamtap_err *err)
{
    if (bt_lib_way_set(w, theirs, NULL, err) < 0)
        return -1;
    struct bt_reach_opts ro = bt_lib_reach_opts(&w->o, &w->log, &w->say);
    return bt_reach_set_cookie(&w->reach, &ro.cookie, err);
}

void bt_lib_way_done(struct bt_lib_way *w)
{
    bt_reach_done(&w->reach);
}
