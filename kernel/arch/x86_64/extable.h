/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * arch/x86_64/extable.h - instructions that may fault in kernel mode.
 */

#include "arch/x86_64/machine/asm.h"
#include "lib/types.h"

/* Offsets are relative to the field itself: no relocations. */
struct extable_entry {
	int32_t insn;
	int32_t fixup;
	uint32_t kind; /* EX_* of machine/asm.h */
};

/* The entry for the instruction at pc, or NULL. */
const struct extable_entry *extable_find(vaddr_t pc);
vaddr_t extable_fixup(const struct extable_entry *e);

/* For inline assembly: label numbers of the instruction and of its fix-up. */
#define EXTABLE_ASM(insn, fixup, kind)                       \
	".pushsection .extable, \"a\"\n\t"                   \
	".balign 4\n\t"                                      \
	".long " #insn " - ., " #fixup " - ., " #kind "\n\t" \
	".popsection\n\t"
