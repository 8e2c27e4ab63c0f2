%% OTP 23, and 24 to be safe. There the VM allocates something for each call that a match specification looks at and frees some
%% hundred thousand of them in a second, in the order of their making. Beside a function that is called flat out that takes
%% memory without end, and what changes a pattern stands in that queue too, for a minute and more. So nobody is traced for the
%% moment in which patterns change, and a function that is called flat out is looked at for a while, then not until the queue is
%% gone. Later releases are not touched: without the flag `call` a return that comes is lost.

frees_slowly(#undo{session = S, patterns = Patterns}) ->
    S =:= none andalso Patterns =/= [] andalso list_to_integer(erlang:system_info(otp_release)) < 25.

%% Changes patterns while no call of our tracees is traced. A rest is over then.
unseen(#guard{undo = U} = G, Change) ->
    case frees_slowly(U) of
        true ->
            Ours = blind(G),
            Change(),
            see(U, Ours),
            awake(G);
        false ->
            Change(),
            G
    end.

%% With a tracer given, only its tracees lose the flag. New processes are left as they are: who is spawned now is traced. The
%% gate is closed a moment before, so that few calls are under way, whose returns would be lost; the tracer opens it again.
blind(#guard{resting = {_, Ours}}) ->
    Ours;
blind(#guard{undo = U} = G) ->
    Ours = ours(G),
    set_word(U#undo.base),
    receive after 1 -> blind(U) end,
    Ours;
blind(#undo{tracer = T} = U) ->
    frees_slowly(U) andalso erlang:trace(existing, false, [call, {tracer, T}]).

see(#undo{tracer = T}, Ours) ->
    [catch erlang:trace(P, true, [call, {tracer, T}]) || P <- Ours], % it may have ended
    ok.

%% Our tracees. To ask each process takes long on a busy node: only where no word stands for them.
ours(#guard{catching = Targets, watched = Watched, undo = #undo{tracer = T}}) ->
    case [A || A <- Targets, is_atom(A)] of
        [] -> [P || {_, P} <- Watched, is_pid(P)];
        [all] -> [existing];
        _ -> [P || P <- processes(), erlang:trace_info(P, tracer) =:= {tracer, T}]
    end.

%% How long to look.
tick_ms(U) ->
    case frees_slowly(U) of
        true -> ?LOOK_MS;
        false -> ?TICK_MS
    end.

%% Looks away when calls came flat out since the sample before, and the node's memory has grown.
rest(#guard{undo = U, sampled = {_, Now}} = G, Before) ->
    Calls = lists:sum([C - maps:get(MFA, Before, C) || {MFA, C} <- maps:to_list(Now), is_on(G, MFA)]),
    case Calls > ?REST_CALLS andalso frees_slowly(U) andalso grew(G) > ?REST_FROM of
        true -> G#guard{resting = {now_ms() + min(?REST_MS, Calls div 50), blind(G)}, tick_at = now_ms() + Calls div 500};
        false -> G
    end.

is_on(#guard{is_off = IsOff, off = Off}, MFA) ->
    not (IsOff andalso lists:member(MFA, Off)).

%% The queue is gone when the node's memory is where it was. Where the node needs more by itself, time is what counts.
rested(#guard{resting = {Until, Ours}, undo = U} = G) ->
    case now_ms() < Until andalso grew(G) > ?REST_TO of
        true ->
            G#guard{tick_at = now_ms() + ?LOOK_MS};
        false ->
            see(U, Ours),
            awake(G)
    end.

grew(#guard{baseline = {Memory, _}}) ->
    erlang:memory(total) - Memory.

awake(#guard{resting = none} = G) ->
    G;
awake(#guard{undo = U} = G) ->
    G#guard{resting = none, sampled = sample(U), tick_at = now_ms() + ?LOOK_MS}.
