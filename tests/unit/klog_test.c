/* SPDX-License-Identifier: MIT */
/* unit: -iquote tests/unit/real kernel/core/klog.c kernel/core/cmdline.c kernel/lib/fmt.c kernel/lib/string.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "arch/clock.h"
#include "arch/cpu.h"
#include "core/cmdline.h"
#include "core/klog.h"

static uint64_t now_ns;

uint64_t
clock_now_ns(void)
{
	return now_ns;
}

static char shown[1 << 20];
static size_t shown_size;
static void (*during_write)(void);

static void
show(struct klog_console *c, const char *bytes, size_t n)
{
	void (*fn)(void) = during_write;

	assert_true(shown_size + n < sizeof(shown));
	memcpy(shown + shown_size, bytes, n);
	shown_size += n;
	shown[shown_size] = '\0';
	during_write = NULL;
	if (fn)
		fn();
}

static void
reset_shown(void)
{
	shown_size = 0;
	shown[0] = '\0';
}

static struct klog_console serial = { .name = "ttyS0", .write = show };
static struct klog_console screen = { .name = "tty0", .write = show };

static ssize_t
read_one(uint64_t *seq, enum klog_format how, char *buf, size_t size)
{
	ssize_t n = klog_read(seq, how, buf, size - 1);

	buf[MAX(n, 0)] = '\0';
	return n;
}

static void
formats(void **state)
{
	uint64_t seq = klog_next_seq(), first = seq;
	char buf[256], want[256];

	now_ns = 12 * NSEC_PER_SEC + 345678901;
	klog(KLOG_INFO, "area: %s %d\n", "text", 42);
	assert_true(read_one(&seq, KLOG_SYSLOG, buf, sizeof(buf)) > 0);
	assert_string_equal(buf, "<6>[   12.345678] area: text 42\n");
	assert_int_equal(seq, first + 1);
	assert_int_equal(read_one(&seq, KLOG_SYSLOG, buf, sizeof(buf)), 0);

	seq = first;
	assert_true(read_one(&seq, KLOG_KMSG, buf, sizeof(buf)) > 0);
	snprintf(want, sizeof(want), "6,%lu,12345678,-;area: text 42\n",
		 (unsigned long)first);
	assert_string_equal(buf, want);

	seq = first;
	assert_int_equal(klog_read(&seq, KLOG_KMSG, buf, 10), -EINVAL);
	assert_int_equal(seq, first);
}

static void
lines_and_escapes(void **state)
{
	uint64_t seq = klog_next_seq(), first = seq;
	char buf[256];

	now_ns = 0;
	klog_write(1 << 3 | 4, "one\ntwo\t\\\xc3\n", 11);
	assert_true(read_one(&seq, KLOG_SYSLOG, buf, sizeof(buf)) > 0);
	assert_string_equal(buf, "<12>[    0.000000] one\n"
				 "<12>[    0.000000] two\t\\\xc3\n");
	seq = first;
	assert_true(read_one(&seq, KLOG_KMSG, buf, sizeof(buf)) > 0);
	assert_string_equal(strchr(buf, ';'), ";one\\x0atwo\\x09\\x5c\\xc3\n");
}

/* Fill the ring several times with lines of odd sizes; all kept are whole. */
static void
overflow(void **state)
{
	static char pad[1200];
	uint64_t seq, count = 0;
	char buf[2048], want[2048];

	memset(pad, 'x', sizeof(pad) - 1);
	for (unsigned i = 0; i < 3000; i++)
		klog(KLOG_DEBUG, "%u %.*s", i, (int)(i % 700), pad);
	seq = klog_first_seq();
	assert_true(seq > 0);
	while (read_one(&seq, KLOG_KMSG, buf, sizeof(buf)) > 0) {
		unsigned i = (unsigned)(3000 - (klog_next_seq() - (seq - 1)));

		snprintf(want, sizeof(want), ";%u %.*s\n", i, (int)(i % 700),
			 pad);
		assert_string_equal(strchr(buf, ';'), want);
		count++;
	}
	assert_int_equal(seq, klog_next_seq());
	assert_true(count > 200);
	/* A reader that fell behind is given the oldest record. */
	seq = 0;
	assert_true(read_one(&seq, KLOG_KMSG, buf, sizeof(buf)) > 0);
	assert_int_equal(seq, klog_first_seq() + 1);
	/* A text that is too long is cut, and nothing else is harmed. */
	seq = klog_next_seq();
	klog(KLOG_DEBUG, "%s%s%s", pad, pad, pad);
	assert_true(read_one(&seq, KLOG_KMSG, buf, sizeof(buf)) > 900);
}

static void
log_nested(void)
{
	klog(KLOG_ERR, "from inside a console");
}

static void
console_output(void **state)
{
	klog(KLOG_ERR, "before");
	reset_shown();
	klog_console_add(&serial);
	assert_non_null(strstr(shown, "] before\n"));
	reset_shown();
	now_ns = 1500 * NSEC_PER_USEC;
	klog(KLOG_INFO, "shown");
	klog(KLOG_DEBUG, "not shown");
	assert_string_equal(shown, "[    0.001500] shown\n");
	klog_set_console_level(8);
	reset_shown();
	klog(KLOG_DEBUG, "debug");
	assert_string_equal(shown, "[    0.001500] debug\n");
	klog_set_console_level(7);

	/* A message made while one is being shown comes after it, whole. */
	reset_shown();
	during_write = log_nested;
	klog(KLOG_ERR, "outer");
	assert_string_equal(shown, "[    0.001500] outer\n"
				   "[    0.001500] from inside a console\n");
	klog_console_remove(&serial);
	reset_shown();
	klog(KLOG_ERR, "nobody");
	assert_string_equal(shown, "");
}

static unsigned notified;

static void
count_notify(void)
{
	notified++;
}

static void
notification(void **state)
{
	klog_set_notify(count_notify);
	klog(KLOG_INFO, "x");
	assert_int_equal(notified, 1);
	fake_irqs_off = true;
	klog(KLOG_INFO, "x");
	fake_irqs_off = false;
	assert_int_equal(notified, 1);
}

static void
console_choice(void **state)
{
	cmdline_init("console=ttyS0,115200n8 quiet", 4096);
	assert_int_equal(klog_console_level(), 4);
	klog_console_add(&serial);
	klog_console_add(&screen);
	reset_shown();
	klog(KLOG_ERR, "e");
	assert_string_equal(shown, "[    0.001500] e\n");
	cmdline_init("console=tty1 console=ttyS0 loglevel=5", 4096);
	assert_int_equal(klog_console_level(), 5);
	reset_shown();
	klog(KLOG_ERR, "e");
	assert_string_equal(shown, "[    0.001500] e\n[    0.001500] e\n");
	cmdline_init("console=ttyS1", 4096);
	reset_shown();
	klog(KLOG_ERR, "nowhere");
	assert_string_equal(shown, "");
	/* A dying machine tells everybody. */
	klog_panic_mode();
	klog(KLOG_EMERG, "panic");
	assert_string_equal(shown, "[    0.001500] panic\n"
				   "[    0.001500] panic\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(formats),
		cmocka_unit_test(lines_and_escapes),
		cmocka_unit_test(overflow),
		cmocka_unit_test(console_output),
		cmocka_unit_test(notification),
		cmocka_unit_test(console_choice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
