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

finish
