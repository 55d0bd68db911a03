/* What do all commands share?  Options, store and configuration discovery, the filter loop, leaving. */
#include "cmd/cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

volatile sig_atomic_t cmd_stop, cmd_hangup;

/* Records wait here until no more input does; one process, one standard output. */
static struct buf out = {.max = RECORD_LINE_MAX * 4};
static struct err out_err;
enum { OUT_FLUSH_AT = 65536 };

static void
stop(int sig)
{
	(void)sig;
	cmd_stop = 1;
}

static void
hang_up(int sig)
{
	(void)sig;
	cmd_hangup = 1;
}

void
cmd_on_hangup(void)
{
	struct sigaction sa = {.sa_handler = hang_up};
	(void)sigemptyset(&sa.sa_mask);
	(void)sigaction(SIGHUP, &sa, NULL);
}

void
cmd_locale(void)
{
	(void)setlocale(LC_CTYPE, "C.UTF-8");
}

void
cmd_init(struct cmd *c, const char *argv0)
{
	cmd_begin(c, argv0);
	cmd_locale();
}

void
cmd_begin(struct cmd *c, const char *argv0)
{
	const char *slash = argv0 != NULL ? strrchr(argv0, '/') : NULL;
	struct sigaction sa = {.sa_handler = stop};
	*c = (struct cmd){.name = slash != NULL ? slash + 1 : argv0 != NULL ? argv0 : "mxpreview"};
	conf_init(&c->conf);
	/* A closed one would be taken by the first file opened.  Reading from where input was closed, writing to where
	 * output was closed must fail. */
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd == 1 ? O_RDONLY : O_WRONLY) < 0)
			_exit(EXIT_AGAIN);
	(void)sigemptyset(&sa.sa_mask);
	(void)sigaction(SIGINT, &sa, NULL);
	(void)sigaction(SIGTERM, &sa, NULL);
	(void)sigaction(SIGHUP, &sa, NULL);
	sa.sa_handler = SIG_IGN;
	(void)sigaction(SIGPIPE, &sa, NULL);
	(void)sigaction(SIGXFSZ, &sa, NULL); /* a limit of file sizes is a full disk */
}

/* One write, so that lines of several processes do not mix; what a hostile page put into it cannot move the cursor. */
__attribute__((format(printf, 2, 0))) static void
say(const struct cmd *c, const char *fmt, va_list ap)
{
	char line[1024];
	int n = snprintf(line, sizeof line, "%s: ", c->name);
	size_t head = n > 0 ? (size_t)n : 0;
	(void)vsnprintf(line + head, sizeof line - head - 1, fmt, ap);
	size_t len = strlen(line);
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)line[i] < 0x20 || line[i] == 0x7F)
			line[i] = '?';
	line[len++] = '\n';
	if (write(STDERR_FILENO, line, len) < 0)
		return; /* nobody is left to tell */
}

static void
version(const struct cmd *c)
{
	(void)printf("%s %s\n", c->name, MX_VERSION);
	exit(fflush(stdout) == 0 ? 0 : EXIT_REFUSED);
}

static void
help(const char *usage)
{
	(void)fputs(usage, stdout);
	exit(fflush(stdout) == 0 ? 0 : EXIT_REFUSED);
}

void
cmd_usage(const struct cmd *c, const char *usage)
{
	const char *end = strstr(usage, "\n\n"); /* the synopsis is enough */
	(void)fprintf(stderr, "%.*s\ntry '%s --help'\n", (int)(end != NULL ? (size_t)(end - usage) : strlen(usage)),
		      usage, c->name);
	exit(EXIT_USAGE);
}

void
cmd_misuse(const struct cmd *c, const char *usage, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	say(c, fmt, ap);
	va_end(ap);
	cmd_usage(c, usage);
}

bool
cmd_option(struct cmd *c, int opt, const char *arg, const char *usage)
{
	switch (opt) {
	case 'c':
		c->config_path = arg;
		return true;
	case 'd':
		if (arg[0] == '\0')
			cmd_misuse(c, usage, "no directory given");
		mem_free(c->store);
		c->store = mem_strdup(arg);
		return true;
	case 'q':
		c->quiet = true;
		return true;
	case 'v':
		c->verbose++;
		return true;
	case CMD_OPT_NO_SANDBOX:
		c->no_sandbox = true;
		return true;
	case 'h':
		help(usage);
		return true;
	case 'V':
		version(c);
		return true;
	default:
		return false;
	}
}

/* A variable that is set and not empty. */
static const char *
env(const char *name)
{
	const char *v = getenv(name);
	return v != NULL && v[0] != '\0' ? v : NULL;
}

