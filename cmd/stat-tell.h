/* stat-tell: numbers as people, programs and Prometheus read them. */
#ifndef CMD_STAT_TELL_H
#define CMD_STAT_TELL_H

#include "cmd/cmd.h"
#include "json/json.h"
#include "store/stat.h"

enum stat_format { STAT_TABLE, STAT_JSON, STAT_PROMETHEUS };

struct stat_row {
	const char *name;  /* one of ours, or a stranger's */
	const char *other; /* a second name, or NULL */
	int64_t count, bytes;
	bool no_bytes; /* they have none */
	bool put;      /* count is when it was put */
};

/* Edges of ages, with their names; the last one has no edge. */
extern const int64_t stat_edge[STORE_AGES - 1];
extern const char *const stat_age[STORE_AGES];

/* head: the names of the columns "name" and "other".  Bars stand for bytes, only on a terminal. */
void stat_table(const struct cmd *c, const char *const head[2], const struct stat_row *row, size_t n);
/* mxmedia_WHAT_count and _bytes, each row with label="name". */
void stat_prometheus(const struct cmd *c, const char *what, const char *help, const char *label,
		     const struct stat_row *row, size_t n);
void stat_print(const struct cmd *c, struct json *take); /* one line */

#endif
