# What every shell test shares: TAP, a temporary directory, the origin server.  Source it from tests/*.t (bash).
# shellcheck shell=bash disable=SC2034
set -u
TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
BUILD=${BUILD:-build}
case $BUILD in /*) BIN=$BUILD ;; *) BIN=$TOP/$BUILD ;; esac
SHARED=${MX_SHARED:-$TOP/../shared}
TMP=$(mktemp -d "${TMPDIR:-/tmp}/mx-test.XXXXXX")
export HOME=$TMP XDG_DATA_HOME=$TMP/data XDG_CONFIG_HOME=$TMP/config MX_STORE='' MX_CONFIG=''
unset http_proxy https_proxy all_proxy no_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY
PATH=$BIN:$PATH
tap_n=0
tap_bad=0
PIDS=

ok() { # ok STATUS NAME: passes when STATUS is 0
	tap_n=$((tap_n + 1))
	if [ "$1" -eq 0 ]; then
		printf 'ok %d - %s\n' "$tap_n" "$2"
	else
		printf 'not ok %d - %s\n' "$tap_n" "$2"
		tap_bad=1
	fi
}
is() { # is GOT WANT NAME
	if [ "$1" = "$2" ]; then
		ok 0 "$3"
	else
		ok 1 "$3"
		printf '# got:  %s\n# want: %s\n' "$1" "$2" | tr -c '[:print:]\n' '?'
	fi
}
like() { # like GOT EXTENDED-REGEX NAME
	if printf '%s' "$1" | grep -Eq -e "$2"; then
		ok 0 "$3"
	else
		ok 1 "$3"
		printf '# got:  %s\n# want: /%s/\n' "$1" "$2" | tr -c '[:print:]\n' '?'
	fi
}
skip() { # skip NAME WHY
	tap_n=$((tap_n + 1))
	printf 'ok %d - %s # SKIP %s\n' "$tap_n" "$1" "$2"
}
skip_all() { # skip_all WHY
	printf '1..0 # SKIP %s\n' "$1"
	exit 0
}
finish() {
	printf '1..%d\n' "$tap_n"
	exit "$tap_bad"
}
cleanup() {
	for p in $PIDS; do kill "$p" 2>/dev/null; done
	rm -rf "$TMP"
}
trap cleanup EXIT

# json EXPRESSION: one value out of JSON on stdin with jq -r (the jq command is a test dependency).
json() { jq -r "$1"; }

# origin_start [ARG...]: our hostile web server on a loopback port of its own choice.  Sets PORT and ORIGIN_PID.
origin_start() {
	local fifo=$TMP/origin.$RANDOM
	mkfifo "$fifo"
	"$BIN/tests/origin" "$@" >"$fifo" 2>"$TMP/origin.err" &
	ORIGIN_PID=$!
	PIDS="$PIDS $ORIGIN_PID"
	read -r PORT <"$fifo"
	rm -f "$fifo"
}
