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
else
	skip "tables" "no python3"
fi
finish
