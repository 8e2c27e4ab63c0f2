%% The part of beamtap that runs on the traced node: two processes, the guard and the tracer.
%%
%%   controller (C) --- asks, renews the lease ---> guard:  installs, watches, cleans up
%%        ^                                            |  monitors both ways
%%        +--- events, at most a window of them --- tracer: receives trace messages, works the gate
%%
%% The gate is the trace control word. Base is the value found on the node; Base means closed, Base + N lets about N
%% calls through. Every installed clause is guarded by it and counts it down (src/match/instrument.c).
%%
%% Rules this file keeps (doc/SAFETY.md says why):
%%  - whichever of the two is left when the other ends removes everything; a lost controller or lease ends both;
%%  - the order of the end: word to Base, patterns off, [returns that are owed], flags off, session gone, code gone;
%%  - nothing here blocks on the controller, and nothing is sent that was not granted by it;
%%  - only what is in our own list is ever removed;
%%  - no binary syntax: the two embedded beams must load on OTP 23 to 29 (src/agent/make_beams.sh).
-module(?AGENT).
-export([start/4, guard/6, tracer/2]).

-define(GUARD_NAME, beamtap_guard).
-define(BATCH, 64).             % events sent to the controller in one message
-define(REASSERT_MS, 5).        % an open gate without events is set again after this: a stale write may have closed it
-define(WINDOW_BYTES, 4194304). % what one window of calls may weigh
-define(BIG_BATCH, 262144).    % bytes after which the memory of a batch is given back at once
-define(TRACER_WORDS, 33554432).% heap at which the VM ends the tracer: a backstop, 256 MB
-define(FLAGS, [call, arity, strict_monotonic_timestamp]).

%% What was set on the node, so that either process can take it back.
-record(undo, {session,         % trace session (OTP 27 and later) or none
               tracer,          % our tracer process
               base,            % the control word as it was found
               range,           % the gate uses Base .. Base + range
               patterns = [],   % [{MFA, local | global}]
               counted = []}).  % MFAs on which we set call_count

-record(guard, {ctl, ctl_mon, lease, deadline, who, tracer, tracer_mon, undo,
                state = idle}). % idle | armed | closed

-record(tracer, {ctl, guard, guard_mon, undo,
                 max,           % calls the window may hold at most
                 room = 1,      % calls the window holds now
                 is_weighed,    % true: the first call and its return were weighed, the window may grow
                 credit,        % calls the controller still wants
                 final,         % true: used up credit is the end, no more will be granted
                 unacked = 0,   % calls sent that the controller has not consumed
                 shut = true,   % the gate stays closed
                 told = false}).% the guard knows that the credit is used up

%% ---- start ---------------------------------------------------------------------------------------------------

%% Runs in the process of the remote call. Lock is the process that holds the name beamtap_lock while the code is loaded.
start(Ctl, Lease, Lock, Who) ->
    Ref = make_ref(),
    {Guard, Mon} = spawn_opt(?MODULE, guard, [self(), Ref, Ctl, Lease, Lock, Who], [monitor, {priority, high}]),
    receive
        {Ref, Answer} ->
            demonitor(Mon, [flush]),
            Answer;
        {'DOWN', Mon, process, Guard, Reason} ->
            {error, Reason}
    end.

guard(Parent, Ref, Ctl, Lease, Lock, Who) ->
    process_flag(sensitive, true),
    case catch register(?GUARD_NAME, self()) of
        true ->
            Mon = monitor(process, Ctl),
            exit(Lock, kill),
            Parent ! {Ref, {ok, self(), word(), erlang:system_info(process_count), erlang:time_offset(nanosecond),
                            erlang:system_info(schedulers_online)}},
            guard_loop(#guard{ctl = Ctl, ctl_mon = Mon, lease = Lease, deadline = now_ms() + Lease,
                              who = {Who, erlang:system_time(second)}});
        _ ->
            exit(Lock, kill),
            Parent ! {Ref, busy}
    end.

%% ---- guard ---------------------------------------------------------------------------------------------------

