# Media made by hand: rows and files, for the tests of what removes and checks them.  Source it after lib.sh.
# shellcheck shell=bash disable=SC2034
S=$TMP/store
umask 077
NOW=$(date +%s%3N)
DAY=86400000
sql() { sqlite3 "$S/mxpreview.db" "$@"; }
store_make() { # with the reserve of mxmedia-expire
	mxmedia-index -q -d "$S" </dev/null >/dev/null
	mxmedia-expire -q -d "$S" previews >/dev/null
}

# file PATH BYTES: a file below the store.
file() {
	mkdir -p "$S/$(dirname "$1")"
	head -c "$2" /dev/zero >"$S/$1"
}
hash_of() { sha256sum "$S/$1" | cut -d' ' -f1; }
local_path() { printf 'local_content/%s/%s/%s' "${1:0:2}" "${1:2:2}" "${1:4}"; }
fetched_path() { printf 'url_cache/%s/%s' "${1:0:10}" "${1:11}"; }
remote_path() { printf 'remote_content/%s/%s/%s/%s' "$1" "${2:0:2}" "${2:2:2}" "${2:4}"; }

# upload ID AGE-IN-DAYS [BYTES [USER [COLUMN=VALUE]...]]: last used so long ago.
upload() {
	local id=$1 age=$2 bytes=${3:-10} user=${4:-@alice:localhost} set=''
	[ $# -gt 4 ] && shift 4 && set="UPDATE local_media_repository SET $(IFS=,; printf '%s' "$*") WHERE media_id='$id';"
	file "$(local_path "$id")" "$bytes"
	sql "INSERT INTO local_media_repository (media_id, media_type, media_length, created_ts, user_id, sha256)
	  VALUES ('$id', 'image/png', $bytes, $((NOW - age * DAY)), '$user', '$(hash_of "$(local_path "$id")")-$id'); $set"
}
# remote ORIGIN ID FILE-ID AGE-IN-DAYS [BYTES]
remote() {
	file "$(remote_path "$1" "$3")" "${5:-10}"
	sql "INSERT INTO remote_media_cache (media_origin, media_id, media_type, created_ts, media_length, filesystem_id,
	  last_access_ts, sha256) VALUES ('$1', '$2', 'image/png', $((NOW - $4 * DAY)), ${5:-10}, '$3', $((NOW - $4 * DAY)), 'hash-$2')"
}
# fetched ID TYPE AGE-IN-HOURS [BYTES]: a document of a preview.
fetched() {
	file "$(fetched_path "$1")" "${4:-10}"
	sql "INSERT INTO local_media_repository (media_id, media_type, media_length, created_ts, url_cache, sha256)
	  VALUES ('$1', '$2', ${4:-10}, $((NOW - $3 * 3600000)), 'https://example.org/$1', 'hash-$1')"
}
# thumb ID: one thumbnail of a fetched or uploaded picture.
thumb() {
	local dir=url_cache_thumbnails/${1:0:10}/${1:11}
	[[ $1 == 20??-* ]] || dir=local_thumbnails/${1:0:2}/${1:2:2}/${1:4}
	file "$dir/32-32-image-jpeg-crop" 5
	sql "INSERT INTO local_media_repository_thumbnails VALUES ('$1', 32, 32, 'image/jpeg', 'crop', 5)"
}
# preview URL MEDIA-ID EXPIRES-IN-HOURS [ERROR-IN-HOURS [OG]]
preview() {
	sql "INSERT INTO local_media_repository_url_cache (url, response_code, expires_ts, og, media_id, download_ts, error_ts)
	  VALUES ('$1', 200, $((NOW + $3 * 3600000)), '${5:-{\}}', '$2', $((NOW - 7200000)), $((NOW + ${4:-$3} * 3600000)))"
}
there() { [ -e "$S/$1" ] && echo there || echo gone; }
count() { sql "SELECT count(*) FROM $1"; }
files() { find "$S" -path "$S/url_cache/robots" -prune -o -mindepth 2 -type f -print | wc -l; }
