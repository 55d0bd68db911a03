/* Who else can speak of this URL, and what was said?  Provider table and oEmbed answers, as records or by hand. */
#include "cmd/cmd.h"

#include <fcntl.h>
#include <getopt.h>
#include <string.h>
#include <unistd.h>

#include "cmd/oembed-update.h"
#include "cmd/sandbox.h"
#include "page/page.h"
#include "preview/stages.h"
#include "store/store.h"

enum { FILES_MAX = 64 };

static const char usage[] =
    "usage: mxpreview-oembed [-hqvV] [-c FILE] [-d DIR] [--providers FILE]...\n"
    "       mxpreview-oembed [-hqvV] [-c FILE] [-d DIR] [--providers FILE]... --endpoint URL\n"
    "       mxpreview-oembed [-hqvV] [-c FILE] --url URL FILE|-\n"
    "       mxpreview-oembed [-hqvV] [-c FILE] [-d DIR] --update-providers [--allow-ip CIDR]... [--from URL|FILE]\n"
    "                        [--output FILE]\n"
    "\n"
    "Knows which oEmbed provider to ask about a URL, and turns answers into Open Graph.  Without an operand: records\n"
    "on standard input and output.\n"
    "\n"
    "      --endpoint URL     prints the address to ask about URL, or exits 1 if no provider knows it\n"
    "      --url URL          FILE (- is standard input) is the answer about URL: prints it as Open Graph\n"
    "      --providers FILE   more providers, in the format of oembed.com/providers.json; repeatable\n"
    "      --update-providers brings the official list into the store\n"
    "      --allow-ip CIDR    addresses that may be fetched from although they are not public; repeatable\n"
    "      --from URL|FILE    another list than " OEMBED_LIST_URL "\n"
    "      --output FILE      to FILE instead of the store\n"
    "  -c, --config FILE      configuration instead of the usual places, see mxpreview.conf(5)\n"
    "  -d, --store DIR        where documents are kept\n"
    "  -q, --quiet            no messages\n"
    "  -v, --verbose          say more\n"
    "      --no-sandbox       do not close in (debugging)\n"
    "  -h, --help             this text\n"
    "  -V, --version          the version\n";

enum { OPT_ENDPOINT = CMD_OPT_FIRST, OPT_URL, OPT_PROVIDERS, OPT_UPDATE, OPT_FROM, OPT_OUTPUT, OPT_ALLOW_IP };

static const struct option options[] = {
    CMD_LONG,
    {"endpoint", required_argument, NULL, OPT_ENDPOINT},
    {"url", required_argument, NULL, OPT_URL},
    {"providers", required_argument, NULL, OPT_PROVIDERS},
    {"update-providers", no_argument, NULL, OPT_UPDATE},
    {"from", required_argument, NULL, OPT_FROM},
    {"allow-ip", required_argument, NULL, OPT_ALLOW_IP},
    {"output", required_argument, NULL, OPT_OUTPUT},
    {NULL, 0, NULL, 0},
};

/* A provider list: opened before the door closes, read behind it. */
struct list {
	char *path;
	struct buf text;
	enum page_providers_kind kind;
};

struct app {
	struct cmd c;
	const char *endpoint, *url, *file, *from, *output;
	bool update;
	const char *files[FILES_MAX]; /* --providers */
	size_t n_files;
	const char *allow[OEMBED_ALLOW_MAX + 1]; /* --allow-ip, up to NULL */
	size_t n_allow;
	struct list *lists;
	size_t n_lists;
	bool configured; /* every provider file could be used */
	int fd;
	char *blob_dir;
	struct store_blobs blobs;
	struct page_providers *providers;
	struct stage_oembed stage;
};

static void
take_option(struct app *a, int opt)
{
	if (opt == OPT_ENDPOINT)
		a->endpoint = optarg;
	else if (opt == OPT_URL)
		a->url = optarg;
	else if (opt == OPT_UPDATE)
		a->update = true;
	else if (opt == OPT_FROM)
		a->from = optarg;
	else if (opt == OPT_OUTPUT)
		a->output = optarg;
	else if (opt == OPT_ALLOW_IP && a->n_allow < OEMBED_ALLOW_MAX)
		a->allow[a->n_allow++] = optarg;
	else if (opt == OPT_PROVIDERS && a->n_files < FILES_MAX)
		a->files[a->n_files++] = optarg;
	else
		cmd_usage(&a->c, usage);
}

static void
parse_options(struct app *a, int argc, char **argv)
{
	for (int opt; (opt = getopt_long(argc, argv, CMD_SHORT, options, NULL)) != -1;)
		if (!cmd_option(&a->c, opt, optarg, usage))
			take_option(a, opt);
	a->file = argv[optind];
	bool operands = argc - optind == (a->url != NULL ? 1 : 0);
	int modes = (a->endpoint != NULL) + (a->url != NULL) + a->update;
	if (!operands || modes > 1 || (!a->update && (a->from != NULL || a->output != NULL || a->n_allow > 0)))
		cmd_usage(&a->c, usage);
}

