#!/bin/bash
# faults.sh RELEASE - what happens to the link, the terminal, the disk, the node and the agent while a trace runs: nothing is
# left, and the program ends and says why. Other faults: tests/e2e/faults.index.
set -u
. "$(dirname "$0")/../support/node.sh"
. "$(dirname "$0")/../support/check.sh"
need_beamtap
otp=${1:-25}
start_node "$otp" faults
ask 'target:every(2, 10, fun() -> target:pair(a, b) end), target:hot(1, small)' > /dev/null
mark
specs=('target:pair/2 -> return' 'target:f(I, _) -> return')
from=1; [ "${BT_LONG:-0}" = 0 ] || from=0       # where one is enough it is the flood; with BT_LONG=1 both

# ends_within MS STATUS REGEX: from `began` on
ends_within() {
    tap_end $(( $1 / 1000 + 5 ))
    at_most "it ended, ms" $(( ($(now_us) - began) / 1000 )) "$1"
    ends "$2"
    like "it says why" "$ERR" "$3"
}

# clean_within MS [QUESTION]: from `began` on
clean_within() {
    wait_for $(( $1 / 1000 + 4 )) "${2:-is_clean}"
    at_most "the node was clean, ms" $(( ($(now_us) - began) / 1000 )) "$1"
    [ "${2:-is_clean}" = is_clean_but_connected ] || clean
}

tracing() { wait_armed; wait_for 5 grep -q ' target:' "$TAP_OUT" || fail "no call is shown"; }

part "the link goes silent"
relay=${BT_RELAY:-$BT_TMP/relay}
[ -x "$relay" ] || ${CC:-cc} -D_POSIX_C_SOURCE=200809L -o "$relay" "$BT_SUPPORT/relay.c" || skip "no C compiler for the relay"
port=$(ask "element(2, erl_epmd:port_please(\"${NODE%@*}\", {127, 0, 0, 1}))")
for spec in "${specs[@]:$from}"; do
    in_background "$relay" "$port" > "$BT_TMP/ports"
    relay_pid=$!
    wait_for 5 test -s "$BT_TMP/ports"
    read -r epmd _ < "$BT_TMP/ports"
    ERL_EPMD_PORT=$epmd tap_start "$NODE" "$spec" -c none -t 1h --lease 1500ms --rate none
    tracing
    kill -USR1 "$relay_pid"
    began=$(now_us)
    clean_within 3500 is_clean_but_connected
    ends_within 5500 3 "^beamtap: heard nothing of $NODE for 3[0-9]{3} ms"
    unlike "stderr" "$ERR" 'node clean'
    end_process "$relay_pid"
    wait_for 2 is_clean
    clean
done

part "the terminal is closed"
if command -v script > /dev/null; then
    # $0 is the program; the shell of `script` becomes it, so that it is the one the terminal hangs up on.
    in_background script -qfc "exec $(printf '%q ' "$BEAMTAP" "$NODE" "${specs[0]}" -c none -t 1h --lease 20s)" "$TAP_OUT" \
        > /dev/null < /dev/null
    terminal=$! && disown
    TAP_CMD='script -c beamtap ...'
    wait_for 10 grep -q 'target:pair' "$TAP_OUT" || fail "no call is shown"
    inside=$(ps -o pid= --ppid "$terminal" | tr -d ' ')
    kill -KILL "$terminal"
    began=$(now_us)
    wait_for 5 gone_or_zombie "${inside:-0}"
    at_most "it ended, ms" $(( ($(now_us) - began) / 1000 )) 2500
    clean_within 3000
else
    printf 'SKIPPED: no script(1) here: %s\n' "$PART"
fi

