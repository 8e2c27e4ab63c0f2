/*
 * fuzz_spec.c - any text as a spec: compiled, printed back, instrumented, and its error shown.
 *
 * libFuzzer calls LLVMFuzzerTestOneInput (-dict=tests/fuzz/spec.dict, and a copy of tests/golden/compile as corpus).
 * With -DBT_FUZZ_MAIN it is a program of its own: files given as arguments are run once; without arguments a
 * fixed sequence of changed seeds is (count in BT_FUZZ_RUNS, default 50000).
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "match/compile.h"
#include "match/dump.h"
#include "match/instrument.h"
#include "spec/ast.h"
#include "spec/lexer.h"
#include "spec/loc.h"
#include "spec/parser.h"
#include "term/etf_write.h"
#include "term/shape.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What goes to a terminal. */
static void check_text(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        assert((c >= 32 && c != 127) || c == '\n');
        assert(c != 0xC2 || i + 1 == len || (unsigned char)text[i + 1] >= 0xA0);
    }
}

static void check_error(const char *text, const struct beamtap_err *err)
{
    struct bt_buf out = BT_BUF_INIT;
    assert(err->code == BEAMTAP_ESPEC || err->code == BEAMTAP_EWIDE);
    assert(err->msg[0]);
    assert(err->loc.off <= strlen(text) && err->loc.len <= strlen(text) - err->loc.off);
    bt_loc_excerpt(&out, text, &err->loc);
    check_text(err->msg, strlen(err->msg));
    check_text(out.data, out.len);
    assert(out.len < 2000);
    bt_buf_done(&out);
}

/* Text to tree to text to tree to text: the last two texts are the same. */
static void round_trip(const char *text, struct bt_arena *a)
{
    struct bt_ast_spec first, second;
    struct beamtap_err err = {0};
    struct bt_buf once = BT_BUF_INIT, twice = BT_BUF_INIT;
    if (bt_parse(text, a, &first, &err) == 0) {
        assert(bt_ast_dump(&twice, &first, &err) == 0);
        bt_buf_reset(&twice);
        assert(bt_ast_print(&once, &first, &err) == 0);
        /* Printed text can be longer than what may be read: "\x{1}" for a byte. */
        if (once.len <= BT_SPEC_MAX_BYTES) {
            assert(bt_parse(bt_buf_cstr(&once), a, &second, &err) == 0);
            assert(bt_ast_print(&twice, &second, &err) == 0);
            assert(strcmp(bt_buf_cstr(&once), bt_buf_cstr(&twice)) == 0);
        }
    } else {
        check_error(text, &err);
    }
    bt_buf_done(&once);
    bt_buf_done(&twice);
}

static void check_clause(const struct bt_clause *c)
{
    static const uint8_t one[] = {97, 1};
    struct bt_buf out = BT_BUF_INIT;
    size_t n = c->n_captures;
    struct bt_slice *values = calloc(n + 1, sizeof *values);
    assert(values);
    for (size_t i = 0; i < n; i++)
        values[i] = (struct bt_slice){one, sizeof one};
    for (size_t i = 0; i < c->n_args; i++)
        assert(bt_shape_print(&out, c->shape[i], values, n, NULL));
    free(values);
    bt_buf_done(&out);
}

