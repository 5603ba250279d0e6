/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * arch/efi_call.h - running firmware code without trusting it.
 *
 * Firmware runs in an address space of its own: what it is given, mapped one
 * to one, and the kernel half for our interrupt handlers.  A fault in it ends
 * the call with EFI_ABORTED, and no other is made after that.
 *
 * Locking: one call at a time, by the caller; arch_efi_map() while booting.
 * Context: not in interrupts, but for the last call of all.
 * Source:  UEFI 2.10, 2.3.4 (x64 calling convention), 8 (runtime services).
 */

#include "lib/types.h"

#define EFI_ABORTED 0x8000000000000015ULL

/* Create the space.  -ENOMEM. */
NODISCARD int arch_efi_init(void);

enum efi_map_flags {
	EFI_MAP_CODE = 1 << 0,
	EFI_MAP_UNCACHED = 1 << 1,
};

/* Let firmware see [pa, pa + size).  -ENOMEM, -EEXIST. */
NODISCARD int arch_efi_map(paddr_t pa, size_t size, unsigned flags);

/*
 * Call fn, a physical address, with up to six arguments.  Pointers among them
 * must be physical, to memory that is mapped.  Returns its status.
 */
uint64_t arch_efi_call(uint64_t fn, const uint64_t args[6]);

/* Where the fault was that ended a call; false if there was none. */
struct efi_fault_report {
	unsigned vector;
	vaddr_t pc, address;
};
bool arch_efi_fault_report(struct efi_fault_report *out);
