/* From a file to a set of thumbnails: what happens in which order? */
#include "image/image.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "image/int.h"

/* The first bytes tell format and orientation; the decoder has the last word about the size, which may lie behind
 * hundreds of KB of profiles. */
static int
look(struct image_job *job, struct err *err)
{
	uint8_t *head = mem_alloc(IMAGE_SNIFF_BYTES);
	size_t n = 0;
	for (ssize_t k = 1; k > 0 && n < IMAGE_SNIFF_BYTES;) {
		k = pread(job->src.fd, head + n, IMAGE_SNIFF_BYTES - n, (off_t)n);
		if (k < 0 && errno == EINTR)
			k = 1;
		else if (k > 0)
			n += (size_t)k;
		else if (k < 0)
			job->src.sys = errno;
	}
	int rc = image_sniff(head, n, &job->info, err);
	job->icc = image_icc_find(job->info.format, head, n);
	mem_free(head);
	if (job->src.sys != 0)
		return err_sys(err, "read");
	return rc < 0 && job->info.format == IMAGE_JPEG && n == IMAGE_SNIFF_BYTES ? 0 : rc;
}

static int
decode(struct image_job *job, struct err *err)
{
	int rc = -1;
	switch (job->info.format) {
	case IMAGE_JPEG:
		rc = image_jpeg_decode(job, err);
		break;
	case IMAGE_PNG:
		rc = image_png_decode(job, err);
		break;
	case IMAGE_WEBP:
		rc = image_webp_decode(job, err);
		break;
	case IMAGE_GIF:
		rc = image_gif_decode(job, err);
		break;
	case IMAGE_BMP:
		rc = image_bmp_decode(job, err);
		break;
	case IMAGE_ICO:
		rc = image_ico_decode(job, err);
		break;
	case IMAGE_UNKNOWN:
		return err_set(err, ERR_BUG, "image of no format");
	}
	return job->src.sys == 0 ? rc : err_set(err, ERR_SYS, "read: %s", strerror(job->src.sys));
}

/* What came from the source's rows: full range, sRGB, upright, and opaque if no pixel was anything else. */
static void
settle(struct image_job *job)
{
	for (size_t i = 0; i < job->n; i++) {
		struct image_pic *pic = &job->pic[i];
		if (pic->plane[0].p == NULL)
			continue;
		if (job->video_range)
			image_pic_full_range(pic);
		if (job->icc != NULL)
			image_icc_apply(job->icc, pic);
		if (job->info.orientation >= 5)
			image_pic_transpose(pic);
		if (pic->color == IMAGE_RGBA && !job->transparent)
			pic->color = IMAGE_RGBX;
	}
}

/* Makes target t from its parent, as image_job_open does it from the source. */
static void
derive(const struct image_pic *from, const struct image_target *t, struct image_pic *to)
{
	struct image_axes *axes = mem_alloc(sizeof *axes);
	image_pic_init(to, from->color, t->width, t->height, from->div);
	for (int p = 0; p < to->planes; p++) {
		const struct image_plane *in = &from->plane[p];
		uint32_t div = p > 0 ? from->div : 1;
		double ext_w = (double)from->w / div, ext_h = (double)from->h / div;
		double sx = ext_w / t->whole_w, sy = ext_h / t->whole_h;
		struct image_span x = {t->x * sx, sx * div, ext_w, in->w, to->plane[p].w, false, 1};
		struct image_span y = {t->y * sy, sy * div, ext_h, in->h, to->plane[p].h, false, 1};
		image_feed_copy(in, image_axes_get(axes, &x), image_axes_get(axes, &y), &to->plane[p]);
	}
	image_axes_clear(axes);
	mem_free(axes);
}

/* Parents are larger than their children: once around for each generation. */
static void
cascade(struct image_job *job)
{
	for (size_t left = job->n; left > 0; left--)
		for (size_t i = 0; i < job->n; i++) {
			const struct image_target *t = &job->target[i];
			if (t->keep && t->parent >= 0 && job->pic[i].plane[0].p == NULL &&
			    job->pic[t->parent].plane[0].p != NULL)
				derive(&job->pic[t->parent], t, &job->pic[i]);
		}
}

/* The smallest one that shows all of the picture, or else the smallest. */
static const struct image_pic *
smallest(const struct image_job *job)
{
	const struct image_pic *best = NULL;
	bool best_whole = false;
	for (size_t i = 0; i < job->n; i++) {
		const struct image_target *t = &job->target[i];
		bool whole = t->width == t->whole_w && t->height == t->whole_h;
		if (!t->keep || job->pic[i].plane[0].p == NULL)
			continue;
		if (best == NULL || (whole && !best_whole) ||
		    (whole == best_whole && (int64_t)t->width * t->height < (int64_t)best->w * best->h)) {
			best = &job->pic[i];
			best_whole = whole;
		}
	}
	return best;
}

static void
shrink(const struct image_pic *from, struct image_mini *out)
{
	static const struct image_size size = {IMAGE_MINI, IMAGE_MINI, IMAGE_SCALE};
	struct image_target t;
	struct image_pic pic;
	image_plan_target(from->w, from->h, &size, &t);
	derive(from, &t, &pic);
	out->w = pic.w;
	out->h = pic.h;
	for (uint32_t y = 0; y < pic.h; y++)
		image_pic_rgb_row(&pic, y, 4, out->rgba + (size_t)y * pic.w * 4);
	image_pic_clear(&pic);
}

