/*
 * terms.h - Erlang terms for tests, written as text: bt_test_etf(&a, "{ok,[1,\"ab\",<0.44.0>]}").
 *
 * Knows integers, atoms (also 'quoted'), "strings", <<"binaries">>, tuples, lists, maps, pids of the scripted node
 * (<0.44.0>) and of another one (<x@y.44.0>), and raw bytes in hexadecimal (!ff00), which need not be a term.
 * A mistake in the text ends the program.
 */
#ifndef BT_TESTS_TERMS_H
#define BT_TESTS_TERMS_H

#include "term/etf_read.h"
#include "term/term.h"

#define BT_TEST_NODE "app@127.0.0.1" /* the node <0.44.0> lives on */
#define BT_TEST_CREATION 7

const struct bt_term *bt_test_term(struct bt_arena *a, const char *text);
/* In external form, without the version byte. */
struct bt_slice bt_test_etf(struct bt_arena *a, const char *text);
/* A cursor at the start of it. */
struct bt_etf bt_test_cursor(struct bt_arena *a, const char *text);

#endif
