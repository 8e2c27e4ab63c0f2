#!/bin/bash
# labels.sh RELEASE - --names: registered names, labels and first calls; who does not answer holds nobody up.
set -u
. "$(dirname "$0")/../support/node.sh"
. "$(dirname "$0")/../support/check.sh"
need_beamtap
release=${1:-25}
start_node "$release" labels
cat > "$BT_TMP/who.erl" <<'ERL'
-module(who).
-behaviour(gen_server).
-export([start/0, beat/1, once/1, init/1, handle_call/3, handle_cast/2, handle_info/2, loop/2, labelled/1, named/1]).
-export([suspended/0, sus_loop/0, held/0]).
beat(X) -> X.
once(X) -> X.
start() -> gen_server:start(?MODULE, [], []).
init([]) -> put('$workload', 1), {ok, s, 10}.
handle_call(_, _, S) -> {reply, ok, S}.
handle_cast(_, S) -> {noreply, S}.
handle_info(timeout, S) -> ?MODULE:beat(server), {noreply, S, 10}.
loop(What, Ms) -> put('$workload', 1), ?MODULE:beat(What), receive after Ms -> loop(What, Ms) end.
labelled(Label) -> put('$workload', 1), proc_lib:set_label(Label), loop(labelled, 10).
named(Name) -> put('$workload', 1), register(Name, self()), loop(named, 10).
%% One call, and then nothing that would answer: suspended by its parent.
suspended() -> spawn(?MODULE, held, []).
held() -> put('$workload', 1), P = spawn(?MODULE, sus_loop, []),
          receive after 1500 -> ok end, P ! go, receive after 30 -> erlang:suspend_process(P) end, receive after 4000 -> ok end.
sus_loop() -> put('$workload', 1), receive go -> ?MODULE:once(last), burn() end.
burn() -> burn().
ERL
cd "$BT_TMP" || exit 1
compile_for "$release" "$BT_TMP/who.erl"
ask 'code:ensure_loaded(who), who:start(), spawn(who, named, [till]), spawn(who, loop, [plain, 10]),
     spawn(fun() -> who:loop(function, 10) end), length([1])' > /dev/null
[ "$release" -lt 27 ] || ask 'spawn(who, labelled, [{worker, "eu", 7}]), spawn(who, labelled, [lists:seq(1, 100000)]), ok' > /dev/null
mark

part "a name, else a label, else the first call"
tap "$NODE" 'who:beat(X)' -c 40 -t 20s --names -w names.btc --rate none
closing 40 -c
like "registered" "$OUT" ' <0\.[0-9]+\.0>\(till\) who:beat\(named\)$'
like "server" "$OUT" ' <0\.[0-9]+\.0>\(who:init/1\) who:beat\(server\)$'
like "plain" "$OUT" ' <0\.[0-9]+\.0>\(who:loop/2\) who:beat\(plain\)$'
like "a fun says nothing" "$OUT" ' <0\.[0-9]+\.0> who:beat\(function\)$'
if [ "$release" -ge 27 ]; then
    like "label" "$OUT" ' <0\.[0-9]+\.0>\(\{worker,"eu",7\}\) who:beat\(labelled\)$'
    like "a label of 100,000 numbers is none" "$OUT" ' <0\.[0-9]+\.0>\(who:labelled/1\) who:beat\(labelled\)$'
fi
# The name is asked for when a process shows up; on a busy machine its first lines may be out before the answer is here.
is "a process that has its name keeps it" "$(awk '/\) who:beat\((named|server|plain)\)$/ { has[substr($2, 1, index($2, ">"))] = 1; next }
    /> who:beat\((named|server|plain)\)$/ && has[$2]' <<< "$OUT")" ''
is "replayed" "$("$BEAMTAP" replay -q --names names.btc)" "$OUT"
tap "$NODE" 'who:beat(X)' -c 40 -t 20s --names --json --rate none
like "JSON" "$OUT" '"name":"till"'
tap "$NODE" 'who:beat(X)' -c 4 -t 20s
unlike "without --names" "$OUT" '>\('
tap "$NODE" -p new -p existing 'send' -c 3 -t 300ms --names
ends 0
clean

part "masked"
[ "$release" -lt 27 ] || ask 'spawn(who, labelled, ["token=hunter2"]), ok' > /dev/null
mark
tap "$NODE" 'who:beat(X)' -c 40 -t 20s --names --redact token --rate none
unlike "label" "$OUT" hunter2
[ "$release" -lt 27 ] || like "label" "$OUT" 'token=\*\*\*'
clean

part "who does not answer holds nobody up"
ask 'who:suspended(), ok' > /dev/null
tap "$NODE" 'who:once(X)' 'who:beat(X)' -t 2500ms -c none --names --rate none
closing '[0-9,]+' -t
like "the others have their names" "$OUT" '\(till\) who:beat\(named\)$'
like "shown" "$OUT" 'who:once\(last\)$'
sleep 3
clean

part "the guard is killed"
tap_start "$NODE" 'who:beat(X)' -c none -t 20s --names
wait_armed
is "killed" "$(ask '[exit(P, kill) || P <- target:ours(guard)]')" '[true]'
tap_end 12
ends 4
clean
finish
