#!/usr/bin/env bash
# Does mxpreview-fetch never connect to what is not public, by whatever name it is called?
. "$(dirname "$0")/lib.sh"

mkdir "$TMP/root"
printf '<title>secret</title>' >"$TMP/root/a.html"
origin_start --root "$TMP/root" --log "$TMP/log"
fetch() { mxpreview-fetch -d "$TMP/store" "$@"; }
why() { fetch "$@" | json '[.error.status,.error.error]|join(" ")'; }

blocked='403 IP address blocked'
dns='502 DNS resolution failure during URL preview generation'
literals="http://127.0.0.1:$PORT/a.html http://[::ffff:127.0.0.1]:$PORT/a.html http://0x7f.1:$PORT/a.html
	http://2130706433:$PORT/a.html http://0177.0.0.1:$PORT/ http://127.1:$PORT/ http://127.0.0.1.:$PORT/
	http://[::1]:$PORT/ http://[::]:$PORT/ http://0.0.0.0:$PORT/ http://0:$PORT/ http://[::127.0.0.1]:$PORT/
	http://[64:ff9b::7f00:1]:$PORT/ http://[64:ff9b:1::7f00:1]:$PORT/ http://[2002:7f00:1::]:$PORT/
	http://%31%32%37.0.0.1:$PORT/ http://１２７.０.０.１:$PORT/ http://127。0。0。1:$PORT/
	http://u:p@127.0.0.1:$PORT/ http://169.254.169.254/ http://168.63.129.16/ http:\\\\127.0.0.1:$PORT/"
for url in $literals; do is "$(why "$url")" "$blocked" "$url"; done
is "$(why "http://localhost:$PORT/a.html")" "$dns" 'a name that leads to a blocked address'
is "$(why "http://[fe80::1%25lo]:$PORT/")" '400 URL has a bad host' 'a zone'
is "$(cat "$TMP/log" 2>/dev/null)" '' 'the origin saw nothing'

# Redirects: the origin may be asked, nothing else.
O=http://127.0.0.1:$PORT
hop() { mxpreview-fetch -d "$TMP/store" --allow-ip 127.0.0.1/32 "$O/redirect?to=$1" | json '[.error.status,.error.error]|join(" ")'; }
is "$(hop "http://127.0.0.2:$PORT/a.html")" "$blocked" 'a redirect to another address'
is "$(hop "http://0x7f.2:$PORT/a.html")" "$blocked" 'in another spelling'
is "$(hop "http://[::1]:$PORT/a.html")" "$blocked" 'to IPv6'
is "$(hop "//127.0.0.2:$PORT/a.html")" "$blocked" 'without a scheme'
is "$(hop "file:///etc/passwd")" '403 URL scheme is not http or https' 'to a file'
is "$(hop "gopher://127.0.0.1:$PORT/")" '403 URL scheme is not http or https' 'to gopher'
is "$(hop "http://u:p@127.0.0.1:$PORT/a.html")" '403 URL with user name or password refused' 'with credentials'
is "$(hop 'http://127.0.0.1:22/')" '403 port blocked' 'to another service'
is "$(hop 'data:text/html,x')" '502 Failed to download content: bad redirect' 'to data:'
is "$(grep -c -v redirect "$TMP/log")" 0 'no redirect was followed there'

# What a person types: credentials are dropped, not sent.
rec=$(mxpreview-fetch --body --allow-ip 127.0.0.1/32 "http://u:p@127.0.0.1:$PORT/echo")
like "$rec" '^Host: 127.0.0.1' 'userinfo of a person is dropped'
like "$(grep -ci '^authorization' <<<"$rec")" '^0$' 'and not sent'

# Rules hold on every hop and for every document.
printf 'deny_url = path=/a.html\n' >"$TMP/conf"
rule='URL blocked by url pattern blocklist entry'
denied() { mxpreview-fetch -c "$TMP/conf" -d "$TMP/store" --allow-ip 127.0.0.1/32; }
is "$(denied <<<"$O/redirect?to=/a.html" | json .error.error)" "$rule" 'a rule holds for a redirect'
is "$(printf '{"url":"http://x/","docs":[{"rel":"page"}],"want":[{"rel":"image","url":"%s/a.html"}]}\n' "$O" | denied |
	json .warnings[0].error)" "$rule" 'and for an image'
is "$(find "$TMP/store" -type f | wc -l)" 0 'nothing was stored'

printf 'jobs = 1\ndeny_url = path=^(a)\\1\n' >"$TMP/conf"
is "$(denied <<<"$O/" 2>&1; echo $?)" "mxpreview-fetch: $TMP/conf:2: deny_url: ^(a)\\1: references back (\\1 to \\9) are not for rules
2" 'a bad rule is told with its line'
printf 'allow_url = domain=127.0.0.1 path=/redirect\nallow_url_secondary = path=/b.png\n' >"$TMP/conf"
unlisted='URL is not among those that may be previewed'
is "$(denied <<<"$O/a.html" | json .error.error)" "$unlisted" 'where URLs are listed others are refused'
is "$(denied <<<"$O/redirect?to=/a.html" | json .error.error)" "$unlisted" 'as the target of a redirect too'
picture() { printf '{"url":"http://x/","docs":[{"rel":"page"}],"want":[{"rel":"image","url":"%s"}]}\n' "$1" | denied | json .warnings[0].error; }
is "$(picture "$O/a.html")" "$unlisted" 'and as a picture'
like "$(picture "$O/b.png")" '404' 'unless pictures have a list of their own'
printf 'deny_port = %s\n' "$PORT" >"$TMP/conf"
is "$(denied <<<"$O/a.html" | json .error.error)" 'port blocked' 'a port of the owner'

