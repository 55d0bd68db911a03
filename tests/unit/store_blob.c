/* Do blobs stand where the reference server would look for them, whole or not at all? */
#include "store/store.h"
#include "tests/unit/tap.h"
#include "tests/unit/tmpdir.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void
paths(void)
{
	struct buf b;
	struct err err;
	buf_init(&b, 4096);
	(void)store_blob_path("2026-11-21_QwErTyUiOpAsDfGh", &b, &err);
	is_str(b.p, "url_cache/2026-11-21/QwErTyUiOpAsDfGh", "an id of a day");
	buf_reset(&b);
	(void)store_blob_path("abcdefGHIJ", &b, &err);
	is_str(b.p, "url_cache/ab/cd/efGHIJ", "an id of old times");
	buf_reset(&b);
	(void)store_thumb_path("2026-11-21_QwErTyUiOpAsDfGh", 320, 213, "image/jpeg", "scale", &b, &err);
	is_str(b.p, "url_cache_thumbnails/2026-11-21/QwErTyUiOpAsDfGh/320-213-image-jpeg-scale", "a thumbnail");
	buf_reset(&b);
	static const struct {
		struct store_file file;
		const char *path;
	} files[] = {
	    {{STORE_LOCAL_FILE, NULL, "AbCdEfGhIjKlMnOpQrStUvWx"}, "local_content/Ab/Cd/EfGhIjKlMnOpQrStUvWx"},
	    {{STORE_LOCAL_FILE, NULL, "2026-11-21_x"}, "local_content/20/26/-11-21_x"},
	    {{STORE_REMOTE_FILE, "[::1]:8448", "abcdef"}, "remote_content/[::1]:8448/ab/cd/ef"},
	    {{STORE_URL_CACHE_FILE, NULL, "2026-11-21_x"}, "url_cache/2026-11-21/x"},
	};
	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
		(void)store_file_path(&files[i].file, &b, &err);
		is_str(b.p, files[i].path, "a file of its kind");
		buf_reset(&b);
	}
	(void)store_file_thumb_path(&files[2].file, 32, 32, "image/png", "crop", &b, &err);
	is_str(b.p, "remote_thumbnail/[::1]:8448/ab/cd/ef/32-32-image-png-crop", "a thumbnail of another server's");
	buf_reset(&b);
	static const char *const servers[] = {"", ".", "..", "a/b", "a b", "a\\b"};
	for (size_t i = 0; i < sizeof servers / sizeof servers[0]; i++) {
		struct store_file f = {STORE_REMOTE_FILE, servers[i], "abcdef"};
		ok(store_file_path(&f, &b, &err) < 0 && b.len == 0, "refused as a server: %s", servers[i]);
	}
	static const char *const bad[] = {"",
					  "abcd",
					  "../../etc/passwd",
					  "ab/cdefg",
					  "..cdefgh",
					  "ab..efgh",
					  "2026-11-21_",
					  "2026-11-21_.",
					  "2026-11-21_../x",
					  "a b c d e",
					  "abcd\001fg",
					  ".abcdefg",
					  "abcd.efg",
					  "abcdefgh\xc3\xa9",
					  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		ok(store_blob_path(bad[i], &b, &err) < 0 && b.len == 0, "refused as an id: %s", bad[i]);
	static const char *const types[] = {"image", "image/a/b", "image/", "/png", "image/.", "image/p\\ng", "../png"};
	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
		ok(store_thumb_path("abcdefGHIJ", 1, 1, types[i], "crop", &b, &err) < 0, "refused as a type: %s",
		   types[i]);
	char a[STORE_ID_MAX], c[STORE_ID_MAX];
	store_blob_new_id(a, INT64_C(1763690000000));
	store_blob_new_id(c, INT64_C(1763690000000));
	ok(strncmp(a, "2025-11-21_", 11) == 0 && strlen(a) == 27 && store_id_valid(a), "a new id: the day, 16 letters");
	ok(strcmp(a, c) != 0, "and never the same");
	buf_clear(&b);
}

static int
entries(const char *path)
{
	DIR *d = opendir(path);
	int n = 0;
	for (struct dirent *e; d != NULL && (e = readdir(d)) != NULL;)
		n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
	if (d != NULL)
		(void)closedir(d);
	return n;
}

