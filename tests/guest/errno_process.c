/* SPDX-License-Identifier: MIT */
/*
 * errno_process.c - calls about processes, users, limits, signals and time,
 * refused: who may ask, whom it is about, what is asked.
 */
#include "guest.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Above pid_max for ever. */
#define NOBODY 0x7ffffff0

static char buffer[4096];

static pid_t
sleeper(void)
{
	return CHILD(for (;;) pause());
}

static void
end(pid_t pid)
{
	OK(kill(pid, SIGKILL));
	DIES(pid, SIGKILL);
}

/* --- signals ------------------------------------------------------------- */

static siginfo_t
queued(int signal, int code)
{
	siginfo_t info;

	memset(&info, 0, sizeof(info));
	info.si_signo = signal;
	info.si_code = code;
	return info;
}

CASE(signals_to_nobody)
{
	siginfo_t info = queued(SIGUSR1, SI_QUEUE);

	FAILS(kill(NOBODY, 0), ESRCH);
	FAILS(kill(-NOBODY, 0), ESRCH);
	FAILS(syscall(SYS_tkill, NOBODY, 0), ESRCH);
	FAILS(syscall(SYS_tgkill, NOBODY, NOBODY, 0), ESRCH);
	FAILS(syscall(SYS_tgkill, getpid(), NOBODY, 0), ESRCH);
	FAILS(syscall(SYS_rt_sigqueueinfo, NOBODY, SIGUSR1, &info), ESRCH);
	FAILS(syscall(SYS_rt_tgsigqueueinfo, NOBODY, NOBODY, SIGUSR1, &info),
	      ESRCH);
}

CASE(signals_that_are_none)
{
	siginfo_t info = queued(65, SI_QUEUE);
	pid_t me = getpid();

	FAILS(kill(me, 65), EINVAL);
	FAILS(kill(me, -1), EINVAL);
	FAILS(syscall(SYS_tkill, me, 65), EINVAL);
	FAILS(syscall(SYS_tkill, 0, SIGUSR1), EINVAL);
	FAILS(syscall(SYS_tkill, -1, SIGUSR1), EINVAL);
	FAILS(syscall(SYS_tgkill, me, me, 65), EINVAL);
	FAILS(syscall(SYS_tgkill, 0, me, SIGUSR1), EINVAL);
	FAILS(syscall(SYS_tgkill, me, -1, SIGUSR1), EINVAL);
	FAILS(syscall(SYS_rt_sigqueueinfo, me, 65, &info), EINVAL);
	FAILS(syscall(SYS_rt_tgsigqueueinfo, me, me, 65, &info), EINVAL);
	FAILS(syscall(SYS_rt_tgsigqueueinfo, 0, me, SIGUSR1, &info), EINVAL);
	FAILS(syscall(SYS_rt_tgsigqueueinfo, me, 0, SIGUSR1, &info), EINVAL);
	FAILS(syscall(SYS_rt_sigqueueinfo, me, SIGUSR1, (void *)8), EFAULT);
	FAILS(syscall(SYS_rt_tgsigqueueinfo, me, me, SIGUSR1, (void *)8),
	      EFAULT);
}

CASE(signals_to_others)
{
	siginfo_t info = queued(SIGUSR1, SI_QUEUE);
	pid_t other;

	need_root();
	other = sleeper();
	EXITS(CHILD(become_nobody(); FAILS(kill(other, 0), EPERM);
		    FAILS(syscall(SYS_tkill, other, SIGUSR1), EPERM);
		    FAILS(syscall(SYS_tgkill, other, other, SIGUSR1), EPERM);
		    FAILS(syscall(SYS_rt_sigqueueinfo, other, SIGUSR1, &info),
			  EPERM);
		    FAILS(syscall(SYS_rt_tgsigqueueinfo, other, other, SIGUSR1,
				  &info),
			  EPERM)),
	      0);
	/* A forged sender: only to oneself. */
	info.si_code = SI_USER;
	FAILS(syscall(SYS_rt_sigqueueinfo, other, SIGUSR1, &info), EPERM);
	FAILS(syscall(SYS_rt_tgsigqueueinfo, other, other, SIGUSR1, &info),
	      EPERM);
	info.si_code = SI_TKILL;
	FAILS(syscall(SYS_rt_sigqueueinfo, other, SIGUSR1, &info), EPERM);
	end(other);
}

