/* SPDX-License-Identifier: MIT */
/* fuzz: kernel/lib/elf.c */

/*
 * Any file is refused, or its promises hold: what elf.h says a caller need
 * not check is checked here.  The first byte of the input chooses the limits.
 */

#include <stdlib.h>

#include "lib/elf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool ok)
{
	if (!ok)
		abort();
}

static void
promises(const struct elf_image *img, const struct elf_limits *limits)
{
	uint64_t end = 0;
	Elf64_Phdr ph;
	unsigned n = 0;

	for (unsigned i = 0; elf_next_load(img, &i, &ph); n++) {
		require(ph.p_vaddr >= end && ph.p_vaddr >= limits->va_min);
		end = ph.p_vaddr + ph.p_memsz;
		require(end > ph.p_vaddr && ph.p_filesz <= ph.p_memsz);
		require(!limits->va_end || end <= limits->va_end);
		require(!ph.p_filesz ||
			(ph.p_offset <= limits->file_size &&
			 ph.p_filesz <= limits->file_size - ph.p_offset));
	}
	require(n == img->loads && n > 0 && end == img->brk);
	require(img->va_end >= end && img->va_end - end < 4096);
	require(img->entry >= img->va_begin && img->entry < img->va_end);
	require(!img->phdr_va ||
		(img->phdr_va >= img->va_begin && img->phdr_va < img->va_end));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct elf_limits limits = { 0 };
	struct elf_image img;
	enum elf_reason r;

	if (size < 1)
		return 0;
	limits.flags = data[0] & 3;
	limits.va_min = data[0] & 4 ? 0x10000 : 0;
	limits.va_end = data[0] & 8 ? 0x7ffffffff000 : 0;
	data++;
	limits.file_size = --size;
	r = elf_parse_header(&img, data, size, size);
	require(elf_reason_text(r) != NULL);
	if (r)
		return 0;
	r = elf_parse_segments(&img, data + img.phoff, &limits);
	require((r == ELF_FINE) == (elf_errno(r) == 0));
	if (r == ELF_FINE)
		promises(&img, &limits);
	return 0;
}
