/* gif: what a GIF says, block by block; for the still picture and for the animation. */
#ifndef IMAGE_GIF_H
#define IMAGE_GIF_H

#include "image/int.h"

/* ---- the codes of a frame (gif_lzw.c) ---- */

#define IMAGE_LZW_CODES 4096 /* codes have twelve bits at most */

/* What a code stands for: the string of another one and one pixel more. */
struct image_lzw_entry {
	uint16_t prefix, len;
	uint8_t last, first;
};

struct image_lzw {
	struct image_src *src;
	uint64_t bits;		    /* have of them, the next one lowest */
	unsigned have, size, width; /* size: bits of a pixel */
	unsigned clear, next;	    /* the code that empties the table, the one that is added next */
	int before;		    /* the code before; -1: the table was just emptied */
	bool ended;		    /* no more blocks */
	uint8_t block[256];	    /* the sub-block that is being read */
	unsigned at, len;
	unsigned rest, rests; /* rest[rest .. rests): pixels of a string that the row had no room for */
	uint8_t string[IMAGE_LZW_CODES];
	struct image_lzw_entry entry[IMAGE_LZW_CODES];
};

/* Starts at the byte behind the image descriptor and its palette; -1: that byte is wrong, or none. */
int image_lzw_start(struct image_lzw *z, struct image_src *src);
/* The next n pixels; -1: there are fewer, or the data are broken. */
int image_lzw_read(struct image_lzw *z, uint8_t *out, size_t n);
void image_lzw_end(struct image_lzw *z); /* passes over what is left */

/* ---- blocks (gif_blocks.c) ---- */

#define IMAGE_GIF_OPAQUE (-1) /* no index is transparent */

struct image_gif {
	struct image_src *src;
	uint32_t canvas_w, canvas_h;
	int loops; /* how often it plays, 0 for ever; -1: not told (yet) */
	/* the frame, and what stood before it */
	uint32_t x, y, w, h;
	bool interlaced;
	int ms; /* -1: not told */
	int transparent, dispose;
	const uint8_t (*palette)[3];
	int colours; /* 0: no palette */
	/* inside */
	uint8_t common[256][3], own[256][3];
	int commons;
	bool reading; /* there may be rows left */
	struct image_lzw lzw;
};

int image_gif_open(struct image_gif *g, struct image_src *src, struct err *err); /* up to the first block */
int image_gif_next(struct image_gif *g, struct err *err); /* 1: a frame; 0: the end; -1: broken */
int image_gif_row(struct image_gif *g, uint8_t *index);	  /* its next w pixels; -1: broken */

#endif
