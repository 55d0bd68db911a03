#!/usr/bin/env bash
# Do page and provider make the better preview together, and does either do alone?  The whole chain, against our origin.
. "$(dirname "$0")/lib.sh"

W=$TMP/site
mkdir -p "$W"
origin_start --root "$W" --log "$TMP/log"
O=http://127.0.0.1:$PORT
page() { # page NAME HEAD: a page with that head
	printf '<!DOCTYPE html><html><head><meta charset="utf-8">%s</head><body></body></html>' "$2" >"$W/$1.html"
}
answer() { cat >"$W/$1"; }
provider() { # provider PATTERN ENDPOINT
	jq -n -c --arg p "$O/$1" --arg e "$O/$2" '{provider_name:"T",provider_url:"https://t.example",endpoints:[{schemes:[$p],url:$e}]}'
}
{
	provider 'full*' full.json
	provider 'status/*' full.json
	provider 'stub*' stub.json
	provider 'broken*' 'page.html?type=text/html'
	provider 'gone*' status/404
	provider 'lie*' 'page.html?type=application/json'
	provider 'picture*' 'full.json?type=image/png'
	provider 'error*' error.json
	provider 'xml*' 'full.xml?type=text/xml'
} | jq -s . >"$TMP/providers.json"
cat >"$TMP/conf" <<CONF
allow_ip = 127.0.0.0/8
oembed_builtin = false
oembed_providers = $TMP/providers.json
CONF
preview() { mxpreview -q -c "$TMP/conf" -d "$TMP/store" "$O/$1"; }
og() { # og PATH KEYS WANT NAME
	is "$(preview "$1" | jq -c "[$2]")" "$3" "$4"
}

answer full.json <<<'{"version":"1.0","type":"video","title":"Asked","provider_name":"Tube","author_name":"Ann","html":"<iframe src=\"https://p.example.org/1\" width=\"560\" height=\"315\"></iframe>"}'
answer full.xml <<<'<?xml version="1.0"?><oembed><version>1.0</version><type>link</type><title>From XML</title></oembed>'
answer stub.json <<<'{"version":"1.0","type":"rich","title":"Tube","provider_name":"Tube","html":"<iframe src=\"https://p.example.org/1\"></iframe>"}'
answer error.json <<<'{"error":"no such video"}'
T='."og:title"' D='."og:description"' V='."og:video"' S='."og:site_name"'

page page '<title>Any page</title>'
page full-bare '<title>Tube</title>'
og full-bare.html "$T,$V,.\"og:video:type\",.\"og:video:width\",$S" '["Asked","https://p.example.org/1","text/html",560,"Tube"]' \
	"the provider goes before what is inferred from the page"
page full-said '<title>t</title><meta property="og:title" content="Said"><meta property="og:description" content="Words">'
og full-said.html "$T,$D,$V" '["Said","Words","https://p.example.org/1"]' "what the page declares goes before the provider"
og status/404 "$T,$S" '["Asked","Tube"]' "a page that cannot be had is previewed by its provider alone"
page stub '<title>The real title</title><meta name="description" content="Real words">'
og stub.html "$T,$D,$V" '["The real title","Real words","https://p.example.org/1"]' "a stub costs the page nothing, and gives its player"
page stub-bare ''
og stub-bare.html "$T,$S" '["Tube","Tube"]' "where nobody has a title, the provider's name is better than none"

for c in broken gone lie picture error; do page $c '<title>Still here</title><meta name="description" content="Words">'; done
og broken.html "$T,$D" '["Still here","Words"]' "a provider that answers with a page costs the page nothing"
og gone.html "$T,$D" '["Still here","Words"]' "nor one that knows nothing"
og lie.html "$T,$D" '["Still here","Words"]' "nor one that calls its page JSON"
og picture.html "$T,$D" '["Still here","Words"]' "nor one that sends a picture"
og error.html "$T,$D" '["Still here","Words"]' "nor one that reports an error in JSON"
page xml ''
og xml.html "$T" '["From XML"]' "a provider may answer in XML"

# ---- discovery
link() { printf '<link rel="alternate" type="%s" href="%s">' "$1" "$2"; }
page d-json "$(link application/json+oembed full.json)"
og d-json.html "$T" '["Asked"]' "the page names its answer"
page d-xml "$(link text/xml+oembed '/full.xml?type=text/xml')"
og d-xml.html "$T" '["From XML"]' "in XML if it has no other"
page d-both "$(link text/xml+oembed '/full.xml?type=text/xml')$(link application/json+oembed /full.json)"
og d-both.html "$T" '["Asked"]' "JSON goes before XML, wherever it stands"
page gone-link "<title>x</title>$(link application/json+oembed /full.json)"
og gone-link.html "$T" '["Asked"]' "where the provider knows nothing, the page's own link is asked"
raw() { # raw HEADERS BODY: the path of a page with these headers
	printf 'raw?b64=%s' "$(printf 'HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n%sConnection: close\r\n\r\n%s' "$1" "$2" | base64 -w 0 | sed 's/+/%2B/g;s/=/%3D/g')"
}
header="Link: </style.css>; rel=preload"$'\r\n'"Link: <$O/full.json>; rel=\"alternate\"; type=\"application/json+oembed\""$'\r\n'
og "$(raw "$header" '<title>x</title>')" "$T" '["Asked"]' "the Link: header names it too"
og "$(raw "$header" "<title>x</title>$(link text/xml+oembed "$O/full.xml?type=text/xml")")" "$T" '["From XML"]' "but what stands in the page goes before"
long="Link: <$O/full.json>; rel=alternate; type=application/json+oembed; x=$(printf 'a%.0s' {1..2100})"$'\r\n'
og "$(raw "$long" '<title>x</title>')" "$T" '["x"]' "a header that is too long is passed over"
is "$(mxpreview-fetch -q -c "$TMP/conf" -d "$TMP/store" "$O/$(raw "$header" x)" | jq -r '.docs[0].link')" \
	"</style.css>; rel=preload, <$O/full.json>; rel=\"alternate\"; type=\"application/json+oembed\"" "the record carries the header"
page e-loop "<title>x</title>$(link application/json+oembed /e-loop.html)"
og e-loop.html "$T" '["x"]' "a page that names itself is asked once more and no further"
finish
