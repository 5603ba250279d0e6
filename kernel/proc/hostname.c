/* SPDX-License-Identifier: MIT */
#include "proc/hostname.h"

#include "core/spinlock.h"
#include "lib/string.h"

/*
 * proc/hostname.c - the system's names.
 *
 * sysname and release are what programs test for: glibc refuses a release it
 * thinks too old.  version names the real kernel.
 */

static struct spinlock names_lock = SPINLOCK_INIT(LOCK_FS_CONTEXT, "names");
static struct new_utsname names = {
	/* [L] node and domain name */
	.sysname = "Linux",       .nodename = "umbra",
	.release = "6.1.0-umbra", .version = "#1 SMP Umbra " UMBRA_VERSION,
	.machine = "x86_64",      .domainname = "(none)",
};

void
hostname_set(enum hostname_which which, const char *name)
{
	char *to = which == HOSTNAME_NODE ? names.nodename : names.domainname;

	spin_lock(&names_lock);
	memset(to, 0, sizeof(names.nodename));
	strlcpy(to, name, sizeof(names.nodename));
	spin_unlock(&names_lock);
}

void
hostname_uname(struct new_utsname *out)
{
	spin_lock(&names_lock);
	*out = names;
	spin_unlock(&names_lock);
}
