/* How long does an answer hold, by what it says?  RFC 9111, RFC 5861 and RFC 9110 §5.6.7, §10.2.3. */
#include "net/net.h"
#include "tests/unit/tap.h"

#define S ((int64_t)1000)
#define MIN (60 * S)
#define HOUR (60 * MIN)
#define DAY (24 * HOUR)
#define NOW (1763640000 * S) /* Thu, 20 Nov 2025 12:00:00 GMT */
#define TODAY "Thu, 20 Nov 2025 12:00:00 GMT"
#define PAST "Thu, 20 Nov 2025 11:50:00 GMT"
#define SOON "Thu, 20 Nov 2025 12:20:00 GMT"
#define YESTERDAY "Wed, 19 Nov 2025 12:00:00 GMT"

static const struct net_bounds bounds = {
    .min_ttl = 10 * S, .ttl = HOUR, .max_ttl = 10 * DAY, .stale_while_revalidate = 5 * MIN, .stale_if_error = DAY};

struct row {
	const char *name;
	const char *cc, *expires, *date, *age, *vary, *modified;
	int64_t lifetime;
	const char *by;
};

static const struct row rows[] = {
    {"nothing said is the owner's ttl", .lifetime = HOUR, .by = "default"},
    {"max-age is seconds", .cc = "max-age=600", .lifetime = 10 * MIN, .by = "max-age"},
    {"s-maxage goes before max-age", .cc = "max-age=600, s-maxage=1200", .lifetime = 20 * MIN, .by = "s-maxage"},
    {"whichever comes first", .cc = "s-maxage=1200, max-age=600", .lifetime = 20 * MIN, .by = "s-maxage"},
    {"max-age goes before Expires", .cc = "max-age=600", .expires = "0", .lifetime = 10 * MIN, .by = "max-age"},
    {"names are known in any letter case", .cc = "Max-Age=600", .lifetime = 10 * MIN, .by = "max-age"},
    {"blanks around it do no harm", .cc = " ,, public ,\tmax-age = 600 ,", .lifetime = 10 * MIN, .by = "max-age"},
    {"a number may be quoted", .cc = "max-age=\"600\"", .lifetime = 10 * MIN, .by = "max-age"},
    {"a comma in quotes parts nothing", .cc = "x=\"a, max-age=1\", max-age=600", .lifetime = 10 * MIN, .by = "max-age"},
    {"an escaped quote does not end the quotes", .cc = "x=\"a\\\", max-age=1\", max-age=600", .lifetime = 10 * MIN,
     .by = "max-age"},
    {"quotes that never end swallow the rest", .cc = "x=\"a, max-age=600", .lifetime = HOUR, .by = "default"},
    {"of two the first counts", .cc = "max-age=600, max-age=1200", .lifetime = 10 * MIN, .by = "max-age"},
    {"what is no directive says nothing", .cc = "xmax-age=600, max-agex=700, =5, =", .lifetime = HOUR, .by = "default"},
    {"max-age without a number is over", .cc = "max-age", .lifetime = 10 * S, .by = "max-age"},
    {"an empty number too", .cc = "max-age=", .lifetime = 10 * S, .by = "max-age"},
    {"empty quotes too", .cc = "max-age=\"\"", .lifetime = 10 * S, .by = "max-age"},
    {"a negative one too", .cc = "max-age=-600", .lifetime = 10 * S, .by = "max-age"},
    {"a fraction too", .cc = "max-age=600.5", .lifetime = 10 * S, .by = "max-age"},
    {"a word too", .cc = "max-age=forever", .lifetime = 10 * S, .by = "max-age"},
    {"half a pair of quotes too", .cc = "max-age=\"600", .lifetime = 10 * S, .by = "max-age"},
    {"max-age=0 is kept for the shortest time", .cc = "max-age=0", .lifetime = 10 * S, .by = "max-age"},
    {"one second as well", .cc = "max-age=1", .lifetime = 10 * S, .by = "max-age"},
    {"a huge number is bounded", .cc = "max-age=31536000", .lifetime = 10 * DAY, .by = "max-age"},
    {"one beyond 2^31 too", .cc = "max-age=2147483649", .lifetime = 10 * DAY, .by = "max-age"},
    {"one that no integer holds too", .cc = "max-age=99999999999999999999999999999999999999", .lifetime = 10 * DAY,
     .by = "max-age"},
    {"immutable adds nothing", .cc = "max-age=600, immutable", .lifetime = 10 * MIN, .by = "max-age"},
    {"no-cache is kept for the shortest time", .cc = "no-cache", .lifetime = 10 * S, .by = "no-cache"},
    {"whatever else is said", .cc = "no-cache, max-age=600", .lifetime = 10 * S, .by = "no-cache"},
    {"no-cache of a field concerns that field", .cc = "no-cache=\"Set-Cookie\", max-age=600", .lifetime = 10 * MIN,
     .by = "max-age"},
    {"private is kept for the shortest time", .cc = "private, max-age=600", .lifetime = 10 * S, .by = "private"},
    {"private of a field concerns that field", .cc = "max-age=600, private=\"Set-Cookie, X\"", .lifetime = 10 * MIN,
     .by = "max-age"},
    {"no-store wins by name", .cc = "no-cache, no-store, private", .lifetime = 10 * S, .by = "no-store"},
    {"public alone says nothing of time", .cc = "public", .lifetime = HOUR, .by = "default"},

    {"Expires counts from Date", .expires = SOON, .date = TODAY, .lifetime = 20 * MIN, .by = "expires"},
    {"without Date from now", .expires = SOON, .lifetime = 20 * MIN, .by = "expires"},
    {"with a Date that is none from now", .expires = SOON, .date = "today", .lifetime = 20 * MIN, .by = "expires"},
    {"an old Date makes it old", .expires = SOON, .date = PAST, .lifetime = 20 * MIN, .by = "expires"},
    {"a clock that is ahead does not make it younger", .expires = "Thu, 20 Nov 2025 13:20:00 GMT",
     .date = "Thu, 20 Nov 2025 13:00:00 GMT", .lifetime = 20 * MIN, .by = "expires"},
    {"Expires in the past is over", .expires = PAST, .lifetime = 10 * S, .by = "expires"},
    {"Expires at Date is over", .expires = TODAY, .date = TODAY, .lifetime = 10 * S, .by = "expires"},
    {"Expires: 0 is over", .expires = "0", .lifetime = 10 * S, .by = "expires"},
    {"Expires: -1 too", .expires = "-1", .lifetime = 10 * S, .by = "expires"},
    {"an empty one too", .expires = "", .lifetime = 10 * S, .by = "expires"},
    {"the form of RFC 850", .expires = "Thursday, 20-Nov-25 12:20:00 GMT", .lifetime = 20 * MIN, .by = "expires"},
    {"the form of asctime", .expires = "Thu Nov 20 12:20:00 2025", .lifetime = 20 * MIN, .by = "expires"},
    {"an Expires of the year 9999 is bounded", .expires = "Fri, 31 Dec 9999 23:59:59 GMT", .lifetime = 10 * DAY,
     .by = "expires"},

    {"Age is taken off", .cc = "max-age=600", .age = "60", .lifetime = 9 * MIN, .by = "max-age"},
    {"Age may use it up", .cc = "max-age=600", .age = "6000", .lifetime = 10 * S, .by = "max-age"},
    {"an Age that no integer holds too", .cc = "max-age=600", .age = "99999999999999999999999", .lifetime = 10 * S,
     .by = "max-age"},
    {"of a list of ages the first counts", .cc = "max-age=600", .age = "60, 300", .lifetime = 9 * MIN, .by = "max-age"},
    {"a negative Age says nothing", .cc = "max-age=600", .age = "-60", .lifetime = 10 * MIN, .by = "max-age"},
    {"nor does a word", .cc = "max-age=600", .age = "old", .lifetime = 10 * MIN, .by = "max-age"},
    {"nor an empty one", .cc = "max-age=600", .age = "", .lifetime = 10 * MIN, .by = "max-age"},
    {"what Date makes it is taken off too", .cc = "max-age=1200", .date = PAST, .lifetime = 10 * MIN, .by = "max-age"},
    {"the larger of both is", .cc = "max-age=1200", .date = PAST, .age = "900", .lifetime = 5 * MIN, .by = "max-age"},
    {"Age says nothing of what is the owner's", .age = "6000", .lifetime = HOUR, .by = "default"},

    {"a tenth of the time since the last change", .modified = "Thu, 20 Nov 2025 07:00:00 GMT", .date = TODAY,
     .lifetime = 30 * MIN, .by = "heuristic"},
    {"without Date until now", .modified = "Thu, 20 Nov 2025 07:00:00 GMT", .lifetime = 30 * MIN, .by = "heuristic"},
    {"but not more than when nothing is said", .modified = "Mon, 20 Nov 1995 12:00:00 GMT", .lifetime = HOUR,
     .by = "heuristic"},
    {"its age is taken off", .modified = "Thu, 20 Nov 2025 07:00:00 GMT", .age = "600", .lifetime = 20 * MIN,
     .by = "heuristic"},
    {"what was changed just now changes soon", .modified = TODAY, .lifetime = 10 * S, .by = "heuristic"},
    {"a change in the future says nothing", .modified = SOON, .lifetime = HOUR, .by = "default"},
    {"nor does one that is no date", .modified = "yesterday", .lifetime = HOUR, .by = "default"},
    {"nothing is guessed where something is said", .cc = "max-age=600", .modified = YESTERDAY, .lifetime = 10 * MIN,
     .by = "max-age"},
};

