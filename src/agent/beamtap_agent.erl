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
-define(MAX_OPEN, 100).        % open calls of one function in one process: more is tail recursion, whose frames pile up
-define(BATCH, 64).            % events sent to the controller in one message
-define(REASSERT_MS, 5).       % an open gate without events is set again after this: a stale write may have closed it
-define(CALM_MS, 50).          % and after this when nothing came in that time either
-define(STALLED_MS, 20).       % a gate closed for want of room that long is worth taking patterns off for
-define(LATE_US, 500000).      % an acknowledgement that took longer halves the window
-define(BIG_BATCH, 262144).    % bytes after which the memory of a batch is given back at once
-define(WEIGH_US, 50000).      % so long no second call is let through before the first return was weighed
-define(TICK_MS, 100).         % the guard samples the counters
-define(HOT_PER_S, 30000).     % calls/s above which a closed gate costs more than taking the pattern off and putting it on
-define(SLOW_MS, 1000).        % between the dearer samples: memory, run queue, reloaded modules
%% Two processes may pass the guard at Base + 1 and both count down: below a Base that is not 0 the word is closed, and ours.
-define(UNDERSHOOT, 1024).
-define(FLAGS, [call, arity, strict_monotonic_timestamp]). % and return_to where durations without values are wanted

%% What the heir does. The session is ended with the tracer's patterns and flags; below OTP 27 flags went with the tracer.
-define(HEIR, "
    process_flag(sensitive, true),
    process_flag(priority, high),
    X = monitor(process, Guard),
    Y = monitor(process, Tracer),
    receive {'DOWN', X, process, _, _} -> ok end,
    receive {'DOWN', Y, process, _, _} -> ok end,
    catch register(Name, self()),
    erlang:system_flag(trace_control_word, Base),
    case Session of
        none -> [catch erlang:trace_pattern(MFA, false, Kind) || {MFA, Kind} <- Set];
        _ -> catch trace:session_destroy(Session)
    end,
    erlang:system_flag(trace_control_word, Base),
    code:delete(Module),
    code:purge(Module),
    erlang:send(Ctl, {finished, both_died, []}, [noconnect, nosuspend]).
").

%% What was set on the node, so that either process can take it back.
-record(undo, {session,         % trace session (OTP 27 and later) or none
               tracer,          % our tracer process
               heir,            % the process that takes everything back where both of ours are killed
               base,            % the control word as it was found; none: it is somebody else's now
               range,           % the gate uses Base .. Base + range
               patterns = [],   % [{MFA, local | global}]
               counted = []}).  % MFAs on which we set call_count

-record(guard, {ctl, ctl_mon, lease, deadline, who, tracer, tracer_mon, undo,
                state = idle,   % idle | armed | closed
                specs = #{},    % MFA => {Scope, MatchSpec}: what is installed, or was before it was taken off
                off = [],       % MFAs whose pattern is off until there are tokens again
                tick_at,        % ms: when to sample next
                slow_at,        % ms: when to take the dearer samples next
                sampled,        % {us, #{MFA => Count}} of the last sample
                is_dry = false, % the gate is closed for want of tokens or room since the last sample
                learnt = [],    % what was re-armed without, each said once
                config,         % as the controller sent it
                baseline}).     % {memory, run queue} when armed

-record(tracer, {ctl, guard, guard_mon, undo,
                 credit,        % calls the controller still wants
                 final,         % true: used up credit is the end, no more will be granted
                 max,           % calls the window may hold at most
                 room = 1,      % calls the window holds now
                 is_weighed,    % true: the first call and its return were weighed, the window may grow
                 max_bytes,     % what may be under way
                 mute,          % Ids of the clauses whose calls have no return
                 returning,     % Ids of the clauses whose returns are followed
                 open = 0,      % calls of those that have not returned, about
                 deep = off,    % #{{Process, MFA} => open calls}, counted while many are open
                 whole,         % Ids of the clauses whose messages carry all arguments as one list
                 max_term,      % bytes of one argument or return value
                 call_bytes = 1,% what a call and its return weigh, lately
                 unacked = 0,   % calls sent that the controller has not consumed
                 unacked_bytes = 0,
                 sent_us = 0,   % when the oldest of them was sent
                 rate,          % {Calls, Microseconds} or none
                 burst,         % tokens the bucket holds
                 tokens = 0,    % times Microseconds of the rate, so that refilling is exact
                 filled_us = 0, % when the bucket was filled last
                 debug,         % true: the controller hears of every batch how the gate stands
                 on_rate,       % skip | stop: what an empty bucket means
                 hot = cold,    % cold | off | asked | on: are patterns of hot functions off, or on for a burst?
                 pause = false, % a big term is being learnt: closed until the guard has re-armed
                 shut = true,   % the gate stays closed
                 told = false,  % does the guard know that the gate is closed for want of tokens or room? | waiting
                 learn = [],    % what the guard is to hear behind the batch that is being made
                 calm = false,  % nothing came since the gate was set last
                 dirty = false, % big terms were here since the last collection
                 lost = {0, 0}}). % calls and other events dropped

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
                              who = {Who, erlang:system_time(second)}, tick_at = now_ms() + Lease});
        _ ->
            exit(Lock, kill),
            Parent ! {Ref, busy}
    end.

