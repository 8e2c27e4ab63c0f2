%% fun_gen - random funs, as texts, from the grammar of what ms_transform takes for dbg.
%%
%% Texts, so that spelling, brackets and the strengths of operators are tried too. Some are nothing ms_transform takes: A < B < C,
%% an atom '$1' in a head, a list before ++ that is none.
-module(fun_gen).
-export([fun_text/0]).

fun_text() ->
    [space("fun"), lists:join(";" ++ space(" "), [clause() || _ <- lists:seq(1, one_of([1, 1, 1, 2, 3]))]), " end"].

clause() ->
    put(vars, []),
    Head = head(),
    Vars = case get(vars) of [] -> ["_"]; Some -> Some end,
    ["(", Head, ")", guards(Vars), space(" "), "->", space(" "), comma([action(Vars) || _ <- some(1, 4)])].

head() ->
    case rand:uniform(12) of
        1 -> variable();
        2 -> ["[", comma([pattern(1) | patterns(1, 2)]), " | ", pattern(1), "]"];
        3 -> V = variable(), [V, " = ", list_pattern()];
        4 -> List = list_pattern(), [List, " = ", variable()];
        _ -> list_pattern()
    end.

list_pattern() -> ["[", comma(patterns(3, 4)), "]"].

patterns(Depth, Max) -> [pattern(Depth) || _ <- some(0, Max)].

pattern(0) -> one_of([fun variable/0, fun variable/0, fun() -> "_" end, fun constant/0, fun constant/0]);
pattern(D) ->
    case rand:uniform(14) of
        1 -> ["{", comma(patterns(D - 1, 4)), "}"];
        2 -> ["[", comma(patterns(D - 1, 3)), "]"];
        3 -> ["[", comma([pattern(D - 1) | patterns(D - 1, 2)]), "|", pattern(D - 1), "]"];
        4 -> ["#{", comma([[key(), one_of([" := ", ":=", " => "]), pattern(D - 1)] || _ <- some(0, 3)]), "}"];
        5 -> [string(), " ++ ", pattern(0)];
        6 -> ["[", comma(patterns(D - 1, 2)), "] ++ ", pattern(D - 1)];
        7 -> ["(", pattern(D - 1), ")"];
        8 -> one_of(["- ", "-", "+"]) ++ number();
        _ -> pattern(0)
    end.

%% A variable of the head, at times one that was there.
variable() ->
    V = one_of(["A", "B", "C", "_D", "Env", "X1", "Long_Name@1", "_"]),
    V =:= "_" orelse put(vars, lists:usort([V | get(vars)])),
    V.

key() -> one_of([fun atom/0, fun number/0, fun string/0, fun() -> ["{", atom(), "}"] end, fun binary/0]).

constant() ->
    one_of([fun atom/0, fun atom/0, fun number/0, fun number/0, fun string/0, fun binary/0, fun() -> "[]" end,
            fun() -> "{}" end, fun() -> "#{}" end]).

atom() ->
    one_of(["ok", "error", "undefined", "true", "false", "'two words'", "''", "'Elixir.Enum'", "'\\x{e9}'", "'$x'", "'$_'",
            "a@b", "'_'", "'and'", case rand:uniform(30) of 1 -> "'$1'"; _ -> "a" end]).

number() ->
    one_of(["0", "1", "2", "7", "42", "1_000", "16#ff", "2#101", "36#zZ", "$a", "$\\n", "$\\s", "1.5", "2.5e-3", "0.0", "1.0e10",
            "255", "200", "134217728", "2147483648", "576460752303423488", "9223372036854775807", "9223372036854775808",
            "18446744073709551616", "123456789012345678901234567890", "16#ffffffffffffffffffffffffffffffff"]).

string() -> one_of(["\"\"", "\"abc\"", "\"a b\"", "\"\\\"\"", "\"\\x{20ac}\"", "\"a\" \"b\"", "\"\\n\""]).

binary() ->
    one_of(["<<>>", "<<\"abc\">>", "<<1, 2, 3>>", "<<1:3>>", "<<-1:16/little>>", "<<1.5/float>>", "<<\"\\x{e9}\"/utf8>>", "<< 7:4, 9:4 >>"]).

guards(Vars) ->
    case rand:uniform(4) of
        1 -> "";
        _ -> [" when ", lists:join(one_of(["; ", ";"]), [comma([test(Vars) || _ <- some(1, 3)]) || _ <- some(1, 3)])]
    end.

%% What may stand at the top of a guard only, and all else.
test(Vars) ->
    case rand:uniform(8) of
        1 -> [one_of(["atom", "float", "integer", "list", "number", "pid", "port", "reference", "tuple", "binary", "function"]),
              "(", expr(1, Vars), ")"];
        _ -> expr(3, Vars)
    end.

expr(0, Vars) ->
    one_of([fun() -> one_of(Vars) end, fun() -> one_of(Vars) end, fun() -> one_of(Vars) end, fun constant/0, fun constant/0,
            fun() -> one_of(["self()", "node()", "is_seq_trace()", "get_tcw()", "object()", "bindings()"]) end]);
