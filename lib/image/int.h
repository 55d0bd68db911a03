/* image, inside: how rows travel from a decoder through the reducers into small pictures.
 *
 *   src ──decoder──> feed (ring of rows, one per plane) ──> reducers ──> pic (small, oriented) ──> cascade ──> encoder
 *
 * A decoder reads its header, calls image_job_start() with the size (limits and plan), image_job_feed() once for each
 * plane, then writes every row into image_feed_slot() and calls image_feed_push().  It never holds the whole picture. */
#ifndef IMAGE_INT_H
#define IMAGE_INT_H

#include "image/image.h"

/* ---- ceilings (those a caller may set are in struct image_limits) ------------------------------- */

#define IMAGE_SIDE_MAX 1000000				/* width or height of a source */
#define IMAGE_TARGET_MAX 16384				/* width or height of a thumbnail asked for */
#define IMAGE_SIZES_MAX 16				/* thumbnails of one call */
#define IMAGE_FILE_MAX ((size_t)64 * 1024 * 1024)	/* bytes of a WebP file: its decoder wants all of it */
#define IMAGE_PNG_WHOLE_MAX ((int64_t)64 * 1024 * 1024) /* packed and unpacked bytes of a PNG inflated at once */
#define IMAGE_OUT_MAX ((size_t)1 << 31)			/* bytes of one encoded thumbnail */

/* ---- bytes ---------------------------------------------------------------------------------------- */

static inline uint32_t
image_be16(const uint8_t *p)
{
	return (uint32_t)p[0] << 8 | p[1];
}
static inline uint32_t
image_be32(const uint8_t *p)
{
	return image_be16(p) << 16 | image_be16(p + 2);
}
static inline uint32_t
image_le16(const uint8_t *p)
{
	return (uint32_t)p[1] << 8 | p[0];
}
static inline uint32_t
image_le32(const uint8_t *p)
{
	return image_le16(p + 2) << 16 | image_le16(p);
}

int image_exif_orientation(const uint8_t *p, size_t n); /* 1 … 8; 1 when there is none */
enum image_format image_sniff_format(const uint8_t *p, size_t n);

/* ---- src: the file through a small buffer, by pread ------------------------------------------------ */

#define IMAGE_SRC_BUF ((size_t)64 * 1024)

struct image_src {
	int fd;
	off_t off;	    /* file offset of what comes after buf */
	const uint8_t *mem; /* instead of fd: the bytes themselves, borrowed */
	size_t mem_len;
	off_t base; /* where the picture begins in the file: not at 0 inside an ICO */
	uint8_t *buf;
	size_t pos, len; /* buf[pos..len) is unread */
	int sys;	 /* errno of a failed read, else 0; a failed read looks like the end */
};

void image_src_init(struct image_src *s, int fd);
void image_src_init_mem(struct image_src *s, const uint8_t *p, size_t n);
void image_src_clear(struct image_src *s);
void image_src_seek(struct image_src *s, off_t off);	       /* from base on */
void image_src_within(struct image_src *s, off_t base);	       /* from now on offsets count from there */
size_t image_src_fill(struct image_src *s);		       /* more into an empty buffer; 0 at the end */
size_t image_src_read(struct image_src *s, void *p, size_t n); /* less than n only at the end */
void image_src_skip(struct image_src *s, uint64_t n);
off_t image_src_tell(const struct image_src *s);

/* ---- axis: which source samples make an output sample ---------------------------------------------- */

/* A stretch of a source axis seen through n outputs.  Positions are in source samples; sample i covers [i, i + 1). */
struct image_span {
	double start, step; /* output i covers [start + i step, start + (i + 1) step) */
	double extent;	    /* where the picture ends; at most, and usually, source */
	uint32_t source;    /* samples there are */
	uint32_t n;	    /* outputs */
	bool mirror;	    /* count positions from the other end */
	uint32_t box;	    /* a sample is the mean of as many finer ones, which are weighed one by one; 0 as 1 */
};

