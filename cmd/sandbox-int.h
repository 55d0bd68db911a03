/* sandbox, inside: the two doors that sandbox.c closes one after the other, and how the second is described. */
#ifndef CMD_SANDBOX_INT_H
#define CMD_SANDBOX_INT_H

#include "cmd/sandbox.h"

#if defined __SANITIZE_ADDRESS__
#define SANDBOX_SANITIZED 1
#elif defined __has_feature
#if __has_feature(address_sanitizer)
#define SANDBOX_SANITIZED 1
#endif
#endif
#ifndef SANDBOX_SANITIZED
#define SANDBOX_SANITIZED 0
#endif

/* Both: SHUT, NO_DOOR when the kernel has none, -1 and err when it should have shut and did not.
 * *abi: the Landlock ABI that was used. */
enum sandbox_door { SANDBOX_SHUT = 0, SANDBOX_NO_DOOR = 1 };

int sandbox_landlock_shut(const struct sandbox *want, int *abi, struct err *err);
int sandbox_seccomp_shut(const struct sandbox *want, struct err *err);

#ifndef SANDBOX_LANDLOCK_ABI
#define SANDBOX_LANDLOCK_ABI 6 /* the newest one whose rights are used: scopes */
#endif

/* ---- bpf: a policy of system calls becomes a filter --------------------------------------------------------- */

/* What one argument must be.  Only its lower 32 bits are looked at, which are all the kernel uses of an int or of the
 * flags tested here, except for SANDBOX_NULL. */
enum sandbox_test_kind { SANDBOX_BITS, SANDBOX_NULL, SANDBOX_SELF /* the process' own id */ };

struct sandbox_test {
	enum sandbox_test_kind kind;
	unsigned arg;
	uint32_t mask, value; /* (argument & mask) == value */
};

/* One way to call nr that is allowed: all tests hold; n == 0 allows every way. */
struct sandbox_call {
	unsigned who; /* used when it shares a bit with the policy's who */
	int nr;
	unsigned n;
	struct sandbox_test test[3];
};

struct sandbox_policy {
	unsigned who;
	const struct sandbox_call *call;
	size_t calls;
	/* Answered with ENOSYS; with EINPROGRESS; end the process, if kill.  All else: EACCES. */
	const int *unknown, *begun, *hostile;
	size_t unknowns, beguns, hostiles;
	bool kill;
};

#define SANDBOX_BPF_MAX 2048 /* instructions; the kernel takes 4096 */

struct sock_filter; /* <linux/filter.h> */

/* Fills code[0 … *n) of SANDBOX_BPF_MAX.  -1: more than SANDBOX_BPF_MAX instructions, or an architecture it does not know
 * (ERR_UNSUPPORTED). */
bool sandbox_bpf_here(void); /* is this architecture known? */
int sandbox_bpf_compile(const struct sandbox_policy *p, struct sock_filter *code, size_t *n, struct err *err);

#endif
