%% match_oracle - what beamtap compiles, given to a real erlang:match_spec_test/3.
%%
%% Five kinds of checks:
%%   match.table    spec, arguments, expected captures; also against Erlang's own reading of the same text as a fun
%%   fun2ms.table   call specs whose match specification must equal ms_transform's, term by term
%%   gate           a closed gate and the range of a based gate
%%   live           a function that is really traced: each shown call takes one from the word
%%   generated      patterns made from terms with a fixed seed, checked against Erlang's own pattern matching
-module(match_oracle).
-export([main/1, victim/2]).

-define(N_GENERATED, 600).

main([Program, Here, Tmp]) ->
    put(checks, 0),
    put(failures, 0),
    put(unread, 0),
    put(program, Program),
    put(tmp, Tmp),
    match_table(lines(filename:join(Here, "match.table"))),
    fun2ms_table(lines(filename:join(Here, "fun2ms.table"))),
    generated(),
    live(),
    io:format("~b checks, ~b failures (Erlang itself asked for all but ~b)~n",
              [get(checks), get(failures), get(unread)]),
    halt(case get(failures) of 0 -> 0; _ -> 1 end).

otp() -> list_to_integer(erlang:system_info(otp_release)).

check(true, _, _) ->
    put(checks, get(checks) + 1);
check(false, Format, Args) ->
    put(checks, get(checks) + 1),
    put(failures, get(failures) + 1),
    io:format("FAILED " ++ Format ++ "~n", Args).

%% [{Line, Text}], without comments and empty lines.
lines(File) ->
    {ok, Bin} = file:read_file(File),
    Lines = string:split(unicode:characters_to_list(Bin), "\n", all),
    [{N, L} || {N, L} <- lists:zip(lists:seq(1, length(Lines)), Lines), L =/= [], hd(L) =/= $%].

%% Compiles all specs in one run of the program.
compile(Specs) ->
    File = filename:join(get(tmp), "specs"),
    ok = file:write_file(File, unicode:characters_to_binary([[S, $\n] || S <- Specs])),
    Out = os:cmd(get(program) ++ " < " ++ File),
    Hex = string:lexemes(Out, "\n"),
    length(Hex) =:= length(Specs) orelse error({program_failed, Out}),
    [binary_to_term(<< <<(list_to_integer([A, B], 16))>> || <<A, B>> <= list_to_binary(H) >>) || H <- Hex].

%% ---- match.table: SPEC ## ARGS ## no | yes | [Captures] ----

match_table(Lines) ->
    Rows = [{N, list_to_tuple(string:split(L, " ## ", all))} || {N, L} <- Lines],
    Compiled = compile([element(1, R) || {_, R} <- Rows]),
    [match_row(N, R, C) || {{N, R}, C} <- lists:zip(Rows, Compiled)].

match_row(N, {Spec, _, _}, {error, Code}) ->
    check(false, "match.table:~b ~ts: does not compile (code ~p)", [N, Spec, Code]);
match_row(N, {Spec, ArgsText, ExpectText}, {ok, Plain, Installed, Based, WantsReturn, MinOtp}) ->
    MinOtp =< otp() andalso match_row(N, Spec, value(ArgsText), value(ExpectText), {Plain, Installed, Based, WantsReturn}).

match_row(N, Spec, Args, Expect, {Plain, Installed, Based, WantsReturn}) ->
    Where = [N, Spec, Args],
    IsMatch = Expect =/= no,
    check(plain(Args, Plain) =:= IsMatch, "match.table:~b ~ts ~0tp: plain spec gives ~0tp",
          Where ++ [plain(Args, Plain)]),
    Got = installed(Args, Installed, 5),
    check(as_expected(Got, Expect, WantsReturn), "match.table:~b ~ts ~0tp: installed spec gives ~0tp, not ~0tp",
          Where ++ [Got, Expect]),
    check(installed(Args, Installed, 0) =:= no, "match.table:~b ~ts ~0tp: the gate is closed and lets through", Where),
    [check((installed(Args, Based, W) =/= no) =:= (IsMatch andalso Open), "match.table:~b ~ts ~0tp: based gate at ~b",
           Where ++ [W]) || {W, Open} <- [{5, false}, {1000, false}, {1001, true}, {1010, true}, {1011, false}]],
    case erlang_says(Spec, Args) of
        unknown -> ok;
        Says -> check(Says =:= IsMatch, "match.table:~b ~ts ~0tp: Erlang says ~p", Where ++ [Says])
    end.

