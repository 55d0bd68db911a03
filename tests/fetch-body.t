#!/usr/bin/env bash
# Is mxpreview-fetch --body a safe way for people to get one document?
. "$(dirname "$0")/lib.sh"

mkdir "$TMP/root"
printf 'plain bytes\0with a NUL' >"$TMP/root/a.bin"
origin_start --root "$TMP/root"
O=http://127.0.0.1:$PORT
body() { mxpreview-fetch --body --allow-ip 127.0.0.0/8 "$@"; }

body "$O/a.bin" >"$TMP/out"
is $? 0 'it comes'
cmp -s "$TMP/out" "$TMP/root/a.bin"
ok $? 'byte by byte'
is "$(body "$O/big?n=3000000" | wc -c)" 3000000 'a large one'
is "$(body "$O/a.bin" "$O/a.bin" | wc -c)" 44 'two, one after the other'
is "$(find "$TMP" -name url_cache)" '' 'no store is made'

out=$(body "$O/status/404" 2>"$TMP/err")
is $? 1 'an error is a status'
is "$out" '' 'without output'
is "$(cat "$TMP/err")" "mxpreview-fetch: $O/status/404: Got error 404" 'and told on standard error'
body -q "$O/status/404" 2>"$TMP/err"
is "$(cat "$TMP/err")" '' '-q is quiet'
body -v "$O/hops/2" >/dev/null 2>"$TMP/err"
is "$(grep -c ': 302 from 127.0.0.1' "$TMP/err")" 2 '-v tells each hop'
like "$(cat "$TMP/err")" 'hops/0: 200 from 127.0.0.1' 'and the last'
body -v "$O/redirect?to=/cond%3Fcc=max-age=60%26vary=Accept-Language&h=Cache-Control:%20no-cache" >/dev/null 2>"$TMP/err"
like "$(sed -n 1p "$TMP/err")" ': 302 from 127.0.0.1, holds for 60 s \(no-cache\)$' 'a redirect says how long it holds'
like "$(sed -n 2p "$TMP/err")" ': 200 from 127.0.0.1, holds for 60 s \(max-age\), in this language$' 'as does where it leads'
is "$(grep -c '^mxpreview-fetch: [<>]' "$TMP/err")" 0 'lines of heads are not told'
body -v "$O/redirect?to=http://u:secret@10.0.0.1/x" >/dev/null 2>"$TMP/err"
is "$(sed -n 2p "$TMP/err")" 'mxpreview-fetch: http://10.0.0.1/x: refused: IP address blocked' 'what is not followed is named'
body -vv "$O/cookie" >/dev/null 2>"$TMP/err"
is "$(grep -c '^mxpreview-fetch: > GET /cookie' "$TMP/err") $(grep -c '^mxpreview-fetch: < HTTP/1.1' "$TMP/err")" '2 2' '-vv tells the lines of the heads'
like "$(cat "$TMP/err")" '^mxpreview-fetch: > Accept-Language: en' 'what is asked'
like "$(cat "$TMP/err")" '^mxpreview-fetch: < Content-Type: text/html$' 'what is answered'
body -vv "$O/a.bin?h=X:%20a%1b%5B2Jb" >/dev/null 2>"$TMP/err"
is "$(grep -c "$(printf '\033')" "$TMP/err")/$(grep -c '< X: a?\[2Jb' "$TMP/err")" 0/1 'and it cannot move the cursor'
is "$(mxpreview-fetch --body http://127.0.0.1/ 2>&1)" 'mxpreview-fetch: http://127.0.0.1/: IP address blocked' 'the same policy'

head=$(body "$O/echo")
like "$head" 'User-Agent: mxpreview' 'it says who it is'
like "$head" 'Accept-Language: en-US,en;q=0.9' 'and what it reads'
like "$head" 'Accept-Encoding: gzip, br, zstd' 'and what it decodes'
is "$(grep -ci '^cookie\|^referer\|^authorization' <<<"$head")" 0 'and nothing else'

body "$O/big?n=3000000" >/dev/full 2>"$TMP/err"
is $? 1 'a full disk is an error'
like "$(cat "$TMP/err")" 'No space left' 'that is told'
body "$O/big?n=3000000" 2>"$TMP/err" | head -c 10 >/dev/null
is "$(cat "$TMP/err")" '' 'a closed pipe is not'
finish
