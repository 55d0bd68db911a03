#!/usr/bin/env bash
# Does mxpreview-fetch bring what records want, and say in the table's words what went wrong?
. "$(dirname "$0")/lib.sh"

mkdir "$TMP/root"
printf '<title>A page</title>' >"$TMP/root/a.html"
printf 'GIF89a' >"$TMP/root/i.gif"
printf '{"title":"x"}' >"$TMP/root/o.json"
origin_start --root "$TMP/root"
O=http://127.0.0.1:$PORT
printf 'deny_url = hostname=blocked.example\n' >"$TMP/conf"
printf 'header_timeout = 300\nidle_timeout = 300\n' >"$TMP/impatient"
conf=$TMP/conf

fetch() { mxpreview-fetch -c "$conf" -d "$TMP/store" --allow-ip 127.0.0.0/8 "$@"; }
files() { find "$TMP/store" -type f | wc -l; }

# ---- what comes ------------------------------------------------------------------------------------------

rec=$(echo "$O/a.html" | fetch)
is $? 0 'a page comes'
is "$(json '[.v,.url,(.docs|length),.docs[0].rel,.docs[0].status,.docs[0].type,.docs[0].bytes]|join(" ")' <<<"$rec")" \
	"1 $O/a.html 1 page 200 text/html 21" 'its document says what it is'
