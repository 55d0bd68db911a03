#!/usr/bin/env bash
# What does a record tell of its page beside the answer?  Who, when, where, which icon, what it costs.
. "$(dirname "$0")/lib.sh"

S=$TMP/store
mkdir -p "$S/url_cache/2026-01-02"
read_page() { # the record of a page on standard input
	cat >"$S/url_cache/2026-01-02/AAAAAAAAAAAAAAAA"
	printf '{"v":1,"url":"https://www.example.org/dir/page","docs":[{"rel":"page","url":"https://www.example.org/dir/page","status":200,"type":"text/html","media_id":"2026-01-02_AAAAAAAAAAAAAAAA","bytes":1}]}\n' |
		mxpreview-og -q -d "$S"
}
pick() { jq -S -c "$1"; }

read_page >"$TMP/out" <<'HTML'
<!DOCTYPE html><html lang="ar" dir="RTL"><head><title>T</title><base href="/base/">
<meta property="article:author" content="https://facebook.example/ann"><meta name="author" content="Ann">
<meta property="article:published_time" content="yesterday"><meta name="date" content="2026-01-02T03:04:05+01:00">
<meta property="article:modified_time" content="2026-01-03"><meta property="article:section" content="Science">
<meta property="article:tag" content="one"><meta property="article:tag" content="two"><meta property="article:tag" content="one">
<meta name="theme-color" content="#123456"><link rel="canonical" href="canon">
<link rel="icon" href="16.png" sizes="16x16"><link rel="apple-touch-icon" href="touch.png">
<meta property="product:price:amount" content="9.90"><meta property="product:price:currency" content="EUR">
</head><body><video><source src="v.mp4"></video><audio src="a.ogg"></audio></body></html>
HTML
out=$(cat "$TMP/out")
extra() { pick ".html.extra$1" <<<"$out"; }
is "$(extra .author)" '"Ann"' "an author is a name and not a profile's address"
is "$(extra .published)" '"2026-01-02T03:04:05+01:00"' "what is no time does not stand in the way of one"
is "$(extra '|[.modified,.section]')" '["2026-01-03","Science"]' "when it was changed, and where it belongs"
is "$(extra .tags)" '["one","two"]' "tags are a list, each once"
is "$(extra .theme_color)" '"#123456"' "the colour of the theme"
is "$(extra '["og:site_icon"]')" '"https://www.example.org/base/touch.png"' "the largest icon, counted from base"
is "$(extra '|[.price,.currency]')" '["9.90","EUR"]' "what it costs"
is "$(extra '|[.video.url,.audio.url]')" '["https://www.example.org/base/v.mp4","https://www.example.org/base/a.ogg"]' "video and audio of the page"
is "$(extra .site_name)" '"example.org"' "the host stands in for the name of the site, here only"
is "$(pick '.og["og:site_name"]' <<<"$out")" null "and not in the answer"
is "$(pick '[.html.lang,.html.extra.dir,.html.canonical]' <<<"$out")" '["ar","RTL","https://www.example.org/base/canon"]' "language, direction, canonical address"
is "$(pick '.html.sources|[.author,.published]' <<<"$out")" '["meta","meta"]' "each with its source"

read_page >"$TMP/out" <<'HTML'
<title>T</title><meta http-equiv="Content-Language" content="de"><meta name="keywords" content="a, b,,a , c">
<script type="application/ld+json">{"@graph":[{"@type":"Article","headline":"H","author":[{"@id":"#a"},{"name":"Bob"},"Cy"],
"publisher":{"@id":"#o"},"datePublished":"2026-02-03T04:05:06Z","dateModified":"2026-02-04","articleSection":["News","X"],"keywords":["k1","k2"],
"video":{"@type":"VideoObject","contentUrl":"https://v.example/v.mp4","embedUrl":"https://v.example/p","encodingFormat":"video/mp4","width":640,"height":"360px"}},
{"@type":"Person","@id":"#a","name":"Ann","image":"ann.jpg"},{"@type":"Organization","@id":"#o","name":"Org","logo":"l.png"}]}</script>
HTML
out=$(cat "$TMP/out")
is "$(extra .author)" '"Ann, Bob, Cy"' "JSON-LD: authors in every form, references too"
is "$(extra '|[.published,.modified,.section]')" '["2026-02-03T04:05:06Z","2026-02-04","News"]' "JSON-LD: times and section"
is "$(extra .tags)" '["k1","k2"]' "JSON-LD: keywords go before those of meta"
is "$(extra .video)" '{"height":"360","player":"https://v.example/p","type":"video/mp4","url":"https://v.example/v.mp4","width":"640"}' "JSON-LD: a video with type and size"
is "$(extra .type)" '"Article"' "JSON-LD: what the page is"
is "$(pick '[.og["og:site_name"],.html.sources["og:site_name"]]' <<<"$out")" '["Org","json-ld"]' "JSON-LD: the publisher names the site"
is "$(pick .html.lang <<<"$out")" '"de"' "a header in a meta gives the language"
is "$(pick .want <<<"$out")" null "the portrait of an author is not the image of the page"

out=$(read_page <<<'<title>T</title><meta property="og:image" content=1.png><meta property="og:image" content=2.png><meta name=twitter:image content=3.png><script type="application/ld+json">{"@type":"Article","image":["4.png","5.png"]}</script>')
is "$(pick '[.html.images[]|[.url[-5:],.source]]' <<<"$out")" '[["1.png","og"],["2.png","og"],["3.png","twitter"],["4.png","json-ld"],["5.png","json-ld"]]' "every candidate is kept, in order"
out=$(read_page <<<'<title>T</title><body><img src=1.png><img src=2.png width=500 height=500><img src=3.png><img src=1.png><img src=/avatar/4.png>')
is "$(pick '[.html.images[].url[-5:]]' <<<"$out")" '["2.png","1.png","3.png"]' "those that are only shown, too, each once"

# ---- what scripts may cost
head='<title>T</title><script type="application/ld+json">'
big() { printf '%s{"@type":"Article","headline":"H","x":"' "$head"; head -c "$1" /dev/zero | tr '\0' x; printf '"}</script>'; }
is "$(big 200000 | read_page | json '.og["og:title"]')" H "a long script is read"
is "$(big 300000 | read_page | json '.og["og:title"]')" T "one that is longer than 256 KiB is passed over"
deep() { printf '%s' "$head"; printf '[%.0s' $(seq "$1"); printf '{"@type":"Article","headline":"H"}'; printf ']%.0s' $(seq "$1"); printf '</script>'; }
is "$(deep 60 | read_page | json '.og["og:title"]')$(deep 100 | read_page | json '.og["og:title"]')" TT "deep nesting ends well"
python3 - >"$TMP/maze" <<'PY'
n = 1500
node = lambda i: '{"@type":"WebPage","@id":"#%d","name":[%s],"mainEntity":{"@id":"#%d"},"image":[%s]}' % (
    i, ','.join('{"@id":"#%d"}' % j for j in range(i + 1, i + 4)), i + 1, ','.join('{"@id":"#%d"}' % j for j in range(i, i + 3)))
print('<title>T</title>' + ('<script type="application/ld+json">[' + ','.join(node(i) for i in range(n)) + ']</script>') * 20)
PY
is "$(timeout 5 mxpreview-og -q - <"$TMP/maze" | json '."og:title"')" T "references that lead everywhere end soon"
finish
