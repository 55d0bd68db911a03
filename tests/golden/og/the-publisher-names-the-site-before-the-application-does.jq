[.og["og:site_name"],.html.sources["og:site_name"],[.html.others["og:site_name"][]|[.source,.value]]]
