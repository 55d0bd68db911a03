/* Which thumbnail answers which question?  A table of cases, the reference server's oddities (spec D.4) among them. */
#include "media/media.h"
#include "tests/unit/tap.h"

#include <stdio.h>

/* "WxH method type", separated by '|'; at most 8. */
static size_t
rows(const char *text, struct store_thumb_row *t)
{
	size_t n = 0;
	char method[8], type[16];
	unsigned w, h;
	int used = 0;
	while (sscanf(text, "%ux%u %7s %15s%n", &w, &h, method, type, &used) == 4) {
		t[n++] = (struct store_thumb_row){w, h, mem_printf("image/%s", type), mem_strdup(method), 1000};
		text += used + (text[used] == ' ' ? 3 : 0);
	}
	return n;
}

#define SET "32x32 crop jpeg | 96x96 crop jpeg | 320x213 scale jpeg | 640x426 scale jpeg | 800x533 scale jpeg"
#define TALL "32x32 crop png | 96x96 crop png | 160x240 scale png | 320x480 scale png | 400x600 scale png"
#define FILM SET " | 320x213 scale webp | 96x96 crop webp"

static const struct {
	const char *have, *want, *answer, *name;
	bool animated;
} cases[] = {
    {SET, "320x240 scale", "320x213 image/jpeg", "the one that was made for the size", false},
    {SET, "640x480 scale", "640x426 image/jpeg", "the next one", false},
    {SET, "321x1 scale", "320x213 image/jpeg", "higher than asked is large enough: the answer would be 1x1", false},
    {SET, "321x240 scale", "640x426 image/jpeg", "one pixel more than the smallest", false},
    {SET, "800x600 scale", "800x533 image/jpeg", "the largest", false},
    {SET, "4000x3000 scale", "800x533 image/jpeg", "none is large enough: the largest", false},
    {SET, "1x1 scale", "320x213 image/jpeg", "the smallest that is scaled", false},
    {SET, "800x1 scale", "320x213 image/jpeg", "equal width is not all (there any of that width did)", false},
    {SET, "330x200 scale", "320x213 image/jpeg", "as high as asked is large enough: the answer would be 300x200",
     false},
    {TALL, "320x240 scale", "160x240 image/png", "a picture on end fits by its height", false},
    {TALL, "200x400 scale", "320x480 image/png", "not smaller than the 200x300 it could be", false},
    {SET, "32x32 crop", "32x32 image/jpeg", "a crop of that size", false},
    {SET, "33x33 crop", "96x96 image/jpeg", "not smaller than asked", false},
    {SET, "96x10 crop", "96x96 image/jpeg", "large enough in both directions", false},
    {SET, "97x10 crop", "96x96 image/jpeg", "none is: the one that covers most", false},
    {SET, "500x500 crop", "96x96 image/jpeg", "the largest crop, not a scaled one", false},
    {"96x96 crop jpeg | 192x96 crop jpeg | 320x160 crop jpeg", "90x45 crop", "192x96 image/jpeg",
     "the shape counts before the size", false},
    {"96x96 crop jpeg | 192x96 crop jpeg", "90x90 crop", "96x96 image/jpeg", "here, too", false},
    {"96x400 crop jpeg | 280x180 crop jpeg", "300x200 crop", "280x180 image/jpeg", "too small: what covers most",
     false},
    {"320x213 scale jpeg", "96x96 crop", "320x213 image/jpeg", "no crop: a scaled one", false},
    {"20x14 scale jpeg", "96x96 crop", "20x14 image/jpeg", "of what is smaller than the square", false},
    {"96x96 crop jpeg", "96x96 scale", "", "nothing scaled: none", false},
    {"", "96x96 scale", "", "nothing at all", false},
    {FILM, "320x240 scale", "320x213 image/webp", "one that moves, if asked", true},
    {"320x240 scale webp | 640x480 scale webp", "200x400 scale", "640x480 image/webp",
     "one that moves is listed by the size it was made for", true},
    {FILM, "640x480 scale", "320x213 image/webp", "even if it is smaller", true},
    {FILM, "320x240 scale", "320x213 image/jpeg", "else one that does not (there the shorter file won)", false},
    {SET, "320x240 scale", "320x213 image/jpeg", "asked to move, and nothing does", true},
    {"320x213 scale webp", "320x240 scale", "", "nothing that stands still", false},
    {"65535x1 scale png | 1x65535 scale png", "65535x65535 scale", "65535x1 image/png", "the largest sides", false},
};

