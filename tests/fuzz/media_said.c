/* What may strangers say of a medium?  Its name, its type, its first bytes. */
#include "fuzz.h"

#include "media/media.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *piece = fuzz_piece(data, size), *text = fuzz_text(data, size), *name = media_name(piece, size);
	if (name != NULL)
		fuzz_hold(utf8_valid(name, strlen(name)) && utf8_count(name, strlen(name)) <= MEDIA_NAME_MAX &&
			  strpbrk(name, "\r\n") == NULL);
	if (media_type_valid(text))
		fuzz_hold(strlen(text) <= MEDIA_TYPE_MAX && strpbrk(text, "\r\n") == NULL);
	fuzz_hold(media_type_valid(media_sniff(piece, size, true)) &&
		  media_type_valid(media_sniff(piece, size, false)));
	(void)media_type_picture(text);
	mem_free(name);
	mem_free(text);
	mem_free(piece);
	return 0;
}