expr(D, Vars) ->
    Sub = fun() -> expr(D - 1, Vars) end,
    case rand:uniform(20) of
        N when N < 7 -> operation(D, Vars);
        7 -> [one_of(["not ", "- ", "+", "bnot ", "-"]), operand(D, Vars)];
        N when N < 11 -> [one_of(["", "", "erlang:"]), function1(), "(", Sub(), ")"];
        11 -> [one_of(["", "erlang:"]), one_of(["element", "map_get", "is_map_key", "binary_part"]), "(", Sub(), ",", Sub(), ")"];
        12 -> ["{", comma([Sub() || _ <- some(0, 3)]), "}"];
        13 -> ["[", comma([Sub() || _ <- some(1, 3)]), one_of([fun() -> "" end, fun() -> ["|", Sub()] end]), "]"];
        14 -> ["#{", one_of([fun() -> comma([[K, " => ", Sub()] || K <- lists:usort([key() || _ <- some(0, 3)])]) end, fun() -> [Sub(), " => ", Sub()] end]), "}"];
        15 -> ["erlang:'", one_of(["+", "-", "=:=", "<", "and", "or", "andalso", "bsl", "div"]), "'(", Sub(), ",", Sub(), ")"];
        16 -> folded(3);
        _ -> expr(0, Vars)
    end.

function1() ->
    one_of(["is_atom", "is_float", "is_integer", "is_list", "is_number", "is_pid", "is_port", "is_reference", "is_tuple",
            "is_map", "is_binary", "is_function", "abs", "hd", "tl", "length", "node", "round", "size", "bit_size", "byte_size",
            "map_size", "trunc", "float"]).

operation(D, Vars) -> [operand(D, Vars), " ", operator(), " ", operand(D, Vars)].

operator() ->
    one_of(["==", "/=", "=<", "<", ">=", ">", "=:=", "=/=", "+", "-", "*", "/", "div", "rem", "band", "bor", "bxor", "bsl", "bsr",
            "and", "or", "xor", "andalso", "orelse", "++", "--"]).

%% Brackets at most places; where there are none the strengths decide, also that A < B < C is nothing.
operand(D, Vars) ->
    E = expr(D - 1, Vars),
    case rand:uniform(4) of 1 -> E; _ -> ["(", E, ")"] end.

%% Constants only: ms_transform works them out.
folded(0) -> one_of([fun number/0, fun number/0, fun number/0, fun atom/0, fun() -> one_of(["true", "false"]) end,
                     fun() -> ["{", folded(1), ", ", folded(1), "}"] end, fun() -> ["[", folded(1), "]"] end]);
folded(D) ->
    case rand:uniform(8) of
        1 -> folded(0);
        2 -> [one_of(["-", "+", "bnot ", "not "]), "(", folded(D - 1), ")"];
        3 -> ["(", folded(0), " ", one_of(["bsl", "bsr"]), " ", one_of(["1", "3", "64", "-2", "100"]), ")"];
        4 -> ["(", folded(D - 1), " ", operator(), " ", folded(D - 1), ")"];
        5 -> [folded(0), " ", operator(), " ", folded(0)];
        _ -> ["(", number(), " ", operator(), " ", number(), ")"]
    end.

action(Vars) ->
    Sub = fun() -> expr(2, Vars) end,
    case rand:uniform(18) of
        1 -> "return_trace()";
        2 -> "exception_trace()";
        N when N < 7 -> ["message(", Sub(), ")"];
        7 -> ["message({", one_of(["caller()", "process_dump()", "get_seq_token()"]), ", ", Sub(), "})"];
        8 -> ["display(", Sub(), ")"];
        9 -> ["set_tcw(", Sub(), ")"];
        10 -> ["silent(", one_of([fun() -> "true" end, Sub]), ")"];
        11 -> [one_of(["enable_trace", "disable_trace"]), "(", one_of([fun() -> "send" end, fun() -> ["self(), ", Sub()] end]), ")"];
        12 -> ["trace([", atom(), "], [call, {tracer, ", Sub(), "}])"];
        13 -> ["set_seq_token(label, ", Sub(), ")"];
        14 -> atom();
        15 -> ["message(", one_of(["true", "false"]), ")"];
        16 -> [Sub(), one_of([" andalso ", " orelse "]), "(", action(Vars), ")"];
        17 -> one_of([fun() -> ["{a, ", action(Vars), "}"] end, fun() -> ["#{k => ", action(Vars), "}"] end,
                      fun() -> ["#{", action(Vars), " => v}"] end, fun() -> ["[", action(Vars), " | ", action(Vars), "]"] end]);
        _ -> Sub()
    end.

comma(List) -> lists:join(one_of([", ", ",", " , "]), List).

some(Min, Max) -> lists:seq(1, Min + rand:uniform(Max - Min + 1) - 1).

space(Text) -> Text ++ one_of(["", " ", "  "]).

%% One element of the list; a fun is called.
one_of(List) ->
    case lists:nth(rand:uniform(length(List)), List) of
        F when is_function(F) -> F();
        Other -> Other
    end.
