# shellcheck shell=bash
# measure.sh - how the bench measures: nodes with a watchdog, processor time, samples. Sourced after node.sh by run.sh.
#
#   fresh_node [ERL FLAG...]       a new node for one measurement: NODE, NODE_PID; ended when its memory passes $MAX_MB
#   end_node                       end it (and the helper, if there is one)
#   helper_node                    a second node with redbug's code: HELPER
#   was_ended                      true when the watchdog ended the node; ENDED_US says when, ENDED_MB how far it had grown
#   node_cpu                       processor time of the node so far, us
#   cost ARG...                    run beamtap; COST_US, COST_CPU_US, COST_KB (peak memory), COST_STATUS; its stderr in $TAP_ERR
#   lines FILE BYTES               events of target:f/2 in the first BYTES bytes of a text file
#
#   sample ROW TOOL VALUE          one measurement (VALUE - : there is none)
#   note ROW TOOL TEXT             a remark on it; the last one counts

HELPER='' ENDED_US='' ENDED_MB=''
SAMPLES=$BT_TMP/samples NOTES=$BT_TMP/notes
: > "$SAMPLES"; : > "$NOTES"
TICK_US=$((1000000 / $(getconf CLK_TCK)))

sample() { printf '%s\t%s\t%s\n' "$1" "$2" "$3" >> "$SAMPLES"; }
note() { printf '%s\t%s\t%s\n' "$1" "$2" "$3" >> "$NOTES"; }

rss_kb() { sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$1/status" 2> /dev/null; }

# Ends the node, by its process id and no other, when its memory has grown by $MAX_MB; writes when and by how much.
watchdog() {
    local pid=$1 file=$2 before kb
    before=$(rss_kb "$pid")
    while kb=$(rss_kb "$pid") && [ -n "$kb" ]; do
        if [ $((kb - before)) -gt $((MAX_MB * 1024)) ]; then
            kill -KILL "$pid"
            printf '%s %s\n' "$(now_us)" $(((kb - before) / 1024)) > "$file"
            return
        fi
        sleep 0.1
    done
}

fresh_node() {
    local path=()
    [ -z "${RECON_EBIN:-}" ] || path=(-pa "$RECON_EBIN")
    BENCH_NODES=$((${BENCH_NODES:-0} + 1))
    rm -f "$BT_TMP/ended"
    start_node "$OTP" "bench$BENCH_NODES" -pa "$BT_TMP/ebin-$OTP" "${path[@]}" "$@"
    disown "$NODE_PID"          # the shell does not report that the watchdog has killed it
    watchdog "$NODE_PID" "$BT_TMP/ended" &
    WATCHDOG=$!
}

end_node() {
    stop_node "$NODE"
    wait "$WATCHDOG"
    [ -z "$HELPER" ] || stop_node "$HELPER"
    HELPER=''
}

helper_node() {
    local node=$NODE pid=$NODE_PID
    start_node "$OTP" "helper$BENCH_NODES" -pa "$REDBUG_EBIN" -hidden
    HELPER=$NODE NODE=$node NODE_PID=$pid
}

was_ended() {
    [ -s "$BT_TMP/ended" ] && read -r ENDED_US ENDED_MB < "$BT_TMP/ended"
}

node_cpu() {                    # fields 14 and 15, counted behind the name in parentheses
    local stat fields
    read -r stat 2> /dev/null < "/proc/$NODE_PID/stat" || { echo 0; return; }
    read -ra fields <<< "${stat##*) }"
    echo $(((fields[11] + fields[12]) * TICK_US))
}

# Standard output goes to $COST_OUT (default /dev/null). The cookie is in the home folder.
cost() {
    "$BENCH_PROGRAMS/bench_run" "$BT_TMP/cost" "$BEAMTAP" "$@" < /dev/null > "${COST_OUT:-/dev/null}" 2> "$TAP_ERR" ||
        die "bench_run failed: beamtap $*"
    read -r COST_US COST_CPU_US COST_KB COST_STATUS < "$BT_TMP/cost"
    [ "$COST_STATUS" = 0 ] && return
    printf 'beamtap %s: exit status %s: %s\n' "$*" "$COST_STATUS" "$(tail -n 3 "$TAP_ERR")" >&2
    return 1
}

lines() { head -c "$2" "$1" 2> /dev/null | grep -ac 'target:f[(/]'; }

written_us() {                  # when a file was written to last, us of the wall clock
    local t
    t=$(stat -c %.6Y "$1") && printf '%s\n' "${t/./}"
}

# Numbers with a fraction: calc 'a / b'; - where it cannot be had.
calc() { awk "BEGIN { v = $1; printf \"%.3f\", v }" 2> /dev/null || echo -; }
