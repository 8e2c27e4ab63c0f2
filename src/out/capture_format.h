/*
 * capture_format.h - numbers of the capture file format (doc/beamtap-capture.5), for its writer and its reader.
 *
 *   file:    magic, version, features, header length, sum | header, one external term | records
 *   record:  mark, kind, flags, length, sum of the body, sum of these twelve bytes | body
 *
 * All numbers are little-endian. None of these values may ever change; new ones are added.
 */
#ifndef BT_OUT_CAPTURE_FORMAT_H
#define BT_OUT_CAPTURE_FORMAT_H

#include <stdbool.h>
#include <stdint.h>

#include "event/event.h"

#define BT_CAPTURE_MAGIC                                                                                     \
    "\x89"                                                                                                   \
    "BTC\r\n\x1a\n"
#define BT_CAPTURE_MAGIC_LEN 8u
#define BT_CAPTURE_MAJOR 1u /* a reader refuses a larger one */
#define BT_CAPTURE_MINOR 0u
#define BT_CAPTURE_PREFIX_LEN 24u /* what stands before the header */
#define BT_CAPTURE_MAX_HEADER (16u << 20)
#define BT_CAPTURE_MARK 0xb7c3u
#define BT_CAPTURE_HEAD_LEN 16u
#define BT_CAPTURE_MAX_BODY (512u << 20) /* as frames of a connection */
#define BT_CAPTURE_EVENT_LEN 32u         /* of an event's body, what is always there */

enum bt_capture_kind {
    BT_CAPTURE_EVENT = 1,
    BT_CAPTURE_SUMMARY = 2, /* [{Key, Value}], the last record */
};

/* What an event's body has, in this order. */
enum bt_capture_has {
    BT_CAPTURE_HAS_DURATION = 1 << 0, /* i64, ns */
    BT_CAPTURE_HAS_AMOUNT = 1 << 1,   /* i64 */
    BT_CAPTURE_HAS_HEAP = 1 << 2,     /* i64 and i64, bytes before and after */
    BT_CAPTURE_HAS_VALUES = 1 << 3,   /* u32: how many terms of captured values stand at the end */
    BT_CAPTURE_HAS_PID = 1 << 4,      /* from here on terms */
    BT_CAPTURE_HAS_MFA = 1 << 5,
    BT_CAPTURE_HAS_VALUE = 1 << 6,
    BT_CAPTURE_HAS_PEER = 1 << 7,
    BT_CAPTURE_HAS_CALLER = 1 << 8,
    BT_CAPTURE_HAS_CLASS = 1 << 9,
    BT_CAPTURE_IS_PART = 1 << 10, /* no field */
    BT_CAPTURE_HAS_NAME = 1 << 11, /* what the process is: u16 and so many bytes of text, before the terms */
    BT_CAPTURE_HAS_KNOWN = (1 << 12) - 1,
};

/* Flags of a clause. */
enum bt_capture_clause {
    BT_CAPTURE_CLAUSE_WHOLE = 1 << 0, /* the first captured value is the list of all arguments */
    BT_CAPTURE_CLAUSE_RETURN = 1 << 1,
    BT_CAPTURE_CLAUSE_TIME = 1 << 2,
    BT_CAPTURE_CLAUSE_COUNT = 1 << 3,
};

/* X(code, bt_event type): what a type is called in a file. */
#define BT_CAPTURE_EVENTS(X)                                                                                 \
    X(1, CALL)                                                                                               \
    X(2, RETURN)                                                                                             \
    X(3, EXCEPTION)                                                                                          \
    X(4, TIMED)                                                                                              \
    X(5, SEND)                                                                                               \
    X(6, RECEIVE)                                                                                            \
    X(7, SPAWN)                                                                                              \
    X(8, EXIT)                                                                                               \
    X(9, LINK)                                                                                               \
    X(10, UNLINK)                                                                                            \
    X(11, REGISTER)                                                                                          \
    X(12, UNREGISTER)                                                                                        \
    X(13, GC)                                                                                                \
    X(14, RUNNING)                                                                                           \
    X(15, OTHER)                                                                                             \
    X(32, SKIPPED)                                                                                           \
    X(33, LOST)                                                                                              \
    X(34, REARMED)                                                                                           \
    X(48, BIG_ARG)                                                                                           \
    X(49, BIG_RETURN)                                                                                        \
    X(50, NO_RETURN)                                                                                         \
    X(51, BIG_MESSAGE)                                                                                       \
    X(52, GONE)                                                                                              \
    X(53, BACK)                                                                                              \
    X(54, AWAITED)                                                                                           \
    X(55, FOREIGN_COUNTER)

/* The code of a type; 0: it is not written (a table of counts). */
uint8_t bt_capture_code(enum bt_event_type type);
/* The type of a code. False: there is none, a later version wrote it. */
bool bt_capture_type(uint8_t code, enum bt_event_type *type);
/* The parts (bt_capture_has) that an event of this type may have; of the others, what is in the struct is of no meaning. */
unsigned bt_capture_parts(enum bt_event_type type);

static inline void bt_put_le16(uint8_t *p, uint16_t v)
{
    p[0] = (uint8_t)v;
    p[1] = (uint8_t)(v >> 8);
}

static inline void bt_put_le32(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)v;
    p[1] = (uint8_t)(v >> 8);
    p[2] = (uint8_t)(v >> 16);
    p[3] = (uint8_t)(v >> 24);
}

static inline void bt_put_le64(uint8_t *p, int64_t v)
{
    bt_put_le32(p, (uint32_t)((uint64_t)v & 0xffffffffu));
    bt_put_le32(p + 4, (uint32_t)((uint64_t)v >> 32));
}

static inline uint16_t bt_get_le16(const uint8_t *p)
{
    return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t bt_get_le32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static inline int64_t bt_get_le64(const uint8_t *p)
{
    return (int64_t)((uint64_t)bt_get_le32(p) | (uint64_t)bt_get_le32(p + 4) << 32);
}

#endif
