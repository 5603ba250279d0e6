/* SPDX-License-Identifier: MIT */
#include "arch/cpu.h"

#include <asm/hwcap2.h>

#include "arch/x86_64/features.h"
#include "arch/x86_64/machine/x86.h"
#include "lib/string.h"

/*
 * arch/x86_64/cpu.c - who this processor is, chance, and the end.
 *
 * Source: Intel SDM 2A CPUID; AMD APM 3 appendix E; names as in /proc/cpuinfo
 * of Linux.
 */

#define RANDOM_TRIES 10 /* Intel SDM 1, 7.3.17.1 */

enum cpuid_word {
	WORD_1_EDX,
	WORD_EXT1_EDX,
	WORD_1_ECX,
	WORD_EXT1_ECX,
	WORD_7_EBX,
	WORD_D1_EAX,
	WORD_6_EAX,
	WORD_7_ECX,
	WORD_7_EDX,
	WORD_POWER_EDX,
	WORDS,
};

/* In the order Linux prints them; "" = no name. */
static const char *const flag_names[WORDS][32] = {
	[WORD_1_EDX] = { "fpu",  "vme",     "de",   "pse",  "tsc",  "msr",
			 "pae",  "mce",     "cx8",  "apic", "",     "sep",
			 "mtrr", "pge",     "mca",  "cmov", "pat",  "pse36",
			 "pn",   "clflush", "",     "dts",  "acpi", "mmx",
			 "fxsr", "sse",     "sse2", "ss",   "ht",   "tm",
			 "ia64", "pbe" },
	[WORD_EXT1_EDX] = { [11] = "syscall",
			    [19] = "mp",
			    [20] = "nx",
			    [22] = "mmxext",
			    [25] = "fxsr_opt",
			    [26] = "pdpe1gb",
			    [27] = "rdtscp",
			    [29] = "lm",
			    [30] = "3dnowext",
			    [31] = "3dnow" },
	[WORD_1_ECX] = { "pni",
			 "pclmulqdq",
			 "dtes64",
			 "monitor",
			 "ds_cpl",
			 "vmx",
			 "smx",
			 "est",
			 "tm2",
			 "ssse3",
			 "cid",
			 "sdbg",
			 "fma",
			 "cx16",
			 "xtpr",
			 "pdcm",
			 "",
			 "pcid",
			 "dca",
			 "sse4_1",
			 "sse4_2",
			 "x2apic",
			 "movbe",
			 "popcnt",
			 "tsc_deadline_timer",
			 "aes",
			 "xsave",
			 "",
			 "avx",
			 "f16c",
			 "rdrand",
			 "hypervisor" },
	[WORD_EXT1_ECX] = { "lahf_lm", "cmp_legacy", "svm", "extapic",
			    "cr8_legacy", "abm", "sse4a", "misalignsse",
			    "3dnowprefetch", "osvw", "ibs", "xop", "skinit",
			    "wdt", [15] = "lwp", [16] = "fma4", [21] = "tbm",
			    [22] = "topoext" },
	[WORD_7_EBX] = { "fsgsbase", "tsc_adjust", "sgx",      "bmi1",
			 "hle",      "avx2",       "",         "smep",
			 "bmi2",     "erms",       "invpcid",  "rtm",
			 "cqm",      "",           "mpx",      "rdt_a",
			 "avx512f",  "avx512dq",   "rdseed",   "adx",
			 "smap",     "avx512ifma", "",         "clflushopt",
			 "clwb",     "intel_pt",   "avx512pf", "avx512er",
			 "avx512cd", "sha_ni",     "avx512bw", "avx512vl" },
	[WORD_D1_EAX] = { "xsaveopt", "xsavec", "xgetbv1", "xsaves" },
	[WORD_6_EAX] = { "dtherm", "ida", "arat" },
	[WORD_7_ECX] = { "",
			 "avx512vbmi",
			 "umip",
			 "pku",
			 "ospke",
			 "waitpkg",
			 "avx512_vbmi2",
			 "",
			 "gfni",
			 "vaes",
			 "vpclmulqdq",
			 "avx512_vnni",
			 "avx512_bitalg",
			 "tme",
			 "avx512_vpopcntdq",
			 "",
			 "la57",
			 [22] = "rdpid",
			 [25] = "cldemote",
			 [27] = "movdiri",
			 [28] = "movdir64b" },
	[WORD_7_EDX] = { [4] = "fsrm",
			 [8] = "avx512_vp2intersect",
			 [10] = "md_clear",
			 [14] = "serialize",
			 [18] = "pconfig",
			 [19] = "arch_lbr",
			 [20] = "ibt",
			 [22] = "amx_bf16",
			 [23] = "avx512_fp16",
			 [24] = "amx_tile",
			 [25] = "amx_int8",
			 [28] = "flush_l1d",
			 [29] = "arch_capabilities" },
	[WORD_POWER_EDX] = { [8] = "constant_tsc" },
};

