/* How does a JPEG become rows?  libjpeg-turbo, reduced while decoding, its planes as they are where that is possible. */
#include "image/int.h"

#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <jpeglib.h>
#include <jerror.h>

/* libjpeg 7 and later tell horizontal and vertical scale apart; at our factors they are the same. */
#if JPEG_LIB_VERSION >= 70
#define DCT_SIZE(comp) ((comp)->DCT_h_scaled_size)
#define DCT_MIN(c) ((c)->min_DCT_v_scaled_size)
#else
#define DCT_SIZE(comp) ((comp)->DCT_scaled_size)
#define DCT_MIN(c) ((c)->min_DCT_scaled_size)
#endif

enum {
	ROWS_MAX = 4 * DCTSIZE, /* of one component in one MCU row: the largest sampling factor is 4 */
	STEP_HIDES = 9,		/* largest error of a coarse coefficient there, in its own units */
	SHRINK_HIDES = 9,	/* halves of the ratio source : target from which refinement scans are not missed */
};

struct jpeg {
	struct jpeg_error_mgr errors;
	struct jpeg_source_mgr source;
	struct jpeg_progress_mgr progress;
	struct jpeg_decompress_struct c;
	jmp_buf failed;
	struct image_job *job;
	struct image_scans scans;
	size_t drop[8]; /* indices of scans that are passed over, ascending */
	size_t drops, dropped;
	off_t stop; /* the file offset where the next dropped scan starts, or 0 */
	bool ended;
	char warned[JMSG_LENGTH_MAX];
	uint8_t *line; /* one row as libjpeg gives it (CMYK) */
};

/* ---- errors: longjmp to guarded(), the only setjmp here -------------------------------------------- */

static void
fatal(j_common_ptr c)
{
	struct jpeg *j = c->client_data;
	longjmp(j->failed, 1);
}

/* The first warning is the cause, the others its consequences.  Traces come this way too, with a level of 0 or more. */
static void
note(j_common_ptr c, int level)
{
	struct jpeg *j = c->client_data;
	if (level < 0 && j->errors.num_warnings++ == 0)
		j->errors.format_message(c, j->warned);
}

static int
say(struct jpeg *j, enum err_code code, struct err *err)
{
	char text[JMSG_LENGTH_MAX];
	j->errors.format_message((j_common_ptr)&j->c, text);
	return err_set(err, code, "JPEG: %s", text);
}

/* Called often while scans are read: the count of the file's walk must be libjpeg's own. */
static void
monitor(j_common_ptr c)
{
	struct jpeg *j = c->client_data;
	if (j->c.input_scan_number > j->job->limits->max_scans)
		ERREXIT(c, JERR_BAD_PROGRESSION);
}

/* ---- source: the file's buffer itself, without the scans that are dropped ----------------------------- */

static void
init_source(j_decompress_ptr c)
{
	(void)c;
}

static boolean
fill(j_decompress_ptr c)
{
	static const JOCTET eoi[2] = {0xFF, JPEG_EOI};
	struct jpeg *j = c->client_data;
	struct image_src *s = &j->job->src;
	if (j->stop > 0 && image_src_tell(s) == j->stop) {
		image_src_seek(s, j->scans.scan[j->drop[j->dropped]].end);
		j->dropped++;
		j->stop = j->dropped < j->drops ? j->scans.scan[j->drop[j->dropped]].start : 0;
		if (j->stop > 0 && image_src_tell(s) == j->stop) /* two in a row */
			return fill(c);
	}
	if (s->pos == s->len && image_src_fill(s) == 0) {
		j->ended = true; /* as libjpeg's own sources do: what is missing stays grey */
		c->src->next_input_byte = eoi;
		c->src->bytes_in_buffer = 2;
		return TRUE;
	}
	size_t n = s->len - s->pos;
	off_t at = image_src_tell(s);
	if (j->stop > at && (off_t)n > j->stop - at)
		n = (size_t)(j->stop - at);
	c->src->next_input_byte = s->buf + s->pos;
	c->src->bytes_in_buffer = n;
	s->pos += n;
	return TRUE;
}

