%% Looks at everything that is traced on a node, and takes away what is asked: `beamtap clear`. Loaded for one call.
-module(?AGENT).
-export([run/1]).

%% {Guard, Modules, Patterns, Flags, Word, Sessions}
%%   Guard     what a running beamtap says of itself: {Pid, Who, Since, State}, silent, or none
%%   Modules   [Module] of beamtap that are loaded, current or old
%%   Patterns  [{MFA, Kind, Base}] of erlang:trace; Base: where the gate of a beamtap begins, or none: not a beamtap's
%%   Flags     [{Process, Tracer, Flags}]
%%   Sessions  [{Name, text}] of OTP 27 and later
%% {Done, Survey}; then this code is unloaded, whether or not somebody still hears the answer.
%% All: true, everybody's tracing; false, what a beamtap left; look, nothing is taken away.
run(All) ->
    Done = case All of look -> []; _ -> clear(All) end,
    Survey = survey(),
    code:delete(?MODULE),
    spawn(lists, zipwith, [fun erlang:apply/2, [fun timer:sleep/1, fun code:purge/1], [[200], [?MODULE]]]),
    {Done, Survey}.

survey() ->
    {guard(), modules(), patterns(), process_flags(), erlang:system_info(trace_control_word), sessions()}.

guard() ->
    case whereis(beamtap_guard) of
        undefined ->
            none;
        Pid ->
            Pid ! {info, self()},
            receive
                {beamtap_info, {Who, Since}, State} -> {Pid, Who, Since, State}
            after 1000 -> silent
            end
    end.

modules() ->
    [M || M <- erlang:loaded(), M =/= ?MODULE, is_ours(atom_to_list(M))].

is_ours("beamtap_agent_" ++ _) -> true;
is_ours("beamtap_sweep_" ++ _) -> true;
is_ours(_) -> false.

patterns() ->
    [{{M, F, A}, Kind, Base}
     || M <- erlang:loaded(),
        {F, A} <- functions(M),
        {Kind, Base} <- kinds({M, F, A})].

functions(M) ->
    case catch erlang:get_module_info(M, functions) of
        L when is_list(L) -> L;
        _ -> []
    end.

kinds(MFA) ->
    case erlang:trace_info(MFA, all) of
        {all, Info} when is_list(Info) ->
            {_, MS} = lists:keyfind(match_spec, 1, Info),
            [{K, base(K, MS)}
             || {Item, V} <- Info, V =/= false, V =/= undefined, Item =/= match_spec, Item =/= meta_match_spec,
                K <- [kind(Item, V)]];
        _ ->
            []
    end.

kind(traced, V) -> V;
kind(Item, _) -> Item.

%% An installed clause of ours is known by its gate: its first guard, and the count down that begins its body.
base(K, [{_, [{'>', {get_tcw}, Base} | _], [{set_tcw, {'-', {get_tcw}, 1}} | _]} | _]) when K =:= local; K =:= global ->
    Base;
base(_, _) ->
    none.

process_flags() ->
    [{P, T, Flags}
     || P <- [new_processes | processes()],
        {tracer, T} <- [erlang:trace_info(P, tracer)], T =/= [],
        {flags, Flags} <- [erlang:trace_info(P, flags)]].

sessions() ->
    case list_to_integer(erlang:system_info(otp_release)) >= 27 of
        true -> [S || S <- catch_list(catch trace:session_info(all)), S =/= {legacy, default}];
        false -> []
    end.

catch_list(L) when is_list(L) -> L;
catch_list(_) -> [].

%% Removes what a beamtap left; All: what anybody set. Returns what it did, [{What, Count}].
clear(All) ->
    Guard = stop_guard(),
    Mine = [{MFA, Base} || {MFA, _, Base} <- patterns(), Base =/= none],
    [erlang:system_flag(trace_control_word, Base) || {_, Base} <- lists:sublist(Mine, 1)],
    [[erlang:trace_pattern(MFA, false, [Kind]) || Kind <- [local, global, call_count]] || {MFA, _} <- Mine],
    %% The patterns of messages are the node's: what a beamtap left lets nothing through, for anybody.
    Events = [E || E <- [send, 'receive'], {match_spec, [_ | _] = MS} <- [erlang:trace_info(E, match_spec)], base(local, MS) =/= none],
    [erlang:trace_pattern(E, true, []) || E <- Events],
    Modules = modules(),
    [begin code:purge(M), code:delete(M), code:purge(M) end || M <- Modules],
    [{guards, Guard}, {patterns, length(Mine) + length(Events)}, {modules, length(Modules)} | clear_all(All)].

stop_guard() ->
    case whereis(beamtap_guard) of
        undefined ->
            0;
        Pid ->
            Mon = monitor(process, Pid),
            Pid ! {finish},
            receive {'DOWN', Mon, process, _, _} -> 1
            after 5000 -> exit(Pid, kill), receive after 500 -> 1 end
            end
    end.

clear_all(false) ->
    [];
clear_all(true) ->
    Sessions = [S || S <- sessions(), catch_true(catch trace:session_destroy(S))],
    Flags = length(process_flags()),
    Patterns = length(patterns()),
    [erlang:trace(P, false, [all | tracer_of(T)]) || {P, T, _} <- process_flags()],
    erlang:trace_pattern({'_', '_', '_'}, false, [local, meta, call_count, call_time]),
    erlang:trace_pattern({'_', '_', '_'}, false, [global]),
    erlang:system_flag(trace_control_word, 0),
    erlang:trace_pattern(send, true, []),
    erlang:trace_pattern('receive', true, []),
    [{sessions, length(Sessions)}, {flags, Flags}, {all_patterns, Patterns}].

tracer_of(T) when is_pid(T) -> [{tracer, T}];
tracer_of(T) when is_port(T) -> [{tracer, T}];
tracer_of({M, S}) -> [{tracer, M, S}];
tracer_of(_) -> [].

catch_true(true) -> true;
catch_true(_) -> false.
