/* What does the sandbox refuse?  Enters it in a child for every probe, tries one thing, and tells what came of it:
 *   NAME ALLOWED · NAME REFUSED errno · NAME REACHED errno (the kernel looked at it) · NAME KILLED signal
 * usage: sandbox-probe [-LST] [-f BYTES] [-r PATH]... [-w PATH]... [-o DIR] none|parse|decode|fetch|connect
 *        [PROBE...]
 * With kind "none" the door stays open: the control that shows that a probe can succeed.  "time" as the only probe
 * measures sandbox_enter.  -L, -S: as if the kernel had no Landlock, no seccomp; -T: with a thread running; -f: the
 * largest file. */
#include "cmd/sandbox-int.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <iconv.h>
#include <ifaddrs.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* What a probe finds ready: made before the door closes. */
struct scene {
	struct sandbox want;
	bool none, no_landlock, no_seccomp, threaded;
	const char *read, *write, *outside; /* directories; read holds "page", outside holds "secret" */
	int outside_fd;			    /* of the directory */
	int listener, tcp;		    /* tcp: fresh for every probe */
	int pair[2];			    /* for descriptors */
	struct sockaddr_in peer;	    /* where listener listens */
	iconv_t cd;
	pid_t parent;
};

/* 0, or the errno. */
static int
result(long rc)
{
	return rc < 0 ? errno : 0;
}

static const char *
at(const char *dir, const char *name)
{
	static char path[2][4096];
	static int turn;
	turn = !turn;
	(void)snprintf(path[turn], sizeof path[turn], "%s/%s", dir, name);
	return path[turn];
}

/* ---- sockets --------------------------------------------------------------------------------------- */

#define SOCKET(name, domain, type, protocol)                   \
	static int name(struct scene *s)                       \
	{                                                      \
		(void)s;                                       \
		return result(socket(domain, type, protocol)); \
	}
SOCKET(socket_tcp4, AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)
SOCKET(socket_tcp6, AF_INET6, SOCK_STREAM | SOCK_NONBLOCK, IPPROTO_TCP)
SOCKET(socket_udp4, AF_INET, SOCK_DGRAM, 0)
SOCKET(socket_udp6, AF_INET6, SOCK_DGRAM, IPPROTO_UDP)
SOCKET(socket_unix, AF_UNIX, SOCK_STREAM, 0)
SOCKET(socket_unix_dgram, AF_UNIX, SOCK_DGRAM, 0)
SOCKET(socket_route, AF_NETLINK, SOCK_RAW, 0)
SOCKET(socket_audit, AF_NETLINK, SOCK_RAW, 9)
SOCKET(socket_raw, AF_INET, SOCK_RAW, IPPROTO_TCP)
SOCKET(socket_packet, AF_PACKET, SOCK_RAW, 0)
SOCKET(socket_mptcp, AF_INET, SOCK_STREAM, 262)
SOCKET(socket_icmp, AF_INET, SOCK_DGRAM, IPPROTO_ICMP)
SOCKET(socket_alg, 38, SOCK_SEQPACKET, 0)
SOCKET(socket_vsock, 40, SOCK_STREAM, 0)

static int
socketpair_stream(struct scene *s)
{
	int fd[2];
	(void)s;
	return result(socketpair(AF_UNIX, SOCK_STREAM, 0, fd));
}

static int
socketpair_dgram(struct scene *s)
{
	int fd[2];
	(void)s;
	return result(socketpair(AF_UNIX, SOCK_DGRAM, 0, fd));
}

static int
connect_tcp(struct scene *s)
{
	return result(connect(s->tcp, (struct sockaddr *)&s->peer, sizeof s->peer));
}

static int
sendto_fastopen(struct scene *s)
{
	return result(sendto(s->tcp, "x", 1, MSG_FASTOPEN | MSG_NOSIGNAL, (struct sockaddr *)&s->peer, sizeof s->peer));
}

