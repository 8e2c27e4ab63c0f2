#!/bin/bash
# outcome_replay.sh RELEASE - --exceptions, --slower and --returns on a capture: the same calls as live, where the node's own match
# specifications decide.
set -u
. "$(dirname "$0")/../support/node.sh"
. "$(dirname "$0")/../support/check.sh"
need_beamtap
otp=${1:-25}; shift
start_node "$otp" outrep "$@"
all=$BT_TMP/all.btc

# Values of every kind, given back by target:id/1 one by one. They are the same in each run.
values='[ok, error, true, [], [1], [1, 2, 3], "abc", [a | b], {}, {ok, 1}, {ok, 1.0}, {ok, -7}, {ok, [x]}, {ok, ok}, {ok, <<"bin">>},
    {error, enoent}, {error, {a, b}}, {error, {a, [b]}}, <<>>, <<"bin">>, <<"longer binary">>, <<5:3>>, #{}, #{a => 1}, #{a => 1.0, b => 2},
    #{k => #{a => {x}}}, 0, 1, 1.0, -1, 1.5, 100, 1 bsl 70, -(1 bsl 70), 1.0e100, fun lists:map/2,
    list_to_pid("<0.0.0>"), init, {1, {2, {3, [4, 5 | 6]}}}, lists:seq(250, 260), "größe", [<<"a">>, b, 3.0],
    maps:from_list([{I, I * I} || I <- lists:seq(1, 40)])]'
patterns=(
    '{ok, _}'
    '{ok, X} when X > 0'
    '{ok, X} when X == 1'
    '{ok, X} when X =:= 1; X =:= ok'
    'R = {error, {a, _}} when element(1, R) =:= error'
    'X when is_number(X), X >= 1, X < 1.0e50'
    'X when is_list(X), length(X) > 2'
    '[H | T] when H =:= 1, T =/= []'
    'X when is_map(X), map_size(X) > 0, map_get(a, X) == 1'
    '#{k := #{a := {Y}}} when Y =:= x'
    'X when is_binary(X), size(X) > 3 orelse X =:= <<>>'
    '"ab" ++ T when hd(T) =:= $c'
    'X when is_function(X); is_pid(X); is_atom(X) andalso X > false'
    'X when abs(X) rem 3 =:= 1'
    'X when X band 1 =:= 1, round(X / 2) > 0'
    '{X, {Y, _}} when X + Y =:= 3'
    'X when not is_tuple(X), X > {ok}'
)
run_values="[begin target:id(V), receive after 3 -> ok end end || V <- $values], done"
shown() { grep -E 'target:id/1 (-->|\*\*) ' <<< "$OUT" | sed -E 's/^.*target:id\/1 //; s/  [0-9.]+[a-z]+$//' | sort; }
n_values=$(ask "length($values)")

mark
part "a capture of everything"
tap_start "$NODE" 'target:id(X) -> return' -c "$n_values" -t 20s --rate none -w "$all"
wait_armed
ask "$run_values" > /dev/null
tap_end
closing "$n_values" -c
TAP_CMD=''

part "live and from the capture: the same values"
n=0
for p in "${patterns[@]}"; do
    tap_start "$NODE" 'target:id(X)' -c none -t 20s --rate none --scan-rate none --returns "$p"
    wait_armed
    ask "$run_values" > /dev/null
    kill -INT "$TAP_PID"
    tap_end
    live=$(shown)
    is "values examined" "$(sed -nE 's/.*; ([0-9]+) examined.*/\1/p' <<< "$ERR")" "$n_values"
    tap replay "$all" --returns "$p"
    ends 0
    is "--returns '$p'" "$(shown)" "$live"
    n=$((n + $(grep -c . <<< "$live")))
done
at_least "values shown by all patterns" "$n" 40
clean

part "--exceptions and --slower"
ask 'target:every(1, 20, fun() -> [catch target:fails(R) || R <- [ok, error, exit, throw, badmatch]], target:climb(2, 10) end)' > /dev/null
rm -f "$BT_TMP/mix.btc"
tap "$NODE" 'target:fails(R) -> return' 'target:climb(N, _) -> return' --rate none -c 60 -w "$BT_TMP/mix.btc"
whole=$OUT
tap replay "$BT_TMP/mix.btc" --exceptions
ends 0
is "exceptions" "$(grep -E ' \*\* ' <<< "$OUT")" "$(grep -E ' \*\* ' <<< "$whole")"
unlike "returns" "$OUT" ' --> '
is "their calls" "$(calls_of target:fails)" "$(returns_of target:fails/1)"
like "closing line" "$ERR" '^beamtap: replayed: [0-9]+ events \([0-9]+ calls examined, [0-9]+ filtered(, [0-9]+ without a return)?\) of '
tap replay "$BT_TMP/mix.btc" --slower 5ms -c 3
ends 0
is "slow calls" "$(returns_of 'target:climb/2') $(calls_of 'target:climb')" '3 3'
tap replay "$BT_TMP/mix.btc" --slower 5ms --exceptions --fail-empty
ends 1
tap replay "$BT_TMP/mix.btc" --returns 'X when X =:= self()'
refused 2 '--returns: only a node can tell self/0, not a file'
tap replay "$BT_TMP/mix.btc" --returns 'X when'
refused 2 '--returns:1:'
ask 'target:stop()' > /dev/null
clean
finish
