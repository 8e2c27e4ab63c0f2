/*
 * log.c - debug areas.
 */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const names[] = {
#define BT_X(id, name) name,
    BT_LOG_AREAS(BT_X)
#undef BT_X
};

bool bt_log_on(const struct bt_log *log, enum bt_log_area area)
{
    return log && log->line && (log->mask >> area & 1);
}

void bt_log(const struct bt_log *log, enum bt_log_area area, const char *fmt, ...)
{
    if (!bt_log_on(log, area))
        return;
    char text[1024];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    log->line(log->arg, names[area], text);
}

unsigned bt_log_mask(const char *name)
{
    if (strcmp(name, "all") == 0)
        return (1u << BT_LOG_N_AREAS) - 1;
    for (unsigned i = 0; i < BT_LOG_N_AREAS; i++) {
        if (strcmp(name, names[i]) == 0)
            return 1u << i;
    }
    return 0;
}
