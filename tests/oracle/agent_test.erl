%% agent_test.erl - the functions of src/agent/beamtap_agent.erl that decide something, without a trace. See agent_test.sh.
-module(agent_test).
-export([main/1]).

-include("agent.hrl").
-define(A, agent_under_test).

main([Beamtap, BucketScript, Dir]) ->
    put(beamtap, Beamtap),
    put(bucket_script, BucketScript),
    put(dir, Dir),
    rand:seed(exsss, {1, 2, 3}),
    Tests = [{bucket_as_in_c, fun bucket_as_in_c/0}, {burst, fun burst/0}, {wait_for, fun wait_for/0},
             {room, fun room/0}, {deep, fun deep/0},
             {skipped_arguments, fun skipped_arguments/0}, {skipped_in_a_whole_list, fun skipped_in_a_whole_list/0},
             {without_returns, fun without_returns/0}, {cut_named, fun cut_named/0}, {cut_whole, fun cut_whole/0},
             {cut_outcomes, fun cut_outcomes/0}, {harm, fun harm/0}],
    Failed = [Name || {Name, F} <- Tests, not passes(Name, F)],
    io:format("~b tests, ~b failed~n", [length(Tests), length(Failed)]),
    halt(case Failed of [] -> 0; _ -> 1 end).

passes(Name, F) ->
    try F() of
        _ -> true
    catch
        Class:Reason:Stack ->
            io:format("FAILED ~p: ~p:~p~n  ~p~n", [Name, Class, Reason, hd(Stack)]),
            false
    end.

%% ---- token bucket ------------------------------------------------------------------------------------------------

tracer(none, Burst, _) ->
    #tracer{rate = none, burst = Burst, hot = cold, max = 1024};
tracer(Rate, Burst, Now) ->
    #tracer{rate = Rate, burst = Burst, hot = cold, max = 1024, tokens = ?A:full(Rate, Burst), filled_us = Now}.

