%% bench - what runs on the nodes of tests/bench/run.sh: the peers, the floor, loads and what is measured there.
%%
%% Every measurement has a node of its own that is thrown away afterwards, so nothing here cleans up.
-module(bench).
-export([stream/3, port_file_events/1, redbug/4, ten/2, reset/1, paced/1, busy/1, spin/1, mean/2, watch_wire/0, wire/0, format/3,
         fun2ms/2, redbug_specs/2, terms/2]).

%% ---- a stream of calls and returns of target:f/2 -------------------------------------------------------------

%% Traces target:f/2 with Tool into File for Ms milliseconds: {events | unknown, us it took, size of File then}. The
%% tool runs on; events in text are counted in the file, by the caller.
stream(Tool, File, Ms) ->
    process_flag(priority, max),
    State = start(Tool, File),
    T0 = now_us(),
    receive after Ms -> ok end,
    Took = now_us() - T0,
    Size = filelib:file_size(File),
    {events(Tool, State), Took, Size}.

%% The floor: a process that receives and drops.
start(floor, _) ->
    Dropped = counters:new(1, []),
    Tracer = spawn_opt(fun() -> drop(Dropped, 256) end, [{priority, high}, {message_queue_data, off_heap}]),
    erlang:trace_pattern({target, f, 2}, [{'_', [], [{exception_trace}]}], [local]),
    erlang:trace(all, true, [call, {tracer, Tracer}]),
    Dropped;
start(recon_trace, File) ->
    recon_trace:calls({target, f, return_trace}, 1 bsl 40, [{scope, local}, {io_server, device(File)}]);
start(dbg_process, File) ->
    {ok, _} = dbg:tracer(process, {fun dbg:dhandler/2, device(File)}),
    dbg_on();
start(dbg_port, File) ->
    {ok, _} = dbg:tracer(port, dbg:trace_port(file, File)),
    dbg_on().

dbg_on() ->
    {ok, _} = dbg:p(all, c),
    {ok, _} = dbg:tpl(target, f, 2, [{'_', [], [{exception_trace}]}]).

drop(Dropped, 0) -> counters:add(Dropped, 1, 256), drop(Dropped, 256);
drop(Dropped, N) -> receive _ -> drop(Dropped, N - 1) end.

events(floor, Dropped) -> counters:get(Dropped, 1);
events(_, _) -> unknown.

%% A device that stays open when the process of this call has ended.
device(File) ->
    Me = self(),
    spawn(fun() -> {ok, D} = file:open(File, [write]), Me ! {device, D}, receive never -> ok end end),
    receive {device, D} -> D end.

%% Whole trace messages in a file of a dbg trace port.
port_file_events(File) ->
    {ok, F} = file:open(File, [read, raw, binary, {read_ahead, 1 bsl 20}]),
    N = port_events(F, <<>>, 0),
    file:close(F),
    N.

port_events(F, Rest, N) ->
    case file:read(F, 1 bsl 20) of
        {ok, More} -> {Tail, K} = port_records(<<Rest/binary, More/binary>>, N), port_events(F, Tail, K);
        eof -> N
    end.

port_records(<<0, Size:32, _:Size/binary, Rest/binary>>, N) -> port_records(Rest, N + 1);
port_records(Rest, N) -> {Rest, N}.

%% redbug on this node traces target:f/2 on another, into File; returns when it has ended, at most 1 s after Ms milliseconds:
%% {the atom it ends with or running, us, size of File}. Limits are those of Opts, else its own.
redbug(Node, File, Ms, Opts) ->
    process_flag(priority, max),
    T0 = now_us(),
    {Name, _, _} = redbug:start("target:f->return", [{target, Node}, {time, Ms}, {print_file, File} | Opts]),
    Mon = monitor(process, Name),
    End = receive {'DOWN', Mon, _, _, _} -> ended after Ms + 1000 -> running end,
    {End, now_us() - T0, filelib:file_size(File)}.

%% ---- ten calls and returns -----------------------------------------------------------------------------------

%% Ends as the process of a call from outside does not: normally, so that the tracer linked to it lives on.
ten(recon_trace, File) ->
    Opts = [{scope, local}, {io_server, device(File)}],
    spawn(recon_trace, calls, [{target, f, return_trace}, 20, Opts]).

%% Takes off everything that a peer has left, so that the untraced rate can be measured again.
reset(_) ->
    erlang:trace(all, false, [all]),
    erlang:trace_pattern({target, f, 2}, false, [local]),
    erlang:trace_pattern({target, f, 2}, false, [global]).

%% ---- loads ---------------------------------------------------------------------------------------------------

%% About N thousand calls a second, a call each millisecond and N in a row: a rate every tool can be given.
paced(N) -> target:every(1, 1, fun() -> paced_calls(N) end).

paced_calls(0) -> ok;
paced_calls(N) -> target:f(N, small), paced_calls(N - 1).

%% Two processes with work between the calls, so that there are about PerS calls a second; {work, calls/s}.
busy(PerS) ->
    Work = calibrate(PerS, 100, 6),
    start_busy(Work),
    {Work, rate_now()}.

calibrate(_, Work, 0) -> Work;
calibrate(PerS, Work, N) ->
    start_busy(Work),
    Rate = rate_now(),
    target:stop(),
    calibrate(PerS, max(1, round(Work * Rate / PerS)), N - 1).

start_busy(Work) -> target:every(2, 0, fun() -> target:f(1, small), spin(Work) end).

rate_now() ->
    T0 = now_us(), C0 = target:calls(),
    timer:sleep(150),
    (target:calls() - C0) * 1000000 div (now_us() - T0).

