#!/bin/bash
# records.sh RELEASE - records in specs, their definitions from the node's debug information and from files.
set -u
. "$(dirname "$0")/../support/node.sh"
. "$(dirname "$0")/../support/check.sh"
need_beamtap
otp=${1:-25}
use_otp "$otp"
src=$BT_TMP/src
mkdir -p "$src"
sed 's/-module(orders)/-module(bare)/' "$BT_SUPPORT/orders.erl" > "$BT_TMP/bare.erl"
compile_for "$otp" "$BT_SUPPORT"/{target,leftovers,orders}.erl "$BT_TMP/bare.erl"
start_node "$otp" records
ask "{ok, _} = beam_lib:strip_files([\"$BT_TMP/ebin-$otp/bare.beam\"]), [code:load_file(M) || M <- [orders, bare]]" > /dev/null
sed -n '/^-record/,/)\.$/p' "$BT_SUPPORT/orders.erl" > "$BT_TMP/orders.hrl"
mark
ask 'target:every(1, 20, fun() ->
         O = orders:new(7, 40), orders:total(O), orders:take(O, gift), orders:note(orders:new(8, 3)), bare:total(bare:new(9, 1))
     end)' > /dev/null

part "mod#rec, asked of the node"
tap "$NODE" 'orders:total(orders#order{id = Id, items = [orders#item{price = P}]}) when P > 10 -> return' -c 3 -t 10s
closing 3 -c
count_is "calls show what is named" 3 "$LINE orders:total\\(\\{order,7,_,\\[\\{item,_,40,_\\}\\],_,_\\}\\)$" "$OUT"
count_is "returns" 3 "$LINE orders:total/1 --> 40" "$OUT"
tap "$NODE" 'orders:note(X) when is_record(X, orders#order), X#order.id =:= 8, element(#order.state, X) =:= open' -c 2 -t 10s
closing 2 -c
count_is "in a guard" 2 "$LINE orders:note\\(\\{order,8,open,.*\\}\\)$" "$OUT"
tap "$NODE" "orders:total(orders#order{'max items' = 10, id = N})" -c 2 -t 10s
closing 2 -c
count_is "a name in quotes" 2 "$LINE orders:total\\(\\{order,7,_,_,10,_\\}\\)$" "$OUT"
clean

part "--records module"
tap "$NODE" --records orders 'orders:total(#order{id = 7, state = S})' -c 2 -t 10s
closing 2 -c
count_is "calls" 2 "$LINE orders:total\\(#order\\{id = 7,state = open,items = _,'max items' = _,made = _\\}\\)$" "$OUT"
tap "$NODE" --records orders '{orders, take, fun([#order{id = I} = _, W]) when is_atom(W) -> message({I, #item{}}) end}'
refused 2 'only the whole list of arguments can have a name'
tap "$NODE" --records orders '{orders, take, fun([O, W]) when O#order.id > 6, is_record(O, order) -> message({W, #item{name = x}}) end}' -c 2 -t 10s
closing 2 -c
count_is "in the body of a fun, with defaults" 2 "$LINE orders:take\\(.*\\) \\(\\{gift,#item\\{name = x,price = 0,tags = \\[\\]\\}\\}\\)$" "$OUT"
tap "$NODE" --records orders 'orders:note(X) when X =:= #order{}'
refused 2 "spec:1:27: field 'made' of record 'order' has a default that is no constant"
clean

part "--records file"
tap "$NODE" --records "$BT_TMP/orders.hrl" 'bare:total(#order{id = I}) -> return' -c 2 -t 10s
closing 2 -c
count_is "calls" 2 "$LINE bare:total\\(#order\\{id = 9,state = _,items = _,'max items' = _,made = _\\}\\)$" "$OUT"
tap "$NODE" --records "$BT_SUPPORT/orders.erl" 'orders:total(orders#order{id = I})' -c 2 -t 10s
closing 2 -c
tap "$NODE" --records "$BT_TMP/nowhere.hrl" 'bare:total(#order{})'
refused 2 "--records: cannot read .*nowhere.hrl: No such file"
clean

part "no definitions"
tap "$NODE" 'bare:total(bare#order{id = I})'
refused 2 "spec:1:12: module 'bare' was compiled without debug information.*--records FILE.hrl"
tap "$NODE" --records bare 'bare:total(#order{id = I})'
refused 2 "--records: module 'bare' was compiled without debug information"
tap "$NODE" 'orders:total(ordres_not_there#order{})'
refused 2 "knows no module 'ordres_not_there'"
is "no atom was made" "$(ask 'catch binary_to_existing_atom(iolist_to_binary([<<"ordres_">>, <<"not_there">>]), utf8)' | cut -c1-16)" "{'EXIT',{badarg,"
tap "$NODE" 'orders:total(lists#order{})'
refused 2 "module 'lists' defines no record"
tap "$NODE" 'orders:total(orders#ordre{})'
refused 2 "record orders#ordre is not known; did you mean orders#order"
tap "$NODE" 'orders:total(orders#order{idd = 1})'
refused 2 "record 'order' has no field 'idd'; did you mean 'id'"
tap "$NODE" 'orders:total(#order{})'
refused 2 "name its module, mod#order\\{"
tap "$NODE" --max-memory 100K 'orders:total(orders#order{})'
refused 2 "takes more memory on .* than --max-memory allows"
is "and the node says nothing of it in its log" "$(cat "$NODE_LOG")" ""
tap nobody@127.0.0.1 'orders:total(orders#order{)'
refused 2 "spec:1:"
clean

part "another version than on the disk"
sed -i 's/{id ::/{version, id ::/' "$src/orders.erl"
(cd "$src" && in_otp "$otp" erlc +debug_info -o "$BT_TMP/ebin-$otp" orders.erl)
tap "$NODE" 'orders:total(orders#order{version = 7})' -c 2 -t 500ms
like "is said" "$ERR" "runs another version of module 'orders' than the one in its code file"
clean
finish
