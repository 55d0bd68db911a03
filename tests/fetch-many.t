#!/usr/bin/env bash
# Are many records in flight at once, none delayed by another, and all answered?
. "$(dirname "$0")/lib.sh"

mkdir "$TMP/root"
for i in $(seq 50); do echo "<title>$i</title>" >"$TMP/root/$i.html"; done
origin_start --root "$TMP/root" --log "$TMP/log"
O=http://127.0.0.1:$PORT
origin_start --root "$TMP/root"
DEAD=http://127.0.0.1:$PORT
printf 'header_timeout = 4s\n' >"$TMP/conf"
fetch() { mxpreview-fetch -c "$TMP/conf" -d "$TMP/store" --allow-ip 127.0.0.0/8 "$@"; }
urls() { for i in $(seq 50); do echo "$O/$i.html"; done; }

out=$(urls | fetch -j 8)
is "$(wc -l <<<"$out")" 50 'fifty records'
is "$(json '.docs|length' <<<"$out" | sort -u)" 1 'each with its document'
is "$(json '.docs[0].media_id' <<<"$out" | sort -u | wc -l)" 50 'each under its own name'

# Two that never answer, before the others and on four jobs.
out=$({
	for i in $(seq 2); do echo "$DEAD/hang?$i"; done
	urls
} | fetch -j 4)
is "$(wc -l <<<"$out")" 52 'a dead host: all are answered'
is "$(head -n 50 <<<"$out" | json 'has("error")' | sort -u)" false 'the living ones first'

# Many more of them than jobs, all of one host; and what waits is bounded: 20 MB of records do not all come in.
printf 'header_timeout = 1s\n' >"$TMP/short"
ahead() { mxpreview-fetch -c "$TMP/short" -d "$TMP/store" -q -j 2 --allow-ip 127.0.0.0/8; }
out=$({
	for i in $(seq 600); do echo "$DEAD/hang?$i"; done
	urls
} | ahead | head -n 50)
is "$(json 'has("error")' <<<"$out" | sort -u)" false 'six hundred to a dead host hold nobody up'
pad=$(head -c 1000000 /dev/zero | tr '\0' a)
out=$({
	for i in $(seq 20); do printf '{"url":"%s/hang?%s","pad":"%s"}\n' "$DEAD" "$i" "$pad"; done
	echo "$O/1.html"
} | ahead | head -n 1)
is "$(json .error.status <<<"$out")" 504 'more than 16 MiB of records are not read ahead'

# A record is answered while the input stays open, and half a line holds nothing up.
mkfifo "$TMP/in" "$TMP/out"
fetch <"$TMP/in" >"$TMP/out" &
pid=$!
PIDS="$PIDS $pid"
exec 7>"$TMP/in" 8<"$TMP/out"
echo "$O/1.html" >&7
read -r -t 20 line <&8
is "$(json .docs[0].status <<<"$line")" 200 'an answer while more may come'
printf '%s\n%s' "$O/2.html" "$O/3" >&7
read -r -t 20 line <&8
is "$(json .url <<<"$line")" "$O/2.html" 'an answer while half a line has come'
echo .html >&7
read -r -t 20 line <&8
is "$(json .url <<<"$line")" "$O/3.html" 'and then the rest of it'
exec 7>&-
wait "$pid"
is $? 0 'the end of input is the end'
exec 8<&-

# A signal: no file is left half-written.  What is small waits in memory.
files=$(find "$TMP/store" -type f | wc -l)
echo "$O/drip?lead=100000&n=100000&ms=10" >"$TMP/slow"
mxpreview-fetch -d "$TMP/store" --allow-ip 127.0.0.0/8 <"$TMP/slow" >"$TMP/sig" 2>&1 &
pid=$!
PIDS="$PIDS $pid"
for _ in $(seq 500); do
	[ "$(find "$TMP/store" -type f | wc -l)" -gt "$files" ] && break
	read -r -t 0.01 <> <(:)
done
is "$(find "$TMP/store" -type f | wc -l)" $((files + 1)) 'a temporary file while it drips'
kill -TERM "$pid"
wait "$pid"
is $? 1 'SIGTERM ends it'
is "$(find "$TMP/store" -type f | wc -l)" "$files" 'and the file is gone'

# Nobody reads the answers.
urls | fetch 2>"$TMP/err" | head -n 1 >/dev/null
is "$(cat "$TMP/err")" '' 'a closed pipe is quiet'

# One connection serves many.
if command -v strace >/dev/null && strace -o /dev/null true 2>/dev/null; then
	urls | ASAN_OPTIONS=detect_leaks=0 strace -f -e trace=connect -o "$TMP/trace" mxpreview-fetch --no-sandbox -j 2 -d "$TMP/store" --allow-ip 127.0.0.0/8 >/dev/null
	n=$(grep -c 'AF_INET' "$TMP/trace")
	ok "$((n > 4))" "$n connections for fifty records"
else
	skip 'connections are used again' 'no strace'
fi
finish
