/* Which system calls are left?  An allowlist; what is not in it fails with EACCES, what only an attacker would try ends
 * the process.  The filter is compiled here (sandbox-bpf.c): libseccomp takes 0.4 to 0.6 ms for the same rules, which is
 * more than the rest of a start of these programs. */
#include "cmd/sandbox-int.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Who needs a call. */
enum {
	ALL = 1 << 0,
	READ = 1 << 1,	   /* something may be opened for reading */
	WRITE = 1 << 2,	   /* files may be made */
	NET = 1 << 3,	   /* there are sockets */
	FETCH = 1 << 4,	   /* who uses those it is given */
	CONNECT = 1 << 5,  /* who makes them, and has threads for it */
	SANITIZER = 1 << 6 /* the run-time of ASan and UBSan */
};

#define INT_BITS UINT32_MAX
#define ANY_OPEN_WRITE (O_ACCMODE | O_CREAT | O_TRUNC | (O_TMPFILE & ~O_DIRECTORY))
#define TYPE_BITS (INT_BITS & ~(unsigned)(SOCK_NONBLOCK | SOCK_CLOEXEC))
#define THREAD (CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD)
#define NO_THREAD                                                                                                    \
	(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | \
	 CLONE_NEWTIME | CLONE_PTRACE | CLONE_VFORK)
enum { SOCKADDR_NL_LEN = 12 }; /* shorter than any sockaddr_in: such a bind() can only be netlink's */

/* clang-format off */
#define BITS(i, mask, value) {SANDBOX_BITS, i, (uint32_t)(mask), (uint32_t)(value)}
#define IS(i, value) BITS(i, INT_BITS, value)
#define NIL(i) {SANDBOX_NULL, i, 0, 0}
#define SELF(i) {SANDBOX_SELF, i, 0, 0}
#define NONE {SANDBOX_BITS, 0, 0, 0}
#define C(who, name) {who, SYS_##name, 0, {NONE, NONE, NONE}}
#define IF1(who, name, a) {who, SYS_##name, 1, {a, NONE, NONE}}
#define IF2(who, name, a, b) {who, SYS_##name, 2, {a, b, NONE}}
#define IF3(who, name, a, b, c) {who, SYS_##name, 3, {a, b, c}}
/* clang-format on */

