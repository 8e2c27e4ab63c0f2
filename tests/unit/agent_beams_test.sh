#!/bin/sh
# agent_beams_test.sh SOURCE_DIR - the beams in the tree are what the agent's sources compile to.
# Skipped (77) where erlc of OTP 25 is missing: no other compiler makes these bytes.
set -eu
src=$1/src/agent
out=$(mktemp)
trap 'rm -f "$out"' EXIT
skip() { echo "SKIPPED: agent_beams_test: $1; src/agent/agent_beams.c is NOT compared with its sources" >&2; exit 77; }

command -v erlc >/dev/null && command -v erl >/dev/null || skip "there is no erlc"
rc=0
sh "$src/make_beams.sh" "$out" || rc=$?
[ "$rc" -ne 77 ] || skip "erlc is not the one of OTP 25"
[ "$rc" -eq 0 ] || { echo "make_beams.sh ended with $rc" >&2; exit 1; }
cmp "$out" "$src/agent_beams.c" || {
    echo "src/agent/agent_beams.c is not what its sources give; run src/agent/make_beams.sh src/agent/agent_beams.c" >&2
    exit 1
}
