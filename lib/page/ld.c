/* What do a page's JSON-LD scripts say of it?  Of all the things they speak of, the one the page is about (schema.org). */
#include "page/notes.h"

#include <string.h>

enum { LD_IMAGES_MAX = 4, NAMES_MAX = 4 };

/* What a thing is to its page, nearest first.  An article's own words go before those of the video in it, and these
 * before those of the page around both. */
enum rank {
	RANK_ARTICLE,
	RANK_WORK,
	RANK_MEDIA,
	RANK_THING,
	RANK_PAGE,
	RANKS,
	RANK_SITE = RANKS,
	RANK_MAKER,
	RANK_NONE
};

static const struct {
	const char *type; /* "*X": every type whose name ends in X */
	enum rank rank;
} types[] = {
    {"JobPosting", RANK_WORK},
    {"*Article", RANK_ARTICLE},
    {"*Posting", RANK_ARTICLE},
    {"Report", RANK_ARTICLE},
    {"*Event", RANK_WORK},
    {"*Application", RANK_WORK},
    {"*Episode", RANK_WORK},
    {"*Series", RANK_WORK},
    {"*Season", RANK_WORK},
    {"Product", RANK_WORK},
    {"ProductGroup", RANK_WORK},
    {"ProductModel", RANK_WORK},
    {"IndividualProduct", RANK_WORK},
    {"Vehicle", RANK_WORK},
    {"Car", RANK_WORK},
    {"Recipe", RANK_WORK},
    {"Movie", RANK_WORK},
    {"Book", RANK_WORK},
    {"Audiobook", RANK_WORK},
    {"MusicAlbum", RANK_WORK},
    {"MusicRecording", RANK_WORK},
    {"MusicPlaylist", RANK_WORK},
    {"VideoGame", RANK_WORK},
    {"Game", RANK_WORK},
    {"Course", RANK_WORK},
    {"HowTo", RANK_WORK},
    {"Question", RANK_WORK},
    {"Dataset", RANK_WORK},
    {"SoftwareSourceCode", RANK_WORK},
    {"CreativeWork", RANK_WORK},
    {"Photograph", RANK_WORK},
    {"VisualArtwork", RANK_WORK},
    {"Painting", RANK_WORK},
    {"Service", RANK_WORK},
    {"VideoObject", RANK_MEDIA},
    {"AudioObject", RANK_MEDIA},
    {"Clip", RANK_MEDIA},
    {"*Page", RANK_PAGE},
    {"RealEstateListing", RANK_PAGE},
    {"MediaGallery", RANK_PAGE},
    {"ImageGallery", RANK_PAGE},
    {"WebSite", RANK_SITE},
    {"Organization", RANK_MAKER},
    {"*Organization", RANK_MAKER},
    {"Corporation", RANK_MAKER},
};

/* Its words, and where they go. */
enum { MAIN, ABOUT, AUTHOR, PUBLISHER, PUBLISHED, MODIFIED, SECTION, TAGS, PRICE, CURRENCY, AVAILABILITY, TYPE, WORDS };

static const enum page_field field_of[WORDS] = {
    [MAIN] = FIELD_TITLE,
    [ABOUT] = FIELD_DESCRIPTION,
    [AUTHOR] = FIELD_AUTHOR,
    [PUBLISHER] = FIELD_SITE_NAME,
    [PUBLISHED] = FIELD_PUBLISHED,
    [MODIFIED] = FIELD_MODIFIED,
    [SECTION] = FIELD_SECTION,
    [TAGS] = FIELD_TAGS,
    [PRICE] = FIELD_PRICE,
    [CURRENCY] = FIELD_CURRENCY,
    [AVAILABILITY] = FIELD_AVAILABILITY,
    [TYPE] = FIELD_TYPE,
};

struct thing {
	bool seen, exact; /* exact: it says itself that it is this page's */
	bool many;	  /* so is another: a list, not what the page is about */
	char *word[WORDS];
	struct page_image image[LD_IMAGES_MAX];
	size_t images;
	struct page_media video;
	struct page_place *place; /* of the words; NULL unless asked */
};

