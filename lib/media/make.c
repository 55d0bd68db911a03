/* How do thumbnails come into being?  mxpreview-thumb makes them; what it says is not believed, for it saw hostile bytes. */
#include "media/int.h"

#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

enum {
	MADE_BYTES_MAX = 32 * 1024 * 1024, /* of all thumbnails that are made at once */
	MAKE_MS = 30000,
	ARGS_MAX = 32
};

void
media_made_clear(struct media_made *made)
{
	buf_clear(&made->data);
	made->n = 0;
}

/* One of ours: names of files are made of it. */
static const char *
known_type(const char *type)
{
	static const char *const types[] = {"image/jpeg", "image/png", "image/webp"};
	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
		if (str_eq(type, types[i]))
			return types[i];
	return NULL;
}

static int
run(const struct media *m, int picture, const char *const *more, struct media_made *made, struct err *err)
{
	char *argv[ARGS_MAX + 1] = {NULL};
	size_t n = 0;
	buf_init(&made->data, MADE_BYTES_MAX);
	made->n = 0;
	for (; n < ARGS_MAX && m->thumb[n] != NULL; n++)
		argv[n] = m->thumb[n];
	size_t first = n;
	for (; n < ARGS_MAX && *more != NULL; n++)
		argv[n] = mem_strdup(*more++);
	struct media_child c = {.argv = argv, .in = picture, .timeout = MAKE_MS};
	int rc = media_child_run(m, &c, &made->data, err);
	for (size_t i = first; i < n; i++)
		mem_free(argv[i]);
	if (rc < 0)
		media_made_clear(made);
	return rc;
}

/* ---- the set: a line with the list, then the files one behind the other ------------------------------------------ */

static bool
read_thumb(const struct json *j, const char *data, size_t left, struct store_thumb *t)
{
	int64_t w = json_int_or(j, "width", 0), h = json_int_or(j, "height", 0), bytes = json_int_or(j, "bytes", 0);
	enum media_method method;
	const char *name = json_str(j, "method"), *type = known_type(json_str(j, "type"));
	if (w < 1 || w > STORE_THUMB_SIDE_MAX || h < 1 || h > STORE_THUMB_SIDE_MAX || bytes < 1 ||
	    (uint64_t)bytes > left || type == NULL || name == NULL || !media_method_parse(name, &method))
		return false;
	*t = (struct store_thumb){.width = (uint32_t)w,
				  .height = (uint32_t)h,
				  .type = type,
				  .method = media_method_name(method),
				  .data = data,
				  .bytes = (size_t)bytes};
	return true;
}

static int
read_set(struct media_made *made, struct err *err)
{
	const char *lf = made->data.len > 0 ? memchr(made->data.p, '\n', made->data.len) : NULL;
	struct json *list = lf != NULL ? json_parse(made->data.p, (size_t)(lf - made->data.p), err) : NULL;
	size_t n = json_len(list), at = lf != NULL ? (size_t)(lf - made->data.p) + 1 : 0;
	bool good = list != NULL && n <= MEDIA_MADE_MAX;
	for (size_t i = 0; good && i < n; i++) {
		struct json *j = json_at(list, i);
		struct store_thumb *t = &made->thumb[i];
		good = read_thumb(j, made->data.p + at, made->data.len - at, t);
		at += good ? t->bytes : 0;
		json_free(j);
	}
	json_free(list);
	made->n = good && at == made->data.len ? n : 0;
	return made->n > 0 ? 0 : err_set(err, ERR_REMOTE, "mxpreview-thumb: no set of thumbnails");
}

int
media_make_set(const struct media *m, int picture, struct media_made *made, struct err *err)
{
	static const char *const more[] = {"--set", "-O", "-", NULL};
	if (run(m, picture, more, made, err) < 0)
		return -1;
	if (read_set(made, err) == 0)
		return 0;
	media_made_clear(made);
	return -1;
}

/* ---- one -------------------------------------------------------------------------------------------------------- */

int
media_make_one(const struct media *m, int picture, const struct media_want *want, const char *type,
	       struct media_made *made, struct err *err)
{
	const char *more[8] = {"-s", NULL, "-m", media_method_name(want->method)};
	size_t n = 4;
	char *size = mem_printf("%" PRIu32 "x%" PRIu32, want->width, want->height);
	more[1] = size;
	if (type != NULL) {
		more[n++] = "-t";
		more[n++] = type;
	}
	if (want->animated)
		more[n++] = "--animated";
	int rc = run(m, picture, more, made, err);
	mem_free(size);
	if (rc < 0)
		return -1;
	const char *is = known_type(media_sniff(made->data.p, made->data.len, true));
	if (is == NULL) {
		media_made_clear(made);
		return err_set(err, ERR_REMOTE, "mxpreview-thumb: no thumbnail");
	}
	made->thumb[0] = (struct store_thumb){.width = want->width,
					      .height = want->height,
					      .type = is,
					      .method = media_method_name(want->method),
					      .data = made->data.p,
					      .bytes = made->data.len};
	made->n = 1;
	return 0;
}

/* ---- a face for a name ---------------------------------------------------------------------------------------------- */

int
media_identicon(const struct media *m, const char *name, uint32_t width, uint32_t height, struct buf *png,
		struct err *err)
{
	struct media_made made = {.n = 0};
	char *which = mem_printf("--identicon=%s", name), *size = mem_printf("%" PRIu32 "x%" PRIu32, width, height);
	const char *more[] = {which, "-s", size, NULL};
	int none = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int rc = none < 0 ? err_sys(err, "/dev/null") : run(m, none, more, &made, err);
	if (rc == 0 && buf_add(png, made.data.p, made.data.len) < 0)
		rc = err_set(err, ERR_LIMIT, "a picture of more than %zu bytes", png->max);
	io_close(&none);
	media_made_clear(&made);
	mem_free(which);
	mem_free(size);
	return rc;
}
