#!/bin/bash
# connect.sh RELEASE - cookies, hosts, ports: which are found, and what is said when not; one beamtap at a time.
set -u
. "$(dirname "$0")/../support/node.sh"
. "$(dirname "$0")/../support/check.sh"
need_beamtap
otp=${1:-25}
start_node "$otp" connect
ask 'target:every(1, 10, fun() -> target:pair(a, b) end)' > /dev/null
mark
cookie=$(cat "$COOKIE_FILE")
one=("$NODE" 'target:pair/2' -c 1)
elsewhere=$BT_TMP/elsewhere     # a home without a cookie
mkdir "$elsewhere"

part "the home folder"
tap "${one[@]}"
closing 1 -c
part "--cookie-file"
cp "$COOKIE_FILE" "$BT_TMP/cookie"
HOME=$elsewhere tap "${one[@]}" --cookie-file "$BT_TMP/cookie"
closing 1 -c
printf '%s\n' "$cookie" > "$BT_TMP/cookie-and-newline"
HOME=$elsewhere tap "${one[@]}" --cookie-file "$BT_TMP/cookie-and-newline"
closing 1 -c
part "BEAMTAP_COOKIE"
HOME=$elsewhere BEAMTAP_COOKIE=$cookie tap "${one[@]}"
closing 1 -c
part "the XDG folder"
mkdir -p "$BT_TMP/xdg/erlang"
cp "$COOKIE_FILE" "$BT_TMP/xdg/erlang/.erlang.cookie"
HOME=$elsewhere XDG_CONFIG_HOME=$BT_TMP/xdg tap "${one[@]}"
closing 1 -c
part "--cookie: works, with a warning"
HOME=$elsewhere tap "${one[@]}" --cookie "$cookie"
closing 1 -c
like "warning" "$ERR" '^beamtap: warning: .*cookie'
unlike "the cookie itself" "$ERR" "$cookie"
clean
part "no cookie anywhere"
HOME=$elsewhere tap "${one[@]}"
refused 3 'no cookie'
like "the places tried" "$ERR" "$elsewhere/.erlang.cookie"
like "the cure" "$ERR" '--cookie-file'
part "a cookie file that is not there, or empty"
tap "${one[@]}" --cookie-file "$BT_TMP/no-such-cookie"
refused 3 'no-such-cookie'
: > "$BT_TMP/empty"
tap "${one[@]}" --cookie-file "$BT_TMP/empty"
refused 3 'empty'
clean
part "the wrong cookie"
LOG_EXPECTED[$NODE]="the node reports an invalid challenge reply"
echo WRONGCOOKIE > "$BT_TMP/wrong"
tap "${one[@]}" --cookie-file "$BT_TMP/wrong"
refused 3 'cookie'
unlike "the cookie itself" "$ERR" 'WRONGCOOKIE'
at_most "it ended, ms" "$TOOK_MS" 2000
clean

part "hidden: the node's cluster does not change"
tap_start "$NODE" 'target:pair/2' -c none -t 20s
wait_armed
is "nodes()" "$(ask 'nodes()')" '[]'
kill -s INT "$TAP_PID"
tap_end
clean

part "an unknown host"
tap x@no-such-host.invalid 'target:pair/2'
refused 3 'no-such-host.invalid'
part "a host that has no epmd"
ERL_EPMD_PORT=1 tap "${one[@]}"
refused 3 'epmd'
at_most "it ended, ms" "$TOOK_MS" 2000
part "epmd knows no such node"
tap "nobody-$BT_RUN@127.0.0.1" 'target:pair/2'
refused 3 "nobody-$BT_RUN"
like "it lists those it knows" "$ERR" "${NODE%@*}"

part "a port that speaks HTTP"
ask 'target:imposter("web", <<"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n">>)' > /dev/null
tap web@127.0.0.1 'target:pair/2'
refused 3 'does not speak the Erlang distribution'
at_most "it ended, ms" "$TOOK_MS" 2000
part "a port that closes at once"
ask 'target:imposter("closer", <<>>)' > /dev/null
tap closer@127.0.0.1 'target:pair/2'
refused 3 ''
at_most "it ended, ms" "$TOOK_MS" 2000
part "a port that is silent"
ask 'target:imposter("silent", silent)' > /dev/null
tap silent@127.0.0.1 'target:pair/2' --connect-timeout 700ms
refused 3 'does not answer|no answer'
at_least "it waited, ms" "$TOOK_MS" 690
at_most "no longer, ms" "$TOOK_MS" 2500
part "a port that sends rubbish"
ask 'target:imposter("noise", binary:copy(<<255, 0, 17>>, 100000))' > /dev/null
tap noise@127.0.0.1 'target:pair/2' --connect-timeout 2s
refused 3 ''
ask 'target:stop()' > /dev/null
part "a real web server"
if command -v python3 > /dev/null; then
    in_background python3 -c '
import http.server, socket, struct, os
s = http.server.HTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler)
e = socket.create_connection(("127.0.0.1", int(os.environ["ERL_EPMD_PORT"])))
name = b"python"
req = struct.pack(">BHBBHHH", 120, s.server_port, 72, 0, 6, 5, len(name)) + name + struct.pack(">H", 0)
e.sendall(struct.pack(">H", len(req)) + req)
s.serve_forever()' > /dev/null 2>&1
    web=$!
    BT_CLEANUP+=("end_process $web")
    wait_for 10 grep -q 'name python at' <(epmd -port "$ERL_EPMD_PORT" -names) || sleep 1
    tap python@127.0.0.1 'target:pair/2' --connect-timeout 2s
    refused 3 ''
    end_process "$web"
else
    printf 'SKIPPED: no python3 here: a real web server\n'
fi
clean

part "a node that is stopped"
first=$NODE
start_node "$otp" frozen
kill -STOP "$NODE_PID"
tap "$NODE" 'target:pair/2' --connect-timeout 700ms
kill -CONT "$NODE_PID"
refused 3 'answer'
at_most "it ended, ms" "$TOOK_MS" 2500
stop_node "$NODE"
NODE=$first
clean

part "one beamtap at a time"
ask 'target:every(1, 10, fun() -> target:pair(a, b) end)' > /dev/null
mark
tap_start "$NODE" 'target:pair/2' -c none -t 30s
wait_armed
running=$TAP_PID
TAP_OUT=$BT_TMP/out2 TAP_ERR=$BT_TMP/err2
tap "$NODE" 'target:id/1'
refused 6 'another beamtap'
like "who" "$ERR" "pid $running"
like "since when" "$ERR" 'since [0-9]{2}:[0-9]{2}:[0-9]{2}'
like "what to do" "$ERR" 'Ctrl-C|clear'
TAP_OUT=$BT_TMP/out TAP_ERR=$BT_TMP/err
TAP_PID=$running TAP_CMD='the first beamtap'
before=$(wc -l < "$TAP_OUT")
sleep 0.3
at_least "the first goes on, lines" "$(wc -l < "$TAP_OUT")" $((before + 5))
kill -s INT "$TAP_PID"
tap_end 10
ends 0
like "closing" "$(tail -n 1 <<< "$ERR")" 'node clean$'
clean

part "twenty one after the other"
for _ in {1..20}; do
    tap "$NODE" 'target:pair/2' -c 1
    [ "$STATUS" = 0 ] || fail "exit status $STATUS"
done
clean
finish
