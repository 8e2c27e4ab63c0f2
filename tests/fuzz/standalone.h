/*
 * standalone.h - a fuzz target as a program of its own (-DBT_FUZZ_MAIN, with standalone.c): files given as arguments
 * are run once; with none, or a folder, a fixed sequence of changed seeds is, the target's own and the folder's files (count in
 * BT_FUZZ_RUNS, default 100000). -w FOLDER writes the target's seeds there, one file each.
 */
#ifndef BT_FUZZ_STANDALONE_H
#define BT_FUZZ_STANDALONE_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct bt_fuzz_seed {
    const char *bytes;
    size_t len;
};
#define BT_FUZZ_SEED(literal)                                                                                \
    {                                                                                                        \
        literal, sizeof(literal) - 1                                                                         \
    }

/* Of the target: what its changed inputs are made of. */
extern const struct bt_fuzz_seed bt_fuzz_seeds[];
extern const size_t bt_fuzz_n_seeds;

#endif
