/*
 * md5.h - MD5 (RFC 1321), for the answers of the scripted node: the distribution handshake is made of it.
 */
#ifndef BT_TESTS_MD5_H
#define BT_TESTS_MD5_H

#include <stddef.h>
#include <stdint.h>

void bt_test_md5(const void *bytes, size_t len, uint8_t out[16]);

#endif
