#!/usr/bin/env bash
# Is a homeserver found as the specification has it, in a world of names, and nothing else reached on the way?
. "$(dirname "$0")/rig.sh"
command -v openssl >/dev/null || skip_all 'no openssl'
command -v python3 >/dev/null || skip_all 'no python3'
rig_canary 80

. "$TOP/tests/homeserver.sh"
hs_authority
hs_certificate here 'DNS:*.hs.test,IP:93.184.215.14'
hs_signing_key

cat >>"$TMP/names" <<'END'
*.hs.test A 93.184.215.14
c.hs.test A 93.184.215.15
_matrix-fed._tcp.c.hs.test SRV 10:0:8450:target.hs.test
bad.test A 93.184.215.14
_matrix._tcp.e.hs.test SRV 10:5:8450:target.hs.test
_matrix-fed._tcp.both.hs.test SRV 10:5:8450:target.hs.test
_matrix._tcp.both.hs.test SRV 10:5:1234:priv.test
_matrix-fed._tcp.second.hs.test SRV 20:0:8450:target.hs.test,10:0:8450:nx.test,15:0:8450:priv.test
_matrix-fed._tcp.dead.hs.test SRV 20:0:8450:target.hs.test,10:0:8451:target.hs.test
_matrix-fed._tcp.alias.hs.test CNAME _matrix-fed._tcp.c.hs.test
_matrix-fed._tcp.srvpriv.hs.test SRV 0:0:8448:priv.test
_matrix-fed._tcp.srvmixed.hs.test SRV 0:0:8448:pubpriv.test
_matrix-fed._tcp.srvlocal.hs.test SRV 0:0:8448:localhost
_matrix-fed._tcp.srvip.hs.test SRV 0:0:8448:10.0.0.5
_matrix-fed._tcp.srvnumber.hs.test SRV 0:0:8448:167772165
_matrix-fed._tcp.srvport.hs.test SRV 0:0:22:target.hs.test
_matrix-fed._tcp.srvnull.hs.test SRV 0:0:0:.
_matrix-fed._tcp.srvfail.hs.test SERVFAIL
_matrix-fed._tcp.srvjunk.hs.test JUNK
_matrix-fed._tcp.srvhang.hs.test SILENT
END
# The name server reads its rules when it starts.
for p in $PIDS; do [ "$(cat "/proc/$p/comm")" = dns ] && kill "$p" && wait "$p" 2>/dev/null; done
rm -f "$TMP/rig.dns"
rig_server dns --rules "$TMP/names" --log "$RIG_NAMES" "$RIG_DNS"

hs_start here --public "$TMP/signing.pub" \
	--well-known 'b.hs.test={"m.server":"c.hs.test:8449"}' --well-known 'd.hs.test={"m.server":"c.hs.test"}' \
	--well-known 'ip.hs.test={"m.server":"93.184.215.14:8450"}' --well-known 'moved.hs.test=TO https://b.hs.test/other' \
	--well-known 'loop.hs.test=LOOP' --well-known 'huge.hs.test=HUGE' --well-known 'junk.hs.test=<html>' \
	--well-known 'inside.hs.test={"m.server":"10.0.0.5"}' --well-known 'insideport.hs.test={"m.server":"10.0.0.5:443"}' \
	--well-known 'insidename.hs.test={"m.server":"priv.test:8448"}' --well-known 'loopback.hs.test={"m.server":"localhost"}' \
	--well-known 'v6.hs.test={"m.server":"[::1]:443"}' --well-known 'number.hs.test={"m.server":"167772165"}' \
	--well-known 'toinside.hs.test=TO https://10.0.0.5/x' --well-known 'toname.hs.test=TO https://priv.test/x' \
	--well-known 'tohttp.hs.test=TO http://b.hs.test/other' --well-known 'tofile.hs.test=TO file:///etc/passwd' \
	93.184.215.14:443 93.184.215.14:8448 93.184.215.14:8450 93.184.215.15:443 93.184.215.15:8449 93.184.215.15:8448
printf 'connect_timeout = 2s\nretry_after_max = 0\n' >"$TMP/conf"

