#!/bin/bash
# memory.sh RELEASE [ERL FLAGS] - floods without a rate: the node's memory and the tracer's queue stay within their limits.
# BT_LONG=1: 20,000 calls of 600 KB each too (OTP 23, which is given rests: 4,000), else 300.
set -u
. "$(dirname "$0")/../support/node.sh"
. "$(dirname "$0")/../support/check.sh"
need_beamtap
otp=${1:-25}; shift
start_node "$otp" memory "$@"
big_count=$(( ${BT_LONG:-0} ? (otp < 25 ? 4000 : 20000) : 300 ))
TAP_COLUMNS=120

# flood WHAT TERM COUNT MB QUEUE OPTION...: COUNT calls and returns of target:f(I, TERM) from two processes. A window of calls is
# what a thirty-second of --max-memory holds, 1024 at most; QUEUE is eight windows, or more where the window is small.
flood() {
    local open what=$1 term=$2 count=$3 mb=$4 most=$5 first last memory queue seen; shift 5
    part "$what"
    ask "target:hot(2, $term)" > /dev/null
    sleep 0.3
    mark
    ask 'target:watch()' > /dev/null
    sleep 0.2
    first=$(now_us)
    tap_start "$NODE" 'target:f(I, T) -> return' --rate none -c "$count" -t 200s "$@"
    tap_end 200
    last=$(now_us)
    sleep 0.2
    ask 'target:watched()' > /dev/null
    closing "$count" -c
    # A return value of f is its first argument, so all lines are short but those of calls. OTP 23 may lose some where a rest
    # begins (src/agent/unseen.hrl): each is said to be open.
    open=$(sed -nE 's/.*, ([0-9,]+) still open.*/\1/p' <<< "$ERR" | tr -d ,)
    is "calls and returns" "$(calls_of target:f) $(($(returns_of target:f/2) + ${open:-0}))" "$count $count"
    at_most "still open" "${open:-0}" $((otp < 25 ? count / 100 : 0))
    memory=$(ask "target:memory($first, $last + 200000)")
    queue=$(ask "target:queue($first, $last)")
    seen=${queue#\{} seen=${seen%,*} queue=${queue#*,} queue=${queue%\}}
    printf '   %s calls/s, %s MB of lines\n' $((count * 1000 / (TOOK_MS + 1))) $(($(stat -c %s "$TAP_OUT") / 1048576))
    at_most "growth of the node's memory, KB" $((memory / 1024)) $((mb * 1024))
    at_least "samples of the tracer's queue" "$seen" 1
    at_most "messages in it" "$queue" "$most"
    clean
    ask 'target:stop()' > /dev/null
}

flood "small arguments" small 20000 80 8192
flood "10 KB" 'lists:seq(1, 640)' 20000 80 1640
# Mostly 5 to 21 MB; 36, 44, 48 and 68 MB were seen once each on a busy machine (doc/SAFETY.md, "Not guaranteed").
flood "10 KB, --max-memory 8M" 'lists:seq(1, 640)' 4000 40 400 --max-memory 8M
flood "600 KB" big "$big_count" 80 100
flood "600 KB, --max-memory 8M" big 100 60 100 --max-memory 8M
flood "a reference-counted binary of 600 KB in each" '{binary:copy(<<0:8192>>, 600), x}' 60 80 100
finish
