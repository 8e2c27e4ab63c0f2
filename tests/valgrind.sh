#!/bin/bash
# valgrind.sh [-s] [TEST...] - memcheck: the unit tests of a build without sanitizers, and then real sessions with a node (only
# those with -s). Errors and lost blocks are failures. Debian: apt-get install valgrind.
#
#   tests/valgrind.sh                  all: some minutes
#   tests/valgrind.sh etf_read print   these unit tests and no sessions
#
# Builds build/valgrind first. What memcheck says of a failure is shown; all of it is in build/valgrind/log. What
# tests/valgrind.supp leaves out is not ours, and why stands there.
set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$here/.." || exit 1
command -v valgrind > /dev/null || { echo "SKIPPED: ${0##*/}: no valgrind on this machine" >&2; exit 77; }
only_sessions=''
[ "${1-}" != -s ] || { only_sessions=1; shift; }

tree=$PWD/build/valgrind log=$PWD/build/valgrind/log
mkdir -p "$log"
if ! { cmake -S . -B "$tree" -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_C_FLAGS_RELWITHDEBINFO="-g -O1" &&
       cmake --build "$tree" -j "$(nproc)"; } > "$tree/build.log" 2>&1; then
    tail -n 40 "$tree/build.log"
    exit 1
fi

# A child that a test forks plays a node; it ends by _exit and may leave what it has.
memcheck=(valgrind -q --error-exitcode=99 --leak-check=full --show-leak-kinds=definite,indirect,possible
          --errors-for-leak-kinds=definite,indirect,possible --child-silent-after-fork=yes --num-callers=20
          --suppressions="$here/valgrind.supp")
before=()                       # a command that runs valgrind
failed=0

# under NAME COMMAND...: runs it; what memcheck says goes to $log/NAME, what the program says to $log/NAME.out.
under() {
    local name=$1 status; shift
    "${before[@]}" "${memcheck[@]}" --log-file="$log/$name" "$@" > "$log/$name.out" 2>&1
    status=$?
    if [ -s "$log/$name" ] || [ $status -ne "${wanted_status:-0}" ]; then
        printf 'FAILED %s (status %s)\n' "$name" "$status"
        head -n 40 "$log/$name"
        [ -s "$log/$name" ] || tail -n 10 "$log/$name.out"
        failed=$((failed + 1))
    else
        printf 'ok     %s\n' "$name"
    fi
}

unit_tests() {
    local t names=("$@")
    [ $# -gt 0 ] || { names=("$tree"/tests/test_*); names=("${names[@]##*/test_}"); }
    for t in "${names[@]}"; do
        if [ $# -eq 0 ] && [ "$t" = bucket ]; then      # arithmetic on a struct of five numbers, a billion times
            echo "left   bucket: takes minutes, allocates nothing"
            continue
        fi
        under "$t" "$tree/tests/test_$t"
    done
}

# What is traced is called 50 times a second; a session of each kind, and each way to end.
sessions() {
    # shellcheck disable=SC1091
    . "$here/support/node.sh"
    start_node 25 valgrind
    ask 'target:every(1, 20, fun() -> target:id({"text", 1.5, <<1>>, #{k => [self()]}}), catch target:fails(error),
                                      target:fac(3), target:big(1000) end)' > /dev/null
    local beamtap=$tree/beamtap
    under returns "$beamtap" trace "$NODE" 'target:id(_) -> return' 'target:fails(X) -> return' -c 20
    under times "$beamtap" trace "$NODE" 'target:fac(N) -> time' -c 10
    under names "$beamtap" trace "$NODE" '/^target$/:f*/1 -> caller' --not 'target:fib(_)' --debug all -c 5
    under learnt "$beamtap" trace "$NODE" 'target:big(N) -> return' --max-term 1K -c 5
    under silent "$beamtap" trace "$NODE" 'target:never(_)' -t 1s
    under elixir "$beamtap" trace "$NODE" ':target.id(x) when x != 1 -> return' -c 2
    wanted_status=2 under unknown "$beamtap" trace "$NODE" 'targte:f/1'
    wanted_status=3 under nobody "$beamtap" trace "nobody@127.0.0.1" 'lists:seq/2'
    before=(timeout --preserve-status -s INT 5)
    under interrupted "$beamtap" trace "$NODE" 'target:id(_)' -c none -t 1h
    before=()
    under compile "$beamtap" compile 'm:f(X, [Y | _]) when X > Y; is_list(X) -> return' '{m, f, fun([_]) -> return_trace() end}'
    under clear "$beamtap" clear "$NODE"
}

[ -n "$only_sessions" ] || unit_tests "$@"
[ $# -gt 0 ] || sessions
[ $failed -eq 0 ] || { echo "$failed failed"; exit 1; }
