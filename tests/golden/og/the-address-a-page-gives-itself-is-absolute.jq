[.html.canonical,.og["og:url"]]
