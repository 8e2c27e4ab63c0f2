#!/bin/sh
# Compares bt_print_erlang with the io_lib of a real node: random terms from a fixed seed, see print_oracle.erl.
# usage: print_oracle.sh PRINT_ORACLE_PROGRAM [N [SEED]]
set -eu
program=$1 n=${2:-20000} seed=${3:-1}
here=$(cd "$(dirname "$0")" && pwd)

command -v erl >/dev/null || { echo "no erl here: skipped"; exit 77; }
release=$(erl -noshell -eval 'io:put_chars(erlang:system_info(otp_release)), halt().')
[ "$release" = 25 ] || { echo "OTP $release prints in its own way, the oracle is OTP 25: skipped"; exit 77; }

dir=$(mktemp -d "${TMPDIR:-/tmp}/print_oracle.XXXXXX")
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM
export ERL_CRASH_DUMP_SECONDS=0
erlc -o "$dir" "$here/print_oracle.erl"
erl +pc unicode -noshell -pa "$dir" -eval "print_oracle:main([\"$dir/terms\", \"$n\", \"$seed\"]), halt()."
"$program" "$dir/terms"
