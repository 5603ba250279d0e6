/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * arch/ptrace.h - the registers of a thread as its debugger sees them.
 *
 * Owns: the layout ptrace(2) shows (struct user of <sys/user.h>), what of it
 * may be set to what, single steps, and the debug registers.
 *
 * Context: at and f belong to a user thread that is off its processor and
 *          stays so, unless said otherwise.  Nothing sleeps.
 * Errors:  each call checks first: an error has changed nothing.
 *	-EIO    a segment or base no program may have; an offset that is none
 *	-EINVAL extended state or a breakpoint the processor would refuse
 * Source:  man 2 ptrace; Intel SDM 3B 17.2 (debug registers), 1 13.4 (XSAVE).
 */

#include "arch/thread.h"
#include "arch/trap.h"

/* NT_PRSTATUS, PTRACE_GETREGS: struct user_regs_struct. */
struct user_regs {
	struct trap_frame frame;
	uint64_t fs_base, gs_base, ds, es, fs, gs;
};
_Static_assert(sizeof(struct user_regs) == 27 * 8, "struct user_regs_struct");

#define USER_FPREGS_SIZE 512 /* NT_PRFPREG: what FXSAVE stores */

void arch_user_regs_get(const struct arch_thread *at,
			const struct trap_frame *f, struct user_regs *out);
NODISCARD int arch_user_regs_set(struct arch_thread *at, struct trap_frame *f,
				 const struct user_regs *in);

/* One word of struct user, by its offset: registers and debug registers. */
NODISCARD int arch_user_peek(const struct arch_thread *at,
			     const struct trap_frame *f, uint64_t offset,
			     uint64_t *out);
NODISCARD int arch_user_poke(struct arch_thread *at, struct trap_frame *f,
			     uint64_t offset, uint64_t value);

/* Extended state: its first USER_FPREGS_SIZE bytes. */
void arch_fpregs_get(const struct arch_thread *at, void *out);
NODISCARD int arch_fpregs_set(struct arch_thread *at, const void *in);

/* All of it, NT_X86_XSTATE; the size is 0 on a machine without XSAVE. */
size_t arch_xstate_size(void);
void arch_xstate_get(const struct arch_thread *at, void *out);
NODISCARD int arch_xstate_set(struct arch_thread *at, const void *in);

/*
 * Stop after the next instruction, or not any more.  The flag that does it is
 * hidden from the registers shown unless the program has set it itself.  Also
 * for the current thread.
 */
void arch_step_begin(struct arch_thread *at, struct trap_frame *f);
void arch_step_end(struct arch_thread *at, struct trap_frame *f);

/* Exec: the current thread has no breakpoints and no step any more. */
void arch_debug_reset(struct arch_thread *at);

/* AUDIT_ARCH_* of the calls programs make here. */
uint32_t arch_audit(void);
