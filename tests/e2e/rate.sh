#!/bin/bash
# rate.sh RELEASE - --rate, --burst, --on-rate, SIGUSR1: how many calls are shown and when, that shown and skipped are all
# the calls that were made, and what it costs the function.
set -u
. "$(dirname "$0")/../support/node.sh"
. "$(dirname "$0")/../support/check.sh"
need_beamtap
otp=${1:-25}; shift
start_node "$otp" rate "$@"

# most_within MS: most calls within any MS of the node's stamps
most_within() {
    grep -E "$LINE target:" <<< "$OUT" | awk -v span="$(($1 * 1000))" -v first=0 -v n=0 '
        { split(substr($1, 1, 15), t, /[:.]/); at[n++] = ((t[1] * 60 + t[2]) * 60 + t[3]) * 1000000 + t[4] }
        END { for (i = 0; i < n; i++) { while (at[i] - at[first] > span) first++; if (i - first + 1 > most) most = i - first + 1 }
              print most + 0 }'
}
gaps() { sed -nE 's/^.*-- ([0-9,]+) calls? skipped$/\1/p' <<< "$OUT" | tr -d , | awk '{ s += $1 } END { print s + 0 }'; }
skipped() { sed -nE 's/^.*; ([0-9,]+) skipped, 0 lost.*$/\1/p' <<< "$ERR" | tr -d , | tail -n 1; }

# about WHAT N LOW HIGH
about() { at_least "$1" "$2" "$3"; at_most "$1" "$2" "$4"; }

# The count beside the trace (call_count) costs every call some 8 ns, which is two fifths of a loop that only calls an
# empty function; it is the floor there. throughput COUNTED TIME LEAST: the function's own rate while watched, in percent of
# its rate with call_count alone (COUNTED: true) or untraced (false).
throughput() {
    local try t0 t1 armed_at ended untraced base during percent
    for try in 1 2 3; do            # a machine that is busy elsewhere can spoil a comparison of rates
        ask 'target:watch()' > /dev/null
        sleep 0.4
        t0=$(now_us)
        ask "erlang:trace_pattern({target, f, 2}, $1, [call_count])" > /dev/null
        sleep 0.4
        t1=$(now_us)
        ask 'erlang:trace_pattern({target, f, 2}, false, [call_count])' > /dev/null
        tap_start "$NODE" 'target:f/2' -c none -t "$2"
        wait_armed
        armed_at=$(now_us)
        tap_end
        ended=$(now_us)
        ask "erlang:trace_pattern({target, f, 2}, $1, [call_count])" > /dev/null
        sleep 0.4
        ask "erlang:trace_pattern({target, f, 2}, false, [call_count]), target:watched()" > /dev/null
        untraced=$(ask "target:rate(0, $t0)")
        base=$(ask "erlang:min(target:rate($t0 + 30000, $t1), target:rate($ended + 50000, infinity))")
        during=$(ask "target:rate($armed_at, $ended - 100000)")
        percent=$(( base > 0 ? during * 100 / base : 0 ))
        printf '   calls/s: untraced %s, call_count %s: %s, watched %s (%s %%, of untraced %s %%)\n' \
            "$untraced" "$1" "$base" "$during" "$percent" $((during * 100 / (untraced + 1)))
        [ "$percent" -lt "$3" ] || break
    done
    at_least "rate while watched, of that without, %" "$percent" "$3"
}

part "the default rate, a hot function"
ask 'target:hot(1)' > /dev/null
mark
throughput true 3s 70
n=$(calls_of target:f)
closing "$n" -t
about "calls in 3s at 100/s" "$n" 240 345
at_most "calls within 100 ms" "$(most_within 100)" 35
at_least "gap marks" "$(count_of ' -- [0-9,]+ calls skipped$' "$OUT")" 1
at_most "calls in gap marks" "$(gaps)" "$(skipped)"
clean

part "what it costs a function that does some work"
ask 'target:stop(), target:every(1, 0, fun() -> target:f(lists:sum(lists:seq(1, 100)), y) end)' > /dev/null
throughput false 1500ms 60
at_least "calls shown" "$(calls_of target:f)" 100
clean

