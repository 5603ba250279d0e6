/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * core/ktest.h - tests that run inside the kernel, beside the code they test.
 *
 * KTEST(area, name) { KTEST_EXPECT(...); } in a file named *_test.c; run by
 * `ktest=all` or `ktest=area` on the command line after the kernel is up and
 * before PID 1; results as TAP on the log, then the machine powers off.
 */

#include "lib/types.h"

struct ktest_run {
	bool failed;
};

struct ktest {
	const char *area, *name;
	void (*fn)(struct ktest_run *run);
};

#define KTEST(area_, name_)                                                \
	static void ktest_##area_##_##name_(struct ktest_run *ktest_run_); \
	static const struct ktest ktest_entry_##area_##_##name_            \
		__attribute__((section(".ktest"), used)) = {               \
			#area_, #name_, ktest_##area_##_##name_            \
		};                                                         \
	static void ktest_##area_##_##name_(UNUSED struct ktest_run *ktest_run_)

#define KTEST_EXPECT(x)                                                 \
	do {                                                            \
		if (!(x))                                               \
			ktest_fail(ktest_run_, __FILE__, __LINE__, #x); \
	} while (0)

void
ktest_fail(struct ktest_run *run, const char *file, int line, const char *what);

/* Run the tests whose area matches ("all" = every one); returns failures. */
unsigned ktest_run_all(const char *area);