static int
encode(const struct image_job *job, size_t i, struct image_thumb *out, struct err *err)
{
	const struct image_pic *pic = &job->pic[i];
	bool jpeg = image_job_wants_jpeg(job) && (job->as == IMAGE_JPEG || pic->color != IMAGE_RGBA);
	*out = (struct image_thumb){.width = pic->w,
				    .height = pic->h,
				    .method = job->target[i].method,
				    .format = job->as == IMAGE_WEBP ? IMAGE_WEBP
					      : jpeg		    ? IMAGE_JPEG
								    : IMAGE_PNG};
	buf_init(&out->data, IMAGE_OUT_MAX);
	if (job->as == IMAGE_WEBP)
		return image_webp_encode(pic, &out->data, err);
	return jpeg ? image_jpeg_encode(pic, IMAGE_JPEG_QUALITY, &out->data, err)
		    : image_png_encode(pic, &out->data, err);
}

/* The pictures that were asked for, without their wrapping. */
static int
picture(struct image_job *job, struct err *err)
{
	if (look(job, err) < 0 || image_job_judge(job, job->info.width, job->info.height, err) < 0 ||
	    decode(job, err) < 0)
		return -1;
	settle(job);
	cascade(job);
	return 0;
}

static int
run(struct image_job *job, struct image_thumbs *out, struct err *err)
{
	if (picture(job, err) < 0)
		return -1;
	shrink(smallest(job), &out->mini);
	out->source = job->info;
	out->source.alpha = job->color == IMAGE_RGBA && job->transparent;
	for (size_t i = 0; i < job->n; i++)
		if (job->target[i].keep && encode(job, i, &out->thumb[out->n++], err) < 0)
			return -1;
	return 0;
}

static void
job_free(struct image_job *job)
{
	for (size_t i = 0; i < job->n; i++)
		image_pic_clear(&job->pic[i]);
	for (int i = 0; i < 3; i++)
		image_feed_clear(&job->feed[i]);
	image_axes_clear(&job->axes);
	mem_free(job->icc);
	image_src_clear(&job->src);
	mem_free(job);
}

static int
check(const struct image_size *sizes, size_t n, enum image_format as, struct err *err)
{
	if (n == 0 || n > IMAGE_SIZES_MAX)
		return err_set(err, ERR_LIMIT, "%zu thumbnails asked for, 1 to %d are possible", n, IMAGE_SIZES_MAX);
	for (size_t i = 0; i < n; i++)
		if (sizes[i].width < 1 || sizes[i].height < 1 || sizes[i].width > IMAGE_TARGET_MAX ||
		    sizes[i].height > IMAGE_TARGET_MAX)
			return err_set(err, ERR_LIMIT, "thumbnail of %u x %u pixels: the sides go from 1 to %d",
				       sizes[i].width, sizes[i].height, IMAGE_TARGET_MAX);
	if (as != IMAGE_UNKNOWN && as != IMAGE_JPEG && as != IMAGE_PNG && as != IMAGE_WEBP)
		return err_set(err, ERR_UNSUPPORTED, "thumbnails are image/jpeg, image/png or image/webp");
	return 0;
}

int
image_thumbs_make(int fd, const struct image_size *sizes, size_t n, enum image_format as,
		  const struct image_limits *limits, struct image_thumbs *out, struct err *err)
{
	*out = (struct image_thumbs){.n = 0};
	if (check(sizes, n, as, err) < 0)
		return -1;
	struct image_job *job = mem_alloc(sizeof *job);
	*job = (struct image_job){.sizes = sizes, .n = n, .as = as, .limits = limits, .warning = &out->warning};
	out->thumb = mem_array(n, sizeof *out->thumb);
	image_src_init(&job->src, fd);
	int rc = run(job, out, err);
	job_free(job);
	if (rc < 0)
		image_thumbs_clear(out);
	return rc;
}

void
image_thumbs_clear(struct image_thumbs *t)
{
	for (size_t i = 0; i < t->n; i++)
		buf_clear(&t->thumb[i].data);
	mem_free(t->thumb);
	*t = (struct image_thumbs){.n = 0};
}

/* ---- pixels ------------------------------------------------------------------------------------------------------ */

int
image_pixels_make(int fd, uint32_t width, uint32_t height, const struct image_limits *limits, struct image_pixels *out,
		  struct err *err)
{
	const struct image_size size = {width, height, IMAGE_SCALE};
	struct err warning = {.code = ERR_NONE};
	*out = (struct image_pixels){.rgba = NULL};
	if (check(&size, 1, IMAGE_PNG, err) < 0)
		return -1;
	struct image_job *job = mem_alloc(sizeof *job);
	*job = (struct image_job){.sizes = &size, .n = 1, .as = IMAGE_PNG, .limits = limits, .warning = &warning};
	image_src_init(&job->src, fd);
	int rc = picture(job, err);
	if (rc == 0) {
		const struct image_pic *pic = &job->pic[0];
		out->width = pic->w;
		out->height = pic->h;
		out->rgba = mem_array((size_t)pic->w * pic->h, 4);
		for (uint32_t y = 0; y < pic->h; y++)
			image_pic_rgb_row(pic, y, 4, out->rgba + (size_t)y * pic->w * 4);
	}
	job_free(job);
	return rc;
}

void
image_pixels_clear(struct image_pixels *p)
{
	mem_free(p->rgba);
	*p = (struct image_pixels){.rgba = NULL};
}
