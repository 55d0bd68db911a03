/* How long may an answer be told again?  RFC 9111 §4.2 and §5 as a shared cache reads them, RFC 5861, Retry-After. */
#include "net/net.h"

#include <string.h>

#define SECONDS_MAX ((int64_t)1 << 31) /* what more than this counts as (RFC 9111 §1.2.2) */
enum { HEURISTIC_PART = 10 };	       /* of the time since the last change */

/* A directive's argument in seconds.  ABSENT: not there; what is there and no number makes stale (§4.2.1). */
enum { ABSENT = -1 };

struct directives {
	int64_t max_age, s_maxage, stale_while_revalidate, stale_if_error; /* seconds or ABSENT */
	bool no_store, no_cache, private, must_revalidate, proxy_revalidate;
};

/* ---- Cache-Control -------------------------------------------------------------------------------------- */

/* Digits only; more than fit are SECONDS_MAX.  -1: anything else. */
static int64_t
seconds(const char *p, size_t n)
{
	int64_t v = 0;
	if (n >= 2 && p[0] == '"' && p[n - 1] == '"')
		p++, n -= 2;
	if (n == 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		if (p[i] < '0' || p[i] > '9')
			return -1;
		v = v * 10 + (p[i] - '0');
		v = v > SECONDS_MAX ? SECONDS_MAX : v;
	}
	return v;
}

static void
trim(const char **p, size_t *n)
{
	while (*n > 0 && str_isspace((unsigned char)**p))
		(*p)++, (*n)--;
	while (*n > 0 && str_isspace((unsigned char)(*p)[*n - 1]))
		(*n)--;
}

/* The next member of a list, to the first comma outside quotes; *s moves behind it.  False: no more. */
static bool
member(const char **s, const char **p, size_t *n)
{
	bool quoted = false;
	const char *e = *s;
	if (*e == '\0')
		return false;
	for (; *e != '\0' && (quoted || *e != ','); e++) {
		if (*e == '\\' && quoted && e[1] != '\0')
			e++;
		else if (*e == '"')
			quoted = !quoted;
	}
	*p = *s;
	*n = (size_t)(e - *s);
	*s = *e == ',' ? e + 1 : e;
	trim(p, n);
	return true;
}

/* Of several the first counts; a number that is none is 0. */
static void
take_seconds(int64_t *where, const char *value, size_t n)
{
	int64_t v = value != NULL ? seconds(value, n) : -1;
	if (*where == ABSENT)
		*where = v >= 0 ? v : 0;
}

/* no-cache and private with a list of fields speak of these fields only, and none of those is kept. */
static void
take(struct directives *d, const char *name, size_t len, const char *value, size_t n)
{
	if (str_nieq(name, len, "max-age"))
		take_seconds(&d->max_age, value, n);
	else if (str_nieq(name, len, "s-maxage"))
		take_seconds(&d->s_maxage, value, n);
	else if (str_nieq(name, len, "stale-while-revalidate"))
		take_seconds(&d->stale_while_revalidate, value, n);
	else if (str_nieq(name, len, "stale-if-error"))
		take_seconds(&d->stale_if_error, value, n);
	else if (str_nieq(name, len, "no-store"))
		d->no_store = true;
	else if (str_nieq(name, len, "no-cache"))
		d->no_cache |= value == NULL;
	else if (str_nieq(name, len, "private"))
		d->private |= value == NULL;
	else if (str_nieq(name, len, "must-revalidate"))
		d->must_revalidate = true;
	else if (str_nieq(name, len, "proxy-revalidate"))
		d->proxy_revalidate = true;
}

static void
read_directives(struct directives *d, const char *s)
{
	const char *p;
	size_t n;
	*d = (struct directives){
	    .max_age = ABSENT, .s_maxage = ABSENT, .stale_while_revalidate = ABSENT, .stale_if_error = ABSENT};
	while (s != NULL && member(&s, &p, &n)) {
		const char *eq = memchr(p, '=', n), *value = eq != NULL ? eq + 1 : NULL;
		size_t len = eq != NULL ? (size_t)(eq - p) : n, left = eq != NULL ? n - len - 1 : 0;
		trim(&p, &len);
		if (value != NULL)
			trim(&value, &left);
		take(d, p, len, value, left);
	}
}

/* ---- Vary ------------------------------------------------------------------------------------------------- */

