/*
 * cookie.c - the cookie of a descriptor or of the environment.
 */
#include "cli/cookie.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/wipe.h"

static const char *const variables[] = {"BEAMTAP_COOKIE", "RELEASE_COOKIE"};
#define N_VARIABLES (sizeof variables / sizeof variables[0])

/* To its end, or as much as a cookie can have and a little more: the library says then that it is too long. */
static int from_fd(int64_t fd, struct bt_cli_cookie *out, struct beamtap_err *err)
{
    FILE *f = fd > STDERR_FILENO && fd <= 65535 ? fdopen((int)fd, "r") : NULL;
    if (!f)
        return bt_err_set(err, BEAMTAP_ECOOKIE,
            "--cookie-fd: descriptor %d is not open for reading, or is stdin, stdout or stderr", (int)fd);
    snprintf(out->from, sizeof out->from, "descriptor %d (--cookie-fd)", (int)fd);
    setvbuf(f, NULL, _IONBF, 0); /* no buffer that would keep it */
    size_t n = fread(out->text, 1, sizeof out->text - 1, f);
    out->text[n] = '\0';
    int rc =
        ferror(f) ? bt_err_sys(err, BEAMTAP_ECOOKIE, errno, "cannot read the cookie file %s", out->from) : 0;
    fclose(f);
    out->is_there = rc == 0;
    return rc;
}

static void from_environment(struct bt_cli_cookie *out)
{
    for (size_t i = 0; i < N_VARIABLES && !out->is_there; i++) {
        const char *text = getenv(variables[i]);
        if (!text || !*text)
            continue;
        snprintf(out->text, sizeof out->text, "%s", text);
        snprintf(out->from, sizeof out->from, "%s", variables[i]);
        out->is_there = true;
    }
}

void bt_cli_cookie_wipe_environment(void)
{
    for (size_t i = 0; i < N_VARIABLES; i++) {
        char *text = getenv(variables[i]);
        if (text)
            bt_wipe(text, strlen(text));
        unsetenv(variables[i]);
    }
}

int bt_cli_cookie_take(int64_t fd, struct bt_cli_cookie *out, struct beamtap_err *err)
{
    int rc = 0;
    memset(out, 0, sizeof *out);
    if (fd)
        rc = from_fd(fd, out, err);
    else
        from_environment(out);
    bt_cli_cookie_wipe_environment();
    return rc;
}
