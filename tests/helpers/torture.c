/* Is anything lost when the commands are killed at any moment?  Workers start them on one store, each on media of its own,
 * and kill most of them after a random while; what a command acknowledged must be so afterwards.
 *
 * usage: torture -d STORE -b BIN [-w WORKERS] [-k KILLS] [-s SEED] [-u URL] [-p MOUNTPOINT -i IMAGE -t MS] [-v]
 * With -p nothing is killed: after MS milliseconds the file system that is mounted there from IMAGE loses its power.
 * Prints what happened as JSON, and each violation as a line on stderr; exit 1 if there was one. */
#include "store/media.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { WORKERS_MAX = 64, ITEMS_MAX = 4096, LINE_MAX_ = 4096, SIZE_MAX_ = 96 * 1024 };

/* What is known of a state: what was acknowledged, or nothing, for a command died over it. */
enum known { NO, YES, DOUBT };
struct item {
	char id[STORE_ID_MAX];
	unsigned seed;
	enum known quarantined, deleted;
};

enum op { PUT, QUARANTINE, UNQUARANTINE, DELETE, EXPIRE, PREVIEW, OPS };
static const char *const op_name[OPS] = {"put", "quarantine", "unquarantine", "delete", "expire", "preview"};

struct worker {
	struct item item[ITEMS_MAX];
	size_t items;
	unsigned attempts;
	long kills, acked[OPS], failed[OPS];
	char trouble[LINE_MAX_]; /* what a command said that failed without being killed */
};

struct torture {
	const char *store, *bin, *url, *mount, *image, *scratch;
	long until_cut;		    /* ms */
	volatile sig_atomic_t *cut; /* shared: the power goes, or is gone: what is told from now on is in doubt */
	int workers;
	long kills;
	unsigned seed;
	bool verbose;
	struct worker *worker; /* shared */
};

/* ---- contents: all different, made again from a number ---------------------------------------------- */

static size_t
content(unsigned seed, char *out)
{
	unsigned r = seed * 2654435761U + 1;
	size_t n = 40 + (size_t)(r % (SIZE_MAX_ - 40)) / (1 + r % 7);
	int head = snprintf(out, SIZE_MAX_, "item %u\n", seed);
	for (size_t i = (size_t)head; i < n; i++)
		out[i] = (char)('a' + (r = r * 1103515245U + 12345U) / 65536 % 26);
	return n;
}

static int
write_content(const char *path, unsigned seed)
{
	char *text = malloc(SIZE_MAX_);
	size_t n = text != NULL ? content(seed, text) : 0;
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	int rc = fd >= 0 && n > 0 && io_write(fd, text, n, NULL) == 0 ? 0 : -1;
	io_close(&fd);
	free(text);
	return rc;
}

/* ---- one command -------------------------------------------------------------------------------------- */

struct run {
	char out[LINE_MAX_], err[LINE_MAX_]; /* what it said */
	bool killed;
	int status;
};

static pid_t
start(char *const argv[], int *out, int *err)
{
	int o[2] = {-1, -1}, e[2] = {-1, -1};
	if (pipe2(o, O_CLOEXEC) < 0 || pipe2(e, O_CLOEXEC) < 0)
		return -1;
	pid_t pid = fork();
	if (pid == 0) {
		(void)setpgid(0, 0);
		int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
		(void)dup2(null, STDIN_FILENO);
		(void)dup2(o[1], STDOUT_FILENO);
		(void)dup2(e[1], STDERR_FILENO);
		(void)execv(argv[0], argv);
		_exit(127);
	}
	io_close(&o[1]);
	io_close(&e[1]);
	*out = o[0];
	*err = e[0];
	return pid;
}

static void
gather(int fd, char text[LINE_MAX_])
{
	size_t len = 0;
	for (ssize_t n; len < LINE_MAX_ - 1 && (n = read(fd, text + len, LINE_MAX_ - 1 - len)) > 0;)
		len += (size_t)n;
	text[len] = '\0';
}

