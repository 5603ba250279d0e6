/* SPDX-License-Identifier: MIT */

/*
 * process_vm.c - looking at another process: process_vm_readv(2),
 * process_vm_writev(2), kcmp(2), /proc/PID/mem.
 */

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mman.h>

#include "tracee.h"

enum {
	KCMP_FILE,
	KCMP_VM,
	KCMP_FILES,
	KCMP_FS,
	KCMP_SIGHAND
};

static volatile char text[8192] = "what it is";
static const volatile char constant[64] = "constant";

static long
read_vm(pid_t pid, void *to, const volatile void *from, size_t n)
{
	struct iovec l = { to, n }, r = { (void *)(uintptr_t)from, n };

	return syscall(SYS_process_vm_readv, pid, &l, 1, &r, 1, 0);
}

static long
write_vm(pid_t pid, const volatile void *to, const void *from, size_t n)
{
	struct iovec l = { (void *)(uintptr_t)from, n },
		     r = { (void *)(uintptr_t)to, n };

	return syscall(SYS_process_vm_writev, pid, &l, 1, &r, 1, 0);
}

static pid_t
sleeper(void)
{
	return CHILD(sleep_for_ever());
}

static void
done(pid_t pid)
{
	OK(kill(pid, SIGKILL));
	DIES(pid, SIGKILL);
}

/* --- process_vm --- */

CASE(bytes_are_copied)
{
	pid_t pid = sleeper();
	char buf[32];

	CHECK_EQ(read_vm(pid, buf, text, 11), 11);
	CHECK(!strcmp(buf, "what it is"));
	CHECK_EQ(write_vm(pid, text, "what it was", 12), 12);
	CHECK_EQ(read_vm(pid, buf, text, 12), 12);
	CHECK(!strcmp(buf, "what it was"));
	CHECK(!strcmp((char *)(uintptr_t)text, "what it is"));
	done(pid);
}

CASE(vectors_need_not_match)
{
	static char src[10000], dst[10000];
	struct iovec l[3] = { { dst, 1 },
			      { dst + 1, 5000 },
			      { dst + 5001, 4999 } };
	struct iovec r[3] = { { src, 4097 },
			      { NULL, 0 },
			      { src + 4097, 5903 } };
	pid_t pid;

	for (size_t i = 0; i < sizeof(src); i++)
		src[i] = (char)(i * 7 + i / 256);
	pid = sleeper();
	CHECK_EQ(syscall(SYS_process_vm_readv, pid, l, 3, r, 3, 0), 10000);
	CHECK(!memcmp(src, dst, sizeof(src)));
	CHECK_EQ(syscall(SYS_process_vm_readv, pid, l, 1, r, 3, 0), 1);
	CHECK_EQ(syscall(SYS_process_vm_readv, pid, l, 0, r, 3, 0), 0);
	CHECK_EQ(syscall(SYS_process_vm_readv, pid, l, 3, r, 0, 0), 0);
	done(pid);
}

CASE(holes_end_it)
{
	char *edge = before_hole(), buf[16384];
	pid_t pid = sleeper();

	CHECK_EQ(read_vm(pid, buf, edge - 100, 200), 100);
	FAILS(read_vm(pid, buf, edge, 10), EFAULT);
	FAILS(read_vm(pid, buf, NULL, 10), EFAULT);
	FAILS(read_vm(pid, buf, (void *)0xffffffff80000000, 10), EFAULT);
	FAILS(read_vm(pid, NULL, text, 10), EFAULT);
	CHECK_EQ(read_vm(pid, edge - 100, text, 200), 100);
	done(pid);
}

/* Unlike ptrace(2): what the program may not do is not done for others. */
CASE(protection_holds)
{
	char *none =
		mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *fixed = anon(4096), c;
	pid_t pid;

	*fixed = 'c';
	OK(mprotect(fixed, 4096, PROT_READ));
	pid = sleeper();
	FAILS(write_vm(pid, fixed, "x", 1), EFAULT);
	FAILS(write_vm(pid, (void *)done, "x", 1), EFAULT);
	CHECK_EQ(read_vm(pid, &c, fixed, 1), 1);
	CHECK_EQ(c, 'c');
	FAILS(read_vm(pid, &c, none, 1), EFAULT);
	done(pid);
}

CASE(arguments_are_checked)
{
	struct iovec v = { (void *)(uintptr_t)text, 8 }, big[2] = {
		{ (void *)(uintptr_t)text, ~0ul >> 1 },
		{ (void *)(uintptr_t)text, ~0ul >> 1 },
	};
	pid_t pid = sleeper();

	FAILS(syscall(SYS_process_vm_readv, pid, &v, 1, &v, 1, 1), EINVAL);
	FAILS(syscall(SYS_process_vm_readv, pid, &v, 1025, &v, 1, 0), EINVAL);
	FAILS(syscall(SYS_process_vm_readv, pid, &v, 1, &v, 1025, 0), EINVAL);
	FAILS(syscall(SYS_process_vm_readv, pid, &v, 1, 8, 1, 0), EFAULT);
	FAILS(syscall(SYS_process_vm_readv, pid, 8, 1, &v, 1, 0), EFAULT);
	big[0].iov_len = ~0ul;
	FAILS(syscall(SYS_process_vm_writev, pid, &v, 1, big, 2, 0), EINVAL);
	FAILS(syscall(SYS_process_vm_readv, 0x3ffffe, &v, 1, &v, 1, 0), ESRCH);
	done(pid);
	FAILS(syscall(SYS_process_vm_readv, pid, &v, 1, &v, 1, 0), ESRCH);
}

