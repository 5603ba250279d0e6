/* SPDX-License-Identifier: MIT */
/*
 * strace_proc.c - /proc/PID/strace: system calls in the log, by process; and
 * what the log says of calls and flags that are not there.
 */
#include "guest.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static char text[1 << 20];

static void
need_strace(void)
{
	need_root();
	if (access("/proc/self/strace", F_OK))
		SKIP("no /proc/PID/strace");
}

static long
set_strace(const char *value)
{
	int fd = open("/proc/self/strace", O_WRONLY);
	long n;

	if (fd < 0)
		return -1;
	n = write(fd, value, strlen(value));
	close(fd);
	return n;
}

/* Is there a line of the log with all three in this order? */
static bool
log_has(const char *a, const char *b, const char *c)
{
	int n = klogctl(3, text, sizeof(text) - 1);
	char *save, *line;

	CHECK(n >= 0);
	text[n] = '\0';
	for (line = strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		char *at = strstr(line, a);

		at = at ? strstr(at, b) : NULL;
		if (at && strstr(at, c))
			return true;
	}
	return false;
}

CASE(off_at_first)
{
	need_strace();
	get_file("/proc/self/strace", text, sizeof(text));
	CHECK(!strcmp(text, "off\n"));
}

CASE(calls_are_decoded)
{
	char me[64];

	need_strace();
	snprintf(me, sizeof(me), "strace_proc[%d] ", getpid());
	CHECK_EQ(set_strace("on"), 2);
	get_file("/proc/self/strace", text, sizeof(text));
	CHECK(!strcmp(text, "on\n"));
	CHECK_EQ(open("/no/such/file", O_RDWR | O_CREAT | O_CLOEXEC, 0640), -1);
	CHECK(munmap(anon(PAGE), PAGE) == 0);
	OK(set_strace("off"));
	CHECK(log_has(me, "(\"/no/such/file\", O_RDWR|O_CREAT",
		      "O_CLOEXEC, 0640) = -2 ENOENT"));
	CHECK(log_has(me, "mmap(",
		      "PROT_READ|PROT_WRITE, "
		      "MAP_PRIVATE|MAP_ANONYMOUS"));
}

CASE(children_are_traced_on_demand)
{
	char line[64];
	pid_t pid;

	need_strace();
	OK(set_strace("on"));
	pid = CHILD({ getppid(); });
	EXITS(pid, 0);
	snprintf(line, sizeof(line), "[%d] ", pid);
	CHECK(!log_has("strace: ", line, "getppid"));
	OK(set_strace("children"));
	pid = CHILD({ getppid(); });
	EXITS(pid, 0);
	OK(set_strace("off"));
	snprintf(line, sizeof(line), "[%d] ", pid);
	CHECK(log_has("strace: ", line, "getppid"));
}

CASE(others_are_not_traced)
{
	char line[64];
	pid_t pid;
	int fds[2];
	char c;

	need_strace();
	OK(pipe(fds));
	pid = CHILD({
		CHECK_EQ(read(fds[0], &c, 1), 1);
		getppid();
	});
	OK(set_strace("on"));
	CHECK_EQ(write(fds[1], "x", 1), 1);
	EXITS(pid, 0);
	OK(set_strace("off"));
	snprintf(line, sizeof(line), "[%d] ", pid);
	CHECK(!log_has("strace: ", line, "("));
}

CASE(nonsense_is_refused)
{
	need_strace();
	FAILS(set_strace("perhaps"), EINVAL);
	FAILS(set_strace(""), EINVAL);
}

CASE(it_is_for_the_keeper_of_the_log)
{
	need_strace();
	become_nobody();
	CHECK_EQ(set_strace("on"), -1);
	CHECK(errno == EACCES || errno == EPERM);
}

CASE(unknown_calls_are_reported_once)
{
	need_strace();
	FAILS(syscall(1000), ENOSYS);
	CHECK(log_has("syscall: 1000 is not implemented", "strace_proc",
		      "at 0x"));
	CHECK_EQ(klogctl(5, NULL, 0), 0); /* clear */
	FAILS(syscall(1000), ENOSYS);
	CHECK(!log_has("syscall: 1000", "", ""));
}

CASE(unknown_flags_are_reported_once)
{
	need_strace();
	FAILS(mprotect(anon(PAGE), PAGE, 0x4000), EINVAL);
	CHECK(log_has("syscall: mprotect: argument 3: 0x4000", "strace_proc",
		      "at 0x"));
	CHECK_EQ(klogctl(5, NULL, 0), 0);
	FAILS(mprotect(anon(PAGE), PAGE, 0x4000), EINVAL);
	CHECK(!log_has("syscall: mprotect", "", ""));
	/* Known flags that are wrong for another reason are no news. */
	FAILS(syscall(SYS_mprotect, 1, PAGE, PROT_READ), EINVAL);
	CHECK(!log_has("syscall: mprotect", "", ""));
}
