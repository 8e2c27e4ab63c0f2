#!/bin/bash
# run.sh - switches safety mechanisms off, one at a time, and demands that a test notices.
#
#   tests/mutants/run.sh [NAME...]           all of them, or those named: apply, build, test; then the table. About 10 minutes
#   tests/mutants/run.sh --whole [NAME...]   nothing is switched off: the same tests must pass, up to their ends
#   tests/mutants/run.sh --check             every patch still applies and stands in doc/SAFETY.md; a second, in the unit tests
#
# NAME.patch switches one mechanism off in a copy of the tree. Its head says:
#
#   Mechanism: what it is                      the table in doc/SAFETY.md has these words
#   Test: e2e NAME [RELEASE] | unit NAME       tests/e2e/NAME.sh with that release (25), or tests/unit/test_NAME.c
#   Fails: REGEX                               extended; what the test's first failure must say
#
# An end-to-end test ends at its first failure (BT_FIRST_FAILURE), so a node that is hurt is not used any further; and no
# node may take more than BT_NODE_KB of address space (4 GB, of which it reserves about 2 at its start). A test that
# fails for another reason is tried once more, as a busy machine can spoil a measurement. The status is 0 when every
# test failed as it must.
#
# BT_MUTANTS_DIR=/tmp/x   keep tree, build and logs there (else they are removed, but for the logs of what went wrong)
set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
jobs=$(nproc)

die() { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 2; }
field() { sed -n "/^--- /q; s/^$1: //p" "$here/$2.patch"; }     # FIELD NAME

# ---- --check -----------------------------------------------------------------------------------------------------

test_file() {                   # NAME: the test that must fail
    local kind test
    read -r kind test _ <<< "$(field Test "$1")"
    case $kind in
        e2e) printf 'tests/e2e/%s.sh' "$test" ;;
        unit) printf 'tests/unit/test_%s.c' "$test" ;;
    esac
}

wrong_with() {                  # NAME: what is wrong with the patch
    local field file
    for field in Mechanism Test Fails; do
        [ "$(field $field "$1" | grep -c .)" = 1 ] || echo "has no line '$field: ...'"
    done
    patch -p1 -F1 -s -f --dry-run -d "$root" < "$here/$1.patch" 2>&1 || echo "does not apply"
    file=$(test_file "$1")
    [ -n "$file" ] && [ -f "$root/$file" ] || echo "names no test"
    grep -qF "| \`$1\` | $(field Mechanism "$1") |" "$root/doc/SAFETY.md" || echo "does not stand in doc/SAFETY.md with its mechanism"
    grep -F "| \`$1\` |" "$root/doc/SAFETY.md" | grep -qF "$file" || echo "stands in doc/SAFETY.md with another test"
}

check() {
    local name what wrong=0
    command -v patch > /dev/null || { echo "SKIPPED: mutants: there is no patch(1)" >&2; exit 77; }
    for name in "$@"; do
        what=$(wrong_with "$name")
        [ -z "$what" ] || { wrong=1; printf '%s.patch: %s\n' "$name" "$what"; }
    done
    for name in $(sed -n '/^## Switched off/,/^## /s/^| `\([a-z0-9_]*\)` |.*/\1/p' "$root/doc/SAFETY.md"); do
        [ -f "$here/$name.patch" ] || { wrong=1; printf 'doc/SAFETY.md lists %s; there is no such patch\n' "$name"; }
    done
    [ $wrong = 0 ] && printf '%d patches apply\n' $#
    return $wrong
}

# ---- a copy of the tree ------------------------------------------------------------------------------------------

prepare() {
    [ "$(erl -noshell -eval 'io:put_chars(erlang:system_info(otp_release)), halt().' 2> /dev/null)" = 25 ] ||
        die "needs OTP 25: the agent's beams are made by it"
    if [ -n "${BT_MUTANTS_DIR:-}" ]; then
        work=$BT_MUTANTS_DIR
        mkdir -p "$work"
    else
        work=$(mktemp -d "${TMPDIR:-/tmp}/beamtap-mutants.XXXXXX")
        trap 'rm -rf "$work/tree" "$work/build"; rmdir "$work" 2> /dev/null' EXIT
    fi
    rm -rf "$work/tree"
    mkdir -p "$work/tree"
    cp -a "$root"/{CMakeLists.txt,LICENSE,README.md,cmake,doc,examples,include,src,tests} "$work/tree/"
    cmake -S "$work/tree" -B "$work/build" -DCMAKE_BUILD_TYPE=Release > "$work/build.log" 2>&1 &&
        build beamtap_cli || die "the tree does not build: $(tail -n 20 "$work/build.log")"
}

build() { cmake --build "$work/build" -j "$jobs" --target "$1" >> "$work/build.log" 2>&1; }

