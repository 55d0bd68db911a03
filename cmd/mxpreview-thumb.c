/* Make the picture small: thumbnails for records, or of one image for a person. */
#include "cmd/thumb.h"

#include <getopt.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/sandbox.h"
#include "preview/stages.h"

static const char usage[] =
    "usage: mxpreview-thumb -s WxH [-hqvV] [--animated] [-m scale|crop] [-t TYPE] [-o FILE] [FILE|-]\n"
    "       mxpreview-thumb --set [-hqvV] [-t TYPE] [-O DIR] [FILE|-]\n"
    "       mxpreview-thumb --blurhash [-hqvV] [FILE|-]\n"
    "       mxpreview-thumb --identicon NAME [-hqvV] [-s WxH] [-o FILE]\n"
    "       mxpreview-thumb [-hqvV] [-c FILE] [-d DIR] [-j N]\n"
    "\n"
    "Makes one thumbnail of an image, or the five standard ones, or a face for a name; without any of these, the\n"
    "thumbnails of the records on standard input, which go to standard output.\n"
    "\n"
    "  -s, --size WxH        fit into (scale) or fill (crop) so many pixels; nothing is ever enlarged\n"
    "  -m, --method METHOD   scale (the default) or crop\n"
    "  -t, --type TYPE       jpeg, png or webp instead of what fits the image\n"
    "  -o, --output FILE     there instead of standard output\n"
    "      --set             the five standard sizes, a JSON list of them to standard output\n"
    "  -O, --output-dir DIR  where the set goes; the default is the current directory; -: behind the list\n"
    "      --animated        an animation stays one, as WebP\n"
    "      --blurhash        type, size, colour and BlurHash of the picture as JSON to standard output\n"
    "      --identicon NAME  a PNG that stands for a name that has no picture, 96x96 unless -s says else\n"
    "  -j, --jobs N          records: N processes, of which one may die of a picture while the others go on\n"
    "  -c, --config FILE     configuration instead of the usual places, see mxpreview.conf(5)\n"
    "  -d, --store DIR       where media are kept\n"
    "  -q, --quiet           no messages\n"
    "  -v, --verbose         say more\n"
    "      --no-sandbox      do not close in (debugging)\n"
    "  -h, --help            this text\n"
    "  -V, --version         the version\n";

enum { OPT_SET = CMD_OPT_FIRST, OPT_IDENTICON, OPT_ANIMATED, OPT_BLURHASH };

enum { KEPT_BYTES = 16 * 1024 * 1024 }; /* at most, of what was given back */

enum { IDENTICON_SIDE = 96 }; /* what it was in the first of these servers */

static const struct option options[] = {
    CMD_LONG,
    {"size", required_argument, NULL, 's'},
    {"method", required_argument, NULL, 'm'},
    {"type", required_argument, NULL, 't'},
    {"output", required_argument, NULL, 'o'},
    {"jobs", required_argument, NULL, 'j'},
    {"set", no_argument, NULL, OPT_SET},
    {"animated", no_argument, NULL, OPT_ANIMATED},
    {"blurhash", no_argument, NULL, OPT_BLURHASH},
    {"identicon", required_argument, NULL, OPT_IDENTICON},
    {"output-dir", required_argument, NULL, 'O'},
    {NULL, 0, NULL, 0},
};

/* ---- options --------------------------------------------------------------------------------------- */

static bool
parse_size(const char *s, struct image_size *size)
{
	char *end = NULL;
	unsigned long w = strtoul(s, &end, 10);
	if (s[0] < '0' || s[0] > '9' || (*end != 'x' && *end != 'X'))
		return false;
	s = end + 1;
	unsigned long h = strtoul(s, &end, 10);
	if (s[0] < '0' || s[0] > '9' || *end != '\0' || w < 1 || h < 1 || w > UINT32_MAX || h > UINT32_MAX)
		return false;
	size->width = (uint32_t)w;
	size->height = (uint32_t)h;
	return true;
}

static bool
parse_method(const char *s, enum image_method *m)
{
	*m = str_eq(s, image_method_name(IMAGE_CROP)) ? IMAGE_CROP : IMAGE_SCALE;
	return str_eq(s, image_method_name(*m));
}

static bool
parse_type(const char *s, enum image_format *as)
{
	if (str_istarts(s, "image/"))
		s += strlen("image/");
	*as = str_ieq(s, "png")				? IMAGE_PNG
	      : str_ieq(s, "webp")			? IMAGE_WEBP
	      : str_ieq(s, "jpeg") || str_ieq(s, "jpg") ? IMAGE_JPEG
							: IMAGE_UNKNOWN;
	return *as != IMAGE_UNKNOWN;
}

/* False: the option does not exist or its argument is wrong. */
static bool
take_option(struct thumb *t, int opt)
{
	switch (opt) {
	case 's':
		return parse_size(optarg, &t->size);
	case 'm':
		return parse_method(optarg, &t->size.method);
	case 't':
		return parse_type(optarg, &t->as);
	case 'o':
		t->output = optarg;
		return true;
	case 'O':
		t->dir = optarg;
		return true;
	case 'j':
		return str_int64(optarg, &t->jobs) == 0 && t->jobs >= 1 && t->jobs <= THUMB_JOBS_MAX;
	case OPT_SET:
		t->mode = THUMB_SET;
		return true;
	case OPT_ANIMATED:
		t->animated = true;
		return true;
	case OPT_BLURHASH:
		t->mode = THUMB_HASH;
		return true;
	case OPT_IDENTICON:
		t->name = optarg;
		return true;
	default:
		return cmd_option(&t->c, opt, optarg, usage);
	}
}

