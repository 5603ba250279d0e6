/* SPDX-License-Identifier: MIT */
#include "lib/errno.h"
#include "vm/space_priv.h"

/*
 * vm/layout.c - where a space says its parts are: code, data, heap, stack,
 * arguments.  Nothing here is mapped or unmapped; brk(2) and /proc read it.
 */

/* Ends at or behind starts, all within what programs can map. */
static bool
layout_valid(const struct vm_space *s) REQUIRES(s->lock)
{
	const struct {
		vaddr_t start, end;
	} parts[] = {
		{ s->code_start, s->code_end }, { s->data_start, s->data_end },
		{ s->brk_start, s->brk_end },   { s->arg_start, s->arg_end },
		{ s->env_start, s->env_end },   { s->stack_top, s->stack_top },
	};

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		if (parts[i].start < USER_BOTTOM || parts[i].end > USER_TOP ||
		    parts[i].start > parts[i].end)
			return false;
	}
	return s->code_start < s->code_end &&
	       s->brk_end - s->brk_start + (s->data_end - s->data_start) <=
		       s->limits.data;
}

int
vm_set_layout(struct vm_space *s, size_t field, vaddr_t va, bool mapped)
{
	vaddr_t *at = (vaddr_t *)((char *)s + field), old;
	int err = 0;

	if (va < USER_BOTTOM || va >= USER_TOP)
		return -EINVAL;
	mutex_lock(&s->lock);
	old = *at;
	*at = va;
	if (!layout_valid(s))
		err = -EINVAL;
	else if (mapped && !area_first(s, va))
		err = -EFAULT;
	if (err)
		*at = old;
	mutex_unlock(&s->lock);
	return err;
}