ask 'target:stop(), target:hot(1)' > /dev/null
part "other rates"
tap "$NODE" 'target:f/2' -c none -t 1s --rate 10/100ms
about "calls in 1s at 10/100ms" "$(calls_of target:f)" 70 130
at_most "calls within 100 ms" "$(most_within 100)" 35
tap "$NODE" 'target:f/2' -c none -t 1s --rate 1000/s
about "calls in 1s at 1000/s" "$(calls_of target:f)" 700 1250
at_most "calls within 100 ms" "$(most_within 100)" 350
tap "$NODE" 'target:f/2' -c none -t 500ms --rate 1/s
about "calls in 500ms at 1/s" "$(calls_of target:f)" 1 3
clean

part "--burst"
# 1,000 calls within some 100 ms, then nothing for a second: long enough for the window to grow, however busy the machine is
ask 'target:stop(), target:every(1, 1000, fun() -> [target:pair(a, lists:sum(lists:seq(1, 20000))) || _ <- lists:seq(1, 1000)] end)' > /dev/null
tap "$NODE" 'target:pair/2' -c none -t 4s --burst 50
at_least "calls within 100 ms, --burst 50" "$(most_within 100)" 20
at_most "calls within 100 ms, --burst 50" "$(most_within 100)" 75
tap "$NODE" 'target:pair/2' -c none -t 2500ms
at_most "calls within 20 ms, without" "$(most_within 20)" 18
ask 'target:stop()' > /dev/null
clean

# accounted N OPTION...: exactly N calls are made while it is armed
accounted() {
    local n=$1 shown skipped; shift
    ask 'persistent_term:erase(bursts_done)' > /dev/null
    tap_start "$NODE" 'target:id/1' -c none -t 2s "$@"
    wait_armed
    ask "target:bursts($n, $((n / 20)), 50, fun(I) -> target:id(I) end)" > /dev/null
    tap_end
    is "the calls were all made" "$(ask 'persistent_term:get(bursts_done, none)')" "$n"
    shown=$(calls_of target:id) skipped=$(skipped)
    closing "$shown" -t
    printf '   %s shown, %s skipped, of these %s in gap marks\n' "$shown" "$skipped" "$(gaps)"
    is "shown + skipped" $((shown + skipped)) "$n"
    at_most "calls in gap marks" "$(gaps)" "$skipped"
    at_least "calls shown" "$shown" 50
    ask 'target:stop()' > /dev/null
}

part "exact accounting"
accounted 200000
accounted 20000 --rate none
clean

part "--on-rate stop"
ask 'target:hot(1)' > /dev/null
tap "$NODE" 'target:f/2' -c none -t 10s --on-rate stop
ends 4
like "message" "$ERR" '^beamtap: .*rate of 100 calls per 1000 ms was reached'
like "closing line" "$ERR" '^beamtap: stopped: [0-9,]+ calls \(--on-rate\).* 0 lost; node clean$'
# A process that is held up between reading the word and writing it puts back what was open, once: at most the rate again.
about "calls shown" "$(calls_of target:f)" 90 210
at_most "took, ms" "$TOOK_MS" 4000
clean
ask 'target:stop(), target:every(1, 50, fun() -> target:pair(a, b) end)' > /dev/null
tap "$NODE" 'target:pair/2' -c 30 -t 10s --on-rate stop
closing 30 -c
clean

part "SIGUSR1"
tap_start "$NODE" 'target:pair/2 -> return' -c 40 -t 20s
wait_armed
wait_for 5 grep -q 'target:pair' "$TAP_OUT" || fail "no call"
kill -USR1 "$TAP_PID"
wait_for 5 grep -q 'so far' "$TAP_ERR" || fail "no totals" "$(cat "$TAP_ERR")"
before=$(grep -c 'target:pair(' "$TAP_OUT")
tap_end
closing 40 -c
count_is "totals" 1 '^beamtap: so far: [0-9]+ calls? shown, [0-9]+ returned, 0 raised, [01] open.*; 0 lost$' "$ERR"
at_most "calls before the totals" "$before" 30
is "calls and returns" "$(calls_of target:pair) $(returns_of target:pair/2)" '40 40'
clean
finish
