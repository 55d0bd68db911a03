#!/usr/bin/env bash
# Who asks, says the homeserver: whoami, guests, admins, and what is remembered of it.
. "$(dirname "$0")/lib.sh"

mkdir "$TMP/root"
printf '<title>hello</title>' >"$TMP/root/a.html"
origin_start --root "$TMP/root"
mkfifo "$TMP/hs"
python3 "$TOP/tests/helpers/whoami.py" "$TMP/asked" 0.3 >"$TMP/hs" 2>"$TMP/hs.err" &
PIDS="$PIDS $!"
read -r HS <"$TMP/hs"
S=$TMP/store C=$TMP/conf
A="/_matrix/client/v1/media/preview_url?url=http%3A%2F%2F127.0.0.1%3A$PORT%2Fa.html"
conf() { printf '%s\n' 'allow_ip = 127.0.0.0/8' "homeserver = http://127.0.0.1:$HS" "$@" >"$C"; }
cgi() { # cgi TOKEN URI [NAME=VALUE ...]
	local token=$1 uri=$2
	shift 2
	env REQUEST_METHOD=GET REQUEST_URI="$uri" REMOTE_ADDR=192.0.2.7 HTTP_AUTHORIZATION="Bearer $token" "$@" \
		"$BIN/mxpreview-cgi" -c "$C" -d "$S" 2>>"$TMP/err" | tr -d '\r'
}
status() { sed -n '1s/^Status: \([0-9]*\).*/\1/p'; }
said() { # said ANSWER
	printf '%s %s\n' "$(status <<<"$1")" "$(sed '1,/^$/d' <<<"$1" | jq -r '"\(.errcode): \(.error)"')"
}
asked() { # how often since the last time it was asked
	wc -l <"$TMP/asked"
	: >"$TMP/asked"
}

conf
: >"$TMP/asked"
is "$(cgi alice "$A" | status)" 200 'a user'
is "$(asked)" 1 'of whom the homeserver was asked'
is "$(cgi alice "$A" | status):$(asked)" 200:0 'but not again'
is "$(said "$(cgi bad1 "$A")")" '401 M_UNKNOWN_TOKEN: Invalid access token passed.' 'a token that it does not know'
is "$(cgi bad1 "$A" | status):$(asked)" 401:2 'is not remembered'
is "$(said "$(cgi guest-1 "$A")")" '403 M_GUEST_ACCESS_FORBIDDEN: Guest access not allowed' 'a guest'
is "$(cgi guest-1 "$A" | status):$(asked)" 403:1 'is remembered as such'
is "$(said "$(cgi '' "$A")")" '401 M_MISSING_TOKEN: Missing access token' 'no token'
is "$(said "$(cgi broken "$A")" | cut -d ' ' -f 1,2)" '502 M_UNKNOWN:' 'a homeserver that answers nonsense'
is "$(grep -c "^mxpreview-cgi: http://127.0.0.1:$HS: the homeserver does not say who it is" "$TMP/err")" 1 'which the log tells'
is "$(cgi evil "$A" | status):$(cgi reset "$A" | status):$(cgi endless-1 "$A" | status)" 502:502:502 'or something evil, or nothing, or without end'
is "$(sqlite3 "$S/mxpreview.db" "SELECT user_id, guest, admin IS NULL FROM token_cache WHERE token_hash = '$(printf alice | sha256sum | cut -c 1-64)'")" \
	'@alice:test|0|1' 'the store knows the hash of a token'
conf 'token_ttl = 0'
: >"$TMP/asked"
is "$(cgi alice2 "$A" | status):$(cgi alice2 "$A" | status):$(asked)" 200:200:2 'token_ttl = 0: nothing is remembered'
conf 'homeserver_timeout = 200'
is "$(cgi slow-1 "$A" | status)" 504 'one that is too slow'
conf "homeserver = http://127.0.0.1:1"
is "$(cgi alice3 "$A" | status):$(cgi alice "$A" | status)" 502:200 'one that is not there; who is known still is'

