/* SPDX-License-Identifier: MIT */

/*
 * gop.c - the framebuffer, in the mode the firmware chose.
 *
 * Several graphics outputs may exist, some without a linear framebuffer; the
 * one behind the console comes first.  What it says is checked: firmware has
 * promised more lines than it had memory for.
 *
 * Source: UEFI 2.10, 12.9 (GOP) and 12.9.2.4 (EDID).
 */

#include "lib/string.h"
#include "loader.h"

#define EDID_MAX 32768 /* 256 blocks */

static EFI_GUID gop_guid = EFI_GRAPHICS_OUTPUT_PROTOCOL_GUID;

static uint32_t
format_of(const EFI_GRAPHICS_OUTPUT_MODE_INFORMATION *mode)
{
	const EFI_PIXEL_BITMASK *m = &mode->PixelInformation;
	uint32_t all =
		m->RedMask | m->GreenMask | m->BlueMask | m->ReservedMask;

	switch (mode->PixelFormat) {
	case PixelRedGreenBlueReserved8BitPerColor:
		return BOOT_FB_RGB;
	case PixelBlueGreenRedReserved8BitPerColor:
		return BOOT_FB_BGR;
	case PixelBitMask: /* the highest bit of any mask gives the size */
		return all >> 24 ? BOOT_FB_MASK : BOOT_FB_NONE;
	default:
		return BOOT_FB_NONE;
	}
}

static void
set_masks(struct boot_framebuffer *fb, const EFI_PIXEL_BITMASK *m)
{
	fb->red_mask = fb->format == BOOT_FB_RGB ? 0xff : 0xff0000;
	fb->green_mask = 0xff00;
	fb->blue_mask = fb->format == BOOT_FB_RGB ? 0xff0000 : 0xff;
	fb->reserved = 0xff000000;
	if (fb->format == BOOT_FB_MASK) {
		fb->red_mask = m->RedMask;
		fb->green_mask = m->GreenMask;
		fb->blue_mask = m->BlueMask;
		fb->reserved = m->ReservedMask;
	}
}

/* Fill fb from one output; false if it has no framebuffer for us. */
static bool
use_output(struct boot_framebuffer *fb, const EFI_GRAPHICS_OUTPUT_PROTOCOL *gop)
{
	const EFI_GRAPHICS_OUTPUT_MODE_INFORMATION *mode;
	uint64_t pitch, base, size;

	if (!gop->Mode || !gop->Mode->Info)
		return false;
	mode = gop->Mode->Info;
	base = gop->Mode->FrameBufferBase;
	size = gop->Mode->FrameBufferSize;
	pitch = 4ULL * mode->PixelsPerScanLine;
	fb->format = format_of(mode);
	if (fb->format == BOOT_FB_NONE || !base || base + size < base ||
	    !mode->HorizontalResolution ||
	    mode->PixelsPerScanLine < mode->HorizontalResolution ||
	    pitch > UINT32_MAX || size < pitch)
		return false;
	fb->base = base;
	fb->size = size;
	fb->pitch = (uint32_t)pitch;
	fb->width = mode->HorizontalResolution;
	fb->height = (uint32_t)MIN(mode->VerticalResolution, size / pitch);
	set_masks(fb, &mode->PixelInformation);
	return fb->height != 0;
}

/* The active EDID, else the discovered one, copied. */
static void
copy_edid(struct loader *l, EFI_HANDLE handle)
{
	EFI_GUID guids[] = { EFI_EDID_ACTIVE_PROTOCOL_GUID,
			     EFI_EDID_DISCOVERED_PROTOCOL_GUID };
	EFI_EDID_ACTIVE_PROTOCOL *edid; /* both are the same structure */

	for (size_t i = 0; i < ARRAY_SIZE(guids); i++) {
		uint64_t copy;

		if (EFI_ERROR(l->bs->HandleProtocol(handle, &guids[i],
						    (void **)&edid)) ||
		    !edid->Edid || !edid->SizeOfEdid ||
		    edid->SizeOfEdid > EDID_MAX)
			continue;
		copy = mem_alloc(l, edid->SizeOfEdid);
		if (!copy)
			return;
		memcpy((void *)copy, edid->Edid, edid->SizeOfEdid);
		l->info->fb.edid =
			(struct boot_module){ copy, edid->SizeOfEdid };
		return;
	}
}

static bool
try_handle(struct loader *l, EFI_HANDLE handle)
{
	struct boot_framebuffer fb = { 0 };
	EFI_GRAPHICS_OUTPUT_PROTOCOL *gop;

	if (!handle ||
	    EFI_ERROR(l->bs->HandleProtocol(handle, &gop_guid, (void **)&gop)))
		return false;
	if (!use_output(&fb, gop))
		return false;
	l->info->fb = fb;
	copy_edid(l, handle);
	return true;
}

/*
 * The console's handle is the splitter's: it has the framebuffer, but the
 * EDID is on the handle of the device with the same one.
 */
static bool
same_output(struct loader *l, EFI_HANDLE handle)
{
	struct boot_framebuffer fb = { 0 };
	EFI_GRAPHICS_OUTPUT_PROTOCOL *gop;

	return !EFI_ERROR(l->bs->HandleProtocol(handle, &gop_guid,
						(void **)&gop)) &&
	       use_output(&fb, gop) && fb.base == l->info->fb.base;
}

void
gop_collect(struct loader *l)
{
	bool found = try_handle(l, l->st->ConsoleOutHandle);
	EFI_HANDLE *handles = NULL;
	UINTN n = 0;

	if (EFI_ERROR(l->bs->LocateHandleBuffer(ByProtocol, &gop_guid, NULL, &n,
						&handles)))
		return;
	for (UINTN i = 0; i < n && !found; i++)
		found = try_handle(l, handles[i]);
	for (UINTN i = 0; i < n && found && !l->info->fb.edid.base; i++) {
		if (same_output(l, handles[i]))
			copy_edid(l, handles[i]);
	}
	l->bs->FreePool(handles);
}