struct page_ld {
	struct thing thing[RANKS];
	char *site, *maker;
	struct page_place site_place, maker_place;
};

static void
thing_clear(struct thing *t)
{
	for (size_t i = 0; i < WORDS; i++)
		mem_free(t->word[i]);
	for (size_t i = 0; i < t->images; i++) {
		mem_free(t->image[i].url);
		mem_free(t->image[i].type);
		mem_free(t->image[i].width);
		mem_free(t->image[i].height);
		mem_free(t->image[i].alt);
	}
	mem_free(t->video.url);
	mem_free(t->video.player);
	mem_free(t->video.type);
	mem_free(t->video.width);
	mem_free(t->video.height);
	for (size_t i = 0; t->place != NULL && i < WORDS; i++)
		mem_free(t->place[i].from);
	mem_free(t->place);
	*t = (struct thing){.seen = false};
}

void
page_ld_free(struct page_ld *ld)
{
	for (size_t i = 0; ld != NULL && i < RANKS; i++)
		thing_clear(&ld->thing[i]);
	if (ld != NULL) {
		mem_free(ld->site);
		mem_free(ld->maker);
		mem_free(ld->site_place.from);
		mem_free(ld->maker_place.from);
	}
	mem_free(ld);
}

/* "https://schema.org/InStock" is InStock. */
static char *
term(char *take)
{
	const char *slash = take == NULL ? NULL : strrchr(take, '/');
	if (slash == NULL || slash[1] == '\0')
		return take;
	char *tail = mem_strdup(slash + 1);
	mem_free(take);
	return tail;
}

/* ---- pictures and films -------------------------------------------------------------------------------------------- */

static void
note_image(struct page_facts *f, struct ld *l, const char *url)
{
	if (f->notes == NULL)
		return;
	page_notes_ld(f, l, &f->notes->at);
	page_note(f, "og:image", PAGE_JSONLD, url, NULL);
}

static void
add_images(struct page_facts *f, struct thing *t, struct ld *l, size_t i, int follow)
{
	if (i != 0 && t->images == LD_IMAGES_MAX)
		page_skip(f, "images", "JSON-LD has more of one thing than are kept", LD_IMAGES_MAX);
	if (i == 0 || follow == 0 || t->images == LD_IMAGES_MAX || !page_ld_spend(l, 1))
		return;
	if (l->node[i].type == LD_ARRAY) {
		for (size_t k = i + 1; k < l->node[i].next; k = l->node[k].next)
			add_images(f, t, l, k, follow - 1);
		return;
	}
	char *url = page_ld_address(l, i, follow);
	if (url == NULL)
		return;
	note_image(f, l, url);
	struct page_image *image = &t->image[t->images++];
	image->source = PAGE_JSONLD;
	image->url = url;
	if (l->node[i].type != LD_OBJECT)
		return;
	i = page_ld_resolve(l, i);
	image->width = page_ld_pixels(l, i, "width");
	image->height = page_ld_pixels(l, i, "height");
	image->alt = LD_FIRST(l, i, "caption", "alternateName");
	image->type = LD_FIRST(l, i, "encodingFormat", "fileFormat");
}

static void
read_images(struct page_facts *f, struct thing *t, struct ld *l, size_t i)
{
	static const char *const names[] = {"image", "primaryImageOfPage", "thumbnailUrl", "thumbnail", "photo"};
	for (size_t n = 0; n < sizeof names / sizeof names[0]; n++)
		add_images(f, t, l, page_ld_get(l, i, names[n]), LD_FOLLOW_MAX);
}

/* Of the thing itself where it is one, else of the one it holds. */
static void
read_video(struct page_facts *f, struct thing *t, struct ld *l, size_t i, bool media)
{
	size_t v = media ? i : page_ld_get(l, i, "video");
	if (v == 0)
		v = page_ld_get(l, i, "audio");
	while (v != 0 && l->node[v].type == LD_ARRAY)
		v = l->node[v].next > v + 1 ? v + 1 : 0;
	if (v == 0 || l->node[v].type != LD_OBJECT)
		return;
	v = page_ld_resolve(l, v);
	t->video.url = page_ld_address(l, page_ld_get(l, v, "contentUrl"), LD_FOLLOW_MAX);
	t->video.player = page_ld_address(l, page_ld_get(l, v, "embedUrl"), LD_FOLLOW_MAX);
	t->video.type = LD_FIRST(l, v, "encodingFormat");
	t->video.width = page_ld_pixels(l, v, "width");
	t->video.height = page_ld_pixels(l, v, "height");
	if (!media)
		read_images(f, t, l, v);
}