# admins
E="$A&format=explain"
conf 'admin = @alice:test' 'admin = @carol:test'
is "$(cgi alice "$E" | status)" 200 'an admin by the list'
is "$(cgi admin-root "$E" | status)" 403 'the homeserver is not asked for admins'
conf 'homeserver_admin = true'
: >"$TMP/asked"
is "$(cgi admin-root "$E" | status)" 200 'unless that is wanted'
like "$(cat "$TMP/asked")" '/_synapse/admin/v1/users/%40root%3Atest/admin' 'by the admin API'
: >"$TMP/asked"
is "$(cgi admin-root "$E" | status):$(asked)" 200:0 'and that is remembered'
is "$(cgi alice "$E" | status):$(asked)" 403:2 'a user is none'
is "$(cgi alice "$E" | status):$(cgi alice "$A" | status):$(asked)" 403:200:0 'which is remembered, too'

# mxpreview-whoami by itself
who() { mxpreview-whoami -q -c "$C" "$@"; }
is "$(printf 'alice\nguest-bob\n' | who | jq -c '[.status, .user_id, .guest]' | sort | tr '\n' ' ')" '[200,"@alice:test",false] [200,"@bob:test",true] ' 'whoami: a line for each token'
is "$(echo alice | who | jq -r .token)" "$(printf alice | sha256sum | cut -c 1-64)" 'known by its hash'
is "$(echo '{"token":"admin-root","admin":true}' | who | jq -c '[.user_id, .admin]')" '["@root:test",true]' 'admin or not'
is "$(echo admin-root | who --admin | jq -c .admin):$(echo alice | who -a | jq -c .admin)" true:false 'also for all'
echo bad | who >"$TMP/o"
is "$?:$(jq -c '[.status, .errcode]' "$TMP/o")" '1:[401,"M_UNKNOWN_TOKEN"]' 'an unknown one: 1'
is "$(printf 'a b\n%s\n\n' "$(head -c 5000 /dev/zero | tr '\0' x)" | who | jq -c .status | tr '\n' ' ')" '401 401 ' 'what cannot be a token is not asked about'
is "$(for i in $(seq 100); do echo "u$i"; done | who | jq -r .user_id | sort -u | wc -l)" 100 'many at once'
is "$(for i in $(seq 20); do echo "slow-$i"; done | timeout 5 mxpreview-whoami -c "$C" | wc -l)" 20 'slow ones do not wait for each other'
echo alice | who >/dev/full 2>/dev/null
is "$?" 1 'what did not leave is a failure'
mxpreview-whoami alice </dev/null >/dev/null 2>&1
is "$?" 2 'a token is no operand'

# nowhere is a token
T=alice.her-secret
conf "rate_per_second = 100"
is "$(cgi "$T" "$A" | status):$(cgi "$T-3" "$A" | status)" 200:200 'a token goes through all of it'
cgi "$T" "$A&format=xml" >>"$TMP/answers"
cgi bad-"$T" "$A" >>"$TMP/answers"
is "$(grep -rlF "$T" "$S" "$TMP/err" "$TMP/asked" "$TMP/answers" | wc -l)" 0 'and is in no file, log or answer'
if strace -f -qq -e trace=none true 2>/dev/null; then
	env REQUEST_METHOD=GET REQUEST_URI="$A" HTTP_AUTHORIZATION="Bearer $T-2" strace -f -qq -v -s 4096 -e trace=execve -o "$TMP/trace" \
		"$BIN/mxpreview-cgi" -c "$C" -d "$S" >/dev/null 2>&1
	is "$(grep -c mxpreview-whoami "$TMP/trace"):$(grep mxpreview-whoami "$TMP/trace" | grep -cF "$T")" 1:0 'nor in the arguments or the environment of what is started'
else
	skip 'nor in the arguments or the environment of what is started' 'strace does not work here'
fi
finish
