/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * arch/power.h - last-resort ways to stop a machine: after the firmware's own
 * (firmware/power.c tries ACPI and EFI first).
 */

#include "lib/compiler.h"

/* Reset by port CF9h, keyboard controller, then triple fault. */
NORETURN void arch_reset(void);

/*
 * End the emulator with a status: QEMU's isa-debug-exit device, only when
 * the command line says debug_exit=PORT.  Returns if there is none.
 */
void arch_debug_exit(unsigned port, unsigned status);
