#!/bin/bash
# scripts.sh RELEASE - beamtap run: the examples on the shop, sessions one after the other, waits and repetitions, errors, the file
# of defaults, and what cron has: no terminal, no HOME, runs that overlap.
set -u
. "$(dirname "$0")/../support/node.sh"
. "$(dirname "$0")/../support/check.sh"
need_beamtap
otp=${1:-25}
root=$(cd "$(dirname "$0")/../.." && pwd)
use_otp "$otp"
compile_for "$otp" "$root"/examples/{shop,prices,payments,warehouse,cart}.erl "$BT_SUPPORT"/{target,leftovers}.erl
start_node "$otp" scripts -s shop
mark
cd "$BT_TMP" || exit 1
examples=$root/examples/scripts
put() { cat > "$1.btap"; }

part "the examples are five, and nothing is wrong with them"
is "examples" "$(ls "$examples"/*.btap | wc -l)" 5
for script in "$examples"/*.btap; do
    tap run --check "$script" --set "NODE=$NODE" --set CAPTURE=x.btc --set DELAY=1s
    ends 0
    [ -x "$script" ] || fail "$script cannot be executed"
done

part "a function that misbehaves"
tap run "$examples/misbehaving.btap" --set "NODE=$NODE"
ends 0
like "calls" "$OUT" 'prices:lookup/2'
count_is "calls shown" 10 "$LINE prices:lookup\\([0-9]+, _\\)$" "$OUT"
count_is "results" 10 "$LINE prices:lookup/2 --> " "$OUT"
like "where we are" "$ERR" '^beamtap: .*misbehaving.btap:14: session 2 of 2$'
clean

part "what fails"
tap run "$examples/failing.btap" --set "NODE=$NODE" --set CAPTURE=charge.btc
ends 0
count_is "exceptions" 3 "payments:charge/2 \\*\\* error:\\{declined," "$OUT"
count_is "and again, as JSON" 3 '"event": *"exception"' "$OUT"
tap run "$examples/failing.btap" --set "NODE=$NODE" --set CAPTURE=charge.btc
ends 5
like "the capture is there" "$ERR" 'charge.btc exists; it is not overwritten'
like "the rest is not run" "$ERR" 'failing.btap:8: trace ended with exit status 5; the rest is not run$'
clean

part "one process, again and again"
tap run "$examples/one-process.btap" --set "NODE=$NODE" --set DELAY=1s
ends 0
count_is "calls" 15 "$LINE cart:handle_call\\(.*, _, _\\)$" "$OUT"
count_is "sessions" 3 'one-process.btap:9: session [123] of 3$' "$ERR"
is "one process" "$(grep -oE "$PID" <<< "$OUT" | sort -u | wc -l)" 1
at_least "ms" "$TOOK_MS" 2000
clean

part "where the time goes"
tap run "$examples/latency.btap" --set "NODE=$NODE"
ends 0
like "timed" "$OUT" 'warehouse:reserve/2'
count_is "slow calls" 3 "$LINE warehouse:reserve/2 .*1[0-9]{2}(\\.[0-9]+)?ms$" "$OUT"
clean

part "lines of recon and redbug"
tap run "$examples/recon.btap" --set "NODE=$NODE"
ends 0
count_is "exceptions" 4 "payments:charge/2 \\*\\* error:" "$OUT"
at_least "arities of one process" "$(count_of "$LINE cart:[a-z_]+/[0-9]$" "$OUT")" 5
clean

part "as a program of its own, without a terminal and HOME, as cron does"
mkdir bin && ln -s "$BEAMTAP" bin/beamtap
cat > own.btap <<END
#!/usr/bin/env -S beamtap run
node $NODE
cookie-file $COOKIE_FILE
output own-%Y%m%d-%n-%i.log
trace prices:article(I)
trace payments:charge(Order, _)
count 3
---
trace payments:charge(Order, _)
count 1
output own-%i.log
END
chmod +x own.btap
env -i PATH="$BT_TMP/bin:$PATH" "ERL_EPMD_PORT=$ERL_EPMD_PORT" ./own.btap < /dev/null > out.txt 2> err.txt
is "exit status" "$?" 0
is "stdout" "$(cat out.txt)" ''
count_is "sessions" 2 'node clean$' "$(cat err.txt)"
is "lines of the first" "$(wc -l < own-"$(date +%Y%m%d)"-"$NODE"-1.log)" 3
is "lines of the second" "$(wc -l < own-2.log)" 1
clean

part "a run that comes before the last one has ended"
put long << END
node $NODE
trace payments:charge(Order, _)
count 1
repeat 2 every 20s
END
tap_start run long.btap
wait_for 15 grep -q "session 1" "$TAP_ERR"
"$BEAMTAP" run long.btap > out.txt 2> err.txt < /dev/null
is "exit status" "$?" 6
like "says so" "$(cat err.txt)" "^beamtap: the last run of this script has not ended \\(pid $TAP_PID\\)"
wait_for 15 grep -q "node clean" "$TAP_ERR"
kill -INT "$TAP_PID"
tap_end 5
ends 130
is "no lock is left" "$(ls /tmp/beamtap-"$(id -u)"-*.run 2> /dev/null | xargs -r -n1 fuser 2> /dev/null)" ''
clean

part "a trace that fails, and what comes after it"
put fails << END
node $NODE
---
trace payments:no_such_function/9
---
trace payments:charge(Order, _)
count 1
END
tap run fails.btap
ends 2
is "stdout" "$OUT" ''
like "says where" "$ERR" '^beamtap: fails.btap:3: trace ended with exit status 2; the rest is not run$'
tap run fails.btap --on-error continue
ends 2
count_is "the second one ran" 1 "$LINE payments:charge" "$OUT"
{ echo "on-error continue"; cat fails.btap; } | put fails2
tap run fails2.btap
ends 2
count_is "the second one ran" 1 "$LINE payments:charge" "$OUT"
clean

part "nothing is connected where something is wrong at the end"
put late << END
node nobody@127.0.0.1
trace payments:charge(Order, _)
---
trace payments:charge(X, _) when Y > 1
END
tap run late.btap
refused 2 "late.btap:4:34: variable 'Y' is not bound"

part "stdin, --set, the environment, and the command line, which has the last word"
BEAMTAP_TEST_FUN=charge tap_start run - --set "NODE=$NODE" -c 2
tap_end
refused 2 'stdin: there is nothing to run'
printf 'node $NODE\ntrace payments:${BEAMTAP_TEST_FUN}(Order, _)\ncount 50\n' > in.btap
BEAMTAP_TEST_FUN=charge "$BEAMTAP" run - --set "NODE=$NODE" -c 2 < in.btap > out.txt 2> err.txt
is "exit status" "$?" 0
is "lines" "$(wc -l < out.txt)" 2
# a cookie out of the environment, for more than one session
{ cat in.btap; printf -- '---\n'; cat in.btap; } > twice.btap
HOME=/nonexistent BEAMTAP_TEST_FUN=charge BEAMTAP_COOKIE=$(cat "$COOKIE_FILE") "$BEAMTAP" run twice.btap --set "NODE=$NODE" -c 1 > out.txt 2> err.txt
is "exit status" "$?" 0
is "lines" "$(wc -l < out.txt)" 2
clean

part "waiting, and clear, check and count in a script"
put all << END
node $NODE
quiet
trace payments:charge(Order, _)
count 1
wait 700ms
check
clear
count prices:_
once
interval 200ms
END
tap run all.btap
ends 0
at_least "ms" "$TOOK_MS" 700
like "check" "$OUT$ERR" 'OTP'
like "clear" "$ERR" 'removed nothing'
like "count" "$OUT" 'prices:lookup/2'
clean

part "the file of defaults"
mkdir -p conf/beamtap
printf '# mine\ncount 2\ntimestamps none\n' > conf/beamtap/config
XDG_CONFIG_HOME=$BT_TMP/conf tap "$NODE" 'payments:charge(Order, _)'
ends 0
is "lines" "$(wc -l <<< "$OUT")" 2
count_is "without time" 2 '^<0\.[0-9]+\.0> payments:charge' "$OUT"
XDG_CONFIG_HOME=$BT_TMP/conf tap "$NODE" 'payments:charge(Order, _)' -c 1
is "the command line wins" "$(wc -l <<< "$OUT")" 1
XDG_CONFIG_HOME=$BT_TMP/conf tap run in.btap --set "NODE=$NODE" --set BEAMTAP_TEST_FUN=charge -c 1
count_is "in scripts too" 1 '^<0\.[0-9]+\.0> payments:charge' "$OUT"
XDG_CONFIG_HOME=$BT_TMP/conf tap "$NODE" 'payments:charge(Order, _)' -c 1 --no-config
count_is "without it" 1 "$LINE payments:charge" "$OUT"
printf 'count 2\nnode x@y\n' > conf/beamtap/config
XDG_CONFIG_HOME=$BT_TMP/conf tap "$NODE" 'payments:charge(Order, _)'
refused 2 'conf/beamtap/config: only options belong'
printf 'count 2\nrat 5\n' > conf/beamtap/config
XDG_CONFIG_HOME=$BT_TMP/conf tap compile 'a:b'
refused 2 "conf/beamtap/config:2:1: unknown word 'rat'; did you mean 'rate'"
clean
finish
