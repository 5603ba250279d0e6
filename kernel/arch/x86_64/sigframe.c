/* SPDX-License-Identifier: MIT */
#include "arch/sigframe.h"

#include <asm/processor-flags.h>
#include <asm/sigcontext.h>
#include <asm/ucontext.h>

#include "arch/thread.h"
#include "arch/trap.h"
#include "arch/usercopy.h"
#include "arch/x86_64/fpu.h"
#include "arch/x86_64/machine/segment.h"
#include "lib/errno.h"
#include "lib/string.h"

/*
 * arch/x86_64/sigframe.c - Linux's signal frame on x86-64.
 *
 *	high	interrupted stack, or top of the alternate one
 *		128 bytes red zone (interrupted stack only)
 *		extended state, 64-byte aligned       uc_mcontext.fpstate
 *		struct siginfo                        handler's 2nd argument
 *		struct ucontext                       handler's 3rd argument
 *	low	return address = sa_restorer          handler's RSP
 */

#define RED_ZONE 128

struct rt_sigframe {
	uint64_t return_address;
	struct ucontext uc;
	struct siginfo info;
};
_Static_assert(offsetof(struct rt_sigframe, uc) == 8, "gdb, libunwind");
_Static_assert(sizeof(struct siginfo) == 128, "siginfo_t");

static void
context_save(struct sigcontext *sc, const struct trap_frame *f,
	     const struct sigframe_request *r)
{
	sc->r8 = f->r8;
	sc->r9 = f->r9;
	sc->r10 = f->r10;
	sc->r11 = f->r11;
	sc->r12 = f->r12;
	sc->r13 = f->r13;
	sc->r14 = f->r14;
	sc->r15 = f->r15;
	sc->rdi = f->rdi;
	sc->rsi = f->rsi;
	sc->rbp = f->rbp;
	sc->rbx = f->rbx;
	sc->rdx = f->rdx;
	sc->rax = f->rax;
	sc->rcx = f->rcx;
	sc->rsp = f->rsp;
	sc->rip = f->rip;
	sc->eflags = f->rflags;
	sc->cs = (uint16_t)f->cs;
	sc->ss = (uint16_t)f->ss;
	sc->err = r->error;
	sc->trapno = r->trapno;
	sc->cr2 = r->cr2;
	sc->oldmask = r->saved_mask;
}

static void
context_load(struct trap_frame *f, const struct sigcontext *sc)
{
	f->r8 = sc->r8;
	f->r9 = sc->r9;
	f->r10 = sc->r10;
	f->r11 = sc->r11;
	f->r12 = sc->r12;
	f->r13 = sc->r13;
	f->r14 = sc->r14;
	f->r15 = sc->r15;
	f->rdi = sc->rdi;
	f->rsi = sc->rsi;
	f->rbp = sc->rbp;
	f->rbx = sc->rbx;
	f->rdx = sc->rdx;
	f->rax = sc->rax;
	f->rcx = sc->rcx;
	f->rsp = sc->rsp;
	f->rip = sc->rip;
	f->rflags = sc->eflags;
	f->cs = sc->cs;
	f->ss = sc->ss;
	f->orig_rax = (uint64_t)-1; /* no system call to restart */
}

int
arch_sigframe_push(struct trap_frame *f, const struct sigframe_request *r)
{
	struct rt_sigframe frame = { .return_address = r->restorer };
	uint64_t sp, fp;
	void USER *at;

	if (r->on_alt_stack)
		sp = (uint64_t)r->alt_stack.ss_sp + r->alt_stack.ss_size;
	else
		sp = f->rsp - RED_ZONE;
	fp = ALIGN_DOWN(sp - arch_xstate_frame_size(), 64);
	sp = ALIGN_DOWN(fp - sizeof(frame), 16) - 8;
	if (sp <= r->lowest)
		return -EFAULT;

	frame.uc.uc_flags = UC_SIGCONTEXT_SS | UC_STRICT_RESTORE_SS;
	if (fpu_has_xsave())
		frame.uc.uc_flags |= UC_FP_XSTATE;
	frame.uc.uc_stack = r->alt_stack;
	frame.uc.uc_sigmask = r->saved_mask;
	context_save(&frame.uc.uc_mcontext, f, r);
	frame.uc.uc_mcontext.fpstate = (void *)fp;
	frame.info = *r->info;

	at = (void USER *)sp;
	if (arch_xstate_save_user((void USER *)fp) ||
	    copy_to_user(at, &frame, sizeof(frame)))
		return -EFAULT;

	f->rdi = (uint64_t)r->signo;
	f->rsi = sp + offsetof(struct rt_sigframe, info);
	f->rdx = sp + offsetof(struct rt_sigframe, uc);
	f->rax = 0;
	f->rip = r->handler;
	f->rsp = sp;
	f->cs = SEL_USER_CODE;
	f->ss = SEL_USER_DATA;
	f->rflags &= ~(uint64_t)(X86_EFLAGS_DF | X86_EFLAGS_RF | X86_EFLAGS_TF);
	f->orig_rax = (uint64_t)-1;
	return 0;
}

int
arch_sigframe_pop(struct trap_frame *f, uint64_t *mask, stack_t *alt_stack)
{
	const struct rt_sigframe USER *frame;
	struct trap_frame state = *f;
	struct ucontext uc;

	/* The handler's RET has taken the return address off. */
	frame = (const struct rt_sigframe USER *)(f->rsp - 8);
	if (copy_from_user(&uc, &frame->uc, sizeof(uc)))
		return -EFAULT;
	context_load(&state, &uc.uc_mcontext);
	if (!trap_frame_sanitise(&state))
		return -EFAULT;
	if (arch_xstate_restore_user((const void USER *)uc.uc_mcontext.fpstate))
		return -EFAULT;
	*f = state;
	*mask = uc.uc_sigmask;
	*alt_stack = uc.uc_stack;
	return 0;
}