# SERVER, and where it was asked: address and port, Host, the name in the TLS handshake.
cat >"$TMP/good" <<'END'
a.hs.test 93.184.215.14:8448 a.hs.test a.hs.test
A.HS.test 93.184.215.14:8448 A.HS.test a.hs.test
a.hs.test:8450 93.184.215.14:8450 a.hs.test:8450 a.hs.test
a.hs.test:443 93.184.215.14:443 a.hs.test:443 a.hs.test
93.184.215.14 93.184.215.14:8448 93.184.215.14 -
93.184.215.14:8450 93.184.215.14:8450 93.184.215.14:8450 -
b.hs.test 93.184.215.15:8449 c.hs.test:8449 c.hs.test
d.hs.test 93.184.215.14:8450 c.hs.test c.hs.test
c.hs.test 93.184.215.14:8450 c.hs.test c.hs.test
e.hs.test 93.184.215.14:8450 e.hs.test e.hs.test
both.hs.test 93.184.215.14:8450 both.hs.test both.hs.test
second.hs.test 93.184.215.14:8450 second.hs.test second.hs.test
dead.hs.test 93.184.215.14:8450 dead.hs.test dead.hs.test
alias.hs.test 93.184.215.14:8450 alias.hs.test alias.hs.test
ip.hs.test 93.184.215.14:8450 93.184.215.14:8450 -
moved.hs.test 93.184.215.15:8449 c.hs.test:8449 c.hs.test
loop.hs.test 93.184.215.14:8448 loop.hs.test loop.hs.test
huge.hs.test 93.184.215.14:8448 huge.hs.test huge.hs.test
junk.hs.test 93.184.215.14:8448 junk.hs.test junk.hs.test
toinside.hs.test 93.184.215.14:8448 toinside.hs.test toinside.hs.test
toname.hs.test 93.184.215.14:8448 toname.hs.test toname.hs.test
tohttp.hs.test 93.184.215.14:8448 tohttp.hs.test tohttp.hs.test
tofile.hs.test 93.184.215.14:8448 tofile.hs.test tofile.hs.test
number.hs.test 93.184.215.14:8448 number.hs.test number.hs.test
srvfail.hs.test 93.184.215.14:8448 srvfail.hs.test srvfail.hs.test
srvjunk.hs.test 93.184.215.14:8448 srvjunk.hs.test srvjunk.hs.test
srvhang.hs.test 93.184.215.14:8448 srvhang.hs.test srvhang.hs.test
END
# SERVER, and the class of the failure.
cat >"$TMP/refused" <<'END'
inside.hs.test denied
insideport.hs.test denied
insidename.hs.test dns
loopback.hs.test dns
v6.hs.test denied
srvpriv.hs.test dns
srvmixed.hs.test dns
srvlocal.hs.test dns
srvip.hs.test -
srvnumber.hs.test -
srvport.hs.test denied
srvnull.hs.test -
localhost dns
localhost:443 dns
priv.test dns
priv.test:8448 dns
pubpriv.test:8448 dns
mapped.test:8448 dns
10.0.0.5 denied
10.0.0.5:443 denied
169.254.169.254:80 denied
[::1] denied
[fd00::5]:8448 denied
[64:ff9b::10.0.0.5]:8448 denied
a.hs.test:22 denied
own.test:8448 dns
bad.test tls
nx.test dns
END
ask() { # ask FILE: about each of its servers, all at once
	while read -r s rest; do
		printf '{"v":1,"url":"mxc://%s/ok","want":[{"rel":"media","url":"mxc://%s/ok","authorization":"%s"}]}\n' "$s" "$s" X
	done <"$1" | mxpreview-fetch -q -c "$TMP/conf" -d "$TMP/store"
}

ask "$TMP/good" >"$TMP/answers"
while read -r s at host name; do
	is "$(jq -r --arg u "mxc://$s/ok" 'select(.url == $u) | .docs[0].sha256 // .error.error' "$TMP/answers")" "$HS_PNG" "$s is found"
	is "$(jq -r --arg h "$host" --arg a "$at" 'select(.host == $h and .at == $a and (.path | contains("/ok"))) | .name // "-"' "$HS_LOG" | sort -u)" \
		"$name" "and asked at $at as $host"
done <"$TMP/good"
is "$(hs_log 'select(.path | contains("/download/") | not) | .signed' | sort -u)" null 'no .well-known is asked for with a signature'
n=$(hs_log .path | grep -c well-known)
ask "$TMP/good" | json '.docs[0].sha256' | sort | uniq -c | awk '{print $1, $2}' >"$TMP/again"
is "$(cat "$TMP/again")" "$(wc -l <"$TMP/good") $HS_PNG" 'they are found again'
is "$(hs_log .path | grep -c well-known)" "$n" 'without asking where they are'

hs_clear
ask "$TMP/refused" >"$TMP/answers"
while read -r s class; do
	is "$(jq -r --arg u "mxc://$s/ok" 'select(.url == $u) | .error | [.status, .class // "-"] | join(" ")' "$TMP/answers")" "502 $class" "$s is refused"
done <"$TMP/refused"
is "$(hs_log 'select(.path | contains("/download/")) | .host' | sort -u)" '' 'of these nothing is asked'
is "$(rig_forbidden)" '' 'nobody inside was reached'
is "$(rig_unusual)" '' 'nobody was told anything unusual'
rig_close
finish
