#!/bin/bash
# reach.sh RELEASE - ways to a node: names, addresses, no epmd, another epmd, IPv6, commands in between, --wait; nodes and check.
set -u
. "$(dirname "$0")/../support/node.sh"
. "$(dirname "$0")/../support/check.sh"
need_beamtap
otp=${1:-25}
start_node "$otp" reach
ask 'target:every(1, 10, fun() -> target:pair(a, b) end)' > /dev/null
mark
alive=${NODE%@*}
spec=('target:pair/2' -c 1)

one() { tap "$@" "${spec[@]}"; closing 1 -c; }

part "nodes"
tap nodes 127.0.0.1
ends 0
like "the node and its port" "$OUT" "^$alive +port [0-9]+$"
port=$(awk -v n="$alive" '$1 == n { print $3 }' <<< "$OUT")
tap nodes
like "of this host" "$OUT" "^$alive +port $port$"
tap nodes no-such-host.invalid
refused 3 "no-such-host.invalid"

part "names"
one "$NODE"
one trace "$alive"
one trace "${alive%??}*"
one trace "${alive%??}*@127.0.0.1"
tap trace 'nothing-*@127.0.0.1' "${spec[@]}"
refused 3 "'nothing-\*' means none"
RELEASE_NODE=$NODE tap "${spec[@]}"
closing 1 -c
RELEASE_NODE=$NODE tap trace "${spec[@]}"
closing 1 -c
tap "$alive" "${spec[@]}"                   # a typo of a command must not become a node
refused 2 'neither a command nor a node'
clean
start_node "$otp" "reach-twin"
tap trace 'reach*@127.0.0.1' "${spec[@]}"
refused 3 'means 2 nodes'
like "both are named" "$ERR" "$alive"
stop_node "$NODE"
NODE=$alive@127.0.0.1

part "--address"
one "$NODE" --address 127.0.0.1
ERL_EPMD_PORT=1 one "$NODE" --address "127.0.0.1:$port"         # epmd is not asked
ERL_EPMD_PORT=1 one trace "$alive" --address "127.0.0.1:$port"
tap "other@127.0.0.1" --address "127.0.0.1:$port" "${spec[@]}"
refused 3 "called $NODE, not other@127.0.0.1"
tap "$NODE" --address 127.0.0.1:0 "${spec[@]}"
refused 2 "is no port"
ERL_EPMD_PORT=1 tap "$NODE" "${spec[@]}"
refused 3 "no epmd on 127.0.0.1"
clean

part "a cookie from a descriptor"
cookie=$(cat "$COOKIE_FILE")
exec 9< "$COOKIE_FILE"
HOME=$BT_TMP one "$NODE" --cookie-fd 9
exec 9<&-
HOME=$BT_TMP RELEASE_COOKIE=$cookie one "$NODE"
clean

part "a command in between"
proxy='exec 3<>/dev/tcp/%h/%p 4<&0; cat <&4 >&3 & cat <&3; kill $!'
one "$NODE" --proxy-command "bash -c '$proxy'"
clean
tap "$NODE" --proxy-command 'echo "no way to %n" >&2; exit 9' "${spec[@]}"
refused 3 "exit status 9: no way to $NODE"
tap "$NODE" --proxy-command 'cat > /dev/null' --connect-timeout 500ms "${spec[@]}"
refused 3 "does not answer"
tap "x\$(touch $BT_TMP/was-run)@127.0.0.1" --proxy-command 'echo %n %h' "${spec[@]}"
[ ! -e "$BT_TMP/was-run" ] || fail "a name was run by the shell"
tap 'x@127.0.0.1;touch' --proxy-command 'echo %n' "${spec[@]}"
refused 2 'may not stand in a command'

