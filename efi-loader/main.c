/* SPDX-License-Identifier: MIT */

/*
 * main.c - the order of the loader, and nothing else.
 *
 * It reads the files of \umbra, places the kernel, collects what dies with
 * boot services, ends them and jumps; include/umbra/boot.h is what it hands
 * over.  If a stage fails it has said why; all memory goes back and the
 * firmware gets the status.
 *
 * What it does NOT do, because each of these hangs or breaks real machines:
 *	no menu, no key read (ReadKeyStroke hangs with some keyboards)
 *	no SetMode (fails or blanks with some external monitors)
 *	no ConnectController (breaks open file handles)
 *	no memory types of its own (ExitBootServices fails on some firmware)
 *	no SetVirtualAddressMap (the kernel calls firmware one to one)
 *	no code on pool or stack, no section writable and executable
 *	nothing assumed to lie below 4 GiB
 */

#include "io.h"
#include "loader.h"
#include "out.h"

#define LOW_MEMORY_END 0xa0000ULL

static EFI_STATUS start(struct loader *l, uint64_t entry_tsc);
static EFI_STATUS boot(struct loader *l);

/* Static: too large for a stack that may be the firmware's smallest. */
static struct loader loader;

EFI_STATUS EFIAPI efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *st);

EFI_STATUS EFIAPI
efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *st)
{
	uint64_t entry_tsc = cpu_tsc();
	EFI_STATUS status;

	loader = (struct loader){
		.image = image,
		.st = st,
		.bs = st->BootServices,
	};
	out_init(st);
	status = start(&loader, entry_tsc);
	if (!EFI_ERROR(status))
		status = boot(&loader);
	if (loader.root)
		loader.root->Close(loader.root);
	mem_free_all(&loader);
	return status;
}

/* A place for what is collected, and who we are. */
static EFI_STATUS
start(struct loader *l, uint64_t entry_tsc)
{
	EFI_GUID guid = LOADED_IMAGE_PROTOCOL;
	EFI_STATUS status;

	status = l->bs->HandleProtocol(l->image, &guid, (void **)&l->self);
	if (EFI_ERROR(status))
		return fail(status, "no loaded image protocol: %s",
			    status_text(status));
	say("loader at %p", l->self->ImageBase);
	l->bs->SetWatchdogTimer(0, 0, 0, NULL);
	l->info = (struct boot_info *)mem_alloc(l, sizeof(*l->info));
	l->stack = mem_alloc(l, LOADER_STACK);
	if (!l->info || !l->stack)
		return fail(EFI_OUT_OF_RESOURCES, "no memory");
	l->info->magic = BOOT_MAGIC;
	l->info->version = BOOT_VERSION;
	l->info->size = sizeof(*l->info);
	l->info->loader_base = (uint64_t)l->self->ImageBase;
	l->info->loader_size = l->self->ImageSize;
	l->info->tsc[BOOT_STEP_ENTRY] = entry_tsc;
	return EFI_SUCCESS;
}

/* A debugger may look round before anything happens: set go to leave. */
static void
wait_for_debugger(const struct loader *l)
{
	static volatile bool go;

	if (!cmdline_has(l, "loader.wait"))
		return;
	say("waiting for a debugger to set go");
	while (!go)
		__builtin_ia32_pause();
}

static EFI_STATUS
boot(struct loader *l)
{
	EFI_STATUS status;

	status = file_open_volume(l);
	if (!EFI_ERROR(status))
		status = modules_load(l);
	if (!EFI_ERROR(status))
		status = cmdline_load(l);
	if (EFI_ERROR(status))
		return status;
	clock_stamp(l, BOOT_STEP_FILES_READ);
	wait_for_debugger(l);

	chance_collect(l); /* before the kernel: its slide */
	status = kernel_place(l);
	if (EFI_ERROR(status))
		return status;
	clock_stamp(l, BOOT_STEP_KERNEL_SET);

	clock_collect(l);
	firmware_collect(l);
	gop_collect(l);
	tpm_collect(l);
	l->info->ap_trampoline = mem_alloc_below(l, LOW_MEMORY_END);
	clock_stamp(l, BOOT_STEP_SNAPSHOT);

	status = paging_init(l);
	if (!EFI_ERROR(status))
		status = kernel_map(l);
	if (!EFI_ERROR(status))
		status = leave(l);
	return status;
}
