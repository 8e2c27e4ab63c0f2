#!/bin/bash
# count.sh RELEASE - beamtap count: 5,000 functions at millions of calls a second, counted exactly, and what it costs them.
set -u
. "$(dirname "$0")/../support/node.sh"
. "$(dirname "$0")/../support/check.sh"
need_beamtap
otp=${1:-25}
start_node "$otp" count
functions=$(ask 'target:many(25, 200)')
mark

# count_start ARG...: in the background, until it has said that it counts
count_start() { tap_start count "$NODE" "$@"; wait_armed; }

part "5,000 functions: counts are those of the workload"
count_start 'many_*:f*/1' -t 3s --json --top 6000
ask 'target:run_many({2, 25}, 400)' > /dev/null
tap_end
ends 0
like "banner" "$ERR" '5,000 functions counted by the VM, no messages'
last=$(grep -n '"event":"total"' <<< "$OUT" | tail -n 2 | head -n 1 | cut -d: -f1)
final=$(tail -n +$((last + 1)) <<< "$OUT")              # what was counted in all
count_is "functions with their 800 calls" "$functions" '"event":"count".*"calls":800,' "$final"
count_is "all" 1 '"event":"total".*"calls":4000000,' "$final"
like "closing line" "$ERR" 'stopped: 5,000 functions counted \(-t\); node clean'
clean

part "what it costs"
ask 'target:every(2, 0, fun() -> target:busy_round(25) end)' > /dev/null      # 200 calls, then some work, and so on
mark
ask 'target:watch()' > /dev/null
sleep 1.5
first=$(now_us)
count_start 'many_*:f*/1' -t 2500ms
began=$(now_us)
tap_end
ended=$(now_us)
sleep 1
ask 'target:watched()' > /dev/null
before=$(ask "target:rate($first - 1200000, $first)")
during=$(ask "target:rate($began + 300000, $ended - 300000)")
after=$(ask "target:rate($ended + 200000, infinity)")
printf '   calls/s: %s before, %s counted, %s after: %s %% of what is untraced\n' $((before * 5000)) $((during * 5000)) $((after * 5000)) \
    $((during * 200 / (before + after + 1)))
printf '   ready to count after %s ms\n' $(((began - first) / 1000))
at_least "of the untraced rate, %" $((during * 200 / (before + after + 1))) 25      # the goal is 95, on a machine that does nothing else
clean
ask 'target:stop()' > /dev/null

part "one table with --once; what of a spec does not count is said"
ask 'target:every(1, 10, fun() -> target:id(a) end)' > /dev/null
mark
tap count "$NODE" 'target:id(nobody)' 'target:pair/2 -> return' --once --interval 500ms
ends 0
like "calls" "$OUT" '^ +[0-9]+ +[0-9]+  target:id/1$'
unlike "what is not called" "$OUT" 'target:pair'
like "patterns" "$ERR" "note: 'target:id\(nobody\)': all calls are counted, whatever their arguments"
like "actions" "$ERR" "note: 'target:pair/2 -> return': .*what stands behind '->' is not looked at"
part "lines, each second"
tap count "$NODE" 'target:id/1' -t 1300ms --interval 400ms
at_least "lines" "$(grep -cE '^[0-9:]{8} +[0-9]+ +[0-9]+  target:id/1$' <<< "$OUT")" 2
part "-p does not go with it"
tap count "$NODE" 'target:id/1' -p all
refused 2 '-p does not go with count'

part "ends: Ctrl-C, kill -9, the guard is killed"
count_start 'target:*' -t 20s
kill -INT "$TAP_PID"
tap_end
ends 0
like "closing line" "$ERR" 'functions counted \(interrupted\); node clean'
count_start 'target:*' -t 20s
kill -KILL "$TAP_PID"
tap_end
wait_for 3 is_clean || clean
count_start 'target:*' 'many_*:f1/1' -t 20s
ask '[exit(P, kill) || P <- target:ours(guard)]' > /dev/null
tap_end
ends 4
clean

part "somebody else's counter"
if [ "$otp" -lt 27 ]; then
    ask 'erlang:trace_pattern({target, id, 1}, true, [call_count])' > /dev/null
    sleep 0.1
    mark
    was=$(ask 'element(2, erlang:trace_info({target, id, 1}, call_count))')
    tap count "$NODE" 'target:*' -t 500ms
    ends 0
    like "it is said" "$ERR" 'target:id/1: somebody else has a counter there; it is left alone'
    unlike "not counted" "$OUT" 'target:id/1'
    at_least "and goes on" "$(ask 'element(2, erlang:trace_info({target, id, 1}, call_count))')" "$((was + 20))"
    clean
    ask 'erlang:trace_pattern({target, id, 1}, false, [call_count])' > /dev/null
else
    ask 'erlang:trace_pattern({target, id, 1}, true, [call_count])' > /dev/null
    mark
    tap count "$NODE" 'target:*' -t 500ms
    like "counted beside it" "$OUT" 'target:id/1'
    clean
fi
finish
