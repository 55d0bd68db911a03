/* Who else can speak of this URL, and what was said?  Provider table and oEmbed answers, as records or by hand. */
#include "cmd/cmd.h"

#include <fcntl.h>
#include <getopt.h>
#include <string.h>
#include <unistd.h>

#include "cmd/sandbox.h"
#include "page/page.h"
#include "preview/stages.h"
#include "store/store.h"

enum { FILES_MAX = 64 };

static const char usage[] =
    "usage: mxpreview-oembed [-hqvV] [-c FILE] [-d DIR] [--providers FILE]...\n"
    "       mxpreview-oembed [-hqvV] [-c FILE] [--providers FILE]... --endpoint URL\n"
    "       mxpreview-oembed [-hqvV] [-c FILE] --url URL FILE|-\n"
    "\n"
    "Knows which oEmbed provider to ask about a URL, and turns answers into Open Graph.  Without an operand: records\n"
    "on standard input and output.\n"
    "\n"
    "      --endpoint URL     prints the address to ask about URL, or exits 1 if no provider knows it\n"
    "      --url URL          FILE (- is standard input) is the answer about URL: prints it as Open Graph\n"
    "      --providers FILE   more providers, in the format of oembed.com/providers.json; repeatable\n"
    "  -c, --config FILE      configuration instead of the usual places, see mxpreview.conf(5)\n"
    "  -d, --store DIR        where documents are kept\n"
    "  -q, --quiet            no messages\n"
    "  -v, --verbose          say more\n"
    "      --no-sandbox       do not close in (debugging)\n"
    "  -h, --help             this text\n"
    "  -V, --version          the version\n";

enum { OPT_ENDPOINT = CMD_OPT_FIRST, OPT_URL, OPT_PROVIDERS };

static const struct option options[] = {
    CMD_LONG,
    {"endpoint", required_argument, NULL, OPT_ENDPOINT},
    {"url", required_argument, NULL, OPT_URL},
    {"providers", required_argument, NULL, OPT_PROVIDERS},
    {NULL, 0, NULL, 0},
};

struct app {
	struct cmd c;
	const char *endpoint, *url, *file;
	const char *files[FILES_MAX]; /* --providers */
	size_t n_files;
	bool configured; /* every provider file was read */
	int fd;
	char *blob_dir;
	struct store_blobs blobs;
	struct page_providers *providers;
	struct stage_oembed stage;
};

static void
parse_options(struct app *a, int argc, char **argv)
{
	for (int opt; (opt = getopt_long(argc, argv, CMD_SHORT, options, NULL)) != -1;) {
		if (cmd_option(&a->c, opt, optarg, usage))
			continue;
		if (opt == OPT_ENDPOINT)
			a->endpoint = optarg;
		else if (opt == OPT_URL)
			a->url = optarg;
		else if (opt == OPT_PROVIDERS && a->n_files < FILES_MAX)
			a->files[a->n_files++] = optarg;
		else
			cmd_usage(&a->c, usage);
	}
	a->file = argv[optind];
	bool operands = argc - optind == (a->url != NULL ? 1 : 0);
	if (!operands || (a->endpoint != NULL && a->url != NULL))
		cmd_usage(&a->c, usage);
}

/* ---- doors ------------------------------------------------------------------------------------------------ */

static int
read_providers(struct app *a, const char *path, struct err *err)
{
	size_t skipped = 0;
	if (page_providers_read(a->providers, path, &skipped, err) < 0)
		return -1;
	if (skipped > 0)
		cmd_note(&a->c, "%s: %zu entries cannot be used", path, skipped);
	return 0;
}

/* What is given on the command line has the last word over a pattern. */
static int
load_providers(struct app *a, struct err *err)
{
	const struct conf_list *files = &a->c.conf.oembed_providers;
	a->providers = page_providers_new(a->c.conf.oembed_builtin);
	for (size_t i = 0; i < files->n; i++)
		if (read_providers(a, files->v[i], err) < 0)
			return -1;
	for (size_t i = 0; i < a->n_files; i++)
		if (read_providers(a, a->files[i], err) < 0)
			return -1;
	return 0;
}

