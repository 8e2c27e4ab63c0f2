#!/bin/bash
# static.sh [BUILD] - a program that is linked statically (-DBT_STATIC=ON) is one, and traces from a root with nothing else in it.
#
# Without BUILD it is built first, in build/static. Needs root, or user namespaces.
set -u
. "$(dirname "$0")/../support/node.sh"
. "$(dirname "$0")/../support/check.sh"
. "$(dirname "$0")/root.sh"
source=$(cd "$(dirname "$0")/../.." && pwd)
build=${1:-$source/build/static}
if [ $# = 0 ]; then
    cmake -S "$source" -B "$build" -DCMAKE_BUILD_TYPE=Release -DBT_TESTS=OFF -DBT_STATIC=ON > "$BT_TMP/build.log" 2>&1 &&
        cmake --build "$build" --target beamtap_cli -j "$(nproc)" >> "$BT_TMP/build.log" 2>&1 || die "$(tail -n 20 "$BT_TMP/build.log")"
fi

part "what it is"
like "file" "$(file -b "$build/beamtap")" 'statically linked'
like "ldd" "$(ldd "$build/beamtap" 2>&1)" 'not a dynamic executable|statically linked'
is "sections of the dynamic linker" "$(readelf -lW "$build/beamtap" | grep -E 'INTERP|NEEDED')" ''

part "alone in a root"
empty_root
cp "$build/beamtap" "$ROOT/"
in_root /beamtap --version > "$BT_TMP/version" || fail "it does not start"
is "what is there" "$(cd "$ROOT" && find . -type f)" ./beamtap
trace_from_root /beamtap
# Names: glibc reads hosts and asks DNS by code that is in the archive; without both files there are addresses only.
in_root /beamtap nodes named-here > "$TAP_OUT" 2>&1 && fail "a name that is nowhere is found"
like "no hosts file" "$(cat "$TAP_OUT")" "host 'named-here' cannot be found"
mkdir -p "$ROOT/etc"
echo '127.0.0.1 named-here' > "$ROOT/etc/hosts"
like "by the hosts file" "$(in_root /beamtap nodes named-here 2>&1)" "$NODE|${NODE%%@*}"
clean
finish
