#!/bin/bash
# leftovers_test.sh RELEASE - the check that ends every e2e test finds what is left on purpose: one kind at a time.
set -u
. "$(dirname "$0")/../support/node.sh"
. "$(dirname "$0")/../support/check.sh"
otp=${1:-25}

# finds WHAT REGEX LEAVE UNDO: after LEAVE the check reports exactly one finding, which matches; after UNDO none.
finds() {
    local what=$1 regex=$2 leave=$3 undo=$4 got
    part "$what"
    mark
    ask "$leave" > /dev/null || fail "cannot set this up"
    got=$(ask 'leftovers:check()' 2>&1)
    like "finding" "$got" "^\\[$regex\\]$"
    [ "$(ask "case leftovers:check() of ok -> 0; L -> length(L) end")" = 1 ] || fail "want one finding, got:" "$got"
    ask "$undo" > /dev/null || fail "cannot undo this"
    is "after undoing it" "$(ask 'leftovers:check()' 2>&1)" ok
}

start_node "$otp" left
# Somebody who may be traced, who traces, and who holds what a test leaves. It is there before the mark.
ask 'register(tracee, spawn(fun() -> receive stop -> ok end end)),
     register(holder, spawn(fun() -> Loop = fun Loop(S) ->
         receive {do, From, F} -> R = try F() catch C:E -> {C, E} end, From ! {done, R}, Loop([R | S]) end end, Loop([]) end))' > /dev/null
in_holder() { printf "holder ! {do, self(), fun() -> %s end}, receive {done, R} -> R after 5000 -> error(timeout) end" "$1"; }

part "nothing left"
mark
is "right after the mark" "$(ask 'leftovers:check()' 2>&1)" ok
began=$(now_us)
for _ in 1 2 3 4 5; do ask 'leftovers:check()' > /dev/null; done
at_most "one check, ms" $(( ($(now_us) - began) / 5000 )) 500

finds "a flag on a process" '\{flags,<0\.[0-9]+\.0>,\[arity,call\],<0\.[0-9]+\.0>\}' \
    "$(in_holder 'erlang:trace(whereis(tracee), true, [call, arity])')" \
    "$(in_holder 'erlang:trace(whereis(tracee), false, [all])')"
finds "a flag on a port" '\{flags,#Port<0\.[0-9]+>,\[send\],<0\.[0-9]+\.0>\}' \
    "$(in_holder 'erlang:trace(hd(erlang:ports()), true, [send])')" \
    "$(in_holder 'erlang:trace(hd(erlang:ports()), false, [all])')"
part "a flag on new processes"
mark
ask "$(in_holder 'erlang:trace(new_processes, true, [call])')" > /dev/null
like "finding" "$(ask 'leftovers:check()')" '\{flags,new_processes,\[call\],<0\.[0-9]+\.0>\}'     # and on those who ask
ask "$(in_holder 'erlang:trace(new_processes, false, [all])')" > /dev/null
is "after undoing it" "$(ask 'leftovers:check()' 2>&1)" ok

finds "a local pattern" '\{pattern,\{target,f,2\},\[\{traced,local\}\]\}' \
    'erlang:trace_pattern({target, f, 2}, true, [local])' 'erlang:trace_pattern({target, f, 2}, false, [local])'
finds "a global pattern" '\{pattern,\{target,f,2\},\[\{traced,global\}\]\}' \
    'erlang:trace_pattern({target, f, 2}, [], [global])' 'erlang:trace_pattern({target, f, 2}, false, [global])'
finds "a pattern on a function that is not exported" '\{pattern,\{target,hot_loop,3\},\[\{traced,local\}\]\}' \
    'erlang:trace_pattern({target, hot_loop, 3}, true, [local])' 'erlang:trace_pattern({target, hot_loop, 3}, false, [local])'
finds "a pattern on a BIF" '\{pattern,\{erlang,display,1\},\[\{traced,local\}\]\}' \
    'erlang:trace_pattern({erlang, display, 1}, true, [local])' 'erlang:trace_pattern({erlang, display, 1}, false, [local])'
finds "a meta pattern" '\{pattern,\{target,f,2\},\[\{meta,<0\.[0-9]+\.0>\}\]\}' \
    "$(in_holder 'erlang:trace_pattern({target, f, 2}, [], [{meta, whereis(holder)}])')" \
    'erlang:trace_pattern({target, f, 2}, false, [meta])'
for counter in call_count call_time; do
    finds "$counter" "\\{pattern,\\{target,f,2\\},\\[$counter\\]\\}" \
        "erlang:trace_pattern({target, f, 2}, true, [$counter])" "erlang:trace_pattern({target, f, 2}, false, [$counter])"
done
if [ "$otp" -ge 26 ]; then
    finds call_memory '\{pattern,\{target,f,2\},\[call_memory\]\}' \
        'erlang:trace_pattern({target, f, 2}, true, [call_memory])' 'erlang:trace_pattern({target, f, 2}, false, [call_memory])'
fi
finds "a pattern of send" '\{event_pattern,send,.*\}' \
    'erlang:trace_pattern(send, [{['\''_'\'', done], [], []}], [])' 'erlang:trace_pattern(send, true, [])'
finds "a pattern of receive" "\\{event_pattern,'receive',.*\\}" \
    "erlang:trace_pattern('receive', false, [])" "erlang:trace_pattern('receive', true, [])"
