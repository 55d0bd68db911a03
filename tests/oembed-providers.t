#!/usr/bin/env bash
# Whom does mxpreview-oembed ask: the owner's lists, the built-in table, the official list, and none that is disabled?
. "$(dirname "$0")/lib.sh"

W=$TMP/site
mkdir -p "$W"
origin_start --root "$W" --log "$TMP/log"
O=http://127.0.0.1:$PORT
S=$TMP/store
printf 'allow_ip = 127.0.0.0/8\n' >"$TMP/conf"
oembed() { mxpreview-oembed -c "$TMP/conf" -d "$S" "$@"; }
asks() { oembed -q --endpoint "$1" | sed 's/?url=.*//'; }
entry() { # entry NAME ENDPOINT SCHEME...
	jq -n -c '{provider_name:$ARGS.positional[0],provider_url:"https://x.example",endpoints:[{url:$ARGS.positional[1],schemes:$ARGS.positional[2:]}]}' --args "$@"
}

# ---- the official list
{
	entry Official https://official.example/oembed 'https://*.official.example/v/*'
	entry YouTube https://official.example/youtube 'https://youtu.be/*' 'https://youtube.com/only/*'
	entry Greedy https://greedy.example/oembed 'https://*/*' 'https://*.com/*' 'https://www.*/x' 'https://ok.greedy.example/*'
	entry Spotify https://s.example/oembed 'spotify:*' 'javascript:*' 'https:///x/*' 'https://a b.example/*' '//n.example/*'
	entry Elsewhere 'javascript:alert(1)' 'https://e.example/*'
	entry User 'https://me:secret@u.example/oembed' 'https://u.example/*'
	echo '{"provider_name":"Discover","provider_url":"https://d.example","endpoints":[{"url":"https://d.example/oembed","discovery":true}]}'
	echo '{"provider_name":"XML","endpoints":[{"url":"https://xml.example/oembed.{format}","formats":["xml"],"schemes":["https://xml.example/*"]}]}'
	echo '{"provider_name":"Both","endpoints":[{"url":"https://both.example/oembed.{format}","formats":["xml","json"],"schemes":["https://both.example/*"]}]}'
	echo '{"provider_name":17,"endpoints":[{"url":["x"],"schemes":"y"},{"url":"https://t.example/","formats":["jpg"],"schemes":["https://t.example/*"]},null]}'
	echo '"nonsense"'
	echo '{"provider_name":"None","endpoints":{}}'
} | jq -s . >"$W/providers.json"
said=$(oembed --update-providers --from "$O/providers.json" 2>&1)
is $? 0 "the official list is brought through mxpreview-fetch"
is "$said" "mxpreview-oembed: 5 providers with 6 patterns; 16 entries dropped" "and it is said what became of it"
is "$(cut -d ' ' -f 2 "$TMP/log" | sort -u)" /providers.json "it is asked for once"
is "$(stat -c %a "$S/oembed-providers.json")" 644 "it stands in the store for everybody"
is "$(find "$S" -maxdepth 1 -name 'oembed*' | wc -l)" 1 "and nothing beside it"
is "$(asks https://www.official.example/v/1)" https://official.example/oembed "it is used from then on"
is "$(asks https://youtu.be/x)" https://www.youtube.com/oembed "the built-in table goes before it"
is "$(asks https://youtube.com/only/1)" https://official.example/youtube "where it has no word, the list has"
is "$(asks https://anything.example/x)$(asks https://anything.com/x)$(asks https://www.example.org/x)" "" "nobody may speak for a whole top-level domain"
is "$(asks https://ok.greedy.example/1)" https://greedy.example/oembed "only the pattern that does is dropped"
is "$(oembed --endpoint https://xml.example/1)" 'https://xml.example/oembed.xml?url=https%3A%2F%2Fxml.example%2F1&format=xml' "an endpoint that has only XML is asked for it"
is "$(oembed --endpoint https://both.example/1)" 'https://both.example/oembed.json?url=https%3A%2F%2Fboth.example%2F1&format=json' "JSON where there is a choice"
why=$(oembed -v --update-providers --from "$W/providers.json" --output "$TMP/out.json" 2>&1)
is $? 0 "a list may come from a file and go to another"
cmp -s "$TMP/out.json" "$S/oembed-providers.json"
ok $? "with the same result"
for line in 'Greedy: https://\*/\* speaks for a whole top-level domain' 'Spotify: spotify:\* is neither http nor https' \
	'Elsewhere: javascript:alert\(1\) is no web address' 'User: https://me:secret@u.example/oembed is no web address' \
	'Discover: https://d.example/oembed has no schemes' '\?: https://t.example/ offers neither JSON nor XML' \
	'None: the entry has no endpoints' 'Spotify: https:///x/\* is no pattern'; do
	like "$why" "$line" "-v says: ${line//\\/}"