static char *
find_store(void)
{
	const char *v;
	if ((v = env("MX_STORE")) != NULL)
		return mem_strdup(v);
	if ((v = env("XDG_DATA_HOME")) != NULL)
		return mem_printf("%s/mxpreview", v);
	if ((v = env("HOME")) != NULL)
		return mem_printf("%s/.local/share/mxpreview", v);
	return mem_strdup("/var/lib/mxpreview");
}

/* The configuration that is read when -c is not given: the first of these that exists; NULL if none does. */
static char *
find_config(bool *must)
{
	const char *v = env("MX_CONFIG");
	char *path = NULL;
	*must = v != NULL;
	if (v != NULL)
		return mem_strdup(v);
	if ((v = env("XDG_CONFIG_HOME")) != NULL)
		path = mem_printf("%s/mxpreview/mxpreview.conf", v);
	else if ((v = env("HOME")) != NULL)
		path = mem_printf("%s/.config/mxpreview/mxpreview.conf", v);
	if (path != NULL && access(path, F_OK) == 0)
		return path;
	mem_free(path);
	path = mem_strdup("/etc/mxpreview/mxpreview.conf");
	if (access(path, F_OK) == 0)
		return path;
	mem_free(path);
	return NULL;
}

static int
read_config(const struct cmd *c, struct conf *conf, struct err *err)
{
	bool must = c->config_path != NULL;
	char *path = must ? mem_strdup(c->config_path) : find_config(&must);
	int rc = path != NULL ? conf_read(conf, path, err) : 0;
	if (rc < 0 && !must && err->code == ERR_NOTFOUND)
		rc = 0;
	mem_free(path);
	return rc;
}

void
cmd_configure(struct cmd *c)
{
	struct err err;
	if (c->store == NULL)
		c->store = find_store();
	if (read_config(c, &c->conf, &err) == 0)
		return;
	cmd_warn(c, "%s", err.text);
	exit(EXIT_USAGE);
}

void
cmd_mind_owner(const struct cmd *c)
{
	struct stat st;
	if (geteuid() == 0 && stat(c->store, &st) == 0 && st.st_uid != 0)
		cmd_warn(c, "%s belongs to user %u, who cannot read what root makes there: see sudo -u", c->store,
			 (unsigned)st.st_uid);
}

int
cmd_reread(const struct cmd *c, struct conf *conf, struct err *err)
{
	conf_init(conf);
	if (read_config(c, conf, err) == 0)
		return 0;
	conf_clear(conf);
	return -1;
}

void
cmd_set(struct cmd *c, const char *key, const char *value)
{
	struct err err;
	if (conf_set(&c->conf, key, value, &err) < 0) {
		cmd_warn(c, "%s", err.text);
		exit(EXIT_USAGE);
	}
}

/* ---- telling ------------------------------------------------------------------------------------ */

void
cmd_warn(const struct cmd *c, const char *fmt, ...)
{
	va_list ap;
	if (c->quiet)
		return;
	va_start(ap, fmt);
	say(c, fmt, ap);
	va_end(ap);
}

void
cmd_note(const struct cmd *c, const char *fmt, ...)
{
	va_list ap;
	if (c->quiet || c->verbose == 0)
		return;
	va_start(ap, fmt);
	say(c, fmt, ap);
	va_end(ap);
}

int
cmd_fail(const struct cmd *c, const struct err *err, const char *what)
{
	if (what != NULL)
		cmd_warn(c, "%s: %s", what, err->text);
	else
		cmd_warn(c, "%s", err->text);
	return err_exit(err);
}

