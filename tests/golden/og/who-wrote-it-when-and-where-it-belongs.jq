.html.extra|[.author,.published,.modified,.section,.tags,.theme_color]
