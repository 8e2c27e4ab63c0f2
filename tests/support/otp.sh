#!/bin/bash
# otp.sh - several Erlang/OTP releases side by side on one Debian machine, for the e2e tests.
#
#   otp.sh setup 23 27 29        fetch and unpack these releases; does nothing for one that is there
#   otp.sh have 27               exit status 0 when `run 27` works
#   otp.sh run 27 -- erl ...     run a command inside that release
#   otp.sh list                  what is set up, with its exact version
#   otp.sh remove 29             delete one again
#
# BT_OTP_DIR      where the releases live      (default /var/tmp/beamtap-otp)
# BT_OTP_MIRROR   base address of the archive  (default: the one this machine's own apt uses)
#
# A release comes from the Debian suite that carries it. apt-get fetches its packages under a private configuration
# (signatures are checked; the machine's own package state is neither read nor changed) and dpkg-deb unpacks them; no
# package script runs. A release is run by chroot in a private mount namespace which also shows the machine's /dev,
# /proc, /sys, /tmp, home folder and current folder. Network, process ids and epmd are the machine's own, and the
# command keeps the process id of `run`, so a test can signal it: the pid of `otp.sh run 27 -- erl ...` is beam.smp's.
# Root is not needed where the kernel lets users make namespaces. The release of the machine's own erl is that erl.
set -euo pipefail

dir=${BT_OTP_DIR:-/var/tmp/beamtap-otp}
here=$(pwd)
retry_failed_after_min=10

die() { echo "otp.sh: $*" >&2; exit 1; }
usage() { sed -n '4,8s/^#  *//p' "$0" >&2; exit 2; }

suite_of() {    # OTP release -> Debian suite. sid moves on: setup checks what it got.
    case $1 in
        23) echo bullseye ;; 25) echo bookworm ;; 27) echo trixie ;; 29) echo sid ;;
        *) die "no Debian suite is known for OTP $1 (known: 23 25 27 29)" ;;
    esac
}

packages() {    # what a test node needs: tracing, TLS, the compiler (part of erlang-base), Elixir; and a shell
    echo erlang-base erlang-runtime-tools erlang-tools erlang-crypto erlang-ssl erlang-public-key erlang-asn1 \
         erlang-syntax-tools erlang-parsetools erlang-inets elixir dash coreutils sed grep
}

host_otp() {    # the release of this machine's own erl; nothing where there is none
    command -v erl >/dev/null || return 0
    local v=("$(dirname "$(readlink -f "$(command -v erl)")")"/../releases/[0-9]*)
    basename "${v[0]}"
}

mirror() {      # the archive that serves this machine's own suite
    [ -n "${BT_OTP_MIRROR:-}" ] && { echo "${BT_OTP_MIRROR%/}"; return; }
    local code
    # shellcheck disable=SC1091     # of this machine, whichever it is
    code=$(. /etc/os-release; echo "${VERSION_CODENAME:-}")
    apt-get --print-uris update 2>/dev/null |
        sed -n "s|^'\(.*\)/dists/$code/\(In\)\?Release.*|\1|p" | head -n1
}

have() { [ "$1" = "$(host_otp)" ] || [ -e "$dir/$1/.complete" ]; }

fetch() {       # fetch OTP SUITE ARCHIVE APTDIR: leaves the packages in APTDIR/cache/archives
    local otp=$1 suite=$2 uri=$3 apt=$4
    mkdir -p "$apt"/{state/lists/partial,cache/archives/partial,parts}
    : > "$apt/status"
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $uri $suite main" > "$apt/sources.list"
    local opt=(-qq -o Dir::Etc::SourceList="$apt/sources.list" -o Dir::Etc::SourceParts="$apt/parts"
               -o Dir::Etc::Preferences=/dev/null -o Dir::Etc::PreferencesParts="$apt/parts"
               -o Dir::State="$apt/state" -o Dir::State::status="$apt/status"
               -o Dir::Cache="$apt/cache" -o APT::Sandbox::User= -o Acquire::Languages=none
               -o Acquire::Retries=3 -o Acquire::http::Timeout=20 -o APT::Install-Recommends=false)
    apt-get "${opt[@]}" --error-on=any update ||
        die "suite $suite (OTP $otp) cannot be had from $uri; if it moved to another archive, set BT_OTP_MIRROR"
    # shellcheck disable=SC2046     # one word per package is meant
    apt-get "${opt[@]}" -y --download-only install $(packages) ||
        die "the packages of OTP $otp cannot be had from suite $suite of $uri"
}

unpack() {      # unpack APTDIR ROOT: one merged /usr for all suites, then every package's files on top
    local apt=$1 root=$2 d deb
    mkdir -p "$root"/usr/{bin,sbin,lib,lib64} "$root"/{etc,dev,proc,sys,tmp,root,run,var/tmp}
    for d in bin sbin lib lib64; do ln -s usr/$d "$root/$d"; done
    for deb in "$apt"/cache/archives/*.deb; do
        case ${deb##*/} in      # dependencies of package scripts and services, which never run here
            systemd*|libsystemd-shared*|adduser_*|passwd_*|perl*|libperl*|debconf_*|udev_*|gcc-*-base_*) continue ;;
        esac
        dpkg-deb --fsys-tarfile "$deb" |
            tar -x -C "$root" --keep-directory-symlink --no-same-owner \
                --exclude='./usr/share/doc/*' --exclude='./usr/share/man/*' \
                --exclude='./usr/share/locale/*' --exclude='./usr/share/info/*'
    done
    [ -e "$root/bin/sh" ] || ln -s dash "$root/usr/bin/sh"
    echo 'root:x:0:0:root:/root:/bin/sh' > "$root/etc/passwd"
    echo 'hosts: files' > "$root/etc/nsswitch.conf"
    : > "$root/etc/hosts"; : > "$root/etc/resolv.conf"      # the machine's own cover them at run time
}

