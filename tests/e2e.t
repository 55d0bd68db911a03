#!/usr/bin/env bash
# Does the main job hold from URL to thumbnails?  One page, its answer, its files, its cache, its refusals.
. "$(dirname "$0")/lib.sh"

mkdir -p "$TMP/site"
"$BIN/tests/mkimage" 1200x630 3 >"$TMP/site/pic.jpg"
cat >"$TMP/site/page.html" <<'HTML'
<!DOCTYPE html><html><head><meta charset="utf-8"><title>Fallback</title>
<meta property="og:title" content="Grüße &amp; more"><meta property="og:description" content="A page of the tests">
<meta property="og:image" content="/pic.jpg"><meta property="og:site_name" content="Tests"></head><body>x</body></html>
HTML
printf '<title>Only a title</title><p>And a text.</p>' >"$TMP/site/plain.html"

origin_start --root "$TMP/site" --log "$TMP/log"
URL=http://127.0.0.1:$PORT/page.html
S=$TMP/store
mx() { mxpreview -d "$S" --allow-ip 127.0.0.0/8 "$@"; }
# A traced program cannot be searched for leaks: both want to be its tracer.
traced() { ASAN_OPTIONS=detect_leaks=0 strace -f -qq -o "$TMP/trace" -e "trace=$1" "${@:2}"; }
can_trace=
strace -o /dev/null true 2>/dev/null && can_trace=yes
masked() { sed -E 's|mxc://localhost/[0-9]{4}-[0-9]{2}-[0-9]{2}_[A-Za-z]{16}|mxc://localhost/ID|'; }

# ---- the answer

mx "$URL" >"$TMP/out" 2>"$TMP/err"
is $? 0 "a preview succeeds"
is "$(cat "$TMP/err")" "" "and says nothing on the way"
is "$(wc -l <"$TMP/out")" 1 "one line"
is "$(json '."og:title"' <"$TMP/out")" "Grüße & more" "the declared title"
is "$(json '."og:description"' <"$TMP/out")" "A page of the tests" "the description"
is "$(json '."og:site_name"' <"$TMP/out")" "Tests" "other og properties"
is "$(json '."og:image:type"' <"$TMP/out")" "image/jpeg" "the image's type"
is "$(json '[."og:image:width", ."og:image:height"] == [1200, 630]' <"$TMP/out")" true "its size, as numbers"
is "$(json '."matrix:image:size"' <"$TMP/out")" "$(stat -c %s "$TMP/site/pic.jpg")" "its bytes"
mxc=$(json '."og:image"' <"$TMP/out")
like "$mxc" '^mxc://localhost/[0-9]{4}-[0-9]{2}-[0-9]{2}_[A-Za-z]{16}$' "its name"

# ---- the files

