/* How is one picture turned into many?  What a decoder calls: limits first, then the plan, then the reducers. */
#include "image/int.h"

#include <math.h>

int
image_job_memory(struct image_job *job, int64_t bytes, const char *what, struct err *err)
{
	if (bytes < 0 || bytes > job->limits->max_memory - job->memory)
		return err_set(err, ERR_LIMIT, "%s would need %lld MiB of memory, more than %lld are allowed", what,
			       (long long)((bytes + job->memory) >> 20), (long long)(job->limits->max_memory >> 20));
	job->memory += bytes;
	return 0;
}

static void
swap(uint32_t *a, uint32_t *b)
{
	uint32_t t = *a;
	*a = *b;
	*b = t;
}

int
image_job_judge(const struct image_job *job, uint32_t w, uint32_t h, struct err *err)
{
	if (w > IMAGE_SIDE_MAX || h > IMAGE_SIDE_MAX || (int64_t)w * h >= job->limits->max_pixels)
		return err_set(err, ERR_LIMIT, "image of %u x %u pixels is too large (limit: %lld pixels)", w, h,
			       (long long)job->limits->max_pixels);
	return 0;
}

int
image_job_start(struct image_job *job, uint32_t w, uint32_t h, bool exact, struct err *err)
{
	if (w == 0 || h == 0)
		return err_set(err, ERR_INPUT, "image of %u x %u pixels", w, h);
	if (image_job_judge(job, w, h, err) < 0)
		return -1;
	job->w = job->info.width = w;
	job->h = job->info.height = h;
	job->exact = exact;
	if (job->info.orientation >= 5)
		swap(&job->info.width, &job->info.height);
	image_plan(job->info.width, job->info.height, exact, job->sizes, job->n, job->target);
	return 0;
}

void
image_job_needs(const struct image_job *job, uint32_t *w, uint32_t *h)
{
	*w = *h = 1;
	for (size_t i = 0; i < job->n; i++) {
		const struct image_target *t = &job->target[i];
		if (!t->keep)
			continue;
		*w = t->whole_w > *w ? t->whole_w : *w;
		*h = t->whole_h > *h ? t->whole_h : *h;
	}
	if (job->info.orientation >= 5)
		swap(w, h);
}

bool
image_job_wants_jpeg(const struct image_job *job)
{
	if (job->as != IMAGE_UNKNOWN)
		return job->as == IMAGE_JPEG;
	return job->info.format == IMAGE_JPEG || job->info.format == IMAGE_WEBP;
}

/* ---- spans: EXIF orientation is a mirroring of either axis, then perhaps a transposition ------------ */

static bool
mirrors_x(int orientation)
{
	return orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
}

static bool
mirrors_y(int orientation)
{
	return orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
}

struct spans {
	struct image_span x, y;
};

/* The spans of target t over one plane, in the source's axes.  div: the plane is that much smaller in the target. */
static struct spans
lay(const struct image_job *job, const struct image_target *t, const struct image_layout *l,
    const struct image_plane *dst, uint32_t div, uint32_t merge)
{
	bool turned = job->info.orientation >= 5;
	double whole_w = turned ? t->whole_h : t->whole_w, whole_h = turned ? t->whole_w : t->whole_h;
	double x = turned ? t->y : t->x, y = turned ? t->x : t->y;
	double ext_h = l->ext_h / merge, sx = l->ext_w / whole_w, sy = ext_h / whole_h;
	struct spans s = {
	    .x = {.start = x * sx, .step = sx * div, .extent = l->ext_w, .source = l->w, .n = dst->w},
	    .y = {.start = y * sy, .step = sy * div, .extent = ext_h, .n = dst->h, .box = merge},
	};
	s.y.source = (l->h + merge - 1) / merge;
	s.x.mirror = mirrors_x(job->info.orientation);
	s.y.mirror = mirrors_y(job->info.orientation);
	return s;
}

static const struct image_axis *
axis(struct image_job *job, const struct image_span *s, struct err *err)
{
	if (image_axes_find(&job->axes, s) == NULL &&
	    image_job_memory(job, image_axis_memory(s), "image: its filter", err) < 0)
		return NULL;
	return image_axes_get(&job->axes, s);
}

static int
add_reducer(struct image_job *job, struct image_feed *f, const struct spans *s, struct image_plane *dst,
	    struct err *err)
{
	const struct image_axis *x = axis(job, &s->x, err), *y = x != NULL ? axis(job, &s->y, err) : NULL;
	if (y == NULL)
		return -1;
	image_feed_reduce(f, x, y, s->y.mirror, dst);
	return 0;
}

/* How many rows of a plane may become one before the targets that are made of them see it. */
static uint32_t
merge_rows(const struct image_job *job, const struct image_layout *l, uint32_t div)
{
	bool turned = job->info.orientation >= 5;
	double least = INFINITY;
	for (size_t i = 0; i < job->n; i++) {
		const struct image_target *t = &job->target[i];
		double shrink = l->ext_h * div / (turned ? t->whole_w : t->whole_h);
		if (t->keep && t->parent < 0 && shrink < least)
			least = shrink;
	}
	return l->whole == NULL ? image_feed_merge(least) : 1;
}

int
image_job_open(struct image_job *job, enum image_color color, const struct image_layout *layout, struct err *err)
{
	bool turned = job->info.orientation >= 5;
	uint32_t div = color == IMAGE_YCC && image_job_wants_jpeg(job) ? 2 : 1;
	job->color = color;
	job->feeds = color == IMAGE_YCC ? 3 : 1;
	for (int p = 0; p < job->feeds; p++)
		image_feed_init(&job->feed[p], layout[p].w, layout[p].h, layout[p].channels,
				merge_rows(job, &layout[p], p > 0 ? div : 1));
	for (size_t i = 0; i < job->n; i++) {
		const struct image_target *t = &job->target[i];
		if (!t->keep || t->parent >= 0)
			continue;
		int64_t bytes = (int64_t)t->width * t->height * (color >= IMAGE_RGBX ? 4 : 3);
		if (image_job_memory(job, bytes, "image: the thumbnail", err) < 0)
			return -1;
		image_pic_init(&job->pic[i], color, turned ? t->height : t->width, turned ? t->width : t->height, div);
		for (int p = 0; p < job->feeds; p++) {
			struct image_plane *dst = &job->pic[i].plane[p];
			struct spans s = lay(job, t, &layout[p], dst, p > 0 ? div : 1, job->feed[p].merge);
			if (add_reducer(job, &job->feed[p], &s, dst, err) < 0)
				return -1;
		}
	}
	for (int p = 0; p < job->feeds; p++) {
		const struct image_layout *l = &layout[p];
		if (l->whole != NULL) {
			image_feed_borrow(&job->feed[p], l->whole, l->whole_stride);
			continue;
		}
		if (image_job_memory(job, image_feed_memory(&job->feed[p], l->batch, l->row_bytes), "image: its rows",
				     err) < 0)
			return -1;
		image_feed_open(&job->feed[p], l->batch, l->row_bytes);
	}
	return 0;
}

void
image_job_rest(struct image_job *job)
{
	for (int p = 0; p < job->feeds; p++) {
		struct image_feed *f = &job->feed[p];
		size_t row = (size_t)f->w * (size_t)f->channels;
		while (f->rows < f->h) {
			uint8_t *slot = image_feed_slot(f, 0);
			for (size_t i = 0; i < row; i++)
				slot[i] = job->color == IMAGE_RGBA ? 0 : 128;
			image_feed_push(f, 1);
		}
	}
	if (job->color == IMAGE_RGBA)
		job->transparent = true;
}
