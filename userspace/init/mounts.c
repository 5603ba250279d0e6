/* SPDX-License-Identifier: MIT */
/*
 * mounts.c - the file systems a Linux program expects, up and down.
 */
#include "init.h"

#include <errno.h>
#include <mntent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define MOUNTS_MAX 64

static const struct {
	const char *type;
	const char *target;
	unsigned long flags;
	const char *options;
	bool optional; /* not every kernel has it */
} table[] = {
	{ "proc", "/proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL, false },
	{ "sysfs", "/sys", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL, true },
	{ "devtmpfs", "/dev", MS_NOSUID, "mode=0755", false },
	{ "devpts", "/dev/pts", MS_NOSUID | MS_NOEXEC,
	  "gid=5,mode=0620,ptmxmode=0666", true },
	{ "tmpfs", "/dev/shm", MS_NOSUID | MS_NODEV, "mode=1777", false },
	{ "tmpfs", "/run", MS_NOSUID | MS_NODEV, "mode=0755", false },
	{ "tmpfs", "/tmp", MS_NOSUID | MS_NODEV, "mode=1777", false },
};

/* Whether something is mounted there: it has another device than its parent. */
static bool
is_mounted(const char *path)
{
	struct stat here, above;
	char parent[64];

	snprintf(parent, sizeof(parent), "%s/..", path);
	return !stat(path, &here) && !stat(parent, &above) &&
	       here.st_dev != above.st_dev;
}

void
mounts_up(void)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		const char *target = table[i].target;

		if (is_mounted(target))
			continue;
		if (mkdir(target, 0755) && errno != EEXIST)
			say("cannot make %s: %s", target, strerror(errno));
		if (!mount(table[i].type, target, table[i].type, table[i].flags,
			   table[i].options))
			continue;
		if (!table[i].optional)
			say("cannot mount %s on %s: %s", table[i].type, target,
			    strerror(errno));
		else if (i > 1) /* leave no empty folder that means nothing */
			rmdir(target);
	}
}

/* Read the targets of /proc/mounts; returns how many. */
static size_t
read_mounts(char *targets[MOUNTS_MAX])
{
	FILE *mounts = setmntent("/proc/mounts", "r");
	struct mntent *entry;
	size_t n = 0;

	if (!mounts)
		return 0;
	while (n < MOUNTS_MAX && (entry = getmntent(mounts))) {
		targets[n] = strdup(entry->mnt_dir);
		if (targets[n])
			n++;
	}
	endmntent(mounts);
	return n;
}

/*
 * The root and what init itself stands on stay busy; they are memory, or the
 * sync has written them.
 */
void
mounts_down(void)
{
	char *targets[MOUNTS_MAX];
	size_t n = read_mounts(targets);

	sync();
	while (n) {
		char *target = targets[--n];

		if (strcmp(target, "/") && strcmp(target, "/dev") &&
		    umount2(target, UMOUNT_NOFOLLOW) && errno != EBUSY &&
		    errno != EINVAL)
			say("cannot unmount %s: %s", target, strerror(errno));
		free(target);
	}
	sync();
}
