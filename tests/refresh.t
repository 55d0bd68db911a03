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
finish