static void
choose(void)
{
	struct store_thumb_row t[8];
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char method[8], got[64] = "";
		struct media_want want = {.animated = cases[i].animated};
		size_t n = rows(cases[i].have, t);
		(void)sscanf(cases[i].want, "%ux%u %7s", &want.width, &want.height, method);
		ok(media_method_parse(method, &want.method), "method");
		size_t k = media_choose(t, n, &want);
		if (k < n)
			(void)snprintf(got, sizeof got, "%ux%u %s", t[k].width, t[k].height, t[k].type);
		bool enough = k < n && (t[k].width >= want.width || t[k].height >= want.height);
		if (want.method == MEDIA_CROP)
			enough = k < n && str_eq(t[k].method, "crop") && t[k].width >= want.width &&
				 t[k].height >= want.height;
		if (!want.animated)
			is_int(media_enough(t, n, &want), enough, "large enough, or not");
		char *name = mem_printf("%s: %s", cases[i].want, cases[i].name);
		is_str(got, cases[i].answer, name);
		mem_free(name);
		for (size_t m = 0; m < n; m++) {
			mem_free(t[m].type);
			mem_free(t[m].method);
		}
	}
}

static void
boxes(void)
{
	static const struct {
		uint32_t w, h;
		enum media_method method;
		bool dynamic;
		uint32_t bw, bh;
	} t[] = {
	    {1, 1, MEDIA_SCALE, false, 320, 240},     {320, 240, MEDIA_SCALE, false, 320, 240},
	    {320, 241, MEDIA_SCALE, false, 640, 480}, {9999, 1, MEDIA_SCALE, false, 800, 600},
	    {801, 1, MEDIA_SCALE, true, 1600, 1200},  {65535, 65535, MEDIA_SCALE, true, 1600, 1200},
	    {33, 1, MEDIA_CROP, false, 96, 96},	      {500, 500, MEDIA_CROP, false, 96, 96},
	    {33, 1, MEDIA_CROP, true, 64, 32},	      {500, 65535, MEDIA_CROP, true, 640, 800},
	    {96, 96, MEDIA_CROP, true, 96, 96},
	};
	for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
		struct media_want want = {t[i].w, t[i].h, t[i].method, false}, box;
		media_box(&want, t[i].dynamic, &box);
		ok(box.width == t[i].bw && box.height == t[i].bh, "box of %ux%u: %ux%u", t[i].w, t[i].h, box.width,
		   box.height);
	}
	int sizes = 0;
	bool seen[1601] = {false};
	for (uint32_t w = 1; w < 2000; w++) {
		struct media_want want = {w, 1, MEDIA_CROP, false}, box;
		media_box(&want, true, &box);
		sizes += seen[box.width] ? 0 : 1;
		seen[box.width] = true;
	}
	is_int(sizes, 10, "two thousand asked widths are ten that are made");
}

static void
methods(void)
{
	enum media_method m;
	ok(media_method_parse("CROP", &m) && m == MEDIA_CROP, "any case");
	ok(media_method_parse("scale", &m) && m == MEDIA_SCALE, "scale");
	ok(!media_method_parse("", &m) && !media_method_parse("crop ", &m), "nothing else");
}

int
main(void)
{
	choose();
	boxes();
	methods();
	return done();
}
