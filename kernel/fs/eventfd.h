/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * fs/eventfd.h - a counter as a file: writing adds, reading takes.
 *
 * Errors: -ENOMEM; reading and writing as eventfd(2).
 * Source: man 2 eventfd.
 */

#include "fs/file.h"

enum eventfd_kind {
	EVENTFD_COUNTER,   /* a read takes all there is */
	EVENTFD_SEMAPHORE, /* a read takes one */
};

/* flags: O_NONBLOCK or 0. */
NODISCARD int eventfd_create(unsigned count, enum eventfd_kind kind,
			     unsigned flags, struct file **out);
