/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * efi.h - gnu-efi's headers, and what they lack.
 *
 * The loader is LLP64: long has 32 bits here and 64 in the kernel, so nothing
 * shared may use it; UINTN is 64 bits in both.
 *
 * Source: UEFI 2.10, section numbers beside each; TCG EFI Protocol
 *         Specification 1.00 rev 00.13.
 */

#include <efi/efi.h>

/* 7.2.3: memory types and attributes younger than gnu-efi 3.0.15. */
#define EFI_PERSISTENT_MEMORY 14
#define EFI_UNACCEPTED_MEMORY 15
#ifndef EFI_MEMORY_SP
#define EFI_MEMORY_SP 0x40000ULL
#endif

/* 37.5 EFI_RNG_PROTOCOL */
#define EFI_RNG_GUID                                                   \
	{                                                              \
		0x3152bca5, 0xeade, 0x433d,                            \
		{                                                      \
			0x86, 0x2e, 0xc0, 0x1c, 0xdc, 0x29, 0x1f, 0x44 \
		}                                                      \
	}

struct efi_rng {
	void *get_info;
	EFI_STATUS(EFIAPI *get_rng)
	(struct efi_rng *self, EFI_GUID *algorithm, UINTN size, UINT8 *out);
};

/* TCG EFI Protocol, 6: only the calls before GetEventLog are named. */
#define EFI_TCG2_GUID                                                  \
	{                                                              \
		0x607f766c, 0x7455, 0x42be,                            \
		{                                                      \
			0x93, 0x0b, 0xe4, 0xd7, 0x6d, 0xb2, 0x72, 0x0f \
		}                                                      \
	}

struct efi_tcg2 {
	void *get_capability;
	EFI_STATUS(EFIAPI *get_event_log)
	(struct efi_tcg2 *self, UINT32 format, UINT64 *location, UINT64 *last,
	 UINT8 *truncated);
};

/* On every handle the console splitter writes to (edk2 and its children). */
#define EFI_CONSOLE_OUT_DEVICE_GUID                                    \
	{                                                              \
		0xd3b36f2c, 0xd551, 0x11d4,                            \
		{                                                      \
			0x9a, 0x46, 0x00, 0x90, 0x27, 0x3f, 0xc1, 0x4d \
		}                                                      \
	}
