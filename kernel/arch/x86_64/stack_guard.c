/* SPDX-License-Identifier: MIT */
#include "core/panic.h"

/*
 * arch/x86_64/stack_guard.c - where compiled functions go when the word below
 * their return address has changed.  The value compared with is the thread's,
 * at GS:40.
 */

NORETURN void __stack_chk_fail(void);

NORETURN void
__stack_chk_fail(void)
{
	panic("stack smashed, in the function that returns to %p",
	      __builtin_return_address(0));
}
