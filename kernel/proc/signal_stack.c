/* SPDX-License-Identifier: MIT */
#include "proc/process_priv.h"

/*
 * proc/signal_stack.c - the alternate signal stack: sigaltstack(2), and what
 * sigreturn puts back.
 */

bool
signal_stack_holds(const struct signal_stack *s, vaddr_t sp)
{
	if (s->flags & (SS_DISABLE | SS_AUTODISARM))
		return false;
	return sp > s->sp && sp - s->sp <= s->size;
}

/* -EPERM while it is in use, -EINVAL flags, -ENOMEM too small. */
int
signal_stack_set(struct signal_stack *s, const stack_t *want, vaddr_t sp)
{
	int mode = want->ss_flags & (int)~SS_AUTODISARM;

	if (signal_stack_holds(s, sp))
		return -EPERM;
	if (mode != 0 && mode != SS_ONSTACK && mode != SS_DISABLE)
		return -EINVAL;
	if (mode == SS_DISABLE) {
		*s = (struct signal_stack){ .flags = want->ss_flags };
		return 0;
	}
	if (want->ss_size < MINSIGSTKSZ)
		return -ENOMEM;
	s->sp = (uintptr_t)want->ss_sp;
	s->size = want->ss_size;
	s->flags = want->ss_flags & (int)SS_AUTODISARM;
	return 0;
}

void
signal_stack_tell(const struct signal_stack *s, stack_t *out, vaddr_t sp)
{
	*out = (stack_t){ .ss_sp = (void *)s->sp,
			  .ss_size = s->size,
			  .ss_flags = s->flags };
	if (signal_stack_holds(s, sp))
		out->ss_flags |= SS_ONSTACK;
}
