#!/usr/bin/env bash
# Does mxpreview-fetch bring the media of other homeservers, and nothing that only looks like one?
. "$(dirname "$0")/lib.sh"
command -v openssl >/dev/null || skip_all 'no openssl'
command -v python3 >/dev/null || skip_all 'no python3'

. "$TOP/tests/homeserver.sh"
hs_authority
hs_certificate here 'IP:127.0.0.1'
hs_certificate elsewhere 'DNS:example.org'
hs_signing_key
hs_start here --public "$TMP/signing.pub"
printf 'allow_ip = 127.0.0.1\nmax_upload_size = 200000\nmedia_timeout = 20s\nserver_name = us.example\n' >"$TMP/conf"

S=127.0.0.1:$HS_PORT
fetch() { mxpreview-fetch -q -c "$TMP/conf" -d "$TMP/store" "$@"; }
# want ID [AUTHORIZATION]: the record that asks for it
want() {
	jq -nc --arg url "mxc://$S/$1" --arg auth "${2-}" \
		'{v: 1, url: $url, want: [{rel: "media", url: $url} + if $auth == "" then {} else {authorization: $auth} end]}'
}
auth() { hs_sign us.example "$S" "/_matrix/federation/v1/media/download/$1?timeout_ms=20000"; }
bring() { want "$1" "$(auth "$1")" | fetch; }                           # signed
outcome() { json '.error | [.status, .errcode, .class // "-"] | join(" ")'; } # of a record
# outcomes: lines "ID OUTCOME", asked all at once
outcomes() {
	local row rows
	mapfile -t rows
	for row in "${rows[@]}"; do want "${row%% *}" "$(auth "${row%% *}")"; done | fetch >"$TMP/outcomes"
	for row in "${rows[@]}"; do
		is "$(jq -c --arg u "mxc://$S/${row%% *}" 'select(.url == $u)' "$TMP/outcomes" | outcome)" "${row#* }" "${row%% *}"
	done
}
content() {                                                            # of the document of a record: SHA-256
	local id
	id=$(json '.docs[0].media_id')
	sha256sum <"$TMP/store/url_cache/${id:0:10}/${id:11}" | cut -d' ' -f1
}
left() { find "$TMP/store/url_cache" -name '.*' -o -path '*/robots' -prune -o -type f -print | grep -vc robots; }

# ---- the federation's way

r=$(bring ok)
is "$(json '.docs[0] | [.rel, .url, .type, .name, .bytes, .status] | join(" ")' <<<"$r")" "media mxc://$S/ok image/png a%20b.png 70 200" \
	'a file in an answer of two parts'
is "$(content <<<"$r")" "$HS_PNG" 'its bytes, and no others'
is "$(json '.docs[0].sha256' <<<"$r")" "$HS_PNG" 'its hash'
is "$(hs_log '.signed')" "good $S ed25519:a_test" 'the question is signed for that server'
is "$(hs_log '[.path, .host, .language] | map(tostring) | join(" ")')" "/_matrix/federation/v1/media/download/ok?timeout_ms=20000 $S null" \
	'it names the server, and no language'
is "$(json 'has("want")' <<<"$r")$(grep -c X-Matrix <<<"$r")" false0 'nothing of the signature is left in the record'
is "$(bring untyped | json '.docs[0] | [.type, .name] | join(" ")')" 'application/octet-stream ' 'a file without a type'
is "$(bring text | json '.docs[0].type')" text/plain 'a text'
is "$(bring exact | json '.docs[0].bytes')" 200000 'a file as large as may be'

# ---- elsewhere

hs_clear
is "$(bring cdn | json '.docs[0] | [.type, .name, .bytes] | join(" ")')" 'image/png plain.png 70' 'the answer says where the file is'
is "$(hs_log '[.path, .signed] | map(tostring) | join(" ")' | tail -n 1)" '/cdn/cdn null' 'it is fetched without a signature'
outcomes <<-END
	cdnhttp 502 M_UNKNOWN redirect
	cdnfile 502 M_UNKNOWN -
	cdninside 502 M_UNKNOWN denied
	cdnrelative 502 M_UNKNOWN -
	cdnloop 502 M_UNKNOWN redirect
	cdnbig 502 M_TOO_LARGE too-large
	cdn404 404 M_NOT_FOUND status
END
hs_clear
r=$(bring moved)
is "$(hs_log '[.path, .signed] | map(tostring) | join(" ")' | tail -n 1)" '/_matrix/federation/v1/media/download/ok null' \
	'nor is the signature sent where a redirect leads, be it the same server'

# ---- other ways

ways() { hs_log '.path' | sed 's|^/_matrix/||; s|/download/.*||; s|/media$||' | paste -sd' '; }
for row in 'v3 federation/v1 media/v3' 'r0 federation/v1 media/v3 media/r0' 'html404 federation/v1 media/v3' 'u400 federation/v1 media/v3' \
	'u405 federation/v1 media/v3'; do
	hs_clear
	is "$(bring "${row%% *}" | json '.docs[0].name')" plain.png "${row%% *}: an older server"
	is "$(ways)" "${row#* }" 'is asked in older ways, one after the other'
	is "$(hs_log '.signed' | sort | uniq -c | awk '{print $2, $1}' | paste -sd,)" "good 1,null $(($(wc -w <<<"$row") - 2))" \
		'and only the newest is signed'
