#!/bin/bash
# capture.sh RELEASE - capture files and their replay, files of OTP's own trace port: what is replayed is what was shown.
set -u
. "$(dirname "$0")/../support/node.sh"
. "$(dirname "$0")/../support/check.sh"
need_beamtap
start_node "${1:-25}" capture
ask 'target:every(2, 5, fun() -> target:pair(a, "text"), target:id({self(), 1}), catch target:fails(error) end)' > /dev/null
mark
cd "$BT_TMP" || exit 1

same() {                        # FILE FILE: equal to the byte
    cmp -s "$1" "$2" || fail "$1 and $2 differ" "$(diff "$1" "$2" | head -n 10)"
}

part "live and replayed are equal"
tap "$NODE" 'target:pair(X, _) -> return' 'target:id({_, N}) -> return, caller' 'target:fails(_) -> return' -c 30 -o a.log -w a.btc
ends 0
like "node clean" "$ERR" 'stopped: 30 calls .*; node clean$'
is "stdout" "$OUT" ''
is "mode" "$(stat -c %a a.btc)" 600
unlike "no cookie in it" "$(strings a.btc)" "$(cat "$COOKIE_FILE")"
tap replay a.btc -o b.log
ends 0
same a.log b.log
count_is "calls" 30 "$LINE target:[a-z]+\\(" "$(cat b.log)"
like "what it was" "$ERR" "^beamtap: replayed: [0-9]+ events of $NODE \\(OTP ${1:-25}\\), traced [-0-9]+ [:0-9]+ UTC, which ended by count: 30 shown, 0 lost; node clean$"
tap replay a.btc -q
ends 0
is "stdout" "$OUT" "$(cat a.log)"
is "stderr" "$ERR" ''

part "text and capture at once, and capture alone"
tap "$NODE" 'target:pair/2 -> time' -c 5 -w c.btc
ends 0
is "replayed" "$("$BEAMTAP" replay -q c.btc)" "$OUT"
tap "$NODE" 'target:pair/2 -> return' -c 5 -w d.btc -q
ends 0
is "stdout" "$OUT$ERR" ''
is "calls" "$("$BEAMTAP" replay -q d.btc | grep -c 'pair(')" 5
for args in all arity; do
    tap "$NODE" 'target:pair(X, _) -> return' --args $args -c 5 -w $args.btc
    ends 0
    is "replayed, --args $args" "$("$BEAMTAP" replay -q $args.btc)" "$OUT"
done
tap "$NODE" 'send(_, _)' 'target:pair/2' -c 5 -w messages.btc
ends 0
is "messages" "$("$BEAMTAP" replay -q messages.btc)" "$OUT"

part "in JSON, with a filter"
tap "$NODE" 'target:pair/2 -> return' 'target:fails(_) -> return, caller' -c 10 --json -w j.btc -o j.json
ends 0
tap replay j.btc --json -o k.json
ends 0
same j.json k.json
tap "$NODE" 'target:pair/2 -> return' 'target:fails(_) -> return' -c 4 -g badarg --json -w g.btc -o g.json
ends 0
"$BEAMTAP" replay g.btc --json -q > h.json
same g.json h.json
"$BEAMTAP" replay g.btc --json -q -g badarg > i.json
same g.json i.json
is "of the totals jq makes" "$(jq -s 'map(select(.event == "exception")) | length' g.json)" 4

part "a text of a capture may be filtered later"
tap replay a.btc -q -g 'fails' --grep-not 'target:fails\(' -c 2
ends 0
is "lines" "$OUT" "$(grep 'fails/1 ' a.log | head -n 2)"

part "local time is that of the place where it was traced"
tap "$NODE" 'target:pair/2' -c 2 -w zone.btc -o zone.utc
ends 0
TZ=America/Caracas "$BEAMTAP" "$NODE" 'target:pair/2' -c 2 -w zone.btc2 -o zone.log 2> /dev/null
(unset TZ; "$BEAMTAP" replay -q zone.btc2 -o zone.again)
same zone.log zone.again
TZ=UTC "$BEAMTAP" replay -q zone.btc2 --timestamps local -o zone.other
cmp -s zone.log zone.other && fail "TZ is not looked at"

part "rotation: each file is whole"
tap "$NODE" 'target:pair(_, _) -> return' -c 60 -w 'rot-%n.btc' --rotate-size 3K -q
ends 0
[ "$(ls rot-*.btc* | wc -l)" -gt 2 ] || fail "not rotated" "$(ls -l rot-*)"
is "all calls" "$("$BEAMTAP" replay -q rot-*.btc* | grep -c 'pair(')" 60
is "in order" "$("$BEAMTAP" replay -q rot-*.btc* | sort -c 2>&1)" ''

