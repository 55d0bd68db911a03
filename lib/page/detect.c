/* In which charset could these bytes be, when nothing says so?  The only file that knows libuchardet. */
#include "page/int.h"

#include <string.h>
#include <uchardet/uchardet.h>

const struct charset *
page_charset_detect(const char *p, size_t n)
{
	const struct charset *set = NULL;
	uchardet_t d = uchardet_new();
	if (d == NULL)
		return NULL;
	if (uchardet_handle_data(d, p, n) == 0) {
		uchardet_data_end(d);
		const char *name = uchardet_get_charset(d);
		set = page_charset_by_label(name, strlen(name));
	}
	uchardet_delete(d);
	return set;
}
