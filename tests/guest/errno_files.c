/* SPDX-License-Identifier: MIT */
/*
 * errno_files.c - calls on open files, refused: full file systems, the wrong
 * kind of file, limits, programs that run.
 */
#include "guest.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef O_TMPFILE
#define O_TMPFILE (020000000 | O_DIRECTORY)
#endif

static char buffer[1 << 16];

/* A file system of so many pages and inodes at "small". */
static void
mount_small(const char *options)
{
	need_root();
	OK(mkdir("small", 0755));
	OK(mount("none", "small", "tmpfs", 0, options));
}

static void
unmount_small(void)
{
	OK(umount("small"));
}

CASE(no_inode_left)
{
	mount_small("nr_inodes=3");
	put_file("small/f", "");
	put_file("small/g", "");
	FAILS(open("small/x", O_CREAT | O_WRONLY, 0600), ENOSPC);
	FAILS(syscall(SYS_openat, AT_FDCWD, "small/x", O_CREAT | O_WRONLY,
		      0600),
	      ENOSPC);
	FAILS(syscall(SYS_creat, "small/x", 0600), ENOSPC);
	FAILS(syscall(SYS_mkdir, "small/x", 0700), ENOSPC);
	FAILS(syscall(SYS_mkdirat, AT_FDCWD, "small/x", 0700), ENOSPC);
	FAILS(syscall(SYS_mknod, "small/x", S_IFIFO | 0600, 0), ENOSPC);
	FAILS(syscall(SYS_mknodat, AT_FDCWD, "small/x", S_IFIFO | 0600, 0),
	      ENOSPC);
	FAILS(syscall(SYS_symlink, "t", "small/x"), ENOSPC);
	FAILS(syscall(SYS_symlinkat, "t", AT_FDCWD, "small/x"), ENOSPC);
	FAILS(access("small/x", F_OK), ENOENT);
	OK(unlink("small/g"));
	OK(mkdir("small/x", 0700));
	unmount_small();
}

CASE(no_block_left)
{
	struct stat st;
	int fd, from;

	mount_small("size=16k");
	fd = (int)OK(open("small/f", O_CREAT | O_RDWR, 0600));
	CHECK_EQ(write(fd, buffer, sizeof(buffer)), 16384);
	FAILS(write(fd, buffer, 1), ENOSPC);
	FAILS(pwrite(fd, buffer, 1, 16384), ENOSPC);
	FAILS(writev(fd, &(struct iovec){ buffer, 1 }, 1), ENOSPC);
	CHECK_EQ(pwrite(fd, "again", 5, 0), 5);
	FAILS(fallocate(fd, 0, 0, 20480), ENOSPC);
	OK(fstat(fd, &st));
	CHECK_EQ(st.st_size, 16384);
	put_file("from", "something");
	from = (int)OK(open("from", O_RDONLY));
	FAILS(sendfile(fd, from, NULL, 9), ENOSPC);
	OK(ftruncate(fd, 4096));
	OK(fallocate(fd, 0, 0, 16384));
	OK(close(fd));
	unmount_small();
}

/* A shared mapping of a file that cannot grow any more. */
CASE(no_block_left_for_a_mapping)
{
	int fd;
	char *p;

	mount_small("size=8k");
	fd = (int)OK(open("small/f", O_CREAT | O_RDWR, 0600));
	OK(ftruncate(fd, 1 << 20));
	p = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(p != MAP_FAILED);
	p[0] = p[4096] = 1;
	DIES_BY(SIGBUS, p[8192] = 1);
	CHECK_EQ(p[4096], 1);
	OK(munmap(p, 1 << 20));
	OK(close(fd));
	unmount_small();
}

CASE(file_system_in_use_stays)
{
	int fd;

	mount_small("size=1m");
	put_file("small/f", "x");
	fd = (int)OK(open("small/f", O_WRONLY));
	FAILS(umount2("small", 0), EBUSY);
	FAILS(mount("none", "small", NULL, MS_REMOUNT | MS_RDONLY, NULL),
	      EBUSY);
	OK(write(fd, "y", 1));
	OK(close(fd));
	OK(mount("none", "small", NULL, MS_REMOUNT | MS_RDONLY, NULL));
	FAILS(open("small/f", O_WRONLY), EROFS);
	OK(mount("none", "small", NULL, MS_REMOUNT, NULL));
	OK(truncate("small/f", 0));
	FAILS(umount2("small", MNT_EXPIRE | MNT_FORCE), EINVAL);
	OK(umount2("small", 0));
}

