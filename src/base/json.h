/*
 * json.h - JSON, appended to a buffer. Always valid JSON and valid UTF-8, whatever the bytes are.
 */
#ifndef BT_BASE_JSON_H
#define BT_BASE_JSON_H

#include "base/buf.h"

/* Appends text[0..len) as a JSON string with its quotes; bytes that are not UTF-8 become U+FFFD. */
void bt_json_string(struct bt_buf *out, const char *text, size_t len);

#endif
