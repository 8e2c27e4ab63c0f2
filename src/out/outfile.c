/*
 * outfile.c - the names of an output's files.
 */
#include "out/outfile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

#define MAX_TRIES 10000

int bt_outfile_check(const char *pattern, struct beamtap_err *err)
{
    for (const char *p = pattern; *p; p++) {
        if (*p != '%')
            continue;
        if (p[1] == '\0' || !strchr("YmdHMSni%", p[1]))
            return bt_err_set(err, BEAMTAP_EUSAGE,
                "'%s': of %% in a file's name there are %%Y %%m %%d %%H %%M %%S, %%n (the node), %%i "
                "(the session of a script) and %%%%",
                pattern);
        p++;
    }
    return 0;
}

/* The node's name as a part of a file's: it has no folder in it. */
static void put_node(struct bt_buf *out, const char *node)
{
    for (; node && *node; node++)
        bt_buf_putc(out, *node == '/' || (unsigned char)*node < ' ' ? '_' : *node);
}

static void expand(struct bt_buf *out, const struct bt_outfile *f, int64_t wall_us)
{
    time_t now = (time_t)(wall_us / 1000000);
    struct tm tm = {0};
    localtime_r(&now, &tm);
    for (const char *p = f->pattern; *p; p++) {
        if (*p != '%' || !p[1]) {
            bt_buf_putc(out, *p);
            continue;
        }
        switch (*++p) {
        case 'Y': bt_buf_printf(out, "%04d", tm.tm_year + 1900); break;
        case 'm': bt_buf_printf(out, "%02d", tm.tm_mon + 1); break;
        case 'd': bt_buf_printf(out, "%02d", tm.tm_mday); break;
        case 'H': bt_buf_printf(out, "%02d", tm.tm_hour); break;
        case 'M': bt_buf_printf(out, "%02d", tm.tm_min); break;
        case 'S': bt_buf_printf(out, "%02d", tm.tm_sec); break;
        case 'n': put_node(out, f->node); break;
        case 'i': bt_buf_printf(out, "%u", f->session ? f->session : 1); break;
        default: bt_buf_putc(out, *p);
        }
    }
}

/* Takes the name. */
static int remember(struct bt_outfile *f, char *name, struct beamtap_err *err)
{
    char **names = realloc(f->names, (f->n_names + 1) * sizeof *names);
    if (!names) {
        free(name);
        return bt_err_nomem(err);
    }
    f->names = names;
    f->names[f->n_names++] = name;
    return 0;
}

/* With all of them kept only the last name is of use: it is the sink's. */
static void drop_old(struct bt_outfile *f)
{
    size_t most = f->keep ? f->keep : 1;
    while (f->n_names > most) {
        if (f->keep)
            unlink(f->names[0]);
        free(f->names[0]);
        memmove(f->names, f->names + 1, --f->n_names * sizeof *f->names);
    }
}

static bool exists(const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0;
}

/* Takes what the pattern gives now; the numbers begin anew where that is something new. False: no memory. */
static bool set_base(struct bt_outfile *f, struct bt_buf *b)
{
    char *base = b->failed ? NULL : strdup(bt_buf_cstr(b));
    if (base && f->base && strcmp(base, f->base) == 0) {
        free(base);
        f->n_more++;
        return true;
    }
    free(f->base);
    f->base = base;
    f->n_more = 0;
    return base != NULL;
}

/* The next name. The first file must not be there; of later ones a number is passed over that somebody else has taken. A race
 * ends in bt_sink_create's refusal. */
static char *next_name(struct bt_outfile *f)
{
    struct bt_buf b = BT_BUF_INIT;
    expand(&b, f, bt_clock_wall_us());
    bool ok = set_base(f, &b);
    size_t len = b.len;
    for (int i = 0; ok && i < MAX_TRIES; i++) {
        b.len = len;
        if (f->n_more)
            bt_buf_printf(&b, ".%u", f->n_more);
        if (f->n_names == 0 || !exists(bt_buf_cstr(&b)))
            break;
        f->n_more++;
    }
    char *name = ok && !b.failed ? strdup(bt_buf_cstr(&b)) : NULL;
    bt_buf_done(&b);
    return name;
}

int bt_outfile_open(struct bt_outfile *f, struct bt_sink *sink, bool is_append, struct beamtap_err *err)
{
    char *name = next_name(f);
    if (!name)
        return bt_err_nomem(err);
    if (bt_sink_create(sink, name, is_append, err) < 0) {
        free(name);
        return -1;
    }
    if (remember(f, name, err) < 0) {
        bt_sink_done(sink, NULL);
        return -1;
    }
    drop_old(f);
    return 0;
}

void bt_outfile_done(struct bt_outfile *f)
{
    for (size_t i = 0; i < f->n_names; i++)
        free(f->names[i]);
    free(f->names);
    free(f->base);
    f->names = NULL;
    f->base = NULL;
    f->n_names = 0;
}
