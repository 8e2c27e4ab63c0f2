#!/usr/bin/env escript
%% Writes pow10.c to standard output: escript pow10.escript > pow10.c
-mode(compile).

main(_) ->
    io:put_chars("/*\n * pow10.c - powers of ten for the printing of floats, as pow10.escript makes them.\n */\n"
                 "#include \"term/pow10.h\"\n\n/* clang-format off */\n"
                 "const struct bt_pow10 bt_pow10[BT_POW10_MAX - BT_POW10_MIN + 1] = {\n"),
    rows(lists:seq(-292, 324)),
    io:put_chars("};\n/* clang-format on */\n").

rows([]) -> ok;
rows([K]) -> io:format("    ~s,~n", [entry(K)]);
rows([K1, K2 | Ks]) ->
    io:format("    ~s, ~s,~n", [entry(K1), entry(K2)]),
    rows(Ks).

entry(K) ->
    G = scale(K),
    io_lib:format("{0x~16.16.0b, 0x~16.16.0b}", [G bsr 64, G band (1 bsl 64 - 1)]).

%% 10^K times the power of two that leaves 128 bits, rounded up.
scale(K) when K < 0 -> div_up(1 bsl (127 + bits(pow(-K))), pow(-K));
scale(K) ->
    N = pow(K),
    case bits(N) - 128 of
        Less when Less =< 0 -> N bsl -Less;
        More -> div_up(N, 1 bsl More)
    end.

pow(0) -> 1;
pow(N) -> 10 * pow(N - 1).

bits(N) -> length(integer_to_list(N, 2)).

div_up(N, D) -> (N + D - 1) div D.
