#!/bin/bash
# deb.sh [BUILD] - the .deb of a Release build (build/release), and the source tarball, are what they should be.
#
# The package is installed with dpkg into a clean root of this machine's own Debian release that has no Erlang, and traces a
# node which runs outside it. The root is made once with mmdebstrap (the network is needed then) and kept beside the other
# releases of Erlang (BT_OTP_DIR). Needs root, or user namespaces.
set -u
. "$(dirname "$0")/../support/node.sh"
. "$(dirname "$0")/../support/check.sh"
. "$(dirname "$0")/root.sh"
source=$(cd "$(dirname "$0")/../.." && pwd)
build=$(cd "${1:-$(dirname "$BEAMTAP")}" 2> /dev/null && pwd) || die "no such build: ${1:-$(dirname "$BEAMTAP")}"
command -v cpack dpkg-shlibdeps > /dev/null || skip "cpack or dpkg-shlibdeps is missing here (cmake, dpkg-dev)"
[ -e "$build/CPackConfig.cmake" ] || die "$build is not a build of this tree (cmake -S . -B $build)"
grep -q '^CMAKE_BUILD_TYPE:[A-Z]*=Release' "$build/CMakeCache.txt" || skip "$build is no Release build"

part "the package"
cpack --config "$build/CPackConfig.cmake" -B "$BT_TMP/pack" > "$BT_TMP/cpack.log" 2>&1 || die "cpack: $(tail -n 20 "$BT_TMP/cpack.log")"
deb=$(echo "$BT_TMP"/pack/beamtap_*.deb) dev=$(echo "$BT_TMP"/pack/libbeamtap-dev_*.deb)
is "packages" "$(ls "$BT_TMP"/pack/*.deb)" "$deb
$dev"
is "its name" "${deb##*/}" "beamtap_$("$build/beamtap" --version | sed -n 's/^beamtap //p;q')_$(dpkg --print-architecture).deb"
# libc, libssl, and no other: ei, PCRE2 and what else there is are in the program.
depends=$(dpkg-deb -f "$deb" Depends | sed 's/ *([^)]*)//g; s/, /\n/g' | sort)
is "it depends on" "$depends" "$(printf '%s\n' libc6 $("$build/beamtap" --version | grep -q OpenSSL && echo libssl3))"
files=$(dpkg-deb -c "$deb" | awk '{ print $6 }')
for file in bin/beamtap share/man/man1/beamtap.1.gz share/man/man5/beamtap-capture.5.gz share/man/man7/beamtap-spec.7.gz \
    share/doc/beamtap/copyright share/doc/beamtap/doc/SAFETY.md; do
    like "has" "$files" "^\./usr/$file\$"
done
unlike "what belongs to the other package" "$files" '/(include|lib)/'
files=$(dpkg-deb -c "$dev" | awk '{ print $6 }')
for file in include/beamtap.h lib/libbeamtap.so lib/libbeamtap.a lib/pkgconfig/beamtap.pc share/man/man3/libbeamtap.3.gz; do
    like "the other package has" "$files" "^\./usr/$file\$"
done
is "files that are not root's, or that others may write" "$({ dpkg-deb -c "$deb"; dpkg-deb -c "$dev"; } | awk '$2 != "root/root" || $1 !~ /^(d|l|-rw-r--r--|-rwxr-xr-x)/')" ''

part "installed where no Erlang is"
# shellcheck disable=SC2046     # one word per package
clean_root $depends
cp "$deb" "$ROOT/tmp/"
in_root dpkg -i "/tmp/${deb##*/}" > "$BT_TMP/dpkg.log" 2>&1 || die "dpkg: $(cat "$BT_TMP/dpkg.log")"
is "Erlang there" "$(in_root sh -c 'command -v erl epmd; ls -d /usr/lib/erlang' 2> /dev/null)" ''
is "state" "$(in_root dpkg-query -W -f '${db:Status-Status}' beamtap)" installed
is "dpkg's own check of the files" "$(in_root dpkg -V beamtap)" ''
like "libraries" "$(in_root ldd /usr/bin/beamtap)" 'libc\.so\.6 => /'
unlike "libraries that are missing" "$(in_root ldd /usr/bin/beamtap)" 'not found'
trace_from_root /usr/bin/beamtap
cp "$dev" "$ROOT/tmp/"
in_root dpkg -i "/tmp/${dev##*/}" > "$BT_TMP/dpkg.log" 2>&1 || fail "dpkg -i ${dev##*/}" "$(cat "$BT_TMP/dpkg.log")"
like "the shared library is known" "$(in_root ldconfig -p)" 'libbeamtap\.so'

part "removed"
in_root dpkg -P beamtap libbeamtap-dev > "$BT_TMP/dpkg.log" 2>&1 || fail "dpkg -P" "$(cat "$BT_TMP/dpkg.log")"
is "left of it" "$(find "$ROOT/usr" "$ROOT/etc" "$ROOT/var/lib/dpkg/info" -name '*beamtap*')" ''

part "the source"
cpack --config "$build/CPackSourceConfig.cmake" -B "$BT_TMP/source" > "$BT_TMP/cpack.log" 2>&1 || die "cpack: $(tail -n 20 "$BT_TMP/cpack.log")"
list=$(tar -tzf "$BT_TMP"/source/*.tar.gz)
unlike "what does not belong there" "$list" '/build|/\.git(/|$)|\.beam$|\.deb$'
if git -C "$source" rev-parse > /dev/null 2>&1; then
    is "files of the tree that it has not" "$(git -C "$source" ls-files | grep -v '^\.gitignore$' |
        grep -vxFf <(sed 's|^[^/]*/||' <<< "$list"))" ''
fi
finish
