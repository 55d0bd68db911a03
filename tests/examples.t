#!/usr/bin/env bash
# Do the examples of the manual pages do what they say?  Every "$ command" of EXAMPLES runs as it stands, those of a page
# one after the other in one shell; what the page shows must come out.  Names, times and hashes that differ from run to run
# count as alike.  A line "..." stands for any lines.
. "$(dirname "$0")/lib.sh"
command -v jq >/dev/null || skip_all "jq is needed"

# What each page needs to be there; a page without a function needs only files: photo.jpg, report.pdf, notes.txt.
pages=(mxmedia-put.1 mxmedia-get.1 mxmedia-quarantine.1)

files() {
	"$BIN/tests/mkimage" -f jpeg 3000x2000 1 >photo.jpg
	printf '%%PDF-1.4\n%%%%EOF\n' >report.pdf
	echo 'remember the milk' >notes.txt
}

# alike FILE: what differs from run to run is replaced.
alike() {
	sed -E 's/mxc:([^ "]*)\/[A-Za-z]{24}/mxc:\1\/ID/g; s/"[A-Za-z]{24}"/"ID"/g; s/[0-9]{13}/TIME/g; s/[0-9a-f]{64}/HASH/g' "$1"
}
# matches WANT GOT: line by line; "..." of WANT is any number of lines.
matches() {
	awk 'NR == FNR { want[++n] = $0; next } { got[++m] = $0 }
		END {
			for (i = j = 1; i <= n; i++)
				if (want[i] == "...") {
					if (i == n) exit 0
					while (j <= m && got[j] != want[i + 1]) j++
				} else if (j > m || got[j++] != want[i])
					exit 1
			exit j <= m
		}' "$1" "$2"
}

# run PAGE: its commands, each with its output and status in files.
run() {
	local n
	cd "$TMP/$1" || exit 1
	files
	[ "$(type -t "setup_${1//[.-]/_}")" != function ] || "setup_${1//[.-]/_}"
	set +u
	for n in "$TMP/$1.examples"/*.cmd; do
		eval "$(cat "$n")" >"${n%.cmd}.got" 2>&1 </dev/null
		echo $? >"${n%.cmd}.status"
	done
}

for page in "${pages[@]}"; do
	dir=$TMP/$page.examples
	mkdir -p "$dir" "$TMP/$page"
	"$TOP/tests/helpers/examples" "$TOP/man/$page" "$dir"
	n=$(find "$dir" -name '*.cmd' | wc -l)
	ok "$((n > 0 ? 0 : 1))" "$page has examples"
	(MX_STORE=$TMP/$page.store && run "$page")
	for cmd in "$dir"/*.cmd; do
		name="$page: $(tr '\n' ' ' <"$cmd")"
		alike "${cmd%.cmd}.out" >"$TMP/want"
		alike "${cmd%.cmd}.got" >"$TMP/got"
		# a failure is an example, too, where the page shows its message
		grep -Eq '^mx[a-z-]+: ' "$TMP/want" || is "$(cat "${cmd%.cmd}.status")" 0 "$name: ends well"
		matches "$TMP/want" "$TMP/got"
		good=$?
		ok "$good" "$name: prints that"
		[ "$good" -eq 0 ] || diff "$TMP/want" "$TMP/got" | sed 's/^/# /' | tr -c '[:print:]\n' '?'
	done
done
finish
