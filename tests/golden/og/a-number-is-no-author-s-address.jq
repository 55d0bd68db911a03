.html.extra.author
