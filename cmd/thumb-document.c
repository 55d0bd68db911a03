/* How does one picture come in, and how do its thumbnails go out?  Files, pipes, and nothing half done. */
#include "cmd/thumb.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cmd/sandbox.h"
#include "preview/stages.h"

enum {
	SPOOL_MAX = 64 * 1024 * 1024, /* bytes of an image that comes through a pipe */
	HASH_SIDE = 96,		      /* pixels a BlurHash is made of, before they are made fewer still */
	ANIMATION_S = 6,	      /* of processor time; then a still picture is made, in what is left */
	CPU_S = 10		      /* of one picture; a person may ask for larger sizes than records do */
};

/* ---- doors ------------------------------------------------------------------------------------------- */

/* What cannot be read at any place is taken into memory first, as long as memory can still be had. */
static int
spool(int *fd, struct err *err)
{
	struct buf b;
	buf_init(&b, SPOOL_MAX + 1);
	int mem = -1;
	int rc = io_read_all(*fd, SPOOL_MAX, &b, err);
	if (rc == 0 && (mem = memfd_create("image", MFD_CLOEXEC)) < 0)
		rc = err_sys(err, "memfd_create");
	if (rc == 0)
		rc = io_write(mem, b.p, b.len, err);
	buf_clear(&b);
	if (rc < 0) {
		io_close(&mem);
		return -1;
	}
	io_close(fd);
	*fd = mem;
	return 0;
}

static int
open_input(struct thumb *t, struct err *err)
{
	struct stat st;
	t->in = t->file != NULL ? open(t->file, O_RDONLY | O_CLOEXEC | O_NOCTTY) : dup(STDIN_FILENO);
	if (t->in < 0 || fstat(t->in, &st) < 0)
		return err_sys(err, "open");
	if (S_ISREG(st.st_mode) && lseek(t->in, 0, SEEK_CUR) == 0)
		return 0;
	return spool(&t->in, err);
}

/* The directory of a file, as a string of its own. */
static char *
directory(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash == NULL   ? mem_strdup(".")
	       : slash == path ? mem_strdup("/")
			       : mem_strndup(path, (size_t)(slash - path));
}

/* "-O -": the list, then the files one behind the other, each as long as it says.  Whoever asks for that has the files
 * without a directory that we could write to. */
static bool
streamed(const struct thumb *t)
{
	return str_eq(t->dir, "-");
}

/* A regular file appears under its name when it is complete; a device or pipe is written to as it is. */
static int
open_output(struct thumb *t, struct err *err)
{
	struct stat st;
	bool stream = t->mode == THUMB_SET && streamed(t);
	if (t->mode == THUMB_HASH)
		return 0;
	if (stream || (t->mode != THUMB_SET && t->output == NULL)) {
		if (isatty(STDOUT_FILENO))
			return err_set(err, ERR_INPUT, "an image is nothing for a terminal: name a file with -o");
		return 0;
	}
	if (t->mode != THUMB_SET && stat(t->output, &st) == 0 && !S_ISREG(st.st_mode)) {
		t->out = open(t->output, O_WRONLY | O_CLOEXEC | O_NOCTTY);
		return t->out < 0 ? err_sys(err, "%s", t->output) : 0;
	}
	char *dir = t->mode != THUMB_SET ? directory(t->output) : mem_strdup(t->dir != NULL ? t->dir : ".");
	if (t->mode == THUMB_SET && mkdir(dir, 0777) < 0 && errno != EEXIST)
		(void)err_sys(err, "%s", dir);
	t->dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = t->dirfd < 0 ? err_sys(err, "%s", dir) : 0;
	mem_free(dir);
	return rc;
}

int
thumb_document_open(struct thumb *t, struct err *err)
{
	if (t->mode != THUMB_NAME && open_input(t, err) < 0)
		return err_add(err, "%s", t->file != NULL ? t->file : "standard input");
	return open_output(t, err);
}

/* Who takes too long is ended, and says so: the one thing that can be done in a handler. */
static void
late(int sig)
{
	static const char text[] = "mxpreview-thumb: the picture took too much processor time\n";
	(void)sig;
	_exit(write(STDERR_FILENO, text, sizeof text - 1) < 0 ? EXIT_AGAIN : EXIT_REFUSED);
}

