[.og["og:title"],.html.extra.price,.html.extra.currency,.html.extra.availability]
