/* SPDX-License-Identifier: MIT */
/*
 * errno_paths.c - every call that takes a path, on every path that leads
 * nowhere: one table of calls, one case for each kind of bad path.
 */
#include "guest.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>
#include <utime.h>

enum traits {
	AT = 1,         /* relative to dir */
	WRITES = 2,     /* not on a read-only file system */
	MAKES = 4,      /* path must not exist, the others': must */
	ROOT = 8,       /* asks for privilege before the path */
	NOFOLLOW = 16,  /* a link at the end is the object */
	DIRECTORY = 32, /* path is a directory's */
	LINK = 64,      /* path is a symbolic link's */
	CONTENT = 128,  /* path as text of a link: need not lead anywhere */
};

static char buffer[4096];
static const struct timespec times[2];
static const struct timeval timevals[2];
static const char *const no_words[] = { NULL };

/* name, traits, system call with dir and p. */
#define CALLS(X)                                                               \
	X(open, 0, SYS_open, p, O_RDONLY)                                      \
	X(open_new, WRITES | MAKES, SYS_open, p, O_CREAT | O_WRONLY, 0600)     \
	X(openat, AT, SYS_openat, dir, p, O_RDONLY)                            \
	X(openat_new, AT | WRITES | MAKES, SYS_openat, dir, p,                 \
	  O_CREAT | O_WRONLY, 0600)                                            \
	X(open_write, WRITES, SYS_open, p, O_WRONLY)                           \
	X(openat_write, AT | WRITES, SYS_openat, dir, p, O_WRONLY)             \
	X(creat, WRITES | MAKES, SYS_creat, p, 0600)                           \
	X(stat, 0, SYS_stat, p, buffer)                                        \
	X(lstat, NOFOLLOW, SYS_lstat, p, buffer)                               \
	X(newfstatat, AT, SYS_newfstatat, dir, p, buffer, 0)                   \
	X(statx, AT, SYS_statx, dir, p, 0, 0xfff, buffer)                      \
	X(access, 0, SYS_access, p, F_OK)                                      \
	X(access_write, WRITES, SYS_access, p, W_OK)                           \
	X(faccessat, AT, SYS_faccessat, dir, p, F_OK)                          \
	X(faccessat_write, AT | WRITES, SYS_faccessat, dir, p, W_OK)           \
	X(faccessat2, AT, SYS_faccessat2, dir, p, F_OK, 0)                     \
	X(faccessat2_write, AT | WRITES, SYS_faccessat2, dir, p, W_OK, 0)      \
	X(chdir, DIRECTORY, SYS_chdir, p)                                      \
	X(mkdir, WRITES | MAKES, SYS_mkdir, p, 0700)                           \
	X(mkdirat, AT | WRITES | MAKES, SYS_mkdirat, dir, p, 0700)             \
	X(rmdir, WRITES | NOFOLLOW | DIRECTORY, SYS_rmdir, p)                  \
	X(unlink, WRITES | NOFOLLOW, SYS_unlink, p)                            \
	X(unlinkat, AT | WRITES | NOFOLLOW, SYS_unlinkat, dir, p, 0)           \
	X(unlinkat_dir, AT | WRITES | NOFOLLOW | DIRECTORY, SYS_unlinkat, dir, \
	  p, AT_REMOVEDIR)                                                     \
	X(rename_from, WRITES | NOFOLLOW, SYS_rename, p, "ro/other")           \
	X(rename_to, WRITES | MAKES, SYS_rename, "ro/file", p)                 \
	X(renameat_from, AT | WRITES | NOFOLLOW, SYS_renameat, dir, p,         \
	  AT_FDCWD, "ro/other")                                                \
	X(renameat_to, AT | WRITES | MAKES, SYS_renameat, AT_FDCWD, "ro/file", \
	  dir, p)                                                              \
	X(renameat2_from, AT | WRITES | NOFOLLOW, SYS_renameat2, dir, p,       \
	  AT_FDCWD, "ro/other", 0)                                             \
	X(renameat2_to, AT | WRITES | MAKES, SYS_renameat2, AT_FDCWD,          \
	  "ro/file", dir, p, 0)                                                \
	X(link_from, NOFOLLOW, SYS_link, p, "ro/other")                        \
	X(link_to, WRITES | MAKES, SYS_link, "ro/file", p)                     \
	X(linkat_from, AT | NOFOLLOW, SYS_linkat, dir, p, AT_FDCWD,            \
	  "ro/other", 0)                                                       \
	X(linkat_to, AT | WRITES | MAKES, SYS_linkat, AT_FDCWD, "ro/file",     \
	  dir, p, 0)                                                           \
	X(symlink, WRITES | MAKES, SYS_symlink, "text", p)                     \
	X(symlinkat, AT | WRITES | MAKES, SYS_symlinkat, "text", dir, p)       \
	X(readlink, LINK | NOFOLLOW, SYS_readlink, p, buffer, 64)              \
	X(readlinkat, AT | LINK | NOFOLLOW, SYS_readlinkat, dir, p, buffer,    \
	  64)                                                                  \
	X(chmod, WRITES, SYS_chmod, p, 0755)                                   \
	X(fchmodat, AT | WRITES, SYS_fchmodat, dir, p, 0755)                   \
	X(chown, WRITES, SYS_chown, p, -1, -1)                                 \
	X(lchown, WRITES | NOFOLLOW, SYS_lchown, p, -1, -1)                    \
	X(fchownat, AT | WRITES, SYS_fchownat, dir, p, -1, -1, 0)              \
	X(truncate, WRITES, SYS_truncate, p, 0)                                \
	X(mknod, WRITES | MAKES, SYS_mknod, p, S_IFIFO | 0600, 0)              \
	X(mknodat, AT | WRITES | MAKES, SYS_mknodat, dir, p, S_IFIFO | 0600,   \
	  0)                                                                   \
	X(utime, WRITES, SYS_utime, p, NULL)                                   \
	X(utimes, WRITES, SYS_utimes, p, timevals)                             \
	X(futimesat, AT | WRITES, SYS_futimesat, dir, p, timevals)             \
	X(utimensat, AT | WRITES, SYS_utimensat, dir, p, times, 0)             \
	X(statfs, 0, SYS_statfs, p, buffer)                                    \
	X(chroot, DIRECTORY, SYS_chroot, p)                                    \
	X(execve, 0, SYS_execve, p, no_words, no_words)                        \
	X(execveat, AT, SYS_execveat, dir, p, no_words, no_words, 0)           \
	X(umount2, ROOT | DIRECTORY, SYS_umount2, p, 0)                        \
	X(mount, ROOT | DIRECTORY, SYS_mount, "none", p, "tmpfs", 0, NULL)     \
	X(getxattr, 0, SYS_getxattr, p, "trusted.none", buffer, 64)            \
	X(lgetxattr, NOFOLLOW, SYS_lgetxattr, p, "trusted.none", buffer, 64)   \
	X(listxattr, 0, SYS_listxattr, p, buffer, 64)                          \
	X(llistxattr, NOFOLLOW, SYS_llistxattr, p, buffer, 64)                 \
	X(setxattr, WRITES, SYS_setxattr, p, "trusted.a", "1", 1, 0)           \
	X(lsetxattr, WRITES | NOFOLLOW, SYS_lsetxattr, p, "trusted.a", "1", 1, \
	  0)                                                                   \
	X(removexattr, WRITES, SYS_removexattr, p, "trusted.a")                \
	X(lremovexattr, WRITES | NOFOLLOW, SYS_lremovexattr, p, "trusted.a")