# This machine's own addresses, public ones too.
own() { # in a network namespace where this machine is 203.1.0.1
	# shellcheck disable=SC2016
	unshare -n sh -c 'ip link set lo up && ip addr add 203.1.0.1/32 dev lo && exec mxpreview-fetch -c "$1" -d "$2" http://203.1.0.1:8000/' \
		sh "$TMP/conf" "$TMP/store" 2>/dev/null | json .error.error
}
if command -v ip >/dev/null && unshare -n true 2>/dev/null; then
	: >"$TMP/conf"
	is "$(own)" 'IP address blocked' 'an address of this machine'
	echo 'deny_own_addresses = off' >"$TMP/conf"
	is "$(own)" 'Failed to download content: connection refused' 'which the owner may open'
else
	skip 'an address of this machine' 'no network namespaces here'
fi

# A site's own settings are those of the host of each hop.
cat >"$TMP/conf" <<-'END'
	user_agent = everywhere
	[site "127.0.0.1"]
	user_agent = one
	accept_language = fr
	max_spider_size = 2K
	header_timeout = 200
	[site "localhost"]
	user_agent = two
END
echo_of() { mxpreview-fetch --body -c "$TMP/conf" --allow-ip 127.0.0.1 --allow-ip ::1 "$@" 2>&1 | tr -d '\r' | grep -iE '^(user-agent|accept-language):' | sed 's/.*: //' | tr '\n' ' '; }
is "$(echo_of "$O/echo")" 'one fr ' 'agent and language of a site'
is "$(echo_of "http://LOCALHOST:$PORT/echo")" 'two en-US,en;q=0.9 ' 'of another one'
is "$(echo_of "$O/redirect?to=http://localhost:$PORT/echo")" 'two en-US,en;q=0.9 ' 'a redirect gets those of its target'
is "$(echo_of "http://localhost:$PORT/redirect?to=$O/echo")" 'one fr ' 'and back'
is "$(echo_of --lang de "$O/echo")" 'one de ' 'an option wins over a section'
head -c 3000 /dev/zero >"$TMP/root/3k.txt"
is "$(denied <<<"$O/3k.txt" | json .error.error)" 'Requested file is too large > 2048 bytes' 'the size of a site'
is "$(mxpreview-fetch --body -c "$TMP/conf" --allow-ip 127.0.0.1 --allow-ip ::1 "http://localhost:$PORT/3k.txt" | wc -c)" 3000 'is not that of others'
is "$(denied <<<"$O/hang" | json .error.error)" 'Timeout waiting for response from remote server' 'the patience of a site'

# A site that is not to be shown: on every hop, for every document, and before the cache.
closed='URL previews are disabled for this site'
: >"$TMP/conf"
preview() { mxpreview -c "$TMP/conf" -d "$TMP/store" --allow-ip 127.0.0.0/8 "$@"; }
is "$(preview "$O/a.html" | json '.["og:title"]')" secret 'an answer that is in the cache'
printf 'user_agent = bot\n[site "127.0.0.1"]\npreview = off\n' >"$TMP/conf"
is "$(preview "$O/a.html" | json '[.error.status,.error.error]|join(" ")')" "403 $closed" 'is not told any more'
: >"$TMP/log"
is "$(denied <<<"$O/a.html" | json .error.error)" "$closed" 'a closed site'
printf '[site "127.0.0.2"]\npreview = off\n' >"$TMP/conf"
is "$(denied <<<"$O/redirect?to=http://127.0.0.2:$PORT/a.html" | json .error.error)" "$closed" 'as the target of a redirect'
is "$(grep -c 'GET /a.html' "$TMP/log")" 0 'nobody went there'
printf 'preview = off\n[site "127.0.0.1"]\npreview = on\n' >"$TMP/conf"
is "$(preview "$O/a.html" | json '.["og:title"]')" secret 'only the sites that are named open'
is "$(preview "http://x.invalid/a.html" | json .error.error)" "$closed" 'are asked'
printf '\n[site "a..b"]\npreview = on\n' >"$TMP/conf"
is "$(denied <<<"$O/a.html" 2>&1; echo $?)" "mxpreview-fetch: $TMP/conf:2: 'a..b' is no host name
2" 'a bad site is told with its line'

# The environment has no say.
: >"$TMP/log"
printf 'machine 127.0.0.1 login l password p\ndefault login l password p\n' >"$HOME/.netrc"
is "$(http_proxy="$O" all_proxy="$O" why http://192.0.1.1.invalid/)" "$dns" 'no proxy from the environment'
is "$(cat "$TMP/log")" '' 'it was not asked'
like "$(mxpreview-fetch --body --allow-ip 127.0.0.1/32 "$O/echo" | grep -ci '^authorization')" '^0$' 'no .netrc'

if command -v strace >/dev/null && strace -o /dev/null true 2>/dev/null; then
	# shellcheck disable=SC2086
	ASAN_OPTIONS=detect_leaks=0 strace -f -e trace=connect,sendto,sendmsg -o "$TMP/trace" mxpreview-fetch -d "$TMP/store" --no-sandbox $literals >/dev/null
	is "$(grep -c 'AF_INET' "$TMP/trace")" 0 'no connect(2) for a blocked literal'
	ASAN_OPTIONS=detect_leaks=0 strace -f -e trace=connect -o "$TMP/trace" mxpreview-fetch -d "$TMP/store" --no-sandbox "http://localhost:$PORT/" >/dev/null
	is "$(grep -c "htons($PORT)" "$TMP/trace")" 0 'nor for a name that leads there'
else
	skip 'no connect(2) for a blocked literal' 'no strace'
fi
finish
