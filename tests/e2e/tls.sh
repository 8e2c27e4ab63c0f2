#!/bin/bash
# tls.sh RELEASE - nodes with TLS distribution: certificates of both sides, and each way they fail.
set -u
. "$(dirname "$0")/../support/node.sh"
. "$(dirname "$0")/../support/check.sh"
need_beamtap
otp=${1:-25}
"$BEAMTAP" --version | grep -q OpenSSL || skip "this beamtap was built without TLS"
command -v openssl > /dev/null || skip "there is no openssl(1) to make certificates with"
pki=$BT_TMP/pki
mkdir "$pki"

# ca NAME: $pki/NAME.pem, NAME.key
ca() {
    openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj "/CN=$1" -addext basicConstraints=critical,CA:TRUE \
        -keyout "$pki/$1.key" -out "$pki/$1.pem" 2> /dev/null || die "openssl cannot make a CA"
}

# cert NAME CA SUBJECT_ALT_NAME [OPENSSL OPTION...]: $pki/NAME.pem, NAME.key
cert() {
    local name=$1 by=$2 alt=$3; shift 3
    openssl req -new -newkey rsa:2048 -nodes -subj "/CN=$name" -keyout "$pki/$name.key" -out "$pki/$name.csr" 2> /dev/null
    openssl x509 -req -in "$pki/$name.csr" -CA "$pki/$by.pem" -CAkey "$pki/$by.key" -CAcreateserial "$@" \
        -extfile <(printf 'subjectAltName=%s\n' "$alt") -out "$pki/$name.pem" 2> /dev/null || die "openssl cannot make $name"
}
ca ours; ca others
cert node ours IP:127.0.0.1 -days 2
cert client ours DNS:client -days 2
cert stranger others DNS:client -days 2
cert elsewhere ours DNS:elsewhere.example -days 2
# Two days that are over. x509 takes no dates before OpenSSL 3.2, but ca(1) does.
printf '[ca]\ndefault_ca=d\n[d]\ndatabase=%s/db\nserial=%s/serial\nnew_certs_dir=%s\ndefault_md=sha256\npolicy=p\n[p]\ncommonName=supplied\n' \
    "$pki" "$pki" "$pki" > "$pki/ca.conf"
expired() {     # NAME SUBJECT_ALT_NAME
    : > "$pki/db"; echo 01 > "$pki/serial"
    openssl req -new -newkey rsa:2048 -nodes -subj "/CN=$1" -keyout "$pki/$1.key" -out "$pki/$1.csr" 2> /dev/null
    openssl ca -batch -config "$pki/ca.conf" -cert "$pki/ours.pem" -keyfile "$pki/ours.key" -startdate 20200101000000Z \
        -enddate 20200103000000Z -in "$pki/$1.csr" -extfile <(printf 'subjectAltName=%s\n' "$2") -notext -out "$pki/$1.pem" \
        > /dev/null 2>&1 || die "openssl cannot make $1"
}
expired old_node IP:127.0.0.1
expired old_client DNS:client

# tls_node NAME CERTIFICATE VERIFY: the node wants a certificate when VERIFY is verify_peer
tls_node() {
    printf '[{server, [{cacertfile, "%s"}, {certfile, "%s"}, {keyfile, "%s"}, {verify, %s}%s]},\n {client, [{cacertfile, "%s"}, {certfile, "%s"}, {keyfile, "%s"}, {verify, verify_peer}]}].\n' \
        "$pki/ours.pem" "$pki/$2.pem" "$pki/$2.key" "$3" "$([ "$3" = verify_none ] || echo ', {fail_if_no_peer_cert, true}')" \
        "$pki/ours.pem" "$pki/client.pem" "$pki/client.key" > "$BT_TMP/$1.conf"
    # shellcheck disable=SC2046
    start_node "$otp" "$1" -proto_dist inet_tls -ssl_dist_optfile "$BT_TMP/$1.conf" $(by_files "$1")
}
with=(--tls-ca "$pki/ours.pem" --tls-cert "$pki/client.pem" --tls-key "$pki/client.key")
trace=('target:pair/2 -> return' -c 3)