#define FUNCTION(name, traits, ...)                   \
	static long do_##name(int dir, const char *p) \
	{                                             \
		(void)dir;                            \
		return syscall(__VA_ARGS__);          \
	}
CALLS(FUNCTION)

#define ROW(name, traits, ...) { #name, traits, do_##name },
static const struct call {
	const char *name;
	int traits;
	long (*run)(int dir, const char *path);
} calls[] = { CALLS(ROW) };

static void
fails(const struct call *c, int dir, const char *path, int number)
{
	long r;

	errno = 0;
	r = c->run(dir, path);
	if (r != -1 || errno != number)
		guest_fail(__FILE__, __LINE__, "%s: %ld, not error %d (%s)",
			   c->name, r, number, strerror(number));
}

/* What the second names of the table are on. */
static void
prepare(void)
{
	if (mkdir("ro", 0755))
		return;
	put_file("ro/file", "x");
	/* Linux may refuse links to the files of others. */
	OK(chown("ro/file", 65534, 65534));
}

/* All calls whose traits, masked, are these. */
static void
all_fail(int mask, int traits, const char *path, int number)
{
	prepare();
	for (size_t i = 0; i < COUNT(calls); i++) {
		if ((calls[i].traits & mask) == traits)
			fails(&calls[i], AT_FDCWD, path, number);
	}
}

