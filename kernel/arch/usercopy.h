/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * arch/usercopy.h - the one gate to user memory.
 *
 * Every access checks the range against USER_TOP first, opens SMAP only around
 * the copy, and survives a fault through the exception table.  Missing pages
 * are faulted in (so these may sleep), as the current thread's space says.
 * Context: a user thread, no spinlocks held.
 * Errors:  -EFAULT; memory beyond the fault is untouched, before it is not.
 */

#include "lib/types.h"

NODISCARD int copy_from_user(void *dst, const void USER *src, size_t n);
NODISCARD int copy_to_user(void USER *dst, const void *src, size_t n);
NODISCARD int clear_user(void USER *dst, size_t n);

/* As above, but return how many bytes were copied before a fault. */
NODISCARD size_t copy_from_user_partial(void *dst, const void USER *src,
					size_t n);
NODISCARD size_t copy_to_user_partial(void USER *dst, const void *src,
				      size_t n);

/*
 * Copy a string of at most size bytes with its NUL.  Returns its length
 * without NUL, -EFAULT, or -ENAMETOOLONG if no NUL came in size bytes.
 */
NODISCARD ssize_t copy_string_from_user(char *dst, const char USER *src,
					size_t size);

/*
 * 32-bit atomics for futexes; the word is aligned (checked by the caller).
 * nofault forms return -EFAULT instead of faulting the page in, and may be
 * used under spinlocks.
 */
NODISCARD int user_load_u32_nofault(uint32_t *out, const uint32_t USER *p);
NODISCARD int
user_cmpxchg_u32(uint32_t USER *p, uint32_t *expected, uint32_t desired);
NODISCARD int user_cmpxchg_u32_nofault(uint32_t USER *p, uint32_t *expected,
				       uint32_t desired);

/* One word, the common case. */
#define get_user(var, uptr) copy_from_user(&(var), (uptr), sizeof(var))
#define put_user(var, uptr) copy_to_user((uptr), &(var), sizeof(var))
