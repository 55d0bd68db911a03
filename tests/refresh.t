#!/usr/bin/env bash
# What becomes of a page that only sends its reader elsewhere?  It is followed once, through the policy.
. "$(dirname "$0")/lib.sh"

mkdir -p "$TMP/site"
origin_start --root "$TMP/site" --log "$TMP/log"
O=http://127.0.0.1:$PORT
S=$TMP/store
mx() { mxpreview -d "$S" --allow-ip 127.0.0.0/8 "$@"; }
page() { printf '%s' "$2" >"$TMP/site/$1.html"; }
title() { mx "$O/$1.html" | json '."og:title"'; }

page target '<title>Target</title><meta name=description content=D>'
page hop "<title>Moved</title><META HTTP-EQUIV=Refresh CONTENT=\"0; URL='/target.html'\">"
is "$(title hop)" Target "a page that only sends elsewhere is followed"
is "$(mx --format record "$O/hop.html?r" | json '[.url, .docs[].rel] | tostring')" "[\"$O/hop.html?r\",\"page\",\"page\"]" "the record keeps its own address"
page noscript "<noscript><meta http-equiv=refresh content=\"1;target.html\"></noscript>"
is "$(title noscript)" Target "also from within noscript, without url="
page twice "<title>Twice</title><meta http-equiv=refresh content='0;url=hop.html'>"
is "$(title twice)" Moved "once, and no further"
page self "<title>Self</title><meta http-equiv=refresh content='0;url=/self.html#x'>"
is "$(title self)" Self "a page that reloads itself is read"
page late "<title>Late</title><meta http-equiv=refresh content='30;url=/target.html'>"
is "$(title late)" Late "so is one that leaves time to read"
page tells "<meta property='og:title' content=Tells><meta http-equiv=refresh content='0;url=/target.html'>"
is "$(title tells)" Tells "and one that says something itself"
page lost "<title>Lost</title><meta http-equiv=refresh content='0;url=/status/404'>"
is "$(title lost)" Lost "when the target is gone the page itself must do"
page inside "<title>Inside</title><meta http-equiv=refresh content='0;url=http://10.0.0.1/secret'>"
out=$(mx --format record "$O/inside.html")
is "$(json '.og["og:title"]' <<<"$out")" Inside "the policy is asked as for any other address"
is "$(json '[.warnings[] | [.rel, .status]] | tostring' <<<"$out")" '[["page",403]]' "and its refusal is a warning"
page script "<title>Script</title><meta http-equiv=refresh content='0;url=javascript:alert(1)'>"
is "$(title script)" Script "other schemes lead nowhere"

# ---- the header
raw() { # raw HEADER BODY: the path of a page with that header
	printf 'raw?b64=%s' "$(printf 'HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n%s\r\nConnection: close\r\n\r\n%s' "$1" "$2" | base64 -w 0 | sed 's/+/%2B/g;s/=/%3D/g')"
}
raw_title() { mx "$O/$(raw "$1" "$2")" | json '."og:title"'; }
is "$(raw_title 'Refresh: 0; url=/target.html' '')" Target "a Refresh header is followed"
is "$(raw_title 'refresh: 0;/target.html' '<title>Header</title>')" Target "in any letter case, without url="
is "$(raw_title 'Refresh: 60' '<title>Reloads</title>')" Reloads "one that only reloads is not"
is "$(raw_title 'Refresh: 0; url=/target.html' '<title>x</title><meta name=description content=D><meta property=og:title content=Tells>')" Tells "nor when the page says something itself"
is "$(raw_title 'Refresh: 0; url=/target.html' '<title>x</title><meta http-equiv=refresh content="0;url=/hop.html">')" Target "the header goes before the page"
is "$(raw_title 'Refresh: 0; url=http://10.0.0.1/' '<title>Inside</title>')" Inside "the policy is asked here, too"
is "$(raw_title "Refresh: 0; url=/target.html?$(printf 'a%.0s' {1..2100})" '<title>Long</title>')" Long "a header that is too long is passed over"
is "$(mxpreview-fetch -q -d "$S" --allow-ip 127.0.0.0/8 "$O/$(raw 'Refresh: 0;url=/x' '')" | json '.docs[0].refresh')" '0;url=/x' "the record carries it"

# ---- canonical
can() { printf "<link rel=canonical href='%s'>" "$1"; }
text=$(printf 'Words of a text that is long enough to say something. %.0s' 1 2 3)
page redirecting "<title>Redirecting...</title>$(can /target.html)<p>$text"
is "$(title redirecting)" Target "a page that is called a redirect is left for its canonical address"
page weiter "<title>Weiterleitung</title>$(can /target.html)"
is "$(title weiter)" Target "in other languages, too"
origin_start --root "$TMP/site" --log "$TMP/log2" # another origin
O2=http://127.0.0.1:$PORT
page login "<title>Log in</title>$(can "$O2/target.html")<p>$text<form><input name=password></form>"
is "$(title login):$(grep -c target "$TMP/log2")" Target:1 "a login page may name a page of another origin"
page empty "<title>App</title><link rel=icon href=/i.png>$(can /target.html)<div id=root></div>"
is "$(title empty)" Target "a page without anything to read is left for one of the same origin"
page away "<title>App</title>$(can "$O2/target.html")<div id=root></div>"
is "$(title away)" App "but not for one of another"
page article "<title>Article</title>$(can /target.html)<p>$text"
is "$(title article)" Article "a page with a text is read, whatever its canonical address"
page comic "<title>Comic</title>$(can /target.html)<img src=/c.png width=600 height=400>"
is "$(title comic)" Comic "so is one with a picture"
page film "<title>Film</title>$(can /target.html)<video src=/f.mp4></video>"
is "$(title film)" Film "or with a film, an author, a price"
page said "<title>Log in</title><meta name=description content='Our log'>$(can /target.html)"
is "$(title said)" "Log in" "and one with a description"
page same "<title>Login</title>$(can /same.html)"
is "$(mx "$O/same.html?next=/x" | json '."og:title"'):$(grep -c 'GET /same' "$TMP/log")" Login:1 "its own address without the query is no other page"
page walls "<title>Sign in</title>$(can /wall2.html)"
page wall2 "<title>Sign in again</title>$(can /target.html)"
is "$(title walls)" "Sign in again" "it is followed once, and no further"
page both "<title>Redirecting</title><meta http-equiv=refresh content='0;url=/wall2.html'>$(can /target.html)"
is "$(title both)" "Sign in again" "a refresh goes before it, and counts as the one"
page gone "<title>Just a moment...</title>$(can /status/403)"
is "$(title gone)" "Just a moment..." "when it cannot be had the page itself must do"
finish
