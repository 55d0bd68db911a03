/* Which moment does an HTTP-date name?  RFC 9110 §5.6.7: its three forms, and what servers make of them. */
#include "net/net.h"

#include <string.h>

enum { DATE_MAX = 64, NAME_MAX_OF_DAY = 9, YEAR_MIN = 1601 };

struct moment {
	int64_t year, month, day, hour, minute, second;
};

/* One or more digits, at least min and at most max of them. */
static bool
number(const char **s, int min, int max, int64_t *out)
{
	int n = 0;
	*out = 0;
	for (; n < max && **s >= '0' && **s <= '9'; n++)
		*out = *out * 10 + (*(*s)++ - '0');
	return n >= min && (**s < '0' || **s > '9');
}

static bool
one_of(const char **s, const char *set)
{
	return **s != '\0' && strchr(set, **s) != NULL ? (*s)++, true : false;
}

static bool
month(const char **s, int64_t *out)
{
	static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	if (strnlen(*s, 3) < 3)
		return false;
	for (*out = 1; *out <= 12; (*out)++)
		if (str_nieq(*s, 3, (char[4]){names[*out * 3 - 3], names[*out * 3 - 2], names[*out * 3 - 1], 0})) {
			*s += 3;
			return true;
		}
	return false;
}

static bool
time_of_day(const char **s, struct moment *m)
{
	return number(s, 2, 2, &m->hour) && one_of(s, ":") && number(s, 2, 2, &m->minute) && one_of(s, ":") &&
	       number(s, 2, 2, &m->second);
}

/* Two digits are a year of this century or the one before: the last such year that is at most 50 years ahead. */
static int64_t
full_year(int64_t two, int64_t now)
{
	int64_t this_year = 1970 + now / ((int64_t)31556952 * 1000), year = this_year - this_year % 100 + two;
	return year > this_year + 50 ? year - 100 : year;
}

/* "06 Nov 1994 08:49:37 GMT", "06-Nov-94 08:49:37 GMT". */
static bool
day_first(const char **s, int64_t now, struct moment *m)
{
	const char *at;
	if (!number(s, 1, 2, &m->day) || !one_of(s, " -") || !month(s, &m->month) || !one_of(s, " -"))
		return false;
	at = *s;
	if (!number(s, 2, 4, &m->year) || *s - at == 3)
		return false;
	if (*s - at == 2)
		m->year = full_year(m->year, now);
	if (!one_of(s, " ") || !time_of_day(s, m) || !one_of(s, " "))
		return false;
	bool zone = str_istarts(*s, "GMT") || str_istarts(*s, "UTC");
	*s += zone ? 3 : 0;
	return zone;
}

/* "Nov  6 08:49:37 1994" of asctime(). */
static bool
month_first(const char **s, struct moment *m)
{
	if (!month(s, &m->month) || !one_of(s, " "))
		return false;
	(void)one_of(s, " ");
	return number(s, 1, 2, &m->day) && one_of(s, " ") && time_of_day(s, m) && one_of(s, " ") &&
	       number(s, 4, 4, &m->year);
}

static bool
real(const struct moment *m)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = m->year % 4 == 0 && (m->year % 100 != 0 || m->year % 400 == 0);
	return m->year >= YEAR_MIN && m->day >= 1 && m->day <= days[m->month - 1] + (leap && m->month == 2) &&
	       m->hour < 24 && m->minute < 60 && m->second <= 60;
}

/* Days since 1970-01-01 in the Gregorian calendar, counted from the first of a March so that leap days come last. */
static int64_t
days(const struct moment *m)
{
	int64_t y = m->month <= 2 ? m->year - 1 : m->year, mp = (m->month + 9) % 12;
	return y * 365 + y / 4 - y / 100 + y / 400 + (mp * 153 + 2) / 5 + m->day - 1 - 719468;
}

bool
net_date(const char *text, int64_t now, int64_t *ms)
{
	struct moment m = {0};
	const char *s = text;
	if (text == NULL || strnlen(text, DATE_MAX) == DATE_MAX)
		return false;
	size_t name = strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
	if (name < 3 || name > NAME_MAX_OF_DAY)
		return false;
	s += name;
	bool comma = one_of(&s, ",");
	if (!one_of(&s, " ") || !(comma ? day_first(&s, now, &m) : month_first(&s, &m)) || *s != '\0' || !real(&m))
		return false;
	*ms = (((days(&m) * 24 + m.hour) * 60 + m.minute) * 60 + m.second) * 1000;
	return true;
}
