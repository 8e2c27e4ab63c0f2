#!/bin/bash
# heavy.sh RELEASE - what a trace must bear on the node: very many processes and functions, calls that never return, deep ones,
# exceptions through many of them, processes killed in them. BT_LONG=1: terms of 100 MB too.
set -u
. "$(dirname "$0")/../support/node.sh"
. "$(dirname "$0")/../support/check.sh"
need_beamtap
otp=${1:-25}
start_node "$otp" heavy
PID='<0\.[0-9]+\.[0-9]+>' LINE="^$TIME <0\.[0-9]+\.[0-9]+>"      # process numbers come round
mark

# killed_is_clean_within MS: kill -9, and how long the node takes
killed_is_clean_within() {
    local began
    gone_or_zombie "$TAP_PID" && fail "it ended by itself" "$(cat "$TAP_ERR")"
    kill -KILL "$TAP_PID" 2> /dev/null
    began=$(now_us)
    tap_end 5 2> /dev/null
    wait_for 10 is_clean
    at_most "clean after kill -9, ms (lease: 5 s)" $(( ($(now_us) - began) / 1000 )) "$1"
    clean
}

part "50,000 processes"
ask '[spawn(fun() -> put(list_to_atom("$workload"), N), receive stop -> ok end end) || N <- lists:seq(1, 50000)],
     target:every(2, 10, fun() -> target:pair(a, b) end)' > /dev/null
tap "$NODE" 'target:pair/2 -> return' -c 20 --rate none
closing 20 -c
like "banner" "$ERR" ': 1 function, 50,[0-9]{3} processes;'
at_most "the whole run, ms" "$TOOK_MS" 8000
clean
part "50,000 processes: kill -9"
tap_start "$NODE" 'target:pair/2 -> return' -c none -t 1h --rate none
wait_armed
killed_is_clean_within 5500
part "50,000 processes end while they are traced"
tap_start "$NODE" 'target:pair/2 -> return' -c none -t 1h --max-load none
wait_armed
is "ended" "$(ask 'target:stop()')" 50002
ask 'target:every(2, 10, fun() -> target:pair(a, b) end)' > /dev/null
wait_for 5 grep -q 'target:pair' "$TAP_OUT"
kill -INT "$TAP_PID"
tap_end 10
ends 0
like "closing" "$(tail -n 1 <<< "$ERR")" '\(interrupted\).* 0 lost(, [12] still open)?; node clean$'
clean

part "1,000 functions"
many() { awk -v n=1000 'BEGIN { print "-module(many).\n-compile(export_all).\n-compile(nowarn_export_all)."
    for (i = 1; i <= n; i++) printf "f%d(X) -> {%d, X}.\n", i, i }'; }
many > "$BT_TMP/many.erl"
compile_for "$otp" "$BT_TMP/many.erl"
all='[many:F(x) || F <- Names]'
ask "code:ensure_loaded(many), Names = [F || {F, 1} <- many:module_info(exports), F =/= module_info],
     target:every(1, 10, fun() -> $all end)" > /dev/null
mark
tap "$NODE" 'many:_ -> return' --not 'many:module_info' -c 3000 --rate none
closing 3000 -c
like "banner" "$ERR" ': 1,000 functions,'
is "calls and returns" "$(calls_of 'many:f[0-9]+') $(returns_of 'many:f[0-9]+/1')" '3000 3000'
at_least "different ones" "$(grep -oE 'many:f[0-9]+\(' <<< "$OUT" | sort -u | wc -l)" 500
at_most "the whole run, ms" "$TOOK_MS" 12000
clean
tap_start "$NODE" 'many:_ -> return' --not 'many:module_info' -c none -t 1h --rate none
wait_armed
killed_is_clean_within 6500
ask 'target:stop()' > /dev/null

part "a function that never returns"
ask '[target:once(N * 20, fun() -> target:stuck(N) end) || N <- lists:seq(1, 100)]' > /dev/null
tap "$NODE" 'target:stuck(_) -> return' -c 20 -t 10s --grace 500ms --rate none
closing 20 -c
like "closing" "$ERR" ', 20 still open \(no return within --grace\); node clean$'
is "calls and returns" "$(calls_of target:stuck) $(returns_of target:stuck/1)" '20 0'
at_most "the whole run, ms" "$TOOK_MS" 3000
clean
ask 'target:stop()' > /dev/null

