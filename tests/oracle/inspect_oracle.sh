#!/bin/bash
# Compares bt_print_elixir with inspect/2 of Elixir 1.18: random terms from a fixed seed, see inspect_oracle.exs.
# usage: inspect_oracle.sh PRINT_ORACLE_PROGRAM [N [SEED]]
#
# The long form is N = 100000. Exit status 77 (skipped) where OTP 27 with Elixir 1.18 cannot be had.
set -eu
program=$1 n=${2:-6000} seed=${3:-1}
here=$(cd "$(dirname "$0")" && pwd)
otp=$here/../support/otp.sh

"$otp" setup 27 || { echo "SKIPPED: no OTP 27 with its Elixir here" >&2; exit 77; }
export LC_ALL=C.UTF-8 ERL_CRASH_DUMP_SECONDS=0
version=$("$otp" run 27 -- elixir --short-version)
case $version in
    1.18.*) ;;
    *) echo "SKIPPED: Elixir $version prints in its own way, the oracle is 1.18" >&2; exit 77 ;;
esac

dir=$(mktemp -d "${TMPDIR:-/tmp}/inspect_oracle.XXXXXX")
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM
# Terms have names of their own, which are atoms: more than a node has room for by default.
cp "$here/inspect_oracle.exs" "$dir/" # the release sees the temporary folder in any case
"$otp" run 27 -- elixir --erl "+t 8388608" "$dir/inspect_oracle.exs" "$dir/terms" "$n" "$seed"
"$program" "$dir/terms" elixir
