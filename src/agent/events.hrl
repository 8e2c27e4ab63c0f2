%% What happens to processes: spawn, exit, link, register, gc, running. The VM has no match specification for these, so no gate
%% either. They go to a tracer of their own, the catcher, which ends when its window is used up: with it all its flags are
%% gone at once, and no others. The guard opens the next window when there are tokens for it.

%% ---- the guard's part ---------------------------------------------------------------------------------------------------

event_check(#{events := Events}) ->
    lists:keymember(gc, 1, Events) andalso gc_check().

%% Two who trace garbage collections crash the VM (OTP issue 11624).
gc_check() ->
    others([]),
    has_sessions() andalso [throw({other_session, S}) || S <- trace:session_info(all), S =/= {legacy, default}].

%% Nothing is opened where a window would be closed already.
catch_open(#guard{config = #{events := []}} = G) ->
    G;
catch_open(#guard{state = armed, config = #{events := Events} = Config, catching = C0, undo = #undo{tracer = Tracer}} = G) ->
    case catch {ok, event_check(Config)} of
        {ok, _} ->
            {P, Mon} = spawn_opt(?MODULE, catcher, [self(), Tracer, Config], tracer_options(Config)),
            S = session_new(P),
            P ! {events, Events},
            Targets = case C0 of #catching{targets = Same} -> Same; First -> First end,
            #{flags := Flags} = Config,
            [catch set_flags(S, T, P, Flags) || T <- Targets ++ [W || {Name, W} <- G#guard.watched, Name =/= none, is_pid(W)]],
            spare(S, P, G#guard.ctl, Flags, Targets),
            G#guard{catching = #catching{catcher = P, mon = Mon, session = S, targets = Targets, opened = now_ms()}};
        Other ->
            close(G, {other_tracer, 0, case Other of {'EXIT', _} -> 0; _ -> 1 end})
    end;
catch_open(G) ->
    G.

%% The catcher has ended: when is there room for a window again?
caught(#guard{state = armed, config = Config, catching = #catching{mon = Mon, session = S, opened = At} = C} = G, Mon) ->
    session_end(S),
    Wait = max(?MIN_PAUSE_MS, window_ms(Config) - (now_ms() - At)),
    erlang:send_after(Wait, self(), catch_open),
    G#guard{catching = C#catching{catcher = none, mon = none, session = none}};
caught(G, _) ->
    G.

window_ms(#{rate := none}) -> ?TICK_MS;
window_ms(#{rate := {N, Interval}} = Config) -> catch_tokens(Config) * Interval div (N * 1000).

catch_tokens(#{rate := none}) -> ?CATCH_MOST;
catch_tokens(#{rate := {N, Interval}, burst := Burst}) -> max(1, min(min(?CATCH_MOST, Burst), N * 100000 div Interval)).

catch_close(#guard{catching = #catching{catcher = P, session = S} = C} = G) when is_pid(P) ->
    ask(P, kill, 1000),
    session_end(S),
    G#guard{catching = C#catching{catcher = none, mon = none, session = none}};
catch_close(G) ->
    G.

%% ---- the catcher ----------------------------------------------------------------------------------------------------------

catcher(Guard, Tracer, Config) ->
    process_flag(sensitive, true),
    Mon = monitor(process, Guard),
    receive
        {events, Events} ->
            Kinds = maps:from_list([{K, [{Id, event_spec(MS)} || {Same, Id, MS} <- Events, Same =:= K]} || {K, _, _} <- Events]),
            Tokens = catch_tokens(Config),
            catch_loop(#catcher{mon = Mon, tracer = Tracer, kinds = Kinds, config = Config, tokens = Tokens, most = Tokens, since = now_ms()});
        {'DOWN', Mon, process, _, _} ->
            ok
    end.

event_spec(none) -> none;
event_spec(MS) -> ets:match_spec_compile(MS).

%% It returns, and so ends the process, when as much was looked at as a tenth of a second may bring, or as much was wanted
%% as there are tokens.
catch_loop(#catcher{seen = Seen, since = Since} = C) when Seen >= ?CATCH_LOOK ->
    case now_ms() - Since of
        Ms when Ms < ?TICK_MS -> used_up;
        _ -> catch_loop(C#catcher{seen = 0, since = now_ms()})
    end;
catch_loop(#catcher{tokens = Tokens} = C) when Tokens < 1 ->
    used_up(C);
catch_loop(#catcher{mon = Mon, seen = Seen} = C) ->
    receive
        {trace_ts, P, Tag, X, Ts} -> catch_event(C#catcher{seen = Seen + 1}, kind(Tag), P, Tag, X, none, Ts);
        {trace_ts, P, Tag, X, Y, Ts} -> catch_event(C#catcher{seen = Seen + 1}, kind(Tag), P, Tag, X, Y, Ts);
        {'DOWN', Mon, process, _, _} -> ok;
        _ -> catch_loop(C)
    end.

%% A quiet window is filled again without closing it.
used_up(#catcher{config = Config, since = Since, most = Most} = C) ->
    case window_ms(Config) =< now_ms() - Since of
        true -> catch_loop(C#catcher{tokens = Most, seen = 0, since = now_ms()});
        false -> used_up
    end.

kind(spawn) -> spawn;
kind(exit) -> exit;
kind(link) -> link;
kind(unlink) -> unlink;
kind(register) -> register;
kind(unregister) -> unregister;
kind(gc_minor_start) -> gc_start;
kind(gc_major_start) -> gc_start;
kind(gc_minor_end) -> gc;
kind(gc_major_end) -> gc;
kind(in) -> in;
kind(out) -> running;
kind(_) -> none.

catch_event(C, none, _, _, _, _, _) ->
    catch_loop(C);
catch_event(C, Start, P, _, X, _, Ts) when Start =:= gc_start; Start =:= in ->
    catch_loop(opened(C, P, {X, Ts}));
catch_event(#catcher{kinds = Kinds} = C, Kind, P, Tag, X, Y, Ts) ->
    case Kinds of
        #{Kind := Specs} -> catch_wanted(C, Specs, Kind, P, payload(C, Kind, P, Tag, X, Y, Ts), Ts);
        _ -> catch_loop(C)
    end.

opened(#catcher{open = Open} = C, P, Start) when map_size(Open) < ?CATCH_LOOK ->
    C#catcher{open = Open#{P => Start}};
opened(C, P, Start) ->
    C#catcher{open = #{P => Start}}.

payload(C, spawn, _, _, Child, {M, F, Args}, _) -> {Child, {M, F, arity(C, Args)}};
payload(C, exit, _, _, Reason, _, _) -> small(C, Reason);
payload(#catcher{open = Open}, gc, P, Tag, Info, _, {Ns, _}) ->
    case Open of
        #{P := {Before, {From, _}}} ->
            {case Tag of gc_minor_end -> minor; _ -> major end, heap_bytes(Before), heap_bytes(Info), Ns - From};
        _ -> none
    end;
payload(#catcher{open = Open}, running, P, _, MFA, _, {Ns, _}) ->
    case Open of
        #{P := {_, {From, _}}} -> {MFA, Ns - From};
        _ -> none
    end;
payload(_, _, _, _, X, _, _) -> X.

arity(_, Args) -> case catch length(Args) of N when is_integer(N) -> N; _ -> 0 end.

heap_bytes(Info) ->
    lists:sum([N || {K, N} <- Info, K =:= heap_size orelse K =:= old_heap_size orelse K =:= mbuf_size]) * erlang:system_info(wordsize).

small(#catcher{config = #{max_term := Max}}, Term) ->
    case max(erts_debug:flat_size(Term) * erlang:system_info(wordsize), erlang:external_size(Term)) of
        Bytes when Bytes > Max -> {'$beamtap_big', Bytes};
        _ -> Term
    end.

%% A start that was not seen: the window opened in between.
catch_wanted(C, _, Kind, _, none, _) when Kind =:= gc; Kind =:= running ->
    catch_loop(C);
catch_wanted(#catcher{open = Open, tracer = Tracer, tokens = Tokens} = C, Specs, Kind, P, Payload, Ts) ->
    C1 = C#catcher{open = maps:remove(P, Open)},
    case [Id || {Id, Spec} <- Specs, Spec =:= none orelse ets:match_spec_run([{Payload}], Spec) =:= [true]] of
        [] ->
            catch_loop(C1);
        [Id | _] ->
            Tracer ! {trace_ts, P, event, {Id, Kind}, Payload, Ts},
            catch_loop(room_for(C1#catcher{tokens = Tokens - 1}))
    end.

%% The tracer may be waiting for a controller that does not read.
room_for(#catcher{tracer = Tracer, tokens = Tokens} = C) ->
    case Tokens rem 8 =:= 0 andalso process_info(Tracer, message_queue_len) of
        {message_queue_len, N} when N > ?CATCH_MOST -> exit(normal);
        _ -> C
    end.