static int
open_doors(struct app *a, struct err *err)
{
	a->stage.blobs = &a->blobs;
	a->fd = STDIN_FILENO;
	a->configured = a->url != NULL || load_providers(a, err) == 0;
	if (!a->configured)
		return -1;
	a->stage.providers = a->providers;
	if (a->endpoint == NULL && a->url == NULL) {
		a->blob_dir = mem_printf("%s/%s", a->c.store, STORE_URL_CACHE);
		return store_blobs_open(&a->blobs, a->c.store, true, err);
	}
	if (a->url != NULL && strcmp(a->file, "-") != 0 && (a->fd = open(a->file, O_RDONLY | O_CLOEXEC)) < 0)
		return err_sys(err, "%s", a->file);
	return 0;
}

static int
close_in(struct app *a, struct err *err)
{
	struct sandbox want = {.kind = SANDBOX_PARSE, .read = {a->blob_dir}};
	char missing[256] = "";
	if (a->c.no_sandbox)
		return 0;
	if (sandbox_enter(&want, missing, err) < 0)
		return -1;
	if (missing[0] != '\0')
		cmd_note(&a->c, "%s", missing);
	return 0;
}

static void
close_doors(struct app *a)
{
	page_providers_free(a->providers);
	if (a->blob_dir != NULL)
		store_blobs_close(&a->blobs);
	if (a->fd > STDIN_FILENO)
		io_close(&a->fd);
	mem_free(a->blob_dir);
}

/* ---- by hand ------------------------------------------------------------------------------------------------ */

static int
endpoint(const struct app *a)
{
	char *url = page_providers_match(a->providers, a->endpoint);
	if (url == NULL)
		return EXIT_REFUSED;
	(void)cmd_out(&a->c, url, strlen(url)); /* cmd_leave says why */
	(void)cmd_out(&a->c, "\n", 1);
	mem_free(url);
	return 0;
}

/* The author stands for a missing title, as at the end of the chain (spec A.7). */
static struct json *
open_graph(const struct json *answer)
{
	struct json *og = json_get(answer, "og");
	const char *author = json_str(answer, "author_name");
	if (str_isblank(json_str(og, "og:title")) && !str_isblank(author))
		json_set_str(og, "og:title", author);
	return og;
}

static int
document(struct app *a, struct err *err)
{
	struct buf in, out;
	struct json *answer = NULL, *og = NULL;
	buf_init(&in, PAGE_OEMBED_MAX);
	buf_init(&out, RECORD_LINE_MAX);
	int rc = io_read_all(a->fd, PAGE_OEMBED_MAX, &in, err);
	if (rc == 0 && (answer = page_oembed(in.len > 0 ? in.p : "", in.len, a->url, a->url, err)) == NULL)
		rc = -1;
	if (rc == 0) {
		og = open_graph(answer);
		if (json_write(og, 0, &out) < 0 || buf_addc(&out, '\n') < 0)
			rc = err_set(err, ERR_LIMIT, "answer is longer than %zu bytes", RECORD_LINE_MAX);
		else
			(void)cmd_out(&a->c, out.p, out.len); /* cmd_leave says why */
	}
	json_free(og);
	json_free(answer);
	buf_clear(&in);
	buf_clear(&out);
	return rc;
}

static int
one(void *arg, struct record *rec, struct err *err)
{
	return stage_oembed(arg, rec, err);
}

int
main(int argc, char **argv)
{
	struct app a = {.fd = -1};
	struct err err = {0};
	int status = 0;
	cmd_init(&a.c, argv[0]);
	parse_options(&a, argc, argv);
	cmd_configure(&a.c);

	if (open_doors(&a, &err) < 0 || close_in(&a, &err) < 0)
		status = cmd_fail(&a.c, &err, NULL);
	else if (a.endpoint != NULL)
		status = endpoint(&a);
	else if (a.url == NULL)
		status = cmd_filter(&a.c, "oembed", one, &a.stage);
	else if (document(&a, &err) < 0)
		status = cmd_fail(&a.c, &err, a.file);

	close_doors(&a);
	return cmd_leave(&a.c, a.configured ? status : EXIT_USAGE);
}
