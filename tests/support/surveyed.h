/*
 * surveyed.h - what a scripted node answers when it is asked what it is, and who traces what there.
 *
 *   static const struct bt_peer_answer script[] = {IS_OTP, IS_SO, IS_OTP, SURVEYS("[]", "{none,[],[],[],0,[]}"), END};
 */
#ifndef BT_TESTS_SURVEYED_H
#define BT_TESTS_SURVEYED_H

#include "traced.h"

/* clang-format off: each is one or several members of an array */
#define IS_OTP {"erlang:system_info", "\"25\""}
/* ERTS 13.1, 4 schedulers, 57 processes, 12,345,678 bytes, run queue 3, with Elixir 1.18.3 */
#define IS_SO                                                                                               \
    {"erlang:system_info", "\"13.1\""}, {"erlang:system_info", "4"}, {"erlang:system_info", "57"},          \
    {"erlang:memory", "12345678"}, {"erlang:statistics", "3"},                                              \
    {"application:loaded_applications", "[{kernel,\"k\",\"8.5\"},{elixir,\"elixir\",\"1.18.3\"}]"}
/* removed: [{What, Count}]; survey: {Guard, Modules, [{MFA, Kind, Base}], [{Process, Tracer, Flags}], Word, Sessions} */
#define SURVEYS(removed, survey)                                                                            \
    {"erlang:module_loaded", "false"}, {"lists:zipwith", "[{module,x},{" removed "," survey "}]"},          \
    {"code:purge", "false"}
#define BY_OTHERS "{none,[],[{{m,f,1},local,none},{{m,g,1},local,ours}],[{<0.9.0>,<0.10.0>,[call]}],7,[]}"
#define BY_NOBODY "{none,[],[],[],0,[]}"
/* clang-format on */

#endif
