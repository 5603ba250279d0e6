/* SPDX-License-Identifier: MIT */
#include <linux/capability.h>

#include "core/cmdline.h"
#include "fs/eventpoll.h"
#include "fs/file.h"
#include "fs/inotify.h"
#include "fs/pipe.h"
#include "fs/procfs/sysctl.h"
#include "proc/hostname.h"
#include "proc/pid.h"
#include "proc/proc_files_priv.h"

/*
 * proc/proc_settings.c - /proc/sys as far as it is about processes, memory and
 * files; /proc/version.
 */

static int
show_version(UNUSED pid_t nr, struct proc_text *t)
{
	struct new_utsname n;

	hostname_uname(&n);
	proc_printf(t, "%s version %s %s\n", n.sysname, n.release, n.version);
	return 0;
}

static const struct proc_file version_file = { "version", 0444, show_version };

/* --- names of the system --- */

enum {
	NAME_OSTYPE,
	NAME_OSRELEASE,
	NAME_VERSION,
	NAME_NODE,
	NAME_DOMAIN,
};

static int
show_name(struct proc_text *t, unsigned which)
{
	struct new_utsname n;
	const char *const names[] = { n.sysname, n.release, n.version,
				      n.nodename, n.domainname };

	hostname_uname(&n);
	proc_printf(t, "%s\n", names[which]);
	return 0;
}

static int
show_ostype(UNUSED pid_t nr, struct proc_text *t)
{
	return show_name(t, NAME_OSTYPE);
}

static int
show_osrelease(UNUSED pid_t nr, struct proc_text *t)
{
	return show_name(t, NAME_OSRELEASE);
}

static int
show_uts_version(UNUSED pid_t nr, struct proc_text *t)
{
	return show_name(t, NAME_VERSION);
}

static int
show_hostname(UNUSED pid_t nr, struct proc_text *t)
{
	return show_name(t, NAME_NODE);
}

static int
show_domainname(UNUSED pid_t nr, struct proc_text *t)
{
	return show_name(t, NAME_DOMAIN);
}

/* Up to the end of the line; longer names are cut, as Linux does it. */
static ssize_t
store_name(enum hostname_which which, const char *text, size_t n)
{
	char name[__NEW_UTS_LEN + 1];
	size_t len = 0;

	if (!cred_capable(current_task()->cred, CAP_SYS_ADMIN))
		return -EPERM;
	while (len < n && len < __NEW_UTS_LEN && text[len] &&
	       text[len] != '\n') {
		name[len] = text[len];
		len++;
	}
	name[len] = '\0';
	hostname_set(which, name);
	return (ssize_t)n;
}

static ssize_t
store_hostname(UNUSED pid_t nr, const char *text, size_t n)
{
	return store_name(HOSTNAME_NODE, text, n);
}

static ssize_t
store_domainname(UNUSED pid_t nr, const char *text, size_t n)
{
	return store_name(HOSTNAME_DOMAIN, text, n);
}

/* --- files --- */

static int
show_file_nr(UNUSED pid_t nr, struct proc_text *t)
{
	proc_printf(t, "%lu\t0\t%ld\n", (unsigned long)file_count(), INT64_MAX);
	return 0;
}

/* --- memory --- */

enum {
	DROP_PAGES = 1,
	DROP_NAMES = 2,
};

/*
 * Pages of files are the files themselves here: only names can be dropped, and
 * frames the processors keep for themselves.
 */
static int
drop_caches(int64_t what)
{
	if (what & DROP_NAMES)
		dcache_drop();
	frame_cache_drain();
	return 0;
}

static int64_t
no_value(void)
{
	return 0;
}

#define LAST_CAPABILITY CAP_LAST_CAP
#define OVERFLOW_ID     65534
#define PIPE_MAX        (1 << 20)

static const struct sysctl settings[] = {
	{ "kernel/ostype", 0444, SYSCTL_TEXT, .show = show_ostype },
	{ "kernel/osrelease", 0444, SYSCTL_TEXT, .show = show_osrelease },
	{ "kernel/version", 0444, SYSCTL_TEXT, .show = show_uts_version },
	{ "kernel/hostname", 0644, SYSCTL_TEXT, .show = show_hostname,
	  .store = store_hostname },
	{ "kernel/domainname", 0644, SYSCTL_TEXT, .show = show_domainname,
	  .store = store_domainname },
	{ "kernel/pid_max", 0644, SYSCTL_CALL, 301, PID_MAX, .get = pid_limit,
	  .set = pid_set_limit },
	{ "kernel/threads-max", 0644, SYSCTL_INT, 1, 0x3fffffff,
	  .data = &task_limit },
	{ "kernel/cap_last_cap", 0444, .min = LAST_CAPABILITY },
	{ "kernel/ngroups_max", 0444, .min = CRED_GROUPS_MAX },
	{ "kernel/overflowuid", 0444, .min = OVERFLOW_ID },
	{ "kernel/overflowgid", 0444, .min = OVERFLOW_ID },
	{ "kernel/randomize_va_space", 0644, SYSCTL_INT, 0, 2,
	  .data = &exec_randomize },
	{ "fs/nr_open", 0444, .min = FD_LIMIT_MAX },
	{ "fs/file-max", 0444, .min = INT64_MAX },
	{ "fs/file-nr", 0444, SYSCTL_TEXT, .show = show_file_nr },
	{ "fs/overflowuid", 0444, .min = OVERFLOW_ID },
	{ "fs/overflowgid", 0444, .min = OVERFLOW_ID },
	{ "fs/pipe-max-size", 0444, .min = PIPE_MAX },
	{ "fs/epoll/max_user_watches", 0644, SYSCTL_INT, 0, INT32_MAX,
	  .data = &eventpoll_user_limit },
	{ "fs/inotify/max_queued_events", 0644, SYSCTL_INT, 0, INT32_MAX,
	  .data = &inotify_max_queued },
	{ "fs/inotify/max_user_instances", 0644, SYSCTL_INT, 0, INT32_MAX,
	  .data = &inotify_max_instances },
	{ "fs/inotify/max_user_watches", 0644, SYSCTL_INT, 0, INT32_MAX,
	  .data = &inotify_max_watches },
	{ "vm/max_map_count", 0644, SYSCTL_INT, 0, 0x3fffffff,
	  .data = &vm_areas_max },
	{ "vm/overcommit_memory", 0644, SYSCTL_INT, 0, 1,
	  .data = &vm_overcommit },
	{ "vm/drop_caches", 0200, SYSCTL_CALL, 1, 3, .get = no_value,
	  .set = drop_caches },
	{ .path = NULL },
};

void
proc_settings_init(void)
{
	procfs_register(version_file.name, &version_file);
	procfs_register_sysctl(settings);
}
