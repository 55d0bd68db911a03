#!/usr/bin/env bash
# Many ask for the same at once: is the origin asked once, and does somebody take over when the one who went dies?
. "$(dirname "$0")/lib.sh"

mkdir -p "$TMP/site"
"$BIN/tests/mkimage" 320x200 1 >"$TMP/site/i.jpg"
origin_start --root "$TMP/site"
O=http://127.0.0.1:$PORT
S=$TMP/store
mx() { mxpreview -q -d "$S" --allow-ip 127.0.0.0/8; }
hits() { curl -s "$O/count?path=$1" | tr -d '\n'; }
set_to() { curl -s "$O/set?name=$1&to=$2" >/dev/null; }
now() { date +%s%3N; }
# herd N URL ...: N processes, each asking for all URLs several times over; their answers into $TMP/herd.*
herd() {
	local n=$1 i pids=
	shift
	rm -f "$TMP"/herd.*
	for ((i = 0; i < n; i++)); do
		for _ in 1 2 3 4 5; do printf '%s\n' "$@"; done | mx >"$TMP/herd.$i" &
		pids="$pids $!"
	done
	# shellcheck disable=SC2086
	wait $pids
}
different() { cat "$TMP"/herd.* | sort | uniq -c | awk '{ print $1 }' | tr '\n' ' '; }

# ---- a popular page

printf '<title>Popular</title><meta property="og:image" content="/i.jpg?popular">' >"$TMP/site/popular.html"
herd 20 "$O/popular.html"
is "$(different)" '100 ' 'twenty processes, five askers each: one answer for all'
is "$(hits /popular.html) $(hits '/i.jpg?popular')" '1 1' 'page and picture were asked for once'
herd 20 "$O/popular.html"
is "$(hits /popular.html) $(hits '/i.jpg?popular')" '1 1' 'and not again while it is fresh'
herd 20 "$O/slow?headers=300&x=1"
is "$(hits /slow)" 1 'nor is a slow one that all wait for'

# ---- its time is over

U=$O'/cond?etag=%22h%22&cc=max-age=600&title=Popular'
herd 8 "$U"
sqlite3 "$S/mxpreview.db" "UPDATE local_media_repository_url_cache SET expires_ts = 1, stale_ts = 1"
herd 8 "$U"
is "$(different)" '40 ' 'when its time is over all get one answer again'
is "$(hits /cond) $(hits '304%20/cond')" '2 1' 'with one more request, whether it has changed'
herd 12 "$O/status/500?herd"
is "$(hits '/status/500?herd')" 1 'a failure is told to all who waited'
for i in 1 2 3 4 5 6; do printf '<title>%d</title><meta property="og:image" content="/i.jpg?shared">' "$i" >"$TMP/site/$i.html"; done
herd 4 "$O"/{1,2,3,4,5,6}.html
is "$(cat "$TMP"/herd.* | json '."og:image"' | sort -u | wc -l)" 1 'pages that show the same bytes name the same medium'
is "$(sqlite3 "$S/mxpreview.db" "SELECT media_id FROM local_media_repository" | while read -r id; do
	[ -e "$S/url_cache/${id:0:10}/${id:11}" ] || echo "$id"
done)" '' 'no row names a file that is not there'

# ---- who went is killed

set_to door /hang
mxpreview -q -d "$S" --allow-ip 127.0.0.0/8 "$O/switch/door" >/dev/null 2>&1 &
leader=$!
until [ "$(hits /switch/door)" = 1 ]; do :; done # it has the lock, and waits for the origin
pids=
for i in $(seq 10); do
	mxpreview -q -d "$S" --allow-ip 127.0.0.0/8 "$O/switch/door" >"$TMP/wait.$i" & # no function: $! is its own number
	pids="$pids $!"
done
# all have the lock file open by now
until [ "$(for p in $pids; do readlink "/proc/$p/fd"/* 2>/dev/null | grep -c 'store/locks$'; done | grep -c 1)" = 10 ]; do :; done
is "$(hits /switch/door)" 1 'others wait for the one who went'
set_to door '/cond?title=Opened&cc=max-age=600'
t=$(now)
kill -9 "$leader"
until [ "$(hits /switch/door)" -ge 2 ]; do [ $(($(now) - t)) -gt 20000 ] && break; done
took=$(($(now) - t))
# shellcheck disable=SC2086
wait $pids
wait "$leader" 2>/dev/null
printf '# taken over after %d ms\n' "$took"
ok "$((took < 1000 ? 0 : 1))" 'when it is killed another one goes within a second'
is "$(hits /switch/door)" 2 'only one'
is "$(cat "$TMP"/wait.* | json '."og:title"' | sort | uniq -c | awk '{ print $1, $2 }')" '10 Opened' 'and all get its answer'
finish
