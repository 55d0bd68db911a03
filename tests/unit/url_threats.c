/* Where may a request not go?  One case or more for each class of trick, with the verdict that it gets before any lookup. */
#include "url/url.h"

#include <locale.h>

#include "tests/unit/tap.h"

/* What is said of a URL: a verdict, or that it is no URL (which libcurl is then never given). */
enum {
	OK = URL_OK,
	ADDRESS = URL_DENIED_ADDRESS,
	SCHEME = URL_DENIED_SCHEME,
	PORT = URL_DENIED_PORT,
	USERINFO = URL_DENIED_USERINFO,
	NONE = 100
};

struct row {
	const char *url;
	int want;
};

/* As net/hop.c does: judged as written, then resolved and with its host normal. */
static int
ask(const struct url_policy *p, const char *text)
{
	struct url u;
	int written = NONE, asked = NONE;
	char *resolved = url_resolve(NULL, text, NULL);
	if (url_parse(&u, text, NULL) == 0) {
		written = (int)url_policy_check_secondary(p, &u);
		url_clear(&u);
	}
	if (resolved != NULL && url_parse(&u, resolved, NULL) == 0) {
		char *host = url_host_normal(u.host);
		if (host != NULL) {
			mem_free(u.host);
			u.host = host;
			asked = (int)url_policy_check_secondary(p, &u);
		}
		url_clear(&u);
	}
	mem_free(resolved);
	return written == NONE || asked == NONE ? NONE : written != OK ? written : asked;
}

