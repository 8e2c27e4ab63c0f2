%% leftovers - what a tracer changed on this node and did not put back.
%%
%% A test takes mark() when its node is as it wants it, runs beamtap, and asks check(): `ok`, or a list of findings.
%% check(N): N connections to the node are still open, and that is no finding.
%% It trusts nothing of beamtap: it asks the VM about every process, port, function and module.
%%
%%   {flags, Who, Flags, Tracer}    a process, port, new_processes or new_ports has trace flags it had not
%%   {pattern, MFA, Kinds}          a breakpoint of any kind: traced (with its scope), meta, call_count, call_time, call_memory
%%   {event_pattern, Event, Spec}   a match spec on send, 'receive' or on_load
%%   {session, Name, What}          OTP 27 and later: a trace session, with the flags and patterns in it
%%   {control_word, Old, New}
%%   {module, M, File}              a module called beamtap..., or one that was loaded from no file
%%   {old_code, M}
%%   {process, Pid, Info}           a process that is still there after settle_ms()
%%   {ports, Old, New}              names of the ports, with their numbers; grown for settle_ms()
%%   {messages, Pid, N, Some}       N messages more than before wait in a process that was there, for settle_ms()
%%   {suspended, Pid}               somebody has suspended a process
%%   {table, Name, Owner}           an ETS table
%%   {registered, Name}             a name that begins with beamtap (of a process, a port, or in `global`)
%%   {setting, Key, Old, New}       system_monitor, system_profile or the tracer of seq_trace
%%   {gone, Finding}                somebody else's flag, pattern or session that was there and is not any more
%%
%% Processes of a test's own workload may come and go: whoever has '$workload' in the process dictionary is not a finding.
-module(leftovers).
-export([mark/0, check/0, check/1, snapshot/0, diff/2, figures/0]).

-define(MARK, {?MODULE, mark}).

mark() -> persistent_term:put(?MARK, snapshot()).

check() -> check(0).

check(Connections) -> diff(persistent_term:get(?MARK), Connections).

snapshot() ->
    urgently(fun() ->
        Functions = functions(),
        Traces = traces(default, Functions),
        Sessions = [{S, traces(S, Functions)} || S <- sessions()],
        Infos = infos(processes()),     % after what takes a while: the link of who asks may be so new that it looks otherwise
        #{traces => Traces,
          sessions => Sessions,
          settings => settings(),
          modules => ordsets:from_list(erlang:loaded()),
          old_code => old_code(),
          processes => sets:from_list(processes()),
          queues => queues(Infos),
          suspended => [P || {P, [{status, suspended} | _]} <- Infos],
          tables => ordsets:from_list(ets:all()),
          links => length(dist_links(Infos)),
          ports => port_names(),
          registered => names()}
    end).

diff(Marked, Connections) ->
    urgently(fun() ->
        #{links := Links, ports := Ports} = Marked,
        Sockets = lists:sort(lists:duplicate(Connections, "tcp_inet") ++ Ports),
        Before = Marked#{links := Links + Connections, ports := Sockets},
        #{traces := T0, sessions := S0, settings := Set0, modules := M0, old_code := O0, registered := R0, suspended := P0} = Before,
        #{traces := T1, sessions := S1, settings := Set1, modules := M1, old_code := O1, registered := R1, suspended := P1} = snapshot(),
        Shared = [{A, B} || {S, A} <- S0, {Same, B} <- S1, S =:= Same],
        Findings = (T1 -- T0)
            ++ [{gone, F} || F <- still_possible(T0 -- T1)]
            ++ [{session, element(1, S), T} || {S, T} <- S1, not lists:keymember(S, 1, S0)]
            ++ [{gone, {session, element(1, S), T}} || {S, T} <- S0, not lists:keymember(S, 1, S1)]
            ++ lists:append([(B -- A) ++ [{gone, F} || F <- still_possible(A -- B)] || {A, B} <- Shared])
            ++ [setting(K, V0, V1) || {{K, V0}, {K, V1}} <- lists:zip(Set0, Set1), V0 =/= V1]
            ++ [{module, M, File} || M <- M1 -- M0, erlang:module_loaded(M), File <- suspicious(M)]
            ++ [{old_code, M} || M <- O1 -- O0]
            ++ [{registered, N} || N <- R1 -- R0, is_ours(N)]
            ++ [{suspended, P} || P <- P1 -- P0]
            ++ settled(Before, settle_ms()),
        case Findings of [] -> ok; _ -> Findings end
    end).

