#!/bin/bash
# kubectl.sh RELEASE - a node in a "pod": a network of its own, which only a stand-in for kubectl can enter. The pod has socat, or
# nc, or only bash, or no shell at all, so that its ports must be forwarded.
set -u
. "$(dirname "$0")/../support/node.sh"
. "$(dirname "$0")/../support/check.sh"
need_beamtap
otp=${1:-25}
command -v socat nc > /dev/null || skip "the stand-in for kubectl needs socat and nc"
own_network
# shellcheck disable=SC2046
start_node "$otp" pod $(by_files pod)
ask 'target:every(1, 10, fun() -> target:pair(a, b) end)' > /dev/null
mark
cookie=$(cat "$COOKIE_FILE")
spec=('target:pair/2 -> return' -c 3)

# kubectl exec -i POD [-n NS] -- COMMAND..., kubectl port-forward --address A POD [-n NS] :PORT; as the real one says it
cat > "$BT_TMP/kubectl" << EOT
#!/bin/bash
echo "\$*" >> "$BT_TMP/kubectl.log"
env > "$BT_TMP/kubectl.env"
case \$1 in exec) verb=exec; shift 2 ;; port-forward) verb=forward; shift 3 ;; esac
[ "\$1" = web-0 ] || { echo "Error from server (NotFound): pods \"\$1\" not found" >&2; exit 1; }
[ "\$2" != -n ] || { [ "\$3" = prod ] || { echo "Error from server (NotFound): namespaces \"\$3\" not found" >&2; exit 1; }; set -- "\$1" "\${@:4}"; }
if [ \$verb = exec ]; then
    shift 2
    [ -e "$BT_TMP/image/\$1" ] || { echo "error: exec: \"\$1\": executable file not found in \\\$PATH" >&2; exit 126; }
    exec ${IN_NETNS[@]} env -i PATH="$BT_TMP/image" "\$@"
fi
port=\$((23000 + RANDOM % 6000))
socat "TCP-LISTEN:\$port,bind=127.0.0.1,fork,reuseaddr" "EXEC:'${IN_NETNS[*]} socat - TCP:127.0.0.1:\${2#:}'" &
until (: < "/dev/tcp/127.0.0.1/\$port") 2> /dev/null; do sleep 0.02; done
echo "Forwarding from 127.0.0.1:\$port -> \${2#:}"
wait
EOT
chmod +x "$BT_TMP/kubectl"
export KUBECTL=$BT_TMP/kubectl

image() {       # TOOL...: what the pod has
    rm -rf "$BT_TMP/image"; mkdir "$BT_TMP/image"
    local tool
    for tool in "$@"; do ln -s "$(command -v "$tool")" "$BT_TMP/image/$tool"; done
    : > "$BT_TMP/kubectl.log"
}
no_helper() { ! pgrep -f "$BT_TMP/kubectl" > /dev/null && ! pgrep -f "${IN_NETNS[*]} socat" > /dev/null; }

for tool in socat nc bash; do
    part "a pod with $tool"
    case $tool in bash) image sh bash cat ;; *) image sh "$tool" ;; esac
    tap "$NODE" --kubectl web-0 "${spec[@]}"
    closing 3 -c
    like "it was used" "$(cat "$BT_TMP/kubectl.log")" "^exec -i web-0 -- $tool "
    clean
done
part "a namespace; nodes; check"
image sh socat
tap "$NODE" --kubectl web-0 -n prod "${spec[@]}"
closing 3 -c
tap nodes --kubectl web-0
ends 0
like "nodes" "$OUT" "^${NODE%@*} +port [0-9]+$"
tap check "${NODE%@*}" --kubectl web-0
ends 0
like "check" "$OUT" "^$NODE$"
unlike "the cookie in what kubectl gets" "$(cat "$BT_TMP/kubectl.env" "$BT_TMP/kubectl.log")" "$cookie"
clean
part "a pod without a shell: ports are forwarded"
image
tap "$NODE" --kubectl web-0 "${spec[@]}"
closing 3 -c
count_is "both ports" 2 "^port-forward --address 127.0.0.1 web-0 :[0-9]+$" "$(cat "$BT_TMP/kubectl.log")"
wait_for 5 no_helper || fail "helpers are left" "$(pgrep -af "$BT_TMP/kubectl")"
clean
part "kill -9: nothing of the helpers is left"
BEAMTAP_COOKIE=$cookie tap_start "$NODE" --kubectl web-0 target:pair/2 -c none -t 60s
wait_armed
pgrep -f "TCP-LISTEN.*${IN_NETNS[3]}" > /dev/null || fail "no helper is seen"
kill -KILL "$TAP_PID"
tap_end
wait_for 5 no_helper || fail "helpers are left" "$(pgrep -af "$BT_TMP/kubectl")"
unlike "the cookie in the helper's environment" "$(cat "$BT_TMP/kubectl.env")" "$cookie"
wait_for 8 is_clean
clean
part "what kubectl says is shown"
tap "$NODE" --kubectl web-1 "${spec[@]}"
refused 3 'pods "web-1" not found'
tap "$NODE" --kubectl web-0 -n test "${spec[@]}"
refused 3 'namespaces "test" not found'
KUBECTL=$BT_TMP/no-kubectl tap "$NODE" --kubectl web-0 "${spec[@]}"
refused 3 'not found'
tap "$NODE" --kubectl 'web-0;reboot' "${spec[@]}"
refused 2 'may not stand in a command'
clean
finish
