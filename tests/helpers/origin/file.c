/* What is in the directory that is served? */
#include "origin.h"

#include <fcntl.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *
type_of(const char *path)
{
	static const char *const types[][2] = {
	    {"html", "text/html"},	  {"htm", "text/html"},	      {"xhtml", "application/xhtml+xml"},
	    {"txt", "text/plain"},	  {"css", "text/css"},	      {"js", "text/javascript"},
	    {"json", "application/json"}, {"xml", "application/xml"}, {"jpg", "image/jpeg"},
	    {"jpeg", "image/jpeg"},	  {"png", "image/png"},	      {"webp", "image/webp"},
	    {"gif", "image/gif"},	  {"svg", "image/svg+xml"},   {"ico", "image/x-icon"},
	    {"mp4", "video/mp4"},	  {"pdf", "application/pdf"},
	};
	const char *dot = strrchr(path, '.');
	for (size_t i = 0; dot != NULL && i < sizeof types / sizeof types[0]; i++)
		if (strcasecmp(dot + 1, types[i][0]) == 0)
			return types[i][1];
	return "application/octet-stream";
}

/* Whether path stays below the root: relative, without a ".." segment. */
static bool
stays_below(const char *path)
{
	for (const char *p = path; *p != '\0';) {
		size_t n = strcspn(p, "/");
		if (n == 2 && p[0] == '.' && p[1] == '.')
			return false;
		p += n + (p[n] == '/');
	}
	return *path != '/';
}

void
do_file(struct server *s, struct conn *c, const struct request *r)
{
	const char *path = r->path[0] == '/' ? r->path + 1 : r->path;
	struct stat st;
	if (*path == '\0')
		path = "index.html";
	int fd = s->root < 0 || !stays_below(path) ? -1 : openat(s->root, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		if (fd >= 0)
			(void)close(fd);
		reply_page(c, r, 404, "Not here", "");
		return;
	}
	(void)add_head(c, r, 200, type_of(path), st.st_size, "");
	add_seg(c, FROM_FILE, st.st_size)->fd = fd;
}
