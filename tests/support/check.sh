# shellcheck shell=bash
# check.sh - what e2e tests say about the program and the node. Sourced after node.sh.
#
#   part TEXT                      begins a part of the test; failures name it
#   is WHAT GOT WANT               equal as text
#   like WHAT GOT REGEX            a line of GOT matches the extended regex; unlike: none does
#   count_is WHAT N REGEX GOT      exactly N lines of GOT match
#   at_most WHAT GOT MAX           integers; says the number also when it holds
#   mark [NODE] / clean [NODE]     take the node as it is; nothing is left on it and its log is empty
#   quiet_log [NODE]               the node has logged nothing; `clean` includes it, unless LOG_EXPECTED is set for a node
#   finish                         last line of every test
#
#   tap ARG...                     run beamtap to its end: OUT, ERR (text), STATUS, TOOK_MS
#   tap_start ARG...               run it in the background: TAP_PID; output goes to $TAP_OUT, errors to $TAP_ERR (files)
#   tap_end [SECONDS]              wait for it: sets OUT, ERR, STATUS, TOOK_MS as tap does; kills it when it takes longer
#   ends STATUS                    is the exit status; shows command and output when not
#   armed                          true when the tap_start'ed program has said that it traces (for wait_for)
#
# A failure prints what was got and goes on; `finish` turns failures into exit status 1. With BT_FIRST_FAILURE=1 the test
# ends at the first one.

FAILED=0 PART='' TAP_SHOWN=''
OUT='' ERR='' STATUS='' TOOK_MS='' TAP_PID='' TAP_CMD='' TAP_BEGAN=''
TAP_OUT=$BT_TMP/out TAP_ERR=$BT_TMP/err
: "${BEAMTAP:=$BT_SUPPORT/../../build/release/beamtap}"
TAP_SECONDS=40                  # no run of the program takes longer

part() { PART=$1; printf '== %s\n' "$1"; }

