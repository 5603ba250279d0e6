/* SPDX-License-Identifier: MIT */

/*
 * kernel.c - place the kernel: check, copy, relocate, map.
 *
 * The kernel is linked into the last GiB but one of the address space.  As an
 * ET_DYN file it may be moved there: the slide is a random multiple of 2 MiB
 * (the word "nokaslr" makes it 0) and every R_X86_64_RELATIVE word gets it
 * added.  An ET_EXEC file runs where it was linked.
 *
 * Physically it is one contiguous block on a 2 MiB border, so that the kernel
 * may map it by large pages.
 */

#include "lib/string.h"
#include "loader.h"
#include "out.h"

#define KERNEL_PATH   "\\umbra\\kernel.elf"
#define KERNEL_VA     0xffffffff80000000ULL
#define KERNEL_VA_END 0xffffffffc0000000ULL
#define SLIDE_STEP    (2ULL << 20)

/* The relocation table, as the dynamic section gives it. */
struct relocs {
	uint64_t offset; /* in the file */
	uint64_t size;
};

static void choose_slide(struct loader *l);
static void copy_segments(const struct loader *l);
static EFI_STATUS find_relocs(const struct loader *l, struct relocs *r);
static EFI_STATUS relocate(const struct loader *l, const struct relocs *r);

EFI_STATUS
kernel_place(struct loader *l)
{
	struct boot_info *info = l->info;
	struct relocs relocs = { 0 };
	EFI_STATUS status;

	if (l->elf.dynamic.present) {
		status = find_relocs(l, &relocs);
		if (EFI_ERROR(status))
			return status;
	}
	choose_slide(l);
	info->kernel_size = l->elf.va_end - l->elf.va_begin;
	info->kernel_va = l->elf.va_begin + info->kernel_slide;
	info->kernel_base = mem_alloc_aligned(l, info->kernel_size, SLIDE_STEP);
	if (!info->kernel_base)
		return fail(EFI_OUT_OF_RESOURCES, "%s: no memory for %llu KiB",
			    KERNEL_PATH, info->kernel_size >> 10);
	copy_segments(l);
	return relocate(l, &relocs);
}

EFI_STATUS
kernel_check(struct loader *l)
{
	const struct boot_module *file = &l->info->kernel;
	const char *bytes = (const char *)file->base;
	const struct elf_limits limits = {
		.file_size = file->size,
		.va_min = KERNEL_VA,
		.va_end = KERNEL_VA_END,
		.flags = ELF_NO_WRITE_EXEC | ELF_NO_SHARED_PAGE,
	};
	enum elf_reason bad;

	bad = elf_parse_header(&l->elf, bytes, file->size, file->size);
	if (!bad)
		bad = elf_parse_segments(&l->elf, bytes + l->elf.phoff,
					 &limits);
	if (!bad)
		return EFI_SUCCESS;
	if (l->elf.bad_index >= 0)
		return fail(EFI_LOAD_ERROR,
			    "%s: offset %#llx: program header %d: %s",
			    KERNEL_PATH, l->elf.bad_offset, l->elf.bad_index,
			    elf_reason_text(bad));
	return fail(EFI_LOAD_ERROR, "%s: offset %#llx: %s", KERNEL_PATH,
		    l->elf.bad_offset, elf_reason_text(bad));
}

static void
choose_slide(struct loader *l)
{
	uint64_t end = ALIGN_UP(l->elf.va_end, SLIDE_STEP);
	uint64_t places;

	if (l->elf.type != ET_DYN || cmdline_has(l, "nokaslr"))
		return;
	places = (KERNEL_VA_END - end) / SLIDE_STEP + 1;
	l->info->kernel_slide = l->chance % places * SLIDE_STEP;
}

/* The block is zeroed: what a segment has beyond its file bytes stays so. */
static void
copy_segments(const struct loader *l)
{
	const char *file = (const char *)l->info->kernel.base;
	Elf64_Phdr ph;

	for (unsigned i = 0; elf_next_load(&l->elf, &i, &ph);)
		memcpy((char *)l->info->kernel_base +
			       (ph.p_vaddr - l->elf.va_begin),
		       file + ph.p_offset, ph.p_filesz);
}

