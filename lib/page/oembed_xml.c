/* What does an oEmbed answer in XML say?  https://oembed.com §2.3.4.2: one element per member, as a flat object. */
#include "page/int.h"

#include <libxml/parser.h>
#include <stdio.h>
#include <string.h>

/* Refused are: a document type declaration (no answer needs one, and every entity attack does), nesting, and members
 * beyond what any answer has.  libxml2 bounds names and values itself as long as XML_PARSE_HUGE is not given. */
enum { DEPTH_MAX = 64, MEMBERS_MAX = 64, NAME_MAX_BYTES = 64, ATTRS_MAX = 4096 };

struct reader {
	xmlParserCtxtPtr ctxt;
	struct json *out;
	struct buf text;
	char name[NAME_MAX_BYTES + 1]; /* of the member being read; "": none */
	size_t depth, members;
	struct err *err;
	bool refused;
};

__attribute__((format(printf, 3, 4))) static void
refuse(struct reader *r, enum err_code code, const char *fmt, ...)
{
	char text[256];
	va_list ap;
	if (r->refused)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	(void)err_set(r->err, code, "oembed: %s", text);
	r->refused = true;
	xmlStopParser(r->ctxt);
}

static void
doctype(void *arg, const xmlChar *name, const xmlChar *public_id, const xmlChar *system_id)
{
	(void)public_id;
	(void)system_id;
	if (str_ieq((const char *)name, "html"))
		refuse(arg, ERR_INPUT, "a page, no answer");
	else
		refuse(arg, ERR_INPUT, "XML with a document type declaration");
}

static void
begin_member(struct reader *r, const char *name)
{
	size_t n = strlen(name);
	r->name[0] = '\0';
	buf_reset(&r->text);
	if (++r->members > MEMBERS_MAX)
		refuse(r, ERR_LIMIT, "XML with more than %d members", MEMBERS_MAX);
	if (n > NAME_MAX_BYTES)
		return;
	(void)memcpy(r->name, name, n + 1);
	str_tolower(r->name);
}

/* Elements inside a member say nothing but their text. */
static void
start(void *arg, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri, int ns, const xmlChar **nss, int attrs,
      int defaulted, const xmlChar **attr)
{
	struct reader *r = arg;
	(void)prefix, (void)uri, (void)ns, (void)nss, (void)attrs, (void)defaulted, (void)attr;
	r->depth++;
	if (r->depth == 1 && !str_ieq((const char *)name, "oembed"))
		refuse(r, ERR_INPUT, "XML of another kind: %.40s", (const char *)name);
	else if (r->depth == 2)
		begin_member(r, (const char *)name);
	else if (r->depth > DEPTH_MAX)
		refuse(r, ERR_LIMIT, "XML deeper than %d elements", DEPTH_MAX);
}

/* The first usable value of a name stays. */
static void
end(void *arg, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri)
{
	struct reader *r = arg;
	(void)name, (void)prefix, (void)uri;
	if (r->depth-- != 2 || r->name[0] == '\0' || r->text.full || str_isblank(r->text.p))
		return;
	if (!json_has(r->out, r->name))
		json_set_strn(r->out, r->name, r->text.p, r->text.len);
}

static void
characters(void *arg, const xmlChar *p, int n)
{
	struct reader *r = arg;
	if (r->depth >= 2 && r->name[0] != '\0' && n > 0)
		(void)buf_add(&r->text, p, (size_t)n);
}

static xmlEntityPtr
entity(void *arg, const xmlChar *name)
{
	(void)arg;
	return xmlGetPredefinedEntity(name);
}

/* libxml2 would write to standard error; it speaks in lines. */
static void
problem(void *arg, xmlErrorPtr e)
{
	const char *what = e->message != NULL ? e->message : "not well formed";
	if (e->level >= XML_ERR_ERROR)
		refuse(arg, ERR_INPUT, "XML line %d: %.*s", e->line, (int)strcspn(what, "\n"), what);
}