/* ---- one thing ----------------------------------------------------------------------------------------------------- */

static bool
type_is(struct ld *l, size_t i, const char *type)
{
	size_t n = strlen(type);
	if (*type != '*')
		return page_ld_is(l, i, type);
	const struct ld_node *node = &l->node[i];
	return node->type == LD_STRING && node->len >= n - 1 &&
	       memcmp(l->s + node->at + node->len - (n - 1), type + 1, n - 1) == 0;
}

static enum rank
rank_of_type(struct ld *l, size_t i)
{
	for (size_t t = 0; t < sizeof types / sizeof types[0]; t++)
		if (type_is(l, i, types[t].type))
			return types[t].rank;
	return RANK_NONE;
}

/* Of several types the nearest one counts. */
static enum rank
rank_of(struct ld *l, size_t object, size_t *type)
{
	size_t i = page_ld_get(l, object, "@type");
	*type = i;
	if (i == 0 || l->node[i].type != LD_ARRAY)
		return i == 0 ? RANK_NONE : rank_of_type(l, i);
	enum rank best = RANK_NONE;
	for (size_t k = i + 1; k < l->node[i].next; k = l->node[k].next) {
		enum rank r = rank_of_type(l, k);
		if (r < best || k == i + 1)
			*type = k;
		best = r < best ? r : best;
	}
	return best;
}

/* Without fragment and last slash. */
static bool
same_page(const char *a, const char *b)
{
	size_t n = strcspn(a, "#"), m = strcspn(b, "#");
	while (n > 0 && a[n - 1] == '/')
		n--;
	while (m > 0 && b[m - 1] == '/')
		m--;
	return n == m && n > 0 && memcmp(a, b, n) == 0;
}

static bool
of_this_page(const struct page_facts *f, struct ld *l, size_t i)
{
	static const char *const names[] = {"mainEntityOfPage", "url", "@id"};
	bool is = false;
	for (size_t n = 0; n < sizeof names / sizeof names[0] && !is; n++) {
		size_t v = page_ld_get(l, i, names[n]), id = v != 0 ? page_ld_get(l, v, "@id") : 0;
		char *url = v == 0 ? NULL : page_ld_url(l, id != 0 ? id : v);
		is = url != NULL && ((f->url != NULL && same_page(url, f->url)) ||
				     (f->canonical != NULL && same_page(url, f->canonical)));
		mem_free(url);
	}
	return is;
}

/* NULL: it has none. */
static void
put(struct page_facts *f, struct thing *t, struct ld *l, size_t word, char *text_or_null)
{
	t->word[word] = text_or_null;
	if (f->notes == NULL || text_or_null == NULL)
		return;
	if (t->place == NULL)
		t->place = mem_array(WORDS, sizeof *t->place);
	page_notes_ld(f, l, &t->place[word]);
}

static void
read_offer(struct page_facts *f, struct thing *t, struct ld *l, size_t i)
{
	size_t offer = page_ld_get(l, i, "offers");
	while (offer != 0 && l->node[offer].type == LD_ARRAY)
		offer = l->node[offer].next > offer + 1 ? offer + 1 : 0;
	if (offer == 0 || l->node[offer].type != LD_OBJECT)
		return;
	offer = page_ld_resolve(l, offer);
	size_t by = page_ld_get(l, offer, "priceSpecification");
	while (by != 0 && l->node[by].type == LD_ARRAY)
		by = l->node[by].next > by + 1 ? by + 1 : 0;
	put(f, t, l, PRICE, LD_FIRST(l, offer, "price", "lowPrice"));
	put(f, t, l, CURRENCY, LD_FIRST(l, offer, "priceCurrency"));
	if (t->word[PRICE] == NULL && by != 0)
		put(f, t, l, PRICE, LD_FIRST(l, by, "price"));
	if (t->word[CURRENCY] == NULL && by != 0)
		put(f, t, l, CURRENCY, LD_FIRST(l, by, "priceCurrency"));
	put(f, t, l, AVAILABILITY, term(LD_FIRST(l, offer, "availability")));
}

