#!/bin/bash
# trace.sh RELEASE - what a trace shows: calls, values, exceptions, durations, pairing; functions and terms of every kind.
set -u
. "$(dirname "$0")/../support/node.sh"
. "$(dirname "$0")/../support/check.sh"
need_beamtap
start_node "${1:-25}" trace +pc unicode
# At the default rate calls of a process that works in bursts are sampled: often the first of each burst.
every_call=(--rate none)

# while_running EXPR ARG...: traces with ARG while a process evaluates EXPR every 10 ms
while_running() {
    local expr=$1; shift
    ask "target:every(1, 10, fun() -> $expr end)" > /dev/null
    tap "$NODE" "$@"
    ask 'target:stop()' > /dev/null
}

mark

part "calls"
while_running 'target:pair(a, {b, "cd"})' 'target:pair/2' -c 3
closing 3 -c
count_is "stdout" 3 "$LINE target:pair\(a, \{b,\"cd\"\}\)$" "$OUT"
is "lines on stdout" "$(wc -l <<< "$OUT")" 3
like "banner" "$ERR" "^beamtap: $NODE \(OTP ${1:-25}\): 1 function, [0-9,]+ processes; until 3 calls or 30s; Ctrl-C stops"
like "hint" "$ERR" "\(calls only; add '-> return' for results\)$"
at_most "the whole run, ms" "$TOOK_MS" 2000
clean

part "what is not named stays there"
while_running 'target:pair(a, {b, "cd"})' 'target:pair(A, _)' -c 2
closing 2 -c
count_is "stdout" 2 "$LINE target:pair\(a, _\)$" "$OUT"
while_running 'target:pair({a, 5, c}, {b, "cd"})' 'target:pair({a, X, _}, {_, Y})' -c 1
count_is "stdout" 1 "$LINE target:pair\(\{a,5,_\}, \{_,\"cd\"\}\)$" "$OUT"
while_running 'target:pair({a, 5, c}, x)' 'target:pair(R = {a, _, _}, _)' -c 1
count_is "stdout" 1 "$LINE target:pair\(\{a,5,c\}, _\)$" "$OUT"
while_running 'target:pair({a, 5}, x)' 'target:pair(_, _)' -c 1
count_is "stdout" 1 "$LINE target:pair\(_, _\)$" "$OUT"
clean

part "values"
while_running 'target:pair(a, [1])' 'target:pair/2 -> return' -c 2
closing 2 -c
count_is "calls" 2 "$LINE target:pair\(a, \[1\]\)$" "$OUT"
count_is "returns" 2 "$LINE target:pair/2 --> \{a,\[1\]\}$TOOK" "$OUT"
unlike "stderr" "$ERR" 'calls only'
while_running 'target:pair(a, [1])' 'target:pair/2' --return -c 1
count_is "returns with --return" 1 "$LINE target:pair/2 --> \{a,\[1\]\}$TOOK" "$OUT"
clean

part "exceptions"
ask 'target:failing(1)' > /dev/null
tap "$NODE" 'target:fails/1 -> return' -c 30 "${every_call[@]}"
ask 'target:stop()' > /dev/null
closing 30 -c
is "calls" "$(calls_of target:fails)" 30
is "every call has its end" "$(returns_of target:fails/1)" 30
like "value" "$OUT" "$LINE target:fails/1 --> \{ok,ok\}$TOOK"
like "error" "$OUT" "$LINE target:fails/1 \*\* error:badarg$TOOK"
like "exit" "$OUT" "$LINE target:fails/1 \*\* exit:\{shutdown,on_purpose\}$TOOK"
like "throw" "$OUT" "$LINE target:fails/1 \*\* throw:\{not_found,42\}$TOOK"
like "badmatch" "$OUT" "$LINE target:fails/1 \*\* error:\{badmatch,\{error,enoent\}\}$TOOK"
clean

part "durations"
while_running 'target:sleepy(60)' 'target:sleepy(_) -> return' -c 3
closing 3 -c
count_is "returns of 60 ms and a little" 3 "$LINE target:sleepy/1 --> \{slept,60\}  (0\.)?[6-9][0-9](\.[0-9]+)?ms$" "$OUT"

