%% What the guard looks at while a trace runs, and what it then changes: hot functions, big terms, the node's health.

%% The gate has closed for want of tokens or room: soon look which functions are hot, for them a closed gate is dear.
dry(#guard{resting = {_, _}} = G) ->
    G#guard{is_dry = true};
dry(#guard{sampled = {At, _}, tick_at = Tick} = G) ->
    G#guard{is_dry = true, tick_at = min(Tick, At div 1000 + 10)}.

tick(#guard{state = armed, resting = {_, _}} = G) ->
    rested(G);
tick(#guard{state = armed} = G) ->
    armed_tick(foreign_message_pattern(watch(G)));
tick(#guard{state = counting} = G) ->
    count_tick(G);
tick(G) ->
    G#guard{tick_at = now_ms() + G#guard.lease}.

armed_tick(#guard{sampled = {T0, Before}, slow_at = SlowAt} = G) ->
    {T1, Now} = Sample = sample(G#guard.undo),
    Hot = [MFA || {MFA, C1} <- maps:to_list(Now), C0 <- [maps:get(MFA, Before, C1)],
                  (C1 - C0) * 1000000 > ?HOT_PER_S * max(1, T1 - T0)],
    G1 = rest(toggle(G#guard{sampled = Sample, tick_at = now_ms() + tick_ms(G#guard.undo)}, Hot), Before),
    case now_ms() >= SlowAt of
        true -> slow_tick(G1#guard{slow_at = now_ms() + ?SLOW_MS}, Now);
        false -> G1
    end.

toggle(#guard{off = []} = G, []) ->
    G#guard{is_dry = false};
toggle(#guard{off = _} = G, []) ->
    put_back(G#guard{is_dry = false}, cold);
toggle(#guard{is_dry = true, undo = #undo{session = S}, specs = Specs} = G, Hot) ->
    G1 = unseen(G, fun() -> [begin {Scope, _} = maps:get(MFA, Specs), catch pattern(S, MFA, false, [Scope]) end || MFA <- Hot] end),
    G#guard.tracer ! {hot, off},
    debug(G, {patterns_off, length(Hot)}),
    G1#guard{is_dry = false, off = Hot, is_off = true};
toggle(G, _) ->
    G.

%% Patterns that were taken off go on again: for a burst (on), or since nothing is hot any more (cold).
put_back(#guard{state = armed, off = Off, tracer = Tracer} = G, How) ->
    G1 = install_again(G, Off),
    Tracer ! {hot, How},
    debug(G, {patterns_on, length(Off)}),
    case How of
        cold -> G1#guard{off = [], is_off = false};
        on -> G1#guard{is_off = false}
    end;
put_back(G, _) ->
    G.

debug(#guard{config = #{debug := true}} = G, What) ->
    tell(G#guard.ctl, {note, What, 0}, 1);
debug(_, _) ->
    ok.

install_again(#guard{undo = #undo{session = S}, specs = Specs} = G, MFAs) ->
    unseen(G, fun() -> [begin {Scope, MS} = maps:get(MFA, Specs), catch pattern(S, MFA, MS, [Scope]) end || MFA <- MFAs] end).

%% An argument is too big to be copied: from now on it is not.
without_arg(G, {_, _, Arity} = MFA, Id, K, Bytes) ->
    relearn(G, {big_arg, MFA, Id, K}, Bytes, MFA, fun(MS) -> [skip_arg(C, Id, K, Arity) || C <- MS] end).

big_return(G, MFA, Bytes) ->
    without_returns(G, {big_return, MFA}, Bytes, MFA).

%% Too many calls of the function are open in one process.
without_return(G, MFA) ->
    without_returns(G, {no_return, MFA}, 0, MFA).

%% Where the outcome decides what is shown, calls without returns are not worth a message.
without_returns(#guard{config = #{filter := none}} = G, What, Bytes, MFA) ->
    relearn(G, What, Bytes, MFA, fun no_returns/1);
without_returns(G, What, Bytes, MFA) ->
    G#guard.tracer ! {silent, MFA},
    relearn(G, What, Bytes, MFA, fun(_) -> [{'_', [], [{message, false}]}] end).

relearn(#guard{state = armed, specs = Specs, learnt = Learnt, off = Off, tracer = Tracer} = G, What, Bytes, MFA, Change) ->
    G1 = case {lists:member(What, Learnt), Specs} of
             {false, #{MFA := {Scope, MS}}} ->
                 tell(G, {note, What, Bytes}),
                 Changed = G#guard{specs = Specs#{MFA := {Scope, Change(MS)}}, learnt = [What | Learnt]},
                 case lists:member(MFA, Off) of
                     true -> Changed;
                     false -> install_again(Changed, [MFA])
                 end;
             _ ->
                 G
         end,
    Tracer ! learnt,
    G1;
relearn(G, _, _, _, _) ->
    G.

no_returns(MS) ->
    [{Head, Guards, [no_return(A) || A <- Body, A =/= {exception_trace}, A =/= {return_trace}]} || {Head, Guards, Body} <- MS].

%% In a body of the user's they may stand inside other calls.
no_return({exception_trace}) -> true;
no_return({return_trace}) -> true;
no_return({const, _} = T) -> T;
no_return(T) when is_tuple(T) -> list_to_tuple(no_return(tuple_to_list(T)));
no_return([H | T]) -> [no_return(H) | no_return(T)];
no_return(T) -> T.

skip_arg({Head, Guards, Body}, Id, K, Arity) ->
    {Head, Guards, skip_in(Body, Id, K, Arity)}.

skip_in({message, {T}}, Id, K, Arity) when element(1, T) =:= Id ->
    {message, {skip_value(T, element(2, T), K, Arity)}};
skip_in({const, _} = T, _, _, _) ->
    T;
skip_in(T, Id, K, Arity) when is_tuple(T) ->
    list_to_tuple(skip_in(tuple_to_list(T), Id, K, Arity));
skip_in([H | T], Id, K, Arity) ->
    [skip_in(H, Id, K, Arity) | skip_in(T, Id, K, Arity)];
skip_in(T, _, _, _) ->
    T.

%% What stands behind the arguments counts on from them; not every message of a clause has it.
skip_value(T, Args, K, Arity) when (Args =:= '$_' orelse is_list(Args)), K > Arity ->
    case 2 + K - Arity =< tuple_size(T) of
        true -> setelement(2 + K - Arity, T, {const, '$beamtap_skip'});
        false -> T
    end;
skip_value(T, '$_', K, Arity) ->
    skip_value(T, [nth_arg(N, '$_') || N <- lists:seq(1, Arity)], K, Arity);
skip_value(T, Args, K, _) when is_list(Args) ->
    {Before, [_ | After]} = lists:split(K - 1, Args),
    setelement(2, T, Before ++ [{const, '$beamtap_skip'} | After]);
skip_value(T, _, K, _) ->
    setelement(K + 1, T, {const, '$beamtap_skip'}).

nth_arg(1, List) -> {hd, List};
nth_arg(N, List) -> nth_arg(N - 1, {tl, List}).

sample(#undo{session = S, counted = Counted}) ->
    {now_us(), maps:from_list([{MFA, N} || MFA <- Counted, {call_count, N} <- [catch info(S, MFA, call_count)],
                                           is_integer(N)])}.

%% Once a second: tells the controller the count, re-arms what a reload has disarmed, looks at the node's health.
slow_tick(#guard{undo = #undo{session = S}, specs = Specs, off = Off, config = Config} = G, Now) ->
    tell(G#guard.ctl, {stat, lists:sum([N || {MFA, N} <- maps:to_list(Now), not only_counted(maps:get(MFA, Specs))])}, 1),
    Gone = [MFA || {MFA, Spec} <- maps:to_list(Specs), not lists:member(MFA, Off), not is_set(S, MFA, Spec)],
    G1 = case Gone of [] -> G; _ -> install_again(G, Gone) end,
    [begin
         lists:member(MFA, (G#guard.undo)#undo.counted) andalso (catch pattern(S, MFA, true, [call_count])),
         erlang:module_loaded(element(1, MFA)) andalso tell(G, {note, {rearmed, MFA}, 0})
     end || MFA <- Gone],
    case harm(Config, G#guard.baseline, health(), G#guard.tracer) of
        none -> G1;
        Harm -> close(G1, Harm)
    end.

%% A function that is only counted has the atom count for a match specification: it is never set.
only_counted({_, MS}) -> MS =:= count.

is_set(S, MFA, {_, count}) -> {call_count, false} =/= (catch info(S, MFA, call_count));
is_set(S, MFA, {Scope, _}) -> {traced, Scope} =:= (catch info(S, MFA, traced)).

health() ->
    {erlang:memory(total), erlang:statistics(total_run_queue_lengths_all)}.

%% A relative rise past max_load percent ends the trace. Small numbers mean nothing: below a floor all is well.
harm(#{max_load := none}, _, _, _) ->
    none;
harm(#{max_load := Percent, max_memory := Max}, {Memory0, Queue0}, {Memory, Queue}, Tracer) ->
    {message_queue_len, Waiting} = case process_info(Tracer, message_queue_len) of
                                       undefined -> {message_queue_len, 0};
                                       Len -> Len
                                   end,
    QueueMax = max(Queue0, 8 * erlang:system_info(schedulers_online)) * (100 + Percent) div 100,
    MemoryMax = Memory0 + max(4 * Max, Memory0 * Percent div 100),
    if
        Queue > QueueMax -> {run_queue, Queue0, Queue};
        Memory > MemoryMax -> {memory, Memory0, Memory};
        Waiting > 100000 -> {tracer_queue, 0, Waiting};
        true -> none
    end.
