#!/bin/bash
# soak.sh N [RELEASE] - N traces of one node, one after the other, every third ended by kill -9: the node is clean after each,
# and nothing grows, there or here. The short form, soak.sh 30, is in the suite; a long one is soak.sh 1000.
set -u
. "$(dirname "$0")/support/node.sh"
. "$(dirname "$0")/support/check.sh"
need_beamtap
n=${1:-30} otp=${2:-25}
export ASK_NAME=soak$$      # each other name would be an atom on the node
start_node "$otp" soak
ask 'target:every(2, 2, fun() -> target:pair(a, b), target:f(1, [2, 3]), catch target:fails(throw), target:fac(5) end)' > /dev/null
mark

# What the sessions do in turn; kill -9 has every third one.
specs=('target:pair/2 -> return' 'target:f(I, _)' 'target:fails/1 -> return' 'target:fac(N) -> time' 'target:pair/2 -> count'
    '{target, id, return_trace}' 'target:no_such_function')
fds_max=0 slowest=0 killed=0

fds_of() { find "/proc/$1/fd" -mindepth 1 2> /dev/null | wc -l; }
note_fds() { local k; k=$(fds_of "$TAP_PID"); [ "$k" -le "$fds_max" ] || fds_max=$k; }

# session I: clean_ms says how long the node took
session() {
    local i=$1 spec began; spec=${specs[$1 % ${#specs[@]}]}
    case $(( i % 3 )) in
        0)  tap_start "$NODE" "$spec" -c none -t 1h --rate none
            sleep "0.0$(( RANDOM % 10 ))$(( RANDOM % 10 ))"
            note_fds
            kill -KILL "$TAP_PID" 2> /dev/null
            tap_end 5 2> /dev/null
            killed=$((killed + 1)) ;;
        1)  tap "$NODE" "$spec" -c 3 -t 50ms ;;
        *)  tap_start "$NODE" "$spec" -c none -t 1h
            wait_armed
            note_fds
            kill -INT "$TAP_PID" 2> /dev/null
            tap_end 10 ;;
    esac
    case $STATUS:$spec in
        0:*) like "closing" "$(tail -n 1 <<< "$ERR")" 'node clean$' ;;
        137:*) [ $((i % 3)) = 0 ] || fail "session $i: killed by somebody" ;;
        2:*no_such*) ;;
        *) fail "session $i, $spec: exit status $STATUS" ;;
    esac
    began=$(now_us)
    wait_for 8 is_clean || fail "session $i, $spec: not clean" "$(ask 'leftovers:check()')"
    clean_ms=$(( ($(now_us) - began) / 1000 ))
    [ "$clean_ms" -le "$slowest" ] || slowest=$clean_ms
}

declare -A first=() last=()
names=()
# figures ARRAY: what the node has, and what this side has
figures() {
    local -n to=$1
    local name value
    names=()
    while read -r name value; do
        names+=("$name")
        # shellcheck disable=SC2004,SC2034     # an array of the caller's
        to[$name]=$value
    done < <(ask "leftovers:figures()" | sed 's/^\[{//; s/}\]$//; s/},{/\n/g' | tr ',' ' '
        printf 'node_rss_kb %s\n' "$(sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$NODE_PID/status")"
        printf 'node_descriptors %s\nepmd_descriptors %s\nour_descriptors %s\nprogram_descriptors %s\n' \
            "$(fds_of "$NODE_PID")" "$(fds_of "$EPMD_PID")" "$(fds_of $$)" "$fds_max")
    fds_max=0
}

# grew NAME MAX: by no more than that
grew() { at_most "$1, more than at first" $(( ${last[$1]} - ${first[$1]} )) "$2"; }

part "warming up: each kind of session"
warm=$(( n < 100 ? ${#specs[@]} * 6 : 105 ))
for (( i = 0; i < warm; i++ )); do session "$i"; done
ask 'leftovers:figures()' > /dev/null      # makes the atoms of its own names
figures first
slowest=0 killed=0
part "$n sessions"
began=$(now_us)
for (( i = 0; i < n; i++ )); do
    session "$i"
    (( (i + 1) % 250 )) || printf '   %s sessions\n' $((i + 1))
done
figures last
printf '   %s sessions took %s s; of %s killed ones the slowest was clean after %s ms\n' \
    "$n" $(( ($(now_us) - began) / 1000000 )) "$killed" "$slowest"
printf '   %-24s %12s %12s %10s\n' '' first last growth
for name in "${names[@]}"; do
    printf '   %-24s %12s %12s %10s\n' "$name" "${first[$name]}" "${last[$name]}" $(( ${last[$name]} - ${first[$name]} ))
done

part "nothing grew"
at_most "slowest, ms (lease: 5 s)" "$slowest" 5500
for name in process_count port_count ets_count modules modules_with_old_code persistent_terms known_nodes registered \
    node_descriptors epmd_descriptors our_descriptors; do
    grew "$name" 0
done
at_most "descriptors of a program, most seen" "${last[program_descriptors]}" 12     # each session has a program of its own
grew atom_count 0
grew memory_atom_used 0
grew memory_code $(( 16384 + 20 * n ))
grew memory_ets $(( 16384 + 20 * n ))
grew memory_binary 262144
grew memory_total $(( 1048576 + 200 * n ))
grew node_rss_kb $(( 16384 + (otp == 25 ? 50 : 10) * n ))    # OTP 25 loses some for each module that is loaded, see doc/SAFETY.md
clean
finish