static int
limit_time(struct err *err)
{
	struct rlimit now;
	if (getrlimit(RLIMIT_CPU, &now) < 0)
		return err_sys(err, "getrlimit");
	if (now.rlim_cur == RLIM_INFINITY || now.rlim_cur > CPU_S)
		now.rlim_cur = now.rlim_max == RLIM_INFINITY || now.rlim_max > CPU_S ? CPU_S : now.rlim_max;
	(void)signal(SIGXCPU, late);
	return setrlimit(RLIMIT_CPU, &now) < 0 ? err_sys(err, "setrlimit") : 0;
}

int
thumb_document_close_in(const struct thumb *t, struct err *err)
{
	struct sandbox want = {.kind = SANDBOX_DECODE};
	char *dir = NULL;
	if (limit_time(err) < 0)
		return -1;
	if (t->dirfd >= 0)
		want.write[0] = dir =
		    t->mode != THUMB_SET ? directory(t->output) : mem_strdup(t->dir != NULL ? t->dir : ".");
	int rc = cmd_close_in(&t->c, &want, err);
	mem_free(dir);
	return rc;
}

void
thumb_document_close(struct thumb *t)
{
	io_close(&t->in);
	io_close(&t->out);
	io_close(&t->dirfd);
}

/* ---- out ------------------------------------------------------------------------------------------------ */

/* No signal comes between a temporary file and its name. */
static void
hold_signals(sigset_t *before)
{
	sigset_t all;
	(void)sigemptyset(&all);
	(void)sigaddset(&all, SIGINT);
	(void)sigaddset(&all, SIGTERM);
	(void)sigaddset(&all, SIGHUP);
	(void)sigprocmask(SIG_BLOCK, &all, before);
}

static int
write_named(const struct thumb *t, const char *name, const struct buf *data, struct err *err)
{
	uint64_t random = 0;
	char tmp[64];
	io_random(&random, sizeof random);
	(void)snprintf(tmp, sizeof tmp, ".mxpreview-thumb.%016llx", (unsigned long long)random);
	int fd = openat(t->dirfd, tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (fd < 0)
		return err_sys(err, "%s", name);
	int rc = io_write(fd, data->p, data->len, err);
	if (close(fd) < 0 && rc == 0)
		rc = err_sys(err, "close");
	if (rc == 0 && renameat(t->dirfd, tmp, t->dirfd, name) < 0)
		rc = err_sys(err, "rename");
	if (rc < 0) {
		(void)unlinkat(t->dirfd, tmp, 0);
		(void)err_add(err, "%s", name);
	}
	return rc;
}

/* Nobody sees half a file, and a failure leaves nothing behind. */
static int
write_file(const struct thumb *t, const char *name, const struct buf *data, struct err *err)
{
	sigset_t before;
	hold_signals(&before);
	int rc = write_named(t, name, data, err);
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	return rc;
}

static int
put_one(const struct thumb *t, const struct buf *data, struct err *err)
{
	if (t->out >= 0)
		return io_write(t->out, data->p, data->len, err);
	if (t->output == NULL) {
		(void)cmd_out(&t->c, data->p, data->len); /* cmd_leave tells of errors */
		return 0;
	}
	const char *slash = strrchr(t->output, '/');
	return write_file(t, slash != NULL ? slash + 1 : t->output, data, err);
}

/* Names as in the store: W-H-TYPE-SUBTYPE-METHOD. */
static char *
set_name(const struct image_thumb *m)
{
	char *name =
	    mem_printf("%u-%u-%s-%s", m->width, m->height, image_format_type(m->format), image_method_name(m->method));
	for (char *s = name; *s != '\0'; s++)
		if (*s == '/')
			*s = '-';
	return name;
}

static void
say_json(const struct thumb *t, const struct json *j)
{
	struct buf line;
	buf_init(&line, RECORD_LINE_MAX);
	if (json_write(j, 0, &line) == 0 && buf_addc(&line, '\n') == 0)
		(void)cmd_out(&t->c, line.p, line.len);
	buf_clear(&line);
}

static int
put_set(const struct thumb *t, const struct image_thumbs *made, struct err *err)
{
	struct json *list = json_array();
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < made->n; i++) {
		const struct image_thumb *m = &made->thumb[i];
		char *name = set_name(m);
		struct json *j = stage_thumb_json(m);
		json_set_str(j, "file", name);
		json_add(list, j);
		rc = streamed(t) ? 0 : write_file(t, name, &m->data, err);
		mem_free(name);
	}
	if (rc == 0)
		say_json(t, list);
	for (size_t i = 0; rc == 0 && streamed(t) && i < made->n; i++)
		(void)cmd_out(&t->c, made->thumb[i].data.p, made->thumb[i].data.len); /* cmd_leave tells of errors */
	json_free(list);
	return rc;
}

