/* SPDX-License-Identifier: MIT */
/*
 * names.c - paths and directories: look up, make, rename, link, list, mount.
 */
#include "guest.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <unistd.h>

static char text[8192];

static ino_t
inode(const char *path)
{
	struct stat st;

	OK(lstat(path, &st));
	return st.st_ino;
}

static nlink_t
links(const char *path)
{
	struct stat st;

	OK(lstat(path, &st));
	return st.st_nlink;
}

CASE(dots_and_slashes)
{
	OK(mkdir("d", 0755));
	put_file("d/f", "x");
	CHECK_EQ(inode("d/f"), inode("./d//.///f"));
	CHECK_EQ(inode("d/f"), inode("d/../d/./f"));
	CHECK_EQ(inode("/"), inode("/../../.."));
	CHECK_EQ(inode("d"), inode("d/"));
	CHECK_EQ(inode("d"), inode("d/."));
	FAILS(open("d/f/", O_RDONLY), ENOTDIR);
	FAILS(open("d/f/.", O_RDONLY), ENOTDIR);
	FAILS(open("d/f/..", O_RDONLY), ENOTDIR);
}

CASE(long_names)
{
	char name[300];

	memset(name, 'n', sizeof(name));
	name[255] = '\0';
	put_file(name, "x");
	OK(unlink(name));
	name[255] = 'n';
	name[256] = '\0';
	FAILS(open(name, O_CREAT | O_WRONLY, 0600), ENAMETOOLONG);
	FAILS(mkdir(name, 0700), ENAMETOOLONG);
	FAILS(access(name, F_OK), ENAMETOOLONG);
}

CASE(long_paths)
{
	memset(text, '/', sizeof(text));
	text[PATH_MAX - 1] = '\0';
	OK(access(text, F_OK));
	text[PATH_MAX - 1] = '/';
	text[PATH_MAX] = '\0';
	FAILS(access(text, F_OK), ENAMETOOLONG);
}

CASE(symbolic_links)
{
	char target[16] = "";

	put_file("f", "x");
	OK(symlink("f", "s"));
	CHECK_EQ(readlink("s", target, sizeof(target)), 1);
	CHECK_EQ(target[0], 'f');
	OK(access("s", F_OK));
	CHECK(inode("s") != inode("f"));
	OK(symlink("0123456789", "t"));
	CHECK_EQ(readlink("t", target, 4), 4); /* cut, not an error */
	FAILS(readlink("f", target, 16), EINVAL);
	FAILS(syscall(SYS_readlink, "s", target, 0), EINVAL);
	FAILS(symlink("x", "s"), EEXIST);
	FAILS(symlink("", "e"), ENOENT);
}

CASE(links_to_directories)
{
	OK(mkdir("d", 0755));
	put_file("d/f", "x");
	OK(symlink("d", "s"));
	OK(access("s/f", F_OK));
	OK(access("s/../s/f", F_OK));
	OK(symlink("../d/f", "d/up"));
	OK(access("d/up", F_OK));
	FAILS(rmdir("s"), ENOTDIR);
	FAILS(open("s", O_RDONLY | O_NOFOLLOW | O_DIRECTORY), ENOTDIR);
}

CASE(link_loops)
{
	char name[16], target[16];

	OK(symlink("a", "b"));
	OK(symlink("b", "a"));
	FAILS(open("a", O_RDONLY), ELOOP);
	FAILS(access("a/x", F_OK), ELOOP);
	put_file("l0", "x");
	for (int i = 1; i <= 41; i++) {
		snprintf(name, sizeof(name), "l%d", i);
		snprintf(target, sizeof(target), "l%d", i - 1);
		OK(symlink(target, name));
	}
	OK(access("l40", F_OK)); /* forty are followed */
	FAILS(access("l41", F_OK), ELOOP);
}

CASE(hard_links)
{
	put_file("f", "x");
	OK(link("f", "g"));
	CHECK_EQ(inode("f"), inode("g"));
	CHECK_EQ(links("f"), 2);
	OK(unlink("f"));
	CHECK_EQ(links("g"), 1);
	FAILS(link("f", "h"), ENOENT);
	FAILS(link("g", "g"), EEXIST);
	OK(mkdir("d", 0755));
	FAILS(link("d", "e"), EPERM);
	OK(symlink("g", "s"));
	OK(link("s", "t")); /* of the link itself */
	CHECK_EQ(inode("s"), inode("t"));
	OK(linkat(AT_FDCWD, "s", AT_FDCWD, "u", AT_SYMLINK_FOLLOW));
	CHECK_EQ(inode("g"), inode("u"));
}

