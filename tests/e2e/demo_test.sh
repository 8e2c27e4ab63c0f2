#!/bin/bash
# demo_test.sh - examples/demo.sh runs without a terminal, shows what it says, and leaves no process and no file.
set -u
. "$(dirname "$0")/../support/node.sh"
. "$(dirname "$0")/../support/check.sh"
need_beamtap
mkdir "$BT_TMP/tmp"

began=$(now_us)
TMPDIR=$BT_TMP/tmp BEAMTAP=$BEAMTAP setsid --wait "$BT_SUPPORT/../../examples/demo.sh" < /dev/null > "$TAP_OUT" 2> "$TAP_ERR" &
demo=$!
session_of() { ps -o pid=,args= --sid "$1" 2> /dev/null; }
# setsid forks only where it leads a process group: the session is its own or its child's.
sleep 0.2
session=$(ps -o sid= -p "$demo" | tr -d ' ')
child=$(ps -o pid= --ppid "$demo" | tr -d ' ')
[ -z "$child" ] || session=$(ps -o sid= -p "${child%%$'\n'*}" | tr -d ' ')
wait "$demo"
STATUS=$? OUT=$(cat "$TAP_OUT") ERR=$(cat "$TAP_ERR") TAP_CMD=examples/demo.sh TOOK_MS=$(( ($(now_us) - began) / 1000 ))

ends 0
is "stderr" "$ERR" ''
at_least "command lines shown" "$(count_of '^\$ beamtap ' "$OUT")" 6
at_least "traces that ended with a clean node" "$(count_of 'node clean$' "$OUT")" 5
like "an exception" "$OUT" 'payments:charge/2 \*\* error:\{declined,\{over_limit,[0-9]+\}\}'
like "the slow one" "$OUT" 'warehouse:reserve/2 --> ok  1[0-9]{2}(\.[0-9]+)?ms$'
like "the server" "$OUT" 'cart:handle_call\(next_id, _, _\)$'
like "the limit" "$OUT" '^beamtap: stopped: 10 calls \(-c\); [0-9,]+ skipped, 0 lost; node clean$'
like "the typo" "$OUT" "did you mean 'payments'"
like "compile" "$OUT" '^\{\{payments,charge,2\},'
unlike "nothing of this machine's" "$OUT" "$BT_TMP"
is "files left" "$(ls "$BT_TMP/tmp")" ''
if [ -n "$session" ] && [ "$session" != "$(ps -o sid= -p $$ | tr -d ' ')" ]; then
    is "processes left" "$(session_of "$session")" ''
else
    fail "the session of the demo is not known"
fi
finish
