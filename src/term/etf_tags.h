/*
 * etf_tags.h - the first byte of each kind of term in the external format, for the readers in etf_read.c and etf_typed.c.
 * Source: OTP "External Term Format".
 */
#ifndef BT_TERM_ETF_TAGS_H
#define BT_TERM_ETF_TAGS_H

enum bt_etf_tag {
    BT_TAG_NEW_FLOAT = 70,
    BT_TAG_BIT_BINARY = 77,
    BT_TAG_NEW_PID = 88,
    BT_TAG_NEW_PORT = 89,
    BT_TAG_NEWER_REFERENCE = 90,
    BT_TAG_SMALL_INTEGER = 97,
    BT_TAG_INTEGER = 98,
    BT_TAG_FLOAT = 99,
    BT_TAG_ATOM = 100,
    BT_TAG_REFERENCE = 101,
    BT_TAG_PORT = 102,
    BT_TAG_PID = 103,
    BT_TAG_SMALL_TUPLE = 104,
    BT_TAG_LARGE_TUPLE = 105,
    BT_TAG_NIL = 106,
    BT_TAG_STRING = 107,
    BT_TAG_LIST = 108,
    BT_TAG_BINARY = 109,
    BT_TAG_SMALL_BIG = 110,
    BT_TAG_LARGE_BIG = 111,
    BT_TAG_NEW_FUN = 112,
    BT_TAG_EXPORT = 113,
    BT_TAG_NEW_REFERENCE = 114,
    BT_TAG_SMALL_ATOM = 115,
    BT_TAG_MAP = 116,
    BT_TAG_ATOM_UTF8 = 118,
    BT_TAG_SMALL_ATOM_UTF8 = 119,
    BT_TAG_V4_PORT = 120,
    BT_TAG_VERSION_MAGIC = 131,
};

#endif
