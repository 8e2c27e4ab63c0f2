#!/bin/bash
# output.sh RELEASE - where lines go: -o, --append, -q, -v, --debug, --dry-run, a closed, full or stalled stdout.
set -u
. "$(dirname "$0")/../support/node.sh"
. "$(dirname "$0")/../support/check.sh"
need_beamtap
start_node "${1:-25}" output
ask 'target:every(2, 10, fun() -> target:pair(a, b) end)' > /dev/null
mark
file=$BT_TMP/lines

part "-o"
tap "$NODE" 'target:pair/2' -c 5 -o "$file"
closing 5 -c
is "stdout" "$OUT" ''
OUT=$(cat "$file")
is "lines in the file" "$(calls_of target:pair)" 5
part "-o refuses a file that is there, before it connects"
tap nobody@127.0.0.1 'target:pair/2' -c 5 --output "$file"
refused 5 "$file"
is "lines in the file, still" "$(wc -l < "$file")" 5
is "its mode" "$(stat -c %a "$file")" 600
part "--append"
tap "$NODE" 'target:pair/2' -c 3 -o "$file" --append
closing 3 -c
OUT=$(cat "$file")
is "lines in the file" "$(calls_of target:pair)" 8
tap "$NODE" 'target:pair/2' -c 3 --append
refused 2 'append'
part "-o into a folder that is not there"
tap "$NODE" 'target:pair/2' -c 5 -o "$BT_TMP/no/such/folder"
refused 5 'no/such/folder'
clean

part "-q"
tap "$NODE" 'target:pair/2' -c 2 -q
ends 0
is "stderr" "$ERR" ''
is "lines" "$(calls_of target:pair)" 2
part "-v"
tap "$NODE" 'target:pair/2' 'target:id/1' -c 2 -v
closing 2 -c
like "functions" "$ERR" 'target:pair/2$'
like "functions" "$ERR" 'target:id/1$'
part "--debug"
tap "$NODE" 'target:pair/2' -c 2 --debug conn
closing 2 -c
like "lines on stderr" "$ERR" '^beamtap: \[conn '
is "stdout is as ever" "$(wc -l <<< "$OUT") $(calls_of target:pair)" '2 2'
unlike "the cookie is in none" "$ERR" "$(cat "$COOKIE_FILE")"
tap "$NODE" 'target:pair/2' -c 2 --debug all
for area in conn rpc session; do like "area" "$ERR" "^beamtap: \\[$area "; done
unlike "the cookie is in none" "$ERR" "$(cat "$COOKIE_FILE")"
clean

part "--dry-run"
tap "$NODE" 'target:pair/2' 'target:id/1' --dry-run
ends 0
is "stdout" "$OUT" ''
like "what" "$ERR" 'target:pair/2'
like "what" "$ERR" 'nothing was set'
clean
part "--fail-empty"
tap "$NODE" 'target:never/1' -t 200ms --fail-empty
ends 1
tap "$NODE" 'target:pair/2' -c 1 --fail-empty
ends 0
clean

part "| head -n 1"
"$BEAMTAP" "$NODE" 'target:pair/2' -c none -t 20s 2> "$TAP_ERR" < /dev/null | head -n 1 > "$TAP_OUT"
STATUS=${PIPESTATUS[0]} OUT=$(cat "$TAP_OUT") ERR=$(cat "$TAP_ERR") TAP_CMD="beamtap ... | head -n 1" TOOK_MS=0
ends 0
is "one line" "$(calls_of target:pair)" 1
like "closing" "$(tail -n 1 <<< "$ERR")" 'the reader closed the output.*node clean$'
clean

part "a reader that goes away while nothing is shown"
began=$(now_us)
"$BEAMTAP" "$NODE" 'target:never/1' -t 20s 2> "$TAP_ERR" < /dev/null | sleep 0.5
STATUS=${PIPESTATUS[0]} ERR=$(cat "$TAP_ERR") TAP_CMD="beamtap ... | sleep 0.5"
ends 0
at_most "it ends, ms" $(( ($(now_us) - began) / 1000 )) 5000
clean

part "/dev/full"
"$BEAMTAP" "$NODE" 'target:pair/2' -c 5 2> "$TAP_ERR" < /dev/null > /dev/full
STATUS=$? ERR=$(cat "$TAP_ERR") OUT='' TAP_CMD="beamtap ... > /dev/full"
ends 5
like "message" "$ERR" '^beamtap: .*(No space left|full)'
clean

part "stdout is closed"
"$BEAMTAP" "$NODE" 'target:pair/2' -c 5 2> "$TAP_ERR" < /dev/null >&-
STATUS=$? ERR=$(cat "$TAP_ERR") TAP_CMD="beamtap ... >&-"
ends 5
clean

part "stdin and stderr are closed"
"$BEAMTAP" "$NODE" 'target:pair/2' -c 5 > "$TAP_OUT" <&- 2>&-
STATUS=$? OUT=$(cat "$TAP_OUT") ERR='' TAP_CMD="beamtap ... <&- 2>&-"
ends 0
is "lines" "$(calls_of target:pair)" 5
is "no other line" "$(wc -l < "$TAP_OUT")" 5
clean

part "a reader that stands still for longer than the lease"
ask 'target:stop(), target:hot(1, small)' > /dev/null
mark
"$BEAMTAP" "$NODE" 'target:f(I, _)' -c none -t 4s --lease 1s --rate none 2> "$TAP_ERR" < /dev/null | { sleep 3; cat > "$TAP_OUT"; }
STATUS=${PIPESTATUS[0]} OUT=$(head -n 3 "$TAP_OUT") ERR=$(cat "$TAP_ERR") TAP_CMD="beamtap ... | (sleep 3; cat)"
ends 0
like "closing" "$(tail -n 1 <<< "$ERR")" '\(-t\).*node clean$'
at_least "lines" "$(wc -l < "$TAP_OUT")" 100
is "lines that are neither call nor gap" "$(grep -vE "$LINE target:f\\([0-9]+, _\\)$|^$TIME -- [0-9,]+ calls skipped$" "$TAP_OUT")" ''
clean
finish
