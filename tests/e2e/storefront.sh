#!/bin/bash
# storefront.sh RELEASE - examples/storefront.ex, compiled by the release's own Elixir and traced with specs in Elixir notation:
# what a controller gets and raises, what is asked of the database, by which process.
set -u
. "$(dirname "$0")/../support/node.sh"
. "$(dirname "$0")/../support/check.sh"
need_beamtap
otp=${1:-25}
elixir_of "$otp"
compile_elixir_for "$otp" "$BT_SUPPORT/../../examples/storefront.ex"
start_node "$otp" front -pa "$ELIXIR_EBIN"
ask 'application:ensure_all_started(elixir)' > /dev/null
ask "{ok, S} = 'Elixir.Storefront':start(), persistent_term:put(storefront, S)" > /dev/null
mark
EX="^$TIME #PID$PID"            # how a line of Elixir begins

part "a controller"
tap "$NODE" 'StorefrontWeb.OrderController.show(_, %{"id" => id}) -> return' -c 3 -t 10s
closing 3 -c
count_is "calls" 3 "$EX StorefrontWeb\\.OrderController\\.show\\(_, %\\{\"id\" => \"1[0-9]{2}\"\\}\\)$" "$OUT"
like "returns" "$OUT" "$EX StorefrontWeb\\.OrderController\\.show/2 (--> %Plug\\.Conn\\{.*resp_body: %Storefront\\.Order\\{.*id: 1|\\*\\* )"
tap "$NODE" 'StorefrontWeb.OrderController.show(_, %{"id" => id}) when binary_part(id, 2, 1) == "0" -> return' -c 1 -t 10s
closing 1 -c
count_is "what it raises" 1 "$EX StorefrontWeb\\.OrderController\\.show/2 \\*\\* :?error:%Storefront\\.NotFound\\{.*id: 1[0-9]0.*\\}$TOOK" "$OUT"

part "the database"
tap "$NODE" 'Ecto.Adapters.Postgres.Connection.prepare_execute(_, _, sql, [id], _) when id > 4900 -> time' -c 2 -t 10s
closing 2 -c
count_is "statements" 2 "$EX Ecto\\.Adapters\\.Postgres\\.Connection\\.prepare_execute\\(_, _, \"SELECT [^\"]*\", \\[[0-9]+\\], _\\)$" "$OUT"
count_is "durations" 2 "$EX Ecto\\.Adapters\\.Postgres\\.Connection\\.prepare_execute/5 took +[0-9.]+ms$" "$OUT"
tap "$NODE" -p Elixir.Storefront.Report 'Ecto.Adapters.Postgres.Connection.prepare_execute(_, _, sql, _, _)' -c 2 -t 10s
closing 2 -c
count_is "those of one process" 2 'prepare_execute\(_, _, "SELECT sum\(total\) FROM orders", _, _\)$' "$OUT"

part "structs"
tap "$NODE" 'Storefront.Repo.get!(Storefront.Order, _) -> return' -c 2 -t 10s --names
closing 2 -c
like "what is returned" "$OUT" 'Storefront\.Repo\.get!/2 (--> %Storefront\.Order\{|\*\*)'
tap "$NODE" 'StorefrontWeb.OrderController.index(%Plug.Conn{request_path: path}, _) -> caller' -c 2 -t 10s
closing 2 -c
count_is "a struct in the head" 2 "index\\(%Plug\\.Conn\\{request_path: \"/orders\"\\}, _\\) <- Storefront\\." "$OUT"

# Requests come and go; without them nothing may be new.
ask 'exit(persistent_term:get(storefront), shutdown), timer:sleep(100), persistent_term:erase(storefront)' > /dev/null
clean
finish
