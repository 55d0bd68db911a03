/* How does a WebP become rows?  libwebp; lossy pictures as the planes they are stored in, reduced while decoding. */
#include "image/int.h"

#include <string.h>

#include <webp/decode.h>
#include <webp/demux.h>

struct webp {
	struct image_job *job;
	struct buf file;
	const uint8_t *data; /* the still picture, or the first frame of an animation; inside file */
	size_t len;
	WebPDemuxer *demux;
	WebPIterator frame;
	bool has_frame;
	WebPDecoderConfig c;
	uint32_t w, h;	      /* what data decodes to, reduced or not */
	uint32_t x, y;	      /* where it lies on the canvas (animations) */
	uint32_t rows, row_w; /* of the memory decoded into */
	uint8_t *mem;
};

/* ---- from the file to one bitstream -------------------------------------------------------------- */

static int
read_file(struct webp *p, struct err *err)
{
	struct image_src *s = &p->job->src;
	buf_init(&p->file, IMAGE_FILE_MAX);
	image_src_seek(s, 0);
	while (s->pos < s->len || image_src_fill(s) > 0) {
		if (buf_add(&p->file, s->buf + s->pos, s->len - s->pos) < 0)
			return err_set(err, ERR_LIMIT, "WebP file of more than %zu MiB", IMAGE_FILE_MAX >> 20);
		s->pos = s->len;
	}
	p->data = (const uint8_t *)p->file.p;
	p->len = p->file.len;
	if (image_sniff(p->data, p->len, &p->job->info, err) < 0) /* Exif data come last */
		return -1;
	return image_job_memory(p->job, (int64_t)p->file.cap, "WebP file", err);
}

static int
first_frame(struct webp *p, struct err *err)
{
	WebPDemuxState state = WEBP_DEMUX_PARSE_ERROR;
	WebPData data = {p->data, p->len};
	p->demux = WebPDemuxPartial(&data, &state);
	if (p->demux == NULL || !WebPDemuxGetFrame(p->demux, 1, &p->frame))
		return err_set(err, ERR_INPUT, "WebP animation without a frame");
	p->has_frame = true;
	p->data = p->frame.fragment.bytes;
	p->len = p->frame.fragment.size;
	p->x = (uint32_t)p->frame.x_offset;
	p->y = (uint32_t)p->frame.y_offset;
	return 0;
}

static int
features(struct webp *p, struct err *err)
{
	VP8StatusCode status = WebPGetFeatures(p->data, p->len, &p->c.input);
	if (status == VP8_STATUS_OK && p->c.input.has_animation) {
		if (first_frame(p, err) < 0)
			return -1;
		status = WebPGetFeatures(p->data, p->len, &p->c.input);
	}
	if (status != VP8_STATUS_OK)
		return err_set(err, ERR_INPUT, "WebP: %s",
			       status == VP8_STATUS_NOT_ENOUGH_DATA ? "the file ends too early" : "broken header");
	p->w = (uint32_t)p->c.input.width;
	p->h = (uint32_t)p->c.input.height;
	return 0;
}

/* ---- what to decode into ----------------------------------------------------------------------------- */

static bool
covers_canvas(const struct webp *p)
{
	return p->x == 0 && p->y == 0 && p->w == p->job->w && p->h == p->job->h;
}

/* libwebp's own reduction is a box: good enough down to twice the size needed, and worth its time from four times on.
 * Whole numbers, whose boxes share no sample, would be a little nearer (SSIM 0.9965 instead of 0.9962) for 5 % more time. */
static void
choose_scale(struct webp *p)
{
	uint32_t w = 0, h = 0;
	image_job_needs(p->job, &w, &h);
	if (!covers_canvas(p) || p->w < (uint64_t)w * 4 || p->h < (uint64_t)h * 4)
		return;
	double k = 2.0 * w / p->w > 2.0 * h / p->h ? 2.0 * w / p->w : 2.0 * h / p->h;
	p->c.options.use_scaling = 1;
	p->c.options.scaled_width = (int)(p->w * k + 0.5);
	p->c.options.scaled_height = (int)(p->h * k + 0.5);
	p->w = (uint32_t)p->c.options.scaled_width;
	p->h = (uint32_t)p->c.options.scaled_height;
}

/* Lossless pictures are held whole as ARGB, alpha planes as bytes; lossy ones only by rows. */
static int64_t
decoder_bytes(const struct webp *p)
{
	int64_t pixels = (int64_t)p->c.input.width * p->c.input.height;
	return p->c.input.format != 1 ? pixels * 4 : p->c.input.has_alpha ? pixels * 2 : 0;
}

static bool
planar(const struct webp *p)
{
	return p->c.input.format == 1 && !p->c.input.has_alpha && covers_canvas(p);
}

static int
allocate(struct webp *p, int64_t bytes, int fill, struct err *err)
{
	if (image_job_memory(p->job, bytes + decoder_bytes(p), "WebP", err) < 0)
		return -1;
	p->mem = mem_alloc((size_t)bytes + IMAGE_KERNEL_PAD);
	if (fill != 0)
		(void)memset(p->mem, fill, (size_t)bytes);
	p->c.output.is_external_memory = 1;
	return 0;
}

