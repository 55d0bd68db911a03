#!/usr/bin/env bash
# Does page's tokenizer see in plain pages what python3-lxml's tree has, and elsewhere what the HTML standard says?
. "$(dirname "$0")/lib.sh"

PYTHON=
for p in python3 /usr/bin/python3; do
	"$p" -c 'import lxml.html' 2>/dev/null && PYTHON=$p && break
done
[ -n "$PYTHON" ] || skip_all "python3-lxml is not here"
mkdir "$TMP/pages"
"$PYTHON" "$TOP/tests/helpers/lxml-differ.py" "$BIN/tests/page-says" "$TMP/pages"
