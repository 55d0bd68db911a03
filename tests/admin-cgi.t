#!/usr/bin/env bash
# mxmedia-cgi, the media admin API: each call with its JSON, its errors, its parameters, and what is logged of it.
. "$(dirname "$0")/lib.sh"
command -v sqlite3 >/dev/null || skip_all 'sqlite3 is needed'

S=$TMP/store C=$TMP/conf A=/_synapse/admin/v1 L=/_matrix/client/v1/media
cd "$TMP" || exit 1
token() { printf '%s %s %s\n' "$(printf %s "$1" | sha256sum | cut -c 1-64)" "$2" "${3:-}"; }
{ token alice @alice:localhost && token root @root:localhost admin; } >tokens
printf '%s\n' 'auth = tokens' "auth_tokens = $TMP/tokens" >"$C"
cgi() { # cgi METHOD URI [NAME=VALUE ...]: the whole answer to an admin, without CR
	local method=$1 uri=$2 as=${AS-root}
	shift 2
	env ${as:+"HTTP_AUTHORIZATION=Bearer $as"} REQUEST_METHOD="$method" REQUEST_URI="$uri" REMOTE_ADDR=192.0.2.7 "$@" \
		"$BIN/mxmedia-cgi" -c "$C" -d "$S" 2>>err </dev/null | tr -d '\r'
}
status() { sed -n '1s/^Status: \([0-9]*\).*/\1/p'; }
body() { sed '1,/^$/d'; }
j() { # j WANT METHOD URI NAME: 200 and that JSON
	local a
	a=$(cgi "$2" "$3")
	is "$(status <<<"$a") $(body <<<"$a")" "200 $1" "$4"
}
e() { # e WANT METHOD URI NAME
	local a
	a=$(cgi "$2" "$3")
	is "$(status <<<"$a") $(body <<<"$a" | jq -r '"\(.errcode): \(.error)"')" "$1" "$4"
}
sql() { sqlite3 "$S/mxpreview.db" "$@"; }
put() { # put TEXT USER [ARG...]: its id
	local text=$1 user=$2
	shift 2
	printf %s "$text" | mxmedia-put -c "$C" -d "$S" --user "$user" "$@" - | json '.content_uri | ltrimstr("mxc://localhost/")'
}
remote() { # remote ORIGIN ID TEXT [LAST_ACCESS]
	local file
	file=$(printf '%024d' "$((RANDOM * 32768 + RANDOM))")
	mkdir -p "$S/remote_content/$1/${file:0:2}/${file:2:2}"
	printf %s "$3" >"$S/remote_content/$1/${file:0:2}/${file:2:2}/${file:4}"
	sql "INSERT INTO remote_media_cache (media_origin, media_id, media_type, created_ts, upload_name, media_length, filesystem_id, last_access_ts, authenticated, sha256)
		VALUES ('$1', '$2', 'text/plain', 1700000000000, NULL, ${#3}, '$file', ${4:-1700000000000}, 1, '$(printf %s "$3" | sha256sum | cut -c 1-64)')"
}

# ---- who may
for call in "GET $A/media/localhost/x" "POST $A/media/quarantine/a/b" "DELETE $A/media/localhost/x" "GET $A/statistics/users/media" "GET /_mxpreview/admin/sheet?quarantined=true"; do
	# shellcheck disable=SC2086 # two words
	AS=alice e '403 M_FORBIDDEN: You are not a server admin' $call "$call: not for everybody"
	# shellcheck disable=SC2086
	AS='' e '401 M_MISSING_TOKEN: Missing access token' $call "$call: nor for nobody"
done
AS=eve e '401 M_UNKNOWN_TOKEN: Invalid access token passed.' GET $A/media/localhost/x 'an unknown token'
is "$(cgi OPTIONS $A/media/localhost/x | status)" 204 'OPTIONS asks nobody'
e '405 M_UNRECOGNIZED: Unrecognized request' POST $A/media/localhost/x 'a method that is none'

# ---- F13, while nothing has happened
j '{"next_batch":1,"changes":[]}' GET $A/media/quarantine_changes 'no changes yet'
e '400 M_INVALID_PARAM: Query parameter from must be at most 1' GET "$A/media/quarantine_changes?from=2" 'beyond the end'
e '400 M_INVALID_PARAM: Query parameter from must be an integer' GET "$A/media/quarantine_changes?from=x" 'from nowhere'

# ---- F1
M=$(put hello @alice:localhost --type text/plain --name h.txt)
H=$(printf hello | sha256sum | cut -c 1-64)
T=$(sql "SELECT created_ts FROM local_media_repository WHERE media_id = '$M'")
info() { # info QUARANTINED_BY PROTECTED
	echo "{\"media_info\":{\"media_origin\":null,\"user_id\":\"@alice:localhost\",\"media_id\":\"$M\",\"media_type\":\"text/plain\",\"media_length\":5,\"upload_name\":\"h.txt\",\"created_ts\":$T,\"filesystem_id\":null,\"url_cache\":null,\"last_access_ts\":null,\"quarantined_by\":$1,\"authenticated\":true,\"safe_from_quarantine\":$2,\"sha256\":\"$H\"}}"
}
j "$(info null false)" GET "$A/media/localhost/$M" 'media_info of ours'
remote else.where Rem hello
is "$(cgi GET $A/media/else.where/Rem | body | jq -c '.media_info | [keys_unsorted, .media_origin, .user_id, .url_cache, .safe_from_quarantine, .authenticated, (.filesystem_id | length)]')" \
	'[["media_origin","user_id","media_id","media_type","media_length","upload_name","created_ts","filesystem_id","url_cache","last_access_ts","quarantined_by","authenticated","safe_from_quarantine","sha256"],"else.where",null,null,null,true,24]' "media_info of another server's"
e '404 M_NOT_FOUND: Unknown media' GET $A/media/localhost/none 'what is not there'
e '404 M_NOT_FOUND: Unknown media' GET "$A/media/..%2F/..%2F" 'what cannot be'

# ---- F3, F4, F7
j '{}' POST "$A/media/quarantine/localhost/$M" 'quarantine'
j "$(info '"@root:localhost"' false)" GET "$A/media/localhost/$M" 'by whom'
is "$(sql "SELECT quarantined_by FROM remote_media_cache")" @root:localhost 'a copy of it follows'
is "$(cgi GET "$L/download/localhost/$M" | status)" 404 'nobody gets it'
j '{}' POST "$A/media/quarantine/localhost/$M" 'again'
j "{\"next_batch\":3,\"changes\":[{\"origin\":\"localhost\",\"media_id\":\"$M\",\"quarantined\":true},{\"origin\":\"else.where\",\"media_id\":\"Rem\",\"quarantined\":true}]}" \
	GET "$A/media/quarantine_changes" 'each is logged once'
j '{"next_batch":3,"changes":[]}' GET "$A/media/quarantine_changes?from=3" 'nothing since'
j '{}' POST "$A/media/unquarantine/else.where/Rem" 'unquarantine'
is "$(cgi GET "$L/download/localhost/$M" | body)" hello 'both are free'
j '{}' POST "$A/media/quarantine/else.where/unknown" 'what is not there'
j '{}' POST "$A/media/quarantine/..%2F/%2F" 'what cannot be'
j '{}' POST "$A/media/protect/$M" 'protect'
j '{}' POST "$A/media/quarantine/localhost/$M" 'quarantine what is protected'
j '{}' POST "$A/media/unquarantine/else.where/Rem" 'its copy was not protected'
is "$(cgi GET "$A/media/localhost/$M" | body | jq -c '.media_info | [.quarantined_by, .safe_from_quarantine]')" '[null,true]' 'it stays'
j '{}' POST "$A/media/unprotect/$M" 'unprotect'
e '404 M_UNKNOWN: No row found (local_media_repository)' POST "$A/media/protect/none" 'protect what is not there'
e '404 M_UNKNOWN: No row found (local_media_repository)' POST "$A/media/unprotect/none" 'nor unprotect'
is "$(sql 'SELECT DISTINCT by_user FROM media_actions')" @root:localhost 'the log says who did it'

# ---- F2, F5, F6
B=$(put b @bob:localhost) D=$(put d @bob:localhost)
remote else.where Room room
mxmedia-index -c "$C" -d "$S" >/dev/null <<END
{"room_id":"!r:localhost","event_id":"\$1","sender":"@bob:localhost","type":"m.room.message","origin_server_ts":1,"content":{"msgtype":"m.image","url":"mxc://localhost/$B"}}
{"room_id":"!r:localhost","event_id":"\$2","sender":"@bob:localhost","type":"m.room.message","origin_server_ts":2,"content":{"msgtype":"m.file","file":{"url":"mxc://else.where/Room"}}}
{"room_id":"!r:localhost","event_id":"\$3","sender":"@bob:localhost","type":"m.room.message","origin_server_ts":3,"content":{"msgtype":"m.image","url":"mxc://else.where/away"}}
END
j "{\"local\":[\"mxc://localhost/$B\"],\"remote\":[\"mxc://else.where/away\",\"mxc://else.where/Room\"]}" GET "$A/room/!r:localhost/media" 'the media of a room'
j "{\"local\":[\"mxc://localhost/$B\"],\"remote\":[\"mxc://else.where/away\",\"mxc://else.where/Room\"]}" GET "$A/room/%21r%3Alocalhost/media" 'its name %-encoded'
j '{"local":[],"remote":[]}' GET "$A/room/!none:localhost/media" 'of an unknown room'
j '{"num_quarantined":2}' POST "$A/room/!r:localhost/media/quarantine" 'a whole room'
j '{"num_quarantined":0}' POST "$A/quarantine_media/!r:localhost" 'again, by the old path'
j '{"num_quarantined":0}' POST "$A/room/!none:localhost/media/quarantine" 'an unknown room'
j '{"num_quarantined":1}' POST "$A/user/@bob:localhost/media/quarantine" 'what else a user has'
j '{"num_quarantined":0}' POST "$A/user/@none:localhost/media/quarantine" 'an unknown user'
is "$(sql "SELECT count(*) FROM local_media_repository WHERE quarantined_by = '@root:localhost'")" 2 'all of it'

# ---- F11, F12
e '400 M_UNKNOWN: Can only look up local users' GET "$A/users/@bob:else.where/media" "another server's user"
e '400 M_INVALID_PARAM: That is no user id' GET "$A/users/bob/media" 'no user at all'
is "$(cgi GET "$A/users/@bob:localhost/media?order_by=media_id" | body | jq -c '[.total, (.media | length), (.media[0] | keys_unsorted), has("next_token")]')" \
	'[2,2,["media_id","media_type","media_length","upload_name","created_ts","url_cache","last_access_ts","quarantined_by","safe_from_quarantine","user_id","authenticated","sha256"],false]' 'the media of a user'
is "$(cgi GET "$A/users/@bob:localhost/media?order_by=media_id&dir=f&limit=1" | body | jq -c '[.media[0].media_id, .next_token, .total]')" "$(printf '%s\n' "$B" "$D" | LC_ALL=C sort | head -1 | jq -Rc '[., 1, 2]')" 'a page of them'
is "$(cgi GET "$A/users/@bob:localhost/media?from=1&order_by=media_id" | body | jq -c '[(.media | length), has("next_token")]')" '[1,false]' 'the last page'
j '{"media":[],"total":0}' GET "$A/users/@nobody:localhost/media" 'who has none'
e "400 M_INVALID_PARAM: Query parameter 'order_by' must be one of ['media_id', 'upload_name', 'created_ts', 'last_access_ts', 'media_length', 'media_type', 'quarantined_by', 'safe_from_quarantine']" GET "$A/users/@bob:localhost/media?order_by=x" 'an order that is none'
e "400 M_INVALID_PARAM: Query parameter 'dir' must be one of ['b', 'f']" GET "$A/users/@bob:localhost/media?dir=x" 'a direction that is none'
e '400 M_INVALID_PARAM: Query parameter limit must be a positive integer.' GET "$A/users/@bob:localhost/media?limit=-1" 'a page that is none'
is "$(cgi DELETE "$A/users/@bob:localhost/media?limit=1&order_by=media_id" | body)" "{\"deleted_media\":[\"$(printf '%s\n' "$B" "$D" | LC_ALL=C sort | head -1)\"],\"total\":1}" 'a page is deleted'
is "$(cgi DELETE "$A/users/@bob:localhost/media" | body | jq -c '[(.deleted_media | length), .total]')" '[1,1]' 'the rest'
j '{"deleted_media":[],"total":0}' DELETE "$A/users/@bob:localhost/media" 'nothing is left'
is "$(printf b | mxmedia-put -c "$C" -d "$S" - 2>/dev/null | jq -r .quarantined_by)" system 'what was in quarantine stays out'

# ---- F14
is "$(cgi GET "$A/statistics/users/media" | body)" '{"users":[{"user_id":"@alice:localhost","displayname":null,"media_count":1,"media_length":5}],"total":1}' 'who has how much'
is "$(put xx @carol:localhost >/dev/null && cgi GET "$A/statistics/users/media?order_by=media_length&dir=b&limit=1" | body | jq -c '[.users[0].user_id, .next_token, .total]')" '["@alice:localhost",1,2]' 'a page'
e '400 M_INVALID_PARAM: Query parameter search_term cannot be an empty string.' GET "$A/statistics/users/media?search_term=" 'a search for nothing'
e '400 M_INVALID_PARAM: Query parameter until_ts must be greater than from_ts.' GET "$A/statistics/users/media?from_ts=5&until_ts=5" 'a time that is none'
is "$(cgi GET "$A/statistics/users/media?search_term=caro" | body | jq -c '[.users[].user_id]')" '["@carol:localhost"]' 'a search'

# ---- F8
e '400 M_UNKNOWN: Can only delete local media' DELETE "$A/media/else.where/Rem" "another server's is not deleted"
e '404 M_NOT_FOUND: Unknown media' DELETE "$A/media/localhost/none" 'nor what is not there'
j '{}' POST "$A/media/protect/$M" 'what is protected'
j "{\"deleted_media\":[\"$M\"],\"total\":1}" DELETE "$A/media/localhost/$M" 'is deleted, if somebody says so'
e '404 M_NOT_FOUND: Unknown media' GET "$A/media/localhost/$M" 'then it is gone'
is "$(find "$S/local_content" -type f -path "*/${M:0:2}/${M:2:2}/${M:4}" | wc -l)" 0 'its file, too'

# ---- F9, F10
sql "DELETE FROM local_media_repository"
old() { # old ID TEXT: an upload of 2023
	sql "UPDATE local_media_repository SET created_ts = 1700000000000, last_access_ts = NULL WHERE media_id = '$1'"
}
X=$(put old-and-large @alice:localhost) && old "$X"
Y=$(put old @alice:localhost) && old "$Y"
Z=$(put avatar @alice:localhost) && old "$Z"
put new @alice:localhost >/dev/null
printf '{"user_id":"@alice:localhost","avatar_url":"mxc://localhost/%s","displayname":"Alice"}\n' "$Z" | mxmedia-index -c "$C" -d "$S" >/dev/null
for p in media/delete media/localhost/delete purge_media_cache; do
	e '400 M_MISSING_PARAM: Missing required integer query parameter before_ts' POST "$A/$p" "$p: no time"
	is "$(cgi POST "$A/$p?before_ts=1700000000" | status):$(cgi POST "$A/$p?before_ts=1700000000" | body | json .errcode)" 400:M_INVALID_PARAM "$p: a time in seconds"
	e '400 M_INVALID_PARAM: Query parameter before_ts must be an integer' POST "$A/$p?before_ts=now" "$p: no number"
done
e "400 M_INVALID_PARAM: Boolean query parameter 'keep_profiles' must be one of ['true', 'false']" POST "$A/media/delete?before_ts=1700000001000&keep_profiles=1" 'neither true nor false'
e '400 M_INVALID_PARAM: Query parameter size_gt must be a positive integer.' POST "$A/media/delete?before_ts=1700000001000&size_gt=-1" 'a size that is none'
e '400 M_UNKNOWN: Can only delete local media' POST "$A/media/else.where/delete?before_ts=1700000001000" "not another server's"
j "{\"deleted_media\":[\"$X\"],\"total\":1}" POST "$A/media/delete?before_ts=1700000001000&size_gt=6" 'what is old and large'
j "{\"deleted_media\":[\"$Y\"],\"total\":1}" POST "$A/media/localhost/delete?before_ts=1700000001000" 'what is old, by the old path'
j "{\"deleted_media\":[\"$Z\"],\"total\":1}" POST "$A/media/delete?before_ts=1700000001000&keep_profiles=false" 'avatars, if they are not to be kept'
remote else.where Young x 1900000000000
j '{"deleted":1}' POST "$A/purge_media_cache?before_ts=1700000001000" "other servers'"
is "$(sql "SELECT group_concat(media_id) FROM (SELECT media_id FROM remote_media_cache ORDER BY 1)")" Room,Young 'what is new, or in quarantine, stays'

# ---- what goes along
sql "INSERT INTO local_media_repository (media_id, media_type, media_length, created_ts, url_cache) VALUES
  ('2026-05-05_page', 'text/html', 1, 1900000000000, 'x'), ('2026-05-05_pic', 'image/png', 1, 1900000000000, 'y');
  INSERT INTO local_media_repository_url_cache (url, response_code, expires_ts, og, media_id, download_ts)
  VALUES ('https://p.example/', 200, 1900000000000, '{\"og:image\":\"mxc://localhost/2026-05-05_pic\"}', '2026-05-05_page', 1)"
j '{"deleted_media":["2026-05-05_pic","2026-05-05_page"],"total":2}' DELETE "$A/media/localhost/2026-05-05_pic" 'with a picture the page of the preview that shows it'

# ---- F13, pages (spec F.8)
rm -rf "$S"
for i in $(seq 105); do echo "$i" >"f$i"; done
mxmedia-put -c "$C" -d "$S" --user @many:localhost f[0-9]* >/dev/null
j '{"num_quarantined":105}' POST "$A/user/@many:localhost/media/quarantine" 'many'
is "$(cgi GET $A/media/quarantine_changes | body | jq -c '[.next_batch, (.changes | length)]')" '[101,100]' 'the first page'
is "$(cgi GET "$A/media/quarantine_changes?from=101" | body | jq -c '[.next_batch, (.changes | length)]')" '[106,5]' 'the second'
j '{"next_batch":106,"changes":[]}' GET "$A/media/quarantine_changes?from=106" 'no third'
is "$(cgi GET "$A/users/@many:localhost/media" | body | jq -c '[.next_token, .total, (.media | length)]')" '[100,105,100]' 'a page of their owner'
is "$(cgi DELETE "$A/users/@many:localhost/media?limit=1000" | body | jq -c '[(.deleted_media | unique | length), .total]')" '[105,105]' 'all of them are deleted'

# ---- the sheet
put look @alice:localhost >/dev/null
a=$(cgi GET "/_mxpreview/admin/sheet?user=@alice:localhost")
is "$(status <<<"$a")" 200 'a page to look at'
like "$a" "^Content-Type: text/html; charset=UTF-8" 'its type'
like "$a" "^Content-Security-Policy: sandbox; default-src 'none'; img-src data:" 'it may ask nobody'
like "$(body <<<"$a")" '<!DOCTYPE html>|<!doctype html>' 'is HTML'
e '400 M_MISSING_PARAM: Missing one of the query parameters room, user, since, quarantined' GET /_mxpreview/admin/sheet 'of what?'
e '400 M_INVALID_PARAM: That is no room, user, time or number' GET '/_mxpreview/admin/sheet?since=yesterday' 'of when?'

# ---- a browser that is logged in may be made to send forms by other sites
printf '%s\n' 'auth = header' 'auth_header = REMOTE_USER' 'admin = @root:localhost' >"$C"
while read -r want headers; do
	read -ra headers <<<"$headers"
	is "$(AS='' cgi POST "$A/media/quarantine/localhost/nobody" REMOTE_USER=root HTTP_HOST=example.org "${headers[@]}" | status)" "$want" \
		"a POST with ${headers[*]:-nothing that tells its site}: $want"
done <<'END'
200
200 HTTP_SEC_FETCH_SITE=same-origin
200 HTTP_ORIGIN=https://example.org
403 HTTP_SEC_FETCH_SITE=cross-site
403 HTTP_SEC_FETCH_SITE=same-site HTTP_ORIGIN=https://example.org
403 HTTP_ORIGIN=https://evil.example
403 HTTP_ORIGIN=null
END
is "$(AS='' cgi GET "$A/media/quarantine_changes" REMOTE_USER=root HTTP_SEC_FETCH_SITE=cross-site | status)" 200 'what changes nothing may be asked from anywhere'
finish
