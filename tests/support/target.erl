%% target - what the e2e tests trace: functions of every kind, and processes that call them.
%%
%% Workloads (hot, slow, every, ...) return their pids and run until stop(). They count what they do with `counters`, so a
%% test sees a function's rate without tracing it, and carry '$workload' in the process dictionary (see leftovers.erl).
-module(target).
-behaviour(gen_server).

%% what is traced
-export([busy/1, f/2, sleepy/1, late/2, fails/1, fac/1, fib/1, loop/1, even/1, odd/1, id/1, pair/2, tiny/1, uses_tiny/1, first/1, get/2,
         lat/1, 'odd name'/1, 'Upper'/1, 'größe'/1, unicode/1, stuck/1, never/1, order/2, climb/2, big/1, binary/1, quiet/1, deep/1, through/2]).
%% answering questions by files, where erl_call cannot connect
-export([serve/1]).
%% gen_server
-export([server/2, ask/1, init/1, handle_call/3, handle_cast/2]).
%% workloads
-export([chatter/2, sent/0, churn/1, timed/0, timings/2, many/2, run_many/2, round_many/1, busy_round/1]).
-export([ordering/2, crowd/1, hot/1, hot/2, bursts/4, slow/2, failing/1, every/3, spread/4, once/2, together/3, doomed/1, imposter/2, stop/0, calls/0, term/1]).
%% measuring
-export([watch/0, watched/0, rate/2, memory/2, memory_at/2, back_at/3, queue/2, ours/1]).

%% ---- what is traced ------------------------------------------------------------------------------------------

%% Called flat out by hot/2.
f(I, _T) -> I.

sleepy(Ms) -> receive after Ms -> {slept, Ms} end.

%% As big/1, after Ms milliseconds.
late(Ms, Kb) -> receive after Ms -> big(Kb) end.

fails(error) -> error(badarg);
fails(exit) -> exit({shutdown, on_purpose});
fails(throw) -> throw({not_found, 42});
fails(badmatch) -> {ok, _} = id({error, enoent}), ok;
fails(Other) -> {ok, Other}.

fac(0) -> 1;
fac(N) -> N * fac(N - 1).

fib(N) when N < 2 -> N;
fib(N) -> fib(N - 1) + fib(N - 2).

%% Tail recursion: each call replaces the one before.
loop(0) -> done;
loop(N) -> loop(N - 1).

%% Mutual tail recursion.
even(0) -> true;
even(N) -> odd(N - 1).
odd(0) -> false;
odd(N) -> even(N - 1).

%% Body recursion, N calls deep.
deep(0) -> 0;
deep(N) -> 1 + deep(N - 1).

%% An exception of fails/1 that ends N + 1 calls of this one too.
through(0, Reason) -> {passed, fails(Reason)};
through(N, Reason) -> {passed, through(N - 1, Reason)}.

id(X) -> X.

pair(A, B) -> {A, B}.

%% Exported, and inlined where this module calls it: uses_tiny/1 never makes a call of tiny/1.
-compile({inline, [tiny/1]}).
tiny(X) -> X + 1.
uses_tiny(X) -> tiny(X) * 2.

%% hd/1 and maps:get/2 become instructions: no call of them is ever made here.
first(L) -> hd(L).
get(K, M) -> maps:get(K, M).

'odd name'(X) -> X.
'Upper'(X) -> X.
'größe'(X) -> X.

unicode(X) -> {X, "h\x{e4}\x{df}lich", [1087, 1088, 1080], <<"\x{20ac}\n\e[31m"/utf8>>, 'größe'}.

%% For ever, or until somebody kills the caller.
stuck(How) -> receive {never, How} -> How end.

%% One order in Every fails, in step with nothing.
order(I, Every) ->
    case erlang:phash2(I, Every) of
        0 -> error({out_of_stock, I});
        N -> {ok, N}
    end.

