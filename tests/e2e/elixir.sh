#!/bin/bash
# elixir.sh RELEASE - a node that runs Elixir code, traced with specs in Elixir notation.
set -u
. "$(dirname "$0")/../support/node.sh"
. "$(dirname "$0")/../support/check.sh"
need_beamtap
otp=${1:-25}
elixir_of "$otp"
start_node "$otp" elixir -pa "$ELIXIR_EBIN"
ask '[code:ensure_loaded(list_to_atom("Elixir." ++ M)) || M <- ["Enum", "Map", "URI", "String"]], application:ensure_all_started(elixir)' > /dev/null
cart='list_to_atom("Elixir.Cart")'
ask "target:every(1, 10, fun() ->
    target:pair(#{'__struct__' => $cart, id => 7, items => [<<\"tea\">>]}, [{size, 3}]),
    target:pair(#{id => 2}, nil),
    apply(list_to_atom(\"Elixir.Map\"), get, [#{a => 1}, a]),
    apply(list_to_atom(\"Elixir.Enum\"), 'member?', [[1, 2], 2]) end)" > /dev/null
mark
EX="^$TIME #PID$PID"            # how a line of Elixir begins

part "modules and functions"
tap "$NODE" 'Map.get(_, key)' -c 3 -t 10s
closing 3 -c
count_is "calls" 3 "$EX Map\\.get\\(_, :a\\)$" "$OUT"
tap "$NODE" 'Enum.member?(_, x) when x in 1..3 -> return' -c 3 -t 10s
closing 3 -c
count_is "calls" 3 "$EX Enum\\.member\\?\\(_, 2\\)$" "$OUT"
count_is "returns" 3 "$EX Enum\\.member\\?/2 --> true" "$OUT"
tap "$NODE" 'Map.g*' --dry-run
ends 0
like "functions" "$ERR$OUT" "'Elixir.Map':get/2"
clean

part "patterns and guards"
tap "$NODE" ':target.pair(%Cart{id: id, items: [item]}, [size: n]) when id > 3 and n <= 3' -c 2 -t 10s --syntax erlang
closing 2 -c
count_is "a struct, a string, keywords" 2 "$LINE target:pair\\(#\\{'__struct__' (:=|=>) 'Elixir.Cart',id (:=|=>) 7,items (:=|=>) \\[<<\"tea\">>\\]\\}, \\[\\{size,3\\}\\]\\)$" "$OUT"
tap "$NODE" ':target.pair(%Cart{id: id, items: [item]}, [size: n]) -> return' -c 2 -t 10s
count_is "the same in Elixir" 2 "$EX :target\\.pair\\(%Cart\\{id: 7, items: \\[\"tea\"\\]\\}, \\[size: 3\\]\\)$" "$OUT"
count_is "and what it returns" 2 "$EX :target\\.pair/2 --> \\{%Cart\\{" "$OUT"
tap "$NODE" ':target.pair(%{id: id}, x) when is_nil(x) and not is_struct(id)' -c 2 -t 10s --syntax erlang
closing 2 -c
count_is "nil" 2 "$LINE target:pair\\(#\\{id (:=|=>) 2\\}, nil\\)$" "$OUT"
tap "$NODE" '{:target, :pair, fn [%{id: 7}, _] -> return_trace() end}' -c 2 -t 10s --syntax erlang
closing 2 -c
count_is "returns of a fn" 2 "$LINE target:pair/2 --> " "$OUT"
clean

part "mistakes"
tap "$NODE" 'Mapp.get/2'
refused 2 "did you mean '?Elixir.Map"
tap "$NODE" 'Map.gett/2'
refused 2 'did you mean get/2'
tap "$NODE" 'Map.get(m, ^k)'
refused 2 "'\\^' cannot stand here"
tap "$NODE" 'Enum.*' --max-functions 5
refused 6 'max-functions'
clean
finish
