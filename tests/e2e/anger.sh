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
tap run "$script" "${values[@]}"
ends 0
echo "$OUT" | head -300
echo "$ERR"
clean
finish
