#!/bin/bash
# clear.sh RELEASE - `beamtap clear NODE`: removes what a beamtap left, lists what others trace, removes it with --all.
set -u
. "$(dirname "$0")/../support/node.sh"
. "$(dirname "$0")/../support/check.sh"
need_beamtap
otp=${1:-25}
start_node "$otp" clear
ask 'register(worker, hd(target:every(1, 10, fun() -> target:pair(a, b) end)))' > /dev/null
mark

part "nothing is traced"
tap clear "$NODE"
ends 0
like "it says so" "$ERR" "removed nothing"
clean

part "a beamtap that stands still, with a long lease"
tap_start "$NODE" 'target:pair/2 -> return' -c none -t 60s --lease 60s
wait_armed
sleep 0.2
kill -STOP "$TAP_PID"
stopped=$TAP_PID
TAP_OUT=$BT_TMP/out2 TAP_ERR=$BT_TMP/err2
is_clean_but_connected && fail "nothing is there to clear"
tap clear "$NODE"
ends 0
like "it says what" "$ERR" 'removed .*[1-9]'
is "left" "$(ask 'leftovers:check(1)')" ok
kill -CONT "$stopped"
TAP_OUT=$BT_TMP/out TAP_ERR=$BT_TMP/err TAP_PID=$stopped TAP_CMD='the one that stood still'
tap_end 10
[ "$STATUS" != 0 ] || fail "the first ends with 0 although its trace was taken from it"
clean

part "what others trace: listed, not touched"
ask 'register(holder, spawn(fun() -> erlang:trace(whereis(worker), true, [call]), receive stop -> ok end end)),
     erlang:trace_pattern({target, id, 1}, true, [local]), erlang:trace_pattern({target, pair, 2}, true, [call_count])' > /dev/null
[ "$otp" -lt 27 ] || ask 'register(keeper, spawn(fun() -> S = trace:session_create(mine, self(), []),
    trace:function(S, {target, fac, 1}, true, [local]), receive stop -> S end end))' > /dev/null
mark
tap clear "$NODE"
ends 0
like "pattern" "$OUT$ERR" 'target:?.*id'
like "counter" "$OUT$ERR" 'call_count'
like "flags" "$OUT$ERR" "$(ask 'whereis(worker)')"
[ "$otp" -lt 27 ] || like "session" "$OUT$ERR" 'mine'
clean           # with what is gone
part "--all asks, and needs a terminal or --yes"
tap clear "$NODE" --all
ends 2
like "it says so" "$ERR" '--yes'
clean
part "--all --yes"
tap clear "$NODE" --all --yes
ends 0
sleep 0.2
got=$(ask 'leftovers:check()')
like "the pattern is gone" "$got" '\{gone,\{pattern,\{target,id,1\},\[\{traced,local\}\]\}\}'
like "the counter is gone" "$got" '\{gone,\{pattern,\{target,pair,2\},\[call_count\]\}\}'
like "the flags are gone" "$got" '\{gone,\{flags,'
unlike "and nothing came" "$(sed 's/{gone,{[^}]*}[^}]*}[^}]*}*//g' <<< "$got")" 'module|process|registered|old_code'

finish
