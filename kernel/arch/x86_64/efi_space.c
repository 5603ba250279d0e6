/* SPDX-License-Identifier: MIT */
#include "arch/efi_call.h"

#include "arch/mmu.h"
#include "arch/thread.h"
#include "arch/x86_64/fpu.h"
#include "arch/x86_64/machine/x86.h"
#include "arch/x86_64/mmu_priv.h"
#include "arch/x86_64/page_map.h"
#include "arch/x86_64/percpu_block.h"
#include "arch/x86_64/trap_priv.h"
#include "core/panic.h"
#include "lib/errno.h"
#include "mm/kmap.h"

/*
 * arch/x86_64/efi_space.c - the address space firmware is called in.
 *
 * Physical mode: SetVirtualAddressMap() is never called, for machines hang in
 * it or keep old pointers, so addresses are the ones firmware has used all
 * along.  Runtime code cannot be told from its data reliably, so what is
 * mapped as code is writable too - here and nowhere else.
 *
 * Faults.  While a call is on its way efi_recover holds the stack pointer to
 * return with; the exception handlers ask efi_fault(), which turns the
 * interrupted context into a return from the call.
 */

#define EFI_STACK_SIZE 16384UL

uint64_t efi_enter(uint64_t fn, const uint64_t *args, void *stack_top,
		   uintptr_t *recover);
void efi_abandon(void);

static paddr_t efi_root RO_AFTER_BOOT;
static char *efi_stack RO_AFTER_BOOT;

/* The CPU in firmware; the rest follows the caller's one-at-a-time rule. */
static PERCPU(uintptr_t, efi_recover);
static struct efi_fault_report report;
static bool faulted;

BOOT_CODE int
arch_efi_init(void)
{
	paddr_t root = page_table_alloc();

	if (!root)
		return -ENOMEM;
	efi_stack = kmap_stack_alloc(EFI_STACK_SIZE);
	if (!efi_stack)
		return -ENOMEM;
	mmu_root_init(phys_to_virt(root));
	efi_root = root;
	return 0;
}

BOOT_CODE int
arch_efi_map(paddr_t pa, size_t size, unsigned flags)
{
	uint64_t pte = PTE_P | PTE_A | PTE_D | PTE_W;

	if (pa + size > USER_TOP || pa + size < pa)
		return -EINVAL;
	if (!(flags & EFI_MAP_CODE))
		pte |= PTE_NX;
	if (flags & EFI_MAP_UNCACHED)
		pte |= PTE_PCD | PTE_PWT;
	return page_map_range(efi_root, pa, pa, size, pte, PAGES_4K);
}

/* Firmware may use SSE; the registers belong to the current user thread. */
static void
give_up_fpu(struct arch_thread *at)
{
	if (at && at->xstate)
		fpu_save(at->xstate);
	fpu_init_cpu();
}

static void
take_back_fpu(struct arch_thread *at)
{
	if (at && at->xstate)
		fpu_restore(at->xstate);
}

uint64_t
arch_efi_call(uint64_t fn, const uint64_t args[6])
{
	struct arch_thread *at = this_cpu_block().arch;
	paddr_t root;
	uint64_t status;

	if (!efi_root || faulted)
		return EFI_ABORTED;
	give_up_fpu(at);
	root = mmu_loaded_root();
	mmu_load_root(efi_root);
	status = efi_enter(fn, args, efi_stack + EFI_STACK_SIZE,
			   &this_cpu(efi_recover));
	mmu_load_root(root);
	take_back_fpu(at);
	return status;
}

bool
efi_fault(struct trap_frame *f, unsigned vector, vaddr_t va)
{
	if (!this_cpu(efi_recover) || f->rip >> 63)
		return false;
	report = (struct efi_fault_report){ vector, f->rip, va };
	faulted = true;
	f->rip = (uintptr_t)efi_abandon;
	f->rsp = this_cpu(efi_recover);
	return true;
}

bool
arch_efi_fault_report(struct efi_fault_report *out)
{
	*out = report;
	return faulted;
}
