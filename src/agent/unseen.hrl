%% OTP 23, and 24 to be safe. There the VM allocates something for each call that a match specification looks at and frees some
%% hundred thousand of them in a second, in the order of their making. Beside a function that is called flat out that takes
%% memory without end, and what changes a pattern stands in that queue too, for a minute and more. So nobody is traced for the
%% moment in which patterns change, and a function that is called flat out is looked at for a while, then not until the queue is
%% gone. Later releases are not touched: without the flag `call` a return that comes is lost.

frees_slowly() ->
    list_to_integer(erlang:system_info(otp_release)) < 25.

%% Changes patterns while no call of our tracees is traced.
unseen(#undo{session = none, patterns = [_ | _]} = U, Change) ->
    case frees_slowly() of
        true ->
            Blind = blind(U),
            Changed = Change(),
            see(U, Blind),
            Changed;
        false ->
            Change()
    end;
unseen(_, Change) ->
    Change().

%% New processes are left as they are: who is spawned now is traced.
blind(#undo{tracer = T}) ->
    Ours = [P || P <- processes(), erlang:trace_info(P, tracer) =:= {tracer, T}],
    [catch erlang:trace(P, false, [call]) || P <- Ours], % it may have ended
    Ours.

see(#undo{tracer = T}, Blind) ->
    [catch erlang:trace(P, true, [call, {tracer, T}]) || P <- Blind],
    ok.

%% Looks away when calls came flat out since the last sample, for as long as the VM needs.
rest(#guard{undo = #undo{session = none} = U} = G, Calls) when Calls > ?REST_CALLS ->
    case frees_slowly() of
        true -> G#guard{resting = blind(U), tick_at = now_ms() + min(?SLOW_MS, Calls div ?FREED_PER_MS)};
        false -> G
    end;
rest(G, _) ->
    G.

rested(#guard{resting = [_ | _] = Blind, undo = U} = G) ->
    see(U, Blind),
    G#guard{resting = [], sampled = sample(U)};
rested(G) ->
    G.
