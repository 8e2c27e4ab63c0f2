#!/bin/bash
# package_test.sh RELEASE BUILD - what `cmake --install` puts there is a library one can build with: header, both libraries,
# pkg-config, find_package; the examples in examples/c, built each way, trace real nodes and leave nothing.
#
# BUILD: a build folder of beamtap. CFLAGS in the environment go to every program (a library with sanitizers needs theirs).
set -u
. "$(dirname "$0")/support/node.sh"
. "$(dirname "$0")/support/check.sh"
[ $# -eq 2 ] || die "usage: package_test.sh RELEASE BUILD"
for tool in cmake pkg-config make gcc nm; do command -v $tool > /dev/null || skip "no $tool on this machine"; done
build=$(cd "$2" && pwd)
source=$(cd "$(dirname "$0")/.." && pwd)
prefix=$BT_TMP/stage/usr
grep -q 'CMAKE_BUILD_TYPE:STRING=Debug' "$build/CMakeCache.txt" && export CFLAGS="${CFLAGS:-} -fsanitize=address,undefined"

part "install"
cmake --install "$build" --prefix "$prefix" > "$BT_TMP/install.log" 2>&1 || die "install: $(tail -n 5 "$BT_TMP/install.log")"
mv "$BT_TMP/stage" "$BT_TMP/moved"      # it need not stay where it was put
prefix=$BT_TMP/moved/usr
lib=$(dirname "$(find "$prefix" -name libbeamtap.a)")
for file in bin/beamtap include/beamtap.h share/man/man1/beamtap.1 share/man/man3/libbeamtap.3 share/man/man5/beamtap-json.5 \
    share/man/man5/beamtap-capture.5 share/man/man7/beamtap-spec.7; do
    [ -s "$prefix/$file" ] || fail "$file is not installed"
done
is "other headers" "$(find "$prefix/include" -type f | wc -l)" 1
version=$(sed -n 's/^#define BEAMTAP_VERSION "\(.*\)"/\1/p' "$prefix/include/beamtap.h")
is "version of the program" "$("$prefix/bin/beamtap" --version | head -n 1)" "beamtap $version"

part "what the shared library shows"
nm -D --defined-only "$lib/libbeamtap.so" | awk '$2 != "A" { sub(/@.*/, "", $3); print $3 }' | sort > "$BT_TMP/shown"
grep -oE 'beamtap_[a-z_]+\(' <(grep -A3 '^BEAMTAP_API' "$prefix/include/beamtap.h") | tr -d '(' | sort -u > "$BT_TMP/declared"
is "shown (>) and declared (<) functions" "$(diff "$BT_TMP/declared" "$BT_TMP/shown")" ''
at_least "functions" "$(wc -l < "$BT_TMP/shown")" 30
like "soname" "$(objdump -p "$lib/libbeamtap.so")" "SONAME +libbeamtap\\.so\\.${version%.*}$"
like "symbol version" "$(nm -D "$lib/libbeamtap.so")" "beamtap_version@@BEAMTAP_${version%.*}$"

part "no globals"
# Written to are neither .data nor .bss of our objects; constants with addresses in them are in .data.rel.ro.
if grep -q 'CMAKE_BUILD_TYPE:STRING=Release' "$build/CMakeCache.txt"; then
    is "variables" "$(size -A "$lib/libbeamtap.a" | awk '/:$/ { file = $1 } /^[^ ]+\.o/ { file = $1 } $1 ~ /^\.(data|bss)(\.|$)/ && $1 !~ /rel\.ro/ && $2 > 0 { print file, $1, $2 }')" ''
fi

part "build by pkg-config"
export PKG_CONFIG_PATH=$lib/pkgconfig LD_LIBRARY_PATH=$lib
is "version" "$(pkg-config --modversion beamtap)" "$version"
cp -r "$source/examples/c" "$BT_TMP/by-pkg-config"
cp -r "$source/examples/c" "$BT_TMP/by-pkg-config-static"
make_examples() { make -s -C "$BT_TMP/$1" CFLAGS="${CFLAGS:-} -std=c11 -Wall -Wextra -Werror" "${@:2}" > "$BT_TMP/make.log" 2>&1 ||
    die "make in $1: $(head -c 2000 "$BT_TMP/make.log")"; }
make_examples by-pkg-config
make_examples by-pkg-config-static STATIC=1
needs() { objdump -p "$1" | sed -n 's/^ *NEEDED *//p'; }
like "shared: needs" "$(needs "$BT_TMP/by-pkg-config/stream")" '^libbeamtap'
unlike "static: needs" "$(needs "$BT_TMP/by-pkg-config-static/stream")" '^libbeamtap'

part "build by CMake"
cmake -S "$source/examples/c" -B "$BT_TMP/by-cmake" -DCMAKE_PREFIX_PATH="$prefix" > "$BT_TMP/cmake.log" 2>&1 &&
    cmake --build "$BT_TMP/by-cmake" >> "$BT_TMP/cmake.log" 2>&1 || die "cmake: $(tail -c 2000 "$BT_TMP/cmake.log")"
like "shared: needs" "$(needs "$BT_TMP/by-cmake/stream")" '^libbeamtap'
unlike "static: needs" "$(needs "$BT_TMP/by-cmake/stream_static")" '^libbeamtap'

part "the header alone, as C and as C++"
for compiler in gcc g++; do
    language=c; [ $compiler = gcc ] || language=c++
    printf '#include <beamtap.h>\nint main(void) { return beamtap_version_number() != BEAMTAP_VERSION_NUMBER; }\n' > "$BT_TMP/h.$language"
    if command -v $compiler > /dev/null; then
        $compiler -x $language -Wall -Wextra -Wpedantic -Werror -fsyntax-only -I"$prefix/include" "$BT_TMP/h.$language" 2> "$BT_TMP/h.log" ||
            fail "$compiler" "$(cat "$BT_TMP/h.log")"
    fi
done

start_node "$1" stock
other=$NODE
start_node "$1" shop
for node in "$other" "$NODE"; do
    ask "$node" 'target:every(2, 5, fun() -> target:pair(a, "text"), target:id(1), catch target:fails(error) end)' > /dev/null
    mark "$node"
done
all_clean() { clean "$other"; clean "$NODE"; }

run() {                         # PROGRAM ARG...: OUT, ERR, STATUS
    TAP_CMD="$*"
    timeout 40 "$@" > "$BT_TMP/run.out" 2> "$BT_TMP/run.err" < "${INPUT:-/dev/null}"
    STATUS=$?
    OUT=$(cat "$BT_TMP/run.out") ERR=$(cat "$BT_TMP/run.err")
}

part "stream"
for program in by-pkg-config/stream by-pkg-config-static/stream by-cmake/stream by-cmake/stream_static; do
    run "$BT_TMP/$program" "$NODE" 'target:pair(X, _) -> return'
    ends 0
    count_is "$program: calls" 100 "$LINE target:pair\\(a, _\\)$" "$OUT"
    count_is "$program: returns" 100 "$LINE target:pair/2 --> \\{a,\"text\"\\}$TOOK" "$OUT"
    is "$program: stderr" "$ERR" 'stream: 100 calls (count); node clean'
done
all_clean
run "$BT_TMP/by-cmake/stream" "$NODE" 'target:pair(X, Y) when Z > 1'
ends 2
like "bad spec" "$ERR" "^stream: variable 'Z' is not bound"
like "caret" "$ERR" '^ +\^'
run "$BT_TMP/by-cmake/stream" "nobody@127.0.0.1" 'target:pair/2'
ends 3

part "exceptions"
run "$BT_TMP/by-cmake/exceptions" "$NODE" 1 'target:fails/1 -> return' 'target:id/1 -> return'
ends 0
like "table" "$OUT" '^ +[1-9][0-9]* of +[1-9][0-9]* calls  target:fails/1  error:badarg$'
like "table" "$OUT" '^ +0 of +[1-9][0-9]* calls  target:id/1  $'
all_clean

part "two sessions in one event loop"
mkfifo "$BT_TMP/stdin"
(sleep 2.5; echo q) > "$BT_TMP/stdin" &
INPUT=$BT_TMP/stdin run "$BT_TMP/by-pkg-config/eventloop" 'target:pair/2 -> return' "$NODE" "$other"
ends 0
like "ticks" "$OUT" "^$NODE [1-9][0-9]*, $other [1-9][0-9]*$"
for node in "$NODE" "$other"; do
    like "$node" "$OUT" "^$node: [1-9][0-9]* events, [1-9][0-9]* calls \\(asked\\); node clean$"
done
all_clean

part "the example of libbeamtap(3)"
sed -n '/^\.Sh EXAMPLES/,/^\.Sh SEE ALSO/p' "$source/doc/libbeamtap.3" | sed -n '/^\.Bd/,/^\.Ed/{/^\./!p}' |
    sed -e 's/\\-/-/g; s/\\e/\\/g; s|queue:in/2|target:pair/2|' > "$BT_TMP/manual.c"
gcc ${CFLAGS:-} -std=c11 -Wall -Wextra -Werror "$BT_TMP/manual.c" -o "$BT_TMP/manual" $(pkg-config --cflags --libs beamtap) ||
    die "the example does not compile"
run "$BT_TMP/manual" "$NODE"
ends 0
count_is "calls" 10 "$LINE target:pair\\(a, \"text\"\\)$" "$OUT"
all_clean

part "all of the library"
gcc ${CFLAGS:-} -std=c11 -D_POSIX_C_SOURCE=200809L -Wall -Wextra -Werror "$source/tests/package_client.c" -o "$BT_TMP/client" \
    $(pkg-config --cflags --libs beamtap) || die "package_client.c does not compile"
run "$BT_TMP/client" "$NODE" "$BT_TMP"
ends 0
is "output" "$OUT$ERR" 'client: passed'
all_clean

part "a flood in an event loop"
ask 'target:hot(1, {x, lists:seq(1, 200)})' > /dev/null
mark
run "$BT_TMP/client" "$NODE" loop
ends 0
is "output" "$OUT$ERR" 'client: passed'
all_clean

part "the same through TLS"
if "$prefix/bin/beamtap" --version | grep -q OpenSSL && command -v openssl > /dev/null; then
    openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=test -addext subjectAltName=IP:127.0.0.1 \
        -keyout "$BT_TMP/tls.key" -out "$BT_TMP/tls.pem" 2> /dev/null || die "openssl cannot make a certificate"
    printf '[{server, [{certfile, "%s"}, {keyfile, "%s"}]}, {client, [{cacertfile, "%s"}, {verify, verify_peer}]}].\n' \
        "$BT_TMP/tls.pem" "$BT_TMP/tls.key" "$BT_TMP/tls.pem" > "$BT_TMP/tls.conf"
    # shellcheck disable=SC2046
    start_node "$1" tls -proto_dist inet_tls -ssl_dist_optfile "$BT_TMP/tls.conf" $(by_files tls)
    LOG_EXPECTED[$NODE]="TLS alerts are notices in the node's log"
    ask 'target:hot(1, {x, lists:seq(1, 200)})' > /dev/null
    "$prefix/bin/beamtap" check "$NODE" --tls-optfile "$BT_TMP/tls.conf" > /dev/null # OTP starts a listener for the first connection
    mark
    run "$BT_TMP/client" "$NODE" loop "$BT_TMP/tls.conf"
    ends 0
    is "output" "$OUT$ERR" 'client: passed'
    clean
else
    printf 'SKIPPED: no TLS in this build, or no openssl(1)\n' >&2
fi
finish
