/* What is asked of another server that has a medium, and did it understand the question? */
#include "matrix/matrix.h"

#include <inttypes.h>
#include <string.h>

#include "json/json.h"

enum { URI_MAX = 8192 };

/* An id is whatever its server made it: one segment of a path all the same. */
static void
add_segment(struct buf *out, const char *s)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
	for (; *s != '\0'; s++)
		if (strchr(plain, *s) != NULL)
			(void)buf_addc(out, *s);
		else
			(void)buf_addf(out, "%%%02X", (unsigned)(unsigned char)*s);
}

char *
matrix_media_uri(enum matrix_media way, const char *server, const char *id, int64_t timeout_ms)
{
	static const char *const path[] = {[MATRIX_MEDIA_FEDERATION] = "/_matrix/federation/v1/media/download/",
					   [MATRIX_MEDIA_V3] = "/_matrix/media/v3/download/",
					   [MATRIX_MEDIA_R0] = "/_matrix/media/r0/download/"};
	struct buf out;
	buf_init(&out, URI_MAX);
	(void)buf_adds(&out, path[way]);
	if (way != MATRIX_MEDIA_FEDERATION) {
		add_segment(&out, server);
		(void)buf_addc(&out, '/');
	}
	add_segment(&out, id);
	if (way != MATRIX_MEDIA_FEDERATION)
		(void)buf_addf(&out, "?allow_remote=false&timeout_ms=%" PRId64 "&allow_redirect=true", timeout_ms);
	else
		(void)buf_addf(&out, "?timeout_ms=%" PRId64, timeout_ms);
	return buf_take(&out);
}

bool
matrix_media_unknown(int status, const char *body, size_t n)
{
	struct err ignored;
	if (status != 404 && status != 405 && status != 400)
		return false;
	struct json *j = n > 0 ? json_parse(body, n, &ignored) : NULL;
	bool unrecognized = str_eq(json_str(j, "errcode"), "M_UNRECOGNIZED");
	bool unreadable = j == NULL || json_type(j) != JSON_OBJECT;
	json_free(j);
	return unrecognized || (unreadable && status != 400);
}
