/*
 * human.h - numbers as people read them: counts, durations, amounts of memory.
 */
#ifndef BT_BASE_HUMAN_H
#define BT_BASE_HUMAN_H

#include <stdint.h>

#include "base/buf.h"

/* 1,234,567 */
void bt_human_count(struct bt_buf *out, uint64_t n);

/* 850ns, 335us, 2.40ms, 1.204s */
void bt_human_duration(struct bt_buf *out, int64_t ns);

/* 250ms, 30s, 5m, 90s: of a time that was asked for */
void bt_human_time(struct bt_buf *out, int64_t us);

/* 90 bytes, 12 KB, 1.5 MB, 97 MB */
void bt_human_bytes(struct bt_buf *out, int64_t bytes);

#endif
