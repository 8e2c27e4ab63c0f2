#!/bin/sh
# run_replay.sh BEAMTAP - what `beamtap replay` says of the files in replay/, compared with what it said before.
#
# NAME.btc, NAME.trc   a capture, a file of OTP's trace port: replayed alone
# NAME.args            the words behind `beamtap replay`: options, several files
# NAME.txt             expected: stdout, then stderr, then the exit status
#
# UPDATE=1 rewrites the expectations; review the diff. Exit status 0 or 1.
set -eu
[ $# -eq 1 ] || { echo "usage: run_replay.sh BEAMTAP" >&2; exit 2; }
beamtap=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
cd "$(dirname "$0")/replay"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
export TZ=UTC
n=0 failed=0

for file in *.btc *.trc *.args; do
    name=${file%.*} args=$file status=0
    [ "$file" = "${file%.args}" ] || args=$(cat "$file")
    # shellcheck disable=SC2086     # several words
    "$beamtap" replay $args >"$tmp/got" 2>"$tmp/err" || status=$?
    { cat "$tmp/err"; echo "exit status $status"; } >>"$tmp/got"
    [ -z "${UPDATE:-}" ] || cp "$tmp/got" "$name.txt"
    n=$((n + 1))
    cmp -s "$name.txt" "$tmp/got" && continue
    failed=$((failed + 1))
    echo "FAILED $name:"
    diff "$name.txt" "$tmp/got" || true
done
echo "$n golden files, $failed failed"
[ "$failed" -eq 0 ]
