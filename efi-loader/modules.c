/* SPDX-License-Identifier: MIT */

/*
 * modules.c - the files of the contract: kernel.elf, init.elf, initramfs.cpio.
 *
 * init.elf is checked here by the code exec uses, so that a bad one is named
 * on the firmware's console instead of in a panic.
 */

#include "lib/string.h"
#include "loader.h"
#include "out.h"

#define KERNEL_PATH    "\\umbra\\kernel.elf"
#define INIT_PATH      "\\umbra\\init.elf"
#define INITRAMFS_PATH "\\umbra\\initramfs.cpio"

/* Programs live below this (4-level paging, one guard page). */
#define USER_END 0x7ffffffff000ULL

static EFI_STATUS
check_init(struct loader *l)
{
	const struct boot_module *m = &l->info->init;
	const char *bytes = (const char *)m->base;
	struct elf_limits limits = { .file_size = m->size, .va_end = USER_END };
	struct elf_image elf;
	enum elf_reason bad;

	bad = elf_parse_header(&elf, bytes, m->size, m->size);
	if (!bad)
		bad = elf_parse_segments(&elf, bytes + elf.phoff, &limits);
	if (bad)
		return fail(EFI_LOAD_ERROR, "%s: offset %#llx: %s", INIT_PATH,
			    elf.bad_offset, elf_reason_text(bad));
	return EFI_SUCCESS;
}

/* The kernel has no decoder: name what it is instead of failing there. */
static EFI_STATUS
check_initramfs(struct loader *l)
{
	static const struct {
		const char *magic;
		size_t n;
		const char *name;
	} packers[] = {
		{ "\x1f\x8b", 2, "gzip" },
		{ "\xfd"
		  "7zXZ",
		  5, "xz" },
		{ "\x28\xb5\x2f\xfd", 4, "zstd" },
		{ "\x04\x22\x4d\x18", 4, "lz4" },
		{ "\x02\x21\x4c\x18", 4, "lz4" },
		{ "BZh", 3, "bzip2" },
		{ "\x5d\x00\x00", 3, "lzma" },
		{ "\x89LZO", 4, "lzo" },
	};
	const struct boot_module *m = &l->info->initramfs;

	for (size_t i = 0; i < ARRAY_SIZE(packers); i++) {
		if (m->size >= packers[i].n &&
		    memcmp((const char *)m->base, packers[i].magic,
			   packers[i].n) == 0)
			return fail(EFI_UNSUPPORTED,
				    "%s: offset 0: is compressed (%s); it must "
				    "be an uncompressed newc archive",
				    INITRAMFS_PATH, packers[i].name);
	}
	return EFI_SUCCESS;
}

EFI_STATUS
modules_load(struct loader *l)
{
	struct boot_info *info = l->info;
	EFI_STATUS status;

	status = file_read(l, KERNEL_PATH, FILE_MUST_EXIST, &info->kernel);
	if (!EFI_ERROR(status))
		status = kernel_check(l);
	if (EFI_ERROR(status))
		return status;
	status = file_read(l, INITRAMFS_PATH, 0, &info->initramfs);
	if (!EFI_ERROR(status) && info->initramfs.base)
		status = check_initramfs(l);
	if (EFI_ERROR(status))
		return status;
	status = file_read(l, INIT_PATH,
			   info->initramfs.base ? 0 : FILE_MUST_EXIST,
			   &info->init);
	if (!EFI_ERROR(status) && info->init.base)
		status = check_init(l);
	return status;
}