CASE(mount_refused)
{
	need_root();
	OK(mkdir("d", 0755));
	put_file("f", "x");
	FAILS(mount("none", "d", "nosuchfs", 0, NULL), ENODEV);
	FAILS(mount("none", "d", "tmpfs", 0, "nosuchoption=1"), EINVAL);
	FAILS(mount("none", "d", "tmpfs", 0, "size=x"), EINVAL);
	FAILS(mount("none", "f", "tmpfs", 0, NULL), ENOTDIR);
	FAILS(mount("missing", "d", NULL, MS_BIND, NULL), ENOENT);
	FAILS(mount("f", "d", NULL, MS_BIND, NULL), ENOTDIR);
	FAILS(mount("none", "d", NULL, MS_REMOUNT, NULL), EINVAL);
	FAILS(mount("none", "d", (char *)8, 0, NULL), EFAULT);
	EXITS(CHILD(become_nobody();
		    FAILS(mount("none", "d", "tmpfs", 0, NULL), EPERM);
		    FAILS(umount2("/", 0), EPERM)),
	      0);
}

CASE(open_flags_refused)
{
	need_root();
	OK(chmod(".", 0777));
	put_file("f", "x");
	FAILS(open(".", O_TMPFILE | O_RDONLY, 0600), EINVAL);
	FAILS(syscall(SYS_openat, AT_FDCWD, ".", O_TMPFILE | O_RDONLY, 0600),
	      EINVAL);
	FAILS(open("/proc", O_TMPFILE | O_RDWR, 0600), EOPNOTSUPP);
	FAILS(syscall(SYS_openat, AT_FDCWD, "/proc", O_TMPFILE | O_RDWR, 0600),
	      EOPNOTSUPP);
	FAILS(open(".", O_WRONLY), EISDIR);
	FAILS(syscall(SYS_openat, AT_FDCWD, ".", O_RDWR), EISDIR);
	FAILS(syscall(SYS_creat, ".", 0600), EISDIR);
	FAILS(open("new/", O_CREAT | O_WRONLY, 0600), EISDIR);
	EXITS(CHILD(become_nobody();
		    FAILS(open("f", O_RDONLY | O_NOATIME), EPERM);
		    FAILS(syscall(SYS_openat, AT_FDCWD, "f", O_NOATIME),
			  EPERM)),
	      0);
}

CASE(fifo_and_device_opened)
{
	need_root();
	OK(mkfifo("fifo", 0600));
	FAILS(open("fifo", O_WRONLY | O_NONBLOCK), ENXIO);
	FAILS(syscall(SYS_openat, AT_FDCWD, "fifo", O_WRONLY | O_NONBLOCK),
	      ENXIO);
	OK(mknod("nodevice", S_IFCHR | 0600, 0xfe00));
	if (open("nodevice", O_RDONLY) != -1 || errno == EACCES)
		SKIP("no devices on this file system");
	FAILS(open("nodevice", O_RDONLY), ENXIO);
	FAILS(syscall(SYS_creat, "nodevice", 0600), ENXIO);
}

/* A running program is not written to. */
CASE(running_program_is_busy)
{
	static char copy[4096];
	int in, out, running[2];
	ssize_t n;
	pid_t pid;

	in = (int)OK(open(self_path(), O_RDONLY));
	out = (int)OK(open("program", O_CREAT | O_WRONLY, 0755));
	while ((n = OK(read(in, copy, sizeof(copy)))) > 0)
		OK(write(out, copy, (size_t)n));
	OK(fchmod(out, 0755));
	/* Nor is one that is written to executed. */
	FAILS(execl("./program", "program", NULL), ETXTBSY);
	FAILS(syscall(SYS_execveat, AT_FDCWD, "program",
		      (char *[]){ "p", NULL }, NULL, 0),
	      ETXTBSY);
	OK(close(out));
	OK(pipe(running));
	pid = CHILD(dup2(running[1], 1); close(running[0]);
		    execl("./program", "program", "--as", "wait", NULL));
	OK(close(running[1]));
	OK(read(running[0], copy, 1));
	FAILS(open("program", O_WRONLY), ETXTBSY);
	FAILS(syscall(SYS_openat, AT_FDCWD, "program", O_RDWR), ETXTBSY);
	FAILS(syscall(SYS_creat, "program", 0600), ETXTBSY);
	FAILS(truncate("program", 0), ETXTBSY);
	OK(kill(pid, SIGKILL));
	DIES(pid, SIGKILL);
	OK(truncate("program", 0));
}

