#!/bin/bash
# layers_test.sh - arrows point one way: what src/cli includes of ours is the public header, itself, src/base, and what it needs to
# read scripts; nothing else includes src/cli; base includes base only.
set -u
cd "$(dirname "$0")/../.." || exit 1
failed=0 n=0

# includes FOLDER: "file header" a line, of our own headers
includes() { grep -HoE '^#include "[^"]+"' src/"$1"/*.[ch] | sed 's/:#include "/ /; s/"$//; s|^src/[a-z]*/||'; }

# only FOLDER ALLOWED: extended regular expression of headers
only() {
    local bad
    n=$((n + $(includes "$1" | wc -l)))
    bad=$(includes "$1" | grep -vE " ($2)\$")
    [ -z "$bad" ] || { printf 'FAILED src/%s includes what it must not:\n%s\n' "$1" "$bad"; failed=1; }
}

only cli 'beamtap\.h|cli/.*|base/.*|spec/(script|loc|suggest|placed)\.h'
only base 'beamtap\.h|base/.*'
for folder in spec term match event limit replay out node agent lib; do
    if includes $folder | grep ' cli/'; then
        echo "FAILED src/$folder includes src/cli"
        failed=1
    fi
done
[ "$n" -gt 100 ] || { echo "FAILED only $n includes were looked at"; failed=1; }
echo "$n includes"
exit $failed
