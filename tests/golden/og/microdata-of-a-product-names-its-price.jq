[.og["og:title"],.og["og:image"],.html.extra.price,.html.extra.currency,.html.extra.availability]
