#!/bin/sh
# run_replay.sh BEAMTAP - what `beamtap replay` says of the files in replay/ (expect.sh).
#
# NAME.btc, NAME.trc   a capture, a file of OTP's trace port: replayed alone
# NAME.args            the words behind `beamtap replay`: options, several files
set -eu
. "$(dirname "$0")/expect.sh"
cd "$(dirname "$0")/replay"
export TZ=UTC

for file in *.btc *.trc *.args; do
    args=$file
    [ "$file" = "${file%.args}" ] || args=$(cat "$file")
    # shellcheck disable=SC2086     # several words
    expect "${file%.*}" replay $args
done
expected
