/*
 * digits.h - numbers to decimal text, as Erlang writes them.
 */
#ifndef BT_TERM_DIGITS_H
#define BT_TERM_DIGITS_H

#include "base/buf.h"
#include "term/etf_read.h"

/* The numbers 0 to 255. */
struct bt_digits_byte {
    char text[3];
    uint8_t len;
};
extern const struct bt_digits_byte bt_digits_bytes[256];

#define BT_DIGITS_INT_MAX 20 /* bytes of an integer of 64 bits, with its sign */

/* Writes eight digits of v, zeros first; v is below 10^8. */
void bt_digits_eight(char *to, uint32_t v);
/* Writes an integer where there is room for the longest, and perhaps something behind it; returns where it ends. */
char *bt_digits_at(char *at, int64_t v);
/* An integer. */
void bt_digits_int(struct bt_buf *out, int64_t v);

/*
 * An integer of any size; mag: least byte first. The time grows with the square of the length, therefore one
 * of more than BT_DIGITS_MAX_BIG bytes comes as 16#1F2E..., which Erlang reads as well.
 */
void bt_digits_big(struct bt_buf *out, bool negative, struct bt_slice mag);

#define BT_DIGITS_MAX_BIG ((size_t)32 * 1024) /* bytes; about 79,000 digits */

/*
 * The shortest text that reads back as the same float, in the notation of float_to_list(V, [short]) of OTP
 * 25: 0.001, 1.0e-5, 123456.0, 1.0e10. v is finite.
 */
void bt_digits_float(struct bt_buf *out, double v);
/* The same where there is room for it; returns where it ends. */
char *bt_digits_float_at(char *at, double v);

#define BT_DIGITS_FLOAT_MAX 32 /* bytes it takes at most */

#endif
