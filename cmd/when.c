/* Which moment is meant on a command line?  Apart from cmd.c, so that only those who are told times link it. */
#include "cmd/cmd.h"

#include <string.h>
#include <time.h>

enum { MINUTE = 60 };

/* "Z", "+01:00" or "-01:00" at the end: seconds east of Greenwich. */
static int
offset(const char *s, int64_t *seconds)
{
	static const char form[] = "sdd:dd";
	*seconds = 0;
	if (str_ieq(s, "Z"))
		return 0;
	for (size_t i = 0; i < sizeof form; i++) {
		bool good = form[i] == 'd'   ? s[i] >= '0' && s[i] <= '9'
			    : form[i] == 's' ? s[i] == '+' || s[i] == '-'
					     : s[i] == form[i];
		if (!good)
			return -1;
	}
	*seconds = ((s[1] - '0') * 10 + s[2] - '0') * 60 * MINUTE + ((s[4] - '0') * 10 + s[5] - '0') * MINUTE;
	*seconds = s[0] == '-' ? -*seconds : *seconds;
	return 0;
}

/* RFC 3339: a day, or a day and a time with where it is told. */
static int
date(const char *s, int64_t *ms)
{
	struct tm tm = {0};
	int64_t east = 0, fraction = 0, unit = 100;
	const char *end = strptime(s, "%Y-%m-%d", &tm);
	if (end == NULL || end - s != (ptrdiff_t)strlen("YYYY-MM-DD"))
		return -1;
	if (*end == 'T' || *end == 't' || *end == ' ') {
		end = strptime(end + 1, "%H:%M:%S", &tm);
		if (end == NULL)
			return -1;
		if (*end == '.')
			for (end++; *end >= '0' && *end <= '9'; end++, unit /= 10)
				fraction += (*end - '0') * unit;
		if (offset(end, &east) < 0)
			return -1;
	} else if (*end != '\0') {
		return -1;
	}
	*ms = ((int64_t)timegm(&tm) - east) * 1000 + fraction;
	return 0;
}

int
cmd_when(const char *s, int64_t *ms)
{
	if (strlen(s) > 0 && strspn(s, "0123456789") == strlen(s))
		return str_int64(s, ms);
	if (str_duration(s, ms) == 0) {
		*ms = cmd_now() - *ms;
		return 0;
	}
	return date(s, ms);
}