int64_t
cmd_now(void)
{
	struct timespec ts;
	(void)clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int64_t
cmd_clock(void)
{
	struct timespec ts;
	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* ---- standard output -------------------------------------------------------------------------------- */

int
cmd_flush(const struct cmd *c)
{
	(void)c;
	if (out_err.code == ERR_NONE && out.len > 0 && io_write(STDOUT_FILENO, out.p, out.len, &out_err) < 0)
		(void)err_add(&out_err, "standard output");
	buf_reset(&out);
	return out_err.code == ERR_NONE ? 0 : -1;
}

int
cmd_out(const struct cmd *c, const void *p, size_t n)
{
	if (out.len + n > OUT_FLUSH_AT && cmd_flush(c) < 0)
		return -1;
	if (n > out.max)
		return io_write(STDOUT_FILENO, p, n, &out_err);
	return buf_add(&out, p, n);
}

int
cmd_out_json(const struct cmd *c, struct json *take, size_t max)
{
	struct buf line;
	buf_init(&line, max);
	int rc = json_write(take, 0, &line) == 0 && buf_addc(&line, '\n') == 0
		     ? cmd_out(c, line.p, line.len)
		     : err_set(&out_err, ERR_LIMIT, "a line would be longer than %zu bytes", max);
	buf_clear(&line);
	json_free(take);
	return rc;
}

int
cmd_out_record(const struct cmd *c, const struct record *rec)
{
	if (out.len > OUT_FLUSH_AT && cmd_flush(c) < 0)
		return -1;
	if (record_write(rec, &out) == 0)
		return 0;
	struct record small;
	struct err err;
	struct json *id = json_get(rec->j, "id");
	record_from_url(&small, record_url(rec));
	if (id != NULL)
		json_set(small.j, "id", id);
	(void)err_set(&err, ERR_LIMIT, "record is longer than %zu bytes", RECORD_LINE_MAX);
	record_fail(&small, "record", &err);
	int rc = record_write(&small, &out);
	if (rc < 0) { /* then it was the id */
		json_del(small.j, "id");
		rc = record_write(&small, &out);
	}
	record_clear(&small);
	return rc;
}

int
cmd_leave(struct cmd *c, int status)
{
	if (cmd_flush(c) < 0) {
		if (strstr(out_err.text, strerror(EPIPE)) == NULL)
			cmd_warn(c, "%s", out_err.text);
		if (status == 0)
			status = EXIT_REFUSED;
	}
	buf_clear(&out);
	conf_clear(&c->conf);
	mem_free(c->store);
	c->store = NULL;
	return status;
}

/* ---- the loop ---------------------------------------------------------------------------------------- */

struct loop {
	const struct cmd *c;
	const char *stage;
	cmd_stage *f;
	void *arg;
	bool all; /* failed and cached records are the stage's business too */
};

void
cmd_wait_input(void)
{
	enum { LOOK_UP = 1000 /* ms: a signal may come just before we wait */ };
	struct pollfd pfd = {.fd = STDIN_FILENO, .events = POLLIN};
	if (!cmd_stop)
		(void)poll(&pfd, 1, LOOK_UP);
}

bool
cmd_blank(const char *line, size_t len)
{
	return str_isblank(line) && memchr(line, '\0', len) == NULL;
}

/* One line in, one record out.  The exit status that it calls for: 0 unless the record failed here. */
static int
one(const struct loop *l, enum io_line kind, const char *line, size_t len)
{
	const struct cmd *c = l->c;
	struct record rec;
	struct err err;
	int status = 0;
	if (kind == IO_LINE_LONG) {
		(void)err_http(&err, ERR_LIMIT, 400, "M_TOO_LARGE", "line is longer than %zu bytes", RECORD_LINE_MAX);
		record_from_url(&rec, "");
		record_fail(&rec, "record", &err);
		status = err_exit(&err);
	} else if (record_read(&rec, line, len, &err) < 0) {
		status = err_exit(&err);
	} else if ((l->all || (!record_failed(&rec) && !record_cached(&rec))) && l->f(l->arg, &rec, &err) < 0) {
		record_fail(&rec, l->stage, &err);
		status = err_exit(&err);
	}
	if (status != 0)
		cmd_note(c, "%s: %s", record_url(&rec), err.text);
	(void)cmd_out_record(c, &rec);
	record_clear(&rec);
	return status;
}

static int
run(const struct loop *l)
{
	const struct cmd *c = l->c;
	struct io_lines in;
	struct err err;
	char *line = NULL;
	size_t len = 0;
	int kind = IO_LINE_EOF, status = 0;
	io_lines_init(&in, STDIN_FILENO, RECORD_LINE_MAX);
	while (!cmd_stop && (kind = io_lines_next(&in, &line, &len, &err)) > IO_LINE_EOF) {
		if (kind == IO_LINE_AGAIN) {
			cmd_wait_input();
			continue;
		}
		if (kind == IO_LINE_OK && cmd_blank(line, len))
			continue;
		int failed = one(l, (enum io_line)kind, line, len);
		if (status != EXIT_REFUSED && failed != 0) /* "try again" only if that helps all of them */
			status = failed;
		if (!io_lines_waiting(&in) && cmd_flush(c) < 0)
			break;
	}
	if (kind < 0) {
		cmd_warn(c, "standard input: %s", err.text);
		status = EXIT_REFUSED;
	}
	io_lines_clear(&in);
	return cmd_stop ? EXIT_REFUSED : status;
}

int
cmd_filter(const struct cmd *c, const char *stage, cmd_stage *f, void *arg)
{
	return run(&(struct loop){.c = c, .stage = stage, .f = f, .arg = arg});
}

int
cmd_filter_all(const struct cmd *c, const char *stage, cmd_stage *f, void *arg)
{
	return run(&(struct loop){.c = c, .stage = stage, .f = f, .arg = arg, .all = true});
}
