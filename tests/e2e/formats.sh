#!/bin/bash
# formats.sh RELEASE - JSON lines, Perfetto, styles of lines, --grep, tables at the end, files that are changed.
set -u
. "$(dirname "$0")/../support/node.sh"
. "$(dirname "$0")/../support/check.sh"
need_beamtap
command -v jq > /dev/null || skip "needs jq"
release=${1:-25}
start_node "$release" formats
ask 'target:every(2, 10, fun() -> target:pair(a, {1, {"x"}, <<"y">>}), target:fac(3), catch target:fails(error) end)' > /dev/null
mark
json=$BT_TMP/lines.json

# valid FILE: every line is JSON of the schema, and UTF-8
valid() {
    is "schema" "$(jq -rn -f "$BT_SUPPORT/json_schema.jq" < "$1" 2>&1 | head -n 5)" ''
    iconv -f UTF-8 -t UTF-8 "$1" > /dev/null 2>&1 || fail "not UTF-8"
}
number() { sed -nE "s/.*stopped: .*[^0-9,]([0-9,]+) $1.*/\\1/p" <<< "$ERR" | tr -d ,; }

part "JSON lines, and jq's totals are those of the closing line"
tap "$NODE" 'target:pair(X, _) -> return, caller' 'target:fails/1 -> return' 'target:fac/1' -c 30 --rate none --json -o "$json"
closing 30 -c
valid "$json"
is "calls" "$(jq -n '[inputs | select(.event == "call")] | length' < "$json")" 30
is "totals" "$(jq -n '[inputs] | [(map(select(.event == "call")) | length), (map(select(.event == "return")) | length),
    (map(select(.event == "exception")) | length), (map(select(.event | IN("gap", "note", "summary", "count") | not)) | length)]' -c < "$json")" \
    "$(jq -c 'select(.event == "summary") | [.calls, .returns, .exceptions, .printed]' < "$json")"
is "skipped, as the closing line has it" "$(jq 'select(.event == "summary") | .skipped' < "$json")" "$(number skipped)"
is "clean, all accounted for" "$(jq 'select(.event == "summary") | .clean and .received == .printed + .filtered + .lost' < "$json")" true
is "seq counts" "$(jq -n '[inputs.seq] | . == [range(1; length + 1)]' < "$json")" true
is "node" "$(jq -rn '[inputs.node] | unique[]' < "$json")" "$NODE"
is "exceptions" "$(jq -r 'select(.event == "exception") | "\(.module):\(.function)/\(.arity) \(.class) \(.reason_text)"' < "$json" | sort -u)" \
    'target:fails/1 error badarg'
is "captured arguments" "$(jq -c 'select(.event == "call" and .function == "pair") | [.args_text, .args]' < "$json" | sort -u)" \
    '[["a","_"],["a",null]]'
like "times" "$(jq -r 'select(.event == "return") | .duration_ns' < "$json" | head -n 1)" '^[0-9]+$'
like "caller" "$(jq -rn 'first(inputs | select(.caller)) | .caller.module' < "$json")" '^erl_eval$'
is "stdout" "$OUT" ''
part "a flood with filters: jq's totals are those of the closing line"
ask 'target:hot(2, small)' > /dev/null
# Numbers with a 7, and not those of the clock and the pid.
tap "$NODE" 'target:f(I, _) -> return' --args all -t 1500ms -c none --rate 3k/s --grep '[05], ' --grep '--> [0-9]*7  ' --grep-not '[(][0-9]*7|--> [0-9]*7[0-9]' --json -o "$BT_TMP/flood.json"
ends 0
valid "$BT_TMP/flood.json"
# A call counts once, with whichever of its lines is shown: here with one of them, as its number does not end in 7 and in 0 or 5.
like "something passed both ways" "$ERR" 'stopped: [1-9][0-9,]* calls .*[1-9][0-9,]* filtered'
is "totals" "$(jq -n '[inputs] | [(map(select(.event | IN("call", "return"))) | length), (map(select(.event == "return")) | length),
    (map(select(.event | IN("gap", "note", "summary", "count") | not)) | length)]' -c < "$BT_TMP/flood.json")" \
    "$(jq -c 'select(.event == "summary") | [.calls, .returns, .printed]' < "$BT_TMP/flood.json")"
