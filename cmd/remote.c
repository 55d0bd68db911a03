/* How does another homeserver's medium come here?  Once for all who ask at a time: under a lock, signed, checked, kept. */
#include "cmd/remote.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "media/media.h"
#include "store/cache.h"
#include "store/expire.h"
#include "store/quarantine.h"

/* WAIT: ms between two looks whether somebody else has brought it, growing.  GROWTH: percent, of how long failures in a
 * row are remembered.  MARGIN: ms that the fetcher has beyond its own clocks. */
enum { WAIT_MIN = 10, WAIT_MAX = 200, GROWTH = 300, MARGIN = 5000, KEY_FILE_MAX = 4096 };

void
remote_init(struct remote *r, const struct cmd *c, struct store *s, const struct store_blobs *b)
{
	char *dir = io_program_dir(); /* filters stand beside us */
	*r = (struct remote){.c = c, .store = s, .blobs = b};
	r->fetch = mem_printf("%s/mxpreview-fetch", dir);
	mem_free(dir);
}

void
remote_clear(struct remote *r)
{
	mem_free(r->fetch);
	matrix_key_clear(&r->key);
	*r = (struct remote){.signs = false};
}

/* ---- who asks? ------------------------------------------------------------------------------------------ */

static int
read_key(struct remote *r, struct err *err)
{
	const char *path = r->c->conf.signing_key;
	struct stat st;
	struct buf text;
	if (r->signs || path == NULL)
		return 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0 || fstat(fd, &st) < 0) {
		io_close(&fd);
		return err_sys(err, "signing_key %s", path);
	}
	if ((st.st_mode & (S_IRWXG | S_IRWXO)) != 0)
		cmd_warn(r->c, "%s: others may read the signing key (chmod 600)", path);
	buf_init(&text, KEY_FILE_MAX);
	int rc = io_read_all(fd, KEY_FILE_MAX, &text, err);
	if (rc == 0)
		rc = matrix_key_parse(&r->key, text.p != NULL ? text.p : "", text.len, err);
	if (text.p != NULL)
		explicit_bzero(text.p, text.cap);
	buf_clear(&text);
	io_close(&fd);
	r->signs = rc == 0;
	return rc == 0 ? 0 : err_add(err, "signing_key %s", path);
}

static int
sign(struct remote *r, const struct store_name *name, int64_t timeout_ms, char **out, struct err *err)
{
	*out = NULL;
	if (read_key(r, err) < 0)
		return -1;
	if (!r->signs)
		return 0;
	char *uri = matrix_media_uri(MATRIX_MEDIA_FEDERATION, name->origin, name->id, timeout_ms);
	*out = matrix_authorization(&r->key, r->c->conf.server_name, name->origin, "GET", uri, err);
	mem_free(uri);
	return *out != NULL ? 0 : -1;
}

/* ---- what is asked ----------------------------------------------------------------------------------------- */

static void
question(struct record *rec, const char *mxc, const char *authorization, int64_t timeout_ms)
{
	struct json *want = json_object(), *wants = json_array();
	record_from_url(rec, mxc);
	json_set_str(want, "rel", "media");
	json_set_str(want, "url", mxc);
	json_set_int(want, "timeout_ms", timeout_ms);
	if (authorization != NULL)
		json_set_str(want, "authorization", authorization);
	json_add(wants, want);
	json_set(rec->j, "want", wants);
}

/* What may be told of a failure is told; codes that we do not know are ours to choose. */
static int
failure(const struct record *rec, struct err *err)
{
	static const char *const classes[] = {"dns",	"connect",   "tls",  "timeout",	 "status",
					      "denied", "too-large", "type", "redirect", "broken"};
	struct json *e = json_get(rec->j, "error");
	int64_t status = json_int_or(e, "status", 502);
	const char *text = json_str(e, "error"), *code = json_str(e, "errcode"), *class = json_str(e, "class");
	bool large = str_eq(code, "M_TOO_LARGE");
	if (status == 404)
		(void)err_http(err, ERR_NOTFOUND, 404, "M_NOT_FOUND", "Not found");
	else
		(void)err_http(err, status == 503 ? ERR_BUSY : ERR_REMOTE, status == 503 ? 503 : 502,
			       large ? "M_TOO_LARGE" : NULL, "%.300s",
			       text != NULL ? text : "Failed to fetch remote media");
	for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++)
		if (str_eq(class, classes[i]))
			err->class = classes[i];
	err->http_status = (int)(json_int_or(e, "http_status", 0) % 1000);
	err->retry_after = json_int_or(e, "retry_after_ms", 0);
	json_free(e);
	return -1;
}