static int
sendmsg_fastopen(struct scene *s)
{
	struct iovec v = {(char[]){"x"}, 1};
	struct msghdr m = {.msg_name = &s->peer, .msg_namelen = sizeof s->peer, .msg_iov = &v, .msg_iovlen = 1};
	return result(sendmsg(s->tcp, &m, MSG_FASTOPEN | MSG_NOSIGNAL));
}

static int
sendmmsg_fastopen(struct scene *s)
{
	struct iovec v = {(char[]){"x"}, 1};
	struct mmsghdr m = {
	    .msg_hdr = {.msg_name = &s->peer, .msg_namelen = sizeof s->peer, .msg_iov = &v, .msg_iovlen = 1}};
	return result(sendmmsg(s->tcp, &m, 1, MSG_FASTOPEN | MSG_NOSIGNAL));
}

static int
option_fastopen(struct scene *s)
{
	return result(setsockopt(s->tcp, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, &(int){1}, sizeof(int)));
}

static int
option_filter(struct scene *s)
{
	struct sock_filter code = BPF_STMT(BPF_RET | BPF_K, 0);
	struct sock_fprog prog = {1, &code};
	return result(setsockopt(s->tcp, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof prog));
}

static int
option_nodelay(struct scene *s)
{
	return result(setsockopt(s->tcp, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int)));
}

/* What libcurl is told of a socket that is on its way already; this one stays where it is. */
static int
connect_nothing(struct scene *s)
{
	struct sockaddr_in peer;
	socklen_t n = sizeof peer;
	if (connect(s->tcp, (struct sockaddr *)&s->peer, sizeof s->peer) == 0 || errno != EINPROGRESS)
		return EISCONN;
	return getpeername(s->tcp, (struct sockaddr *)&peer, &n) < 0 && errno == ENOTCONN ? 0 : EISCONN;
}

