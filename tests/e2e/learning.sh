#!/bin/bash
# learning.sh RELEASE - --max-term: terms that are too big are copied once, said once, and not copied any more.
# BT_LONG=1: with a state of 100 MB, else 20 MB.
set -u
. "$(dirname "$0")/../support/node.sh"
. "$(dirname "$0")/../support/check.sh"
need_beamtap
otp=${1:-25}; shift
mb=$(( ${BT_LONG:-0} ? 100 : 20 ))
start_node "$otp" learning "$@"
ask "put('\$workload', 1), target:server(stock, $mb)" > /dev/null
ask 'erlang:garbage_collect(whereis(stock)), target:every(1, 0, fun() -> target:ask(stock) end)' > /dev/null
sleep 0.5
SIZE='[0-9.]+ MB'

own() { ask 'element(2, process_info(whereis(stock), memory))'; }

# watched_tap ARG...: as tap; then sets `before` and `after` (calls per second without and after it), `left` (KB more 2 s
# after the end than before, but for the server's own heap, which grows at its collections as it likes), `top` (most KB more)
watched_tap() {
    local try first last own
    for try in 1 2 3; do
        ask 'erlang:garbage_collect(whereis(stock)), target:watch()' > /dev/null
        sleep 0.7
        own=$(own)
        first=$(now_us)
        tap "$@"
        last=$(now_us)
        sleep 2.1
        own=$(($(own) - own))
        ask 'target:watched()' > /dev/null
        before=$(ask "target:rate(0, $first)")
        after=$(ask "target:rate($last + 300000, infinity)")
        left=$(( ($(ask "target:memory_at($first - 100000, $last + 1800000)") - own) / 1024 ))
        top=$(( $(ask "target:memory($first, infinity)") / 1024 ))
        printf '   calls/s before %s, after %s; memory: at most %s KB more, %s KB after 2 s (server: %s KB)\n' "$before" "$after" "$top" "$left" $((own / 1024))
        [ "$((after * 100))" -lt "$((before * 80))" ] || break
    done
    at_least "calls/s after it, of those before, %" $(( before > 0 ? after * 100 / before : 0 )) 80
    at_most "memory 2 s after the end, KB more" "$left" 5120
}

mark
part "a big return value"
watched_tap "$NODE" 'target:handle_call(R, _, _) -> return' -c 50 -t 10s --grace 3s --debug limit
closing 50 -c
count_is "said once" 1 "^beamtap: target:handle_call/3: its return value is $SIZE, no longer copied \\(--max-term\\)\$" "$ERR"
count_is "the first" 1 "--> <$SIZE, left out>$TOOK" "$OUT"
is "calls" "$(calls_of target:handle_call)" 50
count_is "what was named" 50 'target:handle_call\(\{item, ?1\}, _, _\)$' "$OUT"
at_most "returns shown" "$(returns_of target:handle_call/3)" 5
at_most "batches with such a value" "$(count_of 'batch of [0-9]{8,} bytes' "$ERR")" 2
unlike "closing line" "$ERR" 'still open'
at_most "took, ms: no wait for returns that do not come" "$TOOK_MS" $((otp < 25 ? 6000 : 3000))  # 23 may lose one, and waits
at_most "the node's memory, KB more" "$top" $(( (8 * mb + 30) * 1024 ))
clean

part "a big argument, all arguments wanted"
watched_tap "$NODE" 'target:handle_call/3' -c 50 -t 10s
closing 50 -c
count_is "said once" 1 "^beamtap: target:handle_call/3: argument 3 is $SIZE, no longer copied \\(--max-term\\)\$" "$ERR"
at_least "calls with its size" "$(count_of "target:handle_call\\(.*, <$SIZE, left out>\\)\$" "$OUT")" 1
at_least "later calls" "$(count_of 'target:handle_call\(\{item, ?1\}, \{.*\}, _\)$' "$OUT")" 40
is "calls" "$(calls_of target:handle_call)" 50
clean

part "a part of an argument"
ask "target:stop(), target:every(1, 5, fun() -> target:f({a, target:term(big), z}, y) end)" > /dev/null
mark
tap "$NODE" 'target:f({a, X, _}, _)' -c 20 --max-term 100K
closing 20 -c
count_is "said once" 1 '^beamtap: target:f/2: a part of argument 1 is [0-9]+ KB, no longer copied \(--max-term\)$' "$ERR"
is "calls, all without it" "$(count_of 'target:f\(\{a, ?_, ?_\}, _\)$' "$OUT")" 20
clean

part "a part of an argument and the return value, of a function called flat out"
ask "target:stop(), target:hot(1, {a, lists:seq(1, 9000), z})" > /dev/null
tap "$NODE" 'target:f(I, {a, X, _}) -> return' -c 20 --max-term 100K
closing 20 -c
count_is "said once" 1 '^beamtap: target:f/2: a part of argument 2 is [0-9]+ KB, no longer copied \(--max-term\)$' "$ERR"
is "calls and returns" "$(calls_of target:f) $(returns_of target:f/2)" '20 20'
clean

part "a small enough one is copied"
tap "$NODE" 'target:f(I, {a, X, _})' -c 5
closing 5 -c
unlike "remarks" "$ERR" 'no longer'
unlike "calls" "$OUT" 'left out'
clean
finish
