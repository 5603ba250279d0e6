/* SPDX-License-Identifier: MIT */
/* fuzz: kernel/lib/cpio.c kernel/lib/path.c */

/*
 * Whatever the archive: reading ends, stays inside, and entries called sound
 * keep what cpio.h promises.
 */

#include <stdlib.h>
#include <string.h>

#include "lib/cpio.h"
#include "lib/path.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool ok)
{
	if (!ok)
		abort();
}

static unsigned
promises(const struct cpio_entry *e, const uint8_t *data, size_t size)
{
	const uint8_t *name = (const uint8_t *)e->name;
	unsigned sum = 0;

	require(name >= data && name < data + size);
	require(strlen(e->name) < CPIO_NAME_MAX);
	require(path_is_contained(e->name));
	require(e->data >= data && e->data <= data + size);
	require(e->size <= (size_t)(data + size - e->data));
	for (uint32_t i = 0; i < e->size; i++)
		sum += e->data[i];
	return sum;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cpio_reader r;
	struct cpio_entry e;
	enum cpio_status s;
	size_t before;
	volatile unsigned sum = 0;

	(void)cpio_compression(data, size);
	cpio_open(&r, data, size);
	do {
		before = r.pos;
		s = cpio_next(&r, &e);
		require(r.pos <= size);
		if (s == CPIO_ENTRY)
			sum += promises(&e, data, size);
		if (s == CPIO_ENTRY || cpio_status_skips(s))
			require(r.pos > before);
	} while (s == CPIO_ENTRY || cpio_status_skips(s));
	require(s == CPIO_END ? r.pos == size : cpio_status_text(s)[0] != '?');
	return 0;
}