%% Body recursion, N deep; the call with 0 takes Ms milliseconds, and so do all around it.
climb(0, Ms) -> sleepy(Ms), [];
climb(N, Ms) -> [N | climb(N - 1, Ms)].

%% Nothing calls it.
never(X) -> X.

%% A return value of about Kb kilobytes.
big(Kb) -> lists:seq(1, Kb * 64).

%% A reference-counted binary of Kb kilobytes.
binary(Kb) -> binary:copy(<<0:8192>>, Kb).

quiet(_) -> ok.

%% Busy for 100 us, each 50th call for 1 ms, each 500th for 10 ms.
lat(I) ->
    Us = if I rem 500 =:= 0 -> 10000; I rem 50 =:= 0 -> 1000; true -> 100 end,
    busy(erlang:monotonic_time(microsecond) + Us),
    I.

busy(Until) ->
    case erlang:monotonic_time(microsecond) < Until of true -> busy(Until); false -> ok end.

%% ---- questions by files ----------------------------------------------------------------------------------------

%% An expression in Dir/ask is evaluated, and its value is put into Dir/answer, as `ask` of node.sh has it from erl_call.
serve(Dir) ->
    spawn(fun() -> put('$workload', serve), serve_loop(Dir) end).

serve_loop(Dir) ->
    case file:read_file(filename:join(Dir, "ask")) of
        {ok, Text} ->
            ok = file:delete(filename:join(Dir, "ask")),
            ok = file:write_file(filename:join(Dir, "answer.new"), unicode:characters_to_binary(answer(unicode:characters_to_list(Text)))),
            ok = file:rename(filename:join(Dir, "answer.new"), filename:join(Dir, "answer"));
        {error, enoent} ->
            receive after 10 -> ok end
    end,
    serve_loop(Dir).

answer(Text) ->
    try
        {ok, Tokens, _} = erl_scan:string(Text ++ "."),
        {ok, Exprs} = erl_parse:parse_exprs(Tokens),
        {value, V, _} = erl_eval:exprs(Exprs, []),
        io_lib:format("=~0tp", [V])
    catch
        C:R:S -> io_lib:format("!~0tp:~0tp~n    ~0tp", [C, R, S])
    end.

%% ---- a server with a large state -----------------------------------------------------------------------------

%% Registers Name; its state is a list of Mb megabytes.
server(Name, Mb) ->
    {ok, Pid} = gen_server:start({local, Name}, ?MODULE, Mb, []),
    Pid.

ask(Server) -> gen_server:call(Server, {item, 1}).

