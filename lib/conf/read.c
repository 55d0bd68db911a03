/* What does this file say?  "key = value" lines of mxpreview.conf(5). */
#include "conf/int.h"

#include <string.h>

/* Cuts blanks off both ends, in place. */
static char *
trim(char *s)
{
	size_t n;
	while (str_isspace((unsigned char)*s))
		s++;
	for (n = strlen(s); n > 0 && str_isspace((unsigned char)s[n - 1]); n--)
		;
	s[n] = '\0';
	return s;
}

static int
read_line(struct conf *c, char *line, const char *dir, struct err *err)
{
	char *key = trim(line);
	if (*key == '\0' || *key == '#')
		return 0;
	if (*key == '[')
		return err_set(err, ERR_INPUT, "sections such as '%.50s' are reserved; keys stand outside of sections",
			       key);
	char *eq = strchr(key, '=');
	if (eq == NULL)
		return err_set(err, ERR_INPUT, "'%.50s' is not of the form key = value", key);
	*eq = '\0';
	return conf_set_from(c, trim(key), trim(eq + 1), dir, err);
}

/* The directory of path with its '/'; yours; NULL if path has none. */
static char *
directory(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash != NULL ? mem_strndup(path, (size_t)(slash - path) + 1) : NULL;
}

static int
read_text(struct conf *c, const char *path, char *s, struct err *err)
{
	char *dir = directory(path);
	int rc = 0;
	if (str_starts(s, "\xEF\xBB\xBF")) /* some editors begin a file with a byte order mark */
		s += 3;
	for (size_t number = 1; rc == 0 && s != NULL; number++) {
		char *end = strchr(s, '\n');
		if (end != NULL)
			*end = '\0';
		rc = read_line(c, s, dir, err);
		if (rc < 0)
			(void)err_add(err, "%s:%zu", path, number);
		s = end != NULL ? end + 1 : NULL;
	}
	mem_free(dir);
	return rc;
}

int
conf_read(struct conf *c, const char *path, struct err *err)
{
	struct buf text;
	buf_init(&text, CONF_FILE_MAX);
	int rc = io_read_file(path, CONF_FILE_MAX, &text, err);
	if (rc == 0 && memchr(text.p, '\0', text.len) != NULL)
		rc = err_set(err, ERR_INPUT, "%s: not a text file", path);
	if (rc == 0)
		rc = read_text(c, path, text.p, err);
	buf_clear(&text);
	return rc;
}
