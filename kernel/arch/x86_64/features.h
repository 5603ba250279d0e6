/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * arch/x86_64/features.h - what this processor can do, as far as the kernel
 * cares, and bringing a processor to a known state.
 *
 * Read from the boot processor; the others are taken to be equal to it.
 */

#include "lib/types.h"

struct x86_features {
	bool nx, gbpages, pge, mce, de, pat;
	bool smep, smap, umip, fsgsbase, cet;
	bool xsave, xsaveopt, fxsr;
	bool x2apic, tsc_deadline, invariant_tsc;
	bool rdrand, rdtscp;
	bool five_levels; /* the firmware left us with 57-bit addresses */
};

extern struct x86_features x86_features; /* [I] after x86_detect() */

void x86_detect(void);

/* Control registers, MSRs, PAT: everything a CPU needs before it runs C. */
void x86_cpu_setup(void);

/* CR4 as x86_cpu_setup() writes it: for the start of other processors. */
uint64_t x86_cr4(void);

/* Turn the NOPs of SMAP into instructions; kernel text must be reachable. */
void x86_patch(void);
