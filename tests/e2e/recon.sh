#!/bin/bash
# recon.sh RELEASE - what people paste: recon tuples with funs and match specifications, what message(X) adds, caller and
# stack.
set -u
. "$(dirname "$0")/../support/node.sh"
. "$(dirname "$0")/../support/check.sh"
need_beamtap
otp=${1:-25}
start_node "$otp" recon
mark
ask 'target:every(2, 20, fun() -> target:pair(a, lists:seq(1, 3)), target:pair("ab", 7) end)' > /dev/null

part "a fun"
tap "$NODE" '{target, pair, fun([X, _]) when is_list(X) -> return_trace() end}' -c 4 -t 10s
closing 4 -c
count_is "calls, with all arguments" 4 "$LINE target:pair\\(\"ab\", 7\\)$" "$OUT"
count_is "returns" 4 "$LINE target:pair/2 --> .*[0-9](ns|us|ms)\$" "$OUT"
tap "$NODE" '[{target, pair, fun([a, _]) -> ok; (["ab", N]) when N > 6, N < 1 + 7 -> ok end}, {target, nothing, return_trace}]' -c 4
if [ "$STATUS" = 0 ]; then fail "target:nothing is not there"; else like "names it" "$ERR" 'nothing'; fi
tap "$NODE" '[{target, pair, fun([a, _]) -> ok; (["ab", N]) when N > 6, N < 1 + 7 -> ok end}, {target, id, 1}]' -c 6 -t 10s
closing 6 -c
at_least "first clause" "$(count_of "$LINE target:pair\\(a, \\[1,2,3\\]\\)$" "$OUT")" 1
at_least "second clause" "$(count_of "$LINE target:pair\\(\"ab\", 7\\)$" "$OUT")" 1
clean

part "a match specification"
tap "$NODE" "{target, pair, [{['\$1', '\$2'], [{is_list, '\$2'}], [{exception_trace}]}]}" -c 3 -t 10s
closing 3 -c
count_is "calls" 3 "$LINE target:pair\\(a, \\[1,2,3\\]\\)$" "$OUT"
count_is "returns" 3 "$LINE target:pair/2 --> " "$OUT"
clean

part "a function without arguments: '\$_' behind the head [] kills a VM"
ask 'target:stop(), target:every(2, 20, fun() -> target:calls() end)' > /dev/null
tap "$NODE" 'target:calls()' --args all -c 20 -t 10s
closing 20 -c
count_is "calls" 20 "$LINE target:calls\\(\\)$" "$OUT"
tap "$NODE" '{target, calls, fun([] = A) when A =:= [] -> message({object(), A}), return_trace() end}' -c 20 -t 10s
closing 20 -c
count_is "calls with what was said" 20 "$LINE target:calls\\(\\) \\(\\{\\[\\],\\[\\]\\}\\)$" "$OUT"
tap "$NODE" "{target, calls, [{[], [], [{message, '\$_'}]}]}" -c 20 -t 10s
closing 20 -c
ask 'target:stop(), target:every(2, 20, fun() -> target:pair(a, lists:seq(1, 3)), target:pair("ab", 7) end)' > /dev/null
clean

part "message(X)"
tap "$NODE" '{target, pair, fun([X, Y]) when is_list(Y) -> message({X, length(Y)}), return_trace() end}' -c 3 -t 10s
closing 3 -c
count_is "calls with what was said" 3 "$LINE target:pair\\(a, \\[1,2,3\\]\\) \\(\\{a,3\\}\\)$" "$OUT"
count_is "returns" 3 "$LINE target:pair/2 --> " "$OUT"
tap "$NODE" '{target, pair, fun([a, _]) -> message(false); (_) -> message(caller()) end}' -c 3 -t 10s
closing 3 -c
count_is "calls that are not silenced" 3 "$LINE target:pair\\(\"ab\", 7\\) \\(.*\\)$" "$OUT"
tap "$NODE" '{target, pair, fun([X, _]) -> X =:= a andalso message(seen) end}' -c 6 -t 10s
closing 6 -c
at_least "said where it was reached" "$(count_of "$LINE target:pair\\(a, .*\\) \\(seen\\)$" "$OUT")" 1
at_least "and not elsewhere" "$(count_of "$LINE target:pair\\(\"ab\", 7\\)$" "$OUT")" 1
clean

part "what message(X) says is too big"
ask 'target:stop(), target:every(1, 50, fun() -> target:pair(x, lists:seq(1, 5000)) end)' > /dev/null
tap "$NODE" '{target, pair, fun([_, L]) -> message([L, L]) end}' --max-term 120K -c 5 -t 10s
closing 5 -c
like "it is said once" "$ERR" '^beamtap: target:pair/2: what message\(X\) shows is .*no longer copied'
at_least "calls without it" "$(count_of "$LINE target:pair\\(x, \\[1,.*\\) \\(_\\)$" "$OUT")" 3
clean

part "caller and stack"
ask 'target:stop(), target:every(1, 20, fun() -> [target:id(1) || _ <- [1]], ok end)' > /dev/null
tap "$NODE" 'target:id(X) -> caller, return' -c 3 -t 10s
closing 3 -c
count_is "calls with the caller" 3 "$LINE target:id\\(1\\) <- [^ ]+/[0-9]+$" "$OUT"
count_is "returns" 3 "$LINE target:id/1 --> 1" "$OUT"
tap "$NODE" 'target:id(X) -> stack' -c 3 -t 10s
if [ "$otp" -ge 26 ]; then
    closing 3 -c
    count_is "calls with the stack" 3 "$LINE target:id\\(1\\) <- [^ ]+/[0-9]+" "$OUT"
else
    refused 2 "current_stacktrace.*OTP 26"
fi
clean

part "count"
ask 'target:stop(), target:every(1, 10, fun() -> [target:id(X) || X <- [1, 2, 3]], target:pair(a, b) end)' > /dev/null
tap "$NODE" 'target:id/1 -> count' 'target:pair -> count' 'target:sleepy/1 -> count' -t 1s
ends 0
like "closing line" "$ERR" '^beamtap: stopped: 3 functions counted \(-t\); node clean$'
like "calls, most first" "$(sed -n 1p <<< "$OUT")" '^ *[0-9,]+  target:id/1$'
like "then" "$(sed -n 2p <<< "$OUT")" '^ *[0-9,]+  target:pair/2$'
is "and none" "$(sed -n 3p <<< "$OUT" | tr -d ' ')" '0target:sleepy/1'
ids=$(sed -n 1p <<< "$OUT" | tr -cd '0-9' | sed 's/1$//') pairs=$(sed -n 2p <<< "$OUT" | tr -cd '0-9' | sed 's/2$//')
at_least "calls of pair" "$pairs" 20
at_most "calls of id, three for each of pair" $((ids - 3 * pairs)) 3
tap "$NODE" 'target:id/1 -> count' 'target:pair/2 -> return' -c 5 -t 10s
closing 5 -c
at_least "counted beside it" "$(count_of '^ *[0-9,]+  target:id/1$' "$OUT")" 1
is "no line of it" "$(calls_of target:id)" 0
clean

part "what a trace must not do"
for body in 'set_tcw(1)' 'set_seq_token(label, 1)' 'trace([call], [])' 'enable_trace(call)' 'disable_trace(call)'; do
    tap "$NODE" "{target, pair, fun(_) -> $body end}"
    refused 6 'is not done in a trace'
done
clean
finish
