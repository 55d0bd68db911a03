/* How fast is libxml2's bare HTML parser?  usage: htmlsax FILE...: per file one line, nanoseconds of a SAX pass. */
#include <libxml/HTMLparser.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct seen {
	unsigned long tags, text; /* counted, so that something is done */
};

static void
start(void *arg, const xmlChar *name, const xmlChar **attrs)
{
	struct seen *s = arg;
	(void)name;
	(void)attrs;
	s->tags++;
}

static void
text(void *arg, const xmlChar *p, int n)
{
	struct seen *s = arg;
	(void)p;
	s->text += (unsigned long)n;
}

static long long
now(void)
{
	struct timespec t;
	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (long long)t.tv_sec * 1000000000 + t.tv_nsec;
}

static long long
parse(const char *p, size_t n)
{
	struct seen s = {0, 0};
	htmlSAXHandler sax = {.startElement = start, .characters = text, .cdataBlock = text};
	long long from = now();
	htmlParserCtxtPtr c = htmlCreatePushParserCtxt(&sax, &s, NULL, 0, NULL, XML_CHAR_ENCODING_UTF8);
	if (c == NULL)
		return -1;
	(void)htmlCtxtUseOptions(c, HTML_PARSE_RECOVER | HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING | HTML_PARSE_NONET);
	(void)htmlParseChunk(c, p, (int)n, 1);
	htmlFreeParserCtxt(c);
	return s.tags + s.text > 0 ? now() - from : -1;
}

static int
measure(const char *path, char *p, size_t max)
{
	FILE *f = fopen(path, "rb");
	if (f == NULL)
		return -1;
	size_t n = fread(p, 1, max, f);
	(void)fclose(f);
	return printf("%lld\n", parse(p, n)) > 0 ? 0 : -1;
}

int
main(int argc, char **argv)
{
	const size_t max = (size_t)64 << 20;
	char *p = malloc(max);
	int rc = p != NULL ? 0 : -1;
	for (int i = 1; i < argc && rc == 0; i++)
		rc = measure(argv[i], p, max);
	free(p);
	return rc == 0 ? 0 : 1;
}