part "processes killed inside a traced call"
ask 'target:every(20, 1, fun() -> P = spawn(fun() -> put(list_to_atom("$workload"), x), target:stuck(victim) end), timer:sleep(2), exit(P, kill) end)' > /dev/null
tap "$NODE" 'target:stuck(_) -> return' -c 300 --grace 300ms --rate none
closing 300 -c
is "calls" "$(calls_of target:stuck)" 300
# OTP 25 tells of some of them as exit:killed, later ones of none.
open=$(sed -n 's/.*, \([0-9]*\) still open.*/\1/p' <<< "$ERR")
is "ends that were told, and open calls" $(( $(returns_of target:stuck/1) + ${open:-0} )) 300
unlike "ends" "$OUT" 'target:stuck/1 -->'
clean
ask 'target:stop()' > /dev/null

part "exceptions through several traced frames"
ask 'target:every(2, 5, fun() -> [catch target:through(9, Why) || Why <- [error, exit, throw, badmatch, ok]] end)' > /dev/null
tap "$NODE" 'target:through(N, Why) -> return' 'target:fails/1 -> return' -c 550 --rate none
closing 550 -c
is "every call has its end" "$(returns_of 'target:(through/2|fails/1)')" 550
unlike "closing" "$ERR" 'open'
# An exception ends the frames of its process from the innermost outwards, each with the same reason.
is "what ended otherwise than its callee" "$(awk '
    $3 ~ /^target:(through|fails)\(/ { depth[$2]++; next }
    $4 == "**" || $4 == "-->" {
        if (depth[$2] > 0 && last[$2] && $4 == "**" && last[$2] != $5) print
        if (--depth[$2] < 0) print "not open: " $0
        last[$2] = $4 == "**" && depth[$2] > 0 ? $5 : "" }' <<< "$OUT")" ''
for why in error:badarg 'exit:\{shutdown,on_purpose\}' 'throw:\{not_found,42\}' 'error:\{badmatch,\{error,enoent\}\}'; do
    like "through the outermost" "$OUT" "$LINE target:through/2 \*\* $why$TOOK"
done
clean
ask 'target:stop()' > /dev/null

part "100,000 calls deep"
tap_start "$NODE" 'target:deep(N) -> return' -c none -t 1h --rate none
wait_armed
is "its value" "$(ask '[target:deep(3) || _ <- lists:seq(1, 500)], timer:sleep(200), target:deep(100000)')" 100000
sleep 0.5
kill -INT "$TAP_PID"
tap_end 10
ends 0
like "closing" "$(tail -n 1 <<< "$ERR")" '\(interrupted\).* 0 lost.*node clean$'
at_least "calls" "$(calls_of target:deep)" 150
printf '   %s calls, %s returns; %s\n' "$(calls_of target:deep)" "$(returns_of target:deep/1)" "$(tail -n 2 <<< "$ERR" | tr '\n' ' ')"
clean
tap_start "$NODE" 'target:deep(N) -> return' -c none -t 1h --rate none
wait_armed
ask 'target:every(1, 1, fun() -> target:deep(100000) end)' > /dev/null
sleep 0.3
killed_is_clean_within 5500
ask 'target:stop()' > /dev/null

if [ "${BT_LONG:-0}" != 0 ]; then
    part "an argument and a return value of 100 MB"
    ask 'target:server(stock, 100), target:every(1, 20, fun() -> target:ask(stock) end)' > /dev/null
    mark
    tap "$NODE" 'target:handle_call/3' -c 20 -t 30s
    closing 20 -c
    count_is "the argument is said" 1 '^beamtap: target:handle_call/3: argument 3 is [0-9.]+ MB, no longer copied' "$ERR"
    clean
    tap "$NODE" 'target:handle_call(R, _, _) -> return' -c 20 -t 30s
    closing 20 -c
    count_is "the value is said" 1 '^beamtap: target:handle_call/3: its return value is [0-9.]+ MB, no longer copied' "$ERR"
    clean
    # Both at once, and their copies, may be more than the tracer's heap may hold: the VM ends it.
    tap "$NODE" 'target:handle_call/3 -> return' -c 20 -t 30s
    case $STATUS in
        4) like "message" "$ERR" '^beamtap: the tracer process on .* was ended, by somebody or by the VM for its memory' ;;
        *) closing 20 -c ;;
    esac
    printf '   exit status with both at once: %s\n' "$STATUS"
    clean
    part "an argument of 100 MB: kill -9 while it is copied"
    for ms in 0 50 100 200 400; do
        tap_start "$NODE" 'target:handle_call/3' -c none -t 1h
        wait_armed
        sleep "0.$(printf %03d $ms)"
        killed_is_clean_within 5500
    done
fi
finish
