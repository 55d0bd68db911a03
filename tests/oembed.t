#!/usr/bin/env bash
# Does mxpreview-oembed know whom to ask, and read the answers?
. "$(dirname "$0")/lib.sh"

# ---- answers: NAME.in becomes NAME.json; an empty NAME.json means that it is refused
while IFS= read -r answer; do
	case=${answer%.in}
	got=$(mxpreview-oembed -q --url https://example.org/v/1 "$answer")
	rc=$?
	name=$(basename "$case")
	if [ -s "$case.json" ]; then
		is "$(jq -S -c . <<<"$got")" "$(jq -S -c . "$case.json")" "${name//-/ }"
	else
		is "$rc:$got" "1:" "${name//-/ }"
	fi
done < <(find "$TOP/tests/golden/oembed" -name '*.in' | sort)

# ---- endpoints
asks() { # asks URL ENDPOINT-URL NAME
	is "$(mxpreview-oembed --endpoint "$1")" "$2" "$3"
}
knows_not() {
	mxpreview-oembed --endpoint "$1" >/dev/null
	is $? 1 "$2"
}
YT='https://www.youtube.com/oembed?url='
asks 'https://www.youtube.com/watch?v=abc&t=1s' "${YT}https%3A%2F%2Fwww.youtube.com%2Fwatch%3Fv%3Dabc%26t%3D1s&format=json" "a pattern with a query matches"
asks 'https://youtu.be/abc' "${YT}https%3A%2F%2Fyoutu.be%2Fabc&format=json" "youtu.be is YouTube"
asks 'https://WWW.YouTube.com/shorts/x' "${YT}https%3A%2F%2FWWW.YouTube.com%2Fshorts%2Fx&format=json" "the host in any letter case"
asks 'https://x.com/a/status/1' 'https://publish.x.com/oembed?url=https%3A%2F%2Fx.com%2Fa%2Fstatus%2F1&format=json' "X"
asks 'http://vimeo.com/1' 'https://vimeo.com/api/oembed.json?url=http%3A%2F%2Fvimeo.com%2F1&format=json' "the table means http and https"
knows_not 'https://example.org/' "an unknown host has no provider"
knows_not 'https://youtube.com.evil.example/watch?v=1' "nor one that only begins like a known one"
knows_not 'https://a.b.youtube.com/watch?v=1' "a star is one label"
knows_not 'https://youtu.be/' "a star is at least one character"
knows_not 'ftp://youtu.be/abc' "only the web"
knows_not 'https://youtu.be:8443/abc' "another port is another site"
knows_not 'nonsense' "nonsense is nobody's"

# ---- the owner's own providers
cat >"$TMP/own.json" <<'JSON'
[{"provider_name":"A","provider_url":"https://a.example","endpoints":[
   {"schemes":["https://*.a.example/v/*","https://a.example/q?id=*"],"url":"https://a.example/oembed.{format}?key=1"},
   {"schemes":["https://x.a.example/*"],"url":"https://a.example/oembed.xml"},
   {"schemes":["https://y.a.example/*"],"url":"https://a.example/oembed","formats":["xml"]},
   {"schemes":["spotify:*"],"url":"https://a.example/oembed"},
   {"url":"https://a.example/noscheme"},
   {"schemes":["https://z.a.example/*"],"url":"//a.example/oembed"}]},
 {"provider_name":"again","provider_url":"https://b.example","endpoints":[
   {"schemes":["https://*.a.example/v/*"],"url":"https://b.example/oembed?format=json"}]},
 17]
JSON
own() { mxpreview-oembed --providers "$TMP/own.json" --endpoint "$1"; }
is "$(own 'https://www.a.example/v/1')" 'https://b.example/oembed?format=json&url=https%3A%2F%2Fwww.a.example%2Fv%2F1' "a pattern that comes again takes the later endpoint"
is "$(own 'https://a.example/q?id=7')" 'https://a.example/oembed.json?key=1&url=https%3A%2F%2Fa.example%2Fq%3Fid%3D7&format=json' "the format is filled in, a query is continued"
is "$(own 'https://x.a.example/1')" 'https://a.example/oembed.xml?url=https%3A%2F%2Fx.a.example%2F1&format=xml' "an endpoint whose name says XML is asked for XML"
is "$(own 'https://y.a.example/1')" 'https://a.example/oembed?url=https%3A%2F%2Fy.a.example%2F1&format=xml' "so is one that offers nothing else"
own https://z.a.example/1 >/dev/null
is $? 1 "an endpoint that is no web address is passed over"
own 'https://youtu.be/abc' >/dev/null
is $? 0 "the built-in table stays"
like "$(mxpreview-oembed -v --providers "$TMP/own.json" --endpoint https://a.example/q?id=7 2>&1 >/dev/null)" 'own.json: 4 entries cannot be used' "what cannot be used is counted"
mxpreview-oembed -q --providers "$TMP/none.json" --endpoint https://a.example/
is $? 2 "a missing file is a usage error"
printf '{}' >"$TMP/object.json"
mxpreview-oembed -q --providers "$TMP/object.json" --endpoint https://a.example/
is $? 2 "so is one that is no list"
if [ -r "$SHARED/corpora/oembed/providers.json" ]; then
	is "$(mxpreview-oembed --providers "$SHARED/corpora/oembed/providers.json" --endpoint https://www.behance.net/gallery/1/x)" \
		'https://www.behance.net/services/oembed?url=https%3A%2F%2Fwww.behance.net%2Fgallery%2F1%2Fx&format=json' "the official list is read"
else
	skip "the official list is read" "not here"
fi

# ---- records
S=$TMP/store
filter() { mxpreview-oembed -q -d "$S"; }
is "$(echo https://youtu.be/abc | filter | json '[.want[]|.rel+" "+.url]|join("; ")')" \
	"page https://youtu.be/abc; oembed ${YT}https%3A%2F%2Fyoutu.be%2Fabc&format=json" "a new record wants its page and its provider's answer"
is "$(echo https://example.org/ | filter | json '[.want[].rel]|join(" ")')" page "or its page alone"
mkdir -p "$S/url_cache/2026-01-02"
put() { # put ID-LETTERS: standard input becomes a blob
	cat >"$S/url_cache/2026-01-02/$1"
}
record() { # record LETTERS TYPE
	printf '{"v":1,"url":"https://example.org/v","og":{"og:title":"old"},"docs":[{"rel":"oembed","url":"https://o.example/?u","final_url":"https://o.example/x/?u","status":200,"type":"%s","media_id":"2026-01-02_%s","bytes":1}]}\n' "$2" "$1"
}
printf '{"version":"1.0","type":"photo","url":"p.jpg","title":"T","author_name":"Ann","cache_age":"90000"}' | put AAAAAAAAAAAAAAAA
is "$(record AAAAAAAAAAAAAAAA application/json | filter | jq -S -c '[.oembed,.og,.warnings]')" \
	'[{"author_name":"Ann","cache_age":86400,"og":{"og:image":"https://o.example/x/p.jpg","og:title":"T","og:url":"https://example.org/v"}},null,null]' \
	"an answer is read, relative to where it came from, and og is to be merged anew"
printf '<html>' | put BBBBBBBBBBBBBBBB
is "$(record BBBBBBBBBBBBBBBB application/json | filter | jq -c '[.oembed.og,.error,.warnings[0].rel,.warnings[0].stage]')" '[{},null,"oembed","oembed"]' "an unreadable answer is a warning"
is "$(record AAAAAAAAAAAAAAAA text/html | filter | json '.warnings|length')" 0 "text may be JSON"
is "$(record AAAAAAAAAAAAAAAA image/png | filter | json '.warnings|length')" 1 "a picture is not"
is "$(record CCCCCCCCCCCCCCCC application/json | filter | json '.warnings|length')" 1 "an answer that is gone is a warning"
line=$(record AAAAAAAAAAAAAAAA application/json | filter)
is "$(filter <<<"$line")" "$line" "a second pass changes nothing"
failed='{"v":1,"url":"https://x.com/a","error":{"stage":"fetch","status":502,"errcode":"M_UNKNOWN","error":"x"}}'
is "$(filter <<<"$failed" | jq -S -c .)" "$(jq -S -c . <<<"$failed")" "failed records pass through"

# ---- leaving
mxpreview-oembed -q --endpoint https://youtu.be/abc >/dev/full
like $? '^(1|75)$' "nothing is done until it has left"
mxpreview-oembed -q --url https://e.org/ 2>/dev/null
is $? 2 "an answer needs a file"
finish
