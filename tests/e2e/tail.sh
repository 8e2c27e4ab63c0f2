#!/bin/bash
# tail.sh RELEASE - functions that call themselves: a tail call's returns pile up in its process, so they are not followed
# beyond some, and the traced process is not held up; a body call's are.
set -u
. "$(dirname "$0")/../support/node.sh"
. "$(dirname "$0")/../support/check.sh"
need_beamtap
otp=${1:-25}; shift
start_node "$otp" tail "$@"
SAYS='^beamtap: target:loop/1 calls itself in tail position, returns not followed$'
n=1000000
interrupt() { sleep 0.3; kill -INT "$TAP_PID"; tap_end; }
timed='{T, done} = timer:tc(fun() -> target:loop('$n') end), T div 1000'
mark

untraced=$(ask "$timed")
printf '   loop(%s) untraced: %s ms\n' "$n" "$untraced"

part "at the default rate"
tap_start "$NODE" 'target:loop(N) -> return' -c none -t 20s
wait_armed
ms=$(ask "$timed")
interrupt
ends 0
at_most "loop($n), ms" "$ms" $((2 * untraced + 1000))
at_least "calls shown" "$(calls_of target:loop)" 5
like "closing line" "$(tail -n 1 <<< "$ERR")" '^beamtap: stopped: .*\(interrupted\).* 0 lost; node clean$'
clean

part "without a rate"
for try in 1 2 3 4 5 6 7 8 9 10; do                # on a machine that is busy elsewhere the loop may end before 200 calls are open
    tap_start "$NODE" 'target:loop(N) -> return' -c none -t 20s --rate none
    wait_armed
    ms=$(ask "$timed")
    interrupt
    ends 0
    at_most "loop($n), ms" "$ms" $((2 * untraced + 1000))
    calls=$(calls_of target:loop)
    [ "$calls" -lt 150 ] || [ "$(count_of "$SAYS" "$ERR")" = 0 ] || break
done
at_least "calls shown" "$calls" 150
count_is "said once" 1 "$SAYS" "$ERR"
like "closing line" "$(tail -n 1 <<< "$ERR")" '^beamtap: stopped: .*\(interrupted\).* 0 lost; node clean$'
unlike "closing line" "$ERR" 'still open'
# 100 open calls are what it takes to notice, and the window of that moment comes on top.
at_most "returns shown" "$(returns_of target:loop/1)" 9000
clean

part "mutual tail calls"
for try in 1 2 3; do
    tap_start "$NODE" 'target:even(N) -> return' 'target:odd(N) -> return' -c none -t 20s --rate none
    wait_armed
    ask 'target:even(3000001)' > /dev/null
    interrupt
    ends 0
    [ "$(count_of ' calls itself' "$ERR")" -lt 2 ] || break
done
count_is "said of each" 2 '^beamtap: target:(even|odd)/1 calls itself in tail position, returns not followed$' "$ERR"
clean

part "a body call has its returns"
tap_start "$NODE" 'target:fac(N) -> return' -c none -t 20s --rate none
wait_armed
ask '[begin target:fac(50), timer:sleep(10) end || _ <- lists:seq(1, 50)]' > /dev/null
interrupt
ends 0
is "each call of fac(50) has its return" "$(returns_of target:fac/1)" "$(calls_of target:fac)"
at_least "calls of fac(50)" "$(calls_of target:fac)" 60
unlike "stderr" "$ERR" 'tail position|still open'
clean
tap_start "$NODE" 'target:fac(N) -> return' -c none -t 20s
wait_armed
ask '[begin target:fac(500), timer:sleep(30) end || _ <- lists:seq(1, 20)]' > /dev/null
interrupt
ends 0
at_least "calls of fac(500) at the default rate" "$(calls_of target:fac)" 5
is "each has its return" "$(returns_of target:fac/1)" "$(calls_of target:fac)"
unlike "stderr" "$ERR" 'still open'
clean
finish
