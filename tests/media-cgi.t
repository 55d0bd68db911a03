#!/usr/bin/env bash
# mxmedia-cgi as CGI: every endpoint of the media repository, its status, headers and body; hostile names, ranges, versions.
. "$(dirname "$0")/lib.sh"
command -v sqlite3 >/dev/null || skip_all 'sqlite3 is needed'

S=$TMP/store C=$TMP/conf
M=/_matrix/media L=/_matrix/client/v1/media
cd "$TMP" || exit 1
token() { printf '%s %s %s\n' "$(printf %s "$1" | sha256sum | cut -c 1-64)" "$2" "${3:-}"; }
{ token alice @alice:localhost && token bob @bob:localhost && token root @root:localhost admin; } >tokens
conf() { printf '%s\n' 'auth = tokens' "auth_tokens = $TMP/tokens" "$@" >"$C"; }
cgi() { # cgi METHOD URI [NAME=VALUE ...] [<BODY]: the whole answer to alice, without CR; its body as it is in $TMP/body
	local method=$1 uri=$2 as=${AS-alice}
	shift 2
	env ${as:+"HTTP_AUTHORIZATION=Bearer $as"} REQUEST_METHOD="$method" REQUEST_URI="$uri" REMOTE_ADDR=192.0.2.7 "$@" \
		"$BIN/mxmedia-cgi" -c "$C" -d "$S" 2>>"$TMP/err" >"$TMP/answer"
	sed '1,/^\r$/d' "$TMP/answer" >"$TMP/body"
	tr -d '\r\0' <"$TMP/answer"
}
# shellcheck disable=SC2094 # it is only read
upload() { # upload FILE TYPE [QUERY]
	cgi POST "$M/v3/upload${3:+?$3}" CONTENT_TYPE="$2" CONTENT_LENGTH="$(stat -c %s "$1")" <"$1" | body | json .content_uri
}
status() { sed -n '1s/^Status: \([0-9]*\).*/\1/p'; }
body() { sed '1,/^$/d'; }
said() { printf '%s %s\n' "$(status <<<"$1")" "$(body <<<"$1" | jq -r '"\(.errcode): \(.error)"')"; }
header() { sed -n "1,/^\$/s/^$1: //p"; }
has_cors() {
	is "$(header 'Access-Control-Allow-.*' <<<"$1" | sort | tr '\n' '|')" \
		'*|GET, HEAD, POST, PUT, DELETE, OPTIONS|X-Requested-With, Content-Type, Authorization, Date|' "$2: CORS"
}
e() { # e WANT METHOD URI NAME [NAME=VALUE ...]
	local a want=$1 method=$2 uri=$3 name=$4
	shift 4
	a=$(cgi "$method" "$uri" "$@" </dev/null)
	is "$(said "$a")" "$want" "$name"
	has_cors "$a" "$name"
}
sql() { sqlite3 "$S/mxpreview.db" "$@"; }

# ---- what may come in
conf
is "$(cgi GET $L/config | body)" '{"m.upload.size":52428800}' 'config'
for p in r0 v1 v3; do is "$(cgi GET "$M/$p/config" | body)" '{"m.upload.size":52428800}' "config of $p"; done
AS='' e '401 M_MISSING_TOKEN: Missing access token' GET $L/config 'config asks who asks'
AS=eve e '401 M_UNKNOWN_TOKEN: Invalid access token passed.' GET $L/config 'and knows who'

