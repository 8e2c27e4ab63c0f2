%% orders - what records.sh traces: functions that take and give records.
-module(orders).
-export([new/2, take/2, total/1, note/1]).

-record(item, {name, price = 0 :: integer(), tags = [] :: [atom()]}).
-record(order, {id :: integer() | undefined,
                state = open :: open | paid,
                items = [] :: [#item{}],
                'max items' = 5 * 2,
                made = erlang:unique_integer()}).

new(Id, Price) ->
    #order{id = Id, items = [#item{name = "book", price = Price}]}.

take(Order = #order{items = [Item | Rest]}, What) ->
    {Item#item{tags = [What]}, Order#order{items = Rest, state = paid}}.

total(#order{items = Items}) -> lists:sum([I#item.price || I <- Items]).

note(X) -> X.
