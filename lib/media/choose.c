/* Which of a medium's thumbnails answers the question best, and which would be made for it (spec D.4)? */
#include "media/media.h"

#define ANIMATED_TYPE "image/webp" /* a moving thumbnail; still ones are JPEG or PNG */

const char *
media_method_name(enum media_method m)
{
	return m == MEDIA_CROP ? "crop" : "scale";
}

bool
media_method_parse(const char *s, enum media_method *m)
{
	*m = str_ieq(s, media_method_name(MEDIA_CROP)) ? MEDIA_CROP : MEDIA_SCALE;
	return str_ieq(s, media_method_name(*m));
}

/* How good is one?  Compared member by member, smaller is better. */
struct rank {
	int small;    /* 0: as large as asked */
	double shape; /* how far its shape is from the asked one; 1: the same */
	double area;  /* of those that are large enough the smallest, of others the largest */
	int64_t bytes;
};

static double
ratio(double a, double b)
{
	return a > b ? a / b : b / a;
}

static struct rank
rank(const struct store_thumb_row *t, const struct media_want *want)
{
	bool wide = t->width >= want->width, high = t->height >= want->height, crop = want->method == MEDIA_CROP;
	/* one that moves is listed under the size it was made for: its own may be smaller in one direction */
	bool enough = crop || str_eq(t->type, ANIMATED_TYPE) ? wide && high : wide || high;
	double area = (double)t->width * t->height;
	struct rank r = {.small = enough ? 0 : 1, .shape = 1, .bytes = t->bytes};
	if (crop)
		r.shape = ratio((double)t->width * want->height, (double)t->height * want->width);
	if (!enough) { /* what it covers of the asked area counts more than its shape */
		double w = wide ? want->width : t->width, h = high ? want->height : t->height;
		r.shape = -w * h;
		area = -area;
	}
	r.area = area;
	return r;
}

static bool
better(const struct rank *a, const struct rank *b)
{
	if (a->small != b->small)
		return a->small < b->small;
	if (a->shape < b->shape || a->shape > b->shape)
		return a->shape < b->shape;
	if (a->area < b->area || a->area > b->area)
		return a->area < b->area;
	return a->bytes < b->bytes;
}

static bool
candidate(const struct store_thumb_row *t, const struct media_want *want, bool moving)
{
	return str_eq(t->method, media_method_name(want->method)) && str_eq(t->type, ANIMATED_TYPE) == moving;
}

static size_t
best(const struct store_thumb_row *t, size_t n, const struct media_want *want, bool moving)
{
	struct rank first = {0};
	size_t found = n;
	for (size_t i = 0; i < n; i++) {
		if (!candidate(&t[i], want, moving))
			continue;
		struct rank r = rank(&t[i], want);
		if (found == n || better(&r, &first)) {
			first = r;
			found = i;
		}
	}
	return found;
}

static size_t
best_of_method(const struct store_thumb_row *t, size_t n, const struct media_want *want)
{
	size_t i = want->animated ? best(t, n, want, true) : n;
	return i < n ? i : best(t, n, want, false);
}

size_t
media_choose(const struct store_thumb_row *t, size_t n, const struct media_want *want)
{
	struct media_want scaled = *want;
	size_t i = best_of_method(t, n, want);
	scaled.method = MEDIA_SCALE;
	return i < n || want->method == MEDIA_SCALE ? i : best_of_method(t, n, &scaled);
}

bool
media_enough(const struct store_thumb_row *t, size_t n, const struct media_want *want)
{
	size_t i = best(t, n, want, want->animated);
	return i < n && rank(&t[i], want).small == 0;
}

/* ---- what is made ------------------------------------------------------------------------------------------ */

/* Boxes, each within the next one; the last of each kind is for dynamic thumbnails only. */
static const struct {
	uint32_t w, h;
} scaled[] = {{320, 240}, {640, 480}, {800, 600}, {1600, 1200}};
static const uint32_t crop_side[] = {32, 96}, crop_ladder[] = {32, 64, 96, 128, 192, 256, 320, 480, 640, 800};

static uint32_t
round_up(uint32_t side, const uint32_t *ladder, size_t n)
{
	size_t i = 0;
	while (i + 1 < n && ladder[i] < side)
		i++;
	return ladder[i];
}

static void
crop_box(const struct media_want *want, bool dynamic, struct media_want *box)
{
	uint32_t larger = want->width > want->height ? want->width : want->height;
	if (dynamic) {
		size_t n = sizeof crop_ladder / sizeof crop_ladder[0];
		box->width = round_up(want->width, crop_ladder, n);
		box->height = round_up(want->height, crop_ladder, n);
	} else {
		box->width = box->height = round_up(larger, crop_side, sizeof crop_side / sizeof crop_side[0]);
	}
}

void
media_box(const struct media_want *want, bool dynamic, struct media_want *box)
{
	size_t last = sizeof scaled / sizeof scaled[0] - (dynamic ? 1 : 2), i = 0;
	*box = *want;
	if (want->method == MEDIA_CROP) {
		crop_box(want, dynamic, box);
		return;
	}
	while (i < last && (scaled[i].w < want->width || scaled[i].h < want->height))
		i++;
	box->width = scaled[i].w;
	box->height = scaled[i].h;
}
