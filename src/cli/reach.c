/*
 * reach.c - what the command line says of a node and of the way there.
 */
#include "cli/reach.h"

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
    if (!cli->opts->quiet || strncmp(text, "warning", 7) == 0)
        bt_cli_say("%s", text);
}

int bt_reach_init_route(
    struct bt_reach *r, const struct bt_cli *cli, const char *node, struct beamtap_err *err)
{
    const struct bt_opts *o = cli->opts;
    struct bt_reach_opts ro = {
        .node = node,
        .address = o->address,
        .proxy_command = o->proxy_command,
        .ssh = o->ssh,
        .pod = o->pod,
        .pod_namespace = o->pod_namespace,
        .tls = o->tls,
        .tls_opts = {.ca = o->tls_ca, .cert = o->tls_cert, .key = o->tls_key, .server = o->tls_server_name},
        .tls_optfile = o->tls_optfile,
        .wait_us = o->wait,
        .connect_timeout_us = o->connect_timeout,
        .cancel = {cli->stops, 1},
        .log = &cli->log,
        .say = {say, (void *)cli},
    };
    return bt_reach_set(r, &ro, err);
}

int bt_reach_init(struct bt_reach *r, const struct bt_cli *cli, const char *node, struct beamtap_err *err)
{
    const struct bt_opts *o = cli->opts;
    struct bt_cookie_opts co = {
        .cookie = o->cookie, .cookie_file = o->cookie_file, .cookie_fd = o->cookie_fd, .is_program = true};
    if (bt_reach_init_route(r, cli, node, err) < 0)
        return -1;
    if (o->cookie)
        bt_cli_say("warning: --cookie shows the cookie to everybody on this host (ps); use --cookie-file");
    return bt_reach_set_cookie(r, &co, err);
}
