%% cart - all carts in one server, with a state of several MB: what was bought before is kept.
-module(cart).
-behaviour(gen_server).
-export([start_link/1, next_id/0, put/2, close/1]).
-export([init/1, handle_call/3, handle_cast/2]).

start_link(Sold) -> gen_server:start_link({local, ?MODULE}, ?MODULE, Sold, []).

next_id() -> gen_server:call(?MODULE, next_id).
put(Id, Articles) -> gen_server:call(?MODULE, {put, Id, Articles}).
close(Id) -> gen_server:call(?MODULE, {close, Id}).

init(Sold) ->
    {ok, #{next => 1, open => #{}, sold => [{-I, lists:seq(I, I + 10)} || I <- lists:seq(1, Sold)]}}.

handle_call(next_id, _From, #{next := N} = State) ->
    {reply, N, State#{next := N + 1}};
handle_call({put, Id, Articles}, _From, #{open := Open} = State) ->
    {reply, ok, State#{open := Open#{Id => Articles}}};
handle_call({close, Id}, _From, #{open := Open, sold := Sold} = State) ->
    #{Id := Articles} = Open,
    {reply, ok, State#{open := maps:remove(Id, Open), sold := [{Id, Articles} | lists:droplast(Sold)]}}.

handle_cast(_, State) -> {noreply, State}.