/* Blanks around a value are the layout's. */
static void
trim(struct json *j, const char *key)
{
	const char *s = json_str(j, key);
	if (s == NULL)
		return;
	size_t n = strlen(s);
	while (n > 0 && str_isspace((unsigned char)*s))
		s++, n--;
	while (n > 0 && str_isspace((unsigned char)s[n - 1]))
		n--;
	char *copy = mem_strndup(s, n);
	json_set_str(j, key, copy);
	mem_free(copy);
}

static void
trim_all(struct json *j)
{
	static const char *const keys[] = {"version",	       "type",	"url",	  "thumbnail_url", "thumbnail_width",
					   "thumbnail_height", "width", "height", "cache_age"};
	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
		trim(j, keys[i]);
}

/* ---- before the parser ------------------------------------------------------------------------------ */

/* libxml2 compares every attribute of a tag with every other: 100,000 of them take seconds.  What could be one is
 * counted beforehand. */
static bool
too_many_attributes(const char *p, size_t n)
{
	size_t count = 0;
	char last = '\0';
	for (size_t i = 0; i < n && count <= ATTRS_MAX; i++) {
		if (str_isspace((unsigned char)p[i]))
			continue;
		if ((p[i] == '"' || p[i] == '\'') && last == '=')
			count++;
		last = p[i];
	}
	return count > ATTRS_MAX;
}

/* Behind the XML declaration: it tells of an encoding that this text is not in any more, and libxml2 would have iconv
 * open files for it. */
static const char *
behind_declaration(const char *p, size_t *n)
{
	const char *end =
	    *n > 5 && memcmp(p, "<?xml", 5) == 0 && str_isspace((unsigned char)p[5]) ? memchr(p, '>', *n) : NULL;
	if (end == NULL || end[-1] != '?')
		return p;
	*n -= (size_t)(end + 1 - p);
	return end + 1;
}

static int
judge(const char *p, size_t n, struct err *err)
{
	if (n > PAGE_OEMBED_MAX)
		return err_set(err, ERR_LIMIT, "oembed: XML longer than %zu bytes", PAGE_OEMBED_MAX);
	if (too_many_attributes(p, n))
		return err_set(err, ERR_LIMIT, "oembed: XML with more than %d attributes", ATTRS_MAX);
	return 0;
}

/* ---- the whole ---------------------------------------------------------------------------------------- */

static int
parse(struct reader *r, const char *p, size_t n)
{
	xmlSAXHandler sax = {
	    .internalSubset = doctype,
	    .getEntity = entity,
	    .startElementNs = start,
	    .endElementNs = end,
	    .characters = characters,
	    .ignorableWhitespace = characters,
	    .cdataBlock = characters,
	    .serror = problem,
	    .initialized = XML_SAX2_MAGIC,
	};
	r->ctxt = xmlCreatePushParserCtxt(&sax, r, NULL, 0, NULL);
	if (r->ctxt == NULL)
		return err_set(r->err, ERR_SYS, "oembed: no XML parser");
	(void)xmlCtxtUseOptions(r->ctxt, XML_PARSE_NONET | XML_PARSE_NOWARNING);
	int rc = xmlParseChunk(r->ctxt, p, (int)n, 1);
	bool whole = rc == 0 && r->ctxt->wellFormed == 1;
	if (r->ctxt->myDoc != NULL)
		xmlFreeDoc(r->ctxt->myDoc);
	xmlFreeParserCtxt(r->ctxt);
	if (!whole && !r->refused)
		return err_set(r->err, ERR_INPUT, "oembed: XML is not well formed");
	return r->refused ? -1 : 0;
}

struct json *
page_oembed_xml(const void *bytes, size_t n, struct err *err)
{
	const char *p = behind_declaration(bytes, &n);
	struct err own = {0};
	struct reader r = {.err = err != NULL ? err : &own};
	if (judge(p, n, r.err) < 0)
		return NULL;
	r.out = json_object();
	buf_init(&r.text, PAGE_OEMBED_MAX);
	int rc = parse(&r, p, n);
	buf_clear(&r.text);
	if (rc == 0) {
		trim_all(r.out);
		return r.out;
	}
	json_free(r.out);
	return NULL;
}