/* Two names of the table lead to a file system of their own. */
static void
mount_ro(unsigned long flags)
{
	need_root();
	OK(mkdir("ro", 0755));
	OK(mount("none", "ro", "tmpfs", 0, "mode=755"));
	put_file("ro/file", "x");
	OK(mkdir("ro/dir", 0755));
	OK(symlink("file", "ro/link"));
	if (flags)
		OK(mount("none", "ro", NULL, MS_REMOUNT | flags, NULL));
}

CASE(path_part_missing)
{
	need_root();
	all_fail(0, 0, "missing/x", ENOENT);
}

CASE(path_missing)
{
	need_root();
	all_fail(MAKES, 0, "missing", ENOENT);
}

CASE(path_empty)
{
	need_root();
	all_fail(0, 0, "", ENOENT);
}

CASE(path_dangling_link)
{
	need_root();
	OK(symlink("missing", "dangling"));
	all_fail(MAKES | NOFOLLOW, 0, "dangling", ENOENT);
}

CASE(path_through_file)
{
	need_root();
	put_file("file", "x");
	all_fail(0, 0, "file/x", ENOTDIR);
}

CASE(path_of_file_where_directory_belongs)
{
	need_root();
	put_file("file", "x");
	all_fail(DIRECTORY | ROOT, DIRECTORY, "file", ENOTDIR);
}

CASE(path_loops)
{
	need_root();
	OK(symlink("loop", "loop"));
	all_fail(0, 0, "loop/x", ELOOP);
	all_fail(MAKES | NOFOLLOW, 0, "loop", ELOOP);
}

/* A chain of 41 links is too long, one of 40 is not. */
CASE(path_of_many_links)
{
	char from[16], to[16];

	put_file("l0", "x");
	for (int i = 1; i <= 41; i++) {
		snprintf(from, sizeof(from), "l%d", i);
		snprintf(to, sizeof(to), "l%d", i - 1);
		OK(symlink(to, from));
	}
	OK(access("l40", F_OK));
	FAILS(access("l41", F_OK), ELOOP);
}

CASE(path_name_too_long)
{
	char name[300];

	need_root();
	memset(name, 'n', sizeof(name));
	name[256] = '\0';
	all_fail(0, 0, name, ENAMETOOLONG);
	name[254] = '/';
	name[255] = 'x';
	all_fail(0, 0, name, ENOENT);
}

CASE(path_too_long)
{
	static char path[PATH_MAX + 2];

	need_root();
	memset(path, '/', PATH_MAX);
	memcpy(path, "missing", 7);
	all_fail(0, 0, path, ENAMETOOLONG);
	path[PATH_MAX - 1] = '\0';
	all_fail(MAKES, 0, path, ENOENT);
}

CASE(path_not_mapped)
{
	char *end;

	need_root();
	all_fail(0, 0, (const char *)8, EFAULT);
	all_fail(0, 0, (const char *)-8, EFAULT);
	end = before_hole();
	end[-1] = 'x';
	all_fail(0, 0, end - 1, EFAULT);
}

CASE(path_through_closed_directory)
{
	need_root();
	OK(chmod(".", 0755));
	OK(mkdir("closed", 0700));
	put_file("closed/x", "x");
	prepare();
	EXITS(CHILD(become_nobody(); all_fail(ROOT, 0, "closed/x", EACCES);
		    all_fail(ROOT, 0, "closed/missing", EACCES)),
	      0);
}

CASE(path_into_directory_of_others)
{
	need_root();
	OK(chmod(".", 0755));
	OK(mkdir("d", 0755));
	put_file("d/file", "x");
	prepare();
	EXITS(CHILD(become_nobody();
		    all_fail(MAKES | ROOT, MAKES, "d/new", EACCES)),
	      0);
}

CASE(path_needs_privilege)
{
	need_root();
	OK(chmod(".", 0755));
	OK(mkdir("d", 0755));
	EXITS(CHILD(become_nobody(); all_fail(ROOT, ROOT, "d", EPERM);
		    FAILS(chroot("d"), EPERM)),
	      0);
}

