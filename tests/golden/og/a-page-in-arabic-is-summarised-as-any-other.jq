[.og["og:title"],.og["og:description"],.html.extra.dir,.html.lang]
