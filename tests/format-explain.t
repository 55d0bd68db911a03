#!/usr/bin/env bash
# Does `mxpreview --explain` say why: sources, runners-up, failures, charset, stages; JSON for programs, a table for people?
. "$(dirname "$0")/lib.sh"

mkdir -p "$TMP/root"
S=$TMP/store
origin_start --root "$TMP/root"
base=http://127.0.0.1:$PORT
explain() { mxpreview -q -d "$S" --allow-ip 127.0.0.0/8 --explain "$@"; }
picked() { jq -S -c "$1"; }
"$BIN/tests/mkimage" 40x30 1 >"$TMP/root/i.jpg"
cat >"$TMP/root/p.html" <<'END'
<meta charset=iso-8859-1><title>Plain</title><meta property="og:title" content="Best"><meta name="twitter:title" content="Best">
<meta property="og:image" content="i.jpg"><meta name="twitter:image" content="other.jpg">
<h1>Heading</h1><p>Some text of the page that is its description.</p>
END
out=$(explain --refresh "$base/redirect?to=/p.html")
is "$(picked '.fields[]|select(.field=="og:title")|[.value,.source,[.others[]|[.source,.value]]]' <<<"$out")" \
	'["Best","og",[["twitter","Best"],["title","Plain"],["h1","Heading"]]]' "a field has its source and its runners-up in order"
is "$(picked '.fields[]|select(.field=="og:title")|[.others[].why]|unique' <<<"$out")" '["a source that comes later","says the same"]' "and why they lost"
is "$(picked '.fields[]|select(.field=="og:image")|[(.value|startswith("mxc://")),.source,.others[0].value]' <<<"$out")" "[true,\"og\",\"$base/other.jpg\"]" "so has the picture"
is "$(picked '[.fields[]|select(.source=="file").field]|sort' <<<"$out")" '["matrix:image:size","og:image:height","og:image:type","og:image:width"]' "what was measured is said to be"
is "$(picked '[.hops,.final_url,.charset.name,.charset.by,.cache.hit]' <<<"$out")" "[1,\"$base/p.html\",\"windows-1252\",\"meta\",false]" "redirects, charset and cache"
is "$(picked '[.docs[]|.rel,.status]' <<<"$out")" '["page",200,"image",200]' "the documents"
is "$(picked '[.stages[]|select(.ms>=0 and .runs>=1)|.stage]|sort' <<<"$out")" '["fetch","oembed","og","thumb"]' "every stage with its time"
is "$(picked '[.stages[]|select(.stage=="og").bytes]' <<<"$out")" "[$(wc -c <"$TMP/root/p.html")]" "and its bytes"
is "$(picked '[.og["og:title"],.html.sources["og:title"]]' <<<"$out")" '["Best","og"]' "og and html are there as in mxpreview-og"
is "$(mxpreview-og --explain "$TMP/root/p.html" | picked '[.html.others["og:title"][].source]')" '["twitter","title","h1"]' "mxpreview-og knows the runners-up as well"
again=$(explain "$base/redirect?to=/p.html")
is "$(picked '[.cache.hit,.stages]' <<<"$again")" '[true,null]' "an answer from the cache is said to be one, and no stage ran"
is "$(picked '[.fields,.docs,.charset,.html,.og,.hops,.final_url]' <<<"$again")" "$(picked '[.fields,.docs,.charset,.html,.og,.hops,.final_url]' <<<"$out")" "and explained like a new one"
mxpreview -q -d "$S" --allow-ip 127.0.0.0/8 "$base/p.html?plain" >/dev/null
is "$(explain "$base/p.html?plain" | picked '[.cache.hit,(.fields[]|select(.field=="og:title")|.source)]')" '[true,"og"]' "also one that was found out for somebody who did not ask why"
printf '<title>T</title><meta property="og:image" content="gone.jpg">' >"$TMP/root/gone.html"
is "$(explain "$base/gone.html" | picked '.fields[]|select(.field=="og:image")|[.value,.others[0].why]')" '[null,"Got error 404"]' "a picture that cannot be had says why"
is "$(explain "$base/status/500" | picked '[.error.status,.fields]')" '[502,null]' "a failure is explained, too"
is "$(mxpreview -q -d "$S" --allow-ip 127.0.0.0/8 --refresh --format record "$base/p.html" | picked '[.trace,.explain,.html.others]')" '[null,null,null]' "who does not ask is told nothing of it"

