/* What does the server remember?  How often something was asked for, and what it was told to be. */
#include "origin.h"

static struct fact *const *
find(struct fact *const *at, const char *name)
{
	while (*at != NULL && strcmp((*at)->name, name) != 0)
		at = &(*at)->next;
	return at;
}

static size_t
chain(const char *name)
{
	uint32_t h = 2166136261U;
	for (const char *p = name; *p != '\0'; p++)
		h = (h ^ (unsigned char)*p) * 16777619U;
	return h % PATHS;
}

struct fact *
fact_find(const struct server *s, const char *name)
{
	return *find(&s->facts[chain(name)], name);
}

struct fact *
fact_make(struct server *s, const char *name)
{
	struct fact *f = fact_find(s, name), **first = &s->facts[chain(name)];
	if (f == NULL) {
		size_t n = strlen(name) + 1;
		f = must(calloc(1, sizeof *f + n));
		memcpy(f->name, name, n);
		f->next = *first;
		*first = f;
	}
	return f;
}

void
facts_free(struct server *s)
{
	for (size_t i = 0; i < PATHS; i++)
		for (struct fact *f = s->facts[i], *after; f != NULL; f = after) {
			after = f->next;
			free(f->text);
			free(f);
		}
}