/* Runs it, or kills it and its children after delay us (-1: never).  The moment of death is the test's input. */
static int
run(char *const argv[], long delay, struct run *r)
{
	int out = -1, err = -1;
	*r = (struct run){0};
	pid_t pid = start(argv, &out, &err);
	if (pid < 0)
		return -1;
	if (delay >= 0) {
		struct timespec t = {.tv_nsec = delay * 1000};
		(void)nanosleep(&t, NULL);
		(void)kill(-pid, SIGKILL);
		(void)kill(pid, SIGKILL);
	}
	gather(out, r->out);
	gather(err, r->err);
	(void)waitpid(pid, &r->status, 0);
	r->killed = WIFSIGNALED(r->status);
	(void)kill(-pid, SIGKILL);
	io_close(&out);
	io_close(&err);
	return 0;
}

/* ---- a worker ------------------------------------------------------------------------------------------- */

static bool
acked(const struct run *r, const char *what)
{
	return strstr(r->out, what) != NULL && strchr(r->out, '\n') != NULL;
}

static void
put(const struct torture *t, struct worker *w, int me, long delay, struct run *r)
{
	char path[512], bin[512];
	/* no content twice, in no run: what is quarantined would be followed */
	unsigned seed = (t->seed * WORKERS_MAX + (unsigned)me) * 65536 + w->attempts++;
	(void)snprintf(path, sizeof path, "%s/torture.%d", t->scratch, me);
	(void)snprintf(bin, sizeof bin, "%s/mxmedia-put", t->bin);
	char *argv[] = {bin, "-d", (char *)t->store, "--no-thumbnails", path, NULL};
	if (write_content(path, seed) < 0 || run(argv, delay, r) < 0)
		return;
	const char *uri = strstr(r->out, "mxc://"), *id = uri != NULL ? strchr(uri + 6, '/') : NULL;
	if (!acked(r, "content_uri") || id == NULL || w->items == ITEMS_MAX || *t->cut)
		return;
	struct item *it = &w->item[w->items];
	*it = (struct item){.seed = seed};
	(void)snprintf(it->id, sizeof it->id, "%.*s", (int)strcspn(id + 1, "\""), id + 1);
	w->items++;
	w->acked[PUT]++;
}

/* One of the items that are there for certain. */
static struct item *
pick(struct worker *w, unsigned *seed)
{
	for (int i = 0; i < 16 && w->items > 0; i++) {
		struct item *it = &w->item[(size_t)rand_r(seed) % w->items];
		if (it->deleted == NO)
			return it;
	}
	return NULL;
}

static void
change(const struct torture *t, struct worker *w, struct item *it, enum op op, long delay, struct run *r)
{
	char bin[512];
	(void)snprintf(bin, sizeof bin, "%s/%s", t->bin, op == DELETE ? "mxmedia-expire" : "mxmedia-quarantine");
	char *argv[] = {
	    bin,    "-q", "-d", (char *)t->store, op == DELETE ? "delete" : op == QUARANTINE ? "add" : "remove",
	    it->id, NULL};
	enum known *state = op == DELETE ? &it->deleted : &it->quarantined;
	enum known before = *state, after = op == UNQUARANTINE ? NO : YES;
	*state = before == after ? before : DOUBT;
	if (run(argv, delay, r) < 0)
		return;
	if (acked(r, op == DELETE ? "deleted_media" : "quarantined\":") && !r->killed && !*t->cut) {
		*state = after;
		w->acked[op]++;
	}
}

static void
expire(const struct torture *t, struct worker *w, long delay, struct run *r)
{
	char bin[512];
	(void)snprintf(bin, sizeof bin, "%s/mxmedia-expire", t->bin);
	char *argv[] = {bin, "-d", (char *)t->store, "all", NULL};
	if (run(argv, delay, r) == 0 && !r->killed)
		w->acked[EXPIRE]++;
}

static void
preview(const struct torture *t, struct worker *w, unsigned *seed, long delay, struct run *r)
{
	char bin[512], url[1024];
	(void)snprintf(bin, sizeof bin, "%s/mxpreview", t->bin);
	(void)snprintf(url, sizeof url, "%s?%d", t->url, rand_r(seed));
	char *argv[] = {bin, "-d", (char *)t->store, "--allow-ip", "127.0.0.1", url, NULL};
	if (run(argv, delay, r) == 0 && !r->killed)
		w->acked[PREVIEW]++;
}

