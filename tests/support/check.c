/*
 * check.c - the assertions our tests share.
 */
#include "check.h"

#include <string.h>

void bt_check_err(
    struct beamtap_err *err, enum beamtap_code code, const char *part, const char *file, int line)
{
    if (err->code != code || !strstr(err->msg, part)) {
        print_error("error %d \"%s\", expected %d with \"%s\"\n", (int)err->code, err->msg, (int)code, part);
        _fail(file, line);
    }
    bt_err_clear(err);
}

void bt_check_text(struct bt_buf *b, const char *text, const char *file, int line)
{
    if (b->failed || strcmp(bt_buf_cstr(b), text) != 0) {
        print_error("text \"%s\"\nexpected \"%s\"\n", bt_buf_cstr(b), text);
        _fail(file, line);
    }
    bt_buf_reset(b);
}
