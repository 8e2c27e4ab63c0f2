/*
 * utf8.h - reading and writing single UTF-8 characters, strictly (RFC 3629: no surrogates, no overlong
 * forms).
 */
#ifndef BT_BASE_UTF8_H
#define BT_BASE_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* Decodes one character of s[0..len). Returns its bytes (1-4) and sets *cp, or 0 when there is none or it is
 * invalid. */
size_t bt_utf8_decode(const void *s, size_t len, uint32_t *cp);

/* Encodes cp (at most 0x10FFFF) into out[0..4); returns the bytes written, 0 for a surrogate or a value too
 * large. */
size_t bt_utf8_encode(uint32_t cp, char out[4]);

/* The length of the longest prefix of s[0..len) that does not end inside a character. */
size_t bt_utf8_whole(const char *s, size_t len);

/* The number of characters in s[0..len); each invalid byte counts as one. */
size_t bt_utf8_count(const char *s, size_t len);

#endif
