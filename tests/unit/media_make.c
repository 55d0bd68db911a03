/* Is the process that saw hostile bytes believed?  It says all kinds of things here, and nothing of it may come through. */
#include "media/int.h"
#include "tests/unit/tap.h"

#include <fcntl.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

static bool stop_now;

static int64_t
now(void)
{
	struct timespec ts;
	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static bool
stopped(void)
{
	return stop_now;
}

/* A shell script in its place. */
static int
make(const char *script, bool set, struct media_made *made, struct err *err)
{
	char sh[] = "/bin/sh", c[] = "-c", *text = mem_strdup(script), *argv[] = {sh, c, text, NULL};
	struct media m = {.thumb = argv, .now = now, .clock = now, .stop = stopped};
	struct media_want want = {.width = 3, .height = 4, .method = MEDIA_CROP};
	int in = open("/dev/null", O_RDONLY);
	int rc = set ? media_make_set(&m, in, made, err) : media_make_one(&m, in, &want, NULL, made, err);
	io_close(&in);
	mem_free(text);
	return rc;
}

#define ONE(w, h, method, type, bytes)                                                                       \
	"{\"width\":" w ",\"height\":" h ",\"method\":\"" method "\",\"type\":\"" type "\",\"bytes\":" bytes \
	",\"file\":\"x\"}"
#define GOOD ONE("32", "32", "crop", "image/jpeg", "3")

static void
sets(void)
{
	static const struct {
		const char *script, *name;
	} bad[] = {
	    {"exit 1", "it fails"},
	    {"kill -9 $$", "it is killed"},
	    {"exit 0", "it says nothing"},
	    {"echo", "an empty line"},
	    {"echo []", "no thumbnail"},
	    {"echo '{}'", "no list"},
	    {"echo '[1]'; echo abc", "no object"},
	    {"echo '[" GOOD "'; printf abc", "half a list"},
	    {"printf '[" GOOD "]'", "no end of line"},
	    {"echo '[" GOOD "]'; printf ab", "too short"},
	    {"echo '[" GOOD "]'; printf abcd", "too long"},
	    {"echo '[" GOOD "," GOOD "]'; printf abc", "the second has no bytes"},
	    {"echo '[" ONE("0", "32", "crop", "image/jpeg", "3") "]'; printf abc", "no width"},
	    {"echo '[" ONE("-1", "32", "crop", "image/jpeg", "3") "]'; printf abc", "a negative width"},
	    {"echo '[" ONE("32", "65536", "crop", "image/jpeg", "3") "]'; printf abc", "a height of no thumbnail"},
	    {"echo '[" ONE("32", "32", "../../x", "image/jpeg", "3") "]'; printf abc", "a method that is a path"},
	    {"echo '[" ONE("32", "32", "crop", "image/../x", "3") "]'; printf abc", "a type that is a path"},
	    {"echo '[" ONE("32", "32", "crop", "text/html", "3") "]'; printf abc", "a page"},
	    {"echo '[" ONE("32", "32", "crop", "image/jpeg", "-3") "]'; printf abc", "negative bytes"},
	    {"echo '[" ONE("32", "32", "crop", "image/jpeg", "9007199254740993") "]'; printf abc", "too many bytes"},
	    {"echo '[" GOOD "," GOOD "," GOOD "," GOOD "," GOOD "," GOOD "," GOOD "," GOOD "," GOOD
	     "]'; printf abcabcabcabcabcabcabcabcabc",
	     "too many thumbnails"},
	    {"cat /dev/zero", "no end"},
	};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct media_made made;
		struct err err;
		ok(make(bad[i].script, true, &made, &err) < 0 && made.n == 0 && made.data.p == NULL, "%s", bad[i].name);
	}
	struct media_made made;
	struct err err;
	is_int(make("echo '[" GOOD "," ONE("5", "6", "scale", "image/png", "2") "]'; printf abcde", true, &made, &err),
	       0, "what is right");
	ok(made.n == 2 && made.thumb[1].width == 5 && made.thumb[1].height == 6 && made.thumb[1].bytes == 2,
	   "is taken");
	is_str(made.thumb[1].type, "image/png", "its type");
	ok(made.n == 2 && memcmp(made.thumb[1].data, "de", 2) == 0, "its bytes");
	media_made_clear(&made);
}

static void
one(void)
{
	struct media_made made;
	struct err err;
	ok(make("printf '<html>'", false, &made, &err) < 0, "a page instead of a thumbnail");
	ok(make("exit 0", false, &made, &err) < 0, "nothing instead of one");
	is_int(make("printf 'GIF89a'", false, &made, &err), -1, "a kind that no thumbnail has");
	is_int(make("printf '\\377\\330\\377rest'", false, &made, &err), 0, "a JPEG");
	ok(made.n == 1 && made.thumb[0].width == 3 && made.thumb[0].height == 4 && made.thumb[0].bytes == 7,
	   "listed as it was asked for");
	is_str(made.thumb[0].type, "image/jpeg", "as what it is");
	is_str(made.thumb[0].method, "crop", "cropped");
	media_made_clear(&made);
	is_int(make("ls /proc/self/fd | wc -l | grep -q '^[45]$' && printf '\\377\\330\\377'", false, &made, &err), 0,
	       "it has no descriptor of ours");
	media_made_clear(&made);
	is_int(make("exec /nowhere/no-such-program", false, &made, &err), -1, "it is not there");
	sigset_t all, before;
	(void)sigfillset(&all);
	(void)sigprocmask(SIG_SETMASK, &all, &before); /* as threads do that leave signals to others */
	ok(make("kill -TERM $$; printf '\\377\\330\\377'", false, &made, &err) < 0,
	   "a signal ends it, whatever is blocked here");
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	int64_t from = now();
	ok(make("printf '\\377\\330\\377'; exec >&- sleep 30", false, &made, &err) < 0 && now() - from < 10000,
	   "who says all and stays is not waited for");
	stop_now = true;
	from = now();
	ok(make("exec sleep 30", false, &made, &err) < 0 && now() - from < 5000, "interrupted, it is ended at once");
	is_str(strstr(err.text, "interrupted"), "interrupted", "and why");
	stop_now = false;
}

int
main(void)
{
	(void)signal(SIGPIPE, SIG_IGN);
	sets();
	one();
	return done();
}
