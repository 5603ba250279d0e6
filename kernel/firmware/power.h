/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * firmware/power.h - turn the machine off or start it again.
 *
 * Off:     ACPI S5 (PM1 control or sleep control register), EFI ResetSystem,
 *          then halt with a message.
 * Restart: EFI ResetSystem, the FADT reset register, then arch_reset().
 * Context: other CPUs are stopped first; interrupts off.
 * Source:  ACPI 6.5, 4.8.3, 7.4.2 (\_S5), 16; UEFI 2.10, 8.5.1.
 */

#include "lib/types.h"

void power_init(void); /* finds \_S5 and the registers, after acpi_init() */
NORETURN void power_off(void);
NORETURN void power_restart(void);
NORETURN void power_halt(void);
