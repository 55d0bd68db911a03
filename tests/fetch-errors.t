#!/usr/bin/env bash
# Is the table of mxpreview(7) true?  Each row is provoked, and nothing is provoked that is no row.
. "$(dirname "$0")/lib.sh"

export LC_ALL=C
mkdir "$TMP/root" "$TMP/tls"
printf '<title>A page</title>' >"$TMP/root/a.html"
origin_start --root "$TMP/root"
O=http://127.0.0.1:$PORT
cat >"$TMP/conf" <<-END
	connect_timeout = 400
	header_timeout = 400
	idle_timeout = 400
	deny_url = hostname=blocked.example
	[site "closed.example"]
	preview = off
END
cat >"$TMP/small" <<-END
	max_spider_size = 2000
	max_header_count = 20
	total_timeout = 500
END

# ---- the table as it is told: status, errcode, class, exit status, text with N for what varies

awk '/^\.Sh /{on = /WHEN A DOCUMENT DOES NOT COME/} on && /^\.It [0-9]/{sub(/^\.It /, ""); print}' "$TOP/man/mxpreview.7" |
	sed -E 's/ Ta /|/g; s/ Ar [a-z]+/ N/g; s/ No / /g' | sort >"$TMP/told"
is "$(sort -u "$TMP/told" | wc -l)" "$(wc -l <"$TMP/told")" 'no row stands there twice'