%% What must not grow, however often beamtap comes: [{Name, Number}].
figures() ->
    urgently(fun() ->
        [garbage_collect(P) || P <- processes()],
        [{list_to_atom("memory_" ++ atom_to_list(What)), Bytes} || {What, Bytes} <- erlang:memory()]
            ++ [{What, erlang:system_info(What)} || What <- [atom_count, process_count, port_count, ets_count]]
            ++ [{modules, length(code:all_loaded())}, {modules_with_old_code, length(old_code())},
                {persistent_terms, maps:get(count, persistent_term:info())}, {known_nodes, length(nodes(known))},
                {registered, length(registered())}]
    end).

%% How long a process, port or message that is on its way out may take.
settle_ms() -> 200.

%% In a process of high priority and with a large heap, so that it is quick on a node that is flooded.
urgently(Fun) ->
    {Pid, Ref} = spawn_opt(fun() -> exit({result, Fun()}) end, [monitor, {priority, high}, {min_heap_size, 300000}]),
    receive {'DOWN', Ref, process, Pid, {result, R}} -> R; {'DOWN', Ref, process, Pid, Why} -> error(Why) end.

%% ---- trace flags and patterns --------------------------------------------------------------------------------

traces(Session, Functions) ->
    Tracees = processes() ++ erlang:ports() ++ [new_processes, new_ports],
    [{flags, Who, lists:sort(Flags), tracer(Session, Who)}
     || Who <- Tracees, {flags, Flags} <- [info(Session, Who, flags)], Flags =/= [], Flags =/= undefined]
    ++ [{pattern, MFA, Kinds} || MFA <- Functions, Kinds <- kinds(info(Session, MFA, all))]
    ++ [{event_pattern, E, Spec}
        || E <- [send, 'receive'], {match_spec, Spec} <- [info(Session, E, match_spec)], Spec =/= true]
    ++ [{event_pattern, on_load, Kinds} || Kinds <- kinds(info(Session, on_load, all))].

info(default, What, Item) -> erlang:trace_info(What, Item);
info(Session, What, Item) ->
    try trace:info(Session, What, Item) catch error:badarg -> {Item, undefined} end.    % the session has just ended

tracer(Session, Who) ->
    case info(Session, Who, tracer) of {tracer, T} -> T; Other -> Other end.

%% [] or [Kinds]. Counters move while a function is called: what counts is that one is there.
kinds({all, Items}) when is_list(Items) ->
    Set = [kind(K, V) || {K, V} <- Items, V =/= false, V =/= undefined, K =/= match_spec, K =/= meta_match_spec],
    [Set || Set =/= []];
kinds(_) -> [].

kind(traced, Scope) -> {traced, Scope};
kind(meta, Tracer) -> {meta, Tracer};
kind(Counter, _) -> Counter.

%% Every function that can carry a breakpoint, BIFs of modules that are not loaded yet included.
functions() ->
    Loaded = [{M, F, A} || M <- erlang:loaded(), {F, A} <- functions(M)],
    Builtin = try erlang:system_info(snifs) catch error:badarg -> [] end,
    Loaded ++ [B || {M, _, _} = B <- Builtin, not erlang:module_loaded(M)].

functions(M) ->
    try erlang:get_module_info(M, functions) catch error:badarg -> [] end.

sessions() ->
    case erlang:function_exported(trace, session_info, 1) orelse code:ensure_loaded(trace) =:= {module, trace} of
        true -> [S || {Name, Id} = S <- apply(trace, session_info, [all]), {Name, Id} =/= {legacy, default}];
        false -> []
    end.

%% What a process that died or a module that was unloaded had is not gone by anybody's fault.
still_possible(Findings) ->
    [F || F <- Findings,
          case F of
              {flags, P, _, _} when is_pid(P) -> is_process_alive(P);
              {flags, P, _, _} when is_port(P) -> erlang:port_info(P) =/= undefined;
              {pattern, {M, _, _}, _} -> erlang:module_loaded(M);
              _ -> true
          end].

%% ---- node-wide settings --------------------------------------------------------------------------------------

settings() ->
    [{control_word, erlang:system_info(trace_control_word)},
     {system_monitor, erlang:system_monitor()},
     {system_profile, erlang:system_profile()},
     {seq_tracer, seq_trace:get_system_tracer()}].

