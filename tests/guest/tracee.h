/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * tracee.h - what the families of ptrace(2) share: a child that is traced, and
 * waiting for its stops.
 */

#include <elf.h>
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest.h"

#ifndef PTRACE_GET_SYSCALL_INFO
#define PTRACE_GET_SYSCALL_INFO 0x420e
#endif
#ifndef PTRACE_SYSEMU
#define PTRACE_SYSEMU            31
#define PTRACE_SYSEMU_SINGLESTEP 32
#endif
#ifndef __WALL
#define __WALL      0x40000000
#define __WCLONE    0x80000000
#define __WNOTHREAD 0x20000000
#endif
#define EVENT_STOP  128
#define DEBUGREG(n) (848 + 8 * (n))
#define UNUSED      __attribute__((unused))

/* The raw call: PEEK requests store at data, errors are -1 and errno. */
UNUSED static long
pt(long op, pid_t pid, uintptr_t addr, uintptr_t data)
{
	return syscall(SYS_ptrace, op, (long)pid, addr, data);
}

/* Wait until pid stops; what it reports, above the 0x7f. */
UNUSED static int
stop_of(pid_t pid)
{
	int status;

	CHECK_EQ(OK(waitpid(pid, &status, __WALL)), pid);
	if (!WIFSTOPPED(status))
		guest_fail(__FILE__, __LINE__, "%d does not stop: %#x", pid,
			   (unsigned)status);
	return status >> 8;
}

#define EVENT(e) (SIGTRAP | (e) << 8)

/* A child that is traced by us and stopped; it goes on in fn, exits with 0. */
UNUSED static pid_t
tracee(void (*fn)(void))
{
	pid_t pid = (pid_t)OK(fork());

	if (!pid) {
		if (pt(PTRACE_TRACEME, 0, 0, 0))
			_exit(90);
		syscall(SYS_kill, syscall(SYS_getpid), SIGSTOP);
		fn();
		_exit(0);
	}
	CHECK_EQ(stop_of(pid), SIGSTOP);
	return pid;
}

UNUSED static void
go(long op, pid_t pid, int signal)
{
	OK(pt(op, pid, 0, (uintptr_t)signal));
}

UNUSED static struct user_regs_struct
regs_of(pid_t pid)
{
	struct user_regs_struct r;

	OK(pt(PTRACE_GETREGS, pid, 0, (uintptr_t)&r));
	return r;
}

UNUSED static void
set_regs(pid_t pid, const struct user_regs_struct *r)
{
	OK(pt(PTRACE_SETREGS, pid, 0, (uintptr_t)r));
}

UNUSED static uint64_t
peek_user(pid_t pid, size_t offset)
{
	uint64_t v = 0;

	OK(pt(PTRACE_PEEKUSER, pid, offset, (uintptr_t)&v));
	return v;
}

UNUSED static void
kill_tracee(pid_t pid)
{
	int status;

	OK(kill(pid, SIGKILL));
	/* Stops that were on their way may come first. */
	do
		CHECK_EQ(OK(waitpid(pid, &status, __WALL)), pid);
	while (WIFSTOPPED(status));
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

UNUSED static void
sleep_for_ever(void)
{
	for (;;)
		pause();
}

/* The "State:" letter, or "TracerPid:" and its kin as a number. */
UNUSED static char
state_of(pid_t pid)
{
	char path[40], text[4096], *at;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	get_file(path, text, sizeof(text));
	at = strstr(text, "State:\t");
	return at ? at[7] : 0;
}
