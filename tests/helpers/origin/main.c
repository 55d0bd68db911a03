/* What may a web server do to its visitors?  The hostile origin of the tests, and the quick one of the benchmarks.
 *
 * origin [--root DIR] [--log FILE] [--times FILE] [--bind ADDR] [--port N]: prints its port on the first line of stdout and serves
 * until killed.  Every response accepts ?type=T (Content-Type; empty: none) and ?h=Name:%20value (repeatable).
 *
 *   /FILE                    from DIR; type by extension
 *   /status/CODE             that status with a small HTML body
 *   /redirect?to=URL&code=C  /hops/N  /loop  /cookie (-> /cookie-check: 200 if the cookie came back, else 400)
 *   /slow?headers=MS&body=MS /hang  /drip?n=BYTES&ms=INTERVAL[&lead=BYTES at once before them]
 *   /big?n=N[&chunked=1]  /endless  /lie?declare=N&send=M  /nolength?n=N
 *   /gzip?n=N (N zero bytes)  /gziphtml?title=T
 *   /headers?n=N&size=S  /endless-headers  /endless-1xx
 *   /reset  /close  /echo  /raw?b64=BYTES
 *   /count?path=P            how often P was asked for; "304 P": how often that was the answer
 *   /cond?etag=E&lm=DATE&cc=CACHE-CONTROL&vary=V&title=T   a page that answers 304 to its validators; &bare=1: a 304
 *                            without headers
 *   /lang?cc=C               a page in the first language asked for, Vary: Accept-Language; etag per language
 *   /flip?after=N&to=TARGET  a page, from the N+1st request on what TARGET answers
 *   /set?name=NAME&to=TARGET /switch/NAME answers from now on what TARGET does (404 before), and /robots.txt, if that
 *                            is NAME
 *   /wall?agent=A&code=N     a page if A is part of the User-Agent, else that status (200: nothing) */
#include "origin.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

void
die(const char *what)
{
	(void)fprintf(stderr, "origin: %s: %s\n", what, strerror(errno));
	exit(1);
}

void *
must(void *p)
{
	if (p == NULL)
		die("memory");
	return p;
}

int64_t
now_ms(void)
{
	struct timespec ts;
	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static int
listen_on(const char *address, uint16_t port)
{
	union {
		struct sockaddr any;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	} a;
	int one = 1;
	memset(&a, 0, sizeof a);
	bool v6 = strchr(address, ':') != NULL;
	socklen_t len = v6 ? sizeof a.in6 : sizeof a.in;
	a.any.sa_family = v6 ? AF_INET6 : AF_INET;
	*(v6 ? &a.in6.sin6_port : &a.in.sin_port) = htons(port);
	errno = EINVAL;
	if (inet_pton(a.any.sa_family, address, v6 ? (void *)&a.in6.sin6_addr : (void *)&a.in.sin_addr) != 1)
		die(address);
	int fd = socket(a.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) != 0 || bind(fd, &a.any, len) != 0 ||
	    listen(fd, 4096) != 0 || getsockname(fd, &a.any, &len) != 0)
		die(address);
	(void)printf("%d\n", ntohs(v6 ? a.in6.sin6_port : a.in.sin_port));
	if (fflush(stdout) != 0)
		die("stdout");
	return fd;
}

int
main(int argc, char **argv)
{
	static const struct option longs[] = {
	    {"root", required_argument, NULL, 'r'},  {"log", required_argument, NULL, 'l'},
	    {"times", required_argument, NULL, 't'}, {"bind", required_argument, NULL, 'b'},
	    {"port", required_argument, NULL, 'p'},  {NULL, 0, NULL, 0}};
	struct server *s = must(calloc(1, sizeof *s));
	const char *address = "127.0.0.1";
	uint16_t port = 0;
	s->root = s->log = s->times = -1;
	for (int o; (o = getopt_long(argc, argv, "", longs, NULL)) != -1;) {
		if (o == 'r' && (s->root = open(optarg, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
			die(optarg);
		else if (o == 'l' && (s->log = open(optarg, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644)) < 0)
			die(optarg);
		else if (o == 't' && (s->times = open(optarg, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644)) < 0)
			die(optarg);
		else if (o == 'b')
			address = optarg;
		else if (o == 'p')
			port = (uint16_t)strtoul(optarg, NULL, 10);
		else if (o == '?')
			exit(2);
	}
	struct rlimit files;
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &files);
	}
	s->listener = listen_on(address, port);
	serve(s);
	facts_free(s);
	free(s);
	return 0;
}
