/* Is the download name in Content-Disposition read as spec A.6 has it? */
#include "net/net.h"

#include <stdlib.h>

#include "tests/unit/tap.h"

static const struct {
	const char *value, *want;
} rows[] = {
    {"inline; filename=abc.txt", "abc.txt"},
    {"inline; filename=\"azerty\"", "azerty"},
    {"inline; filename=\"aze%20rty\"", "aze%20rty"},
    {"inline; filename=\"aze\"rty\"", "aze\"rty"},
    {"inline; filename=\"azer;ty\"", "azer;ty"},
    {"inline; filename*=utf-8''foo%C2%A3bar", "foo\xc2\xa3"
					      "bar"},
    {"attachment; FILENAME=\"a\\\"b\\\\c\"", "a\"b\\c"},
    {"attachment; filename=plain.txt; filename*=UTF-8''better.txt", "better.txt"},
    {"attachment; filename*=UTF-8''bad%FF.txt; filename=plain.txt", "plain.txt"},
    {"attachment; filename*=iso-8859-1''x.txt; filename=plain.txt", "plain.txt"},
    {"attachment; filename*=utf-8'en'x.txt", NULL},
    {"attachment; filename*=utf-8''a%00b", NULL},
    {"attachment; filename*=utf-8''a%zzb", "a%zzb"},
    {"attachment;filename = x ; y=z", "x"},
    {"attachment; filename=\"caf\xe9\"", NULL},
    {"attachment; filename=", NULL},
    {"attachment; filename=\"\"", NULL},
    {"attachment", NULL},
    {"", NULL},
    {";;;", NULL},
    {"a=b;=;filename", NULL},
    {"attachment; filename=\"", "\""},
    {"attachment; filename*=utf-8''a%0Ab%7F", "a_b_"},
    {"filename=\"a;b", "\"a;b"},
};

int
main(void)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char *got = net_disposition_name(rows[i].value);
		is_str(got, rows[i].want, rows[i].value);
		free(got);
	}
	char *value = mem_alloc(5000);
	memcpy(value, "filename*=utf-8''", 17);
	for (size_t i = 17; i + 6 < 4998; i += 6)
		memcpy(value + i, "%C3%A4", 6);
	char *got = net_disposition_name(value);
	ok(got != NULL && strlen(got) == NET_NAME_MAX - 1 && utf8_valid(got, strlen(got)),
	   "a long name is cut between characters");
	free(got);
	free(value);
	return done();
}