static int
pass_descriptor(struct scene *s)
{
	union {
		char room[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = {{0}};
	struct iovec v = {(char[]){"x"}, 1};
	struct msghdr m = {
	    .msg_iov = &v, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control.room};
	*CMSG_FIRSTHDR(&m) = (struct cmsghdr){CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS};
	(void)memcpy(CMSG_DATA(CMSG_FIRSTHDR(&m)), &s->tcp, sizeof s->tcp);
	return sendmsg(s->pair[0], &m, MSG_NOSIGNAL) < 0 ? errno : 0;
}

static int
bind_tcp(struct scene *s)
{
	struct sockaddr_in any = {.sin_family = AF_INET};
	return result(bind(s->tcp, (struct sockaddr *)&any, sizeof any));
}

static int
listen_tcp(struct scene *s)
{
	return result(listen(s->tcp, 1));
}

static int
accept_tcp(struct scene *s)
{
	(void)fcntl(s->listener, F_SETFL, O_NONBLOCK);
	return result(accept(s->listener, NULL, NULL));
}

/* ---- files ------------------------------------------------------------------------------------------ */

static int
open_at(const char *path, int flags)
{
	return result(open(path, flags, 0600));
}

#define OPEN(name, path, flags)              \
	static int name(struct scene *s)     \
	{                                    \
		(void)s;                     \
		return open_at(path, flags); \
	}
OPEN(open_passwd, "/etc/passwd", O_RDONLY)
OPEN(open_hosts, "/etc/hosts", O_RDONLY)
OPEN(open_proc, "/proc/self/maps", O_RDONLY)
OPEN(open_mem, "/proc/self/mem", O_RDWR)
OPEN(open_root, "/", O_RDONLY | O_DIRECTORY)
OPEN(open_tty, "/dev/tty", O_RDWR)
OPEN(open_key, "/etc/ssl/private", O_RDONLY | O_DIRECTORY)
OPEN(open_secret, at(s->outside, "secret"), O_RDONLY)
OPEN(open_dotdot, at(s->read, "../outside/secret"), O_RDONLY)
OPEN(open_link, at(s->read, "link"), O_RDONLY)
OPEN(open_page, at(s->read, "page"), O_RDONLY)
OPEN(open_page_write, at(s->read, "page"), O_WRONLY)
OPEN(open_page_trunc, at(s->read, "page"), O_RDONLY | O_TRUNC)
OPEN(open_list, s->read, O_RDONLY | O_DIRECTORY)
OPEN(creat_outside, at(s->outside, "new"), O_WRONLY | O_CREAT | O_EXCL)
OPEN(creat_read, at(s->read, "new"), O_WRONLY | O_CREAT | O_EXCL)
OPEN(creat_write, at(s->write, "new"), O_WRONLY | O_CREAT | O_EXCL)
OPEN(tmpfile_outside, s->outside, O_WRONLY | O_TMPFILE)

static int
open_beside(struct scene *s)
{
	return result(openat(s->outside_fd, "secret", O_RDONLY));
}

#define PATHS(name, call)                \
	static int name(struct scene *s) \
	{                                \
		return result(call);     \
	}
PATHS(stat_secret, stat(at(s->outside, "secret"), &(struct stat){0}))
PATHS(stat_page, stat(at(s->read, "page"), &(struct stat){0}))
PATHS(fstat_stdout, fstat(1, &(struct stat){.st_dev = s->parent > 0}))
PATHS(mkdir_outside, mkdir(at(s->outside, "dir"), 0700))
PATHS(mkdir_write, mkdir(at(s->write, "dir"), 0700))
PATHS(unlink_outside, unlink(at(s->outside, "secret")))
PATHS(unlink_read, unlink(at(s->read, "page")))
PATHS(rename_out, rename(at(s->write, "old"), at(s->outside, "moved")))
PATHS(rename_in, rename(at(s->outside, "secret"), at(s->write, "moved")))
PATHS(symlink_write, symlink("/etc/passwd", at(s->write, "link")))
PATHS(link_in, link(at(s->outside, "secret"), at(s->write, "hard")))
PATHS(fifo_write, mkfifo(at(s->write, "fifo"), 0600))
PATHS(node_write, mknod(at(s->write, "node"), S_IFCHR | 0600, 0x103))
PATHS(chmod_outside, chmod(at(s->outside, "secret"), 0644))
PATHS(chown_outside, chown(at(s->outside, "secret"), 1, 1))
PATHS(truncate_outside, truncate(at(s->outside, "secret"), 0))
PATHS(utime_outside, utimensat(AT_FDCWD, at(s->outside, "secret"), NULL, 0))
PATHS(xattr_outside, (long)syscall(SYS_setxattr, at(s->outside, "secret"), "user.a", "b", 1, 0))
PATHS(chdir_outside, chdir(s->outside))
PATHS(fchdir_outside, fchdir(s->outside_fd))

/* The store's way: temp file beside the final name, fsync, rename, fsync of the directory. */
static int
write_whole(struct scene *s)
{
	int dir = mkdir(at(s->write, "a"), 0700) < 0 ? -1 : open(at(s->write, "a"), O_RDONLY | O_DIRECTORY);
	int fd = open(at(s->write, "a/.tmp"), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0 || dir < 0 || write(fd, "x", 1) != 1 || fsync(fd) < 0 ||
	    rename(at(s->write, "a/.tmp"), at(s->write, "a/whole")) < 0 || fsync(dir) < 0 ||
	    unlink(at(s->write, "a/whole")) < 0 || rmdir(at(s->write, "a")) < 0)
		return errno;
	return 0;
}

static int
big_file(struct scene *s)
{
	char block[65536] = {0};
	int fd = open(at(s->write, "big"), O_WRONLY | O_CREAT | O_TRUNC, 0600);
	int rc = fd < 0 ? errno : 0;
	for (int i = 0; rc == 0 && i < 32; i++) /* 2 MiB */
		rc = result(write(fd, block, sizeof block));
	(void)unlink(at(s->write, "big"));
	return rc;
}

/* ---- processes and the machine ---------------------------------------------------------------------- */

static int
exec_true(struct scene *s)
{
	(void)s;
	return result(execl("/bin/true", "true", (char *)NULL));
}

static int
fork_child(struct scene *s)
{
	pid_t pid = fork();
	(void)s;
	if (pid == 0)
		_exit(0);
	return result(pid);
}

static int
clone_process(struct scene *s)
{
	long pid = syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
	(void)s;
	if (pid == 0)
		_exit(0);
	return result(pid);
}

static int
clone3_process(struct scene *s)
{
	uint64_t args[8] = {[4] = SIGCHLD};
	long pid = syscall(SYS_clone3, args, sizeof args);
	(void)s;
	if (pid == 0)
		_exit(0);
	return result(pid);
}

static void *
nothing(void *arg)
{
	return arg;
}

static void *
waiting(void *arg)
{
	(void)pause();
	return arg;
}

static int
thread(struct scene *s)
{
	pthread_t t;
	int rc = pthread_create(&t, NULL, nothing, s);
	return rc != 0 ? rc : pthread_join(t, NULL);
}

static int
ptrace_parent(struct scene *s)
{
	int rc = result(ptrace(PTRACE_SEIZE, s->parent, NULL, NULL));
	if (rc == 0)
		(void)ptrace(PTRACE_DETACH, s->parent, NULL, NULL);
	return rc;
}

static int
vm_read_parent(struct scene *s)
{
	char c;
	struct iovec mine = {&c, 1};
	struct iovec theirs = {s, 1};
	return result(process_vm_readv(s->parent, &mine, 1, &theirs, 1, 0));
}

static int
memfd_exec(struct scene *s)
{
	char *argv[] = {(char[]){"x"}, NULL};
	char *envp[] = {NULL};
	int fd = (int)syscall(SYS_memfd_create, "x", 0);
	(void)s;
	if (fd < 0)
		return errno;
	(void)fexecve(fd, argv, envp);
	return errno == ENOEXEC ? 0 : errno;
}

static int
raise_limit(struct scene *s)
{
	struct rlimit r;
	(void)s;
	if (getrlimit(RLIMIT_NOFILE, &r) < 0)
		return errno;
	r.rlim_cur = r.rlim_cur > 8 ? r.rlim_cur - 1 : r.rlim_cur;
	return result(setrlimit(RLIMIT_NOFILE, &r));
}

static int
mmap_exec(struct scene *s)
{
	(void)s;
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return p == MAP_FAILED ? errno : 0;
}

static int
mprotect_exec(struct scene *s)
{
	(void)s;
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return p == MAP_FAILED ? errno : result(mprotect(p, 4096, PROT_READ | PROT_EXEC));
}

static int
x32(struct scene *s)
{
	(void)s;
#if defined __x86_64__
	return result(syscall(0x40000000 | SYS_getpid));
#else
	return ENOSYS;
#endif
}

static int
int80(struct scene *s)
{
	(void)s;
#if defined __x86_64__
	long rc;
	__asm__ volatile("int $0x80" : "=a"(rc) : "a"(20L) : "memory"); /* getpid of i386 */
	return rc < 0 ? (int)-rc : 0;
#else
	return ENOSYS;
#endif
}

#define RAW(name, ...)                               \
	static int name(struct scene *s)             \
	{                                            \
		(void)s;                             \
		return result(syscall(__VA_ARGS__)); \
	}
RAW(vfork_like, SYS_clone, CLONE_VM | CLONE_VFORK | CLONE_NEWUSER, NULL, NULL, NULL, NULL)
RAW(execveat_self, SYS_execveat, -1, "", NULL, NULL, AT_EMPTY_PATH)
RAW(ptrace_me, SYS_ptrace, PTRACE_TRACEME, 0, NULL, NULL)
RAW(kill_parent, SYS_kill, s->parent, 0)
RAW(tgkill_parent, SYS_tgkill, s->parent, s->parent, 0)
RAW(queue_parent, SYS_rt_sigqueueinfo, s->parent, 0, NULL)
RAW(pidfd, SYS_pidfd_open, s->parent, 0)
RAW(set_owner, SYS_fcntl, s->tcp, F_SETOWN, s->parent)
RAW(limit_parent, SYS_prlimit64, s->parent, RLIMIT_NOFILE, NULL, &(struct rlimit){0})
RAW(nice_self, SYS_setpriority, PRIO_PROCESS, 0, 1)
RAW(setuid_one, SYS_setuid, getuid())
RAW(setgroups_none, SYS_setgroups, 0, NULL)
RAW(capset_none, SYS_capset, NULL, NULL)
RAW(chroot_here, SYS_chroot, s->outside)
RAW(unshare_user, SYS_unshare, CLONE_NEWUSER)
RAW(unshare_net, SYS_unshare, CLONE_NEWNET)
RAW(setns_none, SYS_setns, s->outside_fd, 0)
RAW(mount_none, SYS_mount, NULL, NULL, NULL, 0, NULL)
RAW(pivot, SYS_pivot_root, NULL, NULL)
RAW(keyring, SYS_keyctl, 0, -2, 0) /* KEYCTL_GET_KEYRING_ID of the process keyring */
RAW(bpf_none, SYS_bpf, 0, NULL, 0)
RAW(perf, SYS_perf_event_open, NULL, 0, -1, -1, 0)
RAW(userfault, SYS_userfaultfd, 1)
RAW(io_uring, SYS_io_uring_setup, 1, NULL)
RAW(module, SYS_init_module, NULL, 0, NULL)
RAW(personality_get, SYS_personality, 0xffffffff)
RAW(memfd, SYS_memfd_create, "x", 0)
RAW(shm, SYS_shmget, 0, 4096, 01600)
RAW(msgq, SYS_msgget, 0, 01600)
RAW(inotify, SYS_inotify_init1, 0)
RAW(name_handle, SYS_name_to_handle_at, -1, "", NULL, NULL, 0)
RAW(open_handle, SYS_open_by_handle_at, -1, NULL, 0)
RAW(kernel_log, SYS_syslog, 10, NULL, 0)
RAW(dumpable, SYS_prctl, PR_SET_DUMPABLE, 1, 0, 0, 0)
RAW(tiocsti, SYS_ioctl, 0, 0x5412, "x")
RAW(openat2_none, SYS_openat2, -1, NULL, NULL, 0)

/* ---- what must still work --------------------------------------------------------------------------- */

static int
malloc_64m(struct scene *s)
{
	size_t n = (size_t)64 << 20;
	char *p = malloc(n);
	(void)s;
	if (p == NULL)
		return errno;
	for (size_t i = 0; i < n; i += 4096)
		p[i] = 1;
	char *more = realloc(p, 2 * n);
	free(more != NULL ? more : p);
	return more == NULL ? errno : 0;
}

static int
malloc_too_much(struct scene *s)
{
	(void)s;
	if (SANDBOX_SANITIZED)
		return ENOTSUP;
	void *volatile p = malloc((size_t)16 << 30); /* or the compiler believes in it */
	int rc = p == NULL ? EPERM : 0;
	free(p);
	return rc;
}

static int
convert(struct scene *s)
{
	char in[] = "\x83\x65\x83\x58\x83\x67"; /* Shift_JIS */
	char out[16];
	char *i = in;
	char *o = out;
	size_t ni = sizeof in - 1;
	size_t no = sizeof out;
	return iconv(s->cd, &i, &ni, &o, &no) == (size_t)-1 ? errno : 0;
}

static int
convert_anew(struct scene *s)
{
	iconv_t cd = iconv_open("UTF-8", "SHIFT_JIS"); /* its tables are there */
	(void)s;
	return cd == (iconv_t)-1 ? errno : iconv_close(cd);
}

static int
clocks(struct scene *s)
{
	struct timespec t = {0, 1000};
	time_t now = time(NULL);
	struct tm tm;
	(void)s;
	return clock_gettime(CLOCK_MONOTONIC, &t) < 0 || gmtime_r(&now, &tm) == NULL ? errno : 0;
}

static int
random_and_poll(struct scene *s)
{
	char b[16];
	struct pollfd p = {.fd = 0, .events = POLLIN};
	(void)s;
	if (getentropy(b, sizeof b) < 0 || poll(&p, 1, 0) < 0)
		return errno;
	return 0;
}

static int
signals(struct scene *s)
{
	(void)s;
	return signal(SIGTERM, SIG_IGN) == SIG_ERR || raise(SIGTERM) != 0 ? errno : 0;
}

static int
ask_limit(struct scene *s)
{
	(void)s;
	return result(getrlimit(RLIMIT_STACK, &(struct rlimit){0})) || sysconf(_SC_NPROCESSORS_ONLN) < 1;
}

static int
give_up(struct scene *s)
{
	(void)s;
	abort();
}

static int
resolve(struct scene *s)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	struct addrinfo *ai = NULL;
	int rc = getaddrinfo("localhost", "80", &hints, &ai);
	(void)s;
	if (rc == 0)
		freeaddrinfo(ai);
	return rc == 0 ? 0 : EHOSTUNREACH;
}

static int
interfaces(struct scene *s)
{
	struct ifaddrs *ifa = NULL;
	int rc = result(getifaddrs(&ifa));
	(void)s;
	if (rc == 0)
		freeifaddrs(ifa);
	return rc;
}

static int
udp_loopback(struct scene *s)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&s->peer, sizeof s->peer) < 0)
		return errno;
	struct mmsghdr m = {.msg_hdr = {.msg_iov = &(struct iovec){(char[]){"x"}, 1}, .msg_iovlen = 1}};
	return sendmmsg(fd, &m, 1, MSG_NOSIGNAL) == 1 ? 0 : errno; /* as the resolver sends */
}

