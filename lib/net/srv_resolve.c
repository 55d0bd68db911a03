/* Which places does a name server name for a service?  SRV records, RFC 2782, asked for in the connector. */
#include "net/connect.h"

#include <arpa/nameser.h>
#include <netdb.h>
#include <resolv.h>
#include <string.h>

enum { ANSWER_MAX = 65535, HEAD = 12, FIXED = 10, SRV_FIXED = 6, ASKED_MAX = 8 };

static unsigned
get16(const unsigned char *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

static void
keep(const unsigned char *answer, const unsigned char *end, const unsigned char *data, size_t len,
     struct connect_services *said)
{
	struct connect_service *s = &said->service[said->n];
	if (len <= SRV_FIXED || said->n == CONNECT_SERVICES_MAX)
		return;
	int took = dn_expand(answer, end, data + SRV_FIXED, s->target, sizeof s->target);
	if (took < 0 || (size_t)took != len - SRV_FIXED)
		return;
	if (s->target[0] == '\0')
		(void)memcpy(s->target, ".", 2);
	s->priority = (uint16_t)get16(data);
	s->weight = (uint16_t)get16(data + 2);
	s->port = (uint16_t)get16(data + 4);
	said->n++;
}

void
net_srv_read(const unsigned char *answer, size_t n, struct connect_services *said)
{
	const unsigned char *end = answer + n, *p = answer + HEAD;
	unsigned asked = n >= HEAD ? get16(answer + 4) : 0, answered = n >= HEAD ? get16(answer + 6) : 0;
	said->n = 0;
	if (asked > ASKED_MAX)
		return;
	for (; asked > 0; asked--) {
		int took = dn_skipname(p, end);
		if (took < 0 || end - p < took + 4)
			return;
		p += took + 4;
	}
	for (; answered > 0; answered--) {
		int took = dn_skipname(p, end);
		if (took < 0 || end - p < took + FIXED)
			return;
		p += took + FIXED;
		size_t len = get16(p - 2);
		if ((size_t)(end - p) < len)
			return;
		if (get16(p - FIXED) == ns_t_srv && get16(p - FIXED + 2) == ns_c_in)
			keep(answer, end, p, len, said);
		p += len;
	}
}

void
net_srv_resolve(const struct connect_name *ask, struct connect_services *said)
{
	unsigned char *answer = mem_alloc(ANSWER_MAX);
	int n = res_query(ask->host, ns_c_in, ns_t_srv, answer, ANSWER_MAX);
	if (n > 0)
		net_srv_read(answer, n < ANSWER_MAX ? (size_t)n : (size_t)ANSWER_MAX, said);
	mem_free(answer);
}