static void check_program(const struct bt_program *prog, struct bt_arena *a)
{
    struct beamtap_err err = {0};
    struct bt_buf out = BT_BUF_INIT, bytes = BT_BUF_INIT;
    const struct bt_trace_pattern *p = &prog->patterns[0];
    assert(prog->n_patterns == 1 && p->n_clauses >= 1 && p->module);
    assert(bt_program_dump(&out, prog, &err) == 0);
    check_text(out.data, out.len);
    check_clause(&p->clauses[0]);
    for (int mode = BT_ARGS_MODE_NAMED; mode <= BT_ARGS_MODE_ALL; mode++) {
        struct bt_instrument_opts opts = {.base = (uint32_t)mode, .range = 10, .mode = (enum bt_args_mode)mode};
        const struct bt_clause *clause = &p->clauses[p->n_clauses - 1];
        size_t id = 1;
        const struct bt_term *t = bt_instrument(a, &clause, &id, 1, &opts);
        assert(t);
        assert(bt_etf_write(&bytes, t, NULL, &err) == 0);
    }
    bt_buf_done(&out);
    bt_buf_done(&bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bt_arena a = BT_ARENA_INIT;
    struct bt_program prog;
    struct bt_buf tokens = BT_BUF_INIT;
    struct beamtap_err err = {0};
    char *text = malloc(size + 1); /* exactly as long, so that a byte read too many is seen */
    assert(text);
    if (size)
        memcpy(text, data, size);
    text[size] = '\0';
    const char *spec = text;
    if (bt_compile(&spec, 1, NULL, &a, &prog, NULL, &err) == 0)
        check_program(&prog, &a);
    else
        check_error(text, &err);
    round_trip(text, &a);
    bt_tokens_dump(&tokens, text, NULL);
    check_text(tokens.data, tokens.len);
    bt_buf_done(&tokens);
    bt_arena_done(&a);
    free(text);
    return 0;
}

#ifdef BT_FUZZ_MAIN
#include <stdio.h>

static const char *const seeds[] = {
    "queue:in(X,_) when is_list(X) -> return",
    "'Elixir.Foo':bar/2",
    "{queue, in, return_trace}",
    "{lists, '_', '_'}",
    "m:f(R = {ok, _}, [A, B | T], #{k := {x, Q = {1, _}}}) when R =:= T, hd(B) > 1; element(1, Q) =:= {a, b}",
    "m:f(<0.1.2>, #Ref<0.1.2.3>, #Port<0.6>, fun lists:map/2, \"abc\" ++ T, -1, 16#ffffffffffffffffffff, "
    "1.5e10, $a)",
    "m:f(<<\"abc\">>, <<1,2:16/little>>, <<\"\xC3\xA9\"/utf8>>, <<1.5:32/float>>, <<5:4>>, <<3:2/unit:8>>)",
    "m:f(X) when not (X > 1 andalso X < 2 orelse X =:= 3), X + 1 * 2 - 3 == - X, X div 2 rem 3 /= bnot X",
    "m:f(X, _Y, X) when is_record(X, r, 2), map_get(a, #{a => {X}}) =:= [X | \"s\\x{20AC}\\n\"] % comment\n "
    "-> return",
    "m:f('_', '$1') when X =:= '$_'; node() =:= a@b, erlang:is_list(X), binary_part(X, 0, 1) =:= <<>>",
};
static const char *const words[] = {"(", ")", "{", "}", "[", "]", ",", ";", ":", "|", "->", ":=", "=>", "<<",
    ">>", "#", ".", "=", "+", "-", "/", "'", "\"", "$", "\\", "_", "X", "when ", "andalso ", "not ", "'$1'",
    "'_'", "1.5e9", "16#", "<0.1.2>", "\xC3\xA9", "\xE6\xBC\xA2", "\xE2\x80\xAE", "\x1B", "%", "%{", " ",
    "\n", "fun ", "R = ", "++", "99999999999999999999999", "/utf8", "\"a\""};

struct input {
    char text[2000];
    size_t len;
};

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static void replace(struct input *in, size_t at, size_t n_old, const char *new, size_t n_new)
{
    if (in->len - n_old + n_new > sizeof in->text)
        return;
    memmove(in->text + at + n_new, in->text + at + n_old, in->len - at - n_old);
    memcpy(in->text + at, new, n_new);
    in->len = in->len - n_old + n_new;
}

/* A word put in or over something, a part dropped, a byte changed, or a part of another seed. */
static void change(struct input *in, uint64_t *state)
{
    size_t at = next_random(state) % (in->len + 1), left = in->len - at;
    size_t n_old = left ? next_random(state) % (left < 8 ? left + 1 : 8) : 0;
    const char *word = words[next_random(state) % (sizeof words / sizeof words[0])];
    const char *seed = seeds[next_random(state) % (sizeof seeds / sizeof seeds[0])];
    size_t from = next_random(state) % strlen(seed);
    char byte = (char)(1 + next_random(state) % 255);
    switch (next_random(state) % 6) {
    case 0: replace(in, at, n_old, "", 0); break;
    case 1: replace(in, at, n_old, word, strlen(word)); break;
    case 2: replace(in, at, left ? 1 : 0, &byte, 1); break;
    case 3: replace(in, at, n_old, seed + from, strlen(seed + from) / 2); break;
    default: replace(in, at, 0, word, strlen(word)); break;
    }
}

static int run_file(const char *name)
{
    FILE *f = fopen(name, "rb");
    struct bt_buf b = BT_BUF_INIT;
    size_t n = 1;
    if (!f) {
        perror(name);
        return 1;
    }
    while (n && bt_buf_reserve(&b, 4096))
        b.len += n = fread(b.data + b.len, 1, 4096, f);
    fclose(f);
    LLVMFuzzerTestOneInput((const uint8_t *)b.data, b.len);
    bt_buf_done(&b);
    return 0;
}

int main(int argc, char **argv)
{
    int rc = 0;
    for (int i = 1; i < argc; i++)
        rc |= run_file(argv[i]);
    if (argc > 1)
        return rc;
    const char *runs = getenv("BT_FUZZ_RUNS");
    unsigned long n = runs ? strtoul(runs, NULL, 10) : 50000;
    uint64_t state = 0x9E3779B97F4A7C15u;
    for (unsigned long i = 0; i < n; i++) {
        struct input in;
        const char *seed = seeds[i % (sizeof seeds / sizeof seeds[0])];
        in.len = strlen(seed);
        memcpy(in.text, seed, in.len);
        for (uint64_t k = next_random(&state) % 6; k > 0; k--)
            change(&in, &state);
        LLVMFuzzerTestOneInput((const uint8_t *)in.text, in.len);
    }
    printf("%lu inputs\n", n);
    return 0;
}
#endif