static void
skip(j_decompress_ptr c, long n)
{
	struct jpeg *j = c->client_data;
	if (n <= 0)
		return;
	size_t have = c->src->bytes_in_buffer, more = (size_t)n > have ? (size_t)n - have : 0;
	size_t now = (size_t)n - more;
	c->src->next_input_byte += now;
	c->src->bytes_in_buffer -= now;
	if (more > 0)
		image_src_skip(&j->job->src, more);
}

/* Where in the file libjpeg is: what it has not used yet is behind the reader. */
static off_t
position(const struct jpeg *j)
{
	return image_src_tell(&j->job->src) - (off_t)j->source.bytes_in_buffer;
}

static void
rewind_to(struct jpeg *j, off_t at)
{
	image_src_seek(&j->job->src, at);
	j->source.bytes_in_buffer = 0;
	j->source.next_input_byte = NULL;
}

/* ---- scans ----------------------------------------------------------------------------------------------- */

/* The largest quantiser step of the three coarsest luma AC coefficients: what is left of the others after shrinking by 4.5
 * or more is little.  0: unknown. */
static unsigned
coarse_step(const struct jpeg *j)
{
	static const int coarse[] = {1, DCTSIZE, DCTSIZE + 1}; /* JQUANT_TBL is in natural order */
	const JQUANT_TBL *q = j->c.quant_tbl_ptrs[j->c.comp_info[0].quant_tbl_no & (NUM_QUANT_TBLS - 1)];
	unsigned most = 0;
	for (size_t i = 0; q != NULL && i < sizeof coarse / sizeof coarse[0]; i++)
		most = q->quantval[coarse[i]] > most ? q->quantval[coarse[i]] : most;
	return most;
}

/* A picture that is made 4.5 times smaller does not show the last bits of the luma's AC coefficients, which are half of
 * a progressive file, as long as the quantiser is fine: a bit left out of a coefficient is worth its step, two are worth
 * three.  Measured above 47 dB at SHRINK_HIDES and STEP_HIDES; the more it shrinks, the coarser it may be.  Chroma is small
 * and shows it. */
static void
choose_drops(struct jpeg *j)
{
	uint32_t w = 0, h = 0;
	image_job_needs(j->job, &w, &h);
	if (!j->c.progressive_mode || j->job->w * 2 < w * SHRINK_HIDES || j->job->h * 2 < h * SHRINK_HIDES)
		return;
	double shrink = (double)j->job->w / w < (double)j->job->h / h ? (double)j->job->w / w : (double)j->job->h / h;
	double most = STEP_HIDES * shrink * 2 / SHRINK_HIDES;
	unsigned step = coarse_step(j);
	for (size_t i = 0; step > 0 && i < j->scans.n && j->drops < sizeof j->drop / sizeof j->drop[0]; i++) {
		const struct image_scan *s = &j->scans.scan[i];
		if (s->components == 1 && s->component == j->c.comp_info[0].component_id && s->ss > 0 && s->ah > 0 &&
		    s->end > s->start && ((2u << s->al) - 1) * step <= most)
			j->drop[j->drops++] = i;
	}
	if (j->drops > 0) {
		j->stop = j->scans.scan[j->drop[0]].start;
		j->c.do_block_smoothing = FALSE; /* it would guess at what was left out on purpose */
	}
}

static int64_t
coefficient_bytes(const struct jpeg *j)
{
	int64_t n = 0;
	for (int i = 0; i < j->c.num_components; i++) {
		const jpeg_component_info *comp = &j->c.comp_info[i];
		int64_t w = comp->width_in_blocks + (JDIMENSION)comp->h_samp_factor;
		int64_t h = comp->height_in_blocks + (JDIMENSION)comp->v_samp_factor;
		n += w * h * (int64_t)sizeof(JBLOCK);
	}
	return n;
}

/* Files of several scans are held as coefficients, and every scan walks all of them. */
static int
judge_scans(struct jpeg *j, struct err *err)
{
	if (!jpeg_has_multiple_scans(&j->c))
		return 0;
	off_t at = position(j);
	if (image_job_memory(j->job, coefficient_bytes(j), "progressive JPEG", err) < 0)
		return -1;
	/* libjpeg has just read the first SOS: the walk starts anew from the beginning to see its marker */
	if (image_jpeg_scans(&j->job->src, 2, j->job->limits->max_scans, &j->scans, err) < 0)
		return -1;
	rewind_to(j, at);
	choose_drops(j);
	return 0;
}

