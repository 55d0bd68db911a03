/* Which of its thumbnails shows what a preview is of, and how does it come into a web page? */
#include "preview/format.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/store.h"

enum { PATH_LEN_MAX = 512, NAME_HEX = 16 }; /* of its hash: enough to tell pictures apart */

struct choice {
	struct record_doc doc; /* the picture's; its strings live as long as this */
	struct store_thumb thumb;
	struct json *j; /* what the thumbnail's strings are borrowed from */
};

static bool
is_picture(const char *type)
{
	return str_eq(type, "image/jpeg") || str_eq(type, "image/png") || str_eq(type, "image/webp");
}

static bool
take_thumb(const struct json *j, struct store_thumb *t)
{
	int64_t w = json_int_or(j, "width", 0), h = json_int_or(j, "height", 0), bytes = json_int_or(j, "bytes", 0);
	*t = (struct store_thumb){.type = json_str(j, "type"), .method = json_str(j, "method")};
	if (w < 1 || h < 1 || w > UINT32_MAX || h > UINT32_MAX || bytes < 1 || t->type == NULL || t->method == NULL)
		return false;
	t->width = (uint32_t)w;
	t->height = (uint32_t)h;
	t->bytes = (size_t)bytes;
	return true;
}

/* The widest that fits, and shows all of the picture if there is one that does. */
static bool
better(const struct store_thumb *t, const struct store_thumb *than)
{
	bool whole = str_eq(t->method, "scale"), other = str_eq(than->method, "scale");
	return whole != other ? whole : t->width > than->width;
}

static bool
choose(const struct record *rec, uint32_t width, struct choice *out)
{
	struct json *thumbs = json_get(rec->j, "thumbs");
	*out = (struct choice){.j = NULL};
	for (size_t i = 0, n = json_len(thumbs); i < n; i++) {
		struct store_thumb t;
		struct json *one = json_at(thumbs, i);
		if (take_thumb(one, &t) && is_picture(t.type) && t.width <= width && t.bytes <= FORMAT_PICTURE_MAX &&
		    (out->j == NULL || better(&t, &out->thumb))) {
			json_free(out->j);
			out->j = one;
			out->thumb = t;
		} else {
			json_free(one);
		}
	}
	json_free(thumbs);
	if (out->j == NULL || record_failed(rec) || !record_image_doc(rec, &out->doc))
		return false;
	return out->doc.media_id != NULL;
}

static void
choice_clear(struct choice *c)
{
	json_free(c->j);
	record_doc_clear(&c->doc);
}

/* ---- bytes ------------------------------------------------------------------------------------------------ */

static int
read_thumb(const struct store_blobs *blobs, const char *path, struct buf *out, struct err *err)
{
	struct stat st;
	int fd = openat(blobs->dirfd, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK), rc = -1;
	if (fd < 0)
		return err_sys(err, "%s", path);
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		(void)err_set(err, ERR_NOTFOUND, "%s: no file", path);
	else
		rc = io_read_all(fd, FORMAT_PICTURE_MAX, out, err);
	io_close(&fd);
	return rc;
}

/* The same picture has the same name, however often it is fetched. */
static char *
file_name(const struct choice *c)
{
	bool hashed = c->doc.sha256 != NULL && strlen(c->doc.sha256) == HASH_HEX_LEN &&
		      strspn(c->doc.sha256, "0123456789abcdef") == HASH_HEX_LEN;
	const char *ext = strrchr(c->thumb.type, '/');
	return mem_printf("%.*s-%ux%u.%s", hashed ? NAME_HEX : STORE_ID_MAX, hashed ? c->doc.sha256 : c->doc.media_id,
			  c->thumb.width, c->thumb.height,
			  str_eq(ext, "/jpeg")	? "jpg"
			  : str_eq(ext, "/png") ? "png"
						: "webp");
}

int
format_picture_find(const struct record *rec, const struct store_blobs *blobs, uint32_t width,
		    struct format_picture *out, struct err *err)
{
	struct choice c;
	struct buf path;
	int rc = -1;
	*out = (struct format_picture){.src = NULL};
	buf_init(&out->bytes, FORMAT_PICTURE_MAX);
	buf_init(&path, PATH_LEN_MAX);
	if (!choose(rec, width, &c))
		(void)err_set(err, ERR_NOTFOUND, "no picture");
	else if (store_thumb_path(c.doc.media_id, c.thumb.width, c.thumb.height, c.thumb.type, c.thumb.method, &path,
				  err) == 0)
		rc = read_thumb(blobs, path.p, &out->bytes, err);
	if (rc == 0) {
		out->width = c.thumb.width;
		out->height = c.thumb.height;
		out->type = mem_strdup(c.thumb.type);
		out->name = file_name(&c);
		out->path = buf_take(&path);
	} else {
		buf_clear(&out->bytes);
	}
	buf_clear(&path);
	choice_clear(&c);
	return rc;
}

void
format_picture_embed(struct format_picture *pic)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *p = (const unsigned char *)pic->bytes.p;
	size_t n = pic->bytes.len;
	struct buf b;
	buf_init(&b, FORMAT_PICTURE_MAX * 2);
	(void)buf_addf(&b, "data:%s;base64,", pic->type);
	for (; n > 0; p += n < 3 ? n : 3, n -= n < 3 ? n : 3) {
		uint32_t v = (uint32_t)p[0] << 16 | (n > 1 ? (uint32_t)p[1] << 8 : 0) | (n > 2 ? p[2] : 0);
		const char four[4] = {digits[v >> 18], digits[v >> 12 & 63], n > 1 ? digits[v >> 6 & 63] : '=',
				      n > 2 ? digits[v & 63] : '='};
		(void)buf_add(&b, four, sizeof four);
	}
	mem_free(pic->src);
	pic->src = buf_take(&b);
}

void
format_picture_clear(struct format_picture *pic)
{
	mem_free(pic->src);
	mem_free(pic->type);
	mem_free(pic->name);
	mem_free(pic->path);
	buf_clear(&pic->bytes);
	*pic = (struct format_picture){.src = NULL};
}
