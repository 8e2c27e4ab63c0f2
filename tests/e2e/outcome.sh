#!/bin/bash
# outcome.sh RELEASE - --exceptions, --slower, --returns: calls are held on the node until it is known how they ended; what is
# not wanted does not cross the wire, and nothing of it stays there.
set -u
. "$(dirname "$0")/../support/node.sh"
. "$(dirname "$0")/../support/check.sh"
need_beamtap
otp=${1:-25}; shift
start_node "$otp" outcome "$@"

number() { sed -nE "s/^beamtap: stopped: .*[;,] ([0-9,]+) $1.*$/\1/p" <<< "$ERR" | tr -d , | tail -n 1; }
bytes_out() { ask 'element(2, element(2, erlang:statistics(io)))'; }

# Each call stands right before its own end, of the same process and function; skipped calls may be told between pairs.
in_pairs() {
    local bad
    bad=$(grep -vE '^$| -- [0-9,]+ calls? skipped$' <<< "$OUT" | awk '
        NR % 2 == 1 { pid = $2; split($3, f, /[(]/); name = f[1]; line = $0; next }
        { split($3, f, /[\/]/); if ($2 != pid || f[1] != name || ($4 != "-->" && $4 != "**")) print line " | " $0 }
        END { if (NR % 2) print "no end: " line }')
    is "pairs that are none" "$bad" ''
}

# ended N REASON: as `closing` of check.sh, with what was examined; examined = shown + filtered + without a return.
ended() {
    local rest
    ends 0
    like "closing line" "$(tail -n 1 <<< "$ERR")" \
        "^beamtap: stopped: $1 calls? \\($2\\); [0-9,]+ examined, [0-9,]+ filtered(, [0-9,]+ without a return)?(; [0-9,]+ skipped,| of at most [0-9,]+;) 0 lost; node clean$"
    rest=$(number 'without a return')
    is "shown + filtered + without a return" $(($1 + $(number filtered) + ${rest:-0})) "$(number examined)"
}

part "--exceptions: one call in a thousand of 50,000 a second"
ask 'target:ordering(50000, 1000)' > /dev/null
mark
tap "$NODE" 'target:order(I, _)' --exceptions -c 20 -t 30s
ended 20 -c
is "calls" "$(calls_of target:order)" 20
is "exceptions" "$(grep -cE "$LINE target:order/2 \\*\\* error:\\{out_of_stock,[0-9]+\\}$TOOK" <<< "$OUT")" 20
unlike "values" "$OUT" ' --> '
in_pairs
at_least "calls skipped" "$(number skipped)" 1000
at_least "calls examined for 20" "$(number examined)" 1000
clean

part "lines of skipped calls, the summary of JSON"
tap "$NODE" 'target:order(I, _)' --returns '{ok, 7}' -c none -t 1600ms
at_least "gaps" "$(count_of ' -- [0-9,]+ calls skipped$' "$OUT")" 1
in_pairs
tap "$NODE" 'target:order(I, _)' --exceptions -c 3 --json
summary=$(tail -n 1 <<< "$OUT")
like "summary" "$summary" '"event":"summary".*"printed":6,"filtered":[0-9]+,"lost":0,"calls":3,.*"exceptions":3,.*"examined":[0-9]+,"clean":true'
clean

part "--rate limits what is shown"
tap "$NODE" 'target:order(I, _)' --returns '{ok, N} when N > 0' -c none -t 2s
at_least "calls in 2s at 100/s" "$(calls_of target:order)" 100
at_most "calls in 2s at 100/s" "$(calls_of target:order)" 230
at_least "calls examined" "$(number examined)" 150
clean

part "what crosses the wire"
before=$(bytes_out)
tap "$NODE" 'target:order(I, _) -> return' -c 5000 --rate none
closing 5000 -c
all=$(($(bytes_out) - before))
before=$(bytes_out)
tap "$NODE" 'target:order(I, _)' --exceptions -c none -t 1500ms --scan-rate 20k/s
few=$(($(bytes_out) - before))
examined=$(number examined)
at_least "calls examined" "$examined" 5000
printf '   %s bytes for 5,000 calls shown; %s bytes for %s examined\n' "$all" "$few" "$examined"
at_most "bytes a call examined, in percent of a call shown" $((few * 100 * 5000 / (all * examined / 100 * 100 + 1))) 10
ask 'target:stop()' > /dev/null
clean

part "nested and recursive calls"
ask 'target:every(2, 5, fun() -> target:climb(3, 6), target:through(2, ok) end)' > /dev/null
tap "$NODE" 'target:climb/2' 'target:sleepy/1' --slower 5ms -c 30
ended 30 -c
in_pairs
is "slow calls" "$(grep -cE "/[12] --> .*  ([5-9]|[0-9]{2,})(\\.[0-9]+)?ms$" <<< "$OUT")" 30
tap "$NODE" 'target:climb(N, _)' --returns '[_, X] when X =:= 1' -c 10
ended 10 -c
in_pairs
is "calls that were asked for" "$(calls_of 'target:climb')" "$(grep -cE 'target:climb\(2, _\)$' <<< "$OUT")"
is "values" "$(grep -cE -- 'target:climb/2 --> \[2,1\]  ' <<< "$OUT")" 10
tap "$NODE" ':target.climb(n, _)' --returns '[x | _] when x in 1..2' --slower 5ms -c 10
ended 10 -c
in_pairs
unlike "values" "$OUT" '> \[(3|\])'
tap "$NODE" 'target:through(N, _)' --exceptions -t 500ms
ended 0 -t
like "why nothing" "$ERR" '^beamtap: no call shown in 500ms: [0-9,]+ calls examined, none ended as was asked for$'
ask 'target:stop(), target:every(1, 5, fun() -> catch target:through(2, throw) end)' > /dev/null
tap "$NODE" 'target:through(N, _)' 'target:fails/1' --exceptions -c 8
ended 8 -c
in_pairs
like "a throw unwinds" "$OUT" 'target:through/2 \*\* throw:\{not_found,42\}'
ask 'target:stop()' > /dev/null
clean

part "processes that are killed in a call that is held"
ask 'target:doomed(20)' > /dev/null
tap "$NODE" 'target:stuck/1' --slower 10ms -c none -t 2s
if [ "$otp" -lt 27 ]; then
    like "the VM says that they raised" "$OUT" 'target:stuck/1 \*\* exit:killed'
else
    ended 0 -t
    at_least "calls without a return" "$(number 'without a return')" 10
fi
in_pairs
ask 'target:stop()' > /dev/null
clean

part "kill -9 while calls are held"
ask 'target:slow(50, 1000)' > /dev/null
tap_start "$NODE" 'target:sleepy/1' --slower 10m -c none -t 1m
wait_armed
sleep 0.5
kill -KILL "$TAP_PID"
wait "$TAP_PID" 2> /dev/null
wait_for 8 is_clean || fail "not clean after kill -9"
ask 'target:stop()' > /dev/null
clean

part "the end waits for calls that are held, as long as --grace"
ask 'target:slow(3, 400)' > /dev/null
tap "$NODE" 'target:sleepy/1' --slower 300ms -c none -t 1s --grace 2s
like "closing line" "$ERR" '^beamtap: stopped: [2-9] calls \(-t\); [2-9] examined, 0 filtered; .*0 lost; node clean$'
in_pairs
ask 'target:stop()' > /dev/null
clean

part "memory when 100,000 processes are in a call that is held"
tap_start "$NODE" 'target:stuck/1' --slower 1s -c none -t 1m --scan-rate none --max-load none --max-memory 16M
wait_armed
ask 'persistent_term:erase(bursts_done), target:crowd(100000)' > /dev/null
tracers='[M || P <- processes(), {priority, high} <- [process_info(P, priority)],
          {message_queue_data, off_heap} <- [process_info(P, message_queue_data)], {memory, M} <- [process_info(P, memory)]]'
most=0
for _ in $(seq 1 40); do
    now=$(ask "lists:max([0 | $tracers])")
    [ "${now:-0}" -le "$most" ] || most=$now
    [ "$(ask 'persistent_term:get(bursts_done, none)')" = none ] || break
    sleep 0.1
done
sleep 0.5
kill -INT "$TAP_PID"
tap_end
at_most "bytes of the tracer" "$most" $((16 << 20))
ends 0
like "closing line" "$(tail -n 1 <<< "$ERR")" \
    '^beamtap: stopped: 0 calls \(interrupted\); [0-9,]+ examined, 0 filtered, [0-9,]+ without a return.* [0-9,]+ lost; node clean$'
lost=$(sed -nE 's/^.* ([0-9,]+) lost; node clean$/\1/p' <<< "$ERR" | tr -d ,)
is "without a return + lost" $(($(number 'without a return') + lost)) "$(number examined)"
at_least "examined" "$(number examined)" 20000
at_least "lost for want of room" "$lost" 1
ask 'target:stop()' > /dev/null
clean

part "what cannot be asked for"
refuses() { local what=$1; shift; tap "$@"; refused 2 "$what"; }
refuses '--exceptions: only calls return or raise' "$NODE" send --exceptions
refuses '--slower: only calls return or raise' "$NODE" exit --slower 1s
refuses '--slower chooses among the calls .* count shows none' count "$NODE" 'target:f/2' --slower 1s
refuses '--returns: calls that are only counted' "$NODE" 'target:f/2 -> count' --returns ok
refuses 'no call ends in both' "$NODE" 'target:f/2' --returns ok --exceptions
refuses 'scan-rate goes with' "$NODE" 'target:f/2' --scan-rate 10
refuses "--returns:1:8: variable 'Y' is not bound" "$NODE" 'target:f/2' --returns 'X when Y > 1'
refuses "--returns:1:1: '.' is never closed" "$NODE" 'target:f/2' --returns '{a'
clean
finish