/* ---- provider lists --------------------------------------------------------------------------------------- */

static int
read_list(struct app *a, const char *path, enum page_providers_kind kind, struct err *err)
{
	a->lists = mem_realloc(a->lists, (a->n_lists + 1) * sizeof *a->lists);
	struct list *l = &a->lists[a->n_lists++];
	*l = (struct list){.path = mem_strdup(path), .kind = kind};
	buf_init(&l->text, PAGE_PROVIDERS_FILE_MAX);
	return io_read_file(path, PAGE_PROVIDERS_FILE_MAX, &l->text, err);
}

/* What was brought by --update-providers; without it, or if it cannot be read, there is one list less. */
static void
read_official(struct app *a)
{
	struct err err = {0};
	char *path = mem_printf("%s/" OEMBED_LIST_FILE, a->c.store);
	if (access(path, F_OK) == 0 && read_list(a, path, PAGE_PROVIDERS_PUBLIC, &err) < 0)
		cmd_warn(&a->c, "%s", err.text);
	mem_free(path);
}

/* What is given on the command line is asked first, the last of it before the rest. */
static int
read_lists(struct app *a, struct err *err)
{
	const struct conf_list *files = &a->c.conf.oembed_providers;
	read_official(a);
	for (size_t i = 0; i < files->n; i++)
		if (read_list(a, files->v[i], PAGE_PROVIDERS_OWN, err) < 0)
			return -1;
	for (size_t i = 0; i < a->n_files; i++)
		if (read_list(a, a->files[i], PAGE_PROVIDERS_OWN, err) < 0)
			return -1;
	return 0;
}

static void
dropped(void *arg, const char *provider, const char *what, const char *why)
{
	size_t *n = arg;
	(void)provider, (void)what, (void)why;
	++*n;
}

static int
add_list(struct app *a, struct list *l, struct err *err)
{
	size_t skipped = 0;
	const char *text = l->text.p != NULL ? l->text.p : "";
	int rc = page_providers_add(a->providers, text, l->text.len, l->kind, dropped, &skipped, err);
	buf_clear(&l->text);
	if (rc < 0)
		return err_add(err, "%s", l->path);
	if (skipped > 0)
		cmd_note(&a->c, "%s: %zu entries cannot be used", l->path, skipped);
	return 0;
}

static int
load_providers(struct app *a, struct err *err)
{
	const struct conf_list *off = &a->c.conf.oembed_disable;
	a->stage.providers = a->providers = page_providers_new();
	for (size_t i = 0; i < off->n; i++)
		page_providers_disable(a->providers, off->v[i]);
	if (a->c.conf.oembed_builtin)
		page_providers_add_builtin(a->providers);
	for (size_t i = 0; i < a->n_lists; i++) {
		if (add_list(a, &a->lists[i], err) == 0)
			continue;
		if (a->lists[i].kind == PAGE_PROVIDERS_OWN) {
			a->configured = false;
			return -1;
		}
		cmd_warn(&a->c, "%s", err->text);
	}
	return 0;
}

/* ---- doors ------------------------------------------------------------------------------------------------ */

static int
open_doors(struct app *a, struct err *err)
{
	a->stage.blobs = &a->blobs;
	a->fd = STDIN_FILENO;
	a->configured = a->url != NULL || read_lists(a, err) == 0;
	if (!a->configured)
		return -1;
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
	return cmd_close_in(&a->c, &want, err);
}

static void
close_doors(struct app *a)
{
	page_providers_free(a->providers);
	for (size_t i = 0; i < a->n_lists; i++) {
		mem_free(a->lists[i].path);
		buf_clear(&a->lists[i].text);
	}
	mem_free(a->lists);
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

/* The author stands for a missing title, as at the end of the chain (spec A.7), and before a title that is none. */
static struct json *
open_graph(const struct json *answer)
{
	struct json *og = json_get(answer, "og");
	const char *author = json_str(answer, "author_name"), *stub = json_str(answer, "stub_title");
	if (str_isblank(json_str(og, "og:title")) && !str_isblank(author))
		json_set_str(og, "og:title", author);
	else if (str_isblank(json_str(og, "og:title")) && stub != NULL)
		json_set_str(og, "og:title", stub);
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
	if (rc == 0 && (answer = page_oembed(in.len > 0 ? in.p : "", in.len, a->url, a->url, NULL, err)) == NULL)
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

/* The official list, before any door closes: fetching it needs another program. */
static int
update(struct app *a)
{
	char *path = a->output != NULL ? mem_strdup(a->output) : mem_printf("%s/" OEMBED_LIST_FILE, a->c.store);
	int status = oembed_update(&a->c, a->from != NULL ? a->from : OEMBED_LIST_URL, a->allow, path);
	mem_free(path);
	return status;
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
	if (a.update)
		return cmd_leave(&a.c, update(&a));

	if (open_doors(&a, &err) < 0 || close_in(&a, &err) < 0 || (a.url == NULL && load_providers(&a, &err) < 0))
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
