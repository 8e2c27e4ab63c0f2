/*
 * clock.h - the one place that reads a clock; everything else takes the time as a parameter.
 * tests/support/wire.c stands in for it where time is to be the test's.
 */
#ifndef BT_BASE_CLOCK_H
#define BT_BASE_CLOCK_H

#include <stdint.h>

#define BT_NEVER INT64_MAX /* a deadline that does not come */

/* Microseconds of a clock that only goes forward; its zero means nothing. For limits and durations. */
int64_t bt_clock_mono_us(void);
/* Microseconds since 1970 UTC. For display. */
int64_t bt_clock_wall_us(void);
/* Milliseconds from now to deadline_us for poll(): 0 when past, rounded up, -1 for BT_NEVER. */
int bt_clock_left_ms(int64_t deadline_us, int64_t now_us);
/* Waits that long; a signal may end it early. */
void bt_clock_pause_ms(int ms);

#endif
