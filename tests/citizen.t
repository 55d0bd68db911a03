#!/usr/bin/env bash
# Is it a good citizen?  How often, when and by what name a site is asked, as the site itself saw it.
. "$(dirname "$0")/lib.sh"

mkdir "$TMP/root"
for i in $(seq 40); do echo "<title>$i</title>" >"$TMP/root/$i.html"; done
origin_start --root "$TMP/root" --times "$TMP/times" --bind 0.0.0.0
ONE=http://127.0.0.1:$PORT
TWO=http://127.0.0.2:$PORT
conf() { printf '%s\n' "$@" >"$TMP/conf"; }
fetch() { mxpreview-fetch -c "$TMP/conf" -d "$TMP/store" --allow-ip 127.0.0.0/8 "$@"; }
quote() { jq -rn --arg s "$1" '$s|@uri'; }
says() { jq -r 'if .error then "\(.error.status) \(.error.class) \(.error.error)" else "page" end'; }
asked() { awk -v t="$1" '$3 == t' "$TMP/times" | wc -l; } # asked TARGET: how often
forget() { # forget: another store, another log, and a robots.txt of its own
	rm -rf "$TMP/store"
	: >"$TMP/times"
}
robots() { curl -sf "$ONE/set?name=robots.txt&to=$(quote "$1")" >"$TMP/ignored"; } # robots TARGET: it answers as that

# ---- intervals: from one request to the next, pages and redirects alike

# What is seen from there is a little late now and then: the sum counts, each gap is looked at in tests/unit/net_queue.c.
conf 'min_interval = 200'
forget
fetch "$ONE/1.html" "$ONE/hops/2" "$ONE/2.html" "$TWO/3.html" >"$TMP/out"
is "$(grep -c '"docs"' "$TMP/out")" 4 'with an interval: all are answered'
is "$(grep -c " 127.0.0.1:$PORT " "$TMP/times")" 5 'five requests to one host'
is "$(awk -v h="127.0.0.1:$PORT" '$2 == h {if (!first) first = $1; last = $1} END {print (last - first >= 700)}' "$TMP/times")" 1 \
	'with four times the interval between them'
is "$(awk '{print $2}' "$TMP/times" | grep -n 127.0.0.2 | cut -d: -f1 | awk '{print ($1 <= 2)}')" 1 'another host does not wait'
conf '[site "127.0.0.1"]' 'min_interval = 200'
forget
fetch "$ONE/1.html" "$ONE/2.html" "$TWO/1.html" "$TWO/2.html" >"$TMP/out"
is "$(awk -v h="127.0.0.1:$PORT" '$2 == h && last {print ($1 - last >= 100)} $2 == h {last = $1}' "$TMP/times")" 1 'for one site'

# The clock of a chain does not run while it waits for its turn.
conf 'min_interval = 1200' 'total_timeout = 1100'
forget
is "$(fetch "$ONE/hops/1" | says)" page 'waiting for a turn is not held against a chain'

# ---- fairness: forty of one host first, then one of another, one at a time

conf 'jobs_per_host = 2'
forget
{
	for i in $(seq 40); do echo "$ONE/$i.html"; done
	echo "$TWO/1.html"
	echo "$TWO/2.html"
} >"$TMP/urls"
is "$(fetch -j 2 <"$TMP/urls" | grep -c '"docs"')" 42 'many of one host, few of another'
is "$(awk '{print $2}' "$TMP/times" | grep -n 127.0.0.2 | tail -n 1 | cut -d: -f1 | awk '{print ($1 <= 6)}')" 1 'the few are not held up'

# A crowd that is longer than what is in flight is read past, too.
forget
{
	for i in $(seq 900); do echo "$ONE/1.html?$i"; done
	echo "$TWO/1.html"
} >"$TMP/urls"
is "$(fetch -j 2 <"$TMP/urls" | grep -c '"docs"')" 901 'a crowd at one host'
is "$(awk '{print $2}' "$TMP/times" | grep -n 127.0.0.2 | cut -d: -f1 | awk '{print ($1 <= 6)}')" 1 'another host is asked among the first'

conf 'jobs_per_host = 1'
forget
for i in 1 2 3 4; do echo "$ONE/slow?headers=100&$i"; done | fetch -j 8 >"$TMP/out"
is "$(awk 'last {if ($1 - last < 90) n++} {last = $1} END {print n + 0}' "$TMP/times")" 0 'one at a time, if the owner says so'

