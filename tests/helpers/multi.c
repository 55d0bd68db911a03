/* What does libcurl itself cost?  The floor under the fetcher: URLs on standard input, a bare multi loop, no judgement.
 *
 * multi [-j N] [-d DIR]: keeps nothing, or a file of each page in DIR; prints how many came, and their bytes. */
#include <curl/curl.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { JOBS_MAX = 256, LINE = 8192, WAIT_MS = 1000 };

struct page {
	int fd; /* -1: not kept */
};

static unsigned long asked, came, bytes;
static int dir = -1;

static size_t
body(char *p, size_t size, size_t n, void *arg)
{
	const struct page *page = arg;
	if (page->fd >= 0 && write(page->fd, p, size * n) != (ssize_t)(size * n))
		return 0;
	bytes += size * n;
	return size * n;
}

/* false: there are no more URLs. */
static int
next(CURLM *multi, CURL *easy, struct page *page)
{
	char line[LINE], name[32];
	if (fgets(line, sizeof line, stdin) == NULL)
		return 0;
	line[strcspn(line, "\n")] = '\0';
	(void)snprintf(name, sizeof name, "%lu", asked++);
	page->fd = dir >= 0 ? openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600) : -1;
	(void)curl_easy_setopt(easy, CURLOPT_URL, line);
	return curl_multi_add_handle(multi, easy) == CURLM_OK;
}

static CURL *
easy_new(struct page *page)
{
	CURL *e = curl_easy_init();
	if (e == NULL)
		exit(1);
	(void)curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, body);
	(void)curl_easy_setopt(e, CURLOPT_WRITEDATA, page);
	(void)curl_easy_setopt(e, CURLOPT_PRIVATE, page);
	(void)curl_easy_setopt(e, CURLOPT_ACCEPT_ENCODING, "gzip, br, zstd");
	(void)curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	(void)curl_easy_setopt(e, CURLOPT_PROXY, "");
	(void)curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	return e;
}

static void
loop(CURLM *multi, int running)
{
	int left = 0, still = 0;
	while (running > 0) {
		if (curl_multi_perform(multi, &still) != CURLM_OK)
			exit(1);
		for (CURLMsg *m; (m = curl_multi_info_read(multi, &left)) != NULL;) {
			CURL *e = m->easy_handle;
			struct page *page = NULL;
			came += m->data.result == CURLE_OK;
			(void)curl_easy_getinfo(e, CURLINFO_PRIVATE, &page);
			(void)curl_multi_remove_handle(multi, e);
			if (page->fd >= 0)
				(void)close(page->fd);
			if (!next(multi, e, page)) {
				curl_easy_cleanup(e);
				running--;
			}
		}
		if (running > 0)
			(void)curl_multi_poll(multi, NULL, 0, WAIT_MS, NULL);
	}
}

int
main(int argc, char **argv)
{
	static struct page page[JOBS_MAX];
	int jobs = 16, running = 0;
	for (int o; (o = getopt(argc, argv, "j:d:")) != -1;) {
		if (o == 'j')
			jobs = (int)strtol(optarg, NULL, 10);
		else if (o != 'd' || (dir = open(optarg, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
			return 2;
	}
	if (jobs < 1 || jobs > JOBS_MAX || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return 2;
	CURLM *multi = curl_multi_init();
	(void)curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, 2L * jobs);
	for (; running < jobs; running++) {
		CURL *e = easy_new(&page[running]);
		if (!next(multi, e, &page[running])) {
			curl_easy_cleanup(e);
			break;
		}
	}
	loop(multi, running);
	(void)curl_multi_cleanup(multi);
	(void)printf("%lu %lu\n", came, bytes);
	return 0;
}