static void
lifetimes(void)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct row *r = &rows[i];
		struct net_said said = {.cache_control = (char *)(uintptr_t)r->cc,
					.expires = (char *)(uintptr_t)r->expires,
					.date = (char *)(uintptr_t)r->date,
					.age = (char *)(uintptr_t)r->age,
					.vary = (char *)(uintptr_t)r->vary};
		struct net_fresh f;
		net_fresh(&said, r->modified, &bounds, NOW, &f);
		is_int(f.lifetime, r->lifetime, r->name);
		is_str(f.by, r->by, "by what it says");
		ok(f.said == (strcmp(r->by, "default") != 0 && strcmp(r->by, "heuristic") != 0), "and whether it says");
	}
}

static const struct {
	const char *name, *cc, *vary;
	int64_t revalidate, error;
	bool no_store, language;
} grants[] = {
    {"nothing said: stale on error within the bound", NULL, NULL, 0, DAY, false, false},
    {"max-age says nothing of it", "max-age=600", NULL, 0, DAY, false, false},
    {"stale-while-revalidate is granted", "max-age=600, stale-while-revalidate=30", NULL, 30 * S, DAY, false, false},
    {"within the bound", "stale-while-revalidate=86400", NULL, 5 * MIN, DAY, false, false},
    {"stale-if-error is granted", "stale-if-error=600", NULL, 0, 10 * MIN, false, false},
    {"within the bound too", "stale-if-error=\"99999999999999999999\"", NULL, 0, DAY, false, false},
    {"none may be granted", "stale-if-error=0, stale-while-revalidate=0", NULL, 0, 0, false, false},
    {"what is no number grants nothing", "stale-if-error=x, stale-while-revalidate=-1", NULL, 0, 0, false, false},
    {"must-revalidate forbids both", "stale-while-revalidate=30, stale-if-error=30, must-revalidate", NULL, 0, 0, false,
     false},
    {"proxy-revalidate too", "stale-while-revalidate=30, stale-if-error=30, proxy-revalidate", NULL, 0, 0, false,
     false},
    {"no-cache too", "no-cache, stale-if-error=30", NULL, 0, 0, false, false},
    {"private too", "private, stale-if-error=30", NULL, 0, 0, false, false},
    {"s-maxage forbids what is not granted", "s-maxage=600", NULL, 0, 0, false, false},
    {"and lets be what stands beside it", "s-maxage=600, stale-while-revalidate=30, stale-if-error=60", NULL, 30 * S,
     MIN, false, false},
    {"no-store is not kept", "max-age=600, no-store", NULL, 0, 0, true, false},
    {"in any letter case", "NO-STORE", NULL, 0, 0, true, false},
    {"nor what varies with everything", NULL, "*", 0, DAY, true, false},
    {"wherever that stands in the list", NULL, "Accept-Encoding, *", 0, DAY, true, false},
    {"what varies with the language is of one language", NULL, "accept-language", 0, DAY, false, true},
    {"wherever that stands", NULL, "User-Agent,  Accept-Language ,Cookie", 0, DAY, false, true},
    {"what else it varies with is always sent alike", NULL, "Accept-Encoding, User-Agent, Origin", 0, DAY, false,
     false},
    {"a header that begins like it is another one", NULL, "Accept-Languages", 0, DAY, false, false},
};