struct image_axis {
	uint32_t n, taps; /* outputs; weights kept for each: 8, or a multiple of 16 (the last ones are 0) */
	uint32_t lo, hi;  /* source samples any output looks at */
	uint32_t most;	  /* largest count[] */
	uint32_t *first, *count;
	int16_t *w; /* n * taps; each output's weights sum up to IMAGE_WEIGHT_ONE */
};

#define IMAGE_WEIGHT_BITS 14
#define IMAGE_WEIGHT_ONE (1 << IMAGE_WEIGHT_BITS)
#define IMAGE_LINE_BITS 6 /* fraction of a sample between the two passes */

int64_t image_axis_memory(const struct image_span *s);
void image_axis_init(struct image_axis *a, const struct image_span *s);
void image_axis_clear(struct image_axis *a);

/* Axes that were made already are used again: the two chroma planes look at their rows alike. */
#define IMAGE_AXES_MAX (IMAGE_SIZES_MAX * 3 * 2)

struct image_axes {
	size_t n;
	struct image_span span[IMAGE_AXES_MAX];
	struct image_axis axis[IMAGE_AXES_MAX];
};

const struct image_axis *image_axes_find(const struct image_axes *a, const struct image_span *s); /* or NULL */
const struct image_axis *image_axes_get(struct image_axes *a, const struct image_span *s); /* lives as long as a */
void image_axes_clear(struct image_axes *a);

/* ---- kernels: the inner loops, by CPU ------------------------------------------------------------- */

#define IMAGE_KERNEL_PAD 64 /* bytes (vertical) or samples (horizontal) that may be read or written past the end */

struct image_kernels {
	const char *name;
	/* out[i] = sum over k of w[k] rows[k][i], with IMAGE_LINE_BITS of fraction and room for overshoot */
	void (*vertical)(int16_t *out, size_t n, const uint8_t *const *rows, const int16_t *w, size_t taps);
	/* out[i] = sum over k of w[i][k] in[first[i] - lo + k]; one channel, four channels */
	void (*horizontal1)(uint8_t *out, const struct image_axis *a, const int16_t *in);
	void (*horizontal4)(uint8_t *out, const struct image_axis *a, const int16_t *in);
};

extern const struct image_kernels image_kernels_plain;
const struct image_kernels *image_kernels_fast(void); /* NULL: this CPU has none */
const struct image_kernels *image_kernels_best(void);
/* out[i] = the mean of n rows, 2 or 4; halves are rounded down where odd, else up. */
void image_kernel_mean(uint8_t *out, size_t len, const uint8_t *const *rows, uint32_t n, bool odd);

/* ---- unfilter: PNG rows, by CPU -------------------------------------------------------------------- */

enum { IMAGE_PNG_NONE, IMAGE_PNG_SUB, IMAGE_PNG_UP, IMAGE_PNG_AVERAGE, IMAGE_PNG_PAETH, IMAGE_PNG_FILTERS };

/* above: the row above, or zeros.  bpp: bytes of a pixel, at least 1, of which n is a multiple. */
struct image_unfilters {
	const char *name;
	void (*row)(int filter, uint8_t *p, const uint8_t *above, size_t n, size_t bpp); /* in place */
	/* r, g, b to r, g, b, 255; above has four, too.  All three may be touched IMAGE_KERNEL_PAD past their end. */
	void (*rgb)(int filter, uint8_t *out, const uint8_t *in, const uint8_t *above, size_t pixels);
};

extern const struct image_unfilters image_unfilters_plain;
const struct image_unfilters *image_unfilters_fast(void); /* NULL: this CPU has none */
const struct image_unfilters *image_unfilters_best(void);

/* ---- pic: a small picture ---------------------------------------------------------------------------- */

enum image_color {
	IMAGE_GRAY, /* one plane */
	IMAGE_YCC,  /* three planes, full range (JFIF); the second and third 1/div in both directions */
	IMAGE_RGBX, /* one plane of four channels, the last is to be ignored */
	IMAGE_RGBA, /* one plane of four channels, premultiplied */
};

struct image_plane {
	uint8_t *p;
	size_t stride;
	uint32_t w, h; /* samples */
	int channels;
};

