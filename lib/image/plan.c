/* Which thumbnails come of a picture of this size, and which can be made from another one?  Spec D.2, not enlarging. */
#include "image/image.h"

#include "image/int.h"

const struct image_size image_set[IMAGE_SET_LEN] = {{32, 32, IMAGE_CROP},
						    {96, 96, IMAGE_CROP},
						    {320, 240, IMAGE_SCALE},
						    {640, 480, IMAGE_SCALE},
						    {800, 600, IMAGE_SCALE}};

const char *
image_method_name(enum image_method m)
{
	return m == IMAGE_CROP ? "crop" : "scale";
}

static uint32_t
at_least_1(uint64_t v)
{
	return v < 1 ? 1 : v > UINT32_MAX ? UINT32_MAX : (uint32_t)v;
}

static uint32_t
less(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static void
plan_scale(uint32_t w, uint32_t h, const struct image_size *size, struct image_target *out)
{
	uint64_t W = size->width, H = size->height;
	uint32_t fw = size->width, fh = size->height;
	if (W * h < H * w)
		fh = at_least_1(W * h / w);
	else
		fw = at_least_1(H * w / h);
	out->width = out->whole_w = less(w, fw);
	out->height = out->whole_h = less(h, fh);
}

/* The whole is made to cover the box and the middle is cut out; a picture smaller than that is only cut. */
static void
plan_crop(uint32_t w, uint32_t h, const struct image_size *size, struct image_target *out)
{
	uint64_t W = size->width, H = size->height;
	uint32_t sw = size->width, sh = size->height;
	if (W * h > H * w)
		sh = at_least_1(W * h / w);
	else
		sw = at_least_1(H * w / h);
	if (sw > w || sh > h) {
		sw = w;
		sh = h;
	}
	out->whole_w = sw;
	out->whole_h = sh;
	out->width = less(sw, size->width);
	out->height = less(sh, size->height);
	out->x = (sw - out->width) / 2;
	out->y = (sh - out->height) / 2;
}

void
image_plan_target(uint32_t w, uint32_t h, const struct image_size *size, struct image_target *out)
{
	*out = (struct image_target){.method = size->method, .parent = -1, .keep = true};
	if (size->method == IMAGE_CROP)
		plan_crop(w, h, size, out);
	else
		plan_scale(w, h, size, out);
}

/* D.2: one file for each size; a crop only takes a free place, a scaled one any. */
static void
unique(struct image_target *t, size_t n)
{
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < i && t[i].keep; k++) {
			if (!t[k].keep || t[k].width != t[i].width || t[k].height != t[i].height)
				continue;
			if (t[i].method == IMAGE_SCALE)
				t[k].keep = false;
			else
				t[i].keep = false;
		}
}

/* May t be made from p without being seen?  Measured against a direct reduction: photographs keep 47 dB at 1.25 : 1,
 * text needs 4 : 1, and tiny crops never show it; a second generation of scaled pictures costs more than it saves. */
static bool
may_come_from(const struct image_target *t, const struct image_target *p, bool exact)
{
	uint64_t num = t->method == IMAGE_CROP ? 8 : exact ? 16 : 5;
	if (p->method != IMAGE_SCALE || (t->method == IMAGE_SCALE && p->parent >= 0))
		return false;
	return (uint64_t)p->width * 4 >= num * t->whole_w && (uint64_t)p->height * 4 >= num * t->whole_h;
}

static uint64_t
area(const struct image_target *t)
{
	return (uint64_t)t->whole_w * t->whole_h;
}

/* Scaled ones want the largest parent, whose own error is least; crops the smallest, which is cheapest. */
static void
find_parent(struct image_target *t, size_t n, size_t i, bool exact)
{
	for (size_t k = 0; k < n; k++) {
		if (k == i || !t[k].keep || !may_come_from(&t[i], &t[k], exact))
			continue;
		if (t[i].parent < 0 || (t[i].method == IMAGE_SCALE) == (area(&t[k]) > area(&t[t[i].parent])))
			t[i].parent = (int)k;
	}
}

/* Largest first, because whether a picture may be a parent depends on where it comes from itself. */
void
image_plan(uint32_t w, uint32_t h, bool exact, const struct image_size *sizes, size_t n, struct image_target *out)
{
	bool settled[IMAGE_SIZES_MAX] = {false};
	for (size_t i = 0; i < n; i++)
		image_plan_target(w, h, &sizes[i], &out[i]);
	unique(out, n);
	for (size_t round = 0; round < n; round++) {
		size_t next = n;
		for (size_t i = 0; i < n; i++)
			if (!settled[i] && (next == n || area(&out[i]) > area(&out[next]) ||
					    (area(&out[i]) == area(&out[next]) && out[i].method == IMAGE_SCALE &&
					     out[next].method == IMAGE_CROP)))
				next = i;
		settled[next] = true;
		if (out[next].keep)
			find_parent(out, n, next, exact);
	}
}
