%% The tracer: the hot loop. It receives trace messages, weighs and sends them in batches.

tracer(Guard, Ctl) ->
    process_flag(sensitive, true),
    Mon = monitor(process, Guard),
    receive
        {own, Undo, #{window := Max, credit := Credit, final := Final, returns := Returns, max_memory := MaxMemory,
                      max_term := MaxTerm, rate := Rate, burst := Burst, on_rate := OnRate, debug := Debug, whole := Whole, mute := Mute,
                      returning := Returning, filter := Filter}} ->
            Guard ! {owned, self()},
            loop(#tracer{ctl = Ctl, guard = Guard, guard_mon = Mon, undo = Undo, credit = Credit, final = Final,
                         max = Max, is_weighed = not Returns, max_bytes = max(1, MaxMemory div 32), max_term = MaxTerm,
                         rate = Rate, burst = Burst, tokens = full(Rate, Burst), filled_us = now_us(),
                         on_rate = OnRate, debug = Debug, whole = Whole, mute = Mute, returning = Returning,
                         outcome = outcome_new(Filter, MaxMemory, Guard)});
        _ -> % the guard is gone, or speaks another language
            ok
    end.

%% Nothing is held: set the gate to what there is room and tokens for, and wait.
loop(T) ->
    {T1, Wait} = gate(outcome_due(T)),
    receive
        {trace_ts, _, Tag, _, _, _} = E when Tag =:= call; Tag =:= 'receive'; Tag =:= event -> collect(T1, 1, 1, [E]);
        {trace_ts, _, send, _, _, _, _} = E -> collect(T1, 1, 1, [E]);
        {trace_ts, _, send, _, _, _} -> loop(T1); % somebody else's pattern let it through
        {trace_ts, _, _, _, _, _} = E -> collect(T1, 1, 0, [E]);
        {trace_ts, _, return_to, _, _} = E -> collect(T1, 1, 0, [E]);
        Msg -> loop(control(T1, Msg))
    after outcome_wait(T1, Wait) ->
        loop(idle(T1))
    end.

