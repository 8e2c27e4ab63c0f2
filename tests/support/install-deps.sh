#!/bin/bash
# install-deps.sh build|test - installs what a bare Debian 12 lacks to build beamtap, or to build and test it.
# Root or sudo. Does nothing when all is there.
set -euo pipefail

build=(gcc libc6-dev make cmake erlang-dev uthash-dev libpcre2-dev libssl-dev)
test=(libcmocka-dev mandoc patch procps jq pkg-config g++ binutils                               # package_test.sh
      openssl erlang-ssl openssh-server openssh-client iproute2 socat netcat-openbsd                            # ways to a node: tls.sh, ssh.sh, kubectl.sh
      erlang-base erlang-runtime-tools erlang-tools erlang-syntax-tools erlang-parsetools     # nodes of this machine's release
      elixir                                                                                  # storefront.sh, elixir.sh
      mmdebstrap dpkg-dev file                                                                # package/
      dpkg tar util-linux debian-archive-keyring ca-certificates)                             # the other releases (otp.sh)

case ${1:-} in
    build) wanted=("${build[@]}") ;;
    test)  wanted=("${build[@]}" "${test[@]}") ;;
    *)     echo "usage: ${0##*/} build|test" >&2; exit 2 ;;
esac

is_installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

missing=()
for package in "${wanted[@]}"; do
    is_installed "$package" || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

command -v apt-get > /dev/null || { echo "${0##*/}: no apt-get here; install by other means: ${missing[*]}" >&2; exit 1; }
as_root=()
if [ "$(id -u)" != 0 ]; then
    command -v sudo > /dev/null || { echo "${0##*/}: needs root, or sudo, to install: ${missing[*]}" >&2; exit 1; }
    as_root=(sudo)
fi
echo "${0##*/}: installing ${missing[*]}"
quietly=(env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0)
"${as_root[@]}" "${quietly[@]}" update
"${as_root[@]}" "${quietly[@]}" install -y --no-install-recommends "${missing[@]}" > /dev/null
