# What would the usual homeserver do?  The reference's steps with the libraries it uses, in one process: fetch with
# urllib, parse with lxml, five thumbnails with Pillow (LANCZOS, JPEG quality 80), a row in SQLite.  URLs on stdin, one
# line of JSON each on stdout.  A stand-in for comparison: no address checks, no limits, nothing is parsed twice.
import hashlib
import io
import json
import os
import sqlite3
import sys
import urllib.parse
import urllib.request

from lxml import etree
from PIL import Image

SIZES = [(32, 32, "crop"), (96, 96, "crop"), (320, 240, "scale"), (640, 480, "scale"), (800, 600, "scale")]


def keep(path, data):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(data)


def scale(image, w, h):
    if w * image.height < h * image.width:
        return image.resize((w, max(w * image.height // image.width, 1)), Image.LANCZOS)
    return image.resize((max(h * image.width // image.height, 1), h), Image.LANCZOS)


def crop(image, w, h):
    if w * image.height > h * image.width:
        big = image.resize((w, w * image.height // image.width), Image.LANCZOS)
    else:
        big = image.resize((h * image.width // image.height, h), Image.LANCZOS)
    left, top = (big.width - w) // 2, (big.height - h) // 2
    return big.crop((left, top, left + w, top + h))


def thumbnails(store, name, data):
    image = Image.open(io.BytesIO(data))
    for w, h, method in SIZES:
        small = (crop if method == "crop" else scale)(image, w, h)
        out = io.BytesIO()
        small.save(out, "JPEG", quality=80)
        keep(f"{store}/thumbs/{name}/{small.width}-{small.height}-{method}", out.getvalue())
    return image.width, image.height


def preview(store, url):
    with urllib.request.urlopen(url) as answer:
        page = answer.read()
    keep(f"{store}/pages/{hashlib.sha256(url.encode()).hexdigest()}", page)
    tree = etree.fromstring(page, etree.HTMLParser(recover=True, encoding="utf-8"))
    og = {m.get("property"): m.get("content") for m in tree.xpath("//*/meta[starts-with(@property, 'og:')]")}
    if "og:title" not in og:
        og["og:title"] = "".join(tree.xpath("//title[1]/text()")).strip()
    if "og:description" not in og:
        og["og:description"] = " ".join("".join(tree.xpath("//p//text()")).split())[:500]
    if og.get("og:image"):
        with urllib.request.urlopen(urllib.parse.urljoin(url, og["og:image"])) as answer:
            data = answer.read()
        name = hashlib.sha256((url + "#image").encode()).hexdigest()
        keep(f"{store}/images/{name}", data)
        og["og:image"] = "mxc://localhost/" + name
        og["og:image:width"], og["og:image:height"] = thumbnails(store, name, data)
        og["matrix:image:size"] = len(data)
    return json.dumps(og)


def main(store):
    db = sqlite3.connect(os.path.join(store, "db"))
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("CREATE TABLE IF NOT EXISTS cache (url TEXT PRIMARY KEY, og TEXT)")
    for url in map(str.strip, sys.stdin):
        row = db.execute("SELECT og FROM cache WHERE url = ?", (url,)).fetchone()
        if row is None:
            row = (preview(store, url),)
            db.execute("INSERT INTO cache VALUES (?, ?)", (url, row[0]))
            db.commit()
        print(row[0], flush=True)


main(sys.argv[1])
