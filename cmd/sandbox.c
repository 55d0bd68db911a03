/* How does a process give up what hostile bytes could use?  Limits, capabilities, then the two doors. */
#include "cmd/sandbox.h"
#include "cmd/sandbox-int.h"

#include <dirent.h>
#include <errno.h>
#include <linux/capability.h>
#include <netdb.h>
#include <nss.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MIB ((int64_t)1 << 20)

/* RLIMIT_AS counts what is mapped, not what is used: libraries take 30 to 80 MiB, a stream of zstd up to 128 MiB, each
 * arena of the connector's threads 64 MiB. */
#define PARSE_MEMORY (512 * MIB)
#define DECODE_MEMORY (1024 * MIB)
#define FETCH_MEMORY (8192 * MIB)
#define CONNECT_MEMORY (2048 * MIB)
enum { FEW_FILES = 64, FETCH_FILES = 4096 };

#if SANDBOX_SANITIZED
/* LeakSanitizer inspects the process from a clone with ptrace, which the closed door forbids: its check at exit is left
 * out once the door is shut.  With --no-sandbox it runs. */
static bool shut;
int __lsan_is_turned_off(void);
int
__lsan_is_turned_off(void)
{
	return shut;
}
#endif

/* Lowers both limits; never raises one that is lower already. */
static int
lower(__rlimit_resource_t what, int64_t limit, const char *name, struct err *err)
{
	struct rlimit now;
	if (getrlimit(what, &now) < 0)
		return err_sys(err, "getrlimit %s", name);
	if (now.rlim_max == RLIM_INFINITY || now.rlim_max > (rlim_t)limit)
		now.rlim_max = (rlim_t)limit;
	now.rlim_cur = now.rlim_max;
	return setrlimit(what, &now) < 0 ? err_sys(err, "setrlimit %s", name) : 0;
}

/* No RLIMIT_CPU: filters live for thousands of records, and their work per record is bounded inside. */
static int
limit(const struct sandbox *want, struct err *err)
{
	static const int64_t memory[] = {[SANDBOX_PARSE] = PARSE_MEMORY,
					 [SANDBOX_DECODE] = DECODE_MEMORY,
					 [SANDBOX_FETCH] = FETCH_MEMORY,
					 [SANDBOX_CONNECT] = CONNECT_MEMORY};
	bool many = want->kind == SANDBOX_FETCH || want->kind == SANDBOX_CONNECT;
	int64_t as = want->max_memory > 0 ? want->max_memory : memory[want->kind];
	if (lower(RLIMIT_CORE, 0, "core", err) < 0 ||
	    lower(RLIMIT_NOFILE, many ? FETCH_FILES : FEW_FILES, "nofile", err) < 0)
		return -1;
	if (want->kind != SANDBOX_CONNECT && lower(RLIMIT_NPROC, 0, "nproc", err) < 0)
		return -1;
	if (!SANDBOX_SANITIZED && lower(RLIMIT_AS, as, "as", err) < 0) /* the sanitizers map terabytes */
		return -1;
	if (want->max_file <= 0)
		return 0;
	if (signal(SIGXFSZ, SIG_IGN) == SIG_ERR) /* EFBIG instead of the end */
		return err_sys(err, "signal SIGXFSZ");
	return lower(RLIMIT_FSIZE, want->max_file, "fsize", err);
}

/* Root keeps its say over files (the store may belong to another user) and nothing else: no raw sockets, no routes, no
 * ptrace, no mounts. */
static int
drop_capabilities(struct err *err)
{
	static const unsigned keep =
	    1U << CAP_CHOWN | 1U << CAP_DAC_OVERRIDE | 1U << CAP_DAC_READ_SEARCH | 1U << CAP_FOWNER;
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];
	if (syscall(SYS_capget, &head, data) < 0)
		return err_sys(err, "capget");
	data[0].effective &= keep;
	data[0].permitted &= keep;
	data[0].inheritable = 0;
	data[1] = (struct __user_cap_data_struct){0};
	return syscall(SYS_capset, &head, data) < 0 ? err_sys(err, "capset") : 0;
}

/* Landlock confines the calling thread and those it will start: one that runs already would stay free. */
static int
alone(struct err *err)
{
	struct stat st;
	if (stat("/proc/self/task", &st) == 0 && st.st_nlink > 3)
		return err_set(err, ERR_BUG, "a thread was started before the sandbox");
	return 0;
}

static int
give_up(const struct sandbox *want, struct err *err)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return err_sys(err, "no_new_privs");
	if (!SANDBOX_SANITIZED && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return err_sys(err, "dumpable");
	return drop_capabilities(err) < 0 || limit(want, err) < 0 ? -1 : 0;
}

/* What the kernel does not offer.  While seccomp is there it covers what older Landlock ABIs leave open (truncation,
 * TCP bind, device ioctls, signals): then only a missing Landlock is worth a word. */
static void
tell(char missing[256], int landlock, int abi, int seccomp)
{
	missing[0] = '\0';
	if (landlock == SANDBOX_NO_DOOR)
		(void)snprintf(missing, 256, "the kernel has no Landlock: files are not confined%s",
			       seccomp == SANDBOX_NO_DOOR ? "; it has no seccomp: system calls are not confined" : "");
	else if (seccomp == SANDBOX_NO_DOOR)
		(void)snprintf(missing, 256,
			       "the kernel has no seccomp: system calls are not confined (Landlock ABI %d)", abi);
}

int
sandbox_enter(const struct sandbox *want, char missing[256], struct err *err)
{
	int abi = 0;
	int landlock;
	int seccomp;
	missing[0] = '\0';
	/* The resolver's built-in services only: further ones are plugins that would have to be loaded now. */
	if (want->kind == SANDBOX_CONNECT)
		(void)__nss_configure_lookup("hosts", "files dns");
	if (alone(err) < 0 || give_up(want, err) < 0 || (landlock = sandbox_landlock_shut(want, &abi, err)) < 0 ||
	    (seccomp = sandbox_seccomp_shut(want, err)) < 0)
		return err_add(err, "sandbox");
	tell(missing, landlock, abi, seccomp);
#if SANDBOX_SANITIZED
	shut = true;
#endif
	return 0;
}

int
sandbox_end_with(pid_t parent)
{
	return prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0 || getppid() != parent ? -1 : 0;
}