id=${mxc##*/}
at=${id%%_*}/${id#*_}
cmp -s "$S/url_cache/$at" "$TMP/site/pic.jpg"
ok $? "the image is in the store, byte for byte"
is "$(find "$S/url_cache" -type f | wc -l)" 2 "beside the page and nothing else"
is "$(find "$S/url_cache_thumbnails/$at" -type f -printf '%f\n' | sort -V | tr '\n' ' ')" \
	"32-32-image-jpeg-crop 96-96-image-jpeg-crop 320-168-image-jpeg-scale 640-336-image-jpeg-scale 800-420-image-jpeg-scale " \
	"the five thumbnails have their names"
for f in "$S/url_cache_thumbnails/$at"/*; do
	is "$(od -An -tx1 -N3 "$f" | tr -d ' ')" ffd8ff "$(basename "$f") is a JPEG"
done
is "$(find "$S" -name '.*' -type f | wc -l)" 0 "no temporary file is left"

# ---- the cache

if [ -n "$can_trace" ]; then
	traced execve mxpreview -d "$S" --allow-ip 127.0.0.0/8 "$URL" >"$TMP/again"
	is "$(grep -c 'execve(.*= 0$' "$TMP/trace")" 1 "a cached answer starts no filter"
else
	mx "$URL" >"$TMP/again"
	skip "a cached answer starts no filter" "strace is not possible here"
fi
is "$(cat "$TMP/again")" "$(cat "$TMP/out")" "and is the same"
is "$(grep -c 'GET /page.html' "$TMP/log")" 1 "the page was asked for once"
is "$(mx --format record "$URL" | json '.cache.hit')" true "the record says so"
mx --refresh "$URL" | masked >"$TMP/fresh"
is "$(cat "$TMP/fresh")" "$(masked <"$TMP/out")" "--refresh gives the same with another name"
is "$(grep -c 'GET /page.html' "$TMP/log")" 2 "by asking again"

# ---- languages

like "$(mx --lang 'de,en;q=0.5' "http://127.0.0.1:$PORT/echo?type=text/html")" 'Accept-Language: de,en;q=0.5"' \
	"--lang reaches the site"
like "$(echo "{\"url\":\"http://127.0.0.1:$PORT/echo?type=text/html&2\",\"lang\":[\"fr\",\"de\"]}" | mx --lang es)" \
	'Accept-Language: fr,de;q=0.9"' "a record's own languages go before it"

# ---- two at once

mxpreview -d "$S" --allow-ip 127.0.0.0/8 "http://127.0.0.1:$PORT/slow?headers=400" >"$TMP/one" &
one=$!
mxpreview -d "$S" --allow-ip 127.0.0.0/8 "http://127.0.0.1:$PORT/slow?headers=400" >"$TMP/two" &
two=$!
wait $one && wait $two
ok $? "two processes ask for the same page at the same time"
is "$(json '."og:title"' <"$TMP/one")$(json '."og:title"' <"$TMP/two")" SlowSlow "both are answered"
is "$(grep -c 'GET /slow' "$TMP/log")" 1 "one of them fetched"

# ---- refusals

# refused NAME URL [OPTION ...]: 403, exit 1, and no connection to the origin.
refused() {
	local name=$1 url=$2 out status
	shift 2
	: >"$TMP/log"
	out=$(mxpreview -d "$TMP/none" "$@" "$url" 2>/dev/null)
	status=$?
	is "$status" 1 "$name: exit status 1"
	is "$(printf '%s' "$out" | json '.error | "\(.status) \(.error)"')" "403 IP address blocked" "$name: 403"
	is "$(printf '%s' "$out" | json .url)" "$url" "$name: the line names the URL"
	is "$(cat "$TMP/log")" "" "$name: nothing arrived at the server"
	[ -n "$can_trace" ] || { skip "$name: no connect" "strace is not possible here" && return; }
	traced connect mxpreview -d "$TMP/none" --refresh "$@" "$url" >/dev/null 2>&1
	is "$(grep -c "connect(.*htons($PORT)" "$TMP/trace")" 0 "$name: no connect"
}
refused "loopback" "$URL"
refused "IPv4 in IPv6" "http://[::ffff:127.0.0.1]:$PORT/"
refused "a hexadecimal host" "http://0x7f.1:$PORT/"
refused "a single number" "http://2130706433:$PORT/"
port=$PORT
origin_start --bind 127.0.0.2 --log "$TMP/log2"
hop="http://127.0.0.2:$PORT/redirect?to=http%3A%2F%2F127.0.0.1%3A$port%2Fpage.html"
PORT=$port
refused "a redirect to it" "$hop" --allow-ip 127.0.0.2/32
like "$(cat "$TMP/log2")" "^GET /redirect" "the redirect itself was followed"

# ---- by hand

H=$TMP/hand
fetch() { mxpreview-fetch -d "$H" --allow-ip 127.0.0.0/8; }
by_hand() {
	mxpreview-cache -d "$H" get | mxpreview-oembed -d "$H" | fetch | mxpreview-og -d "$H" | fetch |
		mxpreview-oembed -d "$H" | mxpreview-og -d "$H" | fetch | mxpreview-thumb -d "$H" | mxpreview-cache -d "$H" put
}
set -o pipefail
mkdir -p "$H"
for page in page.html plain.html pic.jpg; do
	url=http://127.0.0.1:$PORT/$page
	echo "$url" | by_hand >"$TMP/record"
	is $? 0 "$page: the pipeline succeeds"
	is "$(jq -cS .og "$TMP/record" | masked)" "$(mx "$url" | jq -cS . | masked)" "$page: and says what mxpreview says"
done
is "$(find "$H/url_cache_thumbnails" -type f | wc -l)" 10 "with thumbnails for both pictures"

# ---- with the origin gone

for p in $PIDS; do kill "$p" 2>/dev/null; done
wait
is "$(mx "$URL" | masked)" "$(cat "$TMP/fresh")" "a stopped origin is not missed"
is "$(mxpreview -d "$H" "http://127.0.0.1:$PORT/page.html" | json .error.status)" 403 "nor does the cache answer for what is denied"
is "$(mxpreview -d "$H" --allow-ip 127.0.0.1 "http://127.0.0.1:$PORT/page.html" | jq -cS . | masked)" \
	"$(jq -cS . "$TMP/fresh")" "and mxpreview reads what the pipeline put away"
mx "$URL" >/dev/full 2>/dev/null
is $? 1 "an answer that does not arrive is a failure"
# ---- what a person may paste

origin_start --root "$TMP/site" --log "$TMP/log"
mx "http://joe:geheim@127.0.0.1:$PORT/plain.html?u" | json '."og:title"' >"$TMP/out"
is "$(cat "$TMP/out")" 'Only a title' 'a URL with a password has a preview'
is "$(mxpreview-cache -d "$S" list | grep -c 'plain.html?u')" 1 'which is kept'
is "$(grep -rlaE 'geheim|joe' "$S" "$TMP/log" | wc -l)" 0 'without it, and it is not sent'
echo "http://joe:geheim@127.0.0.1:$PORT/plain.html?u" | mxpreview-cache -q -d "$S" get >"$TMP/out"
is "$(json '[.url, has("og")] | tojson' <"$TMP/out")" "[\"http://127.0.0.1:$PORT/plain.html?u\",true]" 'nor is it told by hand'
echo 'oembed_providers = none.json' >"$TMP/lists.conf"
mx -c "$TMP/lists.conf" "$URL" >"$TMP/out" 2>"$TMP/err"
is "$? $(wc -c <"$TMP/out")" '2 0' 'a provider list that is not there is a mistake in the configuration'
like "$(cat "$TMP/err")" 'oembed_providers: .*none.json: No such file' 'and is told once, by name'
finish
