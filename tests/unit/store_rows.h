/* Rows for the tests of the cache, and questions that find them. */
#ifndef TESTS_STORE_ROWS_H
#define TESTS_STORE_ROWS_H

#include "store/cache.h"
#include "tests/unit/tap.h"

__attribute__((unused)) static void
put(struct store *s, const char *url, const char *og, int64_t from, int64_t until, int64_t status)
{
	struct err err;
	struct store_thumb t = {32, 32, "image/png", "crop", NULL, 9};
	char *id = mem_printf("2026-11-21_%s%lld", og, (long long)from);
	struct store_media m = {.media_id = id,
				.type = "text/html",
				.url = url,
				.sha256 = og,
				.bytes = 5,
				.created_ts = from,
				.thumb = &t,
				.thumbs = 1};
	struct store_put p = {.url = url,
			      .og = og,
			      .media_id = id,
			      .status = status,
			      .download_ts = from,
			      .expires_ts = until,
			      .media = &m,
			      .n_media = 1};
	is_int(store_cache_put(s, &p, &err), 0, "put");
	mem_free(id);
}

__attribute__((unused)) static int
get(struct store *s, const char *url, int64_t ts, int64_t now, struct store_preview *p)
{
	struct err err;
	struct store_question q = {.url = url, .language = "", .ts = ts, .now = now};
	return store_cache_get(s, &q, p, &err);
}

__attribute__((unused)) static int
put_failure(struct store *s, const char *url, int64_t status, const char *error, int64_t now, int64_t ttl)
{
	struct err err;
	struct store_failure f = {.url = url,
				  .status = status,
				  .errcode = "M_UNKNOWN",
				  .error = error,
				  .class = "timeout",
				  .now = now,
				  .first = ttl,
				  .max = 8000,
				  .growth = 200};
	return store_cache_put_failure(s, &f, &err);
}

__attribute__((unused)) static void
expect(struct store *s, const char *url, int64_t ts, const char *og, const char *name)
{
	struct store_preview p;
	is_int(get(s, url, ts, ts, &p), 0, name);
	is_str(p.failure ? p.error : p.og, og, "  the answer");
	store_preview_clear(&p);
}

#endif
