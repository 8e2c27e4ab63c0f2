#!/bin/bash
# procs.sh RELEASE - events of processes on a busy node: each kind is seen, the flags are gone when the window is used up, and
# the node is as it was; -p of names that come and go; --children.
set -u
. "$(dirname "$0")/../support/node.sh"
. "$(dirname "$0")/../support/check.sh"
need_beamtap
otp=${1:-25}
PID='<0\.[0-9]+\.[0-9]+>'         # so many processes come and go that the third number moves
LINE="^$TIME $PID"
start_node "$otp" procs
ask 'target:hot(1), target:churn(1)' > /dev/null
sleep 0.3
mark

events() { # N REGEX: so many lines, all of the kind
    ends 0
    like "closing line" "$(tail -n 1 <<< "$ERR")" "^beamtap: stopped: $1 events? \\(-c\\).* 0 lost; node clean$"
    count_is "lines" "$1" "$LINE $2" "$OUT"
}
part "each kind"
tap "$NODE" spawn -c 5;      events 5 "spawn $PID erlang:apply/2$"
tap "$NODE" exit -c 5;       events 5 'exit (normal|\{bad,reason\})$'
tap "$NODE" 'exit(Reason) when Reason =/= normal' -c 3; events 3 'exit \{bad,reason\}$'
tap "$NODE" 'exit({bad, _})' -c 3; events 3 'exit \{bad,reason\}$'
tap "$NODE" link -c 5;       events 5 "link $PID$"
tap "$NODE" unlink -c 5;     events 5 "unlink $PID$"
tap "$NODE" register -c 3;   events 3 'register churning$'
tap "$NODE" unregister -c 3; events 3 'unregister churning$'
tap "$NODE" spawn exit -c 6; events 6 '(spawn|exit) '
clean

part "gc and running on a busy node"
ask 'target:watch()' > /dev/null
sleep 0.5
first=$(now_us)
tap "$NODE" gc -c 10;        events 10 "gc (minor|major) [0-9.]+ (bytes|KB|MB) -> [0-9.]+ (bytes|KB|MB)$TOOK"
tap "$NODE" running -c 10;   events 10 "running( until .+)?$TOOK"
tap "$NODE" gc running -c none -t 2s --rate 50
ends 0
at_least "lines in 2 s at 50/s" "$(grep -c . <<< "$OUT")" 10
at_most "lines in 2 s at 50/s" "$(grep -c . <<< "$OUT")" 130
sleep 0.2
ask 'target:watched()' > /dev/null
printf '   most messages at the tracer: %s\n' "$(ask "target:queue($first, infinity)")"
at_most "growth of the node's memory, KB" $(( $(ask "target:memory($first, infinity)") / 1024 )) 16384
clean

part "flags are off between the windows"
tap_start "$NODE" running -c none -t 3s --rate 2 -o "$BT_TMP/running"
wait_armed
sleep 0.5
n=0
for _ in 1 2 3 4 5 6 7 8 9 10; do
    flagged=$(ask 'length([P || P <- processes(), {flags, [_ | _]} <- [case erlang:function_exported(trace, session_info, 1) of
        false -> erlang:trace_info(P, flags);
        true -> case [S || S <- apply(trace, session_info, [all]), S =/= {legacy, default}] of [] -> none; [S | _] -> (catch apply(trace, info, [S, P, flags])) end end]])')
    [ "$flagged" = 0 ] && n=$((n + 1))
done
tap_end
at_least "looks that found no flag, of 10" "$n" 6
clean

if [ "$otp" -lt 26 ]; then
    part "a guard that the release does not know"
    tap "$NODE" 'exit(R) when max(R, 1) > 3' -t 300ms
    refused 2 "'max' in a match specification is known from OTP 26 on"
fi
part "alone only; gc beside somebody else"
tap "$NODE" gc 'target:id/1'
refused 2 'traced by themselves'
if [ "$otp" -ge 27 ]; then
    ask 'register(somebody, spawn(fun() -> put(list_to_atom("$workload"), 1), S = apply(trace, session_create, [somebody, self(), []]), receive stop -> S end end))' > /dev/null
    sleep 0.1
    mark
    tap "$NODE" gc -t 1s
    refused 6 'somebody else traces'
    clean
    ask 'exit(whereis(somebody), kill)' > /dev/null
fi

part "kill -9; the guard and the tracer are killed"
mark
for who in nobody guard tracer catcher; do
    tap_start "$NODE" running -c none -t 20s --rate 20 -o "$BT_TMP/lines-$who"
    wait_armed
    if [ $who = nobody ]; then kill -KILL "$TAP_PID"; else ask "[exit(P, kill) || P <- target:ours($who)]" > /dev/null; fi
    [ $who != catcher ] || { sleep 0.3; kill -INT "$TAP_PID"; }
    tap_end
    wait_for 3 is_clean || clean
done
ask 'target:stop()' > /dev/null
mark

part "a name that comes, goes and comes back"
ask 'list_to_atom("sink")' > /dev/null
tap_start "$NODE" 'target:id(X)' -p sink -t 4s -c none
wait_armed
ask 'register(sink, hd(target:every(1, 20, fun() -> target:id(first) end)))' > /dev/null
sleep 1
ask 'exit(whereis(sink), kill)' > /dev/null
sleep 0.3
ask 'register(sink, hd(target:every(1, 20, fun() -> target:id(second) end)))' > /dev/null
tap_end
ends 0
like "not there yet" "$ERR" 'process sink is not there yet; it is traced as soon as it is'
count_is "came" 2 'process sink is there now, and traced' "$ERR"
count_is "went" 1 'process sink has ended' "$ERR"
like "the first" "$OUT" "$LINE target:id\\(first\\)$"
like "the second" "$OUT" "$LINE target:id\\(second\\)$"
clean
part "a pid that ends"
tap_start "$NODE" 'target:id(X)' -p "$(ask 'whereis(sink)')" -t 2s
wait_armed
ask 'target:stop()' > /dev/null
tap_end
like "said" "$ERR" "process $PID has ended"
part "--children"
ask 'register(parent, hd(target:every(1, 20, fun() -> target:once(0, fun() -> target:id(child) end), target:id(parent) end)))' > /dev/null
mark
tap "$NODE" 'target:id(X)' -p parent -t 1s
unlike "children" "$OUT" 'child'
tap "$NODE" 'target:id(X)' -p parent -t 1s --children
like "children" "$OUT" "$LINE target:id\\(child\\)$"
clean
finish
