%% oracle_calls - terms to call traced functions with, for the oracles.
-module(oracle_calls).
-export([instance/1, values/0]).

%% A term the pattern takes; in one of ten places something else.
instance(Pattern) ->
    {Term, _} = instance(Pattern, []),
    Term.

instance('_', Bound) -> {any(), Bound};
instance([H | T], Bound) ->
    {H1, B1} = instance(H, Bound),
    {T1, B2} = instance(T, B1),
    {[H1 | T1], B2};
instance(Pattern, Bound) when is_tuple(Pattern) ->
    {L, B} = lists:mapfoldl(fun instance/2, Bound, tuple_to_list(Pattern)),
    {list_to_tuple(L), B};
instance(Pattern, Bound) when is_map(Pattern) ->
    {L, B} = lists:mapfoldl(fun instance/2, Bound, maps:values(Pattern)),
    {maps:from_list(lists:zip(maps:keys(Pattern), L)), B};
instance(Pattern, Bound) when is_atom(Pattern) ->
    case {atom_to_list(Pattern), lists:keyfind(Pattern, 1, Bound), rand:uniform(10)} of
        {_, _, 10} -> {any(), Bound};
        {[$$ | _], {_, Value}, _} -> {Value, Bound};
        {[$$ | _], false, _} -> Value = any(), {Value, [{Pattern, Value} | Bound]};
        _ -> {Pattern, Bound}
    end;
instance(Pattern, Bound) ->
    {case rand:uniform(10) of 1 -> any(); _ -> Pattern end, Bound}.

any() -> lists:nth(rand:uniform(length(values())), values()).

values() ->
    [0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 16, -1, -2, 66, 97, 1.5, 1 bsl 70, a, b, c, x, y, z, foo, ok, true, false, '', 'two words', '$x', '$1', '_',
     "", "ab", "abc", "foo", [a], [1], [{}], [[]], [{a}], [a | b], {}, {a}, {a, b}, {foo, 1}, {a, 1, b}, {rec, a, b, c}, {rec, 1, {2, 1}, x},
     <<>>, <<"0">>, <<"a">>, <<"ab">>, <<1:3>>, #{}, #{a => b}, #{a => 1}, #{a => b, c => d}, #{b => 1}, self(), list_to_pid("<0.1.0>"),
     list_to_ref("#Ref<0.0.1.0>"), list_to_port("#Port<0.1>"), node(), fun lists:map/2].
