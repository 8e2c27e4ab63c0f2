/*
 * arm.h - what is sent to the agent to arm: functions grouped by their clauses, match specifications, processes.
 */
#ifndef BT_NODE_ARM_H
#define BT_NODE_ARM_H

#include <stdbool.h>

#include "match/instrument.h"
#include "node/guard.h"
#include "node/plan.h"

#define BT_GATE_RANGE 65536u /* of the control word above its base: more than any window */

struct bt_arm_source {
    const struct bt_program *prog;
    const struct bt_plan *plan;
    const struct bt_clause *const *clauses; /* by id */
    size_t n_clauses;
    const char *const *processes; /* all, new, existing, <0.44.0> or a registered name; none: all */
    size_t n_processes;
    enum bt_args_mode args;
    uint32_t base;        /* of the gate */
    int64_t max_message;  /* bytes of a binary that is sent or received */
    bool with_children;   /* what a traced process spawns is traced too */
};

/* The instrumented match specification of a function: the clauses of these of its patterns that fit its arity, in the order
 * the user gave them. NULL: no memory. */
const struct bt_term *bt_arm_spec(const struct bt_arm_source *s, const struct bt_mfa *m,
    const size_t *patterns, size_t n_patterns, struct bt_arena *a);

/* Functions in groups of equal clauses, each with its instrumented match specification; all in the arena. Returns how many
 * groups; 0: no memory. */
size_t bt_arm_groups(const struct bt_arm_source *s, struct bt_arena *a, struct bt_install_group **out);

/*
 * bt_arm_build - fill groups, processes, base and range of *out; terms live in the arena.
 * all_local  set: false when some function is traced in scope global, where the VM cannot count calls.
 * Errors: EUSAGE (a process that is none), ENOMEM.
 */
int bt_arm_build(const struct bt_arm_source *s, struct bt_arena *a, struct bt_arm_opts *out, bool *all_local,
    struct beamtap_err *err);

/* [{send | 'receive', MatchSpec}] of the clauses about messages, instrumented. NULL: no memory. */
const struct bt_term *bt_arm_messages(const struct bt_arm_source *s, struct bt_arena *a);

/* The source's processes as the agent takes them. NULL: EUSAGE (one is none), ENOMEM. */
const struct bt_term *bt_arm_processes(
    const struct bt_arm_source *s, struct bt_arena *a, struct beamtap_err *err);

/* True for a function that is only counted (action count): no pattern is set on it. */
bool bt_arm_only_counts(const struct bt_program *prog, const struct bt_mfa *m);

/* True when every call the VM counts is one to show: no guard, no pattern, all processes. */
bool bt_arm_is_exact(const struct bt_arm_source *s);

#endif
