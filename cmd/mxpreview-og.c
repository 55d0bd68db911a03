/* What does the page say?  Documents that fetch brought, as records; or one document for a person. */
#include "cmd/cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/sandbox.h"
#include "image/image.h"
#include "page/page.h"
#include "preview/format.h"
#include "preview/stages.h"
#include "store/store.h"
#include "url/url.h"

#define DOCUMENT_MAX ((size_t)64 << 20) /* bytes of a document given by hand */

static const char usage[] =
    "usage: mxpreview-og [-hqvV] [-c FILE] [-d DIR]\n"
    "       mxpreview-og [-hqvV] [-c FILE] [--url URL] [--type CONTENT-TYPE] [--explain] FILE|-\n"
    "\n"
    "Says what a page says of itself, as Open Graph.  Without an operand: records on standard input and output.\n"
    "With one: that document (- is standard input), one line of JSON.\n"
    "\n"
    "      --url URL        where the document came from: what relative URLs count from\n"
    "      --type TYPE      its Content-Type; without it the bytes decide\n"
    "      --explain        why this answer: a table for people, JSON for programs\n"
    "  -c, --config FILE    configuration instead of the usual places, see mxpreview.conf(5)\n"
    "  -d, --store DIR      where documents are kept\n"
    "  -q, --quiet          no messages\n"
    "  -v, --verbose        say more\n"
    "      --no-sandbox     do not close in (debugging)\n"
    "  -h, --help           this text\n"
    "  -V, --version        the version\n";

enum { OPT_URL = CMD_OPT_FIRST, OPT_TYPE, OPT_EXPLAIN };

static const struct option options[] = {
    CMD_LONG,
    {"url", required_argument, NULL, OPT_URL},
    {"type", required_argument, NULL, OPT_TYPE},
    {"explain", no_argument, NULL, OPT_EXPLAIN},
    {NULL, 0, NULL, 0},
};

struct app {
	struct cmd c;
	const char *url, *type, *file; /* file: NULL in filter mode */
	bool explain;
	unsigned columns; /* of the terminal an explanation goes to; 0: none */
	bool colour;
	int64_t began;
	int fd;
	char *blob_dir;
	struct store_blobs blobs;
	struct stage_og stage;
};

static void
parse_options(struct app *a, int argc, char **argv)
{
	for (int opt; (opt = getopt_long(argc, argv, CMD_SHORT, options, NULL)) != -1;) {
		if (cmd_option(&a->c, opt, optarg, usage))
			continue;
		if (opt == OPT_URL)
			a->url = optarg;
		else if (opt == OPT_TYPE)
			a->type = optarg;
		else if (opt == OPT_EXPLAIN)
			a->explain = true;
		else
			cmd_usage(&a->c, usage);
	}
	bool document = a->url != NULL || a->type != NULL || a->explain;
	if (argc - optind > 1)
		cmd_misuse(&a->c, usage, "one document at a time");
	if (document && optind == argc)
		cmd_misuse(&a->c, usage, "--url, --type and --explain need a document");
	if (a->url != NULL && !url_is_http(a->url))
		cmd_misuse(&a->c, usage, "--url is no http or https URL: %s", a->url);
	a->file = argv[optind];
}

/* ---- doors ------------------------------------------------------------------------------------------------ */

static int
open_doors(struct app *a, struct err *err)
{
	a->stage = (struct stage_og){.blobs = &a->blobs,
				     .oembed_first = a->c.conf.merge_oembed_first,
				     .synapse = a->c.conf.compat_synapse,
				     .charsets = page_charsets_open()};
	a->fd = STDIN_FILENO;
	if (a->explain)
		a->columns = cmd_terminal(&a->colour);
	if (a->file == NULL) {
		a->blob_dir = mem_printf("%s/%s", a->c.store, STORE_URL_CACHE);
		return store_blobs_open(&a->blobs, a->c.store, true, err);
	}
	if (strcmp(a->file, "-") != 0 && (a->fd = open(a->file, O_RDONLY | O_CLOEXEC)) < 0)
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
	page_charsets_close(a->stage.charsets);
	if (a->file == NULL)
		store_blobs_close(&a->blobs);
	else if (a->fd > STDIN_FILENO)
		io_close(&a->fd);
	mem_free(a->blob_dir);
}

/* ---- one document ------------------------------------------------------------------------------------------- */

