%% The guard: owns what is set on the node. It arms, keeps the lease, and takes everything back.

guard_loop(#guard{ctl_mon = CtlMon, tracer_mon = TracerMon} = G) ->
    receive
        {renew} ->
            guard_loop(renewed(G));
        {arm, Groups, Procs, Base, Range, Config} when G#guard.state =:= idle ->
            guard_loop(renewed(arm(G, Groups, Procs, Base, Range, Config)));
        {count, MFAs, Procs, Config} when G#guard.state =:= idle ->
            guard_loop(renewed(count(G, MFAs, Procs, Config)));
        count_set when G#guard.state =:= counting ->
            guard_loop(count_set(G));
        {close} ->
            guard_loop(renewed(close(G, asked)));
        {finish} ->
            finish(G, asked);
        {no_return, MFA} ->
            guard_loop(without_return(G, MFA));
        exhausted ->
            guard_loop(close(G, exhausted));
        rate_reached ->
            guard_loop(close(G, rate_reached));
        dry ->
            guard_loop(dry(G));
        ready ->
            guard_loop(put_back(G, on));
        {big_arg, MFA, Id, K, Bytes} ->
            guard_loop(without_arg(G, MFA, Id, K, Bytes));
        {big_message, E, Shape, Bytes} ->
            guard_loop(without_message(G, E, Shape, Bytes));
        catch_open ->
            guard_loop(catch_open(G));
        {'DOWN', Mon, process, _, _} when Mon =/= CtlMon, Mon =/= TracerMon ->
            guard_loop(caught(G, Mon));
        {name, P} when is_pid(P), G#guard.namer =/= none ->
            G#guard.namer ! {name, P},
            guard_loop(G);
        {foreign_message_pattern, E} ->
            finish(not_ours(G, E), {foreign_message_pattern, E});
        {big_return, MFA, Bytes} ->
            guard_loop(big_return(G, MFA, Bytes));
        {foreign_word, Word} ->
            foreign_word(G, Word);
        {info, From} ->
            tell(From, {beamtap_info, G#guard.who, G#guard.state}, 1),
            guard_loop(G);
        {'DOWN', CtlMon, process, _, _} ->
            finish(G, controller_gone);
        {'DOWN', TracerMon, process, _, Reason} ->
            finish(G, {tracer_died, Reason});
        _ ->
            guard_loop(G)
    after max(0, min(G#guard.deadline, G#guard.tick_at) - now_ms()) ->
        case now_ms() >= G#guard.deadline of
            true -> finish(G, lease);
            false -> guard_loop(tick(G))
        end
    end.

renewed(G) ->
    G#guard{deadline = now_ms() + G#guard.lease}.

%% Says something to the controller without ever waiting for it longer than a second.
tell(#guard{ctl = Ctl}, Msg) ->
    tell(Ctl, Msg, 50).

tell(_, _, 0) ->
    nosuspend;
tell(Ctl, Msg, Tries) ->
    case erlang:send(Ctl, Msg, [noconnect, nosuspend]) of
        nosuspend ->
            receive after 20 -> tell(Ctl, Msg, Tries - 1) end;
        Sent ->
            Sent
    end.

%% ---- arm -------------------------------------------------------------------------------------------------------

arm(G, Groups, Procs, Base, Range, Config) ->
    Patterns = [{MFA, Scope} || {_, Scope, MFAs} <- Groups, MFA <- MFAs],
    case catch begin message_check(Config), event_check(Config), {ok, check(Patterns, Procs, Base)} end of
        {ok, Watched} ->
            Targets = plain_targets(Watched),
            {Tracer, Mon} = spawn_opt(?MODULE, tracer, [self(), G#guard.ctl], tracer_options(Config)),
            Session = case Config of #{events := []} -> session_new(Tracer); _ -> none end,
            Messages = maps:from_list(maps:get(messages, Config)),
            Undo0 = #undo{session = Session, tracer = Tracer, base = Base, range = Range, patterns = Patterns,
                          messages = maps:keys(Messages),
                          counted = countable(Session, Patterns)},
            Undo = Undo0#undo{heir = heir(Undo0, G#guard.ctl)},
            Specs = maps:from_list([{MFA, {Scope, MS}} || {MS, Scope, MFAs} <- Groups, MFA <- MFAs]),
            G1 = G#guard{tracer = Tracer, tracer_mon = Mon, undo = Undo, state = armed, specs = Specs, config = Config,
                         messages = Messages, catching = Targets, watched = watched(Watched),
                         namer = namer_start(Config, G#guard.ctl)},
            Tracer ! {own, Undo, Config},
            receive
                {owned, Tracer} -> install(G1, Groups, Targets);
                {'DOWN', Mon, process, _, Reason} -> finish(G1, {tracer_died, Reason})
            after 5000 -> finish(G1, {tracer_died, timeout})
            end;
        {'EXIT', {Why, _}} ->
            tell(G, {refused, {agent, Why}}),
            G;
        Refused ->
            tell(G, {refused, Refused}),
            G
    end.

%% The heap at which the VM itself ends the tracer is a backstop, far above what may be under way: one event may be larger
%% than that, and a collection needs it twice. What comes is sent and forgotten: nothing is worth an old generation, which
%% would be that large once more. Calls that are held for their outcome are.
tracer_options(#{max_memory := Bytes} = Config) ->
    Words = max(64 * 1024 * 1024, 8 * Bytes) div erlang:system_info(wordsize),
    [{fullsweep_after, 0} || maps:get(filter, Config, none) =:= none] ++
    [monitor, {priority, high}, {message_queue_data, off_heap},
     {max_heap_size, #{size => Words, kill => true, error_logger => false}}].

%% Sets patterns first and flags last, the gate closed all the while.
install(#guard{undo = #undo{session = S, tracer = Tracer, counted = Counted}} = G, Groups, Targets) ->
    Set = fun() ->
                  N = lists:sum([pattern(S, MFA, MS, [Scope]) || {MS, Scope, MFAs} <- Groups, MFA <- MFAs]),
                  [pattern(S, MFA, true, [call_count]) || MFA <- Counted],
                  [message_pattern(S, E, MS) || {E, MS} <- maps:to_list(G#guard.messages)],
                  {N + map_size(G#guard.messages) + length(maps:get(events, G#guard.config)), lists:sum([flags(S, P, Tracer, G#guard.config) || P <- Targets])}
          end,
    case catch Set() of
        {Functions, Processes} when is_integer(Functions), Functions > 0 ->
            tell(G, {armed, Tracer, Functions, Processes, erlang:monotonic_time(nanosecond),
                     erlang:time_offset(nanosecond), [P || P <- Targets, is_pid(P), is_sensitive(P)]}),
            G#guard.messages =:= #{} orelse spare(S, Tracer, G#guard.ctl, maps:get(flags, G#guard.config), Targets),
            Tracer ! open,
            [tell(G, {note, {awaited, Name}, 0}) || {Name, none} <- G#guard.watched, Name =/= none],
            catch_open(G#guard{tick_at = now_ms() + tick_ms(G#guard.undo), slow_at = now_ms() + ?SLOW_MS, sampled = sample(G#guard.undo),
                    baseline = health()});
        {0, _} ->
            finish(G, no_function);
        {'EXIT', {Why, _}} ->
            finish(G, {install, Why})
    end.

%% A sensitive process cannot be traced, and trace/3 does not say so. One that OTP started has an empty dictionary only then.
is_sensitive(P) ->
    is_proc_lib(process_info(P, initial_call)) andalso
        process_info(P, dictionary) =:= {dictionary, []}.

%% Everything that is a reason not to begin. Returns what to trace; throws the reason.
check(Patterns, Procs, Base) ->
    stays(Base, case Base of 0 -> 0; _ -> 10 end) orelse throw({word, word()}),
    has_sessions() orelse others(Patterns),
    [target(P) || P <- Procs].

%% A word that is not 0 is somebody's: the range above it is ours only if he leaves it alone for a moment.
stays(Base, 0) ->
    word() =:= Base;
stays(Base, N) ->
    word() =:= Base andalso begin receive after 10 -> stays(Base, N - 1) end end.

target({pid, Text}) ->
    case catch list_to_pid(Text) of
        P when is_pid(P), node(P) =:= node() ->
            is_process_alive(P) orelse throw({no_process, Text}),
            P;
        _ ->
            throw({no_process, Text})
    end;
target({name, Name}) ->
    %% no atom is made of a name that nobody knows
    case catch list_to_existing_atom(Name) of
        Atom when is_atom(Atom) ->
            case whereis(Atom) of
                P when is_pid(P) -> {named, Atom, P};
                _ -> {named, Atom, none}
            end;
        _ ->
            throw({no_process, Name})
    end;
target({via, Text, Module, Name}) ->
    case catch {known, list_to_existing_atom(Module), binary_to_term(Name, [safe])} of
        {known, M, N} -> via(Text, M, N);
        _ -> throw({no_process, Text})
    end;
target(All) ->
    All.

%% The registry is somebody's code: it runs in a process of its own, for a second at most, and is not loaded for this.
via(Text, Module, Name) ->
    erlang:module_loaded(Module) orelse throw({no_registry, Text}),
    {Asker, Ref} = spawn_monitor(fun() -> exit({whereis, catch Module:whereis_name(Name)}) end),
    receive
        {'DOWN', Ref, process, Asker, {whereis, P}} when is_pid(P), node(P) =:= node() -> P;
        {'DOWN', Ref, process, Asker, {whereis, P}} when is_pid(P); P =:= undefined -> throw({no_process, Text});
        {'DOWN', Ref, process, Asker, _} -> throw({no_registry, Text})
    after 1000 ->
        exit(Asker, kill),
        receive {'DOWN', Ref, process, Asker, _} -> throw({no_registry, Text}) end
    end.

%% Below OTP 27 there is one tracer for a process and one pattern for a function: somebody else's must not be in the way.
others(Patterns) ->
    [throw({tracer, describe(T), P, Flags})
     || P <- [new_processes | processes()],
        {tracer, T} <- [erlang:trace_info(P, tracer)], T =/= [],
        {flags, Flags} <- [erlang:trace_info(P, flags)]],
    [throw({traced, MFA, Kind})
     || {MFA, _} <- Patterns, {traced, Kind} <- [erlang:trace_info(MFA, traced)], Kind =/= false],
    ok.

describe(T) when is_pid(T) ->
    case catch process_info(T, registered_name) of
        {registered_name, Name} -> {T, Name};
        _ -> {T, []}
    end;
describe(T) ->
    {T, []}.

%% call_count on a function traced in scope global would end that trace (measured on 25 and 27); below 27 a count that
%% somebody else keeps is left alone.
countable(S, Patterns) ->
    [MFA || {MFA, local} <- Patterns, S =/= none orelse erlang:trace_info(MFA, call_count) =:= {call_count, false}].

is_proc_lib({initial_call, {proc_lib, init_p, _}}) -> true;
is_proc_lib(_) -> false.

%% ---- end -------------------------------------------------------------------------------------------------------

%% Closes the gate for good and takes the patterns off. Flags stay on: returns of calls already shown still arrive.
close(#guard{state = armed, catching = #catching{catcher = P}} = G, Why) when is_pid(P) ->
    close(catch_close(G), Why);
close(#guard{state = armed, undo = U, tracer = Tracer} = G, Why) ->
    set_word(U#undo.base),
    lists:member(Why, [exhausted, rate_reached]) orelse ask(Tracer, shut, 1000), % else it has shut the gate itself
    set_word(U#undo.base),
    unseen(G, fun() -> patterns_off(U) end),
    messages_off(U),
    tell(G, {closed, Why, counts(U)}),
    G#guard{state = closed};
close(#guard{state = counting} = G, Why) ->
    G1 = count_tell(G, 0, 50),
    tell(G1, {closed, Why, []}),
    G1#guard{state = closed};
close(#guard{state = closed, undo = U} = G, asked) -> % the controller asks again: the first answer found no way
    tell(G, {closed, asked, counts(U)}),
    G;
close(G, _) ->
    G.

%% Takes everything back, says so, removes the code, ends.
finish(#guard{undo = undefined} = G, Why) ->
    tell(G, {finished, Why, []}),
    leave();
finish(G, Why) ->
    #guard{undo = U} = G1 = case G#guard.state of armed -> close(G, Why); _ -> G end,
    Why =:= asked andalso flush(U),
    session_end(U#undo.session),
    ask(U#undo.tracer, kill, 1000),
    take_back(U),
    messages_back(U),
    ask(U#undo.heir, kill, 1000),
    namer_stop(G1#guard.namer),
    tell(G1, {finished, Why, left(U)}),
    leave().

%% Everything sent so far by traced processes reaches the tracer, and what the tracer holds reaches the controller.
flush(#undo{session = S, tracer = Tracer}) ->
    Ref = delivered(S),
    receive {trace_delivered, all, Ref} -> ok after 2000 -> ok end,
    ask(Tracer, flush, 2000).

%% Has the tracer do something and waits until it has, or is gone.
ask(Tracer, What, Ms) ->
    Mon = monitor(process, Tracer),
    case What of
        kill -> exit(Tracer, kill);
        _ -> Tracer ! {What, self()}
    end,
    receive
        {What, Tracer} -> ok;
        {'DOWN', Mon, process, _, _} -> gone
    after Ms -> late
    end,
    demonitor(Mon, [flush]).

%% Somebody else writes the control word: it is theirs now, so it is not restored.
foreign_word(#guard{undo = U} = G, Word) ->
    finish(G#guard{undo = U#undo{base = none}}, {foreign_word, Word}).

%% What both processes do when they are the last: the gate first, then the patterns. The tracer's end takes the flags.
take_back(U) ->
    set_word(U#undo.base),
    blind(U),
    patterns_off(U),
    messages_off(U),
    counts_off(U),
    set_word(U#undo.base).

patterns_off(#undo{session = S, patterns = Patterns}) ->
    [catch pattern(S, MFA, false, [Scope]) || {MFA, Scope} <- Patterns],
    ok.

counts(#undo{session = S, counted = Counted}) ->
    [{MFA, N} || MFA <- Counted, {call_count, N} <- [catch info(S, MFA, call_count)], is_integer(N)].

%% What is still there: nothing, unless somebody interfered.
left(#undo{session = none, tracer = T, base = Base, patterns = Patterns, counted = Counted, kinds = Kinds, messages = Messages, rest = Rest}) ->
    messages_left(Messages) ++ [{pattern, MFA} || {MFA, K} <- [{MFA, traced} || {MFA, _} <- Patterns] ++ [{MFA, K} || MFA <- counted_functions(Counted, Rest), K <- Kinds],
                       {_, V} <- [erlang:trace_info(MFA, K)], V =/= false, V =/= undefined]
        ++ [{flags, P} || P <- [new_processes | processes()], erlang:trace_info(P, tracer) =:= {tracer, T}]
        ++ left_word(Base);
left(#undo{session = S, base = Base}) ->
    [session || lists:member(S, catch trace:session_info(all))] ++ left_word(Base).

left_word(Base) ->
    case word() of
        W when W =:= Base; Base =:= none -> [];
        W -> [{word, W}]
    end.

%% A third process, for the case that guard and tracer end at once: somebody kills both, or purges this code. It runs none of
%% it, but the interpreter of OTP's own erl_eval, so no purge finds it.
heir(#undo{session = S, tracer = T, base = Base, patterns = Patterns, counted = Counted, kinds = Kinds, messages = Messages}, Ctl) ->
    {ok, Tokens, _} = erl_scan:string(?HEIR),
    {ok, Exprs} = erl_parse:parse_exprs(Tokens),
    Set = [{MFA, false, [Scope]} || {MFA, Scope} <- Patterns] ++ [{MFA, false, [K]} || MFA <- Counted, K <- Kinds]
        ++ [{E, true, []} || E <- Messages],
    spawn(erl_eval, exprs, [Exprs, [{'Base', Base}, {'Ctl', Ctl}, {'Guard', self()}, {'Module', ?MODULE}, {'Name', ?GUARD_NAME}, {'Session', S},
                                    {'Set', Set}, {'Tracer', T}]]). % in the order of their names

%% The last act: this code is unloaded, and purged once nobody runs it. The name is given up only then: the next beamtap would
%% find the code, start with it, and be purged with it.
leave() ->
    code:delete(?MODULE),
    catch unregister(?GUARD_NAME),
    spawn(code, purge, [?MODULE]).