int
guest_as(const char *what, int argc, char **argv)
{
	(void)argc;
	(void)argv;
	if (strcmp(what, "wait"))
		return 1;
	if (write(1, "r", 1) != 1)
		return 1;
	for (;;)
		pause();
}

CASE(files_have_a_largest_size)
{
	const off_t beyond = LLONG_MAX;
	int fd = (int)OK(open("f", O_CREAT | O_RDWR, 0600));

	FAILS(fallocate(fd, 0, beyond - 4096, 8192), EFBIG);
	FAILS(fallocate(fd, 0, 0, 0), EINVAL);
	FAILS(fallocate(fd, 0, -1, 1), EINVAL);
	FAILS(fallocate(fd, 0x1000, 0, 1), EOPNOTSUPP);
	FAILS(lseek(fd, 0, SEEK_DATA), ENXIO);
	FAILS(lseek(fd, 1, SEEK_HOLE), ENXIO);
	FAILS(lseek(fd, -1, SEEK_SET), EINVAL);
	FAILS(lseek(fd, 0, 77), EINVAL);
}

/* RLIMIT_FSIZE: the error, and a signal beside it. */
CASE(files_have_a_limit)
{
	struct rlimit limit = { 4096, 4096 };
	int fd, from;

	put_file("from", "x");
	from = (int)OK(open("from", O_RDONLY));
	fd = (int)OK(open("f", O_CREAT | O_RDWR, 0600));
	signal(SIGXFSZ, SIG_IGN);
	OK(setrlimit(RLIMIT_FSIZE, &limit));
	FAILS(ftruncate(fd, 4097), EFBIG);
	FAILS(truncate("f", 4097), EFBIG);
	FAILS(fallocate(fd, 0, 4096, 1), EFBIG);
	CHECK_EQ(write(fd, buffer, 8192), 4096);
	FAILS(write(fd, "x", 1), EFBIG);
	FAILS(syscall(SYS_copy_file_range, from, NULL, fd, NULL, 1, 0), EFBIG);
	FAILS(sendfile(fd, from, NULL, 1), EFBIG);
	signal(SIGXFSZ, SIG_DFL);
	DIES_BY(SIGXFSZ, write(fd, "x", 1));
}

CASE(copy_file_range_refused)
{
	int pipes[2];
	int fd, dir, append, out;

	put_file("f", "content");
	fd = (int)OK(open("f", O_RDWR));
	out = (int)OK(open("out", O_CREAT | O_RDWR, 0600));
	dir = (int)OK(open(".", O_RDONLY));
	append = (int)OK(open("out", O_WRONLY | O_APPEND));
	OK(pipe(pipes));
#define COPY(a, b, flags) \
	syscall(SYS_copy_file_range, a, NULL, b, NULL, 4, flags)
	FAILS(COPY(dir, out, 0), EISDIR);
	FAILS(COPY(pipes[0], out, 0), EINVAL);
	FAILS(COPY(fd, pipes[1], 0), EINVAL);
	FAILS(COPY(fd, append, 0), EBADF);
	FAILS(COPY(fd, 999, 0), EBADF);
	FAILS(COPY(fd, out, 1), EINVAL);
	FAILS(syscall(SYS_copy_file_range, fd, &(off_t){ 0 }, fd, &(off_t){ 1 },
		      4, 0),
	      EINVAL);
	OK(COPY(fd, out, 0));
}

CASE(sendfile_refused)
{
	static char page[4096];
	int pipes[2];
	int fd;

	put_file("f", "content");
	fd = (int)OK(open("f", O_RDONLY));
	OK(pipe2(pipes, O_NONBLOCK));
	while (write(pipes[1], page, sizeof(page)) > 0)
		;
	FAILS(sendfile(pipes[1], fd, NULL, 4), EAGAIN);
	FAILS(sendfile(pipes[1], pipes[0], &(off_t){ 0 }, 4), ESPIPE);
	FAILS(sendfile(pipes[1], fd, &(off_t){ -1 }, 4), EINVAL);
	FAILS(sendfile(fd, fd, NULL, 4), EBADF);
	FAILS(sendfile(pipes[1], 999, NULL, 4), EBADF);
	FAILS(sendfile(pipes[1], fd, (off_t *)8, 4), EFAULT);
}

