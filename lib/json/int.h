/* json, inside: what a value is, and what the files promise each other. */
#ifndef JSON_INT_H
#define JSON_INT_H

#include "json/json.h"

#include <jv.h>

struct json {
	jv v;
};

int json_check(const char *s, size_t n, struct err *err);

/* Checked text whose lone surrogate escapes became \ufffd (libjq refuses them): a copy, yours; NULL if there were
 * none. */
char *json_mend_surrogates(const char *s, size_t n);

#endif
