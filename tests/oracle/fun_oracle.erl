%% fun_oracle - recon tuples with a fun, {m, f, fun([A]) -> ... end}, beside ms_transform's reading of the same fun.
%%
%% Three kinds of checks:
%%   funs.table     funs and match specifications by hand: the same term, or refused by both
%%   generated      funs made from a grammar with a fixed seed: the same term, or refused by both
%%   meaning        of generated funs: what is installed takes the calls that the plain specification takes
-module(fun_oracle).
-export([main/0, write_texts/0]).

-define(N_GENERATED, 16000).
-define(MIN_TAKEN, 12000).   % of these, at least so many that ms_transform takes

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
    {Tmp, Table, Generated} = texts(),
    {OfTable, OfGenerated} = lists:split(length(Table), terms(filename:join(Tmp, "terms"))),
    [row(R, C) || {R, C} <- lists:zip(Table, OfTable)],
    Taken = lists:sum([generated(T, C) || {T, C} <- lists:zip(Generated, OfGenerated)]),
    check(Taken >= ?MIN_TAKEN, "generated: ms_transform takes ~b of ~b only", [Taken, ?N_GENERATED]),
    io:format("OTP ~s: ~b rows, ~b generated (~b taken by ms_transform): ~b checks, ~b failures~n",
              [erlang:system_info(otp_release), length(Table), ?N_GENERATED, Taken, get(checks), get(failures)]),
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

%% [{Line, Text, yes | no | useless | unlike | Release}], without comments and empty lines.
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
        {_, refused, {ok, _}} when is_integer(Expect) -> check(true, "", []);
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
    case Reference of {ok, _} -> 1; refused -> 0 end.
