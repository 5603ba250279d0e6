/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * arch/x86_64/debug_regs.h - the processor's breakpoints, four a thread.
 *
 * Context: interrupts off.
 */

#include "arch/thread.h"
#include "lib/types.h"

struct trap_frame;

#define DR6_HITS  0xfu       /* which of the four */
#define DR6_STEP  (1u << 14) /* a single step */
#define DR6_RESET 0xffff0ff0u

/* Give the processor these breakpoints, or none. */
void debug_regs_load(const struct arch_debug *d);

/* Read and reset DR6: only the bits that mean something, 1 = it happened. */
uint64_t debug_regs_take(void);

/*
 * The thread trapped in user mode for these reasons: keep those that are its
 * own, for its debugger, and let it get past a breakpoint on an instruction.
 */
uint64_t
debug_regs_note(struct arch_debug *d, struct trap_frame *f, uint64_t why);

/* As a debugger reads and writes DR0-7: -EIO, -EINVAL. */
uint64_t debug_reg_get(const struct arch_debug *d, unsigned n);
NODISCARD int debug_reg_set(struct arch_debug *d, unsigned n, uint64_t value);
