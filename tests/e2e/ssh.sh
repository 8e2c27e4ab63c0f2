#!/bin/bash
# ssh.sh RELEASE - a node in a network of its own: behind a real sshd, of which only the port can be reached; then with nothing
# open but its distribution port; and over IPv6.
set -u
. "$(dirname "$0")/../support/node.sh"
. "$(dirname "$0")/../support/check.sh"
need_beamtap
otp=${1:-25}
sshd=$(command -v sshd || echo /usr/sbin/sshd)
[ -x "$sshd" ] && command -v ssh ssh-keygen > /dev/null || skip "no ssh and sshd on this machine"
own_network
spec=('target:pair/2 -> return' -c 3)

part "through sshd, all else is closed"
start_node_by_files() { # NAME
    # shellcheck disable=SC2046
    start_node "$otp" "$1" $(by_files "$1")
    ask 'target:every(1, 10, fun() -> target:pair(a, b) end)' > /dev/null
    mark
}
start_node_by_files ssh
ssh-keygen -q -t ed25519 -N '' -f "$BT_TMP/host_key"
ssh-keygen -q -t ed25519 -N '' -f "$BT_TMP/key"
port=$((20000 + RANDOM % 9000))
mkdir -p /run/sshd
printf '%s\n' "Port $port" "ListenAddress $NET_THERE" "HostKey $BT_TMP/host_key" "PidFile none" "AuthorizedKeysFile $BT_TMP/key.pub" \
    "StrictModes no" "UsePAM no" "PasswordAuthentication no" "AllowTcpForwarding yes" > "$BT_TMP/sshd_config"
in_background "${IN_NETNS[@]}" "$sshd" -D -f "$BT_TMP/sshd_config" -E "$BT_TMP/sshd.log"
sshd_pid=$!
BT_CLEANUP+=("kill -KILL $sshd_pid 2> /dev/null")
printf 'Host bastion\n HostName %s\n Port %s\n User root\n IdentityFile %s\n IdentitiesOnly yes\n StrictHostKeyChecking no\n UserKnownHostsFile %s\n LogLevel ERROR\n' \
    "$NET_THERE" "$port" "$BT_TMP/key" "$BT_TMP/known" > "$BT_TMP/ssh_config"
export BEAMTAP_SSH="ssh -F $BT_TMP/ssh_config"
answers() { (: < "/dev/tcp/$NET_THERE/$1") 2> /dev/null; }
wait_for 10 answers "$port" || fail "sshd does not start" "$(cat "$BT_TMP/sshd.log")"
! answers "$ERL_EPMD_PORT" || fail "epmd can be reached without ssh"
tap "$NODE" --ssh bastion "${spec[@]}"
closing 3 -c
clean
tap nodes 127.0.0.1 --ssh bastion
ends 0
like "nodes through ssh" "$OUT" "^${NODE%@*} +port [0-9]+$"
tap check "$NODE" --ssh bastion
ends 0
tap "$NODE" --proxy-command "$BEAMTAP_SSH -W %h:%p bastion" "${spec[@]}"
closing 3 -c
clean
part "Ctrl-C, kill -9 through ssh"
# -s to the one process: what beamtap has started must not hear the terminal's Ctrl-C
tap_start "$NODE" --ssh bastion 'target:pair/2' -c none -t 60s
wait_armed
has_some() { [ "$(calls_of target:pair)" -ge 2 ] 2> /dev/null; }
wait_for 10 eval 'OUT=$(cat "$TAP_OUT"); has_some' || fail "no calls come through ssh"
kill -INT "$TAP_PID"
tap_end
closing '[0-9,]+' interrupted
clean
tap_start "$NODE" --ssh bastion 'target:pair/2' -c none -t 60s
wait_armed
kill -KILL "$TAP_PID"
tap_end
none_left() { ! pgrep -f "ssh -F $BT_TMP/ssh_config" > /dev/null; }
wait_for 5 none_left || fail "ssh is left" "$(pgrep -af "ssh -F $BT_TMP/ssh_config")"
wait_for 8 is_clean
clean
part "what goes wrong with ssh is said"
tap "$NODE" --ssh nowhere.invalid "${spec[@]}"
refused 3 'exit status 255: .*nowhere\.invalid'
tap "$NODE" --ssh '-oProxyCommand=touch' "${spec[@]}"
refused 2 'may not stand in a command'
kill -KILL "$sshd_pid"
tap "$NODE" --ssh bastion "${spec[@]}"
refused 3 'Connection refused'
stop_node "$NODE"

part "only the distribution port is open"
NODE_INTERFACE="{${NET_THERE//./,}}"
start_node_by_files open
ip_port=$("${IN_NETNS[@]}" "$BEAMTAP" nodes 127.0.0.1 | awk -v n="${NODE%@*}" '$1 == n { print $3 }')
tap "$NODE" --address "$NET_THERE" "${spec[@]}"
refused 3 "no epmd on $NET_THERE"
tap "$NODE" --address "$NET_THERE:$ip_port" "${spec[@]}"
closing 3 -c
clean
stop_node "$NODE"

part "[::1]"
IN_NETNS=() NODE_INTERFACE='{0,0,0,0,0,0,0,1}'
if [ -e /proc/net/if_inet6 ] && (exec 3<> "/dev/tcp/::1/1") 2>&1 | grep -q refused; then
    end_process "$EPMD_PID"; EPMD_PID=''
    # shellcheck disable=SC2046
    start_node "$otp" six -proto_dist inet6_tcp $(by_files six)
    ask 'target:every(1, 10, fun() -> target:pair(a, b) end)' > /dev/null
    mark
    six_port=$("$BEAMTAP" nodes 127.0.0.1 | awk -v n="${NODE%@*}" '$1 == n { print $3 }')
    tap "$NODE" --address "[::1]:$six_port" "${spec[@]}"
    closing 3 -c
    clean
else
    echo "SKIPPED: ssh.sh: [::1]: no IPv6 on this machine" >&2
fi
finish