finds "a pattern of on_load" '\{event_pattern,on_load,\[\{traced,local\}\]\}' \
    'erlang:trace_pattern(on_load, true, [local])' 'erlang:trace_pattern(on_load, false, [local])'

finds "the control word" '\{control_word,0,7\}' \
    'erlang:system_flag(trace_control_word, 7)' 'erlang:system_flag(trace_control_word, 0)'
finds "the system monitor" '\{setting,system_monitor,undefined,\{<0\.[0-9]+\.0>,.*\}\}' \
    "$(in_holder 'erlang:system_monitor(self(), [busy_port])')" 'erlang:system_monitor(undefined)'

# What beamtap loads, built here: an empty module of that name.
module='{ok, beamtap_agent_0, Bin} = compile:forms([{attribute, 1, module, beamtap_agent_0}]),
        {module, beamtap_agent_0} = code:load_binary(beamtap_agent_0, "beamtap", Bin)'
finds "a module" '\{module,beamtap_agent_0,"beamtap"\}' "$module" \
    'code:delete(beamtap_agent_0), code:purge(beamtap_agent_0)'
finds "a module of another name, from no file" '\{module,somebody,"nowhere"\}' \
    '{ok, somebody, Bin} = compile:forms([{attribute, 1, module, somebody}]), code:load_binary(somebody, "nowhere", Bin)' \
    'code:delete(somebody), code:purge(somebody)'
finds "old code" '\{old_code,beamtap_agent_0\}' "$module, code:delete(beamtap_agent_0)" 'code:purge(beamtap_agent_0)'
finds "old code of a module that was there" '\{old_code,target\}' 'code:load_file(target)' 'code:purge(target)'

finds "a process" '\{process,<0\.[0-9]+\.0>,\[\{registered_name,\[\]\},\{initial_call,.*\},\{current_function,.*\}\]\}' \
    'P = spawn(fun() -> receive stop -> ok end end), persistent_term:put(left, P)' 'exit(persistent_term:get(left), kill)'
finds "a port" '\{ports,\[.*\],\[.*"(sleep|/usr/bin/sleep).*\]\}' \
    "$(in_holder 'persistent_term:put(left, open_port({spawn_executable, os:find_executable("sleep")}, [{args, ["30"]}]))')" \
    "$(in_holder 'port_close(persistent_term:get(left))')"
finds "a table" '\{table,left,<0\.[0-9]+\.0>\}' \
    "$(in_holder 'persistent_term:put(left, ets:new(left, [public]))')" 'ets:delete(persistent_term:get(left))'
finds "messages nobody took" '\{messages,<0\.[0-9]+\.0>,2,\[late,later\]\}' \
    'holder ! late, holder ! later' "$(in_holder 'receive late -> ok end, receive later -> ok end')"
finds "a suspended process" '\{suspended,<0\.[0-9]+\.0>\}' \
    "$(in_holder 'erlang:suspend_process(whereis(tracee))')" "$(in_holder 'erlang:resume_process(whereis(tracee))')"
part "a process on its way out is no finding"
mark
ask 'spawn(fun() -> receive after 100 -> ok end end)' > /dev/null
clean
part "nor is a workload of the test"
ask 'target:slow(3, 10)' > /dev/null
clean
ask 'target:stop()' > /dev/null     
clean

part "a registered name"
mark
ask "P = spawn(fun() -> receive stop -> ok end end), register(beamtap_guard, P), persistent_term:put(left, P)" > /dev/null
got=$(ask 'leftovers:check()')
like "name" "$got" '\{registered,beamtap_guard\}'
like "process" "$got" '\{process,<0\.[0-9]+\.0>,\[\{registered_name,beamtap_guard\}'
ask 'exit(persistent_term:get(left), kill)' > /dev/null
clean

part "what somebody else had is gone"
ask 'erlang:trace_pattern({target, f, 2}, true, [local])' > /dev/null
mark
ask 'erlang:trace_pattern({target, f, 2}, false, [local])' > /dev/null
is "finding" "$(ask 'leftovers:check()')" '[{gone,{pattern,{target,f,2},[{traced,local}]}}]'

if [ "$otp" -ge 27 ]; then
    session='S = trace:session_create(beamtap, self(), []), persistent_term:put(left, S)'
    undo='trace:session_destroy(persistent_term:get(left)), persistent_term:erase(left)'
    finds "a session" '\{session,beamtap,\[\]\}' "$(in_holder "$session")" "$undo"
    finds "a session with a pattern and a flag" \
        '\{session,beamtap,\[\{flags,<0\.[0-9]+\.0>,\[call\],<0\.[0-9]+\.0>\},\{pattern,\{target,f,2\},\[\{traced,local\}\]\}\]\}' \
        "$(in_holder "$session, trace:function(S, {target, f, 2}, true, [local]), trace:process(S, whereis(holder), true, [call])")" "$undo"
    part "a pattern in a session that was there"
    ask "$(in_holder "$session")" > /dev/null
    mark
    ask 'trace:function(persistent_term:get(left), {target, f, 2}, true, [call_count])' > /dev/null
    is "finding" "$(ask 'leftovers:check()')" '[{pattern,{target,f,2},[call_count]}]'
    mark
    ask "$undo" > /dev/null
    is "somebody's session gone" "$(ask 'leftovers:check()')" '[{gone,{session,beamtap,[{pattern,{target,f,2},[call_count]}]}}]'
fi

part "the node's log"
mark
ask 'logger:error("x")' > /dev/null
sleep 0.1
(clean) | grep -q FAILED || fail "an error in the log is not seen"

finish
