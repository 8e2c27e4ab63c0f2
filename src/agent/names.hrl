%% What a process is, for the lines of --names. Who is asked may be busy, and keeps who asks waiting: so a process of its own asks,
%% which owns nothing and ends with the guard.

%% Started before any flag is set: it is sensitive, so that none is set on it.
namer_start(#{names := true}, Ctl) ->
    Namer = spawn(?MODULE, namer, [self(), Ctl]),
    receive {namer, Namer} -> Namer after 1000 -> Namer end;
namer_start(_, _) ->
    none.

namer_stop(none) -> ok;
namer_stop(Namer) -> ask(Namer, kill, 1000).

namer(Guard, Ctl) ->
    process_flag(sensitive, true),
    Mon = monitor(process, Guard),
    Guard ! {namer, self()},
    namer_loop(Mon, Ctl).

namer_loop(Mon, Ctl) ->
    receive
        {name, P} ->
            erlang:send(Ctl, {name, P, name_of(P)}, [noconnect, nosuspend]),
            namer_loop(Mon, Ctl);
        {'DOWN', Mon, process, _, _} ->
            ok
    end.

name_of(P) ->
    case catch process_info(P, registered_name) of
        {registered_name, Name} -> {name, Name};
        [] -> label_of(P, has_sessions());
        _ -> none
    end.

%% Single entries of the dictionary can be had from OTP 26.2 on; labels are in it from 27 on.
label_of(P, true) ->
    case process_info(P, {dictionary, '$process_label'}) of
        {_, Label} when Label =/= undefined ->
            case erlang:external_size(Label) =< ?NAME_BYTES of
                true -> {label, Label};
                false -> call_of(process_info(P, initial_call), P, true)
            end;
        _ ->
            call_of(process_info(P, initial_call), P, true)
    end;
label_of(P, false) ->
    call_of(process_info(P, initial_call), P, false).

%% What OTP started is told by its dictionary, as the VM only knows proc_lib. It is copied whole below 27: not that of a large process.
call_of({initial_call, {proc_lib, init_p, _} = Call}, P, HasKeys) ->
    case first_call(P, HasKeys) of
        {M, F, A} when is_atom(M), is_atom(F), is_integer(A) -> {call, {M, F, A}};
        _ -> {call, Call}
    end;
call_of({initial_call, {erlang, apply, 2}}, _, _) -> none; % a fun: that says nothing
call_of({initial_call, Call}, _, _) -> {call, Call};
call_of(undefined, _, _) -> none.

first_call(P, true) ->
    case process_info(P, {dictionary, '$initial_call'}) of
        {_, Call} -> Call;
        undefined -> none
    end;
first_call(P, false) ->
    case process_info(P, memory) of
        {memory, Bytes} when Bytes =< ?NAMED_BYTES ->
            case process_info(P, dictionary) of
                {dictionary, D} -> proplists:get_value('$initial_call', D);
                undefined -> none
            end;
        _ ->
            none
    end.