static void
put_hash(const struct thumb *t, const struct image_thumbs *made)
{
	char color[IMAGE_COLOR_LEN + 1], hash[IMAGE_BLURHASH_LEN + 1];
	struct json *j = json_object();
	json_set_str(j, "type", image_format_type(made->source.format));
	json_set_int(j, "width", made->source.width);
	json_set_int(j, "height", made->source.height);
	if (image_color(&made->mini, color))
		json_set_str(j, "color", color);
	image_blurhash(&made->mini, hash);
	json_set_str(j, "blurhash", hash);
	say_json(t, j);
	json_free(j);
}

/* ---- from in to out ------------------------------------------------------------------------------------- */

static const char *
what(const struct thumb *t)
{
	return t->file != NULL ? t->file : "standard input";
}

static int
identicon(const struct thumb *t, struct err *err)
{
	struct buf png;
	buf_init(&png, SPOOL_MAX);
	int rc = image_identicon(t->name, t->size.width, t->size.height, &png, err);
	if (rc == 0)
		rc = put_one(t, &png, err);
	buf_clear(&png);
	return rc;
}

static int
picture(const struct thumb *t, struct err *err)
{
	static const struct image_size hash_size = {HASH_SIDE, HASH_SIDE, IMAGE_SCALE};
	bool set = t->mode == THUMB_SET;
	const struct image_size *sizes = set ? image_set : t->mode == THUMB_HASH ? &hash_size : &t->size;
	struct image_thumbs made;
	int rc = 0;
	if (image_thumbs_make(t->in, sizes, set ? IMAGE_SET_LEN : 1, t->as, &t->limits, &made, err) < 0)
		return err_add(err, "%s", what(t));
	if (made.warning.code != ERR_NONE)
		cmd_warn(&t->c, "%s: %s", what(t), made.warning.text);
	if (set)
		rc = put_set(t, &made, err);
	else if (t->mode == THUMB_HASH)
		put_hash(t, &made);
	else
		rc = put_one(t, &made.thumb[0].data, err);
	image_thumbs_clear(&made);
	return rc;
}

static bool
enough(void *arg)
{
	struct timespec ts;
	(void)arg;
	return clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts) == 0 && ts.tv_sec >= ANIMATION_S;
}

/* What does not move, or moves too much, becomes a still picture. */
static int
animation(const struct thumb *t, struct err *err)
{
	struct image_thumb made;
	if (image_anim_make(t->in, &t->size, &t->limits, enough, NULL, &made, err) < 0) {
		if (err->code != ERR_UNSUPPORTED)
			cmd_warn(&t->c, "%s: %s: only its first frame is taken", what(t), err->text);
		return picture(t, err);
	}
	int rc = put_one(t, &made.data, err);
	buf_clear(&made.data);
	return rc;
}

/* A decoder cannot be asked to stop: whoever interrupts ends the process, which has written nothing yet. */
int
thumb_document(const struct thumb *t, struct err *err)
{
	(void)signal(SIGINT, SIG_DFL);
	(void)signal(SIGTERM, SIG_DFL);
	(void)signal(SIGHUP, SIG_DFL);
	if (cmd_stop)
		return err_set(err, ERR_SYS, "interrupted");
	return t->mode == THUMB_NAME ? identicon(t, err) : t->animated ? animation(t, err) : picture(t, err);
}
