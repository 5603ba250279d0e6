/* SPDX-License-Identifier: MIT */

/*
 * ptrace.c - ptrace(2), the requests: who may, what they answer, memory and
 * registers.
 */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#include "tracee.h"

static volatile uint64_t word = 0x1122334455667788;
static const volatile uint64_t constant = 42;

/* --- who may --- */

CASE(traceme_only_once)
{
	pid_t pid = CHILD({
		OK(pt(PTRACE_TRACEME, 0, 0, 0));
		FAILS(pt(PTRACE_TRACEME, 0, 0, 0), EPERM);
	});

	EXITS(pid, 0);
}

CASE(requests_need_a_stopped_tracee)
{
	pid_t pid = CHILD(sleep_for_ever());
	uint64_t v;

	FAILS(pt(PTRACE_CONT, pid, 0, 0), ESRCH);
	FAILS(pt(PTRACE_KILL, pid, 0, 0), ESRCH);
	FAILS(pt(PTRACE_DETACH, pid, 0, 0), ESRCH);
	FAILS(pt(PTRACE_CONT, getpid(), 0, 0), ESRCH);
	FAILS(pt(PTRACE_CONT, 0x3ffffe, 0, 0), ESRCH);
	FAILS(pt(PTRACE_ATTACH, 0x3ffffe, 0, 0), ESRCH);
	FAILS(pt(PTRACE_ATTACH, 0, 0, 0), ESRCH);
	FAILS(pt(PTRACE_ATTACH, -1, 0, 0), ESRCH);
	OK(pt(PTRACE_SEIZE, pid, 0, 0));
	FAILS(pt(PTRACE_CONT, pid, 0, 0), ESRCH);
	FAILS(pt(PTRACE_PEEKDATA, pid, (uintptr_t)&word, (uintptr_t)&v), ESRCH);
	FAILS(pt(PTRACE_LISTEN, pid, 0, 0), ESRCH);
	FAILS(pt(9999, pid, 0, 0), ESRCH);
	kill_tracee(pid);
}

CASE(attach_refuses)
{
	pid_t pid = tracee(sleep_for_ever), zombie = CHILD();
	siginfo_t info;

	FAILS(pt(PTRACE_ATTACH, getpid(), 0, 0), EPERM);
	FAILS(pt(PTRACE_ATTACH, pid, 0, 0), EPERM);
	FAILS(pt(PTRACE_SEIZE, pid, 0, 0), EPERM);
	OK(waitid(P_PID, (id_t)zombie, &info, WEXITED | WNOWAIT));
	FAILS(pt(PTRACE_ATTACH, zombie, 0, 0), EPERM);
	EXITS(zombie, 0);
	kill_tracee(pid);
}

CASE(seize_checks_its_arguments)
{
	pid_t pid = CHILD(sleep_for_ever());

	FAILS(pt(PTRACE_SEIZE, pid, 1, 0), EIO);
	FAILS(pt(PTRACE_SEIZE, pid, 0, 1ul << 30), EIO);
	OK(pt(PTRACE_SEIZE, pid, 0, PTRACE_O_EXITKILL));
	kill_tracee(pid);
}

CASE(strangers_may_not_attach)
{
	pid_t pid, ours;

	need_root();
	pid = CHILD(sleep_for_ever());
	ours = CHILD({
		pid_t same;

		become_nobody();
		FAILS(pt(PTRACE_ATTACH, pid, 0, 0), EPERM);
		FAILS(pt(PTRACE_SEIZE, 1, 0, 0), EPERM);
		same = CHILD(sleep_for_ever());
		OK(prctl(PR_SET_DUMPABLE, 1));
		kill(same, SIGKILL);
		DIES(same, SIGKILL);
	});
	EXITS(ours, 0);
	OK(kill(pid, SIGKILL));
	DIES(pid, SIGKILL);
}

/* Same ids, but it does not want to be looked at. */
CASE(undumpable_is_out_of_reach)
{
	int ready[2];

	need_root();
	OK(pipe(ready));
	EXITS(CHILD({
		      char c;
		      pid_t pid;

		      become_nobody();
		      OK(prctl(PR_SET_DUMPABLE, 1));
		      pid = CHILD({
			      OK(prctl(PR_SET_DUMPABLE, 0));
			      OK(write(ready[1], "x", 1));
			      sleep_for_ever();
		      });
		      CHECK_EQ(read(ready[0], &c, 1), 1);
		      FAILS(pt(PTRACE_ATTACH, pid, 0, 0), EPERM);
		      OK(kill(pid, SIGKILL));
		      DIES(pid, SIGKILL);
		      pid = CHILD({
			      OK(prctl(PR_SET_DUMPABLE, 1));
			      OK(write(ready[1], "x", 1));
			      sleep_for_ever();
		      });
		      CHECK_EQ(read(ready[0], &c, 1), 1);
		      OK(pt(PTRACE_ATTACH, pid, 0, 0));
		      CHECK_EQ(stop_of(pid), SIGSTOP);
		      kill_tracee(pid);
	      }),
	      0);
}

