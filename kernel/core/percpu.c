/* SPDX-License-Identifier: MIT */
#include "core/percpu.h"

#include "lib/string.h"

/*
 * core/percpu.c - every CPU's copy of the per-CPU variables.
 *
 * The boot CPU uses the linker's section itself.  What the section held before
 * any of it changed was copied aside by the first instructions of the kernel
 * (head.S): that is the template, for by now the boot CPU's variables have
 * lists and counts in them that must not be cloned.
 */

extern char percpu_start[], percpu_end[], percpu_template[];

uintptr_t percpu_offsets[CPU_MAX];

size_t
percpu_size(void)
{
	return (size_t)(percpu_end - percpu_start);
}

void
percpu_init_cpu(unsigned cpu, void *area)
{
	memcpy(area, percpu_template, percpu_size());
	percpu_offsets[cpu] = (uintptr_t)area - (uintptr_t)percpu_start;
}
