/* SPDX-License-Identifier: MIT */
#include "arch/ptrace.h"

#include <asm/processor-flags.h>
#include <linux/audit.h>

#include "arch/cpu.h"
#include "arch/mmu.h"
#include "arch/x86_64/debug_regs.h"
#include "arch/x86_64/machine/segment.h"
#include "arch/x86_64/machine/x86.h"
#include "lib/errno.h"
#include "lib/string.h"

/*
 * arch/x86_64/ptrace.c - registers for debuggers.
 *
 * A debugger may set any instruction and stack pointer: the processor checks
 * those on the way out, and a bad one is the program's SIGSEGV
 * (trap_refuse_iret()).  What the processor would take at its word is checked
 * here: selectors must be null or ask for user privilege, bases lie in the user
 * half, and of the flags only those a program may change are taken.
 *
 * Single steps use the trap flag.  step_forced says that it is on for the
 * debugger's sake; then it is neither shown nor saved in signal frames.
 */

/* What a debugger may change: not IF, IOPL, VM and the virtual ones, nor ID. */
#define FLAGS_SET                                                        \
	(X86_EFLAGS_CF | X86_EFLAGS_PF | X86_EFLAGS_AF | X86_EFLAGS_ZF | \
	 X86_EFLAGS_SF | X86_EFLAGS_TF | X86_EFLAGS_DF | X86_EFLAGS_OF | \
	 X86_EFLAGS_NT | X86_EFLAGS_RF | X86_EFLAGS_AC)

/* Offsets in struct user of <sys/user.h>, and its size in the kernel's eyes. */
#define USER_DEBUGREG 848
#define USER_SIZE     928
#define DEBUG_REGS    8

uint32_t
arch_audit(void)
{
	return AUDIT_ARCH_X86_64;
}

/* --- general registers --- */

void
arch_user_regs_get(const struct arch_thread *at, const struct trap_frame *f,
		   struct user_regs *out)
{
	*out = (struct user_regs){ .frame = *f,
				   .fs_base = at->fs_base,
				   .gs_base = at->gs_base };
	if (at->step_forced)
		out->frame.rflags &= ~(uint64_t)X86_EFLAGS_TF;
}

/* Only the low half of a selector's word exists. */
static bool
selector_valid(uint64_t word)
{
	uint16_t selector = (uint16_t)word;

	return !selector || (selector & 3) == 3;
}

/*
 * The data segments of this machine's programs are null; nothing keeps others
 * through a switch, so they are refused rather than forgotten.
 */
static bool
regs_valid(const struct user_regs *r)
{
	return (uint16_t)r->frame.cs && selector_valid(r->frame.cs) &&
	       (uint16_t)r->frame.ss && selector_valid(r->frame.ss) &&
	       !((r->ds | r->es | r->fs | r->gs) & UINT16_MAX) &&
	       r->fs_base < USER_TOP && r->gs_base < USER_TOP;
}

static uint64_t
flags_for(struct arch_thread *at, const struct trap_frame *f, uint64_t flags)
{
	if (flags & X86_EFLAGS_TF)
		at->step_forced = false;
	else if (at->step_forced)
		flags |= X86_EFLAGS_TF;
	return (f->rflags & ~(uint64_t)FLAGS_SET) | (flags & FLAGS_SET);
}

int
arch_user_regs_set(struct arch_thread *at, struct trap_frame *f,
		   const struct user_regs *in)
{
	uint64_t flags;

	if (!regs_valid(in))
		return -EIO;
	flags = flags_for(at, f, in->frame.rflags);
	*f = in->frame;
	f->rflags = flags;
	f->cs = (uint16_t)in->frame.cs;
	f->ss = (uint16_t)in->frame.ss;
	at->fs_base = in->fs_base;
	at->gs_base = in->gs_base;
	return 0;
}

/* --- struct user --- */

static bool
is_debug_reg(uint64_t offset)
{
	return offset >= USER_DEBUGREG &&
	       offset < USER_DEBUGREG + DEBUG_REGS * sizeof(uint64_t);
}

static unsigned
debug_reg_of(uint64_t offset)
{
	return (unsigned)((offset - USER_DEBUGREG) / sizeof(uint64_t));
}

int
arch_user_peek(const struct arch_thread *at, const struct trap_frame *f,
	       uint64_t offset, uint64_t *out)
{
	struct user_regs r;

	if (offset % sizeof(uint64_t) || offset >= USER_SIZE)
		return -EIO;
	*out = 0;
	if (offset < sizeof(r)) {
		arch_user_regs_get(at, f, &r);
		memcpy(out, (const char *)&r + offset, sizeof(*out));
	} else if (is_debug_reg(offset)) {
		*out = debug_reg_get(&at->debug, debug_reg_of(offset));
	}
	return 0;
}

int
arch_user_poke(struct arch_thread *at, struct trap_frame *f, uint64_t offset,
	       uint64_t value)
{
	struct user_regs r;

	if (offset % sizeof(uint64_t))
		return -EIO;
	if (is_debug_reg(offset))
		return debug_reg_set(&at->debug, debug_reg_of(offset), value);
	if (offset >= sizeof(r))
		return -EIO;
	arch_user_regs_get(at, f, &r);
	memcpy((char *)&r + offset, &value, sizeof(value));
	return arch_user_regs_set(at, f, &r);
}

/* --- stepping --- */

void
arch_step_begin(struct arch_thread *at, struct trap_frame *f)
{
	if (!(f->rflags & X86_EFLAGS_TF))
		at->step_forced = true;
	f->rflags |= X86_EFLAGS_TF;
}

void
arch_step_end(struct arch_thread *at, struct trap_frame *f)
{
	if (at->step_forced)
		f->rflags &= ~(uint64_t)X86_EFLAGS_TF;
	at->step_forced = false;
}

void
arch_debug_reset(struct arch_thread *at)
{
	unsigned long irq = irq_save();
	bool loaded = at->debug.control != 0;

	at->debug = (struct arch_debug){ 0 };
	at->step_forced = false;
	if (loaded)
		debug_regs_load(&at->debug);
	irq_restore(irq);
}