CASE(status_shows_the_tracer)
{
	char path[40], text[4096], want[40];
	pid_t pid = tracee(sleep_for_ever);

	CHECK_EQ(state_of(pid), 't');
	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	snprintf(want, sizeof(want), "TracerPid:\t%d\n", getpid());
	get_file(path, text, sizeof(text));
	CHECK(strstr(text, want));
	OK(pt(PTRACE_DETACH, pid, 0, 0));
	get_file(path, text, sizeof(text));
	CHECK(strstr(text, "TracerPid:\t0\n"));
	OK(kill(pid, SIGKILL));
	DIES(pid, SIGKILL);
}

/* --- what all requests check --- */

CASE(unknown_requests_and_signals)
{
	pid_t pid = tracee(sleep_for_ever);
	struct iovec v = { .iov_base = &v, .iov_len = 8 };

	FAILS(pt(9999, pid, 0, 0), EIO);
	FAILS(pt(PTRACE_CONT, pid, 0, 65), EIO);
	FAILS(pt(PTRACE_DETACH, pid, 0, 65), EIO);
	FAILS(pt(PTRACE_SYSCALL, pid, 0, (uintptr_t)-1), EIO);
	FAILS(pt(PTRACE_LISTEN, pid, 0, 0), EIO);
	FAILS(pt(PTRACE_INTERRUPT, pid, 0, 0), EIO);
	FAILS(pt(PTRACE_SETOPTIONS, pid, 0, 1ul << 30), EINVAL);
	FAILS(pt(PTRACE_GETREGSET, pid, 0x999, (uintptr_t)&v), EINVAL);
	FAILS(pt(PTRACE_GETREGSET, pid, NT_PRSTATUS, 8), EFAULT);
	FAILS(pt(PTRACE_GETREGS, pid, 0, 8), EFAULT);
	FAILS(pt(PTRACE_SETREGS, pid, 0, 8), EFAULT);
	FAILS(pt(PTRACE_GETFPREGS, pid, 0, 8), EFAULT);
	FAILS(pt(PTRACE_GETSIGINFO, pid, 0, 8), EFAULT);
	FAILS(pt(PTRACE_SETSIGINFO, pid, 0, 8), EFAULT);
	FAILS(pt(PTRACE_GETEVENTMSG, pid, 0, 8), EFAULT);
	CHECK_EQ(state_of(pid), 't');
	kill_tracee(pid);
}

CASE(kill_request_kills)
{
	pid_t pid = tracee(sleep_for_ever);

	OK(pt(PTRACE_KILL, pid, 0, 0));
	DIES(pid, SIGKILL);
}

/* --- memory --- */

CASE(memory_is_read_and_written)
{
	pid_t pid = tracee(sleep_for_ever);
	uint64_t v = 0;

	OK(pt(PTRACE_PEEKDATA, pid, (uintptr_t)&word, (uintptr_t)&v));
	CHECK_EQ(v, 0x1122334455667788);
	OK(pt(PTRACE_POKEDATA, pid, (uintptr_t)&word + 3, 7));
	OK(pt(PTRACE_PEEKTEXT, pid, (uintptr_t)&word, (uintptr_t)&v));
	CHECK_EQ(v, 0x0000000007667788);
	CHECK_EQ(word, 0x1122334455667788);
	FAILS(pt(PTRACE_PEEKDATA, pid, (uintptr_t)&word, 8), EFAULT);
	kill_tracee(pid);
}

/* As breakpoints are: what the program may only read is its own then. */
CASE(read_only_memory_is_written)
{
	uintptr_t text = (uintptr_t)kill_tracee;
	pid_t pid = tracee(sleep_for_ever);
	uint64_t v, before;

	memcpy(&before, (void *)text, 8);
	OK(pt(PTRACE_POKETEXT, pid, text, 0xcccccccccccccccc));
	OK(pt(PTRACE_PEEKTEXT, pid, text, (uintptr_t)&v));
	CHECK_EQ(v, 0xcccccccccccccccc);
	CHECK(!memcmp((void *)text, &before, 8));
	OK(pt(PTRACE_POKEDATA, pid, (uintptr_t)&constant, 43));
	OK(pt(PTRACE_PEEKDATA, pid, (uintptr_t)&constant, (uintptr_t)&v));
	CHECK_EQ(v, 43);
	CHECK_EQ(constant, 42);
	kill_tracee(pid);
}