/* The document, if the answer is one to the question; its strings are checked by whoever uses them. */
static int
answer(const struct record *rec, const char *mxc, struct record_doc *doc, struct err *err)
{
	if (record_failed(rec))
		return failure(rec, err);
	if (!record_doc(rec, "media", doc))
		return err_set(err, ERR_REMOTE, "mxpreview-fetch brought nothing");
	if (str_eq(doc->url, mxc) && doc->media_id != NULL && store_id_fetched(doc->media_id))
		return 0;
	record_doc_clear(doc);
	return err_set(err, ERR_REMOTE, "mxpreview-fetch brought something else");
}

static int
ask(struct remote *r, const char *mxc, const char *authorization, int64_t timeout_ms, struct record *rec,
    struct err *err)
{
	const struct conf *conf = &r->c->conf;
	char *argv[16] = {r->fetch, "-d", r->c->store};
	size_t n = 3;
	if (r->c->config_path != NULL) {
		argv[n++] = "-c";
		argv[n++] = (char *)(uintptr_t)r->c->config_path;
	}
	for (int i = 0; i < r->c->verbose && i < 2; i++)
		argv[n++] = "-v";
	if (r->c->quiet)
		argv[n++] = "-q";
	if (r->c->no_sandbox)
		argv[n++] = "--no-sandbox";
	argv[n] = NULL;
	int64_t patience = conf_total_timeout_max(conf) + 2 * conf->connect_timeout +
			   MATRIX_PLACES_MAX * conf->connect_timeout + 2 * conf->media_timeout + MARGIN;
	question(rec, mxc, authorization, timeout_ms);
	return remote_child(argv, rec, patience, err);
}

/* ---- keeping ------------------------------------------------------------------------------------------------- */

static int
put(struct remote *r, const struct store_name *name, const struct record_doc *doc, struct store_upload *u,
    struct err *err)
{
	struct store_outcome out;
	struct store_medium there = {.found = false};
	char *said = doc->name != NULL ? media_name(doc->name, strlen(doc->name)) : NULL;
	u->type = doc->type != NULL && media_type_valid(doc->type) ? doc->type : RECORD_UNTYPED;
	u->upload_name = said;
	u->now = cmd_now();
	u->authenticated = r->c->conf.enable_authenticated_media;
	int rc = store_medium_put(r->store, u, &out, err);
	const struct store_file file = {.kind = STORE_REMOTE_FILE, .origin = name->origin, .id = u->filesystem_id};
	if (rc < 0 && !out.doubt)
		store_file_remove(r->blobs, &file);
	if (rc < 0 && err->code == ERR_DENIED && store_medium_get(r->store, name, &there, NULL) == 0 && there.found)
		rc = 0; /* by somebody who knows no locks */
	store_medium_clear(&there);
	mem_free(said);
	return rc;
}

/* First the file, then its row; no sweep takes it for an orphan meanwhile. */
static int
keep(struct remote *r, const struct store_name *name, const struct record_doc *doc, struct err *err)
{
	char filesystem_id[STORE_ID_MAX], sha256[HASH_HEX_LEN + 1];
	struct store_upload u = {.name = *name, .filesystem_id = filesystem_id, .sha256 = sha256};
	int hold = -1;
	store_media_new_id(filesystem_id);
	const struct store_file file = {.kind = STORE_REMOTE_FILE, .origin = name->origin, .id = filesystem_id};
	if (store_sweep_lock(r->blobs, STORE_SWEEP_SHARED, &hold, err) < 0)
		return -1;
	int rc = store_file_adopt(r->blobs, doc->media_id, &file, r->c->conf.max_upload_size, &u.bytes, sha256, err);
	if (rc == 0)
		rc = put(r, name, doc, &u, err);
	store_sweep_unlock(&hold);
	return rc;
}

/* As failures of previews are.  What is our own affair is not, nor what the other server itself waits for. */
static void
remember(struct remote *r, const char *mxc, const struct err *why)
{
	const struct conf *conf = &r->c->conf;
	struct err err;
	const struct store_failure f = {.url = mxc,
					.errcode = err_errcode(why),
					.error = why->text,
					.class = why->class,
					.status = err_status(why),
					.http_status = why->http_status,
					.now = cmd_now(),
					.first = conf->failure_ttl,
					.max = conf->failure_max_ttl,
					.growth = GROWTH,
					.at_least = why->retry_after};
	bool ours = (why->code != ERR_REMOTE && why->code != ERR_NOTFOUND) || str_eq(why->class, "denied");
	if (ours || why->http_status == 504 || conf->failure_ttl == 0 || cmd_stop)
		return;
	if (store_cache_put_failure(r->store, &f, &err) < 0)
		cmd_note(r->c, "%s: %s", mxc, err.text);
}