static const struct sandbox_call calls[] = {
    /* bytes through descriptors */
    C(ALL, read),
    C(ALL, write),
    C(ALL, readv),
    C(ALL, writev),
    C(ALL, pread64),
    C(ALL, pwrite64),
    C(ALL, lseek),
    C(ALL, close),
    C(ALL, fstat),
    C(ALL, dup),
    C(ALL, dup3),
    C(ALL, fadvise64),
    C(ALL, ppoll),
    C(ALL, pselect6),
    C(ALL, epoll_create1),
    C(ALL, epoll_ctl),
    C(ALL, epoll_pwait),
    /* memory: malloc */
    C(ALL, brk),
    C(ALL, munmap),
    C(ALL, mremap),
    C(ALL, madvise),
    /* time, signals, the process itself */
    C(ALL, clock_gettime),
    C(ALL, clock_getres),
    C(ALL, gettimeofday),
    C(ALL, nanosleep),
    C(ALL, clock_nanosleep),
    C(ALL, rt_sigaction),
    C(ALL, rt_sigprocmask),
    C(ALL, rt_sigreturn),
    C(ALL, sigaltstack),
    C(ALL, restart_syscall),
    C(ALL, getrandom),
    C(ALL, futex),
    C(ALL, rseq),
    C(ALL, set_robust_list),
    C(ALL, sched_yield),
    C(ALL, sched_getaffinity),
    C(ALL, getcpu),
    C(ALL, membarrier),
    C(ALL, getpid),
    C(ALL, gettid),
    C(ALL, getuid),
    C(ALL, geteuid),
    C(ALL, getgid),
    C(ALL, getegid),
    C(ALL, getrlimit),
    C(ALL, getrusage),
    C(ALL, times),
    C(ALL, sysinfo),
    C(ALL, uname),
    C(ALL, exit),
    C(ALL, exit_group),
    IF1(ALL, tgkill, SELF(0)), /* abort(3) */
    /* finding files; Landlock says which may be opened */
    C(READ, newfstatat),
    C(READ, statx),
    C(READ, faccessat),
    C(READ, readlinkat),
    C(READ, getdents64),
    C(READ, getcwd),
    C(READ, fstatfs),
    /* making and removing them */
    C(WRITE, renameat),
    C(WRITE, renameat2),
    C(WRITE, unlinkat),
    C(WRITE, mkdirat),
    C(WRITE, fsync),
    C(WRITE, fdatasync),
    C(WRITE, ftruncate),
    C(WRITE, fallocate),
    /* the net; which sockets, see below */
    C(NET, recvfrom),
    C(NET, recvmsg),
    C(NET, getsockopt),
    C(NET, getsockname),
    C(FETCH, getpeername),
    C(FETCH, shutdown),
    C(FETCH, wait4), /* for the connector to end */
    C(CONNECT, connect),
    C(CONNECT, recvmmsg),
    /* sanitizers try through a pipe what is readable, and describe themselves */
    C(SANITIZER, pipe2),
    C(SANITIZER, readlinkat),
    C(SANITIZER, getppid),
    /* nothing writable becomes code, and nothing mapped is */
    IF1(ALL, mmap, BITS(2, PROT_EXEC, 0)),
    IF1(ALL, mprotect, BITS(2, PROT_EXEC, 0)),
    /* fstat(2) of glibc; a path beside the flag tells no more than that a file is there */
    IF1(ALL, newfstatat, BITS(3, AT_EMPTY_PATH, AT_EMPTY_PATH)),
    IF1(ALL, statx, BITS(2, AT_EMPTY_PATH, AT_EMPTY_PATH)),
    /* not F_SETOWN and F_SETSIG, which send signals */
    IF1(ALL, fcntl, IS(1, F_DUPFD)),
    IF1(ALL, fcntl, IS(1, F_DUPFD_CLOEXEC)),
    IF1(ALL, fcntl, IS(1, F_GETFD)),
    IF1(ALL, fcntl, IS(1, F_SETFD)),
    IF1(ALL, fcntl, IS(1, F_GETFL)),
    IF1(ALL, fcntl, IS(1, F_SETFL)),
    /* isatty(3) and queries, not TIOCSTI */
    IF1(ALL, ioctl, IS(1, TCGETS)),
    IF1(ALL, ioctl, IS(1, TIOCGWINSZ)),
    IF1(ALL, ioctl, IS(1, FIONREAD)),
    IF1(FETCH, ioctl, IS(1, FIONBIO)),
    /* limits may be asked for, not changed */
    IF2(ALL, prlimit64, IS(0, 0), NIL(2)),
    /* O_TRUNC asks for a writing mode: Landlock before ABI 3 does not see it */
    IF1(READ, openat, BITS(2, ANY_OPEN_WRITE, O_RDONLY)),
    IF1(WRITE, openat, BITS(2, O_TRUNC, 0)),
    IF1(WRITE, openat, BITS(2, O_ACCMODE | O_TRUNC, O_WRONLY | O_TRUNC)),
    IF1(WRITE, openat, BITS(2, O_ACCMODE | O_TRUNC, O_RDWR | O_TRUNC)),
    /* threads, not processes or namespaces; clone3 hides its flags behind a pointer */
    IF1(CONNECT, clone, BITS(0, THREAD | NO_THREAD, THREAD)),
    /* TCP and UDP over IP: no MPTCP, raw, packet; netlink only to ask for addresses (getaddrinfo) */
    IF3(CONNECT, socket, IS(0, AF_INET), BITS(1, TYPE_BITS, SOCK_STREAM), IS(2, 0)),
    IF3(CONNECT, socket, IS(0, AF_INET), BITS(1, TYPE_BITS, SOCK_STREAM), IS(2, IPPROTO_TCP)),
    IF3(CONNECT, socket, IS(0, AF_INET), BITS(1, TYPE_BITS, SOCK_DGRAM), IS(2, 0)),
    IF3(CONNECT, socket, IS(0, AF_INET), BITS(1, TYPE_BITS, SOCK_DGRAM), IS(2, IPPROTO_UDP)),
    IF3(CONNECT, socket, IS(0, AF_INET6), BITS(1, TYPE_BITS, SOCK_STREAM), IS(2, 0)),
    IF3(CONNECT, socket, IS(0, AF_INET6), BITS(1, TYPE_BITS, SOCK_STREAM), IS(2, IPPROTO_TCP)),
    IF3(CONNECT, socket, IS(0, AF_INET6), BITS(1, TYPE_BITS, SOCK_DGRAM), IS(2, 0)),
    IF3(CONNECT, socket, IS(0, AF_INET6), BITS(1, TYPE_BITS, SOCK_DGRAM), IS(2, IPPROTO_UDP)),
    IF3(CONNECT, socket, IS(0, AF_NETLINK), BITS(1, TYPE_BITS, SOCK_RAW), IS(2, 0)),
    IF1(CONNECT, bind, IS(2, SOCKADDR_NL_LEN)),
    /* TCP Fast Open connects without connect(2), past whoever watches that */
    IF2(FETCH, sendto, BITS(3, MSG_FASTOPEN, 0), NIL(4)),
    IF1(CONNECT, sendto, BITS(3, MSG_FASTOPEN, 0)),
    IF1(CONNECT, sendmsg, BITS(2, MSG_FASTOPEN, 0)),
    IF1(CONNECT, sendmmsg, BITS(3, MSG_FASTOPEN, 0)),
    /* what libcurl and the resolver set; no BPF, no devices, marks, ULPs, and no TCP_FASTOPEN_CONNECT */
    IF2(FETCH, setsockopt, IS(1, SOL_SOCKET), IS(2, SO_KEEPALIVE)),
    IF2(FETCH, setsockopt, IS(1, SOL_SOCKET), IS(2, SO_SNDBUF)),
    IF2(FETCH, setsockopt, IS(1, SOL_SOCKET), IS(2, SO_RCVBUF)),
    IF2(FETCH, setsockopt, IS(1, SOL_SOCKET), IS(2, SO_LINGER)),
    IF2(FETCH, setsockopt, IS(1, IPPROTO_TCP), IS(2, TCP_NODELAY)),
    IF2(FETCH, setsockopt, IS(1, IPPROTO_TCP), IS(2, TCP_KEEPIDLE)),
    IF2(FETCH, setsockopt, IS(1, IPPROTO_TCP), IS(2, TCP_KEEPINTVL)),
    IF2(FETCH, setsockopt, IS(1, IPPROTO_TCP), IS(2, TCP_KEEPCNT)),
    IF2(FETCH, setsockopt, IS(1, IPPROTO_TCP), IS(2, TCP_USER_TIMEOUT)),
    IF2(CONNECT, setsockopt, IS(1, IPPROTO_IP), IS(2, IP_RECVERR)),
    IF2(CONNECT, setsockopt, IS(1, IPPROTO_IPV6), IS(2, IPV6_RECVERR)),
    IF2(CONNECT, setsockopt, IS(1, IPPROTO_IPV6), IS(2, IPV6_V6ONLY)),
#ifdef SYS_open /* what younger architectures have no more */
    C(READ, stat),
    C(READ, lstat),
    C(READ, access),
    C(READ, readlink),
    C(SANITIZER, readlink),
    C(WRITE, rename),
    C(WRITE, unlink),
    C(WRITE, mkdir),
    C(WRITE, rmdir),
    C(ALL, dup2),
    C(ALL, poll),
    C(ALL, select),
    C(ALL, epoll_wait),
    C(SANITIZER, pipe),
    C(ALL, time),
    IF1(READ, open, BITS(1, ANY_OPEN_WRITE, O_RDONLY)),
    IF1(WRITE, open, BITS(1, O_TRUNC, 0)),
    IF1(WRITE, open, BITS(1, O_ACCMODE | O_TRUNC, O_WRONLY | O_TRUNC)),
    IF1(WRITE, open, BITS(1, O_ACCMODE | O_TRUNC, O_RDWR | O_TRUNC)),
#endif
};

