/* cmd: what all commands share.  Options, store and configuration discovery, the filter loop, leaving. */
#ifndef CMD_CMD_H
#define CMD_CMD_H

#include <signal.h>

#include "base/base.h"
#include "conf/conf.h"
#include "preview/preview.h"

#define MX_VERSION "0.1.0"

#define EXIT_REFUSED 1
#define EXIT_USAGE 2
#define EXIT_AGAIN 75

struct cmd {
	const char *name;	 /* basename of argv[0] */
	char *store;		 /* -d, $MX_STORE, $XDG_DATA_HOME/mxpreview, ~/.local/share/mxpreview */
	struct conf conf;	 /* read by cmd_configure */
	const char *config_path; /* -c as given, or NULL */
	int verbose;		 /* -v, counted */
	bool quiet;		 /* -q */
	bool no_sandbox;	 /* --no-sandbox */
};

extern volatile sig_atomic_t cmd_stop;	 /* set by SIGINT, SIGTERM, SIGHUP */
extern volatile sig_atomic_t cmd_hangup; /* set by SIGHUP instead, after cmd_on_hangup() */

/* Common letters, to be pasted into a command's own option string and table: "c:d:hqvV" */
#define CMD_SHORT "c:d:hqvV"
enum { CMD_OPT_NO_SANDBOX = 1000, CMD_OPT_FIRST /* a command's own long-only options start here */ };
#define CMD_LONG                                                                                                      \
	{"config", required_argument, NULL, 'c'}, {"store", required_argument, NULL, 'd'},                            \
	    {"help", no_argument, NULL, 'h'}, {"quiet", no_argument, NULL, 'q'}, {"verbose", no_argument, NULL, 'v'}, \
	    {"version", no_argument, NULL, 'V'},                                                                      \
	{                                                                                                             \
		"no-sandbox", no_argument, NULL, CMD_OPT_NO_SANDBOX                                                   \
	}

void cmd_init(struct cmd *c, const char *argv0); /* signals (SIGPIPE ignored), fds 0-2 open, locale C.UTF-8 */
/* The same without its locale, for who seldom needs that: patterns of rules and the width of letters do. */
void cmd_begin(struct cmd *c, const char *argv0);
void cmd_locale(void);
/* Handles a common option (true) or leaves it to the caller (false).  -h prints usage to stdout and exits 0, -V the
 * version. */
bool cmd_option(struct cmd *c, int opt, const char *arg, const char *usage);
/* "name: what is wrong" before the usage; exit 2. */
void cmd_misuse(const struct cmd *c, const char *usage, const char *fmt, ...)
    __attribute__((noreturn, format(printf, 3, 4)));
void cmd_usage(const struct cmd *c, const char *usage) __attribute__((noreturn)); /* to stderr, exit 2 */
/* Finds store and configuration; a missing default file is fine, a missing -c file is not.  Exits 2 on errors. */
void cmd_configure(struct cmd *c);
/* For who writes to the store: says so, if its owner could not read what is about to be made. */
void cmd_mind_owner(const struct cmd *c);
/* The configuration once more, as it is now, into *conf (which is initialised here, and cleared on -1). */
int cmd_reread(const struct cmd *c, struct conf *conf, struct err *err);
void cmd_on_hangup(void); /* a resident command reads its configuration again on SIGHUP, instead of ending */
/* Configuration set on the command line, e.g. cmd_set(c, "allow_ip", arg): exits 2 if bad.  Call after cmd_configure. */
void cmd_set(struct cmd *c, const char *key, const char *value);

/* "name: problem" on stderr, one line, control characters made visible; nothing with -q. */
void cmd_warn(const struct cmd *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void cmd_note(const struct cmd *c, const char *fmt, ...) __attribute__((format(printf, 2, 3))); /* only with -v */
int cmd_fail(const struct cmd *c, const struct err *err, const char *what); /* says it; returns the exit status */

int64_t cmd_now(void);	 /* ms since the epoch */
int64_t cmd_clock(void); /* ms, never set back: for waiting */
/* RFC 3339, ms since the epoch, or an age ("30d"): ms since the epoch.  -1: none of them. */
int cmd_when(const char *s, int64_t *ms);

/* Lines that are no question.  One that holds a NUL byte is none of them: it gets an answer. */
bool cmd_blank(const char *line, size_t len);
void
cmd_wait_input(void); /* after IO_LINE_AGAIN of standard input: until there is more, or a signal, or for a second */

/* The loop of a filter that takes one record after the other: stdin to stdout, flushed whenever no more input waits.
 * Records that failed or were answered by the cache pass through.  Exit status: 0; 75 if trying again may help all
 * records that failed here, else 1. */
typedef int cmd_stage(void *arg, struct record *rec, struct err *err);
int cmd_filter(const struct cmd *c, const char *stage, cmd_stage *f, void *arg);
/* The same for a stage that wants to see failed and cached records too. */
int cmd_filter_all(const struct cmd *c, const char *stage, cmd_stage *f, void *arg);

/* The owner's rules out of the configuration, for url_policy_free: one piece, so that whoever answers from the cache and
 * whoever goes there judge alike.  Exits 2 if a rule cannot be read. */
struct url_policy;
struct url_policy *cmd_policy(const struct cmd *c);
struct url_policy *cmd_policy_new(const struct conf *conf, struct err *err); /* NULL instead of exiting */

/* The rules of keeping out of the configuration; store and blobs are the caller's to set. */
struct stage_cache;
void cmd_cache(const struct cmd *c, struct stage_cache *out);

/* Closes the process in (cmd/sandbox.h) unless --no-sandbox, and says with -v what the kernel does not offer. */
struct sandbox;
int cmd_close_in(const struct cmd *c, const struct sandbox *want, struct err *err);

/* Columns of the terminal that standard output is, and whether it may be coloured; 0: it is none. */
unsigned cmd_terminal(bool *colour);

/* Buffered stdout for records; write errors are kept and told by cmd_leave. */
int cmd_out(const struct cmd *c, const void *p, size_t n);
int cmd_out_record(const struct cmd *c, const struct record *rec);
/* One JSON value as a line of at most max bytes; takes it.  A longer one is a failed write, told by cmd_leave. */
int cmd_out_json(const struct cmd *c, struct json *take, size_t max);
int cmd_flush(const struct cmd *c);
int cmd_leave(struct cmd *c, int status); /* flush, check stdout, free; the final exit status */

#endif
