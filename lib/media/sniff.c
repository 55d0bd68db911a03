/* What are these bytes?  Told by what stands at fixed places at their beginning: nothing hostile is parsed here. */
#include "media/media.h"

#include <string.h>

struct magic {
	const char *type;
	size_t at;
	const char *bytes;
	size_t n;
	const char *then; /* at then_at, if not NULL */
	size_t then_at;
};

#define MAGIC(type, at, bytes)                              \
	{                                                   \
		type, at, bytes, sizeof(bytes) - 1, NULL, 0 \
	}
#define TWO(type, at, bytes, then_at, then)                       \
	{                                                         \
		type, at, bytes, sizeof(bytes) - 1, then, then_at \
	}

/* The first that fits. */
static const struct magic table[] = {
    MAGIC("image/jpeg", 0, "\xFF\xD8\xFF"),
    MAGIC("image/png", 0, "\x89PNG\r\n\x1A\n"),
    MAGIC("image/gif", 0, "GIF87a"),
    MAGIC("image/gif", 0, "GIF89a"),
    TWO("image/webp", 0, "RIFF", 8, "WEBP"),
    TWO("audio/wav", 0, "RIFF", 8, "WAVE"),
    TWO("video/x-msvideo", 0, "RIFF", 8, "AVI "),
    TWO("image/avif", 4, "ftyp", 8, "avif"),
    TWO("image/avif", 4, "ftyp", 8, "avis"),
    TWO("image/heic", 4, "ftyp", 8, "heic"),
    TWO("image/heic", 4, "ftyp", 8, "heix"),
    TWO("image/heif", 4, "ftyp", 8, "mif1"),
    TWO("audio/mp4", 4, "ftyp", 8, "M4A "),
    TWO("video/quicktime", 4, "ftyp", 8, "qt  "),
    TWO("video/3gpp", 4, "ftyp", 8, "3gp"),
    MAGIC("video/mp4", 4, "ftyp"),
    MAGIC("image/jxl", 0, "\xFF\x0A"),
    MAGIC("image/jxl", 0, "\0\0\0\x0CJXL \r\n\x87\n"),
    MAGIC("image/tiff", 0, "II*\0"),
    MAGIC("image/tiff", 0, "MM\0*"),
    MAGIC("image/bmp", 0, "BM"), /* and more is asked of it below */
    MAGIC("image/x-icon", 0, "\0\0\1\0"),
    MAGIC("application/pdf", 0, "%PDF-"),
    TWO("audio/ogg", 0, "OggS", 28, "\x01vorbis"),
    TWO("audio/ogg", 0, "OggS", 28, "OpusHead"),
    TWO("audio/ogg", 0, "OggS", 28, "Speex   "),
    TWO("audio/ogg", 0, "OggS", 28,
	"\x7F"
	"FLAC"),
    TWO("video/ogg", 0, "OggS", 28, "\x80theora"),
    MAGIC("application/ogg", 0, "OggS"),
    MAGIC("audio/flac", 0, "fLaC"),
    MAGIC("audio/mpeg", 0, "ID3"),
    MAGIC("audio/aac", 0, "\xFF\xF1"),
    MAGIC("audio/aac", 0, "\xFF\xF9"),
    MAGIC("audio/mpeg", 0, "\xFF\xFB"),
    MAGIC("audio/mpeg", 0, "\xFF\xFA"),
    MAGIC("audio/mpeg", 0, "\xFF\xF3"),
    MAGIC("audio/mpeg", 0, "\xFF\xF2"),
    MAGIC("audio/midi", 0, "MThd"),
    TWO("audio/aiff", 0, "FORM", 8, "AIFF"),
    MAGIC("application/zip", 0, "PK\3\4"),
    MAGIC("application/zip", 0, "PK\5\6"),
    MAGIC("application/gzip", 0, "\x1F\x8B\x08"),
    MAGIC("application/x-xz", 0,
	  "\xFD"
	  "7zXZ\0"),
    MAGIC("application/zstd", 0, "\x28\xB5\x2F\xFD"),
    MAGIC("application/x-bzip2", 0, "BZh"),
    MAGIC("application/x-7z-compressed", 0, "7z\xBC\xAF\x27\x1C"),
};

static bool
has(const unsigned char *p, size_t n, size_t at, const char *bytes, size_t len)
{
	return at + len <= n && memcmp(p + at, bytes, len) == 0;
}

/* "BM" begins many a text: a bitmap has zeros in its reserved fields and a header of a known size. */
static bool
bitmap(const unsigned char *p, size_t n)
{
	return n >= 18 && memcmp(p + 6, "\0\0\0\0", 4) == 0 && p[15] == 0 && p[16] == 0 && p[17] == 0 &&
	       (p[14] == 12 || p[14] == 16 || p[14] == 40 || p[14] == 52 || p[14] == 56 || p[14] == 64 ||
		p[14] == 108 || p[14] == 124);
}

static bool
fits(const struct magic *m, const unsigned char *p, size_t n)
{
	if (!has(p, n, m->at, m->bytes, m->n) || (m->then != NULL && !has(p, n, m->then_at, m->then, strlen(m->then))))
		return false;
	return !str_eq(m->type, "image/bmp") || bitmap(p, n);
}

/* Matroska says in its first element which kind it is. */
static const char *
matroska(const unsigned char *p, size_t n)
{
	if (!has(p, n, 0, "\x1A\x45\xDF\xA3", 4))
		return NULL;
	for (size_t i = 4; i + 4 <= n && i < 64; i++)
		if (memcmp(p + i, "webm", 4) == 0)
			return "video/webm";
	return "video/x-matroska";
}

/* UTF-8 without control characters that text has not; a character may be cut at the end. */
static bool
text(const char *p, size_t n, bool whole)
{
	if (n == 0)
		return false;
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)p[i];
		if ((c < 0x20 && (c < '\t' || c > '\r') && c != 0x1B) || c == 0x7F)
			return false;
	}
	for (size_t cut = 0; cut < 4 && cut <= n; cut++) {
		if (utf8_valid(p, n - cut))
			return true;
		if (whole || ((unsigned char)p[n - cut - 1] & 0x80) == 0)
			return false;
	}
	return false;
}

const char *
media_sniff(const void *p, size_t n, bool whole)
{
	const char *kind = n > 0 ? matroska(p, n) : NULL;
	if (kind != NULL)
		return kind;
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
		if (fits(&table[i], p, n))
			return table[i].type;
	return text(p, n, whole) ? "text/plain" : "application/octet-stream";
}

bool
media_type_picture(const char *type)
{
	static const char *const read[] = {"image/jpeg", "image/jpg",	 "image/png",
					   "image/gif",	 "image/webp",	 "image/bmp",
					   "image/apng", "image/x-icon", "image/vnd.microsoft.icon"};
	size_t n = type != NULL ? strcspn(type, "; ") : 0;
	for (size_t i = 0; i < sizeof read / sizeof read[0]; i++)
		if (str_nieq(type != NULL ? type : "", n, read[i]))
			return true;
	return false;
}
