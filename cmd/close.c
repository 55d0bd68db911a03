/* How does a filter close the door behind itself?  Apart from cmd.c, so that only filters link the sandbox. */
#include "cmd/cmd.h"

#include "cmd/sandbox.h"

int
cmd_close_in(const struct cmd *c, const struct sandbox *want, struct err *err)
{
	char missing[256] = "";
	if (c->no_sandbox)
		return 0;
	if (sandbox_enter(want, missing, err) < 0)
		return -1;
	if (missing[0] != '\0')
		cmd_note(c, "%s", missing);
	return 0;
}
