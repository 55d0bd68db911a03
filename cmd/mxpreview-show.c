/* What does that picture look like, here on the terminal?  Draws pictures, or records with theirs; alone links libchafa.
 *
 * libchafa gets pixels only: files are read by the image room, behind the closed door. */
#include "cmd/cmd.h"

#include <chafa.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cmd/sandbox.h"
#include "image/image.h"
#include "preview/format.h"
#include "store/store.h"

static const char usage[] =
    "usage: mxpreview-show [-hqvV] [-s COLUMNSxROWS] [--mode MODE] FILE|-\n"
    "       mxpreview-show [-hqvV] [-c FILE] [-d DIR] [-s COLUMNSxROWS] [--mode MODE]\n"
    "\n"
    "Draws a picture on the terminal; without an operand, the records on standard input as cards with theirs.\n"
    "\n"
    "  -s, --size COLUMNSxROWS  the most it may take; nothing is enlarged\n"
    "      --mode MODE       auto (the default: what the terminal can do), symbols, sixel, kitty or iterm2\n"
    "  -c, --config FILE     configuration instead of the usual places, see mxpreview.conf(5)\n"
    "  -d, --store DIR       where media are kept\n"
    "  -q, --quiet           no messages\n"
    "  -v, --verbose         say more\n"
    "      --no-sandbox      do not close in (debugging)\n"
    "  -h, --help            this text\n"
    "  -V, --version         the version\n";

enum { OPT_MODE = CMD_OPT_FIRST };
enum { SIDE_MAX = 400 };		    /* columns or rows */
enum { COLUMNS_MAX = 64, ROWS_MAX = 20 };   /* unless -s says else */
enum { CELL_WIDTH = 10, CELL_HEIGHT = 20 }; /* pixels, where the terminal does not say; and what it may say: */
enum { CELL_MIN = 4, CELL_MAX = 64 };
enum { TEXT_COLUMNS = 80 }; /* where there is no terminal */
enum { PIXELS_MAX = 4096 }; /* of a side of what is drawn */

static const struct option options[] = {
    CMD_LONG,
    {"size", required_argument, NULL, 's'},
    {"mode", required_argument, NULL, OPT_MODE},
    {NULL, 0, NULL, 0},
};

static const struct {
	const char *name;
	ChafaPixelMode mode;
	ChafaTermSeq needs;
} modes[] = {
    {"kitty", CHAFA_PIXEL_MODE_KITTY, CHAFA_TERM_SEQ_BEGIN_KITTY_IMMEDIATE_IMAGE_V1},
    {"iterm2", CHAFA_PIXEL_MODE_ITERM2, CHAFA_TERM_SEQ_BEGIN_ITERM2_IMAGE},
    {"sixel", CHAFA_PIXEL_MODE_SIXELS, CHAFA_TERM_SEQ_BEGIN_SIXELS},
    {"symbols", CHAFA_PIXEL_MODE_SYMBOLS, CHAFA_TERM_SEQ_MAX},
};
enum { MODES = sizeof modes / sizeof modes[0] };

struct show {
	struct cmd c;
	struct image_limits limits;
	const char *file, *mode;
	int64_t columns, rows;	     /* the most a picture takes; 0: not said */
	int cell_width, cell_height; /* pixels */
	unsigned text;		     /* columns of a card */
	bool colour;
	ChafaTermInfo *term;
	ChafaPixelMode pixels;
	ChafaCanvasMode colours;
	int in;
	struct store_blobs blobs;
	bool told; /* a card was */
	int status;
};

/* ---- options ------------------------------------------------------------------------------------------------ */

static bool
parse_size(struct show *s, const char *text)
{
	const char *x = strchr(text, 'x');
	char *columns = x != NULL ? mem_strndup(text, (size_t)(x - text)) : NULL;
	bool good = columns != NULL && str_int64(columns, &s->columns) == 0 && str_int64(x + 1, &s->rows) == 0 &&
		    s->columns >= 1 && s->rows >= 1 && s->columns <= SIDE_MAX && s->rows <= SIDE_MAX;
	mem_free(columns);
	return good;
}

