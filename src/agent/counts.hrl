%% Counting: the VM counts (call_count, call_time, call_memory), the guard reads and tells. No trace message is ever made, so
%% the tracer is a process that only stands there: call_time and call_memory need processes with a flag, and flags a tracer.

%% A function is known by its place in MFAs, from 0. Config: kinds, interval (ms), by (function | process), max_load, max_memory.
count(G, MFAs, Procs, #{kinds := Kinds} = Config) ->
    case catch {ok, count_check(Procs, Kinds)} of
        {ok, Targets} ->
            {Tracer, Mon} = spawn_opt(?MODULE, tracer, [self(), G#guard.ctl], [monitor]),
            Session = session_new(Tracer),
            All = [{I, MFA, ?ZERO, ?ZERO} || {I, MFA} <- lists:zip(lists:seq(0, length(MFAs) - 1), MFAs)],
            {Items, Theirs} = lists:partition(fun({_, MFA, _, _}) -> is_free(Session, MFA, Kinds) end, All),
            Steps = count_steps(Session, Kinds, [MFA || {_, MFA, _, _} <- Items]),
            Rest = [MFA || {MFA, false} <- Steps],
            Undo0 = #undo{session = Session, tracer = Tracer, base = none, range = 0, kinds = Kinds,
                          counted = [MFA || {MFA, true} <- Steps], rest = Rest},
            Undo = Undo0#undo{heir = heir(Undo0, G#guard.ctl)},
            count_set(G#guard{tracer = Tracer, tracer_mon = Mon, undo = Undo, state = counting, config = Config,
                              counting = #counting{items = Items, steps = Steps, targets = Targets,
                                                   theirs = [MFA || {_, MFA, _, _} <- Theirs]}});
        {'EXIT', {Why, _}} ->
            tell(G, {refused, {agent, Why}}),
            G;
        Refused ->
            tell(G, {refused, Refused}),
            G
    end.

count_check(Procs, Kinds) ->
    has_sessions() orelse Kinds =:= [call_count] orelse others([]), % call_count needs no flag on any process
    plain_targets([target(P) || P <- Procs]).

%% Below OTP 27 a counter that somebody else keeps is left alone; and counting would end his trace in scope global.
is_free(none, MFA, Kinds) ->
    erlang:trace_info(MFA, traced) =/= {traced, global} andalso
        lists:all(fun(K) -> erlang:trace_info(MFA, K) =:= {K, false} end, Kinds);
is_free(_, _, _) ->
    true.

%% ---- setting -----------------------------------------------------------------------------------------------------

