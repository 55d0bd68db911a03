#!/usr/bin/env bash
# mxmedia-quarantine: add, remove, protect, block, undo; lists, the log, hashes; signals and full disks.
. "$(dirname "$0")/lib.sh"
command -v sqlite3 >/dev/null || skip_all 'sqlite3 is not installed'
S=$TMP/store
export USER=tester
q() { mxmedia-quarantine -d "$S" --server-name x.example "$@"; }
sql() { sqlite3 "$S/mxpreview.db" "$@"; }
H1=2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824 # of "hello"
B1=LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ
H2=$(printf '2%.0s' {1..64})
fill() { # a, b and o/r have one content; c another; p is protected; n and o/n have none that is known
	sql "DELETE FROM local_media_repository; DELETE FROM remote_media_cache; DELETE FROM blocked_hashes;
	DELETE FROM quarantined_media_changes; DELETE FROM media_actions; DELETE FROM blocked_media; DELETE FROM media_references;
	DELETE FROM sqlite_sequence;
	INSERT INTO local_media_repository (media_id, media_type, media_length, created_ts, user_id, sha256, safe_from_quarantine,
	url_cache) VALUES ('aaaaa','image/png',1,1,'@u:x.example','$H1',0,NULL), ('bbbbb','image/png',1,2,'@u:x.example','$H1',0,'http://b/'),
	('ccccc','image/png',1,3,'@v:x.example','$H2',0,NULL), ('ppppp','image/png',1,4,'@v:x.example','$H2',1,NULL),
	('nnnnn','image/png',1,5,'@v:x.example',NULL,0,NULL);
	INSERT INTO remote_media_cache (media_origin, media_id, filesystem_id, created_ts, sha256) VALUES ('o.example','rrrrr','f1',1,'$H1'),
	('o.example','nnnnn','f2',1,NULL);"
}
shut() { sql "SELECT group_concat(n,' ') FROM (SELECT media_id AS n FROM local_media_repository WHERE quarantined_by IS NOT NULL
	UNION ALL SELECT media_origin||'/'||media_id FROM remote_media_cache WHERE quarantined_by IS NOT NULL ORDER BY 1)"; }

mxmedia-index -q -d "$S" </dev/null >/dev/null
is "$(q list)" '{"media":[]}' 'an empty store'
fill

# add and remove
is "$(q --by mod add aaaaa --reason 'because')" '{"num_quarantined":3,"action_id":1}' 'add: a medium and its copies'
is "$(shut)" 'aaaaa bbbbb o.example/rrrrr' '  ours and of others'
is "$(q add aaaaa):$?" '{"num_quarantined":0}:0' 'again: nothing to do'
is "$(q show aaaaa | jq -c '[.mxc, .media_info.quarantined_by, .media_info.safe_from_quarantine, (.log[0]|.change,.by,.reason,.verb)]')" \
	'["mxc://x.example/aaaaa","mod",false,"quarantine","mod","because","add"]' 'show'
is "$(q changes | jq -c '[.next_batch, (.changes|length), (.changes[2]|.origin,.media_id,.quarantined,.action_id)]')" \
	'[3,3,"o.example","rrrrr",true,1]' 'changes'