struct image_pic {
	enum image_color color;
	uint32_t w, h, div;
	int planes;
	struct image_plane plane[3];
};

void image_pic_init(struct image_pic *pic, enum image_color color, uint32_t w, uint32_t h, uint32_t div);
void image_pic_clear(struct image_pic *pic);
void image_pic_transpose(struct image_pic *pic);  /* about the main diagonal */
void image_pic_full_range(struct image_pic *pic); /* YCC of 16 … 235/240 (BT.601) to 0 … 255 */
/* Rows of r, g, b bytes (channels 3) or r, g, b, a, not premultiplied (4). */
void image_pic_rgb_row(const struct image_pic *pic, uint32_t y, int channels, uint8_t *out);
bool image_premultiply(uint8_t *rgba, size_t pixels); /* in place; true when every pixel was opaque */

/* ---- scale: rows in, small picture out ---------------------------------------------------------------- */

struct image_reducer {
	const struct image_kernels *k;
	const struct image_axis *x, *y;
	struct image_plane *dst; /* borrowed, as the axes */
	int16_t *line;
	const uint8_t **rows;
	uint32_t window; /* rows that must be kept until their last output is made */
	uint32_t done;	 /* output rows, counted in source order */
	bool upwards;	 /* the last output row comes first */
};

#define IMAGE_REDUCERS_MAX IMAGE_SIZES_MAX

struct image_feed {
	uint8_t *mem;
	size_t stride;
	uint32_t ring; /* rows kept */
	bool borrowed; /* mem is somebody else's and holds all rows */
	uint32_t w, h; /* samples of a row, rows to come */
	uint32_t rows; /* pushed so far */
	int channels;
	/* Much taller than any output: rows are averaged by so many before they are reduced; 1: none are. */
	uint32_t merge;
	uint8_t *stage;		     /* where rows arrive then: a ring, too */
	uint32_t stage_rows, merged; /* merged: rows that were made of them */
	size_t n;
	struct image_reducer reducer[IMAGE_REDUCERS_MAX];
};

/* First the source, w x h, and how many of its rows become one (1, 2 or 4) that reducers see; then the reducers; then
 * image_feed_open(). */
void image_feed_init(struct image_feed *f, uint32_t w, uint32_t h, int channels, uint32_t merge);
uint32_t image_feed_merge(double shrink); /* how many, when no output is less than that much smaller */
void image_feed_reduce(struct image_feed *f, const struct image_axis *x, const struct image_axis *y, bool upwards,
		       struct image_plane *dst);
int64_t image_feed_memory(const struct image_feed *f, uint32_t batch, size_t row_bytes);
/* batch: slots that are written before they are pushed; row_bytes: room of a slot, when more than w needs. */
void image_feed_open(struct image_feed *f, uint32_t batch, size_t row_bytes);
void image_feed_borrow(struct image_feed *f, uint8_t *mem, size_t stride); /* instead of image_feed_open() */
void image_feed_clear(struct image_feed *f);
uint8_t *image_feed_slot(const struct image_feed *f, uint32_t ahead); /* of the row after the next `ahead` ones */
void image_feed_push(struct image_feed *f, uint32_t rows);	      /* more than are to come: ignored */
/* The same from a plane that is held as a whole (its memory has IMAGE_KERNEL_PAD bytes more than its rows). */
void image_feed_copy(const struct image_plane *src, const struct image_axis *x, const struct image_axis *y,
		     struct image_plane *dst);

/* ---- plan: which thumbnails, from what ------------------------------------------------------------------ */

/* One thumbnail to be made.  whole_*: the size the whole source would have at its scale; it is cut at x, y. */
struct image_target {
	uint32_t width, height, whole_w, whole_h, x, y;
	enum image_method method;
	int parent; /* index of the target it is made from; -1: the source's rows */
	bool keep;  /* false: another one takes its place (D.2) */
};

/* Spec D.2 without enlarging. */
void image_plan_target(uint32_t w, uint32_t h, const struct image_size *size, struct image_target *out);
/* All of them, w x h as shown.  exact: sharp sources (PNG, GIF, lossless), of which less is taken from intermediates. */
void image_plan(uint32_t w, uint32_t h, bool exact, const struct image_size *sizes, size_t n, struct image_target *out);

