#!/bin/bash
# messages.sh RELEASE - send and receive: who to whom, patterns and guards, floods of small and of 1 MB messages, and that the
# node's pattern is what it was.
set -u
. "$(dirname "$0")/../support/node.sh"
. "$(dirname "$0")/../support/check.sh"
need_beamtap
otp=${1:-25}
start_node "$otp" msgs

# closing_events N REASON
closing_events() {
    ends 0
    like "closing line" "$(tail -n 1 <<< "$ERR")" "^beamtap: stopped: $1 events? \\($2\\).* 0 lost; node clean$"
}

ask 'register(sink, hd(target:chatter(1, small)))' > /dev/null
mark
part "send: from whom, what, to whom"
tap "$NODE" 'send(To, {tick, _, _, small})' -c 5
closing_events 5 -c
count_is "lines" 5 "$LINE ! \\{tick,$PID,[0-9]+,small\\} --> $PID$" "$OUT"
like "banner" "$ERR" 'send, [0-9]+ processes; until 5 events .*\(messages are copied whole, at most 4 at a time\)'
part "receive: by whom, what, from whom"
tap "$NODE" 'receive(_, From, {tick, Who, N, _}) when From =:= Who, N rem 2 =:= 0' -c 5
closing_events 5 -c
count_is "lines" 5 "$LINE << \\{tick,$PID,[0-9]*[02468],small\\} <-- $PID$" "$OUT"
part "one process; what does not match"
tap "$NODE" receive -p sink -c 3
count_is "lines" 3 "$LINE << " "$OUT"
tap "$NODE" 'send(_, nobody_sends_this)' -t 500ms
closing_events 0 -t
like "said" "$ERR" 'no event shown in 500ms: nothing of the kind'
part "beside calls"
ask 'target:every(1, 5, fun() -> target:id(a), self() ! tock end)' > /dev/null
mark
tap "$NODE" 'target:id(X)' 'send(_, tock)' -c 20
closing_events 20 -c
like "calls" "$OUT" "$LINE target:id\\(a\\)$"
like "messages" "$OUT" "$LINE ! "
clean
part "who sends most: sampled"
tap count "$NODE" 'receive(_, _, {tick, _, _, _})' --by from --once
ends 0
like "the sender" "$OUT" "^ +[0-9,]+ +[0-9,]+  $PID$"
like "closing line" "$ERR" 'sampled \(--once\); node clean'
tap count "$NODE" send --by to --once --json
like "the receiver" "$OUT" '"event":"count".*"pid":"<0\.[0-9]+\.0>","calls":[0-9]+'
tap count "$NODE" send --by from -p badarg --once --interval 300ms
ends 0
like "who is not there" "$ERR" '^beamtap: process badarg is not there yet; it is traced as soon as it is \(-p\)$'
tap count "$NODE" send --once
refused 2 'the VM counts calls, not messages'
clean
part "what has no return is refused"
tap "$NODE" 'send -> return'
refused 2 'an event has no actions'
ask 'target:stop()' > /dev/null

# flood TERM TEXT
flood() {
    local first peak
    ask "target:chatter(2, $1)" > /dev/null
    sleep 0.5
    mark
    ask 'target:watch()' > /dev/null
    sleep 1
    first=$(now_us)
    tap "$NODE" 'send(_, {tick, _, _, _})' -c 10
    closing_events 10 -c
    count_is "lines with sender and receiver" 10 "$LINE ! \\{tick,$PID,.*\\} --> $PID$" "$(sed -E 's/\[[0-9,]*\]/.../' "$TAP_OUT")"
    tap "$NODE" 'receive(_, _, {tick, _, _, _})' -c 10
    closing_events 10 -c
    sleep 0.3
    ask 'target:watched()' > /dev/null
    printf '   %s messages a second\n' "$(ask "target:rate($first - 900000, $first)")"
    # The workload's own ups and downs are no growth: its highest in the second before is what counts.
    peak=$(( ($(ask "target:memory($first - 900000, infinity)") - $(ask "target:memory($first - 900000, $first)")) / 1024 ))
    printf '   most messages at the tracer: %s\n' "$(ask "target:queue($first, infinity)")"
    at_most "growth of the node's memory, KB" "$peak" 16384
    clean
    ask 'target:stop()' > /dev/null
}
part "a flood of small messages"
flood small
part "a flood of messages of 1 MB"
flood 'lists:seq(1, 60000)'

part "messages too big: one is cut, then their like are left out"
ask 'target:chatter(1, lists:seq(1, 20000)), target:every(1, 20, fun() -> self() ! hello end)' > /dev/null
mark
tap "$NODE" 'send' -c 8 --max-term 100K -t 5s
closing_events 8 -c
at_least "cut" "$(grep -cE "$LINE ! <[0-9]+ KB, left out> -->" <<< "$OUT")" 1
at_most "cut" "$(grep -cE "$LINE ! <[0-9]+ KB, left out> -->" <<< "$OUT")" 4
like "said" "$ERR" "a message of [0-9]+ KB: from now on messages like it are not copied, and not shown \\(--max-term\\): \\{tick,"
like "others go on" "$OUT" '! hello -->'
clean

part "kill -9; guard, tracer and both are killed"
for who in nobody guard tracer 'guard both'; do
    tap_start "$NODE" 'send' 'receive(_, _, hello)' -c none -t 20s -o "$BT_TMP/lines-${who// /-}"
    wait_armed
    case $who in
        nobody) kill -KILL "$TAP_PID" ;;
        'guard both') ask '[exit(P, kill) || P <- target:ours(guard) ++ target:ours(tracer)]' > /dev/null ;;
        *) ask "[exit(P, kill) || P <- target:ours($who)]" > /dev/null ;;
    esac
    tap_end
    wait_for 3 is_clean || clean
done

if [ "$otp" -lt 27 ]; then
    part "somebody else's pattern"
    ask 'erlang:trace_pattern(send, [{[$_, never], [], []}], [])' > /dev/null 2>&1 || ask 'erlang:trace_pattern(send, [], [])' > /dev/null
    mark
    tap "$NODE" 'send' -t 1s
    refused 6 "somebody else has a trace pattern on 'send'"
    clean
    ask 'erlang:trace_pattern(send, true, [])' > /dev/null
    mark
    part "somebody else sets one while we trace"
    tap_start "$NODE" 'send(_, hello)' -c none -t 20s -o "$BT_TMP/lines-foreign"
    wait_armed
    ask 'erlang:trace_pattern(send, true, [])' > /dev/null
    tap_end
    like "said" "$ERR" "somebody else has set the trace pattern of 'send'"
    wait_for 3 is_clean || clean
fi
finish
