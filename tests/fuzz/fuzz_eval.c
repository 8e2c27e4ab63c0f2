/*
 * fuzz_eval.c - a value nobody checked, and a match specification that is asked of it: a line of text, and a term behind it.
 *
 * libFuzzer calls LLVMFuzzerTestOneInput; as a program of its own see standalone.h.
 */
#include "standalone.h"

#include <assert.h>
#include <string.h>

#include "match/compile.h"
#include "match/eval.h"
#include "match/eval_fun.h"
#include "term/tree_read.h"

#define MAX_PATTERN 1000

/* The specification of `text`; NULL: it has none, or one for a node. */
static const struct bt_term *compiled(struct bt_arena *a, const char *text, enum bt_syntax syntax)
{
    struct bt_value_match m;
    struct beamtap_err err = {0};
    if (bt_compile_value(text, syntax, NULL, a, &m, &err) < 0) {
        assert(err.code != BEAMTAP_OK && err.msg[0]);
        return NULL;
    }
    if (bt_eval_check(m.match_spec, &err) < 0) {
        assert(err.code == BEAMTAP_EUSAGE && err.msg[0]);
        return NULL;
    }
    return m.match_spec;
}

static enum bt_eval evaluated(const struct bt_term *match_spec, struct bt_slice value)
{
    struct bt_arena scratch = BT_ARENA_INIT;
    enum bt_eval is_so = bt_eval_value(match_spec, value, &scratch);
    bt_arena_done(&scratch);
    return is_so;
}

/* `_` takes what can be read, and {X,X} a pair of the same. */
static void check_value(struct bt_arena *a, struct bt_slice value)
{
    struct bt_arena tree = BT_ARENA_INIT;
    struct bt_buf pair = BT_BUF_INIT;
    const struct bt_term *t = bt_tree_read(value, &tree);
    bool is_read = t != NULL;
    assert(evaluated(compiled(a, "_", BT_SYNTAX_ERLANG), value) == (is_read ? BT_EVAL_YES : BT_EVAL_GAVE_UP));
    bt_buf_put(&pair, "\x68\2", 2);
    bt_buf_put(&pair, value.p, value.len);
    bt_buf_put(&pair, value.p, value.len);
    struct bt_slice twice = {(const uint8_t *)pair.data, pair.len};
    struct bt_etf whole;
    bt_etf_init(&whole, value.p, value.len);
    bool is_whole = is_read && bt_etf_skip(&whole) && whole.p == whole.end;
    if (is_whole && bt_tree_read(twice, &tree) &&
        bt_eval_same(t, t)) /* not with a key twice, which no node sends */
        assert(evaluated(compiled(a, "{X,X}", BT_SYNTAX_ERLANG), twice) == BT_EVAL_YES);
    bt_buf_done(&pair);
    bt_arena_done(&tree);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[MAX_PATTERN + 1];
    struct bt_arena a = BT_ARENA_INIT;
    const uint8_t *end = size ? memchr(data, '\n', size) : NULL;
    size_t len = end ? (size_t)(end - data) : 0;
    if (!end || len > MAX_PATTERN)
        return 0;
    memcpy(text, data, len);
    text[len] = '\0';
    struct bt_slice value = {end + 1, size - len - 1};
    for (int i = 0; i < 2; i++) {
        const struct bt_term *spec = compiled(&a, text, i ? BT_SYNTAX_ELIXIR : BT_SYNTAX_ERLANG);
        if (spec)
            assert(evaluated(spec, value) == evaluated(spec, value));
    }
    check_value(&a, value);
    bt_arena_done(&a);
    return 0;
}

#ifdef BT_FUZZ_MAIN

const struct bt_fuzz_seed bt_fuzz_seeds[] = {
    BT_FUZZ_SEED("{ok,_}\n\x68\2\x77\2ok\x61\1"),
    BT_FUZZ_SEED("{X,Y} when X < Y, X * Y + 1 =:= 7\n\x68\2\x61\2\x61\3"),
    BT_FUZZ_SEED(
        "{X,Y} when X div Y > 1; X rem Y =:= 0\n\x68\2\x62\x7f\xff\xff\xff\x6e\x9\1\1\2\3\4\5\6\7\10\x9"),
    BT_FUZZ_SEED("[1|T] when length(T) =:= 2, hd(T) =/= 5\n\x6c\0\0\0\1\x61\1\x6b\0\2\3\4"),
    BT_FUZZ_SEED("#{a := X} when is_map_key(b, #{b => X})\n\x74\0\0\0\2\x77\1k\x6a\x77\1"
                 "a\x6d\0\0\0\1x"),
    BT_FUZZ_SEED("X when size(X) > 1, byte_size(X) < 9 orelse bit_size(X) =:= 5\n\x4d\0\0\0\3\3\1\2\xe0"),
    BT_FUZZ_SEED("X when abs(X) > 1.5, round(X) bsl 3 > 8 andalso trunc(X) band 7 =:= bnot "
                 "1\n\x46\x3f\xf8\0\0\0\0\0\0"),
    BT_FUZZ_SEED(
        "X when is_pid(X) xor is_reference(X), node(X) =:= node()\n\x58\x77\3a@b\0\0\0\x2c\0\0\0\0\0\0\0\1"),
    BT_FUZZ_SEED("{<0.44.0>, F} when is_function(F, 2)\n\x68\2\x58\x77\3"
                 "a@b\0\0\0\x2c\0\0\0\0\0\0\0\1\x71\x77\5lists\x77\3map\x61\2"),
    BT_FUZZ_SEED("X when max(X, 1.0e300) * 1.0e300 > 0, X bsl 60000 > 1\n\x61\7"),
    BT_FUZZ_SEED("{:error, %{reason: r}} when r in [:a, :b] and elem({r, 1}, 0) != nil\n\x68\2\x77\5"
                 "error\x74\0\0\0\1\x77\6reason\x77\1"
                 "a"),
};
const size_t bt_fuzz_n_seeds = sizeof bt_fuzz_seeds / sizeof bt_fuzz_seeds[0];

#endif
