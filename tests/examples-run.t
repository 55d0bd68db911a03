#!/usr/bin/env bash
# Do the examples of the manual pages run that show no output?  Each literal block of EXAMPLES is one command line for a
# shell, those of a page run one after the other in a store with something in it; they print no message and end with 0.
. "$(dirname "$0")/lib.sh"
command -v jq >/dev/null || skip_all "jq is needed"
command -v sqlite3 >/dev/null || skip_all "sqlite3 is needed"
command -v python3 >/dev/null || skip_all "python3 is needed"
export MX_CONFIG=$TMP/conf
echo 'server_name = example.org' >"$MX_CONFIG"

pages=(mxmedia-index.1 mxmedia-expire.1 mxmedia-check.1 mxmedia-stat.1 mxmedia-import.1)
# What needs more than there is here: another server, its database, a crontab, a directory of the system.
elsewhere='psql|curl|^\*/10|/var/lib'

# blocks PAGE DIR: NNN.cmd for each literal block.
blocks() {
	awk -v dir="$2" '
		/^\.Sh / { on = $0 == ".Sh EXAMPLES"; next }
		on && /^\.Bd -literal/ { file = sprintf("%s/%03d.cmd", dir, ++n); block = 1; next }
		/^\.Ed/ { block = 0; next }
		on && block { gsub(/\\e/, "\\"); gsub(/\\-/, "-"); gsub(/\\\(aq/, "\047"); gsub(/\\&/, ""); print > file }
	' "$TOP/man/$1"
}
fill() {
	"$BIN/tests/mkimage" -f jpeg 300x200 1 >photo.jpg
	mxmedia-put --user @alice:example.org photo.jpg >photo
	echo hello | mxmedia-put --user @eve:example.org - >note
	echo gone | mxmedia-put - | jq -r .content_uri >names.txt
	python3 "$TOP/tests/helpers/synapse.py" .
}

for page in "${pages[@]}"; do
	dir=$TMP/$page
	mkdir -p "$dir/blocks"
	blocks "$page" "$dir/blocks"
	export MX_STORE=$dir/store
	(cd "$dir" && fill)
	run=0
	for cmd in "$dir/blocks"/*.cmd; do
		grep -Eq "$elsewhere" "$cmd" && continue
		run=$((run + 1))
		(cd "$dir" && bash -o pipefail "$cmd") >"$TMP/out" 2>"$TMP/err" </dev/null
		is "$?:$(cat "$TMP/err")" 0: "$page: $(tr -s '\n ' ' ' <"$cmd")"
	done
	ok "$((run > 1 ? 0 : 1))" "$page: $run examples"
done
finish
