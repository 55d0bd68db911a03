/* Which ports may be asked? */
#include "url/url.h"

#include <string.h>

#include "url/int.h"

enum { PORTS = 65536 };

struct url_ports {
	bool listed; /* some are allowed: then no others are */
	bool allow[PORTS], deny[PORTS];
};

struct url_ports *
url_ports_new(void)
{
	return mem_alloc(sizeof(struct url_ports));
}

void
url_ports_free(struct url_ports *p)
{
	mem_free(p);
}

/* One number of text[0..n), 0 … 65535, or -1. */
static int
number(const char *text, size_t n)
{
	int port = 0;
	for (size_t i = 0; i < n; i++) {
		if (text[i] < '0' || text[i] > '9' || port >= PORTS)
			return -1;
		port = port * 10 + (text[i] - '0');
	}
	return n > 0 && port < PORTS ? port : -1;
}

int
url_ports_add(struct url_ports *p, const char *text, bool allow, struct err *err)
{
	size_t n = strcspn(text, "-");
	int first = number(text, n), last = text[n] == '-' ? number(text + n + 1, strlen(text + n + 1)) : first;
	if (first < 0 || last < first)
		return err_set(err, ERR_INPUT, "not a port or a range of ports: %s", text);
	for (int port = first; port <= last; port++)
		(allow ? p->allow : p->deny)[port] = true;
	p->listed |= allow;
	return 0;
}

/* "bad ports" of the WHATWG fetch standard §2.9: services that understand HTTP's first line as something else. */
// clang-format off
static const unsigned short bad[] = {
    0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104,
    109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515,
    526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049,
    3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
    /* Databases, queues, file and remote control services: nobody links to them, and some do what a GET says. */
    445, 631, 873, 1080, 1433, 1521, 2375, 2376, 2379, 2380, 3128, 3306, 3389, 3690, 4369, 5432, 5672, 5900, 5984,
    6379, 6443, 7001, 8009, 8086, 8125, 8161, 8500, 9042, 9092, 9100, 9200, 9300, 9418, 10250, 10255, 11211, 15672,
    25565, 27017, 61616,
};
// clang-format on

bool
url_ports_ok(const struct url_ports *p, int port)
{
	if (port < 0 || port >= PORTS || p->deny[port])
		return false;
	if (p->listed)
		return p->allow[port];
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		if (bad[i] == port)
			return false;
	return true;
}
