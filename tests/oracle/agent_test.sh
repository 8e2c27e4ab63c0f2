#!/bin/sh
# agent_test.sh BEAMTAP BUCKET_SCRIPT - the agent's own functions, called one by one on a node of their own.
#
# The agent is compiled under the name agent_under_test, with every function exported, its records in agent.hrl, and a clock
# that the test sets (now_us in the process dictionary). The source itself knows nothing of tests. Exit status 0, 1, or 77
# where there is no Erlang of the release the agent is made with (src/agent/make_beams.sh).
set -eu
[ $# -eq 2 ] || { echo "usage: agent_test.sh BEAMTAP BUCKET_SCRIPT" >&2; exit 2; }
command -v erlc >/dev/null || { echo "SKIPPED: no erlc here" >&2; exit 77; }
release=$(erl -noshell -eval 'io:put_chars(erlang:system_info(otp_release)), halt().')
[ "$release" = 25 ] || { echo "SKIPPED: needs OTP 25, found $release" >&2; exit 77; }
here=$(cd "$(dirname "$0")" && pwd)
src=$here/../../src/agent
agent=$src/beamtap_agent.erl
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

sed -n '/^-record(/,/}) *\./p' "$agent" >"$tmp/agent.hrl"
sed -E 's/^-export\(.*/-compile([export_all, nowarn_export_all])./
        s/erlang:monotonic_time\(microsecond\)/erlang:get(now_us)/' "$agent" >"$tmp/agent_under_test.erl"
grep -q 'get(now_us)' "$tmp/agent_under_test.erl" || { echo "agent_test.sh: the agent's clock has moved" >&2; exit 1; }
(cd "$tmp" && erlc -I "$src" -DAGENT=agent_under_test agent_under_test.erl && erlc -I . "$here/agent_test.erl")
ERL_CRASH_DUMP=/dev/null erl -noshell -noinput -pa "$tmp" -eval 'agent_test:main(init:get_plain_arguments()).' \
    -extra "$1" "$2" "$tmp"
