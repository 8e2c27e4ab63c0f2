#!/bin/bash
# health.sh RELEASE - --max-load; a call that is too big for the tracer's heap; a module loaded anew or deleted; sensitive
# processes; a second beamtap; the agent's processes killed.
set -u
. "$(dirname "$0")/../support/node.sh"
. "$(dirname "$0")/../support/check.sh"
need_beamtap
otp=${1:-25}; shift
start_node "$otp" health "$@"
calm() { ask 'target:every(2, 10, fun() -> target:pair(a, b) end)' > /dev/null; }

part "--max-load: the run queue"
calm
mark
busy='target:every(300, 0, fun() -> lists:sum(lists:seq(1, 1000)) end)'
tap_start "$NODE" 'target:pair/2' -c none -t 12s
wait_armed
ask "$busy" > /dev/null
tap_end
ends 4
like "message, both numbers" "$ERR" '^beamtap: .* has a run queue of [0-9]{2,}, it was [0-9]+ when the trace began \(--max-load\)'
like "closing line" "$ERR" '^beamtap: stopped: [0-9,]+ calls? \(--max-load\).*; node clean$'
at_most "took, ms" "$TOOK_MS" 8000
clean
ask 'target:stop()' > /dev/null
calm
tap_start "$NODE" 'target:pair/2' -c none -t 2500ms --max-load none
wait_armed
ask "$busy" > /dev/null
tap_end
closing "$(calls_of target:pair)" -t
ask 'target:stop()' > /dev/null
clean

part "--max-load: memory"
calm
mark
hog='target:once(0, fun() -> B = binary:copy(<<0:8192>>, 200 * 1024), target:stuck(B) end)'
tap_start "$NODE" 'target:pair/2' -c none -t 12s --max-memory 1M --max-load 10
wait_armed
ask "$hog" > /dev/null
tap_end
ends 4
like "message, both numbers" "$ERR" '^beamtap: .* uses 2[0-9][0-9] MB of memory, it was [0-9]+ MB when the trace began \(--max-load\)'
like "closing line" "$ERR" '^beamtap: stopped: [0-9,]+ calls? \(--max-load\).*; node clean$'
clean
ask 'target:stop()' > /dev/null

part "the tracer's heap"
ask 'target:every(1, 100, fun() -> target:f(1, lists:seq(1, 6000000)) end)' > /dev/null      # 96 MB
mark
tap "$NODE" 'target:f/2' -c 3 -t 8s --max-memory 1M --max-load none
ends 4
like "message" "$ERR" '^beamtap: the tracer process on .* was ended, .*by the VM for its memory: .*killed'
clean
ask 'target:stop()' > /dev/null

part "a module loaded anew, then deleted"
module() {      # module N: newly:f/1 that returns N
    printf -- '-module(newly).\n-export([f/1]).\nf(X) -> {%s, X}.\n' "$1" > "$BT_TMP/newly.erl"
    compile_for "$otp" "$BT_TMP/newly.erl"
}
module 1
ask 'code:load_file(newly), target:every(1, 20, fun() -> catch newly:f(x) end)' > /dev/null
mark
module 2
tap_start "$NODE" 'newly:f(X) -> return' -c none -t 12s
wait_armed
wait_for 5 grep -q -- '--> {1,x}' "$TAP_OUT" || fail "no call of the old code"
ask 'code:purge(newly), code:load_file(newly)' > /dev/null
wait_for 5 grep -q -- '--> {2,x}' "$TAP_OUT" || fail "no call of the new code" "$(tail -n 3 "$TAP_OUT"; cat "$TAP_ERR")"
rm "$BT_TMP/ebin-$otp/newly.beam"       # or the next call would load it
ask 'code:purge(newly), code:delete(newly), code:purge(newly)' > /dev/null
sleep 1.3
is "newly is gone" "$(ask 'erlang:module_loaded(newly)')" false
kill -INT "$TAP_PID" 2>/dev/null
tap_end
ends 0
count_is "mark" 1 '^[0-9:.]+ -- newly:f/1: its module was loaded anew; it is traced again' "$OUT"
like "closing line" "$ERR" '^beamtap: stopped: [0-9,]+ calls? \(interrupted\).* 0 lost.*; node clean$'
is "old code" "$(ask 'erlang:check_old_code(newly)')" false
clean
ask 'target:stop()' > /dev/null

