/* SPDX-License-Identifier: MIT */

/*
 * leave.c - end boot services and enter the kernel.
 *
 * ExitBootServices() wants the key of the newest memory map, and any
 * allocation makes a newer one.  So all memory is taken before, the map
 * buffers with room to spare, and after the first attempt nothing is called
 * but GetMemoryMap() and ExitBootServices() (UEFI 2.10, 7.4.6: only memory
 * services may be).  Should the map outgrow its buffer all the same, larger
 * ones are taken: page allocation is such a service.
 *
 * When it succeeds interrupts are off, the firmware's timer with them.
 */

#include "enter.h"
#include "io.h"
#include "loader.h"
#include "memmap.h"
#include "out.h"

#define TRIES_MAX 64
#define SPARE     64 /* descriptors that may appear meanwhile */
#define MSR_EFER  0xc0000080
#define EFER_NXE  (1U << 11)

/* The buffers of both maps. */
struct maps {
	uint64_t efi; /* raw */
	UINTN efi_room;
	uint64_t clean; /* struct boot_mem[] */
	uint64_t clean_room;
	UINTN desc_size;
	UINT32 desc_version;
	UINTN key;
	UINTN efi_size;
};

static EFI_STATUS maps_alloc(struct loader *l, struct maps *m);
static EFI_STATUS map_ram(struct loader *l, struct maps *m);
static EFI_STATUS exit_boot_services(struct loader *l, struct maps *m);
static void finish_info(struct loader *l, const struct maps *m);
static void enable_nx(const struct loader *l);

EFI_STATUS
leave(struct loader *l)
{
	struct maps maps = { 0 };
	EFI_STATUS status;

	status = maps_alloc(l, &maps);
	if (!EFI_ERROR(status))
		status = paging_map(l, (uint64_t)enter, (uint64_t)enter,
				    LOADER_PAGE, MAP_EXEC);
	if (!EFI_ERROR(status))
		status = map_ram(l, &maps);
	if (EFI_ERROR(status))
		return status;
	status = exit_boot_services(l, &maps);
	if (EFI_ERROR(status))
		return status;
	finish_info(l, &maps);
	enable_nx(l);
	clock_stamp(l, BOOT_STEP_JUMP);
	enter(l->tables.root, l->elf.entry + l->info->kernel_slide,
	      l->stack + LOADER_STACK, (uint64_t)l->info);
}

/* The raw map into the clean one. */
static size_t
clean_map(const struct loader *l, const struct maps *m)
{
	const struct memmap_raw raw = { (const void *)m->efi, m->efi_size,
					m->desc_size };
	const struct memmap_fact kernel = { l->info->kernel_base,
					    l->info->kernel_size,
					    BOOT_MEM_KERNEL };

	return memmap_clean((struct boot_mem *)m->clean, m->clean_room, &raw,
			    &kernel, 1);
}

/* GetMemoryMap() into the raw buffer. */
static EFI_STATUS
read_map(struct loader *l, struct maps *m)
{
	m->efi_size = m->efi_room;
	return l->bs->GetMemoryMap(&m->efi_size,
				   (EFI_MEMORY_DESCRIPTOR *)m->efi, &m->key,
				   &m->desc_size, &m->desc_version);
}

/* Buffers for twice what the map needs now. */
static EFI_STATUS
maps_alloc(struct loader *l, struct maps *m)
{
	uint64_t entries;

	m->efi_room = 0;
	if (read_map(l, m) != EFI_BUFFER_TOO_SMALL || m->desc_size == 0)
		return fail(EFI_LOAD_ERROR, "no memory map");
	entries = 2 * (m->efi_size / m->desc_size) + SPARE;
	m->efi = mem_alloc(l, entries * m->desc_size);
	m->clean_room = memmap_room(entries, 1);
	m->clean = mem_alloc(l, m->clean_room * sizeof(struct boot_mem));
	if (!m->efi || !m->clean)
		return fail(EFI_OUT_OF_RESOURCES,
			    "no memory for a memory map of %llu entries",
			    entries);
	m->efi_room = entries * m->desc_size;
	return EFI_SUCCESS;
}

/*
 * Map what is usable now: kinds may change until the end, from free to loader
 * for the tables made here, but not what is usable.
 */
static EFI_STATUS
map_ram(struct loader *l, struct maps *m)
{
	EFI_STATUS status = read_map(l, m);
	size_t n = EFI_ERROR(status) ? 0 : clean_map(l, m);

	if (!n)
		return fail(EFI_LOAD_ERROR,
			    "memory map: %s, descriptors of "
			    "%llu bytes",
			    status_text(status), (uint64_t)m->desc_size);
	return paging_map_ram(l, (const struct boot_mem *)m->clean, n);
}

static EFI_STATUS
maps_grow(struct loader *l, struct maps *m)
{
	EFI_STATUS status;

	mem_free(l, m->efi);
	mem_free(l, m->clean);
	status = maps_alloc(l, m);
	return EFI_ERROR(status) ? status : map_ram(l, m);
}

static EFI_STATUS
exit_boot_services(struct loader *l, struct maps *m)
{
	EFI_STATUS status = EFI_ABORTED;

	out_leave_console();
	clock_stamp(l, BOOT_STEP_EXIT_BEGIN);
	for (unsigned i = 0; i < TRIES_MAX; i++) {
		status = read_map(l, m);
		if (status == EFI_BUFFER_TOO_SMALL) {
			status = maps_grow(l, m);
			if (EFI_ERROR(status))
				return status;
			continue;
		}
		if (EFI_ERROR(status))
			break;
		l->info->exit_tries++;
		status = l->bs->ExitBootServices(l->image, m->key);
		if (!EFI_ERROR(status))
			break;
	}
	if (EFI_ERROR(status))
		return fail(status, "ExitBootServices: %s after %u tries",
			    status_text(status), l->info->exit_tries);
	cpu_interrupts_off();
	clock_stamp(l, BOOT_STEP_EXIT_END);
	return EFI_SUCCESS;
}

/* There is no firmware to return to: stop with the reason on COM1. */
static void
finish_info(struct loader *l, const struct maps *m)
{
	struct boot_info *info = l->info;

	info->mem_map = m->clean;
	info->mem_count = clean_map(l, m);
	info->efi_map = m->efi;
	info->efi_map_size = m->efi_size;
	info->efi_desc_size = (uint32_t)m->desc_size;
	info->efi_desc_version = m->desc_version;
	if (!info->mem_count) {
		say("error: memory map: descriptors of %llu bytes",
		    (uint64_t)m->desc_size);
		cpu_stop();
	}
}

static void
enable_nx(const struct loader *l)
{
	if (l->tables.nx)
		cpu_write_msr(MSR_EFER, cpu_read_msr(MSR_EFER) | EFER_NXE);
}
