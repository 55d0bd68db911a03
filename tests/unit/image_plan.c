/* Are the thumbnails of spec D.2 planned, none of them larger than the picture? */
#include "image/image.h"

#include "image/int.h"
#include "tap.h"

static void
scales(uint32_t w, uint32_t h, size_t i, uint32_t tw, uint32_t th)
{
	struct image_target t;
	image_plan_target(w, h, &image_set[i], &t);
	ok(t.width == tw && t.height == th, "%u x %u %s to %u x %u: %u x %u", w, h,
	   image_method_name(image_set[i].method), image_set[i].width, image_set[i].height, t.width, t.height);
}

static void
crops(uint32_t w, uint32_t h, uint32_t W, uint32_t H, struct image_target want)
{
	struct image_target t;
	struct image_size size = {W, H, IMAGE_CROP};
	image_plan_target(w, h, &size, &t);
	ok(t.whole_w == want.whole_w && t.whole_h == want.whole_h && t.x == want.x && t.y == want.y &&
	       t.width == want.width && t.height == want.height,
	   "%u x %u cropped to %u x %u: %u x %u at %u, %u of %u x %u", w, h, W, H, t.width, t.height, t.x, t.y,
	   t.whole_w, t.whole_h);
}

static void
keeps(uint32_t w, uint32_t h, const char *want)
{
	struct image_target t[IMAGE_SET_LEN];
	char got[IMAGE_SET_LEN + 1] = "";
	image_plan(w, h, false, image_set, IMAGE_SET_LEN, t);
	for (size_t i = 0; i < IMAGE_SET_LEN; i++)
		got[i] = !t[i].keep ? '-' : t[i].method == IMAGE_CROP ? 'c' : 's';
	char name[64];
	(void)snprintf(name, sizeof name, "%u x %u: which of the five are kept", w, h);
	is_str(got, want, name);
}

/* Whatever the size: something is kept, nothing is enlarged or empty, cuts lie inside, parents are larger. */
static bool
sound(uint32_t w, uint32_t h, bool exact)
{
	struct image_target t[IMAGE_SET_LEN];
	size_t kept = 0;
	image_plan(w, h, exact, image_set, IMAGE_SET_LEN, t);
	for (size_t i = 0; i < IMAGE_SET_LEN; i++) {
		const struct image_target *p = t[i].parent >= 0 ? &t[t[i].parent] : NULL;
		kept += t[i].keep;
		if (t[i].width < 1 || t[i].height < 1 || t[i].whole_w > w || t[i].whole_h > h ||
		    t[i].x + t[i].width > t[i].whole_w || t[i].y + t[i].height > t[i].whole_h)
			return false;
		if (t[i].keep && p != NULL && (!p->keep || p->width <= t[i].whole_w || p->height <= t[i].whole_h))
			return false;
	}
	return kept > 0;
}

static void
all_sound(void)
{
	static const uint32_t side[] = {1,   2,	  3,   7,   31,	 32,  33,  95,	 96,   97,   239,  240,	  241,	  320,
					479, 599, 600, 799, 800, 801, 999, 1024, 3000, 4321, 9999, 65535, 1000000};
	bool all = true;
	for (size_t i = 0; i < sizeof side / sizeof side[0]; i++)
		for (size_t k = 0; k < sizeof side / sizeof side[0]; k++)
			all = all && sound(side[i], side[k], false) && sound(side[i], side[k], true);
	ok(all, "every size has a sound plan");
}

static void
cascades(void)
{
	struct image_target t[IMAGE_SET_LEN];
	image_plan(4000, 3000, false, image_set, IMAGE_SET_LEN, t);
	ok(t[4].parent == -1 && t[3].parent == 4 && t[2].parent == 4 && t[1].parent == 2 && t[0].parent == 2,
	   "a photograph is decoded for 800 x 600, the others come from there");
	image_plan(4000, 3000, true, image_set, IMAGE_SET_LEN, t);
	ok(t[4].parent == -1 && t[3].parent == -1 && t[2].parent == -1, "sharp pictures come from the source");
	image_plan(5000, 600, false, image_set, IMAGE_SET_LEN, t);
	ok(t[1].parent == -1, "the crop of a panorama too: 800 x 96 is no more than it needs");
}

int
main(void)
{
	scales(3000, 2000, 2, 320, 213);
	scales(3000, 2000, 3, 640, 426);
	scales(3000, 2000, 4, 800, 533);
	scales(2000, 3000, 2, 160, 240);
	scales(2000, 3000, 3, 320, 480);
	scales(2000, 3000, 4, 400, 600);
	scales(800, 800, 2, 240, 240);
	scales(800, 800, 4, 600, 600);
	scales(5000, 1, 2, 320, 1);
	scales(5000, 1, 4, 800, 1);
	scales(1, 5000, 4, 1, 600);
	scales(100, 50, 4, 100, 50);
	scales(1, 1, 4, 1, 1);
	crops(3000, 2000, 32, 32, (struct image_target){32, 32, 48, 32, 8, 0, IMAGE_CROP, 0, false});
	crops(2000, 3000, 96, 96, (struct image_target){96, 96, 96, 144, 0, 24, IMAGE_CROP, 0, false});
	crops(1000, 500, 96, 32, (struct image_target){96, 32, 96, 48, 0, 8, IMAGE_CROP, 0, false});
	crops(100, 20, 32, 32, (struct image_target){32, 20, 100, 20, 34, 0, IMAGE_CROP, 0, false});
	crops(1, 1, 32, 32, (struct image_target){1, 1, 1, 1, 0, 0, IMAGE_CROP, 0, false});
	keeps(4000, 3000, "ccsss");
	keeps(32, 32, "----s");
	keeps(1, 1, "----s");
	keeps(50, 50, "c---s");
	keeps(200, 200, "cc--s");
	cascades();
	all_sound();
	return done();
}