/* ---- rows -------------------------------------------------------------------------------------------------- */

/* The smallest of 1/8, 1/4, 1/2, 1/1 (those with fast transforms) that leaves twice what the largest target needs. */
static void
choose_scale(struct jpeg *j)
{
	uint32_t w = 0, h = 0;
	image_job_needs(j->job, &w, &h);
	j->c.scale_denom = 8;
	for (j->c.scale_num = 1; j->c.scale_num < 8; j->c.scale_num *= 2)
		if ((uint64_t)j->job->w * j->c.scale_num >= (uint64_t)w * 16 &&
		    (uint64_t)j->job->h * j->c.scale_num >= (uint64_t)h * 16)
			break;
}

static void
lay_planes(const struct jpeg *j, struct image_layout layout[3])
{
	for (int i = 0; i < 3; i++) {
		const jpeg_component_info *c = &j->c.comp_info[i];
		double part = DCT_SIZE(c) / (double)DCTSIZE;
		layout[i] = (struct image_layout){
		    .w = c->downsampled_width,
		    .h = c->downsampled_height,
		    .ext_w = j->job->w * part * c->h_samp_factor / j->c.max_h_samp_factor,
		    .ext_h = j->job->h * part * c->v_samp_factor / j->c.max_v_samp_factor,
		    .channels = 1,
		    .batch = (uint32_t)(c->v_samp_factor * DCT_SIZE(c)),
		    .row_bytes = (size_t)(c->width_in_blocks + (JDIMENSION)c->h_samp_factor) * (size_t)DCT_SIZE(c),
		};
	}
}

/* Y, Cb and Cr in the sizes they are stored in: no upsampling, no conversion, and half the work for the reducers. */
static int
decode_planes(struct jpeg *j, struct err *err)
{
	struct image_layout layout[3];
	JSAMPROW row[3][ROWS_MAX];
	JSAMPARRAY planes[3] = {row[0], row[1], row[2]};
	j->c.raw_data_out = TRUE;
	j->c.out_color_space = JCS_YCbCr;
	(void)jpeg_start_decompress(&j->c);
	lay_planes(j, layout);
	if (image_job_open(j->job, IMAGE_YCC, layout, err) < 0)
		return -1;
	JDIMENSION lines = (JDIMENSION)(j->c.max_v_samp_factor * DCT_MIN(&j->c));
	while (j->c.output_scanline < j->c.output_height) {
		for (int i = 0; i < 3; i++)
			for (uint32_t k = 0; k < layout[i].batch; k++)
				row[i][k] = image_feed_slot(&j->job->feed[i], k);
		if (jpeg_read_raw_data(&j->c, planes, lines) == 0)
			return err_set(err, ERR_BUG, "JPEG: the source was not expected to wait");
		for (int i = 0; i < 3; i++)
			image_feed_push(&j->job->feed[i], layout[i].batch);
	}
	return 0;
}

/* Inks to light.  Adobe's applications store them inverted, so that 255 is no ink. */
static void
cmyk_row(const uint8_t *in, uint32_t w, bool inverted, uint8_t *out)
{
	for (uint32_t x = 0; x < w; x++, in += 4, out += 4) {
		uint32_t k = inverted ? in[3] : 255u - in[3];
		for (int c = 0; c < 3; c++) {
			uint32_t t = (inverted ? in[c] : 255u - in[c]) * k + 128;
			out[c] = (uint8_t)((t + (t >> 8)) >> 8);
		}
		out[3] = 255;
	}
}

static void
read_row(struct jpeg *j, bool cmyk)
{
	struct image_feed *f = &j->job->feed[0];
	JSAMPROW row = cmyk ? j->line : image_feed_slot(f, 0);
	(void)jpeg_read_scanlines(&j->c, &row, 1);
	if (cmyk)
		cmyk_row(j->line, f->w, j->c.saw_Adobe_marker, image_feed_slot(f, 0));
	image_feed_push(f, 1);
}

