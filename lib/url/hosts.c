/* Which of many names stands for this host?  A table of names, each with the hosts below it unless it begins with '='. */
#include "url/url.h"

#include <string.h>

#include "url/int.h"

enum { SLOTS_MIN = 16 };

struct slot {
	char *name; /* normal; NULL: free */
	bool exact; /* not the hosts below it */
	size_t value;
};

struct url_hosts { /* open addressing, at most half full */
	struct slot *slot;
	size_t slots, n;
};

struct url_hosts *
url_hosts_new(void)
{
	return mem_alloc(sizeof(struct url_hosts));
}

void
url_hosts_free(struct url_hosts *h)
{
	if (h == NULL)
		return;
	for (size_t i = 0; i < h->slots; i++)
		mem_free(h->slot[i].name);
	mem_free(h->slot);
	mem_free(h);
}

/* Where the name is, or would be. */
static struct slot *
find(const struct url_hosts *h, const char *name, bool exact)
{
	size_t i = (size_t)str_hash(name, strlen(name)) & (h->slots - 1);
	while (h->slot[i].name != NULL && (h->slot[i].exact != exact || strcmp(h->slot[i].name, name) != 0))
		i = (i + 1) & (h->slots - 1);
	return &h->slot[i];
}

static void
grow(struct url_hosts *h)
{
	struct url_hosts old = *h;
	h->slots = old.slots > 0 ? 2 * old.slots : SLOTS_MIN;
	h->slot = mem_array(h->slots, sizeof *h->slot);
	for (size_t i = 0; i < old.slots; i++)
		if (old.slot[i].name != NULL)
			*find(h, old.slot[i].name, old.slot[i].exact) = old.slot[i];
	mem_free(old.slot);
}

int
url_hosts_add(struct url_hosts *h, const char *text, size_t value, struct err *err)
{
	bool exact = text[0] == '=';
	char *name = url_host_normal(text + exact);
	if (name == NULL)
		return err_set(err, ERR_INPUT, "'%.100s' is no host name", text);
	if (2 * (h->n + 1) > h->slots)
		grow(h);
	struct slot *s = find(h, name, exact);
	if (s->name != NULL) {
		mem_free(name);
		return err_set(err, ERR_INPUT, "'%.100s' is named twice", text);
	}
	*s = (struct slot){.name = name, .exact = exact, .value = value};
	h->n++;
	return 0;
}

/* Addresses have nothing below them: "1.2.3.4.5" is a name, and no host of "2.3.4.5". */
static const char *
parent(const char *name)
{
	struct url_addr a;
	const char *dot = url_addr_from_host(&a, name) ? NULL : strchr(name, '.');
	return dot != NULL && !url_addr_from_host(&a, dot + 1) ? dot + 1 : NULL;
}

size_t
url_hosts_find(const struct url_hosts *h, const char *host, size_t value[URL_HOSTS_MAX])
{
	size_t n = 0;
	char *name = h->n > 0 ? url_host_normal(host) : NULL;
	for (const char *at = name; at != NULL && n < URL_HOSTS_MAX; at = parent(at)) {
		const struct slot *s = at == name ? find(h, at, true) : NULL;
		if (s != NULL && s->name != NULL)
			value[n++] = s->value;
		s = find(h, at, false);
		if (s->name != NULL && n < URL_HOSTS_MAX)
			value[n++] = s->value;
	}
	mem_free(name);
	return n;
}