/* ---- job: one call of image_thumbs_make ------------------------------------------------------------------- */

struct image_job {
	const struct image_size *sizes;
	size_t n;
	enum image_format as;
	const struct image_limits *limits;
	struct image_src src;
	struct image_info info; /* as sniffed; size and orientation corrected by the decoder */
	struct err *warning;
	struct image_icc *icc; /* NULL: colours are sRGB, or taken for it */
	/* set by image_job_start */
	uint32_t w, h; /* of the source as it is stored */
	struct image_target target[IMAGE_SIZES_MAX];
	bool exact;
	/* set by image_job_open */
	enum image_color color;
	bool video_range;
	bool transparent; /* a pixel that is not opaque was seen */
	struct image_pic pic[IMAGE_SIZES_MAX];
	struct image_axes axes;
	struct image_feed feed[3];
	int feeds;
	int64_t memory; /* accounted for so far */
};

int image_job_judge(const struct image_job *job, uint32_t w, uint32_t h, struct err *err); /* the limits alone */
/* Checks the limits and plans.  w, h: the picture as stored, before orientation. */
int image_job_start(struct image_job *job, uint32_t w, uint32_t h, bool exact, struct err *err);
/* The size at which the largest target needs the whole source, in the source's own axes. */
void image_job_needs(const struct image_job *job, uint32_t *w, uint32_t *h);
int image_job_memory(struct image_job *job, int64_t bytes, const char *what, struct err *err); /* LIMIT: too much */

/* How a decoded plane lies over the picture. */
struct image_layout {
	uint32_t w, h;	     /* samples that will be pushed */
	double ext_w, ext_h; /* the part of them the picture covers */
	int channels;
	uint32_t batch;	  /* rows written before they are pushed */
	size_t row_bytes; /* room needed in a slot; 0: w * channels */
	uint8_t *whole; /* all rows, when the decoder holds them (with IMAGE_KERNEL_PAD bytes behind them) until the */
	size_t whole_stride; /* end; then there are no slots, and image_feed_push() is all */
};
int image_job_open(struct image_job *job, enum image_color color, const struct image_layout *layout, struct err *err);
void image_job_rest(struct image_job *job);		/* the rows that did not come: grey, or transparent */
bool image_job_wants_jpeg(const struct image_job *job); /* what an opaque picture becomes */

/* ---- icc: colours that are not sRGB's -------------------------------------------------------------------- */

struct image_icc;
/* head: the file's first bytes; NULL: no profile, one that changes nothing, or one of a kind that is not read. */
struct image_icc *image_icc_find(enum image_format format, const uint8_t *head, size_t n);
void image_icc_apply(const struct image_icc *icc, struct image_pic *pic); /* grey: as it is */

/* ---- codecs ------------------------------------------------------------------------------------------------ */

int image_jpeg_decode(struct image_job *job, struct err *err);
int image_png_decode(struct image_job *job, struct err *err);
int image_webp_decode(struct image_job *job, struct err *err);
int image_gif_decode(struct image_job *job, struct err *err);
int image_bmp_decode(struct image_job *job, struct err *err);
int image_ico_decode(struct image_job *job, struct err *err);

/* A device-independent bitmap, as BMP files and icons hold it. */
struct image_dib {
	uint32_t w, h; /* of an icon: h counts the mask's rows, too */
	bool down;     /* the first row is the top one */
	uint32_t bits, compression;
	uint32_t mask[4];	 /* r, g, b, a; 16 and 32 bits only */
	uint8_t palette[256][4]; /* r, g, b, 255 */
	size_t head;		 /* bytes of header, masks and palette */
};

#define IMAGE_DIB_HEAD_MAX ((size_t)124 + 16 + 4 * 256)