plain(Args, Spec) ->
    case erlang:match_spec_test(Args, Spec, trace) of
        {ok, Result, _, []} -> Result;
        Other -> Other
    end.

%% no, or {Captures, AsksForReturn}. A test reads the word but does not set it; live/0 does that.
installed(Args, Spec, Word) ->
    erlang:system_flag(trace_control_word, Word),
    Result = erlang:match_spec_test(Args, Spec, trace),
    erlang:system_flag(trace_control_word, 0),
    case Result of
        {ok, false, _, []} -> no;
        {ok, Message, Flags, []} when is_tuple(Message) ->
            {tl(tuple_to_list(Message)), lists:member(exception_trace, Flags)};
        _ -> {unexpected, Result}
    end.

as_expected(no, no, _) -> true;
as_expected({_, Return}, yes, Return) -> true;
as_expected({Captures, Return}, Captures, Return) -> true;
as_expected(_, _, _) -> false.

value(Text) ->
    {ok, Tokens, _} = erl_scan:string(Text ++ "."),
    {ok, Exprs} = erl_parse:parse_exprs(Tokens),
    {value, V, _} = erl_eval:exprs(Exprs, []),
    V.

%% ---- the spec as Erlang source ----

%% {Name, Args, Guard}: the tokens between the brackets, and those from `when` on; unknown: no Erlang source.
dissect(Spec) ->
    case erl_scan:string(Spec) of
        {ok, [{atom, _, _}, {':', _}, {atom, _, _}, {'(', _} | Rest], _} ->
            {Args, Behind} = until_close(Rest, 0, []),
            {Args, lists:takewhile(fun(T) -> element(1, T) =/= '->' end, Behind)};
        _ -> unknown
    end.

until_close([{')', _} | Rest], 0, Acc) -> {lists:reverse(Acc), Rest};
until_close([T | Rest], Depth, Acc) ->
    Open = lists:member(element(1, T), ['(', '{', '[', '<<']),
    Close = lists:member(element(1, T), [')', '}', ']', '>>']),
    until_close(Rest, Depth + (if Open -> 1; Close -> -1; true -> 0 end), [T | Acc]).

tokens(Text) ->
    {ok, Tokens, _} = erl_scan:string(Text),
    Tokens.

%% Does a fun with this head and guard take the arguments?
erlang_says(Spec, Args) ->
    try
        {Head, Guard} = dissect(Spec),
        Wild = lists:join(",", ["_" || _ <- Args]),
        Tokens = tokens("fun (") ++ Head ++ tokens(")") ++ Guard ++
            tokens("-> true; (" ++ lists:append(Wild) ++ ") -> false end."),
        {ok, [Fun]} = erl_parse:parse_exprs(Tokens),
        {value, F, _} = erl_eval:expr(Fun, []),
        is_function(F, length(Args)) andalso apply(F, Args)
    catch
        %% No Erlang source (a pid, a recon tuple), or what erl_eval does not take but we do: [$a, X] ++ T,
        %% => in a pattern, a fun in a guard.
        error:Reason when not is_tuple(Reason); element(1, Reason) =:= badmatch ->
            put(unread, get(unread) + 1),
            unknown
    end.

%% ---- fun2ms.table: SPEC ----

fun2ms_table(Lines) ->
    Compiled = compile([L || {_, L} <- Lines]),
    [fun2ms_row(N, L, C) || {{N, L}, C} <- lists:zip(Lines, Compiled)].

fun2ms_row(N, Spec, {ok, Plain, _, _, _, _}) ->
    Wanted = fun2ms(Spec),
    IsTooOld = is_tuple(Wanted) andalso otp() < 25,     % ms_transform, of maps for instance
    IsTooOld orelse check(Plain =:= Wanted, "fun2ms.table:~b ~ts:~n  beamtap      ~0tp~n  ms_transform ~0tp", [N, Spec, Plain, Wanted]);
