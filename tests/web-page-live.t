#!/usr/bin/env bash
# Does the page show real answers: scripts/web/preview.html by nginx, mxpreview-cgi and mxmedia-cgi behind it, in Chromium?
# shellcheck disable=SC2119
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/web-servers.sh"

PATH=$PATH:/usr/sbin
command -v nginx >/dev/null || skip_all 'no nginx here'
command -v curl >/dev/null || skip_all 'no curl here'
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome) || skip_all 'no chromium here'
web_world
WEB_NAME=nginx
help=$TOP/tests/helpers/web-page.py
admin=admin-root.$WEB_SECRET
mkdir "$TMP/profile"
"$BIN/tests/mkimage" 1200x630 1 >"$WEB/root/i.jpg"
cat >"$WEB/root/ridge.html" <<'PAGE'
<!DOCTYPE html><html lang="en"><title>The page's title</title><link rel="icon" href="i.jpg">
<meta property="og:title" content="Above the tree line"><meta property="og:description" content="Six ridges, one sunrise, and what fits into a small rucksack: a day’s walk from hut to hut.">
<meta property="og:site_name" content="Ridge Notes"><meta property="og:image" content="i.jpg"><meta property="og:image:alt" content="Ridges under a low sun">
PAGE
site=http://127.0.0.1:$PORT

ALL=(--all-media)
web_conf
web_daemons
web_start web_nginx nginx -p "$WEB" -e "$WEB/error.log" -c "$WEB/nginx.conf"

# Something to moderate: two pictures of a user, of which one is in quarantine.
put() {
	"$BIN/tests/mkimage" 640x480 "$1" | web_curl --data-binary @- -H 'Content-Type: image/jpeg' "$BASE/_matrix/media/v3/upload?filename=$2" |
		json '.content_uri | split("/")[-1]'
}
bad=$(put 2 bad.jpg)
put 3 '%3Cimg%20src%3Dx%3E.jpg' >/dev/null
curl -qs -m 60 -X POST -H "Authorization: Bearer $admin" "$BASE/_synapse/admin/v1/media/quarantine/test/$bad" >/dev/null

