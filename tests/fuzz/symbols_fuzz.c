/* SPDX-License-Identifier: MIT */
/* fuzz: kernel/core/symbols.c */

/*
 * Any file as kernel with symbols: nothing outside it is read, and every
 * address has a name that ends.
 */

#include <stdlib.h>
#include <string.h>

#include "core/symbols.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void *memory;

static void *
give(size_t size)
{
	memory = malloc(size);
	return memory;
}

static void
look_up(uint64_t pc)
{
	struct symbol s = symbol_find(pc);

	if (!s.name || strlen(s.name) > 120)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t pc = 0;

	memory = NULL;
	symbols_init(data, size, size % 3 * 4096, give);
	look_up(0);
	look_up(UINT64_MAX);
	for (size_t at = 0; at + 8 <= size; at += 8) {
		memcpy(&pc, data + at, 8);
		look_up(pc);
		look_up(pc + size % 3 * 4096);
	}
	symbols_init(data, 0, 0, give);
	free(memory);
	return 0;
}