# ---- Retry-After

busy() { printf '%s/status/%s?h=%s' "$ONE" "$1" "$(quote "Retry-After: $2")"; }
conf 'retry_after_max = 5s' 'jobs_per_host = 1'
forget
fetch "$(busy 503 1)" "$ONE/1.html" "$TWO/1.html" >"$TMP/out"
is "$(says <"$TMP/out" | sort | xargs)" '502 status Got error 503 page page' 'who is asked to wait waits, and then asks'
is "$(awk -v h="127.0.0.1:$PORT" '$2 == h && last {print ($1 - last >= 900)} $2 == h {last = $1}' "$TMP/times")" 1 'not sooner than it was told'
is "$(awk -v h="127.0.0.2:$PORT" 'NR == 1 {t = $1} $2 == h {print ($1 - t < 900)}' "$TMP/times")" 1 'others are asked meanwhile'
forget
fetch "$(busy 429 100)" "$ONE/1.html" >"$TMP/out"
is "$(asked /1.html)" 0 'longer than anybody waits: it is not asked'
is "$(jq -c 'select(.url | endswith("1.html")) | .error | [.status, .http_status, .class, .error, .retry_after_ms > 99000]' "$TMP/out")" \
	'[502,429,"status","The site wants to be left alone for a while",true]' 'and told so'
forget
is "$(printf '%s\n' "$(busy 404 100)" "$ONE/1.html" | fetch | says | sort | tail -n 1)" page 'with other answers it means nothing'

# ---- robots.txt