bool image_dib_known(const uint8_t *p, size_t n); /* does a header begin here? */
/* p: the header and what follows it; a palette that is cut is black. */
int image_dib_read(const uint8_t *p, size_t n, struct image_dib *out, struct err *err);
size_t image_dib_stride(uint32_t w, uint32_t bits); /* bytes of a row */
/* One row as r, g, b, a; without a mask for it alpha is 255. */
void image_dib_row(const struct image_dib *d, const uint8_t *in, uint8_t *rgba);

/* What a PNG says of its pixels, and how its filtered rows become those of the feed. */
enum {
	IMAGE_PNG_GRAY = 0,
	IMAGE_PNG_RGB = 2,
	IMAGE_PNG_INDEXED = 3,
	IMAGE_PNG_GRAY_ALPHA = 4,
	IMAGE_PNG_RGB_ALPHA = 6
};

struct image_png_rows {
	struct image_job *job;
	uint32_t w, h;
	uint8_t depth, type; /* bits of a sample; one of IMAGE_PNG_GRAY ... */
	bool interlaced;
	bool keyed; /* the colour key is transparent (tRNS of grey and RGB) */
	uint16_t key[3];
	bool see_through;	 /* a palette with alpha */
	uint8_t palette[256][4]; /* r, g, b, a */
	/* set by image_png_rows_open */
	const struct image_unfilters *unfilter;
	size_t channels; /* of the feed: 1 or 4 */
	uint32_t pass, y;
	uint8_t *zeros, *line; /* the row above the first; an interlaced row's pixels */
	const uint8_t *above;  /* in what was taken last: lives until the next call */
	uint8_t *whole;	       /* an interlaced picture */
	bool started, ended;   /* a row has come; all have */
	bool broken;	       /* a filter that does not exist */
};

size_t image_png_rows_length(const struct image_png_rows *r); /* filtered bytes of a row of this pass, 0 when ended */
int64_t image_png_rows_total(const struct image_png_rows *r); /* filtered bytes of the picture */
int image_png_rows_open(struct image_png_rows *r, struct err *err); /* starts and opens the job */
/* Takes whole rows from raw (IMAGE_KERNEL_PAD readable bytes behind it), changing it; how many bytes were taken. */
size_t image_png_rows_take(struct image_png_rows *r, uint8_t *raw, size_t n);
void image_png_rows_finish(struct image_png_rows *r); /* gives the feed what it lacks */
void image_png_rows_clear(struct image_png_rows *r);

/* Where the scans of a JPEG file lie.  */
struct image_scan {
	off_t start, end; /* from FF DA to the next marker that is not a restart; end -1: the file ends in it */
	uint8_t component, components, ss, se, ah, al;
};
struct image_scans {
	struct image_scan *scan;
	size_t n;
};
/* -1: more than max. */
int image_jpeg_scans(struct image_src *src, off_t from, int max, struct image_scans *out, struct err *err);

int image_jpeg_encode(const struct image_pic *pic, int quality, struct buf *out, struct err *err);
int image_png_encode(const struct image_pic *pic, struct buf *out, struct err *err);
int image_webp_encode(const struct image_pic *pic, struct buf *out, struct err *err);

#define IMAGE_JPEG_QUALITY 80

/* ---- anim: what the decoders of animations share ------------------------------------------------------------ */

struct image_anim_out;

struct image_anim {
	const struct image_limits *limits;
	struct image_size size;
	bool (*enough)(void *);
	void *arg;
	struct image_src src;
	int loops; /* how often it plays; 0: for ever */
	uint32_t w, h;
	struct image_plane canvas; /* w x h, four channels, premultiplied; empty at first */
	int frames;
	int64_t pixels; /* of all frames so far: what was decoded and what was shown */
	int64_t memory;
	struct image_anim_out *out;
};

int image_anim_memory(struct image_anim *a, int64_t bytes, struct err *err);
int image_anim_open(struct image_anim *a, uint32_t w, uint32_t h, struct err *err); /* once, before the frames */
int image_anim_show(struct image_anim *a, int ms, struct err *err); /* the canvas as it is now, so long */

int image_anim_gif(struct image_anim *a, struct err *err);
int image_anim_png(struct image_anim *a, struct err *err);
int image_anim_webp(struct image_anim *a, struct err *err);

#endif
