#!/bin/bash
# matrix.sh [SCRIPT...] - all end-to-end tests (or those named: kill9 faults) with all releases, one after the other; then two
# tables: script x release, and fault x release as tests/e2e/faults.index lists them.
#
#   BT_RELEASES   the releases (23 25 27 29)
#   BT_LONG       1 (default): the long form of those scripts that have one; 0: as in the suite
#   BT_SOAK       sessions of tests/soak.sh (100)
#   BT_LOGS       a folder for what the scripts print (a new one); what has a result there is not run again
#
# Exit status 1 when anything failed. A release that cannot be had is shown as skipped. Takes about 50 minutes on two cores.
set -u
cd "$(dirname "$0")" || exit 1
export BT_LONG=${BT_LONG:-1}
releases=${BT_RELEASES:-23 25 27 29}
logs=${BT_LOGS:-$(mktemp -d "${TMPDIR:-/tmp}/beamtap-matrix.XXXXXX")}
needs_no_release=' cmdline demo_test '      # they run once
mkdir -p "$logs"

scripts=("$@")
if [ $# -eq 0 ]; then
    for file in *.sh; do [ "$file" = matrix.sh ] || scripts+=("${file%.sh}"); done
    scripts+=(soak)
fi

run() {         # run SCRIPT RELEASE
    case $1 in
        soak) timeout 3600 ../soak.sh "${BT_SOAK:-100}" "$2" ;;
        *) timeout 900 "./$1.sh" "$2" ;;
    esac > "$logs/$1-$2.log" 2>&1 < /dev/null
}

word_of() {     # STATUS
    case $1 in 0) echo passed ;; 77) echo skipped ;; -) echo - ;; 124) echo 'too long' ;; *) echo FAILED ;; esac
}

# of_part STATUS LOG PART: how that part of the script went
of_part() {
    local title
    case $1:$3 in 77:* | -:* | 0:'*' | *:'*') word_of "$1"; return ;; esac
    title=$(grep '^== ' "$2" | cut -c4- | awk -v p="$3" 'index($0, p) == 1 { print; exit }')
    if [ -z "$title" ]; then
        [ "$1" = 0 ] && echo 'not run' || echo FAILED
    elif grep -F -e ": $title" "$2" | grep -q '^SKIPPED'; then
        echo skipped
    elif [ "$1" = 0 ]; then
        echo passed
    elif ! grep -q '^FAILED' "$2" || grep -qF -e "FAILED ($3" "$2"; then
        echo FAILED         # a script that died before it could say what failed has failed in all its parts
    else
        echo passed
    fi
}

row() { printf '%-42s' "$1"; shift; printf ' %-8s' "$@"; printf '\n'; }

declare -A status=()
began=$SECONDS failed=0
for script in "${scripts[@]}"; do
    for release in $releases; do
        case $needs_no_release in
            *" $script "*) [ "$release" = "${releases%% *}" ] || { status[$script-$release]=-; continue; } ;;
        esac
        if [ ! -s "$logs/$script-$release.status" ]; then
            run "$script" "$release"
            echo $? > "$logs/$script-$release.status"
        fi
        read -r "status[$script-$release]" < "$logs/$script-$release.status"
        printf '%5d s  %s %s: %s\n' $((SECONDS - began)) "$script" "$release" "$(word_of "${status[$script-$release]}")"
        case ${status[$script-$release]} in
            0 | 77) ;;
            *) failed=1; grep -E '^FAILED' "$logs/$script-$release.log" | cut -c1-200 | head -n 8 | sed 's/^/         | /' ;;
        esac
    done
done

printf '\n'
# shellcheck disable=SC2086     # one word per release
row 'script' $releases
for script in "${scripts[@]}"; do
    words=()
    for release in $releases; do words+=("$(word_of "${status[$script-$release]}")"); done
    row "$script" "${words[@]}"
done

printf '\n'
# shellcheck disable=SC2086
row 'fault' $releases
while IFS='|' read -r fault script part; do
    fault=${fault% } script=${script# } script=${script% } part=${part# }
    case $fault in '' | '#'*) continue ;; esac
    words=()
    for release in $releases; do
        [ -n "${status[$script-$release]:-}" ] || continue 2    # it was not asked for
        words+=("$(of_part "${status[$script-$release]}" "$logs/$script-$release.log" "$part")")
    done
    row "$fault" "${words[@]}"
done < faults.index
printf '\nlogs: %s\n' "$logs"
exit $failed
