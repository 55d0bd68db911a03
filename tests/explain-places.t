#!/usr/bin/env bash
# Does what --explain says of places hold?  On every golden page: an element begins where it is said to, in that line.
. "$(dirname "$0")/lib.sh"

command -v python3 >/dev/null || skip_all "no python3"
while IFS= read -r line; do
	is "${line%% *}" ok "${line#* }"
done < <(python3 - "$BIN/mxpreview-og" "$TOP"/tests/golden/og/*.html <<'END'
import json, subprocess, sys
told = elements = values = wrong = 0
for page in sys.argv[2:]:
    data = open(page, "rb").read()
    out = json.loads(subprocess.run([sys.argv[1], "-q", "--explain", "--url", "https://example.org/", page], capture_output=True).stdout)
    html = out.get("html", {})
    places = list(html.get("where", {}).values()) + html.get("images", []) + [o for l in html.get("others", {}).values() for o in l]
    if html.get("charset") != "UTF-8":
        continue
    for p in places + html.get("skipped", []):
        if "line" not in p:
            continue
        told += 1
        at, source = p["offset"], p.get("from", "")
        good = at < len(data) and p["line"] == 1 + data[:at].count(b"\n")
        if source.startswith("json-ld"):
            values += 1
            good = good and data[at - 1:at] not in b"<"
        elif source and source != "text":
            elements += 1
            name = source.split()[0]
            good = good and data[at:at + 1] == b"<" and (name == "element" or data[at + 1:at + 1 + len(name)].decode().lower() == name.lower())
        if not good:
            wrong += 1
            print("wrong", page.split("/")[-1], json.dumps(p).replace(" ", ""))
print("ok" if told > 300 and elements > 200 and values > 20 else "few:%d,%d,%d" % (told, elements, values), "places are told of on most pages")
print("ok" if wrong == 0 else "wrong", "and each of them is right")
END
)
finish
