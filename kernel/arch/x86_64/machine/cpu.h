/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * machine/cpu.h - x86-64 side of arch/cpu.h, and the block behind GS.
 *
 * Seen only through arch/cpu.h and by arch/x86_64/.
 */

#include "lib/types.h"

struct thread;
struct arch_thread;

/*
 * What assembly and the compiler reach through GS, at fixed offsets; one per
 * CPU.  All fields are that CPU's own.
 */
struct cpu_local {
	struct cpu_local *self;   /* 0 */
	uintptr_t percpu_offset;  /* 8: see core/percpu.h */
	struct thread *current;   /* 16: set by arch_thread_switch's caller */
	uint64_t kernel_sp;       /* 24: stack for syscalls: current's top */
	uint64_t user_sp;         /* 32: scratch of the syscall entry */
	uint64_t canary;          /* 40: -mstack-protector-guard-offset */
	uint32_t id;              /* 48: 0 .. cpu_count() - 1 */
	uint32_t apic_id;         /* 52 */
	struct arch_thread *arch; /* 56: machine part of current, or NULL */
};
_Static_assert(offsetof(struct cpu_local, percpu_offset) == 8, "entry.S");
_Static_assert(offsetof(struct cpu_local, current) == 16, "cpu.h");
_Static_assert(offsetof(struct cpu_local, kernel_sp) == 24, "entry.S");
_Static_assert(offsetof(struct cpu_local, user_sp) == 32, "entry.S");
_Static_assert(offsetof(struct cpu_local, canary) == 40, "compiler flags");
_Static_assert(offsetof(struct cpu_local, id) == 48, "cpu.h");
_Static_assert(offsetof(struct cpu_local, arch) == 56, "cpu.h");

static inline void
cpu_relax(void)
{
	__asm__ volatile("pause" ::: "memory");
}

static inline void
irq_disable(void)
{
	__asm__ volatile("cli" ::: "memory");
}

static inline void
irq_enable(void)
{
	__asm__ volatile("sti" ::: "memory");
}

static inline unsigned long
cpu_flags(void)
{
	unsigned long flags;

	__asm__ volatile("pushfq; popq %0" : "=r"(flags) : : "memory");
	return flags;
}

static inline bool
irq_enabled(void)
{
	return cpu_flags() & 0x200;
}

static inline unsigned long
irq_save(void)
{
	unsigned long flags = cpu_flags();

	irq_disable();
	return flags;
}

static inline void
irq_restore(unsigned long flags)
{
	if (flags & 0x200)
		irq_enable();
}

/*
 * Forget instructions fetched ahead: CPUID is a serialising instruction (Intel
 * SDM 3A, 9.3).
 */
static inline void
cpu_sync_core(void)
{
	uint32_t a = 0, b, c = 0, d;

	__asm__ volatile("cpuid"
			 : "+a"(a), "=b"(b), "+c"(c), "=d"(d)::"memory");
}

/* STI takes effect after the next instruction: no interrupt is lost. */
static inline void
cpu_idle(void)
{
	__asm__ volatile("sti; hlt" ::: "memory");
}

static inline uint64_t
cycles(void)
{
	uint32_t lo, hi;

	__asm__ volatile("lfence; rdtsc" : "=a"(lo), "=d"(hi) : : "memory");
	return (uint64_t)hi << 32 | lo;
}

static inline unsigned
cpu_id(void)
{
	uint32_t id;

	__asm__ volatile("movl %%gs:48, %0" : "=r"(id));
	return id;
}

/* Constant for a running thread, so the compiler may reuse the value. */
static inline struct thread *
current_thread(void)
{
	struct thread *t;

	__asm__("movq %%gs:16, %0" : "=r"(t));
	return t;
}

/* For the scheduler, just before it calls arch_thread_switch(). */
static inline void
set_current_thread(struct thread *t)
{
	__asm__ volatile("movq %0, %%gs:16" : : "r"(t) : "memory");
}

static inline uintptr_t
percpu_offset(void)
{
	uintptr_t offset;

	__asm__ volatile("movq %%gs:8, %0" : "=r"(offset));
	return offset;
}
