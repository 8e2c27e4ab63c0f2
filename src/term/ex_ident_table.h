/*
 * ex_ident_table.h - the tables of ex_ident_table.c, each in ascending order.
 */
#ifndef BT_TERM_EX_IDENT_TABLE_H
#define BT_TERM_EX_IDENT_TABLE_H

#include <stddef.h>
#include <stdint.h>

enum { BT_EX_UPPER, BT_EX_START, BT_EX_MORE };

/* first .. first + n; info: which of the three it is, and four times the index of its scripts. */
struct bt_ex_range {
    uint32_t first;
    uint16_t n, info;
};

/* Two characters that a normalized text has as one. */
struct bt_ex_pair {
    uint32_t first, second;
};

/* A mark and its combining class: marks of falling classes are not normalized. */
struct bt_ex_mark {
    uint32_t cp;
    uint8_t ccc;
};

/* A bit for each script the character belongs to; those that may stand together have one in common. Bit 0: Latin. */
extern const uint64_t bt_ex_scripts[];
extern const struct bt_ex_range bt_ex_ranges[];
extern const size_t bt_ex_n_ranges;
extern const struct bt_ex_pair bt_ex_pairs[];
extern const size_t bt_ex_n_pairs;
extern const struct bt_ex_mark bt_ex_marks[];
extern const size_t bt_ex_n_marks;

#endif
