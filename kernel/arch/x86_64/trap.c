/* SPDX-License-Identifier: MIT */
#include <asm/siginfo.h>
#include <asm/signal.h>

#include "arch/mmu.h"
#include "arch/trap.h"
#include "arch/upcall.h"
#include "arch/x86_64/debug_regs.h"
#include "arch/x86_64/extable.h"
#include "arch/x86_64/features.h"
#include "arch/x86_64/fpu.h"
#include "arch/x86_64/gdt.h"
#include "arch/x86_64/machine/x86.h"
#include "arch/x86_64/percpu_block.h"
#include "arch/x86_64/trap_priv.h"
#include "core/panic.h"
#include "lib/string.h"
#include "mm/kmap.h"

/*
 * arch/x86_64/trap.c - exceptions: whose fault is it?
 *
 *	from user mode          a signal (upcall_user_exception), or for a page
 *	                        fault whatever vm/ makes of it
 *	firmware call           the call is abandoned (efi_space.c)
 *	kernel, user address    only usercopy may: bring the page in or -EFAULT
 *	kernel, listed insn     its fix-up
 *	kernel, otherwise       panic
 *
 * Everything arrives with interrupts off and leaves so; only the upcalls that
 * may sleep run with them on, and those come from user mode or from a usercopy
 * that had them on.
 */

/* Error code of a page fault, Intel SDM 3A 4.7. */
enum {
	PF_PRESENT = 1 << 0,
	PF_WRITE = 1 << 1,
	PF_USER = 1 << 2,
	PF_RESERVED = 1 << 3,
	PF_FETCH = 1 << 4,
};

#define FLAGS_TF 0x100u
#define FLAGS_IF 0x200u
#define FLAGS_AC 0x40000u

/* What Linux makes of an exception in a program (man 2 sigaction). */
static const struct {
	int signo, code;
	bool addr_is_pc;
	const char *name;
} exceptions[TRAP_EXCEPTIONS] = {
	[TRAP_DIVIDE] = { SIGFPE, FPE_INTDIV, true, "divide error" },
	[TRAP_DEBUG] = { SIGTRAP, TRAP_TRACE, true, "debug" },
	[TRAP_NMI] = { 0, 0, false, "NMI" },
	[TRAP_BREAKPOINT] = { SIGTRAP, SI_KERNEL, false, "breakpoint" },
	[TRAP_OVERFLOW] = { SIGSEGV, SI_KERNEL, false, "overflow" },
	[TRAP_BOUND] = { SIGSEGV, SI_KERNEL, false, "bound range" },
	[TRAP_INVALID_OPCODE] = { SIGILL, ILL_ILLOPN, true, "invalid opcode" },
	[TRAP_NO_FPU] = { SIGSEGV, SI_KERNEL, false, "no FPU" },
	[TRAP_DOUBLE_FAULT] = { 0, 0, false, "double fault" },
	[TRAP_FPU_SEGMENT] = { SIGFPE, SI_KERNEL, false, "FPU segment" },
	[TRAP_INVALID_TSS] = { SIGSEGV, SI_KERNEL, false, "invalid TSS" },
	[TRAP_NO_SEGMENT] = { SIGBUS, SI_KERNEL, false, "no segment" },
	[TRAP_STACK_SEGMENT] = { SIGBUS, SI_KERNEL, false, "stack segment" },
	[TRAP_PROTECTION] = { SIGSEGV, SI_KERNEL, false, "protection fault" },
	[TRAP_PAGE_FAULT] = { SIGSEGV, SEGV_MAPERR, false, "page fault" },
	[TRAP_FPU_ERROR] = { SIGFPE, SI_KERNEL, true, "FPU error" },
	[TRAP_ALIGNMENT] = { SIGBUS, BUS_ADRALN, false, "alignment check" },
	[TRAP_MACHINE_CHECK] = { 0, 0, false, "machine check" },
	[TRAP_SIMD_ERROR] = { SIGFPE, SI_KERNEL, true, "SIMD error" },
	[TRAP_CONTROL_PROTECTION] = { SIGSEGV, SI_KERNEL, false,
				      "control protection" },
};

