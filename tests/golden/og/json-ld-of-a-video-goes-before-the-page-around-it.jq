[.og["og:title"],.og["og:image"],.html.extra.video]
