/* SPDX-License-Identifier: MIT */
#include "arch/thread.h"

#include "arch/x86_64/debug_regs.h"
#include "arch/x86_64/features.h"
#include "arch/x86_64/fpu.h"
#include "arch/x86_64/gdt.h"
#include "arch/x86_64/machine/x86.h"
#include "arch/x86_64/percpu_block.h"
#include "core/random.h"

/*
 * arch/x86_64/thread.c - what makes a thread on this machine.
 *
 * In kernel mode FS holds the user's base and is not used; the user's GS base
 * waits in KERNEL_GS_BASE for the SWAPGS on the way out.  Programs may
 * change both without telling us if they have WRFSBASE, so they are read back
 * at each switch; without it arch_set_*_base() is the only way, and the saved
 * values are already right.
 */

void switch_stacks(uint64_t *prev_sp, uint64_t next_sp, uint64_t canary);
void thread_begin(void);

/* What switch_stacks() pops. */
struct switch_frame {
	uint64_t r15, r14, r13, r12, rbx, rbp;
	uint64_t return_address;
};

static inline uint64_t
read_fs_base(void)
{
	uint64_t base;

	__asm__ volatile("rdfsbase %0" : "=r"(base));
	return base;
}

static inline void
write_fs_base(uint64_t base)
{
	if (x86_features.fsgsbase)
		__asm__ volatile("wrfsbase %0" : : "r"(base));
	else
		wrmsr(MSR_FS_BASE, base);
}

/* Zero in the low byte stops string functions from running over it. */
static uint64_t
new_canary(void)
{
	return random_u64() & ~(uint64_t)0xff;
}

void
arch_thread_init(struct arch_thread *at, void *stack_top,
		 void (*entry)(void *arg), void *arg)
{
	/* One word more: at thread_begin the stack is as after a call. */
	struct switch_frame *f =
		(struct switch_frame *)((uint64_t *)stack_top - 1) - 1;

	*f = (struct switch_frame){
		.r12 = (uintptr_t)entry,
		.r13 = (uintptr_t)arg,
		.return_address = (uintptr_t)thread_begin,
	};
	*at = (struct arch_thread){
		.sp = (uintptr_t)f,
		.canary = new_canary(),
	};
}

void
arch_thread_adopt(struct arch_thread *at)
{
	*at = (struct arch_thread){ .canary = this_cpu_block().canary };
	this_cpu_block().arch = at;
}

static void
save_user_state(struct arch_thread *at)
{
	fpu_save(at->xstate);
	if (!x86_features.fsgsbase)
		return;
	at->fs_base = read_fs_base();
	at->gs_base = rdmsr(MSR_KERNEL_GS_BASE);
}

static void
load_user_state(const struct arch_thread *at)
{
	fpu_restore(at->xstate);
	write_fs_base(at->fs_base);
	wrmsr(MSR_KERNEL_GS_BASE, at->gs_base);
}

void
arch_thread_switch(struct arch_thread *prev, struct arch_thread *next,
		   void *stack_top)
{
	struct cpu_local *cpu = &this_cpu_block();

	if (prev->xstate)
		save_user_state(prev);
	if (next->xstate)
		load_user_state(next);
	if (unlikely(prev->debug.control | next->debug.control))
		debug_regs_load(&next->debug);
	cpu->kernel_sp = (uintptr_t)stack_top;
	cpu->arch = next;
	gdt_set_kernel_stack((uintptr_t)stack_top);
	switch_stacks(&prev->sp, next->sp, next->canary);
}

uint64_t
arch_fs_base(void)
{
	if (x86_features.fsgsbase)
		return read_fs_base();
	return this_cpu_block().arch->fs_base;
}

void
arch_set_fs_base(uint64_t base)
{
	this_cpu_block().arch->fs_base = base;
	write_fs_base(base);
}

uint64_t
arch_gs_base(void)
{
	return rdmsr(MSR_KERNEL_GS_BASE);
}

void
arch_set_gs_base(uint64_t base)
{
	unsigned long irq = irq_save();

	this_cpu_block().arch->gs_base = base;
	wrmsr(MSR_KERNEL_GS_BASE, base);
	irq_restore(irq);
}
