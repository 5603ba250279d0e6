/* SPDX-License-Identifier: MIT */
#include "vm/space_priv.h"

/*
 * vm/wx.c - no memory that is written and then run.
 *
 * By default programs may have what Linux gives them.  A program that asked for
 * it (prctl(PR_SET_MDWE)), and each one with wx=strict, is refused memory that
 * can be written and run at once, and permission to run what was mapped without
 * it: for what is there may have been written.  Code comes from files then.
 * Source: man 2 PR_SET_MDWE.
 */

static bool strict RO_AFTER_BOOT;
static void (*report)(vaddr_t va) RO_AFTER_BOOT;

void
vm_wx_set_strict(void)
{
	strict = true;
}

void
vm_wx_set_report(void (*fn)(vaddr_t va))
{
	report = fn;
}

unsigned
vm_wx_inherited(const struct vm_space *s)
{
	unsigned bits = atomic_load(&s->wx);

	return bits & WX_NO_INHERIT ? 0 : bits;
}

bool
vm_wx_refuses(struct vm_space *s, unsigned old, unsigned bits, vaddr_t va)
{
	if (likely(!(bits & AREA_EXEC)))
		return false;
	if (likely(!strict &&
		   !(atomic_load_explicit(&s->wx, memory_order_relaxed) &
		     WX_REFUSE_EXEC_GAIN)))
		return false;
	if (!(bits & AREA_WRITE) && (old & AREA_EXEC))
		return false;
	if (report)
		report(va);
	return true;
}
