#!/usr/bin/env bash
# Does mxmedia-get bring another server's medium once, checked, and keep it as the reference server would?
. "$(dirname "$0")/lib.sh"
command -v openssl >/dev/null || skip_all 'no openssl'
command -v python3 >/dev/null || skip_all 'no python3'
command -v sqlite3 >/dev/null || skip_all 'no sqlite3'

. "$TOP/tests/homeserver.sh"
hs_authority
hs_certificate here 'IP:127.0.0.1'
hs_signing_key
hs_start here --public "$TMP/signing.pub"
S=127.0.0.1:$HS_PORT
conf=$TMP/conf
printf '%s\n' 'allow_ip = 127.0.0.1' 'max_upload_size = 200000' 'server_name = us.example' 'signing_key = signing.key' 'min_free_space = 0' \
	'prevent_media_downloads_from = 127.0.0.1:1' >"$conf"
get() { mxmedia-get -c "$conf" -d "$TMP/store" "$@" 2>"$TMP/err"; }
db() { sqlite3 -cmd '.timeout 5000' "$TMP/store/mxpreview.db" "$1"; }
hash_of() { sha256sum | cut -d' ' -f1; }
asked() { hs_log .path | grep -c "/$1?"; }
fails() { # fails STATUS TEXT NAME ID
	local status
	get "mxc://$S/$4" >"$TMP/out"
	status=$?
	is "$status $(cat "$TMP/out")" "$1 " "$3: nothing comes, status $1"
	like "$(cat "$TMP/err")" "$2" "$3: $2"
}

# ---- one