CASE(directories)
{
	OK(mkdir("d", 0755));
	FAILS(mkdir("d", 0755), EEXIST);
	FAILS(mkdir("absent/d", 0755), ENOENT);
	FAILS(mkdir("", 0755), ENOENT);
	CHECK_EQ(links("d"), 2);
	OK(mkdir("d/e/", 0755));
	CHECK_EQ(links("d"), 3);
	FAILS(rmdir("d"), ENOTEMPTY);
	FAILS(unlink("d"), EISDIR);
	OK(rmdir("d/e"));
	CHECK_EQ(links("d"), 2);
	FAILS(rmdir("d/."), EINVAL);
	FAILS(rmdir("d/.."), ENOTEMPTY);
	OK(rmdir("d"));
	FAILS(rmdir("d"), ENOENT);
	put_file("f", "");
	FAILS(rmdir("f"), ENOTDIR);
	FAILS(rmdir("/"), EBUSY);
}

CASE(rename_files)
{
	put_file("a", "a");
	put_file("b", "b");
	OK(rename("a", "b"));
	FAILS(access("a", F_OK), ENOENT);
	CHECK_EQ(get_file("b", text, 10), 1);
	CHECK_EQ(text[0], 'a');
	OK(rename("b", "b"));
	FAILS(rename("a", "c"), ENOENT);
	FAILS(rename("b", "absent/c"), ENOENT);
	OK(link("b", "c"));
	OK(rename("b", "c")); /* the same file: nothing happens */
	OK(access("b", F_OK));
}

CASE(rename_directories)
{
	OK(mkdir("d", 0755));
	OK(mkdir("d/e", 0755));
	OK(mkdir("empty", 0755));
	put_file("f", "x");
	FAILS(rename("d", "d/e/d"), EINVAL);
	FAILS(rename("f", "d"), EISDIR);
	FAILS(rename("d", "f"), ENOTDIR);
	FAILS(rename("empty", "d"), ENOTEMPTY);
	OK(rename("d", "empty"));
	OK(access("empty/e", F_OK));
	CHECK_EQ(links("empty"), 3);
	OK(rename("empty/e", "e"));
	CHECK_EQ(links("empty"), 2);
	OK(access("e/../empty", F_OK));
	FAILS(rename("empty/.", "x"), EBUSY);
}

CASE(rename_flags)
{
	put_file("a", "a");
	put_file("b", "b");
	FAILS(syscall(SYS_renameat2, AT_FDCWD, "a", AT_FDCWD, "b", 1), EEXIST);
	OK(syscall(SYS_renameat2, AT_FDCWD, "a", AT_FDCWD, "c", 1));
	FAILS(syscall(SYS_renameat2, AT_FDCWD, "c", AT_FDCWD, "b", 0x80),
	      EINVAL);
}

CASE(relative_to_a_descriptor)
{
	int d;

	OK(mkdir("d", 0755));
	d = (int)OK(open("d", O_RDONLY | O_DIRECTORY));
	OK(close((int)OK(openat(d, "f", O_CREAT | O_WRONLY, 0600))));
	OK(access("d/f", F_OK));
	OK(faccessat(d, "f", R_OK, 0));
	OK(renameat(d, "f", AT_FDCWD, "g"));
	OK(mkdirat(d, "e", 0755));
	OK(unlinkat(d, "e", AT_REMOVEDIR));
	FAILS(unlinkat(d, "e", 0x77), EINVAL);
	FAILS(openat(99, "f", O_RDONLY), EBADF);
	OK(close((int)OK(openat(99, "/", O_RDONLY))));
	OK(fchdir(d));
	FAILS(access("g", F_OK), ENOENT);
	d = (int)OK(open("../g", O_RDONLY));
	FAILS(openat(d, "f", O_RDONLY), ENOTDIR);
	FAILS(fchdir(d), ENOTDIR);
}

CASE(working_directory)
{
	char before[256], after[256], small[4];

	CHECK(getcwd(before, sizeof(before)));
	OK(mkdir("d", 0755));
	OK(chdir("d"));
	CHECK(getcwd(after, sizeof(after)));
	CHECK(!strncmp(before, after, strlen(before)));
	CHECK(!strcmp(after + strlen(before), "/d"));
	FAILS(syscall(SYS_getcwd, small, sizeof(small)), ERANGE);
	OK(rmdir("../d"));
	FAILS(syscall(SYS_getcwd, after, sizeof(after)), ENOENT);
	FAILS(open("x", O_CREAT | O_WRONLY, 0600), ENOENT);
	OK(chdir(".."));
	FAILS(chdir("absent"), ENOENT);
	put_file("f", "");
	FAILS(chdir("f"), ENOTDIR);
}

