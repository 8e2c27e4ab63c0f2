/*
 * bigint.h - whole numbers of any size: what is needed to work out operators between constants.
 */
#ifndef BT_TERM_BIGINT_H
#define BT_TERM_BIGINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "term/term.h"

#define BT_BIGINT_MAX_BITS 4096 /* of any operand and result */

/* Sign and magnitude; in an arena. */
struct bt_bigint {
    bool negative;       /* not of 0 */
    const uint32_t *mag; /* least word first */
    size_t n;            /* words; the last one is not 0, so 0 has none */
};

enum bt_bigint_op {
    BT_BIGINT_ADD,
    BT_BIGINT_SUB,
    BT_BIGINT_MUL,
    BT_BIGINT_DIV, /* towards 0 */
    BT_BIGINT_REM, /* with the sign of x */
    BT_BIGINT_AND, /* these on the two's complement */
    BT_BIGINT_OR,
    BT_BIGINT_XOR,
};

/* False: the term is no whole number, or has more than BT_BIGINT_MAX_BITS, or there is no memory. */
bool bt_bigint_of(struct bt_arena *a, const struct bt_term *t, struct bt_bigint *out);
/* NULL: no memory. */
const struct bt_term *bt_bigint_term(struct bt_arena *a, const struct bt_bigint *x);

/* False: division by 0, a result of more than BT_BIGINT_MAX_BITS, or no memory. */
bool bt_bigint_calc(struct bt_arena *a, enum bt_bigint_op op, const struct bt_bigint *x,
    const struct bt_bigint *y, struct bt_bigint *out);
/* x * 2^by, rounded down; by may be negative. False as above. */
bool bt_bigint_shift(struct bt_arena *a, const struct bt_bigint *x, int64_t by, struct bt_bigint *out);

/* -1, 0 or 1 */
int bt_bigint_compare(const struct bt_bigint *x, const struct bt_bigint *y);
/* The same against a finite float, exactly. False: no memory. */
bool bt_bigint_compare_float(struct bt_arena *a, const struct bt_bigint *x, double y, int *order);
/* As the VM rounds it; infinite where it is too large. */
double bt_bigint_to_float(const struct bt_bigint *x);

#endif
