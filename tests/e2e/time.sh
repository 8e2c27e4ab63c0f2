#!/bin/bash
# time.sh RELEASE - '-> time': how long calls took, without their values.
set -u
. "$(dirname "$0")/../support/node.sh"
. "$(dirname "$0")/../support/check.sh"
need_beamtap
otp=${1:-25}; shift
start_node "$otp" time "$@"
TOOK_LINE="$LINE target:[a-z_]+/[0-9] took [0-9.]+(ns|us|ms|s)\$"
took_of() { grep -cE "$LINE target:$1 took [0-9.]+(ns|us|ms|s)\$" <<< "$OUT"; }
no_values() {
    unlike "values" "$OUT" ' --> |\*\*|left out'
    is "lines that are neither a call nor how long it took" \
        "$(grep -vE "$TOOK_LINE|$LINE target:[a-z_]+\\(" <<< "$OUT" | grep -vE ' -- [0-9,]+ calls? skipped$')" ''
}

part "durations"
ask 'target:slow(3, 100)' > /dev/null
mark
tap "$NODE" 'target:sleepy(Ms) -> time' -c 12
closing 12 -c
is "calls and durations" "$(calls_of target:sleepy) $(took_of sleepy/1)" '12 12'
is "of 100 ms and little more" "$(count_of 'took 1[0-5][0-9](\.[0-9]+)?ms$' "$OUT")" 12
no_values
clean

part "nested"
ask 'target:stop(), target:every(1, 500, fun() -> target:fib(4) end)' > /dev/null
mark
tap "$NODE" 'target:fib(N) -> time' -c 18 --rate none
ends 0
is "calls and durations" "$(calls_of target:fib) $(took_of fib/1)" '18 18'
no_values
clean

part "a tail call"
ask 'target:stop(), target:every(1, 300, fun() -> X = target:even(5), X end)' > /dev/null
mark
tap "$NODE" 'target:even(N) -> time' 'target:odd(N) -> time' -c 6 --rate none
ends 0
is "calls" "$(calls_of 'target:(even|odd)')" 6
at_least "durations" "$(took_of '(even|odd)/1')" 1
at_most "durations" "$(took_of '(even|odd)/1')" 6
printf '   closing line: %s\n' "$(tail -n 1 <<< "$ERR")"
no_values
clean

part "an exception"
ask 'target:stop(), target:failing(1)' > /dev/null
mark
tap "$NODE" 'target:fails(R) -> time' -c 10 --rate none
ends 0
is "calls and durations" "$(calls_of target:fails) $(took_of fails/1)" '10 10'
no_values
clean

part "a return value of 600 KB and more"
ask 'target:stop(), target:every(1, 2, fun() -> target:big(600) end)' > /dev/null
sleep 0.3
mark
# The workload itself makes and drops that much: what counts is what comes on top of its highest.
ask 'target:watch()' > /dev/null
sleep 1
first=$(now_us)
tap "$NODE" 'target:big(Kb) -> time' -c 200 --rate none
last=$(now_us)
ask 'target:watched()' > /dev/null
closing 200 -c
is "calls and durations" "$(calls_of target:big) $(took_of big/1)" '200 200'
no_values
highest=$(ask "target:memory(0, $first)") top=$(ask "target:memory(0, $last)")
at_most "the node's memory, KB above its highest before" $(( (top - highest) / 1024 )) 6144
clean

part "with scope global: refused"
tap "$NODE" 'target:big(Kb) -> time' --scope global -c 1
refused 2 ''
like "it says so" "$ERR" 'time.*(scope|global|local)|(scope|global|local).*time'
clean
finish
