/* SPDX-License-Identifier: MIT */
/*
 * badptr.c - every pointer argument of every call at every bad address.
 *
 * A row of the table is a call that would do well with good arguments.  One
 * pointer at a time is replaced; the call has to say EFAULT, or succeed where
 * the address is good enough, or fail for a reason the row names.  What it
 * must never do is to hang, to write to read-only memory, or to hurt more
 * than the process.  Kinds of arguments, one letter each:
 *
 *	p  memory the kernel may write or read	s  path of a file
 *	B  memory that is read; good: blocks	l  path of a symbolic link
 *	T  timeout: NULL would block		d  path of a directory
 *	i  the next of the row's numbers
 */
#include "guest.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Numbers that stand for something made when the test runs. */
enum {
	FD_FILE = 100, /* open for reading and writing */
	FD_OTHER,      /* another */
	FD_DIR,        /* a directory */
	FD_PIPE,       /* read end with a byte in it */
	FD_CONSOLE,    /* a terminal, if there is one */
	SELF = -77,    /* the process itself */
	AREA = -78,    /* a mapped page */
	AT = AT_FDCWD,
};

struct row {
	long nr;
	const char *name;
	const char *kinds;
	long numbers[5];
	int also[4]; /* errors beside EFAULT that are right, too */
	void (*prepare)(void);
};

#define ROW(name, ...)                         \
	{                                      \
		SYS_##name, #name, __VA_ARGS__ \
	}

/* A dead child to be waited for. */
static void
zombie(void)
{
	siginfo_t info;
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT);
}

static void
reap(void)
{
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	zombie();
}

