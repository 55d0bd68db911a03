#!/usr/bin/env bash
# Is anything lost, or half there, when commands are killed, system calls fail, or the power goes?
# A short run; `make torture` is the long one: MX_KILLS, MX_FAULT_STEP (every nth system call), MX_CUTS (power cuts).
# shellcheck disable=SC2317 # functions are called by name, by each
. "$(dirname "$0")/lib.sh"
export TMP
KILLS=${MX_KILLS:-300} STEP=${MX_FAULT_STEP:-5} CUTS=${MX_CUTS:-1}
export ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0"
S=$TMP/store
mkdir -m 700 "$S" # an expiry may be the first to come, and wants a store that is no slip of the pen
sound() { # sound STORE NAME: nothing that mxmedia-check finds
	mxmedia-check -q -d "$1" --grace 0 >"$TMP/found" 2>"$TMP/err"
	status=$?
	is "$status" 0 "$2"
	[ "$status" -eq 0 ] || sed 's/^/# /' "$TMP/found" "$TMP/err" | head -20
}
swept() { mxmedia-expire -q -d "$1" --grace 0 orphans >"$TMP/swept" 2>&1; }

# ---- kill -9 -----------------------------------------------------------------------------------------
printf '<title>T</title><meta property="og:image" content="/i.png">' >"$TMP/page.html"
"$BIN/tests/mkimage" 80x60 3 >"$TMP/i.png"
origin_start --root "$TMP"
"$BIN/tests/torture" -d "$S" -b "$BIN" -w 8 -k "$KILLS" -u "http://127.0.0.1:$PORT/page.html" -v >"$TMP/out" 2>"$TMP/err"
ok $? "$KILLS kills of put, quarantine, delete, expire and preview: what was acknowledged is so"
sed 's/^/# /' "$TMP/out" "$TMP/err" | head -20
is "$(json '[.put, .quarantine, .unquarantine, .delete, .expire, .preview] | map(. > 0) | all' <"$TMP/out")" true 'some of each were not killed'
is "$(json '[to_entries[] | select(.key | endswith("_failed")) | .value] | add' <"$TMP/out")" 0 'no command failed that was not killed'
swept "$S"
ok $? 'what the dead left behind is swept'
sound "$S" 'then nothing is amiss'

# ---- every system call fails once ------------------------------------------------------------------------
echo 'a medium of its own' >"$TMP/file"
F=$TMP/faults
mxmedia-put -q -d "$F" "$TMP/file" >/dev/null
faulted() { # faulted WHAT COMM...: runs it with MX_FAULT=WHAT; its output in $TMP/out
	local what=$1 comm=$2
	shift 2
	{ MX_FAULT=$what MX_FAULT_DIR=$F MX_FAULT_COMM=$comm LD_PRELOAD=$BIN/tests/faultinj.so "$comm" "$@" >"$TMP/out" 2>"$TMP/err"; } 2>/dev/null
}
calls() { # calls COMMAND...: how many of its system calls can fail
	rm -f "$TMP/count"
	MX_FAULT_COUNT=$TMP/count faulted 0:NONE "$@"
	wc -l <"$TMP/count"
}
ACTIONS='EIO ENOSPC EMFILE EINTR SHORT KILLB KILLA EIO+ ENOSPC+'
each() { # each CALLS FUNCTION: FUNCTION N:ACTION for each nth call
	local n action
	runs=0 bad=0
	for action in $ACTIONS; do
		for ((n = 1 + runs % STEP; n <= $1; n += STEP)); do
			runs=$((runs + 1))
			case $action in
			*+) "$2" "$n+:${action%+}" ;;
			*) "$2" "$n:$action" ;;
			esac || {
				bad=$((bad + 1))
				[ "$bad" -gt 10 ] || echo "# $2: call $n $action: status $status: $(head -c 200 "$TMP/err" | tr '\n' ' ')"
			}
		done
	done
}
# Acknowledged: it is there.  Not acknowledged: an error, said in words; nothing that is served is broken.
put_fault() {
	faulted "$1" mxmedia-put -d "$F" --no-thumbnails "$TMP/file"
	status=$?
	local uri
	uri=$(json .content_uri <"$TMP/out" 2>/dev/null)
	if [ -n "$uri" ]; then
		{ [ "$status" -eq 0 ] || [ "$status" -eq 137 ]; } && mxmedia-get -d "$F" "$uri" 2>>"$TMP/err" | cmp -s - "$TMP/file"
	else
		[ "$status" -eq 137 ] || { [ "$status" -ne 0 ] && [ -s "$TMP/err" ]; }
	fi
}
n=$(calls mxmedia-put -d "$F" --no-thumbnails "$TMP/file")
ok $((n < 20)) "put makes $n system calls in the store"
each "$n" put_fault
is "$bad" 0 "put: $runs runs, each with a system call that fails or kills"
swept "$F"
sound "$F" 'after that, and a sweep, nothing is amiss'

