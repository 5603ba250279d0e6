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

/*
 * Copy what is needed out of the file, which is trusted in nothing; a bad table
 * leaves names unknown.  alloc gives the memory for ever, 8-byte aligned, or
 * NULL (kmalloc: core/ is below mm/).  slide is run address minus link address.
 */
void symbols_init(const void *elf, size_t size, uint64_t slide,
		  void *(*alloc)(size_t size));

struct symbol symbol_find(vaddr_t pc);