static int
tcp_loopback(struct scene *s)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP);
	if (fd < 0 || connect(fd, (struct sockaddr *)&s->peer, sizeof s->peer) < 0 ||
	    send(fd, "x", 1, MSG_NOSIGNAL) != 1)
		return errno;
	return 0;
}

/* ---- the table and the runner ------------------------------------------------------------------------ */

/* clang-format off */
#define P(f) {#f, f}
static const struct probe {
	const char *name;
	int (*f)(struct scene *s);
} probes[] = {
    P(socket_tcp4), P(socket_tcp6), P(socket_udp4), P(socket_udp6), P(socket_unix), P(socket_unix_dgram),
    P(socket_route), P(socket_audit), P(socket_raw), P(socket_packet), P(socket_mptcp), P(socket_icmp), P(socket_alg),
    P(socket_vsock), P(socketpair_stream), P(socketpair_dgram), P(connect_tcp), P(connect_nothing), P(pass_descriptor), P(sendto_fastopen),
    P(sendmsg_fastopen), P(sendmmsg_fastopen), P(option_fastopen), P(option_filter), P(option_nodelay), P(bind_tcp),
    P(listen_tcp), P(accept_tcp), P(open_passwd), P(open_hosts), P(open_proc), P(open_mem), P(open_root), P(open_tty),
    P(open_key), P(open_secret), P(open_dotdot), P(open_link), P(open_beside), P(open_page), P(open_page_write),
    P(open_page_trunc), P(open_list), P(creat_outside), P(creat_read), P(creat_write), P(tmpfile_outside),
    P(stat_secret), P(stat_page), P(fstat_stdout), P(mkdir_outside), P(mkdir_write), P(unlink_outside),
    P(unlink_read), P(rename_out), P(rename_in), P(symlink_write), P(link_in), P(fifo_write), P(node_write),
    P(chmod_outside), P(chown_outside), P(truncate_outside), P(utime_outside), P(xattr_outside), P(chdir_outside),
    P(fchdir_outside), P(write_whole), P(big_file), P(exec_true), P(execveat_self), P(fork_child), P(vfork_like),
    P(clone_process), P(clone3_process), P(thread), P(ptrace_me), P(ptrace_parent), P(vm_read_parent), P(kill_parent),
    P(tgkill_parent), P(queue_parent), P(pidfd), P(set_owner), P(limit_parent), P(raise_limit), P(nice_self),
    P(setuid_one), P(setgroups_none), P(capset_none), P(chroot_here), P(unshare_user), P(unshare_net), P(setns_none),
    P(mount_none), P(pivot), P(keyring), P(bpf_none), P(perf), P(userfault), P(io_uring), P(module),
    P(personality_get), P(memfd), P(memfd_exec), P(shm), P(msgq), P(inotify), P(name_handle), P(open_handle),
    P(kernel_log), P(dumpable), P(tiocsti), P(openat2_none), P(mmap_exec), P(mprotect_exec), P(x32), P(int80),
    P(malloc_64m), P(malloc_too_much), P(convert), P(convert_anew), P(clocks), P(random_and_poll), P(signals),
    P(ask_limit), P(give_up), P(resolve), P(interfaces), P(udp_loopback), P(tcp_loopback),
};
/* clang-format on */

