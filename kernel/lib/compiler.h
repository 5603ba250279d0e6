/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * lib/compiler.h - the attributes and small macros every file may use.
 *
 * Source: clang 14 attribute reference.
 */

#define NODISCARD     __attribute__((warn_unused_result))
#define NORETURN      __attribute__((noreturn))
#define PACKED        __attribute__((packed))
#define ALIGNED(n)    __attribute__((aligned(n)))
#define UNUSED        __attribute__((unused))
#define PRINTF(a, b)  __attribute__((format(printf, a, b)))
#define NOINLINE      __attribute__((noinline))
#define ALWAYS_INLINE inline __attribute__((always_inline))

/* Runs only while booting, before PID 1 starts. */
#define BOOT_CODE __attribute__((section(".text.boot")))

/* Written only while booting, read-only afterwards. */
#define RO_AFTER_BOOT __attribute__((section(".data.ro_after_boot")))

/* A pointer into user memory: only usercopy may follow it. */
#ifdef UMBRA_HOST_TEST
#define USER
#else
#define USER __attribute__((noderef, address_space(1)))
#endif

/* Clang's thread-safety analysis, on functions. */
#define CAPABILITY(x)     __attribute__((capability(x)))
#define ACQUIRES(...)     __attribute__((acquire_capability(__VA_ARGS__)))
#define RELEASES(...)     __attribute__((release_capability(__VA_ARGS__)))
#define REQUIRES(...)     __attribute__((requires_capability(__VA_ARGS__)))
#define TRY_ACQUIRES(...) __attribute__((try_acquire_capability(__VA_ARGS__)))
#define NO_LOCK_ANALYSIS  __attribute__((no_thread_safety_analysis))

#define likely(x)   __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define MIN(a, b)     ((a) < (b) ? (a) : (b))
#define MAX(a, b)     ((a) > (b) ? (a) : (b))

/* n must be a power of two. */
#define ALIGN_DOWN(x, n) ((x) & ~((__typeof__(x))(n)-1))
#define ALIGN_UP(x, n)   ALIGN_DOWN((x) + ((__typeof__(x))(n)-1), n)

#define container_of(ptr, type, member) \
	((type *)((char *)(ptr) - __builtin_offsetof(type, member)))

/* Compile-time debug switch: `make DEBUG=1`. Use as if (DEBUG_KERNEL). */
#ifndef DEBUG_KERNEL
#define DEBUG_KERNEL 0
#endif
