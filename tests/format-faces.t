#!/usr/bin/env bash
# Do --format html, text and bundled say what a page says, and nothing that it should not?
. "$(dirname "$0")/lib.sh"

S=$TMP/store
mkdir "$TMP/root"
golden=$TOP/tests/golden/face
for f in "$golden"/*.page; do
	name=${f##*/}
	cp "$f" "$TMP/root/${name%.page}.html"
done
"$BIN/tests/mkimage" 1200x630 1 >"$TMP/root/picture.jpg"
"$BIN/tests/mkimage" 200x300 1 >"$TMP/root/tall.jpg"
origin_start --root "$TMP/root" --log "$TMP/log"
base=http://127.0.0.1:$PORT
m() { mxpreview -d "$S" --allow-ip 127.0.0.0/8 "$@"; }
# What differs from run to run: the port, names in the store, the bytes of thumbnails.
same() { sed -E "s/:$PORT/:PORT/g; s,data:image/jpeg;base64[A-Za-z0-9+/=;,]*,DATA,; s,localhost/[0-9A-Za-z_-]+,localhost/ID,; s/(image:size\":)[0-9]+/\1BYTES/"; }

# golden NAME SUFFIX OPTION...: what is printed is in the file (written there with UPDATE=1)
golden() {
	local want=$golden/$1.$2 got=$TMP/got
	m --format "${@:3}" "$base/$1.html" | same >"$got"
	[ -z "${UPDATE-}" ] || cp "$got" "$want"
	cmp -s "$got" "$want"
	ok $? "$3: ${1//-/ }" || return
	cmp -s "$got" "$want" || diff "$want" "$got" | sed 's/^/# /'
}
for f in "$golden"/*.page; do
	name=${f##*/}
	golden "${name%.page}" html html --no-style
	golden "${name%.page}" txt text
	golden "${name%.page}" json bundled
done

every=$base/a-page-with-everything.html
evil=$base/what-a-page-says-of-itself-is-never-markup.html

# ---- html
m --format html "$every" >"$TMP/one"
is "$?:$(head -n 2 "$TMP/one" | tail -n 1):$(grep -c '<style>' "$TMP/one")" '0:<style>:1' "a card brings its style"
sed -n 's/.* src="data:image\/jpeg;base64,\([^"]*\)".*/\1/p' "$TMP/one" | base64 -d >"$TMP/in.jpg"
id=$(m "$every" | json '."og:image"' | sed 's,.*/,,')
cmp -s "$TMP/in.jpg" "$S/url_cache_thumbnails/${id%%_*}/${id#*_}/640-336-image-jpeg-scale"
ok $? "its picture is the thumbnail of 640 pixels, byte for byte"
printf '%s\n{"url":"%s","id":["x",7]}\n' "$every" "$base/status/404" | m -q --format html >"$TMP/lines"
is "$?:$(jq -c '[.url,.id,(.html|startswith("<article class=\"mxcard")),.error.status]' "$TMP/lines" | tr '\n' ' ')" \
	"1:[\"$every\",null,true,null] [\"$base/status/404\",[\"x\",7],true,502] " "of many, each is a line of JSON with the id of its question"
