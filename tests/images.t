#!/usr/bin/env bash
# What becomes of a preview whose picture cannot be had?  The next one is tried, a few times, in the router and by hand.
. "$(dirname "$0")/lib.sh"

mkdir -p "$TMP/site"
"$BIN/tests/mkimage" 320x240 3 >"$TMP/site/good.jpg"
page() { cat >"$TMP/site/$1"; }
origin_start --root "$TMP/site" --log "$TMP/log"
O=http://127.0.0.1:$PORT
S=$TMP/store
mx() { mxpreview -d "$S" --allow-ip 127.0.0.0/8 "$@"; }
asked() { grep -c "GET $1" "$TMP/log"; }

page second.html <<'HTML'
<title>T</title><meta name="description" content="D">
<meta property="og:image" content="/status/404"><meta property="og:image:alt" content="the lost one">
<meta property="og:image" content="/good.jpg"><meta property="og:image:alt" content="the good one">
HTML
out=$(mx --format record "$O/second.html")
is "$(json '.og["og:image:width"], .og["og:image:alt"]' <<<"$out")" "320
the good one" "the second image is taken when the first is gone, with what describes it"
is "$(json '[.warnings[] | [.rel, .status]] | tostring' <<<"$out")" '[["image",502]]' "the first is a warning"
is "$(json '.thumbs | length' <<<"$out")" 3 "and it is made small"
is "$(asked /status/404):$(asked /good.jpg)" 1:1 "each was asked for once"

page third.html <<'HTML'
<title>T</title><meta property="og:image" content="/status/404?1"><meta name="twitter:image" content="/status/500?2">
<script type="application/ld+json">{"@type":"Article","image":["/good.jpg?3"]}</script>
HTML
is "$(mx "$O/third.html" | json '."og:image:height"')" 240 "the third may come from elsewhere in the page"

{
	printf '<title>T</title>'
	for i in 1 2 3 4 5 6; do printf '<meta property="og:image" content="/status/404?many%d"><meta property="og:image:width" content="9">' $i; done
} | page many.html
out=$(mx --format record "$O/many.html")
is "$(asked /status/404.many)" 3 "three images are tried and no more"
is "$(json '[.og | keys[]] | join(" ")' <<<"$out")" og:title "then there is none, and nothing that describes one"
is "$(json '.error' <<<"$out")" null "which is no failure"

page same.html <<'HTML'
<title>T</title><meta property="og:image" content="/status/404?same"><meta name="twitter:image" content="/status/404?same"><img src="/good.jpg?same" width="300" height="200">
HTML
is "$(mx "$O/same.html" | json '."og:image:width"')" 320 "what the page only shows stands in for what it declares"
is "$(asked /status/404.same)" 1 "nothing is asked for twice"

# ---- by hand: one more pair of og and fetch
fetch() { mxpreview-fetch -q -d "$S" --allow-ip 127.0.0.0/8; }
og() { mxpreview-og -q -d "$S"; }
first=$(echo "$O/second.html" | fetch | og | fetch)
is "$(json '.og["og:image:alt"]' <<<"$first")" "the lost one" "by hand the first image has been tried"
second=$(og <<<"$first")
is "$(json '.og["og:image:alt"], .want[0].url' <<<"$second")" "the good one
$O/good.jpg" "another mxpreview-og wants the next"
is "$(og <<<"$second")" "$second" "and once more changes nothing"
is "$(fetch <<<"$second" | og | json '[.docs[].rel] | tostring')" '["page","image"]' "another mxpreview-fetch brings it"
lost=$(echo "$O/many.html" | fetch | og | fetch | og | fetch | og | fetch | og)
is "$(json '[.og["og:image"], .want] | tostring' <<<"$lost")" '[null,null]' "after three there is an end, by hand too"
is "$(og <<<"$lost")" "$lost" "for good"

