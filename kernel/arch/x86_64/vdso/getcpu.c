/* SPDX-License-Identifier: MIT */

/*
 * arch/x86_64/vdso/getcpu.c - which CPU this is, without a system call.
 *
 * Each CPU's descriptor table has a segment whose limit is its number
 * (gdt.c); asking for the limit needs no privilege.
 */

#include "arch/x86_64/machine/segment.h"

#define EXPORT __attribute__((visibility("default")))

long __vdso_getcpu(unsigned *cpu, unsigned *node, void *unused);

EXPORT long
__vdso_getcpu(unsigned *cpu, unsigned *node, void *unused)
{
	unsigned number;

	__asm__ volatile("lsl %1, %0" : "=r"(number) : "r"(SEL_CPU_NUMBER));
	if (cpu)
		*cpu = number;
	if (node)
		*node = 0;
	return 0;
}
