/* SPDX-License-Identifier: MIT */

/*
 * fault.c - a firmware worse than the one we have.
 *
 * A UEFI application that stands where the loader does, changes the boot
 * services, then starts the loader (\EFI\BOOT\NEXT.EFI of the same volume).
 * What the memory map says then, on top of what is true:
 *
 *	descriptors of 64 bytes, the padding filled with ones
 *	first an entry of no length and one that begins beyond 2^52
 *	a hundred pages of free memory also "reserved" (overlap)
 *	four pages of type 15 (unaccepted) and four set aside (SP)
 *	every call one entry more than the one before, once 500 more: whatever
 *	was reserved for the map does not do
 *
 * The framebuffer's device has an EDID (OVMF gives none),
 * and ExitBootServices() fails three times, the way it does when an interrupt
 * changed the map; after its first call nothing but memory services may be
 * called: whoever writes to the console then is stopped here.
 */

#include "efi.h"
#include "lib/string.h"

#define STRIDE     64
#define FAILURES   3
#define EXTRA      5
#define JUMP       500 /* entries that appear after the first failure */
#define NEXT_MAX   (1ULL << 20)
#define DEBUG_EXIT 0xf4

static EFI_BOOT_SERVICES *bs;
static EFI_GET_MEMORY_MAP real_map;
static EFI_EXIT_BOOT_SERVICES real_exit;
static EFI_PHYSICAL_ADDRESS overlap, unaccepted, special;
static unsigned exits, maps;
static char scratch[1 << 17];

EFI_STATUS EFIAPI efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *st);

static void
put(char *map, UINTN *n, const EFI_MEMORY_DESCRIPTOR *d)
{
	memset(map + *n * STRIDE, 0xff, STRIDE);
	memcpy(map + *n * STRIDE, d, sizeof(*d));
	++*n;
}

static void
put_lie(char *map, UINTN *n, UINT32 type, UINT64 base, UINT64 pages,
	UINT64 attribute)
{
	const EFI_MEMORY_DESCRIPTOR d = {
		.Type = type,
		.PhysicalStart = base,
		.NumberOfPages = pages,
		.Attribute = attribute,
	};

	put(map, n, &d);
}