static bool
parse_mode(struct show *s, const char *text)
{
	s->mode = str_eq(text, "auto") ? NULL : text;
	for (size_t i = 0; i < MODES; i++)
		if (str_eq(text, modes[i].name))
			return true;
	return s->mode == NULL;
}

static void
parse_options(struct show *s, int argc, char **argv)
{
	int opt;
	while ((opt = getopt_long(argc, argv, CMD_SHORT "s:", options, NULL)) != -1) {
		if (opt == 's' && !parse_size(s, optarg))
			cmd_misuse(&s->c, usage, "-s cannot be: %s", optarg);
		else if (opt == OPT_MODE && !parse_mode(s, optarg))
			cmd_misuse(&s->c, usage, "no such mode: %s", optarg);
		else if (opt != 's' && opt != OPT_MODE && !cmd_option(&s->c, opt, optarg, usage))
			cmd_usage(&s->c, usage);
	}
	if (argc > optind + 1)
		cmd_misuse(&s->c, usage, "one picture at a time");
	s->file = argv[optind];
}

/* ---- the terminal ------------------------------------------------------------------------------------------------ */

static int
within(int value, int otherwise)
{
	return value >= CELL_MIN && value <= CELL_MAX ? value : otherwise;
}

static ChafaPixelMode
pixel_mode(const struct show *s)
{
	for (size_t i = 0; i < MODES; i++)
		if (s->mode != NULL
			? str_eq(s->mode, modes[i].name)
			: modes[i].needs == CHAFA_TERM_SEQ_MAX || chafa_term_info_have_seq(s->term, modes[i].needs))
			return modes[i].mode;
	return CHAFA_PIXEL_MODE_SYMBOLS;
}

static ChafaCanvasMode
canvas_mode(const struct show *s)
{
	const char *no_colour = getenv("NO_COLOR"), *depth = getenv("COLORTERM");
	if ((no_colour != NULL && *no_colour != '\0') || str_eq(getenv("TERM"), "dumb"))
		return CHAFA_CANVAS_MODE_FGBG;
	if (chafa_term_info_have_seq(s->term, CHAFA_TERM_SEQ_SET_COLOR_FGBG_DIRECT) || str_eq(depth, "truecolor") ||
	    str_eq(depth, "24bit"))
		return CHAFA_CANVAS_MODE_TRUECOLOR;
	if (chafa_term_info_have_seq(s->term, CHAFA_TERM_SEQ_SET_COLOR_FGBG_256))
		return CHAFA_CANVAS_MODE_INDEXED_240;
	if (chafa_term_info_have_seq(s->term, CHAFA_TERM_SEQ_SET_COLOR_FGBG_16))
		return CHAFA_CANVAS_MODE_INDEXED_16;
	return CHAFA_CANVAS_MODE_FGBG;
}

/* Whichever of the standard descriptors is one knows. */
static void
ask_terminal(struct show *s)
{
	struct winsize size = {0};
	for (int fd = 0; fd <= 2 && size.ws_col == 0; fd++)
		if (ioctl(fd, TIOCGWINSZ, &size) < 0)
			size.ws_col = 0;
	bool known = size.ws_col > 0 && size.ws_row > 0;
	s->cell_width = within(known ? size.ws_xpixel / size.ws_col : 0, CELL_WIDTH);
	s->cell_height = within(known ? size.ws_ypixel / size.ws_row : 0, CELL_HEIGHT);
	s->text = cmd_terminal(&s->colour);
	s->text = s->text > 0 ? s->text : TEXT_COLUMNS;
	if (s->columns == 0)
		s->columns = known && size.ws_col < COLUMNS_MAX ? size.ws_col : COLUMNS_MAX;
	if (s->rows == 0)
		s->rows = known && size.ws_row / 2 < ROWS_MAX ? size.ws_row / 2 + 1 : ROWS_MAX;
	char **env = g_get_environ();
	s->term = chafa_term_db_detect(chafa_term_db_get_default(), env);
	g_strfreev(env);
	s->pixels = pixel_mode(s);
	s->colours = canvas_mode(s);
	/* What was asked for by name is drawn, too, where nothing is known of the terminal. */
	ChafaTermInfo *common = chafa_term_db_get_fallback_info(chafa_term_db_get_default());
	chafa_term_info_supplement(s->term, common);
	chafa_term_info_unref(common);
}

