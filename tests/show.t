#!/usr/bin/env bash
# Does mxpreview-show draw what is there, and does mxpreview --format text have it on a terminal?
. "$(dirname "$0")/lib.sh"

S=$TMP/store
mkdir "$TMP/root"
"$BIN/tests/mkimage" 600x300 1 >"$TMP/root/i.jpg"
printf '<title>Drawn</title><meta name=description content=Words><meta property="og:image" content="i.jpg">' >"$TMP/root/page.html"
printf '<title>Bare</title>' >"$TMP/root/bare.html"
origin_start --root "$TMP/root"
base=http://127.0.0.1:$PORT
m() { mxpreview -d "$S" --allow-ip 127.0.0.0/8 "$@"; }
show() { TERM=xterm COLORTERM='' mxpreview-show "$@"; }
plain() { sed 's/\x1b\[[0-9;?]*[a-zA-Z]//g'; }

show -s 20x5 "$TMP/root/i.jpg" >"$TMP/drawn"
is "$?:$(wc -l <"$TMP/drawn")" 0:5 "a picture takes as many rows as it may"
is "$(plain <"$TMP/drawn" | LC_ALL=C.UTF-8 grep -vcE '^.{20}$')" 0 "and as many columns"
ok "$(grep -q $'\x1b\\[[0-9;]*48;5;' "$TMP/drawn"; echo $?)" "in the colours of the terminal"
COLORTERM=truecolor TERM=xterm mxpreview-show -s 20x5 "$TMP/root/i.jpg" >"$TMP/true"
ok "$(grep -q $'\x1b\\[[0-9;]*48;2;' "$TMP/true"; echo $?)" "in all colours, if it says so"
is "$(NO_COLOR=1 show -s 20x5 "$TMP/root/i.jpg" | grep -c $'\x1b')" 0 "NO_COLOR: without any"
is "$(TERM=dumb show -s 20x5 "$TMP/root/i.jpg" | wc -l)" 5 "a dumb terminal has symbols"
cmp -s "$TMP/drawn" <(show -s 20x5 - <"$TMP/root/i.jpg")
ok $? "from standard input, a file"
# shellcheck disable=SC2002
cmp -s "$TMP/drawn" <(cat "$TMP/root/i.jpg" | show -s 20x5 -)
ok $? "from standard input, a pipe"
cmp -s "$TMP/drawn" <(show --no-sandbox -s 20x5 "$TMP/root/i.jpg")
ok $? "the closed door changes nothing"
"$BIN/tests/mkimage" 30x40 1 >"$TMP/small.jpg"
is "$(show "$TMP/small.jpg" | plain | wc -lm | tr -s ' ')" ' 2 8' "nothing is enlarged"

show --mode sixel -s 20x5 "$TMP/root/i.jpg" >"$TMP/sixel"
like "$(head -c 30 "$TMP/sixel" | tr '\033' E)" '^EP[0-9;]*q' "sixel"
show --mode kitty -s 20x5 "$TMP/root/i.jpg" >"$TMP/kitty"
python3 - "$TMP/kitty" <<'END'
import base64, re, sys
data = open(sys.argv[1], "rb").read()
w, h = (int(re.search(rb"_G[^;\x1b]*\b" + k + rb"=(\d+)", data).group(1)) for k in (b"s", b"v"))
raw = b"".join(base64.b64decode(part) for part in re.findall(rb"\x1b_Gm=[01];([A-Za-z0-9+/]*=*)\x1b\\", data))
if len(raw) != w * h * 4 or min(raw[3::4]) < 200 or len(set(raw)) < 50:
    print("#", w, h, len(raw))
    sys.exit(1)
END
ok $? "kitty: all pixels of a picture"
like "$(show --mode iterm2 -s 20x5 "$TMP/root/i.jpg" | head -c 30 | tr '\033' E)" '^E\]1337;File=inline=1' "iterm2"

