/* SPDX-License-Identifier: MIT */
#include "arch/backtrace.h"

#include "arch/thread.h"
#include "arch/trap.h"
#include "lib/fmt.h"

/*
 * arch/x86_64/backtrace.c - walking frame pointers.
 *
 * A frame is two words: the caller's frame pointer and the return address.  A
 * walk goes upwards only, by at most the size of a stack a step, through
 * loads that may fail: whatever a smashed stack holds, it ends.
 */

#define STEP_MAX KERNEL_STACK_SIZE

/* Kernel addresses only; the half of a 48- or 57-bit address space. */
static bool
is_kernel_address(uintptr_t va)
{
	return va >> 63;
}

static size_t
walk(uintptr_t fp, uintptr_t *pcs, size_t n, size_t max)
{
	while (n < max && is_kernel_address(fp) && fp % 8 == 0) {
		const uint64_t *frame = (const uint64_t *)fp;
		uint64_t next, pc;

		if (!kernel_load_u64(frame, &next) ||
		    !kernel_load_u64(frame + 1, &pc) || !is_kernel_address(pc))
			break;
		pcs[n++] = pc;
		if (next <= fp || next - fp > STEP_MAX)
			break;
		fp = next;
	}
	return n;
}

/* A call to nowhere: the caller is not in a frame yet, but on the stack. */
static size_t
interrupted(const struct trap_frame *f, uintptr_t *pcs, size_t max)
{
	uint64_t caller;
	size_t n = 0;

	pcs[n++] = f->rip;
	if (!is_kernel_address(f->rip) && n < max &&
	    kernel_load_u64((const void *)f->rsp, &caller) &&
	    is_kernel_address(caller))
		pcs[n++] = caller;
	return walk(f->rbp, pcs, n, max);
}

NOINLINE size_t
backtrace_from(const struct trap_frame *f, uintptr_t *pcs, size_t max)
{
	if (!f)
		return walk((uintptr_t)__builtin_frame_address(0), pcs, 0, max);
	if (max == 0)
		return 0;
	if (!trap_from_user(f))
		return interrupted(f, pcs, max);
	pcs[0] = f->rip;
	return 1;
}

/* At the saved stack pointer lie what switch_stacks() pops: RBP the sixth. */
size_t
backtrace_thread(const struct arch_thread *t, uintptr_t *pcs, size_t max)
{
	const uint64_t *saved = (const uint64_t *)t->sp;
	uint64_t fp, pc;

	if (max == 0 || !is_kernel_address(t->sp) ||
	    !kernel_load_u64(saved + 5, &fp) ||
	    !kernel_load_u64(saved + 6, &pc))
		return 0;
	pcs[0] = pc;
	return walk(fp, pcs, 1, max);
}

size_t
trap_frame_format(const struct trap_frame *f, char *buf, size_t size)
{
	const struct {
		const char *name;
		uint64_t value;
	} regs[] = {
		{ "rax", f->rax }, { "rbx", f->rbx }, { "rcx", f->rcx },
		{ "rdx", f->rdx }, { "rsi", f->rsi }, { "rdi", f->rdi },
		{ "rbp", f->rbp }, { "rsp", f->rsp }, { "r8 ", f->r8 },
		{ "r9 ", f->r9 },  { "r10", f->r10 }, { "r11", f->r11 },
		{ "r12", f->r12 }, { "r13", f->r13 }, { "r14", f->r14 },
		{ "r15", f->r15 }, { "rip", f->rip }, { "flg", f->rflags },
		{ "cs ", f->cs },  { "ss ", f->ss },
	};
	size_t n = 0, i;

	if (size == 0)
		return 0;
	buf[0] = '\0';
	for (i = 0; i < ARRAY_SIZE(regs) && n < size; i++) {
		bool last = i % 4 == 3 || i + 1 == ARRAY_SIZE(regs);

		n += (size_t)snprintf(
			buf + n, size - n, "%s %016lx%c", regs[i].name,
			(unsigned long)regs[i].value, last ? '\n' : ' ');
	}
	return MIN(n, size - 1);
}
