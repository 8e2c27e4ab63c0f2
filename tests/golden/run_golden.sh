#!/bin/sh
# run_golden.sh BEAMTAP - what `beamtap compile` says of each compile/NAME.spec, compared with what it said before.
#
# NAME.spec   one spec, given as one argument; may have several lines
# NAME.opts   options of the command line for it, where there are any
# NAME.ms     expected stdout, when the spec compiles (stderr must be empty)
# NAME.err    expected stderr, and in its last line the exit status, when it does not (stdout must be empty)
#
# UPDATE=1 rewrites the expectations; review the diff. Exit status 0 or 1.
set -eu
[ $# -eq 1 ] || { echo "usage: run_golden.sh BEAMTAP" >&2; exit 2; }
beamtap=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
cd "$(dirname "$0")/compile"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
n=0 failed=0

for spec in *.spec; do
    name=${spec%.spec}
    opts=
    [ ! -e "$name.opts" ] || opts=$(cat "$name.opts")
    status=0
    # shellcheck disable=SC2086     # options are several words
    "$beamtap" compile $opts -- "$(cat "$spec")" >"$tmp/ms" 2>"$tmp/err" || status=$?
    if [ "$status" -eq 0 ]; then
        want=$name.ms other=$name.err got=$tmp/ms empty=$tmp/err
    else
        echo "exit status $status" >>"$tmp/err"
        want=$name.err other=$name.ms got=$tmp/err empty=$tmp/ms
    fi
    if [ -n "${UPDATE:-}" ]; then
        rm -f "$other"
        cp "$got" "$want"
    fi
    n=$((n + 1))
    if [ -s "$empty" ] || [ -e "$other" ] || [ ! -e "$want" ] || ! cmp -s "$want" "$got"; then
        failed=$((failed + 1))
        echo "FAILED $name:"
        if [ -e "$want" ]; then diff "$want" "$got" || true; else echo "no $want"; cat "$got"; fi
        cat "$empty"
    fi
done
echo "$n golden files, $failed failed"
[ "$failed" -eq 0 ]
