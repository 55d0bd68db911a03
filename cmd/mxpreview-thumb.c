/* Make the picture small: thumbnails for records, or of one image for a person. */
#include "cmd/cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/sandbox.h"
#include "image/image.h"
#include "preview/stages.h"
#include "store/store.h"

enum { SPOOL_MAX = 64 * 1024 * 1024 }; /* bytes of an image that comes through a pipe */

static const char usage[] =
    "usage: mxpreview-thumb -s WxH [-hqvV] [-m scale|crop] [-t TYPE] [-o FILE] [FILE|-]\n"
    "       mxpreview-thumb --set [-hqvV] [-t TYPE] [-O DIR] [FILE|-]\n"
    "       mxpreview-thumb [-hqvV] [-c FILE] [-d DIR]\n"
    "\n"
    "Makes one thumbnail of an image, or the five standard ones; without -s and --set, those of the records on\n"
    "standard input, which go to standard output.\n"
    "\n"
    "  -s, --size WxH        fit into (scale) or fill (crop) so many pixels; nothing is ever enlarged\n"
    "  -m, --method METHOD   scale (the default) or crop\n"
    "  -t, --type TYPE       jpeg or png instead of what fits the image\n"
    "  -o, --output FILE     there instead of standard output\n"
    "      --set             the five standard sizes, a JSON list of them to standard output\n"
    "  -O, --output-dir DIR  where the set goes; the default is the current directory\n"
    "  -c, --config FILE     configuration instead of the usual places, see mxpreview.conf(5)\n"
    "  -d, --store DIR       where media are kept\n"
    "  -q, --quiet           no messages\n"
    "  -v, --verbose         say more\n"
    "      --no-sandbox      do not close in (debugging)\n"
    "  -h, --help            this text\n"
    "  -V, --version         the version\n";

enum { OPT_SET = CMD_OPT_FIRST };

static const struct option options[] = {
    CMD_LONG,
    {"size", required_argument, NULL, 's'},
    {"method", required_argument, NULL, 'm'},
    {"type", required_argument, NULL, 't'},
    {"output", required_argument, NULL, 'o'},
    {"set", no_argument, NULL, OPT_SET},
    {"output-dir", required_argument, NULL, 'O'},
    {NULL, 0, NULL, 0},
};

struct app {
	struct cmd c;
	struct image_limits limits;
	bool one, set; /* document mode: -s, --set */
	struct image_size size;
	enum image_format as;
	const char *file, *output, *dir; /* NULL: standard input, standard output, "." */
	int in, out, dirfd;		 /* document mode; out: an output that is no regular file */
	struct store_blobs blobs;
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
	*as = str_ieq(s, "png") ? IMAGE_PNG : str_ieq(s, "jpeg") || str_ieq(s, "jpg") ? IMAGE_JPEG : IMAGE_UNKNOWN;
	return *as != IMAGE_UNKNOWN;
}

/* False: the option does not exist or its argument is wrong. */
static bool
take_option(struct app *a, int opt)
{
	switch (opt) {
	case 's':
		a->one = true;
		return parse_size(optarg, &a->size);
	case 'm':
		return parse_method(optarg, &a->size.method);
	case 't':
		return parse_type(optarg, &a->as);
	case 'o':
		a->output = optarg;
		return true;
	case 'O':
		a->dir = optarg;
		return true;
	case OPT_SET:
		a->set = true;
		return true;
	default:
		return cmd_option(&a->c, opt, optarg, usage);
	}
}

static void
parse_options(struct app *a, int argc, char **argv)
{
	int opt;
	while ((opt = getopt_long(argc, argv, CMD_SHORT "s:m:t:o:O:", options, NULL)) != -1)
		if (!take_option(a, opt)) {
			if (opt != '?' && optarg != NULL)
				cmd_misuse(&a->c, usage, "-%c cannot be: %s", opt, optarg);
			cmd_usage(&a->c, usage);
		}
	bool document = a->one || a->set;
	if (argc - optind > (document ? 1 : 0) || (a->one && a->set) || (a->output != NULL && !a->one) ||
	    (a->dir != NULL && !a->set) || (!document && a->as != IMAGE_UNKNOWN))
		cmd_usage(&a->c, usage);
	if (argc > optind && !str_eq(argv[optind], "-"))
		a->file = argv[optind];
	if (str_eq(a->output, "-"))
		a->output = NULL;
}

