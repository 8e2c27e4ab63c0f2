# shellcheck shell=bash
# rows.sh - what each row of the bench measures: row_NAME TOOL makes one measurement of one tool. Sourced by run.sh, which
# sets the seconds and counts (STREAM_S, PACED_S, PACED_K, WATCH_S, FLOOD_S, LONG_CALLS, LOOP_MS, STARTS,
# TEN_S, TEN_MAX_S, SETTLE_S).

SPEC='target:f(I, T) -> return'
NO_LIMITS='[{msgs, 1 bsl 40}, {max_queue, 1 bsl 40}, {max_msg_size, 1 bsl 40}]'        # redbug would stop at once

# ---- a stream of calls and returns into a file ---------------------------------------------------------------

# traced TOOL SECONDS: trace calls and returns of target:f/2 on $NODE into $STREAM; sets EVENTS, TOOK_US
traced() {
    local tool=$1 seconds=$2 answer='' size=0 first
    first=$(now_us) EVENTS=0
    rm -f "$STREAM"
    case $tool in
        beamtap)                # from its start until its last line was written; it ends a little later
            cost "$NODE" "$SPEC" --rate none -c none -t "${seconds}s" -o "$STREAM"
            TOOK_US=$(($(written_us "$STREAM") - first)) ;;
        redbug)  answer=$(ask "$HELPER" "bench:redbug('$NODE', \"$STREAM\", $(ms "$seconds"), $NO_LIMITS)" 2> /dev/null) ;;
        *)       answer=$(ask "bench:stream($tool, \"$STREAM\", $(ms "$seconds"))" 2> /dev/null) ;;
    esac
    [ "$tool" = beamtap ] || IFS='{,}' read -r _ EVENTS TOOK_US size _ <<< "$answer"
    if was_ended; then          # what was written by then counts
        TOOK_US=$((ENDED_US - first)) EVENTS=-
    fi
    if [ "$tool" = beamtap ] || was_ended; then size=$(stat -c %s "$STREAM" 2> /dev/null || echo 0); fi
    case $tool in
        floor) : ;;
        dbg_port) EVENTS=$(ask "$TOOLBOX" "bench:port_file_events(\"$STREAM\")") ;;
        *) EVENTS=$(lines "$STREAM" "$size") ;;
    esac
}

row_stream() {
    local tool=$1 first cpu wire memory
    fresh_node
    [ "$tool" != redbug ] || helper_node
    ask 'target:hot(2, small), bench:watch_wire(), target:watch()' > /dev/null
    sleep 0.3
    cpu=$(node_cpu) first=$(now_us)
    traced "$tool" "$STREAM_S"
    cpu=$(($(node_cpu) - cpu))
    if was_ended; then
        note stream "$tool" "node ended by the watchdog after $((TOOK_US / 1000)) ms"
        note stream_memory "$tool" "node ended by the watchdog: more than this"
        sample stream_memory "$tool" "$ENDED_MB"
    else
        memory=$(ask "target:watched(), target:memory($first, infinity)") || memory=0
        sample stream_memory "$tool" "$(calc "$memory / 1048576")"
        sample cpu_flood "$tool" "$(calc "$cpu / $EVENTS")"
    fi
    sample stream "$tool" "$(calc "$EVENTS * 1000000 / $TOOK_US")"
    case $tool in
        beamtap | redbug)
            wire=$(ask 'bench:wire()' 2> /dev/null) && sample wire "$tool" "$(calc "$wire / $EVENTS")"
            [ "$tool" = beamtap ] || note wire "$tool" "what was sent and not printed in time is in it" ;;
    esac
    if [ "$tool" = beamtap ]; then
        sample own_small "$tool" "$(calc "$COST_KB / 1024")"
        sample own_cpu "$tool" "$(calc "$COST_CPU_US / $EVENTS")"
    fi
    end_node
    rm -f "$STREAM"
}

