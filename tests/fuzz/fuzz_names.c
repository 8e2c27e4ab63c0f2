/*
 * fuzz_names.c - any text as the names of a spec, and any lines as names of a node they are compared with. Globs are compared
 * with a second, slow way to do it.
 *
 * The first line is mod:fun, the others are names. libFuzzer calls LLVMFuzzerTestOneInput (-dict=tests/fuzz/names.dict); as a
 * program of its own see standalone.h.
 */
#include "safe.h"
#include "standalone.h"

#include <assert.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "match/name_match.h"
#include "spec/parser.h"

#define MAX_CHARS 255 /* of a name, as of an atom */

/* One character for each place; an invalid byte is a character of its own. Returns how many. */
static size_t characters(const char *s, size_t len, uint32_t *out, size_t most)
{
    size_t n = 0;
    while (len > 0 && n < most) {
        size_t k = bt_utf8_decode(s, len, &out[n]);
        if (k == 0) {
            out[n] = 0x80000000u | (unsigned char)*s;
            k = 1;
        }
        s += k, len -= k, n++;
    }
    return n;
}

/* Which beginnings of the name the glob so far takes, one character of the glob at a time. */
static bool matches_slowly(const uint32_t *glob, size_t n_glob, const uint32_t *name, size_t n)
{
    bool takes[MAX_CHARS + 1] = {true};
    for (size_t g = 0; g < n_glob; g++) {
        bool now[MAX_CHARS + 1] = {glob[g] == '*' && takes[0]};
        for (size_t i = 1; i <= n; i++)
            now[i] = glob[g] == '*' ? takes[i] || now[i - 1]
                                    : takes[i - 1] && (glob[g] == '?' || glob[g] == name[i - 1]);
        memcpy(takes, now, sizeof takes);
    }
    return takes[n];
}

static void compare_glob(const struct bt_name_match *m, const char *name, size_t len, int answer)
{
    uint32_t glob[MAX_CHARS], chars[MAX_CHARS];
    if (m->len > MAX_CHARS || len > MAX_CHARS)
        return;
    size_t n_glob = characters(m->text, m->len, glob, MAX_CHARS), n = characters(name, len, chars, MAX_CHARS);
    assert(answer == matches_slowly(glob, n_glob, chars, n));
}

static void match(const struct bt_name_match *m, const char *name, size_t len)
{
    struct beamtap_err err = {0};
    int answer = bt_name_match(m, name, len, &err);
    if (answer < 0) {
        assert(m->kind == BT_NAME_REGEX && err.code == BEAMTAP_ESPEC);
        bt_fuzz_check_err(&err);
        return;
    }
    assert(err.code == BEAMTAP_OK);
    if (m->kind == BT_NAME_GLOB)
        compare_glob(m, name, len, answer);
    if (m->kind == BT_NAME_ATOM)
        assert(answer == (m->len == len && memcmp(m->text, name, len) == 0));
    assert(answer || m->kind != BT_NAME_ANY);
}

static void match_lines(const struct bt_ast_name *name, const char *lines, size_t len, struct bt_arena *a)
{
    struct bt_name_match m;
    struct beamtap_err err = {0};
    if (name->kind == BT_NAME_VAR) /* refused by bt_check */
        return;
    if (bt_name_match_init(&m, name, a, &err) < 0) {
        assert(err.code == BEAMTAP_ESPEC && err.loc.line > 0);
        bt_fuzz_check_err(&err);
        return;
    }
    bool is_wide = bt_name_match_is_wide(&m);
    assert(!is_wide || m.kind != BT_NAME_ATOM);
    match(&m, m.text ? m.text : "", m.len);
    while (len > 0) {
        const char *end = memchr(lines, '\n', len);
        size_t n = end ? (size_t)(end - lines) : len;
        match(&m, lines, n);
        n += end != NULL;
        lines += n, len -= n;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bt_arena a = BT_ARENA_INIT;
    struct bt_ast_text tree;
    struct beamtap_err err = {0};
    const uint8_t *end = size ? memchr(data, '\n', size) : NULL;
    size_t len = end ? (size_t)(end - data) : size, rest = size - len;
    char *text = bt_arena_strndup(&a, (const char *)data, len);
    assert(text);
    if (bt_parse(text, &a, &tree, &err) < 0) {
        assert(err.code == BEAMTAP_ESPEC);
        bt_fuzz_check_err(&err);
    }
    for (size_t i = 0; err.code == BEAMTAP_OK && i < tree.n; i++) {
        match_lines(&tree.specs[i].module, (const char *)data + len, rest, &a);
        match_lines(&tree.specs[i].function, (const char *)data + len, rest, &a);
    }
    bt_arena_done(&a);
    return 0;
}

#ifdef BT_FUZZ_MAIN

const struct bt_fuzz_seed bt_fuzz_seeds[] = {
    BT_FUZZ_SEED("my_*:*_h?ndle*\nmy_app\nhandle_call\npre_handle_info"),
    BT_FUZZ_SEED("/^my_(web|api)$/:/^h[a-e]+\\d{2,3}$/\nmy_web\nhbc12"),
    BT_FUZZ_SEED("/(a+)+$/:f\naaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab"),
    BT_FUZZ_SEED("'a b':'c d'/2\na b\nc d"),
    BT_FUZZ_SEED("m:f/1\nm\nf"),
    BT_FUZZ_SEED("MyApp.*.f*/1\nElixir.MyApp.X\nfoo"),
    BT_FUZZ_SEED("m\xC3\xA9*:?\xE6\xBC\xA2*\nm\xC3\xA9x\nx\xE6\xBC\xA2"),
    BT_FUZZ_SEED("*a*b*:**?\nxaxb\n"),
    BT_FUZZ_SEED("/\\p{Lu}(?=x)|(?<!y)z(?i)k/:/(?<n>a)\\k<n>/\nZ"),
    BT_FUZZ_SEED("\xff\n\xC3"),
};
const size_t bt_fuzz_n_seeds = sizeof bt_fuzz_seeds / sizeof bt_fuzz_seeds[0];

#endif
