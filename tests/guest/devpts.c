/* SPDX-License-Identifier: MIT */
/*
 * devpts.c - the file system of pseudo-terminals: options and instances.
 */
#include "guest.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#ifndef TIOCGPTPEER
#define TIOCGPTPEER _IO('T', 0x41)
#endif

static void
mount_devpts(const char *options)
{
	need_root();
	OK(mkdir("pts", 0755));
	if (mount("devpts", "pts", "devpts", 0, options)) {
		if (errno == ENODEV || errno == EPERM)
			SKIP("devpts cannot be mounted");
		CHECK(!"mount");
	}
}

CASE(devpts_options)
{
	struct stat st;
	int a, b;

	mount_devpts("newinstance,mode=621,gid=5,uid=7,ptmxmode=660,max=2");
	OK(stat("pts", &st));
	CHECK_EQ(st.st_mode, S_IFDIR | 0755);
	CHECK_EQ(st.st_ino, 1);
	OK(stat("pts/ptmx", &st));
	CHECK_EQ(st.st_mode, S_IFCHR | 0660);
	CHECK_EQ(st.st_rdev, makedev(5, 2));
	CHECK_EQ(st.st_ino, 2);
	a = (int)OK(open("pts/ptmx", O_RDWR | O_NOCTTY));
	b = (int)OK(open("pts/ptmx", O_RDWR | O_NOCTTY));
	FAILS(open("pts/ptmx", O_RDWR | O_NOCTTY), ENOSPC);
	OK(stat("pts/0", &st));
	CHECK_EQ(st.st_mode, S_IFCHR | 0621);
	CHECK_EQ(st.st_uid, 7);
	CHECK_EQ(st.st_gid, 5);
	OK(stat("pts/1", &st));
	FAILS(stat("pts/2", &st), ENOENT);
	OK(close(a));
	FAILS(stat("pts/0", &st), ENOENT);
	a = (int)OK(open("pts/ptmx", O_RDWR | O_NOCTTY));
	FAILS(umount("pts"), EBUSY);
	OK(close(a));
	OK(close(b));
	OK(umount("pts"));
}

CASE(devpts_bad_options)
{
	need_root();
	OK(mkdir("pts", 0755));
	FAILS(mount("devpts", "pts", "devpts", 0, "bogus"), EINVAL);
	FAILS(mount("devpts", "pts", "devpts", 0, "mode=9"), EINVAL);
	FAILS(mount("devpts", "pts", "devpts", 0, "max=9999999"), EINVAL);
	FAILS(mount("devpts", "pts", "devpts", 0, "gid=x"), EINVAL);
}

CASE(devpts_instances_count_alone)
{
	int other = posix_openpt(O_RDWR | O_NOCTTY), there, zero = 0;
	int master, slave;
	char c;
	unsigned n;

	mount_devpts("ptmxmode=666");
	OK(unlockpt(other));
	there = (int)OK(open(ptsname(other), O_RDWR | O_NOCTTY));
	master = (int)OK(open("pts/ptmx", O_RDWR | O_NOCTTY));
	OK(ioctl(master, TIOCGPTN, &n));
	CHECK_EQ(n, 0);
	OK(ioctl(master, TIOCSPTLCK, &zero));
	slave = (int)OK(open("pts/0", O_RDWR | O_NOCTTY));
	OK(write(slave, "h", 1));
	OK(write(there, "t", 1));
	CHECK(read(master, &c, 1) == 1 && c == 'h');
	CHECK(read(other, &c, 1) == 1 && c == 't');
	OK(close(slave));
	slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY);
	CHECK(slave >= 0);
	OK(close(slave));
	OK(close(master));
	OK(umount("pts"));
}

CASE(devpts_nothing_can_be_made_there)
{
	int master;

	mount_devpts("ptmxmode=666");
	master = (int)OK(open("pts/ptmx", O_RDWR | O_NOCTTY));
	FAILS(unlink("pts/0"), EPERM);
	FAILS(mkdir("pts/d", 0755), EPERM);
	FAILS(mknod("pts/n", S_IFCHR | 0600, makedev(136, 0)), EPERM);
	FAILS(rename("pts/0", "pts/x"), EPERM);
	FAILS(symlink("a", "pts/x"), EPERM);
	FAILS(link("pts/0", "pts/y"), EPERM);
	FAILS(open("pts/f", O_CREAT | O_RDWR, 0600), EACCES);
	OK(chmod("pts/0", 0600));
	OK(chown("pts/0", 1, 1));
	OK(close(master));
	OK(umount("pts"));
}

CASE(devpts_remount)
{
	struct stat st;

	mount_devpts("");
	OK(stat("pts/ptmx", &st));
	CHECK_EQ(st.st_mode, S_IFCHR);
	OK(mount("devpts", "pts", "devpts", MS_REMOUNT, "ptmxmode=600"));
	OK(stat("pts/ptmx", &st));
	CHECK_EQ(st.st_mode, S_IFCHR | 0600);
	FAILS(mount("devpts", "pts", "devpts", MS_REMOUNT, "nonsense"), EINVAL);
	OK(umount("pts"));
}

/* A ptmx elsewhere means the pts beside it. */
CASE(devpts_beside_another_ptmx)
{
	int master;
	unsigned n;

	need_root();
	OK(mkdir("t", 0755));
	OK(mount("tmpfs", "t", "tmpfs", 0, "")); /* with devices */
	OK(chdir("t"));
	OK(mknod("ptmx", S_IFCHR | 0666, makedev(5, 2)));
	FAILS(open("ptmx", O_RDWR | O_NOCTTY), ENOENT);
	mount_devpts("max=1");
	master = (int)OK(open("ptmx", O_RDWR | O_NOCTTY));
	OK(ioctl(master, TIOCGPTN, &n));
	CHECK_EQ(n, 0);
	FAILS(open("ptmx", O_RDWR | O_NOCTTY), ENOSPC);
	OK(close(master));
	OK(umount("pts"));
	FAILS(open("ptmx", O_RDWR | O_NOCTTY), ENODEV);
	OK(chdir(".."));
	OK(umount("t"));
}

/* Minor numbers have more than eight bits. */
CASE(devpts_more_than_256)
{
	enum {
		PAIRS = 260
	};
	int masters[PAIRS];
	unsigned number, last;
	struct stat st;
	char name[32];

	mount_devpts("newinstance,ptmxmode=666");
	for (int i = 0; i < PAIRS; i++) {
		masters[i] = (int)OK(open("pts/ptmx", O_RDWR | O_NOCTTY));
		OK(ioctl(masters[i], TIOCGPTN, &number));
		CHECK_EQ(number, i);
	}
	last = PAIRS - 1;
	snprintf(name, sizeof(name), "pts/%u", last);
	OK(stat(name, &st));
	CHECK_EQ(st.st_rdev, makedev(136, last));
	CHECK_EQ(minor(st.st_rdev), last);
	for (int i = 0; i < PAIRS; i++)
		OK(close(masters[i]));
	FAILS(stat(name, &st), ENOENT);
}