is "shown" "$(jq 'select(.event == "summary") | .calls' < "$BT_TMP/flood.json")" "$(sed -nE 's/.*stopped: ([0-9,]+) calls.*/\1/p' <<< "$ERR" | tr -d ,)"
is "filtered" "$(jq 'select(.event == "summary") | .filtered' < "$BT_TMP/flood.json")" "$(number filtered)"
is "lost" "$(jq 'select(.event == "summary") | .lost' < "$BT_TMP/flood.json")" "$(number lost)"
is "all accounted for" "$(jq 'select(.event == "summary") | .received == .printed + .filtered + .lost' < "$BT_TMP/flood.json")" true
ask 'target:stop()' > /dev/null
ask 'target:every(2, 10, fun() -> target:pair(a, {1, {"x"}, <<"y">>}), target:fac(3), catch target:fails(error) end)' > /dev/null
part "JSON of what is counted, of messages, and with a bare -o"
tap "$NODE" 'target:fac/1 -> count' -t 300ms --format json
ends 0
printf '%s\n' "$OUT" > "$json"; valid "$json"
like "count" "$(jq -r 'select(.event == "count") | .calls' < "$json")" '^[0-9]+$'
ask 'target:every(1, 10, fun() -> self() ! {hello, "w"}, receive {hello, _} -> ok end end)' > /dev/null
tap "$NODE" 'send' -c 3 --json
ends 0
printf '%s\n' "$OUT" > "$json"; valid "$json"
is "send" "$(jq -r 'select(.event == "send") | .value_text' < "$json" | grep -c hello)" 3
ask 'target:stop()' > /dev/null
ask 'target:every(2, 10, fun() -> target:pair(a, {1, {"x"}, <<"y">>}), target:fac(3), catch target:fails(error) end)' > /dev/null
clean

part "Perfetto"
tap "$NODE" 'target:fac(N) -> return' 'target:pair/2' -c 40 --rate none --format perfetto -o "$BT_TMP/trace.json"
closing 40 -c
trace=$BT_TMP/trace.json
is "slices begin and end" "$(jq '[.[] | select(.ph == "B")] | length' "$trace")" "$(jq '[.[] | select(.ph == "E")] | length' "$trace")"
is "all calls" "$(jq '[.[] | select(.cat == "call" and (.ph == "B" or .ph == "i"))] | length' "$trace")" 40
is "slices nest" "$(jq -c 'reduce (.[] | select(.ph == "B" or .ph == "E")) as $e ({}; ($e.tid | tostring) as $t |
    if $e.ph == "B" then .[$t] += [$e.name] elif .[$t][-1] == $e.name then .[$t] |= .[:-1] else .bad = true end) | [.bad, (del(.bad) | add | length)]' "$trace")" '[null,0]'
is "a track for each process" "$(jq -r '.[] | select(.name == "thread_name") | .args.name' "$trace" | grep -cE '^<0\.[0-9]+\.0>$')" \
    "$(jq -r '.[] | select(.cat == "call" and (.ph == "B" or .ph == "i")) | .tid' "$trace" | sort -u | wc -l)"
head -c -20 "$trace" | sed '$d' > "$BT_TMP/cut.json"
is "cut at a line end it needs a ] only" "$(sed '$s/,$//' "$BT_TMP/cut.json" | { cat; echo ']'; } | jq 'length > 40')" true
clean

part "--grep: each line alone, and -c counts what is shown"
tap "$NODE" 'target:fac(N) -> return' --rate none -c 5 -g 'fac\(2\)' -t 20s
ends 0
is "lines" "$(grep -cE "$LINE target:fac\(2\)$" <<< "$OUT") $(grep -vc -- ' calls skipped' <<< "$OUT")" '5 5'
like "closing line" "$ERR" 'stopped: 5 calls \(-c\); [0-9,]+ skipped, [1-9][0-9,]* filtered, 0 lost; node clean$'
tap "$NODE" 'target:fails/1 -> return' 'target:fac(N) -> return' --rate none -c 4 --grep '\*\* error' --json -o "$BT_TMP/grep.json"
ends 0
valid "$BT_TMP/grep.json"
is "only exceptions" "$(jq -r 'select(.pid) | .event' < "$BT_TMP/grep.json" | sort | uniq -c | tr -s ' ')" ' 4 exception'
is "all accounted for" "$(jq 'select(.event == "summary") | .received == .printed + .filtered and .filtered > 0 and .calls == 4' < "$BT_TMP/grep.json")" true
is "filtered, as the closing line has it" "$(jq 'select(.event == "summary") | .filtered' < "$BT_TMP/grep.json")" "$(number filtered)"
tap "$NODE" 'target:fac(N)' --rate none -c 6 --grep-not 'fac\([12]\)'
ends 0
is "lines" "$(grep -cE 'fac\([03]\)$' <<< "$OUT") $(grep -cE 'fac\([12]\)$' <<< "$OUT")" '6 0'
tap "$NODE" 'target:fac(N)' -t 500ms -g nothing
ends 0
like "words" "$ERR" 'no call shown in 500ms: no line of [0-9]+ is what --grep and --grep-not leave'
tap "$NODE" 'target:fac(N)' -g '('
refused 2 "--grep: '\(', at character 2"
clean

