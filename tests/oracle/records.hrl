%% Definitions for records.table; read by the compiler of the oracle and by beamtap alike.
-record(r, {a, b = 2, c = "text" :: string()}).
-record(state, {n = 0 :: integer(), q = [] :: list(), limit = 5 * 1000, to}).
-record(empty, {}).
-record('odd name', {'a b' = 'x y', b = 1.5}).
-record(big, {f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11 = eleven}).
-record(nested, {r, s = [a, b | c], m}).
