#!/usr/bin/env bash
# Does the cache know HTTP?  What has not changed is not brought again, what may not be kept is not, and pages share pictures.
. "$(dirname "$0")/lib.sh"

mkdir -p "$TMP/site"
origin_start --root "$TMP/site"
O=http://127.0.0.1:$PORT
S=$TMP/store
cat >"$TMP/at-once.conf" <<'EOF'
min_ttl = 0
no_store_ttl = 0
EOF
mx() { mxpreview -q -d "$S" -c "${CONF:-/dev/null}" --allow-ip 127.0.0.0/8 "$@"; }
once() { CONF=$TMP/at-once.conf mx "$@"; } # what says max-age=0 is over at once
cache() { mxpreview-cache -d "$S" "$@"; }
hits() { curl -s "$O/count?path=$1" | tr -d '\n'; }
set_to() { curl -s "$O/set?name=$1&to=$2" >/dev/null; } # set_to NAME TARGET (encoded)
title() { json '."og:title"' | sed "s/^Language //"; }
page() { printf '<title>%s</title>%s' "$2" "${3:-}" >"$TMP/site/$1.html"; }
image() { printf '<meta property="og:image" content="%s">' "$1"; }
files() { find "$S/url_cache" -type f | wc -l; }

# ---- a page that has not changed

U=$O'/cond?etag=%22a%22&cc=max-age=0&title=Same'
first=$(once "$U")
is "$(title <<<"$first")" Same 'a page'
before=$(files)
is "$(once "$U")" "$first" 'that has not changed has the same preview'
is "$(hits /cond) $(hits '304%20/cond')" '2 1' 'the origin said so'
is "$(files) $(cache list | wc -l)" "$before 1" 'nothing was brought, and the answer lives on'
is "$(once --format card "$U" | title)" Same 'its card, too'
is "$(mx --explain "$U" | json '[.html.inferred["og:title"], .docs[0].rel] | join(" ")')" "Same page" 'and what it was made of'
U=$O'/cond?etag=%22b%22&cc=max-age=600&title=Fresh'
mx "$U" >/dev/null
before=$(hits /cond)
mx "$U" >/dev/null
is "$(hits /cond)" "$before" 'a fresh one is not asked for at all'

# ---- one that has

set_to turn '/cond?etag=%221%22%26cc=max-age=0%26title=One'
is "$(once "$O/switch/turn" | title)" One 'a page'
set_to turn '/cond?etag=%222%22%26cc=max-age=0%26title=Two'
is "$(once "$O/switch/turn" | title)" Two 'that has changed is read anew'
is "$(cache show "$O/switch/turn" | json '.og["og:title"]' | tr '\n' ' ')" 'Two One ' 'what it was before is still known'

# ---- pictures

"$BIN/tests/mkimage" 320x200 1 >"$TMP/site/i.jpg"
cp "$TMP/site/i.jpg" "$TMP/site/copy.jpg"
"$BIN/tests/mkimage" 320x200 2 >"$TMP/site/other.jpg"
set_to pic '/i.jpg?h=ETag:%20%22p%22%26h=Cache-Control:%20max-age=0'
page pic P "$(image /switch/pic)"
P=$O'/pic.html?h=Cache-Control:%20max-age=0'
first=$(once "$P")
is "$(json '."og:image:width"' <<<"$first")" 320 'a page with a picture'
set_to pic '/status/304'
before=$(files)
second=$(once "$P")
is "$second" "$first" 'a picture that has not changed is the same'
is "$(hits /switch/pic) $(files)" "2 $((before + 1))" 'and not brought again'
is "$(once --format record "$P" | jq -c '[(.thumbs|length), .image.width]')" "[3,320]" 'its thumbnails are known'

