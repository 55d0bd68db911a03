/* How does the official provider list come here?  Brought by mxpreview-fetch, judged behind a closed door, put in place
 * by a process that never reads it. */
#include "cmd/oembed-update.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd/sandbox.h"
#include "page/page.h"

enum { NOTES_MAX = 200, MODE = 0644 };

struct update {
	const struct cmd *c;
	const char *from, *path;
	const char *const *allow; /* addresses, up to NULL */
	char *temp;
	int in, out;	     /* what is judged, and where to */
	pid_t fetch, parser; /* 0: none */
};

/* ---- the judge: closed in, with the list on standard input and the new file on standard output --------- */

struct tally {
	const struct cmd *c;
	size_t dropped;
};

static void
dropped(void *arg, const char *provider, const char *what, const char *why)
{
	struct tally *t = arg;
	if (t->dropped++ < NOTES_MAX)
		cmd_note(t->c, "%s: %.300s %s", provider, what, why);
	else if (t->dropped == NOTES_MAX + 1)
		cmd_note(t->c, "and so on");
}

static size_t
patterns_of(const struct json *provider)
{
	struct json *endpoints = json_get(provider, "endpoints");
	size_t count = 0;
	for (size_t i = 0, n = json_len(endpoints); i < n; i++) {
		struct json *e = json_at(endpoints, i), *schemes = json_get(e, "schemes");
		count += json_len(schemes);
		json_free(schemes);
		json_free(e);
	}
	json_free(endpoints);
	return count;
}

/* One provider a line, so that two lists can be compared. */
static int
write_list(const struct json *list, struct buf *b, size_t *patterns, struct err *err)
{
	int rc = buf_adds(b, "[\n");
	for (size_t i = 0, n = json_len(list); i < n && rc == 0; i++) {
		struct json *p = json_at(list, i);
		*patterns += patterns_of(p);
		rc = json_write(p, JSON_ASCII, b) < 0 || buf_adds(b, i + 1 < n ? ",\n" : "\n") < 0 ? -1 : 0;
		json_free(p);
	}
	if (rc < 0 || buf_adds(b, "]\n") < 0)
		return err_set(err, ERR_LIMIT, "list is longer than %zu bytes", b->max);
	return io_write(STDOUT_FILENO, b->p, b->len, err);
}

static int
judge(const struct cmd *c, struct err *err)
{
	struct buf in, out;
	struct tally t = {.c = c};
	size_t patterns = 0;
	struct json *list = NULL;
	buf_init(&in, PAGE_PROVIDERS_FILE_MAX);
	buf_init(&out, PAGE_PROVIDERS_FILE_MAX);
	int rc = io_read_all(STDIN_FILENO, PAGE_PROVIDERS_FILE_MAX, &in, err);
	if (rc == 0)
		list = page_providers_clean(in.p != NULL ? in.p : "", in.len, true, dropped, &t, err);
	if (list == NULL)
		rc = -1;
	else if (json_len(list) == 0)
		rc = err_set(err, ERR_INPUT, "no entry can be used");
	else
		rc = write_list(list, &out, &patterns, err);
	if (rc == 0)
		cmd_warn(c, "%zu providers with %zu patterns; %zu entries dropped", json_len(list), patterns,
			 t.dropped);
	json_free(list);
	buf_clear(&in);
	buf_clear(&out);
	return rc;
}

/* Nothing stays open but the two descriptors and standard error. */
static int
close_in(const struct update *u, struct err *err)
{
	struct sandbox want = {.kind = SANDBOX_PARSE, .max_file = (int64_t)PAGE_PROVIDERS_FILE_MAX};
	if (dup2(u->in, STDIN_FILENO) < 0 || dup2(u->out, STDOUT_FILENO) < 0)
		return err_sys(err, "dup2");
	if (close_range(STDERR_FILENO + 1, ~0U, 0) < 0)
		return err_sys(err, "close_range");
	return cmd_close_in(u->c, &want, err);
}

/* ---- the processes -------------------------------------------------------------------------------------- */

