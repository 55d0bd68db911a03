/* What is a filter believed about?  Its own business: none may turn a record into an answer to another question, and only
 * fetch brings documents.  So a filter in hostile hands spoils no other URL's preview, nor a picture that pages share. */
#include "preview/router.h"

enum { FETCH = 1 << STAGE_FETCH, OG = 1 << STAGE_OG, OEMBED = 1 << STAGE_OEMBED, THUMB = 1 << STAGE_THUMB, NOBODY = 0 };

/* Members that are not here, like warnings and error, are everybody's. */
static const struct {
	const char *key;
	unsigned set, drop; /* by whom */
} members[] = {
    {"v", NOBODY, NOBODY},	{"url", NOBODY, NOBODY},   {"ts", NOBODY, NOBODY},
    {"user", NOBODY, NOBODY},	{"lang", NOBODY, NOBODY},  {"explain", NOBODY, NOBODY},
    {"icons", NOBODY, NOBODY},	{"trace", NOBODY, NOBODY}, {"docs", FETCH, FETCH},
    {"html", OG, OG},		{"icon", OG, OG},	   {"og", OG, OG | OEMBED},
    {"oembed", OEMBED, OEMBED}, {"image", THUMB, THUMB},   {"thumbs", THUMB, THUMB},
    {"dropped", THUMB, THUMB},
};

/* What and where, and no more: what is had of it already the desk alone says, for fetch names that again as the document
 * of this address when the other side says that it has not changed. */
static void
keep_wishes(struct record *now)
{
	struct json *left = json_array();
	char *rel, *url;
	for (size_t i = 0; i < RECORD_WANT_MAX && record_want_at(now, i, &rel, &url); i++) {
		struct json *w = json_object();
		json_set_str(w, "rel", rel);
		json_set_str(w, "url", url);
		json_add(left, w);
		mem_free(rel);
		mem_free(url);
	}
	if (json_len(left) > 0) {
		json_set(now->j, "want", left);
	} else {
		json_free(left);
		json_del(now->j, "want");
	}
}

void
router_believe(struct record *now, const struct record *was, enum stage s)
{
	for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
		const char *key = members[i].key;
		unsigned may = json_has(now->j, key) ? members[i].set : members[i].drop;
		struct json *v = json_get(was->j, key);
		if ((may & 1U << s) != 0)
			json_free(v);
		else if (v != NULL)
			json_set(now->j, key, v);
		else
			json_del(now->j, key);
	}
	if (json_has(now->j, "want"))
		keep_wishes(now);
	json_del(now->j, "cache"); /* what is on its way was not answered by the cache */
}