/* Newer twins of allowed calls: the C library then takes the older one. */
static const int unknown[] = {SYS_clone3, SYS_openat2, SYS_faccessat2, SYS_close_range, SYS_epoll_pwait2};

/* What libcurl is handed is connecting already: it asks once and goes on to wait. */
static const int begun[] = {SYS_connect};

/* No library tries these in passing: whoever does is not us any more. */
static const int hostile[] = {SYS_execve,
			      SYS_execveat,
			      SYS_ptrace,
			      SYS_process_vm_readv,
			      SYS_process_vm_writev,
			      SYS_bpf,
			      SYS_io_uring_setup,
			      SYS_io_uring_enter,
			      SYS_io_uring_register,
			      SYS_userfaultfd,
			      SYS_perf_event_open,
			      SYS_keyctl,
			      SYS_add_key,
			      SYS_request_key,
			      SYS_unshare,
			      SYS_setns,
			      SYS_mount,
			      SYS_umount2,
			      SYS_pivot_root,
			      SYS_chroot,
			      SYS_open_tree,
			      SYS_move_mount,
			      SYS_fsopen,
			      SYS_fsmount,
			      SYS_open_by_handle_at,
			      SYS_init_module,
			      SYS_finit_module,
			      SYS_delete_module,
			      SYS_kexec_load,
			      SYS_reboot,
			      SYS_swapon,
			      SYS_swapoff,
			      SYS_personality};

