/* What picture is this, how large, which way up?  Told from the first bytes alone, without any codec. */
#include "image/image.h"

#include <string.h>

#include "image/int.h"

const struct image_limits image_limits_default = {
    .max_pixels = 33554432, .max_memory = (int64_t)160 << 20, .max_scans = 100};

const char *
image_format_type(enum image_format f)
{
	static const char *const type[] = {
	    [IMAGE_UNKNOWN] = NULL,	 [IMAGE_JPEG] = "image/jpeg", [IMAGE_PNG] = "image/png",
	    [IMAGE_WEBP] = "image/webp", [IMAGE_GIF] = "image/gif",   [IMAGE_BMP] = "image/bmp",
	    [IMAGE_ICO] = "image/x-icon"};
	return (size_t)f < sizeof type / sizeof type[0] ? type[f] : NULL;
}

static int
cut_short(const struct image_info *out, struct err *err)
{
	return err_set(err, ERR_INPUT, "%s ends before its size is told", image_format_type(out->format));
}

/* ---- JPEG: ITU-T T.81 Annex B ---------------------------------------------------------------- */

static bool
is_sof(int marker) /* start of frame; C4, C8 and CC in between are something else */
{
	return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
}

/* Garbage between segments is passed over, as every decoder does. */
static int
sniff_jpeg(const uint8_t *p, size_t n, struct image_info *out, struct err *err)
{
	size_t at = 2;
	while (at < n) {
		const uint8_t *ff = memchr(p + at, 0xFF, n - at);
		if (ff == NULL)
			break;
		at = (size_t)(ff - p);
		while (at < n && p[at] == 0xFF)
			at++;
		if (at >= n)
			break;
		int marker = p[at++];
		if (marker == 0x00 || marker == 0x01 || (marker >= 0xD0 && marker <= 0xD8))
			continue; /* stuffing, TEM, RSTn, SOI: no length follows */
		if (marker == 0xD9 || marker == 0xDA || n - at < 2)
			break;
		size_t len = image_be16(p + at);
		if (len < 2)
			continue;
		if (is_sof(marker) && n - at >= 8) {
			out->height = image_be16(p + at + 3);
			out->width = image_be16(p + at + 5);
			return 0;
		}
		if (marker == 0xE1 && out->orientation == 1 && n - at >= 8 && memcmp(p + at + 2, "Exif\0\0", 6) == 0) {
			size_t have = n - at < len ? n - at : len;
			out->orientation = image_exif_orientation(p + at + 2, have - 2);
		}
		if (len > n - at)
			break;
		at += len;
	}
	return cut_short(out, err);
}

/* ---- PNG: PNG specification 3rd edition, 5.3, 11.2, 11.3 --------------------------------------- */

static void
png_chunk(const uint8_t *type, const uint8_t *data, size_t have, bool *seen_idat, struct image_info *out)
{
	if (memcmp(type, "IDAT", 4) == 0)
		*seen_idat = true;
	else if (memcmp(type, "tRNS", 4) == 0)
		out->alpha = true;
	else if (memcmp(type, "acTL", 4) == 0 && !*seen_idat && have >= 8)
		out->animated = image_be32(data) > 1;
	else if (memcmp(type, "eXIf", 4) == 0)
		out->orientation = image_exif_orientation(data, have);
}

static int
sniff_png(const uint8_t *p, size_t n, struct image_info *out, struct err *err)
{
	bool seen_idat = false;
	if (n < 8 + 8 + 13)
		return cut_short(out, err);
	if (image_be32(p + 8) != 13 || memcmp(p + 12, "IHDR", 4) != 0)
		return err_set(err, ERR_INPUT, "image/png without a header chunk");
	out->width = image_be32(p + 16);
	out->height = image_be32(p + 20);
	out->alpha = p[25] == 4 || p[25] == 6;
	for (size_t at = 8 + 8 + 13 + 4; n - at >= 8 && at < n;) {
		size_t len = image_be32(p + at), have = n - at - 8 < len ? n - at - 8 : len;
		png_chunk(p + at + 4, p + at + 8, have, &seen_idat, out);
		if (len > n - at - 8 || n - at - 8 - len < 4)
			break;
		at += 8 + len + 4;
	}
	return 0;
}

/* ---- WebP: RFC 9649 ---------------------------------------------------------------------------- */

static void
webp_exif(const uint8_t *p, size_t n, struct image_info *out)
{
	for (size_t at = 12; at < n && n - at >= 8;) {
		size_t len = image_le32(p + at + 4), left = n - at - 8;
		if (memcmp(p + at, "EXIF", 4) == 0)
			out->orientation = image_exif_orientation(p + at + 8, left < len ? left : len);
		if (len > left || left - len < (len & 1))
			break;
		at += 8 + len + (len & 1);
	}
}

static int
sniff_webp(const uint8_t *p, size_t n, struct image_info *out, struct err *err)
{
	if (n < 30)
		return cut_short(out, err);
	const uint8_t *d = p + 20; /* the first chunk's data */
	if (memcmp(p + 12, "VP8 ", 4) == 0) {
		out->width = image_le16(d + 6) & 0x3FFF;
		out->height = image_le16(d + 8) & 0x3FFF;
	} else if (memcmp(p + 12, "VP8L", 4) == 0) {
		uint32_t bits = image_le32(d + 1);
		out->width = (bits & 0x3FFF) + 1;
		out->height = (bits >> 14 & 0x3FFF) + 1;
		out->alpha = (bits >> 28 & 1) != 0;
	} else if (memcmp(p + 12, "VP8X", 4) == 0) {
		out->alpha = (d[0] & 0x10) != 0;
		out->animated = (d[0] & 0x02) != 0;
		out->width = (image_le32(d + 4) & 0xFFFFFF) + 1;
		out->height = (image_le32(d + 6) >> 8) + 1;
		if ((d[0] & 0x08) != 0)
			webp_exif(p, n, out);
	} else {
		return err_set(err, ERR_INPUT, "image/webp of an unknown kind");
	}
	return 0;
}

