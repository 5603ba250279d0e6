/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * loader.h - what the stages of the loader share.
 *
 * Everything the kernel gets lives in pages of EfiLoaderData taken by
 * mem_alloc(), which remembers them: a loader that fails gives them back
 * before it returns to the firmware.
 *
 * Context: one processor, boot services, TPL_APPLICATION; identity mapping,
 *          so a pointer is a physical address.
 * Errors:  EFI_STATUS; whoever finds the error has said it.
 */

#include "efi.h"
#include "lib/elf.h"
#include "umbra/boot.h"

#define LOADER_PAGE  4096ULL
#define LOADER_STACK (4 * LOADER_PAGE)
#define ALLOCS_MAX   128

/* Pages taken from the firmware. */
struct mem_block {
	uint64_t base;
	uint64_t pages;
};

/* Page tables for the kernel's entry, taken in chunks that double. */
struct table_pool {
	uint64_t root; /* CR3 */
	uint64_t next; /* first unused page of the chunk */
	uint64_t left; /* pages unused in it */
	uint64_t chunk_pages;
	bool nx; /* the processor knows no-execute */
};

struct loader {
	EFI_HANDLE image;
	EFI_SYSTEM_TABLE *st;
	EFI_BOOT_SERVICES *bs;
	EFI_LOADED_IMAGE *self;
	EFI_FILE *root;         /* of the volume we were started from */
	struct boot_info *info; /* one page, NULL until main.c has it */
	uint64_t stack;         /* LOADER_STACK bytes for the kernel's entry */
	uint64_t chance;        /* a random number never handed on */

	struct elf_image elf; /* the kernel's, parsed */
	struct table_pool tables;

	struct mem_block blocks[ALLOCS_MAX];
	size_t nblocks;
};

/* mem.c: zeroed pages for size bytes; 0 when there are none. */
uint64_t mem_alloc(struct loader *l, uint64_t size);
/* The same, aligned to a power of two and contiguous. */
uint64_t mem_alloc_aligned(struct loader *l, uint64_t size, uint64_t align);
/* The same, one page below limit and not at address 0. */
uint64_t mem_alloc_below(struct loader *l, uint64_t limit);
/* Give one block back. */
void mem_free(struct loader *l, uint64_t base);
/* Give all back. */
void mem_free_all(struct loader *l);

/* file.c: read a file of the volume; *out untouched on failure. */
enum file_flags {
	FILE_MUST_EXIST = 1 << 0, /* else a missing file is base 0, success */
	FILE_MAY_BE_EMPTY = 1 << 1,
};
EFI_STATUS file_open_volume(struct loader *l);
EFI_STATUS file_read(struct loader *l, const char *path, unsigned flags,
		     struct boot_module *out);

/* modules.c: the four files of the contract, checked. */
EFI_STATUS modules_load(struct loader *l);

/* cmdline.c: load options, or cmdline.txt, or nothing. */
EFI_STATUS cmdline_load(struct loader *l);
bool cmdline_has(const struct loader *l, const char *word);

/* kernel.c: check; place and relocate; map with its permissions. */
EFI_STATUS kernel_check(struct loader *l);
EFI_STATUS kernel_place(struct loader *l);
EFI_STATUS kernel_map(struct loader *l);

/*
 * paging.c: map size bytes (whole pages) at va; what is mapped there already
 * stays.  paging_map_ram() maps usable memory, and all of the loader's but the
 * kernel image, one to one.
 */
enum map_flags {
	MAP_WRITE = 1 << 0,
	MAP_EXEC = 1 << 1,
};
EFI_STATUS paging_init(struct loader *l);
EFI_STATUS paging_map(struct loader *l, uint64_t va, uint64_t pa, uint64_t size,
		      unsigned flags);
EFI_STATUS
paging_map_ram(struct loader *l, const struct boot_mem *mem, size_t count);

/* firmware.c, gop.c, tpm.c: what can be asked before boot services end. */
void firmware_collect(struct loader *l);
void gop_collect(struct loader *l);
void tpm_collect(struct loader *l);

/* chance.c, clock.c */
void chance_collect(struct loader *l);
void clock_collect(struct loader *l);
void clock_stamp(struct loader *l, enum boot_step step);

/* leave.c: end boot services and enter the kernel; returns only on failure. */
EFI_STATUS leave(struct loader *l);
