/* SPDX-License-Identifier: MIT */
/*
 * prctl.c - what prctl(2) sets of a task, a process and its memory.
 */
#include "guest.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

CASE(prctl_name)
{
	char name[17] = "";

	OK(prctl(PR_SET_NAME, "a name that is far too long"));
	OK(prctl(PR_GET_NAME, name));
	CHECK(!strcmp(name, "a name that is "));
	get_file("/proc/self/comm", name, sizeof(name));
	CHECK(!strcmp(name, "a name that is \n"));
	FAILS(prctl(PR_SET_NAME, 8), EFAULT);
	FAILS(prctl(PR_GET_NAME, 8), EFAULT);
}

CASE(prctl_death_signal)
{
	int signal = -1, fds[2];
	pid_t parent;

	OK(prctl(PR_SET_PDEATHSIG, SIGTERM));
	OK(prctl(PR_GET_PDEATHSIG, &signal));
	CHECK_EQ(signal, SIGTERM);
	EXITS(CHILD(OK(prctl(PR_GET_PDEATHSIG, &signal)); CHECK_EQ(signal, 0)),
	      0);
	FAILS(prctl(PR_SET_PDEATHSIG, 65), EINVAL);
	FAILS(prctl(PR_GET_PDEATHSIG, 8), EFAULT);
	OK(prctl(PR_SET_CHILD_SUBREAPER, 1));
	OK(pipe(fds));
	parent = CHILD(CHILD(OK(prctl(PR_SET_PDEATHSIG, SIGUSR1));
			     write(fds[1], "x", 1); pause());
		       read(fds[0], &signal, 1));
	EXITS(parent, 0);
	OK(waitpid(-1, &signal, 0)); /* ours now */
	CHECK(WIFSIGNALED(signal));
	CHECK_EQ(WTERMSIG(signal), SIGUSR1);
}

CASE(prctl_dumpable)
{
	CHECK_EQ(prctl(PR_GET_DUMPABLE), 1);
	OK(prctl(PR_SET_DUMPABLE, 0));
	CHECK_EQ(prctl(PR_GET_DUMPABLE), 0);
	EXITS(CHILD(CHECK_EQ(prctl(PR_GET_DUMPABLE), 0)), 0);
	FAILS(prctl(PR_SET_DUMPABLE, 2), EINVAL);
	FAILS(prctl(PR_SET_DUMPABLE, 3), EINVAL);
}

static void *
look_at_no_new_privs(void *arg)
{
	*(int *)arg = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	return NULL;
}

CASE(prctl_no_new_privs)
{
	pthread_t t;
	int seen = -1;

	CHECK_EQ(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 0);
	CHECK(!pthread_create(&t, NULL, look_at_no_new_privs, &seen));
	CHECK(!pthread_join(t, NULL));
	CHECK_EQ(seen, 0);
	CHECK_EQ(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 0); /* a task's */
	FAILS(prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0), EINVAL);
	FAILS(prctl(PR_SET_NO_NEW_PRIVS, 1, 1, 0, 0), EINVAL);
	FAILS(prctl(PR_GET_NO_NEW_PRIVS, 1, 0, 0, 0), EINVAL);
	OK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	CHECK_EQ(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 1);
	EXITS(CHILD(CHECK_EQ(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 1)), 0);
}

CASE(prctl_subreaper)
{
	int on = -1;

	OK(prctl(PR_GET_CHILD_SUBREAPER, &on));
	CHECK_EQ(on, 0);
	OK(prctl(PR_SET_CHILD_SUBREAPER, 7));
	OK(prctl(PR_GET_CHILD_SUBREAPER, &on));
	CHECK_EQ(on, 1);
	EXITS(CHILD(OK(prctl(PR_GET_CHILD_SUBREAPER, &on)); CHECK_EQ(on, 0)),
	      0);
	FAILS(prctl(PR_GET_CHILD_SUBREAPER, 8), EFAULT);
}