part "kill -9: nothing of the helper is left, and it has seen no cookie"
tag=$BT_RUN.$RANDOM
echo '#!/bin/bash
exec 3<>"/dev/tcp/$1/$2" 4<&0; cat <&4 >&3 & sleep 600 & cat <&3' > "$BT_TMP/way-$tag"
chmod +x "$BT_TMP/way-$tag"
BEAMTAP_COOKIE=$cookie HOME=$BT_TMP tap_start "$NODE" --proxy-command "$BT_TMP/way-$tag %h %p" target:pair/2 -c none -t 60s
wait_armed
helpers=$(pgrep -f "way-$tag")
[ -n "$helpers" ] || fail "no helper runs"
for pid in $helpers $(for p in $helpers; do pgrep -P "$p"; done); do
    for file in cmdline environ; do
        ! tr '\0' '\n' < "/proc/$pid/$file" 2> /dev/null | grep -qF "$cookie" || fail "the cookie is in /proc/$pid/$file"
    done
done
! tr '\0' '\n' < "/proc/$TAP_PID/cmdline" | grep -qF "$cookie" || fail "the cookie is in our own command line"
sockets=$(find "/proc/$TAP_PID/fd" -lname 'socket:*' -printf '%l\n' | tr -dc '0-9\n')
is "ports that beamtap listens on" "$(awk '$4 == "0A" { print $10 }' "/proc/$TAP_PID"/net/tcp{,6} | grep -xF "${sockets:-none}")" ''
everyone=$(ps -eo pid,args | grep -F "way-$tag" | grep -v grep | wc -l)
[ "$everyone" -gt 0 ] || fail "the helper is not seen"
kill -KILL "$TAP_PID"
tap_end
no_helper() { ! pgrep -f "way-$tag" > /dev/null; }
wait_for 5 no_helper || fail "helpers are left" "$(pgrep -af "way-$tag")"
unlike "the cookie in what was printed" "$OUT$ERR" "$cookie"
wait_for 8 is_clean || true
clean

part "--wait"
tap_start "$NODE" --address 127.0.0.1:1 --wait 700ms "${spec[@]}"
tap_end
refused 3 "cannot connect"
like "it says that it waits" "$ERR" '^beamtap: waiting \(--wait\)'
at_least "it waited, ms" "$TOOK_MS" 600
old=$NODE
tap_start "later-$BT_RUN@127.0.0.1" --wait 20s 'lists:seq/2' -c none -t 100ms
sleep 0.7
start_node "$otp" later
tap_end 30
like "it came" "$ERR" '^beamtap: stopped: .*node clean$'
stop_node "$NODE"
NODE=$old
clean

part "check"
tap check "$NODE"
ends 0
like "the way" "$OUT" '^  ok      it takes our cookie$'
like "what it is" "$OUT" "^  OTP $otp, ERTS [0-9.]+.*; [0-9]+ schedulers, [0-9]+ processes, memory [0-9.]+ [KM]B, run queue [0-9]+$"
like "who traces" "$OUT" 'nothing is traced by others'
tap check "$NODE" --json
ends 0
like "as JSON" "$OUT" "^\\{\"node\":\"$NODE\",\"reached\":true,.*\"otp\":\"$otp\",.*\\}$"
ask "begin T = spawn(fun() -> receive stop -> ok end end), register(somebody, T), erlang:trace(whereis(init), true, [send, {tracer, T}]) end" > /dev/null
tap check "$NODE"
like "somebody else" "$OUT" 'process <0\.[0-9.]+> traced by <0\.[0-9.]+>'
ask "begin erlang:trace(whereis(init), false, [send, {tracer, whereis(somebody)}]), exit(whereis(somebody), kill) end" > /dev/null
tap check "x@127.0.0.1"
ends 3
like "which step failed" "$OUT" '^  FAILED  epmd: epmd on 127\.0\.0\.1 knows no node'
ERL_EPMD_PORT=1 tap check "$NODE"
like "no epmd" "$OUT" '^  FAILED  epmd: no epmd'
ends 3
tap check "$NODE" --address 127.0.0.1:1
ends 3
like "the port" "$OUT" '^  FAILED  port: '
echo WRONG > "$BT_TMP/wrong"
LOG_EXPECTED[$NODE]="the node reports an invalid challenge reply"
tap check "$NODE" --cookie-file "$BT_TMP/wrong"
like "the cookie" "$OUT" '^  FAILED  handshake: .*refused the cookie'
clean

finish
