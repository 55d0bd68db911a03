/* Is it remembered who asks, and how often he did? */
#include "store/who.h"
#include "tap.h"
#include "tests/unit/tmpdir.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOW INT64_C(1795000000000)

static void
tokens(const char *dir)
{
	struct store_token t = {.user = mem_strdup("@a:b"), .admin = STORE_ADMIN_UNKNOWN, .expires_ts = NOW + 1000},
			   got;
	struct err err;
	struct store *s = store_open(dir, &err);
	is_int(store_token_get(s, "h1", NOW, &got, &err), 0, "a token");
	ok(got.user == NULL, "that nobody knows");
	is_int(store_token_put(s, "h1", &t, NOW, &err), 0, "is put");
	is_int(store_token_get(s, "h1", NOW + 999, &got, &err), 0, "and got");
	ok(got.user != NULL && strcmp(got.user, "@a:b") == 0 && !got.guest && got.admin == STORE_ADMIN_UNKNOWN &&
	       got.expires_ts == NOW + 1000,
	   "as it was");
	store_token_clear(&got);
	(void)store_token_get(s, "h1", NOW + 1000, &got, &err);
	ok(got.user == NULL, "until its time is over");
	t.guest = true;
	t.admin = 1;
	(void)store_token_put(s, "h1", &t, NOW, &err);
	(void)store_token_get(s, "h1", NOW, &got, &err);
	ok(got.guest && got.admin == 1, "a later answer replaces it");
	store_token_clear(&got);
	(void)store_token_forget(s, "h1", &err);
	(void)store_token_get(s, "h1", NOW, &got, &err);
	ok(got.user == NULL, "forgotten");
	store_token_clear(&t);
	store_close(s);
}

static void
rates(const char *dir)
{
	const struct store_limit limit = {10, 5}, none = {0, 5}, one = {1000, 0};
	struct err err;
	int refused = 0;
	struct store_rates *r = store_rates_open(dir, &err), *other = store_rates_open(dir, &err);
	ok(r != NULL && other != NULL, "two look at the same");
	struct stat st;
	char *path = mem_printf("%s/rates", dir);
	ok(stat(path, &st) == 0 && st.st_blocks * 512 >= st.st_size, "whose space is taken before it is needed");
	mem_free(path);
	for (int i = 0; i < 5; i++)
		refused += store_rates_ask(i % 2 == 0 ? r : other, "a", &limit, NOW) != 0;
	is_int(refused, 0, "a burst");
	is_int(store_rates_ask(r, "a", &limit, NOW), 100, "and one too many, for 100 ms");
	is_int(store_rates_ask(other, "a", &limit, NOW + 40), 60, "it does not count");
	is_int(store_rates_ask(other, "a", &limit, NOW + 100), 0, "in time");
	is_int(store_rates_ask(r, "b", &limit, NOW), 0, "somebody else");
	is_int(store_rates_ask(r, "a", &none, NOW), 0, "no limit");
	for (int i = 0; i < 10; i++)
		refused += store_rates_ask(r, "a", &limit, NOW + 10000 + i * 100) != 0;
	is_int(refused, 0, "at the rate, for ever");
	is_int(store_rates_ask(r, "a", &limit, NOW - 86400000), 0, "a clock that was set back locks nobody out");
	is_int(store_rates_ask(r, "c", &one, NOW), 0, "the fastest there is");
	is_int(store_rates_ask(r, "c", &one, NOW), 1, "is not without end");
	store_rates_close(r);
	store_rates_close(other);
}

/* Many processes count as one. */
static void
together(const char *dir)
{
	enum { PROCESSES = 8, TIMES = 500, BURST = 1000 };
	const struct store_limit limit = {1, BURST};
	struct err err;
	int sum = 0, status = 0;
	pid_t pid[PROCESSES];
	int fd[2];
	if (pipe(fd) < 0)
		abort();
	for (int p = 0; p < PROCESSES; p++)
		if ((pid[p] = fork()) == 0) {
			struct store_rates *r = store_rates_open(dir, &err);
			int n = 0;
			for (int i = 0; i < TIMES; i++)
				n += store_rates_ask(r, "together", &limit, NOW) == 0;
			_exit(write(fd[1], &n, sizeof n) == (ssize_t)sizeof n ? 0 : 1);
		}
	for (int p = 0; p < PROCESSES; p++) {
		int n = 0;
		(void)waitpid(pid[p], &status, 0);
		if (read(fd[0], &n, sizeof n) == (ssize_t)sizeof n)
			sum += n;
	}
	is_int(sum, BURST, "eight processes have one bucket");
	(void)close(fd[0]);
	(void)close(fd[1]);
}

/* More names than slots: nobody is locked out by others, and all keep their own counts more or less. */
static void
crowd(const char *dir)
{
	const struct store_limit limit = {1, 1};
	struct err err;
	struct store_rates *r = store_rates_open(dir, &err);
	int wrong = 0, free_rides = 0;
	char name[32];
	for (int i = 0; i < 20000; i++) {
		(void)snprintf(name, sizeof name, "n%d", i);
		wrong += store_rates_ask(r, name, &limit, NOW + 1000000) != 0;
	}
	for (int i = 0; i < 20000; i++) {
		(void)snprintf(name, sizeof name, "n%d", i);
		free_rides += store_rates_ask(r, name, &limit, NOW + 1000000) == 0;
	}
	ok(wrong <= 2, "of 20000 names hardly one pays for another (%d)", wrong);
	ok(free_rides <= 20, "and hardly one rides free (%d)", free_rides);
	store_rates_close(r);
}

int
main(void)
{
	char dir[] = "/tmp/mx-who.XXXXXX";
	if (mkdtemp(dir) == NULL)
		return 1;
	tokens(dir);
	rates(dir);
	together(dir);
	crowd(dir);
	is_int(tmpdir_remove(dir), 0, "cleaned up");
	return done();
}