version_of() { cat "$1"/usr/lib/erlang/releases/[0-9]*/OTP_VERSION 2>/dev/null | head -n1; }

setup_one() {   # runs in a subshell, so that die ends this release only
    local otp=$1 root=$dir/$1 suite uri got
    suite=$(suite_of "$otp")
    uri=$(mirror)
    [ -n "$uri" ] || die "this machine's apt configuration names no Debian archive; set BT_OTP_MIRROR"
    rm -rf "$dir/.apt-$otp" "$dir/.new-$otp" "$root"
    echo "OTP $otp: fetching from suite $suite"
    fetch "$otp" "$suite" "$uri" "$dir/.apt-$otp"
    unpack "$dir/.apt-$otp" "$dir/.new-$otp"
    rm -rf "$dir/.apt-$otp"
    got=$(version_of "$dir/.new-$otp")
    case $got in
        "$otp".*) ;;
        *) die "suite $suite now carries OTP ${got:-nothing}, not $otp" ;;
    esac
    mv "$dir/.new-$otp" "$root"
    (inside "$root" erl -noshell -eval 'halt().' 9>&-) || die "OTP $otp was unpacked but does not start"
    touch "$root/.complete"
    echo "OTP $otp: $got in $root"
}

setup() {
    local otp failed=0
    mkdir -p "$dir"
    exec 9>"$dir/.lock"
    flock 9
    for otp in "$@"; do
        if have "$otp"; then continue; fi
        # Many tests ask for the same release: an archive out of reach is waited for once, not by each of them.
        if [ -n "$(find "$dir/.failed-$otp" -mmin -$retry_failed_after_min 2>/dev/null)" ]; then
            cat "$dir/.failed-$otp" >&2
            failed=1
        elif "$BASH" "$0" .setup-one "$otp" 2>"$dir/.failed-$otp"; then
            rm -f "$dir/.failed-$otp"
        else
            cat "$dir/.failed-$otp" >&2
            failed=1
        fi
    done
    return $failed
}

# inside ROOT COMMAND...: becomes that command, there
inside() {
    local root=$1 ns=(unshare --mount --propagation private); shift
    [ "$(id -u)" = 0 ] || ns=(unshare --map-root-user --mount)
    # Bind what tests share with the machine; nothing outlives the command.
    # shellcheck disable=SC2016     # the inner shell expands these
    exec "${ns[@]}" sh -c '
        root=$1 here=$2; shift 2
        for d in /dev /proc /sys /tmp /var/tmp "$HOME" "${TMPDIR:-}" "$here"; do
            case $d in /|/usr*|/bin*|/lib*|/etc*|"") continue ;; esac
            [ -d "$d" ] || continue
            mkdir -p "$root$d" 2>/dev/null || continue      # not ours: set up by another user
            mount --rbind "$d" "$root$d" || exit 125
        done
        for f in hosts resolv.conf; do
            [ -e /etc/$f ] || continue
            mount --bind "$(readlink -f /etc/$f)" "$root/etc/$f" || exit 125
        done
        [ -d "$root$here" ] || here=/
        PATH=/usr/bin:/usr/sbin LANG=C.UTF-8
        export PATH LANG
        unset ERL_ROOTDIR ROOTDIR BINDIR EMU ERL_LIBS
        exec /usr/sbin/chroot "$root" /usr/bin/env --chdir="$here" "$@"
    ' sh "$root" "$here" "$@"
}

run() {
    local otp=$1; shift
    [ "${1:-}" = -- ] && shift
    [ $# -gt 0 ] || usage
    [ "$otp" = "$(host_otp)" ] && exec "$@"
    have "$otp" || die "OTP $otp is not set up; run: otp.sh setup $otp"
    inside "$dir/$otp" "$@"
}

list() {
    local h r; h=$(host_otp)
    [ -z "$h" ] || echo "$h (this machine's own)"
    for r in "$dir"/[0-9]*; do
        [ ! -e "$r/.complete" ] || echo "${r##*/} $(version_of "$r") $(du -sh "$r" | cut -f1)"
    done
}

case ${1:-} in
    setup)      [ $# -ge 2 ] || usage; shift; setup "$@" ;;
    .setup-one) setup_one "$2" ;;
    have)       [ $# -eq 2 ] || usage; have "$2" ;;
    run)        [ $# -ge 3 ] || usage; shift; run "$@" ;;
    list)       list ;;
    remove)     [ $# -eq 2 ] || usage; case $2 in [0-9]*) rm -rf "${dir:?}/$2" "$dir/.failed-$2" ;; *) usage ;; esac ;;
    *)          usage ;;
esac
