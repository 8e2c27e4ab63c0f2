%% Random terms and the text OTP prints for them: main(["FILE", "N", "SEED"]).
%% A record in FILE: 32-bit length, term_to_binary(T); 32-bit length, io_lib:format("~0tp", [T]) in UTF-8.
-module(print_oracle).
-export([main/1]).

main([File, N, Seed]) ->
    rand:seed(exsss, list_to_integer(Seed)),
    {ok, Fd} = file:open(File, [write, raw, binary, delayed_write]),
    Edges = edges(),
    [put_record(Fd, T) || T <- Edges],
    [put_record(Fd, term(rand:uniform(5))) || _ <- lists:seq(1, list_to_integer(N) - length(Edges))],
    ok = file:close(Fd).

put_record(Fd, T) ->
    Etf = encode(T),
    Text = expected(T),
    ok = file:write(Fd, [<<(byte_size(Etf)):32>>, Etf, <<(byte_size(Text)):32>>, Text]).

%% All forms of the same term: old and new atom and float encodings.
encode(T) ->
    case rand:uniform(4) of
        1 -> term_to_binary(T, [{minor_version, 0}]);
        2 -> term_to_binary(T, [{minor_version, 2}]);
        _ -> term_to_binary(T)
    end.

%% What ~0tp prints, but for the two documented differences (print.h): names of other nodes in pids, ports and
%% references, and names above ASCII in funs.
expected(T) ->
    Text = unicode:characters_to_binary(io_lib:format("~0tp", [T])),
    lists:foldl(fun({From, To}, Acc) -> binary:replace(Acc, From, To, [global]) end, Text, renamed(T)).

renamed(T) -> lists:usort(lists:flatten(renames(T))).

renames(T) when is_list(T) -> renames_list(T);
renames(T) when is_tuple(T) -> [renames(E) || E <- tuple_to_list(T)];
renames(T) when is_map(T) -> [[renames(K), renames(V)] || {K, V} <- maps:to_list(T)];
renames(T) when is_pid(T) -> foreign(T, "<", pid_to_list(T));
renames(T) when is_port(T) -> foreign(T, "#Port<", port_to_list(T));
renames(T) when is_reference(T) -> foreign(T, "#Ref<", ref_to_list(T));
renames(T) when is_function(T) ->
    Bytes = erlang:fun_to_list(T),
    Real = lists:foldr(fun(127, Acc) -> "\\177" ++ Acc; (C, Acc) -> [C | Acc] end, [], Bytes),
    case Real =:= Bytes andalso lists:all(fun(C) -> C < 128 end, Bytes) of
        true -> [];
        false -> [{unicode:characters_to_binary(Bytes), list_to_binary(Real)}]
    end;
renames(_) -> [].

renames_list([H | T]) -> [renames(H) | renames_list(T)];
renames_list([]) -> [];
renames_list(T) -> renames(T).

foreign(T, Prefix, Text) when node(T) =/= node() ->
    Rest = lists:dropwhile(fun(C) -> C =/= $. end, Text),
    [{list_to_binary(Text), unicode:characters_to_binary([Prefix, atom_to_list(node(T)), Rest])}];
foreign(_, _, _) -> [].

%% ---- terms ------------------------------------------------------------------------------------------------

term(0) -> leaf();
term(D) ->
    case rand:uniform(10) of
        N when N =< 2 -> list_to_tuple(terms(D - 1, 6));
        3 -> terms(D - 1, 6);
        4 -> terms(D - 1, 4) ++ leaf();
        5 -> maps:from_list([{term(D - 1), term(D - 1)} || _ <- lists:seq(1, rand:uniform(7) - 1)]);
        6 when D < 3 -> maps:from_list([{leaf(), leaf()} || _ <- lists:seq(1, rand:uniform(80))]);
        7 -> [{atom(), term(D - 1)} || _ <- lists:seq(1, rand:uniform(4))];
        _ -> leaf()
    end.

terms(D, Max) -> [term(D) || _ <- lists:seq(1, rand:uniform(Max) - 1)].