# Gone: it stays gone.  Not gone: it is whole, or going on finishes it.
delete_fault() {
	local uri
	uri=$(mxmedia-put -q -d "$F" --no-thumbnails "$TMP/file" | json .content_uri)
	faulted "$1" mxmedia-expire -d "$F" delete "$uri"
	status=$?
	if [ "$status" -eq 0 ] && [ "$(json .total <"$TMP/out")" = 1 ]; then
		! mxmedia-get -q -d "$F" --info "$uri" >/dev/null 2>&1
	elif mxmedia-get -q -d "$F" --info "$uri" >/dev/null 2>&1; then
		mxmedia-get -d "$F" "$uri" 2>>"$TMP/err" | cmp -s - "$TMP/file" && mxmedia-expire -q -d "$F" delete "$uri" >/dev/null
	else
		[ "$status" -ne 0 ]
	fi
}
uri=$(mxmedia-put -q -d "$F" --no-thumbnails "$TMP/file" | json .content_uri)
n=$(calls mxmedia-expire -d "$F" delete "$uri")
ok $((n < 20)) "delete makes $n"
each "$n" delete_fault
is "$bad" 0 "delete: $runs runs"
swept "$F"
sound "$F" 'after that, and a sweep, nothing is amiss'

# Quarantined, and told so: it stays; failed: as before.
quarantine_fault() {
	local before after
	before=$(mxmedia-get -q -d "$F" --info "$uri" | json '.media_info.quarantined_by != null')
	faulted "$1" mxmedia-quarantine -d "$F" "$verb" "$uri"
	status=$?
	after=$(mxmedia-get -q -d "$F" --info "$uri" | json '.media_info.quarantined_by != null')
	if [ "$status" -eq 0 ]; then
		[ "$after" = "$([ "$verb" = add ] && echo true || echo false)" ]
	else
		[ "$status" -eq 137 ] || [ "$before" = "$after" ] || [ -s "$TMP/err" ]
	fi || return 1
	[ "$after" = true ] && verb=remove || verb=add
}
uri=$(mxmedia-put -q -d "$F" --no-thumbnails "$TMP/file" | json .content_uri)
verb=add
n=$(calls mxmedia-quarantine -d "$F" add "$uri")
verb=remove
ok $((n < 20)) "quarantine makes $n"
each "$n" quarantine_fault
is "$bad" 0 "quarantine: $runs runs"
sound "$F" 'after that nothing is amiss'
is "$(sqlite3 "$F/mxpreview.db" "SELECT count(*) FROM (SELECT media_id, change, lag(change) OVER (PARTITION BY media_id ORDER BY stream_id) AS before
	FROM quarantined_media_changes WHERE change IN ('quarantine','unquarantine')) WHERE change = before")" 0 'and each transition is in the log once'

# ---- power cuts ------------------------------------------------------------------------------------------
if [ "$(id -u)" = 0 ] && truncate -s 400M "$TMP/disk" && mkfs.ext4 -q -b 4096 "$TMP/disk" 2>/dev/null && mkdir "$TMP/mnt" &&
	mount -o loop "$TMP/disk" "$TMP/mnt" 2>/dev/null; then
	bad=0
	for ((i = 1; i <= CUTS; i++)); do
		[ -d "$TMP/mnt/store" ] || mkdir -m 700 "$TMP/mnt/store"
		"$BIN/tests/torture" -d "$TMP/mnt/store" -b "$BIN" -w 8 -s "$i" -p "$TMP/mnt" -i "$TMP/disk" -t $((300 + i * 37 % 200)) \
			>"$TMP/out" 2>"$TMP/err"
		status=$?
		[ "$status" -eq 3 ] && break
		[ "$status" -eq 0 ] || { bad=$((bad + 1)) && sed 's/^/# /' "$TMP/err" | head -5; }
	done
	if [ "$status" -eq 3 ]; then
		skip 'power cuts' "$(cat "$TMP/err")"
	else
		is "$bad" 0 "$CUTS power cuts: nothing acknowledged is lost, nothing deleted comes back"
		sed 's/^/# /' "$TMP/out"
		swept "$TMP/mnt/store"
		sound "$TMP/mnt/store" 'after them, and a sweep, nothing is amiss'
	fi
	umount -l "$TMP/mnt"
else
	skip 'power cuts' 'only root can mount'
fi
finish
