#!/bin/bash
# kill9.sh RELEASE - kill -9 in the middle of a flood, again and again: within the lease nothing is left on the node, and the
# control word is what it was. BT_KILLS says how often (5).
set -u
. "$(dirname "$0")/../support/node.sh"
. "$(dirname "$0")/../support/check.sh"
need_beamtap
start_node "${1:-25}" kill9
ask 'target:hot(2, big), erlang:system_flag(trace_control_word, 12345)' > /dev/null
mark
slowest=0

# gone_within_lease WHAT: how long until the node is clean; the lease is 5 s
gone_within_lease() {
    local began ms; began=$(now_us)
    wait_for 8 is_clean || fail "$1: not clean after 8 s:" "$(ask 'leftovers:check()')"
    ms=$(( ($(now_us) - began) / 1000 ))
    [ "$ms" -le 5500 ] || fail "$1: clean only after $ms ms"
    [ "$ms" -le "$slowest" ] || slowest=$ms
    is "$1: word" "$(ask 'erlang:system_info(trace_control_word)')" 12345
}

# The end of the connection is what the guard acts on; it does not wait for the lease.
part "kill, with a long lease"
tap_start "$NODE" 'target:f(I, _) -> return' -c none -t 60s --rate none --lease 60s
wait_armed
sleep 0.2
kill -KILL "$TAP_PID" 2> /dev/null
tap_end 5 2> /dev/null
wait_for 10 is_clean || fail "not clean after 10 s of a lease of 60 s:" "$(ask 'leftovers:check()')"

specs=('target:f(I, T)' 'target:f(I, _) -> return' 'target:f/2 -> return')
for (( i = 1; i <= ${BT_KILLS:-5}; i++ )); do
    spec=${specs[i % 3]}
    part "kill $i, $spec"
    tap_start "$NODE" "$spec" -c none -t 60s --rate none
    wait_armed
    sleep "0.$(( RANDOM % 5 ))$(( RANDOM % 10 ))"
    gone_or_zombie "$TAP_PID" && fail "it ended by itself"
    kill -KILL "$TAP_PID" 2> /dev/null
    tap_end 5 2> /dev/null
    gone_within_lease "killed while it traces"
done

part "kill while it connects, loads and arms"
for (( i = 1; i <= ${BT_KILLS:-5}; i++ )); do
    tap_start "$NODE" 'target:f(I, _) -> return' -c none -t 60s --rate none
    sleep "0.0$(( RANDOM % 6 ))$(( RANDOM % 10 ))"
    kill -KILL "$TAP_PID" 2> /dev/null
    tap_end 5 2> /dev/null
    gone_within_lease "killed early"
done

part "kill in the middle of its end"
for (( i = 1; i <= ${BT_KILLS:-5}; i++ )); do
    tap_start "$NODE" 'target:f(I, _) -> return' -c none -t 60s --rate none
    wait_armed
    sleep 0.1
    kill -INT "$TAP_PID" 2> /dev/null
    sleep "0.0$(( RANDOM % 4 ))"
    kill -KILL "$TAP_PID" 2> /dev/null
    tap_end 5 2> /dev/null
    gone_within_lease "killed late"
done
at_most "slowest, ms (lease: 5 s)" "$slowest" 5500

part "and the next one works"
tap "$NODE" 'target:f(I, _)' -c 3
closing 3 -c
clean
finish
