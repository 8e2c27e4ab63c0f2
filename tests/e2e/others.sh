#!/bin/bash
# others.sh RELEASE - other tracers are respected: refused below OTP 27, side by side from 27 on; the control word is put back.
set -u
. "$(dirname "$0")/../support/node.sh"
. "$(dirname "$0")/../support/check.sh"
need_beamtap
otp=${1:-25}
start_node "$otp" others
# `holder` does what it is told and keeps the message; what it gets as a tracer it counts.
ask 'register(holder, spawn(fun() -> L = fun L(N) ->
         receive {do, From, F} -> From ! {done, try F() catch C:E -> {C, E} end}, L(N); {count, From} -> From ! {n, N}, L(N); _ -> L(N + 1) end end, L(0) end)),
     register(worker, hd(target:every(1, 10, fun() -> target:pair(a, b), target:id(1) end)))' > /dev/null
hold() { ask "holder ! {do, self(), fun() -> $1 end}, receive {done, R} -> R after 5000 -> error(timeout) end"; }
counted() { ask 'holder ! {count, self()}, receive {n, N} -> N after 5000 -> error(timeout) end'; }

part "nobody else"
mark
tap "$NODE" 'target:pair/2' -c 3
closing 3 -c
clean

part "somebody traces a process and a function"
hold 'erlang:trace(whereis(worker), true, [call]), erlang:trace_pattern({target, id, 1}, true, [local])' > /dev/null
mark
before=$(counted)
tap "$NODE" 'target:pair/2 -> return' -c 20
after=$(counted)
if [ "$otp" -lt 27 ]; then
    refused 6 'trac'
    like "who: pid" "$ERR" "$(ask 'whereis(holder)')"
    like "who: name" "$ERR" 'holder'
else
    closing 20 -c
    is "shown" "$(calls_of target:pair) $(returns_of target:pair/2)" '20 20'
    at_least "what the other got meanwhile" $((after - before)) 10
fi
clean           # also finds what of the other's is gone
before=$(counted)
sleep 0.3
at_least "the other still gets its calls" $(( $(counted) - before )) 5
part "the same function"
tap "$NODE" 'target:id/1' -c 3
if [ "$otp" -lt 27 ]; then refused 6 'target:id/1|holder'; else closing 3 -c; fi
clean
hold 'erlang:trace(whereis(worker), false, [call]), erlang:trace_pattern({target, id, 1}, false, [local])' > /dev/null

if [ "$otp" -ge 27 ]; then
    part "somebody has a trace session"
    hold 'S = trace:session_create(mine, self(), []), persistent_term:put(mine, S),
          trace:process(S, whereis(worker), true, [call]), trace:function(S, {target, pair, 2}, true, [local])' > /dev/null
    mark
    tap "$NODE" 'target:pair/2 -> return' -c 20
    closing 20 -c
    clean
    before=$(counted)
    sleep 0.3
    at_least "the other still gets its calls" $(( $(counted) - before )) 5
    hold 'trace:session_destroy(persistent_term:get(mine)), persistent_term:erase(mine)' > /dev/null
fi

part "somebody counts calls"
ask 'erlang:trace_pattern({target, pair, 2}, true, [call_count])' > /dev/null
mark
n=$(ask 'element(2, erlang:trace_info({target, pair, 2}, call_count))')
tap "$NODE" 'target:pair/2' -c 5
case $STATUS in
    0) closing 5 -c ;;
    *) refused 6 'target:pair/2' ;;
esac
clean
sleep 0.1
at_least "it still counts" "$(ask 'element(2, erlang:trace_info({target, pair, 2}, call_count))')" $((n + 1))
ask 'erlang:trace_pattern({target, pair, 2}, false, [call_count])' > /dev/null

part "the control word is somebody's: the range above it"
for word in 1 12345 4000000000; do
    ask "erlang:system_flag(trace_control_word, $word)" > /dev/null
    mark
    tap "$NODE" 'target:pair/2 -> return' -c 20
    closing 20 -c
    is "word" "$(ask 'erlang:system_info(trace_control_word)')" "$word"
    clean
done
part "the control word has no range above it"
ask 'erlang:system_flag(trace_control_word, 4294967295)' > /dev/null
mark
tap "$NODE" 'target:pair/2' -c 5
if [ "$STATUS" = 0 ]; then closing 5 -c; else refused 6 'word'; fi
clean
part "the control word moves"
ask 'erlang:system_flag(trace_control_word, 7),
     target:every(1, 1, fun() -> erlang:system_flag(trace_control_word, 7 + rand:uniform(1000)) end)' > /dev/null
tap "$NODE" 'target:pair/2' -c 5 -t 5s
refused 6 'word'
ask 'target:stop(), erlang:system_flag(trace_control_word, 4294967295)' > /dev/null
clean

finish
