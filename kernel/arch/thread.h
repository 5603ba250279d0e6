/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * arch/thread.h - the machine's part of a thread.
 *
 * Owns: saved kernel stack pointer, TLS bases, extended (FPU/SSE/AVX) state.
 * The extended state is saved and restored eagerly at every switch between
 * threads that have one; kernel threads have none.
 * Context: arch_thread_switch() with interrupts off; the rest in the thread
 * itself or while it does not run.
 */

#include "lib/types.h"

struct trap_frame;
struct thread;

#define KERNEL_STACK_SIZE 16384UL

/* Breakpoints of a user thread (arch/ptrace.h). */
struct arch_debug {
	uint64_t addr[4]; /* [o] DR0 - DR3 */
	uint64_t status;  /* [o] why it last trapped, in DR6's bits */
	uint64_t wanted;  /* [o] DR7 as the debugger wrote it */
	uint64_t control; /* [o] DR7 for the processor; 0 = none is on */
};

struct arch_thread {
	uint64_t sp;      /* [o] kernel stack pointer while not running */
	uint64_t fs_base; /* [o] user TLS base while not running */
	uint64_t gs_base; /* [o] user GS base while not running */
	uint64_t canary;  /* [I] stack protector value of this stack */
	void *xstate;     /* [o] extended state, NULL for kernel threads */
	struct arch_debug debug;
	bool step_forced; /* [o] its trap flag is the debugger's doing */
};

/* Prepare at: first switch to it calls entry(arg) on the stack ending there. */
void arch_thread_init(struct arch_thread *at, void *stack_top,
		      void (*entry)(void *arg), void *arg);

/* The running boot context becomes this thread, without extended state. */
void arch_thread_adopt(struct arch_thread *at);

/* Boot: learn the size of the extended state and make room for it. */
void arch_xstate_init(void);

/* Give a user thread its extended state, in the initial configuration. */
NODISCARD int arch_xstate_alloc(struct arch_thread *at);
void arch_xstate_free(struct arch_thread *at);

/* Set the live (current) or saved state back to the initial one: for exec. */
void arch_xstate_reset(struct arch_thread *at);

/* Copy the live state of the current thread into child's: for clone. */
void arch_xstate_clone(struct arch_thread *child);

/*
 * The signal frame's copy, Linux format (asm/sigcontext.h): size in bytes
 * including the software-reserved fields, 64-byte aligned.
 * save: current live state to user memory.  restore: from it, sanitised; a
 * NULL pointer means the initial state.  -EFAULT, -EINVAL, -ENOMEM; after a
 * failed restore the live state is what it was.
 */
size_t arch_xstate_frame_size(void);
NODISCARD int arch_xstate_save_user(void USER *frame);
NODISCARD int arch_xstate_restore_user(const void USER *frame);

/* Its components that are in use, by the bits of XCR0. */
uint64_t arch_xstate_components(void);

/* TLS bases of the current thread (live registers). */
uint64_t arch_fs_base(void);
void arch_set_fs_base(uint64_t base); /* checked by the caller: < USER_TOP */
uint64_t arch_gs_base(void);
void arch_set_gs_base(uint64_t base);

/*
 * Save prev, resume next: stacks, extended state, TLS bases, the stack traps
 * from user mode use.  stack_top is next's.  Returns when prev runs again.
 */
void arch_thread_switch(struct arch_thread *prev, struct arch_thread *next,
			void *stack_top);
