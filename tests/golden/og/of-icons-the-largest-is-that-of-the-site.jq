[.html.extra["og:site_icon"]]