part "a sensitive process"
calm
ask 'register(secret, proc_lib:spawn(fun() -> put(list_to_atom("$workload"), 1), process_flag(sensitive, true), target:stuck(secret) end))' > /dev/null
sleep 0.1
mark
tap "$NODE" 'target:pair/2' -p secret -t 300ms
closing 0 -t
like "warning" "$ERR" 'warning: 1 of the chosen processes cannot be traced: .*sensitive'
ask 'exit(whereis(secret), kill)' > /dev/null
mark

part "a second beamtap"
tap_start "$NODE" 'target:pair/2' -c none -t 20s
wait_armed
first=$TAP_PID first_out=$TAP_OUT first_err=$TAP_ERR
TAP_OUT=$BT_TMP/out2 TAP_ERR=$BT_TMP/err2
tap "$NODE" 'target:id/1' -t 1s
refused 6 ''
like "who" "$ERR" "$(id -un)@[^ ,]+, pid $first,"
like "since, until" "$ERR" 'since [0-9]{2}:[0-9]{2}:[0-9]{2}, until [0-9]{2}:[0-9]{2}:[0-9]{2}'
TAP_PID=$first TAP_OUT=$first_out TAP_ERR=$first_err TAP_CMD='the first'
kill -INT "$TAP_PID"
tap_end
closing "$(calls_of target:pair)" interrupted
at_least "calls of the first" "$(calls_of target:pair)" 1
clean

# kill_it WHO...: kills processes of the agent from the node itself
killed() {
    tap_start "$NODE" 'target:pair/2 -> return' -c none -t 20s
    wait_armed
    wait_for 5 grep -q 'target:pair' "$TAP_OUT" || fail "no call"
    at_least "processes killed" "$(ask "Ps = lists:append([target:ours(W) || W <- [$1]]), [exit(P, kill) || P <- Ps], length(Ps)")" 1
    if [ "$1" = 'guard, tracer, heir' ]; then     # nobody is left that could say so
        sleep 0.3
        kill -INT "$TAP_PID"
        sleep 0.3
        kill -INT "$TAP_PID" 2>/dev/null
    fi
    tap_end 12
    printf '   exit status %s after %s ms: %s\n' "$STATUS" "$TOOK_MS" "$(tail -n 1 <<< "$ERR")"
}
part "the tracer is killed"
killed tracer
ends 4
like "message" "$ERR" '^beamtap: the tracer process on .* was ended'
clean
part "the guard is killed"
killed guard
ends 4
like "message" "$ERR" '^beamtap: the guard process on .* was ended'
clean
part "both are killed"
killed 'guard, tracer'
ends 4
like "message" "$ERR" '^beamtap: guard and tracer on .* were ended'
clean
part "the agent's code is purged"
tap_start "$NODE" 'target:pair/2 -> return' -c none -t 20s
wait_armed
wait_for 5 grep -q 'target:pair' "$TAP_OUT" || fail "no call"
is "modules purged" "$(ask '[begin code:delete(M), code:purge(M) end || {M, _} <- code:all_loaded(), lists:prefix("beamtap_agent", atom_to_list(M))]')" '[true]'
tap_end 12
ends 4
like "message" "$ERR" '^beamtap: guard and tracer on .* were ended'
clean
part "all three are killed"     # there is nobody left who could clean up, and clear does
killed 'guard, tracer, heir'
ends 7
left=$(ask 'leftovers:check()')
if [ "$otp" -ge 27 ]; then
    unlike "what is left" "$left" 'pattern|flags|session|registered'
else
    like "what is left" "$left" 'pattern'
    unlike "what is left" "$left" 'flags'
fi
tap clear "$NODE"
ends 0
printf '   left: %s\n   clear: %s\n' "$left" "$ERR"
like "it says what" "$ERR" 'removed .*[1-9]'
# What it cannot know to be ours it lists, and --all removes: a counter without its pattern (below 27), and the word where the
# session has taken the patterns along, and with them what tells its base.
unlike "after clear" "$(ask 'leftovers:check()')" 'flags|session|registered|module|process|local|global'
tap clear "$NODE" --all --yes
ends 0
clean
finish
