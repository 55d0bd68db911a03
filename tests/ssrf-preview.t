#!/usr/bin/env bash
# Does a page that points inside lose what it points at, and nothing else?
. "$(dirname "$0")/rig.sh"
rig_canary 80 443 8080

# NAME HTML: what a page has beside a title and a description.
cases() {
	cat <<'END'
image-literal <meta property="og:image" content="http://169.254.169.254/i.jpg">
image-form <meta property="og:image" content="http://2130706433/i.jpg">
image-mapped <meta property="og:image" content="http://[::ffff:10.0.0.5]/i.jpg">
image-name <meta property="og:image" content="//priv.test/i.jpg">
image-cname <meta property="og:image" content="http://cname2.test/i.jpg">
image-redirect <meta property="og:image" content="/r302?to=http%3A%2F%2F10.0.0.5%2Fi.jpg">
image-hops <meta property="og:image" content="/r302?to=http%3A%2F%2Fother.test%2Fr307%3Fto%3Dhttp%253A%252F%252F127.1%252F">
image-port <meta property="og:image" content="http://pub.test:6379/i.jpg">
image-user <meta property="og:image" content="http://u:p@pub.test/i.jpg">
image-file <meta property="og:image" content="file:///etc/passwd">
image-secure <meta property="og:image:secure_url" content="https://10.0.0.5/i.jpg">
image-base <base href="http://127.0.0.1/"><meta property="og:image" content="i.jpg">
image-twitter <meta name="twitter:image" content="http://10.0.0.5/i.jpg">
image-ld <script type="application/ld+json">{"@type":"Article","headline":"x","image":"http://10.0.0.5/i.jpg"}</script>
image-src <link rel="image_src" href="http://10.0.0.5/i.jpg">
image-tag </head><body><img src="http://127.0.0.1/i.jpg" width="640" height="480">
icon <link rel="icon" href="http://192.168.1.1/favicon.ico">
icon-touch <link rel="apple-touch-icon" sizes="180x180" href="http://[::1]/i.png">
icon-manifest <link rel="manifest" href="http://127.0.0.1/manifest.json">
oembed-json <link rel="alternate" type="application/json+oembed" href="http://127.0.0.1/o.json">
oembed-xml <link rel="alternate" type="text/xml+oembed" href="http://priv.test/o.xml">
oembed-redirect <link rel="alternate" type="application/json+oembed" href="/r301?to=http%3A%2F%2F%5B64%3Aff9b%3A%3A10.0.0.5%5D%2F">
oembed-thumbnail <link rel="alternate" type="application/json+oembed" href="http://pub.test/inside.json">
oembed-photo <link rel="alternate" type="application/json+oembed" href="http://pub.test/photo.json">
refresh-literal <meta http-equiv="refresh" content="0; url=http://127.0.0.1/">
refresh-name <meta http-equiv="refresh" content="0; url=http://priv.test/">
refresh-file <meta http-equiv="refresh" content="0; url=file:///etc/passwd">
canonical <link rel="canonical" href="http://10.0.0.5/"><meta property="og:url" content="http://127.0.0.1/">
feed <link rel="alternate" type="application/activity+json" href="http://127.0.0.1/note">
END
}
while read -r name what; do
	printf '<!DOCTYPE html><html><head><meta charset="utf-8"><meta property="og:title" content="About %s"><meta name="description" content="Stays">%s\n' \
		"$name" "$what" >"$TMP/root/$name.html"
done < <(cases)
printf '{"version":"1.0","type":"link","title":"x","thumbnail_url":"http://10.0.0.5/t.jpg"}' >"$TMP/root/inside.json"
printf '{"version":"1.0","type":"photo","url":"http://10.0.0.5/p.jpg","width":9,"height":9}' >"$TMP/root/photo.json"
"$BIN/tests/mkimage" 320x200 1 >"$TMP/root/i.jpg"
printf '<meta property="og:title" content="Good"><meta property="og:image" content="http://other.test/i.jpg">
<link rel="alternate" type="application/json+oembed" href="http://other.test:8080/good.json">' >"$TMP/root/good.html"
printf '<title>Sent on</title><meta http-equiv="refresh" content="0; url=http://other.test/good.html">' >"$TMP/root/on.html"
printf '{"version":"1.0","type":"link","title":"Other title"}' >"$TMP/root/good.json"
link=$(printf '<http://127.0.0.1/o.json>; rel="alternate"; type="application/json+oembed"' | jq -Rr @uri)
{
	cases | sed 's|^\([^ ]*\) .*|http://pub.test/\1.html|'
	echo "http://pub.test/link-header.html?h=Link:%20$link"
	echo http://pub.test/good.html
	echo http://pub.test/on.html
} >"$TMP/urls"
printf '<title>About link-header</title><meta name="description" content="Stays">' >"$TMP/root/link-header.html"

printf 'connect_timeout = 2500\n' >"$TMP/conf"
mxpreview -q -c "$TMP/conf" -d "$TMP/store" -j 8 --format record <"$TMP/urls" >"$TMP/answers"
is "$?" 0 'every page gets its preview'
is "$(wc -l <"$TMP/answers")" "$(wc -l <"$TMP/urls")" 'in a line each'
while IFS=$'\t' read -r url title description image; do
	name=${url##*/}
	name=${name%%.*}
	case $name in
	good | on) is "$title $image" 'Good mxc 320x200' "control: $name.html comes whole" ;;
	*) is "$title|$description|$image" "About $name|Stays|none" "$name: all but what is inside" ;;
	esac
done < <(jq -r '[.url, .og["og:title"] // "none", .og["og:description"] // "none", (.og |
	if has("og:image") then "\(.["og:image"][:3]) \(.["og:image:width"])x\(.["og:image:height"])" else "none" end)] | @tsv' \
	"$TMP/answers")
is "$(rig_forbidden)" '' 'nobody inside was reached'
is "$(rig_unusual)" '' 'no credentials, no cookies, no referrer'
is "$(grep -c 'good.json' "$RIG_LOG")" 2 'what is outside was asked'

# A provider of the owner's list that has moved inside.
printf '[{"provider_name":"P","endpoints":[{"schemes":["http://pub.test/provided/*"],"url":"http://priv.test/o.json"}]}]' >"$TMP/providers.json"
printf 'oembed_providers = %s\n' "$TMP/providers.json" >>"$TMP/conf"
mxpreview -q -c "$TMP/conf" -d "$TMP/store" http://pub.test/provided/x >/dev/null
is "$(rig_forbidden)" '' 'a provider that has moved inside is not reached'
rig_close
finish
