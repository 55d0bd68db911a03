/* Who does what takes longer than others may wait?  Threads, each with a store of its own while it works: the loop goes on
 * meanwhile.  By CGI there is nobody else to wait, and no thread. */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "cmd/media-web.h"

enum {
	WORKERS_MIN = 2,
	WORKERS_MAX = 8,
	FETCHERS = 16,
	DECIDERS = 2,
	THREADS_MAX = WORKERS_MAX + FETCHERS + DECIDERS,
	SPARE_MAX = 8
};
#define STACK ((size_t)1024 * 1024)

struct list {
	struct job *first, **last;
};

struct pool {
	struct cgi_source wake; /* first: an eventfd */
	bool threads;
	pthread_mutex_t lock; /* of all that follows */
	struct cmd *c;
	struct store_rates *rates;
	pthread_cond_t more[LANES];
	struct list wait[LANES], done;
	size_t idle[LANES], queued[LANES], n[LANES], max[LANES];
	pthread_t thread[THREADS_MAX];
	size_t started;
	struct context *spare;
	size_t spares;
	bool end;
};

struct start {
	struct pool *p;
	enum lane lane;
};

/* Set when what is begun is not worth its end any more: contexts ask. */
static atomic_bool hurry;

static bool
stopped(void)
{
	return atomic_load(&hurry);
}

/* ---- lists -------------------------------------------------------------------------------------------------------- */

static void
append(struct list *l, struct job *job)
{
	job->next = NULL;
	*l->last = job;
	l->last = &job->next;
}

static struct job *
take(struct list *l)
{
	struct job *job = l->first;
	if (job == NULL)
		return NULL;
	l->first = job->next;
	if (l->first == NULL)
		l->last = &l->first;
	return job;
}

/* ---- contexts ------------------------------------------------------------------------------------------------------- */

int
context_open(struct context *x, struct cmd *c, struct store_rates *rates, struct err *err)
{
	if (media_cmd_open(&x->mc, c, err) < 0)
		return -1;
	remote_init(&x->remote, c, x->mc.m.store, &x->mc.blobs);
	x->mc.m.fetch = media_web_bring;
	x->mc.m.fetch_arg = x;
	x->rates = rates;
	x->c = c;
	return 0;
}

void
context_renew(struct context *x, struct cmd *c, struct store_rates *rates)
{
	if (x->c == c)
		return;
	media_cmd_renew(&x->mc, c);
	remote_clear(&x->remote);
	remote_init(&x->remote, c, x->mc.m.store, &x->mc.blobs);
	x->rates = rates;
	x->c = c;
}

void
context_close(struct context *x)
{
	remote_clear(&x->remote);
	media_cmd_close(&x->mc);
}

static void
free_context(struct context *x)
{
	context_close(x);
	mem_free(x);
}

static struct context *
open_context(const struct pool *p, struct cmd *c, struct store_rates *rates, struct err *err)
{
	struct context *x = mem_alloc(sizeof *x);
	if (context_open(x, c, rates, err) == 0) {
		if (p->threads)
			x->mc.m.stop = stopped;
		return x;
	}
	free_context(x);
	return NULL;
}

struct context *
pool_take(struct pool *p, struct err *err)
{
	(void)pthread_mutex_lock(&p->lock);
	struct context *x = p->spare;
	struct cmd *c = p->c;
	struct store_rates *rates = p->rates;
	if (x != NULL) {
		p->spare = x->next;
		p->spares--;
	}
	(void)pthread_mutex_unlock(&p->lock);
	if (x == NULL)
		return open_context(p, c, rates, err);
	context_renew(x, c, rates);
	return x;
}

void
pool_give(struct pool *p, struct context *x)
{
	if (x == NULL)
		return;
	(void)pthread_mutex_lock(&p->lock);
	bool keep = p->spares < SPARE_MAX;
	if (keep) {
		x->next = p->spare;
		p->spare = x;
		p->spares++;
	}
	(void)pthread_mutex_unlock(&p->lock);
	if (!keep)
		free_context(x);
}

/* ---- work ----------------------------------------------------------------------------------------------------------- */

static void
run(struct pool *p, struct job *job)
{
	struct context *x = job->with != NULL ? job->with : pool_take(p, &job->err);
	job->run(job, x);
	if (job->with == NULL)
		pool_give(p, x);
}

static void *
work(void *arg)
{
	struct start s = *(struct start *)arg;
	struct pool *p = s.p;
	mem_free(arg);
	(void)pthread_mutex_lock(&p->lock);
	while (!p->end) {
		struct job *job = take(&p->wait[s.lane]);
		if (job == NULL) {
			p->idle[s.lane]++;
			(void)pthread_cond_wait(&p->more[s.lane], &p->lock);
			p->idle[s.lane]--;
			continue;
		}
		p->queued[s.lane]--;
		(void)pthread_mutex_unlock(&p->lock);
		run(p, job);
		(void)pthread_mutex_lock(&p->lock);
		append(&p->done, job);
		(void)eventfd_write(p->wake.fd, 1);
	}
	(void)pthread_mutex_unlock(&p->lock);
	return NULL;
}

