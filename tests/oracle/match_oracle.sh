#!/bin/sh
# match_oracle.sh MATCH_SPECS - compiled specs given to a real erlang:match_spec_test/3; their meaning, not their bytes.
#
# MATCH_SPECS is the program built from match_specs.c. Runs under any OTP release (otp.sh run 27 -- sh match_oracle.sh ...;
# releases of an older Debian need the program linked with -static). Prints "N checks, M failures"; exit status 0, 1, or 77 where
# there is no Erlang.
set -eu
[ $# -eq 1 ] || { echo "usage: match_oracle.sh MATCH_SPECS" >&2; exit 2; }
command -v erl >/dev/null || { echo "no erl here, skipped"; exit 77; }
specs=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
here=$(cd "$(dirname "$0")" && pwd)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
erlc -o "$tmp" "$here/match_oracle.erl"
status=0
ERL_CRASH_DUMP=/dev/null erl -noshell -noinput +pc unicode -pa "$tmp" -eval 'match_oracle:main(init:get_plain_arguments()).' \
    -extra "$specs" "$here" "$tmp" || status=$?
exit "$status"
