/*
 * capture_format.c - what the types of events are called in a capture file, and what they have there.
 */
#include "out/capture_format.h"

uint8_t bt_capture_code(enum bt_event_type type)
{
    switch (type) {
#define BT_X(code, name)                                                                                     \
    case BT_EVENT_##name: return code;
        BT_CAPTURE_EVENTS(BT_X)
#undef BT_X
    default: return 0;
    }
}

bool bt_capture_type(uint8_t code, enum bt_event_type *type)
{
    switch (code) {
#define BT_X(number, name)                                                                                   \
    case number: *type = BT_EVENT_##name; return true;
        BT_CAPTURE_EVENTS(BT_X)
#undef BT_X
    default: return false;
    }
}

unsigned bt_capture_parts(enum bt_event_type type)
{
    enum { PID = BT_CAPTURE_HAS_PID, MFA = BT_CAPTURE_HAS_MFA, VALUE = BT_CAPTURE_HAS_VALUE };
    enum { PEER = BT_CAPTURE_HAS_PEER, CLASS = BT_CAPTURE_HAS_CLASS, VALUES = BT_CAPTURE_HAS_VALUES };
    enum { AMOUNT = BT_CAPTURE_HAS_AMOUNT };
    switch (type) {
    case BT_EVENT_CALL: return PID | MFA | VALUES | BT_CAPTURE_HAS_CALLER;
    case BT_EVENT_RETURN: return PID | MFA | VALUE;
    case BT_EVENT_EXCEPTION: return PID | MFA | VALUE | CLASS;
    case BT_EVENT_TIMED: return PID | MFA;
    case BT_EVENT_SEND: return PID | VALUE | PEER | VALUES;
    case BT_EVENT_RECEIVE: return PID | VALUE | PEER | VALUES;
    case BT_EVENT_SPAWN: return PID | PEER | MFA;
    case BT_EVENT_EXIT:
    case BT_EVENT_REGISTER:
    case BT_EVENT_UNREGISTER: return PID | VALUE;
    case BT_EVENT_LINK:
    case BT_EVENT_UNLINK: return PID | PEER;
    case BT_EVENT_GC: return PID | CLASS | BT_CAPTURE_HAS_HEAP;
    case BT_EVENT_RUNNING: return PID | MFA;
    case BT_EVENT_OTHER: return PID | CLASS | VALUES;
    case BT_EVENT_SKIPPED:
    case BT_EVENT_LOST: return AMOUNT;
    case BT_EVENT_REARMED:
    case BT_EVENT_BIG_ARG:
    case BT_EVENT_BIG_RETURN:
    case BT_EVENT_NO_RETURN:
    case BT_EVENT_FOREIGN_COUNTER: return MFA | AMOUNT;
    case BT_EVENT_BIG_MESSAGE:
    case BT_EVENT_GONE:
    case BT_EVENT_BACK:
    case BT_EVENT_AWAITED: return VALUE | AMOUNT;
    default: return 0;
    }
}
