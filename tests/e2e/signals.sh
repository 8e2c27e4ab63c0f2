#!/bin/bash
# signals.sh RELEASE - Ctrl-C, SIGTERM and SIGHUP end a trace in order; the second one at once; a lost node is said.
set -u
. "$(dirname "$0")/../support/node.sh"
. "$(dirname "$0")/../support/check.sh"
need_beamtap
otp=${1:-25}
start_node "$otp" signals
ask 'target:every(2, 10, fun() -> target:pair(a, b) end)' > /dev/null
mark

for signal in INT TERM HUP; do
    part "SIG$signal"
    tap_start "$NODE" 'target:pair/2 -> return' -c none -t 30s
    wait_armed
    sleep 0.3
    kill -s "$signal" "$TAP_PID"
    sent=$(now_us)
    tap_end 10
    clean                           # at once: nothing is left to the lease
    at_most "it ended, ms" $(( ($(now_us) - sent) / 1000 )) 3000
    ends 0
    like "closing" "$(tail -n 1 <<< "$ERR")" '^beamtap: stopped: [0-9,]+ calls \(interrupted\); [0-9,]+ skipped, 0 lost; node clean$'
    is "every call shown has its return" "$(calls_of target:pair)" "$(returns_of target:pair/2)"
    like "shown" "$OUT" "$LINE target:pair\\(a, b\\)$"
done

part "SIGINT while nothing is called"
tap_start "$NODE" 'target:never/1' -t none -c 1
wait_armed
kill -s INT "$TAP_PID"
tap_end 10
closing 0 interrupted
clean

part "SIGINT while a return is owed: it is waited for"
ask 'target:slow(1, 1000)' > /dev/null
tap_start "$NODE" 'target:sleepy/1 -> return' -t none -c 5 --grace 5s
wait_armed
wait_for 5 grep -q 'target:sleepy(' "$TAP_OUT"
kill -s INT "$TAP_PID"
tap_end 10
closing 1 interrupted
is "calls and returns" "$(calls_of target:sleepy) $(returns_of target:sleepy/1)" '1 1'
clean

part "the second SIGINT: at once"
ask 'target:slow(1, 20000)' > /dev/null
tap_start "$NODE" 'target:sleepy/1 -> return' -t none -c 5 --grace 60s --lease 2s
wait_armed
ask 'target:slow(1, 20001)' > /dev/null
wait_for 5 grep -q 'target:sleepy(' "$TAP_OUT"
kill -s INT "$TAP_PID"
sleep 0.5
gone_or_zombie "$TAP_PID" && fail "the first SIGINT does not wait for the return that is owed"
sent=$(now_us)
kill -s INT "$TAP_PID"
tap_end 10
at_most "it ended, ms" $(( ($(now_us) - sent) / 1000 )) 1500
case $STATUS in
    7) like "it says so" "$ERR" 'removes|lease|remain' ;;   # left to the node
    0) like "it says so" "$(tail -n 1 <<< "$ERR")" 'node clean$' ;;
    *) fail "exit status: want 7, or 0 with a clean node; got $STATUS" ;;
esac
wait_for 4 is_clean || fail "not clean within the lease"
clean

part "SIGINT three times as fast as it goes"
tap_start "$NODE" 'target:pair/2 -> return' -c none -t 30s --lease 2s
wait_armed
kill -s INT "$TAP_PID"; kill -s INT "$TAP_PID"; kill -s INT "$TAP_PID"
tap_end 10
wait_for 4 is_clean || fail "not clean within the lease"
clean

part "SIGINT before it traces"
ask 'target:imposter("silent-one", silent)' > /dev/null
tap_start "silent-one@127.0.0.1" 'target:pair/2' --connect-timeout 20s
sleep 0.4
kill -s INT "$TAP_PID"
tap_end 5
[ "$STATUS" = 130 ] || [ "$STATUS" = 3 ] || fail "exit status: want 130, got $STATUS"
at_most "it ended, ms" "$TOOK_MS" 3000
ask 'target:stop()' > /dev/null     # the sockets of the one it tried
clean

part "the node is killed"
first=$NODE
start_node "$otp" mortal
ask 'target:every(1, 10, fun() -> target:pair(a, b) end)' > /dev/null
tap_start "$NODE" 'target:pair/2' -c none -t 30s
wait_armed
sleep 0.2
stop_node "$NODE"
tap_end 10
ends 3
like "it says so" "$ERR" "^beamtap: .*(closed the connection|lost)"
like "what was shown stays" "$OUT" "$LINE target:pair\\(a, b\\)$"
unlike "it does not say clean" "$ERR" 'node clean'
unlike "nor promises what a dead node cannot do" "$ERR" 'heard nothing of us'

clean "$first"
finish
