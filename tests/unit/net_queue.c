/* Whose turn is it, to the millisecond?  The queue alone, with a clock of its own. */
#include "net/queue.h"

#include "tests/unit/tap.h"

static int64_t now_ms;

static int64_t
clock_ms(void)
{
	return now_ms;
}

static struct net net = {.o = {.clock = clock_ms, .max_per_host = 2, .retry_after_max = 1000}};

enum { MANY = 3000 };
static struct transfer transfers[MANY];

/* The i-th transfer, in line at a host. */
static struct transfer *
put(size_t i, char *place, // NOLINT(readability-non-const-parameter): as in struct transfer
    int64_t interval, bool begun)
{
	struct transfer *t = &transfers[i];
	*t = (struct transfer){.net = &net, .place = place, .site = {.min_interval = interval}, .begun = begun};
	net_queue_put(t);
	return t;
}

static long long
taken(void)
{
	struct transfer *t = net_queue_take(&net);
	return t == NULL ? -1 : t - transfers;
}

static char a[] = "a:80", b[] = "b:80", c[] = "c:80";

static void
turns(void)
{
	for (size_t i = 0; i < 4; i++)
		(void)put(i, a, 0, false);
	(void)put(4, b, 0, false);
	(void)put(5, c, 0, false);
	(void)put(6, b, 0, false);
	static const int order[] = {0, 4, 5, 1, 6, -1};
	for (size_t i = 0; i < sizeof order / sizeof order[0]; i++)
		is_int(taken(), order[i], "host after host, of each in their order");
	net_queue_left(&transfers[0]);
	is_int(taken(), 2, "when one has left the next may go");
	is_int(taken(), -1, "and no more");
	(void)put(7, a, 0, true);
	net_queue_left(&transfers[1]);
	is_int(taken(), 7, "what is under way goes before what is new");
	for (size_t i = 2; i < 8; i++)
		if (i != 3)
			net_queue_left(&transfers[i]);
	is_int(taken(), 3, "the last");
	net_queue_left(&transfers[3]);
	is_int((long long)net.n_queued, 0, "nobody stands in line");
}

static void
intervals(void)
{
	now_ms = 1000;
	for (size_t i = 0; i < 3; i++)
		(void)put(i, a, 100, false);
	(void)put(3, b, 0, false);
	is_int(taken(), 0, "the first at once");
	is_int(taken(), 3, "another host, too");
	now_ms = 5000;
	is_int(taken(), -1, "the second not before the first has asked, however long that takes");
	is_int(net_queue_left_ms(&net, 70000), 70000, "nobody waits for the clock");
	net_queue_sent(&transfers[0]);
	is_int(net_queue_left_ms(&net, 70000), 100, "then the interval begins");
	net_queue_left(&transfers[0]);
	now_ms = 5099;
	is_int(taken(), -1, "a millisecond too early");
	is_int(net_queue_left_ms(&net, 70000), 1, "so long");
	now_ms = 5100;
	ok(!net_queue_pass(put(4, a, 100, true)), "nobody passes those who wait");
	is_int(taken(), 4, "in time");
	net_queue_sent(&transfers[4]);
	net_queue_sent(&transfers[4]); /* by libcurl's own second attempt */
	net_queue_left(&transfers[4]);
	now_ms = 5200;
	is_int(taken(), 1, "the next");
	net_queue_left(&transfers[1]);
	is_int(taken(), 2, "who never asked keeps nobody waiting");
	net_queue_left(&transfers[2]);
	net_queue_left(&transfers[3]);
	transfers[5] = (struct transfer){.net = &net, .place = b, .begun = true};
	ok(net_queue_pass(&transfers[5]), "where nobody stands a hop goes straight on");
	net_queue_left(&transfers[5]);
}

static void
hold(struct transfer *t, int64_t ms)
{
	t->err.http_status = 429;
	t->err.retry_after = ms;
	net_queue_left(t);
	net_queue_hold(t);
}

static void
holds(void)
{
	now_ms = 10000;
	(void)put(0, a, 0, false);
	is_int(taken(), 0, "asked");
	(void)put(1, a, 0, false);
	(void)put(2, b, 0, false);
	hold(&transfers[0], 1000);
	is_int(taken(), 2, "others go on");
	net_queue_left(&transfers[2]);
	is_int(taken(), -1, "a host that wants to be left alone is left alone");
	is_int(net_queue_left_ms(&net, 70000), 1000, "so long");
	now_ms = 11000;
	is_int(taken(), 1, "and no longer");
	(void)put(3, a, 0, false);
	(void)put(4, a, 0, false);
	hold(&transfers[1], 1001);
	is_int(taken(), 3, "for too long: those who wait come back");
	is_int(transfers[3].err.http_status, 429, "with the status");
	is_int(transfers[3].err.retry_after, 1001, "the time");
	is_str(transfers[3].err.text, "The site wants to be left alone for a while", "and a text");
	now_ms = 11001;
	is_int(taken(), -1, "who may wait waits");
	now_ms = 12001;
	is_int(taken(), 4, "for the rest");
	hold(&transfers[4], 0);
	(void)put(5, a, 0, false);
	is_int(taken(), 5, "no time, no wait");
	net_queue_left(&transfers[5]);
}

/* More hosts than are remembered. */
static void
crowd(void)
{
	static char place[MANY][48];
	for (int round = 0; round < 3; round++) {
		for (size_t i = 0; i < MANY; i++) {
			(void)snprintf(place[i], sizeof place[i], "h%d-%zu:1", round, i);
			(void)put(i, place[i], 0, false);
		}
		size_t order = 0;
		for (size_t i = 0; i < MANY; i++)
			order += taken() == (long long)i;
		is_int((long long)order, MANY, "a crowd of hosts, in their order");
		for (size_t i = 0; i < MANY; i++)
			hold(&transfers[i], 500);
	}
	ok(net.queue->n <= HOSTS_MAX, "not all are remembered");
	(void)put(0, a, 0, false);
	ok(net_queue_drop(&net) == &transfers[0] && net_queue_drop(&net) == NULL, "who is dropped is gone");
	is_int(taken(), -1, "from the line, too");
}

int
main(void)
{
	net.queue = mem_alloc(sizeof *net.queue);
	net.queue->due = INT64_MAX;
	turns();
	intervals();
	holds();
	crowd();
	net_queue_free(&net);
	return done();
}
