#!/bin/sh
# run_script.sh BEAMTAP - what `beamtap run --check -v` says of each script/NAME.btap (expect.sh).
#
# NAME.args   further options, where there are any
set -eu
. "$(dirname "$0")/expect.sh"
cd "$(dirname "$0")/script"
unset RELEASE_NODE

for script in *.btap; do
    args=
    [ ! -e "${script%.btap}.args" ] || args=$(cat "${script%.btap}.args")
    # shellcheck disable=SC2086     # several words
    expect "${script%.btap}" run --check -v --no-config $args "$script"
done
expected
