/*
 * config.c - the file of defaults: a script of one part that does nothing.
 */
#include "cli/config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "cli/cmd.h"
#include "cli/readfile.h"

#define MAX_BYTES 65536

/* NULL: there is no place for one, or no memory. */
static char *path_of_config(void)
{
    const char *xdg = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    struct bt_buf b = BT_BUF_INIT;
    if (xdg && *xdg)
        bt_buf_printf(&b, "%s/beamtap/config", xdg);
    else if (home && *home)
        bt_buf_printf(&b, "%s/.config/beamtap/config", home);
    char *path = b.len && !b.failed ? strdup(bt_buf_cstr(&b)) : NULL;
    bt_buf_done(&b);
    return path;
}

/* It holds for every command: what names one, or a node, has no meaning here. */
static int check(const struct bt_config *c, struct beamtap_err *err)
{
    const struct bt_steps *s = &c->steps;
    const struct bt_part *p = &s->parts[0];
    if (s->n == 1 && p->n == 0 && !p->does_something && !p->node && s->sets.n == 0)
        return 0;
    size_t off = p->n ? p->steps[0].off : 0;
    struct beamtap_loc none = {0};
    return bt_err_at(err, BEAMTAP_EUSAGE, p->n ? bt_script_place(c->text, off, 1) : none,
        "only options belong into the file of defaults; traces, nodes, --- and set into a script");
}

int bt_config_read(struct bt_config *c, struct beamtap_err *err)
{
    static const struct bt_words no_sets = {0};
    size_t len;
    c->path = path_of_config();
    FILE *f = c->path ? fopen(c->path, "re") : NULL;
    if (!f && (!c->path || errno == ENOENT || errno == ENOTDIR))
        return 0;
    if (!f)
        bt_err_sys(err, BEAMTAP_EUSAGE, errno, "cannot read %s (--no-config: do without)", c->path);
    else {
        c->text = bt_readfile(f, c->path, MAX_BYTES, &len, err);
        fclose(f);
    }
    if (!c->text)
        return bt_cli_fail(err);
    if (bt_steps_read(&c->steps, c->path, c->text, len, &no_sets, err) < 0 || check(c, err) < 0)
        return bt_source_fail(&c->steps.file, err);
    c->settings = c->steps.parts[0].settings;
    return 0;
}

void bt_config_done(struct bt_config *c)
{
    bt_steps_done(&c->steps);
    free(c->text);
    free(c->path);
}
