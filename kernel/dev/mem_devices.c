/* SPDX-License-Identifier: MIT */
#include <linux/major.h>

#include "core/random.h"
#include "dev/chardev.h"
#include "lib/errno.h"
#include "lib/string.h"

/*
 * dev/mem_devices.c - the devices without hardware: null, zero, full, random,
 * urandom.  Source: man 4 null, man 4 full, man 4 random.
 */

static ssize_t
null_read(UNUSED struct chardev_open *o, UNUSED struct uio *u,
	  UNUSED uint64_t pos)
{
	return 0;
}

static ssize_t
null_write(UNUSED struct chardev_open *o, struct uio *u, UNUSED uint64_t pos)
{
	size_t n = u->left;

	uio_skip(u, n);
	return (ssize_t)n;
}

static ssize_t
zero_read(UNUSED struct chardev_open *o, struct uio *u, UNUSED uint64_t pos)
{
	size_t want = u->left;
	size_t n = uio_zero_out(u, want);

	return n || !want ? (ssize_t)n : -EFAULT;
}

static ssize_t
full_write(UNUSED struct chardev_open *o, UNUSED struct uio *u,
	   UNUSED uint64_t pos)
{
	return -ENOSPC;
}

/*
 * Never waits for entropy: what the loader brought is all there was to wait
 * for, and a machine that stands still at boot helps nobody.
 */
static ssize_t
random_read(UNUSED struct chardev_open *o, struct uio *u, UNUSED uint64_t pos)
{
	size_t want = u->left, done = 0;
	uint8_t buf[256];

	while (u->left) {
		size_t n = MIN(u->left, sizeof(buf)), copied;

		random_bytes(buf, n);
		copied = uio_copy_out(u, buf, n);
		done += copied;
		if (copied < n)
			break;
		thread_check_preempt();
		if (thread_attention(current_thread()))
			break;
	}
	memset(buf, 0, sizeof(buf));
	__asm__ volatile("" : : "r"(buf) : "memory");
	return done || !want ? (ssize_t)done : -EFAULT;
}

static ssize_t
random_write(UNUSED struct chardev_open *o, struct uio *u, UNUSED uint64_t pos)
{
	size_t want = u->left, done = 0;
	uint8_t buf[256];

	while (u->left) {
		size_t n = MIN(u->left, sizeof(buf));
		size_t copied = uio_copy_in(u, buf, n);

		random_mix(buf, copied);
		done += copied;
		if (copied < n)
			break;
	}
	return done || !want ? (ssize_t)done : -EFAULT;
}

static const struct chardev_ops null_ops = {
	.read = null_read,
	.write = null_write,
};
static const struct chardev_ops zero_ops = {
	.read = zero_read,
	.write = null_write,
};
static const struct chardev_ops full_ops = {
	.read = zero_read,
	.write = full_write,
};
static const struct chardev_ops random_ops = {
	.read = random_read,
	.write = random_write,
};

static struct chardev devices[] = {
	{ .name = "null", .dev = DEV_NUMBER(MEM_MAJOR, 3), .ops = &null_ops },
	{ .name = "zero",
	  .dev = DEV_NUMBER(MEM_MAJOR, 5),
	  .bits = CHARDEV_ZERO,
	  .ops = &zero_ops },
	{ .name = "full", .dev = DEV_NUMBER(MEM_MAJOR, 7), .ops = &full_ops },
	{ .name = "random",
	  .dev = DEV_NUMBER(MEM_MAJOR, 8),
	  .ops = &random_ops },
	{ .name = "urandom",
	  .dev = DEV_NUMBER(MEM_MAJOR, 9),
	  .ops = &random_ops },
};

void
mem_devices_init(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(devices); i++) {
		devices[i].mode = 0666;
		devices[i].bits |= CHARDEV_SEEKABLE;
		chardev_register(&devices[i]);
	}
	kmsg_init();
}
