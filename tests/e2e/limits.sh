#!/bin/bash
# limits.sh RELEASE - -c, -t, --grace, --lease.
set -u
. "$(dirname "$0")/../support/node.sh"
. "$(dirname "$0")/../support/check.sh"
need_beamtap
start_node "${1:-25}" limits
ask 'target:every(3, 5, fun() -> target:pair(a, b) end)' > /dev/null
mark

part "-c"
tap "$NODE" 'target:pair/2'
closing 100 -c
is "100 by default" "$(calls_of target:pair)" 100
tap "$NODE" 'target:pair/2' -c 1
closing 1 -c
is "-c 1" "$(calls_of target:pair)" 1
tap "$NODE" 'target:pair/2 -> return' --count=7
closing 7 -c
is "a call and its return are one" "$(calls_of target:pair) $(returns_of target:pair/2)" '7 7'
tap "$NODE" 'target:pair/2' -c none -t 1500ms
ends 0
at_least "-c none shows more than the default" "$(calls_of target:pair)" 110
like "banner" "$ERR" 'until 1500ms;'
clean

part "-t"
tap "$NODE" 'target:never/1' -t 400ms
closing 0 -t
at_least "-t 400ms, ms" "$TOOK_MS" 400
at_most "-t 400ms, ms" "$TOOK_MS" 2000
tap "$NODE" 'target:pair/2' -t none -c 5
closing 5 -c
like "banner" "$ERR" 'until 5 calls;'
tap "$NODE" 'target:never/1' -t 0.3s
closing 0 -t
clean

part "--grace: the return of a call that was shown"
ask 'target:stop(), target:slow(1, 1200)' > /dev/null
tap "$NODE" 'target:sleepy/1 -> return' -c 1 --grace 3s
closing 1 -c
is "in time" "$(calls_of target:sleepy) $(returns_of target:sleepy/1)" '1 1'
unlike "closing" "$ERR" 'open'
tap "$NODE" 'target:sleepy/1 -> return' -c 1 --grace 100ms
closing 1 -c
is "too late" "$(calls_of target:sleepy) $(returns_of target:sleepy/1)" '1 0'
like "closing" "$ERR" ', 1 still open'
at_most "it did not wait, ms" "$TOOK_MS" 2200
clean

part "--lease: the program stands still"
ask 'target:stop(), target:every(2, 10, fun() -> target:pair(a, b) end)' > /dev/null
mark
tap_start "$NODE" 'target:pair/2' -c none -t 30s --lease 1s
wait_armed
sleep 0.3
is_clean_but_connected && fail "while it traces the check finds nothing"
kill -STOP "$TAP_PID"
began=$(now_us)
wait_for 6 is_clean_but_connected || fail "after 6 s:" "$(ask 'leftovers:check(1)')"
at_most "clean after it was stopped, ms, of a lease of 1s" $(( ($(now_us) - began) / 1000 )) 3500
kill -CONT "$TAP_PID"
tap_end 10
[ "$STATUS" != 0 ] || fail "exit status 0 although the node ended the trace"
like "it says why" "$ERR" 'lease'
clean

part "--lease: while all is well it is renewed"
tap "$NODE" 'target:pair(A, c)' -t 3s --lease 1s
closing 0 -t
clean
finish
