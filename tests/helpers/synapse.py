#!/usr/bin/env python3
"""A small Synapse of the tests: its database and its media store.  usage: synapse.py DIR [old|events=N]"""
import hashlib
import os
import sqlite3
import sys

top, how = sys.argv[1], sys.argv[2:]
old = "old" in how
os.makedirs(top + "/media_store", exist_ok=True)
db = sqlite3.connect(top + "/homeserver.db")
new = "" if old else ", safe_from_quarantine BOOLEAN NOT NULL DEFAULT 0, authenticated BOOLEAN NOT NULL DEFAULT 0, sha256 TEXT"
new_remote = "" if old else ", authenticated BOOLEAN NOT NULL DEFAULT 0, sha256 TEXT"
db.executescript(f"""
CREATE TABLE local_media_repository (media_id TEXT, media_type TEXT, media_length INTEGER, created_ts BIGINT, upload_name TEXT,
  user_id TEXT, quarantined_by TEXT, url_cache TEXT, last_access_ts BIGINT{new}, UNIQUE (media_id));
CREATE TABLE local_media_repository_thumbnails (media_id TEXT, thumbnail_width INTEGER, thumbnail_height INTEGER,
  thumbnail_type TEXT, thumbnail_method TEXT, thumbnail_length INTEGER);
CREATE TABLE remote_media_cache (media_origin TEXT, media_id TEXT, media_type TEXT, created_ts BIGINT, upload_name TEXT,
  media_length INTEGER, filesystem_id TEXT, last_access_ts BIGINT, quarantined_by TEXT{new_remote}, UNIQUE (media_origin, media_id));
CREATE TABLE remote_media_cache_thumbnails (media_origin TEXT, media_id TEXT, thumbnail_width INTEGER, thumbnail_height INTEGER,
  thumbnail_method TEXT, thumbnail_type TEXT, thumbnail_length INTEGER, filesystem_id TEXT);
CREATE TABLE profiles (user_id TEXT, displayname TEXT, avatar_url TEXT{'' if old else ', full_user_id TEXT'});
CREATE TABLE user_directory (user_id TEXT, room_id TEXT, display_name TEXT, avatar_url TEXT);
CREATE TABLE room_memberships (event_id TEXT, user_id TEXT, sender TEXT, room_id TEXT, membership TEXT, avatar_url TEXT);
CREATE TABLE room_stats_state (room_id TEXT, name TEXT, avatar TEXT);
CREATE TABLE event_json (event_id TEXT, room_id TEXT, internal_metadata TEXT, json TEXT, format_version INTEGER);
""")


def put(path, data):
    path = f"{top}/media_store/{path}"
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(data)


def parts(i):
    return f"{i[:2]}/{i[2:4]}/{i[4:]}"


def local(i, data, **row):
    if data is not None:
        url = row.get("url_cache")
        put((f"url_cache/{i[:10]}/{i[11:]}" if i[4:5] == "-" else f"url_cache/{parts(i)}") if url else f"local_content/{parts(i)}", data)
    row = {"media_id": i, "media_type": "text/plain", "media_length": len(data) if data is not None else None, "created_ts": 1000,
           "user_id": "@alice:example.org", **row}
    insert("local_media_repository", row)


def remote(origin, i, file, data, **row):
    if data is not None:
        put(f"remote_content/{origin}/{parts(file)}", data)
    insert("remote_media_cache", {"media_origin": origin, "media_id": i, "filesystem_id": file, "media_type": "image/png",
                                  "created_ts": 2000, "media_length": len(data) if data is not None else 9, **row})


def insert(table, row):
    db.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})", list(row.values()))


local("aabbPlain", b"plain", upload_name="plain.txt", last_access_ts=5000)
local("aabbBad", b"bad content", quarantined_by="@mod:example.org", **({} if old else {"sha256": hashlib.sha256(b"bad content").hexdigest()}))
local("aabbNoLength", b"length unknown", media_length=None)
local("aabbPending", None, media_type=None)
local("2024-01-02_fetched", b"fetched", url_cache="https://example.com/")
local("oldfetched", b"old fetched", url_cache="https://example.com/old")
insert("local_media_repository_thumbnails", {"media_id": "aabbPlain", "thumbnail_width": 32, "thumbnail_height": 32,
                                             "thumbnail_type": "image/png", "thumbnail_method": "crop", "thumbnail_length": 5})
