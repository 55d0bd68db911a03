.html.extra.published
