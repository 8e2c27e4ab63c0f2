%% recon_oracle - each line of recon.table through recon_trace itself, and beside what beamtap makes of it.
%%
%% What recon gives to erlang:trace_pattern/3 is seen by a trace session of our own (OTP 27 and later), as recon clears the
%% tracing of everybody else.
-module(recon_oracle).
-export([write_scripts/0, main/0]).

dir() -> hd(init:get_plain_arguments()).

bindings() ->
    [{'Pid', whereis(init)}, {'Mod', supervisor}, {'Fun', handle_call}, {'Name', some_name}, {'TSpec', {queue, in, 2}},
     {'Max', {10, 100}}, {'Opts', [{scope, local}]}].

%% One script for each line, in files 1.btap, 2.btap ...
write_scripts() ->
    Values = [io_lib:format("set ~s=~0p~n", [N, V]) || {N, V} <- bindings()],
    [ok = file:write_file(filename:join(dir(), integer_to_list(I) ++ ".btap"), ["node a@b\n", Values, Call, "\n"])
     || {I, {_, Call}} <- numbered()],
    io:format("~b~n", [length(numbered())]),
    halt(0).

numbered() ->
    {ok, Bin} = file:read_file(filename:join(dir(), "recon.table")),
    Lines = [string:split(L, " ") || L <- string:lexemes(binary_to_list(Bin), "\n"), hd(L) =/= $%],
    lists:zip(lists:seq(1, length(Lines)), [{list_to_atom(W), string:trim(C)} || [W, C] <- Lines]).

main() ->
    make_gproc(),
    register(collector, spawn_link(fun collect/0)),
    Session = trace:session_create(oracle, whereis(collector), []),
    trace:function(Session, {erlang, trace_pattern, 3}, true, []),
    Bad = [Call || {I, {Want, Call}} <- numbered(), not holds(Session, I, Want, Call)],
    io:format("~b calls, ~b not as the table says~n", [length(numbered()), length(Bad)]),
    halt(case Bad of [] -> 0; _ -> 1 end).

make_gproc() ->
    Forms = [{attribute, 1, module, gproc}, {attribute, 1, export, [{whereis_name, 1}]},
             {function, 1, whereis_name, 1, [{clause, 1, [{var, 1, '_'}], [], [{call, 1, {atom, 1, whereis}, [{atom, 1, init}]}]}]}],
    {ok, gproc, Beam} = compile:forms(Forms),
    {module, gproc} = code:load_binary(gproc, "gproc", Beam).

collect() -> collect([]).
collect(Seen) ->
    receive
        {trace, _, call, {erlang, trace_pattern, [{'_', '_', '_'}, false, _]}} -> collect(Seen);
        {trace, _, call, {erlang, trace_pattern, [MFA, Spec, Flags]}} -> collect([{MFA, plain(Spec), Flags} | Seen]);
        {take, From} -> From ! {taken, lists:reverse(Seen)}, collect([])
    end.

%% erlang:trace_pattern/3: "true" is the match specification [{'_', [], []}].
plain(true) -> [{'_', [], []}];
plain(Spec) -> Spec.

holds(Session, I, Want, Call) ->
    Recon = by_recon(Session, Call),
    Ours = by_beamtap(I),
    Is = case {Recon, Ours} of
        {refused, refused} -> both;
        {_, refused} -> recon;
        {refused, _} -> beamtap;
        {Same, Same} -> same;
        _ -> unlike
    end,
    Is =:= Want orelse io:format("FAILED ~ts: want ~s, is ~s~n    recon:   ~0tp~n    beamtap: ~0tp~n", [Call, Want, Is, Recon, Ours]),
    Is =:= Want.

by_recon(Session, Call) ->
    {ok, Tokens, _} = erl_scan:string(Call),
    {ok, Exprs} = erl_parse:parse_exprs(Tokens),
    {Pid, Ref} = spawn_monitor(fun() ->
        receive go -> ok end,
        group_leader(spawn(fun Sink() -> receive {io_request, F, R, _} -> F ! {io_reply, R, ok}, Sink() end end), self()),
        {value, _, _} = erl_eval:exprs(Exprs, bindings()),
        recon_trace:clear(),
        exit(done)
    end),
    trace:process(Session, Pid, true, [call]),
    Pid ! go,
    Reason = receive {'DOWN', Ref, _, _, R} -> R end,
    %% the session's messages of Pid are under way to the collector until this says otherwise
    Delivered = trace:delivered(Session, Pid),
    receive {trace_delivered, Pid, Delivered} -> ok end,
    collector ! {take, self()},
    Seen = receive {taken, S} -> S end,
    case Reason of done -> Seen; _ -> refused end.

by_beamtap(I) ->
    case file:consult(filename:join(dir(), integer_to_list(I) ++ ".out")) of
        {ok, []} -> refused;
        {ok, Terms} -> Terms
    end.