part "guards"
while_running '[target:id(N) || N <- [1, 2, 3, a, "x"]]' 'target:id(N) when is_integer(N), N > 1' -c 6 "${every_call[@]}"
closing 6 -c
unlike "stdout" "$OUT" '\((1|a|"x")\)'
like "stdout" "$OUT" "$LINE target:id\(2\)$"
while_running '[target:pair(A, B) || A <- [1, 2], B <- [1, 2]]' 'target:pair(X, X)' -c 4 "${every_call[@]}"
unlike "a variable twice: equal" "$OUT" '\((1, 2|2, 1)\)'
clean

part "recursion: nested calls and their returns are paired"
while_running 'target:fac(4)' 'target:fac(N) -> return' -c 40 "${every_call[@]}"
closing 40 -c
is "every call has its end" "$(returns_of target:fac/1)" 40
# A return belongs to the last open call of its process: its value is the factorial of that call's argument.
is "pairs" "$(awk '
    $3 ~ /^target:fac\(/ { n = $3; gsub(/[^0-9]/, "", n); open[$2, ++depth[$2]] = n }
    $3 == "target:fac/1" { n = open[$2, depth[$2]--]; f = 1; for (i = 2; i <= n; i++) f *= i; if (f != $5) print "fac(" n ") --> " $5 }
    ' <<< "$OUT")" ''
while_running 'target:fib(5)' 'target:fib(N) -> return' -c 60 "${every_call[@]}"
is "every call has its end" "$(returns_of target:fib/1)" 60
clean

part "tail recursion"
while_running 'target:loop(20)' 'target:loop(N) -> return' -c 50 "${every_call[@]}"
closing 50 -c
is "every call has its end" "$(returns_of target:loop/1)" 50
while_running 'target:even(6)' target:even/1 'target:odd(N) -> return' -c 20 "${every_call[@]}"
closing 20 -c
# Thousands of calls in tail position: returns are given up, in words, and nothing gets slow.
while_running 'target:loop(30000)' 'target:loop(_) -> return' -c 20000 -t 20s --grace 200ms "${every_call[@]}"
closing 20000 -c
like "said" "$ERR" 'target:loop/1 calls itself in tail position, returns not followed'
clean

part "local calls, and --scope global"
while_running 'target:fac(3)' 'target:fac(N)' -c 20 "${every_call[@]}"
like "calls from inside the module" "$OUT" 'target:fac\([012]\)$'
while_running 'target:fac(3)' 'target:fac(N)' -c 20 --scope global "${every_call[@]}"
closing 20 -c
count_is "only calls with a module name" 20 "$LINE target:fac\(3\)$" "$OUT"
clean

part "--args"
while_running 'target:pair(a, b)' 'target:pair(A, _)' -c 1 --args all
count_is "all" 1 "$LINE target:pair\(a, b\)$" "$OUT"
while_running 'target:pair(a, b)' 'target:pair(A, _)' -c 1 --args arity
count_is "arity" 1 "$LINE target:pair/2$" "$OUT"
while_running 'target:pair(a, b)' 'target:pair(A, _)' -c 1 --args named
count_is "named" 1 "$LINE target:pair\(a, _\)$" "$OUT"
clean

part "several specs, a whole module, every arity"
while_running 'target:pair(1, 2), target:id(3)' 'target:pair(A, _)' 'target:id/1 -> return' -c 20 "${every_call[@]}"
closing 20 -c
like "first" "$OUT" "$LINE target:pair\(1, _\)$"
like "second" "$OUT" "$LINE target:id/1 --> 3$TOOK"
unlike "no return asked of the first" "$OUT" 'target:pair/2 -->'
while_running 'target:pair(1, 2), target:id(3)' target:pair -c 2
count_is "mod:fun" 2 "$LINE target:pair\(1, 2\)$" "$OUT"
while_running 'target:pair(1, 2), target:id(3)' target -c 30 "${every_call[@]}"
closing 30 -c
like "mod" "$OUT" "$LINE target:id\(3\)$"
clean

part "recon's notation"
while_running 'target:pair(1, 2)' '{target, pair, 2}' -c 2
count_is "stdout" 2 "$LINE target:pair\(1, 2\)$" "$OUT"
while_running 'target:pair(1, 2)' '{target, pair, return_trace}' -c 1
count_is "return" 1 "$LINE target:pair/2 --> \{1,2\}$TOOK" "$OUT"
clean

part "names that need quotes, and other letters"
while_running "target:'odd name'(1), target:'Upper'(2)" "target:'odd name'(X) -> return" "target:'Upper'/1" -c 10 "${every_call[@]}"
closing 10 -c
like "call" "$OUT" "$LINE target:'odd name'\(1\)$"
like "return" "$OUT" "$LINE target:'odd name'/1 --> 1$TOOK"
like "other" "$OUT" "$LINE target:'Upper'\(2\)$"
while_running '[target:F(1) || F <- [binary_to_atom(<<"gr", 195, 182, 195, 159, "e">>, utf8)]]' 'target:größe(X)' -c 1
closing 1 -c
count_is "call" 1 "$LINE target:größe\(1\)$" "$OUT"
clean

part "terms print as io_lib prints them"
while_running 'target:unicode([a, 1.5, <<1, 2>>, #{k => "v"}, [1 | 2], self()])' 'target:unicode(X) -> return' -c 1
closing 1 -c
want=$(ask 'target:unicode([a, 1.5, <<1, 2>>, #{k => "v"}, [1 | 2]])')
like "argument" "$OUT" "$LINE target:unicode\(\[a,1\.5,<<1,2>>,#\{k => \"v\"\},\[1\|2\],$PID\]\)$"
is "value" "$(sed -n "s/^.* --> {\[.*\],\(\"h.*\)}  [0-9a-z.]*$/\1/p" <<< "$OUT")" "$(sed -n 's/^{\[.*\],\("h.*\)}$/\1/p' <<< "$want")"
unlike "stdout" "$OUT" $'\e'
clean

part "a process that dies inside the call"
ask 'target:doomed(50)' > /dev/null
tap "$NODE" 'target:stuck(_) -> return' -c 2 --grace 300ms
ask 'target:stop()' > /dev/null
closing 2 -c
is "calls" "$(calls_of target:stuck)" 2
# OTP 25 sends exit:killed for it, later ones nothing.
count_is "either an exit is shown, or it is said to be open" 1 \
    '2' "$(( $(returns_of target:stuck/1) + $(sed -n 's/.*, \([0-9]*\) still open.*/\1/p' <<< "$ERR" | grep . || echo 0) ))"
clean

part "BIFs, and what the compiler inlines"
while_running 'erlang:phash2({a, b}, 100)' 'erlang:phash2(T, _) -> return' -c 2
closing 2 -c
count_is "stdout" 2 "$LINE erlang:phash2\(\{a,b\}, _\)$" "$OUT"
while_running 'lists:member(x, [1, x])' 'lists:member/2 -> return' -c 2
like "stdout" "$OUT" "$LINE lists:member/2 --> true$TOOK"
while_running 'target:first([1])' 'erlang:hd/1' -t 300ms
closing 0 -t
like "warned" "$ERR" 'warning.*erlang:hd/1'
clean

part "a server: only the request"
ask 'target:server(shop, 8), target:every(1, 10, fun() -> target:ask(shop) end), target:watch()' > /dev/null
sleep 0.3
from=$(now_us)
tap "$NODE" 'target:handle_call(Req, _, _)' -c 5
to=$(now_us)
ask 'target:watched()' > /dev/null
closing 5 -c
count_is "stdout" 5 "$LINE target:handle_call\(\{item,1\}, _, _\)$" "$OUT"
at_most "growth of the node, KB, where the state has 8 MB" $(( $(ask "target:memory($from, $to)") / 1024 )) 4000
ask 'target:stop()' > /dev/null

clean
finish