/* Vectors with flags that nobody knows. */
CASE(vector_flags_refused)
{
	struct iovec v = { buffer, 4 };
	int fd;

	put_file("f", "content");
	fd = (int)OK(open("f", O_RDWR));
	FAILS(syscall(SYS_preadv2, fd, &v, 1, 0, 0, 1 << 30), EOPNOTSUPP);
	FAILS(syscall(SYS_pwritev2, fd, &v, 1, 0, 0, 1 << 30), EOPNOTSUPP);
	CHECK_EQ(syscall(SYS_preadv2, fd, &v, 1, 2, 0, 0), 4);
	CHECK_EQ(syscall(SYS_pwritev2, fd, &v, 1, 0, 0, 0), 4);
	CHECK_EQ(syscall(SYS_pwritev, fd, &v, 1, 3, 0), 4);
	FAILS(syscall(SYS_pwritev, fd, &v, 1, -1L, 0), EINVAL);
	FAILS(syscall(SYS_pwritev, fd, &v, 1025, 0, 0), EINVAL);
}

CASE(descriptor_of_the_wrong_kind)
{
	struct epoll_event event;
	struct statfs fs;
	int pipes[2];
	int dir, path;

	OK(pipe(pipes));
	dir = (int)OK(open(".", O_RDONLY));
	path = (int)OK(open(".", O_PATH));
	FAILS(read(dir, buffer, 1), EISDIR);
	FAILS(syscall(SYS_getdents, pipes[0], buffer, 100), ENOTDIR);
	FAILS(syscall(SYS_getdents64, pipes[0], buffer, 100), ENOTDIR);
	FAILS(fchdir(pipes[0]), ENOTDIR);
	FAILS(lseek(pipes[0], 0, SEEK_SET), ESPIPE);
	FAILS(pread(pipes[0], buffer, 1, 0), ESPIPE);
	FAILS(fsync(pipes[0]), EINVAL);
	FAILS(fdatasync(pipes[0]), EINVAL);
	FAILS(ftruncate(pipes[1], 0), EINVAL);
	FAILS(fallocate(pipes[1], 0, 0, 1), ESPIPE);
	FAILS(fallocate(dir, 0, 0, 1), EBADF);
	FAILS(read(path, buffer, 1), EBADF);
	FAILS(syscall(SYS_fchmod, path, 0700), EBADF);
	FAILS(ioctl(dir, 0x12345678), ENOTTY);
	FAILS(syscall(SYS_epoll_wait, dir, &event, 1, 0), EINVAL);
	FAILS(syscall(SYS_epoll_wait, 999, &event, 1, 0), EBADF);
	FAILS(syscall(SYS_epoll_pwait2, 999, &event, 1, NULL, NULL, 8), EBADF);
	OK(fstatfs(dir, &fs));
	OK(fchown(dir, (uid_t)-1, (gid_t)-1));
	FAILS(fstatfs(999, &fs), EBADF);
}

CASE(events_to_nowhere)
{
	struct epoll_event e = { .events = EPOLLIN };
	int watcher = (int)OK(epoll_create1(0));
	int pipes[2];

	OK(pipe(pipes));
	OK(epoll_ctl(watcher, EPOLL_CTL_ADD, pipes[0], &e));
	CHECK_EQ(syscall(SYS_epoll_wait, watcher, &e, 1, 0), 0);
	OK(write(pipes[1], "x", 1));
	CHECK_EQ(syscall(SYS_epoll_wait, watcher, &e, 1, 0), 1);
	FAILS(syscall(SYS_epoll_wait, watcher, (void *)8, 1, 0), EFAULT);
	FAILS(syscall(SYS_epoll_wait, watcher, &e, 0, 0), EINVAL);
}

CASE(directory_removed_while_open)
{
	int fd;

	OK(mkdir("d", 0700));
	fd = (int)OK(open("d", O_RDONLY));
	OK(syscall(SYS_getdents, fd, buffer, sizeof(buffer)));
	OK(lseek(fd, 0, SEEK_SET));
	FAILS(syscall(SYS_getdents, fd, buffer, 1), EINVAL);
	FAILS(syscall(SYS_getdents64, fd, buffer, 1), EINVAL);
	FAILS(syscall(SYS_getdents, fd, (void *)8, 4096), EFAULT);
	OK(rmdir("d"));
	FAILS(syscall(SYS_getdents, fd, buffer, sizeof(buffer)), ENOENT);
	FAILS(syscall(SYS_getdents64, fd, buffer, sizeof(buffer)), ENOENT);
}

CASE(directory_closed_to_us)
{
	int fd;

	need_root();
	OK(chmod(".", 0755));
	OK(mkdir("d", 0700));
	fd = (int)OK(open("d", O_RDONLY));
	EXITS(CHILD(become_nobody(); FAILS(fchdir(fd), EACCES)), 0);
}

