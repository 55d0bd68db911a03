/* Which way up is the picture?  The Orientation tag of the first directory of an Exif block, and nothing else. */
#include "image/int.h"

#include <string.h>

enum {
	EXIF_ENTRIES_MAX = 512, /* directory entries looked at; real ones hold a few dozen */
	TAG_ORIENTATION = 0x0112,
	TYPE_SHORT = 3
};

static uint32_t
get16(const uint8_t *p, bool le)
{
	return le ? image_le16(p) : image_be16(p);
}

static uint32_t
get32(const uint8_t *p, bool le)
{
	return le ? image_le32(p) : image_be32(p);
}

/* TIFF 6.0 section 2: byte order, 42, offset of the first directory; 12 bytes an entry. */
int
image_exif_orientation(const uint8_t *p, size_t n)
{
	if (n >= 6 && memcmp(p, "Exif\0\0", 6) == 0) { /* JPEG always has this prefix, WebP files sometimes */
		p += 6;
		n -= 6;
	}
	if (n < 8 || (memcmp(p, "II", 2) != 0 && memcmp(p, "MM", 2) != 0))
		return 1;
	bool le = p[0] == 'I';
	size_t at = get32(p + 4, le);
	if (get16(p + 2, le) != 42 || at > n || n - at < 2)
		return 1;
	size_t entries = get16(p + at, le);
	at += 2;
	for (size_t i = 0; i < entries && i < EXIF_ENTRIES_MAX && n - at >= 12; i++, at += 12) {
		if (get16(p + at, le) != TAG_ORIENTATION)
			continue;
		uint32_t v = get16(p + at + 8, le);
		if (get16(p + at + 2, le) != TYPE_SHORT || get32(p + at + 4, le) != 1 || v < 1 || v > 8)
			return 1;
		return (int)v;
	}
	return 1;
}
