/* Does the tokenizer read tags and text as the HTML standard says?  html5lib's tokenizer data, whole and byte by byte. */
#include "page/int.h"

#include <dirent.h>
#include <stdlib.h>

#include "tests/unit/tap.h"

struct dump {
	struct html h;
	struct buf out;	 /* one token per line */
	struct buf text; /* characters not yet written */
	enum html_model keep;
	bool names; /* attributes are not written */
};

static void
flush(struct dump *d)
{
	if (d->text.len > 0) {
		(void)buf_adds(&d->out, "C ");
		(void)buf_add(&d->out, d->text.p, d->text.len);
		(void)buf_addc(&d->out, '\n');
	}
	buf_reset(&d->text);
}

/* As the tokenizer's consumer would: NUL and CR LF as the standard has them, names in lower case. */
static void
raw(struct buf *b, const char *p, size_t n, bool lower)
{
	for (size_t i = 0; i < n; i++) {
		if (p[i] == '\0')
			(void)buf_adds(b, "\xEF\xBF\xBD");
		else if (p[i] == '\r')
			(void)(i + 1 < n && p[i + 1] == '\n' ? 0 : buf_addc(b, '\n'));
		else
			(void)buf_addc(b, lower ? (char)str_lower((unsigned char)p[i]) : p[i]);
	}
}

static bool
seen(const struct html_tag *t, size_t i)
{
	for (size_t k = 0; k < i; k++) {
		const struct html_attr *a = &t->attr[k], *b = &t->attr[i];
		bool same = a->name_len == b->name_len;
		for (size_t c = 0; same && c < a->name_len; c++)
			same = str_lower((unsigned char)a->name[c]) == str_lower((unsigned char)b->name[c]);
		if (same)
			return true;
	}
	return false;
}

static enum html_model
on_start(void *arg, const struct html_tag *t)
{
	struct dump *d = arg;
	flush(d);
	(void)buf_adds(&d->out, "S ");
	raw(&d->out, t->name, t->name_len, true);
	for (size_t i = 0; i < t->n && !d->names; i++) {
		if (seen(t, i))
			continue;
		(void)buf_adds(&d->out, " [");
		raw(&d->out, t->attr[i].name, t->attr[i].name_len, true);
		(void)buf_adds(&d->out, "=");
		page_entity_decode(&d->out, t->attr[i].value, t->attr[i].value_len, true);
		(void)buf_adds(&d->out, "]");
	}
	(void)buf_adds(&d->out, t->self_closing ? " /\n" : "\n");
	return HTML_DATA;
}

static void
on_end(void *arg, const struct html_tag *t)
{
	struct dump *d = arg;
	flush(d);
	(void)buf_adds(&d->out, "E ");
	raw(&d->out, t->name, t->name_len, true);
	(void)buf_addc(&d->out, '\n');
}

static void
on_text(void *arg, const char *p, size_t n, bool refs)
{
	struct dump *d = arg;
	if (refs)
		page_entity_decode(&d->text, p, n, false);
	else
		raw(&d->text, p, n, false);
}

static void
on_comment(void *arg, const char *p, size_t n)
{
	(void)arg;
	(void)p;
	(void)n; /* comments say nothing here; that they end where they should shows in what follows */
}

static const struct html_events events = {on_start, on_end, on_text, on_comment};

static void
begin(struct dump *d, const char *state, const char *last)
{
	static const struct {
		const char *name;
		enum html_model model;
	} models[] = {{"RCDATA state", HTML_RCDATA},
		      {"RAWTEXT state", HTML_RAWTEXT},
		      {"Script data state", HTML_SCRIPT},
		      {"PLAINTEXT state", HTML_PLAINTEXT}};
	page_html_init(&d->h, &events, d);
	d->h.all_attrs = true;
	for (size_t i = 0; i < sizeof models / sizeof models[0]; i++)
		if (str_eq(state, models[i].name))
			d->h.model = models[i].model;
	if (last != NULL && strlen(last) < HTML_LAST_MAX) {
		d->h.last_len = strlen(last);
		(void)memcpy(d->h.last, last, d->h.last_len);
	}
}

static char *
run(const char *in, size_t n, const char *state, const char *last, bool bytewise)
{
	struct dump d;
	d.names = false;
	buf_init(&d.out, (size_t)1 << 20);
	buf_init(&d.text, (size_t)1 << 20);
	begin(&d, state, last);
	if (!bytewise) {
		(void)page_html_feed(&d.h, in, n, HTML_END);
	} else {
		size_t from = 0;
		for (size_t to = 1; to <= n; to++)
			from += page_html_feed(&d.h, in + from, to - from, HTML_MORE);
		(void)page_html_feed(&d.h, in + from, n - from, HTML_END);
	}
	flush(&d);
	buf_clear(&d.text);
	return buf_take(&d.out);
}

/* ---- what is expected ----------------------------------------------------------------------------------- */

