#!/bin/sh
# run_script.sh BEAMTAP - what `beamtap run --check -v` says of each script/NAME.btap, compared with what it said before.
#
# NAME.args   further options, where there are any
# NAME.txt    expected: stdout, then stderr, then the exit status
#
# UPDATE=1 rewrites the expectations; review the diff. Exit status 0 or 1.
set -eu
[ $# -eq 1 ] || { echo "usage: run_script.sh BEAMTAP" >&2; exit 2; }
beamtap=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
cd "$(dirname "$0")/script"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
unset RELEASE_NODE
n=0 failed=0

for script in *.btap; do
    name=${script%.btap} args= status=0
    [ ! -e "$name.args" ] || args=$(cat "$name.args")
    # shellcheck disable=SC2086     # several words
    "$beamtap" run --check -v --no-config $args "$script" >"$tmp/got" 2>"$tmp/err" || status=$?
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