static void
read_words(struct page_facts *f, struct thing *t, struct ld *l, size_t i)
{
	static const char *const makers[] = {"author", "creator", "byArtist"};
	put(f, t, l, ABOUT, LD_FIRST(l, i, "description", "abstract"));
	for (size_t n = 0; n < sizeof makers / sizeof makers[0] && t->word[AUTHOR] == NULL; n++)
		put(f, t, l, AUTHOR, page_ld_joined(l, page_ld_get(l, i, makers[n]), NAMES_MAX));
	put(f, t, l, PUBLISHER, LD_FIRST(l, i, "publisher"));
	put(f, t, l, PUBLISHED, LD_FIRST(l, i, "datePublished", "uploadDate", "dateCreated"));
	put(f, t, l, MODIFIED, LD_FIRST(l, i, "dateModified"));
	put(f, t, l, SECTION, LD_FIRST(l, i, "articleSection", "genre", "category"));
	put(f, t, l, TAGS, page_ld_joined(l, page_ld_get(l, i, "keywords"), PAGE_TAGS_MAX));
}

static const char of_many[] = "of one of several things, not of the page";

static void
note_title(struct page_facts *f, struct ld *l, const char *title)
{
	if (f->notes == NULL || title == NULL)
		return;
	page_notes_ld(f, l, &f->notes->at);
	page_note_field(f, FIELD_TITLE, PAGE_JSONLD, title, of_many);
}

/* What was taken before gives way to what says itself that it is the page's. */
static void
forget(struct page_facts *f, struct thing *t)
{
	if (t->place != NULL && t->word[MAIN] != NULL) {
		page_notes_back(f, &t->place[MAIN]);
		page_note_field(f, FIELD_TITLE, PAGE_JSONLD, t->word[MAIN], of_many);
	}
	thing_clear(t);
}

/* false: it is not the one. */
static bool
take(struct page_facts *f, struct ld *l, size_t i, enum rank rank, size_t type)
{
	struct thing *t = &f->ld->thing[rank];
	if (t->seen && t->exact)
		return false;
	bool exact = of_this_page(f, l, i);
	char *title = LD_FIRST(l, i, "headline", "name", "alternativeHeadline");
	size_t from = l->from;
	if (t->seen && !exact) { /* said twice is not two */
		t->many = t->many || !str_eq(title, t->word[MAIN]);
		note_title(f, l, title);
		mem_free(title);
		return false;
	}
	forget(f, t);
	t->seen = true;
	t->exact = exact;
	l->from = from;
	put(f, t, l, MAIN, title);
	l->from = type;
	put(f, t, l, TYPE, type == 0 ? NULL : term(page_ld_text(l, type)));
	read_words(f, t, l, i);
	read_offer(f, t, l, i);
	read_images(f, t, l, i);
	read_video(f, t, l, i, rank == RANK_MEDIA);
	return true;
}

static void
name_of(struct page_facts *f, char **slot, struct page_place *place, struct ld *l, size_t i)
{
	if (*slot != NULL)
		return;
	*slot = LD_FIRST(l, i, "name");
	if (*slot != NULL)
		page_notes_ld(f, l, place);
}

/* ---- a script: what stands at its top, and what its page says it is about ------------------------------------- */

static void visit(struct page_facts *f, struct ld *l, size_t i, bool main, int follow);

static void
visit_all(struct page_facts *f, struct ld *l, size_t i, bool main, int follow)
{
	if (i == 0)
		return;
	if (l->node[i].type != LD_ARRAY) {
		visit(f, l, i, main, follow);
		return;
	}
	if (main && l->node[i].next > l->node[i + 1].next) /* several: a list of questions, of products … */
		return;
	for (size_t k = i + 1; k < l->node[i].next; k = l->node[k].next)
		visit(f, l, k, main, follow);
}