# row NAME TEXT RECORD STATUS: what a record says of its page, or of its image, must be a row with that text.
row() {
	local got name=$1 text=$2
	got=$(jq -r --arg exit "$4" '(.error // .warnings[0]) as $e |
		[$e.status, $e.errcode, ($e.class // "-"), (if .error then $exit else "1" end), $e.error] | join("|")' <<<"$3" |
		sed -E 's/Got error [0-9]+/Got error N/; s/> [0-9]+ bytes/> N bytes/; s/[0-9]+ times$/N times/; s/(operation:|data URL:) .*/\1 N/')
	printf '%s\n' "$got" >>"$TMP/seen"
	is "${got##*|}" "$text" "$name"
	grep -Fxq -e "$got" "$TMP/told"
	ok $? "$name: in the table (${got%|*})"
}
conf=$TMP/conf
fetch() { mxpreview-fetch -c "$conf" -d "$TMP/store" --allow-ip 127.0.0.0/8 "$@"; }
page() { # page NAME TEXT URL
	local rec
	rec=$(fetch "$3")
	row "$1" "$2" "$rec" $?
}
image() { # image NAME TEXT URL
	local rec
	rec=$(printf '{"url":"http://x/","docs":[{"rel":"page"}],"want":[{"rel":"image","url":"%s"}]}\n' "$3" | fetch)
	row "$1" "$2" "$rec" $?
}
raw() { printf '%s/raw?b64=%s' "$O" "$(printf '%b' "$1" | base64 -w0)"; }
content='Failed to download content:'
body='Failed to download remote body:'

# ---- what is not asked for

page 'no URL' 'not an absolute URL' nonsense
page 'no host' 'URL has a bad host' 'http://a b/'
page 'no port' 'URL has a bad port' 'http://h:99999/'
page 'another scheme' 'URL scheme is not http or https' ftp://127.0.0.1/
page 'an address' 'IP address blocked' http://10.0.0.1/
page 'a rule' 'URL blocked by url pattern blocklist entry' http://blocked.example/
page 'a site' 'URL previews are disabled for this site' http://closed.example/
page 'a port' 'port blocked' http://127.0.0.1:22/
image 'credentials' 'URL with user name or password refused' "http://u@127.0.0.1:$PORT/"
page 'data: for a page' 'Previewing of data: URLs is forbidden' data:text/html,x
image 'broken data:' 'Failed to parse data URL: N' 'data:image/gif;base64,R'
page 'a redirect to an address' 'IP address blocked' "$O/redirect?to=http://10.0.0.1/"

# ---- what the site itself does not want

printf 'User-agent: *\nDisallow: /a\n' >"$TMP/root/robots.txt"
printf 'robots = true\n' >"$TMP/robots"
conf=$TMP/robots
page 'robots.txt' 'robots.txt of the site forbids it' "$O/a.html"
rm -r "$TMP/store"
curl -sf "$O/set?name=robots.txt&to=/status/500" >"$TMP/ignored"
page 'no robots.txt' 'robots.txt of the site cannot be had' "$O/a.html"
printf 'jobs_per_host = 1\n' >"$TMP/held"
conf=$TMP/held
held=$(fetch "$O/status/503?h=Retry-After:%20100" "$O/a.html" | grep -F a.html)
row 'a host that said when to come again' 'The site wants to be left alone for a while' "$held" 1
conf=$TMP/conf

# ---- on the way

page 'no such name' 'DNS resolution failure during URL preview generation' http://nosuch.invalid/
free=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
page 'nobody there' "$content connection refused" "http://127.0.0.1:$free/"
page 'no way there' "$content host unreachable" http://127.255.255.255/
page 'no handshake' 'Timeout connecting to remote server' "https://127.0.0.1:$PORT/"
page 'no answer in time' 'Timeout waiting for response from remote server' "$O/hang"
page 'no answer at all' 'Timeout waiting for response from remote server' "$O/close"
page 'no HTTP' "$content malformed response" "$(raw 'SSH-2.0-OpenSSH\r\n')"
page 'a loop' "$content too many redirects" "$O/loop"
page 'nowhere' "$content bad redirect" "$O/redirect?to=http%3A%2F%2F%5Bbad"
for code in 300 304 400 401 403 404 410 429 451 500 503; do
	page "status $code" 'Got error N' "$O/status/$code"
	is "$(fetch "$O/status/$code" | json .error.http_status)" "$code" "status $code is told"
done
page 'another type' "Requested file's content type not allowed for this operation: N" "$O/a.html?type=text/css"

# ---- the body

page 'nothing more' "$body timeout" "$O/drip?n=50&ms=600"
page 'a reset' "$body connection reset" "$O/reset"
page 'half of it' "$body connection closed early" "$O/lie?declare=100&send=50"
page 'no gzip' "$body bad content encoding" "$(raw 'HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: gzip\r\n\r\nno gzip')"
page 'gzip of gzip' "$body stacked content encodings" "$(raw 'HTTP/1.1 200 OK\r\nContent-Encoding: gzip, gzip\r\n\r\nx')"
page 'broken chunks' "$body malformed response" "$(raw 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n')"
conf=$TMP/small
page 'too large' 'Requested file is too large > N bytes' "$O/big?n=5000"
printf 'max_spider_size = 20M\n' >"$TMP/bomb"
conf=$TMP/bomb
page 'a bomb' 'Requested file is compressed more than N times' "$O/gzip?n=9000000"
conf=$TMP/small
page 'too many headers' 'Response headers are too large' "$O/headers?n=30"
page 'too slow' 'Requested file took too long to download' "$O/drip?n=1900&ms=50"
conf=$TMP/conf

# ---- TLS

if command -v openssl >/dev/null; then
	cd "$TMP/tls" || exit 1
	export SSL_CERT_FILE=$TMP/tls/ca.pem
	for ca in ca unknown; do
		openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout $ca.key -out $ca.pem -subj "/CN=$ca" \
			-addext "keyUsage=keyCertSign" -days 30 2>/dev/null
	done
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout key -out request -subj /CN=server 2>/dev/null
	cert() { # cert NAME CA DAYS EXTENSIONS
		printf '%s\n' "$4" >ext
		openssl x509 -req -in request -CA "$2.pem" -CAkey "$2.key" -CAcreateserial -days "$3" -extfile ext -out "$1" 2>/dev/null
	}
	here='subjectAltName=IP:127.0.0.1'
	cert good ca 10 "$here"
	cert expired ca -1 "$here"
	cert stranger unknown 10 "$here"
	cert elsewhere ca 10 'subjectAltName=DNS:example.org'
	printf '[ca]\ndefault_ca=d\n[d]\ndatabase=index\nnew_certs_dir=.\nserial=serial\ndefault_md=sha256\npolicy=p\n[p]\ncommonName=supplied\n' >ca.conf
	: >index
	echo 77 >serial
	openssl ca -batch -config ca.conf -cert ca.pem -keyfile ca.key -in request -out future -extfile ext -notext \
		-startdate 20900101000000Z -enddate 20910101000000Z 2>/dev/null
	cert client ca 10 "$here"$'\n''extendedKeyUsage=clientAuth'
	openssl req -x509 -key key -out self -subj /CN=server -days 10 -addext "$here" 2>/dev/null
	tls_start() { # tls_start CERTIFICATE [OPTION...]: sets PORT
		local fifo=$TMP/tls.$RANDOM line cert=$1
		shift
		mkfifo "$fifo"
		openssl s_server -accept 127.0.0.1:0 -cert "$cert" -key key -www "$@" >"$fifo" 2>/dev/null </dev/null &
		PIDS="$PIDS $!"
		while read -r line; do case $line in ACCEPT*) break ;; esac done <"$fifo"
		PORT=${line##*:}
	}
	tls() { # tls NAME TEXT CERTIFICATE [OPTION...]
		local name=$1 text=$2
		shift 2
		tls_start "$@"
		page "$name" "$text" "https://127.0.0.1:$PORT/"
	}
	tls_start good
	is "$(fetch "https://127.0.0.1:$PORT/" | json .docs[0].status)" 200 'a certificate that is trusted'
	tls 'an old certificate' "$content certificate has expired" expired
	tls 'a certificate of later' "$content certificate is not valid yet" future
	tls 'its own certificate' "$content certificate is self-signed" self
	tls 'an unknown authority' "$content certificate is not from a known authority" stranger
	tls 'another name' "$content certificate is for another name" elsewhere
	tls 'a certificate of a client' "$content certificate not trusted" client
	tls 'an old protocol' "$content TLS handshake failed" good -tls1_1
	tls_start good
	echo nonsense >"$TMP/tls/nonsense"
	SSL_CERT_FILE=$TMP/tls/nonsense
	page 'no authorities' "$content no usable CA certificates here" "https://127.0.0.1:$PORT/"
	cd "$TOP" || exit 1
	# No row was forgotten.  Only two parsers that differ make the first of these, only a firewall the other; connector.t
	# ends the connector.
	is "$(sort -u "$TMP/seen" | comm -13 - "$TMP/told")" \
		"400|M_UNKNOWN|-|1|URL is malformed"$'\n'"502|M_UNKNOWN|connect|1|$content connection failed"$'\n'"503|M_UNKNOWN|-|75|the connector is gone" 'every row was provoked'
else
	skip 'TLS' 'no openssl'
fi
is "$(grep -ci 'curl\|openssl\|ssl_\|errno\|0x' "$TMP/seen")" 0 'no words of libraries'
finish
