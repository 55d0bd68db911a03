/* TAP for C unit tests: ok(), is_str(), is_int(), done(). */
#ifndef TESTS_TAP_H
#define TESTS_TAP_H

#include <stdio.h>
#include <string.h>

static int tap_count, tap_failed;

__attribute__((format(printf, 2, 3), unused)) static int
ok(int good, const char *fmt, ...)
{
	__builtin_va_list ap;
	char name[512];
	__builtin_va_start(ap, fmt);
	(void)vsnprintf(name, sizeof name, fmt, ap);
	__builtin_va_end(ap);
	for (char *p = name; *p != '\0'; p++)
		if (*p == '\n' || *p == '#')
			*p = ' ';
	if (!good)
		tap_failed++;
	(void)printf("%sok %d - %s\n", good ? "" : "not ", ++tap_count, name);
	return good;
}

__attribute__((unused)) static int
is_str(const char *got, const char *want, const char *name)
{
	int good = got == want || (got != NULL && want != NULL && strcmp(got, want) == 0);
	(void)ok(good, "%s", name);
	if (!good)
		(void)printf("# got:  %s\n# want: %s\n", got == NULL ? "(null)" : got, want == NULL ? "(null)" : want);
	return good;
}

__attribute__((unused)) static int
is_int(long long got, long long want, const char *name)
{
	int good = got == want;
	(void)ok(good, "%s", name);
	if (!good)
		(void)printf("# got:  %lld\n# want: %lld\n", got, want);
	return good;
}

static int
done(void)
{
	(void)printf("1..%d\n", tap_count);
	(void)fflush(stdout);
	return tap_failed == 0 ? 0 : 1;
}

#endif
