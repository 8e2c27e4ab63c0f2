#!/bin/sh
# redbug_oracle.sh MATCH_SPECS - specs in redbug's notation beside redbug's own compiler; see redbug_oracle.erl.
#
# MATCH_SPECS is the program built from match_specs.c. REDBUG_EBIN names the folder with redbug's beams; without it the
# exit status is 77, else 0 or 1.
set -eu
[ $# -eq 1 ] || { echo "usage: redbug_oracle.sh MATCH_SPECS" >&2; exit 2; }
skip() { echo "SKIPPED: redbug_oracle: $1; redbug's notation is NOT compared with redbug" >&2; exit 77; }
command -v erl > /dev/null || skip "no erl here"
[ -n "${REDBUG_EBIN:-}" ] || skip "REDBUG_EBIN does not name redbug's ebin folder"
[ -e "$REDBUG_EBIN/redbug_compiler.beam" ] || skip "no redbug_compiler.beam in $REDBUG_EBIN"
here=$(cd "$(dirname "$0")" && pwd)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cp "$here/redbug.table" "$tmp"
erlc -o "$tmp" "$here/redbug_oracle.erl" "$here/oracle_calls.erl"
oracle() {
    ERL_CRASH_DUMP=/dev/null erl -noshell -noinput +pc unicode -pa "$tmp" -pa "$REDBUG_EBIN" -eval "redbug_oracle:$1()." -extra "$tmp"
}
oracle write_texts
"$1" -a < "$tmp/texts" > "$tmp/terms"
status=0
oracle main || status=$?
exit "$status"
