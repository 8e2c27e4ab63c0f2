/*
 * rpc.c - calls of functions on the node through rex.
 *
 * The message is the one rpc.erl keeps for C nodes: {From, {call, M, F, Args, GroupLeader}}, answered by
 * {rex, Result}.
 */
#include "node/rpc.h"

#include "base/buf.h"
#include "base/clock.h"
#include "term/print.h"

static const struct bt_term *request(const struct bt_conn *c, const char *module, const char *function,
    const struct bt_term *args, struct bt_arena *a)
{
    const struct bt_term *call[] = {
        bt_term_atom(a, "call"),
        bt_term_atom(a, module),
        bt_term_atom(a, function),
        args,
        bt_term_atom(a, "user"),
    };
    return bt_term_tuple2(a, bt_conn_self(c, a), bt_term_tuple(a, call, 5));
}

static int no_answer(
    const struct bt_conn *c, const char *module, const char *function, struct beamtap_err *err)
{
    return bt_err_set(err, BEAMTAP_ETIMEDOUT, "%s does not answer %s:%s", bt_conn_node(c), module, function);
}

int bt_rpc(struct bt_conn *c, const char *module, const char *function, const struct bt_term *args,
    int64_t deadline_us, struct bt_etf *result, struct beamtap_err *err)
{
    struct bt_arena a = BT_ARENA_INIT;
    bt_log(bt_conn_log(c), BT_LOG_RPC, "%s:%s", module, function);
    int rc =
        args ? bt_conn_send_name(c, "rex", request(c, module, function, args, &a), err) : bt_err_nomem(err);
    bt_arena_done(&a);
    while (rc == 0) {
        struct bt_msg msg;
        rc = bt_conn_next(c, &msg, deadline_us, err);
        if (rc == 0)
            return no_answer(c, module, function, err);
        if (rc < 0)
            return -1;
        rc = 0;
        struct bt_etf r = msg.term;
        if (bt_etf_tuple_of(&r, 2) && bt_etf_is_atom(&r, "rex")) {
            *result = r;
            return 0;
        }
        if (bt_clock_mono_us() >= deadline_us) /* other messages, however many, must not keep us */
            return no_answer(c, module, function, err);
    }
    return rc;
}

bool bt_rpc_failed(const struct bt_etf *result)
{
    struct bt_etf r = *result;
    return bt_etf_tuple_of(&r, 2) && bt_etf_is_atom(&r, "badrpc");
}

int bt_rpc_unexpected(const struct bt_etf *result, const char *what, struct beamtap_err *err)
{
    struct bt_buf text = BT_BUF_INIT;
    struct bt_etf r = *result;
    struct bt_print_opts opts = {.max_depth = 8};
    bt_print_erlang(&text, &r, &opts);
    bt_err_set(err, BEAMTAP_EPROTO, "unexpected answer to %s: %.300s", what, bt_buf_cstr(&text));
    bt_buf_done(&text);
    return -1;
}