on() { printf '["wait", "/%s/.test(document.getElementById(\\"%s\\").textContent)"]\n' "$2" "$1"; } # on ID REGEX
ask() { printf '["js", "document.getElementById(\\"url\\").value = \\"%s\\"; document.getElementById(\\"form\\").requestSubmit()"]\n' "$1"; }
cat >"$TMP/steps" <<STEPS
["size", 1000, 900]
["goto", "$BASE/preview"]
["type", "$site/ridge.html"]
["key", "Enter"]
no-token $(on status '^401 M_MISSING_TOKEN: Missing access token')
["type", "bad.$WEB_SECRET"]
["key", "Enter"]
bad-token $(on status '^401 M_UNKNOWN_TOKEN: Invalid access token passed')
["js", "document.getElementById('token').select()"]
["type", "$WEB_TOKEN"]
["key", "Enter"]
user $(on status 'Only admins')
title ["js", "document.querySelector('#card .title').innerText"]
picture ["wait", "document.querySelector('#card img').naturalWidth === 640"]
picture-seen ["seen", "#card img", 200, 50]
no-moderation ["js", "document.getElementById('moderation').hidden"]
["js", "document.getElementById('token').select()"]
["type", "$admin"]
["key", "Enter"]
admin ["wait", "!document.getElementById('fields').hidden && !document.getElementById('moderation').hidden"]
["wait", "document.querySelector('#card img').naturalWidth === 640"]
cache ["js", "[...document.querySelectorAll('#facts dt')].map(e => e.textContent + '=' + e.nextSibling.textContent).filter(t => /^Cache=/.test(t)).join()"]
["shot", "$TMP/live-light.png"]
["media", "dark"]
["shot", "$TMP/live-dark.png"]
["size", 380, 800]
narrow ["js", "document.documentElement.scrollWidth <= innerWidth"]
["shot", "$TMP/live-narrow.png"]
["media", "light"]
["size", 1000, 900]
focus ["js", "document.getElementById('which').focus(), document.activeElement.id"]
["key", "Tab"]
["key", "Enter"]
sheet $(on told '^Pictures are blurred')
["wait", "document.getElementById('view').hidden === false"]
framed ["js", "[document.getElementById('view').getAttribute('sandbox'), document.getElementById('view').src.split(':')[0]].join()"]
closed ["js", "document.getElementById('view').contentDocument === null"]
blurred ["seen", "#view", 200]
["shot", "$TMP/live-sheet.png"]
["js", "document.querySelector('#look button').focus()"]
["key", "Tab"]
looked-at ["seen", "#view", 200, 12]
["shot", "$TMP/live-sheet-focus.png"]
["js", "document.getElementById('which').value = 'user'; document.getElementById('which').dispatchEvent(new Event('change'))"]
what ["js", "document.getElementById('whose').labels[0].innerText"]
["js", "document.getElementById('whose').focus()"]
["key", "Enter"]
whose $(on told '^Of what')
["type", "$WEB_USER"]
["key", "Enter"]
of-user $(on told '^Pictures are blurred')
["media", "dark"]
["size", 380, 800]
["shot", "$TMP/live-sheet-narrow.png"]
sheet-narrow ["js", "document.documentElement.scrollWidth <= innerWidth"]
["media", "light"]
["size", 1000, 900]
["js", "document.getElementById('whose').value = '@nobody:test'; document.getElementById('look').requestSubmit()"]
of-nobody $(on told '^There is nothing to show')
["js", "document.getElementById('which').value = 'since'; document.getElementById('which').dispatchEvent(new Event('change')); document.getElementById('whose').value = 'never'; document.getElementById('look').requestSubmit()"]
since-never $(on told '^400 M_INVALID_PARAM: That is no room')
labels ["js", "[...document.querySelectorAll('input,select,button')].every(e => e.labels && e.labels.length || e.textContent)"]
$(ask "$site/nothing")
gone $(on status '^502 M_UNKNOWN: Got error 404')
$(ask 'http://10.0.0.1/')
blocked $(on status '^403 M_UNKNOWN: IP address blocked')
["shot", "$TMP/live-error.png"]
["js", "document.getElementById('token').select()"]
["type", "$WEB_TOKEN"]
another ["js", "document.getElementById('moderation').hidden && document.getElementById('view').hidden"]
console ["said"]
asked ["asked"]
["goto", "$BASE/preview#moderation"]
moderation ["js", "document.getElementById('moderation').hidden"]
["js", "document.getElementById('token').value = '$WEB_TOKEN'; document.getElementById('look').requestSubmit()"]
not-for-users $(on told '^403 M_FORBIDDEN: You are not a server admin')
STEPS
python3 "$help" drive "$browser" "$TMP/profile" "$TMP/steps" >"$TMP/out" 2>"$TMP/err"
ok $? 'the browser walks through it' || tail -3 "$TMP/err" | sed 's/^/# /'
of() { sed -n "s/^$1 //p" "$TMP/out"; } # of STEP: what it printed
at() { is "$(of "$1")" "$2" "$3"; }     # at STEP WANT NAME
more() { is "$(jq ".[$2] $3" <<<"$(of "$1")")" true "$4 ($(of "$1"))"; } # more STEP NUMBER CONDITION NAME
at no-token true 'without a token: told so'
at bad-token true 'a token that nobody knows: told so'
at user true 'a user has a preview'
at title '"Above the tree line"' 'with the title of the page'
at picture true 'and its picture, the thumbnail by mxmedia-cgi'
more picture-seen 1 '>= 50' 'which is seen'
at no-moderation true 'moderation is not for users'
at admin true 'an admin has sources, and moderation'
at cache '"Cache=known"' 'and is told that it was known'
at narrow true 'a narrow screen needs no scrolling sideways'
at sheet true 'a sheet by keyboard'
at framed '",blob"' 'in a frame that may do nothing, from memory'
at closed true 'and that is of no origin'
more blurred 0 '>= 200' 'its picture is seen'
more blurred 1 '< 6' 'blurred and grey'
more looked-at 1 '>= 12' 'and as it is, when the keyboard is on it'
at what '"User"' 'of a user: of whom is asked'
at whose true 'and wanted'
at of-user true 'what is theirs'
at sheet-narrow true 'on a narrow screen, too'
at of-nobody true 'nothing is told to be nothing'
at since-never true 'what is no time is told to be none'
at labels true 'everything has a label'
at gone true 'a page that is not there: told so'
at blocked true 'an address that is of the inside: told so'
at another true 'another token has none of it'
is "$(of console | jq -c 'map(select(test("uncaught|exception|refused"; "i")))')" '[]' 'no policy is broken, nothing is thrown'
is "$(of asked | jq -c 'map(select(test("^(about|blob|chrome|data):") | not))')" "[\"http:${BASE#http://}\"]" 'nobody else was asked'
at moderation false '#moderation: who came for that'
at not-for-users true 'and is no admin, is told so'
web_stop
web_daemons_end
is "$(grep -rlF "$WEB_SECRET" "$WEB"/*.log "$WEB/store" "$TMP/asked" 2>/dev/null)" '' 'no token in a log or in the store'
cp "$TMP"/*.png "${MX_SHOTS:-$TMP}/" 2>/dev/null
finish
