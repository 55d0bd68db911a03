/* A directory of a test's own, and its end. */
#ifndef TESTS_TMPDIR_H
#define TESTS_TMPDIR_H

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

static int
tmpdir_drop(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static int
tmpdir_remove(const char *dir)
{
	return nftw(dir, tmpdir_drop, 16, FTW_DEPTH | FTW_PHYS);
}

#endif
