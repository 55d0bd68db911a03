#!/usr/bin/env bash
# Do pages and programs agree, and would it be noticed if they did not?
. "$(dirname "$0")/lib.sh"

[ -x "$BIN/tests/conf-keys" ] || skip_all "no $BIN/tests/conf-keys"
check() { BUILD=$BIN "$TOP/scripts/check-docs" --no-make "$@" 2>&1; }

out=$(check)
ok $? "pages, options, keys and variables agree"
[ -z "$out" ] || printf '%s\n' "$out" | sed 's/^/# /'

# broken NAME PATTERN FILE SED-SCRIPT: a copy of the pages with that change must fail, with that complaint.
broken() {
	rm -rf "$TMP/man"
	cp -r "$TOP/man" "$TMP/man"
	sed -i "$4" "$TMP/man/$3"
	if cmp -s "$TOP/man/$3" "$TMP/man/$3"; then
		ok 1 "$1 (the change changes nothing)"
		return
	fi
	local said
	said=$(check --man "$TMP/man")
	[ $? -eq 1 ]
	ok $? "$1 is an error"
	like "$said" "$2" "$1: it is named"
}

broken "a key without a page" 'has jobs, .*mxpreview.conf.5 has not' mxpreview.conf.5 '/^\.It Cm jobs/d'
broken "a page without a key" 'mxpreview.conf.5 has job, the table of keys has not' mxpreview.conf.5 \
	's/^\.It Cm jobs/.It Cm job/'
broken "another default" 'max_spider_size: the default is 10M' mxpreview.conf.5 's/^\.Ql 10M /.Ql 11M /'
broken "a default that is not told" 'allow_ip: the default is empty' mxpreview.conf.5 '/^The default is empty\.$/d'
broken "another bound" "jobs: bounds are '1 to 256'" mxpreview.conf.5 's/Pq 1 to 256$/Pq 1 to 255/'
broken "an option without a page" 'mxpreview --help has --refresh, .*mxpreview.1 has not' mxpreview.1 \
	'/^\.It Fl -refresh/d'
broken "a page without an option" 'mxpreview.1 has --refreshed, mxpreview --help has not' mxpreview.1 \
	's/^\.It Fl -refresh/.It Fl -refreshed/'
broken "a letter without a page" 'mxpreview --help has -j, ' mxpreview.1 's/^\.It Fl j , /.It /'
broken "a variable without a page" 'has MX_STORE, .*mxpreview.7 has not' mxpreview.7 '/^\.It Ev MX_STORE/d'
broken "a reference to nothing" 'mxpreview-nothing\(1\) is no page' mxpreview.7 \
	's/^\.Xr mxpreview-og 1/.Xr mxpreview-nothing 1/'

rm -rf "$TMP/man" && cp -r "$TOP/man" "$TMP/man" && rm "$TMP/man/mxpreview.1"
like "$(check --man "$TMP/man")" 'mxpreview.1 is missing' "a page that is missing is named"
finish
