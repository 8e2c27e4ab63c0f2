# shellcheck shell=bash
# node.sh - Erlang nodes for the e2e tests. Sourced (bash, set -u); call its functions from the test's main shell.
#
#   start_node 27 shop [erl flags...]   a node of that release; sets NODE (shop-x1y2@127.0.0.1), NODE_PID (beam.smp's),
#                                       NODE_LOG; returns when the node answers. Modules target and leftovers are on its path.
#   ask [NODE] EXPR                     value of an Erlang expression on the node (default: the last one started), one line
#   stop_node NODE                      kill -9 and wait; nodes that are still there at the exit of the test are killed too
#   skip TEXT                           end the test as skipped (77)
#   wait_for SECONDS COMMAND...         until the command succeeds; its status says whether it did
#   now_us                              wall clock, us
#
# Everything lives in $BT_TMP: the home folder with a random cookie (in $COOKIE_FILE; it is in no argv and no
# environment), the compiled modules, the logs. epmd is a private one on a port of its own (ERL_EPMD_PORT, exported), so a
# real epmd of the machine is neither used nor disturbed. All that is started here dies with the test, even when the test
# is killed with SIGKILL (parent death signal).

BT_SUPPORT=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
BT_TMP=$(mktemp -d "${TMPDIR:-/tmp}/beamtap-test.XXXXXX")
BT_RUN=$(tr -dc a-z0-9 < /dev/urandom | head -c 6)
export HOME=$BT_TMP/home
COOKIE_FILE=$HOME/.erlang.cookie
unset XDG_CONFIG_HOME ERL_FLAGS ERL_AFLAGS ERL_ZFLAGS ERL_LIBS BEAMTAP_COOKIE
export ERL_CRASH_DUMP_SECONDS=0

NODE='' NODE_PID='' NODE_LOG='' EPMD_PID='' ERL_CALL=''
declare -A BT_NODE_PIDS=()      # node name -> pid
IN_NETNS=()                     # ip netns exec NAME: epmd and nodes are started in there (own_network)
BT_CLEANUP=()                   # further commands to run at the exit, last one first

skip() {
    printf '\nSKIPPED: %s: %s\n\n' "${0##*/}" "$*" >&2
    exit 77
}

die() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

now_us() { printf '%s\n' "${EPOCHREALTIME/./}"; }

wait_for() {
    local end=$(( $(now_us) + $1 * 1000000 )); shift
    until "$@"; do
        [ "$(now_us)" -lt "$end" ] || return 1
        sleep 0.02
    done
}

gone() { ! kill -0 "$1" 2>/dev/null; }

end_process() {                 # kill -9 a child of ours and wait, silently
    kill -KILL "$1" 2>/dev/null
    wait "$1" 2>/dev/null
}

