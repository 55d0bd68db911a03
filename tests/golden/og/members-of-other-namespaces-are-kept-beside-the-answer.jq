.html.extra|del(.site_name)