static void
writing(const char *dir)
{
	struct store_blobs b;
	struct err err;
	struct buf text;
	int64_t bytes = 0;
	char sha[HASH_HEX_LEN + 1] = "";
	static const char large[100000];
	buf_init(&text, 100);
	char *day = mem_printf("%s/s/url_cache/2026-11-21", dir), *root = mem_printf("%s/s", dir);
	is_int(store_blobs_open(&b, root, true, &err), 0, "a store is made");
	struct store_writer *w = store_blob_create(&b, "2026-11-21_first", &err);
	ok(w != NULL && store_blob_write(w, "ab", 2, &err) == 0, "a blob is begun");
	ok(store_blob_open(&b, "2026-11-21_first", &err) < 0 && err.code == ERR_NOTFOUND,
	   "and not there before it is done");
	is_int(store_blob_write(w, "c", 1, &err), 0, "more of it");
	is_int(store_blob_commit(w, STORE_KEEP, &bytes, sha, &err), 0, "done");
	is_int(bytes, 3, "its length");
	is_str(sha, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", "its hash");
	int fd = store_blob_open(&b, "2026-11-21_first", &err);
	ok(fd >= 0 && io_read_all(fd, 100, &text, &err) == 0 && strcmp(text.p, "abc") == 0, "it can be read");
	io_close(&fd);

	w = store_blob_create(&b, "2026-11-21_first", &err);
	ok(w != NULL && store_blob_commit(w, STORE_KEEP, &bytes, sha, &err) < 0, "a name is never used twice");
	w = store_blob_create(&b, "2026-11-21_second", &err);
	store_blob_abort(w);
	is_int(entries(day), 1, "what was refused or given up leaves nothing");
	ok(store_blob_create(&b, "../x", &err) == NULL, "no way out of the store");

	char *link = mem_printf("%s/link", day), *link2 = mem_printf("%s/url_cache/2026-11-22", root);
	ok(symlink("/etc/passwd", link) == 0 && store_blob_open(&b, "2026-11-21_link", &err) < 0,
	   "a symbolic link is not followed");
	w = symlink("/tmp", link2) == 0 ? store_blob_create(&b, "2026-11-22_x", &err) : NULL;
	ok(w != NULL && store_blob_commit(w, STORE_SCRATCH, &bytes, sha, &err) < 0, "nor is one to a directory");
	w = store_blob_create(&b, "2026-11-22_y", &err);
	ok(w != NULL && store_blob_write(w, large, sizeof large, &err) < 0, "for a large one neither");
	store_blob_abort(w);
	char *link3 = mem_printf("%s/url_cache_thumbnails/2026-11-22", root);
	struct store_thumb one = {32, 32, "image/png", "crop", "12", 2};
	ok(symlink("/tmp", link3) == 0 && store_thumbs_write(&b, "2026-11-22_x", &one, 1, &err) < 0,
	   "nor one in the middle of a way");
	ok(store_blob_open(&b, "2026-11-22_x", &err) < 0 && err.code == ERR_NOTFOUND, "nor when reading");
	mem_free(link);
	mem_free(link2);
	mem_free(link3);
	struct stat st;
	char *file = mem_printf("%s/first", day);
	ok(stat(file, &st) == 0 && (st.st_mode & 07777) == 0600, "a blob is private");
	ok(stat(day, &st) == 0 && (st.st_mode & 07777) == 0700, "and so is its directory");
	mem_free(file);

	struct store_thumb t[2] = {{32, 32, "image/png", "crop", "12", 2}, {96, 64, "image/png", "scale", "345", 3}};
	is_int(store_thumbs_write(&b, "2026-11-21_first", t, 2, &err), 0, "thumbnails");
	is_int(store_thumbs_write(&b, "2026-11-21_first", t, 2, &err), 0, "again");
	char *thumbs = mem_printf("%s/url_cache_thumbnails/2026-11-21/first", root);
	is_int(entries(thumbs), 2, "two files and no others");
	t[1].type = "image/../x";
	ok(store_thumbs_write(&b, "2026-11-21_other", t, 2, &err) < 0, "a bad type is refused");
	mem_free(thumbs);
	thumbs = mem_printf("%s/url_cache_thumbnails/2026-11-21/other", root);
	is_int(entries(thumbs), 1, "no temp file stays (what was whole already does)");
	mem_free(thumbs);
	store_blobs_close(&b);
	mem_free(day);
	mem_free(root);
	buf_clear(&text);
}

static void
write_one(const struct store_blobs *b, const char *id, const char *text, size_t n)
{
	struct err err;
	int64_t bytes = 0;
	char sha[HASH_HEX_LEN + 1];
	struct store_writer *w = store_blob_create(b, id, &err);
	ok(w != NULL && store_blob_write(w, text, n, &err) == 0 &&
	       store_blob_commit(w, STORE_KEEP, &bytes, sha, &err) == 0,
	   "a blob %s", id);
}

static void
twins(const char *dir)
{
	enum { BIG = 200000 };
	struct store_blobs b;
	struct err err;
	char *root = mem_printf("%s/t", dir), *text = mem_alloc(BIG),
	     *thumbs = mem_printf("%s/t/url_cache_thumbnails/2026-11-21", dir);
	is_int(store_blobs_open(&b, root, true, &err), 0, "a store");
	write_one(&b, "2026-11-21_one", text, BIG);
	write_one(&b, "2026-11-21_two", text, BIG);
	write_one(&b, "2026-11-21_less", text, BIG - 1);
	text[BIG - 1] = 1;
	write_one(&b, "2026-11-21_odd", text, BIG);
	ok(store_blobs_same(&b, "2026-11-21_one", "2026-11-21_two"), "the same bytes");
	ok(!store_blobs_same(&b, "2026-11-21_one", "2026-11-21_odd"), "the last one differs");
	ok(!store_blobs_same(&b, "2026-11-21_one", "2026-11-21_less"), "a shorter one");
	ok(!store_blobs_same(&b, "2026-11-21_one", "2026-11-21_none"), "one that is not there");
	struct store_thumb t = {32, 32, "image/png", "crop", "12", 2};
	is_int(store_thumbs_write(&b, "2026-11-21_two", &t, 1, &err), 0, "with a thumbnail");
	store_blob_remove(&b, "2026-11-21_two");
	ok(store_blob_open(&b, "2026-11-21_two", &err) < 0 && err.code == ERR_NOTFOUND, "it goes");
	is_int(entries(thumbs), 0, "with its thumbnails");
	int fd = store_blob_open(&b, "2026-11-21_one", &err);
	ok(fd >= 0, "the others stay");
	io_close(&fd);
	store_blob_remove(&b, "2026-11-21_two");
	store_blob_remove(&b, "../../etc/passwd");
	ok(1, "what is not there is nothing");
	store_blobs_close(&b);
	mem_free(thumbs);
	mem_free(root);
	mem_free(text);
}

/* The owner may keep the blobs on another disk. */
static void
linked(const char *dir)
{
	struct store_blobs b;
	struct err err;
	int64_t bytes;
	char sha[HASH_HEX_LEN + 1];
	char *root = mem_printf("%s/l", dir), *real = mem_printf("%s/disk", dir),
	     *top = mem_printf("%s/l/url_cache", dir);
	ok(mkdir(root, 0700) == 0 && mkdir(real, 0700) == 0 && symlink(real, top) == 0 &&
	       store_blobs_open(&b, root, true, &err) == 0,
	   "a top folder may be a link");
	struct store_writer *w = store_blob_create(&b, "2026-11-21_linked", &err);
	is_int(w == NULL ? -1 : store_blob_commit(w, STORE_KEEP, &bytes, sha, &err), 0, "to write to");
	int fd = store_blob_open(&b, "2026-11-21_linked", &err);
	ok(fd >= 0, "and to read from");
	io_close(&fd);
	store_blobs_close(&b);
	mem_free(root);
	mem_free(real);
	mem_free(top);
}

/* No room: an error, and nothing is left. */
static void
full(const char *dir)
{
	struct store_blobs b;
	struct err err;
	static const char body[100000];
	int64_t bytes = 0;
	char sha[HASH_HEX_LEN + 1];
	struct store_thumb t[2] = {{32, 32, "image/png", "crop", body, 100},
				   {96, 64, "image/png", "scale", body, 9000}};
	char *root = mem_printf("%s/f", dir), *day = mem_printf("%s/f/url_cache/2026-11-21", dir),
	     *thumbs = mem_printf("%s/f/url_cache_thumbnails/2026-11-21/full", dir);
	struct rlimit before, small = {.rlim_cur = 4096, .rlim_max = RLIM_INFINITY};
	(void)getrlimit(RLIMIT_FSIZE, &before);
	small.rlim_max = before.rlim_max;
	(void)signal(SIGXFSZ, SIG_IGN);
	int bad = store_blobs_open(&b, root, true, &err) + setrlimit(RLIMIT_FSIZE, &small);
	struct store_writer *w = store_blob_create(&b, "2026-11-21_full", &err);
	ok(bad == 0 && w != NULL && store_blob_write(w, body, sizeof body, &err) < 0, "a blob that does not fit");
	store_blob_abort(w);
	is_int(entries(day), 0, "leaves nothing");
	w = store_blob_create(&b, "2026-11-21_full", &err);
	ok(w != NULL && store_blob_write(w, body, 5000, &err) == 0 &&
	       store_blob_commit(w, STORE_SCRATCH, &bytes, sha, &err) < 0,
	   "a small one that does not fit");
	is_int(entries(day), 0, "leaves nothing, too");
	ok(store_thumbs_write(&b, "2026-11-21_full", t, 2, &err) < 0, "thumbnails of which one does not fit");
	is_int(entries(thumbs), 0, "leave nothing");
	(void)setrlimit(RLIMIT_FSIZE, &before);
	store_blobs_close(&b);
	mem_free(root);
	mem_free(day);
	mem_free(thumbs);
}

/* The directory that stays open is the right one, and is there. */
static void
days(const char *dir)
{
	struct store_blobs b;
	struct err err;
	char *root = mem_printf("%s/d", dir), *day = mem_printf("%s/d/url_cache/2026-11-21", dir);
	is_int(store_blobs_open(&b, root, true, &err), 0, "a store");
	write_one(&b, "2026-11-21_one", "1", 1);
	write_one(&b, "2026-11-22_two", "22", 2);
	write_one(&b, "2026-11-21_three", "333", 3);
	write_one(&b, "abcdefGHIJ", "4444", 4);
	ok(store_blob_is(&b, "2026-11-21_one", 1) && store_blob_is(&b, "2026-11-22_two", 2) &&
	       store_blob_is(&b, "2026-11-21_three", 3) && store_blob_is(&b, "abcdefGHIJ", 4),
	   "each in the directory of its day");
	store_blob_remove(&b, "2026-11-21_one");
	write_one(&b, "2026-11-21_five", "5", 1);
	store_blob_remove(&b, "2026-11-21_three");
	store_blob_remove(&b, "2026-11-21_five");
	int fd = store_blob_open(&b, "2026-11-21_five", &err);
	ok(fd < 0 && err.code == ERR_NOTFOUND, "removed is removed");
	is_int(rmdir(day), 0, "the directory goes");
	write_one(&b, "2026-11-21_six", "666666", 6);
	ok(store_blob_is(&b, "2026-11-21_six", 6), "and comes again");
	fd = store_blob_open(&b, "2026-11-21_six", &err);
	ok(fd >= 0, "also for who reads");
	io_close(&fd);
	store_blobs_close(&b);
	mem_free(root);
	mem_free(day);
}

__attribute__((noreturn)) static void
expire(const char *day)
{
	for (;;) {
		struct timespec often = {.tv_nsec = 20000};
		(void)rmdir(day);
		(void)nanosleep(&often, NULL); /* else nobody could ever put a file there */
	}
}

/* An expiry beside us removes directories when they are empty, far more often than a real one. */
static void
raced(const char *dir)
{
	enum { TIMES = 400 };
	static const char body[100000];
	int64_t bytes = 0;
	char sha[HASH_HEX_LEN + 1];
	struct store_blobs b;
	struct err err;
	char *root = mem_printf("%s/r", dir), *day = mem_printf("%s/r/url_cache/2026-11-21", dir);
	int bad = store_blobs_open(&b, root, true, &err);
	pid_t pid = fork();
	if (pid == 0)
		expire(day);
	for (int i = 0; i < TIMES; i++) {
		struct store_writer *w = store_blob_create(&b, "2026-11-21_race", &err);
		bad += w == NULL || store_blob_write(w, body, i % 2 == 0 ? 10 : sizeof body, &err) < 0 ||
		       store_blob_commit(w, STORE_SCRATCH, &bytes, sha, &err) < 0;
		store_blob_remove(&b, "2026-11-21_race");
	}
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
	if (!is_int(bad, 0, "blobs are written while their directory is being removed again and again"))
		(void)printf("# %s\n", err.text);
	store_blobs_close(&b);
	mem_free(root);
	mem_free(day);
}

int
main(void)
{
	char dir[] = "/tmp/mx-store-blob.XXXXXX";
	if (mkdtemp(dir) == NULL)
		return 1;
	paths();
	writing(dir);
	twins(dir);
	linked(dir);
	full(dir);
	days(dir);
	raced(dir);
	is_int(tmpdir_remove(dir), 0, "cleaned up");
	return done();
}
