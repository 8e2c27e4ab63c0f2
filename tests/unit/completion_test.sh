#!/bin/bash
# completion_test.sh BEAMTAP - what completion for bash offers: every option of --help, every command, values, files.
set -u
[ $# -eq 1 ] || { echo "usage: completion_test.sh BEAMTAP" >&2; exit 2; }
beamtap=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp" || exit 1
touch one.btap two.btap
failed=0 checks=0
"$beamtap" completion --no-config > beamtap.bash || exit 1
bash -n beamtap.bash || exit 1
# shellcheck disable=SC1091
. ./beamtap.bash

# offers WORDS... ANSWER: what is offered for the last of the words
offers() {
    local want=${!#} got
    COMP_WORDS=("${@:1:$#-1}")
    COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
    COMPREPLY=()
    _beamtap beamtap "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}" 2> /dev/null
    got=${COMPREPLY[*]}
    checks=$((checks + 1))
    [ "$got" = "$want" ] && return
    echo "FAILED ${COMP_WORDS[*]}: want '$want', got '$got'"
    failed=$((failed + 1))
}

"$beamtap" --help | grep -oE '^  (-[A-Za-z], )?--[a-z-]+' | grep -oE -e '--[a-z-]+' > options
[ "$(wc -l < options)" -ge 60 ] || { echo "FAILED: --help has too few options"; failed=1; }
while read -r option; do
    COMP_WORDS=(beamtap "$option") COMP_CWORD=1
    _beamtap beamtap "$option" beamtap 2> /dev/null
    checks=$((checks + 1))
    case " ${COMPREPLY[*]} " in
        *" $option "*) ;;
        *) echo "FAILED $option is not offered"; failed=$((failed + 1)) ;;
    esac
done < options
while read -r command; do
    offers beamtap "$command" "$command"
done < <("$beamtap" --help | sed -n '/^Commands/,/^$/s/^  \([a-z]*\) .*/\1/p')

offers beamtap re 'replay'
offers beamtap --on-r '--on-rate'
offers beamtap app@host --scope '' 'local global'
offers beamtap app@host --scope l 'local'
offers beamtap --scope = 'local global'
offers beamtap --scope = g 'global'
offers beamtap -p '' 'all new existing'
offers beamtap -o on 'one.btap'
offers beamtap run on 'one.btap'
offers beamtap run --check t 'two.btap'
offers beamtap --rate '' ''
offers beamtap trace '' ''
echo "$checks checks, $failed failed"
[ "$failed" -eq 0 ]
