#!/usr/bin/env bash
# Do a thousand URLs that others collected reach nothing they should not?
. "$(dirname "$0")/rig.sh"

URLS=$SHARED/corpora/ssrf/urls.json
[ -r "$URLS" ] || skip_all "no $URLS"
# Every port of the cases answers.
mapfile -t ports < <(jq -r '.[].url' "$URLS" | grep -oE '[a-z0-9]:[0-9]{1,5}([/@]|$)' | tr -dc '0-9\n' |
	awk '$1 > 0 && $1 < 65536 && $1 != 53 && $1 != 80 && $1 != 443' | sort -un)
rig_canary 80 443 "${ports[@]}"


# Where the outcome is not the one that was written beside them:
apart='["http://%127.0.0.1@0127.1.1.1/", "http://pub.test\\@127.0.0.1/", "http://pub.test:5000/", "http://pub.test:9000/",
	"http://pub.test:9090/", "http://pub.test:10000/", "http://pub.test:50000/"]'
# Web applications live at the ports of the last ones.
# 0127 is octal in every browser and for inet_aton(3), so that this is 87.1.1.1, and public; a backslash ends the host.
RIG_PUBLIC="$RIG_PUBLIC 87.1.1.1 87.0.0.1 8.0.0.5 64.100.100.200"
printf 'connect_timeout = 2500\nheader_timeout = 3000\ntotal_timeout = 5000\n' >"$TMP/conf"

# Each twice through one process: as what a person typed, and as what a document names (where a data: URL may stand).
jq -c 'to_entries[] | .value.url as $url | {id: .key, url: $url}, (select($url | startswith("data:") or . == "" | not) |
	{id: (.key + 10000), url: "http://x/", docs: [{rel: "page"}], want: [{rel: "oembed", url: $url}]})' "$URLS" >"$TMP/questions"
mxpreview-fetch -q -c "$TMP/conf" -d "$TMP/store" -j 64 <"$TMP/questions" >"$TMP/answers"

is "$(jq -s 'map(.id)|unique|length' "$TMP/answers")" "$(wc -l <"$TMP/questions")" 'every question is answered'
# CLASS EXPECTED came|refused URL: a line each.
jq -r --slurpfile u "$URLS" --argjson apart "$apart" '$u[0][.id % 10000] as $q |
	[$q.cls, (if $apart|any(. == $q.url) then "either" else $q.expect end),
	(if .error // .warnings then "refused" else "came" end), $q.url] | @tsv' "$TMP/answers" >"$TMP/table"
is "$(awk -F'\t' '$2 == "block" && $3 != "refused"' "$TMP/table")" '' 'all are refused that must be'
is "$(awk -F'\t' '$2 == "allow" && $3 != "came"' "$TMP/table")" '' 'all come that may'
is "$(awk -F'\t' '$2 == "allow"' "$TMP/table" | wc -l)" 34 'some may'
is "$(rig_forbidden)" '' 'nobody inside was reached'
is "$(rig_unusual)" '' 'no credentials, no cookies, no referrer'
rig_close
finish
