/* image: make it small.  Formats are told by content, never by declared type. */
#ifndef IMAGE_IMAGE_H
#define IMAGE_IMAGE_H

#include "base/base.h"

enum image_format { IMAGE_UNKNOWN = 0, IMAGE_JPEG, IMAGE_PNG, IMAGE_WEBP, IMAGE_GIF, IMAGE_BMP, IMAGE_ICO };

struct image_limits {
	int64_t max_pixels; /* width x height, before decoding; default 32M = 33554432, reaching it refuses */
	int64_t max_memory; /* bytes a decoder may need, stated and checked before decoding */
	int max_scans;	    /* SOS markers of a progressive JPEG */
};

extern const struct image_limits image_limits_default;

/* ---- sniff: the header alone, no codec ---------------------------------------------------- */

struct image_info {
	enum image_format format;
	uint32_t width, height; /* as shown, that is after EXIF orientation */
	int orientation;      /* EXIF, 1 … 8; 1 also when the bytes given do not reach it (WebP has it at the end) */
	bool alpha, animated; /* may carry transparency; has more than one frame (where the header tells) */
};

const char *image_format_type(enum image_format f); /* "image/jpeg", …; NULL for unknown */
int image_sniff(const void *p, size_t n, struct image_info *out, struct err *err); /* p: the file's first bytes */

bool image_other_kind(const void *p, size_t n); /* of a kind that is not read here: SVG, AVIF, HEIC, JPEG XL, TIFF … */

#define IMAGE_SNIFF_BYTES ((size_t)256 * 1024) /* enough to find the size of any JPEG behind its APP segments */

/* ---- thumb ------------------------------------------------------------------------------- */

enum image_method { IMAGE_SCALE, IMAGE_CROP };

struct image_size {
	uint32_t width, height;
	enum image_method method;
};

#define IMAGE_SET_LEN 5
extern const struct image_size image_set[IMAGE_SET_LEN]; /* spec D.1 */
const char *image_method_name(enum image_method m);	 /* "scale", "crop" */

/* One finished thumbnail, encoded. */
struct image_thumb {
	uint32_t width, height; /* real size, spec D.2 without enlarging */
	enum image_method method;
	enum image_format format; /* JPEG, or PNG where alpha or a palette/lossless source asks for it */
	struct buf data;
};

/* The whole picture in a few pixels (of a cropped thumbnail: what that shows): r, g, b, a. */
#define IMAGE_MINI 32

struct image_mini {
	uint32_t w, h; /* at most IMAGE_MINI; 0: there is none */
	uint8_t rgba[IMAGE_MINI * IMAGE_MINI * 4];
};

#define IMAGE_BLURHASH_LEN 28
#define IMAGE_COLOR_LEN 7

void image_blurhash(const struct image_mini *m, char out[IMAGE_BLURHASH_LEN + 1]);
bool image_color(const struct image_mini *m, char out[IMAGE_COLOR_LEN + 1]); /* "#rrggbb"; false: nothing to be seen */

struct image_thumbs {
	struct image_info source;
	size_t n;
	struct image_thumb *thumb; /* owned; duplicates by (width, height, format) removed as in D.2 */
	struct image_mini mini;
	struct err
	    warning; /* code ERR_NONE, or what was wrong with a picture that still gave something (truncated …) */
};

/* Decodes once from fd (read from its start) and makes every size asked for.  -1: no picture can be made; err says why
 * (UNSUPPORTED not an image we read, LIMIT too large, INPUT corrupt).  as = IMAGE_UNKNOWN chooses the output format. */
int image_thumbs_make(int fd, const struct image_size *sizes, size_t n, enum image_format as,
		      const struct image_limits *limits, struct image_thumbs *out, struct err *err);
void image_thumbs_clear(struct image_thumbs *t);

/* ---- pixels: for whoever shows them at once ------------------------------------------------------------- */

struct image_pixels {
	uint32_t width, height;
	uint8_t *rgba; /* owned; rows without a gap, not premultiplied */
};

/* The picture as a thumbnail of that size would have it (scale), not encoded; errors as above. */
int image_pixels_make(int fd, uint32_t width, uint32_t height, const struct image_limits *limits,
		      struct image_pixels *out, struct err *err);
void image_pixels_clear(struct image_pixels *p);

/* ---- anim: a small animation ----------------------------------------------------------------------------- */

#define IMAGE_ANIM_FRAMES 1000		       /* of one animation */
#define IMAGE_ANIM_PIXELS ((int64_t)400000000) /* of all its frames */
#define IMAGE_ANIM_MS 3600000		       /* of one frame */

/* An animated GIF, PNG or WebP becomes an animated WebP of one size, with the times and repetitions it had.  -1: it is none
 * (UNSUPPORTED), broken, or beyond a limit; a still thumbnail can still be tried.  enough: asked at each frame, true ends
 * it; may be NULL. */
int image_anim_make(int fd, const struct image_size *size, const struct image_limits *limits, bool (*enough)(void *),
		    void *arg, struct image_thumb *out, struct err *err);

/* ---- identicon: a face for a name ----------------------------------------------------------------------- */

#define IMAGE_IDENTICON_MIN 5 /* pixels of a side: the pattern is five blocks wide */
#define IMAGE_IDENTICON_MAX 2048

int image_identicon(const char *name, uint32_t w, uint32_t h, struct buf *out, struct err *err); /* a PNG */

#endif
