#!/bin/bash
# returns.sh RELEASE - every shown call has its return: 50 processes in a function that takes 2 s, 20 calls.
set -u
. "$(dirname "$0")/../support/node.sh"
. "$(dirname "$0")/../support/check.sh"
need_beamtap
start_node "${1:-25}" returns
mark

paired() {      # each return belongs to a call of its process that was shown before
    is "returns without their call" "$(awk '$3 ~ /^target:[a-z]*\(/ { open[$2]++ } $4 == "-->" && open[$2]-- < 1 { print }' <<< "$OUT")" ''
}

part "50 processes, 20 calls of 2 s"
ask 'target:slow(50, 2000)' > /dev/null
tap "$NODE" 'target:sleepy(_) -> return' -c 20 --grace 5s
closing 20 -c
is "calls and returns" "$(calls_of target:sleepy) $(returns_of target:sleepy/1)" '20 20'
count_is "of 2 s" 20 '--> \{slept,2000\}  2(\.[0-9]+)?s$' "$OUT"
unlike "closing" "$ERR" 'open'
paired
clean

part "the same while other calls go on"
ask 'target:stop(), target:slow(20, 300), target:every(4, 1, fun() -> target:pair(a, b) end)' > /dev/null
tap "$NODE" 'target:sleepy(_) -> return' -c 60 --rate none --grace 3s
closing 60 -c
is "calls and returns" "$(calls_of target:sleepy) $(returns_of target:sleepy/1)" '60 60'
paired
clean

part "a flood of short calls"
ask 'target:stop(), target:hot(3, small)' > /dev/null
tap "$NODE" 'target:f(I, _) -> return' -c 2000 --rate none
closing 2000 -c
is "calls and returns" "$(calls_of target:f) $(returns_of target:f/2)" '2000 2000'
paired
# target:f(I, _) returns I
is "pairs" "$(awk '
    $3 ~ /^target:f\(/ { i = $3; gsub(/[^0-9]/, "", i); open[$2] = i }
    $4 == "-->" && $5 != open[$2] { print }' <<< "$OUT")" ''

part "in the order of time"
is "lines out of order" "$(awk '$1 < last { n++ } { last = $1 } END { print n + 0 }' <<< "$OUT")" 0
tap "$NODE" 'target:f(I, _)' -c 5000 --rate none
is "lines out of order, calls only" "$(awk '$1 < last { n++ } { last = $1 } END { print n + 0 }' <<< "$OUT")" 0

clean
finish