init(Mb) ->
    put('$workload', server),
    {ok, #{served => 0, items => lists:seq(1, Mb * 65536)}}.

handle_call({item, N}, _From, State = #{served := S, items := Items}) ->
    {reply, {ok, lists:nth(N, Items)}, State#{served := S + 1}};
handle_call(crash, _From, _State) ->
    error(on_purpose);
handle_call(Request, _From, State) ->
    {reply, {error, {unknown, Request}}, State}.

handle_cast(_, State) -> {noreply, State}.

%% ---- workloads -----------------------------------------------------------------------------------------------

%% small; big: about 600 KB of process heap; or any term.
term(small) -> small;
term(big) -> lists:seq(1, 37500);
term(Other) -> Other.

hot(N) -> hot(N, small).

%% N processes that call f(I, T) as fast as they can. T is on each process's own heap.
hot(N, What) ->
    Calls = counter(),
    workers(N, fun(_) -> hot_loop(1, term(What), Calls) end).

hot_loop(I, T, Calls) ->
    ?MODULE:f(I, T),
    counters:add(Calls, 1, 1),
    hot_loop(I + 1, T, Calls).

%% A process that calls Fun(I) with I from 1 to N, flat out but for a pause of Ms milliseconds after each Burst of them;
%% then it sets `bursts_done` and waits.
bursts(N, Burst, Ms, Fun) ->
    worker(fun(_) ->
        [begin Fun(I), I rem Burst =:= 0 andalso timer:sleep(Ms) end || I <- lists:seq(1, N)],
        persistent_term:put(bursts_done, N),
        stuck(done)
    end, 1).

%% N processes, each in sleepy(Ms) all the time.
slow(N, Ms) -> every(N, 0, fun() -> ?MODULE:sleepy(Ms) end).

%% N processes that call fails/1 with each of its reasons in turn.
failing(N) ->
    every(N, 5, fun() -> [try ?MODULE:fails(R) catch _:_ -> ok end || R <- [ok, error, exit, throw, badmatch]] end).

%% N processes that run Fun every Ms milliseconds; 0: without a pause.
every(N, Ms, Fun) ->
    Calls = counter(),
    workers(N, fun(_) -> every_loop(Ms, Fun, Calls) end).

every_loop(Ms, Fun, Calls) ->
    Fun(),
    counters:add(Calls, 1, 1),
    case Ms of 0 -> ok; _ -> receive after Ms -> ok end end,
    every_loop(Ms, Fun, Calls).

%% N processes that run Fun(I) every Ms milliseconds with I their number, Times times, then wait.
spread(N, Ms, Times, Fun) ->
    workers(N, fun(I) -> [begin Fun(I), receive after Ms -> ok end end || _ <- lists:seq(1, Times)], stuck(done) end).

%% One process that runs Fun after Ms milliseconds and ends.
once(Ms, Fun) -> hd(workers(1, fun(_) -> receive after Ms -> Fun() end end)).

%% A process that calls order/2 PerS times a second, as evenly as it can; one in Every fails.
ordering(PerS, Every) ->
    Calls = counter(),
    worker(fun(_) -> order_loop(1, erlang:monotonic_time(microsecond), PerS, Every, Calls) end, ordering).

order_loop(I, Began, PerS, Every, Calls) ->
    case (erlang:monotonic_time(microsecond) - Began) * PerS div 1000000 of
        Due when Due >= I ->
            try ?MODULE:order(I, Every) catch error:{out_of_stock, _} -> failed end,
            counters:add(Calls, 1, 1),
            order_loop(I + 1, Began, PerS, Every, Calls);
        _ ->
            receive after 1 -> order_loop(I, Began, PerS, Every, Calls) end
    end.

%% N processes that go into stuck/1 as soon as it is traced, some thousand at a time, and stay there.
crowd(N) ->
    worker(fun(_) ->
        [begin worker(fun(_) -> ?MODULE:stuck(crowd) end, I), I rem 2000 =:= 0 andalso receive after 20 -> ok end end || I <- lists:seq(1, N)],
        persistent_term:put(bursts_done, N),
        stuck(done)
    end, crowd).

%% N processes that all run Fun(I) at the same moment, in Ms milliseconds from now.
together(N, Ms, Fun) ->
    At = erlang:monotonic_time(millisecond) + Ms,
    workers(N, fun(I) -> receive after max(0, At - erlang:monotonic_time(millisecond)) -> Fun(I) end end).

%% A process that is killed in the middle of stuck/1, Ms milliseconds after it has called it; again and again.
doomed(Ms) ->
    every(1, Ms, fun() ->
        Pid = worker(fun(_) -> ?MODULE:stuck(doomed) end, 1),
        receive after Ms -> exit(Pid, kill) end
    end).

%% Registers Name with epmd for a port behind which there is no Erlang: a server that answers what it gets with Answer,
%% or `silent`.
imposter(Name, Answer) ->
    Me = self(),
    worker(fun(_) ->
        {ok, L} = gen_tcp:listen(0, [binary, {active, false}, {ip, {127, 0, 0, 1}}, {reuseaddr, true}]),
        {ok, Port} = inet:port(L),
        {ok, Epmd} = gen_tcp:connect({127, 0, 0, 1}, list_to_integer(os:getenv("ERL_EPMD_PORT")), [binary, {packet, 2}, {active, false}]),
        %% ALIVE2_REQ: port, hidden node, TCP over IPv4, versions 6 to 5, name, nothing extra. epmd keeps it while Epmd is open.
        ok = gen_tcp:send(Epmd, <<120, Port:16, 72, 0, 6:16, 5:16, (length(Name)):16, (list_to_binary(Name))/binary, 0:16>>),
        ok = inet:setopts(Epmd, [{packet, raw}]),
        {ok, <<_, 0, _/binary>>} = gen_tcp:recv(Epmd, 0, 5000),
        Me ! {self(), ready},
        pretend(L, Answer, [Epmd])
    end, imposter),
    receive {_, ready} -> ok after 5000 -> error(timeout) end.

pretend(L, Answer, Open) ->
    {ok, S} = gen_tcp:accept(L),
    case Answer of
        silent -> pretend(L, Answer, [S | Open]);
        _ -> gen_tcp:recv(S, 0, 5000), gen_tcp:send(S, Answer), gen_tcp:close(S), pretend(L, Answer, Open)
    end.

stop() ->
    Pids = [P || P <- processes(), is_workload(P), process_info(P, dictionary) =/= {dictionary, [{'$workload', serve}]}],
    Refs = [monitor(process, P) || P <- Pids],
    [exit(P, kill) || P <- Pids],
    [receive {'DOWN', R, process, _, _} -> ok end || R <- Refs],
    length(Pids).

is_workload(P) ->
    case process_info(P, dictionary) of
        {dictionary, D} -> lists:keymember('$workload', 1, D);
        undefined -> false
    end.

workers(N, Fun) -> [worker(Fun, I) || I <- lists:seq(1, N)].

worker(Fun, I) -> spawn(fun() -> put('$workload', I), Fun(I) end).

%% N processes that send {tick, Self, I, What} to a process each, flat out, but for a pause while more than 2,000 wait there.
chatter(N, What) ->
    Calls = counter(),
    lists:append([begin
                      Sink = worker(fun(_) -> swallow() end, I),
                      [Sink, worker(fun(_) -> send_loop(Sink, 1, term(What), Calls) end, I)]
                  end || I <- lists:seq(1, N)]).

swallow() -> receive _ -> swallow() end.

send_loop(Sink, I, T, Calls) when I rem 1000 =:= 0, T =:= small; I rem 2 =:= 0, T =/= small ->
    Most = case T of small -> 2000; _ -> 1 end,
    case process_info(Sink, message_queue_len) of
        {message_queue_len, Q} when Q > Most -> receive after 1 -> send_loop(Sink, I, T, Calls) end;
        _ -> send_one(Sink, I, T, Calls)
    end;
send_loop(Sink, I, T, Calls) ->
    send_one(Sink, I, T, Calls).

send_one(Sink, I, T, Calls) ->
    Sink ! {tick, self(), I, T},
    counters:add(Calls, 1, 1),
    send_loop(Sink, I + 1, T, Calls).

sent() -> calls().

%% N processes that spawn, link, unlink, name and end processes all the time; each tenth ends with {bad, reason}.
churn(N) ->
    every(N, 0, fun() ->
        P = worker(fun(_) ->
            catch register(churning, self()),
            receive {go, Reason} -> garbage_collect(), exit(Reason) end
        end, churn),
        Ref = monitor(process, P),
        catch link(P),
        unlink(P),
        P ! {go, churn_reason()},
        receive {'DOWN', Ref, process, P, _} -> ok end
    end).

%% One exit in ten is a bad one.
churn_reason() ->
    case get(churned) of
        I when is_integer(I), I < 9 -> put(churned, I + 1), normal;
        _ -> put(churned, 0), {bad, reason}
    end.

%% A process that calls lat/1 all the time and measures it itself.
timed() ->
    register(target_timed, worker(fun(_) -> timed(1, []) end, 1)).

timed(I, Took) ->
    receive
        {timings, From, Ref} -> From ! {Ref, Took}, timed(I, Took)
    after 0 ->
        T0 = erlang:monotonic_time(nanosecond),
        ?MODULE:lat(I),
        T1 = erlang:monotonic_time(nanosecond),
        timed(I + 1, [{os:system_time(microsecond), T1 - T0} | Took])
    end.

%% {Calls, [Microseconds at each of Shares (per mille)]} of the calls that ended since the wall clock was From.
timings(From, Shares) ->
    Ref = make_ref(),
    target_timed ! {timings, self(), Ref},
    receive {Ref, Took} ->
        Sorted = lists:sort([Ns || {At, Ns} <- Took, At >= From]),
        N = length(Sorted),
        {N, [lists:nth(max(1, (N * S + 999) div 1000), Sorted) div 1000 || S <- Shares]}
    after 5000 -> error(timeout)
    end.

%% Loads N modules many_1 .. with F functions f1/1 .. each, and run/1 that calls all of them so many times.
many(N, F) ->
    [begin
         M = list_to_atom("many_" ++ integer_to_list(I)),
         Names = [list_to_atom("f" ++ integer_to_list(K)) || K <- lists:seq(1, F)],
         Body = [{call, 1, {remote, 1, {atom, 1, M}, {atom, 1, Name}}, [{integer, 1, 1}]} || Name <- Names],
         Run = {function, 1, run, 1,
                [{clause, 1, [{integer, 1, 0}], [], [{atom, 1, ok}]},
                 {clause, 1, [{var, 1, 'N'}], [], Body ++ [{call, 1, {atom, 1, run}, [{op, 1, '-', {var, 1, 'N'}, {integer, 1, 1}}]}]}]},
         Forms = [{attribute, 1, module, M}, {attribute, 1, export, [{run, 1} | [{Name, 1} || Name <- Names]]}, Run
                  | [{function, 1, Name, 1, [{clause, 1, [{var, 1, 'X'}], [], [{var, 1, 'X'}]}]} || Name <- Names]],
         {ok, M, Beam} = compile:forms(Forms, [no_copt]),
         {module, M} = code:load_binary(M, "many", Beam)
     end || I <- lists:seq(1, N)],
    N * F.

%% Each of P processes calls all functions of the N modules so many Times, one after the other; returns when all have.
run_many({P, N}, Times) ->
    Refs = [begin {_, R} = spawn_monitor(fun() -> put('$workload', many), [round_many(N) || _ <- lists:seq(1, Times)] end), R end
            || _ <- lists:seq(1, P)],
    [receive {'DOWN', R, process, _, normal} -> ok end || R <- Refs],
    ok.

round_many(N) ->
    [(list_to_existing_atom("many_" ++ integer_to_list(I))):run(1) || I <- lists:seq(1, N)].

%% The same, with as much other work that it comes to a few million calls a second.
busy_round(N) ->
    [begin (list_to_existing_atom("many_" ++ integer_to_list(I))):run(1), lists:sum(lists:seq(1, 10000)) end || I <- lists:seq(1, N)].

%% Calls made by all workloads so far.
calls() -> counters:get(counter(), 1).

%% One for the node, made at the first use.
counter() ->
    case persistent_term:get({?MODULE, calls}, none) of
        none -> C = counters:new(1, [write_concurrency]), persistent_term:put({?MODULE, calls}, C), C;
        C -> C
    end.

%% ---- measuring -----------------------------------------------------------------------------------------------

%% Samples the node every 10 ms, from now until watched(): {wall clock in us, erlang:memory(total), calls(), messages in
%% the queue of beamtap's tracer}. The wall clock, so that a test can set the times of its own clock beside it.
watch() ->
    register(target_watch, spawn_opt(fun() ->
        put('$workload', watch),
        process_flag(message_queue_data, off_heap),
        erlang:send_after(10, self(), sample),
        watch([sample()])
    end, [{priority, max}])).

watch(Samples) ->
    receive
        sample -> erlang:send_after(10, self(), sample), watch([sample() | Samples]);
        {take, Who} -> Who ! {samples, lists:reverse([sample() | Samples])}
    end.

sample() -> {os:system_time(microsecond), erlang:memory(total), calls(), tracer_queue()}.

tracer_queue() ->
    Tracer = case get(tracer) of
                 undefined -> find_tracer();
                 P -> case is_process_alive(P) of true -> P; false -> find_tracer() end
             end,
    case is_pid(Tracer) andalso process_info(Tracer, message_queue_len) of
        {message_queue_len, N} -> put(tracer, Tracer), N;
        _ -> -1
    end.

find_tracer() -> case ours(tracer) of [P | _] -> P; [] -> erase(tracer), none end.

%% Processes of beamtap's agent: those that began in its function guard or tracer, or in OTP's interpreter.
ours(heir) ->
    [P || P <- processes(), process_info(P, initial_call) =:= {initial_call, {erl_eval, exprs, 2}}];
ours(What) ->
    [P || P <- processes(), {initial_call, {M, F, _}} <- [process_info(P, initial_call)],
          F =:= What, lists:prefix("beamtap_agent", atom_to_list(M))].

%% Ends the watching; the samples stay for rate, memory, queue and back_at.
watched() ->
    target_watch ! {take, self()},
    receive {samples, S} -> persistent_term:put({?MODULE, samples}, S), length(S) after 5000 -> error(timeout) end.

samples(From, To) -> [S || S <- persistent_term:get({?MODULE, samples}), element(1, S) >= From, element(1, S) =< To].

%% {wall clock in us at its start, calls per second} of each span between two samples
buckets() ->
    S = persistent_term:get({?MODULE, samples}),
    [{T0, (C1 - C0) * 1000000 / max(1, T1 - T0)} || {{T0, _, C0, _}, {T1, _, C1, _}} <- lists:zip(lists:droplast(S), tl(S))].

%% Median calls per second in a span of the wall clock (us; `infinity` for its end).
rate(From, To) -> round(median([R || {T, R} <- buckets(), T >= From, T =< To])).

%% Bytes: how far the node's memory rose in the span above what it was at its start.
memory(From, To) ->
    S = persistent_term:get({?MODULE, samples}),
    {Before, Rest} = lists:splitwith(fun({T, _, _, _}) -> T < From end, S),
    {_, M0, _, _} = case Before of [] -> hd(S); _ -> lists:last(Before) end,
    lists:max([0 | [M - M0 || {T, M, _, _} <- Rest, T =< To]]).

%% Bytes: the least the node took within 200 ms from At, less what it took at From.
memory_at(From, At) ->
    {_, M0, _, _} = hd(samples(From, infinity)),
    lists:min([M || {_, M, _, _} <- samples(At, At + 200000)]) - M0.

%% {samples that found beamtap's tracer, most messages in its queue}
queue(From, To) ->
    Q = [N || {_, _, _, N} <- samples(From, To), N >= 0],
    {length(Q), lists:max([0 | Q])}.

%% Milliseconds from From until the rate is back at Share of Base (calls per second): the first span of three buckets
%% that reaches it. `never` where it does not.
back_at(From, Share, Base) -> back(From, Share * Base, [B || {T, _} = B <- buckets(), T >= From - 10000]).

back(From, Wanted, [{T, A}, B, C | Rest]) ->
    {_, Rb} = B,
    {_, Rc} = C,
    case (A + Rb + Rc) / 3 >= Wanted of
        true -> max(0, (T - From) div 1000);
        false -> back(From, Wanted, [B, C | Rest])
    end;
back(_, _, _) -> never.

median([]) -> 0;
median(L) -> lists:nth((length(L) + 1) div 2, lists:sort(L)).
