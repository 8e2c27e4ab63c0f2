#!/bin/bash
# names.sh RELEASE - globs and regular expressions on a node's own modules, --load, --not, heads of any arity, and what the
# release does not know.
set -u
. "$(dirname "$0")/../support/node.sh"
. "$(dirname "$0")/../support/check.sh"
need_beamtap
release=${1:-25}
start_node "$release" names

# A module on the path that nobody has called, one that cannot be loaded, and one in Elixir's way of naming.
cat > "$BT_TMP/names_extra.erl" <<'ERL'
-module(names_extra).
-export([one/1, two/2]).
one(X) -> X.
two(X, Y) -> {X, Y}.
ERL
cat > "$BT_TMP/names_broken.erl" <<'ERL'
-module(names_broken).
-on_load(refuse/0).
-export([f/0]).
refuse() -> {error, on_purpose}.
f() -> ok.
ERL
cat > "$BT_TMP/Elixir.Names.Shop.erl" <<'ERL'
-module('Elixir.Names.Shop').
-export([buy/1]).
buy(X) -> {bought, X}.
ERL
compile_for "$release" "$BT_TMP/names_extra.erl" "$BT_TMP/names_broken.erl" "$BT_TMP/Elixir.Names.Shop.erl"
ask "code:ensure_loaded('Elixir.Names.Shop')" > /dev/null
mark

# listed REGEX: exactly these functions would be traced (as one sorted line)
listed() { is "would trace" "$(sed -n 's/^  //p' <<< "$ERR" | sort | tr '\n' ' ')" "$1"; }

# dry FUNCTIONS ARG...
dry() {
    local want=$1; shift
    tap "$NODE" "$@" --dry-run
    ends 0
    listed "$want"
    clean
}

# bad STATUS REGEX ARG...
bad() {
    local status=$1 regex=$2; shift 2
    tap "$NODE" "$@"
    refused "$status" "$regex"
    clean
}

while_running() {
    local expr=$1; shift
    ask "target:every(1, 10, fun() -> $expr end)" > /dev/null
    tap "$NODE" "$@"
    ask 'target:stop()' > /dev/null
}

part "globs"
dry 'target:fac/1 target:fib/1 ' 'target:f?b' 'target:f?c/1'
dry 'target:handle_call/3 target:handle_cast/2 ' 'tar?et:handle_*'
dry 'target:handle_cast/2 ' '*arge*:handle_*/2'
dry "'Elixir.Names.Shop':buy/1 " 'Elixir.Names.*:buy'
while_running 'target:pair(a, b)' 't*get:pa*/2 -> return' -c 2
closing 2 -c
count_is "calls" 2 "$LINE target:pair\(a, b\)$" "$OUT"
count_is "returns" 2 "$LINE target:pair/2 --> \{a,b\}" "$OUT"
clean

part "regular expressions"
dry 'target:fac/1 target:fib/1 ' 'target:/^f(ac|ib)$/'
dry 'target:handle_call/3 target:handle_cast/2 ' '/^targe[t]$/:/^handle_/'
dry 'target:handle_cast/2 ' '/arge/:/^handle_//2'
while_running 'target:pair(a, b)' '/^target$/:/^pa.r$/(X, _) when X =:= a' -c 1
closing 1 -c
count_is "calls" 1 "$LINE target:pair\(a, _\)$" "$OUT"
clean

part "they hit nothing, or too much"
bad 2 "matches no function: none of the [0-9]+ modules loaded on $NODE" 'no_such_*:f'
bad 2 "matches no function: 1 module matches, none with such a function" 'target*:no_such_*'
bad 2 "matches no function: module target has no such function" 'target:/^no_such/'
bad 2 "too many steps" '/(.|.)*(.|.)*(.|.)*(.|.)*[0-9]$/:f'
bad 6 "every module" '*:handle_call/3'
bad 6 "every module" '/./:handle_call/3'
bad 6 "max-functions" '*e*:*'
bad 6 "max-functions" '/^[a-z]/:/./'
bad 6 "max-functions" 'target:*' --max-functions 5
is "atoms made of what was asked" "$(ask 'lists:any(fun(X) -> is_atom(catch list_to_existing_atom(X)) end, ["no_such" ++ "_*", "^no" ++ "_such"])')" false

part "a module that is not loaded"
bad 2 "module 'names_extra' is not loaded on $NODE.*--load" 'names_extra:one/1'
is "still not loaded" "$(ask 'code:is_loaded(names_extra)')" false
bad 2 "no module 'names_extar'" 'names_extar:one/1' --load
before=$(ask 'erlang:system_info(atom_count)')
for i in 1 2 3; do bad 2 "has no module" "nam_no_such_$i$i$i:f" --load; done
is "no atom of a typo" "$(ask 'lists:member(true, [is_atom(catch list_to_existing_atom("nam_no_such_" ++ integer_to_list(N))) || N <- [111, 222, 333]])')" false
at_most "new atoms" $(( $(ask 'erlang:system_info(atom_count)') - before )) 200
dry 'names_extra:one/1 ' 'names_extra:one/1' --load
like "says so" "$ERR" "^beamtap: loaded module 'names_extra' \(--load\)$"
is "now it is loaded" "$(ask 'element(1, code:is_loaded(names_extra))')" file
dry 'names_extra:one/1 ' 'names_extra:one/1' --load
unlike "loaded once" "$ERR" 'loaded module'
LOG_EXPECTED[$NODE]='a module that refuses to be loaded is in the log of OTP'
tap "$NODE" 'names_broken:f/0' --load
refused 2 "module 'names_broken' cannot be loaded on $NODE \(--load\).*on_load_failure"
clean
LOG_SEEN[$NODE]=$(stat -c %s "$NODE_LOG") LOG_EXPECTED[$NODE]=''

