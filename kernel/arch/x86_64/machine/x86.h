/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * machine/x86.h - control registers, MSRs and CPUID.
 *
 * Source: Intel SDM 3A 2.5 (control registers), 4 (MSRs); AMD APM 2.
 */

#include <asm/processor-flags.h>

#include "lib/types.h"

#define MSR_APIC_BASE      0x1b
#define MSR_TSC_ADJUST     0x3b
#define MSR_SYSENTER_CS    0x174
#define MSR_PAT            0x277
#define MSR_U_CET          0x6a0
#define MSR_S_CET          0x6a2
#define MSR_TSC_DEADLINE   0x6e0
#define MSR_X2APIC         0x800 /* + register offset / 16 */
#define MSR_EFER           0xc0000080
#define MSR_STAR           0xc0000081
#define MSR_LSTAR          0xc0000082
#define MSR_CSTAR          0xc0000083
#define MSR_SFMASK         0xc0000084
#define MSR_FS_BASE        0xc0000100
#define MSR_GS_BASE        0xc0000101
#define MSR_KERNEL_GS_BASE 0xc0000102

#define EFER_SCE (1u << 0)
#define EFER_LME (1u << 8)
#define EFER_LMA (1u << 10)
#define EFER_NXE (1u << 11)

#define APIC_BASE_BSP     (1u << 8)
#define APIC_BASE_X2      (1u << 10)
#define APIC_BASE_ENABLE  (1u << 11)
#define APIC_BASE_ADDRESS 0x000ffffffffff000ULL

struct cpuid {
	uint32_t a, b, c, d;
};

static inline struct cpuid
cpuid(uint32_t leaf, uint32_t subleaf)
{
	struct cpuid r;

	__asm__ volatile("cpuid"
			 : "=a"(r.a), "=b"(r.b), "=c"(r.c), "=d"(r.d)
			 : "a"(leaf), "c"(subleaf));
	return r;
}

/* The leaf, or zeros if this processor does not have it. */
static inline struct cpuid
cpuid_if(uint32_t leaf, uint32_t subleaf)
{
	if (cpuid(leaf & 0xffff0000u, 0).a < leaf)
		return (struct cpuid){ 0 };
	return cpuid(leaf, subleaf);
}

static inline uint64_t
rdmsr(uint32_t msr)
{
	uint32_t lo, hi;

	__asm__ volatile("rdmsr" : "=a"(lo), "=d"(hi) : "c"(msr) : "memory");
	return (uint64_t)hi << 32 | lo;
}

static inline void
wrmsr(uint32_t msr, uint64_t value)
{
	__asm__ volatile("wrmsr"
			 :
			 : "c"(msr), "a"((uint32_t)value),
			   "d"((uint32_t)(value >> 32))
			 : "memory");
}

#define CONTROL_REGISTER(name)                                         \
	static inline uint64_t read_##name(void)                       \
	{                                                              \
		uint64_t value;                                        \
                                                                       \
		__asm__ volatile("mov %%" #name ", %0" : "=r"(value)); \
		return value;                                          \
	}                                                              \
                                                                       \
	static inline void write_##name(uint64_t value)                \
	{                                                              \
		__asm__ volatile("mov %0, %%" #name                    \
				 :                                     \
				 : "r"(value)                          \
				 : "memory");                          \
	}

CONTROL_REGISTER(cr0)
CONTROL_REGISTER(cr2)
CONTROL_REGISTER(cr3)
CONTROL_REGISTER(cr4)
CONTROL_REGISTER(dr0)
CONTROL_REGISTER(dr1)
CONTROL_REGISTER(dr2)
CONTROL_REGISTER(dr3)
CONTROL_REGISTER(dr6)
CONTROL_REGISTER(dr7)
#undef CONTROL_REGISTER

static inline void
invlpg(vaddr_t va)
{
	__asm__ volatile("invlpg (%0)" : : "r"(va) : "memory");
}
