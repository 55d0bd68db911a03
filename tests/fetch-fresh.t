#!/usr/bin/env bash
# Does mxpreview-fetch say how long a document holds, and ask whether it still does?
. "$(dirname "$0")/lib.sh"

mkdir "$TMP/root"
printf 'GIF89a' >"$TMP/root/i.gif"
origin_start --root "$TMP/root"
O=http://127.0.0.1:$PORT

fetch() { mxpreview-fetch -d "$TMP/store" --allow-ip 127.0.0.0/8 "$@"; }
hits() { curl -s "$O/count?path=$1" | tr -d '\n'; }
set_to() { curl -s "$O/set?name=$1&to=$2" >/dev/null; } # set_to NAME TARGET (encoded)
# again RECORD [REL]: the same question, with what it brought.
again() { jq -c --arg rel "${2:-page}" '.docs[0] as $d | {url, want: [{rel: $rel, url: $d.url, have: $d}]}' <<<"$1" | fetch; }
lifetime() { json '.docs[0] | .expires_ts - .fetched_ts | . / 1000 | floor' <<<"$1"; }

# ---- how long it holds

is "$(lifetime "$(fetch "$O/cond?cc=max-age=600")")" 600 'max-age is seen'
is "$(lifetime "$(fetch "$O/cond")")" 3600 'the default is an hour'
is "$(lifetime "$(fetch "$O/cond?cc=no-cache")")" 60 'no-cache holds for a minute'
is "$(lifetime "$(fetch "$O/cond?cc=max-age=99999999")")" 86400 'a year is a day'
is "$(lifetime "$(fetch "$O/cond?h=Expires:%200")")" 60 'Expires: 0 is over'
is "$(lifetime "$(fetch "$O/cond?cc=max-age=600&h=Age:%20100")")" 500 'Age is taken off'
is "$(lifetime "$(fetch "$O/cond?h=Cache-Control:%20public&h=Cache-Control:%20max-age=700")")" 700 'several lines are one list'
long=$(printf 'x%.0s' {1..1100})
is "$(lifetime "$(fetch "$O/cond?h=Cache-Control:%20max-age=700&h=Cache-Control:%20$long")")" 60 'an endless list is over'
is "$(lifetime "$(fetch "$O/redirect?to=/cond%3Fcc=max-age=600&h=Cache-Control:%20max-age=90")")" 90 'a redirect may end sooner'
is "$(lifetime "$(fetch "$O/redirect?to=/cond%3Fcc=max-age=600")")" 600 'one that says nothing does not'
rec=$(fetch "$O/redirect?to=/cond%3Fcc=max-age=600&h=Cache-Control:%20no-store&h=Vary:%20Accept-Language")
is "$(lifetime "$rec") $(json '.docs[0].vary_language' <<<"$rec") $(json '.docs[0] | has("no_store")' <<<"$rec")" '60 true false' \
	'one that is not to be kept, in one language'
is "$(fetch "$O/cond?cc=no-store" | json .docs[0].no_store)" true 'no-store'
is "$(fetch "$O/cond?vary=*" | json .docs[0].no_store)" true 'Vary: *'
is "$(fetch "$O/lang" | json .docs[0].vary_language)" true 'Vary: Accept-Language'
is "$(fetch "$O/cond?vary=Accept-Encoding" | json '.docs[0] | has("vary_language")')" false 'other headers do not count'
is "$(fetch "$O/cond?cc=max-age=1,stale-while-revalidate=30,stale-if-error=60" |
	json '.docs[0] | [.stale_while_revalidate, .stale_if_error] | join(" ")')" '30000 60000' 'stale times'
is "$(fetch "$O/cond?cc=max-age=1,must-revalidate" | json '.docs[0] | has("stale_if_error")')" false 'none with must-revalidate'
printf 'min_ttl = 5s\nttl = 10s\nmax_ttl = 20s\nstale_if_error = 7s\n' >"$TMP/conf"
rec=$(fetch -c "$TMP/conf" "$O/cond?cc=max-age=600")
is "$(lifetime "$rec") $(json .docs[0].stale_if_error <<<"$rec")" '20 7000' 'bounds are configured'
is "$(lifetime "$(fetch -c "$TMP/conf" "$O/cond")") $(lifetime "$(fetch -c "$TMP/conf" "$O/cond?cc=no-cache")")" '10 5' 'all of them'

# ---- does it still hold?

U=$O'/cond?etag=%22a%22&cc=max-age=600'
rec=$(fetch "$U")
id=$(json .docs[0].media_id <<<"$rec")
files=$(find "$TMP/store" -type f | wc -l)
new=$(again "$rec")
is "$(json '[.docs[0] | .not_modified, .media_id, .status, .bytes, .sha256, .etag] | join(" ")' <<<"$new")" \
	"true $id $(json '[.docs[0] | 200, .bytes, .sha256, .etag] | join(" ")' <<<"$rec")" 'a 304 names what is there'
is "$(hits "304%20/cond")" 1 'the origin said so'
is "$(lifetime "$new")" 600 'it holds anew'
is "$(json '.docs[0].fetched_ts' <<<"$new" | awk -v was="$(json '.docs[0].fetched_ts' <<<"$rec")" '{ print ($1 >= was) }')" 1 'from now on'
is "$(find "$TMP/store" -type f | wc -l)" "$files" 'no file was written'
is "$(again "$new" | json '.docs[0].not_modified')" true 'it can be asked again with that'

