/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * out.h - words for a person: on the firmware's console and on COM1.
 *
 * Either may be missing.  Formats are those of lib/fmt.h.
 */

#include "efi.h"
#include "lib/compiler.h"

void out_init(EFI_SYSTEM_TABLE *st);

/* One line, "umbra: ..."; the line break is added. */
void say(const char *fmt, ...) PRINTF(1, 2);

/* The same for an error, and its status: return fail(EFI_..., "..."). */
EFI_STATUS fail(EFI_STATUS status, const char *fmt, ...) PRINTF(2, 3);

/* From now on the serial port only: boot services are going away. */
void out_leave_console(void);

/* Words for a status; "status 0x..." never: an unknown one is "error". */
const char *status_text(EFI_STATUS status);
