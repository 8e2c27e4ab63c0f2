/*
 * json_term.h - a term as a JSON value, for programs; what JSON cannot say is a string of the term's text.
 *
 *   true, false           the same                 null, nil         null
 *   other atoms           strings                  integers          numbers, from 2^53 on strings
 *   floats                numbers                  text in a binary  strings
 *   printable lists       strings                  other lists       arrays, and text where they are improper
 *   tuples                arrays                   maps              objects; a key is its text
 *   all else (pids, funs, binaries that are no text), and what is nested too deep: text as the output's syntax has it
 */
#ifndef BT_OUT_JSON_TERM_H
#define BT_OUT_JSON_TERM_H

#include "base/buf.h"
#include "term/print.h"

#define BT_JSON_MAX_DEPTH 64

/*
 * bt_json_term - append one term in external format.
 *
 * opts     how the text of what JSON has no form for is written; --depth does not cut the rest. Borrowed.
 * scratch  emptied and used.
 *
 * False: the bytes are no whole term, or there is no memory; then null was appended.
 */
bool bt_json_term(
    struct bt_buf *out, struct bt_slice etf, const struct bt_print_opts *opts, struct bt_buf *scratch);

#endif
