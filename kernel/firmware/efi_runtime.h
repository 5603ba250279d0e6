/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * firmware/efi_runtime.h - EFI runtime services after boot.
 *
 * Locking: none yet: the only caller is the end of the machine.
 * Source:  UEFI 2.10, 4.3, 4.5, 8.5.1.
 */

#include "lib/types.h"

struct boot_info;

/* Find the services and give them their address space; may find none. */
void efi_runtime_init(const struct boot_info *bi);

enum efi_reset_type {
	EFI_RESET_COLD = 0,
	EFI_RESET_WARM = 1,
	EFI_RESET_SHUTDOWN = 2,
};

/* Returns if there is no such service, or it failed. */
void efi_reset_system(enum efi_reset_type type);
