/* What was an answer made of?  Kept beside it, so that a card, an explanation or a renewal needs no page again.
 *
 *   docs, html, oembed, image, thumbs, dropped, warnings   as in the record, where they are there
 *   cut                                           true: html and oembed were too long together to be kept */
#include "preview/stages.h"

#include <string.h>

enum { DETAILS_MAX = 64 * 1024 }; /* bytes; the limits of html leave most pages far below */

static const char *const members[] = {"docs", "html", "oembed", "image", "thumbs", "dropped", "warnings"};
enum { MEMBERS = sizeof members / sizeof members[0] };

static void
copy(struct json *to, const struct json *from, const char *key)
{
	if (json_has(from, key))
		json_set(to, key, json_get(from, key));
}

struct json *
stage_details_doc(const struct json *doc)
{
	static const char *const passing[] = {"not_modified", "reused", "kept", "spare"};
	struct json *d = json_copy(doc);
	for (size_t i = 0; i < sizeof passing / sizeof passing[0]; i++)
		json_del(d, passing[i]);
	return d;
}

static void
add_docs(struct json *to, const struct record *rec)
{
	struct json *docs = json_get(rec->j, "docs"), *kept = json_array();
	for (size_t i = 0, n = json_len(docs); i < n; i++) {
		struct json *d = json_at(docs, i);
		json_add(kept, stage_details_doc(d));
		json_free(d);
	}
	json_set(to, "docs", kept);
	json_free(docs);
}

void
stage_details_set(struct record *rec, const struct json *details)
{
	for (size_t i = 0; i < MEMBERS; i++)
		copy(rec->j, details, members[i]);
}

/* What no later merge needs goes first, then all that is read from the page. */
static int
write_less(struct json *details, struct buf *out)
{
	struct json *html = json_get(details, "html");
	if (json_has(html, "others")) {
		json_del(html, "others");
		json_set(details, "html", json_copy(html));
	}
	json_free(html);
	if (json_write(details, 0, out) == 0)
		return 0;
	json_del(details, "html");
	json_del(details, "oembed");
	json_del(details, "warnings");
	json_set_bool(details, "cut", true);
	buf_reset(out);
	return json_write(details, 0, out);
}

char *
stage_details_text(const struct record *rec)
{
	struct buf text;
	struct json *details = json_object();
	for (size_t i = 0; i < MEMBERS; i++)
		copy(details, rec->j, members[i]);
	add_docs(details, rec);
	buf_init(&text, DETAILS_MAX);
	int rc = json_write(details, 0, &text);
	if (rc < 0) {
		buf_reset(&text);
		rc = write_less(details, &text);
	}
	json_free(details);
	if (rc == 0)
		return buf_take(&text);
	buf_clear(&text);
	return NULL;
}

struct json *
stage_details_parse(const char *text)
{
	struct json *j = text != NULL ? json_parse(text, strlen(text), NULL) : NULL;
	if (j != NULL && json_type(j) == JSON_OBJECT)
		return j;
	json_free(j);
	return NULL;
}
