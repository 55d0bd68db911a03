#!/usr/bin/env bash
# Does mxpreview-og turn fetched documents into previews, wish for what it lacks, and survive what is thrown at it?
. "$(dirname "$0")/lib.sh"

S=$TMP/store
mkdir -p "$S/url_cache/2026-01-02"
put() { cat >"$S/url_cache/2026-01-02/$1"; }
# record LETTERS TYPE [MORE-DOCS [MORE-MEMBERS]]: a page that was fetched
record() {
	printf '{"v":1,"id":7,"url":"https://example.org/short","docs":[{"rel":"page","url":"https://example.org/short","final_url":"https://example.org/long/page","status":200,"type":"%s","media_id":"2026-01-02_%s","bytes":4711,"name":"a name.bin"}%s]%s}\n' \
		"$2" "$1" "${3:+,$3}" "${4:+,$4}"
}
filter() { mxpreview-og -q -d "$S" "$@"; }
picked() { jq -S -c "$1"; }

printf '<title>T</title><meta name=description content=D><meta property="og:image" content="i.png"><meta property="og:image:alt" content=alt>' | put AAAAAAAAAAAAAAAA
out=$(record AAAAAAAAAAAAAAAA text/html | filter)
is "$(picked .og <<<"$out")" '{"og:description":"D","og:image":"https://example.org/long/i.png","og:image:alt":"alt","og:title":"T"}' "a page is described, relative to where it was found"
is "$(picked .want <<<"$out")" '[{"rel":"image","url":"https://example.org/long/i.png"}]' "its image is wanted"
is "$(picked '[.id,.url,.error]' <<<"$out")" '[7,"https://example.org/short",null]' "what it does not know it passes on"
is "$(filter <<<"$out")" "$out" "a second pass changes nothing"
is "$(picked '[.html.charset,.html.sources["og:title"],.html.images[0].source]' <<<"$out")" '["UTF-8","title","og"]' "the record tells the sources"
is "$(record AAAAAAAAAAAAAAAA '' | filter | json '.og["og:title"]')" T "a page without a type is known by its bytes"
is "$(record AAAAAAAAAAAAAAAA application/octet-stream | filter | json '.og["og:title"]')" T "so is one of the type of those who know none"
is "$(record AAAAAAAAAAAAAAAA application/zip | filter | picked .og)" '{"og:title":"a name.bin"}' "other documents have a name"
is "$(record NNNNNNNNNNNNNNNN text/html | filter | picked '[.error.stage,.og]')" '["og",null]' "a page that is gone fails the record"
record NNNNNNNNNNNNNNNN text/html | filter >/dev/null
is $? 1 "and the exit status says so"

# ---- oEmbed
link='<link rel=alternate type=application/json+oembed href=/o.json>'
printf '<title>T</title>%s<img src=scraped.png>text' "$link" | put BBBBBBBBBBBBBBBB
out=$(record BBBBBBBBBBBBBBBB text/html | filter)
is "$(picked '[.want,.html.pending]' <<<"$out")" '[[{"rel":"oembed","url":"https://example.org/o.json"}],"oembed"]' "an answer the page links to goes before a scraped image"
is "$(picked .og <<<"$out")" '{"og:description":"text","og:image":"https://example.org/long/scraped.png","og:title":"T"}' "what is known is written at once"
is "$(filter <<<"$out")" "$out" "while it is wanted nothing changes"
given_up=$(jq -c 'del(.want)|.warnings=[{"stage":"fetch","rel":"oembed","url":"https://example.org/o.json"}]' <<<"$out" | filter)
is "$(picked '[.want,.html.pending]' <<<"$given_up")" '[[{"rel":"image","url":"https://example.org/long/scraped.png"}],null]' "when it cannot be had the scraped image must do"
odoc='{"rel":"oembed","url":"https://example.org/o.json","final_url":"https://example.org/o.json","status":200,"type":"application/json","media_id":"2026-01-02_OOOOOOOOOOOOOOOO","bytes":9}'
answer='"oembed":{"og":{"og:url":"https://example.org/short","og:title":"OT","og:image":"https://o.example/t.png","og:image:width":5,"og:site_name":"OS"}}'
came=$(jq -c "del(.want,.og)|.docs+=[$odoc]|.+{$answer}" <<<"$out" | filter)
is "$(picked .og <<<"$came")" '{"og:description":"text","og:image":"https://o.example/t.png","og:image:width":5,"og:site_name":"OS","og:title":"OT","og:url":"https://example.org/short"}' "oEmbed goes before what is inferred"
is "$(picked '[.want,.html.pending]' <<<"$came")" '[[{"rel":"image","url":"https://o.example/t.png"}],null]' "and its image is wanted"
printf '<meta property="og:title" content=HT>%s<meta property="og:image" content=h.png><meta property="og:image:alt" content=halt>' "$link" | put CCCCCCCCCCCCCCCC
out=$(record CCCCCCCCCCCCCCCC text/html | filter)
is "$(picked '[.want[].rel]|sort' <<<"$out")" '["image","oembed"]' "a declared image is wanted beside the answer"
came=$(jq -c "del(.want,.og)|.docs+=[$odoc]|.+{$answer}" <<<"$out" | filter)
is "$(picked .og <<<"$came")" '{"og:image":"https://example.org/long/h.png","og:image:alt":"halt","og:site_name":"OS","og:title":"HT","og:url":"https://example.org/short"}' "what the page declares goes before oEmbed, the image with all that describes it"
printf 'merge = oembed-first\n' >"$TMP/first.conf"
out=$(record CCCCCCCCCCCCCCCC text/html "$odoc" "$answer" | filter -c "$TMP/first.conf")
is "$(picked .og <<<"$out")" '{"og:image":"https://o.example/t.png","og:image:width":5,"og:site_name":"OS","og:title":"OT","og:url":"https://example.org/short"}' "the configuration turns it round"
out=$(printf '{"v":1,"url":"https://example.org/short","docs":[%s],%s}\n' "$odoc" "$answer" | filter)
is "$(picked '[.og["og:title"],.want[0].rel]' <<<"$out")" '["OT","image"]' "oEmbed alone is a preview"

