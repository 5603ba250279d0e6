/* SPDX-License-Identifier: MIT */
#include "arch/cpu.h"
#include "arch/upcall.h"
#include "arch/x86_64/features.h"
#include "arch/x86_64/gdt.h"
#include "arch/x86_64/machine/asm.h"
#include "arch/x86_64/machine/segment.h"
#include "arch/x86_64/machine/x86.h"
#include "arch/x86_64/percpu_block.h"
#include "arch/x86_64/trap_priv.h"
#include "arch/x86_64/tsc.h"
#include "lib/string.h"

/*
 * arch/x86_64/cpu_setup.c - a processor in a known state.
 *
 * The firmware may leave anything in the control registers: protections off,
 * or on for things we do not handle (CET, PKE, debug registers).  So they are
 * written whole, never or-ed into.  Each bit of CR4 is gated on CPUID, for a
 * reserved one is #GP on hardware and a hang under TCG; only LA57 is kept as
 * found, because it cannot be changed in long mode.
 */

/*
 * Page attribute table: entries 0-3 as after reset (WB WT UC- UC), 4 = WC,
 * 5 = WT, 6 = UC-, 7 = UC.  Intel SDM 3A, 11.12.
 */
#define PAT_VALUE 0x0007040100070406ULL

struct x86_features x86_features RO_AFTER_BOOT;

/* A place in the text to be patched; offsets from the fields themselves. */
struct patch {
	int32_t site;
	int32_t kind;
};
extern const struct patch patch_start[], patch_end[];

PERCPU(struct cpu_local, cpu_local);

void syscall_entry(void);
NORETURN void x86_start(paddr_t boot_info);

BOOT_CODE static bool
bit(uint32_t reg, unsigned n)
{
	return reg >> n & 1;
}

BOOT_CODE void
x86_detect(void)
{
	struct cpuid one = cpuid(1, 0), seven = cpuid_if(7, 0);
	struct cpuid ext = cpuid_if(0x80000001, 0);
	struct x86_features *x = &x86_features;

	x->de = bit(one.d, 2);
	x->mce = bit(one.d, 7);
	x->pge = bit(one.d, 13);
	x->pat = bit(one.d, 16);
	x->fxsr = bit(one.d, 24);
	x->x2apic = bit(one.c, 21);
	x->tsc_deadline = bit(one.c, 24);
	x->xsave = bit(one.c, 26);
	x->rdrand = bit(one.c, 30);
	x->fsgsbase = bit(seven.b, 0);
	x->smep = bit(seven.b, 7);
	x->smap = bit(seven.b, 20);
	x->umip = bit(seven.c, 2);
	x->cet = bit(seven.c, 7) || bit(seven.d, 20);
	x->nx = bit(ext.d, 20);
	x->gbpages = bit(ext.d, 26);
	x->rdtscp = bit(ext.d, 27);
	x->invariant_tsc = bit(cpuid_if(0x80000007, 0).d, 8);
	x->xsaveopt = x->xsave && bit(cpuid_if(0xd, 1).a, 0);
	x->five_levels = read_cr4() & X86_CR4_LA57;
}

uint64_t
x86_cr4(void)
{
	const struct x86_features *x = &x86_features;
	uint64_t cr4 = X86_CR4_PAE | X86_CR4_OSFXSR | X86_CR4_OSXMMEXCPT;

	cr4 |= x->de ? X86_CR4_DE : 0;
	cr4 |= x->mce ? X86_CR4_MCE : 0;
	cr4 |= x->pge ? X86_CR4_PGE : 0;
	cr4 |= x->smep ? X86_CR4_SMEP : 0;
	cr4 |= x->smap ? X86_CR4_SMAP : 0;
	cr4 |= x->umip ? X86_CR4_UMIP : 0;
	cr4 |= x->fsgsbase ? X86_CR4_FSGSBASE : 0;
	cr4 |= x->xsave ? X86_CR4_OSXSAVE : 0;
	cr4 |= x->five_levels ? X86_CR4_LA57 : 0;
	return cr4;
}

static void
syscall_setup(void)
{
	const uint64_t star =
		(uint64_t)SEL_USER_BASE << 48 | (uint64_t)SEL_KERNEL_CODE << 32;

	wrmsr(MSR_STAR, star);
	wrmsr(MSR_LSTAR, (uintptr_t)syscall_entry);
	wrmsr(MSR_CSTAR, 0);
	wrmsr(MSR_SFMASK,
	      X86_EFLAGS_CF | X86_EFLAGS_PF | X86_EFLAGS_AF | X86_EFLAGS_ZF |
		      X86_EFLAGS_SF | X86_EFLAGS_TF | X86_EFLAGS_IF |
		      X86_EFLAGS_DF | X86_EFLAGS_OF | X86_EFLAGS_IOPL |
		      X86_EFLAGS_NT | X86_EFLAGS_RF | X86_EFLAGS_AC |
		      X86_EFLAGS_ID);
	wrmsr(MSR_SYSENTER_CS, 0);
}

void
x86_cpu_setup(void)
{
	write_cr4(x86_cr4());
	write_cr0(X86_CR0_PE | X86_CR0_MP | X86_CR0_ET | X86_CR0_NE |
		  X86_CR0_WP | X86_CR0_AM | X86_CR0_PG);
	wrmsr(MSR_EFER, EFER_SCE | EFER_LME | EFER_LMA |
				(x86_features.nx ? EFER_NXE : 0));
	write_dr7(0x400);
	write_dr6(0xffff0ff0);
	if (x86_features.cet) {
		wrmsr(MSR_U_CET, 0);
		wrmsr(MSR_S_CET, 0);
	}
	if (x86_features.pat)
		wrmsr(MSR_PAT, PAT_VALUE);
	syscall_setup();
}

/*
 * With CR0.WP off the boot processor may write through read-only mappings; no
 * other processor runs yet, and nothing else writes to kernel text, ever.
 */
BOOT_CODE void
x86_patch(void)
{
	static const uint8_t code[][3] = {
		[PATCH_STAC] = { 0x0f, 0x01, 0xcb },
		[PATCH_CLAC] = { 0x0f, 0x01, 0xca },
	};
	uint64_t cr0 = read_cr0();
	const struct patch *p;
	unsigned i;

	if (!x86_features.smap)
		return;
	write_cr0(cr0 & ~X86_CR0_WP);
	for (p = patch_start; p < patch_end; p++) {
		volatile uint8_t *site =
			(volatile uint8_t *)((uintptr_t)&p->site +
					     (uintptr_t)(intptr_t)p->site);

		for (i = 0; i < 3; i++)
			site[i] = code[p->kind][i];
	}
	write_cr0(cr0);
}

/* Before there is any other source; it never returns, so it may change it. */
BOOT_CODE static uint64_t
first_canary(void)
{
	uint64_t value;

	if (!cpu_random(&value))
		value = cycles() * 0x9e3779b97f4a7c15ULL;
	return value & ~(uint64_t)0xff;
}

/* From head.S: the first C code. */
BOOT_CODE void
x86_start(paddr_t boot_info)
{
	struct cpu_local *self = &this_cpu_block();

	clock_set_origin();
	self->self = self;
	self->arch = NULL;
	x86_detect();
	self->canary = first_canary();
	x86_patch();
	x86_cpu_setup();
	gdt_init_boot();
	idt_init();
	self->apic_id = arch_apic_id();
	kernel_main(boot_info);
}
