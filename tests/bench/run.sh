#!/bin/bash
# run.sh - what beamtap costs and how fast it is, beside other tracers of the BEAM, in one run (doc/TESTING.md, "Bench").
#
#   tests/bench/run.sh [--quick] [--runs N] [--otp N] [--only ROW[,ROW...]] [-o FILE.json]
#
#   --quick          one or two minutes; the full run takes up to ten
#   --smoke          a few seconds: do all rows still work? The numbers mean nothing
#   --runs N         measurements of each tool in each row (3; --quick 1): they alternate between the tools
#   --otp N          release of the traced node (25)
#   --only ROWS      only these rows: stream cpu_paced ten_small ten_big watch first_line first_line_hot own_10k own_600k
#                    long print_small print_large replay compile_calls compile_funs
#   -o FILE          the numbers as JSON (bench.json)
#
# BEAMTAP              the program; default: a Release build of this tree, made in build/bench
# BENCH_PROGRAMS       folder of bench_print, bench_compile and bench_run; default: build/bench/tests/bench
# RECON_EBIN           folder with recon_trace.beam: measure recon_trace too
# REDBUG_EBIN          folder with redbug's beams: measure redbug too
# BENCH_MAX_MB         a traced node that grows by more is ended, and the row says so (2048)
#
# Exit status: 0 when all was measured, whether or not goals are met; 1 when something could not be measured.
set -u
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
ROOT=$(cd "$HERE/../.." && pwd)

ALL_ROWS="stream cpu_paced ten_small ten_big watch first_line first_line_hot own_10k own_600k long print_small print_large replay
          compile_calls compile_funs"
MODE=full OTP=25 RUNS='' ONLY='' JSON=bench.json MAX_MB=${BENCH_MAX_MB:-2048}
while [ $# -gt 0 ]; do
    case $1 in
        --quick) MODE=quick ;;
        --smoke) MODE=smoke ;;
        --runs) RUNS=$2; shift ;;
        --otp) OTP=$2; shift ;;
        --only) ONLY=${2//,/ }; shift ;;
        -o) JSON=$2; shift ;;
        *) sed -n '2,24s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
    esac
    shift
done
case $MODE in
    full)  : "${RUNS:=3}"; STREAM_S=3 PACED_S=2 PACED_K=100 TEN_S=2 TEN_MAX_S=5 SETTLE_S=2 WATCH_S=30
           STARTS=3 FLOOD_S=3 LONG_CALLS=5000000 REPLAY_CALLS=1000000 LOOP_MS=1000 ;;
    quick) : "${RUNS:=1}"; STREAM_S=1 PACED_S=1 PACED_K=100 TEN_S=0.5 TEN_MAX_S=2 SETTLE_S=1 WATCH_S=10
           STARTS=3 FLOOD_S=1 LONG_CALLS=500000 REPLAY_CALLS=300000 LOOP_MS=300 ;;
    smoke) : "${RUNS:=1}"; STREAM_S=0.3 PACED_S=0.3 PACED_K=5 TEN_S=0.3 TEN_MAX_S=2 SETTLE_S=0.4 WATCH_S=1
           STARTS=1 FLOOD_S=0.3 LONG_CALLS=1000 REPLAY_CALLS=1000 LOOP_MS=10 ;;
esac

# ---- the programs, before node.sh changes the environment ------------------------------------------------------
if [ -z "${BEAMTAP:-}" ] || [ -z "${BENCH_PROGRAMS:-}" ]; then
    build=$ROOT/build/bench compiler=cc
    ! command -v clang > /dev/null || compiler=clang
    mkdir -p "$build"
    { cmake -S "$ROOT" -B "$build" -DCMAKE_BUILD_TYPE=Release -DCMAKE_C_COMPILER=$compiler -DBT_TESTS=OFF -DBT_BENCH=ON &&
        cmake --build "$build" -j "$(nproc)" --target beamtap_cli bench_programs; } > "$build/build.log" 2>&1 ||
        { tail -n 20 "$build/build.log" >&2; exit 1; }
    : "${BEAMTAP:=$build/beamtap}" "${BENCH_PROGRAMS:=$build/tests/bench}"
fi

. "$HERE/../support/node.sh"
. "$HERE/measure.sh"
. "$HERE/rows.sh"
export ASK_TIMEOUT=60
STREAM=$BT_TMP/stream TAP_ERR=$BT_TMP/err
began=$SECONDS
load_before=$(cut -d' ' -f1-3 /proc/loadavg)

use_otp "$OTP"
compile_for "$OTP" "$BT_SUPPORT"/{target,leftovers}.erl "$HERE/bench.erl"
cp "$HERE/calls.txt" "$BT_TMP/calls.txt"
sed 's/.*\(fun(.* end\)}$/\1./' "$HERE/funs.txt" > "$BT_TMP/funs.txt"     # the funs alone
toolbox_path=()
[ -z "${REDBUG_EBIN:-}" ] || toolbox_path=(-pa "$REDBUG_EBIN")
start_node "$OTP" toolbox -hidden "${toolbox_path[@]}"
TOOLBOX=$NODE

# tools_of ROW: who is measured there, in this order again and again
tools_of() {
    local recon='' redbug=''
    [ -z "${RECON_EBIN:-}" ] || recon=recon_trace
    [ -z "${REDBUG_EBIN:-}" ] || redbug=redbug
    case $1 in
        stream) echo beamtap floor dbg_process dbg_port $recon $redbug ;;
        cpu_paced) echo beamtap floor dbg_port ;;
        ten_*) echo beamtap $recon $redbug ;;
        first_line) echo beamtap dbg_process $recon $redbug ;;
        print_*) echo beamtap io_lib io_lib_utf8 ;;
        compile_calls) echo beamtap $redbug ;;
        compile_funs) echo beamtap fun2ms ;;
        *) echo beamtap ;;
    esac
}

for row in ${ONLY:-$ALL_ROWS}; do
    row_began=$SECONDS runs=$RUNS
    [ "$row" != long ] || runs=1        # it takes half a minute
    for ((run = 1; run <= runs; run++)); do
        for tool in $(tools_of "$row"); do
            [ ! -t 2 ] || printf '\r\e[K%s: %s, %d of %d ' "$row" "$tool" "$run" "$runs" >&2
            "row_$row" "$tool"
        done
    done
    [ ! -t 2 ] || printf '\r\e[K' >&2
    printf '%s: %d s\n' "$row" $((SECONDS - row_began)) >&2
done

# ---- the table, and JSON -------------------------------------------------------------------------------------
{
    printf 'version\t%s\n' "$("$BEAMTAP" --version | head -n 1)"
    printf 'mode\t%s\nruns\t%s\notp\t%s\n' "$MODE" "$RUNS" "$OTP"
    printf 'schedulers\t%s\n' "$(ask "$TOOLBOX" 'erlang:system_info(schedulers_online)')"
    printf 'cpu\t%s\n' "$(sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo | head -n 1)"
    printf 'cores\t%s\n' "$(nproc)"
    printf 'load_before\t%s\nload_after\t%s\n' "$load_before" "$(cut -d' ' -f1-3 /proc/loadavg)"
    printf 'seconds\t%s\n' "$((SECONDS - began))"
} > "$BT_TMP/about"
report() { awk -F '\t' -v as="$1" -f "$HERE/report.awk" "$BT_TMP/about" "$HERE/goals.txt" "$SAMPLES" "$NOTES"; }
report json > "$JSON" || exit 1
report table            # its status: was all of beamtap measured?
