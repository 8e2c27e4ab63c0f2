/*
 * wrap.h - the files of a wrap set in the order they were written. Pure: names only.
 *
 * dbg:trace_port(file, {Name, wrap, Suffix, Size, Count}) counts Name0Suffix, Name1Suffix ... up to Count, then begins at 0 again, and
 * always removes the one that comes next: so the gap in the numbers says which is the oldest.
 */
#ifndef BT_REPLAY_WRAP_H
#define BT_REPLAY_WRAP_H

#include <stddef.h>
#include <stdint.h>

struct bt_arena;

/* A file, and what its first event says. */
struct bt_wrap_file {
    const char *path;
    const char *node; /* NULL: no file of a trace port, it is of no set */
    int64_t first_ns; /* its stamp; 0: it has none */
};

/* Files that belong together; a file of no set is a group of its own. */
struct bt_wrap_group {
    const char *const *paths;
    size_t n;
};

/*
 * bt_wrap_groups - put n files into groups, in the order in which the first of each was given.
 *
 * Files of one node of which the names differ in one number belong together. They are put in order by their stamps, or, where one has
 * none, by their numbers. Returns NULL when there is no memory; all lives in the arena.
 */
const struct bt_wrap_group *bt_wrap_groups(
    struct bt_arena *a, const struct bt_wrap_file *files, size_t n, size_t *n_groups);

#endif