%% Big terms that were sent are still on the heap: give them back when there is time.
idle(#tracer{dirty = true} = T) ->
    garbage_collect(),
    T#tracer{dirty = false, calm = true};
idle(T) ->
    T#tracer{calm = true}.

collect(T, ?BATCH, Calls, Acc) ->
    deliver(T, ?BATCH, Calls, Acc);
collect(T, N, Calls, Acc) ->
    receive
        {trace_ts, _, Tag, _, _, _} = E when Tag =:= call; Tag =:= 'receive'; Tag =:= event ->
            collect(T, N + 1, Calls + 1, [E | Acc]);
        {trace_ts, _, send, _, _, _, _} = E -> collect(T, N + 1, Calls + 1, [E | Acc]);
        {trace_ts, _, send, _, _, _} -> collect(T, N, Calls, Acc);
        {trace_ts, _, _, _, _, _} = E -> collect(T, N + 1, Calls, [E | Acc]);
        {trace_ts, _, return_to, _, _} = E -> collect(T, N + 1, Calls, [E | Acc])
    after 0 ->
        deliver(T, N, Calls, Acc)
    end.

deliver(#tracer{is_weighed = false} = T0, N, Calls, Acc) ->
    {T, _} = closed(T0, 0), % weighing what is big takes a while
    weighed(T, N, Calls, Acc);
deliver(T, N, Calls, Acc) ->
    weighed(T, N, Calls, Acc).

weighed(T, N, Calls, Acc) ->
    Bytes = max(erts_debug:flat_size(Acc) * erlang:system_info(wordsize), erlang:external_size(Acc)),
    case Bytes > T#tracer.max_term of
        true ->
            {Small, T1} = lists:mapfoldl(fun cut/2, T, Acc),
            sent(T1, N, Calls, Bytes, Acc, Small);
        false ->
            sent(T, N, Calls, Bytes, Acc, Acc)
    end.

%% With a filter on the outcome only calls that ended as was asked for cross the wire, with their ends.
sent(#tracer{outcome = none} = T, N, Calls, Bytes, Acc, Small) ->
    accounted(send(T, {ev, N, Calls, Bytes, lists:reverse(Small)}), N, Calls, Bytes, Acc, Calls, Bytes);
sent(T0, N, Calls, Bytes, Acc, Small) ->
    case examine(T0, Acc, Small) of
        {T, [], 0} ->
            accounted(T, N, Calls, Bytes, Acc, 0, 0);
        {T, Pairs, Shown} ->
            PairBytes = max(erts_debug:flat_size(Pairs) * erlang:system_info(wordsize), erlang:external_size(Pairs)),
            accounted(send(T, {ev, 2 * Shown, Shown, PairBytes, Pairs}), N, Calls, Bytes, Acc, Shown, PairBytes)
    end.

%% Accounts for a batch: what came, and what of it was sent, so that the gate knows.
accounted(T, N, Calls, Bytes, Acc, Shown, ShownBytes) ->
    T1 = deep(T, N, Calls, Acc),
    [T#tracer.guard ! What || What <- lists:reverse(T#tracer.learn)],
    Bytes > ?BIG_BATCH andalso garbage_collect(),
    T#tracer.debug andalso tell_gate(T, Bytes),
    Weighed = T#tracer.is_weighed orelse N > Calls,
    PerCall = case Calls of 0 -> Bytes; _ -> Bytes div Calls end,
    CallBytes = max(PerCall, (T#tracer.call_bytes * 7 + PerCall) div 8),
    loop(T1#tracer{is_weighed = Weighed, call_bytes = CallBytes, room = room(T, Weighed, CallBytes, Acc),
                   credit = T#tracer.credit - Shown, tokens = spend(T, Calls),
                   unacked = T#tracer.unacked + Shown, unacked_bytes = T#tracer.unacked_bytes + ShownBytes,
                   sent_us = case T#tracer.unacked of 0 -> now_us(); _ -> T#tracer.sent_us end,
                   dirty = Bytes > 65536, calm = false, told = false, learn = []}).

%% Counting open calls for each process and function costs; it begins when more than MAX_OPEN are open in all.
deep(#tracer{outcome = #outcome{n_held = Held}} = T, _, _, _) -> % has its own count of them
    T#tracer{open = Held};
deep(#tracer{returning = []} = T, _, _, _) ->
    T;
deep(#tracer{open = Open, deep = off} = T, N, Calls, _) ->
    case max(0, Open + 2 * Calls - N) of
        More when More > ?MAX_OPEN -> T#tracer{open = 0, deep = #{}};
        More -> T#tracer{open = More}
    end;
deep(#tracer{deep = Deep} = T, _, _, Acc) ->
    case lists:foldr(fun(E, D) -> deep_event(E, D, T) end, Deep, Acc) of
        Empty when map_size(Empty) =:= 0 -> T#tracer{deep = off};
        Deep1 -> T#tracer{deep = Deep1}
    end.

deep_event({_, P, call, MFA, Captured, _}, Deep, T) ->
    Key = {P, MFA},
    case lists:member(element(1, Captured), T#tracer.returning) of
        false -> Deep;
        true ->
            Open = maps:get(Key, Deep, 0) + 1,
            Open =:= ?MAX_OPEN andalso (T#tracer.guard ! {no_return, MFA}),
            Deep#{Key => Open}
    end;
deep_event({_, P, Returned, MFA, _, _}, Deep, _) when Returned =:= return_from; Returned =:= exception_from ->
    Key = {P, MFA},
    case Deep of
        #{Key := 1} -> maps:remove(Key, Deep);
        #{Key := Open} -> Deep#{Key := Open - 1};
        _ -> Deep
    end;
deep_event(_, Deep, _) ->
    Deep.

tell_gate(#tracer{ctl = Ctl} = T, Bytes) ->
    erlang:send(Ctl, {gate, Bytes, T#tracer.room, tokens(T), T#tracer.unacked, T#tracer.unacked_bytes, T#tracer.hot},
                [noconnect, nosuspend]).

%% The window doubles as long as calls are small; where they are big it holds what max_bytes allows.
room(#tracer{mute = Mute}, false, _, Acc) -> % calls that have no return must not take the place of those that have one
    min(4, 1 + length([E || {_, _, call, _, Captured, _} = E <- Acc, lists:member(element(1, Captured), Mute)]));
room(#tracer{room = Room, max = Max, max_bytes = Bytes}, true, CallBytes, _) ->
    max(1, min(min(Max, Room * 2), Bytes div max(1, CallBytes))).

%% The controller may be slow; the gate is closed while we wait for it, and the guard ends us when the lease runs out.
send(#tracer{ctl = Ctl, guard_mon = Mon} = T, Batch) ->
    case erlang:send(Ctl, Batch, [noconnect, nosuspend]) of
        nosuspend ->
            set_word((T#tracer.undo)#undo.base),
            receive
                {'DOWN', Mon, process, _, _} -> alone(T)
            after ?REASSERT_MS -> send(drop(T), Batch)
            end;
        _ ->
            T
    end.

%% While the controller does not read, returns of open calls may still come: past the budget they are dropped, and told.
drop(#tracer{call_bytes = Bytes, max_bytes = Max} = T) ->
    case process_info(self(), message_queue_len) of
        {message_queue_len, Q} when Q * Bytes > 16 * Max -> drop_one(T);
        _ -> T
    end.

drop_one(#tracer{lost = {Calls, Others}} = T) ->
    receive
        {trace_ts, _, Tag, _, _, _} when Tag =:= 'receive'; Tag =:= event -> drop(T#tracer{lost = {Calls + 1, Others}});
        {trace_ts, _, send, _, _, _, _} -> drop(T#tracer{lost = {Calls + 1, Others}});
        {trace_ts, P, call, MFA, _, _} -> drop(dropped(T#tracer{lost = {Calls + 1, Others}}, call, P, MFA));
        {trace_ts, P, Tag, MFA, _, _} -> drop(dropped(T#tracer{lost = {Calls, Others + 1}}, Tag, P, MFA));
        {trace_ts, _, return_to, _, _} -> drop(T#tracer{lost = {Calls, Others + 1}})
    after 0 -> T
    end.

%% An event with a term above max_term: the term stays here, its size goes instead, and the guard re-arms without it.
cut({trace_ts, _, call, MFA, Captured, _} = E, T) ->
    {Small, T1} = cut_values(T, MFA, Captured),
    {setelement(5, E, Small), T1};
cut({trace_ts, _, send, _, _, _, _} = E, T) ->
    cut_message(E, 4, T);
cut({trace_ts, _, 'receive', _, _, _} = E, T) ->
    cut_message(E, 4, T);
cut({trace_ts, _, return_from, MFA, Value, _} = E, T) ->
    case big(T, Value) of
        false -> {E, T};
        Bytes ->
            {setelement(5, E, {'$beamtap_big', Bytes}), learn(T, {big_return, MFA, Bytes})}
    end;
cut({trace_ts, _, exception_from, MFA, {Class, Value}, _} = E, T) ->
    case big(T, Value) of
        false -> {E, T};
        Bytes ->
            {setelement(5, E, {Class, {'$beamtap_big', Bytes}}), learn(T, {big_return, MFA, Bytes})}
    end;
cut(E, T) ->
    {E, T}.

%% {Id, Values...}, or {Id, [Args]} and perhaps something behind it.
cut_values(#tracer{whole = Whole} = T, {_, _, Arity} = MFA, Captured) ->
    [Id | Values] = tuple_to_list(Captured),
    case lists:member(Id, Whole) of
        true ->
            {Args, T1} = cut_list(T, MFA, Id, 1, hd(Values)),
            {Notes, T2} = cut_list(T1, MFA, Id, Arity + 1, tl(Values)),
            {list_to_tuple([Id, Args | Notes]), T2};
        false ->
            {Small, T1} = cut_list(T, MFA, Id, 1, Values),
            {list_to_tuple([Id | Small]), T1}
    end.

cut_list(T, MFA, Id, From, Values) ->
    {Small, {T1, _}} = lists:mapfoldl(fun(V, {T0, K}) -> cut_value(T0, MFA, Id, K, V) end, {T, From}, Values),
    {Small, T1}.

cut_value(T, MFA, Id, K, V) ->
    case big(T, V) of
        false -> {V, {T, K + 1}};
        Bytes ->
            {{'$beamtap_big', Bytes}, {learn(T, {big_arg, MFA, Id, K, Bytes}), K + 1}}
    end.

%% The gate stays closed until the guard has re-armed; it hears of it behind the batch, so that the note comes after the event.
learn(#tracer{learn = Learn} = T, What) ->
    T#tracer{pause = true, learn = [What | Learn]}.

big(#tracer{max_term = Max}, V) ->
    case max(erts_debug:flat_size(V) * erlang:system_info(wordsize), erlang:external_size(V)) of
        Bytes when Bytes > Max -> Bytes;
        _ -> false
    end.

control(#tracer{unacked = Unacked, unacked_bytes = UnackedBytes, credit = Credit} = T, {ack, Calls, Bytes, Grant}) ->
    Late = now_us() - T#tracer.sent_us > ?LATE_US,
    T#tracer{unacked = Unacked - Calls, unacked_bytes = UnackedBytes - Bytes, credit = Credit + Grant, told = false,
             sent_us = now_us(), room = case Late of true -> max(1, T#tracer.room div 2); false -> T#tracer.room end};
control(T, open) ->
    T#tracer{shut = false, filled_us = now_us()};
control(T, learnt) ->
    T#tracer{pause = false, call_bytes = 1}; % what made calls heavy is no longer copied
control(T, {silent, MFA}) ->
    silence(T, MFA);
control(T, {hot, Hot}) ->
    T#tracer{hot = Hot, told = false};
control(T, {shut, From}) ->
    set_word((T#tracer.undo)#undo.base),
    T1 = tell_outcome(T),
    From ! {shut, self()},
    T1#tracer{shut = true};
control(T, {flush, From}) ->
    tell_lost(T),
    T1 = tell_outcome(T),
    From ! {flush, self()},
    T1;
control(#tracer{guard_mon = Mon} = T, {'DOWN', Mon, process, _, _}) ->
    alone(T);
control(T, _) ->
    T.

tell_lost(#tracer{lost = {0, 0}}) -> ok;
tell_lost(#tracer{ctl = Ctl, lost = {Calls, Others}}) ->
    erlang:send(Ctl, {lost, Calls, Others}, [noconnect, nosuspend]).
