#!/bin/bash
# smoke_test.sh - all rows of the bench work and give well-formed numbers: run.sh --smoke. No number is judged.
set -u
[ -n "${BENCH_PROGRAMS:-}" ] || { echo "usage: BEAMTAP=... BENCH_PROGRAMS=... smoke_test.sh" >&2; exit 2; }
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
unset RECON_EBIN REDBUG_EBIN
tmp=$(mktemp -d "${TMPDIR:-/tmp}/beamtap-bench.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
failed=0

fail() { printf 'FAILED: %s\n' "$*"; failed=1; }

"$here/run.sh" --smoke -o "$tmp/bench.json" > "$tmp/table" 2> "$tmp/errors"
status=$?
[ $status != 77 ] || { cat "$tmp/errors" >&2; exit 77; }
[ $status = 0 ] || fail "run.sh ended with $status"

# Each line of the JSON is an object of one of two kinds, or the frame around them.
number='-?[0-9.]+(e[-+]?[0-9]+)?'
row='^\{"row": "[a-z0-9_]+", "tool": "[a-z0-9_]+", "unit": "[^"]+", "values": \['"$number"'\], "median": '"$number"', "note": "[^"]*"\},?$'
goal='^\{"row": "[a-z0-9_]+", "goal": "[<>]= [^"\\]+(\\"[^"\\]+\\"\))?", "compared_with": (null|"[a-z_]+"), "measured": (null|'"$number"'), "result": "(pass|fail|not measured)"\},?$'
frame='^\{"about": \{("[a-z_]+": "[^"]*",? ?)+\},$|^"(rows|goals)": \[$|^\],$|^\]\}$'
bad=$(grep -vE -e "$row" -e "$goal" -e "$frame" "$tmp/bench.json")
[ -z "$bad" ] || fail "lines of bench.json that are not well-formed:
$bad"

# rows NAME TOOL...: there is a row for each of them, and a line of the table.
rows() {
    local name=$1 tool; shift
    grep -q "^$name: " "$tmp/table" || fail "the table has no row $name"
    for tool in "$@"; do
        grep -q "\"row\": \"$name\", \"tool\": \"$tool\"" "$tmp/bench.json" || fail "no number of $tool in $name"
    done
}
rows stream beamtap floor dbg_process dbg_port
rows stream_memory beamtap floor
rows cpu_flood beamtap floor
rows cpu_paced beamtap floor dbg_port
for name in back_small memory_small back_big memory_big watch watch_cpu first_line first_line_hot own_small own_10k own_600k own_cpu long wire; do
    rows $name beamtap
done
rows print_small beamtap io_lib io_lib_utf8
rows print_large beamtap io_lib io_lib_utf8
rows compile_calls beamtap
rows replay beamtap
rows replay_memory beamtap
rows compile_funs beamtap fun2ms
grep -q '"compared_with": "recon_trace", "measured": null, "result": "not measured"' "$tmp/bench.json" ||
    fail "what was not measured is not said"

if [ $failed != 0 ]; then
    printf -- '---- table\n'; cat "$tmp/table"
    printf -- '---- errors\n'; cut -c1-300 "$tmp/errors"
    exit 1
fi
echo "smoke_test.sh: passed"
