#!/bin/bash
# doc_test.sh BEAMTAP - what the documents say is what the program does.
#
#   options    beamtap.1 and --help have the same options, with the same letters and values
#   guards     beamtap-spec.7 lists the guard functions of src/spec/guards.c
#   functions  libbeamtap.3 lists the functions of include/beamtap.h
#   statuses   beamtap.1 lists the exit statuses of include/beamtap.h
#   examples   every `$ beamtap compile ...` in README.md, doc/ and examples/ prints what stands below it
#   scripts    every script of beamtap-script.5 passes `beamtap run --check`
#   files      every file of the tree that a document names is there
#   names      every function bt_*() a document names is in src/
#   inside     what doc/INTERNALS.md and doc/SAFETY.md put in backticks is there: functions (in the file that is named beside them),
#              structs, files, messages of the agent, words of the code; the table of modules has every file of src/
#   guarantees each part of doc/SAFETY.md says which tests show it, and they are run by the suite
#   man pages  pass mandoc -Tlint without errors and warnings
#
# An example begins with "$ beamtap compile" and ends at an empty line, at the next "$ ", or with its block. What it prints is
# stdout and stderr together. Exit status 0, 1, or 77 when all held but mandoc is missing.
set -u
[ $# -eq 1 ] || { echo "usage: doc_test.sh BEAMTAP" >&2; exit 2; }
beamtap=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
cd "$(dirname "$0")/../.." || exit 1
export LC_ALL=C.UTF-8
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
mkdir "$tmp/bin" && ln -s "$beamtap" "$tmp/bin/beamtap"
failed=0 checks=0

fail() {
    printf 'FAILED %s\n' "$1"
    [ $# -lt 2 ] || printf '%s\n' "$2" | sed 's/^/    /'
    failed=$((failed + 1))
}

# same WHAT FILE FILE
same() {
    checks=$((checks + 1))
    cmp -s "$2" "$3" || fail "$1" "$(diff "$2" "$3")"
}

# mdoc's escapes in text and literal blocks, back to the characters they stand for
unescape() { sed -e 's/\\(aq/'\''/g; s/\\(ha/^/g; s/\\(ti/~/g; s/\\(ga/`/g; s/\\(dq/"/g; s/\\-/-/g; s/\\&//g; s/\\e/\\/g'; }

# ---- options: "-c, --count N" and "--append", one a line
"$beamtap" --help | grep -oE '^  (-[A-Za-z], )?--[a-z-]+' | sed 's/^ *//' | sort > "$tmp/help"
sed -nE 's/^\.It Fl ([A-Za-z]) , Fl -([a-z-]+).*/-\1, --\2/p; s/^\.It Fl -([a-z-]+).*/--\1/p' doc/beamtap.1 | sort > "$tmp/man"
[ -s "$tmp/help" ] || fail "beamtap --help lists no options"
same "options: --help (<) and doc/beamtap.1 (>) differ" "$tmp/help" "$tmp/man"
grep -hoE '(^\.|[[:space:]])Fl -[a-z-]+' doc/beamtap.1 doc/beamtap-spec.7 | sed 's/.*Fl -/--/' | sort -u |
    while read -r option; do grep -qE -- "$option\$" "$tmp/help" || echo "$option"; done > "$tmp/unknown"
[ ! -s "$tmp/unknown" ] || fail "options a man page names and --help has not:" "$(cat "$tmp/unknown")"
"$beamtap" --help | sed -n '/^Commands/,/^$/s/^  \([a-z]*\) .*/\1/p' > "$tmp/commands"
while read -r command; do
    grep -qE "^\\.Cm $command|Cm $command( |\$)" doc/beamtap.1 || fail "doc/beamtap.1 does not have the command $command"
done < "$tmp/commands"

# ---- guard functions: name/least arity
sed -n '/ funs\[\] = /,/^};/s/^ *{"\([a-z_]*\)", \([0-9]*\),.*/\1\/\2/p' src/spec/guards.c | sort > "$tmp/guards"
sed -n '/^\.Bl -column/,/^\.El/s/^\.It \([a-z_]*\/[0-9]*\).*/\1/p' doc/beamtap-spec.7 | sort > "$tmp/man"
[ -s "$tmp/guards" ] || fail "no guard functions found in src/spec/guards.c"
same "guard functions: src/spec/guards.c (<) and doc/beamtap-spec.7 (>) differ" "$tmp/guards" "$tmp/man"

# ---- exit statuses
{ echo 0; sed -nE 's/^ *X\([A-Z]+, ([0-9]+),.*/\1/p' include/beamtap.h; } | sort -nu > "$tmp/codes"
sed -n '/^\.Sh EXIT STATUS/,/^\.El/s/^\.It \([0-9]*\)$/\1/p' doc/beamtap.1 | sort -nu > "$tmp/man"
same "exit statuses: include/beamtap.h (<) and doc/beamtap.1 (>) differ" "$tmp/codes" "$tmp/man"

# ---- functions of the library
grep -A3 '^BEAMTAP_API' include/beamtap.h | grep -oE 'beamtap_[a-z_]+\(' | tr -d '(' | sort -u > "$tmp/declared"
sed -n '/^\.Sh SYNOPSIS/,/^\.Sh DESCRIPTION/s/^\.Fn \(beamtap_[a-z_]*\) ".*/\1/p' doc/libbeamtap.3 | sort > "$tmp/man"
[ -s "$tmp/declared" ] || fail "no functions found in include/beamtap.h"
same "functions: include/beamtap.h (<) and doc/libbeamtap.3 (>) differ" "$tmp/declared" "$tmp/man"

# ---- examples
n=0
run_example() {                 # COMMAND, output in $tmp/want
    n=$((n + 1)) checks=$((checks + 1))
    (PATH=$tmp/bin:$PATH; cd "$tmp" && eval "${1#\$ }") > "$tmp/got" 2>&1 < /dev/null
    cmp -s "$tmp/want" "$tmp/got" || fail "$document: $1" "$(diff "$tmp/want" "$tmp/got")"
}

examples() {                    # text of a document on stdin
    local line command='' prefix=''
    while IFS= read -r line || [ -n "$line" ]; do
        if [ -n "$command" ]; then
            case $line in
                "$prefix"'$ '* | '' | '```'* | .Ed*) run_example "$command"; command='' ;;
                *) printf '%s\n' "${line#"$prefix"}" >> "$tmp/want" ;;
            esac
        fi
        case $line in
            *'$ beamtap compile '*)
                prefix=${line%%'$ beamtap compile '*}
                case $prefix in *[!\ ]*) continue ;; esac
                command=${line#"$prefix"}
                : > "$tmp/want" ;;
        esac
    done
    [ -z "$command" ] || run_example "$command"
}

documents=(README.md doc/*)
for document in "${documents[@]}" examples/*; do
    [ -f "$document" ] || continue
    case $document in
        *.[1-9]) unescape < "$document" > "$tmp/text" ;;
        *) cat "$document" > "$tmp/text" ;;
    esac
    examples < "$tmp/text"
done
# ---- scripts: the blocks of beamtap-script.5 are right
scripts=0
unescape < doc/beamtap-script.5 | awk -v to="$tmp/block" '/^\.Bd.*-compact/ { next } /^\.Bd -literal/ { n++; on = 1; next } /^\.Ed/ { on = 0 } on { print > (to n ".btap") }'
for script in "$tmp"/block*.btap; do
    scripts=$((scripts + 1)) checks=$((checks + 1))
    "$beamtap" run --check --no-config "$script" > "$tmp/got" 2>&1 || fail "doc/beamtap-script.5, block $scripts" "$(cat "$script" "$tmp/got")"
done
[ "$scripts" -ge 4 ] || fail "only $scripts scripts found in doc/beamtap-script.5"

[ "$n" -ge 10 ] || fail "only $n examples found"

# ---- files and functions
for document in "${documents[@]}"; do
    unescape < "$document" > "$tmp/text"
    grep -oE '(^|[^A-Za-z0-9_./-])(src|tests|doc|examples|include)/[A-Za-z0-9_./*-]*|\b(README\.md|LICENSE|CMakeLists\.txt)\b' "$tmp/text" |
        sed -E 's/^[^A-Za-z]//; s/[.,:;]+$//' | sort -u > "$tmp/files"
    # links of the document itself
    sed -nE 's/.*\]\(([A-Za-z][A-Za-z0-9_./-]*)\).*/\1/p' "$tmp/text" | grep -v '^https\?:' |
        sed "s|^|$(dirname "$document")/|" >> "$tmp/files"
    while read -r file; do
        checks=$((checks + 1))
        compgen -G "$file" > /dev/null || fail "$document names $file, which is not there"
    done < "$tmp/files"
    grep -oE '\bbt_[a-z0-9_]+\(\)' "$tmp/text" | sort -u | tr -d '()' > "$tmp/names"
    while read -r name; do
        checks=$((checks + 1))
        grep -rqwF --include='*.[ch]' -- "$name" src || fail "$document names $name(), which is not in src"
    done < "$tmp/names"
    grep -oE '\b(beamtap_agent|beamtap_sweep):[a-z_]+/[0-9]+' "$tmp/text" | sort -u > "$tmp/names"
    while IFS=:/ read -r module name arity; do
        checks=$((checks + 1))
        cat "src/agent/$module.erl" src/agent/*.hrl | grep -qE "^$name\\(" || fail "$document names $module:$name/$arity, which is not there"
    done < "$tmp/names"
done

# ---- what INTERNALS.md and SAFETY.md say of the code
in_code() { grep -rqwF --include='*.[ch]' --include='*.erl' --include='*.hrl' -- "$1" src include; }

for document in doc/INTERNALS.md doc/SAFETY.md; do
    sed 's/^ *//; /^```/,/^```/d' "$document" | tr '\n' ' ' > "$tmp/text"
    # `name()` (`file`: the file has it, or the header of that name
    grep -oE '`[a-z_0-9]+\(\)` \(`src/[a-z_0-9/]+\.c`' "$tmp/text" | sed -E 's/`([a-z_0-9]+)\(\)` \(`(.*)\.c`/\1 \2/' | sort -u > "$tmp/names"
    while read -r name file; do
        checks=$((checks + 1))
        grep -qE "^[a-z].*\b$name\(" "$file.c" || fail "$document: $name() is not in $file.c"
    done < "$tmp/names"
    grep -oE '`[^`]+`' "$tmp/text" | tr -d '`' | sort -u > "$tmp/words"
    while read -r word; do
        checks=$((checks + 1))
        case $word in
            *'()') in_code "${word%()}" || fail "$document: $word is not in src" ;;
            'struct '*) in_code "$word" || fail "$document: $word is not in src" ;;
            */*) ;;                                                             # looked at above
            *.c | *.h | *.hrl | *.erl) [ -n "$(find src include -name "$word")" ] || fail "$document: no file $word in src" ;;
            *.*) ;;                                                             # of others
            [a-z]*_*) [[ $word =~ ^[a-z0-9_]+$ ]] || continue
                in_code "$word" || [ -e "tests/mutants/$word.patch" ] || grep -rqwF -- "$word" tests || fail "$document: $word is not in src" ;;
            '{'[a-z]*) name=$(sed -E 's/^\{([a-z_]+).*/\1/' <<< "$word")
                in_code "$name" || fail "$document: nothing is called $name in src, as in $word" ;;
        esac
    done < "$tmp/words"
done
# The table of modules: | `src/x/` | names or `files` | ... |
for folder in src/*/; do
    row=$(grep -F "| \`$folder\` |" doc/INTERNALS.md | cut -d'|' -f3)
    checks=$((checks + 1))
    [ -n "$row" ] || { fail "doc/INTERNALS.md: its table of modules has no $folder"; continue; }
    grep -oE '[a-z][a-z0-9_]*(\.[a-z]+)?' <<< "$row" | sed 's/\..*//' | grep -vxE 'with|and|for|a|each' | sort -u > "$tmp/man"
    find "$folder" -maxdepth 1 -name '*.[che]*' ! -name '*.in' | sed -E 's#.*/##; s/\.(c|h|erl)$//' | grep -v '\.' | sort -u > "$tmp/there"
    missing=$(comm -13 "$tmp/man" "$tmp/there" | paste -sd' ') more=$(comm -23 "$tmp/man" "$tmp/there" | paste -sd' ')
    [ -z "$missing" ] || fail "doc/INTERNALS.md: its table of modules does not have, of $folder: $missing"
    for name in $more; do compgen -G "$folder$name.*" > /dev/null || fail "doc/INTERNALS.md: its table of modules has $folder$name, which is not there"; done
done

# Guarantees: each part "### N." names tests, and each test that is named is run.
awk '/^### [0-9]+\./ { if (part && !shown) print part; part = $0; shown = 0 } /^## Switched/ { if (part && !shown) print part; exit }
     /`tests\/(e2e|unit)\// { shown = 1 }' doc/SAFETY.md > "$tmp/names"
[ ! -s "$tmp/names" ] || fail "doc/SAFETY.md names no test for:" "$(cat "$tmp/names")"
grep -oE '`tests/(e2e|unit)/[a-z0-9_]+\.(sh|c)`' doc/SAFETY.md | tr -d '`' | sort -u > "$tmp/names"
while read -r file; do
    checks=$((checks + 1))
    name=$(basename "${file%.*}")
    case $file in
        tests/e2e/matrix.sh) continue ;;                                        # runs the others
        tests/e2e/*) grep -qE "^bt_e2e_test\($name |SCRIPT $name " tests/e2e/CMakeLists.txt ;;
        tests/unit/test_*.c) grep -qE "^bt_unit_test\(${name#test_}[ )]" tests/CMakeLists.txt ;;
        *) grep -qF "$file" tests/CMakeLists.txt ;;
    esac || fail "doc/SAFETY.md names $file, which the suite does not run"
done < "$tmp/names"

# ---- man pages
lint=checked
if command -v mandoc > /dev/null; then
    for page in doc/*.[1-9]; do
        checks=$((checks + 1))
        mandoc -Tlint -W warning "$page" > "$tmp/lint" 2>&1 || fail "mandoc -Tlint $page" "$(cat "$tmp/lint")"
    done
else
    lint=skipped
    printf '\nSKIPPED: no mandoc here, the man pages were not checked (apt-get install mandoc)\n\n' >&2
fi

echo "$checks checks, $n examples, $failed failed; man pages $lint"
[ "$failed" -eq 0 ] || exit 1
[ "$lint" = checked ] || exit 77
