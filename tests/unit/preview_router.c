/* Do records survive the filters they walk through?  The filters here are this program itself. */
#include "preview/router.h"
#include "tests/unit/tap.h"

#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

/* A filter that does what the record's url says. */
static int
act(const char *stage)
{
	struct io_lines in;
	struct err err;
	char *line;
	size_t len;
	struct buf out;
	const char *once = getenv("ONCE");
	buf_init(&out, RECORD_LINE_MAX);
	io_lines_init(&in, 0, RECORD_LINE_MAX);
	while (io_lines_next(&in, &line, &len, &err) == IO_LINE_OK) {
		struct record rec;
		struct record_doc doc = {.rel = "page", .url = "u", .type = "text/html", .media_id = "2026-11-21_page"};
		(void)record_read(&rec, line, len, &err);
		const char *url = record_url(&rec);
		if (strstr(url, stage) != NULL && strstr(url, "poison") != NULL)
			(void)raise(SIGKILL);
		if (strstr(url, stage) != NULL && strstr(url, "once") != NULL && once != NULL && unlink(once) == 0)
			(void)raise(SIGKILL);
		if (strstr(url, stage) != NULL && strstr(url, "flood") != NULL)
			while (io_write(1, "x\n", 2, &err) == 0)
				;
		if (strstr(url, stage) != NULL && strstr(url, "babble") != NULL)
			while (io_write(1, "x", 1, &err) == 0)
				;
		if (strstr(url, stage) != NULL && strstr(url, "silent") != NULL)
			(void)pause();
		if (strstr(url, stage) != NULL && strstr(url, "idle") != NULL)
			goto answer;
		if (strcmp(stage, "oembed") == 0) {
			record_want(&rec, "page", url);
		} else if (strcmp(stage, "fetch") == 0) {
			struct json *want = json_get(rec.j, "want"), *w = json_at(want, 0);
			bool had = json_has(w, "have");
			json_free(w);
			json_free(want);
			json_del(rec.j, "want");
			doc.media_id = had ? "2026-11-21_victim" : doc.media_id;
			record_add_doc(&rec, &doc);
			doc.rel = "image";
			doc.type = "image/png";
			record_add_doc(&rec, &doc);
		} else if (strcmp(stage, "og") == 0 && strstr(url, "liar") != NULL) {
			json_set_str(rec.j, "url", "http://victim/");
			json_set(rec.j, "docs", json_array());
			json_set(rec.j, "og", json_object());
			struct json *hit = json_object();
			json_set_bool(hit, "hit", true);
			json_set(rec.j, "cache", hit);
		} else if (strcmp(stage, "og") == 0 && strstr(url, "forger") != NULL && !json_has(rec.j, "html")) {
			struct record_doc have = {.rel = "image", .url = "i", .media_id = "2026-11-21_victim"};
			json_set(rec.j, "html", json_object());
			json_set(rec.j, "og", json_object());
			json_set(rec.j, "oembed", json_object());
			json_set(rec.j, "image", json_object());
			json_set(rec.j, "dropped", json_array());
			json_set(rec.j, "thumbs", json_array());
			record_want(&rec, "image", "i");
			record_want_have(&rec, "image", "i", &have);
		} else if (strcmp(stage, "og") == 0) {
			json_set(rec.j, "html", json_object());
			json_set(rec.j, "og", json_object());
		} else {
			json_set(rec.j, "thumbs", json_array());
		}
	answer:
		buf_reset(&out);
		(void)record_write(&rec, &out);
		(void)io_write(1, out.p, out.len, &err);
		record_clear(&rec);
	}
	io_lines_clear(&in);
	buf_clear(&out);
	return 0;
}

struct seen {
	int n, failed, warned, ids, victims, forged;
	char last[ERR_TEXT_MAX];
};

static void
done_one(void *arg, struct record *rec)
{
	struct seen *s = arg;
	struct json *e = json_get(rec->j, "error");
	struct record_doc doc;
	s->n++;
	s->failed += record_failed(rec);
	s->warned += json_has(rec->j, "warnings");
	s->victims += strstr(record_url(rec), "victim") != NULL || record_cached(rec) || !json_has(rec->j, "thumbs");
	s->forged += json_has(rec->j, "oembed") || json_has(rec->j, "image") || json_has(rec->j, "dropped");
	for (size_t i = 0; i < RECORD_DOCS_MAX && record_doc_at(rec, i, &doc); i++) {
		s->forged += str_eq(doc.media_id, "2026-11-21_victim");
		record_doc_clear(&doc);
	}
	s->ids += str_starts(json_str(rec->j, "id") != NULL ? json_str(rec->j, "id") : "", "id-");
	if (e != NULL)
		(void)snprintf(s->last, sizeof s->last, "%s", json_str(e, "error"));
	json_free(e);
	record_clear(rec);
}

