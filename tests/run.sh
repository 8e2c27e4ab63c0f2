#!/bin/bash
# run.sh - everything from a fresh clone: installs what is missing (Debian, root or sudo), builds both trees, runs all tests.
#
#   tests/run.sh [ctest options]      for instance -L unit, -R e2e_flood, -LE e2e
#
#   build/release   -O2, clang where there is one: the program that all e2e tests run
#   build/debug     gcc, ASan and UBSan: unit, golden, oracle and all other tests; a few e2e tests also with its program
#
# Further Erlang releases are fetched beside the machine's own (tests/support/otp.sh). Ends with the summary of
# ctest; the status is not 0 when anything failed. What was skipped is listed, with the reason.
#
# BT_KILLS=20           how often kill -9 is tried (5)
# BT_RELEASES="23 29"   releases to fetch (23 27 29; a test asks for the one it needs)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
jobs=$(nproc)
began=$SECONDS
step() { printf '\n==== %s (%d s)\n' "$*" $((SECONDS - began)); }

step "packages"
tests/support/install-deps.sh test

# build TREE OPTION...: configures and builds; the log is shown when it fails.
build() {
    local tree=build/$1; shift
    mkdir -p "$tree"
    if ! { cmake -S . -B "$tree" -DBT_WERROR=ON "$@" && cmake --build "$tree" -j "$jobs"; } > "$tree/build.log" 2>&1; then
        tail -n 60 "$tree/build.log"
        return 1
    fi
}

compiler=gcc
! command -v clang > /dev/null || compiler=clang
step "build/release: $compiler, Release"
build release -DCMAKE_C_COMPILER=$compiler -DCMAKE_BUILD_TYPE=Release -DBT_TESTS=OFF
step "build/debug: gcc, Debug"
build debug -DCMAKE_C_COMPILER=gcc -DCMAKE_BUILD_TYPE=Debug -DBT_E2E_PROGRAM="$PWD/build/release/beamtap"

step "Erlang releases"
# shellcheck disable=SC2086     # one word per release
tests/support/otp.sh setup ${BT_RELEASES:-23 27 29} || echo "tests of releases that cannot be had will be skipped"
tests/support/otp.sh list

step "tests"
status=0
ctest --test-dir build/debug --output-on-failure -j "$jobs" "$@" || status=$?

log=build/debug/Testing/Temporary/LastTest.log
if [ -e "$log" ] && skipped=$(grep -a '^SKIPPED' "$log"); then
    printf '\n!!!! not tested on this machine:\n%s\n' "$(sort <<< "$skipped" | uniq -c)"
fi
step "done: $([ $status = 0 ] && echo 'all passed' || echo "FAILED (ctest status $status)")"
exit $status
