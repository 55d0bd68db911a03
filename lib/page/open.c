/* Which elements are open?  A bounded stack: enough of HTML's tree rules to know what is silent, inert or foreign.
 *
 * No tree is built.  Past PAGE_DEPTH_MAX elements are only counted, so that a million of them cost nothing. */
#include "page/int.h"

#include <string.h>

static size_t
block_of(const struct open *o)
{
	return o->n == 0 ? 0 : o->block[o->n - 1];
}

/* Cuts the stack to n elements and forgets what began above. */
static void
cut(struct open *o, size_t n)
{
	o->n = n;
	o->over = 0;
	if (o->silent > n)
		o->silent = 0;
	if (o->inert > n)
		o->inert = 0;
	if (o->foreign > n)
		o->foreign = 0;
	if (o->nested > n)
		o->nested = 0;
}

/* 1 + where the new element is, 0 if it is only counted. */
size_t
page_open_push(struct open *o, enum el el, unsigned char id, unsigned flags, bool hidden)
{
	if (o->n == PAGE_DEPTH_MAX) {
		o->over++;
		return 0;
	}
	size_t at = o->n++;
	o->el[at] = id;
	o->block[at] = (flags & EL_IS_BLOCK) != 0 ? (uint16_t)(at + 1) : at > 0 ? o->block[at - 1] : (uint16_t)0;
	if (o->silent == 0 && (hidden || (flags & EL_IS_SILENT) != 0))
		o->silent = at + 1;
	if (o->inert == 0 && (flags & EL_IS_INERT) != 0)
		o->inert = at + 1;
	if (o->foreign == 0 && (el == EL_SVG || el == EL_MATH))
		o->foreign = at + 1;
	return at + 1;
}

static bool
top_is(const struct open *o, enum el a, enum el b)
{
	return o->n > 0 && o->over == 0 && (o->el[o->n - 1] == a || o->el[o->n - 1] == b);
}

/* End tags that a start tag implies, as far as the top of the stack shows it (HTML §13.2.6.4.7 ff.). */
void
page_open_imply(struct open *o, enum el el)
{
	if (o->n == 0 || o->over > 0 || (page_el_flags(el) & EL_IS_BLOCK) == 0)
		return;
	if (el != EL_BR && top_is(o, EL_P, EL_P))
		cut(o, o->n - 1);
	if (el == EL_LI && top_is(o, EL_LI, EL_LI))
		cut(o, o->n - 1);
	else if ((el == EL_DT || el == EL_DD) && top_is(o, EL_DT, EL_DD))
		cut(o, o->n - 1);
	else if (el == EL_OPTION && top_is(o, EL_OPTION, EL_OPTION))
		cut(o, o->n - 1);
	else if ((el == EL_TD || el == EL_TH || el == EL_TR) && top_is(o, EL_TD, EL_TH))
		cut(o, o->n - 1);
	if (el == EL_TR && top_is(o, EL_TR, EL_TR))
		cut(o, o->n - 1);
}

static size_t
find(const struct open *o, unsigned char id)
{
	if (o->n > 0 && o->el[o->n - 1] == id)
		return o->n;
	const unsigned char *p = o->n == 0 ? NULL : memrchr(o->el, id, o->n);
	return p == NULL ? 0 : (size_t)(p - o->el) + 1;
}

bool
page_open_end(struct open *o, enum el el, unsigned char id)
{
	size_t at = find(o, id);
	if (o->over > 0) { /* taken to be balanced up there */
		o->over--;
		return false;
	}
	if (at == 0)
		return false;
	if ((page_el_flags(el) & EL_IS_FORMAT) != 0 && at <= block_of(o))
		return false; /* <b><div></b>: the block stays open */
	if (o->inert > 0 && at < o->inert && o->el[o->inert - 1] == EL_TEMPLATE)
		return false; /* a template's content does not close what is around it */
	cut(o, at - 1);
	return true;
}

/* Some start tags end svg and math, unless they stand in a place where HTML is allowed in there. */
void
page_open_leave_foreign(struct open *o, enum el el)
{
	if (o->foreign == 0 || o->over > 0 || (page_el_flags(el) & EL_LEAVES_SVG) == 0)
		return;
	for (size_t i = o->foreign; i < o->n; i++)
		if (o->el[i] == EL_FOREIGNOBJECT || o->el[i] == EL_DESC || o->el[i] == EL_TITLE)
			return;
	cut(o, o->foreign - 1);
}
