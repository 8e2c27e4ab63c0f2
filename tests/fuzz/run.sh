#!/bin/bash
# run.sh [-n RUNS] [-s] [-l BYTES] [TARGET...] - the fuzzers, each for so many executions (1000000), with clang's libFuzzer, AddressSanitizer
# and UndefinedBehaviorSanitizer; one after the other, in the order of the table below. Ends with a table of what they did.
#
#   -n RUNS    executions of each
#   -s         seconds instead of executions: -s -n 60
#   -l BYTES   the longest input, instead of the table's: short ones are several times as fast
#
# Builds build/fuzz first. What a fuzzer learns stays in build/fuzz/learnt/TARGET and is where the next run begins; inputs that
# break something are build/fuzz/found/TARGET-*, and the status is 1. To run one again: build/fuzz/tests/fuzz/fuzz_TARGET FILE.
set -u
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
runs=1000000 by=runs most=''
while getopts n:l:s option; do
    case $option in
        n) runs=$OPTARG ;;
        s) by=max_total_time ;;
        l) most=$OPTARG ;;
        *) exit 2 ;;
    esac
done
shift $((OPTIND - 1))

# target, longest input, dictionary, further seeds
table='
spec       512   spec   tests/golden/compile
names      300   names
records    1024  spec
script     2048  script examples/scripts
etf        1024  -
tree       1024  -
eval       1024  spec
redact     1024  -
event      1024  -
plan       2048  -
capture    4096  -
traceport  4096  -
handshake  512   -
epmd       512   -
connect    1024  -
fetch      2048  -
survey     1024  -
session    2048  -
'
targets=${*:-$(awk '{print $1}' <<< "$table")}

mkdir -p build/fuzz/found
if ! { cmake -S . -B build/fuzz -DBT_FUZZ=ON -DBT_SANITIZE=ON -DCMAKE_C_COMPILER=clang -DCMAKE_BUILD_TYPE=Release &&
       for t in $targets; do cmake --build build/fuzz -j "$(nproc)" --target "fuzz_$t" "fuzz_${t}_short" || exit 1; done; } > build/fuzz/build.log 2>&1; then
    tail -n 40 build/fuzz/build.log
    exit 1
fi

# Little memory is kept from being used again, and few callers of malloc are remembered: twice as fast.
export ASAN_OPTIONS=quarantine_size_mb=16:malloc_context_size=6
status=0
printf '%-10s %12s %10s %8s %8s  %s\n' target executions per_s coverage corpus result
for t in $targets; do
    read -r _ longest dict more <<< "$(grep -w "^$t" <<< "$table")"
    [ -n "${longest-}" ] || { echo "no target $t" >&2; exit 2; }
    learnt=build/fuzz/learnt/$t seeds=build/fuzz/seeds/$t log=build/fuzz/$t.log
    mkdir -p "$learnt" "$seeds"
    "build/fuzz/tests/fuzz_${t}_short" -w "$seeds" || exit 1
    folders=("$learnt" "$seeds")
    for d in "tests/fuzz/corpus/$t" ${more-}; do [ ! -d "$d" ] || folders+=("$d"); done
    options=("-$by=$runs" "-max_len=${most:-$longest}" -timeout=20 -print_final_stats=1 "-artifact_prefix=build/fuzz/found/$t-")
    [ "$dict" = - ] || options+=("-dict=tests/fuzz/$dict.dict")
    if "build/fuzz/tests/fuzz/fuzz_$t" "${options[@]}" "${folders[@]}" > "$log" 2>&1; then
        result=ok
    else
        result="FOUND: $(grep -aE '^SUMMARY|not so|Assertion|runtime error' "$log" | head -n 1 | cut -c1-100)" status=1
    fi
    printf '%-10s %12s %10s %8s %8s  %s\n' "$t" \
        "$(awk '/number_of_executed_units/ {print $2}' "$log")" "$(awk '/average_exec_per_sec/ {print $2}' "$log")" \
        "$(grep -ao 'cov: [0-9]*' "$log" | tail -n 1 | cut -c6-)" "$(find "$learnt" -type f | wc -l)" "$result"
done
exit $status
