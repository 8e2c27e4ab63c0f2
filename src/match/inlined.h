/*
 * inlined.h - functions that arm and never fire: the compiler turns calls of them into instructions.
 */
#ifndef BT_MATCH_INLINED_H
#define BT_MATCH_INLINED_H

#include <stdbool.h>
#include <stdint.h>

/* True for erlang:hd/1, maps:get/2 and the like. Calls through apply or a fun are still seen. */
bool bt_is_inlined(const char *module, const char *function, uint32_t arity);

#endif