/* ---- doors ------------------------------------------------------------------------------------------- */

/* What cannot be read at any place is taken into memory first, as long as memory can still be had. */
static int
spool(int *fd, struct err *err)
{
	struct buf b;
	buf_init(&b, SPOOL_MAX + 1);
	int mem = -1;
	int rc = io_read_all(*fd, SPOOL_MAX, &b, err);
	if (rc == 0 && (mem = memfd_create("image", MFD_CLOEXEC)) < 0)
		rc = err_sys(err, "memfd_create");
	if (rc == 0)
		rc = io_write(mem, b.p, b.len, err);
	buf_clear(&b);
	if (rc < 0) {
		io_close(&mem);
		return -1;
	}
	io_close(fd);
	*fd = mem;
	return 0;
}

static int
open_input(struct app *a, struct err *err)
{
	struct stat st;
	a->in = a->file != NULL ? open(a->file, O_RDONLY | O_CLOEXEC | O_NOCTTY) : dup(STDIN_FILENO);
	if (a->in < 0 || fstat(a->in, &st) < 0)
		return err_sys(err, "open");
	if (S_ISREG(st.st_mode) && lseek(a->in, 0, SEEK_CUR) == 0)
		return 0;
	return spool(&a->in, err);
}

/* The directory of a file, as a string of its own. */
static char *
directory(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash == NULL   ? mem_strdup(".")
	       : slash == path ? mem_strdup("/")
			       : mem_strndup(path, (size_t)(slash - path));
}

/* A regular file appears under its name when it is complete; a device or pipe is written to as it is. */
static int
open_output(struct app *a, struct err *err)
{
	struct stat st;
	if (a->one && a->output == NULL) {
		if (isatty(STDOUT_FILENO))
			return err_set(err, ERR_INPUT, "an image is nothing for a terminal: name a file with -o");
		return 0;
	}
	if (a->one && stat(a->output, &st) == 0 && !S_ISREG(st.st_mode)) {
		a->out = open(a->output, O_WRONLY | O_CLOEXEC | O_NOCTTY);
		return a->out < 0 ? err_sys(err, "%s", a->output) : 0;
	}
	char *dir = a->one ? directory(a->output) : mem_strdup(a->dir != NULL ? a->dir : ".");
	if (a->set && mkdir(dir, 0777) < 0 && errno != EEXIST)
		(void)err_sys(err, "%s", dir);
	a->dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = a->dirfd < 0 ? err_sys(err, "%s", dir) : 0;
	mem_free(dir);
	return rc;
}

static int
open_doors(struct app *a, struct err *err)
{
	if (!a->one && !a->set)
		return store_blobs_open(&a->blobs, a->c.store, true, err);
	if (open_input(a, err) < 0)
		return err_add(err, "%s", a->file != NULL ? a->file : "standard input");
	return open_output(a, err);
}

static int
close_in(const struct app *a, struct err *err)
{
	struct sandbox want = {.kind = SANDBOX_DECODE};
	char *read = NULL, *write = NULL;
	if (!a->one && !a->set) {
		want.read[0] = read = mem_printf("%s/" STORE_URL_CACHE, a->c.store);
		want.write[0] = write = mem_printf("%s/" STORE_URL_CACHE_THUMBNAILS, a->c.store);
	} else if (a->dirfd >= 0) {
		want.write[0] = write = a->one ? directory(a->output) : mem_strdup(a->dir != NULL ? a->dir : ".");
	}
	int rc = cmd_close_in(&a->c, &want, err);
	mem_free(read);
	mem_free(write);
	return rc;
}

/* ---- document mode ------------------------------------------------------------------------------------ */