static void
one(const struct torture *t, struct worker *w, int me, unsigned *seed)
{
	static const enum op mix[] = {PUT,	    PUT,    PUT,    PUT,    QUARANTINE, QUARANTINE,
				      UNQUARANTINE, DELETE, DELETE, EXPIRE, PREVIEW};
	struct run r = {0};
	enum op op = mix[(size_t)rand_r(seed) % (sizeof mix / sizeof mix[0])];
	long delay = t->mount != NULL || rand_r(seed) % 8 == 0
			 ? -1
			 : rand_r(seed) % (op == PREVIEW || op == EXPIRE ? 40000 : 14000);
	struct item *it = op == QUARANTINE || op == UNQUARANTINE || op == DELETE ? pick(w, seed) : NULL;
	if (op == PREVIEW && t->url == NULL)
		op = PUT;
	if (op == PREVIEW)
		preview(t, w, seed, delay, &r);
	else if (op == EXPIRE)
		expire(t, w, delay, &r);
	else if (it != NULL)
		change(t, w, it, op, delay, &r);
	else
		put(t, w, me, delay, &r);
	w->kills += r.killed;
	bool busy = op == EXPIRE && WIFEXITED(r.status) && WEXITSTATUS(r.status) == 75; /* another expire runs */
	if (!r.killed && r.status != 0 && !busy && !*t->cut) {
		w->failed[it != NULL || op == PREVIEW || op == EXPIRE ? op : PUT]++;
		(void)snprintf(w->trouble, sizeof w->trouble, "%s: status %x: %.200s", op_name[op], (unsigned)r.status,
			       r.err);
	}
}

static void
work(const struct torture *t, int me)
{
	struct worker *w = &t->worker[me];
	unsigned seed = t->seed * 31 + (unsigned)me;
	while (t->mount != NULL ? !*t->cut : w->kills < t->kills / t->workers)
		one(t, w, me, &seed);
	_exit(0);
}

/* ---- a power cut: what ext4 has not written is gone ------------------------------------------------------ */

enum { NO_LOG_FLUSH = 2 };
#define EXT4_IOC_SHUTDOWN _IOR('X', 125, uint32_t)

static int
shell(const char *fmt, ...)
{
	char line[2048];
	va_list ap;
	va_start(ap, fmt);
	(void)vsnprintf(line, sizeof line, fmt, ap);
	va_end(ap);
	return system(line); /* NOLINT(cert-env33-c): a test's own words */
}