static void
want_attr(void *arg, const char *key, const struct json *value)
{
	struct buf *b = arg;
	(void)buf_adds(b, " [");
	(void)buf_adds(b, key);
	(void)buf_adds(b, "=");
	(void)buf_adds(b, json_value_str(value));
	(void)buf_adds(b, "]");
}

static void
want(const struct json *output, struct buf *b)
{
	struct buf text;
	buf_init(&text, (size_t)1 << 20);
	for (size_t i = 0; i <= json_len(output); i++) {
		struct json *t = json_at(output, i), *kind = json_at(t, 0), *a = json_at(t, 1), *attrs = json_at(t, 2);
		const char *k = json_value_str(kind);
		if (k != NULL && strcmp(k, "Character") == 0) {
			(void)buf_adds(&text, json_value_str(a) != NULL ? json_value_str(a) : "");
		} else if (k == NULL || strcmp(k, "Comment") != 0) {
			if (text.len > 0)
				(void)buf_addf(b, "C %s\n", text.p);
			buf_reset(&text);
		}
		if (k != NULL && strcmp(k, "StartTag") == 0) {
			(void)buf_addf(b, "S %s", json_value_str(a));
			json_each(attrs, want_attr, b);
			(void)buf_adds(b, json_len(t) > 3 ? " /\n" : "\n");
		}
		if (k != NULL && strcmp(k, "EndTag") == 0)
			(void)buf_addf(b, "E %s\n", json_value_str(a));
		json_free(attrs);
		json_free(a);
		json_free(kind);
		json_free(t);
	}
	buf_clear(&text);
}

struct tally {
	size_t run, differ, split;
	bool verbose;
};

/* The JSON room cuts strings at NUL: those inputs cannot be had. */
static bool
holds_nul(const struct json *test)
{
	struct buf b;
	buf_init(&b, (size_t)1 << 20);
	(void)json_write(test, JSON_ASCII, &b);
	bool nul = b.len > 0 && strstr(b.p, "\\u0000") != NULL;
	buf_clear(&b);
	return nul;
}

static void
one(struct tally *t, const struct json *test, const char *state)
{
	struct json *output = json_get(test, "output");
	const char *in = json_str(test, "input"), *last = json_str(test, "lastStartTag");
	struct buf b;
	buf_init(&b, (size_t)1 << 20);
	if (in != NULL && !holds_nul(test)) {
		want(output, &b);
		char *got = run(in, strlen(in), state, last, false), *pieces = run(in, strlen(in), state, last, true);
		t->run++;
		t->split += strcmp(got, pieces) != 0;
		if (strcmp(got, pieces) != 0)
			(void)printf("# in pieces: %s: %s\n", state, json_str(test, "description"));
		if (strcmp(got, b.p != NULL ? b.p : "") != 0) {
			t->differ++;
			if (t->verbose)
				(void)printf("# %s: %s\n#  got  %s#  want %s", state, in, got,
					     b.p != NULL ? b.p : "\n");
		}
		mem_free(got);
		mem_free(pieces);
	}
	buf_clear(&b);
	json_free(output);
}

static void
each_state(struct tally *t, const struct json *test)
{
	struct json *states = json_get(test, "initialStates");
	bool escaped = false;
	(void)json_bool(test, "doubleEscaped", &escaped);
	if (!escaped && states == NULL)
		one(t, test, "Data state");
	for (size_t i = 0; !escaped && i < json_len(states); i++) {
		struct json *s = json_at(states, i);
		if (strcmp(json_value_str(s), "CDATA section state") != 0)
			one(t, test, json_value_str(s));
		json_free(s);
	}
	json_free(states);
}

static void
file(struct tally *t, const char *path)
{
	struct buf b;
	struct err err = {.code = ERR_NONE};
	buf_init(&b, (size_t)8 << 20);
	(void)io_read_file(path, b.max, &b, &err);
	struct json *j = b.len > 0 ? json_parse(b.p, b.len, &err) : NULL, *tests = json_get(j, "tests");
	for (size_t i = 0; i < json_len(tests); i++) {
		struct json *test = json_at(tests, i);
		each_state(t, test);
		json_free(test);
	}
	json_free(tests);
	json_free(j);
	buf_clear(&b);
}

static const char *
shared(void)
{
	const char *s = getenv("MX_SHARED");
	return s != NULL ? s : "../shared";
}

