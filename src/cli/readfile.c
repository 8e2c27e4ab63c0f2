/*
 * readfile.c - a file of the user's as one text.
 */
#include "cli/readfile.h"

#include <errno.h>
#include <stdlib.h>

#include "base/buf.h"

char *bt_readfile(FILE *f, const char *name, size_t most, size_t *len, struct beamtap_err *err)
{
    struct bt_buf b = {.limit = most + 1};
    char chunk[4096];
    size_t n;
    errno = 0;
    while (!b.failed && (n = fread(chunk, 1, sizeof chunk, f)) > 0)
        bt_buf_put(&b, chunk, n);
    if (ferror(f))
        bt_err_sys(err, BEAMTAP_EUSAGE, errno, "cannot read %s", name);
    else if (b.failed || b.len > most)
        bt_err_set(err, BEAMTAP_EUSAGE, "%s is larger than %zu bytes", name, most);
    else {
        char *text = realloc(b.data, b.len + 1);
        if (text) {
            text[b.len] = '\0';
            *len = b.len;
            return text;
        }
        bt_err_nomem(err);
    }
    bt_buf_done(&b);
    return NULL;
}