/* Grey, RGB and CMYK, and sampling factors that libjpeg should sort out. */
static int
decode_lines(struct jpeg *j, struct err *err)
{
	bool gray = j->c.jpeg_color_space == JCS_GRAYSCALE;
	bool cmyk = j->c.jpeg_color_space == JCS_CMYK || j->c.jpeg_color_space == JCS_YCCK;
	j->c.out_color_space = gray ? JCS_GRAYSCALE : cmyk ? JCS_CMYK : JCS_EXT_RGBX;
	(void)jpeg_start_decompress(&j->c);
	double part = (double)j->c.scale_num / j->c.scale_denom;
	struct image_layout layout = {.w = j->c.output_width,
				      .h = j->c.output_height,
				      .ext_w = j->job->w * part,
				      .ext_h = j->job->h * part,
				      .channels = gray ? 1 : 4,
				      .batch = 1};
	if (image_job_open(j->job, gray ? IMAGE_GRAY : IMAGE_RGBX, &layout, err) < 0)
		return -1;
	if (cmyk)
		j->line = mem_array(j->c.output_width, 4);
	while (j->c.output_scanline < j->c.output_height)
		read_row(j, cmyk);
	return 0;
}

/* Every component's rows must be whole MCU rows of ours, and no component larger than luma. */
static bool
planes_fit(const struct jpeg *j)
{
	if (j->c.jpeg_color_space != JCS_YCbCr || j->c.num_components != 3)
		return false;
	for (int i = 0; i < 3; i++)
		if (j->c.comp_info[i].v_samp_factor > 4 || j->c.comp_info[i].h_samp_factor > 4)
			return false;
	return j->c.comp_info[0].h_samp_factor == j->c.max_h_samp_factor &&
	       j->c.comp_info[0].v_samp_factor == j->c.max_v_samp_factor;
}

static int
decode(struct jpeg *j, struct err *err)
{
	jpeg_create_decompress(&j->c);
	j->c.progress = &j->progress;
	j->c.src = &j->source;
	j->c.mem->max_memory_to_use = (long)j->job->limits->max_memory; /* there is no other store behind it */
	image_src_seek(&j->job->src, 0);
	(void)jpeg_read_header(&j->c, TRUE);
	if (image_job_start(j->job, j->c.image_width, j->c.image_height, false, err) < 0)
		return -1;
	choose_scale(j);
	if (judge_scans(j, err) < 0)
		return -1;
	int rc = planes_fit(j) ? decode_planes(j, err) : decode_lines(j, err);
	if (rc == 0 && j->ended)
		(void)err_set(j->job->warning, ERR_INPUT, "JPEG: the file ends too early, the rest is grey");
	else if (rc == 0 && j->errors.num_warnings > 0)
		(void)err_set(j->job->warning, ERR_INPUT, "JPEG: %s", j->warned);
	return rc;
}

/* After an error a picture of which rows have come is still worth showing. */
static int
guarded(struct jpeg *j, struct err *err)
{
	if (setjmp(j->failed) == 0)
		return decode(j, err);
	int code = j->errors.msg_code;
	bool limit = code == JERR_OUT_OF_MEMORY || code == JERR_NO_BACKING_STORE || code == JERR_TFILE_CREATE;
	if (j->job->feeds == 0 || j->job->feed[0].mem == NULL || j->job->feed[0].rows == 0)
		return say(j, limit ? ERR_LIMIT : ERR_INPUT, err);
	image_job_rest(j->job);
	(void)say(j, ERR_INPUT, j->job->warning);
	return 0;
}

int
image_jpeg_decode(struct image_job *job, struct err *err)
{
	struct jpeg *j = mem_alloc(sizeof *j);
	j->job = job;
	j->c.err = jpeg_std_error(&j->errors);
	j->c.client_data = j;
	j->errors.error_exit = fatal;
	j->errors.emit_message = note;
	j->progress.progress_monitor = monitor;
	j->source = (struct jpeg_source_mgr){.init_source = init_source,
					     .fill_input_buffer = fill,
					     .skip_input_data = skip,
					     .resync_to_restart = jpeg_resync_to_restart,
					     .term_source = init_source};
	int rc = guarded(j, err);
	jpeg_destroy_decompress(&j->c);
	mem_free(j->scans.scan);
	mem_free(j->line);
	mem_free(j);
	return rc;
}