CASE(signal_queue_is_full)
{
	siginfo_t info = queued(SIGRTMIN, SI_QUEUE);
	struct rlimit limit = { 3, 3 };
	uint64_t all = ~0ull;
	pid_t me;

	need_root();
	EXITS(CHILD(become_nobody(); me = getpid();
		    OK(syscall(SYS_rt_sigprocmask, SIG_BLOCK, &all, NULL, 8));
		    OK(setrlimit(RLIMIT_SIGPENDING, &limit)); int sent = 0;
		    while (sent < 100 && syscall(SYS_rt_sigqueueinfo, me,
						 SIGRTMIN, &info) == 0) sent++;
		    CHECK(sent <= 3);
		    FAILS(syscall(SYS_rt_sigqueueinfo, me, SIGRTMIN, &info),
			  EAGAIN);
		    FAILS(syscall(SYS_rt_tgsigqueueinfo, me, me, SIGRTMIN,
				  &info),
			  EAGAIN);
		    FAILS(syscall(SYS_tkill, me, SIGRTMIN), EAGAIN);
		    FAILS(syscall(SYS_tgkill, me, me, SIGRTMIN), EAGAIN);
		    /* kill() and ordinary signals need no room. */
		    OK(kill(me, SIGRTMIN));
		    OK(syscall(SYS_tkill, me, SIGUSR1))),
	      0);
}

CASE(signal_calls_with_bad_arguments)
{
	uint64_t set = 0;

	FAILS(syscall(SYS_rt_sigaction, 65, NULL, NULL, 8), EINVAL);
	FAILS(syscall(SYS_rt_sigaction, SIGKILL, buffer, NULL, 8), EINVAL);
	FAILS(syscall(SYS_rt_sigaction, SIGUSR1, NULL, NULL, 4), EINVAL);
	FAILS(syscall(SYS_rt_sigaction, SIGUSR1, (void *)8, NULL, 8), EFAULT);
	FAILS(syscall(SYS_rt_sigprocmask, 99, &set, NULL, 8), EINVAL);
	FAILS(syscall(SYS_rt_sigprocmask, 0, &set, NULL, 16), EINVAL);
	FAILS(syscall(SYS_rt_sigprocmask, 0, (void *)8, NULL, 8), EFAULT);
	FAILS(syscall(SYS_rt_sigpending, &set, 9), EINVAL);
	FAILS(syscall(SYS_rt_sigpending, (void *)8, 8), EFAULT);
	FAILS(syscall(SYS_rt_sigsuspend, &set, 4), EINVAL);
	FAILS(syscall(SYS_rt_sigsuspend, (void *)8, 8), EFAULT);
	FAILS(syscall(SYS_rt_sigtimedwait, &set, NULL, NULL, 4), EINVAL);
	FAILS(syscall(SYS_rt_sigtimedwait, &set, NULL,
		      &(struct timespec){ 0, -1 }, 8),
	      EINVAL);
	FAILS(syscall(SYS_rt_sigtimedwait, &set, NULL,
		      &(struct timespec){ 0, 1 }, 8),
	      EAGAIN);
	FAILS(syscall(SYS_signalfd, 999, &set, 8), EBADF);
	FAILS(syscall(SYS_signalfd, 0, &set, 4), EINVAL);
	OK(syscall(SYS_signalfd, -1, &set, 8));
}

/* --- users --------------------------------------------------------------- */

