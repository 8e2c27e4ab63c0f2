#!/bin/bash
# elixir_oracle.sh MATCH_SPECS [COUNT [SEED]] - Elixir specs beside Elixir's own clauses (elixir_oracle.exs), with this
# machine's Elixir and, where it is set up or can be had, the one of OTP 29.
#
# Exit status 0, 1, or 77 (skipped) where there is no Elixir at all.
set -u
[ $# -ge 1 ] || { echo "usage: elixir_oracle.sh MATCH_SPECS [COUNT [SEED]]" >&2; exit 2; }
match_specs=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
count=${2:-3000} seed=${3:-1}
here=$(cd "$(dirname "$0")" && pwd)
otp=$here/../support/otp.sh
command -v elixir >/dev/null || { echo "SKIPPED: no elixir here (apt-get install elixir)" >&2; exit 77; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
export LC_ALL=C.UTF-8
# unused variables, comparisons that are always false and the like: what such clauses are made of
quiet() { "$@" 2>"$tmp/warnings" || { tail -n 20 "$tmp/warnings"; return 1; }; }

quiet elixir "$here/elixir_oracle.exs" cases "$here/elixir.table" "$seed" "$count" "$tmp/specs" "$tmp/cases" || exit 1
"$match_specs" < "$tmp/specs" > "$tmp/compiled" || exit 1
status=0
quiet elixir "$here/elixir_oracle.exs" check "$tmp/specs" "$tmp/cases" "$tmp/compiled" || status=1
if "$otp" setup 29 >/dev/null 2>&1; then
    cp "$here/elixir_oracle.exs" "$tmp/" # which that release sees
    quiet "$otp" run 29 -- elixir "$tmp/elixir_oracle.exs" check "$tmp/specs" "$tmp/cases" "$tmp/compiled" || status=1
else
    echo "SKIPPED with OTP 29, which cannot be had: tests/support/otp.sh setup 29" >&2
fi
exit "$status"
