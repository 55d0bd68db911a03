#!/usr/bin/env bash
# Does the room checker see a broken rule?  A small house in order, then each rule broken once.
. "$(dirname "$0")/lib.sh"
command -v python3 >/dev/null && command -v objdump >/dev/null || skip_all "python3 and objdump are needed"

HOUSE=$TMP/house

# A house with one of each: two strangers on a floor, one above, a command.
build_house() {
	rm -rf "$HOUSE"
	mkdir -p "$HOUSE"/{lib/{base,url,json,net,preview},cmd,tests/unit,build}
	for room in base url json net preview; do
		printf '/* %s: a room. */\nint %s_it(void);\n' "$room" "$room" >"$HOUSE/lib/$room/$room.h"
		printf '/* What does %s do? */\n#include "%s/%s.h"\n#include <string.h>\n' "$room" "$room" "$room" >"$HOUSE/lib/$room/it.c"
	done
	printf '/* stages */\n' >"$HOUSE/lib/preview/stages.h"
	printf '/* inside */\n#include <curl/curl.h>\n' >"$HOUSE/lib/net/int.h"
	printf '#include "net/int.h"\n#include "url/url.h"\n#include "base/base.h"\n/* printf("") and exit() in a comment */\n' >>"$HOUSE/lib/net/it.c"
	printf 'const char *net_text = "system(1) and stdout";\n' >>"$HOUSE/lib/net/it.c"
	printf '/* cmd: all of them. */\n' >"$HOUSE/cmd/cmd.h"
	printf '/* What does it do? */\n#include "cmd/cmd.h"\n#include "net/net.h"\n#include <stdio.h>\nint main(void) { return printf("x"); }\n' >"$HOUSE/cmd/it.c"
	printf '/* Does it work? */\n' >"$HOUSE/tests/unit/base_it.c"
}
check() { "$TOP/scripts/rooms" --top "$HOUSE" --build build 2>&1; }
# broken NAME FILE TEXT REGEX: TEXT added to FILE makes the checker fail with a line like REGEX.
broken() {
	local out rc
	build_house
	printf '%b\n' "$3" >>"$HOUSE/$2"
	out=$(check)
	rc=$?
	[ "$rc" -eq 1 ] || out="exit $rc: $out"
	like "$out" "$4" "$1"
}
# compiled NAME TEXT REGEX: the archive of room url, built from TEXT, is refused.
compiled() {
	local out rc
	build_house
	printf '%b\n' "$2" >>"$HOUSE/lib/url/it.c"
	(cd "$HOUSE" && ${CC:-cc} -Ilib -O1 -fPIE -c -o build/it.o lib/url/it.c && ar rcs build/liburl.a build/it.o) || return
	out=$(check)
	rc=$?
	[ "$rc" -eq 1 ] || out="exit $rc: $out"
	like "$out" "$3" "$1"
}

build_house
out=$(check)
ok $? "a house in order passes: $(printf '%s' "$out" | tr '\n#' '  ')"

