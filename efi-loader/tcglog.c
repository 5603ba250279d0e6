/* SPDX-License-Identifier: MIT */

/*
 * tcglog.c - how long a TPM event log is.
 *
 *	SHA1 event:	pcr(4) type(4) digest(20) size(4) data
 *	agile event:	pcr(4) type(4) count(4) {alg(2) digest}* size(4) data
 *
 * An agile log begins with one SHA1 event whose data, the "Spec ID", lists
 * the algorithms with the sizes of their digests:
 *
 *	signature(16) class(4) minor(1) major(1) errata(1) uintn(1)
 *	count(4) {alg(2) size(2)}*
 */

#include "tcglog.h"

#include <stdbool.h>

#include "lib/string.h"

#define SHA1_HEADER  32
#define SPEC_ALGS    28 /* offset of the list in the Spec ID */
#define DIGESTS_MAX  16
#define AGILE_HEADER 12

struct cursor {
	const char *bytes;
	size_t pos;
	size_t end;
};

/* Take a little-endian number of n bytes; false at the end. */
static bool
take(struct cursor *c, size_t n, uint32_t *out)
{
	*out = 0;
	if (c->end - c->pos < n)
		return false;
	memcpy(out, c->bytes + c->pos, n);
	c->pos += n;
	return true;
}

static bool
skip(struct cursor *c, size_t n)
{
	if (c->end - c->pos < n)
		return false;
	c->pos += n;
	return true;
}

/* Size of an algorithm's digest, by the Spec ID event; 0 if not listed. */
static uint32_t
digest_size(const char *log, size_t max, uint32_t alg)
{
	struct cursor c = { log, SHA1_HEADER + SPEC_ALGS - 4, max };
	uint32_t count, id, size;

	if (max < SHA1_HEADER + SPEC_ALGS || !take(&c, 4, &count))
		return 0;
	for (uint32_t i = 0; i < count && i < DIGESTS_MAX; i++) {
		if (!take(&c, 2, &id) || !take(&c, 2, &size))
			return 0;
		if (id == alg)
			return size;
	}
	return 0;
}

static bool
skip_digests(struct cursor *c)
{
	uint32_t count, alg, size;

	if (!skip(c, AGILE_HEADER - 4) || !take(c, 4, &count) ||
	    count > DIGESTS_MAX)
		return false;
	for (uint32_t i = 0; i < count; i++) {
		if (!take(c, 2, &alg))
			return false;
		size = digest_size(c->bytes, c->end, alg);
		if (size == 0 || !skip(c, size))
			return false;
	}
	return true;
}

size_t
tcglog_size(const void *log, size_t last, size_t max, unsigned format)
{
	struct cursor c = { log, last, max };
	uint32_t data;

	if (last > max)
		return 0;
	if (format == TCGLOG_AGILE && last != 0) {
		if (!skip_digests(&c))
			return 0;
	} else if (!skip(&c, SHA1_HEADER - 4)) {
		return 0;
	}
	if (!take(&c, 4, &data) || !skip(&c, data))
		return 0;
	return c.pos;
}