%% ---- guard ---------------------------------------------------------------------------------------------------

guard_loop(#guard{ctl_mon = CtlMon, tracer_mon = TracerMon} = G) ->
    receive
        {renew} ->
            guard_loop(renewed(G));
        {arm, Groups, Procs, Base, Range, Config} when G#guard.state =:= idle ->
            guard_loop(renewed(arm(G, Groups, Procs, Base, Range, Config)));
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
    case catch {ok, check(Patterns, Procs, Base)} of
        {ok, Targets} ->
            {Tracer, Mon} = spawn_opt(?MODULE, tracer, [self(), G#guard.ctl], tracer_options(Config)),
            Session = session_new(Tracer),
            Undo0 = #undo{session = Session, tracer = Tracer, base = Base, range = Range, patterns = Patterns,
                          counted = countable(Session, Patterns)},
            Undo = Undo0#undo{heir = heir(Undo0, G#guard.ctl)},
            Specs = maps:from_list([{MFA, {Scope, MS}} || {MS, Scope, MFAs} <- Groups, MFA <- MFAs]),
            G1 = G#guard{tracer = Tracer, tracer_mon = Mon, undo = Undo, state = armed, specs = Specs, config = Config},
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
%% than that, and a collection needs it twice.
tracer_options(#{max_memory := Bytes}) ->
    Words = max(64 * 1024 * 1024, 8 * Bytes) div erlang:system_info(wordsize),
    [monitor, {priority, high}, {message_queue_data, off_heap},
     {max_heap_size, #{size => Words, kill => true, error_logger => false}}].

%% Sets patterns first and flags last, the gate closed all the while.
install(#guard{undo = #undo{session = S, tracer = Tracer, counted = Counted}} = G, Groups, Targets) ->
    Set = fun() ->
                  N = lists:sum([pattern(S, MFA, MS, [Scope]) || {MS, Scope, MFAs} <- Groups, MFA <- MFAs]),
                  [pattern(S, MFA, true, [call_count]) || MFA <- Counted],
                  {N, lists:sum([flags(S, P, Tracer, G#guard.config) || P <- Targets])}
          end,
    case catch Set() of
        {Functions, Processes} when is_integer(Functions), Functions > 0 ->
            tell(G, {armed, Tracer, Functions, Processes, erlang:monotonic_time(nanosecond),
                     erlang:time_offset(nanosecond), [P || P <- Targets, is_pid(P), is_sensitive(P)]}),
            Tracer ! open,
            G#guard{tick_at = now_ms() + ?TICK_MS, slow_at = now_ms() + ?SLOW_MS, sampled = sample(G#guard.undo),
                    baseline = health()};
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
    case catch whereis(list_to_existing_atom(Name)) of
        P when is_pid(P) -> P;
        _ -> throw({no_process, Name})
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

is_proc_lib({initial_call, {proc_lib, init_p, _}}) -> true;
is_proc_lib(_) -> false.

%% ---- watch: hot functions, big terms, the node's health -----------------------------------------------------------

%% The gate has closed for want of tokens or room: soon look which functions are hot, for them a closed gate is dear.
dry(#guard{sampled = {At, _}, tick_at = Tick} = G) ->
    G#guard{is_dry = true, tick_at = min(Tick, At div 1000 + 10)}.

tick(#guard{state = armed, sampled = {T0, Before}, slow_at = SlowAt} = G) ->
    {T1, Now} = Sample = sample(G#guard.undo),
    Hot = [MFA || {MFA, C1} <- maps:to_list(Now), C0 <- [maps:get(MFA, Before, C1)],
                  (C1 - C0) * 1000000 > ?HOT_PER_S * max(1, T1 - T0)],
    G1 = toggle(G#guard{sampled = Sample, tick_at = now_ms() + ?TICK_MS}, Hot),
    case now_ms() >= SlowAt of
        true -> slow_tick(G1#guard{slow_at = now_ms() + ?SLOW_MS}, Now);
        false -> G1
    end;
tick(G) ->
    G#guard{tick_at = now_ms() + G#guard.lease}.

toggle(#guard{off = []} = G, []) ->
    G#guard{is_dry = false};
toggle(#guard{off = _} = G, []) ->
    put_back(G#guard{is_dry = false}, cold);
toggle(#guard{is_dry = true, undo = #undo{session = S}, specs = Specs} = G, Hot) ->
    [begin {Scope, _} = maps:get(MFA, Specs), catch pattern(S, MFA, false, [Scope]) end || MFA <- Hot],
    G#guard.tracer ! {hot, off},
    debug(G, {patterns_off, length(Hot)}),
    G#guard{is_dry = false, off = Hot};
toggle(G, _) ->
    G.

%% Patterns that were taken off go on again: for a burst (on), or since nothing is hot any more (cold).
put_back(#guard{state = armed, off = Off, tracer = Tracer} = G, How) ->
    [install_one(G, MFA) || MFA <- Off],
    Tracer ! {hot, How},
    debug(G, {patterns_on, length(Off)}),
    case How of
        cold -> G#guard{off = []};
        on -> G
    end;
put_back(G, _) ->
    G.

debug(#guard{config = #{debug := true}} = G, What) ->
    tell(G#guard.ctl, {note, What, 0}, 1);
debug(_, _) ->
    ok.

install_one(#guard{undo = #undo{session = S}, specs = Specs}, MFA) ->
    {Scope, MS} = maps:get(MFA, Specs),
    catch pattern(S, MFA, MS, [Scope]).

%% An argument is too big to be copied: from now on it is not.
without_arg(G, {_, _, Arity} = MFA, Id, K, Bytes) ->
    relearn(G, {big_arg, MFA, Id, K}, Bytes, MFA, fun(MS) -> [skip_arg(C, Id, K, Arity) || C <- MS] end).

big_return(G, MFA, Bytes) ->
    relearn(G, {big_return, MFA}, Bytes, MFA, fun no_returns/1).

%% Too many calls of the function are open in one process.
without_return(G, MFA) ->
    relearn(G, {no_return, MFA}, 0, MFA, fun no_returns/1).

relearn(#guard{state = armed, specs = Specs, learnt = Learnt, off = Off, tracer = Tracer} = G, What, Bytes, MFA, Change) ->
    G1 = case {lists:member(What, Learnt), Specs} of
             {false, #{MFA := {Scope, MS}}} ->
                 tell(G, {note, What, Bytes}),
                 Changed = G#guard{specs = Specs#{MFA := {Scope, Change(MS)}}, learnt = [What | Learnt]},
                 lists:member(MFA, Off) orelse install_one(Changed, MFA),
                 Changed;
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
    [begin
         install_one(G, MFA),
         lists:member(MFA, (G#guard.undo)#undo.counted) andalso (catch pattern(S, MFA, true, [call_count])),
         erlang:module_loaded(element(1, MFA)) andalso tell(G, {note, {rearmed, MFA}, 0})
     end || MFA <- Gone],
    case harm(Config, G#guard.baseline, health(), G#guard.tracer) of
        none -> G;
        Harm -> close(G, Harm)
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

%% ---- end -------------------------------------------------------------------------------------------------------

%% Closes the gate for good and takes the patterns off. Flags stay on: returns of calls already shown still arrive.
close(#guard{state = armed, undo = U, tracer = Tracer} = G, Why) ->
    set_word(U#undo.base),
    lists:member(Why, [exhausted, rate_reached]) orelse ask(Tracer, shut, 1000), % else it has shut the gate itself
    set_word(U#undo.base),
    patterns_off(U),
    tell(G, {closed, Why, counts(U)}),
    G#guard{state = closed};
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
    ask(U#undo.heir, kill, 1000),
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
left(#undo{session = none, tracer = T, base = Base, patterns = Patterns, counted = Counted}) ->
    [{pattern, MFA} || {MFA, K} <- [{MFA, traced} || {MFA, _} <- Patterns] ++ [{MFA, call_count} || MFA <- Counted],
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
heir(#undo{session = S, tracer = T, base = Base, patterns = Patterns, counted = Counted}, Ctl) ->
    {ok, Tokens, _} = erl_scan:string(?HEIR),
    {ok, Exprs} = erl_parse:parse_exprs(Tokens),
    Set = [{MFA, [Scope]} || {MFA, Scope} <- Patterns] ++ [{MFA, [call_count]} || MFA <- Counted],
    spawn(erl_eval, exprs, [Exprs, [{'Base', Base}, {'Ctl', Ctl}, {'Guard', self()}, {'Module', ?MODULE}, {'Name', ?GUARD_NAME}, {'Session', S},
                                    {'Set', Set}, {'Tracer', T}]]). % in the order of their names

%% The last act: this code is unloaded, and purged once nobody runs it. The name is given up only then: the next beamtap would
%% find the code, start with it, and be purged with it.
leave() ->
    code:delete(?MODULE),
    catch unregister(?GUARD_NAME),
    spawn(code, purge, [?MODULE]).

%% ---- tracer ------------------------------------------------------------------------------------------------------

tracer(Guard, Ctl) ->
    process_flag(sensitive, true),
    Mon = monitor(process, Guard),
    receive
        {own, Undo, #{window := Max, credit := Credit, final := Final, returns := Returns, max_memory := MaxMemory,
                      max_term := MaxTerm, rate := Rate, burst := Burst, on_rate := OnRate, debug := Debug, whole := Whole, mute := Mute,
                      returning := Returning}} ->
            Guard ! {owned, self()},
            loop(#tracer{ctl = Ctl, guard = Guard, guard_mon = Mon, undo = Undo, credit = Credit, final = Final,
                         max = Max, is_weighed = not Returns, max_bytes = max(1, MaxMemory div 32), max_term = MaxTerm,
                         rate = Rate, burst = Burst, tokens = full(Rate, Burst), filled_us = now_us(),
                         on_rate = OnRate, debug = Debug, whole = Whole, mute = Mute, returning = Returning});
        _ -> % the guard is gone, or speaks another language
            ok
    end.

%% Nothing is held: set the gate to what there is room and tokens for, and wait.
loop(T) ->
    {T1, Wait} = gate(T),
    receive
        {trace_ts, _, call, _, _, _} = E -> collect(T1, 1, 1, [E]);
        {trace_ts, _, _, _, _, _} = E -> collect(T1, 1, 0, [E]);
        {trace_ts, _, return_to, _, _} = E -> collect(T1, 1, 0, [E]);
        Msg -> loop(control(T1, Msg))
    after Wait ->
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
        {trace_ts, _, call, _, _, _} = E -> collect(T, N + 1, Calls + 1, [E | Acc]);
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
            sent(T1, N, Calls, Bytes, Small);
        false ->
            sent(T, N, Calls, Bytes, Acc)
    end.

%% Accounts for a batch while it is sent, so that the gate knows.
sent(T, N, Calls, Bytes, Acc) ->
    T1 = deep(send(T, {ev, N, Calls, Bytes, lists:reverse(Acc)}), N, Calls, Acc),
    [T#tracer.guard ! What || What <- lists:reverse(T#tracer.learn)],
    Bytes > ?BIG_BATCH andalso garbage_collect(),
    T#tracer.debug andalso tell_gate(T, Bytes),
    Weighed = T#tracer.is_weighed orelse N > Calls,
    PerCall = case Calls of 0 -> Bytes; _ -> Bytes div Calls end,
    CallBytes = max(PerCall, (T#tracer.call_bytes * 7 + PerCall) div 8),
    loop(T1#tracer{is_weighed = Weighed, call_bytes = CallBytes, room = room(T, Weighed, CallBytes, Acc),
                   credit = T#tracer.credit - Calls, tokens = spend(T, Calls),
                   unacked = T#tracer.unacked + Calls, unacked_bytes = T#tracer.unacked_bytes + Bytes,
                   sent_us = case T#tracer.unacked of 0 -> now_us(); _ -> T#tracer.sent_us end,
                   dirty = Bytes > 65536, calm = false, told = false, learn = []}).

%% Counting open calls for each process and function costs; it begins when more than MAX_OPEN are open in all.
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
        {trace_ts, _, call, _, _, _} -> drop(T#tracer{lost = {Calls + 1, Others}});
        {trace_ts, _, _, _, _, _} -> drop(T#tracer{lost = {Calls, Others + 1}});
        {trace_ts, _, return_to, _, _} -> drop(T#tracer{lost = {Calls, Others + 1}})
    after 0 -> T
    end.

%% An event with a term above max_term: the term stays here, its size goes instead, and the guard re-arms without it.
cut({trace_ts, _, call, MFA, Captured, _} = E, T) ->
    {Small, T1} = cut_values(T, MFA, Captured),
    {setelement(5, E, Small), T1};
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
control(T, {hot, Hot}) ->
    T#tracer{hot = Hot, told = false};
control(T, {shut, From}) ->
    set_word((T#tracer.undo)#undo.base),
    From ! {shut, self()},
    T#tracer{shut = true};
control(T, {flush, From}) ->
    tell_lost(T),
    From ! {flush, self()},
    T;
control(#tracer{guard_mon = Mon} = T, {'DOWN', Mon, process, _, _}) ->
    alone(T);
control(T, _) ->
    T.

tell_lost(#tracer{lost = {0, 0}}) -> ok;
tell_lost(#tracer{ctl = Ctl, lost = {Calls, Others}}) ->
    erlang:send(Ctl, {lost, Calls, Others}, [noconnect, nosuspend]).

%% ---- the gate ----------------------------------------------------------------------------------------------------

%% Sets the word to what there is room, credit and tokens for: absolute, from what is not consumed yet. The word is never
%% the ledger. Returns how long to wait until it must be set again, in ms.
gate(#tracer{shut = true} = T) ->
    {T, infinity};
gate(#tracer{is_weighed = false, open = 1, mute = [], sent_us = At, pause = false} = T) ->
    case ?WEIGH_US - (now_us() - At) of
        Left when Left > 0 -> closed(T, 1 + Left div 1000); % the first return may be on its way, and big
        _ -> gate_for_room(T)
    end;
gate(T) ->
    gate_for_room(T).

gate_for_room(T) ->
    T1 = refill(T),
    {message_queue_len, Queued} = process_info(self(), message_queue_len),
    Room = min(T1#tracer.room - T1#tracer.unacked - Queued,
               (T1#tracer.max_bytes - T1#tracer.unacked_bytes) div T1#tracer.call_bytes),
    Lone = case T1#tracer.unacked + Queued of 0 -> 1; _ -> 0 end, % one call may always pass
    open(T1, max(Lone, Room), tokens(T1)).

open(#tracer{credit = Credit, final = true} = T, _, _) when Credit =< 0 ->
    T#tracer.guard ! exhausted,
    closed(T#tracer{shut = true}, infinity);
open(#tracer{pause = true} = T, _, _) ->
    closed(T, infinity);
open(#tracer{on_rate = stop} = T, _, Tokens) when Tokens < 1 ->
    T#tracer.guard ! rate_reached,
    closed(T#tracer{shut = true}, infinity);
open(#tracer{hot = asked} = T, _, _) ->
    closed(T, infinity);
open(#tracer{hot = off} = T, Room, _) when Room < 1 ->
    closed(T, infinity);
open(#tracer{hot = off} = T, _, Tokens) ->
    case Tokens >= burst(T) of
        true -> T#tracer.guard ! ready, closed(T#tracer{hot = asked}, infinity);
        false -> closed(T, wait_for(T, burst(T)))
    end;
open(T, _, Tokens) when Tokens < 1 ->
    closed(tell_dry(T), wait_for(T, 1));
open(#tracer{told = true} = T, Room, _) when Room < 1 ->
    closed(T, infinity);
open(#tracer{told = waiting} = T, Room, _) when Room < 1 ->
    closed(tell_dry(T), infinity);
open(T, Room, _) when Room < 1 ->
    closed(T#tracer{told = waiting}, ?STALLED_MS);
open(T, Room, Tokens) ->
    set_gate(T, min(min(Room, Tokens), T#tracer.credit)).

%% The guard hears once that the gate is closed for want of tokens, or of room for longer than a moment.
tell_dry(#tracer{told = true} = T) ->
    T;
tell_dry(T) ->
    T#tracer.guard ! dry,
    T#tracer{told = true}.

closed(T, Wait) ->
    {T1, _} = set_gate(T, 0),
    {T1, case T1#tracer.dirty of true -> min(Wait, ?STALLED_MS); false -> Wait end}. % an atom is above every number

set_gate(#tracer{undo = #undo{base = Base, range = Range}} = T, Open) ->
    case word() of
        W when W >= Base - ?UNDERSHOOT, W =< Base + Range ->
            W =:= Base + Open orelse set_word(Base + Open),
            {T, case T#tracer.calm of true -> ?CALM_MS; false -> ?REASSERT_MS end};
        W ->
            T#tracer.guard ! {foreign_word, W},
            {T#tracer{shut = true}, infinity}
    end.

%% Token bucket: tokens are counted in 1/Interval, so that nothing is lost to rounding. An interval is in microseconds.
refill(#tracer{rate = none} = T) ->
    T;
refill(#tracer{rate = {N, _} = Rate, tokens = Tokens, filled_us = At} = T) ->
    Now = now_us(),
    T#tracer{tokens = min(full(Rate, max(T#tracer.burst, burst(T))), Tokens + (Now - At) * N), filled_us = Now}.

full(none, _) -> 0;
full({_, Interval}, Burst) -> Burst * Interval.

tokens(#tracer{rate = none, max = Max}) -> Max;
tokens(#tracer{rate = {_, Interval}, tokens = Tokens}) -> Tokens div Interval.

spend(#tracer{rate = none, tokens = Tokens}, _) -> Tokens;
spend(#tracer{rate = {_, Interval}, tokens = Tokens}, Calls) -> Tokens - Calls * Interval.

%% Putting a pattern on and off costs milliseconds: for a hot function that is done for the tokens of a tenth of a second.
burst(#tracer{rate = none}) -> 1;
burst(#tracer{rate = {N, Interval}, hot = cold, burst = Burst}) -> max(1, min(Burst, N * 100000 div Interval));
burst(#tracer{rate = {N, Interval}}) -> max(1, N * 100000 div Interval).

%% Milliseconds until there are that many tokens.
wait_for(#tracer{rate = none}, _) -> ?STALLED_MS;
wait_for(#tracer{rate = {N, Interval}, tokens = Tokens}, Wanted) ->
    max(1, (Wanted * Interval - Tokens + N * 1000 - 1) div (N * 1000)).

%% The guard is gone: its work is ours.
alone(#tracer{ctl = Ctl, undo = U}) ->
    catch register(?GUARD_NAME, self()), % nobody else begins before we have ended
    take_back(U),
    session_end(U#undo.session),
    ask(U#undo.heir, kill, 1000),
    tell(Ctl, {finished, guard_died, []}, 50),
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

pattern(_, _, count, _) -> 1;
pattern(none, MFA, MS, Flags) -> erlang:trace_pattern(MFA, MS, Flags);
pattern(S, MFA, MS, Flags) -> trace:function(S, MFA, MS, Flags).

flags(S, P, Tracer, #{times := true}) -> set_flags(S, P, Tracer, [return_to | ?FLAGS]);
flags(S, P, Tracer, _) -> set_flags(S, P, Tracer, ?FLAGS).

set_flags(none, P, Tracer, Flags) -> erlang:trace(P, true, [{tracer, Tracer} | Flags]);
set_flags(S, P, _, Flags) -> trace:process(S, P, true, Flags).

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

now_us() ->
    erlang:monotonic_time(microsecond).