static void
granted(void)
{
	for (size_t i = 0; i < sizeof grants / sizeof grants[0]; i++) {
		struct net_said said = {.cache_control = (char *)(uintptr_t)grants[i].cc,
					.vary = (char *)(uintptr_t)grants[i].vary};
		struct net_fresh f;
		net_fresh(&said, NULL, &bounds, NOW, &f);
		ok(f.stale_while_revalidate == grants[i].revalidate && f.stale_if_error == grants[i].error &&
		       f.no_store == grants[i].no_store && f.vary_language == grants[i].language,
		   "%s", grants[i].name);
	}
	struct net_bounds odd = {.min_ttl = HOUR, .ttl = DAY, .max_ttl = MIN};
	struct net_said said = {.cache_control = (char *)(uintptr_t) "max-age=1"};
	struct net_fresh f;
	net_fresh(&said, NULL, &odd, NOW, &f);
	is_int(f.lifetime, MIN, "when the least is more than the most, the most holds");
}

static const struct {
	const char *name, *text;
	bool good;
	int64_t ms;
} dates[] = {
    {"the form that is to be sent", "Sun, 06 Nov 1994 08:49:37 GMT", true, 784111777 * S},
    {"the form of RFC 850", "Sunday, 06-Nov-94 08:49:37 GMT", true, 784111777 * S},
    {"the form of asctime", "Sun Nov  6 08:49:37 1994", true, 784111777 * S},
    {"asctime with two digits of a day", "Sun Nov 06 08:49:37 1994", true, 784111777 * S},
    {"any letter case", "sun, 06 nov 1994 08:49:37 gmt", true, 784111777 * S},
    {"dashes with four digits, as many send", "Sun, 06-Nov-1994 08:49:37 GMT", true, 784111777 * S},
    {"a day of one digit", "Sun, 6 Nov 1994 08:49:37 GMT", true, 784111777 * S},
    {"the day's name is not looked at", "Mon, 06 Nov 1994 08:49:37 GMT", true, 784111777 * S},
    {"the epoch", "Thu, 01 Jan 1970 00:00:00 GMT", true, 0},
    {"before it", "Wed, 31 Dec 1969 23:59:59 GMT", true, -S},
    {"a leap day", "Thu, 29 Feb 2024 00:00:00 GMT", true, 1709164800 * S},
    {"a leap day of a century", "Tue, 29 Feb 2000 00:00:00 GMT", true, 951782400 * S},
    {"a leap second", "Sat, 31 Dec 2016 23:59:60 GMT", true, 1483228800 * S},
    {"two digits of next year", "Sunday, 06-Nov-26 08:49:37 GMT", true, 1793954977 * S},
    {"two digits fifty years ahead", "Sunday, 06-Nov-75 08:49:37 GMT", true, 3340255777 * S},
    {"two digits further ahead are past", "Sunday, 06-Nov-76 08:49:37 GMT", true, 216118177 * S},
    {"the last second that can be said", "Fri, 31 Dec 9999 23:59:59 GMT", true, 253402300799 * S},
    {"no leap day of that year", "Wed, 29 Feb 2023 00:00:00 GMT", false, 0},
    {"nor of that century", "Mon, 29 Feb 1900 00:00:00 GMT", false, 0},
    {"no such day", "Thu, 31 Apr 2025 00:00:00 GMT", false, 0},
    {"no day 0", "Thu, 00 Apr 2025 00:00:00 GMT", false, 0},
    {"no such month", "Thu, 01 Foo 2025 00:00:00 GMT", false, 0},
    {"no such hour", "Thu, 01 Apr 2025 24:00:00 GMT", false, 0},
    {"no such minute", "Thu, 01 Apr 2025 00:60:00 GMT", false, 0},
    {"another zone", "Sun, 06 Nov 1994 08:49:37 CET", false, 0},
    {"a zone in digits", "Sun, 06 Nov 1994 08:49:37 +0000", false, 0},
    {"no zone", "Sun, 06 Nov 1994 08:49:37", false, 0},
    {"more behind it", "Sun, 06 Nov 1994 08:49:37 GMT; x", false, 0},
    {"three digits of a year", "Sun, 06-Nov-994 08:49:37 GMT", false, 0},
    {"five digits of a year", "Sun, 06 Nov 19944 08:49:37 GMT", false, 0},
    {"no day's name", "06 Nov 1994 08:49:37 GMT", false, 0},
    {"an ISO date", "1994-11-06T08:49:37Z", false, 0},
    {"half of it", "Sun, 06 No", false, 0},
    {"a number", "0", false, 0},
    {"nothing", "", false, 0},
    {"an endless one", "Sun,                                                                06 Nov 1994 08:49:37 GMT",
     false, 0},
};

