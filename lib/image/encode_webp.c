/* How does a small picture become a WebP?  Lossy, with its alpha if it has one. */
#include "image/int.h"

#include <string.h>

#include <webp/encode.h>

enum { QUALITY = 80, SIDE_MAX = WEBP_MAX_DIMENSION };

static int
fill(const struct image_pic *pic, WebPPicture *out, struct err *err)
{
	int channels = pic->color == IMAGE_RGBA ? 4 : 3;
	size_t stride = (size_t)pic->w * (size_t)channels;
	uint8_t *px = mem_array(pic->h, stride);
	for (uint32_t y = 0; y < pic->h; y++)
		image_pic_rgb_row(pic, y, channels, px + y * stride);
	int good =
	    channels == 4 ? WebPPictureImportRGBA(out, px, (int)stride) : WebPPictureImportRGB(out, px, (int)stride);
	mem_free(px);
	return good ? 0 : err_set(err, ERR_LIMIT, "WebP: no memory for the thumbnail");
}

static int
collect(const uint8_t *p, size_t n, const WebPPicture *pic)
{
	return buf_add(pic->custom_ptr, p, n) == 0;
}

int
image_webp_encode(const struct image_pic *pic, struct buf *out, struct err *err)
{
	WebPConfig config;
	WebPPicture to;
	if (pic->w > SIDE_MAX || pic->h > SIDE_MAX)
		return err_set(err, ERR_LIMIT, "WebP: sides go up to %d pixels", SIDE_MAX);
	if (!WebPConfigInit(&config) || !WebPPictureInit(&to))
		return err_set(err, ERR_SYS, "WebP: the library has another version than expected");
	config.quality = QUALITY;
	to.width = (int)pic->w;
	to.height = (int)pic->h;
	to.writer = collect;
	to.custom_ptr = out;
	int rc = fill(pic, &to, err);
	if (rc == 0 && !WebPEncode(&config, &to))
		rc = err_set(err, ERR_LIMIT, "WebP: the encoder failed (%d)", (int)to.error_code);
	WebPPictureFree(&to);
	return rc;
}