is "$(head -n 1 "$TMP/lines" | json .html)" "$(cat "$TMP/one")" "the card is the same"
m --format html "$every" "$every" | jq -e -s 'length == 2 and (.[0].html == .[1].html)' >/dev/null
ok $? "so are those of two operands"
m --format html "$base/status/404" >"$TMP/failed" 2>"$TMP/err"
is "$?:$(grep -c "<a href=\"$base/status/404\" rel=\"noopener nofollow\">$base/status/404</a>" "$TMP/failed")" 1:1 "a URL that has no preview is a link, and a failure"
like "$(cat "$TMP/err")" "^mxpreview: $base/status/404: " "why is told"
m -q --format html 'javascript:alert(1)//"><script>x</script>' >"$TMP/failed"
is "$?:$(grep -c -e '<a ' -e '<script' "$TMP/failed")" 1:0 "what is no address of the web is no link"
m -q --format html "http://127.0.0.1:1/\"'<b>" >"$TMP/failed"
is "$?:$(grep -o 'href="[^"]*"' "$TMP/failed")" "1:href=\"http://127.0.0.1:1/%22&#39;%3Cb%3E\"" "quotes do not leave an address"

mkdir "$TMP/pictures"
src() { grep -o 'src="[^"]*"'; }
one=$(m --format html --image-dir "$TMP/pictures" --image-base /cards "$every" | src)
like "$one" '^src="/cards/[0-9a-f]{16}-640x336\.jpg"$' "--image-dir: the picture is a file"
file=${one##*/}
cmp -s "$TMP/in.jpg" "$TMP/pictures/${file%\"}"
ok $? "it is the thumbnail"
m --refresh --format html --image-dir "$TMP/pictures" "$every" "$evil" >/dev/null
is "$(find "$TMP/pictures" -type f | wc -l)" 1 "the same picture has the same name, whichever page shows it"
m --format html --image-dir "$TMP/none" "$every" >"$TMP/o" 2>"$TMP/err"
is "$?:$(src <"$TMP/o"):$(grep -c "$TMP/none/" "$TMP/err")" 1::1 "a directory that is not there is a failure"
is "$(m --format html --image-base 'https://cdn.example/t"' "$every" | src)" \
	"src=\"https://cdn.example/t&quot;/${id%%_*}/${id#*_}/640-336-image-jpeg-scale\"" "--image-base alone: the store's thumbnails are published"
for wrong in '--format og --standalone' '--format html --image-base javascript:x' '--format html --standalone --no-style' '--format html --stable'; do
	# shellcheck disable=SC2086
	m $wrong "$every" >/dev/null 2>&1
	is $? 2 "$wrong is wrong usage"
done
printf '<title>T</title><meta property="og:image" content="tall.jpg">' >"$TMP/root/tall.html"
like "$(m --format html --no-style "$base/tall.html" | head -n 1)" '^<article class="mxcard mxcard-side"' "a picture that is not wide stands beside the words"

m --format html --standalone "$every" "$evil" >"$TMP/page"
is "$?:$(grep -c '<article' "$TMP/page"):$(grep -c '^<style>' "$TMP/page"):$(grep -c '^</html>' "$TMP/page")" 0:2:1:1 "--standalone: one page, one style, all cards"
is "$(m --format html --standalone "$evil" | grep '^<title>')" '<title>&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt; \ live&#39;</title>' "a page of one card has its title"
is "$(m --format html --standalone </dev/null | grep -c -e '^<!DOCTYPE html>' -e '^</html>')" 2 "a page of none is a page"
python3 - "$TMP/page" "$TMP/lines" <<'END'
import html.parser, json, sys
class Look(html.parser.HTMLParser):
    open = 0
    bad = []
    def handle_starttag(self, tag, attrs):
        if tag in ("script", "iframe", "object", "form") or any(n.startswith("on") for n, v in attrs):
            self.bad.append((tag, attrs))
        for n, v in attrs:
            if n == "href" and not v.startswith(("http://", "https://")):
                self.bad.append((tag, v))
        self.open += tag not in ("meta", "img")
    def handle_endtag(self, tag):
        self.open -= 1
for text in [open(sys.argv[1]).read()] + [json.loads(l)["html"] for l in open(sys.argv[2])]:
    look = Look()
    look.feed(text)
    look.close()
    if look.open or look.bad:
        print(look.open, look.bad)
        sys.exit(1)
END
ok $? "tags are balanced, nothing runs, links lead to the web"
m --format html "$every" >/dev/full 2>/dev/null
is $? 1 "a full disk is a failure"

# ---- html, as a browser has it
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome)
if [ -z "$browser" ]; then
	skip "in a browser" "no chromium here"
else
	mkdir "$TMP/profile"
	mv "$TMP/page" "$TMP/page.html"
	cat >"$TMP/steps" <<-END
		["goto", "file://$TMP/page.html"]
		cards ["js", "[...document.querySelectorAll('.mxcard')].map(c => c.querySelector('a').textContent).join('|')"]
		picture ["wait", "document.querySelector('.mxcard img').naturalWidth === 640"]
		light ["js", "getComputedStyle(document.querySelector('.mxcard')).backgroundColor"]
		["media", "dark"]
		dark ["js", "getComputedStyle(document.querySelector('.mxcard')).backgroundColor"]
		rtl ["js", "getComputedStyle(document.querySelectorAll('.mxcard')[1]).direction"]
		["size", 320, 600]
		narrow ["js", "document.documentElement.scrollWidth"]
		whole ["js", "document.elementFromPoint(160, 100).tagName"]
		scripts ["js", "document.scripts.length + document.querySelectorAll('[onerror],[onload]').length"]
		asked ["asked"]
	END
	python3 "$TOP/tests/helpers/web-page.py" drive "$browser" "$TMP/profile" "$TMP/steps" >"$TMP/seen"
	seen() { sed -n "s/^$1 //p" "$TMP/seen"; }
	is "$(seen cards)" '"Above the tree line|\"><script>alert(1)</script> \\ live'"'"'"' "titles are read as they were written"
	is "$(seen picture):$(seen scripts):$(seen rtl)" 'true:0:"rtl"' "with the picture, without scripts, in the page's direction"
	is "$(seen light):$(seen dark)" '"rgb(255, 255, 255)":"rgb(27, 31, 36)"' "light and dark"
	is "$(seen narrow):$(seen whole)" '320:"A"' "a narrow screen holds it, and all of it is the link"
	is "$(seen asked | jq -c 'map(select(test("^(about|data|chrome):") | not))')" '["file:"]' "nobody is asked for anything"
fi

# ---- text
m --format text "$every" "$base/status/404" "$evil" >"$TMP/text"
is "$?:$(grep -c '^$' "$TMP/text"):$(grep -c '^502 M_UNKNOWN: ' "$TMP/text")" 1:2:1 "cards are apart, a failure is told in its place"
LC_ALL=C grep -q "$(printf '[\001-\011\013-\037\177]')" "$TMP/text"
is $? 1 "nothing steers the terminal"
is "$(LC_ALL=C.UTF-8 grep -vcE '^(.{0,80}|http.*)$' "$TMP/text")" 0 "lines fit"
is "$(grep -c $'\u202e' "$TMP/text")" 0 "nothing turns the direction of writing"

# ---- bundled
is "$(m --format bundled "$every" | jq -c '[.matched_url,.["og:image:width"],.["og:image:type"],(.["og:image"]|startswith("mxc://")),(.["matrix:image:size"]|type)]')" \
	"[\"$every\",1200,\"image/jpeg\",true,\"number\"]" "bundled: the address that was asked, and the picture as it is stored"
is "$(m --format bundled --stable "$every" | jq -c '[.matched_url,.["matrix:matched_url"]]')" "[null,\"$every\"]" "--stable: names of the proposal"
is "$(m --format bundled "$base/status/404" | jq -c '[.url,.error.status,.matched_url]')" "[\"$base/status/404\",502,null]" "a failure is no element"
printf 'compat = synapse\n' >"$TMP/conf"
is "$(m -c "$TMP/conf" --refresh --format bundled "$base/a-page-that-says-nothing.html" | jq -c 'map_values(type) | to_entries | map(select(.value == "null"))')" '[]' "nothing is null"
finish
