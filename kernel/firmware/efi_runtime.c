/* SPDX-License-Identifier: MIT */
#include "firmware/efi_runtime.h"

#include <umbra/boot.h>

#include "arch/efi_call.h"
#include "arch/mmu.h"
#include "core/klog.h"
#include "mm/kmap.h"

/*
 * firmware/efi_runtime.c - EFI runtime services in physical mode.
 *
 * The tables are read once, through the kernel's own mapping, and checked; the
 * addresses in them mean something only inside the private space that
 * arch/efi_call.h keeps for calls.
 */

#define SYSTEM_SIGNATURE  0x5453595320494249ULL /* "IBI SYST" */
#define RUNTIME_SIGNATURE 0x56524553544e5552ULL /* "RUNTSERV" */
#define MEMORY_RUNTIME    (1ULL << 63)
#define MEMORY_UNCACHED   (1ULL << 0)
#define MEMORY_WRITE_BACK (1ULL << 3)
#define EFI_RUNTIME_CODE  5

struct efi_table_header {
	uint64_t signature;
	uint32_t revision, size, crc, reserved;
};

struct efi_system_table {
	struct efi_table_header header;
	uint64_t vendor;
	uint32_t revision, pad;
	uint64_t console[6];
	uint64_t runtime;
	uint64_t boot;
	uint64_t table_count, tables;
};
_Static_assert(offsetof(struct efi_system_table, runtime) == 88, "UEFI 4.3");

struct efi_runtime_services {
	struct efi_table_header header;
	uint64_t get_time, set_time, get_wakeup, set_wakeup;
	uint64_t set_virtual_map, convert_pointer;
	uint64_t get_variable, next_variable, set_variable;
	uint64_t monotonic_count, reset_system;
};
_Static_assert(offsetof(struct efi_runtime_services, reset_system) == 104,
	       "UEFI 4.5");

static uint64_t reset_system RO_AFTER_BOOT; /* physical; 0 = no services */

/* Code and data alike are mapped as code where the firmware says "code". */
BOOT_CODE static bool
map_regions(const struct boot_info *bi)
{
	const struct boot_mem *m = phys_to_virt(bi->mem_map);
	uint64_t i;
	int err;

	for (i = 0; i < bi->mem_count; i++, m++) {
		unsigned flags = 0;

		if (m->type != BOOT_MEM_RUNTIME &&
		    !(m->attributes & MEMORY_RUNTIME))
			continue;
		if (m->efi_type == EFI_RUNTIME_CODE)
			flags |= EFI_MAP_CODE;
		if (m->type == BOOT_MEM_MMIO ||
		    (m->attributes & (MEMORY_UNCACHED | MEMORY_WRITE_BACK)) ==
			    MEMORY_UNCACHED)
			flags |= EFI_MAP_UNCACHED;
		err = arch_efi_map(m->base, m->size, flags);
		if (err) {
			klog(KLOG_ERR, "efi: cannot map %#lx: error %d",
			     (unsigned long)m->base, err);
			return false;
		}
	}
	return true;
}

BOOT_CODE static uint64_t
find_runtime(paddr_t system_table)
{
	const struct efi_system_table *st;
	uint64_t runtime = 0;

	st = kmap_physical(system_table, sizeof(*st), KMAP_CACHED);
	if (!st)
		return 0;
	if (st->header.signature == SYSTEM_SIGNATURE)
		runtime = st->runtime;
	kunmap_physical((void *)(uintptr_t)st, sizeof(*st));
	return runtime;
}

BOOT_CODE static uint64_t
find_reset(paddr_t runtime)
{
	const struct efi_runtime_services *rt;
	uint64_t found = 0;

	rt = kmap_physical(runtime, sizeof(*rt), KMAP_CACHED);
	if (!rt)
		return 0;
	if (rt->header.signature == RUNTIME_SIGNATURE &&
	    rt->header.size >= sizeof(*rt))
		found = rt->reset_system;
	kunmap_physical((void *)(uintptr_t)rt, sizeof(*rt));
	return found;
}

BOOT_CODE void
efi_runtime_init(const struct boot_info *bi)
{
	uint64_t runtime = 0, found = 0;

	if (bi->system_table)
		runtime = find_runtime(bi->system_table);
	if (runtime)
		found = find_reset(runtime);
	if (!found) {
		klog(KLOG_WARNING, "efi: no runtime services");
		return;
	}
	if (arch_efi_init() || !map_regions(bi)) {
		klog(KLOG_ERR, "efi: runtime services are not available");
		return;
	}
	reset_system = found;
}

void
efi_reset_system(enum efi_reset_type type)
{
	const uint64_t args[6] = { (uint64_t)type };
	struct efi_fault_report fault;
	uint64_t status;

	if (!reset_system)
		return;
	status = arch_efi_call(reset_system, args);
	klog(KLOG_ERR, "efi: ResetSystem returned %#lx", (unsigned long)status);
	if (arch_efi_fault_report(&fault))
		klog(KLOG_ERR, "efi: exception %u at %#lx, address %#lx",
		     fault.vector, (unsigned long)fault.pc,
		     (unsigned long)fault.address);
}