done
is "$(oembed -q --update-providers --from "$W/providers.json" 2>&1)" "" "-q says nothing"
echo https://www.official.example/v/1 | oembed -q >"$TMP/record"
is "$(json '.want[1].url' <"$TMP/record" | cut -d '?' -f 1)" https://official.example/oembed "the filter uses it too"

# ---- what goes wrong costs nothing
before=$(sha256sum <"$S/oembed-providers.json")
unchanged() { # unchanged WANT-STATUS NAME FROM
	oembed -q --update-providers --from "$3" >"$TMP/o" 2>&1
	is "$?:$(wc -c <"$TMP/o"):$(find "$S" -maxdepth 1 -name 'oembed*' | wc -l):$(sha256sum <"$S/oembed-providers.json")" "$1:0:1:$before" "$2"
}
printf '[{"provider_name":"A","endpoints":[{"url":"https://a.example/o","schemes":["https://a.exam' >"$W/cut.json"
printf '{}' >"$W/object.json"
printf '[]' >"$W/empty.json"
printf '<html>' >"$W/page.html"
unchanged 1 "a list that breaks off changes nothing" "$O/cut.json"
unchanged 1 "nor an object" "$O/object.json"
unchanged 1 "nor an empty list" "$O/empty.json"
unchanged 1 "nor a page" "$O/page.html"
unchanged 1 "nor an error" "$O/status/404"
unchanged 1 "nor a missing file" "$W/none.json"
unchanged 1 "nor a body that is cut short" "$O/lie?declare=5000&send=100"
rc=$(mxpreview-oembed -q -d "$S" --update-providers --from "$O/providers.json" >/dev/null 2>&1; echo $?)
is "$rc" 1 "addresses that are not allowed are not fetched from"
is "$(sha256sum <"$S/oembed-providers.json")" "$before" "and change nothing"

