#!/bin/bash
# processes.sh RELEASE - -p: all, new, existing, a pid in three notations, a registered name; several of them.
set -u
. "$(dirname "$0")/../support/node.sh"
. "$(dirname "$0")/../support/check.sh"
need_beamtap
start_node "${1:-25}" procs

# Two who were there (one of them has a name), and one who comes when the trace runs; each says who it is.
ask 'register(worker, hd(target:every(1, 10, fun() -> target:id(old_named) end))), target:every(1, 10, fun() -> target:id(old) end)' > /dev/null
named=$(ask 'whereis(worker)')
mark

# traced ARG...: a trace with a new caller; OUT has what was shown in 700 ms at most
traced() {
    tap_start "$NODE" 'target:id(X)' -t 700ms -c 500 "$@"
    wait_armed
    ask 'register(newcomer, hd(target:every(1, 10, fun() -> target:id(new) end)))' > /dev/null
    tap_end
    ask 'exit(whereis(newcomer), kill)' > /dev/null
    ends 0
}

# shows WHO...: exactly these are in OUT
shows() {
    local got
    got=$(sed -nE "s/$LINE target:id\\(([a-z_]+)\\)$/\\1/p" <<< "$OUT" | sort -u | tr '\n' ' ')
    is "who is shown" "$got" "$(printf '%s\n' "$@" | sort | tr '\n' ' ')"
}

part "all, by default and in words"
traced;                             shows new old old_named
traced -p all;                      shows new old old_named
clean
part "new"
traced -p new;                      shows new
part "existing"
traced -p existing;                 shows old old_named
clean
part "a pid: <0.N.0>, 0.N.0, #PID<0.N.0>"
traced -p "$named";                 shows old_named
like "banner" "$ERR" ' 1 process;'
bare=${named#<}; bare=${bare%>}
traced -p "$bare";                  shows old_named
traced --process "#PID$named";      shows old_named
part "a registered name"
traced -p worker;                   shows old_named
part "several"
traced -p worker -p new;            shows new old_named
clean

part "a name that nobody has"
tap "$NODE" 'target:id(X)' -p wroker
refused 2 "wroker"
part "a process that has ended"
dead=$(ask 'P = spawn(fun() -> ok end), timer:sleep(20), P')
tap "$NODE" 'target:id(X)' -p "$dead"
refused 2 "$dead"
part "a process of another node"
tap "$NODE" 'target:id(X)' -p '<9146.44.0>'
refused 2 '9146'

part "the traced process ends"
ask 'register(short, target:once(0, fun() -> [begin target:id(N), timer:sleep(10) end || N <- lists:seq(1, 60)] end))' > /dev/null
tap "$NODE" 'target:id(X)' -p short -t 2s
ends 0
like "shown" "$OUT" "$LINE target:id\\([0-9]+\\)$"

clean
finish
