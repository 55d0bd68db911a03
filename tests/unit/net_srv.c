/* What is read of an answer with SRV records, and what of one that only looks like it? */
#include "net/connect.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/tap.h"

struct message {
	unsigned char p[4096];
	size_t n;
};

static void
put(struct message *m, const void *p, size_t n)
{
	(void)memcpy(m->p + m->n, p, n);
	m->n += n;
}

static void
put16(struct message *m, unsigned v)
{
	put(m, (unsigned char[]){(unsigned char)(v >> 8), (unsigned char)v}, 2);
}

static void
put_name(struct message *m, const char *name)
{
	while (*name != '\0') {
		unsigned char n = (unsigned char)strcspn(name, ".");
		put(m, &n, 1);
		put(m, name, n);
		name += n + (name[n] == '.');
	}
	put(m, "", 1);
}

static struct message
begin(unsigned answers)
{
	struct message m = {.n = 0};
	put(&m, "\x12\x34\x81\x80\0\1", 6);
	put16(&m, answers);
	put(&m, "\0\0\0\0", 4);
	put_name(&m, "_matrix-fed._tcp.a.example");
	put16(&m, 33);
	put16(&m, 1);
	return m;
}

/* target NULL: a pointer to offset 17, "_tcp.a.example" of the question. */
static void
add(struct message *m, unsigned type, unsigned class, const char *target, unsigned weight, int more)
{
	struct message d = {.n = 0};
	put16(&d, 10);
	put16(&d, weight);
	put16(&d, 8449);
	if (target != NULL)
		put_name(&d, target);
	else
		put16(&d, 0xc000 | 12);
	put16(m, 0xc000 | 12);
	put16(m, type);
	put16(m, class);
	put(m, "\0\0\0\1", 4);
	put16(m, (unsigned)((int)d.n + more));
	put(m, d.p, d.n);
}

/* Behind a wall: what is read too far is seen by a sanitizer. */
static struct connect_services
take(const struct message *m)
{
	struct connect_services said = {.id = 7};
	unsigned char *p = mem_alloc(m->n > 0 ? m->n : 1);
	(void)memcpy(p, m->p, m->n);
	net_srv_read(p, m->n, &said);
	mem_free(p);
	return said;
}

static void
honest(void)
{
	struct message m = begin(5);
	add(&m, 33, 1, "one.example", 1, 0);
	add(&m, 5, 1, "alias.example", 0, 0);
	add(&m, 33, 3, "chaos.example", 0, 0);
	add(&m, 33, 1, NULL, 2, 0);
	add(&m, 33, 1, "", 3, 0);
	struct connect_services s = take(&m);
	is_int(s.n, 3, "records of that type and class");
	is_str(s.service[0].target, "one.example", "a target");
	is_int(s.service[0].port, 8449, "its port");
	is_int(s.service[0].priority, 10, "its priority");
	is_int(s.service[1].weight, 2, "a weight");
	is_str(s.service[1].target, "_matrix-fed._tcp.a.example", "a compressed target");
	is_str(s.service[2].target, ".", "the root");
	m = begin(0);
	is_int(take(&m).n, 0, "none");
	m = begin(40);
	for (int i = 0; i < 40; i++)
		add(&m, 33, 1, "x.example", 0, 0);
	is_int(take(&m).n, CONNECT_SERVICES_MAX, "more than anybody needs");
	m = begin(1);
	add(&m, 33, 1, "a\\b\nc\x01.example", 0, 0);
	s = take(&m);
	ok(s.n == 1 && strpbrk(s.service[0].target, "\n\x01") == NULL, "strange bytes are escaped");
}

static void
hostile(void)
{
	struct message m = begin(1);
	add(&m, 33, 1, "one.example", 1, 1);
	is_int(take(&m).n, 0, "longer than the message");
	m = begin(1);
	add(&m, 33, 1, "one.example", 1, -3);
	is_int(take(&m).n, 0, "shorter than its name");
	m = begin(65535);
	add(&m, 33, 1, "one.example", 1, 0);
	is_int(take(&m).n, 1, "fewer than announced");
	m = begin(1);
	add(&m, 33, 1, NULL, 1, 0);
	m.p[m.n - 1] = (unsigned char)(m.n - 2); /* points at itself */
	is_int(take(&m).n, 0, "a name in a circle");
	for (size_t n = 0; n < 12; n++) {
		m = begin(1);
		m.n = n;
		ok(take(&m).n == 0, "%zu bytes", n);
	}
}

static void
random_bytes(void)
{
	unsigned long sum = 0;
	for (int i = 0; i < 200000; i++) {
		struct message m = begin(3);
		add(&m, 33, 1, "one.example", 1, 0);
		add(&m, 33, 1, NULL, 1, 0);
		add(&m, 33, 1, "two.example", 1, 0);
		for (long n = random() % 6; n >= 0; n--)
			m.p[(size_t)random() % m.n] = (unsigned char)random();
		m.n -= random() % 4 == 0 ? (size_t)random() % m.n : 0;
		struct connect_services s = take(&m);
		for (uint32_t k = 0; k < s.n; k++)
			sum += strnlen(s.service[k].target, sizeof s.service[k].target) < sizeof s.service[k].target;
	}
	ok(sum > 0, "broken messages: %lu targets", sum);
}

int
main(void)
{
	srandom(3);
	honest();
	hostile();
	random_bytes();
	return done();
}