static unsigned
who(const struct sandbox *want)
{
	unsigned w = ALL;
	if (SANDBOX_SANITIZED)
		w |= SANITIZER;
	if (want->kind == SANDBOX_FETCH)
		w |= NET | FETCH | READ;
	if (want->kind == SANDBOX_CONNECT)
		w |= NET | CONNECT | READ;
	if (want->kind != SANDBOX_PARSE && want->kind != SANDBOX_CONNECT && want->write[0] != NULL)
		w |= WRITE | READ;
	if (want->read[0] != NULL)
		w |= READ;
	return w;
}

static int
install(struct sock_filter *code, size_t n, struct err *err)
{
	struct sock_fprog prog = {.len = (unsigned short)n, .filter = code};
	long rc = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &prog);
	if (rc < 0)
		return err_sys(err, "seccomp");
	return rc > 0 ? err_set(err, ERR_BUG, "seccomp: thread %ld is filtered already", rc) : 0;
}

/* Without a filter: EFAULT where there is a door, EINVAL or ENOSYS where there is none (seccomp(2)). */
bool
sandbox_filters(void)
{
	return sandbox_bpf_here() &&
	       (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, NULL) == 0 || (errno != EINVAL && errno != ENOSYS));
}

int
sandbox_seccomp_shut(const struct sandbox *want, struct err *err)
{
	const struct sandbox_policy policy = {
	    .who = who(want),
	    .call = calls,
	    .calls = sizeof calls / sizeof calls[0],
	    .unknown = unknown,
	    .unknowns = sizeof unknown / sizeof unknown[0],
	    .begun = begun,
	    .beguns = want->kind == SANDBOX_FETCH ? sizeof begun / sizeof begun[0] : 0,
	    .hostile = hostile,
	    .hostiles = sizeof hostile / sizeof hostile[0],
	    .kill = !SANDBOX_SANITIZED, /* a sanitizer's report is worth more than the end of the process */
	};
	struct sock_filter code[SANDBOX_BPF_MAX];
	size_t n;
	if (!sandbox_filters())
		return SANDBOX_NO_DOOR;
	if (sandbox_bpf_compile(&policy, code, &n, err) < 0)
		return -1;
	return install(code, n, err);
}