static void
moments(void)
{
	for (size_t i = 0; i < sizeof dates / sizeof dates[0]; i++) {
		int64_t ms = 0;
		bool good = net_date(dates[i].text, NOW, &ms);
		ok(good == dates[i].good && (!good || ms == dates[i].ms), "a date: %s (%lld)", dates[i].name,
		   (long long)ms);
	}
	int64_t ms = 0;
	ok(!net_date(NULL, NOW, &ms), "a date: none at all");
}

static void
retries(void)
{
	is_int(net_retry_after("120", NOW), 2 * MIN, "Retry-After in seconds");
	is_int(net_retry_after(SOON, NOW), 20 * MIN, "Retry-After as a date");
	is_int(net_retry_after(PAST, NOW), 0, "one that has passed");
	is_int(net_retry_after("99999999999999999999", NOW), NET_RETRY_MAX, "an endless one is bounded");
	is_int(net_retry_after("Fri, 31 Dec 9999 23:59:59 GMT", NOW), NET_RETRY_MAX, "as a date too");
	is_int(net_retry_after("-5", NOW), 0, "a negative one says nothing");
	is_int(net_retry_after("soon", NOW), 0, "nor does a word");
	is_int(net_retry_after("", NOW), 0, "nor an empty one");
	is_int(net_retry_after(NULL, NOW), 0, "nor none");
}

int
main(void)
{
	lifetimes();
	granted();
	moments();
	retries();
	return done();
}
