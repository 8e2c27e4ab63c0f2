#!/bin/sh
# recon_oracle.sh BEAMTAP - lines of recon_trace:calls beside recon's own calls of erlang:trace_pattern; see recon_oracle.erl.
#
# RECON_EBIN names the folder with recon's beams; without it, or without OTP 27, the exit status is 77, else 0 or 1.
set -eu
[ $# -eq 1 ] || { echo "usage: recon_oracle.sh BEAMTAP" >&2; exit 2; }
skip() { echo "SKIPPED: recon_oracle: $1; lines of recon are NOT compared with recon" >&2; exit 77; }
[ -n "${RECON_EBIN:-}" ] || skip "RECON_EBIN does not name recon's ebin folder"
[ -e "$RECON_EBIN/recon_trace.beam" ] || skip "no recon_trace.beam in $RECON_EBIN"
here=$(cd "$(dirname "$0")" && pwd)
otp=$here/../support/otp.sh
"$otp" have 27 || "$otp" setup 27 || skip "OTP 27 cannot be had on this machine"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cp "$here/recon.table" "$here/recon_oracle.erl" "$tmp"
cp -r "$RECON_EBIN" "$tmp/recon"
export ERL_CRASH_DUMP=/dev/null
(cd "$tmp" && "$otp" run 27 -- erlc recon_oracle.erl)
oracle() { (cd "$tmp" && "$otp" run 27 -- erl -noshell -noinput -kernel logger_level none -pa "$tmp" -pa "$tmp/recon" -eval "recon_oracle:$1()." -extra "$tmp"); }
n=$(oracle write_scripts)
i=1
while [ "$i" -le "$n" ]; do
    "$1" run --check -v --no-config "$tmp/$i.btap" > "$tmp/$i.out" 2> "$tmp/$i.err" || : > "$tmp/$i.out"
    i=$((i + 1))
done
status=0
oracle main || status=$?
[ "$status" -eq 0 ] || grep -hv "nothing wrong" "$tmp"/*.err
exit "$status"