part "styles of lines"
tap "$NODE" 'target:pair/2 -> return' -c 2 --color always --timestamps none
closing 2 -c
like "colours" "$OUT" $'^\e\\[36m<0\\.[0-9]+\\.0>\e\\[0m \e\\[1mtarget:pair\e\\[0m\\(a, '
tap "$NODE" 'target:pair/2' -c 2
unlike "none without a terminal" "$OUT" $'\e'
tap "$NODE" 'target:pair/2' -c 2 --timestamps utc --depth 1 --max-line 60
like "utc, depth" "$OUT" '^[0-9:.]{15}Z <0\.[0-9]+\.0> target:pair\(a, \{1,\.\.\.,<<"y">>\}\)$'
tap "$NODE" 'target:pair/2' -c 2 --timestamps relative --max-line 20
like "relative, cut" "$OUT" '^\+[0-9]\.[0-9]{6} <0\.[0-9]+\.0>? ?[a-z]*\.\.\.\+[0-9]+$'
tap "$NODE" 'target:pair/2' -c 2 --timestamps sometimes
refused 2 'local, utc, relative, none'
tap "$NODE" ':target.pair(x, {1, _, y}) -> return' -c 1 --timestamps none
is "Elixir, as the spec is" "$(sed -E 's/[0-9]+/N/g' <<< "$OUT" | sed 's/  N[a-z.N]*$//')" \
    '#PID<N.N.N> :target.pair(:a, {N, _, "y"})
#PID<N.N.N> :target.pair/N --> {:a, {N, {~c"x"}, "y"}}'
tap "$NODE" ':target.pair(x, _)' -c 1 --timestamps none --syntax erlang
like "Erlang, as was said" "$OUT" '^<0\.[0-9]+\.0> target:pair\(a, _\)$'
part "--caller, --by caller, -v: the tables at the end"
tap "$NODE" 'target:pair/2' -c 2 --caller
like "as if -> caller were there" "$OUT" "target:pair\(a, .* <- erl_eval:do_apply/[0-9]$"
tap "$NODE" 'target:fac(N)' -c 8 --rate none --by caller
closing 8 -c
like "callers" "$ERR" '^ +[0-9]+  target:fac/1$'
unlike "no table of one function" "$ERR" '  function$'
tap "$NODE" 'target:fails/1 -> return' 'target:pair/2 -> return' -c 10 --rate none
closing 10 -c
like "functions" "$ERR" '^ +[0-9]+ +0 +[0-9.]+[num]?s +[0-9.]+[num]?s +[0-9.]+[num]?s  target:pair/2$'
like "and what they raised" "$ERR" '^ +([0-9]+) +\1 .*  target:fails/1$'
tap "$NODE" 'target:fails/1 -> return' 'target:pair/2 -> return' -c 10 -q
is "none with -q" "$ERR" ''
if [ "$release" -ge 26 ]; then
    tap "$NODE" 'target:fac(N)' -c 8 --rate none --stack
    like "frames" "$OUT" 'target:fac\(1\) <- target:fac/1( \(.*target\.erl:[0-9]+\))? <- '
fi
clean

part "files: names, rotation, and never one that is there"
tap "$NODE" 'target:fac(N)' -c 200 --rate none -o "$BT_TMP/rot-%n-%Y" --rotate-size 4k
closing 200 -c
rot=$BT_TMP/rot-$NODE-$(date +%Y)
is "all lines, in order" "$(cat "$rot" "$rot".* | grep -c 'target:fac(')" 200
at_most "size" "$(stat -c %s "$rot")" 4200
tap "$NODE" 'target:fac(N)' -c 1 -o "$BT_TMP/rot-%n-%Y" --rotate-size 4k
refused 5 'exists'
tap "$NODE" 'target:fac(N)' -c 400 --rate none -o "$BT_TMP/keep" --rotate-size 4k --rotate-count 2
closing 400 -c
is "two stay" "$(ls "$BT_TMP"/keep* | wc -l)" 2
is "the last line is there" "$(cat "$BT_TMP"/keep* | tail -n 1 | grep -c 'target:fac(')" 1
tap "$NODE" 'target:fac(N)' -c 1 -o "$BT_TMP/%q"
refused 2 '%q'
clean

part "a full disk"
mkdir "$BT_TMP/small"
if mount -t tmpfs -o size=64k none "$BT_TMP/small" 2> /dev/null; then
    BT_CLEANUP+=("umount -l $BT_TMP/small")
    tap "$NODE" 'target:fac(N) -> return' -c 20000 -t 20s --rate none --json -o "$BT_TMP/small/lines"
    ends 5
    like "message" "$ERR" 'cannot write to .*/small/lines: No space left'
    clean
fi
finish