static const struct row rows[] = {
	ROW(read, "ipi", { FD_FILE, 4000 }),
	ROW(write, "ipi", { FD_FILE, 4000 }),
	ROW(open, "sii", { O_RDONLY, 0 }),
	ROW(stat, "sp", { 0 }),
	ROW(fstat, "ip", { FD_FILE }),
	ROW(lstat, "sp", { 0 }),
	ROW(poll, "pii", { 1, 0 }),
	ROW(rt_sigaction, "ippi", { SIGUSR1, 8 }, { EINVAL }),
	ROW(rt_sigprocmask, "ippi", { SIG_BLOCK, 8 }),
	ROW(ioctl, "iip", { FD_PIPE, 0x541b }),
	ROW(ioctl, "iip", { FD_CONSOLE, 0x5401 }, { ENOTTY, EBADF, EIO }),
	ROW(ioctl, "iip", { FD_CONSOLE, 0x5413 }, { ENOTTY, EBADF, EIO }),
	ROW(ioctl, "iip", { FD_CONSOLE, 0x540f }, { ENOTTY, EBADF, EIO }),
	ROW(pread64, "ipii", { FD_FILE, 4000, 0 }),
	ROW(pwrite64, "ipii", { FD_FILE, 4000, 0 }),
	ROW(readv, "ipi", { FD_FILE, 2 }, { EINVAL }),
	ROW(writev, "ipi", { FD_FILE, 2 }, { EINVAL }),
	ROW(access, "si", { 0 }),
	ROW(pipe, "p", { 0 }),
	ROW(select, "ipppT", { 1 }, { EBADF, EINVAL }),
	ROW(mincore, "iip", { AREA, 4096 }),
	ROW(nanosleep, "Tp", { 0 }, { EINVAL }),
	ROW(getitimer, "ip", { 0 }),
	ROW(setitimer, "ipp", { 0 }, { EINVAL }),
	ROW(sendfile, "iipi", { FD_OTHER, FD_FILE, 10 }, { EINVAL }),
	ROW(clone, "iippi", { 0x1000000 | 0x100000 | SIGCHLD, 0, 0 }),
	ROW(execve, "spp", { 0 }, { ENOENT }),
	ROW(wait4, "ipip", { -1, WNOHANG }, { 0 }, reap),
	ROW(uname, "p", { 0 }),
	ROW(fcntl, "iip", { FD_FILE, 5 /* F_GETLK */ }, { EINVAL }),
	ROW(truncate, "si", { 20 }),
	ROW(getdents, "ipi", { FD_DIR, 4000 }),
	ROW(getcwd, "pi", { 4000 }),
	ROW(chdir, "s", { 0 }, { ENOTDIR }),
	ROW(rename, "ss", { 0 }),
	ROW(mkdir, "si", { 0700 }, { EEXIST }),
	ROW(rmdir, "s", { 0 }, { ENOTDIR }),
	ROW(creat, "si", { 0755 }),
	ROW(link, "ss", { 0 }, { EEXIST }),
	ROW(unlink, "s", { 0 }),
	ROW(symlink, "ss", { 0 }, { EEXIST }),
	ROW(readlink, "lpi", { 100 }, { EINVAL }),
	ROW(chmod, "si", { 0755 }),
	ROW(chown, "sii", { -1, -1 }),
	ROW(lchown, "sii", { -1, -1 }),
	ROW(gettimeofday, "pp", { 0 }),
	ROW(getrlimit, "ip", { 7 }),
	ROW(getrusage, "ip", { 0 }),
	ROW(sysinfo, "p", { 0 }),
	ROW(times, "p", { 0 }),
	ROW(syslog, "ipi", { 3, 100 }, { EPERM, EINVAL }),
	ROW(getgroups, "ip", { 64 }),
	ROW(setgroups, "ip", { 1 }, { EPERM, EINVAL }),
	ROW(getresuid, "ppp", { 0 }),
	ROW(getresgid, "ppp", { 0 }),
	ROW(capget, "pp", { 0 }, { EINVAL }),
	ROW(rt_sigpending, "pi", { 8 }),
	ROW(rt_sigtimedwait, "ppTi", { 8 }, { EAGAIN, EINVAL }),
	ROW(rt_sigqueueinfo, "iip", { SELF, SIGWINCH }, { EPERM }),
	ROW(rt_tgsigqueueinfo, "iiip", { SELF, SELF, SIGWINCH }, { EPERM }),
	ROW(rt_sigsuspend, "Bi", { 8 }),
	ROW(sigaltstack, "pp", { 0 }, { EINVAL, ENOMEM }),
	ROW(utime, "sp", { 0 }),
	ROW(mknod, "sii", { S_IFIFO | 0600, 0 }, { EEXIST }),
	ROW(statfs, "sp", { 0 }),
	ROW(fstatfs, "ip", { FD_FILE }),
	ROW(sched_setparam, "ip", { 0 }, { EINVAL }),
	ROW(sched_getparam, "ip", { 0 }, { EINVAL }),
	ROW(sched_setscheduler, "iip", { 0, 0 }, { EINVAL }),
	ROW(sched_rr_get_interval, "ip", { 0 }),
	ROW(prctl, "ip", { 15 }),
	ROW(prctl, "ip", { 16 }),
	ROW(prctl, "ip", { 2 /* PR_GET_PDEATHSIG */ }),
	ROW(arch_prctl, "ip", { 0x1003 }),
	ROW(arch_prctl, "ip", { 0x1001 /* ARCH_SET_GS */ }, { EPERM }),
	ROW(setrlimit, "ip", { 7 }, { EPERM, EINVAL }),
	ROW(chroot, "s", { 0 }, { ENOTDIR, EPERM }),
	ROW(settimeofday, "pp", { 0 }, { EINVAL, EPERM }),
	ROW(mount, "sdsip", { 0 }, { ENODEV, EPERM, ENOENT, EINVAL }),
	ROW(umount2, "si", { 0 }, { EINVAL, EPERM, ENOENT }),
	ROW(sethostname, "pi", { 1 }, { EPERM }),
	ROW(setdomainname, "pi", { 1 }, { EPERM }),
	ROW(time, "p", { 0 }),
	ROW(futex, "piiTpi", { 0, 1, 0 }, { EAGAIN, EINVAL }),
	ROW(futex, "piiipi", { 1, 1, 0, 0 }, { EINVAL }),
	ROW(sched_setaffinity, "iip", { 0, 8 }, { EINVAL }),
	ROW(sched_getaffinity, "iip", { 0, 128 }),
	ROW(getdents64, "ipi", { FD_DIR, 4000 }),
	ROW(set_tid_address, "p", { 0 }),
	ROW(clock_settime, "ip", { 0 }, { EINVAL, EPERM }),
	ROW(clock_gettime, "ip", { 1 }),
	ROW(clock_getres, "ip", { 1 }),
	ROW(clock_nanosleep, "iiTp", { 1, 0 }, { EINVAL }),
	ROW(utimes, "sp", { 0 }, { EINVAL }),
	ROW(waitid, "iipip", { P_ALL, 0, WEXITED | WNOHANG }, { 0 }, reap),
	ROW(openat, "isii", { AT, O_RDONLY, 0 }),
	ROW(mkdirat, "isi", { AT, 0700 }, { EEXIST }),
	ROW(mknodat, "isii", { AT, S_IFIFO | 0600, 0 }, { EEXIST }),
	ROW(fchownat, "isiii", { AT, -1, -1, 0 }),
	ROW(futimesat, "isp", { AT }, { EINVAL }),
	ROW(newfstatat, "ispi", { AT, 0 }),
	ROW(unlinkat, "isi", { AT, 0 }),
	ROW(renameat, "isis", { AT, AT }),
	ROW(linkat, "isisi", { AT, AT, 0 }, { EEXIST }),
	ROW(symlinkat, "sis", { AT }, { EEXIST }),
	ROW(readlinkat, "ilpi", { AT, 100 }, { EINVAL }),
	ROW(fchmodat, "isi", { AT, 0755 }),
	ROW(faccessat, "isi", { AT, 0 }),
	ROW(pselect6, "ipppTp", { 1 }, { EBADF, EINVAL }),
	ROW(ppoll, "piTpi", { 1, 8 }, { EINVAL }),
	ROW(set_robust_list, "pi", { 24 }),
	ROW(get_robust_list, "ipp", { 0 }),
	ROW(utimensat, "ispi", { AT, 0 }, { EINVAL }),
	ROW(pipe2, "pi", { 0 }),
	ROW(preadv, "ipiii", { FD_FILE, 2, 0, 0 }, { EINVAL }),
	ROW(pwritev, "ipiii", { FD_FILE, 2, 0, 0 }, { EINVAL }),
	ROW(prlimit64, "iipp", { 0, 7 }, { EPERM, EINVAL }),
	ROW(getcpu, "ppp", { 0 }),
	ROW(renameat2, "isisi", { AT, AT, 0 }),
	ROW(getrandom, "pii", { 100, 0 }),
	ROW(execveat, "isppi", { AT, 0 }, { ENOENT }),
	ROW(copy_file_range, "ipipii", { FD_FILE, FD_OTHER, 10, 0 },
	    { EINVAL }),
	ROW(statx, "isiip", { AT, 0, 0x7ff }),
	ROW(clone3, "pi", { 64 }, { EINVAL, E2BIG }),
	ROW(faccessat2, "isii", { AT, 0, 0 }),
};

