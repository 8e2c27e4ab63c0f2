%% warehouse - reserves articles; every tenth order has to wait for it.
-module(warehouse).
-export([reserve/2]).

reserve(Id, Articles) when Id rem 10 =:= 0 ->
    receive after 120 + 10 * length(Articles) -> ok end;
reserve(_Id, _Articles) ->
    ok.
