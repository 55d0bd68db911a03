.html.extra|[.author,.published,.modified,.section,.tags,.type]
