/* Does this text match the owner's pattern, at a cost that has a bound?  Globs, and POSIX extended regular expressions. */
#include "url/url.h"

#include <regex.h>
#include <string.h>

#include "url/int.h"

/* The C library matches without backtracking as long as nothing is referred back to, but it keeps each state it comes
 * through, in a table that gets slow.  So the positions of a pattern are bounded: its bytes and what {m,n} adds, and the states are
 * dropped from time to time: the worst pattern found takes 0.3 s for the longest URL, and would take 4 s with old states. */
enum { PATTERN_MAX = 1024, REPEATED_MAX = 256, DEPTH_MAX = 32, RENEW_AT = 8 << 10 };

struct url_pattern {
	char *text;
	bool is_regex, caseless;
	regex_t re;
	size_t matched; /* bytes since re was compiled */
};

/* ---- how large is it? --------------------------------------------------------------------------------- */

struct size {
	int64_t total, atom; /* positions; of them, those that a repetition would repeat */
};

static void
add_atom(struct size *s, int64_t n)
{
	s->atom = n;
	s->total += n;
}

/* p is behind '['; the place behind the ']'. */
static const char *
skip_set(const char *p)
{
	p += *p == '^';
	p += *p == ']';
	while (*p != '\0' && *p != ']') {
		if (p[0] == '[' && p[1] != '\0' && strchr(":.=", p[1]) != NULL) {
			const char end[] = {p[1], ']', '\0'};
			const char *close = strstr(p + 2, end);
			p = close != NULL ? close + 1 : p;
		}
		p++;
	}
	return p + (*p == ']');
}

/* p is behind '{'; the place behind the '}'. */
static const char *
repeat(const char *p, struct size *s)
{
	int64_t n = 0, bound[2] = {0, 0};
	bool second = false;
	for (; (*p >= '0' && *p <= '9') || *p == ','; p++) {
		second |= *p == ',';
		if (*p != ',' && bound[second] <= PATTERN_MAX)
			bound[second] = bound[second] * 10 + (*p - '0');
	}
	n = bound[0] > bound[1] ? bound[0] : bound[1];
	if (n > 1 && s->atom <= PATTERN_MAX + REPEATED_MAX) {
		s->total += s->atom * (n - 1);
		s->atom *= n;
	}
	return p + (*p == '}');
}

/* One character or construct at p into the group that is open; the place behind it, NULL: a reference back. */
static const char *
measure(const char *p, struct size *s)
{
	if (*p == '\\') {
		if (p[1] >= '1' && p[1] <= '9')
			return NULL;
		add_atom(s, 1);
		return p + 1 + (p[1] != '\0');
	}
	if (*p == '[') {
		add_atom(s, 1);
		return skip_set(p + 1);
	}
	if (*p == '{')
		return repeat(p + 1, s);
	if (strchr("*+?|^$", *p) == NULL)
		add_atom(s, 1);
	return p + 1;
}

static int
check_size(const char *p, struct err *err)
{
	struct size group[DEPTH_MAX] = {{0}};
	size_t depth = 0;
	int64_t most = (int64_t)strlen(p) + REPEATED_MAX;
	while (p != NULL && *p != '\0') {
		if (*p == '(') {
			if (++depth == DEPTH_MAX)
				return err_set(err, ERR_LIMIT, "groups nested more than %d deep", DEPTH_MAX - 1);
			group[depth] = (struct size){0};
			p++;
		} else if (*p == ')' && depth > 0) {
			depth--;
			add_atom(&group[depth], group[depth + 1].total);
			p++;
		} else {
			p = measure(p, &group[depth]);
		}
		if (group[depth].total > most)
			return err_set(err, ERR_LIMIT, "repetitions that stand for more than %d positions",
				       REPEATED_MAX);
	}
	return p != NULL ? 0 : err_set(err, ERR_INPUT, "references back (\\1 to \\9) are not for rules");
}

/* ---- patterns ------------------------------------------------------------------------------------------- */

static int
compile(const struct url_pattern *p, regex_t *re)
{
	return regcomp(re, p->text, REG_EXTENDED | REG_NOSUB | (p->caseless ? REG_ICASE : 0)) == 0 ? 0 : -1;
}

/* What the library remembers of all it has matched is forgotten. */
static void
renew(struct url_pattern *p)
{
	regex_t fresh;
	if (compile(p, &fresh) < 0)
		return;
	regfree(&p->re);
	p->re = fresh;
	p->matched = 0;
}

struct url_pattern *
url_pattern_new(const char *text, bool caseless, struct err *err)
{
	bool is_regex = text[0] == '^';
	if (strlen(text) > PATTERN_MAX) {
		(void)err_set(err, ERR_LIMIT, "a pattern of more than %d bytes", PATTERN_MAX);
		return NULL;
	}
	if (is_regex && check_size(text, err) < 0) {
		(void)err_add(err, "%s", text);
		return NULL;
	}
	struct url_pattern *p = mem_alloc(sizeof *p);
	*p = (struct url_pattern){.text = mem_strdup(text), .is_regex = is_regex, .caseless = caseless};
	if (caseless && !is_regex)
		str_tolower(p->text);
	if (!is_regex || compile(p, &p->re) == 0)
		return p;
	(void)err_set(err, ERR_INPUT, "bad regular expression: %s", text);
	mem_free(p->text);
	mem_free(p);
	return NULL;
}

void
url_pattern_free(struct url_pattern *p)
{
	if (p == NULL)
		return;
	if (p->is_regex)
		regfree(&p->re);
	mem_free(p->text);
	mem_free(p);
}

bool
url_pattern_match(struct url_pattern *p, const char *value, bool doubt)
{
	int rc = 0;
	if (!p->is_regex)
		return str_glob(p->text, value);
	if (p->matched > RENEW_AT)
		renew(p);
	p->matched += strlen(value) + 1;
	rc = regexec(&p->re, value, 0, NULL, 0);
	return rc == REG_NOMATCH ? false : rc == 0 || doubt;
}
