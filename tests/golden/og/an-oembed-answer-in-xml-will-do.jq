.html.oembed
