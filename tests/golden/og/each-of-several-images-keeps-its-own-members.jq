[.html.images[]|[.url,.width,.height,.alt]]
