[.og["og:locale"],.og["og:locale:alternate"],.html.lang,.html.extra.dir]
