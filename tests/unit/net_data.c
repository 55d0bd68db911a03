/* Are data: URLs read as spec A.6 has it? */
#include "net/net.h"

#include <stdlib.h>

#include "tests/unit/tap.h"

static const struct {
	const char *url, *type, *body; /* type NULL: refused */
} rows[] = {
    {"data:,X", "text/plain;charset=US-ASCII", "X"},
    {"data:,", "text/plain;charset=US-ASCII", ""},
    {"data:text/plain,X%20Y%", "text/plain", "X Y%"},
    {"data:text/html;charset=utf-8,<b>,</b>", "text/html", "<b>,</b>"},
    {"data:IMAGE/Png;base64,aGFsbG8=", "image/png", "hallo"},
    {"DATA:image/png;BASE64,aGFsbG8=", "image/png", "hallo"},
    {"data:image/png;charset=x;base64,aGFsbG8%3D", "image/png", "hallo"},
    {"data:image/png;base64, aG\nFs-_!bG8=", "image/png", "hallo"},
    {"data:image/png;base64,YWI=", "image/png", "ab"},
    {"data:image/png;base64,YQ==", "image/png", "a"},
    {"data:image/png;base64,", "image/png", ""},
    {"data:;base64,YQ==", "text/plain;charset=US-ASCII", "a"},
    {"data:nonsense,x", "text/plain", "x"},
    {"data:a/b/c,x", "text/plain", "x"},
    {"data:/x,x", "text/plain", "x"},
    {"data:image/,x", "text/plain", "x"},
    {"data:;x=y,x", "text/plain", "x"},
    {"data: image/gif ,x", "image/gif", "x"},
    {"data:im\xc3\xa4ge/gif,x", "text/plain", "x"},
    {"data:", NULL, NULL},
    {"data:image/png;base64", NULL, NULL},
    {"data:image/png;base64,Y", NULL, NULL},
    {"data:image/png;base64,YQ", NULL, NULL},
    {"data:image/png;base64,YQ=", NULL, NULL},
    {"data:image/png;base64,YWI", NULL, NULL},
    {"data:image/png;base64,Y===", NULL, NULL},
    {"http://x/", NULL, NULL},
};

static void
one(const char *url, const char *want_type, const char *want)
{
	struct buf b;
	struct err err = {0};
	char *type = NULL;
	buf_init(&b, NET_DATA_MAX);
	int rc = net_data_parse(url, &type, &b, &err);
	ok((rc == 0) == (want_type != NULL) && (rc == 0 || err.code != ERR_NONE), "%s is %s", url,
	   want_type != NULL ? "read" : "refused");
	is_str(type, want_type, "type");
	if (want != NULL)
		is_str(b.p != NULL ? b.p : "", want, "bytes");
	free(type);
	buf_clear(&b);
}

static void
size(size_t n, bool fits)
{
	static const char head[] = "data:image/png,";
	struct buf b;
	struct err err = {0};
	char *type = NULL, *url = mem_alloc(sizeof head + n);
	memcpy(url, head, sizeof head - 1);
	memset(url + sizeof head - 1, 'x', n);
	buf_init(&b, NET_DATA_MAX);
	int rc = net_data_parse(url, &type, &b, &err);
	ok((rc == 0) == fits && (fits || (err.code == ERR_LIMIT && type == NULL)), "%zu bytes %s", n,
	   fits ? "fit" : "are too much");
	free(url);
	free(type);
	buf_clear(&b);
}

int
main(void)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		one(rows[i].url, rows[i].type, rows[i].body);
	size(NET_DATA_MAX, true);
	size(NET_DATA_MAX + 1, false);
	return done();
}