is "$(q remove mxc://o.example/rrrrr)" '{"num_unquarantined":3,"action_id":2}' 'remove: all copies'
is "$(shut)" '' '  are free'
out=$(q add unknown mxc://o.example/nnnnn 2>"$TMP/err")
is "$?:$out" '1:{"num_quarantined":1,"action_id":3}' 'one that is not here: the rest is done'
like "$(cat "$TMP/err")" "^mxmedia-quarantine: mxc://x.example/unknown: not here; .*block" '  with a hint'
is "$(q add mxc://x.example/ccccc)" '{"num_quarantined":1,"action_id":4}' 'our own name in full'
out=$(q add ppppp 2>"$TMP/err")
is "$?:$out:$(cat "$TMP/err")" '1:{"num_quarantined":0}:mxmedia-quarantine: mxc://x.example/ppppp: protected, and left' 'a protected one'
q remove ppppp >/dev/null
is "$(shut)" 'o.example/nnnnn' 'remove follows the content of a protected one'
is "$(q add -n aaaaa bbbbb mxc://o.example/rrrrr)" '{"num_quarantined":3,"dry_run":true}' 'a dry run counts each once'
is "$(shut)" 'o.example/nnnnn' '  and changes nothing'
is "$(q add --sha256 "$B1")" '{"num_quarantined":3,"action_id":6}' 'by content, in base64'
is "$(q remove --sha256 "${H1^^}")" '{"num_unquarantined":3,"action_id":7}' '  in hex, large'
is "$(q add "sha256:$H1" --by mod | jq .num_quarantined)" 3 '  as an operand'

# names from a pipe
fill
printf '%s\n' aaaaa '' '  mxc://o.example/nnnnn ' '{"media_id":"nnnnn","media_origin":null}' "{\"sha256\":\"$H2\"}" '{"broken' 'no id' '{"x":1}' |
	q add >"$TMP/out" 2>"$TMP/err"
is "$?:$(jq .num_quarantined "$TMP/out")" 1:6 'names on standard input, in all forms'
is "$(sed 's/: .*line/: line/; s/\(line [0-9]\):.*/\1/' "$TMP/err" | tr '\n' ' ')" \
	'mxmedia-quarantine: line 6 mxmedia-quarantine: line 7 mxmedia-quarantine: line 8 ' '  what is none is told, with its line'
is "$(q list --all | q remove | jq -c '[.num_unquarantined]')" '[6]' 'what is listed can be read'
is "$(q changes | jq -c '.changes[]' | q add | jq .num_quarantined)" 6 'what changed, too'
mkfifo "$TMP/pipe"
mxmedia-quarantine -d "$S" --server-name x.example --quiet remove <"$TMP/pipe" >"$TMP/out" &
pid=$!
exec 9>"$TMP/pipe"
echo aaaaa >&9
for _ in $(seq 1000); do [ "$(shut | grep -c aaaaa)" = 0 ] && break; sleep 0.01; done
is "$(shut | grep -c aaaaa)" 0 'who writes slowly does not wait for a batch'
kill -TERM "$pid"
wait "$pid"
is "$?:$(jq .num_unquarantined "$TMP/out")" 1:3 'a signal ends it, with what was done'
exec 9>&-

# rooms and users
fill
sql "INSERT INTO media_references (room_id, event_id, kind, origin, media_id, sender, ts) VALUES
	('!r:x','\$1','url','x.example','aaaaa','@v:x.example',1), ('!r:x','\$2','url','o.example','nnnnn','@u:x.example',2),
	('!r:x','\$3','url','o.example','absent','@u:x.example',3), ('!s:x','\$4','url','x.example','ccccc','@u:x.example',4),
	('!r:x','\$5','url','x.example','ppppp','@u:x.example',5)"
is "$(q room '!r:x')" '{"local":["mxc://x.example/ppppp","mxc://x.example/aaaaa"],"remote":["mxc://o.example/absent","mxc://o.example/nnnnn"]}' \
	'room: newest first'
is "$(q room '!none:x')" '{"local":[],"remote":[]}' 'an unknown room'
is "$(q user @u:x.example)" '{"local":["mxc://x.example/bbbbb","mxc://x.example/aaaaa"],"remote":["mxc://o.example/absent","mxc://o.example/nnnnn"]}' 'user'
out=$(q add --room '!r:x' 2>"$TMP/err")
is "$?:$(jq .num_quarantined <<<"$out")" 0:5 'add --room: what is here'
is "$(cat "$TMP/err")" 'mxmedia-quarantine: 1 are protected, and left' '  what is protected is counted'
is "$(shut)" 'aaaaa bbbbb ccccc o.example/nnnnn o.example/rrrrr' '  its copies go'
q undo --last >/dev/null
is "$(q add --user @u:x.example | jq .num_quarantined):$(shut)" '3:aaaaa bbbbb o.example/rrrrr' 'add --user: uploads, previews'
q undo --last >/dev/null
is "$(q add --user @u:x.example --referenced 2>/dev/null | jq .num_quarantined)" 5 '  and what was referred to'
is "$(q remove --user @u:x.example | jq .num_unquarantined)" 3 'remove --user'
is "$(q add --user @nobody:x.example)" '{"num_quarantined":0}' 'an unknown user'
is "$(q protect --user @v:x.example | jq .num_protected)" 2 'protect --user'
is "$(q show mxc://o.example/absent | jq -c '[.media_info, .references[0].room_id, .references[0].kind]')" '[null,"!r:x","url"]' \
	'what is only referred to can be shown'

# protect, block
fill
is "$(q protect aaaaa)" '{"num_protected":1,"action_id":1}' 'protect'
is "$(q add --sha256 "$H1" | jq .num_quarantined):$(shut)" '2:bbbbb o.example/rrrrr' '  keeps it from quarantine'
out=$(q protect mxc://o.example/rrrrr nope 2>"$TMP/err")
is "$?:$out:$(wc -l <"$TMP/err")" '1:{"num_protected":0}:2' '  only what is ours and here'
is "$(q unprotect aaaaa | jq .num_unprotected)" 1 'unprotect'
fill
is "$(q block mxc://evil.example/never "sha256:$H1" --reason 'R' | jq -c '[.num_blocked,.num_quarantined]')" '[2,3]' \
	'block: what was never seen, and what is here'
is "$(q show mxc://evil.example/never | jq -c '[.media_info,.blocked.reason]')" '[null,"R"]' '  show knows of it'
printf '{"v":1,"url":"http://h/","docs":[{"rel":"page","url":"http://h/","type":"text/html","status":200,"media_id":"2026-11-21_abcdefgh","bytes":3,"sha256":"%s"}],"og":{}}\n' "$H1" |
	mxpreview-cache -d "$S" put >/dev/null
is "$(q changes | jq -c '.changes[-1] | [.media_id,.change,.by,.verb]')" '["2026-11-21_abcdefgh","quarantine","system","preview"]' \
	'what comes in with a blocked content is quarantined by system, and logged'
is "$(q unblock mxc://evil.example/never "sha256:$H1" | jq .num_unblocked)" 2 'unblock'
q unblock mxc://evil.example/never >/dev/null 2>&1
is "$?" 1 '  once'

# undo
fill
q --by mod add aaaaa ccccc >/dev/null
q --by mod remove ccccc >/dev/null
q undo 1 --by eve >"$TMP/out" 2>"$TMP/err"
is "$?:$(jq -c '[.undone,.verb,.num_left,.restored.num_unquarantined]' "$TMP/out")" '1:[1,"add",1,3]' 'undo: what nobody changed since'
is "$(cat "$TMP/err")" 'mxmedia-quarantine: mxc://x.example/ccccc: left as it is: it was changed since, by action 2' '  the rest is named'
like "$(q undo 1 2>&1 >/dev/null)" 'action 1: undone already, by action 3$' '  once'
is "$(q undo 3 | jq -c .restored.num_quarantined):$(shut)" '3:aaaaa bbbbb o.example/rrrrr' 'an undoing can be undone'
is "$(q undo --last --by mod -n | jq -c '[.undone,.restored]')" '[2,{"num_quarantined":1,"dry_run":true}]' 'the last one that is not undone'
q undo --last --by nobody >/dev/null 2>"$TMP/err"
is "$?:$(cat "$TMP/err")" '1:mxmedia-quarantine: nobody has nothing left to undo' '  of that person'
for bad in 99 x 0; do
	q undo "$bad" >/dev/null 2>&1
	is "$?" "$([ "$bad" = 99 ] && echo 1 || echo 2)" "undo $bad"
done

# pages
fill
sql "WITH RECURSIVE i(n) AS (SELECT 0 UNION ALL SELECT n+1 FROM i WHERE n<249) INSERT INTO local_media_repository (media_id, created_ts, user_id)
	SELECT printf('many%04d', n), n, '@w:x.example' FROM i"
q add --user @w:x.example >/dev/null
is "$(q list | jq -c '[(.media|length), .next_token]')" '[100,"mxc://x.example/many0099"]' 'list: a page of 100'
next=$(q list | jq -r .next_token)
is "$(q list --from "$next" --limit 200 | jq -c '[(.media|length), .media[0].media_id, has("next_token")]')" '[150,"many0100",false]' '  the rest'
is "$(q list --all --limit 7 | wc -l)" 250 'all of it, line by line'
is "$(q changes | jq -c '[.next_batch, (.changes|length)]')" '[100,100]' 'changes: a page of 100'
is "$(q changes --from 200 | jq -c '[.next_batch, (.changes|length)]')" '[250,50]' '  the rest'
is "$(q changes --from 250)" '{"next_batch":250,"changes":[]}' '  at the end'
q changes --from 251 >/dev/null 2>"$TMP/err"
is "$?:$(cat "$TMP/err")" '1:mxmedia-quarantine: --from 251: the log ends at 250' '  beyond it'

# previews do not show what is in quarantine
fill
preview() { # preview URL NUMBER HASH
	printf '{"v":1,"url":"%s","docs":[{"rel":"page","url":"%s","type":"text/html","status":200,"media_id":"2026-11-21_page%s","bytes":3,"sha256":"%064d"},{"rel":"image","url":"%s/i","type":"image/png","status":200,"media_id":"2026-11-21_pict%s","bytes":3,"sha256":"%s"}],"og":{"og:title":"T","og:image":"%s/i","og:image:width":10,"og:image:alt":"A"},"thumbs":[]}\n' \
		"$1" "$1" "$2" "$2" "$1" "$2" "$3" "$1"
}
keys() { jq -c '.og | keys'; }
kept='["matrix:image:size","og:image","og:image:alt","og:image:type","og:title"]'
cached() { echo "$1" | mxpreview-cache -d "$S" get | keys; }
is "$(preview http://one 0001 "$H2" | mxpreview-cache -d "$S" put | keys)" "$kept" 'a preview with a picture'
is "$(preview http://two 0002 "$(printf '3%.0s' {1..64})" | mxpreview-cache -d "$S" put | keys)" "$kept" 'and another'
is "$(q add ccccc | jq .num_quarantined)" 2 'its picture goes with another medium of that content'
is "$(cached http://one)" '["og:title"]' 'the cached answer has no picture, and nothing that describes it'
is "$(cached http://two)" "$kept" '  the other has'
is "$(preview http://three 0003 "$H2" | mxpreview-cache -d "$S" put | keys)" '["og:title"]' 'nor has a new one with that content'
is "$(q changes | jq -c '.changes[-1] | [.media_id,.by]')" '["2026-11-21_pict0003","system"]' '  which is logged'
q remove ccccc >/dev/null
is "$(cached http://one):$(cached http://three)" "$kept:$kept" 'when it is free, it is shown again'

# a page to look through
"$BIN/tests/mkimage" -f jpeg 640x480 1 >"$TMP/p.jpg"
mxmedia-put -q -d "$S" --user '@w:localhost' --name '<script>alert(1)</script>"&.jpg' "$TMP/p.jpg" >"$TMP/out"
id=$(jq -r '.content_uri | split("/") | last' "$TMP/out")
sql "INSERT INTO remote_media_cache (media_origin, media_id, filesystem_id, created_ts, media_length, upload_name)
	VALUES ('o.example', 'a''b\$(x)<', 'abcdefgh', 1, 1, char(8238) || 'gpj')"
q add "$id" >/dev/null
q sheet --quarantined >"$TMP/sheet"
is "$(grep -c '<article>' "$TMP/sheet"):$(grep -c 'src="data:image/jpeg;base64,' "$TMP/sheet")" 1:1 'sheet: a medium with its thumbnail'
is "$(grep -ci '<script\|onerror\|javascript:\|http://\|https://' "$TMP/sheet")" 0 '  no script, nothing from elsewhere'
like "$(cat "$TMP/sheet")" "mxmedia-quarantine -d $S remove mxc://x.example/$id<" '  the command that is wanted'
style=$(sed -n 's,.*<style>\(.*\)</style>.*,\1,p' "$TMP/sheet" | tr -d '\n' | openssl dgst -sha256 -binary 2>/dev/null | base64)
is "$(grep -cF "default-src 'none'; img-src data:; style-src 'sha256-$style'" "$TMP/sheet")" 1 '  a policy that knows its style'
sql "SELECT 'mxc://' || media_origin || '/' || media_id FROM remote_media_cache" | q sheet >"$TMP/sheet" 2>"$TMP/err"
like "$(cat "$TMP/sheet")" 'add &#39;mxc://o.example/a&#39;\\&#39;&#39;b\$\(x\)&#60;&#39;' 'names of strangers are words for a shell, and text for a browser'
is "$(grep -c "$(printf '\342\200\256')" "$TMP/sheet")" 0 '  and do not turn lines round'
printf '%s\n' aaaaa bbbbb ccccc | q sheet --limit 2 >"$TMP/sheet"
is "$(grep -c '<article>' "$TMP/sheet"):$(grep -c 'sheet --from 2 --limit 2' "$TMP/sheet")" 2:1 'a page has an end, and says how the next is had'
is "$(q sheet --from 2 aaaaa bbbbb ccccc | grep -c 'x.example/ccccc<')" 1 '  which begins there'
is "$(q sheet --user @u:x.example | grep -c '<article>'):$(q sheet --since 1d | grep -c "<bdi>mxc://x.example/$id<")" 2:1 'of a user; of late'

# hashes
fill
q add ccccc --by mod --reason 'R' >/dev/null
q block "sha256:$H1" --by list >/dev/null
q hashes export >"$TMP/hashes"
is "$(jq -c '[.sha256[0:2],.reason,.by,(.ts>0)]' "$TMP/hashes" | tr '\n' ' ')" '["22","R","mod",true] ["2c",null,"list",true] ' 'hashes export'
fill
{
	cat "$TMP/hashes"
	printf '%s\n' "$B1=" junk '{"sha256":"x"}' "${H1^^}"
} | q hashes import >"$TMP/out" 2>"$TMP/err"
is "$?:$(jq -c '[.num_blocked,.num_quarantined,.hashes,.junk]' "$TMP/out"):$(wc -l <"$TMP/err")" '1:[2,4,4,2]:2' 'hashes import: junk is told and skipped'
is "$(q hashes export | cmp - "$TMP/hashes" && echo same)" same '  what others said of them is kept'

# usage, doors, full disks
for bad in '' frob 'add --room' 'add --room r --user u' 'add x --room r' 'list x' 'show' 'room' 'undo' 'undo 1 --last' 'list --limit 0' 'list --limit 1001' \
	'protect --sha256 x' 'list -n' 'hashes frob' 'add --by system x' 'add --referenced x' 'changes --from x' 'sheet --from x' 'sheet --since never' 'sheet --quarantined x' 'add --quarantined' 'show --from 1 x' 'changes --all' \
	'room #alias:x.example' 'add --room x' 'user alice' 'add --user alice' 'sheet --since 1795283613'; do
	# shellcheck disable=SC2086
	q $bad </dev/null >/dev/null 2>&1
	is "$?" 2 "usage: '$bad'"
done
q add 'no id' mxc://bad 'sha256:12' >/dev/null 2>"$TMP/err"
is "$?:$(wc -l <"$TMP/err")" 1:3 'operands that are no names are told one by one'
fill
q add ccccc >/dev/null
mxmedia-expire -q -d "$S" --server-name x.example delete ccccc >/dev/null
is "$(q show ccccc | jq -c '[.media_info, .content_blocked.reason, .log[0].change]')" '[null,"deleted while quarantined","delete"]' 'show: the content of what was deleted is blocked'
q sheet nowhere >/dev/null 2>"$TMP/err"
is "$?:$(cat "$TMP/err")" '1:mxmedia-quarantine: 1 are not here' 'a page of what is not here says so'
q unblock mxc://o.example/free >/dev/null 2>"$TMP/err"
is "$?:$(cat "$TMP/err")" '1:mxmedia-quarantine: mxc://o.example/free: not blocked' 'so does unblock'
for verb in list 'add x' changes undo\ --last; do
	# shellcheck disable=SC2086
	mxmedia-quarantine -d "$TMP/typo" $verb >/dev/null 2>"$TMP/err"
	is "$?:$(cat "$TMP/err"):$(ls -d "$TMP/typo" 2>/dev/null)" "1:mxmedia-quarantine: $TMP/typo: no store is there:" "$verb makes no store"
done
q list >/dev/full 2>"$TMP/err"
is "$?" 1 'a full device is an error'
like "$(cat "$TMP/err")" 'standard output: .*No space left' '  with its reason'
q --by "$(printf 'ev\033il')" --reason '<b>"' add nnnnn >/dev/null
is "$(q show nnnnn | grep -c "$(printf '\033')"):$(q show nnnnn | jq -r '.log[0].reason')" '0:<b>"' 'what people write stays in its strings'
finish