switch_off() {                  # NAME
    patch -p1 -F1 -s -f --no-backup-if-mismatch -d "$work/tree" < "$here/$1.patch" > "$work/$1.log" 2>&1 || return 1
    ! touches_agent "$1" || "$work/tree/src/agent/make_beams.sh" "$work/tree/src/agent/agent_beams.c" >> "$work/$1.log" 2>&1
}

switch_on() {                   # NAME; what was not changed keeps its time, so that little is built
    local file
    for file in $(patched "$1") $(touches_agent "$1" && echo src/agent/agent_beams.c); do
        cp "$root/$file" "$work/tree/$file"
    done
}

patched() { sed -n 's,^+++ b/\([^[:space:]]*\).*,\1,p' "$here/$1.patch"; }
touches_agent() { patched "$1" | grep -q '^src/agent/'; }

# ---- the test ----------------------------------------------------------------------------------------------------

# run_test LOG KIND NAME [RELEASE]: its exit status
run_test() {
    local log=$1; shift
    case $1 in
        e2e)
            (
                ulimit -v "${BT_NODE_KB:-4194304}"
                BEAMTAP=$work/build/beamtap BT_FIRST_FAILURE=1 \
                    exec timeout -k 10 150 bash "$work/tree/tests/e2e/$2.sh" "${3:-25}" > "$log" 2>&1 < /dev/null
            ) ;;
        unit) timeout -k 10 60 "$work/build/tests/test_$2" > "$log" 2>&1 < /dev/null ;;
    esac
}

# verdict STATUS REGEX LOG: what the test made of it
verdict() {
    if [ "$1" = 0 ]; then
        echo "NO: it passes"
    elif [ "$1" = 77 ]; then
        echo "not tried: skipped"
    elif [ "$1" -ge 124 ]; then
        echo "NO: exit status $1"
    elif grep -qE -e "$2" "$3"; then
        echo yes
    else
        echo "NO: it fails, but not of that"
    fi
}

mutant() {                      # NAME: sets `said`
    local kind test release log=$work/$1.log status try
    read -r kind test release <<< "$(field Test "$1")"
    said="NO: the patch does not apply, or the agent does not compile"
    if switch_off "$1"; then
        said="NO: it does not build"
        if build "$([ "$kind" = unit ] && echo "test_$test" || echo beamtap_cli)"; then
            for try in 1 2; do
                run_test "$log" "$kind" "$test" ${release:+"$release"}
                status=$?
                said=$(verdict $status "$(field Fails "$1")" "$log")
                [ "$said" != "NO: it fails, but not of that" ] || [ $try = 2 ] || { mv "$log" "$log.1"; continue; }
                break
            done
        fi
    fi
    switch_on "$1"
}

whole() {                       # NAME: its test with nothing switched off; sets `said`
    local kind test release log=$work/$1.log
    read -r kind test release <<< "$(field Test "$1")"
    said="passed already"
    [ -z "${passed["$kind $test $release"]:-}" ] || return
    said="NO: it does not build"
    build "$([ "$kind" = unit ] && echo "test_$test" || echo beamtap_cli)" || return
    said="NO: it fails, and nothing is switched off"
    if run_test "$log" "$kind" "$test" ${release:+"$release"}; then
        said="yes, passes"
        passed["$kind $test $release"]=1
    fi
}

# ---- the command -------------------------------------------------------------------------------------------------

mode=mutant
case ${1:-} in
    --check) mode=check; shift ;;
    --whole) mode=whole; shift ;;
    -*) die "usage: run.sh [--check | --whole] [NAME...]" ;;
esac
names=("$@")
[ $# -gt 0 ] || for f in "$here"/*.patch; do f=${f##*/}; names+=("${f%.patch}"); done
for name in "${names[@]}"; do [ -f "$here/$name.patch" ] || die "there is no $name.patch"; done
if [ $mode = check ]; then check "${names[@]}"; exit; fi

declare -A passed=()
prepare
table=() wrong=0 began=$SECONDS
for name in "${names[@]}"; do
    since=$SECONDS
    $mode "$name"
    table+=("$(printf '| %-15s | %-66s | %-35s | %3d s | %s |' "$name" "$(field Mechanism "$name")" "$(test_file "$name")" \
        $((SECONDS - since)) "$said")")
    printf '%s\n' "${table[-1]}"
    case $said in
        NO*) wrong=$((wrong + 1)); printf '    its log: %s\n' "$work/$name.log" ;;
        *) rm -f "$work/$name.log" "$work/$name.log.1" ;;
    esac
done
head=$([ $mode = mutant ] && echo "failed as it must" || echo "passes as it is")
printf '\n| %-15s | %-66s | %-35s | %5s | %s |\n' patch mechanism test took "$head"
printf '|---|---|---|---|---|\n'
printf '%s\n' "${table[@]}"
printf '\n%d mechanisms in %d s; %d not as they must\n' ${#names[@]} $((SECONDS - began)) $wrong
[ $wrong = 0 ]
