/*
 * nomem.h - a scripted allocator: the n-th allocation fails, once or from then on.
 *
 * A program that uses it is made with bt_fail_allocations() of tests/CMakeLists.txt, which has the linker send every
 * malloc, calloc, realloc, strdup and free of our code, ei and PCRE2 here, and those of arenas too: an arena takes memory
 * in blocks, so most of its failures would else never be tried.
 *
 *   for (size_t k = 0;; k++) {
 *       bt_nomem_begin(k, false);
 *       run();
 *       if (!bt_nomem_end())
 *           break;                       there is no k-th allocation
 *   }
 */
#ifndef BT_TESTS_NOMEM_H
#define BT_TESTS_NOMEM_H

#include <stdbool.h>
#include <stddef.h>

#define BT_NOMEM_NEVER SIZE_MAX

/* From here on n allocations succeed, then one fails, or with for_good all. */
void bt_nomem_begin(size_t n, bool for_good);
/* All succeed again; true when one has failed. */
bool bt_nomem_end(void);
/* Blocks that were taken and not given back since bt_nomem_begin. */
long bt_nomem_left(void);

#endif
