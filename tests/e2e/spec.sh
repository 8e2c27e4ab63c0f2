#!/bin/bash
# spec.sh RELEASE - specs the node cannot serve: a clear message, its exit status, and nothing is changed.
set -u
. "$(dirname "$0")/../support/node.sh"
. "$(dirname "$0")/../support/check.sh"
need_beamtap
start_node "${1:-25}" spec
mark

# bad STATUS REGEX ARG...
bad() {
    local status=$1 regex=$2; shift 2
    tap "$NODE" "$@"
    refused "$status" "$regex"
    clean
}

part "the text is wrong"
bad 2 "spec:1:[0-9]+: variable 'Y' is not bound" 'target:pair(X, _) when Y > 1'
bad 2 'spec:1:' 'target:pair(X'
bad 2 'spec:1:' 'target:pair(X, _) when foo(X)'
bad 2 'spec:1:' 'target:pair(X, _) -> retrun'
bad 2 'spec 2:1:' 'target:pair/2' 'target:id('
bad 2 'spec:1:' ''

part "it matches no function"
bad 2 "no module 'tarket'; did you mean 'target'" 'tarket:pair/2'
bad 2 'no function piar/2' 'target:piar/2'
bad 2 'pair/3' 'target:pair(_, _, _)'
bad 2 'pair/7' 'target:pair/7'
bad 2 "spec 2.*'tarket'" 'target:pair/2' 'tarket:pair/2'

part "a module that is on the path and not loaded"
# Nobody calls a module that is not loaded; loading it for a trace would change the node.
is "not loaded" "$(ask 'code:is_loaded(digraph_utils)')" false
tap "$NODE" 'digraph_utils:topsort/1' -t 200ms
[ "$STATUS" = 0 ] || like "says so" "$ERR" 'digraph_utils'
is "still not loaded" "$(ask 'code:is_loaded(digraph_utils)')" false

part "too wide"
bad 6 'too much|too many|too wide' '_:_'
bad 6 'too much|too many|too wide' '_:pair/2'
bad 6 'max-functions' 'target:_' --max-functions 5
bad 6 'max-functions' 'erlang:_' 'lists:_' 'ets:_' 'maps:_' --max-functions 300
bad 6 '' '{'\''_'\'', '\''_'\'', '\''_'\''}'
tap "$NODE" 'target:_' --max-functions 300 --dry-run
ends 0
tap "$NODE" 'target:pair/2' --max-functions 1 -t 100ms
closing 0 -t

part "processes that are not there"
bad 2 "no process 'nobody'.*-p" 'target:pair/2' -p nobody
bad 2 '-p' 'target:pair/2' -p '<9146.44.0>'
bad 2 '<0.4000000.0>' 'target:pair/2' -p '<0.4000000.0>'
bad 2 '-p' 'target:pair/2' -p 'not a pid'

clean
finish
