/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * machine/trap_frame.h - what the entry code pushes; Linux's struct pt_regs.
 */

#include "lib/types.h"

struct trap_frame {
	uint64_t r15, r14, r13, r12, rbp, rbx;
	uint64_t r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi;
	uint64_t
		orig_rax; /* syscall number, error code, or -1 for interrupts */
	uint64_t rip, cs, rflags, rsp, ss;
};
_Static_assert(sizeof(struct trap_frame) == 168, "entry.S, ptrace");

static inline bool
trap_from_user(const struct trap_frame *f)
{
	return f->cs & 3;
}

static inline vaddr_t
trap_pc(const struct trap_frame *f)
{
	return f->rip;
}

static inline vaddr_t
trap_sp(const struct trap_frame *f)
{
	return f->rsp;
}

static inline long
trap_syscall_nr(const struct trap_frame *f)
{
	return (long)f->orig_rax;
}

static inline uint64_t
trap_syscall_arg(const struct trap_frame *f, int n)
{
	switch (n) {
	case 0:
		return f->rdi;
	case 1:
		return f->rsi;
	case 2:
		return f->rdx;
	case 3:
		return f->r10;
	case 4:
		return f->r8;
	default:
		return f->r9;
	}
}

static inline long
trap_result(const struct trap_frame *f)
{
	return (long)f->rax;
}

static inline void
trap_set_result(struct trap_frame *f, long value)
{
	f->rax = (uint64_t)value;
}