/* Nobody sees half a file, and a failure leaves nothing behind. */
static int
write_file(const struct app *a, const char *name, const struct buf *data, struct err *err)
{
	uint64_t random = 0;
	char tmp[64];
	io_random(&random, sizeof random);
	(void)snprintf(tmp, sizeof tmp, ".mxpreview-thumb.%016llx", (unsigned long long)random);
	int fd = openat(a->dirfd, tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (fd < 0)
		return err_sys(err, "%s", name);
	int rc = io_write(fd, data->p, data->len, err);
	if (close(fd) < 0 && rc == 0)
		rc = err_sys(err, "close");
	if (rc == 0 && renameat(a->dirfd, tmp, a->dirfd, name) < 0)
		rc = err_sys(err, "rename");
	if (rc < 0) {
		(void)unlinkat(a->dirfd, tmp, 0);
		(void)err_add(err, "%s", name);
	}
	return rc;
}

static int
put_one(const struct app *a, const struct image_thumb *t, struct err *err)
{
	if (a->out >= 0)
		return io_write(a->out, t->data.p, t->data.len, err);
	if (a->output == NULL) {
		(void)cmd_out(&a->c, t->data.p, t->data.len); /* cmd_leave tells of errors */
		return 0;
	}
	const char *slash = strrchr(a->output, '/');
	return write_file(a, slash != NULL ? slash + 1 : a->output, &t->data, err);
}

/* Names as in the store: W-H-TYPE-SUBTYPE-METHOD. */
static char *
set_name(const struct image_thumb *t)
{
	char *name =
	    mem_printf("%u-%u-%s-%s", t->width, t->height, image_format_type(t->format), image_method_name(t->method));
	for (char *s = name; *s != '\0'; s++)
		if (*s == '/')
			*s = '-';
	return name;
}

static int
put_set(const struct app *a, const struct image_thumbs *made, struct err *err)
{
	struct json *list = json_array();
	struct buf line;
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < made->n; i++) {
		const struct image_thumb *t = &made->thumb[i];
		char *name = set_name(t);
		struct json *j = json_object();
		json_set_int(j, "width", t->width);
		json_set_int(j, "height", t->height);
		json_set_str(j, "method", image_method_name(t->method));
		json_set_str(j, "type", image_format_type(t->format));
		json_set_int(j, "bytes", (int64_t)t->data.len);
		json_set_str(j, "file", name);
		json_add(list, j);
		rc = write_file(a, name, &t->data, err);
		mem_free(name);
	}
	buf_init(&line, RECORD_LINE_MAX);
	if (rc == 0 && json_write(list, 0, &line) == 0 && buf_addc(&line, '\n') == 0)
		(void)cmd_out(&a->c, line.p, line.len);
	buf_clear(&line);
	json_free(list);
	return rc;
}

static int
document(const struct app *a, struct err *err)
{
	const char *what = a->file != NULL ? a->file : "standard input";
	struct image_thumbs made;
	if (image_thumbs_make(a->in, a->one ? &a->size : image_set, a->one ? 1 : IMAGE_SET_LEN, a->as, &a->limits,
			      &made, err) < 0)
		return err_add(err, "%s", what);
	if (made.warning.code != ERR_NONE)
		cmd_warn(&a->c, "%s: %s", what, made.warning.text);
	int rc = a->one ? put_one(a, &made.thumb[0], err) : put_set(a, &made, err);
	image_thumbs_clear(&made);
	return rc;
}

/* ---- filter mode --------------------------------------------------------------------------------------- */

static int
one_record(void *arg, struct record *rec, struct err *err)
{
	const struct app *a = arg;
	const struct stage_thumb st = {.blobs = &a->blobs, .limits = &a->limits};
	return stage_thumb(&st, rec, err);
}

/* ---- main ------------------------------------------------------------------------------------------------ */

static void
close_doors(struct app *a)
{
	io_close(&a->in);
	io_close(&a->out);
	io_close(&a->dirfd);
	if (!a->one && !a->set)
		store_blobs_close(&a->blobs);
}

int
main(int argc, char **argv)
{
	struct app a = {.limits = image_limits_default, .in = -1, .out = -1, .dirfd = -1, .blobs = {.dirfd = -1}};
	struct err err = {0};
	int status = 0;
	cmd_init(&a.c, argv[0]);
	parse_options(&a, argc, argv);
	cmd_configure(&a.c);
	a.limits.max_pixels = a.c.conf.max_image_pixels;

	if (open_doors(&a, &err) < 0 || close_in(&a, &err) < 0)
		status = cmd_fail(&a.c, &err, NULL);
	else if (!a.one && !a.set)
		status = cmd_filter(&a.c, "thumb", one_record, &a);
	else if (document(&a, &err) < 0)
		status = cmd_fail(&a.c, &err, NULL);

	close_doors(&a);
	return cmd_leave(&a.c, status);
}
