#!/usr/bin/env bash
# What does one record do to the others?  Nothing: batches with bad URLs, a dead host, filters that are killed.
. "$(dirname "$0")/lib.sh"

N=200
mkdir -p "$TMP/site"
"$BIN/tests/mkimage" 320x240 3 >"$TMP/site/pic.jpg"
printf '<title>Batch</title><meta property="og:image" content="/pic.jpg"><p>x</p>' >"$TMP/site/page.html"
origin_start --root "$TMP/site" --log "$TMP/log"
O=http://127.0.0.1:$PORT
printf 'header_timeout = 500\nallow_ip = 127.0.0.0/8\n' >"$TMP/conf"
mx() { mxpreview -d "$TMP/$store" -c "$TMP/conf" "$@"; }

# ---- many, one of them dead

store=many
{
	echo "$O/hang"
	for i in $(seq 2 $N); do echo "$O/page.html?i=$i"; done
} >"$TMP/urls"
# Filters that keep a list of their starts, beside a copy of mxpreview.
mkdir "$TMP/bin"
cp "$BIN/mxpreview" "$TMP/bin"
for f in fetch og oembed thumb; do
	printf '#!/bin/sh\necho started >>"%s"\nexec "%s/mxpreview-%s" "$@"\n' "$TMP/starts-$f" "$BIN" $f >"$TMP/bin/mxpreview-$f"
	chmod +x "$TMP/bin/mxpreview-$f"
done
mkfifo "$TMP/answers"
"$TMP/bin/mxpreview" -d "$TMP/many" --allow-ip 127.0.0.0/8 -j 16 --format record <"$TMP/urls" >"$TMP/answers" &
pid=$!
PIDS="$PIDS $pid"
exec 9<"$TMP/answers"
head -n $((N - 1)) <&9 >"$TMP/out" # the dead host's time is not over for long
kill "$pid"
wait "$pid"
exec 9<&-
rm "$TMP/answers"
for f in fetch og oembed thumb; do
	is "$(wc -l <"$TMP/starts-$f")" 1 "one mxpreview-$f for all of them"
done
is "$(jq -r 'select(.error == null) | .url' "$TMP/out" | sort)" "$(tail -n +2 "$TMP/urls" | sort)" \
	"a dead host keeps nobody waiting: all others have their previews"
is "$(jq -r 'select(.error == null) | .thumbs | length' "$TMP/out" | sort -u)" 3 "with thumbnails"
store=dead
mx --format record "$O/page.html" "$O/hang" >"$TMP/out"
is "$?/$(json '.error.status // 200' <"$TMP/out" | sort | tr '\n' ' ')" "1/200 504 " "its own answer is a 504, the exit status tells"

# ---- bad URLs

store=bad
printf '%s\n' "$O/page.html?a" 'http://' 'ftp://example.org/' 'no url' "$O/status/500" "$O/page.html?b" >"$TMP/badurls"
mx <"$TMP/badurls" >"$TMP/out" 2>/dev/null
is $? 1 "a batch with bad URLs: exit status 1"
is "$(wc -l <"$TMP/out")" 6 "every line is answered"
is "$(jq -r '."og:title" // "-"' "$TMP/out" | tr '\n' ' ')" "Batch - - - - Batch " "in order"
is "$(jq -c 'select(.error) | [keys, ((.error | keys) - ["class", "http_status"])]' "$TMP/out" | sort -u)" \
	'[["error","url"],["errcode","error","status"]]' "failures have their shape"
is "$(jq -r 'select(.error) | .url' "$TMP/out")" "$(sed -n 2,5p "$TMP/badurls")" "and name their URL"
is "$(jq -r 'select(.error) | .error.status' "$TMP/out" | tail -n 1)" 502 "a server's failure is a 502"
is "$(printf ' \n\t\n\0\n\0http://x/\n' | mx | jq -r .error.status | tr '\n' ' ')" '400 400 ' "a line is not blank because it begins with NUL"
is "$(jq -c 'select(.url=="ftp://example.org/") | .error | [.status, .class]' "$TMP/out")" '[400,"denied"]' "another scheme is refused as mxpreview-fetch does it"
is "$(mx http://10.0.0.1/ | jq -c '.error | [.status, .class]')" '[403,"denied"]' "and so is an address inside"
mx "$O/page.html?a" 'http://' "$O/page.html?b" 2>/dev/null | jq -r '."og:title" // "-"' >"$TMP/titles"
is "$(tr '\n' ' ' <"$TMP/titles")" "Batch - Batch " "operands likewise"

# ---- kill -9

# A batch of two halves; between them, while slow pages are still on their way, a filter is killed.
N=60
for f in fetch og oembed thumb; do
	store=kill-$f
	for i in $(seq 1 $N); do echo "$O/page.html?k=$f$i"; done >"$TMP/urls"
	for i in $(seq 1 8); do sed -i "$((i * 3))s|.*|$O/slow?headers=300\&k=$f$i|" "$TMP/urls"; done
	mkfifo "$TMP/questions" "$TMP/answers"
	mxpreview -d "$TMP/$store" -c "$TMP/conf" -j 16 --format record <"$TMP/questions" >"$TMP/answers" 2>"$TMP/err" &
	pid=$!
	PIDS="$PIDS $pid"
	exec 8>"$TMP/questions" 9<"$TMP/answers"
	head -n $((N / 2)) "$TMP/urls" >&8
	read -r first <&9
	victim=$(pgrep -P "$pid" -f "mxpreview-$f -d")
	kill -9 "$victim"
	ok $? "mxpreview-$f is killed in the middle of a batch"
	{ tail -n +$((N / 2 + 1)) "$TMP/urls" >&8; exec 8>&-; } &
	feeder=$!
	exec 8>&-
	{ echo "$first" && cat <&9; } >"$TMP/out"
	exec 9<&-
	wait "$feeder"
	wait "$pid"
	status=$?
	rm "$TMP/questions" "$TMP/answers"
	is "$(jq -r .url "$TMP/out" | sort)" "$(sort "$TMP/urls")" "$f: every question has its answer"
	failed=$(jq -r 'select(.error) | .url' "$TMP/out" | wc -l)
	is "$((failed <= 16))" 1 "$f: at most those in flight failed"
	is "$(jq -r 'select(.error) | .error.stage' "$TMP/out" | sort -u | tr -d '\n')" "$([ "$failed" -eq 0 ] || echo "$f")" \
		"$f: and say where"
	is "$status" "$((failed > 0))" "$f: the exit status is true"
done
finish