static void
visit(struct page_facts *f, struct ld *l, size_t i, bool main, int follow)
{
	size_t type = 0;
	if (follow == 0 || (l->node[i].type != LD_OBJECT && l->node[i].type != LD_ARRAY))
		return;
	if (l->node[i].type == LD_ARRAY) {
		visit_all(f, l, i, false, follow - 1);
		return;
	}
	i = main ? page_ld_resolve(l, i) : i;
	visit_all(f, l, page_ld_get(l, i, "@graph"), false, follow - 1);
	enum rank rank = rank_of(l, i, &type);
	if (rank == RANK_NONE && type != 0 && (main || page_ld_get(l, i, "headline") != 0))
		rank = RANK_THING;
	if (rank == RANK_SITE)
		name_of(f, &f->ld->site, &f->ld->site_place, l, i);
	else if (rank == RANK_MAKER)
		name_of(f, &f->ld->maker, &f->ld->maker_place, l, i);
	else if (rank != RANK_NONE && take(f, l, i, rank, type) && rank == RANK_PAGE)
		visit_all(f, l, page_ld_get(l, i, "mainEntity"), true, follow - 1);
}

void
page_ld_read(struct page_facts *f, const char *p, size_t n)
{
	struct ld l;
	if (n > LD_BYTES_MAX || page_ld_parse(&l, p, n) < 0) {
		if (n > LD_BYTES_MAX)
			page_skip(f, "JSON-LD", "longer than is read", LD_BYTES_MAX);
		else
			page_skip(f, "JSON-LD", l.big ? "more values than are read" : "no JSON",
				  l.big ? LD_NODES_MAX : 0);
		return;
	}
	if (l.nodes == 1)
		page_skip(f, "JSON-LD", "no JSON", 0);
	if (f->ld == NULL)
		f->ld = mem_alloc(sizeof *f->ld);
	for (size_t i = 1; i < l.node[0].next; i = l.node[i].next)
		visit(f, &l, i, false, LD_FOLLOW_MAX);
	if (!page_ld_spend(&l, 0))
		page_skip(f, "JSON-LD", "references that cost too much", 0);
	page_ld_clear(&l);
}

/* ---- the best of it ------------------------------------------------------------------------------------------------ */

static void
fill(struct page_facts *f, enum page_field field, const char *text, const struct page_place *place)
{
	if (text == NULL)
		return;
	if (place != NULL)
		page_notes_back(f, place);
	page_facts_field(f, field, PAGE_JSONLD, text, strlen(text));
}

static void
fill_all(struct page_facts *f, const struct thing *t)
{
	for (size_t w = 0; w < WORDS; w++) {
		const struct page_place *place = t->place != NULL ? &t->place[w] : NULL;
		if (!t->many) {
			fill(f, field_of[w], t->word[w], place);
		} else if (place != NULL && t->word[w] != NULL) {
			page_notes_back(f, place);
			page_note_field(f, field_of[w], PAGE_JSONLD, t->word[w], of_many);
		}
	}
}

void
page_ld_finish(struct page_facts *f)
{
	for (size_t r = 0; f->ld != NULL && r < RANKS; r++) {
		const struct thing *t = &f->ld->thing[r];
		fill_all(f, t);
		if (t->video.url != NULL || t->video.player != NULL)
			if (!t->many && f->film == NULL)
				f->film = &t->video;
	}
	if (f->ld == NULL)
		return;
	fill(f, FIELD_SITE_NAME, f->ld->site, &f->ld->site_place);
	fill(f, FIELD_SITE_NAME, f->ld->maker, &f->ld->maker_place);
}

const struct page_image *
page_ld_image(const struct page_facts *f, size_t i)
{
	for (size_t r = 0; f->ld != NULL && r < RANKS; r++) {
		const struct thing *t = &f->ld->thing[r];
		if (t->many)
			continue;
		if (i < t->images)
			return &t->image[i];
		i -= t->images;
	}
	return NULL;
}