rules='/raw?b64='$(printf 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nUser-agent: mxpreview\nDisallow: /2.html\n\nUser-agent: *\nDisallow: /\n' | base64 -w0)
conf 'robots = true'
robots "$rules"
forget
is "$(fetch "$ONE/1.html" | says)" page 'robots.txt allows'
is "$(fetch "$ONE/2.html" | says)" '403 robots robots.txt of the site forbids it' 'robots.txt forbids'
is "$(fetch "$ONE/redirect?to=/2.html" | says)" '403 robots robots.txt of the site forbids it' 'where a redirect leads, too'
fetch -v "$ONE/redirect?to=/2.html" 2>&1 >"$TMP/out" | grep -q '/2.html: refused: robots.txt of the site forbids it'
ok $? 'which -v tells'
is "$(asked /2.html)" 0 'what it forbids is not asked for'
is "$(asked /robots.txt)" 1 'it is asked for once, by so many processes'
forget
for i in $(seq 20); do echo "$ONE/$i.html"; done | fetch -j 8 >"$TMP/out"
is "$(says <"$TMP/out" | sort | uniq -c | xargs)" '1 403 robots robots.txt of the site forbids it 19 page' 'twenty at once'
is "$(asked /robots.txt)" 1 'wait for the same answer'
is "$(head -n 1 "$TMP/times" | cut -d' ' -f3)" /robots.txt 'and nothing goes before it'
fetch --body "$ONE/2.html" >"$TMP/out" 2>"$TMP/err"
is "$?, $(cut -d: -f5- "$TMP/err")" '1,  robots.txt of the site forbids it' 'a document for a person'
forget
conf '[site "127.0.0.1"]' 'robots = true'
is "$(fetch "$TWO/2.html" | says), $(asked /robots.txt)" 'page, 0' 'where it is not wanted it is not asked for'
is "$(fetch "$TWO/redirect?to=$ONE/2.html" | says), $(asked /robots.txt)" '403 robots robots.txt of the site forbids it, 1' 'of the site that a redirect leads to'

conf 'robots = true' 'min_interval = 200'
forget
fetch "$ONE/1.html" >"$TMP/out"
is "$(awk 'last {print ($1 - last >= 100)} {last = $1}' "$TMP/times")" 1 'it is a request like others: the interval holds'

conf 'robots = true' 'allow_url = path=/1.html'
forget
is "$(fetch "$ONE/1.html" | says), $(asked /robots.txt)" 'page, 1' 'no list of what is allowed need name it'
is "$(fetch "$ONE/robots.txt" | says | cut -d' ' -f1,2)" '403 denied' 'which lets nobody else ask for it'

# robots_case NAME TARGET VERDICT: what if it answers so?
conf 'robots = true'
robots_case() {
	robots "$2"
	forget
	is "$(fetch "$ONE/1.html" | says)" "$3" "robots.txt: $1"
	is "$(fetch "$ONE/1.html" | says), $(asked "/robots.txt")" "$3, 1" "robots.txt: $1, remembered"
}
closed='502 robots robots.txt of the site cannot be had'
robots_case 'not there' /status/404 page
robots_case 'forbidden' /status/403 page
robots_case 'an error' /status/500 "$closed"
robots_case 'empty' '/nolength?n=0' page
robots_case 'five redirects' "/hops/5" page
robots_case 'a loop' /loop page
robots_case 'too long' '/big?n=3000000' page
robots_case 'endless' /endless page
robots_case 'a redirect to rules' "/redirect?to=$(quote "$rules")" page
is "$(fetch "$ONE/2.html" | says)" '403 robots robots.txt of the site forbids it' 'and they hold'
conf 'robots = true' 'header_timeout = 500'
robots /hang
forget
is "$(fetch "$ONE/1.html" | says)" '504 timeout Timeout waiting for response from remote server' 'robots.txt: no answer'
is "$(fetch "$ONE/1.html" | says), $(asked /robots.txt), $(asked /1.html)" "$closed, 1, 0" 'robots.txt: no answer, remembered'
robots "/redirect?to=http://10.0.0.1/"
forget
is "$(fetch "$ONE/1.html" | says), $(asked /1.html)" "$closed, 0" 'robots.txt: at an address where nobody may go'

# What stands in its place on the disk is another's, or broken: it is asked again.
robots /status/404
forget
fetch "$ONE/1.html" >"$TMP/out"
file=$(find "$TMP/store/url_cache/robots" -type f)
is "$(wc -l <<<"$file")" 1 'one file'
for bad in 's/127.0.0.1/127.0.0.9/' 's/ [0-9]* / 1000 /' 's/robots 1/robots 9/' 'd'; do
	: >"$TMP/times"
	sed -i "1$bad" "$file"
	fetch "$ONE/1.html" >"$TMP/out"
	is "$(asked /robots.txt)" 1 "a file that is not its own, or over ($bad), is none"
done

# ---- other names

conf 'user_agent = first/1 (bot)' 'user_agent_fallback = second/2' 'user_agent_fallback = third/3' 'user_agent_fallback = fourth/4'
forget
wall() { fetch -v "$ONE/wall?agent=$1&code=$2" 2>"$TMP/err" | jq -r 'if .error then .error.error else "\(.docs[0].status) \(.docs[0].user_agent // "-")" end'; }
for code in 401 403 406 429 200; do
	: >"$TMP/times"
	is "$(wall third $code), $(wc -l <"$TMP/times")" '200 third/3, 3' "$code: asked again under other names"
done
like "$(cat "$TMP/err")" 'wall.*asked once more, as second/2' 'which -v tells'
: >"$TMP/times"
is "$(wall first 403), $(wc -l <"$TMP/times")" '200 -, 1' 'the usual name where it is good enough'
: >"$TMP/times"
is "$(wall fourth 403), $(wc -l <"$TMP/times")" 'Got error 403, 3' 'twice more, no oftener'
for code in 404 410 451 500; do
	: >"$TMP/times"
	is "$(wall third $code), $(wc -l <"$TMP/times")" "Got error $code, 1" "$code: once"
done
: >"$TMP/times"
conf 'user_agent_fallback = second/2' 'retry_after_max = 0'
fetch "$ONE/status/429?h=$(quote 'Retry-After: 9')" >"$TMP/out"
is "$(wc -l <"$TMP/times")" 1 'who says when to come again is not asked under another name'
: >"$TMP/times"
printf '{"url":"http://x/","docs":[{"rel":"page"}],"want":[{"rel":"image","url":"%s"}]}\n' "$ONE/status/403" | fetch >"$TMP/out"
is "$(wc -l <"$TMP/times")" 1 'a picture is asked for once'
: >"$TMP/times"
conf '[site "127.0.0.2"]' 'user_agent_fallback = second/2'
fetch "$ONE/status/403" "$TWO/status/403" "$ONE/redirect?to=$TWO/status/406" >"$TMP/out"
is "$(awk '{print $2 $3}' "$TMP/times" | sort | uniq -c | awk '{print $1}' | xargs)" '1 1 2 2' 'site by site'
conf 'user_agent_fallback = second/2' 'robots = true'
robots "$rules"
forget
is "$(fetch "$ONE/2.html" | says)" '403 robots robots.txt of the site forbids it' 'other names do not go round robots.txt'
finish
