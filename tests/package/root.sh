# shellcheck shell=bash
# root.sh - roots to try the program in. Sourced after node.sh and check.sh.
#
#   clean_root PACKAGE...      a new $ROOT: essential packages of this machine's Debian release and these; no Erlang
#   empty_root                 a new $ROOT with nothing in it but a folder /tmp
#   in_root COMMAND...         runs it there; the network is this machine's
#   trace_from_root PROGRAM    starts a node outside, traces it from there, and asks the node that nothing is left
#
# clean_root keeps what mmdebstrap made, one archive for each release and set of packages, in BT_OTP_DIR beside the releases of
# Erlang.
ROOT='' TRACED=''

clean_root() {
    local suite dir archive
    command -v mmdebstrap > /dev/null || skip "no mmdebstrap here (apt-get install mmdebstrap)"
    suite=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
    dir=${BT_OTP_DIR:-/var/tmp/beamtap-otp}
    archive=$dir/root-$suite-$(printf '%s\n' "$@" | sort | paste -sd-).tar
    mkdir -p "$dir"
    if ! [ -e "$archive" ]; then
        echo "   making a root of $suite (once, a minute)"
        mmdebstrap --quiet --variant=essential --include="$(IFS=,; echo "$*")" "$suite" "${archive%.tar}.new-$$.tar" ${BT_OTP_MIRROR:+"$BT_OTP_MIRROR"} \
            > "$BT_TMP/root.log" 2>&1 || { rm -f "${archive%.tar}.new-$$.tar"; skip "no root of $suite can be made: $(tail -n 3 "$BT_TMP/root.log")"; }
        mv "${archive%.tar}.new-$$.tar" "$archive"
    fi
    ROOT=$BT_TMP/root
    mkdir "$ROOT"
    tar -x -C "$ROOT" --exclude='./dev/*' --exclude='./usr/share/locale/*' -f "$archive" || die "cannot unpack $archive"
}

empty_root() {
    ROOT=$BT_TMP/root
    mkdir -p "$ROOT/tmp"
}

in_root() {
    local ns=(unshare --mount --propagation private)
    [ "$(id -u)" = 0 ] || ns=(unshare --map-root-user --mount)
    "${ns[@]}" chroot "$ROOT" "$@"
}

trace_from_root() {
    start_node 25 shop
    ask 'target:every(1, 10, fun() -> target:pair({order, 7}, 3) end)' > /dev/null
    mark
    cp "$COOKIE_FILE" "$ROOT/tmp/cookie"
    TAP_CMD="in a root: $1 --cookie-file /tmp/cookie $NODE 'target:pair({order, N}, _) -> return' -c 3 -t 10s"
    TRACED=$(now_us)
    in_root "$1" --cookie-file /tmp/cookie "$NODE" 'target:pair({order, N}, _) -> return' -c 3 -t 10s > "$TAP_OUT" 2> "$TAP_ERR" < /dev/null
    STATUS=$? OUT=$(cat "$TAP_OUT") ERR=$(cat "$TAP_ERR") TOOK_MS=$(( ($(now_us) - TRACED) / 1000 ))
    closing 3 -c
    count_is "calls" 3 "$LINE target:pair\\(\\{order,7\\}, _\\)\$" "$OUT"
    count_is "returns" 3 "$LINE target:pair/2 --> .*$TOOK" "$OUT"
    clean
}
