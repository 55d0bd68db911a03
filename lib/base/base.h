/* base: how do we speak?  Errors, memory, bounded buffers, strings, UTF-8, descriptors, hashes. */
#ifndef BASE_BASE_H
#define BASE_BASE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* ---- err: what the caller can do about it -------------------------------------------- */

enum err_code {
	ERR_NONE = 0,
	ERR_INPUT,	 /* what was given is malformed */
	ERR_LIMIT,	 /* a named ceiling was reached */
	ERR_DENIED,	 /* policy says no */
	ERR_NOTFOUND,	 /* it is not there */
	ERR_REMOTE,	 /* the other side failed */
	ERR_UNSUPPORTED, /* well formed, but nothing here can read it */
	ERR_BUSY,	 /* try again later */
	ERR_SYS,	 /* the operating system refused */
	ERR_BUG		 /* our mistake */
};

#define ERR_TEXT_MAX 512

/* Owned by the caller, allocates nothing.  status and errcode are what a Matrix client is told
 * (HTTP status, "M_…"); 0 and NULL mean "derive it from code" (err_status, err_errcode).  The next three are what
 * whoever asks again must know, and are cleared by all four below. */
struct err {
	enum err_code code;
	int status;
	const char *errcode; /* a string literal or NULL */
	const char *class;   /* which kind of remote failure, a string literal: mxpreview(5); or NULL */
	int http_status;     /* what the other side answered, 404 for example; 0: nothing */
	int64_t retry_after; /* ms until the other side wants to be asked again; 0: it did not say */
	char text[ERR_TEXT_MAX];
};

/* All four return -1, so that `return err_set(...)` reads well.  err may be NULL. */
int err_set(struct err *err, enum err_code code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
int err_sys(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3))); /* ": strerror(errno)" */
int err_add(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3))); /* "context: " in front */
int err_http(struct err *err, enum err_code code, int status, const char *errcode, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));
void err_clear(struct err *err);
int err_status(const struct err *err);		/* 400 … 504 */
const char *err_errcode(const struct err *err); /* "M_UNKNOWN", "M_TOO_LARGE", … */
int err_exit(const struct err *err);		/* 0, 1, 2 or 75 (EX_TEMPFAIL) */

/* ---- mem: out of memory ends the process --------------------------------------------- */

void *mem_alloc(size_t n); /* zeroed; n == 0 gives a valid pointer */
void *mem_array(size_t n, size_t size);
void *mem_realloc(void *p, size_t n);
char *mem_strdup(const char *s); /* NULL gives NULL */
char *mem_strndup(const char *s, size_t n);
char *mem_printf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void mem_free(void *p);

/* ---- buf: a growing byte string, born with its ceiling -------------------------------- */

struct buf {
	char *p;    /* NUL-terminated once anything was added or reserved; NULL before */
	size_t len; /* bytes, without the NUL */
	size_t cap;
	size_t max; /* len never exceeds it */
	bool full;  /* sticky: something did not fit and was left out whole */
};

void buf_init(struct buf *b, size_t max);
void buf_clear(struct buf *b);			     /* frees; b may be used again with the same max */
void buf_reset(struct buf *b);			     /* len = 0, keeps the memory, clears full */
int buf_add(struct buf *b, const void *p, size_t n); /* -1: would exceed max, nothing added */
int buf_adds(struct buf *b, const char *s);
int buf_addc(struct buf *b, char c);
int buf_addf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
int buf_reserve(struct buf *b, size_t n); /* room for n more bytes at p + len */
void buf_drop(struct buf *b, size_t n);	  /* the first n bytes */
char *buf_take(struct buf *b);		  /* the string, yours; "" if empty; b is empty after */

/* ---- str: ASCII and UTF-8 -------------------------------------------------------------- */

bool str_eq(const char *a, const char *b);	       /* NULL-safe */
bool str_ieq(const char *a, const char *b);	       /* ASCII case-insensitive, NULL-safe */
bool str_nieq(const char *a, size_t n, const char *b); /* a[0..n) equals b, ASCII case-insensitive */
bool str_starts(const char *s, const char *prefix);
bool str_istarts(const char *s, const char *prefix);
bool str_ascii(const char *s);	 /* no byte above 0x7F */
bool str_isspace(int c);	 /* HTML space: TAB LF FF CR SP */
bool str_isblank(const char *s); /* NULL, empty or only str_isspace */
int str_lower(int c);
void str_tolower(char *s);			   /* ASCII, in place */
int str_int64(const char *s, int64_t *out);	   /* whole string, decimal; -1 if not */
int str_size(const char *s, int64_t *out);	   /* 10M, 512K, 3G (1024-based), 17 */
int str_duration(const char *s, int64_t *ms);	   /* bare = ms; s m h d w y (365 d); 90s */
bool str_glob(const char *pattern, const char *s); /* * ? [seq] [!seq] over the whole of s, linear in memory */
uint64_t str_hash(const char *s, size_t n);	   /* FNV-1a 64; not for adversarial tables */

