/* Which files are left?  Landlock, by the kernel's ABI, with definitions of its own: the system's header may be older
 * than the kernel (Documentation/userspace-api/landlock.rst). */
#include "cmd/sandbox-int.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_landlock_create_ruleset /* the same numbers on every architecture */
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_add_rule 445
#define SYS_landlock_restrict_self 446
#endif

#define FS(bit) ((uint64_t)1 << (bit))
enum { ASK_VERSION = 1, RULE_PATH_BENEATH = 1 };

static const uint64_t WRITE_FILE = FS(1), READ_FILE = FS(2), READ_DIR = FS(3), REMOVE_DIR = FS(4), REMOVE_FILE = FS(5),
		      MAKE_DIR = FS(7), MAKE_REG = FS(8), REFER = FS(13), TRUNCATE = FS(14);
static const uint64_t TCP_BIND = 1 << 0, TCP_CONNECT = 1 << 1;
static const uint64_t SCOPE_ABSTRACT_UNIX = 1 << 0, SCOPE_SIGNAL = 1 << 1;

struct ruleset { /* grew with ABI 4 (net) and 6 (scoped) */
	uint64_t fs, net, scoped;
};

struct beneath {
	uint64_t access;
	int32_t fd;
} __attribute__((packed));

/* Every right over files that this ABI knows: what is not handled stays allowed. */
static uint64_t
known(int abi)
{
	static const int rights[] = {0, 13, 14, 15, 15, 16}; /* how many bits ABI 0, 1 … 5 know */
	return FS(rights[abi < 5 ? abi : 5]) - 1;
}

/* Allows access at path, which is a directory or a file.  optional: one that is not there is nothing. */
static int
allow(int ruleset, const char *path, uint64_t access, bool optional, struct err *err)
{
	static const uint64_t of_files = FS(0) | FS(1) | FS(2) | FS(14);
	struct beneath rule = {.access = access, .fd = open(path, O_PATH | O_CLOEXEC)};
	struct stat st;
	int rc = 0;
	if (rule.fd < 0)
		return optional ? 0 : err_sys(err, "%s", path);
	if (fstat(rule.fd, &st) < 0)
		rc = err_sys(err, "%s", path);
	if (!S_ISDIR(st.st_mode))
		rule.access &= of_files;
	if (rc == 0 && syscall(SYS_landlock_add_rule, ruleset, RULE_PATH_BENEATH, &rule, 0) < 0)
		rc = err_sys(err, "landlock %s", path);
	int fd = rule.fd;
	io_close(&fd);
	return rc;
}

/* What TLS reads while it shakes hands: certificates.  Not /etc/ssl as a whole: it holds private keys. */
static const char *const tls[] = {"/etc/ssl/certs",
				  "/etc/ssl/cert.pem",
				  "/etc/ssl/openssl.cnf",
				  "/etc/pki/tls/certs",
				  "/etc/pki/ca-trust/extracted",
				  "/etc/ca-certificates",
				  "/usr/share/ca-certificates",
				  "/usr/local/share/ca-certificates",
				  "/usr/lib/locale",
				  "/dev/urandom",
				  "/dev/null",
				  NULL};

static const char *const resolver[] = {"/etc/resolv.conf",     "/etc/hosts",
				       "/etc/nsswitch.conf",   "/etc/gai.conf",
				       "/etc/host.conf",       "/etc/services",
				       "/run/systemd/resolve", "/run/NetworkManager/resolv.conf",
				       "/run/resolvconf",      NULL};

static int
allow_system(int ruleset, const char *const *path, struct err *err)
{
	for (; *path != NULL; path++)
		if (allow(ruleset, *path, READ_FILE | READ_DIR, true, err) < 0)
			return -1;
	return 0;
}

static int
allow_wanted(int ruleset, const struct sandbox *want, uint64_t all, struct err *err)
{
	uint64_t readable = READ_FILE | READ_DIR;
	uint64_t writable = readable | WRITE_FILE | REMOVE_DIR | REMOVE_FILE | MAKE_DIR | MAKE_REG | REFER | TRUNCATE;
	for (size_t i = 0; i < sizeof want->read / sizeof want->read[0] && want->read[i] != NULL; i++)
		if (allow(ruleset, want->read[i], readable, false, err) < 0)
			return -1;
	if (want->kind == SANDBOX_PARSE)
		return 0; /* and writes nothing */
	for (size_t i = 0; i < sizeof want->write / sizeof want->write[0] && want->write[i] != NULL; i++)
		if (allow(ruleset, want->write[i], writable & all, false, err) < 0)
			return -1;
	if (want->kind == SANDBOX_CONNECT)
		return allow_system(ruleset, resolver, err);
	return want->kind == SANDBOX_FETCH ? allow_system(ruleset, tls, err) : 0;
}

int
sandbox_landlock_shut(const struct sandbox *want, int *abi, struct err *err)
{
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0, ASK_VERSION);
	if (version < 1) /* not built in, not enabled, or kept from us by an outer sandbox */
		return SANDBOX_NO_DOOR;
	*abi = version < SANDBOX_LANDLOCK_ABI ? (int)version : SANDBOX_LANDLOCK_ABI;
	struct ruleset rules = {.fs = known(*abi)};
	size_t size = *abi < 4 ? 8 : *abi < 6 ? 16 : 24;
	/* Where the connector may connect is judged address by address in room net. */
	bool connects = want->kind == SANDBOX_CONNECT || (want->kind == SANDBOX_FETCH && !sandbox_filters());
	if (*abi >= 4)
		rules.net = connects ? TCP_BIND : TCP_BIND | TCP_CONNECT;
	if (*abi >= 6)
		rules.scoped = SCOPE_ABSTRACT_UNIX | SCOPE_SIGNAL;
	int fd = (int)syscall(SYS_landlock_create_ruleset, &rules, size, 0);
	if (fd < 0)
		return err_sys(err, "landlock ruleset (ABI %d)", *abi);
	int rc = allow_wanted(fd, want, rules.fs, err);
	if (rc == 0 && syscall(SYS_landlock_restrict_self, fd, 0) < 0)
		rc = err_sys(err, "landlock restrict");
	io_close(&fd);
	return rc;
}
