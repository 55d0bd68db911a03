/* sandbox: close the door before the first hostile byte.  Landlock + seccomp + rlimits on Linux, one facade. */
#ifndef CMD_SANDBOX_H
#define CMD_SANDBOX_H

#include <sys/types.h>

#include "base/base.h"

enum sandbox_kind {
	SANDBOX_PARSE,	/* og, oembed: no sockets, no exec, no writing; may read below `read` */
	SANDBOX_DECODE, /* thumb: as PARSE, and may create files below `write` */
	/* fetch: uses the sockets it is given and can make none; may write only below `write`.  connect(2) does nothing
	 * and fails with EINPROGRESS.  Where sandbox_filters is false it can make sockets and connect them. */
	SANDBOX_FETCH,
	SANDBOX_CONNECT, /* fetch's connector: sockets, resolver threads, passing descriptors; no writing */
};

/* Name the directory of the blobs, not the store: the database stands beside them. */
struct sandbox {
	enum sandbox_kind kind;
	const char *read[8];  /* directories or files that may be opened for reading below; NULL-terminated.  FETCH adds
				 CA certificates, CONNECT what the resolver reads: resolv.conf, hosts … */
	const char *write[4]; /* directories below which files may be created, read, renamed and removed */
	int64_t max_memory;   /* RLIMIT_AS; 0 = the kind's default: 512 MiB, 1 GiB, 8 GiB, 2 GiB */
	int64_t max_file;     /* RLIMIT_FSIZE, also of a standard output that is a file; 0 = none.  Over it: EFBIG */
};

/* sandbox_enter: call it when all descriptors are open, iconv converters are loaded and no thread runs.  What is refused fails with
 * EACCES, so that a library that only tries goes on; exec, ptrace, namespaces, BPF, io_uring and their like end the
 * process (SIGSYS).  In sanitizer builds these fail with EACCES too, and memory is not limited.
 * 0: everything the kernel offers is in force; missing says in one line what it does not offer (empty if nothing).
 * -1: something that should have worked did not; the caller must not go on. */
bool sandbox_filters(void); /* can system calls be confined here? */
int sandbox_enter(const struct sandbox *want, char missing[256], struct err *err);

/* This process, just forked, is killed when parent ends, however that ends; -1: it has ended already. */
int sandbox_end_with(pid_t parent);

#endif