/* Decode one code point at s[0..n), n > 0.  Returns its length in bytes and sets *cp; a malformed
 * sequence gives 1 and U+FFFD (maximal subpart rule not needed by any caller). */
size_t utf8_next(const char *s, size_t n, uint32_t *cp);
size_t utf8_put(char out[4], uint32_t cp); /* bytes written; surrogates and > U+10FFFF become U+FFFD */
bool utf8_valid(const char *s, size_t n);
bool utf8_scan(const char *s, size_t n, size_t *beyond); /* the same; if so, the characters beyond ASCII */
size_t utf8_count(const char *s, size_t n);		 /* code points */
size_t utf8_cut(const char *s, size_t n, size_t max);	 /* bytes of the first max code points */

/* ---- io: descriptors -------------------------------------------------------------------- */

int io_write(int fd, const void *p, size_t n, struct err *err); /* all of it */
int io_read_all(int fd, size_t max, struct buf *out,
		struct err *err); /* to EOF; ERR_LIMIT past max; a signal ends it */
int io_read_file(const char *path, size_t max, struct buf *out, struct err *err);
void io_random(void *p, size_t n);
void io_close(int *fd); /* NULL-safe in spirit: -1 is nothing; sets -1 */
int io_nonblock(int fd, struct err *err);
int io_mkdirs(const char *path, struct err *err); /* mkdir -p, mode 0700 */
char *io_program_dir(void);			  /* where this program stands, and ours beside it; yours */
/* Starts argv[0], a path, with in and out as its standard input and output; all else of ours but stderr is closed there. */
int io_spawn(char *const *argv, int in, int out, pid_t *pid, struct err *err);

/* NDJSON reader: whole lines of at most max bytes from a descriptor. */
struct io_lines {
	int fd;
	size_t max;
	struct buf in;
	size_t off;
	bool eof;
	bool skipping; /* inside a line that was longer than max */
};

enum io_line { IO_LINE_EOF = 0, IO_LINE_OK, IO_LINE_LONG, IO_LINE_AGAIN };

void io_lines_init(struct io_lines *l, int fd, size_t max);
void io_lines_clear(struct io_lines *l);
/* The next line, borrowed until the next call, without its LF (and CR before it); NUL-terminated.
 * A last line without LF counts.  LONG: one line over max was passed over (line = its first bytes).
 * AGAIN: no whole line yet (it reads at most once), or a signal came.  -1: read error. */
int io_lines_next(struct io_lines *l, char **line, size_t *len, struct err *err);
bool io_lines_waiting(const struct io_lines *l); /* a line or the end can be had, or more be read, without blocking */

/* ---- hash: SHA-256 (libcrypto; SHA-NI where the CPU has it) ----------------------------- */

#define HASH_HEX_LEN 64

struct hash; /* opaque */
struct hash *hash_new(void);
void hash_add(struct hash *h, const void *p, size_t n);
void hash_hex(struct hash *h, char out[HASH_HEX_LEN + 1]); /* finishes h; free it next */
void hash_free(struct hash *h);

/* The same without libcrypto, which costs a command that starts for one request more than all else: for what is short. */
void hash_sha256(const void *p, size_t n, uint8_t out[32]);
void hash_short(const void *p, size_t n, char out[HASH_HEX_LEN + 1]);

/* ---- sign: Ed25519 (libcrypto) ------------------------------------------------------------ */

#define SIGN_SEED_LEN 32
#define SIGN_PUBLIC_LEN 32
#define SIGN_LEN 64

int sign_ed25519(const unsigned char seed[SIGN_SEED_LEN], const void *p, size_t n, unsigned char out[SIGN_LEN],
		 struct err *err);
int sign_ed25519_public(const unsigned char seed[SIGN_SEED_LEN], unsigned char out[SIGN_PUBLIC_LEN], struct err *err);
#endif
