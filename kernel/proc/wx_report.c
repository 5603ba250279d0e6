/* SPDX-License-Identifier: MIT */
#include "core/cmdline.h"
#include "proc/process_priv.h"

/*
 * proc/wx_report.c - say which program was refused memory that is written and
 * then run (vm/wx.c): a line each, but a program that tries for ever does not
 * fill the log.
 */

#define LINES_MAX 10 /* in each ... */
#define WINDOW_NS (5 * NSEC_PER_SEC)

static _Atomic uint64_t window_start; /* [a] */
static atomic_uint lines;             /* [a] in this window */

/* Two processors at the edge of a window may say a line too many. */
static bool
may_say(void)
{
	uint64_t now = clock_now_ns(), start = atomic_load(&window_start);

	if (now - start >= WINDOW_NS &&
	    atomic_compare_exchange_strong(&window_start, &start, now))
		atomic_store(&lines, 0);
	return atomic_fetch_add(&lines, 1) < LINES_MAX;
}

static void
report_refusal(vaddr_t va)
{
	if (!may_say())
		return;
	klog(KLOG_WARNING,
	     "wx: %s[%d]: refused to make memory at %#lx executable",
	     current_thread()->name, current_process()->pid, (unsigned long)va);
}

void
wx_report_init(void)
{
	const char *rule = cmdline_get("wx");

	vm_wx_set_report(report_refusal);
	if (!rule)
		return;
	if (!strcmp(rule, "strict"))
		vm_wx_set_strict();
	else
		klog(KLOG_WARNING, "cmdline: wx=%s is not known", rule);
}
