/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * proc/hostname.h - the system's names: uname(2), sethostname(2).
 *
 * Locking: one spinlock inside.  Context: any thread.
 */

#include <linux/utsname.h>

enum hostname_which {
	HOSTNAME_NODE,
	HOSTNAME_DOMAIN,
};

void hostname_set(enum hostname_which which, const char *name);
void hostname_uname(struct new_utsname *out);