/* ---- drawing -------------------------------------------------------------------------------------------------- */

static int
cells(uint32_t pixels, int cell, int64_t most)
{
	int64_t n = ((int64_t)pixels + cell - 1) / cell;
	return (int)(n > most ? most : n < 1 ? 1 : n);
}

static ChafaCanvas *
canvas_for(const struct show *s, const struct image_pixels *p)
{
	ChafaCanvasConfig *config = chafa_canvas_config_new();
	ChafaSymbolMap *map = chafa_symbol_map_new();
	chafa_symbol_map_add_by_tags(map, CHAFA_SYMBOL_TAG_SPACE | CHAFA_SYMBOL_TAG_BLOCK | CHAFA_SYMBOL_TAG_BORDER);
	chafa_canvas_config_set_symbol_map(config, map);
	chafa_canvas_config_set_canvas_mode(config, s->colours);
	chafa_canvas_config_set_pixel_mode(config, s->pixels);
	chafa_canvas_config_set_cell_geometry(config, s->cell_width, s->cell_height);
	chafa_canvas_config_set_geometry(config, cells(p->width, s->cell_width, s->columns),
					 cells(p->height, s->cell_height, s->rows));
	ChafaCanvas *canvas = chafa_canvas_new(config);
	chafa_symbol_map_unref(map);
	chafa_canvas_config_unref(config);
	return canvas;
}

static uint32_t
side(int64_t count, int cell)
{
	int64_t n = count * cell;
	return (uint32_t)(n < PIXELS_MAX ? n : PIXELS_MAX);
}

static int
draw(const struct show *s, int fd, struct err *err)
{
	struct image_pixels p;
	if (image_pixels_make(fd, side(s->columns, s->cell_width), side(s->rows, s->cell_height), &s->limits, &p, err) <
	    0)
		return -1;
	ChafaCanvas *canvas = canvas_for(s, &p);
	chafa_canvas_draw_all_pixels(canvas, CHAFA_PIXEL_RGBA8_UNASSOCIATED, p.rgba, (gint)p.width, (gint)p.height,
				     (gint)p.width * 4);
	GString *out = chafa_canvas_print(canvas, s->term);
	(void)cmd_out(&s->c, out->str, out->len);
	(void)cmd_out(&s->c, "\n", 1);
	(void)g_string_free(out, TRUE);
	chafa_canvas_unref(canvas);
	image_pixels_clear(&p);
	return 0;
}

/* ---- records ---------------------------------------------------------------------------------------------------- */

static void
draw_of(const struct show *s, const struct record *rec)
{
	struct format_picture pic;
	struct err err;
	int fd = -1;
	if (format_picture_find(rec, &s->blobs, side(s->columns, s->cell_width), &pic, &err) < 0) {
		if (err.code != ERR_NOTFOUND)
			cmd_note(&s->c, "%s: %s", record_url(rec), err.text);
		return;
	}
	fd = openat(s->blobs.dirfd, pic.path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 || draw(s, fd, &err) < 0)
		cmd_note(&s->c, "%s: %s: cannot be drawn", record_url(rec), pic.path);
	io_close(&fd);
	format_picture_clear(&pic);
}

