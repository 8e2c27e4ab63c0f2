#!/bin/bash
# stalled.sh RELEASE - nobody reads beamtap's lines for 6 s of a flood: the node's memory stays, the function runs on, and
# what was not shown is counted.
set -u
. "$(dirname "$0")/../support/node.sh"
. "$(dirname "$0")/../support/check.sh"
need_beamtap
otp=${1:-25}; shift
start_node "$otp" stalled +zdbbl 1048576 "$@"      # a node that would hold 1 GB for us
mkfifo "$BT_TMP/pipe"
: > "$TAP_OUT"

number() { grep '^beamtap: stopped: ' <<< "$ERR" | grep -oE -e "$1" | grep -oE '[0-9][0-9,]*' | tr -d ,; }

# stalled SECONDS ARG...: beamtap writes to a pipe that nobody reads for that long after it is armed, then into OUT
stalled() {
    local seconds=$1; shift
    rm -f "$BT_TMP/armed"
    in_background bash -c 'exec 3< "$0/pipe"; until [ -e "$0/armed" ]; do sleep 0.05; done; sleep "$1"; exec cat <&3 > "$0/file"' \
        "$BT_TMP" "$seconds"
    reader=$!
    TAP_CMD="beamtap $(printf '%q ' "$@") | (sleep $seconds; cat)" STATUS='' TAP_BEGAN=$(now_us)
    in_background "$BEAMTAP" "$@" < /dev/null > "$BT_TMP/pipe" 2> "$TAP_ERR"
    TAP_PID=$!
    wait_armed
    : > "$BT_TMP/armed"
}

read_it() {
    wait "$reader"
    OUT=$(cut -c1-100 "$BT_TMP/file")
}

# What is told on the closing line is what there is: lines of calls, and of events that were lost on their way here.
accounted() {
    local shown lost open calls returns
    shown=$(number 'stopped: [0-9,]+ call') lost=$(number ' [0-9,]+ lost')
    open=$(number ' [0-9,]+ still open') open=${open:-0}
    calls=$(calls_of target:f) returns=$(returns_of target:f/2)
    printf '   %s calls shown, %s lines of calls, %s of returns, %s lost, %s open\n' "$shown" "$calls" "$returns" "$lost" "$open"
    # Each call shown has its return or is open; each of these events has its line or was lost.
    at_least "lost" "$lost" 1
    is "lines of calls and returns + lost" $((calls + returns + lost)) $((2 * shown - open))
}

part "a reader that reads nothing for 6 s, -t 4s"
ask 'target:every(2, 0, fun() -> target:f(lists:sum(lists:seq(1, 100)), small) end)' > /dev/null
sleep 0.3
mark
ask 'target:watch()' > /dev/null
sleep 0.8
first=$(now_us)
stalled 6 "$NODE" 'target:f(I, T) -> return' --rate none -c none -t 4s
armed_at=$(now_us)
tap_end
ended=$(now_us)
ask 'target:watched()' > /dev/null
read_it
base=$(ask "target:rate(0, $first)")
during=$(ask "target:rate($armed_at + 1000000, $armed_at + 4000000)")
memory=$(ask "target:memory($first, $ended)")
like "closing line" "$(tail -n 1 <<< "$ERR")" '^beamtap: stopped: .*\(-t\).*; node clean$'
ends 0
printf '   untraced %s/s, meanwhile %s/s; it took %s ms\n' "$base" "$during" "$TOOK_MS"
at_most "growth of the node's memory, KB" $((memory / 1024)) $((80 * 1024))
at_least "rate meanwhile, of the rate untraced, %" $(( base > 0 ? during * 100 / base : 0 )) 35
at_least "calls shown" "$(calls_of target:f)" 100
accounted
clean

part "Ctrl-C meanwhile"
stalled 6 "$NODE" 'target:f(I, T) -> return' --rate none -c none -t 30s --grace 1s
sleep 1.5
asked=$(now_us)
kill -INT "$TAP_PID"
wait_for 5 is_clean_but_connected || is_clean || fail "the node is not clean"
at_most "clean after Ctrl-C, ms, of a grace of 1s" $(( ($(now_us) - asked) / 1000 )) 3000
asked=$(now_us)
kill -INT "$TAP_PID" 2>/dev/null        # it waits for the reader, with a clean node, until it is told once more
tap_end 4
at_most "ended after a second Ctrl-C, ms" $(( ($(now_us) - asked) / 1000 )) 1000
like "closing line" "$(tail -n 1 <<< "$ERR")" '^beamtap: stopped: .*\(interrupted\).*; node clean$'
kill -KILL "$reader"; wait "$reader" 2>/dev/null
clean
ask 'target:stop()' > /dev/null

many_open() { [ $(($(grep -c 'target:late(' "$TAP_OUT") - $(grep -c 'target:late/2' "$TAP_OUT"))) -ge 120 ]; }

# Calls that were let through have big returns, and the program stands still when they come: nothing that waits at the tracer
# is bounded by the gate. What does not fit into half of --max-memory is dropped there.
part "returns while the program stands still"
start_node "$otp" short "$@"            # whose link takes no more than is usual
ask 'target:every(300, 0, fun() -> target:late(1000 + rand:uniform(1000), 300) end)' > /dev/null
sleep 0.3
mark
tap_start "$NODE" 'target:late(_, _) -> return' --rate none -c none -t 20s --max-memory 16M --max-load none --grace 3s
wait_armed
wait_for 10 many_open || fail "few calls are open" "$(cut -c1-100 "$TAP_OUT" | tail)"
kill -STOP "$TAP_PID"
sleep 2.1
kill -CONT "$TAP_PID"
kill -INT "$TAP_PID"
tap_end
ends 0
lost=$(sed -nE 's/^.* -- ([0-9,]+) events lost$/\1/p' <<< "$OUT" | tr -d ,)
at_least "returns lost, where they were lost" "${lost:-0}" 1
is "calls without a return" $(($(calls_of target:late) - $(returns_of target:late/2))) "${lost:-0}"
like "closing line" "$(tail -n 1 <<< "$ERR")" "^beamtap: stopped: .*\(interrupted\).* $lost lost, $lost still open.*; node clean\$"
clean
finish
