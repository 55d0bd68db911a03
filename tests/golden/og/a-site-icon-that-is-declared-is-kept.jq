[.og["og:site_icon"]]
