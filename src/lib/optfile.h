/*
 * optfile.h - a node's own ssl_dist_optfile, read for what a client needs.
 * Source: OTP "Using TLS for Erlang Distribution", Specifying TLS Options.
 */
#ifndef BT_LIB_OPTFILE_H
#define BT_LIB_OPTFILE_H

#include "base/arena.h"
#include "base/err.h"
#include "node/tls.h"

/*
 * bt_optfile_read - fills what the text says of files and the key's password, where the field is NULL yet; those of `client`
 * before those of `server`. `{verify, verify_none}` of the client is kept too. What else there is is left alone.
 *
 * text  NUL-terminated; strings are copied into the arena.
 * Errors: EUSAGE with the place, when it is no Erlang term; ENOMEM.
 */
int bt_optfile_read(const char *text, struct bt_arena *a, struct bt_tls_opts *out, struct beamtap_err *err);

#endif
