/*
 * planned.h - a plan made of what a node would say, as text.
 */
#ifndef BT_TESTS_PLANNED_H
#define BT_TESTS_PLANNED_H

#include "node/plan.h"

/*
 * bt_test_plan - the functions `prog` means on a node with these modules.
 *
 * loaded   what erlang:loaded() gives: "[m,n]".
 * answers  what each question gives, in one part: "[[{f,1}],[{g,0},{g,1}]]"; NULL: nothing is asked, only missing modules are
 *          an error.
 * plan     the caller's, ended with bt_plan_done. The rest as in plan.h.
 */
int bt_test_plan(const struct bt_program *prog, size_t max, const char *loaded, const char *answers,
    struct bt_plan *plan, size_t *bad_spec, struct beamtap_err *err);

#endif