# What an event costs the node beyond what the load itself costs, where every call is captured: calls at a rate that all these
# tools can follow, schedulers that do not spin while they wait.
row_cpu_paced() {
    local tool=$1 cpu calls own
    fresh_node +sbwt none +sbwtdcpu none +sbwtdio none
    ask "bench:paced($PACED_K)" > /dev/null
    sleep 0.3
    cpu=$(node_cpu) calls=$(ask 'target:calls()')
    sleep "$PACED_S"
    cpu=$(($(node_cpu) - cpu)) calls=$(($(ask 'target:calls()') - calls))
    own=$(calc "$cpu / $calls")
    cpu=$(node_cpu) calls=$(ask 'target:calls()')
    traced "$tool" "$PACED_S"
    cpu=$(($(node_cpu) - cpu)) calls=$(($(ask 'target:calls()') - calls))
    sample cpu_paced "$tool" "$(calc "($cpu - $own * $calls) / $EVENTS")"
    note cpu_paced "$tool" "$(calc "int($EVENTS / 2 * 1000000 / $TOOK_US) / 1000") thousand calls/s"
    end_node
    rm -f "$STREAM"
}

# ---- ten calls of a function called flat out -----------------------------------------------------------------

row_ten_small() { ten small "$1"; }
row_ten_big() { ten big "$1"; }

ten() {
    local what=$1 tool=$2 file=$BT_TMP/ten first last base after back noise memory shown='' was=''
    fresh_node
    [ "$tool" != redbug ] || helper_node
    ask "target:hot(2, $what)" > /dev/null
    sleep 0.5
    ask 'target:watch()' > /dev/null
    sleep 1
    rm -f "$file"
    first=$(now_us)
    case $tool in
        beamtap)     cost "$NODE" "$SPEC" -c 10 -o "$file" ;;
        recon_trace) ask 'bench:ten(recon_trace, "'"$file"'")' > /dev/null 2>&1; ten_wait "$file" ;;
        redbug)      ask "$HELPER" "bench:redbug('$NODE', \"$file\", $(ms "$TEN_MAX_S"), [{msgs, 20}])" > /dev/null 2>&1 ;;
    esac
    shown=$(lines "$file" 1000000000)
    [ "$shown" = 20 ] || was="$shown of 20 lines"
    if [ "$shown" = 0 ]; then last=$(now_us); else last=$(written_us "$file"); fi
    sleep "$TEN_S"
    # Load of others on this machine changes the rate: the lower one of before and afterwards is the untraced rate.
    after=$(ask 'bench:reset(all), os:system_time(microsecond)' 2> /dev/null)
    sleep 0.7
    if was_ended || ! ask 'target:watched()' > /dev/null 2>&1; then
        note "back_$what" "$tool" "${was:+$was; }node ended by the watchdog"
        note "memory_$what" "$tool" "${was:+$was; }node ended by the watchdog: more than this"
        sample "back_$what" "$tool" -
        sample "memory_$what" "$tool" "${ENDED_MB:--}"
    else
        base=$(ask "min(target:rate($first - 900000, $first), target:rate($after + 200000, infinity))")
        back=$(ask "target:back_at($last, 0.95, $base)")
        noise=$(ask "target:back_at($((first - 500000)), 0.95, $base)")     # of a moment at which nothing is traced
        memory=$(ask "target:memory($first, infinity)")
        if [ "$back" = never ] || [ "$((last + back * 1000))" -ge "$after" ]; then
            was="${was:+$was; }not back before all patterns were taken off"
            back=$(((after - last) / 1000))
        fi
        note "back_$what" "$tool" "${was:+$was; }$noise ms untraced"
        note "memory_$what" "$tool" "$was"
        sample "back_$what" "$tool" "$back"
        sample "memory_$what" "$tool" "$(calc "$memory / 1048576")"
    fi
    end_node
    rm -f "$file"
}

# recon_trace writes from a process of the node: until its twenty lines are there.
ten_wait() { wait_for "$TEN_MAX_S" ten_written "$1"; }
ten_written() { was_ended || [ "$(lines "$1" 1000000000)" = 20 ]; }