part "never overwritten, and refused before connecting"
sum=$(cksum < a.btc)
tap nobody@127.0.0.1 'target:pair/2' -w a.btc -o new.log
refused 5 'a.btc exists; it is not overwritten'
is "as it was" "$(cksum < a.btc)" "$sum"
[ ! -e new.log ] || fail "a file of an output was left"

part "cut off"
size=$(stat -c %s a.btc)
head -c $((size * 2 / 3)) a.btc > cut.btc
tap replay cut.btc
ends 0
like "said" "$ERR" 'cut.btc: the file ends inside a record at byte [0-9]+: what wrote it was killed'
n=$(wc -l <<< "$OUT")
[ "$n" -gt 10 ] || fail "only $n lines"
is "everything before it" "$OUT" "$(head -n "$n" a.log)"

part "damaged in the middle"
cp a.btc bad.btc
printf 'XX' | dd of=bad.btc bs=1 seek=$((size / 2)) conv=notrunc 2> /dev/null
tap replay bad.btc
ends 2
like "said" "$ERR" 'bad.btc: a record(.s head)? is damaged at byte [0-9]+: [0-9]+ bytes are left out'
is "all other lines" "$(wc -l <<< "$OUT")" $(($(wc -l < a.log) - 1))

part "no capture"
tap replay a.log
refused 2 'a.log is neither a capture of beamtap nor a file of OTP.s trace port'
tap replay nowhere.btc
refused 2 'cannot open nowhere.btc: No such file'
tap replay
refused 2 'no file given'

part "a full disk"
if mkdir small && mount -t tmpfs -o size=64k none small 2> /dev/null; then
    BT_CLEANUP+=("umount '$BT_TMP/small'")
    tap "$NODE" 'target:pair/2 -> return' -c none --rate none -t 3s -w small/full.btc -o small.log
    like "said" "$ERR" 'cannot write to small/full.btc: No space left'
    like "node clean" "$ERR" 'node clean'
    tap replay small/full.btc
    ends 0
    n=$(wc -l <<< "$OUT")
    is "what was written can be read" "$OUT" "$(head -n "$n" small.log)"
else
    echo "SKIPPED: no tmpfs can be mounted here: a full disk is not tried" >&2
fi

part "killed"
tap_start "$NODE" 'target:pair/2 -> return' -c none -t 30s --rate none -w killed.btc -o killed.log
wait_armed
wait_for 10 test -s killed.btc || fail "nothing is written"
kill -KILL "$TAP_PID"
tap_end
tap replay killed.btc
ends 0
[ "$(wc -l <<< "$OUT")" -gt 0 ] || fail "nothing can be read"
wait_for 10 is_clean || fail "not clean after kill -9"

part "several files, by time"
tap "$NODE" 'target:pair/2 -> return' -c 5 -w one.btc -o one.log
tap "$NODE" 'target:id/1 -> return' -c 5 -w two.btc -o two.log
tap replay two.btc one.btc -q
ends 0
is "merged" "$OUT" "$(cat one.log two.log)"
clean

part "a file of dbg:trace_port"
ask 'begin {ok, _} = dbg:tracer(port, dbg:trace_port(file, "'"$BT_TMP"'/dbg.trc")),
     {ok, _} = dbg:p(all, [call, timestamp]), {ok, _} = dbg:tpl(target, pair, 2, [{['"'_','_'"'],[],[{exception_trace}]}]),
     timer:sleep(200), dbg:stop_clear(), ok end' > dbg.out 2>&1 || fail "dbg" "$(cat dbg.out)"
tap replay dbg.trc
ends 0
like "a call" "$OUT" "$LINE target:pair\\(a, \"text\"\\)$"
like "its return" "$OUT" "$LINE target:pair/2 --> .*$TOOK"

part "a wrap set"
ask 'begin {ok, _} = dbg:tracer(port, dbg:trace_port(file, {"'"$BT_TMP"'/wrap", wrap, ".trc", 2000, 3})),
     {ok, _} = dbg:p(all, [call]), {ok, _} = dbg:tpl(target, id, 1, []), {ok, _} = dbg:tpl(target, pair, 2, []),
     [target:id({n, N}) || N <- lists:seq(1, 300)], timer:sleep(50), dbg:stop_clear(), ok end' > dbg.out 2>&1 || fail "dbg" "$(cat dbg.out)"
tap replay wrap*.trc
ends 0
numbers=$(sed -nE 's/.*target:id\(\{n,([0-9]+)\}\)$/\1/p' <<< "$OUT")
is "in order" "$numbers" "$(sort -n <<< "$numbers")"
is "to the last" "$(tail -n 1 <<< "$numbers")" 300
like "without stamps" "$OUT" '^<0\.[0-9]+\.0> target:id\('
ask 'dbg:stop_clear()' > /dev/null 2>&1
finish
