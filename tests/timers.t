#!/usr/bin/env bash
# Are the examples of cron and systemd what those programs understand?
. "$(dirname "$0")/lib.sh"

unit=$TOP/scripts/systemd/mxmedia-expire
mkdir "$TMP/store" # as StateDirectory does
verb=$(sed -n 's/^ExecStart=[^ ]*mxmedia-expire //p' "$unit.service")
is "$(mxmedia-expire -d "$TMP/store" "$verb" | json 'has("previews")')" true "what the service runs is understood"
line=$(grep -v -e '^#' -e '=' "$TOP/scripts/mxmedia-expire.cron")
is "$(grep -c . <<<"$line")" 1 "one line of cron"
command=$(cut -d' ' -f7- <<<"$line")
(cd "$TMP" && MX_STORE=$TMP/store sh -c "$command")
is "$?" 0 "what cron runs is understood"
if command -v systemd-analyze >/dev/null; then
	mkdir "$TMP/units"
	sed "s,/usr/local/bin,$BIN,; s/^User=.*/User=root/" "$unit.service" >"$TMP/units/mxmedia-expire.service"
	cp "$unit.timer" "$TMP/units/"
	out=$(systemd-analyze verify --man=no "$TMP/units/mxmedia-expire.service" "$TMP/units/mxmedia-expire.timer" 2>&1)
	is "$?/$(grep -c 'mxmedia-expire' <<<"$out")" 0/0 "systemd finds nothing wrong"
	[[ $out != *mxmedia-expire* ]] || printf '%s\n' "$out" | sed 's/^/# /'
else
	skip "systemd finds nothing wrong" "systemd-analyze is not there"
fi
finish