/* A kernel without that call. */
static void
take_away(long nr)
{
	struct sock_filter code[] = {
	    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)nr, 0, 1),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
	struct sock_fprog prog = {sizeof code / sizeof code[0], code};
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog, 0, 0) < 0)
		_exit(72);
}

static void
enter(const struct scene *s)
{
	struct err err;
	char missing[256];
	pthread_t t;
	if (s->none)
		return;
	if (s->no_landlock)
		take_away(SYS_landlock_create_ruleset);
	if (s->no_seccomp)
		take_away(SYS_seccomp);
	if (s->threaded && pthread_create(&t, NULL, waiting, NULL) != 0)
		_exit(72);
	if (sandbox_enter(&s->want, missing, &err) < 0) {
		(void)fprintf(stderr, "sandbox-probe: %s\n", err.text);
		_exit(70);
	}
	if (missing[0] != '\0')
		(void)fprintf(stderr, "missing: %s\n", missing);
}

static void
tell(const char *name, int status, const int *rc)
{
	static const int refusals[] = {EACCES, EPERM, ENOSYS, EXDEV};
	const char *verdict = "REACHED";
	if (WIFSIGNALED(status)) {
		(void)printf("%s KILLED SIG%s\n", name, sigabbrev_np(WTERMSIG(status)));
		return;
	}
	if (WEXITSTATUS(status) != 0) {
		(void)printf("%s BROKEN %d\n", name, WEXITSTATUS(status));
		return;
	}
	if (rc == NULL || *rc == 0) { /* no answer: it became another program */
		(void)printf("%s ALLOWED\n", name);
		return;
	}
	for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++)
		if (*rc == refusals[i])
			verdict = "REFUSED";
	(void)printf("%s %s %s\n", name, verdict, strerrorname_np(*rc));
}

