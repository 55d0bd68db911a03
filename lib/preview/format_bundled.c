/* What does a bot put beside its message?  One element of the list of previews that travels within an event (MSC4095).
 *
 * The address is the one that was asked about, letter by letter: clients look for it in the text of the message.  Nothing
 * is encrypted here: in an encrypted room the sender uploads the picture anew, and says with which key. */
#include "preview/format.h"

static void
copy_member(void *arg, const char *key, const struct json *value)
{
	bool ours = str_starts(key, "og:") || str_starts(key, "matrix:");
	if (ours && json_type(value) != JSON_NULL)
		json_set(arg, key, json_copy(value));
}

struct json *
format_bundled(const struct record *rec, bool stable)
{
	struct json *og = json_get(rec->j, "og");
	if (record_failed(rec) || og == NULL) {
		json_free(og);
		return format_og(rec);
	}
	struct json *out = json_object();
	json_set_str(out, stable ? "matrix:matched_url" : "matched_url", record_url(rec));
	json_each(og, copy_member, out);
	json_free(og);
	return out;
}