page a A "$(image /i.jpg)"
page b B "$(image /i.jpg)"
one=$(mx "$O/a.html" | json '."og:image"')
is "$(mx "$O/b.html" | json '."og:image"')" "$one" 'two pages that show the same address share the picture'
is "$(hits /i.jpg)" 1 'which is asked for once'
page c C "$(image /copy.jpg)"
before=$(files)
is "$(mx "$O/c.html" | json '."og:image"')" "$one" 'the same bytes from elsewhere are the same picture'
is "$(files)" "$((before + 1))" 'of which one copy is kept'
is "$(find "$S/url_cache_thumbnails" -mindepth 2 -maxdepth 2 -type d | wc -l)" 1 'with one set of thumbnails'
page d D "$(image '/copy.jpg?named&h=Content-Disposition:%20attachment;filename=evil.jpg')"
ok "$([ "$(mx "$O/d.html" | json '."og:image"')" != "$one" ]; echo $?)" 'under another name it is another one'
page e E "$(image /other.jpg)"
ok "$([ "$(mx "$O/e.html" | json '."og:image"')" != "$one" ]; echo $?)" 'and so is one of other bytes'
sqlite3 "$S/mxpreview.db" "DELETE FROM local_media_repository WHERE media_id = '${one##*/}'"
page f F "$(image /i.jpg)"
again=$(mx "$O/f.html" | json '."og:image"')
ok "$([ "$again" != null ] && [ "$again" != "$one" ]; echo $?)" 'a picture that has expired is asked for again'
like "$again" "^mxc://localhost/" 'and has a new name'
missing=$(sqlite3 "$S/mxpreview.db" "SELECT media_id FROM local_media_repository" | while read -r id; do
	[ -e "$S/url_cache/${id:0:10}/${id:11}" ] || echo "$id"
done)
is "$missing" '' 'every medium has its file'

# ---- languages

is "$(mx --lang de "$O/lang" | title) $(mx --lang fr "$O/lang" | title) $(mx --lang de "$O/lang" | title)" 'de fr de' 'a page in two languages'
is "$(hits /lang)" 2 'is asked for in each'
mx --lang de "$O/cond?title=L&cc=max-age=600" >/dev/null
before=$(hits /cond)
mx --lang fr "$O/cond?title=L&cc=max-age=600" >/dev/null
is "$(hits /cond)" "$before" 'one that is the same for all is asked for once'
is "$(printf '{"url":"%s","lang":["%s"]}\n' "$O/lang?x" de "$O/lang?x" fr "$O/lang?x" de | mx | title | tr '\n' ' ')" 'de fr de ' 'also when they ask together'

# ---- what is not to be kept

U=$O'/cond?cc=no-store&title=Secret'
before=$(files)
is "$(mx "$U" | title)" Secret 'a page that is not to be kept'
is "$(files)" "$before" 'leaves no file'
before=$(hits /cond)
is "$(mx "$U" | title) $(hits /cond)" "Secret $before" 'but answers those who ask meanwhile'
once "$U&2" >/dev/null
once "$O/cond?title=Next" >/dev/null
is "$(cache list | grep -c 'no-store&title=Secret&2')" 0 'and then goes'

# ---- when it cannot be had

set_to err '/cond?etag=%221%22%26cc=max-age=0%26title=Good'
once "$O/switch/err" >/dev/null
set_to err '/status/500'
out=$(once --format record "$O/switch/err")
is "$(jq -c '[.og["og:title"], .cache.stale, .warnings[0].http_status]' <<<"$out")" '["Good",true,500]' 'an old answer goes before none'
before=$(hits /switch/err)
is "$(once "$O/switch/err" | title) $(hits /switch/err)" "Good $before" 'and is not asked about again at once'
set_to err '/status/404'
is "$(once --refresh "$O/switch/err" | json .error.http_status)" 404 'a page that is gone'
is "$(once "$O/switch/err" | json .error.http_status)" 404 'is gone'
set_to must '/cond?cc=max-age=0,must-revalidate%26title=Good'
once "$O/switch/must" >/dev/null
set_to must '/status/500'
is "$(once "$O/switch/must" | json .error.status)" 502 'nor does one say anything that forbids it'
set_to off '/cond?cc=max-age=0%26title=Good'
once "$O/switch/off" >/dev/null
is "$(mxpreview -q -d "$S" "$O/switch/off" | json .error.status)" 403 "nor what the owner's rules refuse"