%% One token at this time, if there is one.
take(T, Now) ->
    put(now_us, Now),
    T1 = ?A:refill(T),
    case ?A:tokens(T1) >= 1 of
        true -> {$1, T1#tracer{tokens = ?A:spend(T1, 1)}};
        false -> {$0, T1}
    end.

%% The same scripts of times through src/limit/bucket.c and through the agent.
bucket_as_in_c() ->
    Scripts = [{{3, 7000}, 10, 0, lists:seq(0, 100000, 500)},
               {{100, 1000000}, 10, -576460751000000, [-576460751000000 + T || T <- lists:seq(0, 3000000, 3001)]},
               {{1, 86400000000}, 1, 0, lists:seq(0, 200000000000, 500000000)},
               {{10000, 1000000}, 1000, 0, lists:duplicate(2000, 0) ++ lists:duplicate(2000, 50000)},
               {{1000000000, 1000}, 2, 0, [0, 0, 0, 1, 1, 1, 2]},
               {none, 1, 0, [0, 0, 0, 5]}
               | [random_script() || _ <- lists:seq(1, 200)]],
    File = filename:join(get(dir), "script"),
    ok = file:write_file(File, [script(S) || S <- Scripts]),
    InC = os:cmd("'" ++ get(bucket_script) ++ "' <'" ++ File ++ "'"),
    Here = lists:append([run(S) || S <- Scripts]),
    true = length(Here) > 20000,
    true = lists:member($0, Here) andalso lists:member($1, Here),
    Here = InC.

random_script() ->
    N = rand:uniform(50), Interval = rand:uniform(5000), Start = rand:uniform(1000000) - 500000,
    Longest = 3 * Interval div N + 2,
    {Times, _} = lists:mapfoldl(fun(_, T) -> {T, T + rand:uniform(Longest) - 1} end, Start, lists:seq(1, 100)),
    {{N, Interval}, rand:uniform(20), Start, Times}.

script({Rate, Burst, Start, Times}) ->
    {N, Interval} = case Rate of none -> {-1, 1000000}; _ -> Rate end,
    [io_lib:format("rate ~b ~b ~b ~b~n", [N, Interval, Burst, Start]) | [io_lib:format("take ~b~n", [T]) || T <- Times]].

run({Rate, Burst, Start, Times}) ->
    {Taken, _} = lists:mapfoldl(fun(Now, T) -> take(T, Now) end, tracer(Rate, Burst, Start), Times),
    Taken.

%% How many at once: while patterns are not taken off no more than the user allows, else a tenth of a second's worth.
burst() ->
    [Wanted = ?A:burst((tracer(Rate, Burst, 0))#tracer{hot = Hot})
     || {Rate, Burst, Hot, Wanted} <- [{none, 5, cold, 1}, {none, 5, off, 1},
                                       {{100, 1000000}, 10, cold, 10}, {{100, 1000000}, 1, cold, 1},
                                       {{100, 1000000}, 50, cold, 10}, {{100, 1000000}, 1, off, 10},
                                       {{100, 1000000}, 1, on, 10}, {{1, 1000000}, 1, off, 1}, {{1, 1000000}, 1, cold, 1},
                                       {{10, 100000}, 5, cold, 5}, {{10, 100000}, 5, asked, 10}]],
    %% the bucket grows with it, and never beyond
    put(now_us, 10000000),
    [Wanted = ?A:tokens(?A:refill((tracer({100, 1000000}, Burst, 0))#tracer{hot = Hot}))
     || {Burst, Hot, Wanted} <- [{1, cold, 1}, {1, off, 10}, {50, cold, 50}, {50, off, 50}]].

%% After that many ms there are as many tokens as were wanted, and not one ms before.
wait_for() ->
    20 = ?A:wait_for(tracer(none, 1, 0), 7),
    [begin
         T = (tracer({N, Interval}, 100, 0))#tracer{tokens = rand:uniform(Interval) - 1},
         Wanted = rand:uniform(100),
         Ms = ?A:wait_for(T, Wanted),
         put(now_us, Ms * 1000),
         true = ?A:tokens(?A:refill(T)) >= Wanted,
         put(now_us, (Ms - 1) * 1000),
         true = Ms =:= 1 orelse ?A:tokens(?A:refill(T)) < Wanted
     end || _ <- lists:seq(1, 1000), N <- [rand:uniform(1000)], Interval <- [1000 * rand:uniform(10000)]],
    1 = ?A:wait_for((tracer({1, 1000}, 5, 0))#tracer{tokens = 5000}, 1). % never 0: that would be a busy loop

%% The window: one call until one and its return were weighed, then it doubles as far as calls and bytes allow.
room() ->
    T = #tracer{max = 1024, max_bytes = 1000000, mute = [5]},
    [Wanted = ?A:room(T#tracer{room = Room}, Weighed, Bytes, [])
     || {Room, Weighed, Bytes, Wanted} <- [{1, false, 1, 1}, {512, false, 1, 1}, {1, true, 1, 2}, {2, true, 100, 4},
                                           {512, true, 1, 1024}, {1024, true, 1, 1024}, {512, true, 10000, 100},
                                           {1, true, 1000000, 1}, {1, true, 9000000, 1}, {8, true, 0, 16}]],
    %% calls that have no return take nobody's place, and not without end
    Call = fun(Id) -> {trace_ts, self(), call, {m, f, 1}, {Id}, {1, 1}} end,
    [Wanted = ?A:room(T, false, 1, [Call(Id) || Id <- Ids])
     || {Ids, Wanted} <- [{[0], 1}, {[5], 2}, {[0, 5, 1], 2}, {[5, 5, 5], 4}, {lists:duplicate(50, 5), 4}]].

told() ->
    receive Msg -> [Msg | told()] after 0 -> [] end.

%% The 100th open call of one function in one process is told, once; returns bring it down again.
deep() ->
    F = {m, f, 1}, S = {1, 1},
    Call = fun(Id) -> {trace_ts, self(), call, F, {Id}, S} end,
    Return = {trace_ts, self(), return_from, F, ok, S},
    Batch = fun(Acc, T) ->
                    Calls = length([x || {_, _, call, _, _, _} <- Acc]),
                    ?A:deep(T, length(Acc), Calls, Acc)
            end,
    T0 = #tracer{guard = self(), returning = [0], mute = [1], open = 0, deep = off},
    Rounds = fun(N, Acc) -> lists:foldl(fun(_, T) -> Batch(Acc, T) end, T0, lists:seq(1, N)) end,
    Rounds(1000, [Call(0), Return]),
    Rounds(1000, [Call(1)]), % a clause without a return
    [] = told(),
    Rounds(300, [Call(0)]),
    [{no_return, F}] = told(),
    Rounds(100, lists:duplicate(64, Call(0))),
    [{no_return, F}] = told(),
    %% other processes are counted apart
    Others = [spawn(fun() -> ok end) || _ <- lists:seq(1, 1000)],
    lists:foldl(fun(P, T) -> Batch([{trace_ts, P, call, F, {0}, S}], T) end, T0, Others),
    [] = told().

%% ---- match specifications, rewritten -------------------------------------------------------------------------------

%% What beamtap would install for a spec.
installed(Spec) ->
    Text = os:cmd("'" ++ get(beamtap) ++ "' compile --installed \"" ++ Spec ++ "\""),
    {ok, Tokens, _} = erl_scan:string(Text),
    {ok, {_, MS, _}} = erl_parse:parse_term(Tokens),
    true = is_list(MS),
    MS.

%% The message and the flags of a call with the gate open, as the VM makes them. (It does not count down here.)
call(Args, MS) ->
    erlang:system_flag(trace_control_word, 10),
    {ok, Message, Flags, Warnings} = erlang:match_spec_test(Args, MS, trace),
    erlang:system_flag(trace_control_word, 0),
    [] = [W || {error, _} = W <- Warnings],
    {Message, Flags}.

skip(MS, Id, K, Arity) ->
    [?A:skip_arg(C, Id, K, Arity) || C <- MS].

skipped_arguments() ->
    MS = installed("m:f({X, _}, Y, [Z | _])"),
    Args = [{1, 2}, {a, b}, [3, 4]],
    {{0, 1, {a, b}, 3}, []} = call(Args, MS),
    {{0, '$beamtap_skip', {a, b}, 3}, []} = call(Args, skip(MS, 0, 1, 3)),
    {{0, 1, '$beamtap_skip', 3}, []} = call(Args, skip(MS, 0, 2, 3)),
    {{0, 1, '$beamtap_skip', '$beamtap_skip'}, []} = call(Args, skip(skip(MS, 0, 3, 3), 0, 2, 3)),
    MS = skip(MS, 1, 1, 3), % that is another clause's
    %% each clause by itself; the caller behind stays
    Two = installed("m:f(X, Y) when X > 1; Y > 1 -> return, time"),
    {{0, 2, 2}, Flags} = call([2, 2], Two),
    {{1, 1, 2}, Flags} = call([1, 2], Two),
    Changed = skip(Two, 1, 2, 2),
    {{0, 2, 2}, Flags} = call([2, 2], Changed),
    {{1, 1, '$beamtap_skip'}, Flags} = call([1, 2], Changed),
    {{0, 1, Caller}, _} = call([1], installed("m:f(X) -> time")),
    {{0, '$beamtap_skip', Caller}, _} = call([1], skip(installed("m:f(X) -> time"), 0, 1, 1)),
    %% what is skipped is not taken out of the term at all
    {{0, '$beamtap_skip'}, _} = call([{x, y}], skip(installed("m:f({_, X})"), 0, 1, 1)).

skipped_in_a_whole_list() ->
    MS = installed("m:f -> return"),
    {{0, [a, {b}, "c"]}, Flags} = call([a, {b}, "c"], MS),
    {{0, ['$beamtap_skip', {b}, "c"]}, Flags} = call([a, {b}, "c"], skip(MS, 0, 1, 3)),
    {{0, [a, '$beamtap_skip', "c"]}, Flags} = call([a, {b}, "c"], skip(MS, 0, 2, 3)),
    {{0, [a, {b}, '$beamtap_skip']}, Flags} = call([a, {b}, "c"], skip(MS, 0, 3, 3)),
    {{0, ['$beamtap_skip', {b}, '$beamtap_skip']}, Flags} = call([a, {b}, "c"], skip(skip(MS, 0, 1, 3), 0, 3, 3)),
    {{0, ['$beamtap_skip']}, Flags} = call([a], skip(MS, 0, 1, 1)),
    {{0, ['$beamtap_skip', b], Caller}, []} = call([a, b], skip(installed("m:f -> time"), 0, 1, 2)),
    {{0, [a, b], Caller}, []} = call([a, b], installed("m:f -> time")),
    {hd, {tl, {tl, '$_'}}} = ?A:nth_arg(3, '$_'),
    %% the largest arity the VM knows
    Many = lists:seq(1, 255),
    {{0, Values}, Flags} = call(Many, skip(MS, 0, 255, 255)),
    Values = lists:seq(1, 254) ++ ['$beamtap_skip'].

without_returns() ->
    MS = installed("m:f(X) when X > 1; X < 0 -> return"),
    {{0, 2}, With} = call([2], MS),
    true = With =/= [],
    {{0, 2}, []} = call([2], ?A:no_returns(MS)),
    {{1, -1}, []} = call([-1], ?A:no_returns(MS)),
    [] = ?A:no_returns([]),
    Without = ?A:no_returns(MS),
    Without = ?A:no_returns(Without),
    [{'_', [], [{message, a}]}] = ?A:no_returns([{'_', [], [{return_trace}, {message, a}, {exception_trace}]}]),
    [{'_', [], [{'andalso', true, true}, {const, {exception_trace}}]}] =
        ?A:no_returns([{'_', [], [{'andalso', true, {exception_trace}}, {const, {exception_trace}}]}]),
    {{0, '$beamtap_skip'}, []} = call([2], skip(Without, 0, 1, 1)).

%% ---- big terms -------------------------------------------------------------------------------------------------------

cutter() ->
    #tracer{guard = self(), whole = [1], max_term = 1000}.

cut_named() ->
    Big = lists:seq(1, 1000), F = {m, f, 3},
    {{0, a, [b]}, #tracer{pause = false}} = ?A:cut_values(cutter(), F, {0, a, [b]}),
    {{0}, #tracer{pause = false}} = ?A:cut_values(cutter(), F, {0}),
    {{0, a, {'$beamtap_big', Bytes}, c}, #tracer{pause = true, learn = [{big_arg, F, 0, 2, Bytes}]}} = ?A:cut_values(cutter(), F, {0, a, Big, c}),
    Bytes = erts_debug:flat_size(Big) * erlang:system_info(wordsize),
    {{0, {'$beamtap_big', Bytes}, {'$beamtap_big', Bytes}},
     #tracer{learn = [{big_arg, F, 0, 2, Bytes}, {big_arg, F, 0, 1, Bytes}]}} = ?A:cut_values(cutter(), F, {0, Big, Big}),
    %% a big binary is small on the heap: what it is when it is sent counts
    Binary = binary:copy(<<"x">>, 100000),
    {{0, {'$beamtap_big', Sent}}, #tracer{learn = [{big_arg, F, 0, 1, Sent}]}} = ?A:cut_values(cutter(), F, {0, Binary}),
    true = Sent >= 100000,
    {{0, Binary}, #tracer{pause = false}} = ?A:cut_values((cutter())#tracer{max_term = Sent}, F, {0, Binary}).

cut_whole() ->
    Big = lists:seq(1, 1000), F = {m, f, 3},
    {{1, [a, b]}, #tracer{pause = false}} = ?A:cut_values(cutter(), F, {1, [a, b]}),
    {{1, []}, #tracer{pause = false}} = ?A:cut_values(cutter(), F, {1, []}),
    {{1, [a, {'$beamtap_big', _}, c]}, #tracer{pause = true, learn = [{big_arg, F, 1, 2, _}]}} =
        ?A:cut_values(cutter(), F, {1, [a, Big, c]}),
    %% the caller behind stays
    {{1, [{'$beamtap_big', _}], {x, y, 0}}, #tracer{learn = [{big_arg, F, 1, 1, _}]}} =
        ?A:cut_values(cutter(), F, {1, [Big], {x, y, 0}}),
    %% what the user's own message says counts on behind the arguments
    {{1, [a], {'$beamtap_big', _}}, #tracer{learn = [{big_arg, {m, f, 1}, 1, 2, _}]}} =
        ?A:cut_values(cutter(), {m, f, 1}, {1, [a], Big}),
    Own = installed("{m, f, fun([X]) -> X > 1 andalso message({X}), return_trace() end}"),
    {{0, [2], {2}}, _} = call([2], Own),
    {{0, [2], '$beamtap_skip'}, _} = call([2], skip(Own, 0, 2, 1)),
    {{0, ['$beamtap_skip'], {2}}, _} = call([2], skip(Own, 0, 1, 1)),
    {{0, [1]}, _} = call([1], skip(Own, 0, 2, 1)),
    {{0, [2], {2}}, []} = call([2], ?A:no_returns(Own)),
    %% small each, big together: they stay, it is one argument that costs
    Some = lists:seq(1, 50),
    {{1, [Some, Some, Some]}, #tracer{pause = false, learn = []}} = ?A:cut_values(cutter(), F, {1, [Some, Some, Some]}).

cut_outcomes() ->
    Big = lists:seq(1, 1000), F = {m, f, 1}, P = self(), S = {1, 1},
    Small = [{trace_ts, P, return_from, F, ok, S}, {trace_ts, P, exception_from, F, {error, badarg}, S},
             {trace_ts, P, return_to, F, S}, {trace_ts, P, call, F, {0, a}, S}],
    [{E, #tracer{pause = false, learn = []}} = ?A:cut(E, cutter()) || E <- Small],
    {{trace_ts, P, return_from, F, {'$beamtap_big', _}, S}, #tracer{pause = true, learn = [{big_return, F, _}]}} =
        ?A:cut({trace_ts, P, return_from, F, Big, S}, cutter()),
    {{trace_ts, P, exception_from, F, {error, {'$beamtap_big', _}}, S}, #tracer{pause = true, learn = [{big_return, F, _}]}} =
        ?A:cut({trace_ts, P, exception_from, F, {error, Big}, S}, cutter()),
    {{trace_ts, P, call, F, {0, {'$beamtap_big', _}}, S}, #tracer{pause = true, learn = [{big_arg, F, 0, 1, _}]}} =
        ?A:cut({trace_ts, P, call, F, {0, Big}, S}, cutter()).

%% ---- the node's health ---------------------------------------------------------------------------------------------

harm() ->
    Config = #{max_load => 300, max_memory => 64 bsl 20},
    Idle = spawn(fun() -> receive stop -> ok end end),
    Gone = spawn(fun() -> ok end),
    Floor = 8 * erlang:system_info(schedulers_online), % below it all is well
    Mb = 1 bsl 20,
    [Wanted = ?A:harm(Config, Before, Now, Tracer)
     || {Before, Now, Tracer, Wanted} <-
            [{{100 * Mb, 0}, {100 * Mb, 0}, Idle, none},
             {{100 * Mb, 0}, {100 * Mb, 4 * Floor}, Idle, none},
             {{100 * Mb, 0}, {100 * Mb, 4 * Floor + 1}, Idle, {run_queue, 0, 4 * Floor + 1}},
             {{100 * Mb, 1000}, {100 * Mb, 4000}, Gone, none},
             {{100 * Mb, 1000}, {100 * Mb, 4001}, Gone, {run_queue, 1000, 4001}},
             {{100 * Mb, 0}, {400 * Mb, 0}, Idle, none},
             {{100 * Mb, 0}, {400 * Mb + 1, 0}, Idle, {memory, 100 * Mb, 400 * Mb + 1}},
             {{10 * Mb, 0}, {266 * Mb, 0}, Idle, none},  % four times --max-memory are ours to take
             {{10 * Mb, 0}, {266 * Mb + 1, 0}, Idle, {memory, 10 * Mb, 266 * Mb + 1}},
             {{100 * Mb, 0}, {1, 0}, Gone, none}]],
    none = ?A:harm(Config#{max_load := none}, {0, 0}, {1 bsl 60, 1 bsl 30}, Idle),
    [Idle ! x || _ <- lists:seq(1, 100000)],
    none = ?A:harm(Config, {100 * Mb, 0}, {100 * Mb, 0}, Idle),
    Idle ! x,
    {tracer_queue, 0, 100001} = ?A:harm(Config, {100 * Mb, 0}, {100 * Mb, 0}, Idle),
    exit(Idle, kill).