static void
run_fetch(const struct update *u, int out)
{
	char *dir = io_program_dir(), *program = mem_printf("%s/mxpreview-fetch", dir), *argv[10 + OEMBED_ALLOW_MAX];
	size_t n = 0;
	argv[n++] = program;
	argv[n++] = mem_strdup("--body");
	if (u->c->quiet)
		argv[n++] = mem_strdup("-q");
	if (u->c->verbose > 0)
		argv[n++] = mem_strdup("-v");
	if (u->c->no_sandbox)
		argv[n++] = mem_strdup("--no-sandbox");
	if (u->c->config_path != NULL)
		argv[n++] = mem_printf("--config=%s", u->c->config_path);
	for (size_t i = 0; i < OEMBED_ALLOW_MAX && u->allow[i] != NULL; i++)
		argv[n++] = mem_printf("--allow-ip=%s", u->allow[i]);
	argv[n++] = mem_strdup("--");
	argv[n++] = mem_strdup(u->from);
	argv[n] = NULL;
	if (dup2(out, STDOUT_FILENO) >= 0)
		(void)execv(program, argv);
	cmd_warn(u->c, "%s: %s", program, strerror(errno));
	_exit(EXIT_REFUSED);
}

static int
start_fetch(struct update *u, struct err *err)
{
	int ends[2];
	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(err, "pipe");
	u->fetch = fork();
	if (u->fetch == 0)
		run_fetch(u, ends[1]);
	(void)close(ends[1]);
	u->in = ends[0];
	if (u->fetch > 0)
		return 0;
	u->fetch = 0;
	return err_sys(err, "fork");
}

static int
start_parser(struct update *u, struct err *err)
{
	u->parser = fork();
	if (u->parser == 0) {
		int rc = close_in(u, err) < 0 ? -1 : judge(u->c, err);
		_exit(rc < 0 ? cmd_fail(u->c, err, u->from) : 0);
	}
	if (u->parser > 0)
		return 0;
	u->parser = 0;
	return err_sys(err, "fork");
}

/* The exit status of a child; one that was killed has refused. */
static int
wait_for(const struct update *u, pid_t pid, const char *name)
{
	int status = 0;
	if (pid == 0)
		return 0;
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return EXIT_REFUSED;
		if (cmd_stop)
			(void)kill(pid, SIGTERM);
	}
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	cmd_warn(u->c, "%s: ended by signal %d", name, WTERMSIG(status));
	return EXIT_REFUSED;
}

/* ---- the file ---------------------------------------------------------------------------------------------- */

static char *
folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash == NULL ? mem_strdup(".") : mem_printf("%.*s", slash == path ? 1 : (int)(slash - path), path);
}

static int
open_files(struct update *u, struct err *err)
{
	char *folder = folder_of(u->path);
	int rc = io_mkdirs(folder, err);
	mem_free(folder);
	if (rc < 0)
		return -1;
	u->temp = mem_printf("%s.XXXXXX", u->path);
	u->out = mkostemp(u->temp, O_CLOEXEC);
	if (u->out < 0)
		return err_sys(err, "%s", u->temp);
	if (strstr(u->from, "://") != NULL)
		return start_fetch(u, err);
	u->in = open(u->from, O_RDONLY | O_CLOEXEC);
	return u->in < 0 ? err_sys(err, "%s", u->from) : 0;
}

/* Whole and durable first, then in place. */
static int
put_in_place(struct update *u, struct err *err)
{
	char *folder = folder_of(u->path);
	int dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc = 0;
	if (fchmod(u->out, MODE) < 0 || fsync(u->out) < 0 || rename(u->temp, u->path) < 0)
		rc = err_sys(err, "%s", u->path);
	else if (dir < 0 || fsync(dir) < 0)
		rc = err_sys(err, "%s", folder);
	io_close(&dir);
	mem_free(folder);
	return rc;
}

int
oembed_update(const struct cmd *c, const char *from, const char *const *allow, const char *path)
{
	struct update u = {.c = c, .from = from, .allow = allow, .path = path, .in = -1, .out = -1};
	struct err err = {0};
	int rc = open_files(&u, &err) < 0 || start_parser(&u, &err) < 0 ? -1 : 0;
	io_close(&u.in); /* so that fetch ends when the parser does */
	int fetched = wait_for(&u, u.fetch, "mxpreview-fetch"), parsed = wait_for(&u, u.parser, "parser");
	int status = fetched != 0 ? fetched : parsed;
	if (rc == 0 && status == 0)
		rc = cmd_stop ? err_set(&err, ERR_SYS, "interrupted") : put_in_place(&u, &err);
	if (rc < 0)
		status = cmd_fail(c, &err, NULL);
	if ((rc < 0 || status != 0) && u.out >= 0)
		(void)unlink(u.temp);
	io_close(&u.out);
	mem_free(u.temp);
	return status;
}
