%% records_oracle - the funs of records.table, as beamtap compiles them and as ms_transform does.
-module(records_oracle).
-export([main/1]).

%% PROGRAM HERE TMP
main([Program, Here, Tmp]) ->
    Funs = lines(filename:join(Here, "records.table")),
    {ok, Ours} = file:consult(compile(Program, Here, Tmp, [Text || {_, Text} <- Funs])),
    Theirs = transform(Here, Tmp, Funs),
    length(Ours) =:= length(Funs) orelse error({specs, length(Ours)}),
    Failed = [Row || {{_, _}, {_, O, _}, T} = Row <- lists:zip3(Funs, Ours, Theirs), canonical(O) =/= canonical(T)],
    [io:format("FAILED records.table:~b ~ts:~n  beamtap      ~0tp~n  ms_transform ~0tp~n", [N, Text, O, T])
     || {{N, Text}, {_, O, _}, T} <- Failed],
    io:format("~b funs, ~b failures~n", [length(Funs), length(Failed)]),
    halt(case Failed of [] -> 0; _ -> 1 end).

%% [{Line, Text}], without comments and empty lines.
lines(File) ->
    {ok, Bin} = file:read_file(File),
    Lines = string:split(unicode:characters_to_list(Bin), "\n", all),
    [{N, L} || {N, L} <- lists:zip(lists:seq(1, length(Lines)), Lines), L =/= [], hd(L) =/= $%].

%% All in one run of the program; the file of what it printed.
compile(Program, Here, Tmp, Texts) ->
    Out = filename:join(Tmp, "specs"),
    Port = open_port({spawn_executable, Program},
                     [{args, ["compile", "--records", filename:join(Here, "records.hrl"), "--" |
                              ["{m, f, " ++ T ++ "}" || T <- Texts]]},
                      binary, exit_status, stderr_to_stdout]),
    {0, Bin} = collect(Port, []),
    ok = file:write_file(Out, Bin),
    Out.

collect(Port, Acc) ->
    receive
        {Port, {data, Bin}} -> collect(Port, [Acc, Bin]);
        {Port, {exit_status, 0}} -> {0, Acc};
        {Port, {exit_status, Status}} -> {Status, iolist_to_binary(Acc)}
    end.

%% A module with a function for each fun.
transform(Here, Tmp, Funs) ->
    File = filename:join(Tmp, "transformed.erl"),
    {ok, Records} = file:read_file(filename:join(Here, "records.hrl")),
    ok = file:write_file(File, unicode:characters_to_binary(
        ["-module(transformed).\n-include_lib(\"stdlib/include/ms_transform.hrl\").\n-export([all/0]).\n", Records,
         "all() -> [", lists:join(",\n", [["dbg:fun2ms(", Text, ")"] || {_, Text} <- Funs]), "].\n"])),
    {ok, transformed, Beam} = compile:file(File, [binary, nowarn_unused_vars, report_errors]),
    {module, transformed} = code:load_binary(transformed, File, Beam),
    transformed:all().

%% Variables numbered as they first appear.
canonical(Spec) ->
    lists:map(fun(Clause) -> element(1, number(Clause, #{})) end, Spec).

number(T, Names) when is_tuple(T) ->
    {L, Names1} = lists:mapfoldl(fun number/2, Names, tuple_to_list(T)),
    {list_to_tuple(L), Names1};
number([H | T], Names) ->
    {H1, Names1} = number(H, Names),
    {T1, Names2} = number(T, Names1),
    {[H1 | T1], Names2};
number(M, Names) when is_map(M) ->
    {L, Names1} = number(lists:sort(maps:to_list(M)), Names),
    {maps:from_list(L), Names1};
number(A, Names) when is_atom(A) ->
    case {atom_to_list(A), Names} of
        {[$$, D | _], #{A := N}} when D >= $0, D =< $9 -> {{variable, N}, Names};
        {[$$, D | _], _} when D >= $0, D =< $9 -> {{variable, map_size(Names)}, Names#{A => map_size(Names)}};
        _ -> {A, Names}
    end;
number(Other, Names) -> {Other, Names}.