guard_loop(#guard{ctl_mon = CtlMon, tracer_mon = TracerMon} = G) ->
    receive
        {renew} ->
            guard_loop(renewed(G));
        {plan, Patterns, Max} ->
            tell(G, {plan, plan(Patterns, Max, [])}),
            guard_loop(renewed(G));
        {arm, Groups, Procs, Base, Range, Gate} when G#guard.state =:= idle ->
            guard_loop(renewed(arm(G, Groups, Procs, Base, Range, Gate)));
        {close} ->
            guard_loop(renewed(close(G, asked)));
        {finish} ->
            finish(G, asked);
        exhausted ->
            guard_loop(close(G, exhausted));
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
    after max(0, G#guard.deadline - now_ms()) ->
        finish(G, lease)
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

%% ---- plan: which functions the patterns mean; sets nothing ------------------------------------------------------

%% A pattern is {Module, Function, Arity, Scope}, names as strings so that a typo creates no atom here.
plan([{M, F, A, Scope} | Rest], Max, Done) ->
    Found = resolve(existing(M), existing(F), A, Scope),
    case Found of
        {ok, MFAs} when length(MFAs) > Max -> lists:reverse(Done, [{too_many, length(MFAs)}]);
        {ok, MFAs} -> plan(Rest, Max - length(MFAs), [Found | Done]);
        _ -> plan(Rest, Max, [Found | Done])
    end;
plan([], _, Done) ->
    lists:reverse(Done).

existing('_') -> '_';
existing(Name) ->
    case catch list_to_existing_atom(Name) of
        Atom when is_atom(Atom) -> {atom, Atom};
        _ -> none
    end.

resolve(none, _, _, _) ->
    {no_module, erlang:loaded()};
resolve({atom, M}, F, A, Scope) ->
    case erlang:module_loaded(M) of
        true ->
            All = erlang:get_module_info(M, case Scope of local -> functions; global -> exports end),
            case [{M, N, R} || {N, R} <- All, wanted(F, N), A =:= '_' orelse A =:= R] of
                [] -> {no_function, All};
                MFAs -> {ok, MFAs}
            end;
        false ->
            case code:which(M) of
                non_existing -> {no_module, erlang:loaded()};
                _ -> not_loaded
            end
    end.

wanted('_', N) -> N =/= module_info;
wanted({atom, N}, N) -> true;
wanted(_, _) -> false.

%% ---- arm -------------------------------------------------------------------------------------------------------

arm(G, Groups, Procs, Base, Range, Gate) ->
    Patterns = [{MFA, Scope} || {_, Scope, MFAs} <- Groups, MFA <- MFAs],
    case catch {ok, check(Patterns, Procs, Base)} of
        {ok, Targets} ->
            {Tracer, Mon} = spawn_opt(?MODULE, tracer, [self(), G#guard.ctl],
                                      [monitor, {priority, high}, {message_queue_data, off_heap},
                                       {max_heap_size, #{size => ?TRACER_WORDS, kill => true, error_logger => false}}]),
            Session = session_new(Tracer),
            Undo = #undo{session = Session, tracer = Tracer, base = Base, range = Range, patterns = Patterns,
                         counted = countable(Session, Patterns)},
            G1 = G#guard{tracer = Tracer, tracer_mon = Mon, undo = Undo, state = armed},
            Tracer ! {own, Undo, Gate},
            receive
                {owned, Tracer} -> install(G1, Groups, Targets);
                {'DOWN', Mon, process, _, Reason} -> finish(G1, {tracer_died, Reason})
            end;
        {'EXIT', {Why, _}} ->
            tell(G, {refused, {agent, Why}}),
            G;
        Refused ->
            tell(G, {refused, Refused}),
            G
    end.

%% Sets patterns first and flags last, the gate closed all the while.
install(#guard{undo = #undo{session = S, tracer = Tracer, counted = Counted}} = G, Groups, Targets) ->
    Set = fun() ->
                  N = lists:sum([pattern(S, MFA, MS, [Scope]) || {MS, Scope, MFAs} <- Groups, MFA <- MFAs]),
                  [pattern(S, MFA, true, [call_count]) || MFA <- Counted],
                  {N, lists:sum([flags(S, P, Tracer) || P <- Targets])}
          end,
    case catch Set() of
        {Functions, Processes} when is_integer(Functions), Functions > 0 ->
            tell(G, {armed, Tracer, Functions, Processes, erlang:monotonic_time(nanosecond),
                     erlang:time_offset(nanosecond)}),
            Tracer ! open,
            G;
        {0, _} ->
            finish(G, no_function);
        {'EXIT', {Why, _}} ->
            finish(G, {install, Why})
    end.

%% Everything that is a reason not to begin. Returns what to trace; throws the reason.
check(Patterns, Procs, Base) ->
    word() =:= Base orelse throw({word, word()}),
    has_sessions() orelse others(Patterns),
    [target(P) || P <- Procs].

target({pid, Text}) ->
    case catch list_to_pid(Text) of
        P when is_pid(P), node(P) =:= node() ->
            is_process_alive(P) orelse throw({no_process, Text}),
            P;
        _ ->
            throw({no_process, Text})
    end;
target({name, Name}) ->
    case existing(Name) of
        {atom, Atom} ->
            case whereis(Atom) of
                P when is_pid(P) -> P;
                _ -> throw({no_process, Name})
            end;
        none ->
            throw({no_process, Name})
    end;
target(All) ->
    All.

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

%% ---- end -------------------------------------------------------------------------------------------------------

%% Closes the gate for good and takes the patterns off. Flags stay on: returns of calls already shown still arrive.
close(#guard{state = armed, undo = U, tracer = Tracer} = G, Why) ->
    set_word(U#undo.base),
    ask(Tracer, shut, 1000),
    set_word(U#undo.base),
    patterns_off(U),
    tell(G, {closed, Why, counts(U)}),
    G#guard{state = closed};
close(G, _) ->
    G.

%% Takes everything back, says so, removes the code, ends.
finish(#guard{undo = undefined} = G, Why) ->
    tell(G, {finished, Why, []}),
    leave();
finish(G, Why) ->
    #guard{undo = U} = G1 = close(G, Why),
    Why =:= asked andalso flush(U),
    session_end(U#undo.session),
    ask(U#undo.tracer, kill, 1000),
    take_back(U),
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
    patterns_off(U),
    counts_off(U),
    set_word(U#undo.base).

patterns_off(#undo{session = S, patterns = Patterns}) ->
    [catch pattern(S, MFA, false, [Scope]) || {MFA, Scope} <- Patterns],
    ok.

counts_off(#undo{session = S, counted = Counted}) ->
    [catch pattern(S, MFA, false, [call_count]) || MFA <- Counted],
    ok.

counts(#undo{session = S, counted = Counted}) ->
    [{MFA, N} || MFA <- Counted, {call_count, N} <- [catch info(S, MFA, call_count)], is_integer(N)].

%% What is still there: nothing, unless somebody interfered.
left(#undo{session = none, tracer = T, base = Base, patterns = Patterns}) ->
    [{pattern, MFA} || {MFA, _} <- Patterns, K <- [traced, call_count],
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

%% The last act: this code is unloaded, and purged once nobody runs it.
leave() ->
    catch unregister(?GUARD_NAME),
    code:delete(?MODULE),
    spawn(code, purge, [?MODULE]).

%% ---- tracer ------------------------------------------------------------------------------------------------------

tracer(Guard, Ctl) ->
    process_flag(sensitive, true),
    Mon = monitor(process, Guard),
    receive
        {own, Undo, {Max, Credit, Final, Returns}} ->
            Guard ! {owned, self()},
            idle(#tracer{ctl = Ctl, guard = Guard, guard_mon = Mon, undo = Undo, max = Max, credit = Credit,
                         final = Final, is_weighed = not Returns}, infinity);
        {'DOWN', Mon, process, _, _} ->
            ok
    end.

%% Nothing is held. Wait: how long until the gate is set again (ms or infinity).
idle(T, Wait) ->
    receive
        {trace_ts, _, call, _, _, _} = E -> collect(T, 1, 1, [E]);
        {trace_ts, _, _, _, _, _} = E -> collect(T, 1, 0, [E]);
        Msg -> control(T, Msg)
    after Wait ->
        garbage_collect(),
        regate(T, 10 * ?REASSERT_MS)
    end.

collect(T, ?BATCH, Calls, Acc) ->
    deliver(T, ?BATCH, Calls, Acc);
collect(T, N, Calls, Acc) ->
    receive
        {trace_ts, _, call, _, _, _} = E -> collect(T, N + 1, Calls + 1, [E | Acc]);
        {trace_ts, _, _, _, _, _} = E -> collect(T, N + 1, Calls, [E | Acc])
    after 0 ->
        deliver(T, N, Calls, Acc)
    end.

deliver(T, N, Calls, Acc) ->
    Bytes = erts_debug:flat_size(Acc) * erlang:system_info(wordsize),
    send(T, {ev, N, Calls, lists:reverse(Acc)}),
    Bytes > ?BIG_BATCH andalso garbage_collect(),
    T1 = T#tracer{is_weighed = T#tracer.is_weighed orelse N > Calls},
    regate(T1#tracer{room = room(T1, Bytes div max(1, Calls)), credit = T#tracer.credit - Calls,
                     unacked = T#tracer.unacked + Calls}, ?REASSERT_MS).

%% The window doubles, and is small where calls are big.
room(#tracer{is_weighed = false}, _) -> 1;
room(#tracer{room = Room, max = Max}, Bytes) -> max(1, min(min(Max, Room * 2), ?WINDOW_BYTES div max(1, Bytes))).

%% The controller may be slow; the gate is closed while we wait for it, and the guard ends us when the lease runs out.
send(#tracer{ctl = Ctl} = T, Batch) ->
    case erlang:send(Ctl, Batch, [noconnect, nosuspend]) of
        nosuspend ->
            set_word((T#tracer.undo)#undo.base),
            Mon = T#tracer.guard_mon,
            receive
                {'DOWN', Mon, process, _, _} -> alone(T)
            after ?REASSERT_MS -> send(T, Batch)
            end;
        _ ->
            ok
    end.

control(#tracer{unacked = Unacked, credit = Credit} = T, {ack, Calls, Grant}) ->
    regate(T#tracer{unacked = Unacked - Calls, credit = Credit + Grant}, ?REASSERT_MS);
control(T, open) ->
    regate(T#tracer{shut = false}, ?REASSERT_MS);
control(T, {shut, From}) ->
    T1 = T#tracer{shut = true},
    set_word((T#tracer.undo)#undo.base),
    From ! {shut, self()},
    idle(T1, infinity);
control(T, {flush, From}) ->
    From ! {flush, self()},
    idle(T, infinity);
control(#tracer{guard_mon = Mon} = T, {'DOWN', Mon, process, _, _}) ->
    alone(T);
control(T, _) ->
    regate(T, ?REASSERT_MS).

%% Sets the gate to what the window has room for: absolute, from what is not consumed yet. The word is never the ledger.
regate(#tracer{shut = true} = T, _) ->
    idle(T, infinity);
regate(#tracer{credit = Credit, final = true, told = false} = T, Wait) when Credit =< 0 ->
    T#tracer.guard ! exhausted,
    regate(T#tracer{told = true}, Wait);
regate(#tracer{undo = #undo{base = Base, range = Range}} = T, Wait) ->
    {message_queue_len, Queued} = process_info(self(), message_queue_len),
    Open = max(0, min(T#tracer.room - T#tracer.unacked - Queued, T#tracer.credit)),
    case word() of
        W when W >= Base, W =< Base + Range ->
            set_word(Base + Open),
            idle(T, case Open of 0 -> infinity; _ -> Wait end);
        W ->
            T#tracer.guard ! {foreign_word, W},
            idle(T#tracer{shut = true}, infinity)
    end.

%% The guard is gone: its work is ours.
alone(#tracer{undo = U}) ->
    take_back(U),
    session_end(U#undo.session),
    leave(),
    exit(normal).

%% ---- the VM's two interfaces ---------------------------------------------------------------------------------------

has_sessions() ->
    list_to_integer(erlang:system_info(otp_release)) >= 27.

session_new(Tracer) ->
    case has_sessions() of
        true -> trace:session_create(beamtap, Tracer, []);
        false -> none
    end.

session_end(none) -> ok;
session_end(S) -> catch trace:session_destroy(S).

pattern(none, MFA, MS, Flags) -> erlang:trace_pattern(MFA, MS, Flags);
pattern(S, MFA, MS, Flags) -> trace:function(S, MFA, MS, Flags).

flags(none, P, Tracer) -> erlang:trace(P, true, [{tracer, Tracer} | ?FLAGS]);
flags(S, P, _) -> trace:process(S, P, true, ?FLAGS).

info(none, MFA, Item) -> erlang:trace_info(MFA, Item);
info(S, MFA, Item) -> trace:info(S, MFA, Item).

delivered(none) -> erlang:trace_delivered(all);
delivered(S) -> trace:delivered(S, all).

word() ->
    erlang:system_info(trace_control_word).

set_word(none) -> ok;
set_word(W) -> erlang:system_flag(trace_control_word, W).

now_ms() ->
    erlang:monotonic_time(millisecond).