CASE(path_of_others_file)
{
	need_root();
	OK(chmod(".", 0755));
	put_file("f", "x");
	OK(chmod("f", 0644));
	EXITS(CHILD(become_nobody(); FAILS(chmod("f", 0777), EPERM);
		    FAILS(fchmodat(AT_FDCWD, "f", 0777, 0), EPERM);
		    FAILS(chown("f", 65534, -1), EPERM);
		    FAILS(lchown("f", 65534, -1), EPERM);
		    FAILS(fchownat(AT_FDCWD, "f", 65534, -1, 0), EPERM);
		    FAILS(syscall(SYS_utimes, "f", timevals), EPERM);
		    FAILS(syscall(SYS_futimesat, AT_FDCWD, "f", timevals),
			  EPERM);
		    FAILS(utimensat(AT_FDCWD, "f", times, 0), EPERM);
		    FAILS(syscall(SYS_utime, "f", &(long[2]){ 1, 1 }), EPERM);
		    FAILS(syscall(SYS_utime, "f", NULL), EACCES);
		    FAILS(syscall(SYS_utimes, "f", NULL), EACCES);
		    FAILS(syscall(SYS_futimesat, AT_FDCWD, "f", NULL), EACCES);
		    FAILS(utimensat(AT_FDCWD, "f", NULL, 0), EACCES);
		    FAILS(truncate("f", 0), EACCES);
		    FAILS(access("f", W_OK), EACCES);
		    FAILS(execl("f", "f", NULL), EACCES)),
	      0);
}

CASE(path_relative_to_no_descriptor)
{
	need_root();
	prepare();
	for (size_t i = 0; i < COUNT(calls); i++) {
		if (!(calls[i].traits & AT))
			continue;
		fails(&calls[i], 999, "x", EBADF);
		fails(&calls[i], -1, "x", EBADF);
	}
}

CASE(path_relative_to_file)
{
	int fd;

	need_root();
	prepare();
	put_file("file", "x");
	fd = (int)OK(open("file", O_RDONLY));
	for (size_t i = 0; i < COUNT(calls); i++) {
		if (calls[i].traits & AT)
			fails(&calls[i], fd, "x", ENOTDIR);
	}
}

/* A deleted directory can be the working one, but nothing is made in it. */
CASE(path_in_deleted_directory)
{
	need_root();
	OK(mkdir("gone", 0755));
	OK(chdir("gone"));
	OK(rmdir("../gone"));
	all_fail(MAKES, MAKES, "new", ENOENT);
	FAILS(syscall(SYS_getcwd, buffer, sizeof(buffer)), ENOENT);
	FAILS(open("..", O_RDONLY | O_CREAT, 0600), EISDIR);
}

CASE(path_on_read_only_file_system)
{
	mount_ro(MS_RDONLY);
	all_fail(WRITES | MAKES, WRITES | MAKES, "ro/new", EROFS);
	all_fail(WRITES | MAKES | DIRECTORY | LINK, WRITES, "ro/file", EROFS);
	all_fail(WRITES | MAKES | DIRECTORY, WRITES | DIRECTORY, "ro/dir",
		 EROFS);
	/* Making looks whether it exists first, removing does not. */
	FAILS(mkdir("ro/dir", 0700), EEXIST);
	FAILS(symlink("x", "ro/link"), EEXIST);
	FAILS(unlink("ro/missing"), EROFS);
	OK(umount("ro"));
}

CASE(path_on_read_only_descriptor)
{
	int fd;

	mount_ro(MS_RDONLY);
	fd = (int)OK(open("ro/file", O_RDONLY));
	FAILS(fchmod(fd, 0700), EROFS);
	FAILS(fchown(fd, 1, 1), EROFS);
	FAILS(futimens(fd, times), EROFS);
	FAILS(syscall(SYS_fsetxattr, fd, "trusted.a", "1", 1, 0), EROFS);
	FAILS(syscall(SYS_fremovexattr, fd, "trusted.a"), EROFS);
	OK(close(fd));
	OK(umount("ro"));
}

