/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * arch/sigframe.h - the frame a signal handler runs on, in Linux's layout.
 *
 * Context: the thread itself, on its way to user mode; may sleep.
 * Errors:  -EFAULT: the user stack cannot be written or read; the trap frame
 *          is unchanged.
 * Source:  asm/ucontext.h, asm/sigcontext.h; System V AMD64 ABI 3.2.2 (red
 *          zone, alignment).
 */

#include <asm/siginfo.h>
#include <asm/signal.h>

#include "lib/types.h"

struct trap_frame;

struct sigframe_request {
	int signo;
	const struct siginfo *info;
	uintptr_t handler, restorer; /* user addresses */
	uint64_t saved_mask;         /* to be put back by sigreturn */
	stack_t alt_stack;           /* as sigaltstack() would report it */
	bool on_alt_stack;           /* start at the top of alt_stack */
	uintptr_t lowest;            /* the frame must lie above; 0 = any */
	uint64_t trapno, error, cr2; /* of the fault, 0 for other signals */
};

/* Build the frame and make f enter the handler. */
NODISCARD int
arch_sigframe_push(struct trap_frame *f, const struct sigframe_request *r);

/* rt_sigreturn(2): take the state back, sanitised. */
NODISCARD int
arch_sigframe_pop(struct trap_frame *f, uint64_t *mask, stack_t *alt_stack);
