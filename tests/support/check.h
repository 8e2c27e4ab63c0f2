/*
 * check.h - cmocka with what it needs in front, and the assertions our tests share.
 */
#ifndef BT_TESTS_CHECK_H
#define BT_TESTS_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/err.h"

/* The error has this code and its message contains `part`; then it is cleared. */
#define assert_err(err, code, part) bt_check_err(err, code, part, __FILE__, __LINE__)
void bt_check_err(
    struct beamtap_err *err, enum beamtap_code code, const char *part, const char *file, int line);

/* The buffer holds exactly this text; then it is emptied. */
#define assert_text(buf, text) bt_check_text(buf, text, __FILE__, __LINE__)
void bt_check_text(struct bt_buf *b, const char *text, const char *file, int line);

#endif
