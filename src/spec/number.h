/*
 * number.h - digits to numbers: integers of any size and floats, as Erlang writes them. Digits may have
 * single underscores between them (1_000); the lexer has made sure that they stand where they may.
 */
#ifndef BT_SPEC_NUMBER_H
#define BT_SPEC_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "term/term.h"

/* The value of a digit or letter (0-35), 36 for anything else. */
unsigned bt_number_digit(char c);
/* An integer in base 2-36. NULL: no memory. */
const struct bt_term *bt_number_int(struct bt_arena *a, const char *digits, size_t len, unsigned base);
/* Decimal digits up to max; false: larger. */
bool bt_number_u64(const char *digits, size_t len, uint64_t max, uint64_t *out);
/* 1.5, 1.5e-7. NULL: no memory, or *is_too_large is set. */
const struct bt_term *bt_number_float(struct bt_arena *a, const char *text, size_t len, bool *is_too_large);
/* The negative of an integer or float. NULL: no memory. */
const struct bt_term *bt_number_negate(struct bt_arena *a, const struct bt_term *t);

#endif
