#!/bin/sh
# records_oracle.sh BEAMTAP - funs with records beside ms_transform's reading of them (records.table).
#
# Runs under any OTP release from 25 on. Prints "N funs, M failures"; exit status 0, 1, or 77 where there is no Erlang.
set -eu
[ $# -eq 1 ] || { echo "usage: records_oracle.sh BEAMTAP" >&2; exit 2; }
command -v erl >/dev/null || { echo "no erl here, skipped"; exit 77; }
beamtap=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
here=$(cd "$(dirname "$0")" && pwd)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
erlc -o "$tmp" "$here/records_oracle.erl"
status=0
ERL_CRASH_DUMP=/dev/null erl -noshell -noinput +pc unicode -pa "$tmp" -eval 'records_oracle:main(init:get_plain_arguments()).' \
    -extra "$beamtap" "$here" "$tmp" || status=$?
exit "$status"
