#!/usr/bin/env bash
# Does it run from where it is installed?
. "$(dirname "$0")/lib.sh"

D=$TMP/dest
env -u MAKEFLAGS -u MAKELEVEL make -s -C "$TOP" BUILD="$BUILD" DESTDIR="$D" PREFIX=/opt/mx install >"$TMP/log" 2>&1
ok $? "make install"
for c in $(cd "$TOP/cmd" && find . -name "mxpreview*.c" -o -name "mxmedia-*.c" | sed "s,^./,,; s,\.c$,," | sort); do
	like "$("$D/opt/mx/bin/$c" -V 2>&1)" "^$c [0-9]+\.[0-9]+" "$c tells its version"
	"$D/opt/mx/bin/$c" -h >"$TMP/help" 2>&1
	is "$?/$(grep -c '^usage: ' "$TMP/help")" 0/1 "and its usage"
	[ -s "$D/opt/mx/share/man/man1/$c.1" ]
	ok $? "and has a page"
done
for page in man5/mxpreview.5 man5/mxpreview.conf.5 man7/mxpreview.7; do
	[ -s "$D/opt/mx/share/man/$page" ]
	ok $? "$page is installed"
done
[ -s "$D/opt/mx/share/mxpreview/preview.html" ]
ok $? "so is the page to look at previews"
for f in nginx.conf Caddyfile mxpreview-cgi.service; do
	is "$("$D/opt/mx/share/mxpreview/fill" "$f" | grep -c '@[A-Z_]*@')" 0 "$f is installed, and can be filled in"
done
like "$("$D/opt/mx/share/mxpreview/fill" mxpreview-cgi.service)" '^ExecStart=/opt/mx/bin/mxpreview-cgi ' "with where the commands are"
mkdir "$TMP/site"
printf '<title>Installed</title>' >"$TMP/site/page.html"
origin_start --root "$TMP/site"
PATH=/usr/bin:/bin
is "$("$D/opt/mx/bin/mxpreview" -d "$TMP/store" --allow-ip 127.0.0.1 "http://127.0.0.1:$PORT/page.html" | json '."og:title"')" \
	Installed "the installed mxpreview finds its filters"
env -u MAKEFLAGS -u MAKELEVEL make -s -C "$TOP" BUILD="$BUILD" DESTDIR="$D" PREFIX=/opt/mx uninstall
is "$(find "$D" -type f | wc -l)" 0 "make uninstall leaves nothing"
finish
