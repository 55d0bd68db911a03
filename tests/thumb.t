#!/usr/bin/env bash
# Does mxpreview-thumb make pictures small: for people, for records, and not for everybody who asks?
. "$(dirname "$0")/lib.sh"
command -v jq >/dev/null || skip_all "jq is needed"
command -v python3 >/dev/null || skip_all "python3 is needed"
cd "$TMP" || exit 1

# Pictures: a PNG of 400 x 300 with python3 alone; a JPEG of it by the command itself.
python3 - <<'PY' || skip_all "no test picture"
import struct, zlib
def chunk(t, d): return struct.pack('>I', len(d)) + t + d + struct.pack('>I', zlib.crc32(t + d))
def png(name, w, h, alpha=False, extra=b''):
    raw = b''.join(b'\0' + b''.join(bytes((x * 255 // w, y * 255 // h, 128)) + (bytes((0 if x < w // 2 else 255,)) if alpha else b'')
                   for x in range(w)) for y in range(h))
    open(name, 'wb').write(b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', struct.pack('>IIBBBBB', w, h, 8, 6 if alpha else 2, 0, 0, 0)) + extra +
                           chunk(b'IDAT', zlib.compress(raw)) + chunk(b'IEND', b''))
png('a.png', 400, 300)
png('alpha.png', 400, 300, True)
png('tiny.png', 1, 1)
open('huge.png', 'wb').write(b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', struct.pack('>IIBBBBB', 65500, 65500, 8, 2, 0, 0, 0)))
PY
head -c 300 a.png >cut.png
printf 'not a picture' >text.jpg
: >empty.gif

# what FILE: type and size, as the command itself sees them in a record would be circular: python3 reads the headers.
what() {
	python3 - "$1" <<'PY'
import struct, sys
d = open(sys.argv[1], 'rb').read()
if d[:4] == b'\x89PNG':
    print('png', *struct.unpack('>II', d[16:24]), {0: 'grey', 2: 'rgb', 6: 'rgba'}[d[25]])
elif d[:2] == b'\xff\xd8':
    i = 2
    while d[i + 1] not in (0xC0, 0xC1, 0xC2):
        i += 2 + struct.unpack('>H', d[i + 2:i + 4])[0]
    h, w = struct.unpack('>HH', d[i + 5:i + 9])
    print('jpeg', w, h)
else:
    print('unknown')
PY
}

# ---- one thumbnail
mxpreview-thumb -s 100x100 a.png >s.png
ok $? "a file, scaled"
is "$(what s.png)" "png 100 75 rgb" "a PNG stays one"
mxpreview-thumb -s 100x100 -m crop -t jpeg <a.png >c.jpg
is "$(what c.jpg)" "jpeg 100 100" "standard input, cropped, as JPEG"
mxpreview-thumb -s 100x100 -m scale -t image/jpeg -o big.jpg - <a.png
is "$(what big.jpg)" "jpeg 100 75" "into a file, with a whole type"
mxpreview-thumb -s 50x50 -o p.png - < <(cat a.png)
is "$(what p.png)" "png 50 37 rgb" "through a pipe"
mxpreview-thumb -s 1000x1000 a.png >same.png
is "$(what same.png)" "png 400 300 rgb" "nothing is enlarged"
mxpreview-thumb -s 100x100 alpha.png >al.png
is "$(what al.png)" "png 100 75 rgba" "alpha stays"
mxpreview-thumb -s 100x100 -t webp alpha.png >al.webp
mxpreview-thumb -s 100x100 -t png -o back.png al.webp
is "$(head -c 12 al.webp | tail -c 4) $(what back.png)" "WEBP png 100 75 rgba" "as WebP, which keeps alpha, and back"
mxpreview-thumb -s 100x100 -t png big.jpg >bj.png
is "$(what bj.png)" "png 100 75 rgb" "a JPEG as PNG"
mxpreview-thumb -s 100x100 -o /dev/null a.png
ok $? "a device can be written to"
[ -c /dev/null ]
ok $? "and stays one"

# ---- the five
out=$(mxpreview-thumb --set -O set a.png)
ok $? "the set"
is "$(json 'map(.file) | join(" ")' <<<"$out")" \
	"32-32-image-png-crop 96-96-image-png-crop 320-240-image-png-scale 400-300-image-png-scale" "its names; doubles are left out"
is "$(json 'map("\(.width)x\(.height) \(.method) \(.type)")[0]' <<<"$out")" "32x32 crop image/png" "what the list says"
good=0
while read -r file bytes; do [ "$(stat -c %s "set/$file")" = "$bytes" ] || good=1; done < <(json '.[] | "\(.file) \(.bytes)"' <<<"$out")
ok $good "the sizes in bytes are right"
is "$(find set -type f | wc -l)" 4 "and nothing else is there"
is "$(mxpreview-thumb --set -O set1 tiny.png | json 'map(.file) | join(" ")')" "1-1-image-png-scale" "one pixel gives one thumbnail"

# ---- refusals
# refuses NAME REGEX ARG...: exit 1, one line that says why, nothing written.
refuses() {
	local name=$1 regex=$2 rc
	shift 2
	mxpreview-thumb "$@" >out 2>errors
	rc=$?
	is "$rc $(wc -c <out) $(wc -l <errors)" "1 0 1" "$name: refused in one line"
	like "$(cat errors)" "^mxpreview-thumb: $regex" "$name: $(tr '#' ' ' <errors)"
}
refuses "text" 'text.jpg: not a JPEG, PNG, WebP, GIF, BMP or ICO image$' -s 10x10 text.jpg
refuses "nothing" 'empty.gif: empty, no image$' -s 10x10 empty.gif
refuses "a huge one" 'huge.png: image of 65500 x 65500 pixels is too large' -s 10x10 huge.png
refuses "a missing one" 'none.png: ' -s 10x10 none.png
refuses "a directory" 'set: ' -s 10x10 set
refuses "a limit of the configuration" 'a.png: image of 400 x 300 pixels is too large' \
	-s 10x10 -c <(echo "max_image_pixels = 120000") a.png
printf old >keep.png
refuses "an output that was there" 'text.jpg: ' -s 10x10 -o keep.png text.jpg
is "$(cat keep.png)" "old" "it is still there"
is "$(find . -name '.mxpreview*' | wc -l)" 0 "no temporary file is left"
mxpreview-thumb -s 10x10 cut.png >cut.out 2>errors
like "$? $(cat errors)" '^[01] mxpreview-thumb: cut.png: PNG: the file ends too early' "a cut file says so"
head -c 70000000 /dev/zero | mxpreview-thumb -s 10x10 - >out 2>errors
like "$? $(cat errors)" '^1 .*standard input: more than 67108864 bytes' "a pipe has an end"
mxpreview-thumb -s 10x10 a.png >/dev/full 2>errors
like "$? $(cat errors)" '^1 .*No space left' "a full disk is noticed"
for bad in "-s 10" "-s 0x10" "-s 10x" "-s x10" "-s 10x10x" "-s 10x10 -m fit" "-s 10x10 -t gif" "a.png" "-s 10x10 --set" "-o x" \
	"-s 10x10 a.png b.png" "-O x -s 10x10" "-t png"; do
	# shellcheck disable=SC2086
	mxpreview-thumb $bad >out 2>errors </dev/null
	is "$? $(wc -c <out)" "2 0" "usage: $bad"
done

# ---- records
ID=2026-11-21_QwErTyUiOpAsDfGh
mkdir -p store/url_cache/2026-11-21
cp a.png store/url_cache/2026-11-21/QwErTyUiOpAsDfGh
cp text.jpg store/url_cache/2026-11-21/TeXtTeXtTeXtTeXt
record() { # record MEDIA-ID: with a picture of that name
	printf '{"v":1,"url":"https://example.org/","docs":[{"rel":"image","url":"https://example.org/i","type":"image/jpeg","media_id":"%s"}],"og":{}}\n' "$1"
}
out=$(record $ID | mxpreview-thumb -d store)
ok $? "a record"
is "$(json '.image | "\(.media_id) \(.type) \(.width) \(.height) \(keys | length)"' <<<"$out")" "$ID image/png 400 300 5" "what the picture is"
is "$(json '.thumbs | length' <<<"$out")" 4 "its thumbnails are listed"
dir=store/url_cache_thumbnails/2026-11-21/QwErTyUiOpAsDfGh
is "$(what $dir/320-240-image-png-scale)" "png 320 240 rgb" "and stand beside it"
out=$({
	record 2026-11-21_TeXtTeXtTeXtTeXt
	record 2026-11-21_GoneGoneGoneGone
	record ../../etc/passwd
	printf '{"v":1,"url":"https://example.org/","og":{}}\n{"v":1,"url":"https://example.org/","error":{"status":502}}\n'
	record $ID
} | mxpreview-thumb -d store)
ok $? "a picture that cannot be read fails no record"
is "$(json 'if .error then "error" else "\(.thumbs | length) \(.warnings[0].stage // "-")" end' <<<"$out" | tr '\n' ',')" \
	"0 thumb,0 thumb,0 thumb,0 -,error,4 -," "it is a warning; others are not touched by it"
like "$(json '.warnings[0].error // empty' <<<"$out" | head -1)" 'not a JPEG' "the warning says why"
is "$(json 'select(.warnings) | .warnings[0].rel + " " + .warnings[0].url' <<<"$out" | head -1)" "image https://example.org/i" "and of what"
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do record $ID; done | mxpreview-thumb -d store >out
is "$(json '.thumbs | length' <out | sort | uniq -c | tr -s ' ')" " 20 4" "many records through one process"

# ---- workers
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do record $ID | jq -c ".id = $i"; done >records
mxpreview-thumb -d store -j 3 <records >out
is "$? $(jq -s -c '[length, (map(.id) | sort == [range(1; 17)]), (map(.thumbs | length) | unique)]' <out)" "0 [16,true,[4]]" \
	"three workers: each record comes back once, with its thumbnails"
{
	head -c 1100000 /dev/zero | tr '\0' x && echo
	echo
	printf '{"v":1,"url":"https://example.org/","error":{"status":502}}\n'
	record $ID
} | mxpreview-thumb -d store -j 1 >out
is "$? $(jq -r '.error.status // (.thumbs | length)' <out | tr '\n' ' ')" "1 400 502 4 " "a line that is too long, an empty one, one that failed before"
is "$(mxpreview-thumb -d store -j 2 </dev/null | wc -c)" 0 "nothing in, nothing out"

# Pictures that take much: one asks for 130 MiB at its beginning, one is slow.
python3 - <<'PY'
import random, struct, zlib
def chunk(t, d): return struct.pack('>I', len(d)) + t + d + struct.pack('>I', zlib.crc32(t + d))
def png(name, w, h, kind, lace, rows):
    open('store/url_cache/2026-11-21/' + name, 'wb').write(b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', struct.pack('>IIBBBBB', w, h, 8, kind, 0, 0, lace)) +
        chunk(b'IDAT', zlib.compress(rows, 1)) + chunk(b'IEND', b''))
png('LargeLargeLargeL', 5700, 5700, 6, 1, bytes(5000))
random.seed(1)
row = b'\4' + random.randbytes(17100)
png('SlowSlowSlowSlow', 5700, 5700, 2, 0, row * 5700)
PY
SLOW=2026-11-21_SlowSlowSlowSlow LARGE=2026-11-21_LargeLargeLargeL
dies() { # dies STATUS NAME WARNING: every second picture is lost, the records around them are not
	is "$1 $(jq -r 'if .warnings then .warnings[0].stage else .thumbs | length end' <out | tr '\n' ' ')" "0 4 thumb 4 thumb 4 " "$2: the others have their thumbnails"
	like "$(jq -r '.warnings[0].error // empty' <out | sort -u)" "^$3$" "$2: the record says why"
}
echo 'max_image_cpu = 150' >slow.conf
for id in $ID $SLOW $ID $SLOW $ID; do record "$id"; done | mxpreview-thumb -d store -j 1 -c slow.conf >out
dies $? "a picture that takes too long" 'the picture took more than 150 ms of processor time'
if nm "$BIN/mxpreview-thumb" 2>/dev/null | grep -q __asan_init; then
	skip "a picture that takes too much memory" "sanitizers map more than any limit"
else
	for id in $ID $LARGE $ID $LARGE $ID; do record "$id"; done | (ulimit -v 120000 && exec mxpreview-thumb -d store -j 1) >out
	dies $? "a picture that takes too much memory" 'the picture ended the process that read it .signal 6.'
fi
record $SLOW | jq -c '.html = {images: [{url: "https://example.org/other"}]}' | mxpreview-thumb -d store -j 1 -c slow.conf >out
is "$(jq -c '[.thumbs, .dropped]' <out)" "[null,[\"$SLOW\"]]" "where there is another candidate, such a picture makes room for it"
mkfifo in
mxpreview-thumb -d store -j 2 <in >live &
pid=$!
exec 7>in
record $ID >&7
until [ -s live ]; do :; done
record $SLOW >&7
kill -TERM $pid
wait $pid
is "$?:$(pgrep -P $pid)" 1: "a signal ends all of them, whatever they do"
exec 7>&-
mxpreview-thumb -d store -j 2 <records >/dev/full 2>errors
like "$? $(cat errors)" '^1 .*No space left' "records to a full disk"
for bad in "-j 0" "-j 65" "-j x" "-s 9x9 -j 2" "--set --animated" "--blurhash -s 9x9" "--blurhash -j 2"; do
	# shellcheck disable=SC2086
	mxpreview-thumb $bad >out 2>errors </dev/null
	is "$? $(wc -c <out)" "2 0" "usage: $bad"
done

# ---- identicons
mxpreview-thumb --identicon @alice:example.org >i1.png && mxpreview-thumb --identicon @alice:example.org -s 96x96 -o i2.png
is "$? $(what i1.png) $(sha256sum <i1.png)" "0 png 96 96 rgb $(sha256sum <i2.png)" "a name has one face, 96 x 96"
mxpreview-thumb --identicon @bob:example.org >i3.png
! cmp -s i1.png i3.png
ok $? "another name has another"
mxpreview-thumb --identicon x -s 4x4 >out 2>errors
like "$? $(wc -c <out) $(cat errors)" '^1 0 mxpreview-thumb: identicon of 4 x 4 pixels: the sides go from 5 to 2048$' "not smaller than its pattern"

# ---- what stands for a picture
is "$(mxpreview-thumb --blurhash a.png | json 'keys | join(" ")')" "blurhash color height type width" "a picture as a line of JSON"
hash=$(mxpreview-thumb --blurhash <a.png | json .blurhash)
is "${#hash} $(mxpreview-thumb --blurhash - <a.png | json '"\(.type) \(.width) \(.height)"')" "28 image/png 400 300" "of standard input, too"
is "$(record $ID | mxpreview-thumb -d store | json '.image | [.color, .blurhash] | tostring')" "[\"$(mxpreview-thumb --blurhash a.png | json .color)\",null]" \
	"a record tells the colour"
echo 'blurhash = true' >hash.conf
is "$(record $ID | mxpreview-thumb -d store -c hash.conf | json .image.blurhash)" "$(mxpreview-thumb --set -O h a.png >/dev/null && record $ID | mxpreview-thumb -d store -j 1 -c hash.conf | json .image.blurhash)" \
	"and the BlurHash if the configuration says so"
is "$(record $ID | mxpreview-thumb -d store -c hash.conf | json '.image.blurhash | length')" 28 "which has 28 characters"

# ---- animations
python3 - <<'PY'
def gif(name, frames):
    out = b'GIF89a' + bytes((8, 0, 8, 0, 0xF0, 0, 0)) + bytes((255, 0, 0, 0, 0, 255)) + b'!\xff\x0bNETSCAPE2.0\x03\x01\0\0\0'
    for i in range(frames):  # codes of three bits: clear, index, end; one pixel a frame
        out += b'!\xf9\x04\x04\x0a\0\0\0,' + bytes((0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44 if i % 2 == 0 else 0x4C, 1, 0))
    open(name, 'wb').write(out + b';')
gif('moves.gif', 3)
gif('many.gif', 10000)
PY
mxpreview-thumb -s 8x8 --animated -o moves.webp moves.gif
is "$? $(head -c 12 moves.webp | tail -c 4) $(grep -ao ANMF moves.webp | wc -l)" "0 WEBP 3" "an animation stays one"
mxpreview-thumb -s 8x8 --animated moves.gif | cmp -s - moves.webp
ok $? "on standard output, too"
mxpreview-thumb -s 8x8 --animated a.png >still.png 2>errors
is "$(what still.png) $(wc -c <errors)" "png 8 6 rgb 0" "what does not move is a still picture"
mxpreview-thumb -s 8x8 --animated many.gif >first.png 2>errors
is "$? $(what first.png) $(cat errors)" "0 png 8 8 rgba mxpreview-thumb: many.gif: animation of more than 1000 frames: only its first frame is taken" \
	"so is what moves too much, with a word about it"

# ---- the set as a stream: the list, then the files, and nothing is created
mkdir stream && cd stream || exit 1
mxpreview-thumb --set -O - ../a.png >../streamed
is "$?:$(ls -A)" 0: 'a set as a stream creates nothing'
mxpreview-thumb --set ../a.png >../list
is "$(head -n 1 ../streamed)" "$(cat ../list)" 'first the list'
jq -r '.[].file' ../list | while read -r f; do cat "$f"; done >../joined
is "$(tail -n +2 ../streamed | cmp - ../joined && echo same)" same 'then the files, one behind the other'
mxpreview-thumb --set -O - ../a.png >/dev/full 2>../err
is "$?" 1 'a stream that cannot be written is an error'
cd ..

# ---- interrupted while it decodes
(exec mxpreview-thumb -s 3000x3000 -o late.png store/url_cache/2026-11-21/SlowSlowSlowSlow) &
pid=$!
# a shell that is about to start it would clean up
while [ -d /proc/$pid ] && ! readlink "/proc/$pid/exe" | grep -q 'mxpreview-thumb$'; do sleep 0.001; done
kill -TERM $pid
! wait $pid && [ ! -e late.png ] && [ "$(find . -maxdepth 1 -name '.mxpreview*' | wc -l)" = 0 ]
ok $? "an interrupted thumbnail leaves nothing"
finish
