%% payments - charges a card, or not: orders that cost too much are declined, and some cards have no good number.
-module(payments).
-export([charge/2]).

charge({order, _Id, Total}, _Card) when Total > 3000 ->
    error({declined, {over_limit, Total}});
charge({order, Id, Total}, {card, Number}) ->
    case lists:last(Number) of
        $7 -> error({declined, bad_card});
        _ -> {paid, Id, Total}
    end.
