/*
 * load.c - code of ours on the node.
 */
#include "node/load.h"

#include <stdlib.h>

#include "base/clock.h"
#include "node/rpc.h"

#define RPC_TIMEOUT_US ((int64_t)10000000)
#define MIN_OTP 23

int64_t bt_rpc_deadline(void)
{
    return bt_clock_mono_us() + RPC_TIMEOUT_US;
}

static const struct bt_term *list_of(struct bt_arena *a, const struct bt_term *const *items, size_t n)
{
    return bt_term_list(a, items, n, NULL);
}

int bt_rpc_erlang(struct bt_conn *c, const char *f, const struct bt_term *x, struct bt_arena *a,
    struct bt_etf *out, struct beamtap_err *err)
{
    return bt_rpc(c, "erlang", f, list_of(a, &x, 1), bt_rpc_deadline(), out, err);
}

int bt_load_otp(struct bt_conn *c, struct bt_arena *a, int *otp, struct beamtap_err *err)
{
    struct bt_etf r;
    char text[32];
    if (bt_rpc_erlang(c, "system_info", bt_term_atom(a, "otp_release"), a, &r, err) < 0)
        return -1;
    struct bt_etf answer = r;
    if (!bt_etf_text(&r, text, sizeof text) || (*otp = atoi(text)) <= 0)
        return bt_rpc_unexpected(&answer, "erlang:system_info(otp_release)", err);
    if (*otp < MIN_OTP)
        return bt_err_set(err, BEAMTAP_EREJECTED, "%s runs OTP %d; beamtap needs OTP %d or later",
            bt_conn_node(c), *otp, MIN_OTP);
    return 0;
}

static const struct bt_term *load_args(const struct bt_beam *beam, int otp, struct bt_arena *a)
{
    const struct bt_term *args[] = {
        bt_term_atom(a, beam->module),
        bt_term_charlist(a, beam->module),
        otp < 24 ? bt_term_binary(a, beam->old, beam->old_len, 8)
                 : bt_term_binary(a, beam->beam, beam->beam_len, 8),
    };
    return list_of(a, args, 3);
}

/* lists:zipwith(fun apply/2, [fun code:load_binary/3, fun Module:Function/N], [LoadArgs, Args]) -> [Loaded, Result] */
static int load_and_call(struct bt_conn *c, const struct bt_beam *beam, int otp, const char *function,
    const struct bt_term *args, struct bt_arena *a, struct bt_etf *out, struct beamtap_err *err)
{
    const struct bt_term *funs[] = {
        bt_term_fun(a, "code", "load_binary", 3),
        args ? bt_term_fun(a, beam->module, function, (int64_t)args->u.seq.n) : NULL,
    };
    const struct bt_term *lists[] = {load_args(beam, otp, a), args};
    const struct bt_term *zip[] = {
        bt_term_fun(a, "erlang", "apply", 2), list_of(a, funs, 2), list_of(a, lists, 2)};
    uint32_t n;
    if (bt_rpc(c, "lists", "zipwith", list_of(a, zip, 3), bt_rpc_deadline(), out, err) < 0)
        return -1;
    struct bt_etf answer = *out;
    if (!bt_etf_list(out, &n) || n != 2 || !bt_etf_skip(out)) {
        bt_rpc_unexpected(&answer, "code:load_binary", err); /* the answer is good until the next call */
        bt_unload(c, beam, a);
        return -1;
    }
    return 0;
}

int bt_load_and_call(struct bt_conn *c, const struct bt_beam *beam, int otp, const char *function,
    const struct bt_term *args, struct bt_arena *a, struct bt_etf *out, struct beamtap_err *err)
{
    if (bt_rpc_erlang(c, "module_loaded", bt_term_atom(a, beam->module), a, out, err) < 0)
        return -1;
    if (bt_etf_is_atom(out, "true"))
        return bt_rpc(c, beam->module, function, args, bt_rpc_deadline(), out, err);
    return load_and_call(c, beam, otp, function, args, a, out, err);
}

void bt_unload(struct bt_conn *c, const struct bt_beam *beam, struct bt_arena *a)
{
    static const char *const steps[] = {"delete", "purge"};
    struct bt_etf r;
    const struct bt_term *name = bt_term_atom(a, beam->module);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++)
        bt_rpc(c, "code", steps[i], list_of(a, &name, 1), bt_rpc_deadline(), &r, NULL);
}
