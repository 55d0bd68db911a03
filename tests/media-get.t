#!/usr/bin/env bash
# mxmedia-get: bytes, thumbnails and what is known; what is quarantined, has not come, or is damaged.
. "$(dirname "$0")/lib.sh"
command -v jq >/dev/null || skip_all "jq is needed"
S=$TMP/store
cd "$TMP" || exit 1
put() { mxmedia-put -d "$S" "$@" | jq -r .content_uri; }
get() { mxmedia-get -d "$S" "$@"; }
sql() { sqlite3 "$S/mxpreview.db" "$@"; }
mkimage() { "$BIN/tests/mkimage" "$@"; }
# what ARG...: type and pixels of a thumbnail, as its bytes have them.
what() {
	get -o out.bin "$@" 2>err || { cat err && return; }
	mxpreview-thumb --blurhash out.bin 2>/dev/null | jq -r '"\(.type) \(.width)x\(.height)"'
}
thumbs() { sql "SELECT count(*) FROM local_media_repository_thumbnails WHERE media_id = '${1##*/}'"; }
dir_of() { # dir_of URI: the directory of its thumbnails
	local id=${1##*/}
	echo "$S/local_thumbnails/${id:0:2}/${id:2:2}/${id:4}"
}

mkimage -f jpeg 1200x900 1 >a.jpg
m=$(put a.jpg)

# ---- bytes
is "$(get "$m" | cmp - a.jpg && echo same)" same 'there and back'
is "$(get "${m##*/}" | cmp - a.jpg && echo same)" same 'by its id alone'
is "$(get --server-name else.where "mxc://else.where/${m##*/}" | cmp - a.jpg && echo same)" same 'by the name of the server that is ours'
get -o copy "$m" && is "$(cmp copy a.jpg && echo same)" same 'into a file'
ln -sf copy link && get -o link "$m" && is "$(cmp link a.jpg && echo same)" same 'over a link'
get -o none/x "$m" 2>err
is "$?" 1 'into a directory that is not there'
is "$(find . -name '.mxmedia-get*' | wc -l)" 0 'nothing is left of it'
get -o /dev/full "$m" 2>err
is "$?" 75 'a full device'
get "$m" >/dev/full 2>err
is "$?" 1 'standard output that is full'
like "$(cat err)" 'standard output: write: No space left' 'with its reason'
(
	get "$m" 2>err
	echo $? >status
) | head -c 10 >/dev/null
is "$(cat status):$(cat err)" 1: 'a reader that goes'
(get "$m" >&-) 2>/dev/null
is "$?" 1 'standard output that is closed'

# ---- what is not there
for x in mxc://localhost/AbCdEfGhIjKlMnOpQrStUvWx AbCdEfGhIj; do
	get "$x" >out 2>err
	is "$?:$(cat out)" 1: "not found: $x"
	like "$(cat err)" 'M_NOT_FOUND: Not found' '  by that name'
done
for x in 'mxc://a' 'mxc:///x' 'a/b' '..' '' "$(printf 'a\001')" "mxc://a/$(head -c 300 /dev/zero | tr '\0' x)"; do
	get "$x" >out 2>err
	is "$?:$(cat out)" 1: 'no name of a medium'
done
get --info AbCdEfGhIj 2>err
is "$?" 1 'nothing is known'
like "$(cat err)" 'M_NOT_FOUND: Unknown media' '  and said so'
is "$(get --info "$m" "$m" | jq -r .media_info.media_id | uniq -c | awk '{print $1}')" 2 'of several'
is "$(get --info "$m" | jq -c '.media_info | keys_unsorted')" \
	'["media_origin","user_id","media_id","media_type","media_length","upload_name","created_ts","filesystem_id","url_cache","last_access_ts","quarantined_by","authenticated","safe_from_quarantine","sha256"]' \
	'the members of the admin API'

# ---- not yet
r=$(mxmedia-put -d "$S" --reserve | jq -r .content_uri)
get "$r" >out 2>err
is "$?" 75 'reserved: try again'
like "$(cat err)" 'M_NOT_YET_UPLOADED: Media has not been uploaded yet' '  by that name'
get --thumbnail 32x32 "$r" >out 2>err
is "$?" 75 'nor its thumbnail'
get --timeout 20s "$r" >waited &
p=$!
mxmedia-put -d "$S" --into "$r" a.jpg >/dev/null
wait "$p"
is "$?:$(cmp waited a.jpg && echo same)" 0:same 'who waits gets it'
r=$(mxmedia-put -d "$S" --reserve | jq -r .content_uri)
sql "UPDATE local_media_repository SET created_ts = created_ts - 25 * 3600000 WHERE media_id = '${r##*/}'"
get --timeout 5s "$r" 2>err
is "$?" 1 'its time is over: not found'

# ---- thumbnails
is "$(what --thumbnail 320x240 "$m")" 'image/jpeg 320x240' 'one of the set'
is "$(what --thumbnail 321x240 "$m")" 'image/jpeg 320x240' 'it could not be larger: the answer would be 320x240'
is "$(what --thumbnail 321x241 "$m")" 'image/jpeg 640x480' 'not smaller than asked'
is "$(what --thumbnail 9999x9999 "$m")" 'image/jpeg 800x600' 'the largest'
is "$(what --thumbnail 50x50 -m crop "$m")" 'image/jpeg 96x96' 'cropped'
is "$(what --thumbnail 50x50 -m CROP --animated "$m")" 'image/jpeg 96x96' 'what does not move stays still'
n=$(thumbs "$m")
what --thumbnail 700x700 -m crop "$m" >/dev/null
is "$(thumbs "$m")" "$n" 'nothing is made that the owner does not allow'
rm "$(dir_of "$m")/320-240-image-jpeg-scale"
is "$(what --thumbnail 320x240 "$m")" 'image/jpeg 320x240' 'one that is missing is made again'
: >"$(dir_of "$m")/640-480-image-jpeg-scale"
is "$(what --thumbnail 640x480 "$m")" 'image/jpeg 640x480' 'so is one that is cut'
rm -r "$(dir_of "$m")"
is "$(what --thumbnail 96x96 -m crop "$m")" 'image/jpeg 96x96' 'and when all are gone'
p=$(put --no-thumbnails a.jpg)
is "$(thumbs "$p"):$(what --thumbnail 32x32 -m crop "$p"):$(thumbs "$p")" '0:image/jpeg 32x32:5' 'a set that was never made is made'
echo hello >notes.txt
t=$(put notes.txt)
get --thumbnail 32x32 "$t" >out 2>err
is "$?" 1 'what is no picture has none'
like "$(cat err)" 'Cannot find any thumbnails' '  and is told'
printf '\x89PNG\r\n\x1a\nno' >broken.png
b=$(put broken.png)
get --thumbnail 32x32 "$b" 2>/dev/null
is "$?:$(find "$(dir_of "$b")" -name '.mark-none' | wc -l)" 1:1 'a broken one is marked'

# many ask for the first thumbnail at once: it is made once
p=$(put --no-thumbnails a.jpg)
pids=
for i in $(seq 16); do
	get --thumbnail 320x240 -o "crowd.$i" "$p" &
	pids="$pids $!"
done
bad=0
for i in $pids; do wait "$i" || bad=1; done
is "$bad:$(cat crowd.* | wc -c)" "0:$(($(wc -c <crowd.1) * 16))" 'sixteen ask, all get it'
is "$(thumbs "$p")" 5 'five rows'

printf 'dynamic_thumbnails = true\n' >dyn.conf
is "$(what -c dyn.conf --thumbnail 200x100 -m crop "$p")" 'image/jpeg 256x128' 'dynamic: rounded up'
is "$(what -c dyn.conf --thumbnail 1000x10 "$p"):$(thumbs "$p")" 'image/jpeg 320x240:6' 'what is large enough need not be made'
is "$(what -c dyn.conf --thumbnail 1000x1000 "$p")" 'image/jpeg 1200x900' 'no larger than the picture'
n=$(thumbs "$p")
is "$n" 7 'listed'
for s in 129x65 192x96 256x128; do what -c dyn.conf --thumbnail "$s" -m crop "$p" >/dev/null; done
what -c dyn.conf --thumbnail 1600x1200 "$p" >/dev/null
is "$(thumbs "$p")" $((n + 1)) 'many asked sizes are few that are made'
sql "WITH RECURSIVE i (n) AS (SELECT 1 UNION SELECT n + 1 FROM i WHERE n < 39) INSERT INTO local_media_repository_thumbnails SELECT '${p##*/}', 1000 + n, 1, 'image/jpeg', 'crop', 1 FROM i"
for s in 300x40 400x40 500x40; do get -c dyn.conf --thumbnail "$s" -m crop "$p" >/dev/null; done
is "$(thumbs "$p")" 48 'and there is an end'

# one that moves
if command -v python3 >/dev/null; then
	python3 - <<'PY' >film.gif
import sys
def lzw(px):  # 2-bit codes with a clear before each: plain, and right
    bits = n = 0; out = b''
    for c in [c for p in px for c in (4, p)] + [5]:
        bits |= c << n; n += 3
        while n >= 8: out += bytes([bits & 255]); bits >>= 8; n -= 8
    out += bytes([bits & 255])
    return b''.join(bytes([len(out[i:i + 255])]) + out[i:i + 255] for i in range(0, len(out), 255)) + b'\0'
w = h = 40
g = b'GIF89a' + bytes([w, 0, h, 0, 0x81, 0, 0]) + bytes(range(0, 240, 20)) + b'!\xff\x0bNETSCAPE2.0\x03\x01\0\0\0'
for k in (0, 1, 2):
    g += b'!\xf9\x04\0\x0a\0\0\0,' + bytes([0, 0, 0, 0, w, 0, h, 0, 0, 2]) + lzw([k] * (w * h))
sys.stdout.buffer.write(g + b';')
PY
	f=$(put film.gif)
	is "$(what --thumbnail 32x32 -m crop "$f")" 'image/png 32x32' 'a film stands still unless asked'
	is "$(what --thumbnail 32x32 -m crop --animated "$f")" 'image/webp 32x32' 'asked, it moves'
	is "$(sql "SELECT count(*) FROM local_media_repository_thumbnails WHERE media_id = '${f##*/}' AND thumbnail_type = 'image/webp'")" 1 'and is kept'
	is "$(what --thumbnail 32x32 -m crop "$f")" 'image/png 32x32' 'still it stands still'
else
	skip 'a film' 'python3 is needed'
fi
mkimage -f png 64x64 2 >still.png
p=$(put still.png)
is "$(what --thumbnail 32x32 -m crop --animated "$p"):$(find "$(dir_of "$p")" -name .mark-still | wc -l)" 'image/png 32x32:1' 'a PNG that does not move is asked once'

# ---- quarantine
sql "UPDATE local_media_repository SET quarantined_by = '@mod:localhost' WHERE media_id = '${m##*/}'"
for a in '' '--thumbnail 32x32'; do
	# shellcheck disable=SC2086
	get $a "$m" >out 2>err
	is "$?:$(cat out)" 1: "quarantined: nothing $a"
	is "$(cat err)" "mxmedia-get: $m: M_NOT_FOUND: Not found" '  as if it were not there'
done
is "$(get --unsafely-bypass-quarantine "$m" 2>err | cmp - a.jpg && echo same)" same 'but for those who decide'
like "$(cat err)" 'QUARANTINED by @mod:localhost' 'and loudly'
is "$(get --info "$m" | jq -r .media_info.quarantined_by)" @mod:localhost 'what is known is told'

# ---- other servers', previews', damaged
mkdir -p "$S/remote_content/far.example:8448/FI/LE"
cp a.jpg "$S/remote_content/far.example:8448/FI/LE/id"
sql "INSERT INTO remote_media_cache (media_origin, media_id, media_type, created_ts, media_length, filesystem_id, last_access_ts) VALUES ('far.example:8448', 'opaque~id', 'image/jpeg', 5, $(stat -c %s a.jpg), 'FILEid', 5)"
is "$(get 'mxc://far.example:8448/opaque~id' | cmp - a.jpg && echo same)" same "another server's"
is "$(what --thumbnail 320x240 'mxc://far.example:8448/opaque~id')" 'image/jpeg 320x240' 'and a thumbnail of it'
is "$(find "$S/remote_thumbnail/far.example:8448/FI/LE/id" -type f | wc -l)" 5 'where it belongs'
is "$(get --info 'mxc://far.example:8448/opaque~id' | jq -c '.media_info | [.media_origin, .filesystem_id, .user_id, .safe_from_quarantine]')" '["far.example:8448","FILEid",null,null]' 'what is known'
mkdir -p "$S/url_cache/2026-11-21" && cp a.jpg "$S/url_cache/2026-11-21/QwErTyUiOpAsDfGh"
sql "INSERT INTO local_media_repository (media_id, media_type, media_length, created_ts, url_cache) VALUES ('2026-11-21_QwErTyUiOpAsDfGh', 'image/jpeg', $(stat -c %s a.jpg), 5, 'http://x/')"
is "$(get 2026-11-21_QwErTyUiOpAsDfGh | cmp - a.jpg && echo same)" same "a preview's"
is "$(what --thumbnail 1x1 -m crop 2026-11-21_QwErTyUiOpAsDfGh)" 'image/jpeg 32x32' 'and a thumbnail of it'
mkimage -f jpeg 300x200 7 >b.jpg
d=$(put b.jpg)
id=${d##*/}
truncate -s 100 "$S/local_content/${id:0:2}/${id:2:2}/${id:4}"
get "$d" >out 2>err
is "$?:$(cat out)" 1: 'a file that is cut is not handed out'
like "$(cat err)" 'its file is damaged: 100 bytes instead of' 'and why'
rm "$S/local_content/${id:0:2}/${id:2:2}/${id:4}"
get "$d" >out 2>err
is "$?" 1 'nor is one that is missing'
sql "INSERT INTO local_media_repository_thumbnails VALUES ('${t##*/}', 32, 32, '$(head -c 400 /dev/zero | tr '\0' x)/y', 'scale', 5)"
get --thumbnail 32x32 "$t" >out 2>err
is "$?" 1 "a row of a stranger's database with a type of 400 bytes"

# ---- access times
last() { get --info "$1" | jq .media_info.last_access_ts; }
u=$(put b.jpg)
get "$u" >/dev/null
is "$(last "$u")" null 'a look costs no transaction'
like "$(tail -n 1 "$S/access.journal")" "^[0-9]{13} - ${u##*/}\$" 'it is noted'
sed -i 's/^1/0/' "$S/access.journal" # long ago
before=$(date +%s000)
get "$u" >/dev/null
ok "$(($(last "$u") >= before ? 0 : 1))" 'and comes into the database later'
is "$(ls "$S"/access.journal* 2>/dev/null)" '' 'the journal is gone'
get --unsafely-bypass-quarantine "$m" >/dev/null 2>&1
is "$(ls "$S"/access.journal* 2>/dev/null)" '' 'the look of a moderator is no use'

# ---- a mistyped directory
mkdir none
for of in "$u" "${u##*/}" "--info mxc://far.example/x"; do
	# shellcheck disable=SC2086
	out=$(mxmedia-get -d none/typo $of 2>&1 >/dev/null)
	is "$? $(ls none)" '1 ' "$of: no store is made"
	like "$out" 'none/typo: no store is there' '  and why'
done

# ---- usage
for bad in '' 'a b' '--thumbnail 0x5 a' '--thumbnail 5 a' '--thumbnail 70000x1 a' '--thumbnail 5x5x5 a' '-m crop a' '--animated a' \
	'--thumbnail 5x5 -m fill a' '--info -o x a' '--timeout never a' '--timeout 1d a'; do
	# shellcheck disable=SC2086
	get $bad >/dev/null 2>&1
	is "$?" 2 "usage: '$bad'"
done
if command -v script >/dev/null; then
	script -qec "mxmedia-get -d '$S' '$u'" /dev/null </dev/null >out 2>&1
	like "$(cat out)" 'nothing for a terminal' 'nothing of strangers goes to a terminal'
fi
finish
