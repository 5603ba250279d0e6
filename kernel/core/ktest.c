/* SPDX-License-Identifier: MIT */
#include "core/ktest.h"

#include "core/klog.h"
#include "lib/string.h"

/*
 * core/ktest.c - run the tests the linker collected; TAP on the log.
 *
 * A test that sleeps must be run by a thread: whoever calls ktest_run_all()
 * is the thread all of them run in.
 */

extern const struct ktest ktest_begin[], ktest_end[];

static bool
selected(const struct ktest *t, const char *area)
{
	return strcmp(area, "all") == 0 || strcmp(area, t->area) == 0;
}

void
ktest_fail(struct ktest_run *run, const char *file, int line, const char *what)
{
	run->failed = true;
	klog(KLOG_ERR, "# %s:%d: %s", file, line, what);
}

/* 0: passed. */
static unsigned
run_one(const struct ktest *t, unsigned number)
{
	struct ktest_run run = { .failed = false };

	t->fn(&run);
	klog(KLOG_NOTICE, "%s %u - %s: %s", run.failed ? "not ok" : "ok",
	     number, t->area, t->name);
	return run.failed;
}

unsigned
ktest_run_all(const char *area)
{
	unsigned planned = 0, number = 0, failures = 0;

	for (const struct ktest *t = ktest_begin; t < ktest_end; t++)
		planned += selected(t, area);
	klog(KLOG_NOTICE, "1..%u", planned);
	for (const struct ktest *t = ktest_begin; t < ktest_end; t++) {
		if (selected(t, area))
			failures += run_one(t, ++number);
	}
	klog(KLOG_NOTICE, "# ktest: %u passed, %u failed", number - failures,
	     failures);
	return failures;
}
