#!/bin/bash
# cookbook.sh RELEASE - each command of doc/COOKBOOK.md and README.md does, with the example shop, what the document shows.
#
# Blocks that begin with ```sh have lines "$ COMMAND", each followed by what it prints (stdout and stderr together). A command is
# run as it stands there, by bash, with a node called shop@127.0.0.1. What it prints must be of the same shapes as what is shown:
# times, durations, pids, numbers and the order of lines may be others. Where a line "..." is shown, there may be more lines.
# Stand-ins take the part of ssh and kubectl.
#
# UPDATE=1 writes the documents anew, with what the commands print now; read the diff.
set -u
. "$(dirname "$0")/../support/node.sh"
. "$(dirname "$0")/../support/check.sh"
need_beamtap
otp=${1:-29}
root=$(cd "$(dirname "$0")/../.." && pwd)
command -v socat jq > /dev/null || skip "the recipes need socat and jq"
elixir_of "$otp"
compile_for "$otp" "$BT_SUPPORT"/{target,leftovers}.erl "$root"/examples/*.erl 2> "$BT_TMP/warnings"
compile_elixir_for "$otp" "$root/examples/storefront.ex"
start_node "$otp" shop -pa "$ELIXIR_EBIN"
ask 'application:ensure_all_started(elixir)' > /dev/null
ask "register(shop, spawn(fun() -> shop:start(), {ok, S} = 'Elixir.Storefront':start(),
    persistent_term:put(storefront, S), receive stop -> ok end end))" > /dev/null
wait_for 10 ask "S = persistent_term:get(storefront), true = is_process_alive(S)" > /dev/null 2>&1 || die "the shop does not start: $(cat "$NODE_LOG")"
mark

mkdir "$BT_TMP/bin" "$BT_TMP/work"
ln -s "$BEAMTAP" "$BT_TMP/bin/beamtap"
cat > "$BT_TMP/bin/stand-in-ssh" << 'EOT'
#!/bin/bash
while [ "$1" != -W ]; do shift; done
exec socat - "TCP:$2"
EOT
cat > "$BT_TMP/bin/stand-in-kubectl" << 'EOT'
#!/bin/bash
# a pod of an image without a shell: nothing can be executed there, ports can be forwarded
[ "$1" != exec ] || { echo 'error: exec: executable file not found in $PATH' >&2; exit 126; }
there=${*: -1} there=${there#:} here=$((23000 + RANDOM % 6000))
socat "TCP-LISTEN:$here,bind=127.0.0.1,fork,reuseaddr" "TCP:127.0.0.1:$there" &
until (: < "/dev/tcp/127.0.0.1/$here") 2> /dev/null; do sleep 0.02; done
echo "Forwarding from 127.0.0.1:$here -> $there"
wait
EOT
chmod +x "$BT_TMP"/bin/*
export PATH=$BT_TMP/bin:$PATH BEAMTAP_SSH=stand-in-ssh KUBECTL=stand-in-kubectl TZ=UTC

# run COMMAND: as the document has it; what it prints, with the names of the document, is left in $TAP_OUT
run() {
    local command=${1//shop@127.0.0.1/$NODE}
    TAP_CMD=$1
    (cd "$BT_TMP/work" && timeout "$TAP_SECONDS" bash -c "$command" < /dev/null 2>&1) |
        sed "s/$NODE/shop@127.0.0.1/g; s/${NODE%@*}/shop/g; s#$HOME/#/home/me/#g" > "$TAP_OUT"
}

# Lines in which all that may be another is a letter: times T, durations D, pids P, numbers N, bars of a histogram.
shapes() {
    sed -E "s/\"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.]+Z?\"/T/g; s/[0-9]{4}-[0-9]{2}-[0-9]{2} ?//g; s/[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?/T/g
        s/(#PID)?<[0-9]+\.[0-9]+\.[0-9]+>/P/g; s/#Ref<[0-9.]+>/R/g; s/\|#* *\|/| |/
        s/\b[0-9][0-9.,]*(ns|us|ms|s|m)\b/D/g; s/\b[0-9][0-9.,]* ?(bytes|KB|MB|GB)\b/S/g; s/-?[0-9][0-9,]*(\.[0-9]+)?/N/g
        s/N([,.-]N)+/N/g; s/\bcalls?\b/calls/g; s/[[:space:]]+/ /g; s/ \$//" | sort -u
}

recipes=0
compare() {                     # the shown lines in $BT_TMP/shown, those printed in $TAP_OUT
    local got want
    recipes=$((recipes + 1))
    want=$(grep -vxF '...' "$BT_TMP/shown" | shapes)
    got=$(shapes < "$TAP_OUT")
    is "shown and not printed: $TAP_CMD" "$(comm -23 <(echo "$want") <(echo "$got"))" ''
    if ! grep -qxF '...' "$BT_TMP/shown"; then
        # Whether a gap is worth a line depends on how busy the machine is.
        is "printed and not shown: $TAP_CMD" "$(comm -13 <(echo "$want") <(echo "$got") | grep -v '^T -- N calls skipped$')" ''
    fi
}

abridged() { awk '{ l[NR] = $0 } END { for (i = 1; i <= NR; i++) if (NR <= 14 || i <= 8 || i > NR - 2) print l[i]; else if (i == 9) print "..." }' "$1"; }

ended() {
    [ -n "$command" ] || return 0
    run "$command"
    if [ -n "${UPDATE:-}" ]; then abridged "$TAP_OUT" >&4; else compare; fi
    command=''
}

for document in "$root/doc/COOKBOOK.md" "$root/README.md"; do
    inside='' command=''
    exec 4> "$BT_TMP/new"
    while IFS= read -r line <&3; do
        case $inside$line in
            '```sh') inside=1 ;;
            '## '*) part "${document##*/}: ${line#'## '}" ;;
            '1```') ended; inside='' ;;
            '1$ '*) ended; command=${line#'$ '}; : > "$BT_TMP/shown" ;;
            1*) printf '%s\n' "$line" >> "$BT_TMP/shown"; [ -z "${UPDATE:-}" ] || continue ;;
        esac
        printf '%s\n' "$line" >&4
    done 3< "$document"
    exec 4>&-
    [ -z "${UPDATE:-}" ] || cp "$BT_TMP/new" "$document"
done
at_least "commands" "$((recipes + ${UPDATE:+99}+0))" 15

part "the node"
# Requests come and go; without them nothing may be new.
ask 'exit(persistent_term:get(storefront), shutdown), timer:sleep(100), persistent_term:erase(storefront)' > /dev/null
clean
finish
