/*
 * wrap.c - the files of a wrap set in the order they were written.
 */
#include "replay/wrap.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

/* A path as a number in the middle of a name. */
struct name {
    const struct bt_wrap_file *file;
    size_t prefix; /* bytes before the number */
    const char *suffix;
    unsigned long number;
    bool has_number, is_taken;
};

/* The last number of the file's name: what stands behind it may be a suffix, before it the name may end in digits itself. */
static void split(struct name *n, const struct bt_wrap_file *file)
{
    const char *path = file->path;
    const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path, *end = path + strlen(path);
    *n = (struct name){.file = file};
    while (end > base && !isdigit((unsigned char)end[-1]))
        end--;
    const char *start = end;
    while (start > base && isdigit((unsigned char)start[-1]) && end - start < 9)
        start--;
    if (!file->node || start == end)
        return;
    n->prefix = (size_t)(start - path);
    n->suffix = end;
    n->number = strtoul(start, NULL, 10);
    n->has_number = true;
}

static bool is_same_set(const struct name *x, const struct name *y)
{
    return x->has_number && y->has_number && x->prefix == y->prefix &&
           memcmp(x->file->path, y->file->path, x->prefix) == 0 && strcmp(x->suffix, y->suffix) == 0 &&
           strcmp(x->file->node, y->file->node) == 0;
}

static int by_number(const void *x, const void *y)
{
    const struct name *const *a = x, *const *b = y;
    return (*a)->number < (*b)->number ? -1 : (*a)->number > (*b)->number;
}

static int by_stamp(const void *x, const void *y)
{
    const struct name *const *a = x, *const *b = y;
    int64_t p = (*a)->file->first_ns, q = (*b)->file->first_ns;
    return p < q ? -1 : p > q ? 1 : by_number(x, y);
}

static bool have_stamps(struct name *const *members, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (members[i]->file->first_ns == 0)
            return false;
    }
    return true;
}

/* The members in order: by their stamps, or from behind the gap on, or from the first where there is none. */
static const char **order(struct bt_arena *a, struct name **members, size_t n)
{
    const char **paths = bt_arena_array(a, n, sizeof *paths);
    size_t first = 0;
    if (!paths)
        return NULL;
    bool is_by_stamp = have_stamps(members, n);
    qsort(members, n, sizeof *members, is_by_stamp ? by_stamp : by_number);
    for (size_t i = 1; i < n && first == 0 && !is_by_stamp; i++) {
        if (members[i]->number > members[i - 1]->number + 1)
            first = i;
    }
    for (size_t i = 0; i < n; i++)
        paths[i] = members[(first + i) % n]->file->path;
    return paths;
}

const struct bt_wrap_group *bt_wrap_groups(
    struct bt_arena *a, const struct bt_wrap_file *files, size_t n, size_t *n_groups)
{
    struct name *names = bt_arena_array(a, n + 1, sizeof *names);
    struct name **members = bt_arena_array(a, n + 1, sizeof(struct name *));
    struct bt_wrap_group *groups = bt_arena_array(a, n + 1, sizeof *groups);
    if (!names || !members || !groups)
        return NULL;
    for (size_t i = 0; i < n; i++)
        split(&names[i], &files[i]);
    *n_groups = 0;
    for (size_t i = 0; i < n; i++) {
        size_t n_members = 0;
        for (size_t j = i; j < n && !names[i].is_taken; j++) {
            if (names[j].is_taken || (j != i && !is_same_set(&names[i], &names[j])))
                continue;
            members[n_members++] = &names[j];
        }
        if (n_members == 0)
            continue;
        for (size_t j = 0; j < n_members; j++)
            members[j]->is_taken = true;
        struct bt_wrap_group *g = &groups[(*n_groups)++];
        g->n = n_members;
        if (!(g->paths = order(a, members, n_members)))
            return NULL;
    }
    return groups;
}