fail() {
    printf 'FAILED (%s): %s\n' "${PART:-${0##*/}}" "$1"
    [ $# -lt 2 ] || printf '%s\n' "$2" | cut -c1-300 | head -n 40 | sed 's/^/    | /'
    FAILED=$((FAILED + 1))
    if [ -n "$TAP_CMD" ] && [ "$TAP_CMD" != "$TAP_SHOWN" ]; then
        printf '    $ %s\n    exit status %s after %s ms\n' "$TAP_CMD" "${STATUS:-(running)}" "${TOOK_MS:-?}"
        tail -n 15 "$TAP_OUT" 2>/dev/null | cut -c1-200 | sed 's/^/    stdout: /'
        tail -n 15 "$TAP_ERR" 2>/dev/null | cut -c1-300 | sed 's/^/    stderr: /'
        TAP_SHOWN=$TAP_CMD
    fi
    [ -z "${BT_FIRST_FAILURE:-}" ] || exit 1
}

is() { [ "$2" = "$3" ] || fail "$1: want '$3', got:" "$2"; }

like() { grep -qE -e "$3" <<< "$2" || fail "$1: no line matches /$3/ in:" "$2"; }

unlike() { ! grep -qE -e "$3" <<< "$2" || fail "$1: matches /$3/, and should not:" "$(grep -E -e "$3" <<< "$2")"; }

count_of() { grep -cE -e "$1" <<< "$2"; }

count_is() {
    local n; n=$(count_of "$3" "$4")
    [ "$n" = "$2" ] || fail "$1: want $2 lines that match /$3/, got $n in:" "$4"
}

at_most() {
    if [ "$2" -le "$3" ] 2>/dev/null; then
        printf '   %s: %s (at most %s)\n' "$1" "$2" "$3"
    else
        fail "$1: want at most $3, got '$2'"
    fi
}

at_least() {
    if [ "$2" -ge "$3" ] 2>/dev/null; then
        printf '   %s: %s (at least %s)\n' "$1" "$2" "$3"
    else
        fail "$1: want at least $3, got '$2'"
    fi
}

mark() {
    is "mark" "$(ask "${1:-$NODE}" 'leftovers:mark()')" ok
}

declare -A LOG_EXPECTED=()      # NODE -> why its log may say something

declare -A LOG_SEEN=()          # NODE -> bytes of its log that were complained of

quiet_log() {
    local node=${1:-$NODE} seen
    seen=${LOG_SEEN[$node]:-0}
    LOG_SEEN[$node]=$(stat -c %s "$BT_TMP/$node.log")
    [ -n "${LOG_EXPECTED[$node]:-}" ] || is "what $node logged" "$(tail -c +$((seen + 1)) "$BT_TMP/$node.log" | head -c 2000)" ''
}

clean() {
    local node=${1:-$NODE}
    is "left on $node" "$(ask "$node" 'leftovers:check()' 2>&1)" ok
    quiet_log "$node"
}

is_clean() { [ "$(ask "${1:-$NODE}" 'leftovers:check()' 2>/dev/null)" = ok ]; }

# Clean but for the connection of a program that stands still.
is_clean_but_connected() { [ "$(ask "${1:-$NODE}" 'leftovers:check(1)' 2>/dev/null)" = ok ]; }

finish() {
    if [ "$FAILED" -gt 0 ]; then
        printf '%s: %d failed\n' "${0##*/}" "$FAILED"
        exit 1
    fi
    printf '%s: passed\n' "${0##*/}"
    exit 0
}

# ---- the program -------------------------------------------------------------------------------------------------

need_beamtap() {
    [ -x "$BEAMTAP" ] || die "the program is not built: $BEAMTAP (BEAMTAP=... says where it is)"
}

tap_start() {
    TAP_CMD="beamtap $(printf '%q ' "$@")"
    STATUS='' TOOK_MS=''
    TAP_BEGAN=$(now_us)
    in_background "$BEAMTAP" "$@" < /dev/null > "$TAP_OUT" 2> "$TAP_ERR"
    TAP_PID=$!
}

tap_end() {
    if ! wait_for "${1:-$TAP_SECONDS}" gone_or_zombie "$TAP_PID"; then
        fail "beamtap still runs after ${1:-$TAP_SECONDS} s; killed"
        kill -KILL "$TAP_PID"
    fi
    wait "$TAP_PID" 2>/dev/null
    STATUS=$?
    TOOK_MS=$(( ($(now_us) - TAP_BEGAN) / 1000 ))
    TAP_PID=''
    OUT=$(cut -c1-"${TAP_COLUMNS:-9999999}" "$TAP_OUT" | tr -d '\0')   # TAP_COLUMNS: where gigabytes are shown
    ERR=$(tr -d '\0' < "$TAP_ERR")
}

tap() {
    tap_start "$@"
    tap_end
}

# A child that has ended stays a zombie until it is waited for.
gone_or_zombie() {
    local stat
    read -r stat 2>/dev/null < "/proc/$1/stat" || return 0
    case ${stat##*) } in Z*) return 0 ;; esac
    return 1
}

ends() { [ "$STATUS" = "$1" ] || fail "exit status: want $1, got $STATUS"; }

armed() { grep -q 'until' "$TAP_ERR" || gone_or_zombie "$TAP_PID"; }

wait_armed() { wait_for 15 armed || fail "beamtap does not say that it traces"; }

# ---- what its lines look like ------------------------------------------------------------------------------------

TIME='[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}'
PID='<0\.[0-9]+\.0>'
LINE="^$TIME $PID"              # how every line of a trace begins
TOOK='  [0-9.]+(ns|us|ms|s)$'   # how a return ends

# closing N REASON: the trace ended in order after N calls: the last line of ERR, and the exit status. How many were
# skipped is not known in scope global.
closing() {
    local plural=s n; [ "$1" != 1 ] || plural=''
    n=$(sed -E ':a; s/([0-9])([0-9]{3})($|,)/\1,\2\3/; ta' <<< "$1")
    ends 0
    like "closing line" "$(tail -n 1 <<< "$ERR")" \
        "^beamtap: stopped: $n call$plural \\($2\\)(; [0-9,]+ skipped,| of at most [0-9,]+[;,]|[;,]) 0 lost(, [0-9,]+ still open.*)?; node clean$"
}

# refused STATUS REGEX: the program ended with STATUS before it traced, said why, and showed nothing.
refused() {
    ends "$1"
    like "message on stderr" "$ERR" "^beamtap: .*$2"
    is "stdout" "$OUT" ''
    unlike "stderr" "$ERR" 'stopped:|Ctrl-C stops'
}

# calls_of / returns_of REGEX: lines of OUT
calls_of() { grep -cE "$LINE $1\\(" <<< "$OUT"; }
returns_of() { grep -cE "$LINE $1 (-->|\\*\\*) " <<< "$OUT"; }