static int
open_planes(struct webp *p, struct err *err)
{
	uint32_t half_w = (p->job->w + 1) / 2, half_h = (p->job->h + 1) / 2; /* chroma samples stored */
	size_t w = p->w, h = p->h, cw = (w + 1) / 2, ch = (h + 1) / 2;
	if (allocate(p, (int64_t)(w * h + 2 * cw * ch), 128, err) < 0)
		return -1;
	WebPYUVABuffer *out = &p->c.output.u.YUVA;
	p->c.output.colorspace = MODE_YUV;
	*out = (WebPYUVABuffer){.y = p->mem, .u = p->mem + w * h, .v = p->mem + w * h + cw * ch};
	out->y_stride = (int)w;
	out->u_stride = out->v_stride = (int)cw;
	out->y_size = w * h;
	out->u_size = out->v_size = cw * ch;
	struct image_layout chroma = {.w = (uint32_t)cw, .h = (uint32_t)ch, .channels = 1, .whole_stride = cw};
	chroma.ext_w = (double)cw * (p->job->w / 2.0) / half_w;
	chroma.ext_h = (double)ch * (p->job->h / 2.0) / half_h;
	struct image_layout layout[3] = {
	    {.w = p->w, .h = p->h, .ext_w = p->w, .ext_h = p->h, .channels = 1}, chroma, chroma};
	layout[0].whole = out->y;
	layout[0].whole_stride = w;
	layout[1].whole = out->u;
	layout[2].whole = out->v;
	p->job->video_range = true;
	return image_job_open(p->job, IMAGE_YCC, layout, err);
}

/* A frame smaller than the canvas is decoded into its place. */
static int
open_rgba(struct webp *p, struct err *err)
{
	bool covers = p->c.options.use_scaling || covers_canvas(p);
	p->row_w = covers ? p->w : p->job->w;
	p->rows = covers ? p->h : p->job->h;
	if (!covers && (p->x > p->row_w || p->y > p->rows || p->w > p->row_w - p->x || p->h > p->rows - p->y))
		return err_set(err, ERR_INPUT, "WebP: the frame does not lie on the canvas");
	size_t stride = (size_t)p->row_w * 4;
	if (allocate(p, (int64_t)stride * p->rows, 0, err) < 0)
		return -1;
	p->c.output.colorspace = MODE_RGBA;
	p->c.output.u.RGBA.rgba = p->mem + p->y * stride + (size_t)p->x * 4;
	p->c.output.u.RGBA.stride = (int)stride;
	p->c.output.u.RGBA.size = stride * (p->rows - p->y) - (size_t)p->x * 4;
	struct image_layout layout = {.w = p->row_w,
				      .h = p->rows,
				      .ext_w = p->row_w,
				      .ext_h = p->rows,
				      .channels = 4,
				      .whole = p->mem,
				      .whole_stride = stride};
	return image_job_open(p->job, IMAGE_RGBA, &layout, err);
}

/* ---- decode --------------------------------------------------------------------------------------------- */

/* The rows of a file that ends too early: the same once more, incrementally, which tells how far it came. */
static int
salvage(struct webp *p, struct err *err)
{
	int last = 0;
	WebPIDecoder *d = WebPIDecode(NULL, 0, &p->c);
	VP8StatusCode status = d != NULL ? WebPIUpdate(d, p->data, p->len) : VP8_STATUS_OUT_OF_MEMORY;
	if (status == VP8_STATUS_SUSPENDED && WebPIDecodedArea(d, NULL, NULL, NULL, &last) == NULL)
		last = 0;
	WebPIDelete(d);
	if (last <= 0)
		return err_set(err, ERR_INPUT, "WebP: the file ends too early");
	(void)err_set(p->job->warning, ERR_INPUT, "WebP: the file ends too early, the rest is left empty");
	return 0;
}

static int
decode(struct webp *p, struct err *err)
{
	if (read_file(p, err) < 0 || features(p, err) < 0)
		return -1;
	uint32_t w = p->has_frame ? WebPDemuxGetI(p->demux, WEBP_FF_CANVAS_WIDTH) : p->w;
	uint32_t h = p->has_frame ? WebPDemuxGetI(p->demux, WEBP_FF_CANVAS_HEIGHT) : p->h;
	if (image_job_start(p->job, w, h, p->c.input.format != 1, err) < 0)
		return -1;
	bool planes = planar(p);
	choose_scale(p);
	if ((planes ? open_planes(p, err) : open_rgba(p, err)) < 0)
		return -1;
	VP8StatusCode status = WebPDecode(p->data, p->len, &p->c);
	if (status == VP8_STATUS_SUSPENDED || status == VP8_STATUS_NOT_ENOUGH_DATA) {
		if (salvage(p, err) < 0)
			return -1;
	} else if (status != VP8_STATUS_OK) {
		return err_set(err, ERR_INPUT, "WebP: broken picture data");
	}
	if (!planes && !image_premultiply(p->mem, (size_t)p->row_w * p->rows))
		p->job->transparent = true;
	for (int i = 0; i < p->job->feeds; i++)
		image_feed_push(&p->job->feed[i], p->job->feed[i].h);
	return 0;
}

int
image_webp_decode(struct image_job *job, struct err *err)
{
	struct webp *p = mem_alloc(sizeof *p);
	int rc = -1;
	p->job = job;
	if (!WebPInitDecoderConfig(&p->c))
		(void)err_set(err, ERR_SYS, "WebP: the library has another version than expected");
	else
		rc = decode(p, err);
	WebPFreeDecBuffer(&p->c.output);
	if (p->has_frame)
		WebPDemuxReleaseIterator(&p->frame);
	WebPDemuxDelete(p->demux);
	buf_clear(&p->file);
	mem_free(p->mem);
	mem_free(p);
	return rc;
}
