/* Is this a picture although nothing here reads it?  Told by its first bytes, so that a page that is sent as image/png is
 * not taken for one. */
#include "image/image.h"

#include <string.h>

static const struct {
	const char *magic;
	unsigned char n;
} kinds[] = {
    {"BM", 2},			      /* BMP */
    {"\0\0\1\0", 4},		      /* ICO */
    {"\0\0\2\0", 4},		      /* CUR */
    {"II*\0", 4},		      /* TIFF */
    {"MM\0*", 4},		      /* TIFF, big-endian */
    {"\xFF\x0A", 2},		      /* JPEG XL */
    {"\0\0\0\x0CJXL \r\n\x87\n", 12}, /* JPEG XL in a box */
    {"\0\0\0\x0CjP  \r\n\x87\n", 12}, /* JPEG 2000 */
    {"\xFF\x4F\xFF\x51", 4},	      /* JPEG 2000, bare */
    {"\x1F\x8B\x08", 3},	      /* SVGZ: nothing else that is sent as a picture is packed */
    {"8BPS", 4},		      /* PSD */
};

/* ISO base media files that hold pictures (ISO 23008-12, AVIF §6). */
static bool
heif(const char *p, size_t n)
{
	static const char *const brands[] = {"avif", "avis", "heic", "heix", "heim", "heis",
					     "hevc", "hevx", "mif1", "msf1", "mif2"};
	if (n < 12 || memcmp(p + 4, "ftyp", 4) != 0)
		return false;
	for (size_t i = 0; i < sizeof brands / sizeof brands[0]; i++)
		if (memcmp(p + 8, brands[i], 4) == 0)
			return true;
	return false;
}

/* Where what begins at p is over: behind the next "end". */
static const char *
behind(const char *p, const char *last, const char *end)
{
	const char *at = memmem(p, (size_t)(last - p), end, strlen(end));
	return at == NULL ? last : at + strlen(end);
}

/* XML whose first element is svg, whatever prefix its name has.  A page that contains a drawing begins otherwise. */
static bool
svg(const char *p, const char *last)
{
	if (last - p >= 3 && memcmp(p, "\xEF\xBB\xBF", 3) == 0)
		p += 3;
	for (;;) {
		while (p < last && str_isspace((unsigned char)*p))
			p++;
		size_t n = (size_t)(last - p);
		if (n > 4 && memcmp(p, "<!--", 4) == 0)
			p = behind(p + 4, last, "-->");
		else if (n > 2 && memcmp(p, "<?", 2) == 0)
			p = behind(p + 2, last, "?>");
		else if (n > 9 && str_nieq(p, 9, "<!doctype")) {
			const char *open = memchr(p, '[', n), *close = memchr(p, '>', n);
			p = open != NULL && close != NULL && open < close ? behind(p, last, "]") : p;
			p = behind(p, last, ">");
		} else
			break;
	}
	if (p >= last || *p != '<')
		return false;
	size_t n = 0;
	for (p++; p + n < last && p[n] != '>' && p[n] != '/' && !str_isspace((unsigned char)p[n]); n++)
		if (p[n] == ':') {
			p += n + 1;
			n = (size_t)-1;
		}
	return n == 3 && memcmp(p, "svg", 3) == 0;
}

bool
image_other_kind(const void *bytes, size_t n)
{
	const char *p = bytes;
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (n >= kinds[i].n && memcmp(p, kinds[i].magic, kinds[i].n) == 0)
			return true;
	return heif(p, n) || svg(p, p + n);
}