/* ---- GIF: GIF89a specification --------------------------------------------------------------- */

/* Past the sub-blocks at at; n when they do not end. */
static size_t
gif_blocks(const uint8_t *p, size_t n, size_t at)
{
	while (at < n && p[at] != 0)
		at += (size_t)p[at] + 1;
	return at < n ? at + 1 : n;
}

static size_t
gif_palette(uint8_t flags)
{
	return (flags & 0x80) != 0 ? (size_t)3 << ((flags & 7) + 1) : 0;
}

static int
sniff_gif(const uint8_t *p, size_t n, struct image_info *out, struct err *err)
{
	int frames = 0;
	if (n < 13)
		return cut_short(out, err);
	out->width = image_le16(p + 6);
	out->height = image_le16(p + 8);
	for (size_t at = 13 + gif_palette(p[10]); at < n && frames < 2;) {
		if (p[at] == 0x21 && n - at >= 4) {
			if (p[at + 1] == 0xF9 && frames == 0)
				out->alpha = (p[at + 3] & 1) != 0;
			at = gif_blocks(p, n, at + 2);
		} else if (p[at] == 0x2C && n - at >= 11) {
			if (frames++ == 0 &&
			    (image_le16(p + at + 1) != 0 || image_le16(p + at + 3) != 0 ||
			     image_le16(p + at + 5) < out->width || image_le16(p + at + 7) < out->height))
				out->alpha = true; /* the first frame leaves some of the canvas empty */
			at += 10 + gif_palette(p[at + 9]) + 1;
			at = at < n ? gif_blocks(p, n, at) : n;
		} else {
			break;
		}
	}
	out->animated = frames > 1;
	return 0;
}

/* ---- BMP, ICO: the Windows SDK's BITMAPFILEHEADER and ICONDIR ------------------------------------ */

static int
sniff_bmp(const uint8_t *p, size_t n, struct image_info *out, struct err *err)
{
	struct image_dib d;
	if (image_dib_read(p + 14, n - 14, &d, err) < 0)
		return -1;
	out->width = d.w;
	out->height = d.h;
	out->alpha = d.mask[3] != 0;
	return 0;
}

/* The largest one; 0 stands for 256. */
static int
sniff_ico(const uint8_t *p, size_t n, struct image_info *out, struct err *err)
{
	size_t entries = image_le16(p + 4);
	for (size_t i = 0, at = 6; i < entries && n - at >= 16; i++, at += 16) {
		uint32_t w = p[at] != 0 ? p[at] : 256, h = p[at + 1] != 0 ? p[at + 1] : 256;
		if (w * h > out->width * out->height) {
			out->width = w;
			out->height = h;
		}
	}
	out->alpha = true;
	return out->width > 0 ? 0 : cut_short(out, err);
}

/* ---- all ------------------------------------------------------------------------------------- */

enum image_format
image_sniff_format(const uint8_t *p, size_t n)
{
	if (n >= 3 && memcmp(p, "\xFF\xD8\xFF", 3) == 0)
		return IMAGE_JPEG;
	if (n >= 8 && memcmp(p, "\x89PNG\r\n\x1A\n", 8) == 0)
		return IMAGE_PNG;
	if (n >= 12 && memcmp(p, "RIFF", 4) == 0 && memcmp(p + 8, "WEBP", 4) == 0)
		return IMAGE_WEBP;
	if (n >= 6 && (memcmp(p, "GIF87a", 6) == 0 || memcmp(p, "GIF89a", 6) == 0))
		return IMAGE_GIF;
	if (n >= 18 && memcmp(p, "BM", 2) == 0 && image_dib_known(p + 14, n - 14))
		return IMAGE_BMP;
	if (n >= 22 && (memcmp(p, "\0\0\1\0", 4) == 0 || memcmp(p, "\0\0\2\0", 4) == 0) && image_le16(p + 4) > 0)
		return IMAGE_ICO;
	return IMAGE_UNKNOWN;
}

int
image_sniff(const void *p, size_t n, struct image_info *out, struct err *err)
{
	int rc = -1;
	*out = (struct image_info){.format = image_sniff_format(p, n), .orientation = 1};
	switch (out->format) {
	case IMAGE_JPEG:
		rc = sniff_jpeg(p, n, out, err);
		break;
	case IMAGE_PNG:
		rc = sniff_png(p, n, out, err);
		break;
	case IMAGE_WEBP:
		rc = sniff_webp(p, n, out, err);
		break;
	case IMAGE_GIF:
		rc = sniff_gif(p, n, out, err);
		break;
	case IMAGE_BMP:
		rc = sniff_bmp(p, n, out, err);
		break;
	case IMAGE_ICO:
		rc = sniff_ico(p, n, out, err);
		break;
	case IMAGE_UNKNOWN:
		return err_set(err, ERR_UNSUPPORTED,
			       n == 0 ? "empty, no image" : "not a JPEG, PNG, WebP, GIF, BMP or ICO image");
	}
	if (rc == 0 && (out->width == 0 || out->height == 0))
		rc = err_set(err, ERR_INPUT, "%s of %u x %u pixels", image_format_type(out->format), out->width,
			     out->height);
	if (out->orientation >= 5) {
		uint32_t w = out->width;
		out->width = out->height;
		out->height = w;
	}
	return rc;
}