CASE(path_exists)
{
	mount_ro(0);
	FAILS(open("ro/file", O_CREAT | O_EXCL | O_WRONLY, 0600), EEXIST);
	FAILS(openat(AT_FDCWD, "ro/link", O_CREAT | O_EXCL | O_WRONLY, 0600),
	      EEXIST);
	FAILS(mkdir("ro/file", 0700), EEXIST);
	FAILS(mkdirat(AT_FDCWD, "ro/dir", 0700), EEXIST);
	FAILS(symlink("x", "ro/file"), EEXIST);
	FAILS(symlinkat("x", AT_FDCWD, "ro/dir"), EEXIST);
	FAILS(mknod("ro/file", S_IFIFO | 0600, 0), EEXIST);
	FAILS(mknodat(AT_FDCWD, "ro/link", S_IFIFO | 0600, 0), EEXIST);
	FAILS(link("ro/file", "ro/link"), EEXIST);
	FAILS(linkat(AT_FDCWD, "ro/file", AT_FDCWD, "ro/dir", 0), EEXIST);
	FAILS(syscall(SYS_renameat2, AT_FDCWD, "ro/file", AT_FDCWD, "ro/link",
		      1),
	      EEXIST);
	OK(umount("ro"));
}

CASE(path_to_another_file_system)
{
	mount_ro(0);
	put_file("here", "x");
	FAILS(rename("here", "ro/new"), EXDEV);
	FAILS(renameat(AT_FDCWD, "here", AT_FDCWD, "ro/new"), EXDEV);
	FAILS(syscall(SYS_renameat2, AT_FDCWD, "here", AT_FDCWD, "ro/new", 0),
	      EXDEV);
	FAILS(link("here", "ro/new"), EXDEV);
	FAILS(linkat(AT_FDCWD, "here", AT_FDCWD, "ro/new", 0), EXDEV);
	OK(umount("ro"));
}

CASE(rename_into_itself_or_onto_the_wrong_kind)
{
	const int here = AT_FDCWD;

	OK(mkdir("d", 0755));
	OK(mkdir("d/e", 0755));
	OK(mkdir("empty", 0755));
	put_file("f", "x");
	FAILS(rename("d", "d/e/new"), EINVAL);
	FAILS(renameat(here, "d", here, "d/e/new"), EINVAL);
	FAILS(syscall(SYS_renameat2, here, "d", here, "d/e/new", 0), EINVAL);
	FAILS(rename("f", "empty"), EISDIR);
	FAILS(renameat(here, "f", here, "empty"), EISDIR);
	FAILS(syscall(SYS_renameat2, here, "f", here, "empty", 0), EISDIR);
	FAILS(rename("empty", "f"), ENOTDIR);
	FAILS(renameat(here, "empty", here, "f"), ENOTDIR);
	FAILS(syscall(SYS_renameat2, here, "empty", here, "f", 0), ENOTDIR);
	FAILS(rename("empty", "d"), ENOTEMPTY);
	FAILS(renameat(here, "empty", here, "d"), ENOTEMPTY);
	FAILS(syscall(SYS_renameat2, here, "empty", here, "d", 0), ENOTEMPTY);
	FAILS(rename(".", "x"), EBUSY);
	FAILS(renameat(here, "d/..", here, "x"), EBUSY);
	FAILS(syscall(SYS_renameat2, here, "d", here, "x/..", 0), ENOENT);
	FAILS(syscall(SYS_renameat2, here, "d", here, "empty/.", 0), EBUSY);
	FAILS(rmdir("d"), ENOTEMPTY);
	FAILS(rmdir("d/."), EINVAL);
	FAILS(rmdir("d/e/.."), ENOTEMPTY);
	FAILS(unlinkat(here, "d", AT_REMOVEDIR), ENOTEMPTY);
	FAILS(unlinkat(here, "d", 0), EISDIR);
	FAILS(unlinkat(here, "f", AT_REMOVEDIR), ENOTDIR);
	FAILS(unlinkat(here, "f", 0x4000), EINVAL);
	FAILS(unlink("d"), EISDIR);
}

CASE(mount_point_is_busy)
{
	mount_ro(0);
	FAILS(rmdir("ro"), EBUSY);
	FAILS(unlinkat(AT_FDCWD, "ro", AT_REMOVEDIR), EBUSY);
	FAILS(rename("ro", "x"), EBUSY);
	FAILS(renameat(AT_FDCWD, "ro", AT_FDCWD, "x"), EBUSY);
	FAILS(syscall(SYS_renameat2, AT_FDCWD, "ro", AT_FDCWD, "x", 0), EBUSY);
	OK(chdir("ro"));
	FAILS(umount2("../ro", 0), EBUSY);
	OK(chdir(".."));
	OK(umount2("ro", 0));
	FAILS(umount2("ro", 0), EINVAL);
}

