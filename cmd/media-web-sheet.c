/* What do they look like?  The page of blurred pictures that mxmedia-quarantine makes, for those who are logged in. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd/chain.h"
#include "cmd/media-web.h"

/* Which parameter is which option. */
static const struct {
	const char *param, *option;
} known[] = {{"room", "--room"}, {"user", "--user"},   {"since", "--since"},
	     {"from", "--from"}, {"limit", "--limit"}, {"quarantined", "--quarantined"}};

enum { KNOWN = sizeof known / sizeof known[0], ARGS = 8 + KNOWN };

static int
read_options(const struct task *t, char **argv, size_t n, struct err *err)
{
	bool chosen = false;
	for (size_t i = 0; i < KNOWN; i++) {
		const char *value = web_param(&t->q->web, known[i].param);
		bool alone = str_eq(known[i].param, "quarantined");
		if (value == NULL || (alone && !str_eq(value, "true")))
			continue;
		argv[n++] = alone ? mem_strdup(known[i].option) : mem_printf("%s=%s", known[i].option, value);
		chosen = chosen || (!str_eq(known[i].param, "from") && !str_eq(known[i].param, "limit"));
	}
	return chosen ? 0
		      : err_http(err, ERR_INPUT, 400, "M_MISSING_PARAM",
				 "Missing one of the query parameters room, user, since, quarantined");
}

static char **
arguments(const struct task *t, struct err *err)
{
	char **argv = mem_array(ARGS + 1, sizeof *argv);
	const struct cmd *c = &t->web->c;
	char *dir = io_program_dir();
	size_t n = 0;
	argv[n++] = mem_printf("%s/mxmedia-quarantine", dir);
	argv[n++] = mem_strdup("sheet");
	argv[n++] = mem_printf("--store=%s", c->store);
	if (c->config_path != NULL)
		argv[n++] = mem_printf("--config=%s", c->config_path);
	mem_free(dir);
	if (read_options(t, argv, n, err) == 0)
		return argv;
	chain_argv_free(argv);
	return NULL;
}

/* Its output, whole, into out. */
static int
run(char *const *argv, int out, struct err *err)
{
	pid_t pid = -1;
	int status = 0, none = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int rc = none < 0 ? err_sys(err, "/dev/null") : io_spawn(argv, none, out, &pid, err);
	io_close(&none);
	if (rc < 0)
		return -1;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_USAGE)
		return err_http(err, ERR_INPUT, 400, "M_INVALID_PARAM", "That is no room, user, time or number");
	if (WIFEXITED(status) && (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == EXIT_REFUSED))
		return 0;
	return err_set(err, ERR_SYS, "%s: ended without a page", argv[0]);
}

/* The page has no script, and needs none; its pictures are in it. */
static void
headers(struct web_answer *a)
{
	web_header(a, "Content-Type", "text/html; charset=UTF-8");
	web_header(a, "Content-Security-Policy",
		   "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; "
		   "form-action 'none'; frame-ancestors 'none'");
	web_header(a, "X-Content-Type-Options", "nosniff");
	web_header(a, "Referrer-Policy", "no-referrer");
	web_header(a, "X-Robots-Tag", "noindex, nofollow, noarchive, noimageindex");
	web_header(a, "Cache-Control", "no-store");
}

int
media_web_sheet(struct context *x, struct task *t, struct err *err)
{
	struct stat st = {0};
	char **argv = arguments(t, err);
	(void)x;
	if (argv == NULL)
		return -1;
	int fd = memfd_create("sheet", MFD_CLOEXEC);
	int rc = fd < 0 ? err_sys(err, "memory for a page") : run(argv, fd, err);
	chain_argv_free(argv);
	if (rc == 0 && (fstat(fd, &st) < 0 || st.st_size == 0))
		rc = err_set(err, ERR_SYS, "the page is empty");
	if (rc < 0) {
		io_close(&fd);
		return -1;
	}
	web_answer_init(&t->answer, 200);
	t->answered = true;
	headers(&t->answer);
	t->answer.fd = fd;
	t->answer.length = st.st_size;
	return 0;
}