fun2ms_row(N, Spec, Error) ->
    check(false, "fun2ms.table:~b ~ts: ~p", [N, Spec, Error]).

fun2ms(Spec) ->
    {Head, Guard} = dissect(Spec),
    Tokens = tokens("fun ([") ++ Head ++ tokens("])") ++ Guard ++ tokens("-> exception_trace() end."),
    {ok, [{'fun', _, {clauses, Clauses}}]} = erl_parse:parse_exprs(Tokens),
    ms_transform:transform_from_shell(dbg, Clauses, []).

%% ---- a real trace ----

victim({ok, 0}, _) -> error(zero);
victim({ok, X}, Y) -> {X, Y}.

%% Of calls that match, as many are shown as the word allows; then it is 0 and stays so.
live() ->
    [{ok, _, Spec, _, true, 0}] = compile(["match_oracle:victim({ok, X}, _) when X < 10 -> return"]),
    1 = erlang:trace_pattern({?MODULE, victim, 2}, Spec, [local]),
    Caller = spawn(fun() ->
        receive go -> ok end,
        [try ?MODULE:victim({ok, X}, big) catch error:zero -> ok end || X <- [1, 20, 0, 2, 3, 4]],
        receive stop -> ok end
    end),
    erlang:trace(Caller, true, [call, arity]),
    erlang:system_flag(trace_control_word, 3),
    Caller ! go,
    Got = events(),
    Word = erlang:system_flag(trace_control_word, 0),
    erlang:trace_pattern({?MODULE, victim, 2}, false, [local]),
    Caller ! stop,
    check(Got =:= [{call, {1, 1}}, {return, {1, big}}, {call, {1, 0}}, {exception, {error, zero}}, {call, {1, 2}},
                   {return, {2, big}}], "live: got ~0tp", [Got]),
    check(Word =:= 0, "live: the word is ~p", [Word]).

%% All trace messages until none comes for 100 ms.
events() ->
    receive
        {trace, _, call, {?MODULE, victim, 2}, Message} -> [{call, Message} | events()];
        {trace, _, return_from, {?MODULE, victim, 2}, V} -> [{return, V} | events()];
        {trace, _, exception_from, {?MODULE, victim, 2}, E} -> [{exception, E} | events()]
    after 100 -> []
    end.

%% ---- generated patterns ----

%% A pattern is made from a term: parts of it become _, variables or names for parts. The guard then compares every
%% variable with the value it must have, so that a wrong path shows. It must match the term it was made from, and for
%% changed terms say what Erlang says.
generated() ->
    rand:seed(exsss, {1, 2, 3}),
    Cases = [generate() || _ <- lists:seq(1, ?N_GENERATED)],
    Compiled = compile([Spec || {Spec, _} <- Cases]),
    [generated_case(C, R) || {C, R} <- lists:zip(Cases, Compiled)].

generate() ->
    put(n, 0),
    Args = [term(3) || _ <- lists:seq(1, rand:uniform(3))],
    {Texts, Bound} = patterns(Args, []),
    Guard = case lists:ukeysort(1, Bound) of
        [] -> "";
        Vars ->
            Names = lists:append(lists:join(",", [V || {V, _} <- Vars])),
            " when {" ++ Names ++ "} =:= " ++ text(list_to_tuple([T || {_, T} <- Vars]))
    end,
    {"m:f(" ++ lists:append(lists:join(",", Texts)) ++ ")" ++ Guard ++ " -> return", Args}.

generated_case({Spec, Args}, {ok, Plain, Installed, _, _, _}) ->
    check(plain(Args, Plain) =:= true, "generated ~ts: does not match ~0tp", [Spec, Args]),
    Got = installed(Args, Installed, 3),
    check(is_tuple(Got) andalso element(2, Got) =:= true, "generated ~ts ~0tp: installed gives ~0tp", [Spec, Args, Got]),
    [begin
         Says = erlang_says(Spec, Other),
         check(Says =:= unknown orelse plain(Other, Plain) =:= Says, "generated ~ts ~0tp: Erlang says ~p", [Spec, Other, Says])
     end || Other <- [mutate(Args) || _ <- lists:seq(1, 4)], length(Other) =:= length(Args)];
