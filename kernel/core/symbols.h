/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * core/symbols.h - kernel addresses to names, from the ELF file's symbol table
 * the loader left in memory.  Pure lookup: no locks, usable in a panic.
 */

#include "lib/types.h"

struct symbol {
	const char *name; /* "?" when unknown */
	size_t offset;    /* of the address in it */
};

/* Copy what is needed out of the module; bad tables leave names unknown. */
void symbols_init(const void *elf, size_t size, uint64_t slide);
struct symbol symbol_find(vaddr_t pc);
