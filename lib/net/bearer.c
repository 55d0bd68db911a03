/* What does the homeserver say to this token?  Small questions over kept connections. */
#include "net/bearer.h"

#include <curl/curl.h>
#include <string.h>

#include "net/net.h"

struct question {
	struct question *next;
	struct net_bearer *b;
	CURL *easy;
	struct curl_slist *headers;
	struct buf body;
	net_bearer_done *done;
	void *arg;
};

struct net_bearer {
	struct net_bearer_options o;
	CURLM *multi;
	struct question *questions;
	size_t pending;
};

static size_t
receive(char *p, size_t size, size_t count, void *arg)
{
	struct question *q = arg;
	return buf_add(&q->body, p, size * count) == 0 ? size * count : 0;
}

static void
drop(struct question *q)
{
	struct net_bearer *b = q->b;
	for (struct question **at = &b->questions; *at != NULL; at = &(*at)->next)
		if (*at == q) {
			*at = q->next;
			break;
		}
	(void)curl_multi_remove_handle(b->multi, q->easy);
	curl_easy_cleanup(q->easy);
	for (struct curl_slist *l = q->headers; l != NULL; l = l->next)
		explicit_bzero(l->data, strlen(l->data));
	curl_slist_free_all(q->headers);
	buf_clear(&q->body);
	mem_free(q);
	b->pending--;
}

/* The house's rules for every transfer, see easy.c; here there is one host, and it is the owner's. */
static void
set_options(struct question *q, const char *url)
{
	CURL *e = q->easy;
	(void)curl_easy_setopt(e, CURLOPT_URL, url);
	(void)curl_easy_setopt(e, CURLOPT_HTTPHEADER, q->headers);
	(void)curl_easy_setopt(e, CURLOPT_USERAGENT, q->b->o.user_agent);
	(void)curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, receive);
	(void)curl_easy_setopt(e, CURLOPT_WRITEDATA, q);
	(void)curl_easy_setopt(e, CURLOPT_PRIVATE, q);
	(void)curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
	(void)curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
	(void)curl_easy_setopt(e, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	(void)curl_easy_setopt(e, CURLOPT_PROXY, "");
	(void)curl_easy_setopt(e, CURLOPT_HTTP09_ALLOWED, 0L);
	(void)curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	(void)curl_easy_setopt(e, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	(void)curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	(void)curl_easy_setopt(e, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)NET_BEARER_BODY_MAX);
	(void)curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, (long)q->b->o.timeout);
}

int
net_bearer_get(struct net_bearer *b, const char *url, const char *token, net_bearer_done *done, void *arg,
	       struct err *err)
{
	struct question *q = mem_alloc(sizeof *q);
	char *line = mem_printf("Authorization: Bearer %s", token);
	*q = (struct question){.b = b, .next = b->questions, .done = done, .arg = arg};
	buf_init(&q->body, NET_BEARER_BODY_MAX);
	b->questions = q;
	b->pending++;
	q->headers = curl_slist_append(NULL, line);
	explicit_bzero(line, strlen(line));
	mem_free(line);
	q->easy = curl_easy_init();
	if (q->easy == NULL || q->headers == NULL) {
		drop(q);
		return err_set(err, ERR_SYS, "libcurl: no memory");
	}
	set_options(q, url);
	if (curl_multi_add_handle(b->multi, q->easy) == CURLM_OK)
		return 0;
	drop(q);
	return err_set(err, ERR_BUG, "libcurl: not added");
}

static void
over(struct question *q, CURLcode rc)
{
	struct err err;
	long status = 0;
	(void)curl_easy_getinfo(q->easy, CURLINFO_RESPONSE_CODE, &status);
	err_clear(&err);
	if (rc == CURLE_OPERATION_TIMEDOUT)
		(void)err_http(&err, ERR_REMOTE, 504, "M_UNKNOWN", "the homeserver did not answer in time");
	else if (rc == CURLE_WRITE_ERROR || rc == CURLE_FILESIZE_EXCEEDED)
		(void)err_http(&err, ERR_REMOTE, 502, "M_UNKNOWN", "the homeserver's answer is too long");
	else if (rc != CURLE_OK)
		(void)err_http(&err, ERR_REMOTE, 502, "M_UNKNOWN", "the homeserver cannot be asked: %s",
			       curl_easy_strerror(rc));
	q->done(q->arg, rc == CURLE_OK ? (int)status : 0, q->body.p != NULL ? q->body.p : "", q->body.len, &err);
	drop(q);
}

int
net_bearer_work(struct net_bearer *b, int fd, int timeout, bool *readable, struct err *err)
{
	struct curl_waitfd extra = {.fd = fd, .events = CURL_WAIT_POLLIN};
	int running = 0, left = 0;
	CURLMsg *m = NULL;
	*readable = false;
	if (curl_multi_perform(b->multi, &running) != CURLM_OK)
		return err_set(err, ERR_BUG, "libcurl: perform");
	bool any = false;
	while ((m = curl_multi_info_read(b->multi, &left)) != NULL) {
		struct question *q = NULL;
		if (m->msg != CURLMSG_DONE)
			continue;
		(void)curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&q);
		over(q, m->data.result);
		any = true;
	}
	if (curl_multi_poll(b->multi, &extra, fd >= 0, any ? 0 : timeout, NULL) != CURLM_OK)
		return err_set(err, ERR_BUG, "libcurl: poll");
	*readable = fd >= 0 && extra.revents != 0;
	return 0;
}

size_t
net_bearer_pending(const struct net_bearer *b)
{
	return b->pending;
}

struct net_bearer *
net_bearer_new(const struct net_bearer_options *o, struct err *err)
{
	struct net_bearer *b = NULL;
	CURLM *multi = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ? curl_multi_init() : NULL;
	if (multi == NULL)
		return err_set(err, ERR_SYS, "libcurl: cannot be set up"), NULL;
	b = mem_alloc(sizeof *b);
	*b = (struct net_bearer){.o = *o, .multi = multi};
	(void)curl_multi_setopt(multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)NET_BEARER_CONNECTIONS);
	return b;
}

void
net_bearer_free(struct net_bearer *b)
{
	if (b == NULL)
		return;
	while (b->questions != NULL)
		drop(b->questions);
	(void)curl_multi_cleanup(b->multi);
	curl_global_cleanup();
	mem_free(b);
}