/* Signals are the loop's. */
static bool
start_thread(struct pool *p, enum lane lane)
{
	struct start *s = mem_alloc(sizeof *s);
	pthread_attr_t attr;
	sigset_t all, before;
	*s = (struct start){p, lane};
	(void)sigfillset(&all);
	(void)pthread_attr_init(&attr);
	(void)pthread_attr_setstacksize(&attr, STACK);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	int rc = pthread_create(&p->thread[p->started], &attr, work, s);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	(void)pthread_attr_destroy(&attr);
	if (rc != 0)
		mem_free(s);
	p->started += rc == 0;
	p->n[lane] += rc == 0;
	return p->n[lane] > 0; /* else whoever asks does it himself */
}

void
pool_submit(struct pool *p, enum lane lane, struct job *job)
{
	bool somebody = p->threads;
	err_clear(&job->err);
	if (p->threads) {
		(void)pthread_mutex_lock(&p->lock);
		if (p->queued[lane] >= p->idle[lane] && p->n[lane] < p->max[lane])
			somebody = start_thread(p, lane);
		if (somebody) {
			append(&p->wait[lane], job);
			p->queued[lane]++;
			(void)pthread_cond_signal(&p->more[lane]);
		}
		(void)pthread_mutex_unlock(&p->lock);
	}
	if (somebody)
		return;
	run(p, job);
	job->done(job);
}

/* ---- what is done ------------------------------------------------------------------------------------------------------ */

static void
ready(struct cgi_source *s, unsigned events)
{
	struct pool *p = (struct pool *)s;
	eventfd_t ignored;
	(void)events;
	(void)eventfd_read(p->wake.fd, &ignored);
	for (;;) {
		(void)pthread_mutex_lock(&p->lock);
		struct job *job = take(&p->done);
		(void)pthread_mutex_unlock(&p->lock);
		if (job == NULL)
			return;
		job->done(job);
	}
}

void
pool_renew(struct pool *p, struct cmd *c, struct store_rates *rates)
{
	(void)pthread_mutex_lock(&p->lock);
	p->c = c;
	p->rates = rates;
	(void)pthread_mutex_unlock(&p->lock);
}

int
pool_watch(struct pool *p, struct cgi *g, struct err *err)
{
	return p->threads ? cgi_watch(g, &p->wake, EPOLLIN, err) : 0;
}

/* ---- life ---------------------------------------------------------------------------------------------------------- */

static size_t
processors(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);
	return n < WORKERS_MIN ? WORKERS_MIN : n > WORKERS_MAX ? WORKERS_MAX : (size_t)n;
}

struct pool *
pool_new(struct cmd *c, struct store_rates *rates, bool threads, struct err *err)
{
	struct pool *p = mem_alloc(sizeof *p);
	*p = (struct pool){.wake = {.ready = ready, .fd = -1}, .c = c, .rates = rates, .threads = threads};
	(void)pthread_mutex_init(&p->lock, NULL);
	for (int i = 0; i < LANES; i++) {
		(void)pthread_cond_init(&p->more[i], NULL);
		p->wait[i].last = &p->wait[i].first;
	}
	p->done.last = &p->done.first;
	p->max[LANE_WORK] = processors();
	p->max[LANE_FETCH] = FETCHERS;
	p->max[LANE_DECIDE] = DECIDERS;
	if (!threads)
		return p;
	p->wake.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (p->wake.fd >= 0)
		return p;
	(void)err_sys(err, "eventfd");
	pool_free(p);
	return NULL;
}

static void
give_up(struct list *l)
{
	for (struct job *job; (job = take(l)) != NULL;) {
		(void)err_http(&job->err, ERR_BUSY, 503, "M_UNKNOWN", "The server is being stopped");
		job->run(job, NULL);
		job->done(job);
	}
}

void
pool_free(struct pool *p)
{
	if (p == NULL)
		return;
	atomic_store(&hurry, true);
	(void)pthread_mutex_lock(&p->lock);
	p->end = true;
	for (int i = 0; i < LANES; i++)
		(void)pthread_cond_broadcast(&p->more[i]);
	(void)pthread_mutex_unlock(&p->lock);
	for (size_t i = 0; i < p->started; i++)
		(void)pthread_join(p->thread[i], NULL);
	for (struct job *job; (job = take(&p->done)) != NULL;)
		job->done(job);
	for (int i = 0; i < LANES; i++) {
		give_up(&p->wait[i]);
		(void)pthread_cond_destroy(&p->more[i]);
	}
	(void)pthread_mutex_destroy(&p->lock);
	while (p->spare != NULL) {
		struct context *x = p->spare;
		p->spare = x->next;
		free_context(x);
	}
	io_close(&p->wake.fd);
	mem_free(p);
}
