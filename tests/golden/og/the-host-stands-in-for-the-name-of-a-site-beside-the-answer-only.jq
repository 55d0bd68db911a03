[.html.extra.site_name,.og["og:site_name"]]