static void
card(struct show *s, const struct record *rec)
{
	struct buf b;
	buf_init(&b, RECORD_LINE_MAX);
	if (s->told)
		(void)cmd_out(&s->c, "\n", 1);
	s->told = true;
	if (record_failed(rec))
		s->status = EXIT_REFUSED;
	else
		draw_of(s, rec);
	format_text(rec, s->text, s->colour, &b);
	(void)cmd_out(&s->c, b.p, b.len);
	buf_clear(&b);
}

static int
records(struct show *s)
{
	struct io_lines in;
	struct err err;
	char *line = NULL;
	size_t len = 0;
	int kind = IO_LINE_EOF;
	io_lines_init(&in, STDIN_FILENO, RECORD_LINE_MAX);
	while (!cmd_stop && (kind = io_lines_next(&in, &line, &len, &err)) > IO_LINE_EOF) {
		struct record rec;
		if (kind == IO_LINE_AGAIN) {
			cmd_wait_input();
		} else if (kind == IO_LINE_LONG) {
			cmd_warn(&s->c, "line is longer than %zu bytes", RECORD_LINE_MAX);
			s->status = EXIT_REFUSED;
		} else if (!cmd_blank(line, len)) {
			(void)record_read(&rec, line, len, &err); /* a bad one is a failed one */
			card(s, &rec);
			record_clear(&rec);
		}
		if (!io_lines_waiting(&in) && cmd_flush(&s->c) < 0)
			break;
	}
	io_lines_clear(&in);
	return kind < 0 ? cmd_fail(&s->c, &err, "standard input") : cmd_stop ? EXIT_REFUSED : s->status;
}

/* ---- main ---------------------------------------------------------------------------------------------------- */

/* Pictures are read from any place in them: what comes through a pipe is put into a file without a name. */
static int
open_picture(const struct show *s, struct err *err)
{
	struct buf b;
	if (!str_eq(s->file, "-")) {
		int fd = open(s->file, O_RDONLY | O_CLOEXEC);
		return fd < 0 ? err_sys(err, "%s", s->file) : fd;
	}
	if (lseek(STDIN_FILENO, 0, SEEK_CUR) == 0)
		return dup(STDIN_FILENO);
	int fd = memfd_create("picture", MFD_CLOEXEC);
	if (fd < 0)
		return err_sys(err, "memfd_create");
	buf_init(&b, (size_t)s->c.conf.max_spider_size);
	if (io_read_all(STDIN_FILENO, b.max, &b, err) < 0 || io_write(fd, b.p, b.len, err) < 0)
		io_close(&fd);
	buf_clear(&b);
	return fd;
}

static int
open_all(struct show *s, struct err *err)
{
	struct sandbox want = {.kind = SANDBOX_PARSE};
	char *thumbs = NULL;
	if (s->file != NULL && (s->in = open_picture(s, err)) < 0)
		return -1;
	if (s->file == NULL) {
		if (store_blobs_open(&s->blobs, s->c.store, false, err) < 0)
			return -1;
		thumbs = mem_printf("%s/" STORE_URL_CACHE_THUMBNAILS, s->c.store);
		want.read[0] = thumbs;
	}
	int rc = cmd_close_in(&s->c, &want, err);
	mem_free(thumbs);
	return rc;
}

int
main(int argc, char **argv)
{
	struct show s = {.limits = image_limits_default, .in = -1, .blobs = {.dirfd = -1}};
	struct err err;
	cmd_init(&s.c, argv[0]);
	parse_options(&s, argc, argv);
	cmd_configure(&s.c);
	s.limits.max_pixels = s.c.conf.max_image_pixels;
	chafa_set_n_threads(1); /* there are none behind the door */
	ask_terminal(&s);

	if (open_all(&s, &err) < 0)
		s.status = cmd_fail(&s.c, &err, NULL);
	else if (s.file == NULL)
		s.status = records(&s);
	else if (draw(&s, s.in, &err) < 0)
		s.status = cmd_fail(&s.c, &err, s.file);

	chafa_term_info_unref(s.term);
	io_close(&s.in);
	store_blobs_close(&s.blobs);
	return cmd_leave(&s.c, s.status);
}
