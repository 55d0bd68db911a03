#!/usr/bin/env bash
# Does the process beside the fetcher connect for it, outlive it never, and is it missed with a word?
. "$(dirname "$0")/lib.sh"

mkdir "$TMP/root"
printf '<title>here</title>' >"$TMP/root/a.html"
origin_start --root "$TMP/root" --log "$TMP/log"
O=http://127.0.0.1:$PORT
fetch() { mxpreview-fetch -d "$TMP/store" --allow-ip 127.0.0.0/8 --allow-ip ::1 "$@"; }
until_gone() { # until_gone PID: waits ten seconds at most
	local i
	for ((i = 0; i < 1000; i++)); do
		[ -e "/proc/$1" ] || return 0
		read -r -t 0.01 <> <(:)
	done
	return 1
}
error='[.error.status,.error.error]|join(" ")'

is "$(fetch --body "http://localhost:$PORT/a.html")" '<title>here</title>' 'a name is looked up'
is "$(fetch --body "http://localhost.:$PORT/a.html")" '<title>here</title>' 'with a dot at its end'
is "$(fetch --body "http://LocalHost:$PORT/redirect?to=http://localhost:$PORT/a.html")" '<title>here</title>' 'on every hop'
is "$(fetch --no-sandbox --body "http://localhost:$PORT/a.html")" '<title>here</title>' 'without a sandbox too'
is "$(fetch "http://nothing.invalid/" | json "$error")" '502 DNS resolution failure during URL preview generation' 'a name that is none'
is "$(mxpreview-fetch -d "$TMP/store" --allow-ip 127.0.0.2 "http://localhost:$PORT/a.html" | json "$error")" \
	'502 DNS resolution failure during URL preview generation' 'a name that leads to a refused address'
exec 9<>/dev/tcp/127.0.0.1/"$PORT" # a port where nobody listens: ours, on this side
unused=$(ss -tnH "dport = :$PORT" 2>/dev/null | awk '{sub(/.*:/,"",$4); print $4; exit}')
if [ -n "$unused" ]; then
	is "$(fetch "http://127.0.0.1:$unused/" | json "$error")" '502 Failed to download content: connection refused' 'a refused connection is named'
else
	skip 'a refused connection is named' 'no ss'
fi
exec 9>&-
seq 200 | sed "s,.*,http://localhost:$PORT/a.html?&," | fetch -j 32 | json '.docs[0].status' | sort | uniq -c >"$TMP/many"
is "$(tr -s ' ' <"$TMP/many")" ' 200 200' 'many at once'

# Its life.
start() { # a fetcher that waits for records; sets pid and child
	coproc mxpreview-fetch -d "$TMP/store" --allow-ip 127.0.0.1/32 2>"$TMP/err"
	pid=$COPROC_PID
	printf '%s/a.html\n' "$O" >&"${COPROC[1]}"
	IFS= read -r -t 20 line <&"${COPROC[0]}"
	read -r child <"/proc/$pid/task/$pid/children"
}
start
kill -INT "$child"
kill -TERM "$child"
printf '%s/a.html\n' "$O" >&"${COPROC[1]}"
IFS= read -r -t 20 line <&"${COPROC[0]}"
is "$(json .docs[0].status <<<"$line")" 200 'what is meant for the fetcher does not end its connector'
kill -KILL "$pid"
wait "$pid" 2>/dev/null
until_gone "$child"
ok $? 'a fetcher that is killed leaves no connector behind'

start
printf '%s/hang\n' "$O" >&"${COPROC[1]}"
until grep -q /hang "$TMP/log"; do read -r -t 0.01 <> <(:); done
out=${COPROC[0]}
exec {out2}<&"$out"
kill -KILL "$child"
IFS= read -r -t 20 line <&"$out2"
is "$(json "$error" <<<"$line")" '503 the connector is gone' 'a connector that is killed: the records under way are answered'
wait "$pid"
is $? 75 'and the fetcher ends, to be started again'
is "$(cat "$TMP/err")" 'mxpreview-fetch: the connector is gone' 'with a word'

# A proxy: only where its owner answers for what it lets through, and then nothing but it.
printf 'proxy = %s\n' "$O" >"$TMP/proxy"
: >"$TMP/log"
mxpreview-fetch -c "$TMP/proxy" -d "$TMP/store" http://example.org/ >/dev/null 2>"$TMP/err"
is $? 2 'a proxy is refused'
like "$(cat "$TMP/err")" 'proxy_enforces_addresses' 'with the way out'
mxpreview -c "$TMP/proxy" -d "$TMP/store" http://example.org/ >"$TMP/out" 2>"$TMP/err"
is "$?:$(cat "$TMP/out")" 2: 'mxpreview does not even begin'
printf 'proxy_enforces_addresses = true\n' >>"$TMP/proxy"
mxpreview-fetch -c "$TMP/proxy" -d "$TMP/store" http://anything.example/a.html | json '.docs[0].status' >"$TMP/out"
is "$(cat "$TMP/out" "$TMP/log")" $'200\nGET http://anything.example/a.html' 'the proxy is asked'
for url in http://127.0.0.1/ http://10.0.0.1/ http://localhost.:22/; do
	like "$(mxpreview-fetch -c "$TMP/proxy" -d "$TMP/store" "$url" | json "$error")" '^403 ' "literals and ports are judged all the same: $url"
done
sed -i 's/127.0.0.1/localhost/' "$TMP/proxy"
: >"$TMP/log"
mxpreview-fetch -c "$TMP/proxy" -d "$TMP/store" --no-sandbox http://anything.example/b.html >/dev/null
is "$(cat "$TMP/log")" 'GET http://anything.example/b.html' 'a proxy with a name, without a sandbox'
mxpreview-fetch -c "$TMP/proxy" -d "$TMP/store" http://another.example/b.html >/dev/null
is "$(tail -1 "$TMP/log")" 'GET http://another.example/b.html' 'and with it'
printf 'proxy = socks5://127.0.0.1:1080\nproxy_enforces_addresses = true\n' >"$TMP/proxy"
mxpreview-fetch -c "$TMP/proxy" -d "$TMP/store" http://example.org/ >/dev/null 2>"$TMP/err"
is $? 2 'only http:// proxies'
finish
