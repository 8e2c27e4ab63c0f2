%% shop - a small order shop to try beamtap on: some customers put things into a cart and pay, all day.
%%
%%   shop:start()     starts everything; the node then does about 20 orders a second and looks up some 100,000 prices
%%
%% What is worth a look (see examples/demo.sh):
%%   prices:lookup/2      called all the time
%%   payments:charge/2    fails for some orders
%%   warehouse:reserve/2  slow, now and then
%%   cart:handle_call/3   a server with several MB of state
-module(shop).
-export([start/0, customer/1, order/2]).

-define(CUSTOMERS, 10).
-define(ARTICLES, 2000).

start() ->
    {ok, _} = cart:start_link(20000),
    Prices = prices:new(?ARTICLES),
    [spawn_link(?MODULE, customer, [Prices]) || _ <- lists:seq(1, ?CUSTOMERS)],
    spawn_link(fun() -> browse(Prices) end),
    ok.

%% Orders something every half second.
customer(Prices) ->
    _ = ?MODULE:order(cart:next_id(), Prices),
    receive after 400 + rand:uniform(200) -> customer(Prices) end.

order(Id, Prices) ->
    Articles = [any_article() || _ <- lists:seq(1, rand:uniform(4))],
    ok = cart:put(Id, Articles),
    Total = lists:sum([prices:lookup(A, Prices) || A <- Articles]),
    ok = warehouse:reserve(Id, Articles),
    Paid = try payments:charge({order, Id, Total}, card(Id))
           catch error:{declined, Why} -> {not_paid, Why}
           end,
    ok = cart:close(Id),
    Paid.

any_article() -> prices:article(rand:uniform(?ARTICLES)).

card(Id) -> {card, "4929-0000-0000-" ++ integer_to_list(1000 + Id rem 9000)}.

%% People who only look: they ask for prices without end, in bursts.
browse(Prices) ->
    _ = [prices:lookup(any_article(), Prices) || _ <- lists:seq(1, 1000)],
    receive after 10 -> browse(Prices) end.