rec=$(fetch "$O/cond?lm=Sun,%2006%20Nov%201994%2008:49:37%20GMT")
is "$(again "$rec" | json '.docs[0].not_modified')" true 'by date alone'
rec=$(fetch "$O/cond?etag=%22b%22&cc=max-age=700&bare=1")
is "$(lifetime "$(again "$rec")")" 700 'a 304 that says nothing leaves what was said'
set_to page '/cond%3Fetag=%2522one%2522%26title=One'
rec=$(fetch "$O/switch/page")
set_to page '/cond%3Fetag=%2522two%2522%26title=Two'
new=$(again "$rec")
is "$(json '.docs[0] | has("not_modified")' <<<"$new") $(json '.docs[0].etag' <<<"$new")" 'false "two"' 'what has changed comes anew'
set_to page /status/500
is "$(again "$rec" | json '.error | [.class, .http_status, .error] | join(" ")')" 'status 500 Got error 500' 'an error is an error'
set_to page '/status/304'
is "$(fetch "$O/switch/page" | json .error.error)" 'Got error 304' 'a 304 that nobody asked for is an error'
rec=$(fetch "$O/i.gif")
is "$(again "$rec" | json '.docs[0] | has("not_modified")')" false 'without validators nothing is asked'

# ---- only its own URL gets them

rec=$(fetch "$O/redirect?to=/cond%3Fetag=%22r%22")
new=$(again "$rec")
is "$(json '[.docs[0] | .not_modified, .hops, .final_url] | join(" ")' <<<"$new")" "true 1 $O/cond?etag=%22r%22" 'behind a redirect'
set_to moved '/cond%3Fetag=%2522m%2522'
rec=$(fetch "$O/switch/moved")
set_to moved '/redirect%3Fto=/echo'
new=$(again "$rec")
body=$TMP/store/url_cache/$(json .docs[0].media_id <<<"$new" | tr _ /)
is "$(json .docs[0].final_url <<<"$new") $(grep -ci '^if-' "$body")" "$O/echo 0" 'where it has moved to is asked for whole'
rec=$(fetch "$O/echo")
sent() { # sent HAVE-MEMBERS: how many validators go out
	jq -c --argjson more "$1" '.docs[0] as $d | {url, want: [{rel: "page", url: $d.url, have: ($d + $more)}]}' <<<"$rec" | fetch |
		json .docs[0].media_id | tr _ / | (read -r f && grep -ci '^if-' "$TMP/store/url_cache/$f")
}
is "$(sent '{"etag":"\"x\"","last_modified":"Sun, 06 Nov 1994 08:49:37 GMT"}')" 2 'both validators are sent'
is "$(sent '{"etag":"\"x\"\r\nIf-Evil: 1"}')" 0 'none with a line end'
is "$(sent '{"etag":"\"ü\""}')" 0 'none that is not ASCII'
is "$(sent "{\"etag\":\"$long\"}")" 0 'none that is endless'
is "$(sent '{"last_modified":"yesterday"}')" 0 'no date that is none'
is "$(sent '{"etag":"\"x\"","final_url":"http://127.0.0.1/"}')" 0 'none of another URL'
is "$(sent '{"etag":"\"x\"","media_id":"2001-01-01_abcdefghijklmnop"}')" 0 'none of what is not there'
is "$(sent '{"etag":"\"x\"","media_id":"../../../etc/passwd"}')" 0 'nor of what is no medium'
is "$(sent '{"etag":"\"x\"","bytes":1}')" 0 'nor of what is not whole'
is "$(printf '{"url":"x","want":[{"rel":"page","url":"%s","have":[7]}]}\n' "$O/echo" | fetch | json .docs[0].status)" 200 \
	'what is no document is not had'

# ---- pictures

rec=$(printf '{"url":"http://x/","docs":[{"rel":"page"}],"want":[{"rel":"image","url":"%s"}]}\n' "$O/cond?etag=%22i%22&type=image/gif" | fetch)
rec=$(jq -c '.docs |= .[1:]' <<<"$rec")
is "$(again "$rec" image | json '[.docs[0] | .rel, .not_modified, .type] | join(" ")')" 'image true image/gif' 'a picture is asked for alike'

# ---- a failure says when to ask again

is "$(fetch "$O/status/503?h=Retry-After:%20120" | json '[.error | .class, .http_status, .retry_after_ms] | join(" ")')" 'status 503 120000' \
	'Retry-After of a 503'
is "$(fetch "$O/status/429?h=Retry-After:%2099999999999" | json .error.retry_after_ms)" 604800000 'an endless one is a week'
is "$(fetch "$O/status/404?h=Retry-After:%20120" | json '.error | has("retry_after_ms")')" false 'not of a 404'
rec=$(printf '{"url":"http://x/","docs":[{"rel":"page"}],"want":[{"rel":"image","url":"%s"}]}\n' "$O/status/429?h=Retry-After:%205" | fetch)
is "$(json '[.warnings[0] | .class, .http_status, .retry_after_ms] | join(" ")' <<<"$rec")" 'status 429 5000' 'a warning tells the same'
finish
