/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * arch/vdso.h - code of the kernel's that programs run themselves: reading the
 * clock without a system call.
 *
 * The image is a small shared library, mapped into every program right after a
 * page of data (struct vdso_data) that the kernel keeps up to date and programs
 * can only read.  It exports __vdso_clock_gettime, __vdso_gettimeofday,
 * __vdso_time and __vdso_clock_getres, version LINUX_2.6, as libcs look for.
 *
 * Locking: one writer at a time (proc/vdso.c); readers retry by seq.
 * Source:  man 7 vdso.
 */

#include "arch/x86_64/machine/vdso_data.h"
#include "lib/types.h"

/* The library, page-aligned, of whole pages. */
extern const char vdso_image_start[], vdso_image_end[];

/*
 * Fill in how the cycle counter becomes nanoseconds, or that it must not be
 * read by programs (then every call falls back to the system call).
 */
void clock_fill_vdso(struct vdso_data *d);
