# expect.sh - to be sourced with $1 the program: what it says of a file, compared with what it said before.
#
# NAME.txt   expected: stdout, then stderr, then the exit status
#
# UPDATE=1 rewrites the expectations; review the diff.
# shellcheck shell=sh
[ $# -eq 1 ] || { echo "usage: ${0##*/} BEAMTAP" >&2; exit 2; }
beamtap=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
n=0 failed=0

expect() { # NAME WORD...: the program with these words, in the folder of NAME.txt
    name=$1 status=0
    shift
    "$beamtap" "$@" >"$tmp/got" 2>"$tmp/err" || status=$?
    { cat "$tmp/err"; echo "exit status $status"; } >>"$tmp/got"
    [ -z "${UPDATE:-}" ] || cp "$tmp/got" "$name.txt"
    n=$((n + 1))
    cmp -s "$name.txt" "$tmp/got" && return
    failed=$((failed + 1))
    echo "FAILED $name:"
    diff "$name.txt" "$tmp/got" || true
}

expected() { # the last line; status 1 where one differed
    echo "$n golden files, $failed failed"
    [ "$n" -gt 0 ] && [ "$failed" -eq 0 ]
}
