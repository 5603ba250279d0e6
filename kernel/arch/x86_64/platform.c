/* SPDX-License-Identifier: MIT */
#include "arch/x86_64/platform_priv.h"

#include "arch/x86_64/machine/x86.h"

/*
 * arch/x86_64/platform.c - the board as init/ described it.
 */

struct arch_platform platform RO_AFTER_BOOT;

BOOT_CODE void
arch_set_platform(const struct arch_platform *p)
{
	platform = *p;
}

/* Leaf 0Bh has all 32 bits of the id; leaf 1 the low 8, everywhere. */
uint32_t
arch_apic_id(void)
{
	struct cpuid topology = cpuid_if(0xb, 0);

	if (topology.b)
		return topology.d;
	return cpuid(1, 0).b >> 24;
}
