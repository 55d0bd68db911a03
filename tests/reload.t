#!/usr/bin/env bash
# Does a resident mxpreview take a new configuration, and keep the old one when the new one is wrong?
. "$(dirname "$0")/lib.sh"

mkdir "$TMP/root"
printf '<title>one</title>' >"$TMP/root/a.html"
printf '<title>two</title>' >"$TMP/root/b.html"
origin_start --root "$TMP/root"
O=http://127.0.0.1:$PORT
C=$TMP/conf
: >"$C"
mkfifo "$TMP/in" "$TMP/out"
mxpreview -v -c "$C" -d "$TMP/store" --allow-ip 127.0.0.0/8 <"$TMP/in" >"$TMP/out" 2>"$TMP/err" &
MX=$!
PIDS="$PIDS $MX"
exec 7>"$TMP/in" 8<"$TMP/out"
ask() { printf '%s\n' "$1" >&7; }
answer() { local line='' && read -r -t 20 -u 8 line && json '.error.error // .["og:title"]' <<<"$line"; }
fetcher() { pgrep -P "$MX" -f mxpreview-fetch; }

ask "$O/a.html"
is "$(answer)" one 'a first answer'
first=$(fetcher)
like "$first" '^[0-9]+$' 'from a filter that stays'

echo 'deny_url = path=/a.html' >"$C"
kill -HUP "$MX"
ask "$O/a.html"
is "$(answer)" 'URL blocked by url pattern blocklist entry' 'a new rule holds before the cache'
ask "$O/b.html"
is "$(answer)" two 'others are answered'
second=$(fetcher)
like "$second" '^[0-9]+$' 'from a filter'
[ "$first" != "$second" ]
ok $? 'that was started since'
like "$(cat "$TMP/err")" 'the configuration was read again' 'which -v tells'

printf 'jobs = 4\ndeny_url = path=^(\n' >"$C"
kill -HUP "$MX"
ask "$O/a.html"
is "$(answer)" 'URL blocked by url pattern blocklist entry' 'a wrong rule changes nothing'
like "$(cat "$TMP/err")" "conf:2: deny_url: bad regular expression.*; the configuration stays as it was" 'and is told with its line'
is "$(fetcher)" "$second" 'the filters stay'
printf 'proxy = http://127.0.0.1:3128\n' >"$C"
kill -HUP "$MX"
ask "$O/a.html"
is "$(answer)" 'URL blocked by url pattern blocklist entry' 'nor does a proxy that nobody vouches for'
like "$(cat "$TMP/err")" 'proxy_enforces_addresses = true; the configuration stays as it was' 'and is told'
echo 'oembed_providers = none.json' >"$C"
kill -HUP "$MX"
ask "$O/a.html"
is "$(answer)" 'URL blocked by url pattern blocklist entry' 'nor does a list that is not there'
echo 'jobs = many' >"$C"
kill -HUP "$MX"
ask "$O/a.html"
is "$(answer)" 'URL blocked by url pattern blocklist entry' 'nor does a wrong value'

# What is under way comes to its end.
: >"$C"
ask "$O/slow?body=700"
ask "$O/a.html"
kill -HUP "$MX"
answer >/dev/null
ok $? 'a question under way is answered'
like "$(answer)" 'one|blocked' 'and the one behind it'
ask "$O/a.html"
is "$(answer)" one 'after which the rule is gone'
is "$(grep -c 'ended' "$TMP/err")" 0 'no filter ended before its time'
exec 7>&- 8<&-
wait "$MX"
is $? 1 'the end of the questions is the end'

# One URL, and nobody who would ask again: the signal ends it.
mxpreview -c "$C" -d "$TMP/store" --allow-ip 127.0.0.0/8 "$O/hang" >/dev/null 2>&1 &
MX=$!
PIDS="$PIDS $MX"
while [ -z "$(fetcher)" ] && kill -0 "$MX" 2>/dev/null; do sleep 0.01; done
kill -HUP "$MX"
wait "$MX"
is $? 1 'without questions to come the signal ends it'
finish