CASE(ids_of_others_refused)
{
	need_root();
	EXITS(CHILD(become_nobody(); FAILS(syscall(SYS_setuid, 0), EPERM);
		    FAILS(syscall(SYS_setgid, 0), EPERM);
		    FAILS(syscall(SYS_setreuid, 0, 0), EPERM);
		    FAILS(syscall(SYS_setregid, 0, 0), EPERM);
		    FAILS(syscall(SYS_setresuid, 1, 2, 3), EPERM);
		    FAILS(syscall(SYS_setresgid, 1, 2, 3), EPERM);
		    FAILS(syscall(SYS_setgroups, 1, &(gid_t){ 0 }), EPERM);
		    FAILS(syscall(SYS_sethostname, "x", 1), EPERM);
		    FAILS(syscall(SYS_setdomainname, "x", 1), EPERM);
		    FAILS(syscall(SYS_clock_settime, CLOCK_REALTIME,
				  &(struct timespec){ 0 }),
			  EPERM);
		    FAILS(syscall(SYS_settimeofday, &(struct timeval){ 0 },
				  NULL),
			  EPERM);
		    FAILS(syscall(SYS_setpriority, PRIO_PROCESS, 0, -5),
			  EACCES);
		    FAILS(syscall(SYS_setpriority, PRIO_PROCESS, 1, 5), EPERM);
		    FAILS(syscall(SYS_sched_setscheduler, 0, SCHED_FIFO,
				  &(struct sched_param){ 1 }),
			  EPERM);
		    FAILS(syscall(SYS_sched_setparam, 1,
				  &(struct sched_param){ 0 }),
			  EPERM);
		    FAILS(syscall(SYS_sched_setaffinity, 1, 8, &(long){ 1 }),
			  EPERM);
		    FAILS(syscall(SYS_reboot, 0xfee1dead, 672274793, 0x1234567,
				  0),
			  EPERM);
		    FAILS(syscall(SYS_syslog, 5, NULL, 0), EPERM)),
	      0);
}

CASE(ids_with_bad_arguments)
{
	need_root();
	FAILS(syscall(SYS_getgroups, -1, NULL), EINVAL);
	FAILS(syscall(SYS_setgroups, 65537, NULL), EINVAL);
	FAILS(syscall(SYS_setgroups, 1, (void *)8), EFAULT);
	FAILS(syscall(SYS_getresuid, 8, 8, 8), EFAULT);
	FAILS(syscall(SYS_getresgid, 8, 8, 8), EFAULT);
	FAILS(syscall(SYS_setuid, -1), EINVAL);
	FAILS(syscall(SYS_setgid, -1), EINVAL);
	FAILS(syscall(SYS_sethostname, buffer, 65), EINVAL);
	FAILS(syscall(SYS_sethostname, buffer, -1), EINVAL);
	FAILS(syscall(SYS_sethostname, (void *)8, 4), EFAULT);
	FAILS(syscall(SYS_setdomainname, buffer, 65), EINVAL);
	FAILS(syscall(SYS_setdomainname, (void *)8, 4), EFAULT);
	FAILS(syscall(SYS_uname, (void *)8), EFAULT);
	FAILS(syscall(SYS_sysinfo, (void *)8), EFAULT);
	FAILS(syscall(SYS_reboot, 0, 0, 0, 0), EINVAL);
}

/* --- limits and scheduling ----------------------------------------------- */

CASE(limits_refused)
{
	struct rlimit bad = { 2, 1 }, more = { 1 << 20, RLIM_INFINITY };
	struct rlimit now;
	pid_t other;

	need_root();
	OK(syscall(SYS_getrlimit, RLIMIT_NOFILE, &now));
	FAILS(syscall(SYS_getrlimit, 99, &now), EINVAL);
	FAILS(syscall(SYS_getrlimit, RLIMIT_NOFILE, (void *)8), EFAULT);
	FAILS(syscall(SYS_setrlimit, 99, &now), EINVAL);
	FAILS(syscall(SYS_setrlimit, RLIMIT_NOFILE, &bad), EINVAL);
	FAILS(syscall(SYS_setrlimit, RLIMIT_NOFILE, (void *)8), EFAULT);
	/* More descriptors than the kernel can have, even for root. */
	FAILS(syscall(SYS_setrlimit, RLIMIT_NOFILE, &more), EPERM);
	FAILS(syscall(SYS_prlimit64, 0, 99, NULL, &now), EINVAL);
	FAILS(syscall(SYS_prlimit64, 0, RLIMIT_CORE, &bad, NULL), EINVAL);
	FAILS(syscall(SYS_prlimit64, NOBODY, RLIMIT_CORE, NULL, &now), ESRCH);
	FAILS(syscall(SYS_prlimit64, 0, RLIMIT_CORE, (void *)8, NULL), EFAULT);
	FAILS(syscall(SYS_getrusage, 5, buffer), EINVAL);
	FAILS(syscall(SYS_getrusage, 0, (void *)8), EFAULT);
	FAILS(syscall(SYS_times, (void *)8), EFAULT);
	other = sleeper();
	EXITS(CHILD(become_nobody(); FAILS(syscall(SYS_prlimit64, other,
						   RLIMIT_CORE, NULL, &now),
					   EPERM);
		    now.rlim_cur = now.rlim_max = 10;
		    OK(setrlimit(RLIMIT_CORE, &now)); now.rlim_max = 11;
		    FAILS(syscall(SYS_setrlimit, RLIMIT_CORE, &now), EPERM)),
	      0);
	end(other);
}