static const struct row decimal[] = {
    {"http://2130706433/", ADDRESS},   {"http://2130706433./", ADDRESS}, {"http://167772165/", ADDRESS},
    {"http://2852039166/", ADDRESS},   {"http://0/", ADDRESS},		 {"http://4294967295/", ADDRESS},
    {"http://4294967296/", NONE},      {"http://134744072/", OK},	 {"http://02130706433/", OK},
    {"http://127.0.0.1/", ADDRESS},    {"http://127.0.0.1./", ADDRESS},	 {"http://127.0.0.1../", ADDRESS},
    {"http://127.0.0.001/", ADDRESS},  {"http://127.0.0.256/", NONE},	 {"http://127.0.0.1.0/", NONE},
    {"http://00000000127.0.0.1/", OK},
};
/* A leading 0 says octal, so that some of these are public. */
static const struct row octal[] = {
    {"http://0177.0.0.1/", ADDRESS},	      {"http://00000177.0.0.1/", ADDRESS}, {"http://017700000001/", ADDRESS},
    {"http://0251.0376.0251.0376/", ADDRESS}, {"http://0127.0.0.1/", OK},	   {"http://0178.0.0.1/", NONE},
    {"http://010.010.010.010/", OK},	      {"http://012.1.2.3/", ADDRESS},
};
static const struct row hexadecimal[] = {
    {"http://0x7f000001/", ADDRESS}, {"http://0X7F.0X0.0X0.0X1/", ADDRESS},
    {"http://0xa9fea9fe/", ADDRESS}, {"http://0x00000000007f.1/", ADDRESS},
    {"http://0x17f000001/", NONE},   {"http://0x/", ADDRESS},
    {"http://0x7g.1/", NONE},	     {"http://0x8080808/", OK},
};
static const struct row shortened[] = {
    {"http://127.1/", ADDRESS},		{"http://127.0.1/", ADDRESS},	  {"http://10.5/", ADDRESS},
    {"http://169.254.43518/", ADDRESS}, {"http://192.168.257/", ADDRESS}, {"http://172.1048577/", ADDRESS},
    {"http://8.526344/", OK},		{"http://127.16777216/", NONE},
};
static const struct row mixed[] = {
    {"http://0x7f.1/", ADDRESS},
    {"http://0177.0x0.1/", ADDRESS},
    {"http://169.0376.0xa9.254/", ADDRESS},
    {"http://0xa9.254.0251.0376/", ADDRESS},
};
static const struct row disguised[] = {
    {"http://%31%32%37.0.0.1/", ADDRESS},
    {"http://127%2E0%2E0%2E1/", ADDRESS},
    {"http://%30x7f.1/", ADDRESS},
    {"http://%2531%2532%2537.0.0.1/", NONE},
    {"http://\xEF\xBC\x91\xEF\xBC\x92\xEF\xBC\x97\xEF\xBC\x8E\xEF\xBC\x90.0.\xEF\xBC\x91/", ADDRESS}, /* full width */
    {"http://127\xE3\x80\x82"
     "0\xEF\xBD\xA1"
     "0.1/",
     ADDRESS}, /* ideographic dots */
    {"http://\xE2\x91\xA0\xE2\x91\xA1\xE2\x91\xA6.\xE2\x93\xAA.\xE2\x93\xAA.\xE2\x91\xA0/", ADDRESS}, /* circled */
    {"http://\xF0\x9D\x9F\x8F\xF0\x9D\x9F\x90\xF0\x9D\x9F\x95.0.0.\xF0\x9D\x9F\x8F/", ADDRESS},	      /* bold */
    {"http://127.0.0.\xC2\xB9/", ADDRESS},							      /* superscript */
    {"http://\xEF\xBC\x90x7f.1/", ADDRESS},
    {"http://127.0.0.1%E3%80%82/", ADDRESS},
    {"http://127.0.0.1\xC2\xAD/", ADDRESS}, /* soft hyphen */
    {"http://\xE2\x80\x8B"
     "127.0.0.1/",
     ADDRESS}, /* zero width space */
};
static const struct row embedded[] = {
    {"http://[::1]/", ADDRESS},
    {"http://[::]/", ADDRESS},
    {"http://[0:0:0:0:0:0:0:1]/", ADDRESS},
    {"http://[::ffff:127.0.0.1]/", ADDRESS},
    {"http://[::FFFF:7F00:1]/", ADDRESS},
    {"http://[::ffff:8.8.8.8]/", ADDRESS},
    {"http://[::127.0.0.1]/", ADDRESS},
    {"http://[::8.8.8.8]/", ADDRESS},	       /* compat */
    {"http://[::ffff:0:127.0.0.1]/", ADDRESS}, /* SIIT */
    {"http://[64:ff9b::127.0.0.1]/", ADDRESS},
    {"http://[64:ff9b::8.8.8.8]/", ADDRESS}, /* NAT64, RFC 6052 */
    {"http://[64:ff9b:1:7f00:0:100::]/", ADDRESS},
    {"http://[64:ff9b:1:7f:0:1::]/", ADDRESS},
    {"http://[64:ff9b:1:0:7f:0:100:0]/", ADDRESS},
    {"http://[64:ff9b:1::127.0.0.1]/", ADDRESS},
    {"http://[2002:7f00:1::1]/", ADDRESS},
    {"http://[2002:808:808::1]/", ADDRESS}, /* 6to4 */
    {"http://[2001:0:7f00:1::]/", ADDRESS},
    {"http://[2001::80ff:fffe]/", ADDRESS}, /* Teredo, server and client */
    {"http://[2a00::5efe:127.0.0.1]/", ADDRESS},
    {"http://[2a00::200:5efe:10.0.0.1]/", ADDRESS}, /* ISATAP */
    {"http://[fe80::5efe:10.0.0.1]/", ADDRESS},
    {"http://[2a00::5efe:8.8.8.8]/", OK},
    {"http://[2606:4700:4700::1111]/", OK},
};
static const struct row special[] = {
    {"http://10.0.0.1/", ADDRESS},	  {"http://172.31.255.255/", ADDRESS},	  {"http://192.168.0.1/", ADDRESS},
    {"http://100.64.0.1/", ADDRESS},	  {"http://169.254.169.254/", ADDRESS},	  {"http://168.63.129.16/", ADDRESS},
    {"http://100.100.100.200/", ADDRESS}, {"http://0.1.2.3/", ADDRESS},		  {"http://240.0.0.1/", ADDRESS},
    {"http://255.255.255.255/", ADDRESS}, {"http://224.0.0.1/", ADDRESS},	  {"http://192.0.2.1/", ADDRESS},
    {"http://198.18.0.1/", ADDRESS},	  {"http://192.0.0.8/", ADDRESS},	  {"http://192.31.196.1/", ADDRESS},
    {"http://192.52.193.1/", ADDRESS},	  {"http://192.88.99.1/", ADDRESS},	  {"http://192.175.48.1/", ADDRESS},
    {"http://[fd00:ec2::254]/", ADDRESS}, {"http://[fc00::1]/", ADDRESS},	  {"http://[fe80::1]/", ADDRESS},
    {"http://[fec0::1]/", ADDRESS},	  {"http://[ff02::1]/", ADDRESS},	  {"http://[100::1]/", ADDRESS},
    {"http://[2001:db8::1]/", ADDRESS},	  {"http://[2001:20::1]/", ADDRESS},	  {"http://[3fff::1]/", ADDRESS},
    {"http://[5f00::1]/", ADDRESS},	  {"http://[2620:4f:8000::1]/", ADDRESS}, {"http://[4000::1]/", ADDRESS},
};
static const struct row zones[] = {
    {"http://[fe80::1%25lo]/", NONE}, {"http://[fe80::1%lo]/", NONE},
    {"http://[::1%251]/", NONE},      {"http://[2606:4700:4700::1111%25eth0]/", NONE},
    {"http://[::1%00]/", NONE},	      {"http://[v1.x]/", NONE},
};
static const struct row userinfo[] = {
    {"http://u:p@public.example/", USERINFO},
    {"http://public.example@127.0.0.1/", ADDRESS},
    {"http://public.example:80@127.0.0.1:80/", ADDRESS},
    {"http://a@b@127.0.0.1/", ADDRESS},
    {"http://127.0.0.1@public.example/", USERINFO},
    {"http://@public.example/", USERINFO},
    {"http://u%40public.example@127.0.0.1/", ADDRESS},
};
static const struct row confusion[] = {
    {"http://127.0.0.1\\@public.example/", ADDRESS}, /* '\' ends the authority, as in browsers */
    {"http://public.example\\@127.0.0.1/", OK},
    {"http://127.0.0.1#@public.example/", ADDRESS},
    {"http://public.example#@127.0.0.1/", OK},
    {"http://public.example?@127.0.0.1/", OK},
    {"http://127.0.0.1;public.example/", OK},
    {"http:///127.0.0.1/", ADDRESS},
    {"http:127.0.0.1/", ADDRESS},
    {"http:/\\/127.0.0.1/", ADDRESS},
    {"\\\\127.0.0.1/", NONE},
    {"//127.0.0.1/", NONE},
    {"ht\ttp://12\n7.0.\r0.1/", ADDRESS},
    {" \t http://127.0.0.1/ ", ADDRESS},
    {"\x01http://127.0.0.1/", ADDRESS},
    {"http:// 127.0.0.1/", NONE},
    {"http://127.0.0.1 /", NONE},
    {"http://127.0.0.1%20/", NONE},
    {"http://127.0.0.1%09/", NONE},
    {"http://public.example%00.127.0.0.1/", NONE},
    {"http://public.example%0d%0aHost:x/", NONE},
    {"http://public.example%23@127.0.0.1/", ADDRESS},
    {"http://public.example%2f@127.0.0.1/", ADDRESS},
    {"http://127.0.0.1%2fpublic.example/", NONE},
    {"http://127.0.0.1%3a80/", NONE},
    {"http://[127.0.0.1]/", NONE},
    {"http://[::1]public.example/", NONE},
    {"http://public.example:80:81/", NONE},
    {"http://public.example:80@/", NONE},
    {"http://<public.example>/", NONE},
    {"http://public.example^/", NONE},
    {"http://pub|lic.example/", NONE},
};
static const struct row lookalikes[] = {
    {"http://\xEF\xBD\x8C\xEF\xBD\x8F\xEF\xBD\x83\xEF\xBD\x81\xEF\xBD\x8C.example/",
     OK},				     /* a name: judged when it is looked up */
    {"http://a\xE2\x84\x80.example/", NONE}, /* maps to a/c */
    {"http://a\xEF\xBC\x8F.example/", NONE}, /* full-width / */
    {"http://a\xEF\xBC\xA0"
     "b.example/",
     NONE}, /* full-width @ */
    {"http://a\xEF\xBC\x9A"
     "80.example/",
     NONE},							    /* full-width : */
    {"http://a\xEF\xBC\x83.example/", NONE},			    /* full-width # */
    {"http://a\xEF\xBC\x9F.example/", NONE},			    /* full-width ? */
    {"http://\xEF\xBC\x85\xEF\xBC\x90\xEF\xBC\x90.example/", NONE}, /* full-width %00 */
    {"http://\xC2\xAD/", NONE},					    /* maps to nothing */
    {"http://\xE2\x80\x8B/", NONE},
    {"http://a\xE3\x80\x80"
     "b.example/",
     NONE}, /* ideographic space */
    {"http://\xFF\xFE.example/", NONE},
    {"http://xn--a-0.example/", OK}, /* what it decodes to is nobody's business */
};
static const struct row ports[] = {
    {"http://public.example:0/", PORT},	     {"http://public.example:22/", PORT},
    {"http://public.example:25/", PORT},     {"http://public.example:53/", PORT},
    {"http://public.example:6379/", PORT},   {"http://public.example:11211/", PORT},
    {"http://public.example:445/", PORT},    {"http://public.example:3306/", PORT},
    {"http://public.example:2375/", PORT},   {"http://public.example:27017/", PORT},
    {"http://public.example:3000/", OK},     {"http://public.example:8443/", OK},
    {"http://public.example:00022/", PORT},  {"https://public.example:6667/", PORT},
    {"http://public.example:65535/", OK},    {"http://public.example:65536/", NONE},
    {"http://public.example:65558/", NONE},  {"http://public.example:4294967318/", NONE},
    {"http://public.example:+22/", NONE},    {"http://public.example:-22/", NONE},
    {"http://public.example:2 2/", NONE},    {"http://public.example:\xEF\xBC\x92\xEF\xBC\x92/", NONE},
    {"http://public.example:%32%32/", NONE}, {"http://public.example:/", OK},
    {"http://public.example:0x16/", NONE},
};
static const struct row schemes[] = {
    {"ftp://public.example/", SCHEME},
    {"gopher://public.example:70/_x", SCHEME},
    {"dict://public.example/", SCHEME},
    {"ldap://public.example/", SCHEME},
    {"smb://public.example/x", SCHEME},
    {"ws://public.example/", SCHEME},
    {"http+unix://public.example/", SCHEME},
    {"httpx://public.example/", SCHEME},
    {"view-source:http://127.0.0.1/", NONE},
    {"file:///etc/passwd", NONE},
    {"file://public.example/etc/passwd", SCHEME},
    {"jar:http://127.0.0.1!/", NONE},
    {"javascript:alert(1)", NONE},
    {"data:text/html,x", NONE},
    {"about:blank", NONE},
    {"http", NONE},
    {"", NONE},
    {"HtTpS://public.example/", OK},
};

static void class(const struct url_policy *p, const char *name, const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int got = ask(p, rows[i].url);
		ok(got == rows[i].want, "%s: %s", name, rows[i].url);
		if (got != rows[i].want)
			(void)printf("# got %s\n", got == NONE ? "no URL" : url_verdict_text((enum url_verdict)got));
	}
}

#define CLASS(rows) class(p, #rows, rows, sizeof(rows) / sizeof(rows)[0])

int
main(void)
{
	struct url_policy *p = url_policy_new();
	(void)setlocale(LC_CTYPE, "C.UTF-8");
	CLASS(decimal);
	CLASS(octal);
	CLASS(hexadecimal);
	CLASS(shortened);
	CLASS(mixed);
	CLASS(disguised);
	CLASS(embedded);
	CLASS(special);
	CLASS(zones);
	CLASS(userinfo);
	CLASS(confusion);
	CLASS(lookalikes);
	CLASS(ports);
	CLASS(schemes);
	url_policy_free(p);
	return done();
}
