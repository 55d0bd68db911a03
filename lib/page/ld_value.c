/* What is the value of a JSON-LD member?  A string, a thing with a name, a reference to one, or a list of these. */
#include "page/int.h"

#include <string.h>

enum { LOOKS_MAX = 8192, LOOK_UP = 16, LIST_BYTES_MAX = 1000 };

static bool
same(struct ld *l, size_t a, size_t b)
{
	const struct ld_node *x = &l->node[a], *y = &l->node[b];
	return x->type == LD_STRING && y->type == LD_STRING && x->len == y->len &&
	       memcmp(l->s + x->at, l->s + y->at, x->len) == 0;
}

/* References may lead anywhere, in circles too, and lists may be long: what one script may cost is counted. */
bool
page_ld_spend(struct ld *l, size_t looks)
{
	l->looks += looks;
	return l->looks <= LOOKS_MAX;
}

/* An object that is nothing but a reference: the one of the same script that is more. */
size_t
page_ld_resolve(struct ld *l, size_t i)
{
	enum { NAME_AND_VALUE = 2 };
	size_t id = page_ld_get(l, i, "@id");
	if (id == 0 || l->node[i].next - i > 1 + 2 * NAME_AND_VALUE) /* @id, maybe @type */
		return i;
	if (!page_ld_spend(l, LOOK_UP))
		return i;
	for (size_t k = 1; k < l->nodes; k++) {
		size_t other = l->node[k].type == LD_OBJECT && k != i ? page_ld_get(l, k, "@id") : 0;
		if (other != 0 && l->node[k].next - k > l->node[i].next - i && same(l, id, other))
			return k;
	}
	return i;
}

static bool
is_null(struct ld *l, size_t i)
{
	return l->node[i].type == LD_WORD && l->node[i].len == 4 && memcmp(l->s + l->node[i].at, "null", 4) == 0;
}

char *
page_ld_name(struct ld *l, size_t i, int follow)
{
	static const char *const names[] = {"@value", "name", "headline", "legalName"};
	char *text = NULL;
	if (i == 0 || follow == 0 || is_null(l, i) || !page_ld_spend(l, 1))
		return NULL;
	if (l->node[i].type == LD_ARRAY) {
		for (size_t k = i + 1; k < l->node[i].next && text == NULL; k = l->node[k].next)
			text = page_ld_name(l, k, follow - 1);
		return text;
	}
	if (l->node[i].type != LD_OBJECT) {
		l->from = i;
		return page_ld_text(l, i);
	}
	i = page_ld_resolve(l, i);
	for (size_t n = 0; n < sizeof names / sizeof names[0] && text == NULL; n++)
		text = page_ld_name(l, page_ld_get(l, i, names[n]), follow - 1);
	return text;
}

/* A name of a thing is its address only if it says so itself: "#image" is none. */
static char *
address(char *take)
{
	if (take == NULL || str_istarts(take, "http://") || str_istarts(take, "https://"))
		return take;
	mem_free(take);
	return NULL;
}

char *
page_ld_address(struct ld *l, size_t i, int follow)
{
	static const char *const names[] = {"contentUrl", "url", "@value"};
	char *url = NULL;
	if (i == 0 || follow == 0 || !page_ld_spend(l, 1))
		return NULL;
	if (l->node[i].type == LD_ARRAY) {
		for (size_t k = i + 1; k < l->node[i].next && url == NULL; k = l->node[k].next)
			url = page_ld_address(l, k, follow - 1);
		return url;
	}
	if (l->node[i].type != LD_OBJECT) {
		l->from = i;
		return page_ld_url(l, i);
	}
	i = page_ld_resolve(l, i);
	for (size_t n = 0; n < sizeof names / sizeof names[0] && url == NULL; n++)
		url = page_ld_address(l, page_ld_get(l, i, names[n]), follow - 1);
	return url != NULL ? url : address(page_ld_address(l, page_ld_get(l, i, "@id"), follow - 1));
}

char *
page_ld_first(struct ld *l, size_t object, const char *const *names, size_t n)
{
	char *text = NULL;
	for (size_t i = 0; i < n && text == NULL; i++)
		text = page_ld_name(l, page_ld_get(l, object, names[i]), LD_FOLLOW_MAX);
	return text;
}
/* Several authors, several keywords: one line. */
char *
page_ld_joined(struct ld *l, size_t i, size_t max)
{
	struct buf b;
	size_t n = 0;
	if (i == 0 || l->node[i].type != LD_ARRAY)
		return page_ld_name(l, i, LD_FOLLOW_MAX);
	buf_init(&b, LIST_BYTES_MAX);
	for (size_t k = i + 1; k < l->node[i].next && n < max && !b.full; k = l->node[k].next) {
		char *text = page_ld_name(l, k, LD_FOLLOW_MAX);
		if (text != NULL)
			(void)buf_addf(&b, n++ > 0 ? ", %s" : "%s", text);
		mem_free(text);
	}
	if (b.len > 0)
		return buf_take(&b);
	buf_clear(&b);
	return NULL;
}

/* A number of pixels, be it 640, "640", "640px" or {"value":640}. */
char *
page_ld_pixels(struct ld *l, size_t object, const char *name)
{
	size_t i = page_ld_get(l, object, name);
	char *text = i != 0 && l->node[i].type == LD_OBJECT ? page_ld_name(l, page_ld_get(l, i, "value"), 1)
							    : page_ld_name(l, i, 1);
	size_t digits = text == NULL ? 0 : strspn(text, "0123456789");
	if (digits == 0 || digits > 6) {
		mem_free(text);
		return NULL;
	}
	text[digits] = '\0';
	return text;
}
