%% fun_oracle - recon tuples with a fun, {m, f, fun([A]) -> ... end}, beside ms_transform's reading of the same fun.
%%
%% Three kinds of checks:
%%   funs.table     funs and match specifications by hand: the same term, or refused by both
%%   generated      funs made from a grammar with a fixed seed: the same term, or refused by both
%%   meaning        what is installed for generated funs takes the calls that the plain specification takes, says the same
%%                  of them, and nothing while the gate is closed
-module(fun_oracle).
-export([main/0, write_texts/0]).

-define(N_GENERATED, 16000).
-define(MIN_TAKEN, 12000).   % of these, at least so many that ms_transform takes
-define(MIN_CALLS, 2000).    % that the specifications matched

%% The texts to compile, one per line, into the file texts.
write_texts() ->
    {Tmp, Table, Generated} = texts(),
    Texts = [T || {_, T, _} <- Table] ++ Generated,
    ok = file:write_file(filename:join(Tmp, "texts"), unicode:characters_to_binary([["{m, f, ", T, "}\n"] || T <- Texts])),
    halt(0).

%% What became of them is in the file terms.
main() ->
    put(checks, 0),
    put(failures, 0),
    put(calls, 0),
    {Tmp, Table, Generated} = texts(),
    {OfTable, OfGenerated} = lists:split(length(Table), terms(filename:join(Tmp, "terms"))),
    [row(R, C) || {R, C} <- lists:zip(Table, OfTable)],
    Taken = lists:sum([generated(T, C) || {T, C} <- lists:zip(Generated, OfGenerated)]),
    check(Taken >= ?MIN_TAKEN, "generated: ms_transform takes ~b of ~b only", [Taken, ?N_GENERATED]),
    check(get(calls) >= ?MIN_CALLS, "meaning: ~b calls matched only", [get(calls)]),
    io:format("OTP ~s: ~b rows, ~b generated (~b taken by ms_transform), ~b calls: ~b checks, ~b failures~n",
              [erlang:system_info(otp_release), length(Table), ?N_GENERATED, Taken, get(calls), get(checks), get(failures)]),
    halt(case get(failures) of 0 -> 0; _ -> 1 end).

%% {Folder, Rows, [Text]}, the same each time.
texts() ->
    [Tmp] = init:get_plain_arguments(),
    rand:seed(exsss, {4, 25, 29}),
    Generated = [lists:flatten(fun_gen:fun_text()) || _ <- lists:seq(1, ?N_GENERATED)],
    {Tmp, rows(filename:join(Tmp, "funs.table")), Generated}.

check(true, _, _) ->
    put(checks, get(checks) + 1);
check(false, Format, Args) ->
    put(checks, get(checks) + 1),
    put(failures, get(failures) + 1),
    get(failures) =< 50 andalso io:format("FAILED " ++ Format ++ "~n", Args).

%% [{Line, Text, yes | no | useless | more | unlike | Release}], without comments and empty lines.
rows(File) ->
    {ok, Bin} = file:read_file(File),
    Lines = string:split(unicode:characters_to_list(Bin), "\n", all),
    [row_of(N, L) || {N, L} <- lists:zip(lists:seq(1, length(Lines)), Lines), L =/= [], hd(L) =/= $%].

row_of(N, Line) ->
    [Text, Expect] = string:split(Line, " ## "),
    [Word | _] = string:split(Expect, ": "),
    {N, Text, case string:to_integer(Word) of {Release, ""} -> Release; _ -> list_to_atom(Word) end}.

%% [{ok, [{M, F, A, Scope, Plain, Installed, Actions}]} | {error, Code, Message}]: a line of hexadecimal each.
terms(File) ->
    {ok, Bin} = file:read_file(File),
    [binary_to_term(binary:decode_hex(Hex)) || Hex <- binary:split(Bin, <<"\n">>, [global, trim])].

%% ---- what Erlang makes of a text: {ok, MatchSpec} or refused ----

