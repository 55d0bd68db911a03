/* Whose is this token, says a file?  Lines "SHA-256 USER [admin]". */
#include <stdlib.h>
#include <string.h>

#include "cmd/who-int.h"

enum { USER_MAX = 255 };

bool
who_is_user(const char *s)
{
	size_t n = s != NULL ? strlen(s) : 0;
	if (n < 3 || n > USER_MAX || *s != '@' || strchr(s, ':') == NULL || !utf8_valid(s, n))
		return false;
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)s[i] <= 0x20 || s[i] == 0x7F)
			return false;
	return true;
}

/* The next word of a line, cut out of it; NULL: there is none. */
static char *
word(char **line)
{
	char *s = *line + strspn(*line, " \t\r");
	size_t n = strcspn(s, " \t\r");
	if (n == 0)
		return NULL;
	*line = s + n + (s[n] != '\0');
	s[n] = '\0';
	return s;
}

static int
read_line(struct who_tokens *t, char *line, struct err *err)
{
	const char *hash = word(&line);
	if (hash == NULL || *hash == '#')
		return 0;
	const char *user = word(&line), *admin = word(&line);
	if (strlen(hash) != HASH_HEX_LEN || strspn(hash, "0123456789abcdef") != HASH_HEX_LEN)
		return err_set(err, ERR_INPUT, "no SHA-256 of a token in lower case");
	if (!who_is_user(user))
		return err_set(err, ERR_INPUT, "no user (@name:server) behind the token");
	if ((admin != NULL && !str_eq(admin, "admin")) || word(&line) != NULL)
		return err_set(err, ERR_INPUT, "behind the user there is nothing, or 'admin'");
	if (t->n == WHO_TOKENS_MAX)
		return err_set(err, ERR_LIMIT, "more than %d tokens", WHO_TOKENS_MAX);
	if (t->n % 64 == 0)
		t->v = mem_realloc(t->v, (t->n + 64) * sizeof *t->v);
	struct who_token *one = &t->v[t->n++];
	*one = (struct who_token){.user = mem_strdup(user), .admin = admin != NULL};
	(void)memcpy(one->hash, hash, HASH_HEX_LEN + 1);
	return 0;
}

static int
read_file(struct who_tokens *t, const char *path, struct err *err)
{
	struct buf b;
	int rc;
	buf_init(&b, WHO_TOKEN_FILE_MAX);
	rc = io_read_file(path, WHO_TOKEN_FILE_MAX, &b, err);
	size_t number = 0;
	for (char *line = b.p, *next; rc == 0 && line != NULL; line = next) {
		next = strchr(line, '\n');
		if (next != NULL)
			*next++ = '\0';
		number++;
		if (read_line(t, line, err) < 0)
			rc = err_add(err, "%s:%zu", path, number);
	}
	buf_clear(&b);
	return rc;
}

static int
compare(const void *a, const void *b)
{
	const struct who_token *x = a, *y = b;
	return strcmp(x->hash, y->hash);
}

int
who_tokens_read(struct who_tokens *t, const struct conf_list *files, struct err *err)
{
	*t = (struct who_tokens){0};
	for (size_t i = 0; i < files->n; i++)
		if (read_file(t, files->v[i], err) < 0) {
			who_tokens_clear(t);
			return err_add(err, "auth_tokens");
		}
	if (t->n > 1)
		qsort(t->v, t->n, sizeof *t->v, compare);
	return 0;
}

void
who_tokens_clear(struct who_tokens *t)
{
	for (size_t i = 0; i < t->n; i++)
		mem_free(t->v[i].user);
	mem_free(t->v);
	*t = (struct who_tokens){0};
}

const struct who_token *
who_tokens_find(const struct who_tokens *t, const char *hash)
{
	struct who_token key = {0};
	(void)memcpy(key.hash, hash, HASH_HEX_LEN + 1);
	return t->n > 0 ? bsearch(&key, t->v, t->n, sizeof *t->v, compare) : NULL;
}