CASE(strangers_may_not_look)
{
	pid_t pid;

	need_root();
	pid = sleeper();
	EXITS(CHILD({
		      char path[40], c;

		      become_nobody();
		      FAILS(read_vm(pid, &c, text, 1), EPERM);
		      FAILS(write_vm(pid, text, &c, 1), EPERM);
		      FAILS(syscall(SYS_kcmp, getpid(), pid, KCMP_VM, 0, 0),
			    EPERM);
		      snprintf(path, sizeof(path), "/proc/%d/mem", pid);
		      FAILS(open(path, O_RDONLY), EACCES);
	      }),
	      0);
	done(pid);
}

/* --- /proc/PID/mem --- */

static int
open_mem(pid_t pid)
{
	char path[40];

	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	return (int)OK(open(path, O_RDWR));
}

CASE(mem_is_read_and_written)
{
	char *edge = before_hole(), buf[64];
	pid_t pid = sleeper();
	int fd = open_mem(pid);

	CHECK_EQ(pread(fd, buf, 11, (off_t)(uintptr_t)text), 11);
	CHECK(!strcmp(buf, "what it is"));
	CHECK_EQ(pwrite(fd, "forced", 7, (off_t)(uintptr_t)constant), 7);
	CHECK_EQ(pread(fd, buf, 7, (off_t)(uintptr_t)constant), 7);
	CHECK(!strcmp(buf, "forced"));
	CHECK(!strcmp((char *)(uintptr_t)constant, "constant"));
	CHECK_EQ(pread(fd, buf, 64, (off_t)(uintptr_t)edge - 10), 10);
	FAILS(pread(fd, buf, 8, (off_t)(uintptr_t)edge), EIO);
	FAILS(pwrite(fd, buf, 8, 0), EIO);
	CHECK_EQ(lseek(fd, (off_t)(uintptr_t)text, SEEK_SET),
		 (off_t)(uintptr_t)text);
	CHECK_EQ(read(fd, buf, 4), 4);
	CHECK(!memcmp(buf, "what", 4));
	FAILS(pread(fd, (void *)8, 4, (off_t)(uintptr_t)text), EFAULT);
	done(pid);
	CHECK(pread(fd, buf, 4, (off_t)(uintptr_t)text) <= 0);
	close(fd);
}

/* --- kcmp --- */

static long
kcmp(pid_t a, pid_t b, int type, long x, long y)
{
	return syscall(SYS_kcmp, a, b, type, x, y);
}

CASE(files_are_compared)
{
	int fd = (int)OK(open("f", O_RDWR | O_CREAT, 0600));
	int copy = (int)OK(dup(fd)), other = (int)OK(open("f", O_RDONLY));
	pid_t self = getpid(), pid = sleeper();
	long order = OK(kcmp(self, self, KCMP_FILE, fd, other));

	CHECK_EQ(kcmp(self, self, KCMP_FILE, fd, copy), 0);
	CHECK_EQ(kcmp(self, pid, KCMP_FILE, fd, fd), 0);
	CHECK(order == 1 || order == 2);
	CHECK_EQ(kcmp(self, self, KCMP_FILE, other, fd), 3 - order);
	FAILS(kcmp(self, self, KCMP_FILE, 999, fd), EBADF);
	FAILS(kcmp(self, self, KCMP_FILE, fd, -1), EBADF);
	FAILS(kcmp(self, self, 99, 0, 0), EINVAL);
	FAILS(kcmp(self, 0x3ffffe, KCMP_VM, 0, 0), ESRCH);
	done(pid);
}

static int
child_fn(UNUSED void *arg)
{
	sleep_for_ever();
	return 0;
}

CASE(parts_are_compared)
{
	static char stack[65536];
	pid_t self = getpid(), forked = sleeper();
	pid_t twin = (pid_t)OK(clone(child_fn, stack + sizeof(stack),
				     CLONE_VM | CLONE_FILES | CLONE_FS |
					     CLONE_SIGHAND | SIGCHLD,
				     NULL));

	for (int type = KCMP_VM; type <= KCMP_SIGHAND; type++) {
		CHECK_EQ(kcmp(self, self, type, 0, 0), 0);
		CHECK_EQ(kcmp(self, twin, type, 0, 0), 0);
		CHECK(kcmp(self, forked, type, 0, 0) > 0);
	}
	done(twin);
	done(forked);
}
