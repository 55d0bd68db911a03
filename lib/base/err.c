/* What went wrong, and what can the caller do about it? */
#include "base/base.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

__attribute__((format(printf, 2, 0))) static void
format(struct err *err, const char *fmt, va_list ap)
{
	(void)vsnprintf(err->text, sizeof err->text, fmt, ap);
}

static void
start(struct err *err, enum err_code code)
{
	err->code = code;
	err->status = 0;
	err->errcode = NULL;
	err->class = NULL;
	err->http_status = 0;
	err->retry_after = 0;
}

int
err_set(struct err *err, enum err_code code, const char *fmt, ...)
{
	if (err != NULL) {
		va_list ap;
		start(err, code);
		va_start(ap, fmt);
		format(err, fmt, ap);
		va_end(ap);
	}
	return -1;
}

int
err_http(struct err *err, enum err_code code, int status, const char *errcode, const char *fmt, ...)
{
	if (err != NULL) {
		va_list ap;
		start(err, code);
		err->status = status;
		err->errcode = errcode;
		va_start(ap, fmt);
		format(err, fmt, ap);
		va_end(ap);
	}
	return -1;
}

int
err_sys(struct err *err, const char *fmt, ...)
{
	int saved = errno;
	if (err != NULL) {
		va_list ap;
		start(err, saved == EAGAIN || saved == ENOSPC || saved == EDQUOT || saved == EFBIG || saved == EMFILE ||
				   saved == ENFILE
			       ? ERR_BUSY
			       : ERR_SYS);
		va_start(ap, fmt);
		format(err, fmt, ap);
		va_end(ap);
		size_t n = strlen(err->text);
		(void)snprintf(err->text + n, sizeof err->text - n, ": %s", strerror(saved));
	}
	errno = saved;
	return -1;
}

int
err_add(struct err *err, const char *fmt, ...)
{
	if (err != NULL) {
		char old[ERR_TEXT_MAX];
		va_list ap;
		(void)memcpy(old, err->text, sizeof old);
		va_start(ap, fmt);
		format(err, fmt, ap);
		va_end(ap);
		size_t n = strlen(err->text);
		(void)snprintf(err->text + n, sizeof err->text - n, ": %s", old);
	}
	return -1;
}

void
err_clear(struct err *err)
{
	if (err != NULL) {
		start(err, ERR_NONE);
		err->text[0] = '\0';
	}
}

int
err_status(const struct err *err)
{
	static const int status[] = {
	    [ERR_NONE] = 200,	[ERR_INPUT] = 400,	 [ERR_LIMIT] = 502, [ERR_DENIED] = 403, [ERR_NOTFOUND] = 404,
	    [ERR_REMOTE] = 502, [ERR_UNSUPPORTED] = 415, [ERR_BUSY] = 503,  [ERR_SYS] = 500,	[ERR_BUG] = 500,
	};
	return err->status != 0 ? err->status : status[err->code];
}

const char *
err_errcode(const struct err *err)
{
	if (err->errcode != NULL)
		return err->errcode;
	switch (err->code) {
	case ERR_LIMIT:
		return "M_TOO_LARGE";
	case ERR_NOTFOUND:
		return "M_NOT_FOUND";
	default:
		return "M_UNKNOWN";
	}
}

int
err_exit(const struct err *err)
{
	switch (err->code) {
	case ERR_NONE:
		return 0;
	case ERR_BUSY:
		return 75; /* EX_TEMPFAIL of sysexits(3) */
	default:
		return 1;
	}
}