static EFI_STATUS EFIAPI
bad_map(UINTN *size, EFI_MEMORY_DESCRIPTOR *map, UINTN *key, UINTN *stride,
	UINT32 *version)
{
	UINTN real_size = sizeof(scratch), real_stride, room = *size, n = 0;
	EFI_STATUS status;

	status = real_map(&real_size, (EFI_MEMORY_DESCRIPTOR *)scratch, key,
			  &real_stride, version);
	if (EFI_ERROR(status))
		return status;
	maps += exits == 1 ? JUMP : 1;
	*stride = STRIDE;
	*size = (real_size / real_stride + EXTRA + maps) * STRIDE;
	if (room < *size || !map)
		return EFI_BUFFER_TOO_SMALL;
	put_lie((char *)map, &n, EfiConventionalMemory, 0x1000, 0, 8);
	put_lie((char *)map, &n, EfiConventionalMemory, 1ULL << 53, 9, 8);
	put_lie((char *)map, &n, EfiReservedMemoryType, overlap, 100, 8);
	put_lie((char *)map, &n, 15, unaccepted, 4, 8);
	put_lie((char *)map, &n, EfiConventionalMemory, special, 4, 0x40008);
	for (UINTN i = 0; i < maps; i++)
		put_lie((char *)map, &n, 0x80000000 + (UINT32)i,
			(1ULL << 40) + i * 8192, 1, 0);
	for (UINTN i = 0; i < real_size / real_stride; i++)
		put((char *)map, &n, (void *)(scratch + i * real_stride));
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI
bad_exit(EFI_HANDLE image, UINTN key)
{
	if (exits++ < FAILURES)
		return EFI_INVALID_PARAMETER;
	return real_exit(image, key);
}

/* After the first ExitBootServices() this is an error of the caller. */
static EFI_SIMPLE_TEXT_OUT_PROTOCOL *console;
static EFI_TEXT_OUTPUT_STRING real_output;

static EFI_STATUS EFIAPI
watched_output(EFI_SIMPLE_TEXT_OUT_PROTOCOL *self, CHAR16 *text)
{
	if (exits)
		__asm__ volatile("outb %0, %1"
				 :
				 : "a"((UINT8)0x7f), "Nd"((UINT16)DEBUG_EXIT));
	return real_output(console, text);
}

static EFI_STATUS
load_next(EFI_HANDLE image, EFI_HANDLE *next)
{
	EFI_GUID image_guid = LOADED_IMAGE_PROTOCOL;
	EFI_GUID fs_guid = EFI_SIMPLE_FILE_SYSTEM_PROTOCOL_GUID;
	EFI_LOADED_IMAGE *self, *other;
	EFI_SIMPLE_FILE_SYSTEM_PROTOCOL *fs;
	UINTN size = NEXT_MAX;
	void *bytes = NULL;
	EFI_STATUS status;
	EFI_FILE *root, *file;

	status = bs->HandleProtocol(image, &image_guid, (void **)&self);
	if (!EFI_ERROR(status))
		status = bs->HandleProtocol(self->DeviceHandle, &fs_guid,
					    (void **)&fs);
	if (!EFI_ERROR(status))
		status = fs->OpenVolume(fs, &root);
	if (!EFI_ERROR(status))
		status = root->Open(root, &file, L"\\EFI\\BOOT\\NEXT.EFI",
				    EFI_FILE_MODE_READ, 0);
	if (!EFI_ERROR(status))
		status = bs->AllocatePool(EfiLoaderData, size, &bytes);
	if (!EFI_ERROR(status))
		status = file->Read(file, &size, bytes);
	if (!EFI_ERROR(status))
		status = bs->LoadImage(FALSE, image, self->FilePath, bytes,
				       size, next);
	if (!EFI_ERROR(status))
		status =
			bs->HandleProtocol(*next, &image_guid, (void **)&other);
	if (!EFI_ERROR(status))
		other->DeviceHandle = self->DeviceHandle;
	return status;
}

/* Free memory to tell lies about: taken, remembered and given back. */
static EFI_PHYSICAL_ADDRESS
some_pages(UINTN pages)
{
	EFI_PHYSICAL_ADDRESS at = 0x8000000;

	if (EFI_ERROR(bs->AllocatePages(AllocateMaxAddress, EfiLoaderData,
					pages, &at)))
		return 0;
	return at;
}

static void
add_edid(void)
{
	static UINT8 bytes[128] = { 0, 255, 255, 255, 255, 255, 255, 0 };
	static EFI_EDID_ACTIVE_PROTOCOL edid = { sizeof(bytes), bytes };
	EFI_GUID gop = EFI_GRAPHICS_OUTPUT_PROTOCOL_GUID;
	EFI_GUID guid = EFI_EDID_ACTIVE_PROTOCOL_GUID;
	EFI_HANDLE *handles;
	UINTN n;

	if (EFI_ERROR(bs->LocateHandleBuffer(ByProtocol, &gop, NULL, &n,
					     &handles)))
		return;
	for (UINTN i = 0; i < n; i++)
		bs->InstallProtocolInterface(&handles[i], &guid,
					     EFI_NATIVE_INTERFACE, &edid);
	bs->FreePool(handles);
}

EFI_STATUS EFIAPI
efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *st)
{
	EFI_HANDLE next;
	EFI_STATUS status;

	bs = st->BootServices;
	status = load_next(image, &next);
	if (EFI_ERROR(status))
		return status;
	overlap = some_pages(100);
	unaccepted = some_pages(4);
	special = some_pages(4);
	add_edid();
	real_map = bs->GetMemoryMap;
	real_exit = bs->ExitBootServices;
	bs->GetMemoryMap = bad_map;
	bs->ExitBootServices = bad_exit;
	console = st->ConOut;
	real_output = console->OutputString;
	console->OutputString = watched_output;
	return bs->StartImage(next, NULL, NULL);
}