part "what is not to be traced: functions"
dry 'target:fac/1 ' 'target:fac' 'target:fib' --not 'target:fib'
dry 'target:handle_cast/2 ' 'target:handle_*' --not '_:*_call'
dry 'target:handle_cast/2 ' 'target:handle_*' --not '{target, handle_call, 3}'
bad 2 "nothing is left to trace: --not excludes" 'target:fib' --not 'target:_'
bad 2 "--not:1:" 'target:fib' --not 'target:('
bad 2 "--not 2:1:" 'target:fib' --not 'target:x' --not 'target:fib -> return'
dry 'target:fib/1 ' 'target:fib' --not 'target:fbi'
like "warns" "$ERR" "warning: --not 'target:fbi' matches none of the functions"
while_running 'target:pair(a, b), target:id(c)' 'target:pair' 'target:id' --not 'target:id' -c 3
closing 3 -c
count_is "calls" 3 "$LINE target:pair\(" "$OUT"
clean

part "what is not to be traced: calls"
while_running 'target:pair(a, b), target:pair(c, d)' 'target:pair/2 -> return' --not 'target:pair(a, _)' -c 5
closing 5 -c
count_is "calls" 5 "$LINE target:pair\(c, d\)$" "$OUT"
count_is "returns" 5 "$LINE target:pair/2 --> " "$OUT"
unlike "stdout" "$OUT" '\{?a, ?b'
clean
# They are let through by no gate that opens between two clauses: many calls, and a gate that opens and closes all the time.
while_running '[target:pair(N rem 2, x) || N <- lists:seq(1, 2000)]' 'target:pair/2' \
    --not 'target:pair(X, _) when X =:= 1' -c none -t 1s --rate 30/100ms
ends 0
at_least "calls shown" "$(calls_of 'target:pair')" 50
unlike "stdout" "$OUT" 'pair\(1'
# What is not wanted takes nothing from the gate.
while_running '[target:pair(N rem 20, x) || N <- lists:seq(0, 99)]' 'target:pair/2' \
    --not 'target:pair(X, _) when X =/= 0' -c 20 --rate none
closing 20 -c
count_is "calls" 20 "$LINE target:pair\(0, x\)$" "$OUT"
clean

part "heads of any arity"
dry 'target:f/2 ' '{target, f, fun([_, _ | _]) -> return_trace() end}'
dry 'target:bursts/4 target:spread/4 ' '{target, /^(bursts|spread|pair|id)$/, fun([_, _, _ | _]) -> ok end}'
bad 2 "no exported function id of that arity; it has id/1" '{target, id, fun([_, _ | _]) -> ok end}'
while_running 'target:pair(a, b), target:pair(c, d), target:id(c)' \
    '{target, /^(id|pair)$/, fun([c | _]) -> return_trace() end}' -c 10 --rate none
closing 10 -c
at_least "calls of one argument" "$(calls_of 'target:id')" 1
at_least "calls of two arguments" "$(calls_of 'target:pair')" 1
unlike "stdout" "$OUT" 'pair\(a'
while_running 'target:pair(a, b), target:id(c)' \
    '{target, /^(id|pair)$/, fun([_ | T]) when length(T) =:= 1 -> return_trace() end}' -c 2
closing 2 -c
count_is "calls" 2 "$LINE target:pair\(a, b\)$" "$OUT"
clean

part "what the release does not know"
knows() { [ "$release" -ge 26 ]; }
if knows; then
    while_running 'target:pair(2, 5)' 'target:pair(X, Y) when min(X, Y) =:= 2' -c 1
    closing 1 -c
    count_is "calls" 1 "$LINE target:pair\(2, 5\)$" "$OUT"
    dry 'target:pair/2 ' 'target:pair/2' --not 'target:pair(X, _) when tuple_size(X) > 1'
else
    for test in 'min(X, Y) =:= 2' 'max(X, Y) > 2' 'tuple_size(X) > 1' 'is_boolean(X)' 'is_function(X, 1)'; do
        bad 2 "spec:1:1: '${test%%(*}' in a match specification is known from OTP 26 on; $NODE runs OTP $release" \
            "target:pair(X, Y) when $test" --dry-run
    done
    bad 2 "'min' in a match specification is known from OTP 26 on" 'target:pair(X, Y) when min(X, Y) =:= 2'
    bad 2 "spec 2:1:1: 'min' in" 'target:pair(X, _) when X > 1' 'target:pair(X, Y) when min(X, Y) =:= 2'
    bad 2 "--not:1:1: 'min' in" 'target:pair/2' --not 'target:pair(X, Y) when min(X, Y) =:= 2'
fi
while_running 'target:pair(2, 5)' 'target:pair(X, Y) when X < Y' -c 1
closing 1 -c

clean
finish
