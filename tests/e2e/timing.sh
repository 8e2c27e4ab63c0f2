#!/bin/bash
# timing.sh RELEASE - beamtap time: calls and times by the VM, and percentiles of sampled calls against what the workload
# measured itself: 100 us, each 50th call 1 ms, each 500th 10 ms.
set -u
. "$(dirname "$0")/../support/node.sh"
. "$(dirname "$0")/../support/check.sh"
need_beamtap
start_node "${1:-25}" timing
ask 'target:timed()' > /dev/null
sleep 0.5
mark

# near WHAT GOT WANT PERCENT
near() {
    local off=$(( ($2 - $3) * 100 ))
    [ "$off" -ge 0 ] || off=$((-off))
    if [ "$3" -gt 0 ] && [ "$off" -le $(($3 * $4)) ]; then
        printf '   %s: %s, want %s within %s %%\n' "$1" "$2" "$3" "$4"
    else
        fail "$1: got $2, want $3 within $4 %"
    fi
}
field() { sed -nE "s/.*\"$1\":([0-9]+).*/\\1/p" <<< "$OUT" | tail -n 1; }

part "percentiles"
tap_start time "$NODE" 'target:lat/1' --histogram -t 5s --json
wait_armed
first=$(now_us)
tap_end
ends 0
own=$(ask "target:timings($first, [500, 990, 999])")
IFS=' ,{}[]' read -r calls p50 p99 p999 <<< "$(tr -d '{}[]' <<< "$own" | tr , ' ')"
near "calls the VM counted, of those from arming to now" "$(field calls)" "$calls" 15
at_least "sampled" "$(field sampled)" 5000
near "p50, us" $(($(field p50_ns) / 1000)) "$p50" 5
near "p99, us" $(($(field p99_ns) / 1000)) "$p99" 5
near "p99.9, us" $(($(field p99_9_ns) / 1000)) "$p999" 5
at_least "the longest, us" $(($(field max_ns) / 1000)) 10000
like "closing line" "$ERR" 'stopped: 1 function sampled \(-t\); node clean'
clean

part "as text: a table and bars"
tap time "$NODE" 'target:lat(X) when X > 0 -> return' --histogram -t 1s
ends 0
like "table" "$OUT" '^ +[0-9,]+ +[0-9,]+ +[0-9.]+us +[0-9.]+us .*  target:lat/1$'
like "bars" "$OUT" '^ +[0-9]+us to +[0-9]+us \|#+ *\| +[0-9,]+$'

part "calls and times by the VM"
tap_start time "$NODE" 'target:lat/1' 'target:busy/1' -t 2s --json
wait_armed
first=$(now_us)
tap_end
ends 0
line=$(grep '"function":"target:lat/1"' <<< "$OUT" | tail -n 1)
calls=$(ask "element(1, target:timings($first, [500]))")
near "calls, from arming to now" "$(sed -E 's/.*"calls":([0-9]+).*/\1/' <<< "$line")" "$calls" 25
all=$(grep '"event":"total"' <<< "$OUT" | tail -n 1 | sed -E 's/.*"time_us":([0-9]+).*/\1/')
at_least "time in both, ms of 2,000" $((all / 1000)) 500
at_most "time in both, ms of 2,000" $((all / 1000)) 2300
[ "${1:-25}" -lt 26 ] || like "memory" "$line" '"bytes":[0-9]+'
clean
part "by process"
tap time "$NODE" 'target:lat/1' --by process --once
ends 0
like "who" "$OUT" '^ +[0-9,]+ +[0-9.]+m?s +[0-9.]+us +100\.0%.*  <0\.[0-9]+\.0> target_timed$'
part "one process"
tap time "$NODE" 'target:lat/1' -p target_timed --once --interval 300ms
like "time" "$OUT" '  target:lat/1$'
clean

part "who traces already is not disturbed"
if [ "${1:-25}" -lt 27 ]; then
    ask 'P = whereis(target_timed), persistent_term:put(t, spawn(fun() -> put(list_to_atom("$workload"), 1), receive stop -> ok end end)), erlang:trace(P, true, [call, {tracer, persistent_term:get(t)}])' > /dev/null
    mark
    tap time "$NODE" 'target:lat/1' --once
    refused 6 'another tracer is active'
    clean
    ask 'exit(persistent_term:get(t), kill), persistent_term:erase(t)' > /dev/null
fi

part "kill -9"
mark
tap_start time "$NODE" 'target:*' -t 20s
wait_armed
kill -KILL "$TAP_PID"
tap_end
wait_for 3 is_clean || clean
finish
