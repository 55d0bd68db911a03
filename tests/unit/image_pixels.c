/* Are the pixels of a picture those it has? */
#include "image/image.h"

#include <sys/mman.h>
#include <unistd.h>

#include "tap.h"

static int
file_of(const void *p, size_t n)
{
	int fd = memfd_create("picture", 0);
	if (fd >= 0 && write(fd, p, n) != (ssize_t)n)
		close(fd);
	return fd;
}

/* 2 x 2: red, green, blue, white, bottom row first. */
static const uint8_t bmp[] = {'B', 'M', 70, 0, 0,  0, 0,   0, 0, 0,   54,  0,	0, 0, 40, 0, 0,	  0, 2,	  0, 0, 0, 2, 0,
			      0,   0,	1,  0, 24, 0, 0,   0, 0, 0,   16,  0,	0, 0, 0,  0, 0,	  0, 0,	  0, 0, 0, 0, 0,
			      0,   0,	0,  0, 0,  0, 255, 0, 0, 255, 255, 255, 0, 0, 0,  0, 255, 0, 255, 0, 0, 0};

int
main(void)
{
	static const uint8_t want[] = {255, 0, 0, 255, 0, 255, 0, 255, 0, 0, 255, 255, 255, 255, 255, 255};
	struct image_limits few = image_limits_default;
	struct image_pixels p;
	struct err err;
	struct buf face;
	int fd = file_of(bmp, sizeof bmp);
	is_int(image_pixels_make(fd, 100, 100, &image_limits_default, &p, &err), 0, "a picture is read");
	ok(p.width == 2 && p.height == 2, "and not enlarged");
	ok(memcmp(p.rgba, want, sizeof want) == 0, "row by row, red, green, blue, alpha");
	image_pixels_clear(&p);
	ok(p.rgba == NULL, "and freed");
	is_int(image_pixels_make(fd, 0, 5, &image_limits_default, &p, &err), -1, "no size is none");
	few.max_pixels = 4;
	is_int(image_pixels_make(fd, 5, 5, &few, &p, &err), -1, "the limits hold");
	is_int(err.code, ERR_LIMIT, "as limits");
	close(fd);

	buf_init(&face, 1 << 20);
	is_int(image_identicon("name", 200, 100, &face, &err), 0, "a larger one");
	fd = file_of(face.p, face.len);
	is_int(image_pixels_make(fd, 50, 50, &image_limits_default, &p, &err), 0, "is made smaller");
	ok(p.width == 50 && p.height == 25, "in proportion");
	image_pixels_clear(&p);
	close(fd);
	buf_clear(&face);

	fd = file_of("no picture at all", 17);
	is_int(image_pixels_make(fd, 5, 5, &image_limits_default, &p, &err), -1, "what is no picture");
	ok(err.code == ERR_UNSUPPORTED && p.rgba == NULL, "is none");
	close(fd);
	return done();
}
