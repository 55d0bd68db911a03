/* What may be called a server, a user, a medium, a picture in HTML, a place of a server, a key? */
#include "fuzz.h"

#include "matrix/event.h"
#include "matrix/matrix.h"

static void
image(void *arg, const char *src)
{
	struct matrix_mxc m;
	(void)arg;
	if (matrix_mxc_find(&m, src, NULL) == 0)
		fuzz_hold(matrix_media_id_valid(m.id) && strchr(m.id, '/') == NULL && matrix_server_valid(m.origin));
}

static void
places(const struct matrix_discovery *d)
{
	const struct matrix_place *place;
	size_t n = matrix_discovery_places(d, &place);
	fuzz_hold(n > 0 && n <= MATRIX_PLACES_MAX);
	for (size_t i = 0; i < n; i++)
		fuzz_hold(place[i].port > 0 && place[i].port < 65536 && strpbrk(place[i].host, "\r\n /") == NULL);
}

/* The server's name, its m.server and its SRV targets are the lines of the input. */
static void
discover(char *text)
{
	struct err err;
	char *line[4] = {text, NULL, NULL, NULL};
	const char *what;
	for (size_t i = 1; i < 4 && line[i - 1] != NULL; i++)
		if ((line[i] = strchr(line[i - 1], '\n')) != NULL)
			*line[i]++ = '\0';
	struct matrix_discovery *d = matrix_discovery_new(line[0], &err);
	if (d == NULL)
		return;
	if (matrix_discovery_ask(d, &what) == MATRIX_ASK_WELL_KNOWN)
		matrix_discovery_well_known(d, line[1]);
	int rc = 0;
	for (size_t i = 2; rc == 0 && matrix_discovery_ask(d, &what) == MATRIX_ASK_SRV; i++) {
		const char *target = i < 4 ? line[i] : NULL;
		const struct matrix_srv srv[] = {{target, 1, 2, 3}, {target, 1, 0, 8448}, {target, 0, 65535, 65535}};
		rc = matrix_discovery_srv(d, srv, target != NULL ? 3 : 0, 42, &err);
	}
	if (rc == 0)
		places(d);
	matrix_discovery_free(d);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct matrix_mxc m;
	struct matrix_key k;
	struct err err;
	char *text = fuzz_text(data, size), *piece = fuzz_piece(data, size);
	(void)matrix_user_valid(text);
	(void)matrix_room_valid(text);
	if (matrix_mxc_parse(&m, text, &err) == 0)
		fuzz_hold(strlen(text) == strlen(MATRIX_MXC) + strlen(m.origin) + 1 + strlen(m.id));
	matrix_html_images(piece, size, image, NULL);
	mem_free(matrix_well_known(piece, size));
	(void)matrix_media_unknown(404, piece, size);
	if (matrix_key_parse(&k, piece, size, &err) == 0)
		matrix_key_clear(&k);
	discover(text);
	mem_free(piece);
	mem_free(text);
	return 0;
}
