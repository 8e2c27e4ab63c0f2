/*
 * say.c - warnings for the person in front of the program.
 */
#include "lib/say.h"

#include <stdarg.h>
#include <stdio.h>

void bt_say(const struct bt_say *to, const char *fmt, ...)
{
    char text[2048];
    va_list ap;
    if (!to->line)
        return;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    to->line(to->arg, text);
}
