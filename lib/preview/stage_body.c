/* Where are the bytes of this document?  In the store, mapped for reading. */
#include "preview/stage_body.h"

#include <sys/mman.h>
#include <sys/stat.h>

static int
map(struct stage_body *b, int fd, size_t max, struct err *err)
{
	struct stat st;
	if (fstat(fd, &st) < 0)
		return err_sys(err, "fstat");
	b->n = st.st_size < 0 ? 0 : (size_t)st.st_size;
	if (b->n > max)
		b->n = max;
	if (b->n == 0)
		return 0;
	void *p = mmap(NULL, b->n, PROT_READ, MAP_PRIVATE, fd, 0);
	if (p == MAP_FAILED) {
		b->n = 0;
		return err_sys(err, "mmap");
	}
	b->p = p;
	return 0;
}

int
stage_body_open(struct stage_body *b, const struct store_blobs *blobs, const struct record_doc *doc, size_t max,
		struct err *err)
{
	*b = (struct stage_body){NULL, 0};
	if (doc->media_id == NULL)
		return err_set(err, ERR_INPUT, "document %s has no media_id", doc->rel != NULL ? doc->rel : "");
	int fd = store_blob_open(blobs, doc->media_id, err);
	if (fd < 0)
		return -1;
	int rc = map(b, fd, max < STAGE_BODY_MAX ? max : STAGE_BODY_MAX, err);
	if (rc < 0)
		(void)err_add(err, "%s", doc->media_id);
	io_close(&fd);
	return rc;
}

void
stage_body_close(struct stage_body *b)
{
	if (b->n > 0)
		(void)munmap((void *)(uintptr_t)b->p, b->n);
	*b = (struct stage_body){NULL, 0};
}