mxpreview-oembed -q -d "$TMP/allowed" --update-providers --allow-ip 10.0.0.0/8 --allow-ip 127.0.0.0/8 --from "$O/providers.json"
ok $? "--allow-ip allows them for once"
cmp -s "$TMP/allowed/oembed-providers.json" "$S/oembed-providers.json"
ok $? "with the same result as the configuration"
rc=$(mxpreview-oembed -q -d "$S" --update-providers --allow-ip nonsense --from "$O/providers.json" >/dev/null 2>&1; echo $?)
is "$rc" 2 "what is no network is bad usage"
rc=$(mxpreview-oembed -q --allow-ip 127.0.0.0/8 --endpoint https://youtu.be/x >/dev/null 2>&1; echo $?)
is "$rc" 2 "so is --allow-ip where nothing is fetched"

# ---- hostile lists
hostile() { # hostile NAME: standard input is the list
	cat >"$TMP/hostile.json"
	local from=$SECONDS
	oembed --update-providers --from "$TMP/hostile.json" --output "$TMP/hostile.out" >"$TMP/o" 2>&1
	local rc=$?
	like "$rc:$((SECONDS - from < 10))" '^[01]:1$' "$1 ends soon: $(tail -n 1 "$TMP/o" | cut -c 1-150)"
}
million() { # million N TEXT: a list of N times the text
	printf '['
	yes "$2" | head -n "$1" | tr -d '\n'
	printf '1]'
}
patterns() { printf '[{"provider_name":"A","endpoints":[{"url":"https://a.example/o","schemes":[%s1]}]}]' "$(cat)"; }
hostile "a million entries" < <(million 1000000 '{},')
hostile "three million numbers" < <(million 3000000 '1,')
hostile "deep nesting" < <(yes '[' | head -n 60000 | tr -d '\n')
hostile "a pattern of megabytes" < <({ printf '"https://a.example/'; head -c 7000000 /dev/zero | tr '\0' x; printf '",'; } | patterns)
hostile "nine megabytes of nothing" < <(head -c 9000000 /dev/zero | tr '\0' ' ')
hostile "many patterns of many stars" < <(seq 60000 | sed 's|.*|"https://*a*a*a*a*a*a*a.a.example/*a*a*a*a*a*a*b&",|' | tr -d '\n' | patterns)
is "$(json '[.[].endpoints[].schemes[]]|length' <"$TMP/hostile.out")" 8192 "of which only so many are kept"
a=$(printf 'a%.0s' {1..4000})
timeout 20 mxpreview-oembed -q -d "$TMP/none" --providers "$TMP/hostile.out" --endpoint "https://aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.a.example/$a"
is $? 1 "and looked through in bounded time"

# ---- a store whose list is broken
mkdir -p "$TMP/broken"
printf '[' >"$TMP/broken/oembed-providers.json"
is "$(mxpreview-oembed -d "$TMP/broken" --endpoint https://youtu.be/x 2>"$TMP/err" | cut -d '?' -f 1)" https://www.youtube.com/oembed "a broken list in the store is done without"
like "$(cat "$TMP/err")" 'broken/oembed-providers.json: ' "and it is said"

# ---- the owner's lists, and whom they disable
entry Mine https://mine.example/oembed 'https://youtu.be/*' 'https://*.official.example/v/*' | jq -s . >"$TMP/mine.json"
entry Other https://other.example/oembed 'https://youtu.be/*' | jq -s . >"$TMP/other.json"
is "$(asks https://youtu.be/x)" https://www.youtube.com/oembed "without a list of the owner's the table speaks"
is "$(oembed --providers "$TMP/mine.json" --endpoint https://youtu.be/x | cut -d '?' -f 1)" https://mine.example/oembed "the owner's list goes before the table"
is "$(oembed --providers "$TMP/mine.json" --endpoint https://a.official.example/v/1 | cut -d '?' -f 1)" https://mine.example/oembed "and before the official list"
is "$(oembed --providers "$TMP/mine.json" --providers "$TMP/other.json" --endpoint https://youtu.be/x | cut -d '?' -f 1)" https://other.example/oembed "the last list goes before the others"
without() { # without VALUE URL
	printf 'oembed_disable = %s\n' "$1" >"$TMP/without"
	mxpreview-oembed -q -c "$TMP/without" -d "$S" --endpoint "$2" | cut -d '?' -f 1
}
is "$(without youtube https://youtu.be/x)" "" "a provider is disabled by its name in any letter case, in every list"
is "$(without youtube.com https://youtu.be/x)" https://official.example/youtube "or one of them by the host of its endpoint"
is "$(without official.example https://a.official.example/v/1)" "" "also of the official list"
is "$(without tube.com https://youtu.be/x)" https://www.youtube.com/oembed "a host stands for those below it, not for those that end like it"
is "$(without 'Apple Podcasts' https://podcasts.apple.com/x)" "" "names may have blanks"
is "$(without Vimeo https://youtu.be/x)" https://www.youtube.com/oembed "others stay"

# ---- the real one
if [ -r "$SHARED/corpora/oembed/providers.json" ]; then
	said=$(oembed --update-providers --from "$SHARED/corpora/oembed/providers.json" --output "$TMP/real.json" 2>&1)
	like "$said" ' (3[5-9]|[4-9])[0-9]+ providers with 8[0-9]+ patterns; [1-9][0-9]? entries dropped' "the official list is nearly all usable"
	is "$(mxpreview-oembed -v -d "$TMP/none" --providers "$TMP/real.json" --endpoint https://www.zoomable.ca/viewer/1 2>&1 >/dev/null)" "" "what was kept is usable to the last entry"
else
	skip "the official list is nearly all usable" "not here"
	skip "what was kept is usable to the last entry" "not here"
fi
oembed -q --from x --endpoint https://youtu.be/x >/dev/null 2>&1
is $? 2 "--from belongs to --update-providers"
oembed -q --update-providers --url https://e.org/ - >/dev/null 2>&1 </dev/null
is $? 2 "one thing at a time"
finish
