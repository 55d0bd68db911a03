/* What does a program load that is linked whole?  Nothing: SQLite loads extensions only when it is told to, and nobody tells
 * it.  With the real dlopen() they would need the shared libraries of the very C library that is in the program. */
#include <stddef.h>

void *__wrap_dlopen(const char *file, int mode); /* what the linker makes of dlopen() by --wrap */

void *
__wrap_dlopen(const char *file, int mode)
{
	(void)file;
	(void)mode;
	return NULL;
}