static void
run(struct scene *s, const struct probe *p)
{
	int answer[2];
	int rc = 0;
	int status = 0;
	(void)fflush(stdout);
	if (pipe2(answer, O_CLOEXEC) < 0)
		exit(70);
	pid_t pid = fork();
	if (pid == 0) {
		s->tcp = socket(AF_INET, SOCK_STREAM, 0);
		enter(s);
		rc = p->f(s);
		_exit(write(answer[1], &rc, sizeof rc) == sizeof rc ? 0 : 71);
	}
	(void)close(answer[1]);
	bool told = read(answer[0], &rc, sizeof rc) == (ssize_t)sizeof rc;
	(void)close(answer[0]);
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		exit(70);
	tell(p->name, status, told ? &rc : NULL);
}

/* Microseconds of sandbox_enter, the median of many children. */
static int
compare(const void *a, const void *b)
{
	double d = *(const double *)a - *(const double *)b;
	return d < 0 ? -1 : d > 0;
}

static void
measure(const struct scene *s)
{
	enum { TIMES = 201 };
	static double us[TIMES];
	for (int i = 0; i < TIMES; i++) {
		int answer[2];
		if (pipe(answer) < 0)
			exit(70);
		if (fork() == 0) {
			struct timespec a;
			struct timespec b;
			(void)clock_gettime(CLOCK_MONOTONIC, &a);
			enter(s);
			(void)clock_gettime(CLOCK_MONOTONIC, &b);
			double d = (double)(b.tv_sec - a.tv_sec) * 1e6 + (double)(b.tv_nsec - a.tv_nsec) / 1e3;
			_exit(write(answer[1], &d, sizeof d) == sizeof d ? 0 : 71);
		}
		(void)close(answer[1]);
		if (read(answer[0], &us[i], sizeof us[i]) != sizeof us[i])
			exit(70);
		(void)close(answer[0]);
		(void)wait(NULL);
	}
	qsort(us, TIMES, sizeof us[0], compare);
	(void)printf("sandbox_enter: median %.0f us, 90 %% below %.0f us\n", us[TIMES / 2], us[TIMES * 9 / 10]);
}