/* Names in a directory, dots counted apart. */
static int
list(const char *path, int *dots)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	int n = 0;

	CHECK(dir);
	*dots = 0;
	while ((entry = readdir(dir))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			++*dots;
		else
			n++;
	}
	closedir(dir);
	return n;
}

CASE(list_many)
{
	char name[32];
	int dots;

	OK(mkdir("d", 0755));
	CHECK_EQ(list("d", &dots), 0);
	CHECK_EQ(dots, 2);
	for (int i = 0; i < 500; i++) {
		snprintf(name, sizeof(name), "d/file-number-%d", i);
		put_file(name, "");
	}
	CHECK_EQ(list("d", &dots), 500);
	CHECK_EQ(dots, 2);
}

CASE(list_while_removing)
{
	struct dirent *entry;
	char name[300];
	int dots, n = 0;
	DIR *dir;

	OK(mkdir("d", 0755));
	for (int i = 0; i < 200; i++) {
		snprintf(name, sizeof(name), "d/%d", i);
		put_file(name, "");
	}
	dir = opendir("d");
	CHECK(dir);
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(name, sizeof(name), "d/%s", entry->d_name);
		OK(unlink(name));
		n++;
	}
	CHECK_EQ(n, 200);
	CHECK_EQ(list("d", &dots), 0);
}

CASE(list_types_and_errors)
{
	int fd;

	put_file("f", "");
	fd = (int)OK(open("f", O_RDONLY));
	FAILS(syscall(SYS_getdents64, fd, text, sizeof(text)), ENOTDIR);
	OK(close(fd));
	fd = (int)OK(open(".", O_RDONLY));
	FAILS(syscall(SYS_getdents64, fd, text, 5), EINVAL);
	CHECK(syscall(SYS_getdents64, fd, text, sizeof(text)) > 0);
	CHECK_EQ(syscall(SYS_getdents64, fd, text, sizeof(text)), 0);
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	CHECK(syscall(SYS_getdents64, fd, text, sizeof(text)) > 0);
}

CASE(times)
{
	struct timespec t[2] = { { 1000, 5 }, { 2000, 6 } };
	struct stat st;

	put_file("f", "x");
	OK(utimensat(AT_FDCWD, "f", t, 0));
	OK(stat("f", &st));
	CHECK_EQ(st.st_atim.tv_sec, 1000);
	CHECK_EQ(st.st_mtim.tv_sec, 2000);
	CHECK_EQ(st.st_mtim.tv_nsec, 6);
	t[0].tv_nsec = UTIME_OMIT;
	t[1].tv_nsec = UTIME_NOW;
	OK(utimensat(AT_FDCWD, "f", t, 0));
	OK(stat("f", &st));
	CHECK_EQ(st.st_atim.tv_sec, 1000);
	CHECK(st.st_mtim.tv_sec > 1000000);
	t[0].tv_nsec = 1000000000;
	FAILS(utimensat(AT_FDCWD, "f", t, 0), EINVAL);
	FAILS(utimensat(AT_FDCWD, "absent", NULL, 0), ENOENT);
}

CASE(write_changes_the_time)
{
	struct timespec old[2] = { { 1000, 0 }, { 1000, 0 } };
	struct stat st;

	put_file("f", "x");
	OK(utimensat(AT_FDCWD, "f", old, 0));
	put_file("f", "y");
	OK(stat("f", &st));
	CHECK(st.st_mtim.tv_sec > 1000);
}

CASE(fifo_by_name)
{
	struct stat st;
	char c = 0;
	int fd;

	OK(mkfifo("p", 0644));
	OK(stat("p", &st));
	CHECK(S_ISFIFO(st.st_mode));
	FAILS(open("p", O_WRONLY | O_NONBLOCK), ENXIO);
	fd = (int)OK(open("p", O_RDONLY | O_NONBLOCK));
	CHECK_EQ(read(fd, &c, 1), 0);
	EXITS(CHILD({
		      int w = (int)OK(open("p", O_WRONLY));

		      CHECK_EQ(write(w, "z", 1), 1);
	      }),
	      0);
	CHECK_EQ(read(fd, &c, 1), 1);
	CHECK_EQ(c, 'z');
}