static struct json *
describe_image(const struct app *a, const struct buf *b, const struct image_info *info)
{
	struct json *og = json_object();
	if (a->url != NULL)
		json_set_str(og, "og:image", a->url);
	const char *type = a->type != NULL ? a->type : image_format_type(info->format);
	if (type != NULL)
		json_set_str(og, "og:image:type", type);
	json_set_int(og, "matrix:image:size", (int64_t)b->len);
	if (info->width > 0 && info->height > 0) {
		json_set_int(og, "og:image:width", info->width);
		json_set_int(og, "og:image:height", info->height);
	}
	return og;
}

/* What there is to say of it, as of a record that went through the chain. */
static struct json *
explain(const struct app *a, const struct buf *b, const char *type, struct json *take_og, struct json *take_html)
{
	struct record rec = {json_object()};
	struct record_doc doc = {.rel = "page",
				 .url = a->url != NULL ? a->url : a->file,
				 .final_url = a->url,
				 .type = type,
				 .bytes = (int64_t)b->len};
	struct json *trace = json_array(), *run = json_object();
	json_set_str(run, "stage", stage_name[STAGE_OG]);
	json_set_int(run, "ms", cmd_clock() - a->began);
	json_add(trace, run);
	json_set_str(rec.j, "url", a->url != NULL ? a->url : a->file);
	json_set(rec.j, "og", take_og);
	if (take_html != NULL)
		json_set(rec.j, "html", take_html);
	json_set(rec.j, "trace", trace);
	record_add_doc(&rec, &doc);
	struct json *out = format_explain(&rec);
	json_del(out, "cache"); /* nobody asked it */
	record_clear(&rec);
	return out;
}

static struct json *
describe_page(const struct app *a, const struct buf *b, const char *type, bool page)
{
	struct page_options o = {.url = a->url,
				 .type = type,
				 .charsets = a->stage.charsets,
				 .explain = a->explain,
				 .nodes_apart = a->stage.synapse};
	const char *p = b->len > 0 ? b->p : "";
	struct json *html = page ? page_html(p, b->len, &o) : page_doc(p, b->len, &o);
	struct json *og = page_merge(html, NULL, a->stage.synapse ? PAGE_NULLS : 0U);
	if (!a->explain) {
		json_free(html);
		return og;
	}
	return explain(a, b, type, og, html);
}

/* As the stage does it, only that the type may have to be found out. */
static struct json *
describe(const struct app *a, const struct buf *b)
{
	struct image_info info = {0};
	size_t n = b->len < IMAGE_SNIFF_BYTES ? b->len : IMAGE_SNIFF_BYTES;
	bool octets = a->type == NULL || record_type_is(a->type, "application/octet-stream");
	bool xml = record_type_is(a->type, "application/xml") || record_type_is(a->type, "text/xml");
	bool html = page_type_is_html(a->type) || ((octets || xml) && b->len > 0 && page_looks_html(b->p, b->len));
	bool picture =
	    !html && n > 0 && (octets || record_type_is(a->type, "image/")) && image_sniff(b->p, n, &info, NULL) == 0;
	if (picture || record_type_is(a->type, "image/")) {
		struct json *og = describe_image(a, b, &info);
		return a->explain ? explain(a, b, json_str(og, "og:image:type"), og, NULL) : og;
	}
	const char *type = octets && !html && b->len > 0 ? page_doc_sniff(b->p, b->len) : a->type;
	if (!html && page_doc_type(type))
		return describe_page(a, b, type, false);
	if (html || a->type == NULL)
		return describe_page(a, b, a->type, true);
	return a->explain ? explain(a, b, type, json_object(), NULL) : json_object();
}

static int
document(struct app *a, struct err *err)
{
	struct buf in, out;
	buf_init(&in, DOCUMENT_MAX);
	buf_init(&out, RECORD_LINE_MAX);
	int rc = io_read_all(a->fd, DOCUMENT_MAX, &in, err);
	a->began = cmd_clock();
	if (rc == 0) {
		struct json *j = describe(a, &in);
		if (a->columns > 0)
			format_table(j, a->columns, a->colour, &out);
		else if (json_write(j, 0, &out) < 0 || buf_addc(&out, '\n') < 0)
			rc = err_set(err, ERR_LIMIT, "answer is longer than %zu bytes", RECORD_LINE_MAX);
		json_free(j);
	}
	if (rc == 0)
		(void)cmd_out(&a->c, out.p, out.len); /* cmd_leave says why */
	buf_clear(&in);
	buf_clear(&out);
	return rc;
}

static int
one(void *arg, struct record *rec, struct err *err)
{
	return stage_og(arg, rec, err);
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
	else if (a.file == NULL)
		status = cmd_filter(&a.c, "og", one, &a.stage);
	else if (document(&a, &err) < 0)
		status = cmd_fail(&a.c, &err, a.file);

	close_doors(&a);
	return cmd_leave(&a.c, status);
}
