.html.refresh