extern char boot_stack_guard[]; /* head.S */

static _Atomic unsigned long stray_nmis;

unsigned long
trap_stray_nmis(void)
{
	return atomic_load_explicit(&stray_nmis, memory_order_relaxed);
}

struct trap_frame *
trap_current_frame(void)
{
	return trap_frame_at((void *)this_cpu_block().kernel_sp);
}

static const char *
vector_name(unsigned vector)
{
	return exceptions[vector].name ? exceptions[vector].name : "exception";
}

static bool
boot_stack_guarded(vaddr_t va)
{
	return va - (uintptr_t)boot_stack_guard < PAGE_SIZE;
}

/* A kernel-mode fault nobody expected; the panic names the thread. */
NORETURN static void
kernel_fault(struct trap_frame *f, unsigned vector, uint64_t error, vaddr_t va)
{
	vaddr_t stack;

	if (vector != TRAP_PAGE_FAULT && vector != TRAP_DOUBLE_FAULT)
		panic_at(f, "%s in kernel mode (error %#lx)",
			 vector_name(vector), (unsigned long)error);
	if (boot_stack_guarded(va) || kmap_is_guard(va, &stack))
		panic_at(f, "kernel stack overflow: %#lx is in a guard page",
			 (unsigned long)va);
	if (vector == TRAP_DOUBLE_FAULT)
		panic_at(f, "double fault, last fault address %#lx",
			 (unsigned long)va);
	panic_at(f, "%s of %#lx in kernel mode (error %#lx)",
		 error & PF_FETCH   ? "execution"
		 : error & PF_WRITE ? "write"
				    : "read",
		 (unsigned long)va, (unsigned long)error);
}

static unsigned
fault_access(uint64_t error)
{
	unsigned access = FAULT_READ;

	if (error & PF_WRITE)
		access |= FAULT_WRITE;
	if (error & PF_FETCH)
		access |= FAULT_EXEC;
	if (error & PF_PRESENT)
		access |= FAULT_PRESENT;
	return access;
}

static void
user_page_fault(struct trap_frame *f, uint64_t error, vaddr_t va)
{
	irq_enable();
	if (va < USER_TOP)
		(void)upcall_page_fault(va, fault_access(error) | FAULT_USER);
	else
		upcall_user_exception(f, SIGSEGV, SEGV_MAPERR, va,
				      TRAP_PAGE_FAULT,
				      (unsigned)error | PF_PRESENT);
	irq_disable();
}

/* A usercopy met a page that is not there (yet). */
static void
usercopy_fault(struct trap_frame *f, const struct extable_entry *e,
	       uint64_t error, vaddr_t va)
{
	int err = -1;

	if (e->kind == EX_FAULT_IN && (f->rflags & FLAGS_IF)) {
		irq_enable();
		err = upcall_page_fault(va, fault_access(error));
		irq_disable();
	}
	if (err)
		f->rip = extable_fixup(e);
}

/* SMAP stops stray kernel accesses only while AC is clear. */
static bool
is_usercopy(const struct trap_frame *f, const struct extable_entry *e,
	    uint64_t error, vaddr_t va)
{
	return e && va < USER_TOP && !(error & PF_FETCH) &&
	       (!x86_features.smap || (f->rflags & FLAGS_AC));
}

static void
page_fault(struct trap_frame *f, uint64_t error)
{
	vaddr_t va = read_cr2();
	const struct extable_entry *e;

	if (error & PF_RESERVED)
		panic_at(f,
			 "corrupt page table: reserved bit set on the way"
			 " to %#lx",
			 (unsigned long)va);
	if (trap_from_user(f)) {
		user_page_fault(f, error, va);
		return;
	}
	if (efi_fault(f, TRAP_PAGE_FAULT, va))
		return;
	e = extable_find(f->rip);
	if (is_usercopy(f, e, error, va))
		usercopy_fault(f, e, error, va);
	else if (e && va >= USER_TOP && e->kind == EX_NOFAULT)
		f->rip = extable_fixup(e);
	else
		kernel_fault(f, TRAP_PAGE_FAULT, error, va);
}

