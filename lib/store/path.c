/* Where does the file of a media id stand?  The layout is the reference server's, spec A.9. */
#include "store/int.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { FETCHED_LETTERS = 16, MEDIA_LETTERS = 24, LEGACY_MIN = 5 };

/* Letters without bias: the first 52 * 4 of 256 values are taken, the rest drawn again. */
static void
random_letters(char *out, size_t n)
{
	static const char letter[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
	unsigned char pool[64];
	size_t have = 0;
	for (size_t i = 0; i < n;) {
		if (have == 0) {
			io_random(pool, sizeof pool);
			have = sizeof pool;
		}
		unsigned char c = pool[--have];
		if (c < 52 * 4)
			out[i++] = letter[c % 52];
	}
	out[n] = '\0';
}

void
store_blob_new_id(char id[STORE_ID_MAX], int64_t now_ms)
{
	struct tm tm = {0};
	time_t t = (time_t)(now_ms / 1000);
	(void)gmtime_r(&t, &tm);
	(void)snprintf(id, STORE_ID_MAX, "%04d-%02d-%02d_", (tm.tm_year + 1900) % 10000, (tm.tm_mon + 1) % 100,
		       tm.tm_mday % 100);
	random_letters(id + STORE_DAY_LEN + 1, FETCHED_LETTERS);
}

void
store_media_new_id(char id[STORE_ID_MAX])
{
	random_letters(id, MEDIA_LETTERS);
}

/* A path component of spec A.9: [A-Za-z0-9_.:-] and brackets, neither "." nor "..".  Ours never begin with a dot
 * either: those are temp files. */
static bool
component(const char *s, size_t n)
{
	static const char ok[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.[]:";
	if (n == 0 || s[0] == '.')
		return false;
	for (size_t i = 0; i < n; i++)
		if (s[i] == '\0' || strchr(ok, s[i]) == NULL)
			return false;
	return true;
}

/* "YYYY-MM-DD" and one more character: the day is a directory. */
static bool
dated(const char *id)
{
	static const char form[] = "dddd-dd-dd";
	size_t i = 0;
	for (; form[i] != '\0'; i++)
		if (form[i] == 'd' ? id[i] < '0' || id[i] > '9' : id[i] != '-')
			return false;
	return id[i] != '\0';
}

/* "aabbrest": the first two pairs are directories. */
static bool
split(const char *id)
{
	size_t n = strlen(id);
	return n >= LEGACY_MIN && component(id, 2) && component(id + 2, 2) && component(id + 4, n - 4);
}

bool
store_id_valid(const char *id)
{
	size_t n = strlen(id);
	if (n >= STORE_ID_MAX || !component(id, n))
		return false;
	if (dated(id))
		return component(id + STORE_DAY_LEN + 1, n - STORE_DAY_LEN - 1);
	return split(id);
}

bool
store_id_fetched(const char *id)
{
	return store_id_valid(id) && dated(id);
}

/* A server name as a component: "[::1]:8448" is one, and an id of another server's medium never is a path. */
bool
store_origin_valid(const char *origin)
{
	size_t n = strlen(origin);
	return n <= STORE_ORIGIN_MAX && component(origin, n);
}

static const struct {
	const char *files, *thumbs;
} tops[] = {
    [STORE_URL_CACHE_FILE] = {STORE_URL_CACHE, STORE_URL_CACHE_THUMBNAILS},
    [STORE_LOCAL_FILE] = {STORE_LOCAL, STORE_LOCAL_THUMBNAILS},
    [STORE_REMOTE_FILE] = {STORE_REMOTE, STORE_REMOTE_THUMBNAILS},
};

/* The directories of an id below top, and what is left as a name. */
static int
place(struct store_place *at, const struct store_file *f, bool thumbs, struct err *err)
{
	const char *top = thumbs ? tops[f->kind].thumbs : tops[f->kind].files;
	bool day = f->kind == STORE_URL_CACHE_FILE && dated(f->id), remote = f->kind == STORE_REMOTE_FILE;
	if (!store_id_valid(f->id) || (!day && !split(f->id)))
		return err_set(err, ERR_INPUT, "not a media id: %.80s", f->id);
	if (remote && (f->origin == NULL || !store_origin_valid(f->origin)))
		return err_set(err, ERR_INPUT, "not a server's name: %.80s", f->origin != NULL ? f->origin : "");
	int n = day ? snprintf(at->dir, sizeof at->dir, "%s/%.10s", top, f->id)
		    : snprintf(at->dir, sizeof at->dir, "%s%s%s/%.2s/%.2s", top, remote ? "/" : "",
			       remote ? f->origin : "", f->id, f->id + 2);
	if (n < 0 || (size_t)n >= sizeof at->dir)
		return err_set(err, ERR_BUG, "path of %s", f->id);
	(void)snprintf(at->name, sizeof at->name, "%s", f->id + (day ? STORE_DAY_LEN + 1 : 4));
	return 0;
}

int
store_place_file(struct store_place *at, const struct store_file *f, struct err *err)
{
	return place(at, f, false, err);
}

int
store_place_thumbs(struct store_place *at, const struct store_file *f, struct err *err)
{
	if (place(at, f, true, err) < 0)
		return -1;
	size_t n = strlen(at->dir);
	(void)snprintf(at->dir + n, sizeof at->dir - n, "/%s", at->name);
	at->name[0] = '\0';
	return 0;
}

int
store_thumb_name(char *out, size_t size, uint32_t w, uint32_t h, const char *type, const char *method, struct err *err)
{
	const char *slash = strchr(type, '/');
	if (slash == NULL || strchr(slash + 1, '/') != NULL || !component(type, (size_t)(slash - type)) ||
	    !component(slash + 1, strlen(slash + 1)) || !component(method, strlen(method)))
		return err_set(err, ERR_INPUT, "not a thumbnail's type and method: %.80s %.20s", type, method);
	int n = snprintf(out, size, "%u-%u-%.*s-%s-%s", w, h, (int)(slash - type), type, slash + 1, method);
	return n > 0 && (size_t)n < size ? 0 : err_set(err, ERR_LIMIT, "thumbnail type too long");
}

int
store_file_path(const struct store_file *f, struct buf *out, struct err *err)
{
	struct store_place at;
	if (store_place_file(&at, f, err) < 0)
		return -1;
	return buf_addf(out, "%s/%s", at.dir, at.name);
}

int
store_file_thumb_path(const struct store_file *f, uint32_t w, uint32_t h, const char *type, const char *method,
		      struct buf *out, struct err *err)
{
	struct store_place at;
	char name[STORE_PATH_MAX];
	if (store_place_thumbs(&at, f, err) < 0 || store_thumb_name(name, sizeof name, w, h, type, method, err) < 0)
		return -1;
	return buf_addf(out, "%s/%s", at.dir, name);
}

int
store_blob_path(const char *id, struct buf *out, struct err *err)
{
	return store_file_path(&(struct store_file){.kind = STORE_URL_CACHE_FILE, .id = id}, out, err);
}

int
store_thumb_path(const char *id, uint32_t w, uint32_t h, const char *type, const char *method, struct buf *out,
		 struct err *err)
{
	return store_file_thumb_path(&(struct store_file){.kind = STORE_URL_CACHE_FILE, .id = id}, w, h, type, method,
				     out, err);
}
