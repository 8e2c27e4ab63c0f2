#!/bin/bash
# words.sh RELEASE - what people meet in the first hour has its own words.
set -u
. "$(dirname "$0")/../support/node.sh"
. "$(dirname "$0")/../support/check.sh"
need_beamtap
start_node "${1:-25}" words
ask 'target:every(1, 5, fun() -> target:pair(a, b), target:uses_tiny(1), target:first([1]), target:get(k, #{k => 1}) end)' > /dev/null
mark

part "called, and nothing matched"
tap "$NODE" 'target:pair(x, _)' -t 500ms
closing 0 -t
like "words" "$ERR" '^beamtap: no call shown in 500ms: target:pair/2 was called [0-9,]+ times but no arguments( or process)? matched'
n=$(sed -n 's/.*was called \([0-9,]*\) times.*/\1/p' <<< "$ERR" | tr -d ,)
at_least "how often" "${n:-0}" 40
at_most "how often" "${n:-0}" 110
tap "$NODE" 'target:pair(X, _) when X =:= x' -t 300ms
like "a guard" "$ERR" 'was called [0-9,]+ times but no arguments( or process)? matched'

part "called by others"
tap "$NODE" 'target:pair/2' -t 300ms -p init
closing 0 -t
like "words" "$ERR" 'was called [0-9,]+ times but no .*process.* matched'

part "not called"
tap "$NODE" 'target:never/1' -t 300ms
closing 0 -t
like "words" "$ERR" '^beamtap: no call shown in 300ms: target:never/1 was not called; inlined, or reached under another name\?$'
tap "$NODE" 'target:tiny/1' -t 300ms
like "inlined" "$ERR" 'target:tiny/1 was not called; inlined'

part "what the compiler makes instructions of"
for f in erlang:hd/1 maps:get/2 "erlang:'+'/2" erlang:apply/3; do
    tap "$NODE" "$f" -t 100ms
    ends 0
    like "warned when armed" "$ERR" "warning: .*$(sed 's/[+]/[+]/' <<< "$f")"
done
tap "$NODE" target:pair/2 -c 1
unlike "no warning without need" "$ERR" warning

part "warnings do not flood"
tap "$NODE" 'erlang:_' -t 100ms
at_most "lines on stderr" "$(wc -l <<< "$ERR")" 12

part "calls only"
tap "$NODE" 'target:pair/2' -c 1
like "hint" "$ERR" "\\(calls only; add '-> return' for results\\)$"
tap "$NODE" 'target:pair/2 -> return' -c 1
unlike "no hint" "$ERR" 'calls only'

part "the shell took -> return"
(cd "$BT_TMP" && eval "$BEAMTAP" "$NODE" target:pair/2 -\> return) > /dev/null 2> "$TAP_ERR"
is "exit status" $? 2
like "words" "$(cat "$TAP_ERR")" 'quote the spec'

clean
finish