# ---- compat
printf 'compat = synapse\n' >"$TMP/compat.conf"
printf '<body>One <b>two</b>' | put DDDDDDDDDDDDDDDD
is "$(record DDDDDDDDDDDDDDDD text/html | filter -c "$TMP/compat.conf" | picked .og)" '{"og:description":"One\n\ntwo","og:title":null}' "compat = synapse: nulls, and every text node a paragraph"

# ---- images
printf '\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\x03\0\0\0\x02\x08\x02\0\0\0\x12\x16\xf1\x4d' | put EEEEEEEEEEEEEEEE
is "$(record EEEEEEEEEEEEEEEE 'image/png' | filter | picked '[.og,.want]')" \
	'[{"matrix:image:size":4711,"og:description":"a name.bin","og:image":"https://example.org/long/page","og:image:height":2,"og:image:type":"image/png","og:image:width":3},null]' "a picture is described from its header"
printf 'GIF?' | put FFFFFFFFFFFFFFFF
is "$(record FFFFFFFFFFFFFFFF 'image/gif' | filter | picked '.og|keys')" '["matrix:image:size","og:description","og:image","og:image:type"]' "one that cannot be measured has no size"
is "$(mxpreview-og "$S/url_cache/2026-01-02/EEEEEEEEEEEEEEEE" | jq -S -c .)" '{"matrix:image:size":33,"og:image:height":2,"og:image:type":"image/png","og:image:width":3}' "by hand too"

# ---- the loop
is "$(printf 'https://example.org/\n{"v":1,"url":"https://a.example/","cache":{"hit":true},"og":{}}\n{"v":1,"url":"https://b.example/","error":{"stage":"x"}}\n' | filter | wc -l)" 3 "what is not its business passes through"
is "$(printf '<title>T' | mxpreview-og - | jq -S -c .)" '{"og:title":"T"}' "a page on standard input"
is "$(mxpreview-og --explain --url https://example.org/ "$S/url_cache/2026-01-02/AAAAAAAAAAAAAAAA" | json '.html.images|length')" 1 "--explain tells everything"
mxpreview-og -q "$TMP/none" 2>/dev/null
is $? 1 "a missing file is an error"
mxpreview-og -q --url https://example.org/ 2>/dev/null
is $? 2 "--url without a file is a usage error"
printf '<title>T' | mxpreview-og -q - >/dev/full
like $? '^(1|75)$' "nothing is done until it has left"

# ---- hostile shapes: no crash, no more memory than the page itself and a little, and soon
bombs=$SHARED/corpora/bombs
if [ -d "$bombs" ]; then
	for bomb in "$bombs"/html-*; do
		name=$(basename "$bomb" .gz)
		case $bomb in *.gz) gzip -dc "$bomb" ;; *) cat "$bomb" ;; esac >"$TMP/bomb"
		timeout 10 mxpreview-og -q --url https://example.org/ "$TMP/bomb" >"$TMP/out" 2>"$TMP/err"
		is "$?:$(jq -c type "$TMP/out")" '0:"object"' "bomb: $name"
	done
else
	skip "bombs" "not here"
fi
finish
