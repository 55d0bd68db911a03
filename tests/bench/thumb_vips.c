/* The five thumbnails by libvips in one process, the next from the one before: what its own program would be at best.
 * thumb_vips FILE DIR RUNS */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vips/vips.h>

static void
save(VipsImage *im, const char *dir, const char *name, int png)
{
	char path[4096];
	(void)snprintf(path, sizeof path, "%s/vips-%s.%s", dir, name, png ? "png" : "jpg");
	int rc = png ? vips_pngsave(im, path, "compression", 1, "strip", TRUE, NULL)
		     : vips_jpegsave(im, path, "Q", 80, "strip", TRUE, NULL);
	if (rc != 0)
		vips_error_exit(NULL);
}

static VipsImage *
smaller(VipsImage *from, int w, int h, VipsInteresting crop)
{
	VipsImage *lazy = NULL, *im;
	if (vips_thumbnail_image(from, &lazy, w, "height", h, "size", VIPS_SIZE_DOWN, "crop", crop, NULL) != 0 ||
	    (im = vips_image_copy_memory(lazy)) == NULL)
		vips_error_exit(NULL);
	g_object_unref(lazy);
	return im;
}

static void
set(const char *path, const char *dir, int png)
{
	VipsImage *lazy = NULL, *im[5];
	if (vips_thumbnail(path, &lazy, 800, "height", 600, "size", VIPS_SIZE_DOWN, NULL) != 0 ||
	    (im[0] = vips_image_copy_memory(lazy)) == NULL)
		vips_error_exit(NULL);
	g_object_unref(lazy);
	im[1] = smaller(im[0], 640, 480, VIPS_INTERESTING_NONE);
	im[2] = smaller(im[0], 320, 240, VIPS_INTERESTING_NONE);
	im[3] = smaller(im[2], 96, 96, VIPS_INTERESTING_CENTRE);
	im[4] = smaller(im[3], 32, 32, VIPS_INTERESTING_CENTRE);
	static const char *const names[] = {"800", "640", "320", "96", "32"};
	for (int i = 0; i < 5; i++) {
		save(im[i], dir, names[i], png);
		g_object_unref(im[i]);
	}
}

int
main(int argc, char **argv)
{
	if (argc != 4 || VIPS_INIT(argv[0]) != 0)
		return 2;
	vips_concurrency_set(1);
	vips_cache_set_max(0);
	size_t n = strlen(argv[1]);
	int png = n > 4 && (strcmp(argv[1] + n - 4, ".png") == 0 || strcmp(argv[1] + n - 4, ".gif") == 0);
	for (int runs = atoi(argv[3]); runs > 0; runs--)
		set(argv[1], argv[2], png);
	return 0;
}
