/* Is nothing lost and nothing half there when writers are killed at any moment? */
#include "store/int.h"
#include "tests/unit/tap.h"
#include "tests/unit/tmpdir.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { KILLS = 300, DAY_MS = 86400000, BLOB = 20000 };
static const int64_t now = INT64_C(1763690000000);

/* The whole way of a preview: blob, thumbnails, row; then its id on fd, as what was promised. */
static int
preview(const struct store_blobs *b, struct store *s, int fd, struct err *err)
{
	char id[STORE_ID_MAX], sha[HASH_HEX_LEN + 1], body[BLOB];
	int64_t bytes = 0;
	store_blob_new_id(id, now);
	(void)memset(body, id[15], sizeof body);
	struct store_thumb t[2] = {{32, 32, "image/png", "crop", body, 400}, {96, 64, "image/png", "scale", body, 900}};
	struct store_writer *w = store_blob_create(b, id, err);
	if (w == NULL || store_blob_write(w, body, BLOB / 2, err) < 0 ||
	    store_blob_write(w, body + BLOB / 2, BLOB / 2, err) < 0 ||
	    store_blob_commit(w, STORE_KEEP, &bytes, sha, err) < 0 || store_thumbs_write(b, id, t, 2, err) < 0)
		return -1;
	struct store_media m = {
	    .media_id = id, .type = "image/png", .url = id, .sha256 = sha, .bytes = bytes, .thumb = t, .thumbs = 2};
	struct store_put put = {.url = id,
				.og = "{}",
				.media_id = id,
				.status = 200,
				.download_ts = now,
				.expires_ts = now + DAY_MS,
				.media = &m,
				.n_media = 1};
	char line[STORE_ID_MAX];
	(void)memset(line, '\n', sizeof line);
	(void)memcpy(line, id, strlen(id));
	return store_cache_put(s, &put, err) < 0 || write(fd, line, sizeof line) != sizeof line ? -1 : 0;
}

static void
writer(const char *dir, int fd)
{
	struct err err;
	struct store_blobs b;
	err_clear(&err);
	struct store *s = store_open(dir, &err);
	while (s != NULL && store_blobs_open(&b, dir, true, &err) == 0 && preview(&b, s, fd, &err) == 0)
		store_blobs_close(&b);
	(void)dprintf(STDOUT_FILENO, "# %s\n", err.text);
	_exit(1);
}

/* Two writers at a time, each killed after up to 12 ms. */
static int
kills(const char *dir, int fd)
{
	unsigned seed = 20260721;
	int strange = 0;
	for (int i = 0; i < KILLS; i += 2) {
		pid_t pid[2];
		for (int k = 0; k < 2; k++)
			if ((pid[k] = fork()) == 0)
				writer(dir, fd);
		for (int k = 0; k < 2; k++) {
			struct timespec t = {.tv_nsec = (long)(rand_r(&seed) % 12000000)};
			int status = 0;
			(void)nanosleep(&t, NULL); /* the point of death is the test's input, not its clock */
			(void)kill(pid[k], SIGKILL);
			(void)waitpid(pid[k], &status, 0);
			strange += !WIFSIGNALED(status);
		}
	}
	return strange;
}

/* ---- what is there afterwards ------------------------------------------------------------------------- */

static int
count(struct store *s, const char *sql)
{
	sqlite3_stmt *st = NULL;
	int n = -1;
	if (sqlite3_prepare_v2(s->db, sql, -1, &st, NULL) == SQLITE_OK && sqlite3_step(st) == SQLITE_ROW)
		n = sqlite3_column_int(st, 0);
	(void)sqlite3_finalize(st);
	return n;
}

/* Is the file there, as long as its row says, and with its hash (unless NULL)? */
static bool
whole(const char *dir, const char *path, int64_t bytes, const char *sha)
{
	struct err err;
	struct buf b;
	char hex[HASH_HEX_LEN + 1] = "", *full = mem_printf("%s/%s", dir, path);
	buf_init(&b, BLOB);
	bool good = io_read_file(full, BLOB, &b, &err) == 0 && (int64_t)b.len == bytes;
	if (good && sha != NULL) {
		struct hash *h = hash_new();
		hash_add(h, b.p, b.len);
		hash_hex(h, hex);
		hash_free(h);
		good = strcmp(hex, sha) == 0;
	}
	buf_clear(&b);
	mem_free(full);
	return good;
}