static void
html5lib(void)
{
	enum { RUN_MIN = 6000, SPLIT_MAX = 2 }; /* a reference of more than 64 digits may be cut in two */
	char *dir = mem_printf("%s/corpora/html5lib-tests/tokenizer", shared());
	DIR *d = opendir(dir);
	struct tally t = {.verbose = getenv("VERBOSE") != NULL};
	for (const struct dirent *e; d != NULL && (e = readdir(d)) != NULL;)
		if (strstr(e->d_name, ".test") != NULL && strcmp(e->d_name, "xmlViolation.test") != 0) {
			char *path = mem_printf("%s/%s", dir, e->d_name);
			file(&t, path);
			mem_free(path);
		}
	if (d == NULL) {
		(void)ok(1, "html5lib tokenizer data # SKIP not here");
	} else {
		(void)closedir(d);
		(void)ok(t.run > RUN_MIN && t.differ == 0, "html5lib: %zu of %zu differ", t.differ, t.run);
		(void)ok(t.split <= SPLIT_MAX, "fed byte by byte, the same (%zu differ)", t.split);
	}
	mem_free(dir);
}

static void
is_dump(const char *in, const char *expect, const char *name)
{
	char *got = run(in, strlen(in), "Data state", NULL, false),
	     *pieces = run(in, strlen(in), "Data state", NULL, true);
	(void)is_str(got, expect, name);
	(void)is_str(pieces, expect, name);
	mem_free(got);
	mem_free(pieces);
}

static void
elements(void)
{
	size_t wrong = 0;
	for (enum el e = 1; e < EL_COUNT; e++)
		wrong += page_el_find(page_el_name(e), strlen(page_el_name(e))) != e;
	(void)is_int((long long)wrong, 0, "every element is found by its name");
	wrong = 0;
	for (enum el e = 1; e < EL_COUNT; e++) {
		char upper[HTML_LAST_MAX + 1] = "";
		size_t n = strlen(page_el_name(e));
		for (size_t i = 0; i < n; i++)
			upper[i] = (char)(page_el_name(e)[i] - (page_el_name(e)[i] >= 'a' ? 'a' - 'A' : 0));
		wrong += page_el_find(upper, n) != e;
		upper[n - 1] ^= (char)0x80;
		wrong += page_el_find(upper, n) != EL_OTHER;
		upper[n - 1] = '\0';
		wrong += page_el_find(upper, n) != EL_OTHER;
	}
	(void)is_int((long long)wrong, 0, "and in capitals, but not by what is like it");
	(void)is_int(page_el_find("TiTlE", 5), EL_TITLE, "in any letter case");
	(void)is_int(page_el_find("titles", 6), EL_OTHER, "and no longer one");
	(void)is_int(page_el_find("foreignobjectandmore", 20), EL_OTHER, "nor a very long one");
}

/* Tags end where they end, whether their attributes are wanted or passed over: pages of all that matters there. */
static void
unwanted(void)
{
	static const char *const bits[] = {"<a",      "<P ", "</a",  "=", "=",	    "\"",
					   "'",	      ">",   ">",    " ", " ",	    "/",
					   "\n",      "x",   "href", "<", "=\"b\"", "='long enough for a block'",
					   "\xC3\xA9"};
	uint32_t seed = 1;
	size_t wrong = 0, tags = 0;
	for (int round = 0; round < 40000; round++) {
		char page[512];
		size_t len = 0;
		struct dump d[2];
		for (size_t left = 1 + (seed >> 8) % 12; left > 0; left--) {
			seed = seed * 1664525 + 1013904223;
			const char *bit = bits[(seed >> 16) % (sizeof bits / sizeof bits[0])];
			(void)memcpy(page + len, bit, strlen(bit));
			len += strlen(bit);
		}
		for (size_t i = 0; i < 2; i++) {
			buf_init(&d[i].out, 65536);
			buf_init(&d[i].text, 65536);
			begin(&d[i], "Data state", NULL);
			d[i].h.all_attrs = i == 0;
			d[i].names = true;
			(void)page_html_feed(&d[i].h, page, len, HTML_END);
			flush(&d[i]);
		}
		tags += d[0].out.len > 0 && d[0].out.p[0] == 'S';
		bool same = d[0].out.len == d[1].out.len && (d[0].out.len == 0 || strcmp(d[0].out.p, d[1].out.p) == 0);
		if (!same && wrong++ < 3)
			(void)printf("# %.*s\n# %s# %s", (int)len, page, d[0].out.p, d[1].out.p);
		for (size_t i = 0; i < 2; i++) {
			buf_clear(&d[i].out);
			buf_clear(&d[i].text);
		}
	}
	ok(wrong == 0 && tags > 500, "a tag ends where it ends, wanted or not: %zu differ, %zu begin with one", wrong,
	   tags);
}

int
main(void)
{
	elements();
	unwanted();
	is_dump("<a b='>' c=\"x&amp;y\" D=e/>t</A >", "S a [b=>] [c=x&y] [d=e/]\nC t\nE a\n", "tags, attributes, text");
	is_dump("a<!-- <b> --!>c<!-->d<!--->e<![CDATA[f]]>g", "C acdeg\n", "comments in all their endings");
	is_dump("a < b <3 </ x> </>c<", "C a < b <3  c<\n", "a bare '<' is text");
	is_dump("<p", "", "a tag cut off by the end is none");
	html5lib();
	return done();
}