# ---- pictures that come and are none
printf '<!DOCTYPE html><title>404</title><svg></svg>' >"$TMP/site/sorry.png"
head -c 300 "$TMP/site/good.jpg" >"$TMP/site/cut.jpg"
printf 'GIF89a\001\000\001\000\200\000\000\000\000\000\377\377\377!\371\004\001\000\000\000\000,\000\000\000\000\001\000\001\000\000\002\001D\000;' >"$TMP/site/dot.gif"
printf '<?xml version="1.0"?>\n<!-- a drawing -->\n<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>' >"$TMP/site/drawing.svg"
two() { # two NAME FIRST: a page with this picture, and a good one after it
	page "$1.html" <<<"<title>T</title><meta property='og:image' content='$2'><meta property='og:image:alt' content='first'><meta property='og:image' content='/good.jpg?$1'><meta property='og:image:alt' content='second'>"
	mx --format record "$O/$1.html"
}
answer() { json '[.og["og:image:alt"], .og["og:image:width"], (.thumbs // [] | length), .warnings[0].stage] | tostring'; }
out=$(two sorry /sorry.png)
is "$(answer <<<"$out")" '["second",320,3,"thumb"]' "a page that is sent as image/png is no picture: the next one is tried"
id=$(json '.docs[1].media_id' <<<"$out")
is "$(json '.dropped | tostring' <<<"$out")" "[\"$id\"]" "the record says which one was dropped"
is "$(json '.og' <<<"$out" | grep -c "${id:?}"):$(find "$S/url_cache_thumbnails" -path "*${id#*_}*" | wc -l)" 0:0 "the answer does not name its file, nor has it thumbnails"
like "$(json '.warnings[0] | .rel + " " + .url + " " + .error' <<<"$out")" "image $O/sorry.png not a JPEG" "the warning says why"
is "$(answer <<<"$(two cut /cut.jpg)")" '["second",320,3,"thumb"]' "nor is one that is broken"
is "$(answer <<<"$(two dot /dot.gif)")" '["second",320,3,"thumb"]' "a spacer yields to what is better"
is "$(answer <<<"$(two data 'data:image/png;base64,aGVsbG8=')")" '["second",320,3,"thumb"]' "what a data: URL holds can be none, too"
is "$(answer <<<"$(two drawing /drawing.svg)")" '["first",null,0,"thumb"]' "a drawing cannot be made small, but it is the picture"
page alone.html <<<"<title>T</title><meta property='og:image' content='/dot.gif'>"
is "$(mx "$O/alone.html" | json '."og:image:width"')" 1 "a spacer is shown when there is nothing else"
page sorry-alone.html <<<"<title>T</title><meta property='og:image' content='/sorry.png'><meta property='og:image:alt' content='A'>"
out=$(mx --format record "$O/sorry-alone.html")
is "$(json '[.og | keys[]] | join(" ")' <<<"$out")" og:title "without another one there is none, and nothing that describes one"
{ printf '<title>T</title>' && printf '<meta property="og:image" content="/sorry.png?%d">' 1 2 3 4 5; } | page sorries.html
out=$(mx --format record "$O/sorries.html")
is "$(asked '/sorry.png.[1-5]'):$(json '.og["og:image"]' <<<"$out")" 3:null "three are tried and no more"
page mixed.html <<<'<title>T</title><meta property="og:image" content="/status/404?mixed"><meta property="og:image" content="/dot.gif?mixed"><img src="/good.jpg?mixed">'
is "$(mx "$O/mixed.html" | json '."og:image:width"')" 320 "what cannot be fetched and what cannot be used count together"
page mixed4.html <<<'<title>T</title><meta property="og:image" content="/status/404?4"><meta property="og:image" content="/status/404?5"><meta property="og:image" content="/dot.gif?6"><img src="/good.jpg?7">'
is "$(mx "$O/mixed4.html" | json '."og:image:width"')" 1 "the last that may be tried is kept, small as it is"

raw() { # raw FILE: its bytes without a type
	printf '/raw?b64=%s' "$({ printf 'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n' && cat "$1"; } | base64 -w 0 | sed 's/+/%2B/g;s/=/%3D/g;s,/,%2F,g')"
}
"$BIN/tests/mkimage" 64x48 3 30 2 >"$TMP/small.jpg"
page untyped.html <<<"<title>T</title><meta property='og:image' content='$(raw "$TMP/small.jpg")'>"
is "$(mx "$O/untyped.html" | json '[."og:image:type", ."og:image:width"] | tostring')" '["image/jpeg",64]' "a picture without a type is known by its bytes"

# ---- by hand
thumb() { mxpreview-thumb -q -d "$S"; }
once=$(echo "$O/sorry.html" | fetch | og | fetch | thumb)
is "$(json '[.thumbs, .image] | tostring' <<<"$once")" '[null,null]' "by hand mxpreview-thumb leaves room for the next"
is "$(thumb <<<"$once")" "$once" "and once more changes nothing"
is "$(og <<<"$once" | fetch | thumb | json '[.og["og:image:alt"], .image.width, (.thumbs | length)] | tostring')" '["second",320,3]' "which og, fetch and thumb bring"
is "$(mxpreview-cache put -d "$S" <<<"$once" 2>/dev/null | json '.og["og:image"]')" null "without them no unusable file is named"

finish