part "a full disk"
mkdir "$BT_TMP/disk"
own=(unshare --mount); [ "$(id -u)" = 0 ] || own+=(--map-root-user)
if "${own[@]}" mount -t tmpfs -o size=64k none "$BT_TMP/disk" 2> /dev/null; then
    # shellcheck disable=SC2016     # the inner shell expands these
    in_background "${own[@]}" bash -c 'mount -t tmpfs -o size=64k none "$1/disk" && shift && exec "$@"' sh "$BT_TMP" \
        "$BEAMTAP" "$NODE" "${specs[1]}" -c none -t 30s --rate none -o "$BT_TMP/disk/lines" < /dev/null > "$TAP_OUT" 2> "$TAP_ERR"
    TAP_PID=$! TAP_CMD="beamtap ... -o (full disk)" began=$(now_us)
    ends_within 8000 5 '^beamtap: .*No space left'
    clean
else
    printf 'SKIPPED: no mount namespace of our own here: %s\n' "$PART"
fi

# agent_dies EXPR: EXPR, evaluated on the node, kills what it traces with
agent_dies() {
    for spec in "${specs[@]:$from}"; do
        tap_start "$NODE" "$spec" -c none -t 1h --rate none
        tracing
        at_least "hit" "$(ask "$1")" 1
        began=$(now_us)
        clean_within 5000
        ends_within 3000 4 "$2"
        clean
    done
}
killing() { printf 'Ps = lists:append([target:ours(W) || W <- [%s]]), [exit(P, kill) || P <- Ps], length(Ps)' "$1"; }
part "the tracer is killed in a flood"
agent_dies "$(killing tracer)" 'the tracer process on .* was ended'
part "the guard is killed in a flood"
agent_dies "$(killing guard)" 'the guard process on .* was ended'
part "both are killed in a flood"
agent_dies "$(killing 'guard, tracer')" 'guard and tracer on .* were ended'
part "the third process is killed"
tap_start "$NODE" "${specs[0]}" -c none -t 1h
tracing
is "killed" "$(ask "$(killing heir)")" 1
sleep 0.2
kill -INT "$TAP_PID"
tap_end 5
closing "$(calls_of target:pair)" interrupted
clean
part "the agent is purged in a flood"
agent_dies 'length([begin code:delete(M), code:purge(M) end || {M, _} <- code:all_loaded(), lists:prefix("beamtap_agent", atom_to_list(M))])' \
    'guard and tracer on .* were ended'

part "pids, references, ports and funs of another node"
here=$NODE
start_node "$otp" other
other=$NODE
ask "true = net_kernel:connect_node('$here')" > /dev/null
mark "$here"
ask "P = self(), R = make_ref(), spawn('$here', fun() -> put('\$workload', 1),
         [begin target:id({P, R, hd(erlang:ports()), fun lists:map/2}), target:id({P, R, node(P)}), timer:sleep(5) end
          || _ <- lists:seq(1, 400)] end)" > /dev/null
tap "$here" "target:id({P, R, _}) when node(P) =:= '$other' -> return" -c 5 --rate none
closing 5 -c
count_is "calls" 5 "$LINE target:id\(\{<${other}\.[0-9]+\.[0-9]+>,#Ref<${other}(\.[0-9]+)+>,_\}\)$" "$OUT"
count_is "returns" 5 "$LINE target:id/1 --> \{<${other}\.[0-9]+\.[0-9]+>,#Ref<${other}(\.[0-9]+)+>,'?${other}'?\}$TOOK" "$OUT"

part "init:stop()"
ask 'target:every(2, 10, fun() -> target:pair(a, b) end), target:hot(1, small)' > /dev/null
tap_start "$NODE" "${specs[1]}" -c none -t 1h --rate none
tracing
stopping=$NODE_PID
ask 'init:stop()' > /dev/null
began=$(now_us)
ends_within 6000 3 '^beamtap: .*(closed the connection|lost)'
unlike "stderr" "$ERR" 'node clean'
wait_for 10 gone_or_zombie "$stopping"
at_most "the node was gone, ms" $(( ($(now_us) - began) / 1000 )) 8000
NODE=$here
ask 'target:stop()' > /dev/null
clean
finish