NORETURN void
cpu_stop(void)
{
	for (;;)
		__asm__ volatile("cli; hlt" ::: "memory");
}

/* All ones and all zeros are what broken generators give. */
bool
cpu_random(uint64_t *out)
{
	unsigned char ok;
	unsigned i;
	uint64_t value;

	for (i = 0; x86_features.rdrand && i < RANDOM_TRIES; i++) {
		__asm__ volatile("rdrand %0; setc %1" : "=r"(value), "=qm"(ok));
		if (ok && value != 0 && value != UINT64_MAX) {
			*out = value;
			return true;
		}
	}
	return false;
}

uint32_t
cpu_hwcap(void)
{
	return cpuid(1, 0).d;
}

uint32_t
cpu_hwcap2(void)
{
	return x86_features.fsgsbase ? HWCAP2_FSGSBASE : 0;
}

static void
describe_model(struct cpu_description *out)
{
	uint32_t signature = cpuid(1, 0).a;

	out->family = signature >> 8 & 15;
	out->model = signature >> 4 & 15;
	out->stepping = signature & 15;
	if (out->family == 6 || out->family == 15)
		out->model |= signature >> 12 & 0xf0;
	if (out->family == 15)
		out->family += signature >> 20 & 0xff;
}

static void
describe_names(struct cpu_description *out)
{
	struct cpuid r = cpuid(0, 0);
	const char *name = out->model_name;
	unsigned i;

	memcpy(out->vendor, &r.b, 4);
	memcpy(out->vendor + 4, &r.d, 4);
	memcpy(out->vendor + 8, &r.c, 4);
	out->vendor[12] = '\0';
	for (i = 0; i < 3; i++) {
		r = cpuid_if(0x80000002 + i, 0);
		memcpy(out->model_name + i * sizeof(r), &r, sizeof(r));
	}
	out->model_name[48] = '\0';
	while (*name == ' ')
		name++;
	memmove(out->model_name, name, strlen(name) + 1);
}

static void
append_flags(char *to, size_t size, const uint32_t words[WORDS])
{
	size_t n = 0;
	unsigned bit;

	for (bit = 0; bit < WORDS * 32; bit++) {
		const char *name = flag_names[bit / 32][bit % 32];

		if (!(words[bit / 32] >> bit % 32 & 1) || !name || !*name ||
		    n + strlen(name) + 2 > size)
			continue;
		if (n > 0)
			to[n++] = ' ';
		n += strlcpy(to + n, name, size - n);
	}
	to[n] = '\0';
}

void
cpu_describe(struct cpu_description *out)
{
	struct cpuid sizes = cpuid_if(0x80000008, 0);
	const uint32_t words[WORDS] = {
		[WORD_1_EDX] = cpuid(1, 0).d,
		[WORD_EXT1_EDX] = cpuid_if(0x80000001, 0).d,
		[WORD_1_ECX] = cpuid(1, 0).c,
		[WORD_EXT1_ECX] = cpuid_if(0x80000001, 0).c,
		[WORD_7_EBX] = cpuid_if(7, 0).b,
		[WORD_D1_EAX] = cpuid_if(0xd, 1).a,
		[WORD_6_EAX] = cpuid_if(6, 0).a,
		[WORD_7_ECX] = cpuid_if(7, 0).c,
		[WORD_7_EDX] = cpuid_if(7, 0).d,
		[WORD_POWER_EDX] = cpuid_if(0x80000007, 0).d,
	};

	describe_model(out);
	describe_names(out);
	out->phys_bits = sizes.a ? sizes.a & 0xff : 36;
	out->virt_bits = sizes.a ? sizes.a >> 8 & 0xff : 48;
	append_flags(out->flags, sizeof(out->flags), words);
}
