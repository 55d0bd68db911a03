#!/usr/bin/env bash
# Does `mxpreview --format card` give the PreviewURL Card document: types, lists, and what a card must have?
. "$(dirname "$0")/lib.sh"

mkdir -p "$TMP/root/sub"
page() { cat >"$TMP/root/$1.html"; }
S=$TMP/store
origin_start --root "$TMP/root" --log "$TMP/log"
base=http://127.0.0.1:$PORT
card() { mxpreview -q -d "$S" --allow-ip 127.0.0.0/8 --format card "$@"; }
picked() { jq -S -c "$1"; }

page basic <<'END'
<meta property="og:title" content="Concert"><meta property="og:description" content="Live">
<meta property="og:site_name" content="Hall"><meta property="og:site_icon" content="/icon.png">
<meta property="og:image:fill" content="False"><meta property="og:image:template" content="horizontal">
<meta property="og:background_image" content="sub/back.png"><meta property="og:card_button" content="Join">
<meta property="og:tag_icon" content="javascript:alert(1)"><meta property="og:tag_description" content="Tag">
END
is "$(card "$base/basic.html" | picked 'del(."og:site_icon",."og:background_image")')" \
	'{"og:card_button":"Join","og:description":"Live","og:site_name":"Hall","og:tag_description":"Tag","og:title":"Concert"}' \
	"members that describe an image go with the image, and an address that runs code is no address"
is "$(card "$base/basic.html" | picked '[."og:site_icon",."og:background_image"]')" "[\"$base/icon.png\",\"$base/sub/back.png\"]" "addresses are made absolute"
is "$(card --strict "$base/basic.html" >/dev/null; echo $?)" 0 "a card that has everything is complete"

page activity <<'END'
<base href="/sub/"><title>T</title><meta name=description content=D>
<meta property="og:card_type" content="activity"><meta property="og:host:name" content="Ann"><meta property="og:host:avatar" content="ann.png">
<meta property="og:date" content="2022 Nov 12. 16:54"><meta property="og:end_date" content="2022-11-12T18:00:00.000Z">
<meta property="og:participant:name[]" content="Bea"><meta property="og:participant:name[]" content="Cid"><meta property="og:participant:name[]" content="">
<meta property="og:participant:avatar[]" content="b.png"><meta property="og:participant:avatar[]" content="mailto:x@example.org"><meta property="og:participant:avatar[]" content="https://x.example/d.png">
<meta property="og:participant:count" content="12"><meta property="og:partner:name[]" content="One"><meta property="og:other[]" content="1"><meta property="og:other[]" content="2">
END
out=$(card "$base/activity.html")
is "$(picked '[."og:participant:name[]",."og:participant:avatar[]",."og:partner:name[]",."og:other[]"]' <<<"$out")" \
	"[[\"Bea\",\"Cid\",\"\"],[\"$base/sub/b.png\",\"\",\"https://x.example/d.png\"],[\"One\"],[\"1\",\"2\"]]" \
	"names with brackets are lists in the order of the page, unusable elements keep their place"
requests() { grep -c 'GET /activity' "$TMP/log"; }
before=$(requests)
is "$(card "$base/activity.html")" "$out" "the card of a known answer is the same"
is "$(mxpreview -q -d "$S" --allow-ip 127.0.0.0/8 "$base/activity.html" | picked '."og:host:name"'):$(($(requests) - before))" '"Ann":0' "the page is not asked for again"
is "$(picked '[."og:participant:count",."og:date",."og:end_date",."og:host:avatar"]' <<<"$out")" \
	"[12,\"2022 Nov 12. 16:54\",\"2022-11-12T18:00:00.000Z\",\"$base/sub/ann.png\"]" "a count is a number, dates are passed on, base href counts"
is "$(picked '[."og:site_name",."og:site_icon",.missing]' <<<"$out")" "[\"127.0.0.1\",\"$base/favicon.ico\",null]" \
	"the host names the site, and the icon is where browsers look"
is "$(mxpreview -q -d "$S" --allow-ip 127.0.0.0/8 --refresh "$base/activity.html" | picked '[."og:participant:name[]",."og:participant:count"]')" '["Bea","12"]' \
	"the plain answer stays plain"

page lacking <<'END'
<meta property="og:card_type" content="activity"><meta property="og:participant:count" content="many"><meta property="og:image:fill" content="perhaps">
END
is "$(card "$base/lacking.html" | picked '[.missing,."og:participant:count",."og:image:fill"]')" \
	'[["og:title","og:description","og:host:name","og:host:avatar"],null,null]' "what is missing is reported, what is of the wrong type is left out"
card "$base/lacking.html" >/dev/null
is $? 0 "an incomplete card is an answer"
card --strict "$base/lacking.html" "$base/basic.html" >"$TMP/two"
is "$?:$(wc -l <"$TMP/two")" 1:2 "--strict makes it a failure, and ends no batch"

"$BIN/tests/mkimage" 40x30 1 >"$TMP/root/i.jpg"
page pictured <<'END'
<title>T</title><meta property="og:image" content="i.jpg"><meta property="og:image:fill" content="False"><meta property="og:image:template" content="horizontal">
END
is "$(card "$base/pictured.html" | picked '[."og:image:fill",."og:image:template",."og:image:width",(."og:image"|startswith("mxc://"))]')" '[false,"horizontal",40,true]' "an image says how it is to be shown"

page icons <<'END'
<title>T</title><p>Some text.<link rel=icon href=small.png>
END
is "$(card "$base/icons.html" | picked '[."og:site_icon",."og:description"]')" "[\"$base/small.png\",\"Some text.\"]" "the icon a page links to is the site's"

{ printf '<title>T</title><meta name=description content=D>'
	for i in $(seq 60); do printf '<meta property="og:participant:name[]" content="n%d">' "$i"; done
	for i in $(seq 60); do printf '<meta property="og:l%d[]" content="x">' "$i"; done; } | page many
is "$(card "$base/many.html" | picked '[(."og:participant:name[]"|length), (to_entries|map(select(.value|type=="array"))|length)]')" '[50,16]' "lists are bounded in length and number"
is "$(card "$base/status/404" | picked '[.url,.error.status,."og:title"]')" "[\"$base/status/404\",502,null]" "a failed question has no card"
mxpreview -q --format nonsense "$base/" >/dev/null 2>&1
is $? 2 "an unknown format is a usage error"
finish
