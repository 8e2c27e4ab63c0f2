/*
 * clock.c - the one place that reads a clock.
 */
#include "base/clock.h"

#include <limits.h>
#include <time.h>

static int64_t read_us(clockid_t id)
{
    struct timespec ts;
    clock_gettime(id, &ts);
    return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

int64_t bt_clock_mono_us(void)
{
    return read_us(CLOCK_MONOTONIC);
}

int64_t bt_clock_wall_us(void)
{
    return read_us(CLOCK_REALTIME);
}

int bt_clock_left_ms(int64_t deadline_us, int64_t now_us)
{
    if (deadline_us == BT_NEVER)
        return -1;
    if (deadline_us <= now_us)
        return 0;
    int64_t ms = (deadline_us - now_us + 999) / 1000;
    return ms > INT_MAX ? INT_MAX : (int)ms;
}

void bt_clock_pause_ms(int ms)
{
    nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000L}, NULL);
}