/* --- memory to point at --------------------------------------------------- */

#define READ_ONLY_FILL 0xff

static char *good[6];   /* a page of zeroes for each argument */
static char *read_only; /* "f", then READ_ONLY_FILL */
static char *hole;      /* the first byte of nothing */
static char *area;

static unsigned long bad[16];
static size_t bad_count;

static void
make_memory(void)
{
	for (size_t i = 0; i < COUNT(good); i++)
		good[i] = anon(2 * PAGE);
	area = anon(PAGE);
	read_only = anon(PAGE);
	memset(read_only, READ_ONLY_FILL, PAGE);
	strcpy(read_only, "f");
	OK(mprotect(read_only, PAGE, PROT_READ));
	hole = before_hole(); /* last, so that nothing fills it */
	bad[bad_count++] = 0;
	bad[bad_count++] = 1;
	bad[bad_count++] = (unsigned long)hole;
	bad[bad_count++] = (unsigned long)hole - 1;
	bad[bad_count++] = (unsigned long)read_only;
	bad[bad_count++] = 0x7fffffffefff;     /* the last byte of user space */
	bad[bad_count++] = 0x7ffffffff000;     /* the page behind it */
	bad[bad_count++] = 0x800000000000;     /* not canonical */
	bad[bad_count++] = 0x8000000000000000; /* not canonical */
	bad[bad_count++] = 0xffff800000000000; /* the kernel's half */
	bad[bad_count++] = 0xffffffff80000000; /* where kernels live */
	bad[bad_count++] = (unsigned long)-4096; /* an error number's page */
	bad[bad_count++] = (unsigned long)-1;
}

