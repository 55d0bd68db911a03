#!/usr/bin/env python3
"""What does a Matrix client library (matrix-nio) make of our answers?

usage: TOKEN=... client.py HOMESERVER URL PICTURE [all]     prints a line for each thing it did: "NAME VALUE"
all: the media repository is ours, too
"""
import asyncio
import io
import json
import logging
import os
import struct
import sys
from urllib.parse import quote

from nio import AsyncClient, AsyncClientConfig, ResizingMethod

server, url, picture = sys.argv[1:4]
logging.disable(logging.CRITICAL)


def size(jpeg):
    """Width and height, from the frame header."""
    at = 2
    while at + 9 < len(jpeg):
        kind, length = jpeg[at + 1], struct.unpack(">H", jpeg[at + 2:at + 4])[0]
        if 0xC0 <= kind <= 0xC2:
            height, width = struct.unpack(">HH", jpeg[at + 5:at + 9])
            return f"{width}x{height}"
        at += 2 + length
    return "none"


async def main():
    client = AsyncClient(server, "@alice:test", config=AsyncClientConfig(max_timeouts=1, request_timeout=30))
    client.access_token = os.environ["TOKEN"]
    client.user_id = "@alice:test"
    try:
        print("whoami", (await client.whoami()).user_id)
        path = f"/_matrix/client/v1/media/preview_url?url={quote(url, safe='')}"
        answer = await client.send("GET", path, headers={"Authorization": "Bearer " + client.access_token})
        og = await answer.json()
        print("preview", answer.status, json.dumps(og["og:title"]))
        name, medium = og["og:image"].removeprefix("mxc://").split("/")
        small = await client.thumbnail(name, medium, 320, 240)
        print("thumbnail", small.content_type, size(small.body))
        whole = await client.download(og["og:image"])
        with open(picture, "rb") as f:
            content = f.read()
        print("picture", whole.content_type, whole.body == content)
        if sys.argv[4:]:
            await repository(client, content)
    finally:
        await client.close()


async def repository(client, content):
    up, _ = await client.upload(lambda *_: io.BytesIO(content), "image/jpeg", "Ridge at dawn.jpg", filesize=len(content))
    print("upload", up.content_uri.rsplit("/", 1)[0])
    again = await client.download(up.content_uri)
    print("download", again.content_type, again.filename, again.body == content)
    name, medium = up.content_uri.removeprefix("mxc://").split("/")
    small = await client.thumbnail(name, medium, 96, 96, ResizingMethod.crop)
    print("crop", small.content_type, size(small.body))
    gone = await client.download(server_name=name, media_id="nothing")
    print("nothing", gone.status_code)

asyncio.run(main())