static int
rows_without_files(struct store *s, const char *dir)
{
	struct err err;
	struct buf path;
	int bad = 0;
	sqlite3_stmt *st = NULL;
	buf_init(&path, STORE_PATH_MAX);
	(void)sqlite3_prepare_v2(s->db, "SELECT media_id, media_length, sha256 FROM local_media_repository", -1, &st,
				 NULL);
	while (sqlite3_step(st) == SQLITE_ROW) {
		const char *id = (const char *)sqlite3_column_text(st, 0);
		buf_reset(&path);
		bad += store_blob_path(id, &path, &err) < 0 ||
		       !whole(dir, path.p, sqlite3_column_int64(st, 1), (const char *)sqlite3_column_text(st, 2));
		buf_reset(&path);
		bad += store_thumb_path(id, 96, 64, "image/png", "scale", &path, &err) < 0 ||
		       !whole(dir, path.p, 900, NULL);
	}
	(void)sqlite3_finalize(st);
	buf_clear(&path);
	return bad;
}

/* Files under final names that are not whole; counts them all. */
static int
half_files(const char *day, int64_t bytes, int *files)
{
	int bad = 0;
	DIR *d = opendir(day);
	for (struct dirent *e; d != NULL && (e = readdir(d)) != NULL;) {
		struct stat st;
		if (e->d_name[0] == '.')
			continue;
		(*files)++;
		bad += fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 || st.st_size != bytes ||
		       (st.st_mode & 07777) != 0600;
	}
	if (d != NULL)
		(void)closedir(d);
	return bad;
}

/* Promised previews that the database does not have. */
static int
lost(struct store *s, const char *acks, int *promised)
{
	struct err err;
	struct buf b;
	int bad = 0;
	buf_init(&b, (size_t)64 << 20);
	if (io_read_file(acks, b.max, &b, &err) < 0)
		return -1;
	for (size_t at = 0; at + STORE_ID_MAX <= b.len; at += STORE_ID_MAX) {
		char url[STORE_ID_MAX];
		struct store_preview p;
		(void)snprintf(url, sizeof url, "%.*s", (int)strcspn(b.p + at, "\n"), b.p + at);
		struct store_question q = {.url = url, .language = "", .ts = now, .now = now};
		bad += store_cache_get(s, &q, &p, &err) < 0 || !p.found;
		store_preview_clear(&p);
		(*promised)++;
	}
	buf_clear(&b);
	return bad;
}

static void
verify(const char *dir, const char *acks, const char *day)
{
	struct err err;
	int files = 0, promised = 0;
	struct store *s = store_open(dir, &err);
	if (s == NULL) {
		ok(0, "the database opens: %s", err.text);
		return;
	}
	is_int(count(s, "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'"), 0, "it is sound");
	is_int(rows_without_files(s, dir), 0, "every row has its files, whole");
	is_int(half_files(day, BLOB, &files), 0, "no half file has a final name");
	is_int(lost(s, acks, &promised), 0, "what was promised is there");
	is_int(count(s, "SELECT count(*) FROM local_media_repository m WHERE (SELECT count(*) FROM"
			" local_media_repository_thumbnails t WHERE t.media_id = m.media_id) <> 2"),
	       0, "rows came together or not at all");
	int rows = count(s, "SELECT count(*) FROM local_media_repository_url_cache");
	ok(rows >= promised && files >= rows && promised > 0, "%d kills, %d promised, %d rows, %d files", KILLS,
	   promised, rows, files);
	store_close(s);
}

int
main(void)
{
	char dir[] = "/tmp/mx-store-crash.XXXXXX";
	if (mkdtemp(dir) == NULL)
		return 1;
	char *acks = mem_printf("%s/acks", dir), *s = mem_printf("%s/s", dir),
	     *day = mem_printf("%s/s/url_cache/2025-11-21", dir);
	int fd = open(acks, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	is_int(kills(s, fd), 0, "writers end only by being killed");
	io_close(&fd);
	verify(s, acks, day);
	mem_free(acks);
	mem_free(s);
	mem_free(day);
	is_int(tmpdir_remove(dir), 0, "cleaned up");
	return done();
}
