#!/bin/bash
# record.sh RECORDER [RELEASE] - makes tests/fuzz/corpus anew: what a real node, a real epmd and our own agent say in sessions of
# every kind, cut into seeds for each fuzzer.
#
# RECORDER is build/fuzz/tests/fuzz/record_traffic (tests/fuzz/record.c).
set -u
. "$(dirname "$0")/../support/node.sh"
recorder=$(readlink -f "$1") otp=${2:-25}
corpus=$(cd "$(dirname "$0")" && pwd)/corpus
seeds=$BT_TMP/seeds
mkdir -p "$seeds"
[ -x "$recorder" ] || die "no recorder: $1"

use_otp "$otp"
compile_for "$otp" "$BT_SUPPORT"/{target,leftovers,orders}.erl
start_node "$otp" seeds

# session NAME ARG...: one run of the program, at most 20 s.
session() {
    local name=$1; shift
    timeout 20 env BT_RECORD="$seeds/$name" "$recorder" trace "$NODE" "$@" > "$BT_TMP/$name.out" 2>&1
    printf '%s: %s, %s lines\n' "$name" "$?" "$(wc -l < "$BT_TMP/$name.out")"
}

ask 'target:every(1, 20, fun() ->
         [catch target:fails(W) || W <- [error, exit, throw, badmatch, fine]],
         target:id({1.5, -1 bsl 70, <<"bytes", 5:3>>, #{k => [self(), make_ref() | tail]}, fun lists:map/2, fun(X) -> X end,
                    "text", [], hd(erlang:ports()), [1024, 8364]}),
         target:fac(3), target:f(1, 2), target:big(10000), O = orders:new(7, 40), orders:total(O)
     end)' > /dev/null

session returns 'target:fails(X) -> return' -c 5
session values 'target:id(_) -> return' 'target:id(X)' -c 3
session times 'target:fac(N) -> time' -c 4
session captures 'target:f(A, B) -> caller' 'target:fac(3) -> return' -c 4
session names 'target:f*/1' '/^orders$/:/./' --not 'target:fib(_)' -c 4
session records 'orders:total(orders#order{id = I})' -c 2
session big 'target:big(N) -> return' --max-term 1K -c 4
session skips 'target:fac(_)' -c 200 -t 3s --rate 2/s
session stops 'target:fac(_)' --on-rate stop --rate 1/s -t 5s
session silent 'target:never(X)' -t 1s
session elixir ':target.f(a, b) -> return' -c 2
session no_module 'targte:f/1'
session no_function 'target:fa'
session recon '{target, f, return_trace}' -c 2
timeout 30 env BT_RECORD="$seeds/first" "$recorder" trace "$NODE" 'target:never(X)' -t 5s > /dev/null 2>&1 &
sleep 1
session second 'target:f(X, _)' -c 1
wait $!

# epmd, asked for a node it knows, for one it does not, and for all.
ask_epmd() {
    exec 3<> "/dev/tcp/127.0.0.1/$ERL_EPMD_PORT"
    # shellcheck disable=SC2059     # bytes
    printf "$2" >&3
    { printf '\0'; cat <&3; } > "$seeds/$1.epmd"
    exec 3>&-
}
name=${NODE%@*}
ask_epmd known "\\0\\x$(printf %x $((${#name} + 1)))z$name"
ask_epmd unknown '\0\4zfoo'
ask_epmd names '\0\1n'

# Who recorded them is nobody's business; the length must stay.
who=$(id -un)@$(hostname)
LC_ALL=C sed -i "s/$who/${who//[^@]/x}/g" "$seeds"/*

rm -rf "$corpus"
mkdir -p "$corpus"/{session,connect,fetch,handshake,epmd,event,etf}
for f in "$seeds"/*.items; do
    name=$(basename "$f" .items)
    variant='\5'                # of fuzz_session.c
    [ "$name" != times ] || variant='\6'
    { printf '%b' "$variant"; cat "$f"; } > "$corpus/session/$name"
done
for name in returns silent; do { printf '\0\0\0\0'; cat "$seeds/$name.items"; } > "$corpus/connect/$name"; done
head -c 2000 "$seeds/records.items" > "$corpus/fetch/records"
for f in "$seeds"/{returns,second}.handshake; do { printf '\0'; cat "$f"; } > "$corpus/handshake/$(basename "$f" .handshake)"; done
cp "$seeds/known.epmd" "$seeds/unknown.epmd" "$seeds/names.epmd" "$corpus/epmd/"

# One of each: files that differ in nothing but numbers teach the fuzzer nothing.
for kind in etf event; do
    declare -A seen=()
    for f in $(find "$seeds" -name "*.$kind" -size -2k | sort -V); do
        shape=$(tr -d '\000-\037\060-\071\200-\377' < "$f" | md5sum)
        [ -z "${seen[$shape]-}" ] || continue
        seen[$shape]=1
        cp "$f" "$corpus/$kind/$(basename "$f" ".$kind")"
    done
    unset seen
done
(cd "$corpus" && du -s --apparent-size . && find . -type f | cut -d/ -f2 | sort | uniq -c)