CASE(prctl_timer_slack)
{
	CHECK_EQ(prctl(PR_GET_TIMERSLACK), 50000);
	OK(prctl(PR_SET_TIMERSLACK, 1));
	CHECK_EQ(prctl(PR_GET_TIMERSLACK), 1);
	EXITS(CHILD(CHECK_EQ(prctl(PR_GET_TIMERSLACK), 1);
		    OK(prctl(PR_SET_TIMERSLACK, 5));
		    OK(prctl(PR_SET_TIMERSLACK, 0));
		    CHECK_EQ(prctl(PR_GET_TIMERSLACK), 1)),
	      0);
	OK(prctl(PR_SET_TIMERSLACK, 0));
	CHECK_EQ(prctl(PR_GET_TIMERSLACK), 50000);
}

CASE(prctl_timing_and_tsc)
{
	int mode = 0;

	CHECK_EQ(prctl(PR_GET_TIMING), 0);
	OK(prctl(PR_SET_TIMING, PR_TIMING_STATISTICAL));
	FAILS(prctl(PR_SET_TIMING, PR_TIMING_TIMESTAMP), EINVAL);
	OK(prctl(PR_GET_TSC, &mode));
	CHECK_EQ(mode, PR_TSC_ENABLE);
	OK(prctl(PR_SET_TSC, PR_TSC_ENABLE));
	FAILS(prctl(PR_SET_TSC, 9), EINVAL);
}

CASE(prctl_no_huge_pages)
{
	CHECK_EQ(prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0), 0);
	OK(prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0));
	CHECK_EQ(prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0), 1);
	EXITS(CHILD(CHECK_EQ(prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0), 1)), 0);
	FAILS(prctl(PR_SET_THP_DISABLE, 1, 0, 0, 1), EINVAL);
	FAILS(prctl(PR_GET_THP_DISABLE, 1, 0, 0, 0), EINVAL);
}

CASE(prctl_tid_address)
{
	int tid, *address = NULL;

	syscall(SYS_set_tid_address, &tid);
	OK(prctl(PR_GET_TID_ADDRESS, &address));
	CHECK(address == &tid);
	FAILS(prctl(PR_GET_TID_ADDRESS, 8), EFAULT);
}

CASE(prctl_speculation)
{
	FAILS(prctl(PR_GET_SPECULATION_CTRL, 99, 0, 0, 0), ENODEV);
	FAILS(prctl(PR_SET_SPECULATION_CTRL, 99, 2, 0, 0), ENODEV);
	FAILS(prctl(PR_GET_SPECULATION_CTRL, 0, 1, 0, 0), EINVAL);
	FAILS(prctl(PR_SET_SPECULATION_CTRL, 0, 2, 1, 0), EINVAL);
	OK(prctl(PR_GET_SPECULATION_CTRL, 0, 0, 0, 0));
	OK(prctl(PR_GET_SPECULATION_CTRL, 1, 0, 0, 0));
}

CASE(prctl_where_the_arguments_are)
{
	static char text[] = "new\0words";
	char line[64];

	need_root();
	/* Below the stack, where the old end is. */
	if (prctl(PR_SET_MM, PR_SET_MM_ARG_START, text, 0, 0) && errno == EPERM)
		SKIP("no CAP_SYS_RESOURCE");
	OK(prctl(PR_SET_MM, PR_SET_MM_ARG_END, text + sizeof(text), 0, 0));
	CHECK_EQ(get_file("/proc/self/cmdline", line, sizeof(line)),
		 sizeof(text));
	CHECK(!memcmp(line, text, sizeof(text)));
	FAILS(prctl(PR_SET_MM, PR_SET_MM_ARG_START, text + 20, 0, 0), EINVAL);
	FAILS(prctl(PR_SET_MM, PR_SET_MM_ARG_START, 8, 0, 0), EINVAL);
	FAILS(prctl(PR_SET_MM, 99, text, 0, 0), EINVAL);
	FAILS(prctl(PR_SET_MM, PR_SET_MM_ARG_START, text, 0, 1), EINVAL);
}

CASE(prctl_of_the_unprivileged)
{
	need_root();
	become_nobody();
	FAILS(prctl(PR_SET_MM, PR_SET_MM_ARG_START, 0x10000, 0, 0), EPERM);
}

CASE(prctl_unknown)
{
	FAILS(prctl(123456, 0, 0, 0, 0), EINVAL);
	FAILS(prctl(-1, 0, 0, 0, 0), EINVAL);
	FAILS(prctl(PR_SET_ENDIAN, 0, 0, 0, 0), EINVAL);
	FAILS(prctl(PR_SET_UNALIGN, 0, 0, 0, 0), EINVAL);
}