CASE(sticky_directory_of_others)
{
	need_root();
	OK(chmod(".", 0755));
	OK(mkdir("tmp", 01777));
	OK(chmod("tmp", 01777));
	put_file("tmp/f", "x");
	OK(chmod("tmp/f", 0666));
	OK(mkdir("tmp/d", 0777));
	EXITS(CHILD(become_nobody(); FAILS(unlink("tmp/f"), EPERM);
		    FAILS(unlinkat(AT_FDCWD, "tmp/f", 0), EPERM);
		    FAILS(rmdir("tmp/d"), EPERM);
		    FAILS(unlinkat(AT_FDCWD, "tmp/d", AT_REMOVEDIR), EPERM);
		    FAILS(rename("tmp/f", "tmp/g"), EPERM);
		    FAILS(renameat(AT_FDCWD, "tmp/f", AT_FDCWD, "tmp/g"),
			  EPERM);
		    FAILS(syscall(SYS_renameat2, AT_FDCWD, "tmp/f", AT_FDCWD,
				  "tmp/g", 0),
			  EPERM)),
	      0);
}

CASE(link_of_directory)
{
	OK(mkdir("d", 0755));
	FAILS(link("d", "e"), EPERM);
	FAILS(linkat(AT_FDCWD, "d", AT_FDCWD, "e", 0), EPERM);
	put_file("f", "x");
	FAILS(linkat(AT_FDCWD, "f", AT_FDCWD, "e", 0x40), EINVAL);
}

CASE(device_nodes_need_privilege)
{
	need_root();
	OK(chmod(".", 0777));
	EXITS(CHILD(become_nobody(); FAILS(mknod("c", S_IFCHR, 0x103), EPERM);
		    FAILS(mknodat(AT_FDCWD, "b", S_IFBLK, 0x103), EPERM);
		    FAILS(mknod("d", S_IFDIR, 0), EPERM);
		    FAILS(mknodat(AT_FDCWD, "x", 0xf000, 0), EINVAL)),
	      0);
}

CASE(descriptors_run_out)
{
	int pair[2];
	int fd = (int)OK(open(".", O_RDONLY));
	struct {
		long soft, hard;
	} limit;

	put_file("f", "x");
	OK(syscall(SYS_getrlimit, 7, &limit));
	limit.soft = fd + 1;
	OK(syscall(SYS_setrlimit, 7, &limit));
	FAILS(open("f", O_RDONLY), EMFILE);
	FAILS(openat(fd, "f", O_RDONLY), EMFILE);
	FAILS(syscall(SYS_creat, "g", 0600), EMFILE);
	FAILS(access("g", F_OK), ENOENT);
	FAILS(dup(fd), EMFILE);
	FAILS(fcntl(fd, F_DUPFD, 0), EMFILE);
	FAILS(fcntl(fd, F_DUPFD, limit.soft), EINVAL);
	FAILS(dup2(fd, fd + 1), EBADF);
	FAILS(dup3(fd, fd + 1, 0), EBADF);
	FAILS(syscall(SYS_pipe, pair), EMFILE);
	FAILS(pipe2(pair, 0), EMFILE);
	FAILS(syscall(SYS_epoll_create, 1), EMFILE);
	FAILS(syscall(SYS_epoll_create1, 0), EMFILE);
	FAILS(syscall(SYS_eventfd, 0), EMFILE);
	FAILS(syscall(SYS_eventfd2, 0, 0), EMFILE);
	FAILS(syscall(SYS_timerfd_create, 1, 0), EMFILE);
	FAILS(syscall(SYS_signalfd, -1, &(uint64_t){ 0 }, 8), EMFILE);
	FAILS(syscall(SYS_signalfd4, -1, &(uint64_t){ 0 }, 8, 0), EMFILE);
	FAILS(syscall(SYS_inotify_init), EMFILE);
	FAILS(syscall(SYS_inotify_init1, 0), EMFILE);
	FAILS(syscall(SYS_memfd_create, "m", 0), EMFILE);
	FAILS(syscall(SYS_pidfd_open, getpid(), 0), EMFILE);
	FAILS(syscall(SYS_socketpair, 1, 1, 0, pair), EMFILE);
	FAILS(syscall(SYS_socket, 1, 1, 0), EMFILE);
	CHECK_EQ(access("f", F_OK), 0);
}