/* Of what requests may differ in only the language does here; "*" means that nothing can be told from the request. */
static void
read_vary(const char *s, struct net_fresh *out)
{
	const char *p;
	size_t n;
	while (s != NULL && member(&s, &p, &n)) {
		if (n == 1 && *p == '*')
			out->no_store = true;
		else if (str_nieq(p, n, "Accept-Language"))
			out->vary_language = true;
	}
}

/* ---- the lifetime -------------------------------------------------------------------------------------------- */

/* Age is a list by mistake only: its first member counts; what is no number says nothing (§5.1). */
static int64_t
current_age(const struct net_said *said, int64_t date, int64_t now)
{
	const char *s = said->age, *p = NULL;
	size_t n = 0;
	int64_t age = s != NULL && member(&s, &p, &n) ? seconds(p, n) * 1000 : 0, apparent = (now - date) / 1000 * 1000;
	age = age > 0 ? age : 0;
	return apparent > age ? apparent : age;
}

/* A tenth of the time for which it has not been changed, and at most what is taken when nothing is said. */
static bool
guess(const char *last_modified, int64_t date, int64_t now, int64_t most, int64_t *out)
{
	int64_t changed = 0;
	if (!net_date(last_modified, now, &changed) || changed > date)
		return false;
	*out = (date - changed) / HEURISTIC_PART;
	*out = *out < most ? *out : most;
	return true;
}

/* What the response fixes, before bounds. */
static int64_t
lifetime(const struct net_said *said, const struct directives *d, int64_t date, int64_t now, const char **by)
{
	int64_t at = 0;
	if (d->no_store || d->no_cache || d->private) {
		*by = d->no_store ? "no-store" : d->no_cache ? "no-cache" : "private";
		return 0;
	}
	if (d->s_maxage != ABSENT) {
		*by = "s-maxage";
		return d->s_maxage * 1000;
	}
	if (d->max_age != ABSENT) {
		*by = "max-age";
		return d->max_age * 1000;
	}
	if (said->expires == NULL)
		return -1;
	*by = "expires";
	return net_date(said->expires, now, &at) && at > date ? at - date : 0; /* "0" and the like: it is over */
}

static int64_t
at_most(int64_t seconds_or_absent, int64_t otherwise, int64_t most)
{
	int64_t v = seconds_or_absent != ABSENT ? seconds_or_absent * 1000 : otherwise;
	return v < most ? v : most;
}

/* s-maxage alone forbids what is stale too (§5.2.2.10), but does not take back what stands beside it. */
static void
stale(const struct directives *d, const struct net_bounds *b, struct net_fresh *out)
{
	bool never = d->no_store || d->no_cache || d->private || d->must_revalidate || d->proxy_revalidate;
	int64_t unsaid = d->s_maxage != ABSENT ? 0 : b->stale_if_error;
	out->stale_while_revalidate = never ? 0 : at_most(d->stale_while_revalidate, 0, b->stale_while_revalidate);
	out->stale_if_error = never ? 0 : at_most(d->stale_if_error, unsaid, b->stale_if_error);
}

void
net_fresh(const struct net_said *said, const char *last_modified, const struct net_bounds *b, int64_t now,
	  struct net_fresh *out)
{
	struct directives d;
	int64_t date = now, left = 0;
	*out = (struct net_fresh){.by = "default"};
	read_directives(&d, said->cache_control);
	out->no_store = d.no_store;
	read_vary(said->vary, out);
	stale(&d, b, out);
	if (!net_date(said->date, now, &date))
		date = now;
	left = lifetime(said, &d, date, now, &out->by);
	out->said = left >= 0;
	if (out->said) {
		left -= current_age(said, date, now);
	} else if (guess(last_modified, date, now, b->ttl, &left)) {
		out->by = "heuristic";
		left -= current_age(said, date, now);
	} else {
		left = b->ttl;
	}
	left = left > b->min_ttl ? left : b->min_ttl;
	out->lifetime = left < b->max_ttl ? left : b->max_ttl;
}

int64_t
net_retry_after(const char *value, int64_t now)
{
	int64_t at = 0, s = value != NULL ? seconds(value, strlen(value)) : -1, ms = s > 0 ? s * 1000 : 0;
	if (s < 0 && net_date(value, now, &at))
		ms = at > now ? at - now : 0;
	return ms < NET_RETRY_MAX ? ms : NET_RETRY_MAX;
}
