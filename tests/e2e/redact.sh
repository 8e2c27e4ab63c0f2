#!/bin/bash
# redact.sh RELEASE - --redact: a secret is in no output, live and replayed; it is there without the option.
set -u
. "$(dirname "$0")/../support/node.sh"
. "$(dirname "$0")/../support/check.sh"
need_beamtap
command -v jq > /dev/null || skip "needs jq"
release=${1:-25}
start_node "$release" redact
cat > "$BT_TMP/vault.erl" <<'ERL'
-module(vault).
-export([login/2, user/1, raise/1, pid/2]).
-record(user, {name, password, age}).
login(Map, Props) -> {ok, Map, Props}.
user(#user{} = U) -> U.
raise(Why) -> error(Why).
pid(P, Fun) -> {P, Fun}.
ERL
compile_for "$release" "$BT_TMP/vault.erl"
ask 'code:ensure_loaded(vault)' > /dev/null
cd "$BT_TMP" || exit 1
secret=hunter2hunter2
mark
load="target:every(1, 10, fun() ->
    S = \"$secret\", B = list_to_binary(S), A = list_to_atom(S),
    vault:login(#{user => bob, password => B, <<\"token\">> => A, \"api_key\" => S}, [{user, bob}, {password, S}, {a, {token, {S, B}}}]),
    vault:login(<<\"GET /?password=$secret&user=bob\">>, \"password: a $secret\\r\\nuser: bob\"),
    vault:login(<<\"{\\\"user\\\":\\\"bob\\\",\\\"password\\\":\\\"$secret\\\",\\\"n\\\":1}\">>, [<<\"token=\">>, B]),
    vault:user({user, bob, B, 5}),
    catch vault:raise({badmatch, #{token => A}}),
    vault:pid(self(), fun() -> B end),
    self() ! {password, S}, receive {password, S} -> ok end,
    spawn(fun() -> exit({shutdown, [{password, B}]}) end)
  end)"
ask "$load" > /dev/null
all=('vault:login/2 -> return' 'vault:raise/1 -> return' 'vault:pid/2 -> return')
keys=(--redact 'pass|^token$' --redact '^api_key$')

# hidden FILE...: the secret is not there, and something was masked
hidden() {
    for f; do
        ! grep -aq "$secret" "$f" || fail "the secret is in $f" "$(grep -a "$secret" "$f" | head -n 3)"
        grep -aq '\*\*\*' "$f" || fail "nothing is masked in $f"
    done
}

part "without --redact it is in all of them"
tap "$NODE" "${all[@]}" -c 40 -t 20s --rate none -w open.btc -o open.log
ends 0
grep -aq "$secret" open.btc || fail "not in the capture"
count_is "calls" 1 "password => <<\"$secret\">>" "$(grep -m1 -o "password => <<\"$secret\">>" open.log)"
clean

part "live: text and capture"
tap "$NODE" "${all[@]}" -c 60 -t 20s --rate none -w masked.btc -o masked.log "${keys[@]}"
ends 0
like "closing line" "$ERR" 'stopped: 60 .*node clean$'
hidden masked.btc masked.log
masked=$(cat masked.log)
unlike "stderr" "$ERR" "$secret"
like "map" "$masked" 'password => <<"\*\*\*">>.*user => bob|user => bob.*password => <<"\*\*\*">>'
like "atom" "$masked" "<<\"token\">> => '\\*\\*\\*'"
like "string" "$masked" '"api_key" => "\*\*\*"'
like "proplist" "$masked" "\\[\\{user,bob\\},\\{password,\"\\*\\*\\*\"\\},\\{a,\\{token,'\\*\\*\\*'\\}\\}\\]"
like "query" "$masked" '<<"GET /\?password=\*\*\*&user=bob">>, "password: \*\*\*\\r\\nuser: bob"'
like "JSON text, and a key and its value in two" "$masked" '\\"password\\":\\"\*\*\*\\",\\"n\\":1}">>, \[<<"token=">>,<<"\*\*\*">>\]'
like "exception" "$masked" "vault:raise/1 \\*\\* error:\\{badmatch,#\\{token => '\\*\\*\\*'\\}\\}"
like "what has no key stays" "$masked" 'vault:pid/2 --> \{<0\.[0-9]+\.0>,#Fun<'
tap "$NODE" 'vault:login(#{password := P}, _)' -c 2 "${keys[@]}"
like "the pattern's key" "$OUT" 'vault:login\(#\{password := <<"\*\*\*">>\}, _\)'
tap "$NODE" 'send(_, {password, _})' 'receive' -c 4 -w message.btc "${keys[@]}"
like "message" "$OUT" ' (!|<<) \{password,"\*\*\*"\}'
hidden message.btc
tap "$NODE" 'exit({shutdown, _})' -c 2 -w exit.btc "${keys[@]}"
like "exit" "$OUT" 'exit \{shutdown,\[\{password,<<"\*\*\*">>\}\]\}'
hidden exit.btc
for format in json perfetto; do
    tap "$NODE" "${all[@]}" -c 60 -t 20s --rate none --format $format -o live.$format "${keys[@]}"
    ends 0
    hidden live.$format
    jq -n '[inputs] | length' < live.$format > /dev/null 2>&1 || fail "$format is no JSON"
done
tap "$NODE" "${all[@]}" -t 1s --rate none -g "$secret" "${keys[@]}"
like "--grep sees what is masked" "$ERR" 'no call shown in 1s: no line of [0-9,]+ is what --grep'
unlike "stdout" "$OUT" "$secret"
clean

part "replayed"
tap replay masked.btc -o again.log
ends 0
cmp -s masked.log again.log || fail "what was masked is replayed otherwise" "$(diff masked.log again.log | head -n 5)"
for format in text json perfetto; do
    tap replay open.btc --format $format -o later.$format "${keys[@]}"
    ends 0
    hidden later.$format
done
tap replay open.btc -q -w later.btc "${keys[@]}"
ends 0
hidden later.btc

part "fields of records: where the definition is known"
tap "$NODE" 'vault:user/1 -> return' -c 2 --redact pass
like "not known" "$OUT" "vault:user\\(\\{user,bob,<<\"$secret\">>,5\\}\\)"
tap "$NODE" 'vault:user(vault#user{name = N, password = P}) -> return' -c 2 --redact pass -w record.btc
ends 0
unlike "spec" "$OUT" "$secret"
like "pattern" "$OUT" 'vault:user\(\{user,bob,<<"\*\*\*">>,_\}\)$'
like "return" "$OUT" 'vault:user/1 --> \{user,bob,<<"\*\*\*">>,5\}'
hidden record.btc
tap "$NODE" --records vault 'vault:user/1 -> return' -c 2 --redact pass -w named.btc
ends 0
like "named" "$OUT" 'vault:user\(#user\{name = bob,password = <<"\*\*\*">>,age = 5\}\)$'
is "replayed" "$("$BEAMTAP" replay -q --records vault named.btc)" "$OUT"
like "replayed as tuples" "$("$BEAMTAP" replay -q named.btc)" '\{user,bob,<<"\*\*\*">>,5\}'
tap "$NODE" --records vault 'vault:user(#user{name = N})' -c 1 --depth 1
like "shape, levels" "$OUT" 'vault:user\(#user\{name = bob,password = _,age = _\}\)$'
clean

part "mistakes"
tap "$NODE" 'vault:user/1' --redact '('
refused 2 "--redact: '\\(', at character 2"
finish
