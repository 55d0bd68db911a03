/* What does a CGI request cost whatever is answered?  The least program that a web server can start. */
#include <unistd.h>

int
main(void)
{
	static const char answer[] = "Status: 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";
	return write(STDOUT_FILENO, answer, sizeof answer - 1) < 0;
}
