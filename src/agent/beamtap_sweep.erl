%% Looks at everything that is traced on a node, and takes away what is asked: `beamtap clear`. Loaded for one call.
-module(?AGENT).
-export([survey/0, clear/2, leave/0]).

%% {Guard, Modules, Patterns, Flags, Word, Sessions}
%%   Guard     what a running beamtap says of itself: {Pid, Who, Since, State}, silent, or none
%%   Modules   [Module] of beamtap that are loaded, current or old
%%   Patterns  [{MFA, Kind, IsOurs}] of erlang:trace; IsOurs: the gate of a beamtap is in its match specification
%%   Flags     [{Process, Tracer, Flags}]
%%   Sessions  [{Name, text}] of OTP 27 and later
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
    [{{M, F, A}, Kind, Ours}
     || M <- erlang:loaded(),
        {F, A} <- functions(M),
        {Kind, Ours} <- kinds({M, F, A})].

functions(M) ->
    case catch erlang:get_module_info(M, functions) of
        L when is_list(L) -> L;
        _ -> []
    end.

kinds(MFA) ->
    case erlang:trace_info(MFA, all) of
        {all, Info} when is_list(Info) ->
            {_, MS} = lists:keyfind(match_spec, 1, Info),
            Ours = is_gated(MS),
            [{K, Ours andalso (V =:= local orelse V =:= global)}
             || {Item, V} <- Info, V =/= false, V =/= undefined, Item =/= match_spec, Item =/= meta_match_spec,
                K <- [kind(Item, V)]];
        _ ->
            []
    end.

kind(traced, V) -> V;
kind(Item, _) -> Item.

%% The mark of an installed clause of ours: it counts the control word down.
is_gated([{_, _, [{set_tcw, {'-', {get_tcw}, 1}} | _]} | _]) -> true;
is_gated(_) -> false.

process_flags() ->
    [{P, T, Flags}
     || P <- [new_processes | processes()],
        {tracer, T} <- [erlang:trace_info(P, tracer)], T =/= [],
        {flags, Flags} <- [erlang:trace_info(P, flags)]].

sessions() ->
    case list_to_integer(erlang:system_info(otp_release)) >= 27 of
        true -> [S || S <- catch_list(catch trace:session_info(all)), S =/= default];
        false -> []
    end.

catch_list(L) when is_list(L) -> L;
catch_list(_) -> [].

%% Removes what a beamtap left; All: what anybody set. Returns what it did, [{What, Count}].
clear(All, Word) ->
    Guard = stop_guard(),
    Mine = [MFA || {MFA, K, Ours} <- patterns(), K =:= local orelse K =:= global, Ours],
    [begin
         erlang:trace_pattern(MFA, false, [local]),
         erlang:trace_pattern(MFA, false, [global]),
         erlang:trace_pattern(MFA, false, [call_count])
     end || MFA <- Mine],
    Modules = modules(),
    [begin code:purge(M), code:delete(M), code:purge(M) end || M <- Modules],
    case Word of
        keep -> ok;
        _ -> erlang:system_flag(trace_control_word, Word)
    end,
    [{guard, Guard}, {patterns, length(Mine)}, {modules, length(Modules)}] ++ clear_all(All).

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
    [begin
         erlang:trace(P, false, [all | tracer_of(T)])
     end || {P, T, _} <- process_flags()],
    erlang:trace_pattern({'_', '_', '_'}, false, [local, meta, call_count, call_time]),
    erlang:trace_pattern({'_', '_', '_'}, false, [global]),
    erlang:trace_pattern(send, true, []),
    erlang:trace_pattern('receive', true, []),
    [{sessions, length(Sessions)}, {flags, Flags}, {all_patterns, Patterns}].

tracer_of(T) when is_pid(T) -> [{tracer, T}];
tracer_of(T) when is_port(T) -> [{tracer, T}];
tracer_of({M, S}) -> [{tracer, M, S}];
tracer_of(_) -> [].

catch_true(true) -> true;
catch_true(_) -> false.

leave() ->
    code:delete(?MODULE),
    spawn(code, purge, [?MODULE]),
    ok.
