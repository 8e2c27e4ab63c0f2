/*
 * traced.h - a whole trace against a scripted node: what the node says in each part of its life, and a session that runs
 * through it.
 *
 *   static const struct bt_peer_answer script[] = {STARTS, PLANS, ARMS, {"", "{ev,...}"}, CLOSES, FINISHES, IS_CLEAN, END};
 *   struct bt_traced t = bt_traced(script);
 *   t.opts.count = 7;
 *   bt_traced_all(&t, "<0.44.0> m:f(a)\n", BEAMTAP_OK, "");
 */
#ifndef BT_TESTS_TRACED_H
#define BT_TESTS_TRACED_H

#include "check.h"
#include "node/session.h"
#include "peer.h"

/* clang-format off: each is one or several members of an array */
#define STARTS                                                                                              \
    {"erlang:system_info", "\"25\""}, {"erlang:spawn", "<0.90.0>"}, {"erlang:register", "true"},            \
    {"erlang:whereis", "undefined"}, {"erlang:module_loaded", "false"},                                     \
    {"lists:zipwith", "[{module,x},{ok,<0.91.0>,0,42,0,4}]"}
#define FINDS {"erlang:loaded", "[m]"}, {"lists:zipwith", "[[{f,1},{f,2}]]"}
#define PLANS FINDS, {"lists:zipwith3", "[{ok,false,[],[]}]"}
#define ARMS                                                                                                 \
    {                                                                                                        \
        "arm", "{armed,<0.92.0>,1,42,1000,0,[]}"                                                             \
    }
#define CLOSES                                                                                               \
    {                                                                                                        \
        "close", "{closed,asked,[{{m,f,1},3}]}"                                                              \
    }
#define FINISHES                                                                                             \
    {                                                                                                        \
        "finish", "{finished,asked,[]}"                                                                      \
    }
#define IS_CLEAN                                                                                             \
    {"erlang:whereis", "undefined"}, {"erlang:module_loaded", "false"}, {"erlang:check_old_code", "false"},  \
    {                                                                                                        \
        "erlang:system_info", "0"                                                                            \
    }
#define END                                                                                                  \
    {                                                                                                        \
        NULL, NULL                                                                                           \
    }
/* clang-format on */

struct bt_traced {
    const struct bt_peer_answer *script;
    void (*play)(struct bt_link *l); /* after the handshake: the script, then until we go */
    const char *spec;                /* m:f(X) -> return */
    struct bt_session_opts opts; /* count 2, no time, grace 50 ms, lease 5 s, no --max-load; rate 100,000/s */
    size_t bad_spec;
    struct bt_session *session;
    struct bt_summary sum; /* once it has ended */
    /* of its own */
    struct bt_peer peer;
    struct bt_arena arena;
    struct bt_program prog;
    int n_fds;
};

struct bt_traced bt_traced(const struct bt_peer_answer *script);
/* Starts the node and opens a session; 0 or -1. */
int bt_traced_open(struct bt_traced *t, struct beamtap_err *err);
/* The same and arms it; both must go well. */
void bt_traced_begin(struct bt_traced *t);
/* All events until something else comes, appended as text without time. */
enum bt_next bt_traced_run(struct bt_traced *t, struct bt_buf *out, struct beamtap_err *err);
/* Closes the session; the play went as written, no descriptor is left. */
void bt_traced_end(struct bt_traced *t);
/* All of it: these lines, and this end. */
void bt_traced_all(struct bt_traced *t, const char *lines, enum beamtap_code code, const char *part);

#endif