static void
place(long fd, int at)
{
	if (fd < 0)
		return;
	OK(dup2((int)fd, at));
	OK(close((int)fd));
}

static void
make_files(void)
{
	int fds[2];

	put_file("f", "#!/absent\n");
	OK(chmod("f", 0755));
	OK(symlink("target", "l"));
	OK(mkdir("d", 0755));
	place(OK(open("file", O_RDWR | O_CREAT, 0600)), FD_FILE);
	place(OK(open("other", O_RDWR | O_CREAT, 0600)), FD_OTHER);
	place(OK(open(".", O_RDONLY)), FD_DIR);
	OK(pipe(fds));
	place(fds[0], FD_PIPE);
	OK(write(fds[1], "x", 1));
	place(open("/dev/console", O_RDONLY | O_NOCTTY | O_NONBLOCK),
	      FD_CONSOLE);
}

/* Calls before may have taken it away. */
static void
refresh(void)
{
	int fd = open("f", O_WRONLY | O_CREAT, 0755);

	if (fd >= 0 && write(fd, "#!/absent\n", 10) < 0)
		fd = -1;
	close(fd);
	hole[-1] = 'x'; /* a string that starts there runs into the hole */
	lseek(FD_FILE, 0, SEEK_SET);
	lseek(FD_DIR, 0, SEEK_SET);
}

static long
number(long n)
{
	if (n == SELF)
		return getpid();
	return n == AREA ? (long)area : n;
}

/* Good arguments for the row; returns how many there are. */
static size_t
arguments(const struct row *row, long *a)
{
	const long *next = row->numbers;
	size_t n = strlen(row->kinds);

	for (size_t i = 0; i < n; i++) {
		memset(good[i], 0, PAGE);
		a[i] = (long)good[i];
		switch (row->kinds[i]) {
		case 'i':
			a[i] = number(*next++);
			break;
		case 's':
		case 'd':
		case 'l':
			good[i][0] = row->kinds[i] == 's' ? 'f' : row->kinds[i];
			break;
		}
	}
	return n;
}

static bool
allowed(const struct row *row, int error)
{
	for (size_t i = 0; i < COUNT(row->also); i++) {
		if (row->also[i] && row->also[i] == error)
			return true;
	}
	return error == EFAULT;
}

static bool
worth_trying(char kind, unsigned long value)
{
	if (kind == 'T' && !value)
		return false;
	return kind != 'B' || value != (unsigned long)read_only;
}

static void
check_read_only(const struct row *row)
{
	if (read_only[0] != 'f' || read_only[1] ||
	    (unsigned char)read_only[2] != READ_ONLY_FILL)
		guest_fail(__FILE__, __LINE__, "%s wrote to read-only memory",
			   row->name);
}

/* Returns whether the kernel has the call. */
static bool
try_one(const struct row *row, size_t position, unsigned long value)
{
	long a[6] = { 0 }, r;

	refresh();
	if (row->prepare)
		row->prepare();
	arguments(row, a);
	a[position] = (long)value;
	r = syscall(row->nr, a[0], a[1], a[2], a[3], a[4], a[5]);
	if (!r && (row->nr == SYS_clone || row->nr == SYS_clone3))
		_exit(0);
	if (r == -1 && errno == ENOSYS)
		return false;
	if (r == -1 && !allowed(row, errno))
		guest_fail(__FILE__, __LINE__, "%s, argument %zu at %#lx",
			   row->name, position, value);
	check_read_only(row);
	return true;
}