generated_case({Spec, _}, Error) ->
    check(false, "generated ~ts: ~p", [Spec, Error]).

pick(List) -> lists:nth(rand:uniform(length(List)), List).

term(0) -> pick([1, -7, 1 bsl 70, 2.5, ok, '', 'two words', <<>>, <<"ab">>, <<1:3>>, [], "text", {}, #{}]);
term(D) ->
    case rand:uniform(6) of
        1 -> list_to_tuple(terms(D));
        2 -> terms(D);
        3 -> [term(D - 1) | terms(D) ++ pick([tail, 3, []])];
        4 -> maps:from_list([{key(), T} || T <- terms(D)]);
        _ -> term(0)
    end.

terms(D) -> [term(D - 1) || _ <- lists:seq(1, rand:uniform(4) - 1)].

key() -> pick([1, 2.5, ok, 'two words', <<"ab">>, [], "text", {}, {a, [1]}]).

text(T) -> lists:flatten(io_lib:format("~tw", [T])).

%% Text of a pattern that matches T, and [{Variable, Value}] it binds.
pattern(T, Bound) ->
    case rand:uniform(10) of
        1 -> {"_", Bound};
        N when N < 4 -> variable(T, Bound);
        4 ->
            {V, B1} = variable(T, Bound),
            {P, B2} = inside(T, B1),
            {pick([V ++ " = " ++ P, P ++ " = " ++ V]), B2};
        _ -> inside(T, Bound)
    end.

%% A new variable, or at times one that is bound to the same value.
variable(T, Bound) ->
    Same = [V || {V, B} <- Bound, B =:= T],
    case Same =/= [] andalso rand:uniform(3) of
        N when N =:= false; N =:= 1 ->
            put(n, get(n) + 1),
            V = pick(["V", "_V"]) ++ integer_to_list(get(n)),
            {V, [{V, T} | Bound]};
        _ -> {pick(Same), Bound}
    end.

patterns(Ts, Bound) -> lists:mapfoldl(fun pattern/2, Bound, Ts).

inside(T, Bound) when is_tuple(T) ->
    {Ps, B} = patterns(tuple_to_list(T), Bound),
    {"{" ++ lists:append(lists:join(",", Ps)) ++ "}", B};
inside([H | T], Bound) ->
    {P, B1} = pattern(H, Bound),
    {Q, B2} = pattern(T, B1),
    Cons = "[" ++ P ++ "|" ++ Q ++ "]",
    {case rand:uniform(20) of 1 -> "[" ++ P ++ "] ++ (" ++ Q ++ ")"; _ -> Cons end, B2};
inside(T, Bound) when is_map(T) ->
    Pairs = [Pair || Pair <- maps:to_list(T), rand:uniform(3) > 1],
    {Ps, B} = lists:mapfoldl(fun({K, V}, Acc) ->
                                 {P, Acc1} = pattern(V, Acc),
                                 {text(K) ++ pick([" := ", " := "]) ++ P, Acc1}
                             end, Bound, Pairs),
    {"#{" ++ lists:append(lists:join(",", Ps)) ++ "}", B};
inside(T, Bound) -> {text(T), Bound}.

%% The same term with something changed, dropped or added.
mutate(T) when is_list(T), T =/= [] ->
    case rand:uniform(5) of
        1 -> tl(T);
        2 -> [term(1) | T];
        3 -> [hd(T) | mutate(tl(T))];
        _ -> [mutate(hd(T)) | tl(T)]
    end;
mutate(T) when is_tuple(T), T =/= {} -> list_to_tuple_or(mutate(tuple_to_list(T)));
mutate(T) when is_map(T), map_size(T) > 0 ->
    K = pick(maps:keys(T)),
    pick([maps:remove(K, T), T#{K := term(1)}, T#{other => 1}]);
mutate(_) -> term(1).

list_to_tuple_or(L) -> try list_to_tuple(L) catch _:_ -> L end.
