/* What does mxmedia-expire do about files and rows that do not find each other? */
#include "cmd/expire.h"
#include "cmd/flaw.h"

#define JOB "orphans"

/* Files that are not the store's are told always: nobody else will see them. */
static void
found(void *arg, const struct store_finding *f)
{
	struct expire *a = arg;
	struct json *j = flaw_json(f, a->c.conf.server_name);
	if (a->e.dry) {
		expire_print(j);
		return;
	}
	struct buf text;
	buf_init(&text, RECORD_LINE_MAX);
	(void)json_write(j, 0, &text);
	if (f->mended || f->flaw == STORE_FLAW_OLDER)
		cmd_note(&a->c, "orphans: %s", text.p);
	else
		cmd_warn(&a->c, "orphans: %s%s%s", flaw_name(f->flaw), f->path != NULL ? ": " : "",
			 f->path != NULL ? f->path : "");
	buf_clear(&text);
	json_free(j);
}

static int
sweep(struct expire *a, struct store_inspection *in, struct err *err)
{
	/* what expires meanwhile takes rows with files, in this order: so first the rows */
	int rc = store_orphans_rows(in, err);
	rc = rc == 0 && !cmd_stop ? store_orphans_files(in, err) : rc;
	if (rc == 0 && !cmd_stop && !a->e.dry)
		rc = store_done_set(a->store, JOB, a->e.now, err);
	return rc;
}

struct json *
expire_sweep(struct expire *a, struct err *err)
{
	struct store_inspection in = {.e = &a->e,
				      .grace = a->grace >= 0 ? a->grace : a->c.conf.orphan_grace,
				      .rows = a->rows,
				      .found = found,
				      .arg = a};
	struct json *j = json_object();
	expire_begin(a, "expire", "system");
	if (sweep(a, &in, err) < 0)
		expire_failed(a, err, "orphans");
	if (in.n[STORE_FLAW_OLDER] > 0) {
		cmd_warn(&a->c,
			 "orphans: %lld files without rows are older than the database, and stay: has it been lost?",
			 (long long)in.n[STORE_FLAW_OLDER]);
		a->status = EXIT_REFUSED;
	}
	if (a->e.dry)
		json_set_bool(j, "dry_run", true);
	json_set_int(j, "files", in.files);
	json_set_int(j, "media", in.media);
	flaw_counts(j, &in);
	json_set_int(j, "directories", in.dirs);
	json_set_int(j, "bytes", in.bytes + a->e.bytes);
	return j;
}

int
expire_orphans(struct expire *a, struct err *err)
{
	expire_print(expire_sweep(a, err));
	return 0;
}

bool
expire_sweep_due(struct expire *a)
{
	int64_t last = 0;
	struct err err;
	if (store_done_get(a->store, JOB, &last, &err) < 0) {
		expire_failed(a, &err, "orphans");
		return false;
	}
	return cmd_now() - last >= EXPIRE_SWEEP_EVERY || last > cmd_now();
}