static void
try_row(const struct row *row)
{
	alarm(5);
	/* so that the host keeps its name */
	unshare(CLONE_NEWUTS | CLONE_NEWNS);
	for (size_t i = 0; row->kinds[i]; i++) {
		if (row->kinds[i] == 'i')
			continue;
		for (size_t j = 0; j < bad_count; j++) {
			if (worth_trying(row->kinds[i], bad[j]) &&
			    !try_one(row, i, bad[j]))
				_exit(42);
		}
	}
}

CASE(every_pointer_of_every_call)
{
	unsigned missing = 0;

	guest_limit(120);
	make_memory();
	make_files();
	for (size_t i = 0; i < COUNT(rows); i++) {
		int status;
		pid_t pid = CHILD({ try_row(&rows[i]); });

		CHECK_EQ(waitpid(pid, &status, 0), pid);
		if (WIFSIGNALED(status))
			guest_fail(__FILE__, __LINE__, "%s: died of %d",
				   rows[i].name, WTERMSIG(status));
		if (WEXITSTATUS(status) == STATUS_SAID)
			_exit(STATUS_SAID);
		missing += WEXITSTATUS(status) == 42;
	}
	CHECK(missing < 5);
}

/* Buffers inside iovecs are pointers, too. */
CASE(buffers_of_vectors)
{
	struct {
		unsigned long base, length;
	} v[2];
	int fd;

	make_memory();
	put_file("g", "0123456789");
	fd = (int)OK(open("g", O_RDWR));
	for (size_t i = 0; i < bad_count; i++) {
		if (bad[i] == (unsigned long)read_only)
			continue;
		v[0].base = (unsigned long)good[0];
		v[0].length = 2;
		v[1].base = bad[i];
		v[1].length = 100;
		OK(lseek(fd, 0, SEEK_SET));
		/* the first part may be done, or nothing at all */
		errno = 0;
		if (syscall(SYS_readv, fd, v, 2) < 0)
			CHECK_EQ(errno, EFAULT);
		v[0].base = bad[i];
		v[0].length = 100;
		OK(lseek(fd, 0, SEEK_SET));
		if (syscall(SYS_writev, fd, v, 1) < 0)
			CHECK_EQ(errno, EFAULT);
	}
}

/* Strings of exec, at the end of what is mapped. */
CASE(strings_of_exec)
{
	char *argv[3] = { "f", NULL, NULL };

	make_memory();
	make_files();
	hole[-1] = 'x';
	for (size_t i = 0; i < bad_count; i++) {
		if (!bad[i] || bad[i] == (unsigned long)read_only)
			continue;
		argv[1] = (char *)bad[i];
		errno = 0;
		syscall(SYS_execve, "f", argv, NULL);
		if (errno != EFAULT)
			guest_fail(__FILE__, __LINE__, "a string at %#lx",
				   bad[i]);
	}
}

/* A string that ends with the last mapped byte is fine. */
CASE(string_up_to_a_hole)
{
	make_memory();
	put_file("f", "x");
	memcpy(hole - 2, "f", 2);
	OK(access(hole - 2, F_OK));
	hole[-1] = 'x';
	FAILS(syscall(SYS_access, hole - 2, F_OK), EFAULT);
}

/* Half a transfer: what was copied before the hole is counted. */
CASE(reads_up_to_a_hole)
{
	int fd = (int)OK(open("/dev/zero", O_RDONLY)), fds[2];

	make_memory();
	CHECK_EQ(syscall(SYS_read, fd, hole - 10, 10), 10);
	errno = 0;
	if (syscall(SYS_read, fd, hole - 10, 20) < 0)
		CHECK_EQ(errno, EFAULT);
	OK(pipe(fds));
	OK(write(fds[1], "0123456789", 10));
	FAILS(syscall(SYS_read, fds[0], hole, 5), EFAULT);
	/* a failed read has taken nothing */
	CHECK_EQ(read(fds[0], good[0], 10), 10);
}
