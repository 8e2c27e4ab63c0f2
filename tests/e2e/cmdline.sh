#!/bin/bash
# cmdline.sh - what needs no node: help, version, the command line's mistakes, compile.
set -u
. "$(dirname "$0")/../support/node.sh"
. "$(dirname "$0")/../support/check.sh"
need_beamtap
nowhere=nobody@127.0.0.1
export ERL_EPMD_PORT=1          # nobody: a connection that was tried anyway ends with 3

part "help and version"
tap --help
ends 0
is "stderr" "$ERR" ''
for option in -c -t -p -o -q -v --count --time --grace --lease --max-functions --process --scope --args --return --cookie-file \
    --output --append --connect-timeout --quiet --verbose --debug --dry-run --help --version; do
    like "help" "$OUT" "(^|[ ,])$option([ ,]|$)"
done
for word in trace compile clear BEAMTAP_COOKIE 'Exit status'; do like "help" "$OUT" "$word"; done
at_most "help, columns" "$(wc -L <<< "$OUT")" 120
long=$OUT
tap -h
is "-h" "$OUT" "$long"
tap --version
ends 0
like "version" "$OUT" '^beamtap [0-9]+\.[0-9]+\.[0-9]+$'
tap -V
like "-V" "$OUT" '^beamtap [0-9]'

part "mistakes on the command line"
tap;                                            refused 2 '--help'
tap nonsense;                                   refused 2 "'nonsense'"
tap --no-such-option $nowhere 'a:b/1';          refused 2 'unknown option --no-such-option'
tap -z $nowhere 'a:b/1';                        refused 2 'unknown option -z'
tap $nowhere 'a:b/1' -c;                        refused 2 '--count needs a value'
tap $nowhere 'a:b/1' -c 0;                      refused 2 "--count.*'0'"
tap $nowhere 'a:b/1' -c -3;                     refused 2 "--count.*'-3'"
tap $nowhere 'a:b/1' -c many;                   refused 2 "--count.*'many'"
tap $nowhere 'a:b/1' -t 20000;                  refused 2 'say 20s or 20000ms'
tap $nowhere 'a:b/1' -t 5parsecs;               refused 2 "--time.*'5parsecs'"
tap $nowhere 'a:b/1' -t -1s;                    refused 2 "--time.*'-1s'"
tap $nowhere 'a:b/1' --grace soon;              refused 2 "--grace.*'soon'"
tap $nowhere 'a:b/1' --lease 3;                 refused 2 "--lease.*'3'"
tap $nowhere 'a:b/1' --connect-timeout x;       refused 2 "--connect-timeout.*'x'"
tap $nowhere 'a:b/1' -c none -t none;           refused 2 'limit'
tap $nowhere 'a:b/1' --scope wide;              refused 2 "--scope.*'wide'"
tap $nowhere 'a:b/1' --args some;               refused 2 "--args.*'some'"
tap $nowhere 'a:b/1' --debug everything;        refused 2 "--debug.*'everything'"
tap $nowhere 'a:b/1' --quiet=yes;               refused 2 '--quiet takes no value'
tap $nowhere;                                   refused 2 'pattern'
tap trace;                                      refused 2 'node'
tap @127.0.0.1 'a:b/1';                         refused 2 'node'
tap nobody@ 'a:b/1';                            refused 2 'node'
tap $nowhere 'a:b/1 -';                         refused 2 ''
tap $nowhere 'lists:seq/2' -;                   refused 2 'quote the spec'
tap clear;                                      refused 2 'node'
# A spec is checked before anything is connected: 2, not 3.
tap $nowhere 'lists:seq(';                      refused 2 'spec:1:'
tap $nowhere 'lists:seq/2';                     refused 3 'epmd'

part "compile"
tap compile 'queue:in(X, _) when is_list(X) -> return'
ends 0
is "stderr" "$ERR" ''
is "stdout" "$OUT" "{{queue,in,2},[{['\$1','_'],[{is_list,'\$1'}],[{exception_trace}]}],[local]}."
tap compile lists:seq/2 'queue:in(X,_)' --scope global -- 'maps:get(a, _)'
ends 0
is "lines" "$(wc -l <<< "$OUT")" 3
like "scope" "$OUT" '\[global\]\}\.$'
printf '%s\n' "$OUT" > "$BT_TMP/compiled"
is "file:consult/1 reads it" "$(erl -noinput -eval '{ok, [A, _, _]} = file:consult("'"$BT_TMP"'/compiled"), io:format("~0p", [element(1, A)]), halt().')" \
    '{lists,seq,2}'
tap compile 'queue:in(X,_) when is_list(Y)'
ends 2
is "stdout" "$OUT" ''
is "message, text and caret" "$ERR" "beamtap: spec:1:28: variable 'Y' is not bound in the arguments
    queue:in(X,_) when is_list(Y)
                               ^"
tap compile;                                    refused 2 'pattern'
tap compile 'lists:seq/2' 'lists:seq(A, A' ;    refused 2 'spec 2:1:'
for flag in --tokens --ast --installed; do
    tap compile "$flag" 'queue:in(X, _) when is_list(X) -> return'
    ends 0
    like "$flag" "$OUT" 'queue'
done

part "output that fails"
for args in --help --version 'compile lists:seq/2'; do
    # shellcheck disable=SC2086     # words
    "$BEAMTAP" $args > /dev/full 2> "$TAP_ERR"
    is "beamtap $args > /dev/full: exit status" $? 5
done

finish