done
is "$(hs_log '.path' | tail -n 1)" \
	"/_matrix/media/v3/download/127.0.0.1%3A$HS_PORT/u405?allow_remote=false&timeout_ms=20000&allow_redirect=true" 'what it is asked'
hs_clear
is "$(want ok | fetch | json '.docs[0].name')" plain.png 'without a signature'
is "$(ways)" media/v3 'only the older ways are tried'
is "$(want movedv3 | fetch | json '.docs[0].name')" plain.png 'a redirect there'
hs_clear
is "$(bring never | outcome)" '404 M_NOT_FOUND status' 'a server that knows none of them'
is "$(ways)" 'federation/v1 media/v3 media/r0' 'was asked in all'
hs_clear
is "$(bring nosuch | outcome)" '404 M_NOT_FOUND status' 'what is not there'
is "$(ways)" federation/v1 'is not asked for again'

# ---- what is no medium

n=$(left)
outcomes <<-END
	m403 502 M_UNKNOWN status
	m500 502 M_UNKNOWN status
	big 502 M_TOO_LARGE too-large
	bigplain 502 M_TOO_LARGE too-large
	empty 502 M_UNKNOWN -
	emptyplain 502 M_UNKNOWN -
	cut 502 M_UNKNOWN -
	short 502 M_UNKNOWN broken
	lying 502 M_UNKNOWN -
	nested 502 M_UNKNOWN -
	html 502 M_UNKNOWN -
END
printf 'media_timeout = 500\n' >>"$TMP/conf"
is "$(bring slow | outcome)" '502 M_UNKNOWN timeout' 'slow'
printf 'media_timeout = 1m\n' >>"$TMP/conf"
is "$(left)" "$n" 'what is refused leaves no file'

# ---- whom it speaks to

hs_start elsewhere --public "$TMP/signing.pub"
S=127.0.0.1:$HS_PORT
hs_clear
is "$(bring ok | outcome)" '502 M_UNKNOWN tls' 'a certificate for another name'
is "$(hs_log '.path')" '' 'nothing is asked then'
S=127.0.0.1:22
is "$(bring ok | outcome)" '502 M_UNKNOWN denied' 'a port that is another service'"'"'s'
inside=$(for S in 10.0.0.5 '[::1]:8448' 127.0.0.2:8448 192.168.1.1:443 '[::ffff:127.0.0.2]:8448'; do want ok; done | fetch)
is "$(outcome <<<"$inside" | sort | uniq -c | xargs)" '5 502 M_UNKNOWN denied' 'addresses inside'
none=$(for S in 127.1 a/b 'u@127.0.0.1' '127.0.0.1:0' '127.0.0.1:99999' 'a b' ''; do want ok; done | fetch)
is "$(outcome <<<"$none" | sort | uniq -c | xargs)" '7 400 M_UNKNOWN -' 'what is no name of a server'

# ---- whose rules

hs_start here --public "$TMP/signing.pub"
S=127.0.0.1:$HS_PORT
rule() { { cat "$TMP/conf" && printf '%s\n' "$@"; } >"$TMP/rules"; want ok | mxpreview-fetch -q -c "$TMP/rules" -d "$TMP/store" | json '.docs[0].rel // .error.error'; }
is "$(rule 'allow_url = domain=example.org')" media 'what alone may be previewed says nothing of homeservers'
is "$(rule 'preview = false' '[site "example.org"]' 'preview = true')" media 'nor do sites that alone have previews'
like "$(rule 'deny_url = netloc=127.0.0.1*')" 'blocked' 'what is denied is denied'
like "$(rule '[site "127.0.0.1"]' 'preview = false')" 'disabled' 'so is a site that is closed'
like "$(rule 'allow_port = 443')" 'port' 'and what is no port of the owner'"'"'s'

# ---- signatures that cannot be sent

S=127.0.0.1:$HS_PORT
is "$(want ok $'X-Matrix a\r\nEvil: 1' | fetch | outcome)" '400 M_UNKNOWN -' 'a line end in a signature'
is "$(want ok "$(printf 'x%.0s' {1..3000})" | fetch | outcome)" '400 M_UNKNOWN -' 'a long signature'
is "$(want ok | jq -c '.want[0].timeout_ms = 99999999' | fetch | outcome)" '400 M_UNKNOWN -' 'a long timeout'
hs_start here --public "$TMP/signing.pub"
S=127.0.0.1:$HS_PORT
want ok "$(auth ok)" | mxpreview-fetch -vv -c "$TMP/conf" -d "$TMP/store" 2>"$TMP/told" >/dev/null
like "$(cat "$TMP/told")" "> Host: $S" '-vv tells the question'
is "$(grep -ci 'x-matrix\|authorization\|sig=' "$TMP/told")" 0 'but not the signature'
is "$(fetch "mxc://$S/ok" | json '.docs[0].rel')" media 'a bare name of a medium is a question'
is "$(printf '%s\n' "$(want ok)" "$(want nosuch)" "$(want r0)" | fetch | json '.docs[0].rel // .error.status' | sort | paste -sd' ')" '404 media media' \
	'several at once'
finish