static void
prepare(struct scene *s)
{
	socklen_t n = sizeof s->peer;
	s->parent = getpid();
	s->outside_fd = open(s->outside, O_RDONLY | O_DIRECTORY);
	s->peer = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	s->listener = socket(AF_INET, SOCK_STREAM, 0);
	s->cd = iconv_open("UTF-8", "SHIFT_JIS");
	if (s->outside_fd < 0 || socketpair(AF_UNIX, SOCK_SEQPACKET, 0, s->pair) < 0 || s->cd == (iconv_t)-1 ||
	    bind(s->listener, (struct sockaddr *)&s->peer, sizeof s->peer) < 0 || listen(s->listener, 64) < 0 ||
	    getsockname(s->listener, (struct sockaddr *)&s->peer, &n) < 0) {
		perror("sandbox-probe");
		exit(70);
	}
}

int
main(int argc, char **argv)
{
	struct scene s = {.read = "/", .write = "/", .outside = "/"};
	size_t nr = 0;
	size_t nw = 0;
	int opt;
	while ((opt = getopt(argc, argv, "r:w:o:f:LST")) != -1) {
		if (opt == 'r' && nr < 7)
			s.want.read[nr++] = s.read = optarg;
		else if (opt == 'w' && nw < 3)
			s.want.write[nw++] = s.write = optarg;
		else if (opt == 'o')
			s.outside = optarg;
		else if (opt == 'f')
			s.want.max_file = atoi(optarg);
		else if (opt == 'L')
			s.no_landlock = true;
		else if (opt == 'S')
			s.no_seccomp = true;
		else if (opt == 'T')
			s.threaded = true;
		else
			return 2;
	}
	static const char *const kinds[] = {"parse", "decode", "fetch", "connect", "none"};
	enum { NONE = 4 };
	int kind = 0;
	while (kind <= NONE && (optind >= argc || strcmp(argv[optind], kinds[kind]) != 0))
		kind++;
	if (kind > NONE)
		return 2;
	s.want.kind = (enum sandbox_kind)(kind % NONE);
	s.none = kind == NONE;
	prepare(&s);
	if (optind + 1 < argc && strcmp(argv[optind + 1], "time") == 0) {
		measure(&s);
		return 0;
	}
	for (size_t i = 0; i < sizeof probes / sizeof probes[0]; i++) {
		bool named = optind + 1 == argc;
		for (int k = optind + 1; k < argc; k++)
			named = named || strcmp(argv[k], probes[i].name) == 0;
		if (named)
			run(&s, &probes[i]);
	}
	(void)iconv_close(s.cd);
	return fflush(stdout) == 0 ? 0 : 1;
}
