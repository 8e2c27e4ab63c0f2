/*
 * crc32c.h - CRC-32C (Castagnoli), as iSCSI and capture files have it.
 */
#ifndef BT_BASE_CRC32C_H
#define BT_BASE_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/* The sum of bytes[0..n) behind those that gave `crc`; 0 to begin with. Source: RFC 3720, appendix B.4. */
uint32_t bt_crc32c(uint32_t crc, const void *bytes, size_t n);

/* The same without the processor's instruction for it; what bt_crc32c is where there is none. */
uint32_t bt_crc32c_portable(uint32_t crc, const void *bytes, size_t n);

#endif