%% [{MFA, true | false}], to be set in that order.
count_steps(S, Kinds, MFAs) ->
    Modules = lists:foldr(fun({M, F, A}, Map) -> Map#{M => [{F, A} | maps:get(M, Map, [])]} end, #{}, MFAs),
    lists:append([module_steps(S, Kinds, M, Fs) || {M, Fs} <- maps:to_list(Modules)]).

%% One function costs the node as much as a whole module, a barrier of all schedulers: 1 to 3 ms on a busy node. So a module
%% of which most is meant is set at once, less the rest.
module_steps(S, Kinds, M, Wanted) ->
    Rest = ordsets:subtract(ordsets:from_list(functions_of(M)), ordsets:from_list(Wanted)),
    Extra = [FA || {F, _} = FA <- Rest, F =/= module_info],
    IsFree = lists:all(fun({F, A}) -> is_free(S, {M, F, A}, Kinds) end, Rest),
    case IsFree andalso length(Extra) + 1 < length(Wanted) of
        true -> [{{M, '_', '_'}, true} | [{{M, F, A}, false} || {F, A} <- Extra]];
        false -> [{{M, F, A}, true} || {F, A} <- Wanted]
    end.

functions_of(M) ->
    case catch erlang:get_module_info(M, functions) of
        L when is_list(L) -> L;
        _ -> []
    end.

%% A slice at a time, so that the end of the controller is heard in between.
count_set(#guard{counting = #counting{steps = []} = C, undo = #undo{session = S, tracer = Tracer, kinds = Kinds}} = G) ->
    Flagged = [catch set_flags(S, P, Tracer, [call]) || Kinds =/= [call_count], P <- C#counting.targets],
    Theirs = C#counting.theirs,
    tell(G, {armed, Tracer, length(C#counting.items), lists:sum([N || N <- Flagged, is_integer(N)]),
             erlang:monotonic_time(nanosecond), erlang:time_offset(nanosecond), []}),
    Theirs =:= [] orelse tell(G, {note, {foreign_counter, hd(Theirs)}, length(Theirs)}),
    Now = now_ms(),
    renewed(G#guard{baseline = health(), tick_at = Now, slow_at = Now + ?SLOW_MS,
                    counting = C#counting{targets = [], theirs = [], next_at = next_count(G, Now)}});
count_set(#guard{counting = #counting{steps = Steps} = C, undo = #undo{session = S, kinds = Kinds}} = G) ->
    {Now, Later} = lists:split(min(?COUNT_SLICE, length(Steps)), Steps),
    [catch pattern(S, MFA, On, [K]) || {MFA, On} <- Now, K <- Kinds],
    self() ! count_set,
    G#guard{counting = C#counting{steps = Later}}.

next_count(#guard{config = #{interval := Ms}}, Now) -> Now + Ms.

%% ---- telling -----------------------------------------------------------------------------------------------------

%% The guard speaks once a second at least: its silence would be taken for a lost connection.
count_tick(#guard{counting = #counting{steps = [_ | _]}} = G) ->
    G#guard{tick_at = now_ms() + ?TICK_MS};
count_tick(#guard{counting = #counting{next_at = At}, slow_at = SlowAt} = G) ->
    Now = now_ms(),
    G1 = case Now >= At of
             true -> count_tell(G, next_count(G, Now), 1);
             false -> G
         end,
    G2 = case Now >= SlowAt of
             true -> count_slow(G1#guard{slow_at = Now + ?SLOW_MS});
             false -> G1
         end,
    G2#guard{tick_at = min((G2#guard.counting)#counting.next_at, G2#guard.slow_at)}.

%% The VM keeps times for each process that called, also for those that have ended.
count_slow(#guard{config = #{max_memory := Max} = Config, counting = #counting{entries = Entries}} = G) ->
    tell(G#guard.ctl, {stat, 0}, 1),
    case harm(Config, G#guard.baseline, health(), G#guard.tracer) of
        none when Entries * ?ENTRY_BYTES > Max -> close(G, {entries, Max, Entries});
        none -> G;
        Harm -> close(G, Harm)
    end.

%% {counts, Us, Sum, Rows}: Rows are [{Function, {Calls, Us, Bytes}}] that have changed since they were told last, or
%% [{{Pid, Name}, {Calls, Us, Bytes}}] of the processes that took most.
count_tell(#guard{config = #{by := By}, counting = #counting{items = Items, told = Told} = C, undo = U} = G, NextAt, Tries) ->
    {Read, {Sum, Processes, Entries, Rearmed}} =
        lists:mapfoldl(fun(Item, Acc) -> count_item(U, By, Item, Acc) end, {?ZERO, #{}, 0, []}, Items),
    Rows = case By of
               function -> [{I, N} || {I, _, _, N} <- Read, maps:get(I, Told, ?ZERO) =/= N];
               process -> process_rows(Processes)
           end,
    [tell(G#guard.ctl, {note, {rearmed, MFA}, 0}, 1) || MFA <- Rearmed, erlang:module_loaded(element(1, MFA))],
    Sent = tell(G#guard.ctl, {counts, now_us(), Sum, Rows}, Tries),
    G#guard{counting = C#counting{items = Read, entries = Entries, next_at = NextAt,
                                  told = case Sent of
                                             ok when By =:= function -> maps:merge(Told, maps:from_list(Rows));
                                             _ -> Told
                                         end}}.

%% Base is what had been counted when the counter began anew: the module was loaded again, or somebody has restarted it.
count_item(#undo{session = S, kinds = Kinds}, By, {I, MFA, Base, Last}, {Sum, Processes, Entries, Rearmed}) ->
    Counters = [counter(S, MFA, K) || K <- Kinds],
    case lists:member(gone, Counters) of
        true ->
            IsBack = [catch pattern(S, MFA, true, [K]) || K <- Kinds] =:= [1 || _ <- Kinds],
            {{I, MFA, Last, Last}, {add(Sum, Last), Processes, Entries, [MFA || IsBack] ++ Rearmed}};
        false ->
            New = lists:append(Counters),
            Read = lists:foldl(fun({_, N}, Acc) -> add(N, Acc) end, ?ZERO, New),
            Base1 = case add(Base, Read) >= Last of true -> Base; false -> Last end,
            Now = add(Base1, Read),
            {{I, MFA, Base1, Now}, {add(Sum, Now), by_process(By, New, Processes), Entries + length(New), Rearmed}}
    end.

counter(S, MFA, Kind) ->
    case catch info(S, MFA, Kind) of
        {call_count, N} when is_integer(N) -> [{none, {N, 0, 0}}];
        {call_time, L} when is_list(L) -> [{P, {N, 1000000 * Seconds + Us, 0}} || {P, N, Seconds, Us} <- L];
        {call_memory, L} when is_list(L) -> [{P, {0, 0, Words * erlang:system_info(wordsize)}} || {P, _, Words} <- L];
        _ -> gone
    end.

add({A, B, C}, {X, Y, Z}) -> {A + X, B + Y, C + Z}.

by_process(function, _, Processes) ->
    Processes;
by_process(process, New, Processes) ->
    lists:foldl(fun({P, N}, Map) -> Map#{P => add(N, maps:get(P, Map, ?ZERO))} end, Processes, New).

process_rows(Processes) ->
    Sorted = lists:reverse(lists:sort([{Us, P, N} || {P, {_, Us, _} = N} <- maps:to_list(Processes), is_pid(P)])),
    [{{P, registered(P)}, N} || {_, P, N} <- lists:sublist(Sorted, ?TOP_PROCESSES)].

registered(P) ->
    case process_info(P, registered_name) of
        {registered_name, Name} -> Name;
        _ -> []
    end.

%% ---- end ---------------------------------------------------------------------------------------------------------

%% {M, '_', '_'} stands for all functions of the module but the rest. Where somebody has set a counter there since, what is
%% ours is taken off one by one.
counts_off(#undo{session = S, counted = Counted, kinds = Kinds, rest = Rest} = U) ->
    Theirs = case S of
                 none -> lists:usort([M || {M, _, _} = MFA <- Rest, not is_free(S, MFA, Kinds)]);
                 _ -> []
             end,
    [count_off(U, C, lists:member(element(1, C), Theirs)) || C <- Counted],
    ok.

count_off(#undo{rest = Rest} = U, {_, '_', '_'} = C, true) ->
    [count_off(U, MFA, false) || MFA <- counted_functions([C], Rest)];
count_off(#undo{session = S, kinds = Kinds}, C, _) ->
    [catch pattern(S, C, false, [K]) || K <- Kinds].

counted_functions(Counted, Rest) ->
    lists:append([case C of {M, '_', '_'} -> [{M, F, A} || {F, A} <- functions_of(M)]; MFA -> [MFA] end || C <- Counted]) -- Rest.
