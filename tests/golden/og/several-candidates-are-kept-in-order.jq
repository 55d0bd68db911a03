[.html.images[]|[.url[-5:],.source]]