CASE(scheduling_refused)
{
	struct sched_param zero = { 0 }, high = { 100 }, one = { 1 };
	struct {
		unsigned size, policy;
		unsigned long long flags;
		int nice;
		unsigned priority;
		unsigned long long runtime, deadline, period;
	} attr = { .size = 48 };

	need_root();
	OK(syscall(SYS_sched_setparam, 0, &zero));
	FAILS(syscall(SYS_sched_setparam, NOBODY, &zero), ESRCH);
	FAILS(syscall(SYS_sched_setparam, 0, &one), EINVAL);
	FAILS(syscall(SYS_sched_setparam, -1, &zero), EINVAL);
	FAILS(syscall(SYS_sched_setparam, 0, NULL), EINVAL);
	FAILS(syscall(SYS_sched_getparam, NOBODY, &zero), ESRCH);
	FAILS(syscall(SYS_sched_getparam, -1, &zero), EINVAL);
	FAILS(syscall(SYS_sched_getscheduler, NOBODY), ESRCH);
	FAILS(syscall(SYS_sched_getscheduler, -1), EINVAL);
	FAILS(syscall(SYS_sched_setscheduler, 0, 77, &zero), EINVAL);
	FAILS(syscall(SYS_sched_setscheduler, 0, SCHED_FIFO, &high), EINVAL);
	FAILS(syscall(SYS_sched_setscheduler, 0, SCHED_FIFO, &zero), EINVAL);
	FAILS(syscall(SYS_sched_setscheduler, NOBODY, 0, &zero), ESRCH);
	FAILS(syscall(SYS_sched_get_priority_max, 77), EINVAL);
	FAILS(syscall(SYS_sched_get_priority_min, 77), EINVAL);
	FAILS(syscall(SYS_sched_rr_get_interval, NOBODY, buffer), ESRCH);
	FAILS(syscall(SYS_sched_rr_get_interval, -1, buffer), EINVAL);
	FAILS(syscall(SYS_sched_rr_get_interval, 0, 8), EFAULT);
	FAILS(syscall(SYS_sched_setaffinity, NOBODY, 8, &(long){ 1 }), ESRCH);
	FAILS(syscall(SYS_sched_setaffinity, 0, 8, &(long){ 0 }), EINVAL);
	FAILS(syscall(SYS_sched_setaffinity, 0, 8, 8), EFAULT);
	FAILS(syscall(SYS_sched_getaffinity, NOBODY, 128, buffer), ESRCH);
	FAILS(syscall(SYS_sched_getaffinity, 0, 1, buffer), EINVAL);
	FAILS(syscall(SYS_sched_getaffinity, 0, 1024, 8), EFAULT);
	FAILS(syscall(SYS_sched_setattr, NOBODY, &attr, 0), ESRCH);
	FAILS(syscall(SYS_sched_setattr, 0, &attr, 1), EINVAL);
	FAILS(syscall(SYS_sched_getattr, NOBODY, &attr, 48, 0), ESRCH);
	FAILS(syscall(SYS_sched_getattr, 0, &attr, 7, 0), EINVAL);
	attr.size = 5000;
	FAILS(syscall(SYS_sched_setattr, 0, &attr, 0), E2BIG);
	FAILS(syscall(SYS_getpriority, 77, 0), EINVAL);
	FAILS(syscall(SYS_getpriority, PRIO_PROCESS, NOBODY), ESRCH);
	FAILS(syscall(SYS_setpriority, 77, 0, 0), EINVAL);
	FAILS(syscall(SYS_setpriority, PRIO_PROCESS, NOBODY, 0), ESRCH);
}