CASE(holes_are_eio)
{
	char *edge = before_hole();
	pid_t pid = tracee(sleep_for_ever);
	uint64_t v;

	FAILS(pt(PTRACE_PEEKDATA, pid, 0, (uintptr_t)&v), EIO);
	FAILS(pt(PTRACE_POKEDATA, pid, 0, 1), EIO);
	FAILS(pt(PTRACE_PEEKDATA, pid, (uintptr_t)edge - 4, (uintptr_t)&v),
	      EIO);
	FAILS(pt(PTRACE_PEEKDATA, pid, ~0ul << 47, (uintptr_t)&v), EIO);
	FAILS(pt(PTRACE_PEEKDATA, pid, ~0ul - 3, (uintptr_t)&v), EIO);
	FAILS(pt(PTRACE_POKEDATA, pid, 0xffffffff80000000, 1), EIO);
	OK(pt(PTRACE_PEEKDATA, pid, (uintptr_t)edge - 8, (uintptr_t)&v));
	kill_tracee(pid);
}

CASE(shared_read_only_memory_stays)
{
	int fd = (int)OK(open("f", O_RDWR | O_CREAT, 0600));
	char *p;
	pid_t pid;

	OK(ftruncate(fd, 4096));
	close(fd);
	fd = (int)OK(open("f", O_RDONLY));
	p = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	CHECK(p != MAP_FAILED);
	pid = tracee(sleep_for_ever);
	FAILS(pt(PTRACE_POKEDATA, pid, (uintptr_t)p, 1), EIO);
	CHECK_EQ(*p, 0);
	kill_tracee(pid);
}

/* --- signals --- */

CASE(siginfo_is_shown_and_replaced)
{
	pid_t pid = tracee(sleep_for_ever);
	siginfo_t info = { 0 };

	OK(pt(PTRACE_GETSIGINFO, pid, 0, (uintptr_t)&info));
	CHECK_EQ(info.si_signo, SIGSTOP);
	CHECK_EQ(info.si_code, SI_USER);
	CHECK_EQ(info.si_pid, pid);
	info.si_value.sival_int = 77;
	info.si_code = SI_QUEUE;
	OK(pt(PTRACE_SETSIGINFO, pid, 0, (uintptr_t)&info));
	info.si_value.sival_int = 0;
	OK(pt(PTRACE_GETSIGINFO, pid, 0, (uintptr_t)&info));
	CHECK_EQ(info.si_value.sival_int, 77);
	kill_tracee(pid);
}

struct peek_args {
	uint64_t off;
	uint32_t flags;
	int32_t nr;
};

CASE(pending_signals_are_listed)
{
	struct peek_args a = { .nr = 8 };
	siginfo_t info[8];
	sigset_t set;
	pid_t pid;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	OK(sigprocmask(SIG_BLOCK, &set, NULL));
	pid = tracee(sleep_for_ever);
	for (int i = 0; i < 3; i++)
		OK(sigqueue(pid, SIGRTMIN, (union sigval){ .sival_int = i }));
	CHECK_EQ(OK(pt(0x4209, pid, (uintptr_t)&a, (uintptr_t)info)), 0);
	a.flags = 1;
	CHECK_EQ(OK(pt(0x4209, pid, (uintptr_t)&a, (uintptr_t)info)), 3);
	CHECK_EQ(info[2].si_value.sival_int, 2);
	a.off = 2;
	CHECK_EQ(OK(pt(0x4209, pid, (uintptr_t)&a, (uintptr_t)info)), 1);
	a.off = 3;
	CHECK_EQ(OK(pt(0x4209, pid, (uintptr_t)&a, (uintptr_t)info)), 0);
	a.off = 0;
	FAILS(pt(0x4209, pid, (uintptr_t)&a, 8), EFAULT);
	a.flags = 2;
	FAILS(pt(0x4209, pid, (uintptr_t)&a, (uintptr_t)info), EINVAL);
	a.flags = 1;
	a.nr = -1;
	FAILS(pt(0x4209, pid, (uintptr_t)&a, (uintptr_t)info), EINVAL);
	FAILS(pt(0x4209, pid, 8, (uintptr_t)info), EFAULT);
	kill_tracee(pid);
}

CASE(signal_mask_is_read_and_set)
{
	pid_t pid = tracee(sleep_for_ever);
	uint64_t mask = ~0ull;

	FAILS(pt(0x420a, pid, 4, (uintptr_t)&mask), EINVAL);
	FAILS(pt(0x420a, pid, 8, 8), EFAULT);
	OK(pt(0x420b, pid, 8, (uintptr_t)&mask));
	mask = 0;
	OK(pt(0x420a, pid, 8, (uintptr_t)&mask));
	CHECK_EQ(mask, ~(1ull << (SIGKILL - 1) | 1ull << (SIGSTOP - 1)));
	kill_tracee(pid);
}

/* --- event messages, options --- */

CASE(options_that_exist)
{
	pid_t pid = tracee(sleep_for_ever);
	unsigned long message = 5;

	for (int bit = 0; bit < 7; bit++)
		OK(pt(PTRACE_SETOPTIONS, pid, 0, 1ul << bit));
	OK(pt(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_EXITKILL));
	OK(pt(PTRACE_SETOPTIONS, pid, 0, 0));
	OK(pt(PTRACE_GETEVENTMSG, pid, 0, (uintptr_t)&message));
	CHECK_EQ(message, 0);
	kill_tracee(pid);
}