spin(0) -> ok;
spin(N) -> spin(N - 1).

%% ---- measuring -----------------------------------------------------------------------------------------------

now_us() -> erlang:monotonic_time(microsecond).

%% Calls per second between two moments of the wall clock (us), from the samples of target:watch(). target:rate() is the
%% median of spans of 10 ms, which does not see what happens in a few of them.
mean(From, To) ->
    S = [X || {T, _, _, _} = X <- persistent_term:get({target, samples}), T >= From, T =< To],
    {T0, _, C0, _} = hd(S),
    {T1, _, C1, _} = lists:last(S),
    (C1 - C0) * 1000000 div (T1 - T0).

%% Notes what was sent on each distribution connection, every 5 ms, until wire().
watch_wire() ->
    register(bench_wire, spawn_opt(fun() ->
        put('$workload', wire),
        wire_loop(#{})
    end, [{priority, max}])).

wire_loop(Seen) ->
    Now = maps:from_list([{P, Sent} || {_, P} <- erlang:system_info(dist_ctrl), is_port(P),
                                       {ok, [{send_oct, Sent}]} <- [inet:getstat(P, [send_oct])]]),
    Next = maps:merge(Seen, Now),
    receive {take, Who} -> Who ! {wire, lists:max([0 | maps:values(Next)])} after 5 -> wire_loop(Next) end.

%% Bytes sent on the connection that was sent most.
wire() ->
    bench_wire ! {take, self()},
    receive {wire, N} -> N end.

%% ---- terms and specs -----------------------------------------------------------------------------------------

%% Writes the terms of a kind to File, each behind its length in 32 bits; their bytes.
terms(Kind, File) ->
    Etf = [term_to_binary(T) || T <- terms(Kind)],
    ok = file:write_file(File, [<<(byte_size(B)):32, B/binary>> || B <- Etf]),
    iolist_size(Etf).

%% MB/s of external term format that io_lib prints, in at least Ms milliseconds: to a deep list of characters, or to bytes.
format(How, Kind, Ms) ->
    Terms = terms(Kind),
    Bytes = lists:sum([byte_size(term_to_binary(T)) || T <- Terms]),
    {Rounds, Us} = in_process(fun() -> repeat(fun() -> [format(How, T) || T <- Terms] end, Ms) end),
    Rounds * Bytes / Us.

format(io_lib, T) -> io_lib:format("~0tp", [T]);
format(io_lib_utf8, T) -> unicode:characters_to_binary(io_lib:format("~0tp", [T])).

%% Arguments and values as they are seen in traces.
terms(small) ->
    [{ok, 42}, ok, undefined, "ab", <<"user-1234">>, {<<"GET">>, <<"/api/v1/items/17">>, 200}, [1, 2, 3], 3.14, -17, self(),
     {error, {badmatch, {error, enoent}}}, #{id => 1, name => <<"widget">>, price => 9.99}, [{key, value}, {other, 1}],
     {'$gen_call', {self(), make_ref()}, {get, <<"k">>}}, #{<<"a">> => 1, <<"b">> => [true, false, null]}, 1 bsl 70,
     {state, [], #{}, undefined, 5000, <<>>}, "a longer text, as in a message of a log"];
%% States: a list of integers, a map of records, text, bytes.
terms(large) ->
    [lists:seq(1, 37500),
     maps:from_list([{<<"user-", (integer_to_binary(I))/binary>>,
                      {user, I, <<"name ", (integer_to_binary(I))/binary>>, [admin, staff], I * 1.5, undefined}} || I <- lists:seq(1, 5000)]),
     [{item, I, "text of an item", {1, 2, 3}} || I <- lists:seq(1, 8000)],
     binary:copy(<<"The quick brown fox jumps over the lazy dog. ">>, 5000),
     << <<(I * 7 rem 256)>> || I <- lists:seq(1, 100000) >>].

%% Specs per second: a line of File each, as dbg:fun2ms would be given it in a shell.
fun2ms(File, Ms) -> per_second(fun(Line) -> fun2ms(Line) end, File, Ms).

fun2ms(Line) ->
    {ok, Tokens, _} = erl_scan:string(Line),
    {ok, [{'fun', _, {clauses, Clauses}}]} = erl_parse:parse_exprs(Tokens),
    Ms = ms_transform:transform_from_shell(dbg, Clauses, []),
    true = is_list(Ms).

redbug_specs(File, Ms) -> per_second(fun redbug_spec/1, File, Ms).

redbug_spec(Line) -> {{_, _, _}, [_ | _], _} = redbug_compiler:generate(redbug_compiler:parse(Line)).

per_second(Fun, File, Ms) ->
    {ok, Text} = file:read_file(File),
    Lines = [binary_to_list(L) || L <- binary:split(Text, <<"\n">>, [global]), L =/= <<>>],
    {Rounds, Us} = in_process(fun() -> repeat(fun() -> lists:foreach(Fun, Lines) end, Ms) end),
    Rounds * length(Lines) * 1.0e6 / Us.

%% {times Fun ran, us}, in at least Ms milliseconds
repeat(Fun, Ms) ->
    Fun(),
    T0 = now_us(),
    repeat(Fun, T0, T0 + Ms * 1000, 0).

repeat(Fun, T0, End, N) ->
    Fun(),
    case now_us() of
        T when T >= End -> {N + 1, T - T0};
        _ -> repeat(Fun, T0, End, N + 1)
    end.

in_process(Fun) ->
    Me = self(),
    Pid = spawn(fun() -> Me ! {self(), Fun()} end),
    receive {Pid, Result} -> Result end.