# ---- what lost, where it stands, and what was left out
og() { mxpreview-og -q --explain --url https://example.org/ -; }
lost() { jq -c --arg f "$1" '[(.fields+(.beside//[]))[]|select(.field==$f).others[]?|[.source,.value,.why,.line]]'; }
left() { jq -c '[.skipped[]?|[.what,.why,.count,.limit]]'; }
is "$(printf '<meta property="og:title" content="">\n<meta property="og:title" content="A">\n\n<meta name="twitter:title" content="B"><title>A</title>' | og | lost og:title)" \
	'[["og","","empty",1],["twitter","B","a source that comes later",4],["title","A","says the same",4]]' "what is empty, later, or says the same; with its line"
is "$(printf '\n\n<title>T</title>\n <meta property="og:title" content="A">' | og | picked '.fields[]|select(.field=="og:title")|[.source,.from,.line,.offset]')" '["og","meta property=og:title",4,20]' "where the answer stands"
is "$(printf '\xef\xbb\xbf<title>T</title>' | og | picked '.html.where["og:title"].offset')" 3 "a byte order mark counts"
is "$(printf '<meta charset=iso-8859-1><p title="\xe9\xe9\xe9">\n<title>T</title>' | og | picked '.html.where["og:title"]|[.offset,.line]')" '[44,2]' "bytes are those of UTF-8 where a page is not"
is "$(printf '<title>T</title><script type="application/ld+json">\n{"@graph":[{"@type":"WebSite","name":"S"},{},\n{"@type":"Article","headline":"H","my key":1,"author":[{"name":"Ann"}]}]}</script>' | og | picked '[.fields[]|select(.source=="json-ld")|.from,.line],.beside[0].from')" \
	$'["json-ld $.\\"@graph\\"[2].headline",3,"json-ld $.\\"@graph\\"[0].name",2]\n"json-ld $.\\"@graph\\"[2].author[0].name"' "the path of a value in JSON-LD"
is "$(printf '<meta name=date content=yesterday><meta name="dc.date" content="2026-01-02"><title>T</title>' | og | lost published)" '[["meta","yesterday","no date or time of ISO 8601",1]]' "a time that is none"
is "$(printf '<title>T</title><body><div>This site uses cookies.</div><p>Text' | og | lost og:description)" '[["text","This site uses cookies.","a notice: of cookies, scripts, browsers, or a way past the menu",1]]' "a consent banner"
is "$(printf '<title>T</title><body><img src=1.gif width=1 height=1><img src=h.png hidden><img src=/blank.gif><img src=/logo.png><meta property="og:image" content="mailto:x@example.org"><img src=a.png><img src=a.png>' | og | lost og:image | jq -c 'map(.[1:3])')" \
	'[["1.gif","at most 10 pixels wide or high, a tracking pixel or spacer"],["h.png","hidden"],["/blank.gif","a placeholder or a counter"],["/logo.png","an avatar, logo or icon, and there is better"],["mailto:x@example.org","not a usable URL"],["a.png","says the same"]]' "pictures that are none, and why"
is "$(printf '<meta property="og:x" content="%s"><title>T</title><meta property="og:x" content=ok>' "$(printf 'x%.0s' $(seq 1001))" | og | jq -c '.html|[.where["og:x"].offset,.others["og:x"][0].why]')" '[1050,"over-long"]' "a value that is too long does not stand in the way, and is told of"
is "$(for i in $(seq 53); do printf '<meta property="og:k%s" content=1>' "$i"; done | og | left)" '[["members","more of a namespace than are kept",3,50]]' "members past the limit"
is "$(for i in $(seq 10); do printf '<meta property="og:image" content=%s.png>' "$i"; done | og | left)" '[["images","more are declared than are kept",2,8]]' "images past the limit"
is "$({ printf '<title>T</title><script type="application/ld+json">nonsense</script><script type="application/ld+json">{"x":"'; head -c 300000 /dev/zero | tr '\0' x; printf '"}</script>'; } | og | left)" \
	'[["JSON-LD","no JSON",1,null],["JSON-LD","longer than is read",1,262144]]' "JSON-LD that cannot be read"
is "$({ printf '<title>T</title><p'; for i in $(seq 70); do printf ' a%s=1' "$i"; done; printf '>'; } | og | left)" '[["attributes","more of one tag than count",1,64]]' "attributes past the limit"
is "$({ printf '<title>T</title><p'; for i in $(seq 64); do printf ' a%s="1"' "$i"; done; printf ' >'; } | og | left)" '[]' "and not at it"
is "$({ printf '<title>'; printf 'word %.0s' $(seq 300); printf '</title>'; } | og | left)" '[["og:title","the text is cut at a word",1,1000]]' "a text that is cut"
is "$({ printf '<head><meta property="og:title" content=T><meta property="og:description" content=D><meta property="og:image" content=i.png></head>'; head -c 5000 /dev/zero | tr '\0' x; } | og | left)" '[["bytes","not read: everything wanted was found before",5000,null]]' "bytes that were not read"
is "$(printf '<title>T</title><template><meta name=description content=x></template><nav>n</nav><div hidden>h</div><p>t' | og | left)" \
	'[["meta","inside a template, an svg or the like",1,null],["text","in a header, menu, aside or the like",1,null],["text","hidden, or marked as a notice or menu",1,null]]' "what is not for reading"
is "$(printf '<title>A</title>' | og | picked '[.docs[0].bytes,.stages[0].stage,.stages[0].bytes,(.stages[0].ms>=0),.charset.name,has("cache")]')" '[16,"og",16,true,"UTF-8",false]' "bytes, milliseconds and charset; the cache was not asked"
is "$(for i in $(seq 300); do printf '<title>%s</title>' "$i"; done | og | jq -c '[(.html.others["og:title"]|length),.skipped]')" '[0,null]' "of what was never looked at nothing is told"
is "$(for i in $(seq 300); do printf '<meta name=description content=%s>' "$i"; done | og | jq -c '[(.html.others["og:description"]|length),.skipped[0].what,.skipped[0].count]')" '[199,"candidates",100]' "what is told is bounded"

is "$(mxpreview-og -q --explain "$TMP/root/p.html" | picked 'has("final_url")')" false "a document from nowhere has no final address"

# ---- on a terminal
tty() { # tty COMMAND...: its output on a terminal of 60 columns
	python3 - "$@" <<'END'
import fcntl, os, pty, struct, sys, termios
pid, fd = pty.fork()
if pid == 0:
    fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 60, 0, 0))
    os.execvp(sys.argv[1], sys.argv[1:])
