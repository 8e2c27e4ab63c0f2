/*
 * node.c - what check, clear and nodes share.
 */
#include "lib/node.h"

#include <string.h>

#include "spec/loc.h"

const char *bt_lib_safe(struct bt_arena *a, const char *text, size_t len)
{
    struct bt_buf b = BT_BUF_INIT;
    bt_loc_escape(&b, text, len);
    const char *copy = b.failed ? NULL : bt_arena_strndup(a, b.data, b.len);
    bt_buf_done(&b);
    return copy;
}

const char *const *bt_lib_lines(struct bt_arena *a, const struct bt_buf *text, size_t *n)
{
    size_t n_lines = 0, i = 0;
    for (size_t at = 0; at < text->len; at++)
        n_lines += text->data[at] == '\n';
    const char **lines = bt_arena_array(a, n_lines + 1, sizeof *lines);
    char *copy = bt_arena_strndup(a, text->data, text->len);
    if (!lines || !copy || text->failed)
        return NULL;
    for (char *p = copy; i < n_lines; p += strlen(p) + 1) {
        p[strcspn(p, "\n")] = '\0'; /* what is printed has no NUL of its own */
        lines[i++] = p;
    }
    *n = n_lines;
    return lines;
}

void bt_lib_survey_of(struct bt_survey *s, const char *node)
{
    *s = (struct bt_survey){.print.home = {(const uint8_t *)node, strlen(node)}};
}