printf 'no picture' >"$TMP/bad"
show "$TMP/bad" >"$TMP/o" 2>"$TMP/err"
is "$?:$(wc -c <"$TMP/o")" 1:0 "what is no picture is refused"
like "$(cat "$TMP/err")" "^mxpreview-show: $TMP/bad: " "and named"
show "$TMP/none" 2>/dev/null
is $? 1 "a file that is not there"
for wrong in '-s 0x5' '-s 5' '-s 5x401' '--mode ascii' 'a b'; do
	# shellcheck disable=SC2086
	show $wrong "$TMP/root/i.jpg" >/dev/null 2>&1
	is $? 2 "$wrong is wrong usage"
done
show "$TMP/root/i.jpg" >/dev/full 2>/dev/null
is $? 1 "a full disk is a failure"

m -q --format record "$base/page.html" >"$TMP/records"
m -q --format record "$base/bare.html" "$base/status/404" >>"$TMP/records"
show -d "$S" -s 20x5 <"$TMP/records" | plain >"$TMP/cards"
is "${PIPESTATUS[0]}:$(grep -n -e '^Drawn$' "$TMP/cards" | cut -d : -f 1)" 1:6 "records are cards, with their picture above"
is "$(grep -c -e '^Bare$' -e '^502 ' "$TMP/cards")" 2 "or without"
printf '{"v":1,"url":"x","og":{},"thumbs":[{"width":32,"height":32,"method":"../../../../","type":"image/jpeg","bytes":9}],"docs":[{"rel":"image","url":"x","media_id":"../../../etc/passwd","type":"image/jpeg","bytes":9}]}\n' |
	show -v -d "$S" >"$TMP/o" 2>&1
is "$(grep -c root: "$TMP/o"):$(tail -n 1 "$TMP/o")" 0:x "a record does not lead out of the store"

# ---- on a terminal
cat >"$TMP/terminal.py" <<'END'
import fcntl, os, pty, struct, sys, termios
pid, fd = pty.fork()
if pid == 0:
    fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 50, 500, 800))
    os.execvp(sys.argv[1], sys.argv[1:])
out = b""
while True:
    try:
        part = os.read(fd, 65536)
    except OSError:
        break
    if not part:
        break
    out += part
sys.stdout.buffer.write(out.replace(b"\r\n", b"\n"))
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
END
tty() { env -u COLUMNS -u NO_COLOR -u COLORTERM TERM="${T-xterm}" python3 "$TMP/terminal.py" "$@"; }
run="mxpreview -d $S --allow-ip 127.0.0.0/8 --format text $base/page.html"
# shellcheck disable=SC2086
tty $run >"$TMP/tty"
is "$?:$(plain <"$TMP/tty" | tail -n 4 | head -n 1):$(grep -c $'\x1b\\[[0-9;]*48;5;' "$TMP/tty")" 0:Drawn:13 "a terminal has the picture"
is "$(plain <"$TMP/tty" | LC_ALL=C.UTF-8 grep -vcE '^.{0,50}$')" 0 "as wide as it is"
# shellcheck disable=SC2086
is "$(T=dumb tty $run | head -n 1)" Drawn "a dumb one has words"
mkdir "$TMP/bin"
cp "$BIN/mxpreview" "$TMP/bin"
alone="$TMP/bin/$run"
# shellcheck disable=SC2086
is "$(tty $alone | plain | head -n 1)" Drawn "no mxpreview-show, no picture"
printf '#!/bin/sh\necho garbage\nexit 3\n' >"$TMP/bin/mxpreview-show"
chmod +x "$TMP/bin/mxpreview-show"
# shellcheck disable=SC2086
is "$(tty $alone | plain | head -n 1)" Drawn "nor if it fails"
printf '#!/bin/sh\nexec yes\n' >"$TMP/bin/mxpreview-show"
# shellcheck disable=SC2086
is "$(tty $alone | plain | head -n 1)" Drawn "nor if it never ends"
finish
