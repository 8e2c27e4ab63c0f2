#!/bin/bash
# demo.sh - beamtap in a minute: starts a small order shop (examples/shop.erl) and traces it.
#
# Builds the release first, installing what that needs on Debian (BEAMTAP=... names a program that is built already).
# The shop has a cookie of its own and an epmd on a port of its own; all that is started here is ended again, and nothing
# outside the build folder and a temporary one is touched.
set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$here")

if [ -z "${BEAMTAP:-}" ]; then
    "$root/tests/support/install-deps.sh" build || exit 1
    echo "building beamtap ..."
    cmake -S "$root" -B "$root/build/release" -DCMAKE_BUILD_TYPE=Release -DBT_TESTS=OFF > /dev/null &&
        cmake --build "$root/build/release" --target beamtap_cli -j "$(nproc)" > /dev/null || exit 1
    BEAMTAP=$root/build/release/beamtap
fi
command -v erl > /dev/null || { echo "the shop needs Erlang: apt install erlang-base" >&2; exit 1; }

tmp=$(mktemp -d "${TMPDIR:-/tmp}/beamtap-demo.XXXXXX")
node='' epmd=''
# shellcheck disable=SC2317     # called by the trap
finish() {
    local status=$? pid
    trap - EXIT
    for pid in $node $epmd; do kill -KILL "$pid" 2> /dev/null; wait "$pid" 2> /dev/null; done
    rm -rf "$tmp"
    exit "$status"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# ---- the shop ------------------------------------------------------------------------------------------------------
(umask 077; tr -dc A-Za-z0-9 < /dev/urandom | head -c 24 > "$tmp/.erlang.cookie")
chmod 400 "$tmp/.erlang.cookie"
export ERL_EPMD_PORT=$((20000 + RANDOM % 12000))
setpriv --pdeathsig KILL epmd -port "$ERL_EPMD_PORT" -address 127.0.0.1 > /dev/null 2>&1 < /dev/null &
epmd=$!
erlc -o "$tmp" "$here"/{shop,prices,payments,warehouse,cart}.erl || exit 1
HOME=$tmp setpriv --pdeathsig KILL erl -name shop@127.0.0.1 -noshell -noinput -start_epmd false \
    -kernel inet_dist_use_interface '{127,0,0,1}' -pa "$tmp" -s shop < /dev/null > "$tmp/log" 2>&1 &
node=$!
for _ in {1..100}; do
    epmd -port "$ERL_EPMD_PORT" -names 2> /dev/null | grep -q '^name shop ' && break
    sleep 0.1
done
epmd -port "$ERL_EPMD_PORT" -names 2> /dev/null | grep -q '^name shop ' || { echo "the shop does not start:" >&2; cat "$tmp/log" >&2; exit 1; }
sleep 0.5

# ---- beamtap -------------------------------------------------------------------------------------------------------
failed=0
show() {        # show WHAT ARG...: says what, shows the command line as it would be typed, runs it
    local what=$1 arg line=''; shift
    for arg in "$@"; do
        case $arg in
            --cookie-file=*) ;;                                  # ours; yours is in ~/.erlang.cookie
            *[!A-Za-z0-9@.:/=_-]*) line+=" '$arg'" ;;
            *) line+=" $arg" ;;
        esac
    done
    printf '\n# %s\n$ beamtap%s\n' "$what" "$line"
    "$BEAMTAP" "$@" 2>&1 < /dev/null || { echo "(exit status $?)"; failed=1; }
}
trace() { local what=$1; shift; show "$what" --cookie-file="$tmp/.erlang.cookie" shop@127.0.0.1 "$@"; }

trace "Calls and what they return. What the pattern leaves as _ never leaves the process: here, the card." \
    'payments:charge(Order, _) -> return' -c 5
trace "Only orders over the limit: those fail, and the exception is shown." \
    'payments:charge({order, Id, Total}, _) when Total > 3000 -> return' -c 3
trace "What is slow, and how slow." \
    'warehouse:reserve(Id, _) when Id rem 10 =:= 0 -> return' -c 2
trace "A server with several MB of state: only the request is copied." \
    'cart:handle_call(Request, _, _)' -c 5
trace "A function called 100,000 times a second. Ten calls are ten calls; the rest is counted, not sent." \
    'prices:lookup(Article, _) -> return' -c 10
trace "A typo." \
    'payment:charge/2'
failed=0        # that one is meant to fail
show "The match specification behind a pattern; no node is needed." \
    compile 'payments:charge({order, _, Total}, _) when Total > 3000 -> return'
trace "Each trace above ended with 'node clean': nothing is left on the node. Whoever does not believe it may ask." \
    --dry-run 'payments:charge/2'
exit $failed