reference([$[ | _] = Text) ->
    try
        {ok, Exprs} = erl_parse:parse_exprs(tokens(Text)),
        {value, Spec, _} = erl_eval:exprs(Exprs, []),
        {ok, _, _, _} = erlang:match_spec_test([], Spec, trace),
        {ok, Spec}
    catch _:_ -> refused
    end;
reference(Text) ->
    try
        {ok, [{'fun', _, {clauses, Clauses}}]} = erl_parse:parse_exprs(tokens(Text)),
        Spec = ms_transform:transform_from_shell(dbg, Clauses, []),
        true = is_list(Spec),
        {ok, Spec}
    catch _:_ -> refused
    end.

%% No VM takes it: we say so at once.
is_useless(Spec) ->
    case erlang:match_spec_test([], Spec, trace) of
        {error, _} -> true;
        _ -> false
    end.

tokens(Text) ->
    {ok, Tokens, _} = erl_scan:string(Text ++ " ."),
    Tokens.

otp() -> list_to_integer(erlang:system_info(otp_release)).

%% ---- funs.table ----

row({N, Text, Expect}, Ours) ->
    Reference = reference(Text),
    IsTaken = lists:member(Expect, [yes, useless, unlike]) orelse is_integer(Expect) andalso Expect =< otp(),
    check(is_tuple(Reference) =:= IsTaken, "funs.table:~b ~ts: expected ~p, Erlang says ~0tp", [N, Text, Expect, Reference]),
    case {Expect, Reference, Ours} of
        {_, refused, {ok, _}} when is_integer(Expect); Expect =:= more -> check(true, "", []);
        {unlike, {ok, Spec}, _} -> check(spec_of(Ours) =/= Spec, "funs.table:~b ~ts: the same after all", [N, Text]);
        {useless, {ok, Spec}, {error, _, _}} -> check(is_useless(Spec), "funs.table:~b ~ts: the VM takes ~0tp", [N, Text, Spec]);
        {yes, {ok, _}, {error, _, _}} -> check(false, "funs.table:~b ~ts: refused~n  beamtap      ~0tp", [N, Text, Ours]);
        _ -> compare("funs.table:" ++ integer_to_list(N), Text, Reference, Ours)
    end.

spec_of({ok, [{_, _, _, _, Spec, _, _}]}) -> Spec;
spec_of({error, _, _}) -> refused.

compare(Where, Text, {ok, Spec}, {ok, [{m, f, '_', global, Ours, _, _}]}) ->
    check(Ours =:= Spec, "~s ~ts:~n  beamtap      ~0tp~n  ms_transform ~0tp", [Where, Text, Ours, Spec]);
compare(Where, Text, refused, Ours) ->
    check(element(1, Ours) =:= error, "~s ~ts: taken, but ms_transform refuses it~n  beamtap      ~0tp", [Where, Text, Ours]);
compare(Where, Text, {ok, Spec}, {error, _, _} = Ours) ->
    check(is_useless(Spec), "~s ~ts: refused~n  beamtap      ~0tp~n  ms_transform ~0tp", [Where, Text, Ours, Spec]);
compare(Where, Text, Reference, Ours) ->
    check(false, "~s ~ts:~n  beamtap      ~0tp~n  ms_transform ~0tp", [Where, Text, Ours, Reference]).

%% ---- generated ----

%% 1 when ms_transform takes the text, else 0.
generated(Text, Ours) ->
    Reference = reference(Text),
    compare("generated", Text, Reference, Ours),
    is_testable(Text) andalso meaning(Text, Ours),
    case Reference of {ok, _} -> 1; refused -> 0 end.

%% ---- meaning ----

%% Not what prints, changes this process, or differs from call to call.
is_testable(Text) ->
    nomatch =:= re:run(Text, "display|silent|set_|enable_|disable_|trace\\(\\[|process_dump|get_seq_token|caller|'\\$_'\\)\\s*->").

meaning(Text, {ok, [{_, _, _, _, Plain, Installed, _}]}) ->
    [call(Text, Plain, Installed, Args) || {Head, _, _} <- Plain, _ <- lists:seq(1, 6),
                                           Args <- [oracle_calls:instance(Head)], is_integer(catch length(Args))];
meaning(_, {error, _, _}) -> ok.

%% '$_' behind the head [] kills the VM; what is installed has [] there.
survivable(Spec) -> [case C of {[], G, B} -> {[], no_args(G), no_args(B)}; _ -> C end || C <- Spec].

no_args('$_') -> [];
no_args({const, _} = T) -> T;
no_args([H | T]) -> [no_args(H) | no_args(T)];
no_args(T) when is_tuple(T) -> list_to_tuple(no_args(tuple_to_list(T)));
no_args(T) when is_map(T) -> maps:from_list([{no_args(K), no_args(V)} || {K, V} <- maps:to_list(T)]);
no_args(T) -> T.

call(Text, Compiled, Installed, Args) ->
    Plain = survivable(Compiled),
    Numbered = [{H, G, [{message, {const, N}}]} || {N, {H, G, _}} <- lists:zip(lists:seq(1, length(Plain)), Plain)],
    case {traced(Args, Numbered, 5), traced(Args, Plain, 5)} of
        {refused, _} -> ok;
        {_, refused} -> ok;
        {{Number, _}, {Says, Flags}} ->
            Number =:= false orelse put(calls, get(calls) + 1),
            Closed = traced(Args, Installed, 0),
            check(element(1, Closed) =:= false, "meaning ~ts ~0tp: ~0tp through a closed gate", [Text, Args, Closed]),
            Open = traced(Args, Installed, 5),
            check(is_same(Number, Args, Says, Flags, Open), "meaning ~ts ~0tp: clause ~p says ~0tp (~p), installed ~0tp",
                  [Text, Args, Number, Says, Flags, Open])
    end.

%% What a specification says of a call, and whether it asks for the return; the word is 0 where the gate is closed.
traced(Args, Spec, Word) ->
    erlang:system_flag(trace_control_word, Word),
    Result = erlang:match_spec_test(Args, Spec, trace),
    erlang:system_flag(trace_control_word, 0),
    case Result of
        {ok, Says, Flags, _} -> {Says, Flags -- [return_trace, exception_trace] =/= Flags};
        {error, _} -> refused
    end.

%% {Number of the clause, Args, the user's own word}
is_same(false, _, _, _, Open) -> Open =:= {false, false};
is_same(_, _, false, false, {false, false}) -> true;    % message(false)
is_same(Number, Args, Says, Flags, {{Number, Args}, Flags}) -> is_boolean(Says);
is_same(Number, Args, Says, Flags, {{Number, Args, Says}, Flags}) -> true;
is_same(_, _, _, _, _) -> false.