CASE(fifo_open_waits)
{
	char c = 0;
	pid_t pid;
	int fd;

	OK(mkfifo("p", 0644));
	pid = CHILD({
		sleep_ms(20);
		fd = (int)OK(open("p", O_WRONLY));
		CHECK_EQ(write(fd, "w", 1), 1);
	});
	fd = (int)OK(open("p", O_RDONLY));
	CHECK_EQ(read(fd, &c, 1), 1);
	CHECK_EQ(c, 'w');
	EXITS(pid, 0);
}

CASE(device_nodes)
{
	int fd;

	need_root();
	if (mknod("null", S_IFCHR | 0666, makedev(1, 3)))
		SKIP("cannot make device nodes here");
	fd = open("null", O_WRONLY);
	if (fd < 0 && errno == EACCES)
		SKIP("/tmp is mounted nodev");
	OK(fd);
	CHECK_EQ(write(fd, "x", 1), 1);
}

CASE(stat_tells_all)
{
	struct stat st, by_fd;
	int fd;

	put_file("f", "hello");
	fd = (int)OK(open("f", O_RDONLY));
	OK(stat("f", &st));
	OK(fstat(fd, &by_fd));
	CHECK(!memcmp(&st, &by_fd, sizeof(st)));
	CHECK(S_ISREG(st.st_mode));
	CHECK_EQ(st.st_size, 5);
	CHECK_EQ(st.st_nlink, 1);
	CHECK_EQ(st.st_uid, geteuid());
	CHECK(st.st_blksize >= 512);
	OK(fstatat(fd, "", &st, AT_EMPTY_PATH));
	CHECK_EQ(st.st_ino, by_fd.st_ino);
	FAILS(stat("absent", &st), ENOENT);
	FAILS(fstatat(AT_FDCWD, "f", &st, 0x40000000), EINVAL);
}

CASE(statfs_answers)
{
	struct statfs fs;

	OK(statfs("/tmp", &fs));
	CHECK(fs.f_bsize > 0);
	CHECK(fs.f_namelen >= 255);
	FAILS(statfs("absent", &fs), ENOENT);
}

CASE(mount_and_unmount_tmpfs)
{
	struct stat outside, inside;
	int fd;

	need_root();
	OK(mkdir("m", 0755));
	put_file("m/hidden", "x");
	OK(stat("m", &outside));
	if (mount("none", "m", "tmpfs", 0, "mode=0700") && errno == EPERM)
		SKIP("may not mount here");
	OK(stat("m", &inside));
	CHECK(inside.st_dev != outside.st_dev);
	CHECK_EQ(inside.st_mode & 07777, 0700);
	FAILS(access("m/hidden", F_OK), ENOENT);
	put_file("m/f", "y");
	FAILS(rename("m/f", "f"), EXDEV);
	FAILS(link("m/f", "f"), EXDEV);
	FAILS(rmdir("m"), EBUSY);
	fd = (int)OK(open("m/f", O_RDONLY));
	FAILS(umount("m"), EBUSY);
	OK(close(fd));
	OK(umount("m"));
	OK(access("m/hidden", F_OK));
	FAILS(umount("m"), EINVAL);
}

CASE(mount_read_only)
{
	need_root();
	OK(mkdir("m", 0755));
	if (mount("none", "m", "tmpfs", MS_RDONLY, NULL) && errno == EPERM)
		SKIP("may not mount here");
	FAILS(open("m/f", O_CREAT | O_WRONLY, 0600), EROFS);
	FAILS(mkdir("m/d", 0700), EROFS);
	OK(umount2("m", MNT_DETACH));
}

CASE(mount_errors)
{
	need_root();
	OK(mkdir("m", 0755));
	FAILS(mount("none", "m", "no-such-type", 0, NULL), ENODEV);
	FAILS(mount("none", "absent", "tmpfs", 0, NULL), ENOENT);
	put_file("f", "");
	FAILS(mount("none", "f", "tmpfs", 0, NULL), ENOTDIR);
	EXITS(CHILD({
		      become_nobody();
		      FAILS(mount("none", "m", "tmpfs", 0, NULL), EPERM);
		      FAILS(umount("/"), EPERM);
	      }),
	      0);
}

CASE(chroot_confines)
{
	need_root();
	OK(mkdir("jail", 0755));
	put_file("jail/inside", "x");
	put_file("outside", "x");
	OK(chroot("jail"));
	OK(chdir("/"));
	OK(access("/inside", F_OK));
	OK(access("../inside", F_OK));
	FAILS(access("/outside", F_OK), ENOENT);
	become_nobody();
	FAILS(chroot("/"), EPERM);
}
