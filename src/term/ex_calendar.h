/*
 * ex_calendar.h - Date, Time, NaiveDateTime and DateTime of the ISO calendar as Elixir 1.18 shows them.
 *
 * values  of the struct's fields in the order of their definition; one that is missing has no bytes (p NULL).
 * False, and nothing is written: a value is none that Elixir could show, or another calendar's.
 */
#ifndef BT_TERM_EX_CALENDAR_H
#define BT_TERM_EX_CALENDAR_H

#include "base/buf.h"
#include "term/etf_read.h"

/* year month day calendar: ~D[2024-01-31] */
bool bt_ex_date(struct bt_buf *out, const struct bt_etf *values);
/* hour minute second microsecond calendar: ~T[12:00:00.000] */
bool bt_ex_time(struct bt_buf *out, const struct bt_etf *values);
/* year month day hour minute second microsecond calendar: ~N[2024-01-31 12:00:00] */
bool bt_ex_naive_date_time(struct bt_buf *out, const struct bt_etf *values);
/* year month day hour minute second time_zone zone_abbr utc_offset std_offset microsecond calendar:
 * ~U[2024-01-31 12:00:00Z], #DateTime<2024-01-31 12:00:00+01:00 CET Europe/Berlin> */
bool bt_ex_date_time(struct bt_buf *out, const struct bt_etf *values);

#endif