printf 'hello w\303\266rld\n' >text
a=$(cgi POST "$M/v3/upload?filename=h%C3%A4.txt" CONTENT_TYPE=text/plain CONTENT_LENGTH=13 <text)
is "$(status <<<"$a")" 200 'an upload'
like "$(body <<<"$a")" '^\{"content_uri":"mxc://localhost/[A-Za-z]{24}"\}$' 'its name, and nothing else'
is "$(header Content-Type <<<"$a")" application/json 'its type'
has_cors "$a" upload
U=$(body <<<"$a" | json .content_uri) T=${U#mxc://}
is "$(sql "SELECT media_type, media_length, upload_name, user_id, authenticated FROM local_media_repository")" \
	'text/plain|13|hä.txt|@alice:localhost|1' 'its row'
for p in r0 v1; do like "$(cgi POST $M/$p/upload CONTENT_LENGTH=3 <text | body)" '"content_uri":"mxc://' "upload of $p"; done
is "$(sql "SELECT media_type FROM local_media_repository WHERE media_length = 3 LIMIT 1")" application/octet-stream 'nothing said of its type'
e '400 M_UNKNOWN: Request must specify a Content-Length' POST $M/v3/upload 'no length'
e '400 M_UNKNOWN: Content-Length value is invalid' POST $M/v3/upload 'a bad length' CONTENT_LENGTH=1x
e '400 M_UNKNOWN: Invalid UTF-8 filename parameter' POST "$M/v3/upload?filename=%FF" 'a name that is not UTF-8' CONTENT_LENGTH=0
e '400 M_INVALID_PARAM: Content-Type is none' POST $M/v3/upload 'a type that is none' CONTENT_LENGTH=0 CONTENT_TYPE=nonsense
e '400 M_UNKNOWN: The body ended before its Content-Length' POST $M/v3/upload 'half a body' CONTENT_LENGTH=5
e '405 M_UNRECOGNIZED: Unrecognized request' GET $M/v3/upload 'GET of an upload'
AS='' e '401 M_MISSING_TOKEN: Missing access token' POST $M/v3/upload 'an upload of nobody' CONTENT_LENGTH=3
is "$(cgi POST $M/v3/upload CONTENT_LENGTH=0 </dev/null | status)" 200 'an empty one'
conf 'max_upload_size = 12'
a=$(cgi POST $M/v3/upload CONTENT_LENGTH=13 <text)
like "$(said "$a")" '^413 M_TOO_LARGE: Upload request body is too large' 'one that is too large'
conf 'media_upload_limits = 1h 20'
e '400 M_RESOURCE_LIMIT_EXCEEDED: Media upload limit exceeded' POST $M/v3/upload 'more than a user may' CONTENT_LENGTH=20 CONTENT_TYPE=text/plain
is "$(AS=bob cgi POST $M/v3/upload CONTENT_LENGTH=13 <text | status)" 200 'another user may'
conf
is "$(find "$S" -name '.??*' -path '*_content*' | wc -l)" 0 'nothing half is left'

# ---- ids before their content
a=$(cgi POST $M/v1/create </dev/null)
is "$(body <<<"$a" | jq -c 'keys')" '["content_uri","unused_expires_at"]' 'an id before its content'
P=$(body <<<"$a" | json .content_uri) P=${P#mxc://}
e '504 M_NOT_YET_UPLOADED: Media has not been uploaded yet' GET "$L/download/$P?timeout_ms=0" 'it has none yet'
e '404 M_NOT_FOUND: Unknown media ID' PUT $M/v3/upload/localhost/abcdefghijklmnop 'an id that nobody made' CONTENT_LENGTH=1
e '404 M_NOT_FOUND: Unknown media ID' PUT $M/v3/upload/else.where/abcdefghijklmnop "another server's" CONTENT_LENGTH=1
like "$(AS=bob cgi PUT "$M/v3/upload/$P" CONTENT_LENGTH=13 <text | body)" '"errcode":"M_FORBIDDEN"' "another user's"
e '400 M_UNKNOWN: Request must specify a Content-Length' PUT "$M/v3/upload/$P" 'no length'
is "$(cgi PUT "$M/v3/upload/$P?filename=x" CONTENT_TYPE=text/plain CONTENT_LENGTH=13 <text | body)" '{}' 'its content'
is "$(cgi PUT "$M/v3/upload/$P" CONTENT_LENGTH=13 <text | body | json .errcode)" M_CANNOT_OVERWRITE_MEDIA 'once'
is "$(cgi GET "$L/download/$P" | body)" "$(cat text)" 'there it is'
conf 'media_create_burst = 2' 'media_create_per_second = 1'
for _ in 1 2 3 4; do a=$(AS=bob cgi POST $M/v1/create </dev/null); done
is "$(status <<<"$a"):$(body <<<"$a" | jq -r '"\(.errcode) \(.retry_after_ms > 0)"'):$(header Retry-After <<<"$a")" '429:M_LIMIT_EXCEEDED true:1' 'not too many at once'
conf 'max_pending_media_uploads = 0'
is "$(AS=root cgi POST $M/v1/create </dev/null | status)" 429 'nor too many that wait'
conf

# ---- what goes out
H=$(sha256sum <text | cut -c 1-64)
a=$(cgi GET "$L/download/$T")
is "$(status <<<"$a"):$(cmp body text && echo same)" 200:same 'a download'
is "$(sed '/^$/,$d;/^Access-Control/d' <<<"$a")" "Status: 200 OK
Content-Security-Policy: sandbox; default-src 'none'; script-src 'none'; plugin-types application/pdf; style-src 'unsafe-inline'; media-src 'self'; object-src 'self';
X-Content-Security-Policy: sandbox;
Referrer-Policy: no-referrer
Cross-Origin-Resource-Policy: cross-origin
X-Robots-Tag: noindex, nofollow, noarchive, noimageindex
X-Content-Type-Options: nosniff
Cache-Control: public,max-age=86400,s-maxage=0,proxy-revalidate
ETag: \"$H\"
Content-Type: text/plain; charset=UTF-8
Content-Disposition: inline; filename*=utf-8''h%C3%A4.txt
Accept-Ranges: bytes
Content-Length: 13" 'its headers'
has_cors "$a" download
is "$(cgi GET "$L/download/$T/other.name" | header Content-Disposition)" 'inline; filename=other.name' 'another name for it'
is "$(cgi GET "$L/download/$T/%22%0D%0AX-Evil:%20y" | header Content-Disposition)" "inline; filename*=utf-8''%22%0D%0AX-Evil%3A%20y" 'a name that would be a header'
is "$(cgi GET "$L/download/$T/" | status)" 200 'an empty name'
is "$(cgi GET "$L/download/$T/a%2Fb" | header Content-Disposition)" "inline; filename*=utf-8''a/b" 'a slash in it'
h=$(cgi HEAD "$L/download/$T")
is "$(status <<<"$h"):$(header Content-Length <<<"$h"):$(body <<<"$h")" 200:13: HEAD
a=$(cgi GET "$L/download/$T" HTTP_IF_NONE_MATCH="W/\"x\", \"$H\"")
is "$(status <<<"$a"):$(header ETag <<<"$a"):$(body <<<"$a")" "304:\"$H\":" 'it is known'
is "$(header Content-Length <<<"$a")" '' 'then nothing is said of its length'
is "$(AS='' cgi GET "$L/download/$T" HTTP_IF_NONE_MATCH="\"$H\"" | status)" 401 'who does not say who he is, learns nothing'
r() { # r RANGE [NAME=VALUE]: status, Content-Range, body
	local a=$1
	shift
	a=$(cgi GET "$L/download/$T" HTTP_RANGE="$a" "$@")
	echo "$(status <<<"$a") $(header Content-Range <<<"$a") $(body <<<"$a")"
}
is "$(r bytes=0-4)" '206 bytes 0-4/13 hello' 'a part'
is "$(r bytes=-3)" '206 bytes 10-12/13 ld' 'its end'
is "$(r bytes=12-99999999999999999999)" '206 bytes 12-12/13 ' 'beyond its end'
is "$(r bytes=13-)" '416 bytes */13 ' 'behind it'
is "$(r bytes=0-1,3-4)" "200  $(cat text)" 'two parts are all of it'
is "$(r bytes=0-1 HTTP_IF_RANGE="\"$H\"")" '206 bytes 0-1/13 he' 'a part of this version'
is "$(r bytes=0-1 HTTP_IF_RANGE='"other"')" "200  $(cat text)" 'not of another one'
t() { # t TYPE WANT: how a medium of that type is told
	local u
	u=$(upload text "$1")
	cgi GET "$L/download/${u#mxc://}" | sed -n 's/^Content-\(Type\|Disposition\): //p' | tr '\n' '|'
}
is "$(t text/html)" 'text/html; charset=UTF-8|attachment|' 'HTML'
is "$(t image/svg+xml)" 'image/svg+xml; charset=UTF-8|attachment|' 'SVG'
is "$(t 'text/plain; charset=utf-16')" 'text/plain; charset=utf-16|inline|' 'a charset of its own'
is "$(t application/pdf)" 'application/pdf|attachment|' PDF

