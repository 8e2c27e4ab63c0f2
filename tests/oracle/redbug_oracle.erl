%% redbug_oracle - redbug's notation: what beamtap makes of it, beside redbug's own compiler.
%%
%% redbug.table says of each text whether both mean the same; the rest of a line that differs says why. Two results mean the same
%% when module, function, scope and actions are equal, and when of many calls both take the same ones: redbug joins all
%% guards into one term where we write several clauses, so that the terms themselves differ nearly always.
-module(redbug_oracle).
-export([main/0, write_texts/0]).

-define(N_CALLS, 60).   % for each text, besides those of oracle_calls:values/0
-define(RECORDS, redbug_table_rec).

%% The texts to compile, one per line, into the file texts.
write_texts() ->
    {Tmp, Table} = table(),
    ok = file:write_file(filename:join(Tmp, "texts"), unicode:characters_to_binary([[T, "\n"] || {_, T, _} <- Table])),
    halt(0).

%% What became of them is in the file terms.
main() ->
    {Tmp, Table} = table(),
    make_records(Tmp),
    put(failures, 0),
    rand:seed(exsss, {1, 2, 3}),
    Found = [row(R, C) || {R, C} <- lists:zip(Table, terms(filename:join(Tmp, "terms")))],
    io:format("OTP ~s: ~b texts, ~b failures~n", [erlang:system_info(otp_release), length(Table), get(failures)]),
    [io:format("  ~3b ~ts~n", [length([F || F <- Found, F =:= Kind]), Kind]) || Kind <- lists:usort(Found)],
    halt(case get(failures) of 0 -> 0; _ -> 1 end).

%% {Folder, [{Line, Text, Expected}]}; what is expected ends before the reason.
table() ->
    [Tmp] = init:get_plain_arguments(),
    {ok, Bin} = file:read_file(filename:join(Tmp, "redbug.table")),
    Lines = string:split(unicode:characters_to_list(Bin), "\n", all),
    Rows = [{N, string:split(L, " ## ")} || {N, L} <- lists:zip(lists:seq(1, length(Lines)), Lines), L =/= [], hd(L) =/= $%],
    {Tmp, [{N, Text, hd(string:split(Rest, ": "))} || {N, [Text, Rest]} <- Rows]}.

%% [{ok, [{M, F, A, Scope, Plain, Installed, Actions}]} | {error, Code, Message}]: a line of hexadecimal each.
terms(File) ->
    {ok, Bin} = file:read_file(File),
    [binary_to_term(binary:decode_hex(Hex)) || Hex <- binary:split(Bin, <<"\n">>, [global, trim])].

%% redbug reads definitions of records from the debug information of their module.
make_records(Tmp) ->
    Forms = [{attribute, 1, module, ?RECORDS},
             {attribute, 2, record, {rec, [{record_field, 2, {atom, 2, F}} || F <- [f1, f2, f3]]}}],
    {ok, _, Beam} = compile:forms(Forms, [debug_info]),
    ok = file:write_file(filename:join(Tmp, atom_to_list(?RECORDS) ++ ".beam"), Beam),
    true = code:add_path(Tmp).

row({N, Text, Expected}, Ours) ->
    Redbug = redbug(Text),
    Found = lists:flatten(compare(Redbug, ours(Ours))),
    Found =:= Expected orelse begin
        put(failures, get(failures) + 1),
        io:format("FAILED redbug.table:~b ~ts~n  is        ~ts~n  expected  ~ts~n  beamtap   ~0tp~n  redbug    ~0tp~n",
                  [N, Text, Found, Expected, Ours, Redbug])
    end,
    Found.

%% ---- both in one form: {M, F, A, Scope, MatchSpec, Actions} or refused ----

redbug(Text) ->
    try redbug_compiler:compile(Text) of
        {{M, F, A}, Spec, Flags} ->
            [{_, _, Body}] = Spec,
            [Scope] = [S || S <- Flags, S =:= local orelse S =:= global],
            {M, F, A, Scope, Spec, lists:usort([action(B) || B <- Body] ++ [action(S) || S <- Flags, S =/= Scope])}
    catch
        _:_ -> refused
    end.

action({exception_trace}) -> return;
action({message, {process_dump}}) -> stack;
action(call_time) -> time;
action(call_count) -> count.

ours({ok, [{M, F, A, Scope, Spec, _, Actions}]}) -> {M, F, A, Scope, Spec, lists:usort(Actions)};
ours({error, _, _}) -> refused.

%% ---- what differs ----

compare(refused, refused) -> "both refuse";
compare(refused, _) -> "only beamtap";
compare(_, refused) -> "only redbug";
compare({M1, F1, A1, Scope1, Spec1, Actions1}, {M2, F2, A2, Scope2, Spec2, Actions2}) ->
    Differs = [What || {What, true} <- [{"name", {M1, F1} =/= {M2, F2}}, {"scope", Scope1 =/= Scope2},
                                        {"actions", Actions1 =/= Actions2}, {"calls", differ({A1, Spec1}, {A2, Spec2})}]],
    case Differs of
        [] -> "same";
        _ -> ["differs in ", lists:join(" and ", Differs)]
    end.

%% Is there a call that one takes and the other does not?
differ({_, Spec1} = One, {_, Spec2} = Other) ->
    Heads = [H || {H, _, _} <- Spec1 ++ Spec2],
    lists:any(fun(Args) -> takes(One, Args) =/= takes(Other, Args) end, calls(Heads)).

takes({Arity, Spec}, Args) when Arity =:= '_'; Arity =:= length(Args) ->
    case erlang:match_spec_test(Args, [{H, G, []} || {H, G, _} <- Spec], trace) of
        {ok, Result, _, _} -> Result =/= false;
        {error, _} -> unusable      % what the release does not know, for both
    end;
takes(_, _) -> false.

%% Calls with values of all kinds, and such as the heads ask for.
calls(Heads) ->
    Any = [[], [1], [a, b], "ab", [[1], {}], [1, 2, 3]] ++ [[V] || V <- oracle_calls:values()] ++ [[V, W] || V <- [1, 2, a, 0], W <- [0, 1, a, 2, z]],
    Asked = [oracle_calls:instance(H) || H <- Heads, _ <- lists:seq(1, ?N_CALLS)],
    Any ++ [A || A <- Asked, is_list(A), is_integer(catch length(A))].