/* Where the file has the bytes of a link address; 0 if it has not. */
static uint64_t
file_offset(const struct loader *l, uint64_t va, uint64_t size)
{
	Elf64_Phdr ph;

	for (unsigned i = 0; elf_next_load(&l->elf, &i, &ph);) {
		if (va >= ph.p_vaddr && va - ph.p_vaddr <= ph.p_filesz &&
		    size <= ph.p_filesz - (va - ph.p_vaddr))
			return ph.p_offset + (va - ph.p_vaddr);
	}
	return 0;
}

/* elf_parse_segments() has seen that the section is in the file. */
static EFI_STATUS
find_relocs(const struct loader *l, struct relocs *r)
{
	const struct elf_extent *section = &l->elf.dynamic;
	const char *bytes = (const char *)l->info->kernel.base;
	uint64_t va = 0, entry = sizeof(Elf64_Rela);
	Elf64_Dyn dyn;

	for (uint64_t at = 0; at + sizeof(dyn) <= section->filesz;
	     at += sizeof(dyn)) {
		memcpy(&dyn, bytes + section->offset + at, sizeof(dyn));
		if (dyn.d_tag == DT_NULL)
			break;
		if (dyn.d_tag == DT_RELA)
			va = dyn.d_un.d_ptr;
		else if (dyn.d_tag == DT_RELASZ)
			r->size = dyn.d_un.d_val;
		else if (dyn.d_tag == DT_RELAENT)
			entry = dyn.d_un.d_val;
		else if (dyn.d_tag == DT_REL || dyn.d_tag == DT_JMPREL ||
			 dyn.d_tag == DT_NEEDED || dyn.d_tag == 36)
			return fail(EFI_LOAD_ERROR,
				    "%s: offset %#llx: dynamic tag %lld "
				    "cannot be served",
				    KERNEL_PATH, section->offset + at,
				    dyn.d_tag);
	}
	if (!r->size)
		return EFI_SUCCESS;
	r->offset = file_offset(l, va, r->size);
	if (!r->offset || entry != sizeof(Elf64_Rela) || r->size % entry)
		return fail(EFI_LOAD_ERROR,
			    "%s: offset %#llx: relocation table is not in the "
			    "file",
			    KERNEL_PATH, section->offset);
	return EFI_SUCCESS;
}

static EFI_STATUS
relocate(const struct loader *l, const struct relocs *r)
{
	const char *table = (const char *)l->info->kernel.base + r->offset;
	uint64_t size = l->info->kernel_size;
	Elf64_Rela rela;

	for (uint64_t at = 0; at < r->size; at += sizeof(rela)) {
		uint64_t place, value;

		memcpy(&rela, table + at, sizeof(rela));
		place = rela.r_offset - l->elf.va_begin;
		if (ELF64_R_TYPE(rela.r_info) != ELF_R_X86_64_RELATIVE ||
		    place > size - sizeof(value))
			return fail(EFI_LOAD_ERROR,
				    "%s: offset %#llx: relocation type %u at "
				    "%#llx cannot be served",
				    KERNEL_PATH, r->offset + at,
				    (unsigned)ELF64_R_TYPE(rela.r_info),
				    rela.r_offset);
		value = (uint64_t)rela.r_addend + l->info->kernel_slide;
		memcpy((char *)l->info->kernel_base + place, &value,
		       sizeof(value));
	}
	return EFI_SUCCESS;
}

EFI_STATUS
kernel_map(struct loader *l)
{
	const struct boot_info *info = l->info;
	Elf64_Phdr ph;

	for (unsigned i = 0; elf_next_load(&l->elf, &i, &ph);) {
		uint64_t begin = ALIGN_DOWN(ph.p_vaddr, LOADER_PAGE);
		uint64_t end = ALIGN_UP(ph.p_vaddr + ph.p_memsz, LOADER_PAGE);
		unsigned flags = (ph.p_flags & PF_W ? MAP_WRITE : 0) |
				 (ph.p_flags & PF_X ? MAP_EXEC : 0);
		EFI_STATUS status;

		status = paging_map(l, begin + info->kernel_slide,
				    info->kernel_base + begin - l->elf.va_begin,
				    end - begin, flags);
		if (EFI_ERROR(status))
			return status;
	}
	return EFI_SUCCESS;
}
