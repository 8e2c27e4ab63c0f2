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
-export([start/4, guard/6, tracer/2, catcher/3, namer/2]).

-define(GUARD_NAME, beamtap_guard).
-define(MAX_OPEN, 100).        % open calls of one function in one process: more is tail recursion, whose frames pile up
-define(DEEP_ROOM, 64).       % calls the window holds while more than MAX_OPEN are open
-define(BATCH, 256).            % events sent to the controller in one message
-define(REASSERT_MS, 5).       % an open gate without events is set again after this: a stale write may have closed it
-define(CALM_MS, 50).          % and after this when nothing came in that time either
-define(STALLED_MS, 20).       % a gate closed for want of room that long is worth taking patterns off for
-define(LATE_US, 500000).      % an acknowledgement that took longer halves the window
-define(BIG_BATCH, 262144).    % bytes after which the memory of a batch is given back at once
-define(WEIGH_US, 50000).      % so long no second call is let through before the first return was weighed
-define(TICK_MS, 100).         % the guard samples the counters
-define(HOT_PER_S, 30000).     % calls/s above which a closed gate costs more than taking the pattern off and putting it on
%% OTP 23 is given rests (unseen.hrl).
-define(LOOK_MS, 25).          % between two samples there
-define(REST_CALLS, 5000).     % calls in a sample after which
-define(REST_MS, 5000).        % at most
-define(REST_FROM, 16777216).  % bytes above what the node's memory was
-define(REST_TO, 4194304).
-define(SLOW_MS, 1000).        % between the dearer samples: memory, run queue, reloaded modules
-define(COUNT_SLICE, 64).      % patterns set at a time where functions are counted
-define(ENTRY_BYTES, 64).      % call_time keeps about so much for each function and process that called it
-define(TOP_PROCESSES, 200).   % told of at most
-define(ZERO, {0, 0, 0}).      % calls, microseconds, bytes
%% Two processes may pass the guard at Base + 1 and both count down: below a Base that is not 0 the word is closed, and ours.
-define(UNDERSHOOT, 1024).
-define(CATCH_LOOK, 2000).     % events of processes looked at in a tenth of a second, then the window is closed
-define(CATCH_MOST, 1000).     % that may wait at the tracer
-define(MIN_PAUSE_MS, 20).     % between two windows
-define(HELD_MOST, 65536).     % calls whose outcome is waited for
-define(PASSED_MOST, 1000).    % processes and functions whose calls are not held and yet counted
-define(HELD_BYTES, 200).      % what keeping one takes, besides itself
-define(HELD_MS, 60000).       % older ones make room when there is none
-define(NAME_BYTES, 1000).     % a larger label is not sent
-define(NAMED_BYTES, 1048576). % below OTP 27 the dictionary of a larger process is not looked at
-define(SWEEP_MS, 1000).       % between two looks which of them can still end

%% What the heir does. The session is ended with the tracer's patterns and flags; below OTP 27 flags went with the tracer.
-define(HEIR, "
    process_flag(sensitive, true),
    process_flag(priority, high),
    X = monitor(process, Guard),
    Y = monitor(process, Tracer),
    receive {'DOWN', X, process, _, _} -> ok end,
    receive {'DOWN', Y, process, _, _} -> ok end,
    catch register(Name, self()),
    catch erlang:system_flag(trace_control_word, Base),
    case Session of
        none -> [catch erlang:trace_pattern(What, To, Kind) || {What, To, Kind} <- Set];
        _ -> catch trace:session_destroy(Session)
    end,
    catch erlang:system_flag(trace_control_word, Base),
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
               counted = [],    % MFAs on which we set counters, or {M, '_', '_'}
               kinds = [call_count], % which counters
               rest = [],       % MFAs of those modules that are not counted
               messages = []}). % send, 'receive': whose patterns we set

%% The guard's side of a window of events, and the side of the process that catches them (events.hrl).
-record(catching, {catcher = none, mon = none, session = none, targets = [], opened = 0}).
-record(catcher, {mon, tracer,
                  kinds,        % #{Kind => [{Id, none | Compiled}]}
                  config,
                  tokens, most, % events wanted that still may pass, of how many
                  since,        % ms: when the window, or its last filling, began
                  seen = 0,     % events since then
                  open = #{}}). % #{Process => {Info, Stamp}} of what has begun

%% What the guard counts (counts.hrl).
-record(counting, {items,       % [{Function, MFA, Base, Last}]
                   steps,       % [{MFA, true | false}] still to be set
                   targets,     % whose calls are timed
                   theirs,      % MFAs that somebody else counts
                   told = #{},  % #{Function => what the controller has heard}
                   entries = 0, % that the VM keeps
                   next_at}).   % ms: when to read next

-record(guard, {ctl, ctl_mon, lease, deadline, who, tracer, tracer_mon, undo,
                namer = none,   % the process that asks others for their names; --names
                state = idle,   % idle | armed | counting | closed
                counting,       % #counting{}
                catching = [],  % #catching{}; before the first window: the targets
                messages = #{}, % #{send | 'receive' => MatchSpec}
                watched = [],   % [{Name | none, Pid | none | gone}] of -p
                specs = #{},    % MFA => {Scope, MatchSpec}: what is installed, or was before it was taken off
                off = [],       % MFAs whose pattern is off until there are tokens again, or on for their burst
                is_off = false, % it is off
                tick_at,        % ms: when to sample next
                slow_at,        % ms: when to take the dearer samples next
                sampled,        % {us, #{MFA => Count}} of the last sample
                resting = none, % {ms: no longer than until then, tracees whose calls are not traced}
                is_dry = false, % the gate is closed for want of tokens or room since the last sample
                learnt = [],    % what was re-armed without, each said once
                config,         % as the controller sent it
                baseline}).     % {memory, run queue} when armed

%% Calls whose outcome decides whether they are shown (outcome.hrl).
-record(outcome, {guard,
                  slower,       % ns | none
                  only_raised,  % true: only calls that ended in an exception
                  returns,      % what the value must match, compiled, or none
                  held = #{},   % #{{Process, MFA} => [{Call, Bytes, Depth} | N]}: open calls, newest first; N are not held
                  n_held = 0, held_bytes = 0, max_bytes,
                  is_full = false, % some call found no room since the last sweep
                  passed = #{}, % #{{Process, MFA} => N}: calls that are not held, where none is
                  n_lost = 0,   % for want of room, in this batch
                  silent = #{}, % #{MFA => true}: returns are no longer followed
                  examined = 0, filtered = 0,
                  unended = 0,  % have no outcome: the process has ended, or its returns are not followed
                  told = {0, 0, 0, 0}, told_at, sweep_at, % ms
                  rate, burst, tokens, filled_us, % of what is shown; as the gate's own below
                  cost}).       % of one, in tokens

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
                 outcome,       % #outcome{}; none: all calls are shown
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

-include("guard.hrl").
-include("watch.hrl").
-include("unseen.hrl").
-include("counts.hrl").
-include("messages.hrl").
-include("events.hrl").
-include("tracer.hrl").
-include("gate.hrl").
-include("outcome.hrl").
-include("names.hrl").

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

%% Events of processes are the catcher's.
flags(_, P, _, #{events := [_ | _]}) -> case P of new -> 0; P when is_atom(P) -> erlang:system_info(process_count); _ -> 1 end;
flags(S, P, Tracer, #{flags := Flags}) -> set_flags(S, P, Tracer, Flags).

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