is "$(get "mxc://$S/ok" | hash_of)" "$HS_PNG" 'the bytes'
is "$(cat "$TMP/err")" '' 'without a word'
is "$(hs_log '.signed')" "good $S ed25519:a_test" 'asked for in our name'
row=$(db "SELECT media_origin, media_id, media_type, media_length, upload_name, quarantined_by, authenticated, sha256,
	last_access_ts = created_ts, length(filesystem_id) FROM remote_media_cache")
is "$row" "$S|ok|image/png|70|a%20b.png||1|$HS_PNG|1|24" 'its row'
file=$(db 'SELECT filesystem_id FROM remote_media_cache')
is "$(hash_of <"$TMP/store/remote_content/$S/${file:0:2}/${file:2:2}/${file:4}")" "$HS_PNG" 'its file, where the reference server has it'
is "$(find "$TMP/store/url_cache" -type f -not -path '*/robots/*' | wc -l)" 0 'nothing else is left'
is "$(get "mxc://$S/ok" | hash_of) $(asked ok)" "$HS_PNG 1" 'a second time it is here'
is "$(get --info "mxc://$S/ok" | jq -c '.media_info | [.media_origin, .media_type, .media_length]')" "[\"$S\",\"image/png\",70]" '--info'
get --thumbnail 32x32 "mxc://$S/ok" >"$TMP/thumb"
like "$(head -c 8 "$TMP/thumb" | od -An -c)" 'P +N +G' 'a thumbnail'
get --thumbnail 32x32 "mxc://$S/untyped" >/dev/null
is "$(asked untyped)" 1 'asked for a thumbnail it comes, too'
like "$(get -v "mxc://$S/cdn" >/dev/null; cat "$TMP/err")" 'image/png, 70 bytes' 'from where the other server says that it is'
is "$(get "mxc://$S/r0" | hash_of)" "$HS_PNG" 'from an old server'

# ---- what cannot be had

fails 1 'M_NOT_FOUND: Not found' 'what is not there' nosuch
fails 1 'M_NOT_FOUND: Not found' 'and again' nosuch
is "$(asked nosuch)" 1 'is remembered'
fails 1 'M_TOO_LARGE: Failed to fetch remote media: it is larger than 200000 bytes' 'too large' big
fails 1 'M_TOO_LARGE' 'and again' big
is "$(asked big)" 1 'is remembered'
fails 1 'Failed to fetch remote media: Got error 500' 'an error' m500
fails 1 'Failed to fetch remote media: multipart answer: it ends too early' 'half of an answer' cut
is "$(db "SELECT count(*) FROM remote_media_cache WHERE media_id IN ('nosuch', 'big', 'm500', 'cut')")" 0 'no rows of them'
db "UPDATE url_preview_failures SET expires_ts = 1"
fails 1 'Got error 500' 'when that is over' m500
is "$(asked m500)" 2 'it is asked for again'
is "$(find "$TMP/store/remote_content" "$TMP/store/url_cache" -type f -not -path '*/robots/*' | wc -l)" \
	"$(db 'SELECT count(*) FROM remote_media_cache')" 'as many files as rows'

# ---- what is not wanted

hs_clear
db "INSERT INTO blocked_media VALUES ('$S', 'blocked', 1, '@mod:us.example', 'no')"
fails 1 'M_NOT_FOUND: Not found' 'a blocked name' blocked
S=127.0.0.1:1 fails 1 'M_NOT_FOUND: Not found' 'a server that is not wanted' ok
is "$(hs_log .path)" '' 'neither is asked for'
text=$(python3 -c 'print("hello " * 100, end="")' | hash_of)
db "INSERT INTO blocked_hashes VALUES ('$text', 1, '@mod:us.example', 'no')"
fails 1 'M_NOT_FOUND: Not found' 'blocked content' text
is "$(db "SELECT quarantined_by FROM remote_media_cache WHERE media_id = 'text'")" system 'is here, in quarantine'
is "$(db "SELECT c.origin, c.media_id, c.quarantined, a.by_user FROM quarantined_media_changes c JOIN media_actions a USING (action_id)")" \
	"$S|text|1|system" 'which is logged'
fails 1 'M_NOT_FOUND: Not found' 'and again' text
is "$(asked text)" 1 'it is not asked for again'
is "$(get --unsafely-bypass-quarantine "mxc://$S/text" | hash_of)" "$text" 'and shown to who decides about it'
is "$(get -q "mxc://$S/gone" >/dev/null; cat "$TMP/err")" '' '-q'

# ---- many at once

waited() { # waited N ID: until so many requests have come
	local i
	for i in $(seq 500); do
		[ "$(asked "$2")" -ge "$1" ] && return
		sleep 0.02
	done
}
herd() { # herd N ID: so many ask; sets askers
	local i
	askers=
	for i in $(seq "$1"); do
		mxmedia-get -c "$conf" -d "$TMP/store" -o "$TMP/herd.$2.$i" "mxc://$S/$2" 2>>"$TMP/herd.err" &
		askers="$askers $!"
	done
}
herd 20 gated-1
waited 1 gated-1
for p in $askers; do for q in $(pgrep -P "$p"); do cat "/proc/$q/cmdline" "/proc/$q/environ"; done; done >"$TMP/shown" 2>/dev/null
is "$(grep -ac mxpreview-fetch "$TMP/shown") $(grep -ac 'X-Matrix\|sig=' "$TMP/shown")" '1 0' 'one goes, and no process shows the signature'
: >"$HS_LOG.go"
good=0
for p in $askers; do wait "$p" && good=$((good + 1)); done
is "$good $(sha256sum "$TMP"/herd.gated-1.* | cut -d' ' -f1 | sort -u)" "20 $HS_PNG" 'twenty ask at once and have it'
is "$(asked gated-1)" 1 'it was asked for once'
is "$(db "SELECT count(*) FROM remote_media_cache WHERE media_id = 'gated-1'")" 1 'one row'

rm "$HS_LOG.go"
herd 1 gated-2
leader=${askers# }
waited 1 gated-2
herd 4 gated-3
others=$askers
mxmedia-get -c "$conf" -d "$TMP/store" -o "$TMP/second" "mxc://$S/gated-2" &
second=$!
kill -KILL "$leader"
wait "$leader" 2>/dev/null
waited 2 gated-2
: >"$HS_LOG.go"
wait "$second"
is "$? $(hash_of <"$TMP/second")" "0 $HS_PNG" 'whoever brings it is killed: who waits goes'
for p in $others; do wait "$p"; done
is "$(asked gated-2) $(asked gated-3)" '2 1' 'once more, and nothing else'
is "$(db "SELECT count(*) FROM remote_media_cache WHERE media_id = 'gated-2'")" 1 'one row'
rm "$HS_LOG.go"
herd 1 gated-4
waited 1 gated-4
kill -TERM "${askers# }"
wait "${askers# }"
is "$? $(db "SELECT count(*) FROM url_preview_failures WHERE url LIKE '%gated-4'")" '1 0' 'an interrupted one is no failure to remember'

is "$(grep -rac 'X-Matrix' "$TMP/store" | grep -vc ':0$')" 0 'no signature is kept'

# ---- the key

chmod 644 "$TMP/signing.key"
like "$(get "mxc://$S/ok-2" >/dev/null; cat "$TMP/err")" 'others may read the signing key' 'a key that others can read is told'
is "$(asked ok-2)" 1 'and used'
chmod 600 "$TMP/signing.key"
cp "$TMP/signing.key" "$TMP/key"
echo nonsense >"$TMP/signing.key"
fails 1 'signing_key .*not a signing key' 'a file that is none' ok-3
rm "$TMP/signing.key"
fails 1 'signing_key .*No such file' 'no file' ok-3
is "$(asked ok-3)" 0 'nothing is asked then'
is "$(get "mxc://$S/ok" | hash_of)" "$HS_PNG" 'what is here needs no key'
sed -i '/^signing_key/d' "$conf"
is "$(get "mxc://$S/ok-3" | hash_of)" "$HS_PNG" 'without one'
is "$(hs_log 'select(.path | contains("ok-3")) | .signed')" null 'nothing is signed'

# ---- names

for bad in 'mxc://127.1/ok' 'mxc://10.0.0.5/ok' 'mxc://[::1]/ok'; do
	get "$bad" >"$TMP/out"
	is "$? $(wc -c <"$TMP/out")" '1 0' "$bad"
done
get "mxc://$S/ok-5" >/dev/full
ok $(($? == 0)) '/dev/full'
finish
