/* May a robot go there?  What a site's robots.txt says to one product token, as RFC 9309 reads it. */
#include "net/net.h"

#include <string.h>

/* A rule line that is longer names no path of ours.  Matching "*a*a*a…" against a long path costs rule times path: who
 * writes a file of such rules has the rest of it left unread. */
enum { RULE_MAX = 2048, STEPS_MAX = 32 << 20 };

/* What was found: the longest matching rule of the groups that count. */
struct verdict {
	size_t length; /* of the rule, normalised; 0: none matched */
	bool allow;
};

struct reader {
	const char *agent, *path; /* path normalised */
	int64_t steps;		  /* left */
	struct verdict ours, any; /* of groups that name the agent, and of those for "*" */
	bool in_rules;		  /* the group has begun: the next user-agent line starts another one */
	bool names_us, names_any; /* the current group */
	bool named;		  /* some group names the agent: those for "*" do not count */
};

/* ---- octets (RFC 9309 §2.2.2) --------------------------------------------------------------------- */

static int
hex(unsigned char c)
{
	return c >= '0' && c <= '9'   ? c - '0'
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
	       : c >= 'A' && c <= 'F' ? c - 'A' + 10
				      : -1;
}

static bool
unreserved(int c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
	       c == '_' || c == '~';
}

/* One spelling for each octet: what needs no escape has none, all others are %XX in upper case. */
static void
normalise(const char *s, size_t n, struct buf *out)
{
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i];
		bool escaped =
		    c == '%' && n - i > 2 && hex((unsigned char)s[i + 1]) >= 0 && hex((unsigned char)s[i + 2]) >= 0;
		int octet = escaped ? hex((unsigned char)s[i + 1]) * 16 + hex((unsigned char)s[i + 2]) : c;
		if (escaped)
			i += 2;
		if (unreserved(octet) || (!escaped && octet > ' ' && octet < 0x7f))
			(void)buf_addc(out, (char)octet);
		else
			(void)buf_addf(out, "%%%02X", (unsigned)octet);
	}
}

/* ---- rules -------------------------------------------------------------------------------------------- */

/* '*' is any run, '$' at the end is the end; else a prefix will do.  The last star is all that is ever gone back to. */
static bool
matches(struct reader *r, const char *rule)
{
	const char *p = rule, *s = r->path, *star = NULL, *from = NULL;
	for (;;) {
		if (--r->steps < 0)
			return false;
		if (*p == '\0')
			return true;
		if (*p == '*') {
			star = ++p;
			from = s;
		} else if (*p == '$' && p[1] == '\0' && *s == '\0') {
			return true;
		} else if (*s != '\0' && *p == *s) {
			p++, s++;
		} else if (star != NULL && *from != '\0') {
			p = star;
			s = ++from;
		} else {
			return false;
		}
	}
}

/* The longest rule wins, of two as long the one that allows (RFC 9309 §2.2.2). */
static void
weigh(struct verdict *v, size_t length, bool allow)
{
	if (length < v->length || (length == v->length && !allow))
		return;
	*v = (struct verdict){length, allow};
}

static void
rule(struct reader *r, const char *value, size_t n, bool allow)
{
	struct buf b;
	r->in_rules = true;
	if (n == 0 || n > RULE_MAX || (!r->names_us && (r->named || !r->names_any)))
		return;
	buf_init(&b, 3 * RULE_MAX);
	normalise(value, n, &b);
	if (matches(r, b.p)) {
		if (r->names_us)
			weigh(&r->ours, b.len, allow);
		else
			weigh(&r->any, b.len, allow);
	}
	buf_clear(&b);
}

/* ---- lines ---------------------------------------------------------------------------------------------- */

static bool
token(int c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
}

/* Several lines in a row begin one group.  "Name/1.0" is Name. */
static void
user_agent(struct reader *r, const char *value, size_t n)
{
	size_t len = 0;
	if (r->in_rules)
		r->names_us = r->names_any = r->in_rules = false;
	while (len < n && token((unsigned char)value[len]))
		len++;
	if (n == 1 && value[0] == '*')
		r->names_any = true;
	else if (len > 0 && strlen(r->agent) == len && str_nieq(value, len, r->agent))
		r->names_us = r->named = true;
}

static bool
blank(char c)
{
	return c == ' ' || c == '\t';
}

static void
line(struct reader *r, const char *p, size_t n)
{
	const char *hash = memchr(p, '#', n);
	n = hash != NULL ? (size_t)(hash - p) : n;
	const char *colon = memchr(p, ':', n);
	if (colon == NULL)
		return;
	size_t name = (size_t)(colon - p);
	const char *value = colon + 1;
	size_t len = n - name - 1;
	while (name > 0 && blank(*p))
		p++, name--;
	while (name > 0 && blank(p[name - 1]))
		name--;
	while (len > 0 && blank(*value))
		value++, len--;
	while (len > 0 && blank(value[len - 1]))
		len--;
	if (name == 10 && str_nieq(p, name, "user-agent"))
		user_agent(r, value, len);
	else if (name == 5 && str_nieq(p, name, "allow"))
		rule(r, value, len, true);
	else if (name == 8 && str_nieq(p, name, "disallow"))
		rule(r, value, len, false);
}

bool
net_robots_allow(const char *text, size_t n, const char *agent, const char *path)
{
	static const char bom[] = "\xEF\xBB\xBF";
	struct reader r = {.agent = agent, .steps = STEPS_MAX};
	struct buf b;
	if (str_eq(path, "/robots.txt"))
		return true;
	buf_init(&b, 3 * URL_MAX + 1);
	normalise(path, strlen(path), &b);
	r.path = b.p != NULL ? b.p : "/";
	n = n < NET_ROBOTS_MAX ? n : NET_ROBOTS_MAX;
	size_t at = n >= 3 && memcmp(text, bom, 3) == 0 ? 3 : 0;
	for (size_t end; at < n && r.steps > 0; at = end + 1) {
		for (end = at; end < n && text[end] != '\n' && text[end] != '\r';)
			end++;
		line(&r, text + at, end - at);
	}
	buf_clear(&b);
	const struct verdict *v = r.named ? &r.ours : &r.any;
	return v->length == 0 || v->allow;
}