setting(control_word, Old, New) -> {control_word, Old, New};
setting(Key, Old, New) -> {setting, Key, Old, New}.

%% ---- code ----------------------------------------------------------------------------------------------------

old_code() -> [M || M <- erlang:loaded(), erlang:check_old_code(M)].

%% [] for a module the node found on its own code path, else [where it is said to come from].
suspicious(M) ->
    File = case code:is_loaded(M) of {file, F} -> F; false -> not_known_to_the_code_server end,
    case is_ours(M) orelse not (is_list(File) andalso filelib:is_regular(File)) of
        true -> [File];
        false -> []
    end.

is_ours(Name) -> lists:prefix("beamtap", lists:flatten(io_lib:format("~w", [Name]))).

%% ---- processes, ports, names ---------------------------------------------------------------------------------

names() ->
    Ports = [N || P <- erlang:ports(), {registered_name, N} <- [erlang:port_info(P, registered_name)]],
    ordsets:from_list(registered() ++ Ports ++ global:registered_names()).

settled(Before, Ms) ->
    case new_processes(Before) ++ new_ports(Before) ++ new_tables(Before) ++ new_messages(Before) of
        [] -> [];
        Findings when Ms =< 0 -> Findings;
        _ -> receive after 10 -> settled(Before, Ms - 10) end
    end.

new_processes(#{processes := Old, links := Links0}) ->
    New = [P || P <- processes(), P =/= self(), not sets:is_element(P, Old)],
    Found = [{P, process_info(P, [registered_name, initial_call, current_function, dictionary])} || P <- New],
    Links = [P || {P, Info} <- Found, is_list(Info), is_dist_link(Info)],
    %% Whoever asks comes over a connection of its own, as when the mark was set.
    Asking = case length(dist_links(infos(processes()))) > Links0 of true -> []; false -> Links end,
    [{process, P, lists:keydelete(dictionary, 1, Info)}
     || {P, Info} <- Found, is_list(Info), not is_workload(Info), not is_acceptor(Info), not lists:member(P, Asking), not is_asking(P)].

%% TLS distribution starts another process that waits for connections each time one came.
is_acceptor(Info) -> proplists:get_value(current_function, Info) =:= {prim_inet, accept0, 3}.

is_workload(Info) -> lists:keymember('$workload', 1, proplists:get_value(dictionary, Info, [])).

is_dist_link(Info) -> proplists:get_value(current_function, Info) =:= {dist_util, con_loop, 2}.

%% In one question, as a process that runs takes its time to answer.
infos(Pids) ->
    [{P, Info} || P <- Pids, Info <- [process_info(P, [status, message_queue_len, current_function])], Info =/= undefined].

dist_links(Infos) -> [P || {P, Info} <- Infos, is_dist_link(Info)].

%% The processes of the rpc call that runs this: they wait for it.
is_asking(P) ->
    case process_info(P, [monitors, current_stacktrace]) of
        [{monitors, Ms}, {current_stacktrace, Stack}] ->
            lists:member({process, self()}, Ms) andalso lists:keymember(?MODULE, 1, Stack);
        _ -> false
    end.

queues(Infos) -> maps:from_list([{P, N} || {P, [_, {message_queue_len, N} | _]} <- Infos, N > 0]).

new_messages(#{processes := Old, queues := Queues}) ->
    Waiting = [{P, N} || P <- sets:to_list(Old), {message_queue_len, N} <- [process_info(P, message_queue_len)], N > 0],
    [{messages, P, N - Before, Some}
     || {P, N} <- Waiting, Before <- [maps:get(P, Queues, 0)], N > Before,
        {dictionary, D} <- [process_info(P, dictionary)], not is_workload([{dictionary, D}]),
        {messages, Ms} <- [process_info(P, messages)], Some <- [lists:sublist(Ms, Before + 1, 3)]].

new_tables(#{tables := Old}) ->
    [{table, ets:info(T, name), Owner}
     || T <- ordsets:subtract(ordsets:from_list(ets:all()), Old), Owner <- [ets:info(T, owner)], is_pid(Owner),
        {dictionary, D} <- [process_info(Owner, dictionary)], not is_workload([{dictionary, D}])].

new_ports(#{ports := Old}) ->
    New = port_names(),
    case New -- Old of [] -> []; _ -> [{ports, Old, New}] end.

port_names() -> lists:sort([Name || P <- erlang:ports(), {name, Name} <- [erlang:port_info(P, name)]]).
