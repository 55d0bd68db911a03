#!/usr/bin/env bash
# Does a hostile answer cost no more than the ceilings say?
. "$(dirname "$0")/lib.sh"

mkdir "$TMP/root"
origin_start --root "$TMP/root"
O=http://127.0.0.1:$PORT
cat >"$TMP/conf" <<'CONF'
max_spider_size = 1M
CONF
# What never ends is waited for shortly; what ends has the usual time, however busy this machine is.
# With min_speed 10 each 400 ms must bring 4 bytes; a drip brings 8.
printf 'min_speed = 10\ntotal_timeout = 600\nheader_timeout = 400\nidle_timeout = 400\n' >"$TMP/impatient"
conf=$TMP/conf
fetch() { mxpreview-fetch -c "$conf" -d "$TMP/store" --allow-ip 127.0.0.0/8 "$@"; }

big='502|M_TOO_LARGE|Requested file is too large > 1048576 bytes'
head='502|M_TOO_LARGE|Response headers are too large'
slow='504|M_UNKNOWN|Timeout waiting for response from remote server'
ends() { # ends PATH WANT
	is "$(fetch "$O$1" | json '[.error.status,.error.errcode,.error.error]|join("|")')" "$2" "$1"
}
raw() { printf '/raw?b64=%s' "$(printf '%b' "$1" | base64 -w0 | sed 's/+/%2B/g')"; }

ends '/big?n=1048576' "$big"
ends '/big?n=1048576&chunked=1' "$big"
is "$(fetch "$O/big?n=1048575" | json .docs[0].bytes)" 1048575 'one byte less comes'
is "$(fetch "$O/big?n=1048575&chunked=1" | json .docs[0].bytes)" 1048575 'also in chunks'
ends '/endless' "$big"
ends '/nolength?n=2000000' "$big"
ends '/gzip?n=1048576' "$big"
ends '/gzip?n=300000000' "$big"
ends '/lie?declare=9999999999&send=10' "$big"
ends '/headers?n=300&size=10' "$head"
ends '/headers?n=10&size=20000' "$head"
ends '/headers?n=1&size=90000' "$head"
ends '/endless-headers' "$head"
ends '/endless-1xx' "$head"
conf=$TMP/impatient
ends '/hang' "$slow"
ends '/slow?headers=5000' "$slow"
ends '/slow?body=5000' '502|M_UNKNOWN|Failed to download remote body: timeout'
ends '/drip?n=1000&ms=50' '502|M_TOO_LARGE|Requested file took too long to download'
printf 'min_speed = 1K\nidle_timeout = 400\n' >"$TMP/speed"
conf=$TMP/speed
ends '/drip?n=100000&ms=5' '502|M_UNKNOWN|Failed to download remote body: timeout'
is "$(fetch "$O/drip?n=10&ms=1" | json .docs[0].bytes)" 10 'what comes quickly comes'
printf 'max_spider_size = 100M\n' >"$TMP/bomb"
conf=$TMP/bomb
ratio='502|M_TOO_LARGE|Requested file is compressed more than 100 times'
ends '/gzip?n=90000000' "$ratio"
is "$(fetch "$O/gzip?n=1000000" | json .docs[0].bytes)" 1000000 'a page of a mebibyte may be compressed as it likes'
printf 'max_ratio = 2000\n' >>"$TMP/bomb"
is "$(fetch "$O/gzip?n=50000000" | json .docs[0].bytes)" 50000000 'and more where the owner says so'
rm -r "$TMP/store"
conf=$TMP/conf
is "$(fetch "$O/big?n=1048575" "$O/big?n=1048575&chunked=1" | wc -l)" 2 'two documents'
ends "$(raw 'HTTP/1.1 101 Switching Protocols\r\n\r\n')" '502|M_UNKNOWN|Got error 101'
ends "$(raw '<html>no status line</html>')" '502|M_UNKNOWN|Failed to download content: malformed response'
ends "$(raw 'HTTP/1.1 302 Found\r\nLocation: \r\nContent-Length: 0\r\n\r\n')" '502|M_UNKNOWN|Got error 302'
is "$(find "$TMP/store" -type f | wc -l)" 2 'only what came whole is in the store'

# Chunk extensions are no body and no header: only the socket sees them.
if command -v python3 >/dev/null; then
	cat >"$TMP/ext.py" <<'PY'
import socket, sys
s = socket.socket()
s.bind(("127.0.0.1", 0))
s.settimeout(10)
s.listen(1)
print(s.getsockname()[1], flush=True)
c, _ = s.accept()
c.recv(65536)
sent = 0
try:
    c.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n1;")
    while sent < 1 << 30:
        sent += c.send(b"x" * 65536)
except OSError:
    pass
print(sent, flush=True)
PY
	mkfifo "$TMP/ext"
	python3 "$TMP/ext.py" >"$TMP/ext" &
	PIDS="$PIDS $!"
	exec 7<"$TMP/ext"
	read -r -t 10 port <&7
	is "$(fetch "http://127.0.0.1:$port/" | json .error.error)" "${big##*|}" 'endless chunk extensions'
	read -r -t 10 sent <&7
	ok "$((${sent:-0} == 0 || sent > 16 << 20))" "stopped after $((${sent:-0} >> 20)) MiB"
else
	skip 'endless chunk extensions' 'no python3'
fi

# What each of them costs at most: seconds, KiB of memory (of the larger process), KiB on disk.
if command -v python3 >/dev/null; then
	cat >"$TMP/cost.py" <<'PY'
import resource, subprocess, sys, time
begun = time.monotonic()
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=False)
print(int((time.monotonic() - begun) * 1000), resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
PY
	printf 'max_spider_size = 1M\ntotal_timeout = 2s\n' >"$TMP/conf"
	for path in endless gzip?n=300000000 endless-headers endless-1xx nolength?n=900000000 'drip?n=1000&ms=50'; do
		rm -rf "$TMP/store"
		read -r ms kib < <(python3 "$TMP/cost.py" mxpreview-fetch -c "$TMP/conf" -d "$TMP/store" --allow-ip 127.0.0.0/8 "$O/$path")
		ok "$((ms > 8000))" "/$path: $ms ms"
		if grep -q __asan_init "$BIN/mxpreview-fetch"; then
			skip "/$path: memory" 'sanitizers take more'
		else
			ok "$((kib > 40960))" "/$path: $kib KiB of memory"
		fi
		is "$(find "$TMP/store" -type f | wc -l)" 0 "/$path: nothing on disk"
	done
else
	skip 'what hostile answers cost' 'no python3'
fi
finish
