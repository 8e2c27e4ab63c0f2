%% Filters on the outcome: a call is held here until its process says how it ended, and only then sent, call and return together,
%% where that is what the user asked for. What is not wanted never crosses the wire.
%%
%% examined = shown + filtered + unended + held + what found no room and is lost. A call that would be shown when --rate has no
%% token is skipped, as if the gate had been closed for it.

outcome_new(none, _, _) ->
    none;
outcome_new({Slower, OnlyRaised, Returns, Rate, Burst}, MaxMemory, Guard) ->
    #outcome{guard = Guard, slower = Slower, only_raised = OnlyRaised, returns = event_spec(Returns), max_bytes = MaxMemory div 8,
             told_at = now_ms(), sweep_at = now_ms() + ?SWEEP_MS,
             rate = Rate, cost = full(Rate, 1), burst = Burst, tokens = full(Rate, Burst), filled_us = now_us()}.

%% ---- a batch -------------------------------------------------------------------------------------------------------

%% Events newest first, and the same events with what is too big cut. Returns the pairs to send, oldest first, and how many.
examine(#tracer{outcome = O0, credit = Credit, lost = {Calls, Others}} = T, Events, Small) ->
    {O, Left, Pairs} = examine(outcome_refill(O0), lists:reverse(Events), lists:reverse(Small), Credit, []),
    {T#tracer{outcome = O#outcome{n_lost = 0}, lost = {Calls + O#outcome.n_lost, Others}}, lists:reverse(Pairs), Credit - Left}.

%% With as many shown as were wanted, the rest counts as never let through.
examine(O, Events, _, Left, Pairs) when Events =:= []; Left =< 0 ->
    {O, Left, Pairs};
examine(O, [{_, P, call, MFA, _, _} | Events], [Call | Small], Left, Pairs) ->
    examine(hold(O#outcome{examined = O#outcome.examined + 1}, {P, MFA}, Call), Events, Small, Left, Pairs);
examine(O0, [{_, P, How, MFA, Value, At} | Events], [End | Small], Left, Pairs) ->
    {Call, O} = unhold(O0, {P, MFA}),
    case Call =/= none andalso is_wanted(O, Call, How, Value, At) of
        true when O#outcome.tokens < O#outcome.cost ->
            examine(O#outcome{examined = O#outcome.examined - 1}, Events, Small, Left, Pairs);
        true ->
            examine(O#outcome{tokens = O#outcome.tokens - O#outcome.cost}, Events, Small, Left - 1, [End, Call | Pairs]);
        false when Call =:= none ->
            examine(O, Events, Small, Left, Pairs);
        false ->
            examine(O#outcome{filtered = O#outcome.filtered + 1}, Events, Small, Left, Pairs)
    end.

is_wanted(#outcome{slower = Slower, only_raised = OnlyRaised, returns = Returns}, Call, How, Value, {Ns, _}) ->
    {CallNs, _} = element(6, Call),
    (Slower =:= none orelse Ns - CallNs >= Slower)
        andalso (How =:= exception_from orelse not OnlyRaised)
        andalso (Returns =:= none orelse (How =:= return_from andalso ets:match_spec_run([{Value}], Returns) =:= [true])).

outcome_refill(#outcome{rate = none} = O) ->
    O;
outcome_refill(#outcome{rate = {N, _} = Rate, burst = Burst, tokens = Tokens, filled_us = At} = O) ->
    Now = now_us(),
    O#outcome{tokens = min(full(Rate, Burst), Tokens + (Now - At) * N), filled_us = Now}.

%% ---- calls that are open -----------------------------------------------------------------------------------------------

hold(#outcome{n_held = N, held_bytes = Held, max_bytes = Max, held = Map} = O, {_, MFA} = Key, Call) ->
    Bytes = max(erts_debug:flat_size(Call) * erlang:system_info(wordsize), erlang:external_size(Call)) + ?HELD_BYTES,
    case O#outcome.silent of
        #{MFA := _} ->
            O#outcome{unended = O#outcome.unended + 1};
        _ when N >= ?HELD_MOST; Held + Bytes > Max ->
            O1 = pass_by(O, Key),
            O1#outcome{is_full = true, n_lost = O1#outcome.n_lost + 1};
        _ ->
            Open = maps:get(Key, Map, []),
            Depth = deeper(O, Key, depth(Open)),
            O#outcome{n_held = N + 1, held_bytes = Held + Bytes, held = Map#{Key => [{Call, Bytes, Depth} | Open]}}
    end.

%% Many open calls of one function in one process are tail recursion, whose frames pile up.
deeper(#outcome{guard = Guard}, {_, MFA}, Depth) ->
    Depth + 1 =:= ?MAX_OPEN andalso (Guard ! {no_return, MFA}),
    Depth + 1.

depth([{_, _, Depth} | _]) -> Depth;
depth([N | Older]) -> N + depth(Older);
depth([]) -> 0.

%% A call that is not held: its return must not be taken for that of one that is. Where none is, it is only counted for its
%% depth, and for so long as there is room for that.
pass_by(#outcome{held = Map, passed = Passed} = O, Key) ->
    case {Map, Passed} of
        {#{Key := [N | Older] = Open}, _} when is_integer(N) ->
            deeper(O, Key, depth(Open)),
            O#outcome{held = Map#{Key := [N + 1 | Older]}};
        {#{Key := Open}, _} ->
            deeper(O, Key, depth(Open)),
            O#outcome{held = Map#{Key := [1 | Open]}};
        {_, #{Key := N}} ->
            O#outcome{passed = Passed#{Key := deeper(O, Key, N)}};
        _ when map_size(Passed) >= ?PASSED_MOST ->
            O#outcome{passed = #{Key => 1}};
        _ ->
            O#outcome{passed = Passed#{Key => 1}}
    end.

%% The call that has ended, or none where it was not held.
unhold(#outcome{held = Map, passed = Passed} = O, Key) ->
    case {Map, Passed} of
        {#{Key := [1 | Older]}, _} -> {none, O#outcome{held = Map#{Key := Older}}};
        {#{Key := [N | Older]}, _} when is_integer(N) -> {none, O#outcome{held = Map#{Key := [N - 1 | Older]}}};
        {#{Key := [{Call, Bytes, _}]}, _} -> {Call, freed(O#outcome{held = maps:remove(Key, Map)}, 1, Bytes)};
        {#{Key := [{Call, Bytes, _} | Older]}, _} -> {Call, freed(O#outcome{held = Map#{Key := Older}}, 1, Bytes)};
        {_, #{Key := 1}} -> {none, O#outcome{passed = maps:remove(Key, Passed)}};
        {_, #{Key := N}} -> {none, O#outcome{passed = Passed#{Key := N - 1}}};
        _ -> {none, O}
    end.

freed(#outcome{n_held = N, held_bytes = Held} = O, Calls, Bytes) ->
    O#outcome{n_held = N - Calls, held_bytes = Held - Bytes}.

%% Returns of the function are no longer followed: none of its calls will be shown.
silence(#tracer{outcome = none} = T, _) ->
    T;
silence(#tracer{outcome = #outcome{silent = Silent} = O} = T, MFA) ->
    T#tracer{outcome = sweep(O#outcome{silent = Silent#{MFA => true}}, fun({_, F}, Open) -> case F of MFA -> []; _ -> Open end end)}.

%% What a call that was dropped unread, or a return, means to those that are held.
dropped(#tracer{outcome = none} = T, _, _, _) ->
    T;
dropped(#tracer{outcome = O} = T, call, P, MFA) ->
    T#tracer{outcome = pass_by(O#outcome{examined = O#outcome.examined + 1}, {P, MFA})};
dropped(#tracer{outcome = O0} = T, _, P, MFA) ->
    case unhold(O0, {P, MFA}) of
        {none, O} -> T#tracer{outcome = O};
        {_, O} -> T#tracer{outcome = O#outcome{unended = O#outcome.unended + 1}}
    end.

%% Calls of processes that have ended have no outcome (25 says of a killed process that it raised, 27 says nothing). Where there
%% is no room for more, the oldest make some: of a process that hibernates no call ever returns.
sweep_held(#outcome{is_full = IsFull} = O, Now) ->
    Since = erlang:monotonic_time(nanosecond) - ?HELD_MS * 1000000,
    IsYoung = fun({Call, _, _}) -> element(1, element(6, Call)) >= Since; (_) -> true end,
    O1 = sweep(O, fun({P, _}, Open) ->
                          case is_process_alive(P) of
                              false -> [];
                              true when IsFull -> lists:takewhile(IsYoung, Open);
                              true -> Open
                          end
                  end),
    Took = now_ms() - Now,
    O1#outcome{is_full = false, passed = #{}, sweep_at = now_ms() + max(?SWEEP_MS, 100 * Took)}.

%% Keep gives what stays of the open calls of a process and function, the newest.
sweep(#outcome{held = Map} = O, Keep) ->
    lists:foldl(fun({Key, Open}, Acc) -> kept(Acc, Key, Open, Keep(Key, Open)) end, O, maps:to_list(Map)).

kept(O, _, Open, Open) ->
    O;
kept(#outcome{held = Map, unended = Unended} = O, Key, Open, Kept) ->
    {Stay, StayBytes} = held_sum(Kept),
    {All, AllBytes} = held_sum(Open),
    Held = case Stay of 0 -> maps:remove(Key, Map); _ -> Map#{Key := Kept} end,
    freed(O#outcome{held = Held, unended = Unended + All - Stay}, All - Stay, AllBytes - StayBytes).

held_sum(Open) ->
    Bytes = [B || {_, B, _} <- Open],
    {length(Bytes), lists:sum(Bytes)}.

%% ---- in the loop ---------------------------------------------------------------------------------------------------------

%% Before each wait: the controller hears what was examined, and calls that cannot end any more are let go.
outcome_due(#tracer{outcome = none} = T) ->
    T;
outcome_due(#tracer{outcome = #outcome{sweep_at = SweepAt, n_held = N} = O} = T) ->
    Now = now_ms(),
    O1 = case Now >= SweepAt of
             true when N > 0 -> sweep_held(O, Now);
             true -> O#outcome{sweep_at = Now + ?SWEEP_MS};
             false -> O
         end,
    T1 = T#tracer{outcome = O1},
    case T#tracer.shut orelse Now >= O1#outcome.told_at + ?TICK_MS of
        true -> tell_outcome(T1);
        false -> T1
    end.

%% {examined, Examined, Filtered, Unended, Held}, all since the start.
tell_outcome(#tracer{outcome = none} = T) ->
    T;
tell_outcome(#tracer{ctl = Ctl, outcome = #outcome{examined = E, filtered = F, unended = U, n_held = H, told = Told} = O} = T) ->
    case {E, F, U, H} of
        Told -> T;
        Now ->
            case erlang:send(Ctl, {examined, E, F, U, H}, [noconnect, nosuspend]) of
                nosuspend -> T;
                _ -> T#tracer{outcome = O#outcome{told = Now, told_at = now_ms()}}
            end
    end.

outcome_wait(#tracer{outcome = none}, Wait) ->
    Wait;
outcome_wait(#tracer{outcome = #outcome{n_held = 0, examined = E, told = {E, _, _, 0}}}, Wait) ->
    Wait;
outcome_wait(_, Wait) ->
    min(Wait, ?TICK_MS). % an atom is above every number