broken "a room of a higher floor is out of reach" lib/base/it.c '#include "url/url.h"' '^lib/base/it.c:4: .*only downwards'
broken "rooms of one floor are strangers" lib/url/it.c '#include "json/json.h"' '^lib/url/it.c:4: .*strangers'
broken "no room looks up to the commands" lib/preview/it.c '#include "cmd/cmd.h"' 'lib/preview/it.c:4: .*only downwards'
broken "int.h stays inside" lib/preview/it.c '#include "net/int.h"' 'lib/preview/it.c:4: .*inside another room'
broken "a bare header name is no address" lib/net/it.c '#include "int.h"' 'lib/net/it.c:[0-9]+: .*room/header.h'
broken "libcurl lives in net" lib/url/it.c '#include <curl/curl.h>' 'lib/url/it.c:4: .*lib/net/ only'
broken "libxml2 lives in page" lib/net/it.c '#include <libxml/HTMLparser.h>' 'lib/page/ only'
broken "iconv lives in page" lib/base/it.c '#include <iconv.h>' 'lib/page/ only'
broken "libjq lives in json" lib/preview/it.c '#include <jv.h>' 'lib/json/ only'
broken "codecs live in image" cmd/it.c '#include <png.h>' 'cmd/it.c:6: .*lib/image/ only'
broken "SQLite lives in store" cmd/it.c '#include <sqlite3.h>' 'lib/store/ only'
broken "libcrypto lives in base" lib/url/it.c '#include <openssl/evp.h>' 'lib/base/ only'
broken "seccomp lives in cmd/sandbox*" cmd/it.c '#include <seccomp.h>' 'cmd/sandbox only'
broken "foreign types stay out of public headers" lib/net/net.h '#include <curl/curl.h>' 'foreign types'
broken "a new foreign library needs a room" lib/net/it.c '#include <expat.h>' 'no room is known'
for call in 'printf("x")' 'fprintf(f, "x")' 'puts("x")' 'putchar(1)' 'fopen("x", "r")' 'perror("x")' 'exit(1)' '_exit(1)' \
	'getenv("X")' 'setenv("X", "Y", 1)' 'time(NULL)' 'clock_gettime(0, &t)' 'gettimeofday(&t, 0)' 'system("x")' \
	'popen("x", "r")' 'strcpy(a, b)' 'strcat(a, b)' 'sprintf(a, "x")' 'gets(a)' 'atoi("1")' 'strtok(a, b)' 'alloca(1)' \
	'abort()'; do
	broken "no ${call%%(*} in a room" lib/url/it.c "void url_f(void) { $call; }" "lib/url/it.c:4: call of ${call%%(*}:"
done
broken "no stderr in a room" lib/url/it.c 'void *url_f(void) { return stderr; }' 'lib/url/it.c:4: stderr'
broken "no typedef of structs" lib/url/url.h 'typedef struct url { int x; } url;' 'lib/url/url.h:3: typedef'
broken "a file says what it is for" lib/url/more.c '#include "url/url.h"' 'lib/url/more.c:1: the first line'
broken "so does a test" tests/unit/url_it.c 'int main(void);' 'tests/unit/url_it.c:1: the first line'
broken "no file is called util" lib/url/util.c '/* ? */' 'no file is called util'
broken "the own header comes first" lib/net/more.c '/* ? */\n#include "base/base.h"' 'lib/net/more.c:2: .*own room'
broken "a room needs a floor" lib/net/more.c '/* ? */\n#include "attic/attic.h"' 'lib/net/more.c:2:'
broken "a public header is short" lib/url/url.h "$(printf 'int url_%d;\\n' $(seq 151))" 'lib/url/url.h:1: .*at most 150'
build_house
rm "$HOUSE/lib/url/url.h"
like "$(check)" 'url.h is missing' "a room has a public header"
compiled "writable globals are seen" 'int url_count = 3; int *url_it2(void) { return &url_count; }' 'lib/url/it.c:4: url_count: .*writable'
compiled "zeroed ones too" 'int url_it2(void) { static int n; return ++n; }' 'writable globals \(\.bss'
compiled "a foreign name is seen" 'int elsewhere(void) { return 1; }' 'lib/url/it.c:4: elsewhere: exported names'
build_house
printf 'static const char *const names[] = {"a", "b"};\nconst char *url_name(int i) { return names[i]; }\n' >>"$HOUSE/lib/url/it.c"
(cd "$HOUSE" && ${CC:-cc} -Ilib -O1 -fPIE -c -o build/it.o lib/url/it.c && ar rcs build/liburl.a build/it.o)
check >/dev/null
ok $? "constant tables of pointers are no globals"

"$TOP/scripts/rooms" --nonsense >/dev/null 2>&1
is $? 2 "a usage error is told"
finish