static int
cut_power(const struct torture *t)
{
	struct timespec wait = {.tv_sec = t->until_cut / 1000, .tv_nsec = t->until_cut % 1000 * 1000000};
	uint32_t how = NO_LOG_FLUSH;
	int fd = open(t->mount, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	(void)nanosleep(&wait, NULL); /* the moment is the test's input */
	*t->cut = 1;
	int rc = fd >= 0 ? ioctl(fd, EXT4_IOC_SHUTDOWN, &how) : -1;
	io_close(&fd);
	while (wait3(NULL, 0, NULL) > 0 || errno == EINTR)
		continue;
	if (rc < 0 || shell("umount '%s'", t->mount) != 0 || shell("mount -o loop '%s' '%s'", t->image, t->mount) != 0)
		return -1;
	return 0;
}

/* ---- what must be so ---------------------------------------------------------------------------------- */

static bool
file_is(const struct store_blobs *b, const struct store_medium *m, unsigned seed)
{
	char *want = malloc(SIZE_MAX_);
	struct store_file f = store_medium_file(m);
	struct buf got;
	buf_init(&got, SIZE_MAX_);
	size_t n = want != NULL ? content(seed, want) : 0;
	int fd = store_file_open(b, &f, NULL);
	bool is = fd >= 0 && io_read_all(fd, SIZE_MAX_, &got, NULL) == 0 && got.len == n && n > 0 &&
		  memcmp(got.p, want, n) == 0;
	io_close(&fd);
	buf_clear(&got);
	free(want);
	return is;
}

static int
violation(const struct item *it, const char *what)
{
	(void)fprintf(stderr, "torture: %s: %s\n", it->id, what);
	return 1;
}

static int
judge(struct store *s, const struct store_blobs *b, const struct item *it)
{
	struct store_medium m;
	struct err err;
	int bad = 0;
	if (store_medium_get(s, &(struct store_name){.id = it->id}, &m, &err) < 0)
		return violation(it, err.text);
	if (it->deleted == YES && m.found)
		bad = violation(it, "came back after its deletion");
	if (it->deleted == NO && !m.found)
		bad = violation(it, "was acknowledged, and is gone");
	if (m.found && !file_is(b, &m, it->seed))
		bad = violation(it, "has a row, but not its bytes");
	if (m.found && it->quarantined == YES && m.quarantined_by == NULL)
		bad = violation(it, "its quarantine is gone");
	if (m.found && it->quarantined == NO && m.quarantined_by != NULL)
		bad = violation(it, "is quarantined again");
	store_medium_clear(&m);
	return bad;
}

static void
told(const struct torture *t, int bad)
{
	long acks[OPS] = {0}, failed[OPS] = {0}, kills = 0;
	size_t items = 0;
	for (int i = 0; i < t->workers; i++) {
		for (int k = 0; k < OPS; k++) {
			acks[k] += t->worker[i].acked[k];
			failed[k] += t->worker[i].failed[k];
		}
		kills += t->worker[i].kills;
		items += t->worker[i].items;
		if (t->worker[i].trouble[0] != '\0' && t->verbose)
			(void)fprintf(stderr, "torture: %s\n", t->worker[i].trouble);
	}
	(void)printf("{\"kills\":%ld,\"items\":%zu", kills, items);
	for (int k = 0; k < OPS; k++)
		(void)printf(",\"%s\":%ld,\"%s_failed\":%ld", op_name[k], acks[k], op_name[k], failed[k]);
	(void)printf(",\"violations\":%d}\n", bad);
}

static int
verify(const struct torture *t)
{
	struct err err;
	struct store_blobs b;
	struct store *s = store_open(t->store, &err);
	int bad = 0;
	if (s == NULL || store_blobs_open(&b, t->store, false, &err) < 0) {
		(void)fprintf(stderr, "torture: %s\n", err.text);
		return 1;
	}
	for (int i = 0; i < t->workers; i++)
		for (size_t k = 0; k < t->worker[i].items; k++)
			bad += judge(s, &b, &t->worker[i].item[k]);
	store_blobs_close(&b);
	store_close(s);
	return bad;
}

int
main(int argc, char **argv)
{
	struct torture t = {.workers = 8, .kills = 400, .seed = 20261121};
	for (int opt; (opt = getopt(argc, argv, "d:b:w:k:s:u:p:i:t:v")) != -1;)
		switch (opt) {
		case 'd':
			t.store = optarg;
			break;
		case 'b':
			t.bin = optarg;
			break;
		case 'u':
			t.url = optarg;
			break;
		case 'p':
			t.mount = optarg;
			break;
		case 'i':
			t.image = optarg;
			break;
		case 't':
			t.until_cut = strtol(optarg, NULL, 10);
			break;
		case 'w':
			t.workers = (int)strtol(optarg, NULL, 10);
			break;
		case 'k':
			t.kills = strtol(optarg, NULL, 10);
			break;
		case 's':
			t.seed = (unsigned)strtoul(optarg, NULL, 10);
			break;
		default:
			t.verbose = true;
		}
	t.scratch = getenv("TMP") != NULL ? getenv("TMP") : "/tmp";
	if (t.store == NULL || t.bin == NULL || t.workers < 1 || t.workers > WORKERS_MAX)
		return 2;
	t.cut = mmap(NULL, sizeof *t.cut, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	t.worker =
	    mmap(NULL, (size_t)t.workers * sizeof *t.worker, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (t.worker == MAP_FAILED || t.cut == MAP_FAILED)
		return 2;
	for (int i = 0; i < t.workers; i++)
		if (fork() == 0)
			work(&t, i);
	if (t.mount != NULL && cut_power(&t) < 0)
		return (void)fprintf(stderr, "torture: no power cut: %s\n", strerror(errno)), 3;
	int bad = 0, status = 0;
	while (wait(&status) > 0 || errno == EINTR)
		bad += status != 0; /* a worker of ours died */
	bad += verify(&t);
	told(&t, bad);
	return bad == 0 ? 0 : 1;
}
