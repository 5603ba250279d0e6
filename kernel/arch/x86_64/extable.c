/* SPDX-License-Identifier: MIT */
#include "arch/x86_64/extable.h"

/*
 * arch/x86_64/extable.c - the exception table: some thirty entries from
 * assembly files, searched in order of the link, usercopy's among them.
 */

extern const struct extable_entry extable_start[], extable_end[];

static vaddr_t
resolve(const int32_t *field)
{
	return (uintptr_t)field + (uintptr_t)(intptr_t)*field;
}

const struct extable_entry *
extable_find(vaddr_t pc)
{
	const struct extable_entry *e;

	for (e = extable_start; e < extable_end; e++) {
		if (resolve(&e->insn) == pc)
			return e;
	}
	return NULL;
}

vaddr_t
extable_fixup(const struct extable_entry *e)
{
	return resolve(&e->fixup);
}