# ---- a busy function watched at the default rate -------------------------------------------------------------

row_watch() {
    local tool=$1 at=() cpu=() i before during after
    fresh_node
    ask 'bench:busy(1000000)' > /dev/null
    ask 'target:watch()' > /dev/null
    sleep 0.1
    for i in before during after; do
        at+=("$(now_us)") cpu+=("$(node_cpu)")
        if [ $i = during ]; then cost "$NODE" "$SPEC" -c none -t "${WATCH_S}s"; else sleep "$SETTLE_S"; fi
    done
    at+=("$(now_us)") cpu+=("$(node_cpu)")
    ask 'target:watched()' > /dev/null
    before=$(ask "bench:mean(${at[0]}, ${at[1]})")
    during=$(ask "bench:mean(${at[1]}, ${at[2]})")
    after=$(ask "bench:mean(${at[2]}, ${at[3]})")
    sample watch "$tool" "$(calc "100 * $during * 2 / ($before + $after)")"
    note watch "$tool" "$before calls/s before, $during watched, $after afterwards"
    # The same per second of the node's processor time, as load of others on this machine takes time away from the node.
    before=$(calc "$before * (${at[1]} - ${at[0]}) / (${cpu[1]} - ${cpu[0]})")
    during=$(calc "$during * (${at[2]} - ${at[1]}) / (${cpu[2]} - ${cpu[1]})")
    after=$(calc "$after * (${at[3]} - ${at[2]}) / (${cpu[3]} - ${cpu[2]})")
    sample watch_cpu "$tool" "$(calc "100 * $during * 2 / ($before + $after)")"
    end_node
}

# ---- start to first line -------------------------------------------------------------------------------------

# first_line ROW TOOL COMMAND...: ms until COMMAND prints the first line of target:f
first_line() {
    local row=$1 tool=$2 began line='' fd pid; shift 2
    began=$(now_us)
    exec {fd}< <(exec "$@" 2> "$TAP_ERR" < /dev/null)
    pid=$!
    while read -r -t 5 -u "$fd" line; do
        case $line in *target:f*) break ;; esac
    done
    case $line in
        *target:f*) sample "$row" "$tool" "$(calc "($(now_us) - $began) / 1000")" ;;
        *) sample "$row" "$tool" -; note "$row" "$tool" "no line: $(head -c 100 "$TAP_ERR" | tr '\n\t' '  ')" ;;
    esac
    [ "$tool" = beamtap ] || kill "$pid" 2> /dev/null      # beamtap ends by itself
    exec {fd}<&-
    wait "$pid" 2> /dev/null
}

row_first_line() { starts first_line "$1" 'target:every(1, 1, fun() -> target:f(1, small) end)'; }
row_first_line_hot() { starts first_line_hot "$1" 'target:hot(2, small)'; }

starts() {
    local row=$1 tool=$2 load=$3 i erl
    erl=("$BT_SUPPORT/otp.sh" run "$OTP" -- erl -noshell -noinput -hidden -start_epmd false -kernel inet_dist_use_interface '{127,0,0,1}')
    for ((i = 0; i < STARTS; i++)); do
        if [ "$i" = 0 ] || [ "$tool" != beamtap ]; then         # beamtap leaves its node as it was
            fresh_node
            ask "$load" > /dev/null
            sleep 0.3
        fi
        case $tool in
            beamtap) first_line "$row" "$tool" "$BEAMTAP" "$NODE" 'target:f(I, T)' -c 1 ;;
            redbug) first_line "$row" "$tool" "${erl[@]}" -name "rb$i-$BT_RUN@127.0.0.1" -pa "$REDBUG_EBIN" \
                -eval "redbug:start(\"target:f\", [{target, '$NODE'}, {msgs, 1}])" ;;
            recon_trace) first_line "$row" "$tool" "${erl[@]}" -name "re$i-$BT_RUN@127.0.0.1" \
                -eval "rpc:call('$NODE', erlang, spawn, [recon_trace, calls, [{target, f, 2}, 1, [{scope, local}]]])" ;;
            dbg_process) first_line "$row" "$tool" "${erl[@]}" -name "db$i-$BT_RUN@127.0.0.1" \
                -eval "dbg:tracer(), dbg:n('$NODE'), dbg:p(all, c), dbg:tpl(target, f, 2, [])" ;;
        esac
        [ "$tool" = beamtap ] || end_node
    done
    [ "$tool" != beamtap ] || end_node
}