bt_cleanup() {
    local status=$? pid i
    trap - EXIT
    for (( i = ${#BT_CLEANUP[@]} - 1; i >= 0; i-- )); do eval "${BT_CLEANUP[i]}"; done
    for pid in "${BT_NODE_PIDS[@]}" $EPMD_PID; do end_process "$pid"; done
    rm -rf "$BT_TMP"
    exit $status
}
trap bt_cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP

# A program that dies when this shell dies; its pid is $!. SIGINT is not ignored, as it is in bash's background jobs.
in_background() { setpriv --pdeathsig KILL env --default-signal=INT,QUIT "$@" & }

start_epmd() {
    local try
    for try in 1 2 3 4 5 6 7 8 9 10; do
        export ERL_EPMD_PORT=$(( 20000 + (RANDOM * 32768 + RANDOM) % 12000 ))     # below the ephemeral ports
        in_background "${IN_NETNS[@]}" epmd -port "$ERL_EPMD_PORT" -address 127.0.0.1 > "$BT_TMP/epmd.log" 2>&1 < /dev/null
        EPMD_PID=$!
        wait_for 5 epmd_is_decided && ! gone "$EPMD_PID" && return
        end_process "$EPMD_PID"
    done
    die "epmd does not start (tried $try ports): $(cat "$BT_TMP/epmd.log")"
}

epmd_is_decided() {             # it answers, or it found its port taken and ended
    gone "$EPMD_PID" || ss_listens "$ERL_EPMD_PORT"
}

ss_listens() { "${IN_NETNS[@]}" bash -c ": < /dev/tcp/127.0.0.1/$1" 2>/dev/null; }

# A network of its own for epmd and nodes: the host reaches it as $NET_THERE, and is $NET_HERE there; loopback is its own too.
own_network() {
    local name=bt$RANDOM x=$((RANDOM % 200)) y=$((RANDOM % 60 * 4))
    [ "$(id -u)" = 0 ] && command -v ip > /dev/null || skip "network namespaces need root and ip(8)"
    NET_HERE=10.$((x + 20)).77.$((y + 1)) NET_THERE=10.$((x + 20)).77.$((y + 2))
    ip netns add "$name" 2> /dev/null || skip "no network namespaces on this machine"
    BT_CLEANUP+=("ip netns del $name; ip link del ${name}h 2> /dev/null")
    ip link add "${name}h" type veth peer name "${name}n" netns "$name" && ip addr add "$NET_HERE/30" dev "${name}h" &&
        ip link set "${name}h" up && ip -n "$name" addr add "$NET_THERE/30" dev "${name}n" &&
        ip -n "$name" link set "${name}n" up && ip -n "$name" link set lo up || skip "no virtual network interfaces here"
    IN_NETNS=(ip netns exec "$name")
}

use_otp() {                     # 77 where the release cannot be had
    "$BT_SUPPORT/otp.sh" have "$1" || "$BT_SUPPORT/otp.sh" setup "$1" || skip "OTP $1 cannot be had on this machine"
}

in_otp() { local otp=$1; shift; "$BT_SUPPORT/otp.sh" run "$otp" -- "$@"; }

compile_for() {                 # OTP FILE.erl...: by that release's own compiler, into $BT_TMP/ebin-OTP
    local otp=$1; shift
    mkdir -p "$BT_TMP/ebin-$otp" "$BT_TMP/src"
    cp "$@" "$BT_TMP/src/"      # the release may see no other folder than this
    (cd "$BT_TMP/src" && in_otp "$otp" erlc +debug_info -o "$BT_TMP/ebin-$otp" "${@##*/}") ||
        die "OTP $otp does not compile: $*"
}

elixir_of() {                   # sets ELIXIR_EBIN, as the release itself sees it; 77 where it has no Elixir
    use_otp "$1"
    ELIXIR_EBIN=/usr/lib/elixir/lib/elixir/ebin
    [ "$(in_otp "$1" erl -noshell -eval "io:put_chars(atom_to_list(filelib:is_dir(\"$ELIXIR_EBIN\"))), halt().")" = true ] ||
        skip "OTP $1 has no Elixir here (apt-get install elixir)"
}

compile_elixir_for() {          # OTP FILE.ex...: as compile_for
    local otp=$1; shift
    mkdir -p "$BT_TMP/ebin-$otp" "$BT_TMP/src"
    cp "$@" "$BT_TMP/src/"
    (cd "$BT_TMP/src" && LC_ALL=C.UTF-8 in_otp "$otp" elixirc -o "$BT_TMP/ebin-$otp" "${@##*/}" > "$BT_TMP/elixirc.log" 2>&1) ||
        die "the Elixir of OTP $otp does not compile: $* $(cat "$BT_TMP/elixirc.log")"
}

start_node() {
    local otp=$1 name=$2; shift 2
    use_otp "$otp"
    [ -n "$EPMD_PID" ] || start_epmd
    [ -e "$BT_TMP/ebin-$otp/leftovers.beam" ] || compile_for "$otp" "$BT_SUPPORT"/{target,leftovers}.erl
    NODE=$name-$BT_RUN@127.0.0.1
    NODE_LOG=$BT_TMP/$NODE.log
    in_background "${IN_NETNS[@]}" "$BT_SUPPORT/otp.sh" run "$otp" -- erl -name "$NODE" -noshell -noinput -start_epmd false \
        -kernel inet_dist_use_interface "${NODE_INTERFACE:-{127,0,0,1\}}" -pa "$BT_TMP/ebin-$otp" "$@" > "$NODE_LOG" 2>&1 < /dev/null
    NODE_PID=$!
    BT_NODE_PIDS[$NODE]=$NODE_PID
    if ! wait_for 20 node_is_decided || gone "$NODE_PID"; then
        die "node $NODE (OTP $otp) does not start: $(head -c 4000 "$NODE_LOG")"
    fi
    # The resolver is a process OTP starts when it first needs it, and keeps.
    ask "$NODE" '[code:ensure_loaded(M) || M <- [target, leftovers]], inet_gethost_native:gethostbyname("localhost")' > /dev/null
}

node_is_decided() { gone "$NODE_PID" || ask "$NODE" ok > /dev/null 2>&1; }

stop_node() {
    end_process "${BT_NODE_PIDS[$1]}"
    unset "BT_NODE_PIDS[$1]"
}

# EXPR in ASCII. erl_call is 3 to 15 ms a call. It takes the cookie from $HOME/.erlang.cookie; its name must be unique, as
# two of one name cannot be connected at the same time; but each name is an atom on the node, and where that matters
# ASK_NAME is the one name. The answer comes as base64 in
# pieces, as erl_call prints other terms, and strings beyond 64 KB, in ways of its own.
#
# A node that erl_call cannot connect to (TLS) is asked by files, when it was started with `$(by_files)` among its flags.
ask() {
    local node=$NODE answer
    [ $# -eq 1 ] || { node=$1; shift; }
    if [ -d "$BT_TMP/files-$node" ]; then answer=$(ask_by_files "$node" "$1"); else answer=$("$ERL_CALL" -name "$node" -h "${ASK_NAME:-ask$BASHPID}" -timeout "${ASK_TIMEOUT:-20}" -e 2>&1 <<< "
        Cut@ = fun Cut@(L) when length(L) =< 60000 -> [L];
                   Cut@(L) -> {A, B} = lists:split(60000, L), [A | Cut@(B)] end,
        Text@ = fun(F, L) -> Cut@(base64:encode_to_string(unicode:characters_to_binary(io_lib:format(F, L)))) end,
        try begin $1 end of V@ -> Text@(\"=~0tp\", [V@])
        catch C@:R@:S@ -> Text@(\"!~0tp:~0tp~n    ~0tp\", [C@, R@, S@]) end."); fi
    case $answer in
        '{ok, ["'*) answer=$(sed 's/^{ok, \["//; s/"\]}$//; s/", "//g' <<< "$answer" | base64 -d) ;;
    esac
    case $answer in
        =*) printf '%s\n' "${answer:1}" ;;
        *)  printf "ask %s '%s': %s\n" "$node" "$1" "$answer" >&2; return 1 ;;
    esac
}

# by_files NAME: for start_node of that name, see `ask`
by_files() {
    local dir=$BT_TMP/files-$1-$BT_RUN@127.0.0.1
    mkdir -p "$dir"
    printf -- '-eval target:serve("%s").' "$dir"
}

ask_by_files() {
    local dir=$BT_TMP/files-$1
    rm -f "$dir/answer"
    printf '%s' "$2" > "$dir/ask.new"
    mv "$dir/ask.new" "$dir/ask"
    wait_for "${ASK_TIMEOUT:-20}" test -e "$dir/answer" && cat "$dir/answer"
}

bt_prepare() {
    local d
    command -v erl epmd > /dev/null || skip "no Erlang on this machine"
    for d in "$(dirname "$(readlink -f "$(command -v erl)")")"/../lib/erl_interface-*/bin/erl_call; do ERL_CALL=$d; done
    [ -x "$ERL_CALL" ] || skip "no erl_call on this machine"
    mkdir -m 700 "$HOME"
    (umask 077; tr -dc A-Za-z0-9 < /dev/urandom | head -c 24 > "$COOKIE_FILE")
    chmod 400 "$COOKIE_FILE"
}
bt_prepare
