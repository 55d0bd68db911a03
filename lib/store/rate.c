/* Who asks too often?  The generic cell rate algorithm (ITU-T I.371): of each name only the time at which its bucket will
 * be empty is kept, 64 bits that are changed at once. */
#include "store/who.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* A slot: 20 bits of the name's hash, 44 bits of a time in 1/16 ms since 2020 (until 2054).  A name may have any of WAYS
 * slots that follow each other. */
enum { SLOTS = 1 << 16, WAYS = 8, TIME_BITS = 44, UNIT = 16, SEED = 16, HEAD = 64 };
#define EPOCH INT64_C(1577836800000)
#define TIME_MASK ((UINT64_C(1) << TIME_BITS) - 1)

struct store_rates {
	unsigned char *map;
	_Atomic uint64_t *slot;
};

enum { BYTES = HEAD + SLOTS * 8 };

/* Its space is taken, too: on a full disk a page of the map that has none would end the process with SIGBUS. */
static bool
whole(const struct stat *st)
{
	return st->st_size == BYTES && st->st_blocks * 512 >= BYTES;
}

/* Names are hashed with a secret of the file, so that nobody can look for two that share a slot. */
static int
fill(int fd, struct err *err)
{
	unsigned char seed[SEED];
	struct stat st;
	if (fstat(fd, &st) < 0)
		return err_sys(err, "rates");
	if (whole(&st))
		return 0;
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	if (fcntl(fd, F_OFD_SETLKW, &lock) < 0)
		return err_sys(err, "rates: lock");
	int rc = 0;
	if (fstat(fd, &st) < 0 || st.st_size != BYTES) { /* nobody was quicker */
		io_random(seed, sizeof seed);
		if (pwrite(fd, seed, sizeof seed, 0) != (ssize_t)sizeof seed || ftruncate(fd, HEAD) < 0)
			rc = err_sys(err, "rates");
	}
	if (rc == 0 && (errno = posix_fallocate(fd, 0, BYTES)) != 0)
		rc = err_sys(err, "rates");
	lock.l_type = F_UNLCK;
	(void)fcntl(fd, F_OFD_SETLK, &lock);
	return rc;
}

struct store_rates *
store_rates_open(const char *dir, struct err *err)
{
	if (io_mkdirs(dir, err) < 0)
		return NULL;
	char *path = mem_printf("%s/rates", dir);
	int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		(void)err_sys(err, "%s", path);
	mem_free(path);
	if (fd < 0 || fill(fd, err) < 0) {
		io_close(&fd);
		return NULL;
	}
	void *map = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	io_close(&fd);
	if (map == MAP_FAILED)
		return err_sys(err, "rates"), NULL;
	struct store_rates *r = mem_alloc(sizeof *r);
	r->map = map;
	r->slot = (_Atomic uint64_t *)(void *)(r->map + HEAD);
	return r;
}

void
store_rates_close(struct store_rates *r)
{
	if (r == NULL)
		return;
	(void)munmap(r->map, BYTES);
	mem_free(r);
}

static uint64_t
hash_of(const struct store_rates *r, const char *name)
{
	unsigned char digest[32];
	struct buf b;
	uint64_t h = 0;
	buf_init(&b, SEED + 8192);
	(void)buf_add(&b, r->map, SEED);
	(void)buf_add(&b, name, strlen(name));
	hash_sha256(b.p, b.len, digest);
	buf_clear(&b);
	(void)memcpy(&h, digest, sizeof h);
	return h;
}

/* The slot of that tag, else the one that may be given to it: whose time is first. */
static _Atomic uint64_t *
find(const struct store_rates *r, uint64_t hash, uint64_t *was)
{
	uint64_t tag = hash >> TIME_BITS;
	_Atomic uint64_t *best = NULL;
	for (unsigned i = 0; i < WAYS; i++) {
		_Atomic uint64_t *s = &r->slot[((hash & (SLOTS - 1)) + i) % SLOTS];
		uint64_t v = atomic_load(s);
		if (v >> TIME_BITS == tag && v != 0) {
			*was = v;
			return s;
		}
		if (best == NULL || (v & TIME_MASK) < (*was & TIME_MASK)) {
			best = s;
			*was = v;
		}
	}
	return best;
}

static int64_t
time_of(const struct store_limit *limit, int64_t amount)
{
	return amount * (1000 * UNIT) / limit->per_second;
}

/* When the bucket will be empty; never beyond what it can hold, unless the clock was set back. */
static int64_t
empty_at(uint64_t was, uint64_t tag, int64_t t, int64_t depth)
{
	int64_t empty = was >> TIME_BITS == tag ? (int64_t)(was & TIME_MASK) : t;
	return empty < t || empty > t + depth + 1 ? t : empty;
}

int64_t
store_rates_take(struct store_rates *r, const char *name, const struct store_limit *limit, int64_t amount, int64_t now)
{
	if (limit->per_second <= 0)
		return 0;
	uint64_t hash = hash_of(r, name), tag = hash >> TIME_BITS, was = 0;
	int64_t t = (now - EPOCH) * UNIT, cost = time_of(limit, amount);
	cost = cost > 0 ? cost : 1;
	int64_t depth = time_of(limit, limit->burst > amount ? limit->burst : amount);
	depth = depth > cost ? depth : cost;
	for (;;) {
		_Atomic uint64_t *s = find(r, hash, &was);
		int64_t empty = empty_at(was, tag, t, depth);
		if (empty - t > depth - cost)
			return (empty - t - (depth - cost) + UNIT - 1) / UNIT;
		uint64_t next = tag << TIME_BITS | ((uint64_t)(empty + cost) & TIME_MASK);
		if (atomic_compare_exchange_strong(s, &was, next))
			return 0;
	}
}

int64_t
store_rates_ask(struct store_rates *r, const char *name, const struct store_limit *limit, int64_t now)
{
	return store_rates_take(r, name, limit, 1, now);
}

void
store_rates_charge(struct store_rates *r, const char *name, const struct store_limit *limit, int64_t amount,
		   int64_t now)
{
	if (limit->per_second <= 0)
		return;
	uint64_t hash = hash_of(r, name), tag = hash >> TIME_BITS, was = 0;
	int64_t t = (now - EPOCH) * UNIT, depth = time_of(limit, limit->burst);
	for (;;) {
		_Atomic uint64_t *s = find(r, hash, &was);
		int64_t empty = empty_at(was, tag, t, depth) + time_of(limit, amount);
		empty = empty < t ? t : empty > t + depth ? t + depth : empty;
		uint64_t next = tag << TIME_BITS | ((uint64_t)empty & TIME_MASK);
		if (atomic_compare_exchange_strong(s, &was, next))
			return;
	}
}
