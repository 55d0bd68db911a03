/* What does this file say?  "key = value" lines and sections of mxpreview.conf(5). */
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

struct reader {
	struct conf *conf;
	struct conf_section *section; /* that lines belong to, or NULL */
	struct conf_place at;
};

/* What stands between the quotes of [site "…"]; in place, NULL if the line is anything else. */
static char *
section_name(char *line)
{
	char *s = trim(line + 1);
	size_t n = strlen(s);
	if (n == 0 || s[n - 1] != ']' || !str_starts(s, "site"))
		return NULL;
	s[n - 1] = '\0';
	s = trim(s + strlen("site"));
	n = strlen(s);
	if (n < 3 || s[0] != '"' || s[n - 1] != '"')
		return NULL;
	s[n - 1] = '\0';
	return s + 1;
}

static int
open_section(struct reader *r, char *line, struct err *err)
{
	char *name = section_name(line);
	if (name == NULL)
		return err_set(err, ERR_INPUT, "a section is written [site \"example.org\"]");
	size_t n = strlen(name);
	if (n > CONF_NAME_MAX || !utf8_valid(name, n) || strpbrk(name, " \t\"/@?#*") != NULL)
		return err_set(err, ERR_INPUT, "'%.100s' is no host name", name);
	char *where = mem_printf("%s:%zu", r->at.path, r->at.line);
	r->section = conf_section_add(r->conf, name, where, err);
	mem_free(where);
	return r->section != NULL ? 0 : -1;
}

static int
read_line(struct reader *r, char *line, struct err *err)
{
	char *key = trim(line);
	if (*key == '\0' || *key == '#')
		return 0;
	if (*key == '[')
		return open_section(r, key, err);
	char *eq = strchr(key, '=');
	if (eq == NULL)
		return err_set(err, ERR_INPUT, "'%.50s' is not of the form key = value", key);
	*eq = '\0';
	return conf_set_from(r->conf, r->section, trim(key), trim(eq + 1), &r->at, err);
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
	struct reader r = {.conf = c, .at = {.path = path, .dir = dir}};
	int rc = 0;
	if (str_starts(s, "\xEF\xBB\xBF")) /* some editors begin a file with a byte order mark */
		s += 3;
	for (r.at.line = 1; rc == 0 && s != NULL; r.at.line++) {
		char *end = strchr(s, '\n');
		if (end != NULL)
			*end = '\0';
		rc = read_line(&r, s, err);
		if (rc < 0)
			(void)err_add(err, "%s:%zu", path, r.at.line);
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
	bool empty = text.len == 0; /* then there is no string either */
	if (rc == 0 && !empty && memchr(text.p, '\0', text.len) != NULL)
		rc = err_set(err, ERR_INPUT, "%s: not a text file", path);
	if (rc == 0 && !empty)
		rc = read_text(c, path, text.p, err);
	buf_clear(&text);
	return rc;
}
