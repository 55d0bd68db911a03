#!/usr/bin/env bash
# Where does the icon of a site come from when its page links none worth the name?  From the web app manifest, if asked.
. "$(dirname "$0")/lib.sh"

mkdir -p "$TMP/site/app"
origin_start --root "$TMP/site" --log "$TMP/log"
O=http://127.0.0.1:$PORT
S=$TMP/store
mx() { mxpreview -q -d "$S" --allow-ip 127.0.0.0/8 --refresh "$@"; }
page() { printf '<title>T</title>%s<p>Text' "$2" >"$TMP/site/$1.html"; }
icon() { mx --format record "$O/$1.html" | json '.html.extra["og:site_icon"]'; }
manifest() { cat >"$TMP/site/app/$1"; }
link() { printf '<link rel="manifest" href="/app/%s?type=application/%s">' "$1" "${2:-manifest%2Bjson}"; }
asked() { grep -c "GET /app/$1" "$TMP/log"; }

manifest m.json <<'JSON'
{"name":"App","icons":[{"src":"s.svg","sizes":"any","type":"image/svg+xml"},{"src":"48.png","sizes":"48x48"},
{"src":"../512.png","sizes":"192x192 512x512"},{"src":"mask.png","sizes":"1024x1024","purpose":"maskable"},
{"src":"huge.png","sizes":"4096x4096"},{"src":"javascript:alert(1)","sizes":"900x900"},7,{"sizes":"800x800"}]}
JSON
page none "$(link m.json)"
out=$(mx --format record "$O/none.html")
is "$(json '.html.extra["og:site_icon"]' <<<"$out")" "$O/512.png" "the largest icon of the manifest, counted from its address"
is "$(json '[.icon.size, .html.sources["og:site_icon"]] | tostring' <<<"$out")" '[512,"manifest"]' "with its size and source"
is "$(json '.og["og:title"]' <<<"$out"):$(asked m.json)" T:1 "it is asked for once"
is "$(mx "$O/none.html"):$(asked m.json)" '{"og:title":"T","og:description":"Text"}:1' "the plain answer needs no icon: nothing is asked"
is "$(mx --format card "$O/none.html" | json '.["og:site_icon"]')" "$O/512.png" "a card shows it"
page small "<link rel=icon href=/16.png sizes=16x16>$(link m.json)"
is "$(icon small)" "$O/512.png" "an icon of 16 pixels is not enough"
before=$(asked m.json)
page good "<link rel=icon href=/32.png sizes=32x32>$(link m.json)"
is "$(icon good):$(asked m.json)" "$O/32.png:$before" "one of 32 is, and the manifest is not asked for"
page apple "<link rel=apple-touch-icon href=/t.png>$(link m.json)"
is "$(icon apple):$(asked m.json)" "$O/t.png:$before" "so is a touch icon"
page json "$(link m.json json)"
is "$(icon json)" "$O/512.png" "it may be sent as application/json"

printf '\xef\xbb\xbf{"icons":[{"src":"/m.png","purpose":"maskable monochrome"}]}' | manifest mask.json
page mask "$(link mask.json)"
is "$(icon mask)" "$O/m.png" "one made for a shape is better than none"
manifest object.json <<<'{"icons":{"src":"/x.png"}}'
page object "<link rel=icon href=/16.png sizes=16x16>$(link object.json)"
is "$(icon object)" "$O/16.png" "without any the page's own stays"

# ---- what goes wrong costs a warning
warned() { # warned NAME STAGE WHAT
	local out
	out=$(mx --format record "$O/$1.html")
	is "$(json '[.og["og:title"], .html.extra["og:site_icon"], .warnings[0].rel, .warnings[0].stage] | tostring' <<<"$out")" \
		"[\"T\",null,\"manifest\",\"$2\"]" "$3"
}
page lost '<link rel=manifest href=/status/404>'
warned lost fetch "a manifest that is gone"
page html "$(link m.json xhtml)"
warned html fetch "one that is sent as a page"
manifest cut.json <<<'{"icons":[{"src":"/x.png"'
page cut "$(link cut.json)"
warned cut og "one that breaks off"
{ printf '{"icons":[{"src":"/x.png"}],"x":"' && head -c 300000 /dev/zero | tr '\0' x && printf '"}'; } | manifest long.json
page long "$(link long.json)"
warned long og "one that is too long"
{ printf '{"icons":' && head -c 200000 /dev/zero | tr '\0' '[' && printf '}'; } | manifest deep.json
page deep "$(link deep.json)"
warned deep og "one that is too deep"
{ printf '{"icons":[' && for i in $(seq 3000); do printf '{"src":"/%d.png","sizes":"%dx%d"},' "$i" "$i" "$i"; done && printf '{}]}'; } | manifest many.json
page many "$(link many.json)"
is "$(icon many)" "$O/64.png" "of many icons the first ones are looked at"
page inside '<link rel=manifest href="http://10.0.0.1/m.json">'
is "$(mx --format record "$O/inside.html" | json '[.warnings[0].rel, .warnings[0].status] | tostring')" '["manifest",403]' "the policy is asked"

# ---- by hand
rec=$(jq -c -n --arg u "$O/none.html" '{url:$u,icons:true}' | mxpreview-fetch -q -d "$S" --allow-ip 127.0.0.0/8 | mxpreview-og -q -d "$S")
is "$(json '.want[0].rel' <<<"$rec")" manifest "by hand a record asks with icons"
rec=$(mxpreview-fetch -q -d "$S" --allow-ip 127.0.0.0/8 <<<"$rec" | mxpreview-og -q -d "$S")
is "$(json '.icon.url' <<<"$rec"):$(mxpreview-og -q -d "$S" <<<"$rec" | cmp -s - <(echo "$rec") && echo same)" "$O/512.png:same" "and once more changes nothing"
finish