/* --- processes ----------------------------------------------------------- */

CASE(processes_that_are_none)
{
	siginfo_t info;

	FAILS(syscall(SYS_getpgid, NOBODY), ESRCH);
	FAILS(syscall(SYS_getsid, NOBODY), ESRCH);
	FAILS(syscall(SYS_setpgid, NOBODY, 0), ESRCH);
	FAILS(syscall(SYS_setpgid, 0, -1), EINVAL);
	FAILS(syscall(SYS_setpgid, 0, NOBODY), EPERM);
	FAILS(wait4(NOBODY, NULL, 0, NULL), ECHILD);
	FAILS(wait4(-1, NULL, 0, NULL), ECHILD);
	FAILS(wait4(-1, NULL, 0x100, NULL), EINVAL);
	FAILS(wait4((pid_t)0x80000000, NULL, 0, NULL), ESRCH);
	FAILS(waitid(P_PID, NOBODY, &info, WEXITED), ECHILD);
	FAILS(waitid(P_PID, 0, &info, WEXITED), EINVAL);
	FAILS(waitid(P_ALL, 0, &info, 0), EINVAL);
	FAILS(waitid((idtype_t)9, 0, &info, WEXITED), EINVAL);
	FAILS(waitid((idtype_t)3, 999, &info, WEXITED), EBADF);
	FAILS(syscall(SYS_get_robust_list, NOBODY, buffer, buffer), ESRCH);
	FAILS(syscall(SYS_get_robust_list, 0, 8, buffer), EFAULT);
	FAILS(syscall(SYS_set_robust_list, buffer, 1), EINVAL);
	OK(syscall(SYS_get_robust_list, 0, buffer, buffer + 8));
	FAILS(syscall(SYS_capget, (unsigned[2]){ 0x20080522, NOBODY }, buffer),
	      ESRCH);
	FAILS(syscall(SYS_capget, (unsigned[2]){ 0x20080522, -1 }, buffer),
	      EINVAL);
	FAILS(syscall(SYS_capget, (unsigned[2]){ 1, 0 }, buffer), EINVAL);
	FAILS(syscall(SYS_capget, 8, buffer), EFAULT);
	FAILS(syscall(SYS_capset, (unsigned[2]){ 1, 0 }, buffer), EINVAL);
	FAILS(syscall(SYS_capset, (unsigned[2]){ 0x20080522, 1 }, buffer),
	      EPERM);
}

CASE(no_more_processes)
{
	struct rlimit limit = { 1, 1 };

	need_root();
	EXITS(CHILD(become_nobody(); OK(setrlimit(RLIMIT_NPROC, &limit));
		    FAILS(syscall(SYS_fork), EAGAIN);
		    FAILS(syscall(SYS_vfork), EAGAIN);
		    FAILS(syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0), EAGAIN);
		    FAILS(syscall(SYS_clone3,
				  (unsigned long long[8]){ [4] = SIGCHLD }, 64),
			  EAGAIN)),
	      0);
}

CASE(clone_flags_refused)
{
	FAILS(syscall(SYS_clone, CLONE_THREAD | SIGCHLD, 0, 0, 0, 0), EINVAL);
	FAILS(syscall(SYS_clone, CLONE_SIGHAND | SIGCHLD, 0, 0, 0, 0), EINVAL);
	FAILS(syscall(SYS_clone, CLONE_FS | CLONE_NEWNS | SIGCHLD, 0, 0, 0, 0),
	      EINVAL);
	FAILS(syscall(SYS_clone3, (unsigned long long[8]){ 0 }, 8), EINVAL);
	FAILS(syscall(SYS_clone3, 8, 64), EFAULT);
	FAILS(syscall(SYS_clone3, (unsigned long long[8]){ 0 }, 1 << 20),
	      E2BIG);
}

