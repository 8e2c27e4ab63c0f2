/*
 * reach.c - what the command line says of a node and of the way there.
 */
#include "cli/reach.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- names ---- */

static bool is_bare_name(const char *word)
{
    return *word &&
           word[strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-*?")] == '\0';
}

/* app@host, app@::1 */
static bool is_full_name(const char *word)
{
    const char *at = strchr(word, '@');
    if (!at || strpbrk(word, "({[ "))
        return false;
    return !strchr(word, ':') || (strcspn(word, ":") > (size_t)(at - word) &&
                                     at[1 + strspn(at + 1, "0123456789abcdefABCDEF:.")] == '\0');
}

const char *bt_reach_node(const char *const *words, size_t n, size_t *used)
{
    const char *release = getenv("RELEASE_NODE");
    bool has_release = release && *release;
    *used = 0;
    if (n > 0 && is_full_name(words[0])) {
        *used = 1;
        return words[0];
    }
    if (n > (has_release ? 1 : 0) && is_bare_name(words[0])) {
        *used = 1;
        return words[0];
    }
    return has_release ? release : NULL;
}

/* ---- options ---- */

static void say(void *arg, const char *text)
{
    const struct bt_cli *cli = arg;
    if (!cli->opts->quiet || strncmp(text, "waiting", 7) != 0)
        bt_cli_say("%s", text);
}

static void log_line(void *arg, const char *area, const char *text)
{
    const struct bt_cli *cli = arg;
    cli->log.line(cli->log.arg, area, text);
}

/* "conn,rpc": what bt_log_mask() made of --debug, for the library to make the same of. */
static void put_areas(char *out, size_t cap, const struct bt_words *areas)
{
    out[0] = '\0';
    for (size_t i = 0; i < areas->n; i++) {
        size_t n = strlen(out);
        if (!strstr(out, areas->items[i]))
            snprintf(out + n, cap - n, "%s%s", n ? "," : "", areas->items[i]);
    }
}

void bt_reach_route(
    struct beamtap_session_opts *so, struct bt_cli_way *way, const struct bt_cli *cli, const char *node)
{
    const struct bt_opts *o = cli->opts;
    put_areas(way->log_areas, sizeof way->log_areas, &o->debug);
    so->node = node;
    so->address = o->address;
    so->proxy_command = o->proxy_command;
    so->ssh = o->ssh;
    so->kubectl = o->pod;
    so->kubectl_namespace = o->pod_namespace;
    so->tls = o->tls;
    so->tls_ca = o->tls_ca;
    so->tls_cert = o->tls_cert;
    so->tls_key = o->tls_key;
    so->tls_server_name = o->tls_server_name;
    so->tls_optfile = o->tls_optfile;
    so->wait_us = o->wait;
    so->connect_timeout_us = o->connect_timeout;
    so->stops = cli->stops;
    so->say = say;
    so->log = log_line;
    so->log_areas = way->log_areas;
    so->arg = (void *)cli;
}

static int set_cookie(struct beamtap_session_opts *so, struct bt_cli_way *way, const struct bt_cli *cli,
    struct beamtap_err *err)
{
    const struct bt_opts *o = cli->opts;
    const struct bt_cli_cookie *c = cli->cookie ? cli->cookie : &way->cookie;
    if (o->cookie_in_argv)
        bt_cli_say("warning: --cookie shows the cookie to everybody on this host (ps); use --cookie-file");
    so->cookie = o->cookie;
    so->cookie_file = o->cookie_file;
    if (o->cookie || o->cookie_file) {
        bt_cli_cookie_wipe_environment();
        return 0;
    }
    if (!cli->cookie && bt_cli_cookie_take(o->cookie_fd, &way->cookie, err) < 0)
        return -1;
    so->cookie = c->is_there ? c->text : NULL;
    so->cookie_from = c->is_there ? c->from : BT_CLI_COOKIE_VARIABLES;
    return 0;
}

int bt_reach_session(struct beamtap_session_opts *so, struct bt_cli_way *way, const struct bt_cli *cli,
    const char *node, struct beamtap_err *err)
{
    bt_reach_route(so, way, cli, node);
    return set_cookie(so, way, cli, err);
}