# ---- memory --------------------------------------------------------------------------------------------------

row_own_10k() { own 10k 'lists:seq(1, 640)' "$1"; }
row_own_600k() { own 600k big "$1"; }

own() {
    local what=$1 term=$2 tool=$3
    fresh_node
    ask "target:hot(2, $term)" > /dev/null
    sleep 0.3
    cost "$NODE" "$SPEC" --rate none -c none -t "${FLOOD_S}s"
    sample "own_$what" "$tool" "$(calc "$COST_KB / 1024")"
    end_node
}

row_long() {
    local tool=$1 first memory
    fresh_node
    ask 'target:hot(2, small), target:watch()' > /dev/null
    sleep 0.3
    first=$(now_us)
    cost "$NODE" "$SPEC" --rate none -c "$LONG_CALLS" -t 60s -o "$STREAM"
    memory=$(ask "target:watched(), target:memory($first, infinity)")
    sample long "$tool" "$(calc "$memory / 1048576")"
    note long "$tool" "$(lines "$STREAM" 100000000000) events in $((COST_US / 1000)) ms"
    end_node
    rm -f "$STREAM"
}

# ---- without a node ------------------------------------------------------------------------------------------

row_print_small() { printing small "$1"; }
row_print_large() { printing large "$1"; }

printing() {
    local what=$1 tool=$2 terms=$BT_TMP/terms.$1
    [ -e "$terms" ] || ask "$TOOLBOX" "bench:terms($what, \"$terms\")" > /dev/null
    case $tool in
        beamtap) sample "print_$what" "$tool" "$("$BENCH_PROGRAMS/bench_print" "$terms" "$LOOP_MS")" ;;
        io_lib*) sample "print_$what" "$tool" "$(ask "$TOOLBOX" "bench:format($tool, $what, $LOOP_MS)")" ;;
    esac
}

# A capture of a function that is called flat out, replayed to text; from the start of the program to its end.
row_replay() {
    local tool=$1 capture=$BT_TMP/replay.btc events
    if [ ! -e "$capture" ]; then
        fresh_node
        ask 'target:hot(2, small)' > /dev/null
        cost "$NODE" "$SPEC" --rate none -c "$REPLAY_CALLS" -t 60s -q -w "$capture"
        end_node
    fi
    COST_OUT=$STREAM cost replay -q "$capture"
    events=$(lines "$STREAM" 100000000000)
    sample replay "$tool" "$(calc "$events * 1000000 / $COST_US")"
    sample replay_memory "$tool" "$(calc "$COST_KB / 1024")"
    note replay "$tool" "$(($(stat -c %s "$capture") / events)) bytes of the capture for each of $events events"
    rm -f "$STREAM"
}

row_compile_calls() {
    case $1 in
        beamtap) sample compile_calls "$1" "$("$BENCH_PROGRAMS/bench_compile" "$HERE/calls.txt" "$LOOP_MS")" ;;
        redbug) sample compile_calls "$1" "$(ask "$TOOLBOX" "bench:redbug_specs(\"$BT_TMP/calls.txt\", $LOOP_MS)")" ;;
    esac
}

row_compile_funs() {
    case $1 in
        beamtap) sample compile_funs "$1" "$("$BENCH_PROGRAMS/bench_compile" "$HERE/funs.txt" "$LOOP_MS")" ;;
        fun2ms) sample compile_funs "$1" "$(ask "$TOOLBOX" "bench:fun2ms(\"$BT_TMP/funs.txt\", $LOOP_MS)")" ;;
    esac
}

ms() { awk "BEGIN { printf \"%d\", $1 * 1000 }"; }