# names that are none
e '404 M_NOT_FOUND: Not found' GET $L/download/localhost/nothing 'what is not there'
e '404 M_NOT_FOUND: Not found' GET $L/download/localhost/.. 'a parent'
e '404 M_NOT_FOUND: Not found' GET $L/download/localhost/..%2F..%2Fmxpreview.db 'a path'
e '404 M_NOT_FOUND: Not found' GET "$L/download/localhost/a%0Ab" 'a control'
e '400 M_UNKNOWN: the path is not UTF-8' GET "$L/download/localhost/%FFabcdef" 'no UTF-8'
e '400 M_INVALID_PARAM: No server can have that name' GET $L/download/..%2Fx/abcdef 'a path for a server'
e '400 M_INVALID_PARAM: No server can have that name' GET "$L/download/a%20b/abcdef" 'a blank in a server'
e '400 M_UNKNOWN: bad %-encoding in the path' GET "$L/download/localhost/a%00b" 'a NUL'
e '404 M_UNRECOGNIZED: Unrecognized request' GET $L/download/localhost 'no id'
e '404 M_UNRECOGNIZED: Unrecognized request' GET "$L/download//abcdef" 'no server'
e '404 M_UNRECOGNIZED: Unrecognized request' GET $L/preview_url "another command's"
e '400 M_INVALID_PARAM: Query parameter timeout_ms must be an integer' GET "$L/download/$T?timeout_ms=x" 'a time that is none'
is "$(cgi GET "$L/download/localhost/$(head -c 3000 /dev/zero | tr '\0' a)" | status)" 404 'a long one'
is "$(cgi OPTIONS "$L/download/$T" | status)" 204 'OPTIONS asks nobody'