out = b""
while True:
    try:
        piece = os.read(fd, 65536)
    except OSError:
        break
    if not piece:
        break
    out += piece
os.waitpid(pid, 0)
sys.stdout.buffer.write(out.replace(b"\r\n", b"\n"))
END
}
if command -v python3 >/dev/null; then
	unset NO_COLOR COLUMNS
	export TERM=xterm
	printf '<title>%s\033[31m</title><p>text</p><meta name=twitter:title content="a &#x202e;b">' "$(printf 'long %.0s' $(seq 40))" >"$TMP/root/long.html"
	ask=(mxpreview -q -d "$S" --allow-ip 127.0.0.0/8 --refresh --explain "$base/long.html" "$base/p.html")
	table=$(tty env NO_COLOR=1 "${ask[@]}")
	like "$table" '^og:title +og +Best$' "a table for people"
	is "$(LC_ALL=C.UTF-8 grep -cE '^.{61,}' <<<"$table"):$(LC_ALL=C.UTF-8 grep -cE '^.{60}$' <<<"$table" | grep -c '^0')" 0:0 "a long line is as long as the terminal is wide, and none is longer"
	is "$(LC_ALL=C grep -c $'\033' <<<"$table")" 0 "NO_COLOR is respected"
	like "$(tty env COLUMNS=60 "${ask[@]}")" $'\033\\[1mog:title' "colours without it"
	like "$(tty env COLUMNS=200 NO_COLOR=1 "${ask[@]}")" 'Some text of the page that is its description\.$' "COLUMNS goes before the terminal"
	like "$table" 'fetch +[0-9]+ ms' "and tells how long each stage took"
	like "$(tty env COLUMNS=100 NO_COLOR=1 mxpreview-og -q --explain "$TMP/root/p.html")" '^ +line 1, byte 45, meta property=og:title$' "mxpreview-og has the table, too, with places"
	printf '<title>T</title><meta name="twitter:title" content="%s"><meta name="twitter:title" content=x><body><img src="data:image/gif;base64,%s"><img src=spacer.gif width=1 height=1>' "$(printf 'w%.0s' $(seq 60))" "$(printf 'A%.0s' $(seq 90))" >"$TMP/root/lost.html"
	table=$(tty env NO_COLOR=1 mxpreview-og -q --explain --url https://example.org/ "$TMP/root/lost.html" | tr -s ' \n' ' ')
	like "$table" 'at most 10 pixels wide or high, a tracking pixel or spacer' "the reason for a loss is told in full, however narrow the terminal"
	like "$table" ' site_name page' "and so is the name of what stands beside the answer"
	: >"$TMP/root/empty.html"
	like "$(tty env NO_COLOR=1 mxpreview-og -q --explain "$TMP/root/empty.html")" '^charset +UTF-8' "of a page that says nothing there is a table, too"
	like "$(tty env NO_COLOR=1 mxpreview-og -q --explain "$TMP/root/i.jpg")" '^og:image:width +file +40$' "and of a picture"
else
	skip "tables" "no python3"
fi
finish