/* Deletions need room, too: what comes in leaves some. */
static int
check_space(const struct remote *r, struct err *err)
{
	struct statvfs v;
	int64_t least = r->c->conf.min_free_space;
	if (least <= 0)
		return 0;
	if (fstatvfs(r->blobs->dirfd, &v) < 0)
		return err_sys(err, "store");
	if ((double)v.f_bavail * (double)v.f_frsize >= (double)least)
		return 0;
	return err_http(err, ERR_BUSY, 503, "M_UNKNOWN", "store: no space left: less than %lld bytes are free",
			(long long)least);
}

static int
lead(struct remote *r, const struct store_name *name, const char *mxc, int64_t timeout_ms, struct err *err)
{
	struct record rec = {.j = NULL};
	struct record_doc doc = {.j = NULL};
	char *authorization = NULL;
	int rc = check_space(r, err) < 0 ? -1 : sign(r, name, timeout_ms, &authorization, err);
	if (rc == 0)
		rc = ask(r, mxc, authorization, timeout_ms, &rec, err);
	mem_free(authorization);
	if (rc == 0)
		rc = answer(&rec, mxc, &doc, err);
	if (rc == 0)
		rc = keep(r, name, &doc, err);
	if (rc < 0)
		remember(r, mxc, err);
	record_doc_clear(&doc);
	record_clear(&rec);
	return rc;
}

/* ---- who goes? ------------------------------------------------------------------------------------------------- */

static bool
unwanted(const struct conf *conf, const char *origin)
{
	for (size_t i = 0; i < conf->prevent_media_downloads_from.n; i++)
		if (str_ieq(conf->prevent_media_downloads_from.v[i], origin))
			return true;
	return false;
}

/* 1: it is here, 0: it is not known, -1: it could not be had a moment ago. */
static int
known(struct remote *r, const struct store_name *name, const char *mxc, struct err *err)
{
	struct store_medium m;
	struct store_preview p = {.found = false};
	int64_t now = cmd_now();
	const struct store_question q = {.url = mxc, .language = "", .ts = now, .now = now};
	if (store_medium_get(r->store, name, &m, err) < 0)
		return -1;
	int rc = m.found;
	store_medium_clear(&m);
	if (rc == 0 && store_cache_get(r->store, &q, &p, err) < 0)
		rc = -1;
	if (rc == 0 && p.found && p.failure)
		rc = p.status == 404
			 ? err_http(err, ERR_NOTFOUND, 404, "M_NOT_FOUND", "Not found")
			 : err_http(err, ERR_REMOTE, 502, str_eq(p.errcode, "M_TOO_LARGE") ? "M_TOO_LARGE" : NULL,
				    "%.300s", p.error != NULL ? p.error : "");
	store_preview_clear(&p);
	return rc;
}

/* Whoever has the lock brings it.  The others look again and again; if he dies one of them goes. */
static int
fetch(struct remote *r, const struct store_name *name, const char *mxc, int64_t timeout_ms, struct err *err)
{
	int64_t pause = WAIT_MIN;
	while (!cmd_stop) {
		int lock = store_url_lock(r->store, mxc, err);
		int here = lock == STORE_LOCKED || lock == STORE_LOCK_HELD ? known(r, name, mxc, err) : -1;
		int rc = here > 0 ? 0 : here;
		if (lock == STORE_LOCKED) {
			if (here == 0)
				rc = lead(r, name, mxc, timeout_ms, err);
			store_url_unlock(r->store, mxc);
			return rc;
		}
		if (here != 0)
			return rc;
		const struct timespec ts = {.tv_nsec = pause * 1000000};
		(void)nanosleep(&ts, NULL);
		pause = pause * 2 < WAIT_MAX ? pause * 2 : WAIT_MAX;
	}
	return err_set(err, ERR_SYS, "interrupted");
}

int
remote_fetch(void *remote, const struct store_name *name, int64_t timeout_ms, struct err *err)
{
	struct remote *r = remote;
	bool blocked = false;
	if (store_blocked(r->store, name, NULL, &blocked, err) < 0)
		return -1;
	if (blocked || unwanted(&r->c->conf, name->origin) || !store_origin_valid(name->origin) ||
	    !matrix_server_valid(name->origin) || !matrix_media_id_valid(name->id))
		return err_http(err, ERR_NOTFOUND, 404, "M_NOT_FOUND", "Not found");
	if (timeout_ms <= 0)
		timeout_ms = MATRIX_MEDIA_TIMEOUT;
	if (timeout_ms > MATRIX_MEDIA_TIMEOUT_MAX)
		timeout_ms = MATRIX_MEDIA_TIMEOUT_MAX;
	char *mxc = mem_printf(MATRIX_MXC "%s/%s", name->origin, name->id);
	int rc = fetch(r, name, mxc, timeout_ms, err);
	mem_free(mxc);
	return rc;
}