static int64_t
now(void)
{
	struct timespec ts;
	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static struct seen
run(const char *self, int records, const char *odd, int64_t patience)
{
	struct seen s = {0};
	struct err err;
	static const char *const names[] = {"oembed", "fetch", "og", "thumb"};
	char *argv[STAGE_DONE][3];
	struct router_conf conf = {.now = now, .done = done_one, .arg = &s};
	for (int i = 0; i < STAGE_DONE; i++) {
		argv[i][0] = mem_strdup(self);
		argv[i][1] = mem_strdup(names[i]);
		argv[i][2] = NULL;
		conf.argv[i] = argv[i];
		conf.patience[i] = patience;
	}
	struct router *r = router_new(&conf);
	for (int i = 0; i < records; i++) {
		struct record rec;
		char id[32];
		record_from_url(&rec, i == records / 2 ? odd : "http://plain/");
		(void)snprintf(id, sizeof id, "id-%d", i);
		json_set_str(rec.j, "id", id);
		router_submit(r, &rec);
	}
	while (router_busy(r) > 0)
		if (router_step(r, NULL, -1, &err) < 0)
			break;
	router_free(r, false);
	for (int i = 0; i < STAGE_DONE; i++) {
		mem_free(argv[i][0]);
		mem_free(argv[i][1]);
	}
	return s;
}

enum { SOME = -1 };

static void
expect(const char *self, const char *odd, int64_t patience, int failed, int warned, const char *name)
{
	struct seen s = run(self, 40, odd, patience);
	is_int(s.n, 40, name);
	is_int(s.failed, failed, "  so many failed");
	if (warned == SOME)
		(void)ok(s.warned > 0, "  those it had in hand carry a warning");
	else
		is_int(s.warned, warned, "  so many carry a warning");
	is_int(s.ids, 40, "  every id came back");
}

int
main(int argc, char **argv)
{
	if (argc > 1)
		return act(argv[1]);
	char self[4096];
	ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
	self[n < 0 ? 0 : n] = '\0';
	(void)signal(SIGPIPE, SIG_IGN);

	expect(self, "http://plain/", 60000, 0, 0, "all are done");
	expect(self, "http://poison/fetch", 60000, 1, SOME, "a record that kills fetch fails alone");
	expect(self, "http://poison/og", 60000, 1, 1, "a record that kills og fails alone");
	expect(self, "http://poison/thumb", 60000, 0, 1, "a record that kills thumb goes on without thumbnails");
	expect(self, "http://poison/oembed", 60000, 0, 1, "a record that kills oembed goes on without it");
	expect(self, "http://silent/og", 500, 1, 1, "a filter that falls silent is ended; only its record fails");
	expect(self, "http://flood/og", 60000, 1, 1, "a filter that floods is ended; only its record fails");
	expect(self, "http://babble/og", 2000, 1, 1, "so is one that never ends its line");
	expect(self, "http://idle/og", 60000, 1, 0, "a filter that changes nothing does not keep a record for ever");

	char once[] = "/tmp/mx-router-once.XXXXXX";
	int fd = mkstemp(once);
	io_close(&fd);
	(void)setenv("ONCE", once, 1);
	expect(self, "http://once/fetch", 60000, 0, SOME,
	       "a filter that is killed from outside costs nobody an answer");
	struct seen s = run(self, 40, "http://liar/og", 60000);
	is_int(s.victims, 0, "a filter that lies about url, docs and cache is not believed");
	s = run(self, 40, "http://forger/", 60000);
	is_int(s.forged, 0, "what is another filter's business is not taken from og, nor what would be had already");
	is_int(s.failed + s.victims, 0, "and the record is done all the same");
	expect("/nonexistent", "http://plain/", 60000, 40, 40, "a filter that cannot be started is named");
	expect("/bin/false", "http://plain/", 60000, 40, 40, "a filter that does not stay alive is given up");
	(void)unlink(once);
	return done();
}