leaf() ->
    case rand:uniform(16) of
        N when N =< 3 -> atom();
        N when N =< 5 -> integer();
        N when N =< 7 -> float_();
        N when N =< 9 -> binary();
        N when N =< 11 -> string();
        12 -> pid();
        13 -> ref();
        14 -> port();
        15 -> fun_();
        16 -> pick([[], {}, #{}, <<>>, "", 0, '', [[]], {[]}])
    end.

pick(L) -> lists:nth(rand:uniform(length(L)), L).

atom() ->
    case rand:uniform(6) of
        1 -> pick(words());
        2 -> list_to_atom(chars(fun name_char/0, rand:uniform(12)));
        3 -> list_to_atom(chars(fun char/0, rand:uniform(6) - 1));
        4 -> list_to_atom([pick("az_@A0ß÷ÿ" ++ [16#e0, 16#17f]) | chars(fun name_char/0, rand:uniform(3) - 1)]);
        5 -> pick([ok, error, true, false, undefined, 'Elixir.Enum', 'hello world', 'a@b', 'привет', 'é']);
        6 -> list_to_atom(chars(fun latin1/0, rand:uniform(5)))
    end.

words() ->
    ['after', 'begin', 'case', 'try', 'cond', 'catch', 'andalso', 'orelse', 'end', 'fun', 'if', 'let', 'of',
     'receive', 'when', 'bnot', 'not', 'div', 'rem', 'band', 'and', 'bor', 'bxor', 'bsl', 'bsr', 'or', 'xor',
     maybe, else, spec, module, afte, afterx, o, orelsey, recei, bo, bslr, ends].

integer() ->
    Sign = pick([1, -1]),
    case rand:uniform(5) of
        1 -> rand:uniform(300) - 20;
        2 -> Sign * rand:uniform(1 bsl 32);
        3 -> Sign * ((1 bsl pick([7, 8, 27, 28, 31, 32, 59, 60, 63, 64, 128])) + rand:uniform(3) - 2);
        4 -> Sign * big(rand:uniform(40));
        5 -> Sign * pow10(rand:uniform(60)) + rand:uniform(3) - 2
    end.

big(Bytes) -> binary:decode_unsigned(rand:bytes(Bytes)).

pow10(0) -> 1;
pow10(N) -> 10 * pow10(N - 1).

float_() ->
    case rand:uniform(8) of
        N when N =< 2 -> bits_float(rand:bytes(8));
        3 -> (rand:uniform(2000000) - 1000000) / pick([1, 10, 100, 1000, 1024]);
        4 -> list_to_float(lists:flatten(io_lib:format("~b.~be~b", [rand:uniform(99), rand:uniform(999),
                                                                   rand:uniform(60) - 30])));
        5 -> rand:uniform() * pick([1.0, 1.0e-3, 1.0e10]);
        6 -> (1 bsl 53 + rand:uniform(9) - 5) * pick([1.0, 0.1, 10.0, 100.0, -1.0]);
        7 -> pick([0.0, -0.0, 1.0, 5.0e-324, 1.7976931348623157e308, 2.2250738585072014e-308, 0.1, 1.0e-4, 1.0e-5,
                   1.0e22, 1.0e23, 9007199254740992.0, 123456789012345680.0, 0.3, 2.0e-3, 1.0e3, 1.0e2, 12.0]);
        8 -> <<F/float>> = <<0:1, (rand:uniform(2046)):11, 0:52>>, F
    end.

bits_float(Bytes) ->
    case Bytes of
        <<F/float>> -> F;
        _ -> 0.5
    end.

binary() ->
    case rand:uniform(8) of
        1 -> rand:bytes(rand:uniform(20) - 1);
        2 -> B = rand:bytes(rand:uniform(5)), S = rand:uniform(8 * byte_size(B)), <<X:S/bits, _/bits>> = B, X;
        3 -> unicode:characters_to_binary(chars(fun char/0, rand:uniform(10)));
        4 -> unicode:characters_to_binary(chars(fun printable/0, rand:uniform(60)));
        5 -> list_to_binary(chars(fun latin1/0, rand:uniform(40)));
        6 -> list_to_binary(chars(fun printable_latin1/0, rand:uniform(40)));
        7 -> list_to_binary(chars(fun ascii/0, rand:uniform(80)));
        8 -> <<(unicode:characters_to_binary(chars(fun printable/0, 3)))/binary,
               (pick([<<16#ef, 16#bf, 16#be>>, <<16#ed, 16#a0, 16#80>>, <<16#c3>>, <<16#f4, 16#90, 16#80, 16#80>>,
                      <<16#c2, 16#85>>, <<127>>, <<0>>, <<16#c0, 16#80>>, <<16#f0, 16#9f, 16#98, 16#80>>]))/binary>>
    end.

string() ->
    case rand:uniform(6) of
        1 -> chars(fun ascii/0, rand:uniform(40));
        2 -> chars(fun printable/0, rand:uniform(20));
        3 -> chars(fun latin1/0, rand:uniform(6));
        4 -> chars(fun printable/0, rand:uniform(5)) ++ [pick([-1, 16#d800, 16#fffe, 16#110000, a, 127, 1.0, []])];
        5 -> [rand:uniform(256) - 1 || _ <- lists:seq(1, rand:uniform(30))];
        6 -> chars(fun ascii/0, rand:uniform(5)) ++ pick([a, 98, <<"tail">>, {}])
    end.

chars(Fun, N) -> [Fun() || _ <- lists:seq(1, N)].

ascii() -> pick([rand:uniform(95) + 31, rand:uniform(26) + 96, pick("\b\t\n\v\f\r\e\"\\'")]).
latin1() -> rand:uniform(256) - 1.
printable_latin1() -> pick([ascii(), rand:uniform(96) + 159]).
printable() -> pick([ascii(), printable_latin1(), 16#400 + rand:uniform(200), 16#1F600, 16#20ac, 16#202e, 16#10ffff]).
name_char() -> pick([rand:uniform(26) + 96, rand:uniform(26) + 64, rand:uniform(10) + 47, $_, $@]).
char() ->
    case pick([printable(), latin1(), rand:uniform(16#10ffff)]) of
        C when C >= 16#d800, C =< 16#dfff -> $s;
        C -> C
    end.

%% ---- what belongs to a node ---------------------------------------------------------------------------------

node_name() -> pick(['a@b', 'app-1@10.0.0.5', 'é@host', node(), node(), node(), node()]).

%% Bytes as any node may send them: ids of all sizes, old and new forms. binary_to_term refuses the local node's
%% with a wrong creation only by making them foreign, so the node's own creation, 0, is used for it.
pid() ->
    Name = node_name(),
    id_term(Name, [88, atom_ext(Name), <<(rand:uniform(1 bsl 15) - 1):32, (rand:uniform(1 bsl 13) - 1):32>>]).

port() ->
    Name = node_name(),
    case rand:uniform(2) of
        N when N =:= 1; Name =:= node() -> id_term(Name, [89, atom_ext(Name), <<(rand:uniform(1 bsl 28) - 1):32>>]);
        2 -> id_term(Name, [120, atom_ext(Name), <<(rand:uniform(1 bsl 60)):64>>])
    end.

ref() ->
    case node_name() of
        Name when Name =:= node() -> pick([make_ref(), erlang:alias()]);
        Name ->
            N = rand:uniform(5),
            Words = << <<(rand:uniform(1 bsl 18) - 1):32>> || _ <- lists:seq(1, N) >>,
            binary_to_term(iolist_to_binary([131, 90, <<N:16>>, atom_ext(Name), <<77:32>>, Words]))
    end.

id_term(Name, Bytes) ->
    Creation = case Name =:= node() of true -> 0; false -> 77 end,
    binary_to_term(iolist_to_binary([131, Bytes, <<Creation:32>>])).

atom_ext(Name) ->
    Utf8 = atom_to_binary(Name, utf8),
    [119, byte_size(Utf8), Utf8].

fun_() ->
    case rand:uniform(4) of
        1 -> X = leaf(), fun() -> X end;
        2 -> {X, Y} = {leaf(), self()}, fun(Z) -> {X, Y, Z} end;
        3 -> fun ?MODULE:main/1;
        4 -> M = atom(), F = atom(), fun M:F/3
    end.

%% ---- terms chance would not find -----------------------------------------------------------------------------

edges() ->
    Big = maps:from_list([{I, I} || I <- lists:seq(1, 33)]),
    [maps:from_list([{I, I} || I <- lists:seq(1, N)]) || N <- [31, 32, 33, 34, 100, 5000]] ++
        [#{x => Big, y => #{Big => Big}}, Big#{Big => Big}, big(2000), -big(20000),
         lists:foldl(fun(_, A) -> [A] end, x, lists:seq(1, 3000)),
         lists:foldl(fun(_, A) -> {A} end, "x", lists:seq(1, 3000)),
         lists:seq(1, 70000), lists:duplicate(70000, $a), lists:seq(1000, 9000), list_to_tuple(lists:seq(1, 300)),
         list_to_binary(lists:duplicate(70000, 1)), #{1 => a, 1.0 => b, 2 => c}, [a | "bc"], [97 | b],
         "\x7f", "\x80", "\xa0", <<"\x7f">>, '\x7f\x80\x9f\xa0', [0], [-1], "\e[31m", <<"\e[31m">>, '\e[31m'] ++
        [list_to_float(F) || F <- ["1.0e" ++ integer_to_list(E) || E <- lists:seq(-320, 308)]] ++
        [list_to_float(lists:sublist("1.2345678901234567", D + 2) ++ "e" ++ integer_to_list(E))
         || D <- lists:seq(1, 16), E <- lists:seq(-8, 22)].
