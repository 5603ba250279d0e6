/* SPDX-License-Identifier: MIT */
#include "arch/usercopy.h"

#include "arch/mmu.h"
#include "lib/errno.h"

/*
 * arch/x86_64/usercopy.c - range checks in front of usercopy.S.
 *
 * One unsigned comparison refuses kernel addresses, non-canonical ones and
 * ranges that wrap: USER_TOP - n cannot wrap once n <= USER_TOP.
 */

size_t usercopy(void *dst, const void *src, size_t n);
size_t userzero(void *dst, size_t n);
ssize_t userstring(char *dst, const char *src, size_t n);
int userload32(uint32_t *out, const uint32_t *p);
int usercmpxchg32(uint32_t *p, uint32_t *expected, uint32_t desired);
int usercmpxchg32_nofault(uint32_t *p, uint32_t *expected, uint32_t desired);

static inline bool
range_ok(uintptr_t start, size_t n)
{
	return likely(n <= USER_TOP && start <= USER_TOP - n);
}

/* The only places where a user pointer loses its type. */
static inline void *
raw(void USER *p)
{
	return (void *)(uintptr_t)p;
}

static inline const void *
raw_const(const void USER *p)
{
	return (const void *)(uintptr_t)p;
}

size_t
copy_from_user_partial(void *dst, const void USER *src, size_t n)
{
	if (!range_ok((uintptr_t)src, n))
		return 0;
	return n - usercopy(dst, raw_const(src), n);
}

size_t
copy_to_user_partial(void USER *dst, const void *src, size_t n)
{
	if (!range_ok((uintptr_t)dst, n))
		return 0;
	return n - usercopy(raw(dst), src, n);
}

int
copy_from_user(void *dst, const void USER *src, size_t n)
{
	if (!range_ok((uintptr_t)src, n))
		return -EFAULT;
	return usercopy(dst, raw_const(src), n) ? -EFAULT : 0;
}

int
copy_to_user(void USER *dst, const void *src, size_t n)
{
	if (!range_ok((uintptr_t)dst, n))
		return -EFAULT;
	return usercopy(raw(dst), src, n) ? -EFAULT : 0;
}

int
clear_user(void USER *dst, size_t n)
{
	if (!range_ok((uintptr_t)dst, n))
		return -EFAULT;
	return userzero(raw(dst), n) ? -EFAULT : 0;
}

ssize_t
copy_string_from_user(char *dst, const char USER *src, size_t size)
{
	uintptr_t start = (uintptr_t)src;
	size_t limit = size;
	ssize_t n;

	if (start >= USER_TOP)
		return -EFAULT;
	if (limit > USER_TOP - start)
		limit = USER_TOP - start;
	n = userstring(dst, raw_const(src), limit);
	if (n < 0 || (size_t)n < limit)
		return n;
	return limit < size ? -EFAULT : -ENAMETOOLONG;
}

int
user_load_u32_nofault(uint32_t *out, const uint32_t USER *p)
{
	if (!range_ok((uintptr_t)p, sizeof(*out)))
		return -EFAULT;
	return userload32(out, raw_const(p));
}

int
user_cmpxchg_u32(uint32_t USER *p, uint32_t *expected, uint32_t desired)
{
	if (!range_ok((uintptr_t)p, sizeof(desired)))
		return -EFAULT;
	return usercmpxchg32(raw(p), expected, desired);
}

int
user_cmpxchg_u32_nofault(uint32_t USER *p, uint32_t *expected, uint32_t desired)
{
	if (!range_ok((uintptr_t)p, sizeof(desired)))
		return -EFAULT;
	return usercmpxchg32_nofault(raw(p), expected, desired);
}
