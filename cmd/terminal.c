/* Is somebody looking on, and how wide is the screen?  Apart from cmd.c, so that only those with tables link it. */
#include "cmd/cmd.h"

#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "preview/format.h"

enum { COLUMNS_OTHERWISE = 80, COLUMNS_MAX = 400 };

/* $COLUMNS goes before what the terminal says, as usual. */
unsigned
cmd_terminal(bool *colour)
{
	struct winsize size = {0};
	const char *columns = getenv("COLUMNS"), *no_colour = getenv("NO_COLOR"), *term = getenv("TERM");
	int64_t n = 0;
	*colour = false;
	if (!isatty(STDOUT_FILENO))
		return 0;
	if (columns == NULL || str_int64(columns, &n) < 0 || n <= 0)
		n = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : COLUMNS_OTHERWISE;
	*colour = (no_colour == NULL || *no_colour == '\0') && !str_eq(term, "dumb");
	return n < FORMAT_COLUMNS_MIN ? FORMAT_COLUMNS_MIN : n > COLUMNS_MAX ? COLUMNS_MAX : (unsigned)n;
}