is "$(json '.docs[0].expires_ts - .docs[0].fetched_ts' <<<"$rec")" 3600000 'it holds for an hour'
id=$(json .docs[0].media_id <<<"$rec")
file=$TMP/store/url_cache/${id%%_*}/${id#*_}
is "$(cat "$file")" '<title>A page</title>' 'its bytes are in the store'
is "$(json .docs[0].sha256 <<<"$rec")" "$(sha256sum "$file" | cut -d' ' -f1)" 'its hash is right'
is "$(json 'has("want")' <<<"$rec")" false 'nothing is wanted any more'
is "$(fetch <<<"$rec")" "$rec" 'a record that wants nothing passes through'
is "$(fetch "$O/a.html" "$O/i.gif" | wc -l)" 2 'URLs as operands'

rec=$(printf '{"url":"%s","id":{"x":[1]},"zzz":"kept","want":[{"rel":"image","url":"%s"},{"rel":"oembed","url":"%s"}],"docs":[{"rel":"page"}]}\n' \
	"$O/a.html" "$O/i.gif" "$O/o.json" | fetch)
is "$(json '[.docs[].rel]|sort|join(" ")' <<<"$rec")" 'image oembed page' 'all wants are brought at once'
is "$(json '[.id.x[0],.zzz]|join(" ")' <<<"$rec")" '1 kept' 'unknown members are kept'

for line in '{"url":"http://127.0.0.1/","error":{"status":500}}' '{"url":"http://127.0.0.1/","cache":{"hit":true}}'; do
	is "$(fetch <<<"$line" | json 'del(.v)|tojson')" "$line" 'a record that is done passes through'
done

like "$(fetch "$O/a.html?type=" | json .docs[0].type)" '^application/octet-stream$' 'a missing type is octet-stream'
is "$(fetch "$O/a.html?h=Content-Disposition:%20inline;%20filename=%22my%20page%22" | json .docs[0].name)" 'my page' 'its name'
rec=$(fetch "$O/a.html?h=ETag:%20%22v1%22&h=Last-Modified:%20yesterday")
is "$(json '[.docs[0].etag,.docs[0].last_modified]|join(" ")' <<<"$rec")" '"v1" yesterday' 'its validators'
is "$(fetch "$O/hops/3" | json .docs[0].final_url)" "$O/hops/0" 'redirects are followed'
is "$(fetch "$O/cookie" | json .docs[0].status)" 200 'cookies last one chain'
is "$(fetch "$O/cookie-check" "$O/cookie" "$O/cookie-check" -j 1 | json .error.error | sort | uniq -c | xargs)" \
	'2 Got error 400 1 null' 'and not longer'
is "$(fetch "$O/gziphtml?title=t" | json '.docs[0].bytes > 20')" true 'gzip is decoded'
is "$(fetch "$O/nolength?n=99" | json .docs[0].bytes)" 99 'a body without length ends with the connection'

# ---- secondary documents -----------------------------------------------------------------------------------

want() { printf '{"url":"http://x/","docs":[{"rel":"page"}],"want":[{"rel":"%s","url":"%s"}]}\n' "$1" "$2" | fetch; }
rec=$(want image 'data:image/gif;base64,R0lGODlh')
is "$(json '[.docs[1].type,.docs[1].bytes,.docs[1].final_url]|join(" ")' <<<"$rec")" 'image/gif 6 data:' 'an image in a data: URL'
is "$(want image 'data:image/gif;base64,R' | json '.warnings[0].error')" \
	'Failed to parse data URL: incorrect base64 padding' 'a broken data: URL is a warning'
rec=$(want image "$O/status/404")
is "$?" 0 'a failed image is no failure'
is "$(json '[.warnings[0]|.stage,.rel,.status,.error]|join(" ")' <<<"$rec")" 'fetch image 502 Got error 404' 'but a warning'
is "$(want image "$O/a.html" | json '.warnings[0].status')" 502 'a page is no image'
is "$(want image "http://u@127.0.0.1:$PORT/i.gif" | json '.warnings[0].error')" \
	'URL with user name or password refused' 'nobody sends our credentials'
rec=$(printf '{"url":"%s","want":[{"rel":"page","url":"%s"},{"rel":"oembed","url":"%s"}]}\n' "$O/close" "$O/close" "$O/o.json" | fetch)
is "$(json '[(has("error")|tostring),.warnings[0].rel,.docs[0].rel]|join(" ")' <<<"$rec")" 'false page oembed' \
	'an oEmbed answer stands in for a page that did not come'

# ---- the error table (spec A.6) -------------------------------------------------------------------------------

before=$(files)
fails() { # fails URL STATUS ERRCODE TEXT
	local rec
	rec=$(fetch "$1")
	is "$?" 1 "fails: $1"
	is "$(json '[.error.stage,.error.status,.error.errcode,.error.error]|join("|")' <<<"$rec")" "fetch|$2|$3|$4" 'in these words'
}
fails "$O/status/404" 502 M_UNKNOWN 'Got error 404'
fails "$O/status/500" 502 M_UNKNOWN 'Got error 500'
fails "$O/redirect?to=/a.html&code=300" 502 M_UNKNOWN 'Got error 300'
fails "$O/a.html?type=text/css" 502 M_UNKNOWN "Requested file's content type not allowed for this operation: text/css"
fails "$O/a.html?type=application/zip" 502 M_UNKNOWN "Requested file's content type not allowed for this operation: application/zip"
fails "$O/loop" 502 M_UNKNOWN 'Failed to download content: too many redirects'
fails "$O/hops/21" 502 M_UNKNOWN 'Failed to download content: too many redirects'
fails "$O/close" 504 M_UNKNOWN 'Timeout waiting for response from remote server'
conf=$TMP/impatient
fails "$O/hang" 504 M_UNKNOWN 'Timeout waiting for response from remote server'
fails "$O/drip?n=50&ms=400" 502 M_UNKNOWN 'Failed to download remote body: timeout'
conf=$TMP/conf
fails "$O/reset" 502 M_UNKNOWN 'Failed to download remote body: connection reset'
fails "$O/lie?declare=100&send=50" 502 M_UNKNOWN 'Failed to download remote body: connection closed early'
fails "$O/raw?b64=$(printf 'SSH-2.0-OpenSSH\r\n' | base64 -w0)" 502 M_UNKNOWN 'Failed to download content: malformed response'
fails "$O/raw?b64=$(printf 'HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: gzip\r\n\r\nno gzip' | base64 -w0)" \
	502 M_UNKNOWN 'Failed to download remote body: bad content encoding'
fails "$O/raw?b64=$(printf 'HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: gzip, gzip\r\n\r\nx' | base64 -w0)" \
	502 M_UNKNOWN 'Failed to download remote body: stacked content encodings'
fails "$O/redirect?to=http%3A%2F%2F%5Bbad" 502 M_UNKNOWN 'Failed to download content: bad redirect'
fails http://nosuch.invalid/ 502 M_UNKNOWN 'DNS resolution failure during URL preview generation'
fails http://blocked.example/ 403 M_UNKNOWN 'URL blocked by url pattern blocklist entry'
fails http://10.0.0.1/ 403 M_UNKNOWN 'IP address blocked'
fails http://127.0.0.1:22/ 403 M_UNKNOWN 'port blocked'
fails ftp://127.0.0.1/ 400 M_UNKNOWN 'URL scheme is not http or https'
fails data:text/html,x 500 M_UNKNOWN 'Previewing of data: URLs is forbidden'
fails 'http://a b/' 400 M_UNKNOWN 'URL has a bad host'
kill "$ORIGIN_PID"
wait "$ORIGIN_PID" 2>/dev/null
fails "$O/a.html" 502 M_UNKNOWN 'Failed to download content: connection refused'
is "$(files)" "$before" 'no failure left a file'

# ---- the command -------------------------------------------------------------------------------------------------

is "$(printf 'not json {\n\n{"v":99,"url":"x"}\n{"v":1}\n' | fetch | json .error.stage | xargs)" 'record record fetch' \
	'every line is answered'
fetch --nonsense 2>/dev/null
is $? 2 'an unknown option'
fetch -j 0 </dev/null 2>/dev/null
is $? 2 'no jobs'
fetch --allow-ip 1.2.3/8 </dev/null 2>/dev/null
is $? 2 'a bad range'
fetch --body 2>/dev/null
is $? 2 '--body needs a URL'
fetch </dev/null
is $? 0 'nothing to do'
fetch 'nonsense' >/dev/full 2>"$TMP/err"
is $? 1 'a full disk is an error'
like "$(cat "$TMP/err")" 'No space left' 'that is told'
like "$(fetch --help)" '^usage: mxpreview-fetch' 'help'
finish
