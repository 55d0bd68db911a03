#!/usr/bin/env bash
# What do records and lines do that nobody should send?  One answer each, and nothing else.
. "$(dirname "$0")/lib.sh"
S=$TMP/store
mx() { timeout 20 mxpreview -d "$S" "$@"; }
B=http://10.0.0.1/ # refused at once, without a lookup

printf '%s' "$B" | mx >"$TMP/out"
is "$?/$(wc -l <"$TMP/out")" 1/1 "a last line without its end is a line, and the end is seen"
for member in '"error":5' '"error":null' '"cache":{"hit":true}' '"cache":7' '"html":5' '"html":[]' '"og":"x"' '"docs":{}' \
	'"docs":[1,[],{}]' '"want":"all"' '"want":[5,null,{"rel":7}]' '"thumbs":{}' '"warnings":0' '"trace":5' '"image":[]' \
	'"oembed":1' '"id":{"a":[1]}' '"ts":"now"' '"lang":{}' '"user":[]'; do
	line="{\"url\":\"$B\",$member}"
	is "$(printf '%s\n%s\n' "$line" "$B" | mx --format record | jq -c '.error.status' | sort -u | wc -l)" \
		"$(printf '%s\n%s\n' "$line" "$B" | mx --format record | jq -c '.error.status' | sort -u | grep -c .)" \
		"mxpreview: $member: both lines are answered"
	for f in mxpreview-og mxpreview-oembed mxpreview-thumb 'mxpreview-cache put' 'mxpreview-cache get'; do
		# shellcheck disable=SC2086
		is "$(printf '%s\n%s\n' "$line" "$B" | timeout 20 $f -d "$S" | jq -r .url | tr '\n' ' ')" "$B $B " "$f: $member"
	done
done
known='{"url":"http://bank.example/","docs":[{"rel":"page","url":"u","type":"text/html","status":200}],"html":{},"thumbs":[],"og":{"og:title":"LIE"}}'
like "$(echo "$known" | mx)" '"status":502' "what a question claims to know is not believed"
is "$(echo "{\"url\":\"http://bank.example/\"}" | mxpreview-cache -d "$S" get | jq 'has("og")')" false "nor kept"
is "$(perl -e 'print "http://x/", "b" x 1048700, "\nhttp://10.0.0.1/\n"' | mx | jq -c '[.url, .error.status]' | tr '\n' ' ')" \
	"[\"\",400] [\"$B\",403] " "a line over the limit has its answer, and so has the next"
is "$(perl -e 'print "{\"url\":\"http://x/\",\"id\":\"", "b" x 1048530, "\"}\nhttp://10.0.0.1/\n"' | mxpreview-og -d "$S" | jq -r .url | tr '\n' ' ')" \
	"http://x/ $B " "an id that leaves no room for an answer does not swallow it"
like "$(printf 'http://10.0.0.1/pa\0ge\n' | mx)" 'NUL' "a NUL byte does not end a URL"
mx "$B" >&- 2>"$TMP/err"
is "$?" 1 "a closed standard output is an error"
like "$(cat "$TMP/err")" 'standard output' "and named"
printf 'deny_url = foo=bar\n' >"$TMP/bad.conf"
for f in mxpreview mxpreview-fetch; do
	"$f" -c "$TMP/bad.conf" -d "$S" "$B" >/dev/null 2>"$TMP/err"
	is "$?" 2 "$f: a rule that cannot be read is a configuration error"
	like "$(cat "$TMP/err")" "^$f: .*bad.conf:1: deny_url: .*'foo'" "and named"
done
mkfifo "$TMP/quiet"
exec 7<>"$TMP/quiet"
for f in 'mxpreview-og -' 'mxpreview-oembed --url http://x/ -' 'mxpreview-thumb -s 9x9 -'; do
	# shellcheck disable=SC2086
	timeout -s INT 0.5 $f <"$TMP/quiet" >/dev/null 2>&1
	is "$?" 124 "$f: ends when it is told to"
done
exec 7>&-
finish
