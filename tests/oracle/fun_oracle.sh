#!/bin/bash
# fun_oracle.sh MATCH_SPECS RELEASE - funs in recon tuples beside that release's ms_transform; see fun_oracle.erl.
#
# MATCH_SPECS is the program built from match_specs.c; it runs on this machine, Erlang through ../support/otp.sh. Exit
# status 0, 1, or 77 where the release cannot be had.
set -euo pipefail
[ $# -eq 2 ] || { echo "usage: fun_oracle.sh MATCH_SPECS RELEASE" >&2; exit 2; }
specs=$1 otp=$2
here=$(cd "$(dirname "$0")" && pwd)
run() { "$here/../support/otp.sh" run "$otp" -- "$@"; }
"$here/../support/otp.sh" have "$otp" || "$here/../support/otp.sh" setup "$otp" ||
    { echo "SKIPPED: fun_oracle: OTP $otp cannot be had on this machine; funs are NOT compared with its ms_transform" >&2; exit 77; }

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cp "$here/fun_oracle.erl" "$here/fun_gen.erl" "$here/oracle_calls.erl" "$here/funs.table" "$tmp"
(cd "$tmp" && run erlc fun_oracle.erl fun_gen.erl oracle_calls.erl)
erl=(erl -noshell -noinput +pc unicode -pa "$tmp")
run "${erl[@]}" -eval 'fun_oracle:write_texts().' -extra "$tmp"
"$specs" -a < "$tmp/texts" > "$tmp/terms"
status=0
run "${erl[@]}" -eval 'fun_oracle:main().' -extra "$tmp" || status=$?
exit "$status"
