/* How does a policy of system calls become a filter?  A binary search over the numbers, so that the kernel, which tries
 * every number once when it loads a filter, is done soon. */
#include "cmd/sandbox-int.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#if defined __x86_64__
#define ARCH AUDIT_ARCH_X86_64
#elif defined __aarch64__ && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define ARCH AUDIT_ARCH_AARCH64
#else
#define ARCH 0
#endif

enum { NUMBERS = 512, X32_BIT = 0x40000000, LO = 0, HI = 4 };

enum verdict { DENY = 0, ALLOW, UNKNOWN, BEGUN, KILL, ASK };

static const uint32_t answer[] = {[DENY] = SECCOMP_RET_ERRNO | EACCES,
				  [ALLOW] = SECCOMP_RET_ALLOW,
				  [UNKNOWN] = SECCOMP_RET_ERRNO | ENOSYS,
				  [BEGUN] = SECCOMP_RET_ERRNO | EINPROGRESS,
				  [KILL] = SECCOMP_RET_KILL_PROCESS};

struct compiler {
	const struct sandbox_policy *p;
	struct sock_filter *code; /* SANDBOX_BPF_MAX of them */
	size_t n;
	unsigned char verdict[NUMBERS]; /* above: DENY */
	uint32_t self;
};

/* Appends one instruction; past the end only n grows, which the caller sees. */
static void
put(struct compiler *c, unsigned code, uint32_t k, unsigned jt, unsigned jf)
{
	if (c->n < SANDBOX_BPF_MAX)
		c->code[c->n] = (struct sock_filter){(uint16_t)code, (uint8_t)jt, (uint8_t)jf, k};
	c->n++;
}

static void
load(struct compiler *c, size_t offset)
{
	put(c, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, 0, 0);
}

static void
finish(struct compiler *c, enum verdict v)
{
	put(c, BPF_RET | BPF_K, answer[v], 0, 0);
}

/* How many instructions a test takes; its last one jumps over `rest` more when it fails. */
static unsigned
length(const struct sandbox_test *t)
{
	return t->kind == SANDBOX_NULL ? 4 : t->kind == SANDBOX_BITS && t->mask != UINT32_MAX ? 3 : 2;
}

static void
test(struct compiler *c, const struct sandbox_test *t, unsigned rest)
{
	size_t at = offsetof(struct seccomp_data, args) + 8 * (size_t)t->arg;
	load(c, at + LO);
	if (t->kind == SANDBOX_NULL) {
		put(c, BPF_JMP | BPF_JEQ | BPF_K, 0, 0, rest + 2);
		load(c, at + HI);
		put(c, BPF_JMP | BPF_JEQ | BPF_K, 0, 0, rest);
		return;
	}
	if (t->kind == SANDBOX_BITS && t->mask != UINT32_MAX)
		put(c, BPF_ALU | BPF_AND | BPF_K, t->mask, 0, 0);
	put(c, BPF_JMP | BPF_JEQ | BPF_K, t->kind == SANDBOX_SELF ? c->self : t->value, 0, rest);
}

/* All ways to call nr, one after the other. */
static void
ask(struct compiler *c, int nr)
{
	for (size_t i = 0; i < c->p->calls; i++) {
		const struct sandbox_call *call = &c->p->call[i];
		unsigned rest = 1; /* the answer */
		if (call->nr != nr || (call->who & c->p->who) == 0)
			continue;
		for (unsigned k = 0; k < call->n; k++)
			rest += length(&call->test[k]);
		for (unsigned k = 0; k < call->n; k++) {
			rest -= length(&call->test[k]);
			test(c, &call->test[k], rest);
		}
		finish(c, ALLOW);
	}
	finish(c, DENY);
}

/* The end of the run of equal verdicts that begins at lo. */
static int
run_end(const struct compiler *c, int lo, int hi)
{
	int end = lo + 1;
	if (c->verdict[lo] != ASK)
		while (end < hi && c->verdict[end] == c->verdict[lo])
			end++;
	return end;
}

/* Decides numbers lo … hi-1, the number being in the accumulator.  The jump over the lower half may be far: BPF_JA. */
static void
search(struct compiler *c, int lo, int hi)
{
	int end = run_end(c, lo, hi);
	if (end == hi) {
		if (c->verdict[lo] == ASK)
			ask(c, lo);
		else
			finish(c, c->verdict[lo]);
		return;
	}
	int mid = end;
	while (mid < lo + (hi - lo) / 2) /* the border of two runs that is nearest behind the middle */
		mid = run_end(c, mid, hi);
	if (mid == hi)
		mid = end;
	put(c, BPF_JMP | BPF_JGE | BPF_K, (uint32_t)mid, 0, 1);
	size_t jump = c->n;
	put(c, BPF_JMP | BPF_JA, 0, 0, 0);
	search(c, lo, mid);
	if (jump < SANDBOX_BPF_MAX)
		c->code[jump].k = (uint32_t)(c->n - jump - 1);
	search(c, mid, hi);
}

static void
set(struct compiler *c, const int *nr, size_t n, enum verdict v)
{
	for (size_t i = 0; i < n; i++)
		if (nr[i] >= 0 && nr[i] < NUMBERS)
			c->verdict[nr[i]] = (unsigned char)v;
}

/* A call that is allowed in every way needs no questions, whatever else is said of it. */
static void
judge(struct compiler *c)
{
	for (size_t i = 0; i < c->p->calls; i++) {
		const struct sandbox_call *call = &c->p->call[i];
		if ((call->who & c->p->who) == 0 || call->nr < 0 || call->nr >= NUMBERS)
			continue;
		if (call->n == 0)
			c->verdict[call->nr] = ALLOW;
		else if (c->verdict[call->nr] != ALLOW)
			c->verdict[call->nr] = ASK;
	}
	set(c, c->p->unknown, c->p->unknowns, UNKNOWN);
	set(c, c->p->begun, c->p->beguns, BEGUN);
	set(c, c->p->hostile, c->p->hostiles, c->p->kill ? KILL : DENY);
}

bool
sandbox_bpf_here(void)
{
	return ARCH != 0;
}

int
sandbox_bpf_compile(const struct sandbox_policy *p, struct sock_filter *code, size_t *n, struct err *err)
{
	struct compiler c = {.p = p, .code = code, .self = (uint32_t)getpid()};
	if (ARCH == 0)
		return err_set(err, ERR_UNSUPPORTED, "seccomp: no filter for this architecture");
	judge(&c);
	/* Numbers of another architecture (int 0x80) and of x32 name other calls. */
	load(&c, offsetof(struct seccomp_data, arch));
	put(&c, BPF_JMP | BPF_JEQ | BPF_K, ARCH, 1, 0);
	finish(&c, KILL);
	load(&c, offsetof(struct seccomp_data, nr));
	put(&c, BPF_JMP | BPF_JGE | BPF_K, X32_BIT, 0, 1);
	finish(&c, KILL);
	put(&c, BPF_JMP | BPF_JGE | BPF_K, NUMBERS, 0, 1);
	finish(&c, DENY);
	search(&c, 0, NUMBERS);
	*n = c.n;
	return c.n <= SANDBOX_BPF_MAX ? 0 : err_set(err, ERR_BUG, "seccomp: filter of %zu instructions", c.n);
}