CASE(pipe_sizes_refused)
{
	static char page[4096];
	int pipes[2];

	need_root();
	OK(pipe2(pipes, O_NONBLOCK));
	for (int i = 0; i < 3; i++)
		OK(write(pipes[1], page, sizeof(page)));
	FAILS(fcntl(pipes[0], F_SETPIPE_SZ, 4096), EBUSY);
	FAILS(fcntl(pipes[0], F_SETPIPE_SZ, 0x80000001u), EINVAL);
	EXITS(CHILD(become_nobody();
		    FAILS(fcntl(pipes[0], F_SETPIPE_SZ, 1 << 24), EPERM)),
	      0);
	FAILS(fcntl(pipes[0], 4242), EINVAL);
	FAILS(syscall(SYS_pipe2, pipes, 0x4000000), EINVAL);
	FAILS(syscall(SYS_pipe2, (int *)8, 0), EFAULT);
}

CASE(descriptors_run_out_for_pairs)
{
	struct rlimit limit;
	int pipes[2];
	int fd = (int)OK(open(".", O_RDONLY));

	OK(getrlimit(RLIMIT_NOFILE, &limit));
	limit.rlim_cur = (rlim_t)fd + 2;
	OK(setrlimit(RLIMIT_NOFILE, &limit));
	FAILS(syscall(SYS_pipe2, pipes, 0), EMFILE);
	FAILS(syscall(SYS_pipe, pipes), EMFILE);
	CHECK_EQ(OK(dup(fd)), fd + 1);
}

CASE(select_of_no_descriptor)
{
	fd_set set;

	FD_ZERO(&set);
	FD_SET(200, &set);
	FAILS(syscall(SYS_select, 201, &set, NULL, NULL, NULL), EBADF);
	FAILS(syscall(SYS_pselect6, 201, NULL, &set, NULL, NULL, NULL), EBADF);
	FAILS(syscall(SYS_pselect6, -1, NULL, NULL, NULL, NULL, NULL), EINVAL);
	FAILS(syscall(SYS_pselect6, 1, (void *)8, NULL, NULL, NULL, NULL),
	      EFAULT);
}

/* --- mappings of files --------------------------------------------------- */

CASE(mappings_need_the_right_descriptor)
{
	void *p;
	int fd, pipes[2];

	put_file("f", "x");
	OK(pipe(pipes));
	fd = (int)OK(open("f", O_RDONLY));
	p = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
	CHECK(p != MAP_FAILED);
	FAILS(mprotect(p, PAGE, PROT_READ | PROT_WRITE), EACCES);
	FAILS(mmap(NULL, PAGE, PROT_WRITE, MAP_SHARED, fd, 0), EACCES);
	FAILS(mmap(NULL, PAGE, PROT_READ, MAP_SHARED, pipes[0], 0), ENODEV);
	FAILS(mmap(NULL, PAGE, PROT_READ, MAP_SHARED, 999, 0), EBADF);
	FAILS(msync(p, PAGE, MS_ASYNC | MS_SYNC), EINVAL);
	FAILS(msync((char *)p + 1, PAGE, MS_SYNC), EINVAL);
}

CASE(locked_memory_has_a_limit)
{
	struct rlimit limit = { 8 * PAGE, 8 * PAGE };

	need_root();
	OK(setrlimit(RLIMIT_MEMLOCK, &limit));
	EXITS(CHILD(become_nobody(); char *p = anon(4 * PAGE);
		    OK(mlock(p, 4 * PAGE));
		    FAILS(mmap(NULL, 16 * PAGE, PROT_READ,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED, -1, 0),
			  EAGAIN);
		    FAILS(mremap(p, 4 * PAGE, 16 * PAGE, MREMAP_MAYMOVE),
			  EAGAIN);
		    FAILS(mlock(anon(16 * PAGE), 16 * PAGE), ENOMEM);
		    FAILS(msync(p, PAGE, MS_INVALIDATE), EBUSY);
		    OK(munlock(p, 4 * PAGE));
		    OK(msync(p, PAGE, MS_INVALIDATE))),
	      0);
}

/* --- extended attributes, by path, link and descriptor ------------------- */