# ---- told at once, asked for anew behind

set_to swr '/cond?cc=max-age=0,stale-while-revalidate=300%26title=Old'
once "$O/switch/swr" >/dev/null
set_to swr '/cond?cc=max-age=0,stale-while-revalidate=300%26title=New'
is "$(echo "$O/switch/swr" | once | title)" Old 'where there is time after an answer the old one is told'
is "$(cache show "$O/switch/swr" | json '.og["og:title"]' | head -1) $(hits /switch/swr)" 'New 2' 'and the new one is asked for'
set_to swr '/cond?cc=max-age=0%26title=Newest'
is "$(once "$O/switch/swr" | title)" Newest 'who asks for one answer gets the new one'

set_to many '/cond?cc=max-age=0,stale-while-revalidate=300%26title=Many'
many() { for i in 1 2 3 4 5; do echo "$O/switch/many?$i"; done; }
many | once >/dev/null
is "$(hits /switch/many)" 5 'several'
set_to many '/slow?headers=1000'
is "$(many | once -j 2 | title | sort -u)" Many 'are told at once'
is "$(hits /switch/many)" 7 'and no more asked for behind than may be in flight'

# ---- kept no more

set_to turncoat '/cond?etag=%22t%22%26cc=max-age=0'
once "$O/switch/turncoat" >/dev/null
set_to turncoat '/cond?etag=%22t%22%26cc=no-store'
once "$O/switch/turncoat" >/dev/null
once "$O/cond?after" >/dev/null
is "$(cache show "$O/switch/turncoat" 2>/dev/null | wc -l)" 0 'what was kept goes when its server says no-store'

# ---- rules that are new

"$BIN/tests/mkimage" 320x200 3 >"$TMP/site/bad.jpg"
page g G "$(image /bad.jpg)"
page h H "$(image /bad.jpg)"
swr='?h=Cache-Control:%20max-age=0,stale-while-revalidate=300'
shown() { json 'has("og:image")'; }
is "$(once "$O/g.html$swr" | shown)" true 'a picture'
{ cat "$TMP/at-once.conf"; echo 'deny_url = path=/bad.jpg'; } >"$TMP/deny.conf"
denied() { CONF=$TMP/deny.conf mx "$@"; }
is "$(denied "$O/h.html" | shown)" false 'that is forbidden by now is not shown with another page'
is "$(echo "$O/g.html$swr" | denied | shown)" false 'and no old answer that has it is told'
is "$(hits /bad.jpg)" 1 'nor is it asked for'
page i I "$(image /bad.jpg)"
hour='?h=Cache-Control:%20max-age=3600'
is "$(once "$O/i.html$hour" | shown)" true 'a picture of a page that holds for an hour'
is "$(denied "$O/i.html$hour" | shown)" false 'no fresh answer that has what is forbidden is told'
once "$O/f.html$hour" >/dev/null
got() { echo "$O/f.html$hour" | mxpreview-cache -q -d "$S" -c "$1" get | json '[has("og"), .error.status // 0] | tojson'; }
is "$(got "$TMP/at-once.conf")" '[true,0]' 'mxpreview-cache get knows a page'
echo 'deny_url = path=/f.html' >"$TMP/deny-page.conf"
is "$(got "$TMP/deny-page.conf")" '[false,403]' 'and refuses it when a rule forbids it since'

# ---- failures

lasts() { cache show "$1" | json '(.expires_ts - .download_ts) / 1000'; }
for want in 300 600 1200; do
	mx --refresh "$O/status/500" >/dev/null
	is "$(lasts "$O/status/500")" "$want" "a failure is remembered for $want s"
done
for want in 300 450; do
	mx --refresh "$O/close" >/dev/null
	is "$(lasts "$O/close")" "$want" "a connection that broke for $want s"
done
U=$O'/status/503?h=Retry-After:%20900'
mx "$U" >/dev/null
is "$(lasts "$U")" 900 "the other side's wish counts"
is "$(cache show "$U" | jq -c '[.class, .http_status, .failures]')" '["status",503,1]' 'and is known as what it is'
finish
