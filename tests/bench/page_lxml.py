"""What does the reference do with a page?  Its steps with the library it uses: decode, lxml's tree, XPath for metas, the
fallbacks for title, image and description, the text of the body.  usage: page_lxml.py FILE...: nanoseconds per file."""
import re
import sys
import time

from lxml import etree

SILENT = {"header", "nav", "aside", "footer", "script", "noscript", "style", "svg", "iframe", "video", "canvas", "img", "picture"}
CHARSET = re.compile(rb'<\s*meta[^>]*charset\s*=\s*"?([a-z0-9_-]+)', re.I)


def charset(page):
    found = CHARSET.search(page[:1024])
    for name in ([found.group(1).decode()] if found else []) + ["utf-8", "windows-1252"]:
        try:
            page.decode(name)
            return name
        except (LookupError, UnicodeDecodeError):
            pass
    return None


def metas(tree, attribute, prefix):
    return {m.get(attribute): m.get("content")
            for m in tree.xpath(f"//*/meta[starts-with(@{attribute}, '{prefix}:')][@content][not(@content='')]")}


def texts(body):
    stack = [body]
    while stack:
        one = stack.pop()
        if isinstance(one, str):
            yield one
        elif one.tag not in SILENT and one.tag is not etree.Comment:
            if one.text:
                yield one.text
            for child in reversed(one):
                if child.tail:
                    stack.append(child.tail)
                stack.append(child)


def describe(page):
    tree = etree.fromstring(page, etree.HTMLParser(recover=True, encoding=charset(page)))
    og = {}
    for prefix in ("og", "article", "profile"):
        og.update(metas(tree, "property", prefix))
    for key, value in metas(tree, "name", "twitter").items():
        og.setdefault("og" + key[7:], value)
    if "og:title" not in og:
        found = tree.xpath("((//title)[1] | (//h1)[1] | (//h2)[1] | (//h3)[1])/text()")
        og["og:title"] = found[0].strip() if found else None
    if "og:image" not in og:
        found = tree.xpath("//img[@src][number(@width)>10][number(@height)>10]")
        found = sorted(found, key=lambda i: -float(i.get("width")) * float(i.get("height"))) or tree.xpath("//img[@src]")
        og["og:image"] = found[0].get("src") if found else None
    if "og:description" not in og:
        found = tree.xpath("//*/meta[translate(@name,'DESCRIPTON','descripton')='description']/@content")
        body = None if found else tree.find("body")
        if found:
            og["og:description"] = found[0]
        elif body is not None:
            text = "\n\n".join(filter(None, (re.sub(r"\s+", "\n", t).strip() for t in texts(body))))
            og["og:description"] = text[:500]
    return og


for path in sys.argv[1:]:
    with open(path, "rb") as f:
        data = f.read()
    start = time.perf_counter_ns()
    describe(data)
    print(time.perf_counter_ns() - start)
