/*
 * readfile.h - a file of the user's as one text.
 */
#ifndef BT_CLI_READFILE_H
#define BT_CLI_READFILE_H

#include <stddef.h>
#include <stdio.h>

#include "base/err.h"

/*
 * bt_readfile - the whole file, with a NUL behind it; the caller frees it with free().
 *
 * f       open; it is read to its end.
 * most    bytes; a longer file is EUSAGE.
 * Errors: EUSAGE, ENOMEM.
 */
char *bt_readfile(FILE *f, const char *name, size_t most, size_t *len, struct beamtap_err *err);

#endif
