#!/usr/bin/env bash
# What does a picture that takes too long do to the others of its batch?  Nothing.  And to who asked for it?
. "$(dirname "$0")/lib.sh"
command -v python3 >/dev/null || skip_all "python3 is needed"

mkdir -p "$TMP/site" "$TMP/bin"
"$BIN/tests/mkimage" 320x240 3 >"$TMP/site/good.jpg"
python3 - "$TMP/site/slow.png" <<'PY'
import random, struct, sys, zlib
def chunk(t, d): return struct.pack('>I', len(d)) + t + d + struct.pack('>I', zlib.crc32(t + d))
random.seed(1)
rows = (b'\4' + random.randbytes(17100)) * 5700
open(sys.argv[1], 'wb').write(b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', struct.pack('>IIBBBBB', 5700, 5700, 8, 2, 0, 0, 0)) +
                              chunk(b'IDAT', zlib.compress(rows, 1)) + chunk(b'IEND', b''))
PY
for p in good.jpg slow.png; do printf '<title>T</title><meta property="og:image" content="/%s">' $p >"$TMP/site/${p%.*}.html"; done
cp "$BIN/mxpreview" "$TMP/bin"
for f in fetch og oembed thumb; do
	printf '#!/bin/sh\necho "$@" >>"%s"\nexec "%s/mxpreview-%s" "$@"\n' "$TMP/starts-$f" "$BIN" $f >"$TMP/bin/mxpreview-$f"
	chmod +x "$TMP/bin/mxpreview-$f"
done
origin_start --root "$TMP/site"
O=http://127.0.0.1:$PORT
printf 'max_image_cpu = 150\nallow_ip = 127.0.0.0/8\n' >"$TMP/conf"
mx() { "$TMP/bin/mxpreview" -d "$TMP/$store" -c "$TMP/conf" --format record "$@"; }

# ---- a bomb among fifty others

store=one
{
	for i in $(seq 20); do echo "$O/good.html?$i"; done
	echo "$O/slow.html"
	for i in $(seq 21 50); do echo "$O/good.html?$i"; done
} >"$TMP/urls"
mx <"$TMP/urls" >"$TMP/out" 2>"$TMP/err"
is "$? $(wc -l <"$TMP/out")" "0 51" "a slow picture among fifty others fails nothing"
is "$(jq -r 'select(.url | endswith("slow.html") | not) | .thumbs | length' "$TMP/out" | sort | uniq -c | tr -s ' ')" " 50 3" "the others have their thumbnails"
is "$(jq -c 'select(.url | endswith("slow.html")) | [.og["og:title"], (.og | has("og:image")), (.thumbs | length), (.warnings | length), .warnings[0].rel]' "$TMP/out")" \
	'["T",true,0,1,"image"]' "its own record has none, and one warning"
is "$(jq -r '.warnings[0].error // empty' "$TMP/out")" "the picture took more than 150 ms of processor time" "that says why"
is "$(wc -l <"$TMP/starts-thumb")" 1 "the filter that they share has not ended"
like "$(cat "$TMP/starts-thumb")" ' -j [234]$' "it has processes to lose"
is "$(wc -c <"$TMP/err")" 0 "nobody is told of it who did not ask"

store=single
: >"$TMP/starts-thumb"
mx -j 1 "$O/good.html?a" "$O/slow.html" "$O/good.html?b" >"$TMP/out"
is "$(jq -r '.thumbs | length' "$TMP/out" | sort | tr '\n' ' ')" "0 3 3 " "with one in flight it is the same"
like "$(cat "$TMP/starts-thumb")" ' -j 1$' "and there are not more processes than that"

store=alone
is "$(mx "$O/slow.html" | jq -c '[.warnings[].error]')" '["the picture took more than 150 ms of processor time"]' "asked for alone it is answered, too"

# ---- who holds the clock goes

ID=2026-11-21_SlowSlowSlowSlow
mkdir -p "$TMP/hand/url_cache/2026-11-21"
cp "$TMP/site/slow.png" "$TMP/hand/url_cache/2026-11-21/SlowSlowSlowSlow"
mkfifo "$TMP/in"
mxpreview-thumb -d "$TMP/hand" -j 2 <"$TMP/in" >/dev/null &
pid=$!
PIDS="$PIDS $pid"
exec 7>"$TMP/in"
for _ in 1 2; do printf '{"v":1,"url":"https://example.org/","docs":[{"rel":"image","url":"https://example.org/i","media_id":"%s"}],"og":{}}\n' $ID >&7; done
workers=
while [ "$(wc -w <<<"$workers")" -lt 2 ] && kill -0 $pid; do workers=$(pgrep -P $pid); done
is "$(wc -w <<<"$workers")" 2 "two pictures, two processes"
kill -9 $pid
wait $pid 2>/dev/null
exec 7>&-
left=1
for _ in $(seq 200); do
	# shellcheck disable=SC2086
	left=$(ps -o stat= -p ${workers//$'\n'/,} | grep -vc Z)
	[ "$left" -gt 0 ] || break
	sleep 0.01
done
is "$left" 0 "they end with the one that holds their clock"
finish
