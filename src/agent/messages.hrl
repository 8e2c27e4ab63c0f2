%% Messages: match specifications on send and 'receive', with the gate in them. A message is copied whole, whatever is named.
%%
%% Below OTP 27 there is one specification for the whole node, and its default, true, lets everything through. So it is false
%% as long as processes may still have our flags, and true again only when they have not.

message_check(#{messages := Messages}) ->
    has_sessions() orelse
        [throw({message_pattern, E}) || {E, _} <- Messages, erlang:trace_info(E, match_spec) =/= {match_spec, true}].

message_pattern(none, E, MS) -> erlang:trace_pattern(E, MS, []);
message_pattern(S, send, MS) -> trace:send(S, MS, []);
message_pattern(S, 'receive', MS) -> trace:recv(S, MS, []).

messages_off(#undo{session = S, messages = Messages}) ->
    [catch message_pattern(S, E, false) || E <- Messages],
    ok.

%% When no process has our flags any more.
messages_back(#undo{session = none, messages = Messages}) ->
    [catch erlang:trace_pattern(E, true, []) || E <- Messages],
    ok;
messages_back(_) -> % they went with the session
    ok.

messages_left(Messages) ->
    [{message_pattern, E} || E <- Messages, erlang:trace_info(E, match_spec) =/= {match_spec, true}].

%% Somebody else has set the pattern of the node, and perhaps to true: then the flags must go, or all is let through.
foreign_message_pattern(#guard{undo = #undo{session = none, messages = [_ | _] = Messages}, messages = Specs} = G) ->
    Foreign = [E || E <- Messages, erlang:trace_info(E, match_spec) =/= {match_spec, maps:get(E, Specs)}],
    case Foreign of
        [] -> G;
        [E | _] ->
            self() ! {foreign_message_pattern, E},
            G
    end;
foreign_message_pattern(G) ->
    G.

not_ours(#guard{undo = #undo{messages = Messages} = U} = G, E) ->
    G#guard{undo = U#undo{messages = lists:delete(E, Messages)}}.

%% Messages of that shape are too big: from now on they are not let through. The guard against it stands behind the gate.
without_message(#guard{state = armed, undo = #undo{session = S}, messages = Specs, tracer = Tracer} = G, E, Shape, Bytes) ->
    tell(G, {note, {big_message, shown(Shape)}, Bytes}),
    Msg = case E of send -> {hd, {tl, '$_'}}; 'receive' -> {hd, {tl, {tl, '$_'}}} end,
    Not = {'not', shape_test(Shape, Msg)},
    MS = [{Head, behind_gate(Guards, Not), Body} || {Head, Guards, Body} <- maps:get(E, Specs)],
    catch message_pattern(S, E, MS),
    Tracer ! learnt,
    G#guard{messages = Specs#{E := MS}};
without_message(G, _, _, _) ->
    G.

behind_gate([Gate | Guards], Not) -> [Gate, Not | Guards].

%% What of a term can be tested in no time, down to where most of it is: {tuple, Size, FirstAtom | none, {Nth, Shape} | none},
%% list, {map, Size}, {binary, Bytes}, or any.
shape(T, _) when is_list(T) -> list;
shape(T, _) when is_map(T) -> {map, map_size(T)};
shape(T, _) when is_bitstring(T) -> {binary, byte_size(T)};
shape(T, Depth) when is_tuple(T), tuple_size(T) > 0 ->
    Tag = case element(1, T) of A when is_atom(A) -> A; _ -> none end,
    case Depth > 0 andalso tuple_size(T) =< 16 of
        true ->
            {_, N} = lists:max([{erts_debug:flat_size(element(I, T)), I} || I <- lists:seq(1, tuple_size(T))]),
            {tuple, tuple_size(T), Tag, {N, shape(element(N, T), Depth - 1)}};
        false ->
            {tuple, tuple_size(T), Tag, none}
    end;
shape(_, _) -> any.

shape_test(list, T) -> {is_list, T};
shape_test({map, N}, T) -> {'andalso', {is_map, T}, {'>=', {map_size, T}, N div 2}};
shape_test({binary, N}, T) -> {'andalso', {is_binary, T}, {'>=', {size, T}, N div 2}};
shape_test(any, _) -> true;
shape_test({tuple, Size, Tag, Inner}, T) ->
    Tests = [{is_tuple, T}, {'=:=', {size, T}, Size}] ++ [{'=:=', {element, 1, T}, {const, Tag}} || Tag =/= none]
        ++ case Inner of none -> []; {N, Shape} -> [shape_test(Shape, {element, N, T})] end,
    list_to_tuple(['andalso' | Tests]).

%% As people may read it: {'$gen_cast', {store, [...]}}.
shown(list) -> ['...'];
shown({map, _}) -> #{'...' => '...'};
shown({binary, N}) -> {binary, N, bytes};
shown(any) -> '_';
shown({tuple, Size, Tag, Inner}) ->
    T0 = erlang:make_tuple(min(Size, 16), '_'),
    T1 = case Tag of none -> T0; _ -> setelement(1, T0, Tag) end,
    case Inner of none -> T1; {N, Shape} -> setelement(N, T1, shown(Shape)) end.

%% In the tracer: a message above max_term stays here.
cut_message(E, At, T) ->
    Msg = element(At, E),
    case big(T, Msg) of
        false -> {E, T};
        Bytes -> {setelement(At, E, {'$beamtap_big', Bytes}), learn(T, {big_message, element(3, E), shape(Msg, 3), Bytes})}
    end.

%% ---- processes that are left alone -------------------------------------------------------------------------------------

%% What the node itself does to bring our lines out, and its terminal and log: to trace these would be to trace ourselves.
machinery(Ctl) ->
    Named = [P || Name <- [user, user_drv, standard_error, standard_error_sup, logger, logger_proxy, logger_std_h_default,
                           kernel_logger_proxy, erl_signal_server, net_kernel],
                  P <- [whereis(Name)], is_pid(P)],
    Link = [P || {Node, Controller} <- erlang:system_info(dist_ctrl), Node =:= node(Ctl), P <- controllers(Controller)],
    Named ++ Link.

controllers(P) when is_pid(P) ->
    case process_info(P, links) of
        {links, Links} -> [P | [L || L <- Links, is_pid(L)]];
        _ -> [P]
    end;
controllers(Port) ->
    case erlang:port_info(Port, connected) of
        {connected, P} -> [P];
        _ -> []
    end.

spare(S, Tracer, Ctl, Flags, Targets) ->
    [catch unset_flags(S, P, Tracer, Flags -- [strict_monotonic_timestamp])
     || lists:any(fun is_atom/1, Targets), P <- machinery(Ctl)].

unset_flags(none, P, Tracer, Flags) -> erlang:trace(P, false, [{tracer, Tracer} | Flags]);
unset_flags(S, P, _, Flags) -> trace:process(S, P, false, Flags).

%% ---- watched processes ---------------------------------------------------------------------------------------------------

%% -p: {Name, Pid | none} and {none, Pid}. A name may come, go and come back: cheap to look up, so each tick does.
watched(Targets) ->
    [case T of {named, Name, P} -> {Name, P}; P -> {none, P} end || T <- Targets, not is_atom(T)].

plain_targets(Targets) ->
    [case T of {named, _, P} -> P; P -> P end || T <- Targets, T =/= none, case T of {named, _, none} -> false; _ -> true end].

watch(#guard{watched = Watched} = G) ->
    G#guard{watched = [watch_one(G, W) || W <- Watched]}.

watch_one(_, {none, gone} = W) ->
    W;
watch_one(G, {none, P}) ->
    case is_process_alive(P) of
        true -> {none, P};
        false -> tell(G#guard.ctl, {note, {gone, pid_to_list(P)}, 0}, 1), {none, gone}
    end;
watch_one(G, {Name, Was}) ->
    case whereis(Name) of
        Was -> {Name, Was};
        undefined when Was =:= none -> {Name, none};
        P when is_pid(P) ->
            catch target_flags(G, P),
            tell(G#guard.ctl, {note, {back, Name}, 0}, 1),
            {Name, P};
        _ ->
            tell(G#guard.ctl, {note, {gone, Name}, 0}, 1),
            {Name, none}
    end.

%% The catcher of events is given its targets when it is opened next.
target_flags(#guard{config = #{events := [_ | _], flags := Flags}, catching = #catching{session = S, catcher = C}}, P) ->
    catch set_flags(S, P, C, Flags);
target_flags(#guard{undo = #undo{session = S, tracer = Tracer}, config = Config}, P) ->
    flags(S, P, Tracer, Config).
