/*
 * fuzz_script.c - any bytes as a script: each part, step and option that is read can be used; each error and each text has its place.
 *
 * libFuzzer calls LLVMFuzzerTestOneInput (-dict=tests/fuzz/script.dict). As a program of its own see standalone.h.
 */
#include "standalone.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "cli/steps.h"
#include "match/compile.h"
#include "safe.h"
#include "spec/loc.h"

static void check_place(const char *text, size_t size, const struct beamtap_loc *loc)
{
    struct bt_buf out = BT_BUF_INIT;
    assert(loc->line >= 1 && loc->col >= 1 && loc->off <= size);
    bt_loc_excerpt(&out, text, loc);
    bt_fuzz_check_safe(bt_buf_cstr(&out), out.len, true);
    bt_buf_done(&out);
}

/* A spec of a step: where it is wrong has a place in the script. */
static void use_spec(const struct bt_steps *s, const char *spec, size_t size)
{
    struct bt_arena a = BT_ARENA_INIT;
    struct bt_program prog;
    struct beamtap_err err = {0};
    size_t bad = 0;
    struct beamtap_loc loc = {.line = 1, .col = 1, .off = strlen(spec)};
    assert(bt_source_locate(&s->file, spec, &loc));
    check_place(s->file.text, size, &loc);
    if (bt_compile(&spec, 1, NULL, &a, &prog, &bad, &err) < 0 && err.loc.line) {
        assert(bt_source_locate(&s->file, spec, &err.loc));
        check_place(s->file.text, size, &err.loc);
    }
    bt_arena_done(&a);
}

static void use(const struct bt_steps *s, size_t size)
{
    for (size_t i = 0; i < s->n; i++) {
        const struct bt_part *p = &s->parts[i];
        assert(p->repeat >= 1 && p->every_us >= 0);
        for (size_t j = 0; j < p->n; j++) {
            struct bt_opts o;
            struct beamtap_err err = {0};
            const char *node;
            bt_opts_defaults(&o);
            assert(bt_steps_opts(s, p, &p->steps[j], &o, &node, &err) == 0);
            assert(p->steps[j].off < size && (p->steps[j].command || p->steps[j].n_words == 0));
            for (size_t k = 0; k < p->steps[j].n_words; k++)
                use_spec(s, p->steps[j].words[k], size);
            bt_opts_done(&o);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *sets[] = {"NODE=app@host", "A=x:y(", "Pid=<0.1.0>", "Spec={queue, in, 2}"};
    const struct bt_words given = {sets, 4};
    struct bt_steps s;
    struct beamtap_err err = {0};
    char *text = malloc(size + 1);
    if (size > 4096) {
        free(text);
        return 0;
    }
    assert(text);
    memcpy(text, data, size);
    text[size] = '\0';
    if (bt_steps_read(&s, "fuzz", text, size, &given, &err) == 0) {
        use(&s, size);
    } else {
        assert(beamtap_code_status(err.code) == 2);
        bt_fuzz_check_err(&err);
        if (err.loc.line)
            check_place(text, size, &err.loc);
    }
    bt_steps_done(&s);
    free(text);
    return 0;
}

#ifdef BT_FUZZ_MAIN

/* Whole scripts, and pieces to put into them. */
const struct bt_fuzz_seed bt_fuzz_seeds[] = {
    BT_FUZZ_SEED("#!/usr/bin/env -S beamtap run\nnode $NODE # a\ncount 10\n---\ntrace m:f(X, ${A}) when X > "
                 "1\n -> return\n"),
    BT_FUZZ_SEED("node a@b\nrecon_trace:calls({queue, '_', fun([A]) when A > 1 -> return_trace() end}, {10, "
                 "100}, [{pid, "
                 "[Pid, {via, m, n}, new]}, {scope, local}, {args, arity}]).\nrecon_trace:clear().\n"),
    BT_FUZZ_SEED("1> recon_trace:calls(Spec,\n1>   10, [{io_server, fun(X) -> X end}]). redbug:stop().\n"),
    BT_FUZZ_SEED("redbug:start([\"a:b(X) -> return\", \"c:\\\"d\"], #{msgs => 5, target => n@h, procs => "
                 "[{pid,1,2}]}).\n"),
    BT_FUZZ_SEED("trace App.f(%{a: 1}) # x\nnot App.g/1\ngrep a$ b\nrepeat 3 every 5s\nwait 1s\nreplay "
                 "x.btc\nclear\ncheck\n"),
    BT_FUZZ_SEED("set X=1\n--count=3\ntime m:_\ntime 5s\nscope local\noutput x-$NODE-%i.log\n"),
    BT_FUZZ_SEED("\n---\n"),
    BT_FUZZ_SEED("${A}"),
    BT_FUZZ_SEED("$NODE"),
    BT_FUZZ_SEED("$$"),
    BT_FUZZ_SEED(" # "),
    BT_FUZZ_SEED("%"),
    BT_FUZZ_SEED("\""),
    BT_FUZZ_SEED("'"),
    BT_FUZZ_SEED("("),
    BT_FUZZ_SEED(")"),
    BT_FUZZ_SEED("{"),
    BT_FUZZ_SEED("}"),
    BT_FUZZ_SEED("fun("),
    BT_FUZZ_SEED(" end "),
    BT_FUZZ_SEED("\n  when "),
    BT_FUZZ_SEED("->"),
    BT_FUZZ_SEED(".\n"),
    BT_FUZZ_SEED("2> "),
    BT_FUZZ_SEED("recon_trace:"),
    BT_FUZZ_SEED("\r\n"),
    BT_FUZZ_SEED("\xEF\xBB\xBF"),
};
const size_t bt_fuzz_n_seeds = sizeof bt_fuzz_seeds / sizeof bt_fuzz_seeds[0];

#endif
