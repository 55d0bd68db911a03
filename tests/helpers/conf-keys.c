/* Which keys does the configuration have?  One line each: name, default and bounds, parted by tabs; for scripts/check-docs.
 * Bounds ("1 to 256") are what the reader's own error message names; empty for keys that are no numbers. */
#include "conf/conf.h"

#include <stdio.h>
#include <string.h>

int
main(void)
{
	const char *key;
	const char *def;
	for (size_t i = 0; (key = conf_key(i, &def, NULL)) != NULL; i++) {
		struct conf c;
		struct err err;
		conf_init(&c);
		err_clear(&err);
		const char *from = conf_set(&c, key, "-", &err) < 0 ? strstr(err.text, " from ") : NULL;
		(void)printf("%s\t%s\t%s\n", key, def, from != NULL ? from + strlen(" from ") : "");
		conf_clear(&c);
	}
	return fflush(stdout) == 0 ? 0 : 1;
}
