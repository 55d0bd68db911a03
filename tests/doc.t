#!/usr/bin/env bash
# What is said of documents that are neither pages nor pictures?  A case of tests/golden/doc is NAME.in and NAME.json, and
# NAME.args if the bytes do not tell the type; a name is a sentence.
. "$(dirname "$0")/lib.sh"

while IFS= read -r doc; do
	case=${doc%.in}
	args=()
	[ -e "$case.args" ] && read -ra args <"$case.args"
	name=$(basename "$case")
	is "$(mxpreview-og -q "${args[@]}" "$doc" | jq -S -c . 2>&1)" "$(jq -S -c . "$case.json")" "${name//-/ }"
done < <(find "$TOP/tests/golden/doc" -name '*.in' | sort)

# ---- the whole way
mkdir -p "$TMP/root"
S=$TMP/store
golden=$TOP/tests/golden/doc
cp "$golden/rss-is-described-by-its-channel.in" "$TMP/root/feed.html"
cp "$golden/the-first-line-of-a-text-is-its-title.in" "$TMP/root/text.html"
cp "$golden/the-title-of-a-pdf-stands-in-its-info.in" "$TMP/root/doc.html"
origin_start --root "$TMP/root" --log "$TMP/log"
base=http://127.0.0.1:$PORT
ask() { mxpreview -q -d "$S" --allow-ip 127.0.0.0/8 "$@"; }
is "$(ask "$base/text.html?type=text/plain" | jq -r '."og:title"')" "Release notes 1.2" "a text is fetched"
is "$(ask "$base/feed.html?type=application/rss%2Bxml" | jq -c '[."og:title",."og:image"]')" '["News & more",null]' "a feed is, and its picture that is gone costs nothing"
is "$(ask "$base/doc.html?type=application/pdf" | jq -r '."og:title"')" "A (good) tétle" "a PDF is"
is "$(ask "$base/text.html?type=application/zip" | jq -r .error.error)" "Requested file's content type not allowed for this operation: application/zip" "an archive is not"
# a film of 50 MB, which is more than a page may have
film="$base/big?n=52428800&type=video/mp4"
got=$(ask --format record "$film")
is "$(jq -c '[.og."og:video",.og."og:video:type",.docs[0].bytes]' <<<"$got")" "[\"$film\",\"video/mp4\",65536]" "of a film only the beginning is brought"
is "$(jq -c '.docs[0].length' <<<"$got")" 52428800 "and its length is told"
is "$(ask "$base/big?n=52428800" | jq -c .error.errcode)" '"M_TOO_LARGE"' "a page of that size is refused"
got=$(ask --format record "$base/endless?type=audio/mpeg")
is "$(jq -c '[.og."og:audio:type",.docs[0].bytes,.docs[0].length]' <<<"$got")" '["audio/mpeg",65536,null]' "a sound without end ends there, too"
is "$(ask "$base/redirect?to=/text.html%3Ftype%3Dtext/plain" | jq -r '."og:title"')" "Release notes 1.2" "redirects are followed"

# ---- hostile shapes
hostile() { # hostile NAME TYPE <BYTES: soon an object
	timeout 10 mxpreview-og -q --type "$2" --url https://example.org/ - >"$TMP/out"
	is "$?:$(jq -c type "$TMP/out")" '0:"object"' "$1"
}
hostile "three million bytes of open elements" application/rss+xml < <(yes '<a><title>' | head -c 3000000)
hostile "a title of NULs" text/xml < <({ echo '<rss><channel><title>'; head -c 3000000 /dev/zero; })
hostile "a description of escaped tags" text/xml < <({ echo '<rss><channel><description>'; yes '&lt;b&gt;' | head -c 3000000; })
hostile "brackets that never close" text/markdown < <(yes '[' | tr -d '\n' | head -c 3000000)
hostile "badges that never close" text/markdown < <(yes '[![a](b' | tr -d '\n' | head -c 3000000)
hostile "rules only" text/markdown < <(yes -- '---' | head -c 3000000)
hostile "a text of NULs" text/plain < <(head -c 3000000 /dev/zero)
hostile "a PDF of nothing but titles" application/pdf < <({ printf '%%PDF-1.4\n'; yes '/Info 1 0 R 1 0 obj /Title (((((' | head -c 8000000; })
hostile "a PDF of broken XMP" application/pdf < <({ printf '%%PDF-1.4\n<dc:title>'; yes '<rdf:li' | head -c 3000000; })
hostile "an activity of lists in lists" application/activity+json < <({ printf '{"@context":"https://www.w3.org/ns/activitystreams","image":'; printf '[%.0s' $(seq 60); printf ']%.0s' $(seq 60); echo '}'; })
bombs=$SHARED/corpora/bombs
if [ -d "$bombs" ]; then
	for bomb in "$bombs"/html-* "$bombs"/json-* "$bombs"/svg-*; do
		name=$(basename "$bomb" .gz)
		case $bomb in *.gz) gzip -dc "$bomb" ;; *) cat "$bomb" ;; esac >"$TMP/bomb"
		for type in text/markdown text/xml application/activity+json; do
			hostile "$name as $type" "$type" <"$TMP/bomb"
		done
	done
else
	skip "bombs" "not here"
fi
finish
