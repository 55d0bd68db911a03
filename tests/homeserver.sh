# Another homeserver for tests: source it after lib.sh (bash).  An authority of the test's own, certificates, a signing key.
# shellcheck shell=bash disable=SC2034
HS_PNG=6b7fa434f92a8b80aab02d9bf1a12e49ffcae424e4013a1c4f68b67e3d2bbcd0 # SHA-256 of the picture it has

hs_authority() {
	mkdir -p "$TMP/tls"
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "$TMP/tls/ca.key" -out "$TMP/tls/ca.pem" -subj /CN=ca \
		-addext keyUsage=keyCertSign -days 30 2>/dev/null
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "$TMP/tls/key" -out "$TMP/tls/request" -subj /CN=server 2>/dev/null
	export SSL_CERT_FILE=$TMP/tls/ca.pem
}
hs_certificate() { # hs_certificate NAME SUBJECT-ALT-NAMES
	openssl x509 -req -in "$TMP/tls/request" -CA "$TMP/tls/ca.pem" -CAkey "$TMP/tls/ca.key" -CAcreateserial -days 10 \
		-extfile <(printf 'subjectAltName=%s\n' "$2") -out "$TMP/tls/$1" 2>/dev/null
}
hs_signing_key() { # signing.key as homeservers have it, signing.pem and signing.pub as openssl has it
	openssl genpkey -algorithm ed25519 -out "$TMP/signing.pem"
	openssl pkey -in "$TMP/signing.pem" -pubout -out "$TMP/signing.pub"
	printf 'ed25519 a_test %s\n' "$(openssl pkey -in "$TMP/signing.pem" -outform DER | tail -c 32 | base64 | tr -d =)" >"$TMP/signing.key"
	chmod 600 "$TMP/signing.key"
}
hs_sign() { # hs_sign ORIGIN DESTINATION URI: the header, made by another program than ours
	printf '{"destination":"%s","method":"GET","origin":"%s","uri":"%s"}' "$2" "$1" "$3" >"$TMP/to-sign"
	printf 'X-Matrix origin="%s",destination="%s",key="ed25519:a_test",sig="%s"' "$1" "$2" \
		"$(openssl pkeyutl -sign -inkey "$TMP/signing.pem" -rawin -in "$TMP/to-sign" | base64 -w0 | tr -d =)"
}
hs_start() { # hs_start CERTIFICATE [OPTION...] [ADDRESS:PORT...]: sets HS_PORT, HS_PID, HS_LOG
	local fifo=$TMP/hs.$RANDOM cert=$1
	shift
	HS_LOG=$fifo.log
	mkfifo "$fifo"
	: >"$HS_LOG"
	env -u SSLKEYLOGFILE python3 "$TOP/tests/helpers/homeserver.py" --cert "$TMP/tls/$cert" --key "$TMP/tls/key" --log "$HS_LOG" "$@" >"$fifo" 2>"$fifo.err" &
	HS_PID=$!
	PIDS="$PIDS $HS_PID"
	read -r HS_PORT <"$fifo"
}
hs_log() { jq -r "$1" "$HS_LOG"; } # of each request
hs_clear() { : >"$HS_LOG"; }
