#!/usr/bin/env bash
# Does scripts/web/preview.html show what the server answers, in a real browser, by keyboard, and nothing else?
. "$(dirname "$0")/lib.sh"

page=$TOP/scripts/web/preview.html
help=$TOP/tests/helpers/web-page.py
while read -r what hash; do
	grep -q "$what-src '$hash'" "$page"
	ok $? "the policy knows the ${what}: $hash"
done < <(python3 "$help" hash "$page")
mxmedia-put -q -d "$TMP/media" "$page" >"$TMP/put"
sheet=$(mxmedia-quarantine -q -d "$TMP/media" sheet --quarantined | sed -n "s/.*style-src '\([^']*\)'.*/\1/p")
grep -q "style-src [^;]* '${sheet:-none}'" "$page"
ok $? "the policy knows the style of sheets: $sheet"
is "$(grep -cE '(https?:)?//[a-z0-9.-]+\.[a-z]+/' <<<"$(grep -E 'src=|href=|@import|url\(' "$page")")" 0 "the page names nothing elsewhere"
is "$(grep -cE '\b(innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval|localStorage|sessionStorage)\b' "$page")" 0 \
	"nothing becomes markup, nothing is kept"

browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome)
if [ -z "$browser" ]; then
	skip "in a browser" "no chromium here"
	finish
fi

# Answers as they are: of mxpreview.
mkdir "$TMP/root" "$TMP/web" "$TMP/profile"
"$BIN/tests/mkimage" 1200x630 1 >"$TMP/root/i.jpg"
cat >"$TMP/root/page.html" <<'END'
<!DOCTYPE html><html lang="en"><title>The page's title</title><meta name="author" content="Ann">
<meta property="og:title" content="Above the tree line"><meta property="og:description" content="Six ridges, one sunrise, and what fits into a small rucksack: a day’s walk from hut to hut.">
<meta property="og:site_name" content="Ridge Notes"><meta property="og:image" content="i.jpg"><meta property="og:image:alt" content="Ridges under a low sun">
END
origin_start --root "$TMP/root"
site=http://127.0.0.1:$PORT
mxpreview -d "$TMP/store" --allow-ip 127.0.0.0/8 --refresh --explain "$site/page.html" >"$TMP/web/explain.json"
mxpreview -d "$TMP/store" --allow-ip 127.0.0.0/8 "$site/page.html" >"$TMP/web/og.json"
cp "$TMP/root/i.jpg" "$TMP/web/picture.jpg"
cp "$page" "$TMP/web/page.html"
bad='<img src=x onerror=\"window.bad=1\"><script>window.bad=1</script>'
printf '{"url":"x","og":{"og:title":"%s","og:description":"\\u202eevil","og:image":"mxc://../../x","og:site_name":{"a":1}},"cache":{"hit":true},
"fields":[{"field":"%s","value":"%s","source":"%s","others":[{"source":"%s","value":["%s"],"why":"%s"}]}],
"warnings":[{"error":"%s"}],"docs":[{"rel":"%s"}]}' "$bad" "$bad" "$bad" "$bad" "$bad" "$bad" "$bad" "$bad" "$bad" >"$TMP/web/hostile.json"
mkfifo "$TMP/fifo"
python3 "$help" serve "$TMP/web" "$TMP/log" >"$TMP/fifo" &
PIDS="$PIDS $!"
read -r port <"$TMP/fifo"
base=http://127.0.0.1:$port