part "both sides have certificates"
tls_node tls node verify_peer
LOG_EXPECTED[$NODE]="TLS alerts are notices in the node's log"
ask 'target:every(1, 10, fun() -> target:pair(a, b) end)' > /dev/null
tap check "$NODE" "${with[@]}"          # OTP starts a listener of its own for the first connection
ends 0
like "check names it" "$OUT" "ok      TLS: both sides"
mark
tap "$NODE" "${with[@]}" "${trace[@]}"
closing 3 -c
clean
tap "$NODE" --tls-optfile "$BT_TMP/tls.conf" "${trace[@]}"
closing 3 -c
clean
part "a flood through TLS, and kill -9"
ask 'target:hot(1, {x, lists:seq(1, 200)})' > /dev/null
mark
tap "$NODE" "${with[@]}" 'target:f(_, T) -> return' --rate none -c 5000
closing 5000 -c
clean
tap_start "$NODE" "${with[@]}" 'target:f(I, _)' --rate none -c none -t 60s
wait_armed
sleep 0.3
kill -KILL "$TAP_PID"
tap_end
wait_for 8 is_clean
clean
ask 'target:stop()' > /dev/null

part "what is wrong with certificates is said"
tap "$NODE" --tls-ca "$pki/others.pem" --tls-cert "$pki/client.pem" --tls-key "$pki/client.key" "${trace[@]}"
refused 3 "not signed by a CA of $pki/others.pem"
tap "$NODE" --tls-ca "$pki/ours.pem" "${trace[@]}"
refused 3 'TLS: the node (wants a certificate|refused the handshake)'
like "the cure" "$ERR" '--tls-cert'
tap "$NODE" --tls-ca "$pki/ours.pem" --tls-cert "$pki/stranger.pem" --tls-key "$pki/stranger.key" "${trace[@]}"
refused 3 'TLS: the node (does not know the CA our certificate|refused our certificate)'
tap "$NODE" --tls-ca "$pki/ours.pem" --tls-cert "$pki/old_client.pem" --tls-key "$pki/old_client.key" "${trace[@]}"
refused 3 'TLS: the node (says that our certificate .* has expired|refused our certificate)'
tap "$NODE" "${with[@]}" --tls-server-name other.example "${trace[@]}"
refused 3 "not for 'other.example'"
tap "$NODE" "${with[@]}" --tls-key "$pki/node.key" "${trace[@]}"
refused 2 '--tls-key'
tap "$NODE" --tls-cert "$BT_TMP/none.pem" "${trace[@]}"
refused 2 "--tls-cert $BT_TMP/none.pem cannot be used"
tap "$NODE" --tls-optfile "$BT_TMP/none.conf" "${trace[@]}"
refused 2 '--tls-optfile: cannot read'
part "without --tls"
tap "$NODE" "${trace[@]}"
refused 3 '(speaks TLS; say --tls|wants TLS \(--tls\))'
clean
part "the wrong cookie, through TLS"
echo WRONG > "$BT_TMP/wrong"
tap "$NODE" "${with[@]}" --cookie-file "$BT_TMP/wrong" "${trace[@]}"
refused 3 'refused the cookie'
clean
stop_node "$NODE"

part "the node's certificate is for another host"
tls_node elsewhere elsewhere verify_none
LOG_EXPECTED[$NODE]="TLS alerts are notices in the node's log"
tap "$NODE" --tls-ca "$pki/ours.pem" "${trace[@]}"
refused 3 "not for '127.0.0.1'"
like "the cure" "$ERR" '--tls-server-name'
ask 'target:every(1, 10, fun() -> target:pair(a, b) end)' > /dev/null
tap "$NODE" --tls-ca "$pki/ours.pem" --tls-server-name elsewhere.example "${trace[@]}"      # it wants no certificate of ours
closing 3 -c
stop_node "$NODE"
part "the node's certificate has expired"
tls_node expired old_node verify_none
tap "$NODE" --tls-ca "$pki/ours.pem" "${trace[@]}"
refused 3 'has expired'
stop_node "$NODE"

part "a node without TLS"
start_node "$otp" plain
LOG_EXPECTED[$NODE]="what it is told is no handshake"
tap "$NODE" "${with[@]}" --connect-timeout 3s "${trace[@]}"
refused 3 'TLS'
finish