static void
user_exception(struct trap_frame *f, unsigned vector, uint64_t error)
{
	int code = exceptions[vector].code;
	vaddr_t addr = exceptions[vector].addr_is_pc ? f->rip : 0;

	if (vector == TRAP_FPU_ERROR || vector == TRAP_SIMD_ERROR)
		code = fpu_exception_code(vector == TRAP_SIMD_ERROR);
	irq_enable();
	upcall_user_exception(f, exceptions[vector].signo, code, addr, vector,
			      (unsigned)error);
	irq_disable();
}

/*
 * Single step or breakpoint register.  In kernel mode it can only be the echo
 * of something user mode armed (CVE-2018-8897), or a watched word that a system
 * call touches, which is no news for the debugger: go on.
 */
static void
debug_exception(struct trap_frame *f)
{
	uint64_t why = debug_regs_take();
	int code = TRAP_BRKPT;

	if (!trap_from_user(f)) {
		f->rflags &= ~(uint64_t)FLAGS_TF;
		return;
	}
	why = debug_regs_note(&this_cpu_block().arch->debug, f, why);
	if (why & DR6_STEP)
		code = TRAP_TRACE;
	else if (why & DR6_HITS)
		code = TRAP_HWBKPT;
	irq_enable();
	upcall_user_exception(f, SIGTRAP, code, f->rip, TRAP_DEBUG, 0);
	irq_disable();
}

static void
other_exception(struct trap_frame *f, unsigned vector, uint64_t error)
{
	const struct extable_entry *e;

	if (trap_from_user(f) && exceptions[vector].signo) {
		user_exception(f, vector, error);
		return;
	}
	if (trap_from_user(f))
		panic_at(f, "%s from user mode", vector_name(vector));
	if (efi_fault(f, vector, 0))
		return;
	e = extable_find(f->rip);
	if (!e)
		kernel_fault(f, vector, error, 0);
	f->rip = extable_fixup(e);
}

struct trap_frame *
trap_dispatch(struct trap_frame *f, unsigned vector, uint64_t error)
{
	switch (vector) {
	case TRAP_PAGE_FAULT:
		page_fault(f, error);
		break;
	case TRAP_DEBUG:
		debug_exception(f);
		break;
	case TRAP_NMI:
		smp_nmi(f);
		atomic_fetch_add_explicit(&stray_nmis, 1, memory_order_relaxed);
		break;
	case TRAP_DOUBLE_FAULT:
	case TRAP_MACHINE_CHECK:
		kernel_fault(f, vector, error, read_cr2());
	default:
		if (vector >= TRAP_EXCEPTIONS)
			irq_dispatch(vector);
		else
			other_exception(f, vector, error);
	}
	return f;
}

/*
 * IRETQ could not go to user mode: a debugger may set an address or a selector
 * to anything that is not the kernel's.  The state stays as it is, for the
 * debugger to see; whoever drops the signal only comes here again.  f holds the
 * program's registers; its RIP, CS, RFLAGS, RSP and SS are still where they
 * were, at the top of the stack.  The two frames overlap.
 */
struct trap_frame *
trap_refuse_iret(struct trap_frame *f)
{
	struct trap_frame *user = trap_current_frame();

	memmove(user, f, offsetof(struct trap_frame, orig_rax));
	user->orig_rax = (uint64_t)-1;
	irq_enable();
	upcall_user_exception(user, SIGSEGV, SI_KERNEL, 0, TRAP_PROTECTION, 0);
	irq_disable();
	return user;
}
