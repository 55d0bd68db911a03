/* Which filters are started, with which arguments, and how long may they be silent? */
#include "cmd/chain.h"

#include <sched.h>
#include <stdio.h>

/* ms without any answer after which a filter is taken for stuck.  fetch has clocks of its own: theirs and a margin. */
enum { PATIENCE = 30000, FETCH_MARGIN = 30000, WAITS = 4 };

/* Pictures made small at once: as many as there are processors, but two, that a slow one does not hold up the others, and
 * not too many, as each may take some 100 MiB. */
enum { PICTURES_MIN = 2, PICTURES_MAX = 4 };

void
chain_arg(struct conf_list *l, const char *s)
{
	l->v = mem_realloc(l->v, (l->n + 2) * sizeof *l->v);
	l->v[l->n++] = mem_strdup(s);
	l->v[l->n] = NULL;
}

/* They are started one by one, when all before them are at work. */
static void
arg_pictures(const struct cmd *c, struct conf_list *l)
{
	cpu_set_t set;
	char n[24];
	int64_t pictures = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : PICTURES_MAX;
	pictures = pictures < PICTURES_MIN ? PICTURES_MIN : pictures > PICTURES_MAX ? PICTURES_MAX : pictures;
	(void)snprintf(n, sizeof n, "%lld", (long long)(pictures < c->conf.jobs ? pictures : c->conf.jobs));
	chain_arg(l, "-j");
	chain_arg(l, n);
}

char **
chain_argv(const struct cmd *c, const char *dir, enum stage s, const struct conf_list *fetch)
{
	struct conf_list l = {0};
	char *path = mem_printf("%s/mxpreview-%s", dir, stage_name[s]);
	chain_arg(&l, path);
	mem_free(path);
	chain_arg(&l, "-d");
	chain_arg(&l, c->store);
	if (c->config_path != NULL) {
		chain_arg(&l, "-c");
		chain_arg(&l, c->config_path);
	}
	for (int i = 0; i < c->verbose; i++)
		chain_arg(&l, "-v");
	if (c->quiet)
		chain_arg(&l, "-q");
	if (c->no_sandbox)
		chain_arg(&l, "--no-sandbox");
	if (s == STAGE_THUMB)
		arg_pictures(c, &l);
	for (size_t i = 0; s == STAGE_FETCH && fetch != NULL && i < fetch->n; i++)
		chain_arg(&l, fetch->v[i]);
	return l.v;
}

void
chain_argv_free(char **argv)
{
	for (char **p = argv; p != NULL && *p != NULL; p++)
		mem_free(*p);
	mem_free(argv);
}

void
chain_patience(const struct conf *conf, int64_t patience[STAGE_DONE])
{
	for (enum stage s = 0; s < STAGE_DONE; s++)
		patience[s] = PATIENCE;
	patience[STAGE_FETCH] =
	    conf_total_timeout_max(conf) + FETCH_MARGIN + conf->retry_after_max + WAITS * conf_min_interval_max(conf);
}

int
chain_check(const struct conf *conf, struct err *err)
{
	for (size_t i = 0; i < conf->oembed_providers.n; i++) {
		if (access(conf->oembed_providers.v[i], R_OK) == 0)
			continue;
		(void)err_sys(err, "oembed_providers: %s", conf->oembed_providers.v[i]);
		err->code = ERR_INPUT;
		return -1;
	}
	return 0;
}
