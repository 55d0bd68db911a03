/* What do many processes cost each other that write at once, and open the database anew each time?
 *
 * usage: writers STORE PROCESSES MS [upload]   previews (synchronous NORMAL), or uploads (FULL)
 * Prints: processes, transactions a second, the median and the worst wait of one in ms, failures. */
#include "store/cache.h"
#include "store/media.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PROCESSES_MAX = 1024, SAMPLES = 4096 };

struct tally {
	long done, failed;
	double wait[SAMPLES], worst; /* ms */
	char why[ERR_TEXT_MAX];
};

static double
now_ms(void)
{
	struct timespec t;
	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1000 + (double)t.tv_nsec / 1e6;
}

static int
upload(struct store *s, struct err *err)
{
	char id[STORE_ID_MAX], sha[HASH_HEX_LEN + 1] = "";
	struct store_outcome out;
	store_media_new_id(id);
	(void)snprintf(sha, sizeof sha, "%.24s%.24s%.16s", id, id, id);
	struct store_upload u = {.name = {.id = id},
				 .type = "image/png",
				 .user = "@a:b",
				 .sha256 = sha,
				 .bytes = 1000,
				 .now = 1763690000000,
				 .upload_name = "photo.png"};
	return store_medium_put(s, &u, &out, err);
}

static int
preview(struct store *s, struct err *err)
{
	char id[STORE_ID_MAX];
	store_media_new_id(id);
	struct store_put put = {
	    .url = id,
	    .status = 200,
	    .now = 1763690000000,
	    .download_ts = 1763690000000,
	    .expires_ts = 1763693600000,
	    .stale_ts = 1763693600000,
	    .error_ts = 1763693600000,
	    .og = "{\"og:title\":\"One row of a few hundred bytes, as previews are\",\"og:description\":\"It has"
		  " a description of about this length, for that is what pages say of themselves most of the"
		  " time, and an image.\",\"og:image\":\"mxc://localhost/2026-11-21_QwErTyUiOpAsDfGh\"}"};
	return store_cache_put(s, &put, err);
}

static void
work(const char *dir, struct tally *t, double until, bool uploads)
{
	while (now_ms() < until) {
		struct err err;
		err_clear(&err);
		double from = now_ms();
		struct store *s = store_open(dir, &err);
		int rc = s != NULL ? (uploads ? upload(s, &err) : preview(s, &err)) : -1;
		store_close(s);
		double took = now_ms() - from;
		t->wait[t->done++ % SAMPLES] = took;
		t->worst = took > t->worst ? took : t->worst;
		if (rc < 0 && t->failed++ == 0)
			(void)snprintf(t->why, sizeof t->why, "%s", err.text);
	}
	_exit(0);
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static void
tell(const struct tally *t, int n, double seconds)
{
	double worst = 0, *all = calloc((size_t)n * SAMPLES, sizeof *all);
	long done = 0, failed = 0;
	size_t k = 0;
	for (int i = 0; i < n; i++) {
		done += t[i].done;
		failed += t[i].failed;
		worst = t[i].worst > worst ? t[i].worst : worst;
		for (long j = 0; all != NULL && j < t[i].done && j < SAMPLES; j++)
			all[k++] = t[i].wait[j];
		if (t[i].why[0] != '\0')
			(void)fprintf(stderr, "writers: %s\n", t[i].why);
	}
	if (all != NULL)
		qsort(all, k, sizeof *all, compare);
	(void)printf("%4d processes %8.0f/s  median %7.2f ms  worst %7.1f ms  failed %ld\n", n, (double)done / seconds,
		     k > 0 ? all[k / 2] : 0, worst, failed);
	free(all);
}

int
main(int argc, char **argv)
{
	int n = argc > 3 ? (int)strtol(argv[2], NULL, 10) : 0;
	double ms = argc > 3 ? strtod(argv[3], NULL) : 0;
	struct err err;
	if (n < 1 || n > PROCESSES_MAX || ms <= 0)
		return 2;
	struct tally *t = mmap(NULL, (size_t)n * sizeof *t, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct store *s = store_open(argv[1], &err);
	if (t == MAP_FAILED || s == NULL)
		return 2;
	store_close(s);
	for (int i = 0; i < n; i++)
		if (fork() == 0)
			work(argv[1], &t[i], now_ms() + ms, argc > 4);
	for (int i = 0; i < n; i++)
		(void)wait(NULL);
	tell(t, n, ms / 1000);
	for (int i = 0; i < n; i++)
		if (t[i].failed > 0)
			return 1;
	return 0;
}