CASE(attributes_refused)
{
	int fd, dev;

	need_root();
	put_file("f", "x");
	OK(symlink("f", "l"));
	fd = (int)OK(open("f", O_RDWR));
	dev = (int)OK(open("/dev/null", O_RDWR));
	OK(syscall(SYS_lsetxattr, "l", "trusted.a", "12345", 5, 0));
	OK(syscall(SYS_fsetxattr, fd, "trusted.a", "12345", 5, 0));
	FAILS(syscall(SYS_lsetxattr, "l", "trusted.a", "1", 1, 1), EEXIST);
	FAILS(syscall(SYS_fsetxattr, fd, "trusted.a", "1", 1, 1), EEXIST);
	FAILS(syscall(SYS_lsetxattr, "l", "trusted.b", "1", 1, 2), ENODATA);
	FAILS(syscall(SYS_fsetxattr, fd, "trusted.b", "1", 1, 2), ENODATA);
	FAILS(syscall(SYS_lsetxattr, "l", "nospace.a", "1", 1, 0), EOPNOTSUPP);
	FAILS(syscall(SYS_fsetxattr, fd, "nospace.a", "1", 1, 0), EOPNOTSUPP);
	FAILS(syscall(SYS_lsetxattr, "l", "", "1", 1, 0), ERANGE);
	FAILS(syscall(SYS_fsetxattr, fd, "", "1", 1, 0), ERANGE);
	FAILS(syscall(SYS_lsetxattr, "l", "user.a", "1", 1, 0), EPERM);
	FAILS(syscall(SYS_fsetxattr, dev, "user.a", "1", 1, 0), EPERM);
	CHECK_EQ(syscall(SYS_lgetxattr, "l", "trusted.a", buffer, 5), 5);
	CHECK_EQ(syscall(SYS_fgetxattr, fd, "trusted.a", buffer, 5), 5);
	FAILS(syscall(SYS_lgetxattr, "l", "trusted.a", buffer, 4), ERANGE);
	FAILS(syscall(SYS_fgetxattr, fd, "trusted.a", buffer, 4), ERANGE);
	FAILS(syscall(SYS_getxattr, "f", "nospace.a", buffer, 4), EOPNOTSUPP);
	FAILS(syscall(SYS_lgetxattr, "l", "nospace.a", buffer, 4), EOPNOTSUPP);
	FAILS(syscall(SYS_fgetxattr, fd, "nospace.a", buffer, 4), EOPNOTSUPP);
	FAILS(syscall(SYS_llistxattr, "l", buffer, 1), ERANGE);
	FAILS(syscall(SYS_flistxattr, fd, buffer, 1), ERANGE);
	FAILS(syscall(SYS_removexattr, "f", "nospace.a"), EOPNOTSUPP);
	FAILS(syscall(SYS_lremovexattr, "l", "nospace.a"), EOPNOTSUPP);
	FAILS(syscall(SYS_fremovexattr, fd, "nospace.a"), EOPNOTSUPP);
	FAILS(syscall(SYS_lremovexattr, "l", "trusted.b"), ENODATA);
	FAILS(syscall(SYS_fremovexattr, fd, "trusted.b"), ENODATA);
	OK(syscall(SYS_lremovexattr, "l", "trusted.a"));
	OK(syscall(SYS_fremovexattr, fd, "trusted.a"));
}

CASE(no_room_to_copy_into)
{
	int from, to, other;

	mount_small("size=8k");
	other = (int)OK(open("other", O_CREAT | O_RDWR, 0600));
	from = (int)OK(open("small/from", O_CREAT | O_RDWR, 0600));
	OK(write(from, buffer, 4096));
	to = (int)OK(open("small/to", O_CREAT | O_RDWR, 0600));
	OK(write(to, buffer, 4096));
	FAILS(syscall(SYS_copy_file_range, from, &(off_t){ 0 }, to, NULL, 4096,
		      0),
	      ENOSPC);
	FAILS(syscall(SYS_copy_file_range, from, &(off_t){ 0 }, other, NULL, 1,
		      0),
	      EXDEV);
	OK(close(to));
	OK(close(from));
	unmount_small();
}

CASE(special_files_made)
{
	struct stat st;

	OK(syscall(SYS_mknodat, AT_FDCWD, "fifo", S_IFIFO | 0600, 0));
	OK(syscall(SYS_symlinkat, "fifo", AT_FDCWD, "link"));
	OK(stat("link", &st));
	CHECK(S_ISFIFO(st.st_mode));
	OK(syscall(SYS_mknodat, AT_FDCWD, "file", S_IFREG | 0600, 0));
	CHECK_EQ(syscall(SYS_readlinkat, AT_FDCWD, "link", buffer, 64), 4);
}