CASE(session_and_group_refused)
{
	pid_t child, leader;
	int pipes[2];
	char c;

	OK(pipe(pipes));
	leader = CHILD(OK(setsid()); FAILS(setsid(), EPERM);
		       FAILS(setpgid(0, 0), EPERM); OK(write(pipes[1], "x", 1));
		       for (;;) pause());
	OK(read(pipes[0], &c, 1));
	FAILS(setpgid(leader, getpid()), EPERM);
	FAILS(setpgid(0, leader), EPERM);
	end(leader);
	child = CHILD(execl(self_path(), "x", "--as", "hold", NULL));
	/* It tells when it has become another program. */
	while (setpgid(child, child) == 0)
		sched_yield();
	CHECK_EQ(errno, EACCES);
	end(child);
}

int
guest_as(const char *what, int argc, char **argv)
{
	(void)argc;
	(void)argv;
	if (strcmp(what, "hold"))
		return 1;
	for (;;)
		pause();
}

/* --- time ---------------------------------------------------------------- */

CASE(clocks_refused)
{
	struct timespec t = { 0, 0 }, bad = { 0, 1000000000 };

	FAILS(syscall(SYS_clock_gettime, 99, &t), EINVAL);
	FAILS(syscall(SYS_clock_gettime, CLOCK_REALTIME, 8), EFAULT);
	FAILS(syscall(SYS_clock_getres, 99, &t), EINVAL);
	FAILS(syscall(SYS_clock_getres, CLOCK_REALTIME, 8), EFAULT);
	FAILS(syscall(SYS_clock_settime, 99, &t), EINVAL);
	FAILS(syscall(SYS_clock_settime, CLOCK_MONOTONIC, &t), EINVAL);
	FAILS(syscall(SYS_clock_settime, CLOCK_REALTIME, &bad), EINVAL);
	FAILS(syscall(SYS_clock_settime, CLOCK_REALTIME, 8), EFAULT);
	CHECK_EQ(syscall(SYS_clock_nanosleep, 99, 0, &t, NULL), -1);
	CHECK_EQ(errno, EINVAL);
	FAILS(syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &bad, NULL),
	      EINVAL);
	FAILS(syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, 8, NULL),
	      EFAULT);
	FAILS(syscall(SYS_nanosleep, &bad, NULL), EINVAL);
	FAILS(syscall(SYS_nanosleep, 8, NULL), EFAULT);
	FAILS(syscall(SYS_gettimeofday, 8, NULL), EFAULT);
	FAILS(syscall(SYS_time, 8), EFAULT);
	FAILS(syscall(SYS_getitimer, 9, buffer), EINVAL);
	FAILS(syscall(SYS_getitimer, 0, 8), EFAULT);
	FAILS(syscall(SYS_setitimer, 9, buffer, NULL), EINVAL);
	FAILS(syscall(SYS_setitimer, 0, 8, NULL), EFAULT);
	FAILS(syscall(SYS_setitimer, 0,
		      &(struct itimerval){ { 0, 1000000 }, { 0, 0 } }, NULL),
	      EINVAL);
}

/* --- what is left of the calls without arguments ------------------------- */

CASE(calls_that_cannot_fail)
{
	OK(syscall(SYS_getpid));
	OK(syscall(SYS_gettid));
	OK(syscall(SYS_getppid));
	OK(syscall(SYS_getpgrp));
	OK(syscall(SYS_getuid));
	OK(syscall(SYS_geteuid));
	OK(syscall(SYS_getgid));
	OK(syscall(SYS_getegid));
	OK(syscall(SYS_umask, 022));
	OK(syscall(SYS_sync));
	OK(syscall(SYS_sched_yield));
	OK(syscall(SYS_alarm, 0));
	OK(syscall(SYS_personality, 0xffffffff));
	OK(syscall(SYS_time, NULL));
	OK(syscall(SYS_setfsuid, getuid()));
	OK(syscall(SYS_setfsgid, getgid()));
	CHECK_EQ(syscall(SYS_brk, 0), syscall(SYS_brk, 0));
}