on() { printf '["wait", "/%s/.test(document.getElementById(\\"%s\\").textContent)"]\n' "$2" "$1"; } # on ID REGEX
told() { on status "$1"; }
cat >"$TMP/steps" <<END
["size", 1000, 900]
["goto", "$base/preview.html"]
focus ["js", "document.activeElement.id"]
["type", "$site/page.html"]
["key", "Enter"]
no-token $(told '^401 M_MISSING_TOKEN')
focus-token ["js", "document.activeElement.id"]
["type", "user"]
["key", "Enter"]
user $(told 'Only admins')
title ["js", "document.querySelector('#card .title').innerText"]
link ["js", "document.querySelector('#card .title').href"]
rel ["js", "document.querySelector('#card .title').rel"]
picture ["wait", "document.querySelector('#card img').naturalWidth === 1200"]
alt ["js", "document.querySelector('#card img').alt + '|' + document.querySelector('#card img').src.split(':')[0]"]
no-sources ["js", "document.getElementById('fields').hidden"]
user-facts ["js", "[...document.querySelectorAll('#facts dt')].map(e => e.textContent + '=' + e.nextSibling.textContent).filter(t => /^(Cache|Answer)=/.test(t)).join()"]
["js", "document.getElementById('token').select()"]
["type", "admin"]
["key", "Enter"]
admin ["wait", "!document.getElementById('fields').hidden"]
fields ["js", "[...document.querySelectorAll('#fields tbody th')].map(e => e.textContent).join()"]
lost ["js", "document.querySelector('#fields tbody tr td:nth-child(4)').innerText"]
cache ["js", "[...document.querySelectorAll('#facts dt')].map(e => e.textContent + '=' + e.nextSibling.textContent).filter(t => /^Cache=/.test(t)).join()"]
work ["js", "[...document.querySelectorAll('#stages caption')].map(e => e.textContent).join()"]
json ["js", "JSON.parse(document.getElementById('json').textContent)['og:title'] + JSON.parse(document.getElementById('reasons').textContent).fields.length"]
["wait", "document.querySelector('#card img').naturalWidth === 1200"]
["shot", "$TMP/light.png"]
["media", "dark"]
dark ["js", "getComputedStyle(document.body).backgroundColor"]
["shot", "$TMP/dark.png"]
["size", 380, 800]
narrow ["js", "document.documentElement.scrollWidth <= innerWidth"]
["shot", "$TMP/narrow.png"]
["size", 1000, 900]
hash ["js", "location.hash"]
labels ["js", "[...document.querySelectorAll('input,button')].every(e => e.labels && e.labels.length || e.textContent)"]
["js", "document.getElementById('url').value = '$site/gone'; document.getElementById('form').requestSubmit()"]
gone $(told '^502 M_UNKNOWN: Got error 404')
gone-alone ["js", "document.getElementById('result').hidden"]
["js", "document.getElementById('url').value = '$site/busy'; document.getElementById('form').requestSubmit()"]
busy $(told 'Try again in 3 s')
["js", "document.getElementById('url').value = '$site/hostile'; document.getElementById('form').requestSubmit()"]
hostile $(told '^Here it is')
hostile-text ["js", "window.bad === undefined && document.querySelectorAll('main img, main script').length === 0"]
hostile-words ["js", "document.querySelector('#card .about').innerText"]
["js", "document.getElementById('url').value = 'javascript:alert(1)'; document.getElementById('form').requestSubmit()"]
code $(told '^Here it is')
code-link ["js", "document.querySelectorAll('#card a, #said a').length"]
["goto", "$base/preview.html#moderation"]
["js", "document.getElementById('token').value = 'admin'; document.getElementById('look').requestSubmit()"]
first $(on told '^Pictures')
pages ["js", "['first', 'next'].map(i => document.getElementById(i).hidden).join()"]
["js", "document.getElementById('next').click()"]
["wait", "!document.getElementById('first').hidden && !document.getElementById('next').hidden"]
["js", "document.getElementById('next').click()"]
last ["wait", "!document.getElementById('first').hidden && document.getElementById('next').hidden"]
["seen", "#view", 2]
frame ["js", "window.bad === undefined && document.getElementById('view').contentDocument === null"]
["js", "document.getElementById('which').value = 'user'; document.getElementById('whose').value = '@homeserver:x'; document.getElementById('look').requestSubmit()"]
not-routed $(on told 'fill --all-media')
not-shown ["js", "document.getElementById('view').hidden && !document.getElementById('view').src"]
elsewhere ["js", "fetch('https://example.org/').then(() => 'went', () => 'refused')"]
console ["said"]
["goto", "$base/x/_matrix/preview.html#url=$site/page.html"]
prefix $(told '^401')
asked ["asked"]
END
python3 "$help" drive "$browser" "$TMP/profile" "$TMP/steps" >"$TMP/out" 2>"$TMP/err"
ok $? "the browser walks through it" || tail -3 "$TMP/err" | sed 's/^/# /'
of() { sed -n "s/^$1 //p" "$TMP/out"; } # of STEP: what it printed
at() { is "$(of "$1")" "$2" "$3"; }     # at STEP WANT NAME
at focus '"url"' "the address has the focus"
at no-token true "without a token the server's answer is told"
at focus-token '"token"' "and the token's field has the focus"
at user true "who is no admin has a preview"
at title '"Above the tree line"' "title"
at link "\"$site/page.html\"" "its link leads to the address"
at rel '"noopener noreferrer nofollow"' "and tells nobody where from"
at picture true "the picture is there"
at alt '"Ridges under a low sun|blob"' "with its words, and from memory"
at no-sources true "no sources for who is no admin"
like "$(of user-facts)" '^"Answer=200, .*Cache=told to admins only"$' "who is told so"
at admin true "an admin has sources"
like "$(of fields)" 'og:title,.*og:image' "field by field"
like "$(of lost)" "The page's title.*title: " "with what lost against them"
at cache '"Cache=not known, found out now"' "and the cache's state"
at work '"Documents,Stages"' "and what was done"
at json '"Above the tree line9"' "and the JSON, of the answer and of its reasons"
at dark '"rgb(15, 18, 22)"' "dark where the reader wants it dark"
at narrow true "a narrow screen needs no scrolling sideways"
like "$(of hash)" '^"#url=http' "the address can be passed on"
at labels true "everything has a label"
at gone true "a failure is told"
at gone-alone true "and nothing else shown"
at busy true "so is when to try again"
at hostile true "a hostile answer"
at hostile-text true "is text"
at hostile-words '"evil"' "that reads as it is written"
at code-link 0 "an address that runs code is no link"
at first true "who came to moderate has a sheet"
at pages '"true,false"' "of which there is more"
at last true "page by page, to the last one"
at frame true "what strangers wrote stays in its frame"
is "$(grep -c leak "$TMP/log")" 0 "and asks for nothing"
at not-routed true "who has no mxmedia-cgi is told why there is none"
at not-shown true "and what was shown is gone"
at elsewhere '"refused"' "nobody else can be asked"
is "$(of console | grep -ciE 'uncaught|exception|Refused to (execute|apply)')" 0 "the console is quiet"
at prefix true "an address after # is asked at once, below a prefix, too"
is "$(of asked | jq -c 'map(select(test("^(about|blob|chrome|data):") | not))')" "[\"http:127.0.0.1:$port\"]" "nothing else was asked"
is "$(grep -c '^/x/_matrix/client/v1/media/preview_url?' "$TMP/log")" 1 "below that prefix"
is "$(cut -d ' ' -f 1 "$TMP/log" | sed 's,/_mxpreview/admin/,/,' | grep -c -e token -e admin)" 0 "no token in an address"
cp "$TMP"/*.png "${MX_SHOTS:-$TMP}/" 2>/dev/null
finish