/* NULL, or which options do not go together. */
static const char *
conflict(const struct thumb *t, int operands)
{
	bool one = t->mode == THUMB_ONE || t->mode == THUMB_NAME;
	bool file = t->mode == THUMB_ONE || t->mode == THUMB_SET || t->mode == THUMB_HASH;
	if ((t->mode == THUMB_SET || t->mode == THUMB_HASH) && (t->size.width > 0 || t->name != NULL))
		return "--set and --blurhash go with neither -s nor --identicon";
	if (t->animated && t->mode != THUMB_ONE)
		return "--animated needs -s";
	if (t->output != NULL && !one)
		return "-o needs -s or --identicon";
	if (t->dir != NULL && t->mode != THUMB_SET)
		return "-O needs --set";
	if (t->as != IMAGE_UNKNOWN && t->mode != THUMB_ONE && t->mode != THUMB_SET)
		return "-t needs -s or --set";
	if (t->jobs > 0 && t->mode != THUMB_RECORDS)
		return "-j is for records only";
	if (operands > (file ? 1 : 0))
		return operands == 1 && !file ? "a picture needs -s, --set or --blurhash" : "one picture at a time";
	return NULL;
}

static void
parse_options(struct thumb *t, int argc, char **argv)
{
	int opt;
	while ((opt = getopt_long(argc, argv, CMD_SHORT "s:m:t:o:O:j:", options, NULL)) != -1)
		if (!take_option(t, opt)) {
			if (opt != '?' && optarg != NULL)
				cmd_misuse(&t->c, usage, "-%c cannot be: %s", opt, optarg);
			cmd_usage(&t->c, usage);
		}
	if (t->mode == THUMB_RECORDS && t->name != NULL)
		t->mode = THUMB_NAME;
	else if (t->mode == THUMB_RECORDS && t->size.width > 0)
		t->mode = THUMB_ONE;
	const char *why = conflict(t, argc - optind);
	if (why != NULL)
		cmd_misuse(&t->c, usage, "%s", why);
	if (t->mode == THUMB_NAME && t->size.width == 0)
		t->size.width = t->size.height = IDENTICON_SIDE;
	if (argc > optind && !str_eq(argv[optind], "-"))
		t->file = argv[optind];
	if (str_eq(t->output, "-"))
		t->output = NULL;
}

/* ---- records --------------------------------------------------------------------------------------------- */

static int
one_record(void *arg, struct record *rec, struct err *err)
{
	const struct thumb *t = arg;
	const struct stage_thumb st = {.blobs = &t->blobs, .limits = &t->limits, .blurhash = t->c.conf.blurhash};
	return stage_thumb(&st, rec, err);
}

/* In this process, or in each worker. */
static int
filter(struct thumb *t)
{
	struct sandbox want = {.kind = SANDBOX_DECODE};
	struct err err;
	char *read = mem_printf("%s/" STORE_URL_CACHE, t->c.store);
	char *write = mem_printf("%s/" STORE_URL_CACHE_THUMBNAILS, t->c.store);
	want.read[0] = read;
	want.write[0] = write;
	int rc = cmd_close_in(&t->c, &want, &err);
	mem_free(read);
	mem_free(write);
	return rc < 0 ? cmd_fail(&t->c, &err, NULL) : cmd_filter(&t->c, "thumb", one_record, t);
}

static int
records(struct thumb *t)
{
	struct err err;
	if (store_blobs_open(&t->blobs, t->c.store, true, &err) < 0)
		return cmd_fail(&t->c, &err, NULL);
	int status = t->jobs > 0 ? thumb_workers(t, filter) : filter(t);
	store_blobs_close(&t->blobs);
	return status;
}

/* ---- main ------------------------------------------------------------------------------------------------ */

static int
document(struct thumb *t)
{
	struct err err;
	int status = 0;
	if (thumb_document_open(t, &err) < 0 || thumb_document_close_in(t, &err) < 0 || thumb_document(t, &err) < 0)
		status = cmd_fail(&t->c, &err, NULL);
	thumb_document_close(t);
	return status;
}

/* What is needed for one thumbnail is needed for the next: given back each time, its pages would be cleared each time. */
static void
keep_memory(void)
{
#if defined M_MMAP_THRESHOLD && defined M_TRIM_THRESHOLD
	(void)mallopt(M_MMAP_THRESHOLD, KEPT_BYTES);
	(void)mallopt(M_TRIM_THRESHOLD, KEPT_BYTES);
#endif
}

int
main(int argc, char **argv)
{
	struct thumb t = {.limits = image_limits_default, .in = -1, .out = -1, .dirfd = -1, .blobs = {.dirfd = -1}};
	keep_memory();
	cmd_init(&t.c, argv[0]);
	parse_options(&t, argc, argv);
	cmd_configure(&t.c);
	t.limits.max_pixels = t.c.conf.max_image_pixels;
	return cmd_leave(&t.c, t.mode == THUMB_RECORDS ? records(&t) : document(&t));
}
