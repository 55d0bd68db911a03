/* Why did these values win?  The notes of a page become the members "where", "others" and "skipped" of its "html". */
#include "page/notes.h"

#include <string.h>

static const char later[] = "a source that comes later", same[] = "says the same";

static void
set_place(struct json *j, const struct page_place *place)
{
	if (place->from != NULL)
		json_set_str(j, "from", place->from);
	if (place->line > 0) {
		json_set_int(j, "offset", (int64_t)place->offset);
		json_set_int(j, "line", (int64_t)place->line);
	}
}

static void
add_other(struct json *list, const struct page_note *note, const char *why)
{
	struct json *one = json_object();
	json_set_str(one, "source", page_source_name(note->source));
	json_set_str(one, "value", note->value);
	json_set_str(one, "why", why);
	set_place(one, &note->place);
	json_add(list, one);
}

/* ---- members ------------------------------------------------------------------------------------------- */

/* The one whose value is the answer: that of the source which is said to have won, else the nearest. */
static const struct page_note *
winner(const struct page_notes *n, const char *key, const char *source)
{
	const struct page_note *best = NULL;
	for (size_t i = 0; i < n->n; i++) {
		const struct page_note *note = &n->note[i];
		if (note->why != NULL || !str_eq(note->key, key) || page_field_unusable(key, note->value) != NULL)
			continue;
		if (source != NULL ? str_eq(page_source_name(note->source), source) && best == NULL
				   : best == NULL || note->source < best->source)
			best = note;
	}
	return best;
}

static const char *
why_lost(const struct page_note *note, const struct page_note *won)
{
	if (note->why != NULL && (won == NULL || note->cut || !str_eq(note->value, won->value)))
		return note->why;
	if (won != NULL && !note->cut && str_eq(note->value, won->value))
		return same;
	const char *unusable = page_field_unusable(note->key, note->value);
	return unusable != NULL ? unusable : later;
}

/* In the order of the sources, and of one source in that of the page. */
static void
explain_key(const struct page_notes *n, const char *key, const char *source, struct json *where, struct json *others)
{
	const struct page_note *won = winner(n, key, source);
	struct json *list = json_array();
	for (enum page_source s = PAGE_OG; s < PAGE_SOURCES; s++)
		for (size_t i = 0; i < n->n; i++)
			if (n->note[i].source == s && &n->note[i] != won && str_eq(n->note[i].key, key))
				add_other(list, &n->note[i], why_lost(&n->note[i], won));
	if (won != NULL && won->place.line > 0) {
		struct json *place = json_object();
		json_set_str(place, "source", page_source_name(won->source));
		set_place(place, &won->place);
		json_set(where, key, place);
	}
	if (json_len(list) > 0)
		json_set(others, key, list);
	else
		json_free(list);
}

/* ---- images: the record has a list of those that may be tried ------------------------------------------------ */

/* Its place among the candidates; false: it is none of them. */
static bool
place_image(struct json *images, const char *url, const struct page_note *note)
{
	bool found = false;
	for (size_t i = 0, n = json_len(images); i < n && !found; i++) {
		struct json *image = json_at(images, i);
		found = str_eq(json_str(image, "url"), url) || (note->cut && str_starts(json_str(image, "url"), url));
		json_free(image);
	}
	return found;
}

static const char *
why_no_image(const struct page_note *note, const char *url, bool listed, size_t images)
{
	if (note->why != NULL)
		return note->why;
	if (*note->value == '\0')
		return "empty";
	if (url == NULL)
		return "not a usable URL";
	if (listed)
		return same;
	if (images >= PAGE_IMAGES_MAX)
		return "more candidates than are kept";
	return note->source == PAGE_JSONLD ? "of another thing than the page" : later;
}

/* The first note of each candidate says where it stands. */
static struct json *
placed_images(const struct page_notes *n, const struct json *images, const char *base, struct json *lost)
{
	struct json *out = json_array();
	bool used[NOTES_MAX] = {false};
	for (size_t k = 0, count = json_len(images); k < count; k++) {
		struct json *image = json_at(images, k);
		bool placed = false;
		for (size_t i = 0; i < n->n && !placed; i++) {
			const struct page_note *note = &n->note[i];
			char *url = str_eq(note->key, "og:image") && note->why == NULL
					? page_image_address(base, note->value)
					: NULL;
			placed = url != NULL && (str_eq(url, json_str(image, "url")) ||
						 (note->cut && str_starts(json_str(image, "url"), url)));
			used[i] = used[i] || placed;
			if (placed)
				set_place(image, &note->place);
			mem_free(url);
		}
		json_add(out, image);
	}
	for (size_t i = 0; i < n->n; i++) {
		if (used[i] || !str_eq(n->note[i].key, "og:image"))
			continue;
		char *url = page_image_address(base, n->note[i].value);
		bool listed = url != NULL && place_image(out, url, &n->note[i]);
		add_other(lost, &n->note[i], why_no_image(&n->note[i], url, listed, json_len(out)));
		mem_free(url);
	}
	return out;
}

static void
explain_images(const struct page_notes *n, const char *base, struct json *out, struct json *others)
{
	struct json *images = json_get(out, "images"), *lost = json_array();
	struct json *placed = placed_images(n, images, base, lost);
	if (json_len(placed) > 0)
		json_set(out, "images", placed);
	else
		json_free(placed);
	if (json_len(lost) > 0)
		json_set(others, "og:image", lost);
	else
		json_free(lost);
	json_free(images);
}

/* ---- the whole -------------------------------------------------------------------------------------------- */

static struct json *
skipped(const struct page_notes *n)
{
	struct json *list = json_array();
	for (size_t i = 0; i < n->skips; i++) {
		const struct page_skip *s = &n->skip[i];
		struct json *one = json_object();
		json_set_str(one, "what", s->what);
		json_set_str(one, "why", s->why);
		json_set_int(one, "count", (int64_t)s->count);
		if (s->limit > 0)
			json_set_int(one, "limit", (int64_t)s->limit);
		if (s->line > 0) {
			json_set_int(one, "offset", (int64_t)s->offset);
			json_set_int(one, "line", (int64_t)s->line);
		}
		json_add(list, one);
	}
	return list;
}

void
page_facts_explain(const struct page_facts *f, const char *base, struct json *out)
{
	const struct page_notes *n = f->notes;
	struct json *where = json_object(), *others = json_object(), *done = json_object();
	struct json *sources = json_get(out, "sources");
	explain_images(n, base, out, others);
	json_set_bool(done, "og:image", true);
	for (size_t i = 0; i < n->n; i++) {
		const char *key = n->note[i].key;
		if (json_has(done, key))
			continue;
		json_set_bool(done, key, true);
		explain_key(n, key, json_str(sources, key), where, others);
	}
	json_set_some(out, "where", where);
	json_set_some(out, "others", others);
	json_set_some(out, "skipped", skipped(n));
	json_free(sources);
	json_free(done);
}
