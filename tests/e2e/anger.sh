#!/bin/bash
# anger.sh RELEASE - the examples of "Erlang in Anger", chapter "Tracing", as one script (anger.btap): each of them shows what the
# book says it shows.
set -u
. "$(dirname "$0")/../support/node.sh"
. "$(dirname "$0")/../support/check.sh"
need_beamtap
otp=${1:-25}
script=$(cd "$(dirname "$0")" && pwd)/anger.btap
start_node "$otp" anger
# A gproc with one name, and processes that do what the examples want to see.
ask '
    W = {attribute, 1, module, gproc},
    F = {function, 1, whereis_name, 1, [{clause, 1, [{atom, 1, some_name}], [],
         [{call, 1, {atom, 1, whereis}, [{atom, 1, the_server}]}]}]},
    {ok, gproc, Beam} = compile:forms([W, {attribute, 1, export, [{whereis_name, 1}]}, F]),
    {module, gproc} = code:load_binary(gproc, "gproc", Beam),
    [{module, _} = code:ensure_loaded(M) || M <- [dict, queue]],
    target:server(the_server, 1)' > /dev/null
pid=$(ask 'hd(target:every(1, 2, fun() ->
    Q = queue:in(7, queue:in(3, queue:new())), queue:split(1, Q) end))' | tr -d '\n')
mark
ask "target:every(1, 5, fun() ->
    lists:seq(1, 3), lists:seq(1, 9, 2), erlang:iolist_to_binary(<<\"bin\">>), erlang:iolist_to_binary([\"list\"]),
    queue:in(a, queue:new()), target:ask(the_server),
    spawn(fun() -> put('\$workload', new), lists:filter(fun(X) -> X > 1 end, [1, 2, 3]),
                   dict:filter(fun(_, _) -> true end, dict:new()) end) end)" > /dev/null

values=(--set "NODE=$NODE" --set "Pid=$pid" --set Mod=target --set Name=some_name --set Fun=ask --set 'TSpec={queue, in, 2}'
        --set 'Max={10, 100}' --set 'Opts=[{scope, local}]')

part "the script, checked without a node"
tap run --check "$script" "${values[@]}"
ends 0
like "says so" "$ERR" '^beamtap: .*anger.btap: 16 sessions, nothing wrong$'
tap run --check "$script" "${values[@]:2}"
refused 2 "anger.btap:[0-9]+:[0-9]+: 'NODE' has no value"

part "all of it"
mkdir "$BT_TMP/shown"
tap run "$script" "${values[@]}" -o "$BT_TMP/shown/%i"
ends 0
count_is "sessions that ended with a clean node" 15 '^beamtap: stopped: .*; node clean$' "$ERR"
like "and the clear" "$ERR" 'nothing is traced$'

# shows N LEAST WHAT REGEX: the session number N has LEAST lines at least, and all of them match
shows() {
    local lines; lines=$(cat "$BT_TMP/shown/$1")
    at_least "session $1, $3" "$(count_of "$TIME" "$lines")" "$2"
    is "session $1, lines that are not $3" "$(grep -vE "$LINE $4" <<< "$lines")" ''
}
shows 1 10 "calls of queue" 'queue:[a-z]+\('
shows 2 20 "lists:seq(A, B)" 'lists:seq\([0-9]+, [0-9]+\)$'
shows 3 20 "lists:seq(A, B)" 'lists:seq\([0-9]+, [0-9]+\)$'
shows 4 20 "lists:seq(A, B, 2)" 'lists:seq\(1, 9, 2\)$'
shows 5 10 "binaries" 'iolist_to_binary\(<<"bin">>\)$|erlang:iolist_to_binary\(<<.*>>\)$'
shows 6 50 "queue in one process" 'queue:[a-z]+\('
is "session 6: its processes" "$(grep -oE "$PID" "$BT_TMP/shown/6" | sort -u)" "$pid"
shows 7 5 "arities" 'queue:in/2$'
shows 8 10 "filter in new processes" '(lists|dict):filter\('
like "session 8: lists" "$(cat "$BT_TMP/shown/8")" 'lists:filter'
like "session 8: dict" "$(cat "$BT_TMP/shown/8")" 'dict:filter'
shows 9 1 "handle_call of the registered process" 'target:handle_call\(\{item, *1\}, '
for i in 10 11; do
    shows $i 2 "calls and results" 'target:ask(\(the_server\)$|/1 --> \{ok,1\}  )'
    like "session $i: results" "$(cat "$BT_TMP/shown/$i")" 'target:ask/1 --> '
done
shows 12 1 "queue:new()" 'queue:new\(\)$'
is "session 12: one line" "$(wc -l < "$BT_TMP/shown/12")" 1
shows 13 1 "queue:in(...)" 'queue:in\('
shows 14 6 "queue:in with its results" 'queue:in(\(|/2 --> )'
shows 15 10 "two arguments, the first a list or above 1" 'queue:in(\([37], |/2 --> )'
clean
finish
