#!/usr/bin/env bash
# Does each page of tests/golden/og say what its JSON says?  A case is NAME.html and NAME.json, NAME.args if it needs
# other options than the usual --url, and NAME.jq if it is about that part of --explain; a name is a sentence.
. "$(dirname "$0")/lib.sh"

while IFS= read -r page; do
	case=${page%.html}
	args=(--url https://example.org/dir/page.html)
	[ -e "$case.args" ] && read -ra args <"$case.args"
	filter=.
	[ -e "$case.jq" ] && filter=$(<"$case.jq") && args+=(--explain)
	got=$(mxpreview-og -q "${args[@]}" "$page" | jq -S -c "$filter" 2>&1)
	want=$(jq -S -c . "$case.json")
	name=$(basename "$case")
	is "$got" "$want" "${name//-/ }"
done < <(find "$TOP/tests/golden/og" -name '*.html' | sort)
finish