put("local_thumbnails/aa/bb/Plain/32-32-image-png-crop", b"thumb")
remote("remote.example", "One", "rrssFileOne", b"remote one", last_access_ts=7000)
insert("remote_media_cache_thumbnails", {"media_origin": "remote.example", "media_id": "One", "thumbnail_width": 64, "thumbnail_height": 48,
                                         "thumbnail_method": "scale", "thumbnail_type": "image/jpeg", "thumbnail_length": 6, "filesystem_id": "rrssFileOne"})
put("remote_thumbnail/remote.example/rr/ss/FileOne/64-48-image-jpeg", b"legacy")
insert("profiles", {"user_id": "alice", "displayname": "Alice", "avatar_url": "mxc://example.org/aabbPlain",
                    **({} if old else {"full_user_id": "@alice:example.org"})})
insert("room_stats_state", {"room_id": "!r:example.org", "name": "R", "avatar": "mxc://example.org/roomavatar"})
if old:
    insert("room_memberships", {"event_id": "$m", "user_id": "@alice:example.org", "sender": "@alice:example.org", "room_id": "!r:example.org",
                                "membership": "join", "avatar_url": "mxc://example.org/memberavatar"})
else:
    insert("event_json", {"event_id": "$e", "room_id": "!r:example.org", "json": '{"type":"m.room.message","sender":"@alice:example.org",'
                          '"origin_server_ts":5,"content":{"url":"mxc://remote.example/One"}}'})
    insert("event_json", {"event_id": "$f", "room_id": "!r:example.org", "json": '{"type":"m.room.redaction","sender":"@mod:example.org",'
                          '"origin_server_ts":6,"redacts":"$e","content":{}}'})
for n in [int(x[7:]) for x in how if x.startswith("events=")]:
    db.executemany("INSERT INTO event_json (event_id, room_id, json) VALUES (?, ?, ?)", (
        (f"$many{i}", "!many:example.org", '{"type":"m.room.message","sender":"@alice:example.org","origin_server_ts":%d,"content":{"url":"mxc://x/%d"}}' % (i, i))
        for i in range(n)))
if "broken" in how:
    local("../../etc/passwd", None)
    local("abc", None)
    local("aabbMissing", None, media_length=5)
    local("aabbShort", b"short", media_length=50)
    local("aabbNegative", b"x", media_length=-5)
    local("aabbText", b"x", media_length="many")
    local("aabbBlob", b"x", upload_name=b"\xff\x00")
    local("aabbUser", b"x", user_id="nobody")
    local("aabbHash", b"hash", sha256="00" * 32)
    local(None, None) if False else insert("local_media_repository", {"media_type": "x", "media_length": 1})
    remote("../up", "x", "rrssX", None)
    remote("example.org", "ours", "rrssOurs", b"ours")
    remote("remote.example", "a/b", "rrssSlash", b"x")
    remote("remote.example", "Path", "../../x", None)
    remote("remote.example", "Nothing", "rrssNothing", None)
    os.symlink("/etc/passwd", top + "/media_store/remote_content/remote.example/rr/ss/Link")
    remote("remote.example", "Link", "rrssLink", None, media_length=os.path.getsize("/etc/passwd"))
    remote("remote.example", "Twin", "rrssFileOne", b"remote one", sha256="00" * 32)
    remote("remote.example", "Fresh", "rrssFresh", b"fresh")
    remote("remote.example", "FreshTwin", "rrssFresh", b"fresh", sha256="00" * 32)
    local("aabbLong", b"long", upload_name="n" * (1 << 20), quarantined_by="@" + "m" * 5000, media_type="text/html\r\nX-Evil: 1")
    local("aabbFuture", b"future", created_ts=(1 << 63) - 1, last_access_ts=(1 << 63) - 1)
    local("aabbReserved", None, media_type=None, created_ts=(1 << 63) - 1)
    insert("local_media_repository", {"media_id": "aabbHuge", "upload_name": "x" * (5 << 20), "media_length": 1, "created_ts": 1})
    local("aabbAfter", b"after the huge one")
    insert("local_media_repository_thumbnails", {"media_id": "aabbAfter", "thumbnail_width": -1, "thumbnail_height": "x", "thumbnail_type": "../..",
                                                 "thumbnail_method": None, "thumbnail_length": 1 << 40})
    insert("event_json", {"event_id": "$bad", "room_id": 7, "json": "{"})
db.commit()