# without a token
AS='' e '404 M_NOT_FOUND: Not found' GET "$M/v3/download/$T" 'legacy: not what is for those with a name'
AS='' e '404 M_NOT_FOUND: Not found' GET "$M/v3/thumbnail/$T?width=1&height=1" 'nor its thumbnail'
conf 'enable_authenticated_media = false'
for p in r0 v1 v3; do is "$(AS='' cgi GET "$M/$p/download/$T/n" | body)" "$(cat text)" "legacy: download of $p"; done
u=$(upload text text/plain) u=${u#mxc://}
conf
is "$(AS='' cgi GET "$M/r0/download/$u" HTTP_RANGE=bytes=1-3 | body)" ell 'what came before that is for everybody'

# ---- thumbnails
"$BIN/tests/mkimage" -f jpeg 1200x900 1 >a.jpg
u=$(upload a.jpg image/jpeg filename=a.jpg) I=${u#mxc://}
a=$(cgi GET "$L/thumbnail/$I?width=320&height=240&method=scale")
is "$(status <<<"$a")" 200 'a thumbnail'
is "$(sed '/^$/,$d;/^Access-Control/d;s/[0-9a-f]\{64\}/HASH/;s/\(Length: \).*/\1N/' <<<"$a")" 'Status: 200 OK
Cross-Origin-Resource-Policy: cross-origin
X-Robots-Tag: noindex, nofollow, noarchive, noimageindex
X-Content-Type-Options: nosniff
Cache-Control: public,max-age=86400,s-maxage=0,proxy-revalidate
ETag: "HASH"
Content-Type: image/jpeg
Content-Disposition: inline
Accept-Ranges: bytes
Content-Length: N' 'its headers'
is "$(mxpreview-thumb --blurhash body | jq -c '[.width,.height]')" '[320,240]' 'its pixels'
E=$(header ETag <<<"$a")
is "$(cgi GET "$L/thumbnail/$I?width=320&height=240" HTTP_IF_NONE_MATCH="$E" | status)" 304 'it is known'
is "$(cgi GET "$L/thumbnail/$I?width=640&height=480" HTTP_IF_NONE_MATCH="$E" | status)" 200 'another size is another thing'
cgi GET "$L/thumbnail/$I?width=96&height=96&method=CROP" >/dev/null
is "$(mxpreview-thumb --blurhash body | jq -c '[.width,.height]')" '[96,96]' 'crop'
e "400 M_MISSING_PARAM: Missing required integer query parameter width" GET "$L/thumbnail/$I?height=1" 'no width'
e '400 M_INVALID_PARAM: Query parameter height must be an integer' GET "$L/thumbnail/$I?width=1&height=x" 'a height that is none'
e '404 M_NOT_FOUND: Not found: no such method' GET "$L/thumbnail/$I?width=1&height=1&method=fold" 'another method'
e "400 M_INVALID_PARAM: Boolean query parameter 'animated' must be one of ['true', 'false']" GET "$L/thumbnail/$I?width=1&height=1&animated=1" 'neither true nor false'
is "$(cgi GET "$L/thumbnail/$T?width=32&height=32" | body | json .errcode)" M_UNKNOWN 'none of a text'
"$BIN/tests/mkimage" -f png 20x14 1 >tiny.png
u=$(upload tiny.png image/png)
cgi GET "$L/thumbnail/${u#mxc://}?width=96&height=96&method=crop" >/dev/null
is "$(mxpreview-thumb --blurhash body | jq -c '[.width,.height]')" '[20,14]' 'of what is smaller than the square: itself'
sql "DELETE FROM local_media_repository_thumbnails"
rm -rf "$S/local_thumbnails"
cgi GET "$L/thumbnail/$I?width=320&height=240" >/dev/null
is "$(mxpreview-thumb --blurhash body | jq -c '[.width,.height]')" '[320,240]' 'made when it is asked for'
conf 'dynamic_thumbnails = true'
cgi GET "$L/thumbnail/$I?width=1000&height=700" >/dev/null
is "$(mxpreview-thumb --blurhash body | jq -c '.width >= 933 and .width <= 1200')" true 'another size, where that is allowed'
conf

# ---- faces
a=$(AS='' cgi GET "$M/v1/identicon/alice")
is "$(status <<<"$a"):$(header Content-Type <<<"$a"):$(header Cache-Control <<<"$a")" '200:image/png:public,max-age=86400,s-maxage=86400' 'a face'
is "$(mxpreview-thumb --identicon alice -s 96x96 | cmp - body && echo same)" same 'as mxpreview-thumb draws it'
AS='' cgi GET "$M/r0/identicon/alice?width=32&height=40" >/dev/null
is "$(mxpreview-thumb --identicon alice -s 32x40 | cmp - body && echo same)" same 'in another size'
is "$(AS='' cgi GET "$M/v1/identicon/alice" HTTP_IF_NONE_MATCH="$(header ETag <<<"$a")" | status)" 304 'it is known'
is "$(AS='' cgi GET "$M/v1/identicon/-o%20x%0A" | status)" 200 'for any name'
is "$(AS='' cgi GET "$M/v1/identicon/x?width=999999999" | status)" 200 'of a size that we like'

# ---- quarantine
sql "UPDATE local_media_repository SET quarantined_by = '@root:localhost' WHERE 'localhost/' || media_id = '$T'"
e '404 M_NOT_FOUND: Not found' GET "$L/download/$T" 'what is quarantined'
is "$(cgi GET "$L/download/$T" HTTP_IF_NONE_MATCH="\"$H\"" | status)" 404 'even for who knows it'
is "$(cgi GET "$L/thumbnail/$T?width=1&height=1" | status)" 404 'nor its thumbnail'
e '400 M_UNKNOWN: Must be a server admin to bypass quarantine' GET "$L/download/$T?admin_unsafely_bypass_quarantine=true" 'only admins may look'
is "$(AS=root cgi GET "$L/download/$T?admin_unsafely_bypass_quarantine=true" | body)" "$(cat text)" 'they may'
is "$(AS=root cgi GET "$L/download/$T?admin_unsafely_bypass_quarantine=false" | status)" 404 'if they say so'
is "$(AS='' cgi GET "$M/v3/download/$T?admin_unsafely_bypass_quarantine=true" | status)" 404 'not without a name'
u=$(upload text text/plain)
is "$(cgi GET "$L/download/${u#mxc://}" | status)" 404 'the same again is quarantined, too'

# ---- other servers, previews
sql "INSERT INTO remote_media_cache (media_origin, media_id, media_type, created_ts, upload_name, media_length, filesystem_id, last_access_ts, authenticated) VALUES ('else.where', 'Remote_1', 'text/css', 1, NULL, 13, 'abcdefghijklmnopqrstuvwx', 1, 0)"
mkdir -p "$S/remote_content/else.where/ab/cd" && cp text "$S/remote_content/else.where/ab/cd/efghijklmnopqrstuvwx"
is "$(cgi GET "$L/download/else.where/Remote_1" | body)" "$(cat text)" "another server's"
is "$(AS='' cgi GET "$M/v3/download/else.where/Remote_1" | body)" "$(cat text)" 'by the old way'
e '404 M_NOT_FOUND: Not found' GET "$L/download/localhost/Remote_1" 'it is not ours'
AS='' e '404 M_NOT_FOUND: Not found' GET "$M/v3/download/else.where/x?allow_remote=false" 'nothing is brought'
AS='' e '404 M_NOT_FOUND: Not found' GET "$M/v3/download/else.where/x" 'nor for those without a name'
D=2026-11-21_QwErTyUiOpAsDfGh
sql "INSERT INTO local_media_repository (media_id, media_type, media_length, created_ts, url_cache) VALUES ('$D', 'image/jpeg', $(stat -c %s a.jpg), 1, 'https://example.org/a.jpg')"
mkdir -p "$S/url_cache/2026-11-21" && cp a.jpg "$S/url_cache/2026-11-21/QwErTyUiOpAsDfGh"
is "$(AS='' cgi GET "$M/v3/download/localhost/$D" | status):$(cmp body a.jpg && echo same)" 200:same 'the picture of a preview'
AS='' cgi GET "$M/v3/thumbnail/localhost/$D?width=32&height=32&method=crop" >/dev/null
is "$(mxpreview-thumb --blurhash body | jq -c '[.width,.height]')" '[32,32]' 'and its thumbnail'
printf 'x' >>"$S/url_cache/2026-11-21/QwErTyUiOpAsDfGh"
is "$(cgi GET "$L/download/localhost/$D" | status)" 404 'a file that is damaged is none'
is "$(grep -c 'alice\b.*[Bb]earer\|Bearer' err)" 0 'no token is told'

# ---- the command
mxmedia-cgi -c "$C" -d "$S" </dev/null 2>err2
is "$?" 2 'without a request'
like "$(cat err2)" '^mxmedia-cgi: no request in the environment' 'says so'
mxmedia-cgi -c "$C" x 2>/dev/null
is "$?" 2 'no operands'
env REQUEST_METHOD=GET REQUEST_URI="$L/download/$P" HTTP_AUTHORIZATION='Bearer alice' mxmedia-cgi -c "$C" -d "$S" >/dev/full 2>err2
is "$?" 1 'an answer that cannot be written'
like "$(cat err2)" 'standard output: write: No space left' 'with its reason'
finish
