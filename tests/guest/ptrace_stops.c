/* SPDX-License-Identifier: MIT */

/*
 * ptrace_stops.c - ptrace(2), stops: signals, system calls, group stops,
 * interruptions, attaching and letting go.
 */

#include <sched.h>
#include <stdio.h>
#include <time.h>

#include "tracee.h"

struct syscall_info {
	uint8_t op, pad[3];
	uint32_t arch;
	uint64_t ip, sp;
	union {
		struct {
			uint64_t nr, args[6];
		} entry;
		struct {
			int64_t rval;
			uint8_t is_error;
		} exit;
	};
};

static volatile int handled, from, code;

static void
handler(int signo, siginfo_t *info, UNUSED void *context)
{
	handled = signo;
	from = info->si_pid;
	code = info->si_code;
}

static void
handle(int signo)
{
	struct sigaction sa = { .sa_sigaction = handler,
				.sa_flags = SA_SIGINFO };

	OK(sigaction(signo, &sa, NULL));
}

/* --- signals --- */

static void
raise_usr1(void)
{
	handle(SIGUSR1);
	handle(SIGUSR2);
	syscall(SYS_kill, getpid(), SIGUSR1);
	_exit(handled);
}

CASE(signal_is_delivered)
{
	pid_t pid = tracee(raise_usr1);

	go(PTRACE_CONT, pid, 0);
	CHECK_EQ(stop_of(pid), SIGUSR1);
	go(PTRACE_CONT, pid, SIGUSR1);
	EXITS(pid, SIGUSR1);
}

CASE(signal_is_suppressed)
{
	pid_t pid = tracee(raise_usr1);

	go(PTRACE_CONT, pid, 0);
	CHECK_EQ(stop_of(pid), SIGUSR1);
	go(PTRACE_CONT, pid, 0);
	EXITS(pid, 0);
}

static void
report_sender(void)
{
	handle(SIGUSR1);
	handle(SIGUSR2);
	syscall(SYS_kill, getpid(), SIGUSR1);
	_exit(handled == SIGUSR2 && from == getppid() && code == SI_USER ? 0
									 : 1);
}

CASE(replaced_signal_comes_from_the_tracer)
{
	pid_t pid = tracee(report_sender);

	go(PTRACE_CONT, pid, 0);
	CHECK_EQ(stop_of(pid), SIGUSR1);
	go(PTRACE_CONT, pid, SIGUSR2);
	EXITS(pid, 0);
}

static void
ignore_and_die(void)
{
	signal(SIGUSR1, SIG_IGN);
	syscall(SYS_kill, getpid(), SIGUSR1);
	syscall(SYS_kill, getpid(), SIGTERM);
	_exit(1);
}

CASE(ignored_and_fatal_signals_are_shown)
{
	pid_t pid = tracee(ignore_and_die);

	go(PTRACE_CONT, pid, 0);
	CHECK_EQ(stop_of(pid), SIGUSR1);
	go(PTRACE_CONT, pid, SIGUSR1);
	CHECK_EQ(stop_of(pid), SIGTERM);
	go(PTRACE_CONT, pid, SIGTERM);
	DIES(pid, SIGTERM);
}

CASE(sigkill_is_not_shown)
{
	pid_t pid = tracee(sleep_for_ever);

	OK(kill(pid, SIGKILL));
	DIES(pid, SIGKILL);
	FAILS(pt(PTRACE_CONT, pid, 0, 0), ESRCH);
}

static void
sleep_through(void)
{
	struct timespec ts = { .tv_nsec = 50000000 };

	_exit(nanosleep(&ts, NULL) ? 1 : 0);
}

/* A call that a suppressed signal interrupted goes on. */
CASE(interrupted_call_restarts)
{
	pid_t pid = tracee(sleep_through);

	go(PTRACE_CONT, pid, 0);
	OK(kill(pid, SIGUSR1));
	CHECK_EQ(stop_of(pid), SIGUSR1);
	go(PTRACE_CONT, pid, 0);
	EXITS(pid, 0);
}

static void
wait_for_usr1(void)
{
	handle(SIGUSR1);
	pause();
	_exit(errno == EINTR ? 5 : 1);
}

CASE(interrupted_call_is_told)
{
	pid_t pid = tracee(wait_for_usr1);
	struct user_regs_struct r;

	go(PTRACE_CONT, pid, 0);
	while (state_of(pid) != 'S')
		sched_yield();
	OK(kill(pid, SIGUSR1));
	CHECK_EQ(stop_of(pid), SIGUSR1);
	r = regs_of(pid);
	CHECK_EQ(r.orig_rax, SYS_pause);
	CHECK_EQ(r.rax, -514); /* ERESTARTNOHAND */
	go(PTRACE_CONT, pid, SIGUSR1);
	EXITS(pid, 5);
}

/* --- system calls --- */

static void
call_twice(void)
{
	syscall(SYS_getppid);
	_exit((int)syscall(SYS_dup, 1000) == -1 && errno == EBADF ? 0 : 1);
}

CASE(calls_stop_at_both_ends)
{
	pid_t pid = tracee(call_twice);
	unsigned long message;
	siginfo_t info;

	OK(pt(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESYSGOOD));
	go(PTRACE_SYSCALL, pid, 0);
	CHECK_EQ(stop_of(pid), SIGTRAP | 0x80);
	CHECK_EQ(regs_of(pid).orig_rax, SYS_getppid);
	CHECK_EQ(regs_of(pid).rax, -ENOSYS);
	OK(pt(PTRACE_GETEVENTMSG, pid, 0, (uintptr_t)&message));
	CHECK_EQ(message, 1);
	OK(pt(PTRACE_GETSIGINFO, pid, 0, (uintptr_t)&info));
	CHECK_EQ(info.si_signo, SIGTRAP);
	CHECK_EQ(info.si_code, SIGTRAP | 0x80);
	CHECK_EQ(info.si_pid, pid);
	go(PTRACE_SYSCALL, pid, 0);
	CHECK_EQ(stop_of(pid), SIGTRAP | 0x80);
	CHECK_EQ(regs_of(pid).rax, getpid());
	OK(pt(PTRACE_GETEVENTMSG, pid, 0, (uintptr_t)&message));
	CHECK_EQ(message, 2);
	go(PTRACE_CONT, pid, 0);
	EXITS(pid, 0);
}

CASE(calls_are_described)
{
	pid_t pid = tracee(call_twice);
	struct syscall_info i;
	const uint64_t size = sizeof(i);

	CHECK_EQ(OK(pt(PTRACE_GET_SYSCALL_INFO, pid, size, (uintptr_t)&i)), 24);
	CHECK_EQ(i.op, 0);
	CHECK_EQ(i.arch, 0xc000003e);
	OK(pt(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESYSGOOD));
	go(PTRACE_SYSCALL, pid, 0);
	CHECK_EQ(stop_of(pid), SIGTRAP | 0x80);
	go(PTRACE_SYSCALL, pid, 0);
	CHECK_EQ(stop_of(pid), SIGTRAP | 0x80);
	go(PTRACE_SYSCALL, pid, 0);
	CHECK_EQ(stop_of(pid), SIGTRAP | 0x80);
	CHECK_EQ(OK(pt(PTRACE_GET_SYSCALL_INFO, pid, size, (uintptr_t)&i)), 80);
	CHECK_EQ(i.op, 1);
	CHECK_EQ(i.entry.nr, SYS_dup);
	CHECK_EQ(i.entry.args[0], 1000);
	CHECK_EQ(i.ip, regs_of(pid).rip);
	CHECK_EQ(i.sp, regs_of(pid).rsp);
	go(PTRACE_SYSCALL, pid, 0);
	CHECK_EQ(stop_of(pid), SIGTRAP | 0x80);
	CHECK_EQ(OK(pt(PTRACE_GET_SYSCALL_INFO, pid, size, (uintptr_t)&i)), 33);
	CHECK_EQ(i.op, 2);
	CHECK_EQ(i.exit.rval, -EBADF);
	CHECK_EQ(i.exit.is_error, 1);
	i.op = 9;
	CHECK_EQ(OK(pt(PTRACE_GET_SYSCALL_INFO, pid, 0, (uintptr_t)&i)), 33);
	CHECK_EQ(i.op, 9);
	FAILS(pt(PTRACE_GET_SYSCALL_INFO, pid, size, 8), EFAULT);
	go(PTRACE_CONT, pid, 0);
	EXITS(pid, 0);
}

static void
ask_parent(void)
{
	_exit((int)syscall(SYS_getppid) == 42 ? 0 : 1);
}

CASE(call_is_changed)
{
	pid_t pid = tracee(ask_parent);
	struct user_regs_struct r;

	go(PTRACE_SYSCALL, pid, 0);
	CHECK_EQ(stop_of(pid), SIGTRAP);
	r = regs_of(pid);
	r.orig_rax = SYS_getpid;
	set_regs(pid, &r);
	go(PTRACE_SYSCALL, pid, 0);
	CHECK_EQ(stop_of(pid), SIGTRAP);
	r = regs_of(pid);
	CHECK_EQ(r.rax, pid);
	r.rax = 42;
	set_regs(pid, &r);
	go(PTRACE_CONT, pid, 0);
	EXITS(pid, 0);
}

CASE(call_is_left_out)
{
	pid_t pid = tracee(ask_parent);
	struct user_regs_struct r;

	go(PTRACE_SYSCALL, pid, 0);
	CHECK_EQ(stop_of(pid), SIGTRAP);
	r = regs_of(pid);
	r.orig_rax = (uint64_t)-1;
	set_regs(pid, &r);
	go(PTRACE_SYSCALL, pid, 0);
	CHECK_EQ(stop_of(pid), SIGTRAP);
	r = regs_of(pid);
	CHECK_EQ(r.rax, -ENOSYS);
	r.rax = 42;
	set_regs(pid, &r);
	go(PTRACE_CONT, pid, 0);
	EXITS(pid, 0);
}

CASE(unknown_call_instead)
{
	pid_t pid = tracee(ask_parent);
	struct user_regs_struct r;

	go(PTRACE_SYSCALL, pid, 0);
	CHECK_EQ(stop_of(pid), SIGTRAP);
	r = regs_of(pid);
	r.orig_rax = 100000;
	set_regs(pid, &r);
	go(PTRACE_SYSCALL, pid, 0);
	CHECK_EQ(stop_of(pid), SIGTRAP);
	CHECK_EQ(regs_of(pid).rax, -ENOSYS);
	go(PTRACE_CONT, pid, 0);
	EXITS(pid, 1);
}

/* PTRACE_SYSEMU: one stop, the call is the tracer's to do. */
CASE(call_is_emulated)
{
	pid_t pid = tracee(ask_parent);
	struct user_regs_struct r;

	go(PTRACE_SYSEMU, pid, 0);
	CHECK_EQ(stop_of(pid), SIGTRAP);
	r = regs_of(pid);
	CHECK_EQ(r.orig_rax, SYS_getppid);
	r.rax = 42;
	set_regs(pid, &r);
	go(PTRACE_SYSEMU, pid, 0);
	CHECK_EQ(stop_of(pid), SIGTRAP);
	CHECK_EQ(regs_of(pid).orig_rax, SYS_exit_group);
	CHECK_EQ(regs_of(pid).rdi, 0);
	go(PTRACE_SYSEMU_SINGLESTEP, pid, 0);
	CHECK_EQ(stop_of(pid), SIGTRAP);
	kill_tracee(pid);
}

CASE(killed_at_the_beginning_of_a_call)
{
	pid_t pid = tracee(ask_parent);

	go(PTRACE_SYSCALL, pid, 0);
	CHECK_EQ(stop_of(pid), SIGTRAP);
	OK(kill(pid, SIGKILL));
	DIES(pid, SIGKILL);
}

/* --- attach, detach --- */

CASE(attach_stops)
{
	pid_t pid = CHILD(sleep_for_ever());
	siginfo_t info;

	OK(pt(PTRACE_ATTACH, pid, 0, 0));
	CHECK_EQ(stop_of(pid), SIGSTOP);
	OK(pt(PTRACE_GETSIGINFO, pid, 0, (uintptr_t)&info));
	CHECK_EQ(info.si_code, SI_KERNEL);
	go(PTRACE_DETACH, pid, 0);
	FAILS(pt(PTRACE_CONT, pid, 0, 0), ESRCH);
	OK(kill(pid, SIGTERM));
	DIES(pid, SIGTERM);
}

CASE(detach_with_a_signal)
{
	pid_t pid = CHILD(sleep_for_ever());

	OK(pt(PTRACE_ATTACH, pid, 0, 0));
	CHECK_EQ(stop_of(pid), SIGSTOP);
	go(PTRACE_DETACH, pid, SIGTERM);
	DIES(pid, SIGTERM);
}

CASE(attach_to_a_stopped_one)
{
	pid_t pid = CHILD(sleep_for_ever());
	int status;

	OK(kill(pid, SIGSTOP));
	CHECK_EQ(OK(waitpid(pid, &status, WUNTRACED)), pid);
	OK(pt(PTRACE_ATTACH, pid, 0, 0));
	CHECK_EQ(OK(waitpid(pid, &status, WNOHANG | __WALL)), pid);
	CHECK_EQ(status >> 8, SIGSTOP);
	CHECK_EQ(state_of(pid), 't');
	go(PTRACE_DETACH, pid, 0);
	/* Still stopped, as the SIGSTOP said. */
	for (int i = 0; i < 200 && state_of(pid) != 'T'; i++)
		sleep_ms(10);
	CHECK_EQ(state_of(pid), 'T');
	OK(kill(pid, SIGKILL));
	DIES(pid, SIGKILL);
}

CASE(seize_does_not_stop)
{
	pid_t pid = CHILD(sleep_for_ever());
	int status;

	OK(pt(PTRACE_SEIZE, pid, 0, 0));
	CHECK_EQ(OK(waitpid(pid, &status, WNOHANG | __WALL)), 0);
	OK(pt(PTRACE_INTERRUPT, pid, 0, 0));
	CHECK_EQ(stop_of(pid), EVENT(EVENT_STOP));
	go(PTRACE_CONT, pid, 0);
	OK(pt(PTRACE_INTERRUPT, pid, 0, 0));
	CHECK_EQ(stop_of(pid), EVENT(EVENT_STOP));
	go(PTRACE_DETACH, pid, 0);
	OK(kill(pid, SIGTERM));
	DIES(pid, SIGTERM);
}

CASE(interrupt_does_not_disturb_calls)
{
	pid_t pid = CHILD(sleep_through());

	OK(pt(PTRACE_SEIZE, pid, 0, 0));
	OK(pt(PTRACE_INTERRUPT, pid, 0, 0));
	CHECK_EQ(stop_of(pid), EVENT(EVENT_STOP));
	go(PTRACE_CONT, pid, 0);
	EXITS(pid, 0);
}

/* Whatever stop it is let go from, the call it was taken out of goes on. */
CASE(detach_at_the_end_of_an_interrupted_call)
{
	for (int i = 0; i < 2; i++) {
		pid_t pid = CHILD(sleep_through());

		OK(pt(PTRACE_SEIZE, pid, 0, PTRACE_O_TRACESYSGOOD));
		OK(pt(PTRACE_INTERRUPT, pid, 0, 0));
		CHECK_EQ(stop_of(pid), EVENT(EVENT_STOP));
		go(PTRACE_SYSCALL, pid, 0);
		CHECK_EQ(stop_of(pid), SIGTRAP | 0x80);
		if (regs_of(pid).orig_rax == SYS_exit_group) {
			go(PTRACE_DETACH, pid, 0);
			EXITS(pid, 0);
			continue;
		}
		go(PTRACE_SYSCALL, pid, 0);
		OK(pt(PTRACE_INTERRUPT, pid, 0, 0));
		CHECK_EQ(stop_of(pid), SIGTRAP | 0x80);
		go(PTRACE_DETACH, pid, 0);
		EXITS(pid, 0);
	}
}

/* --- group stops --- */

CASE(group_stop_of_an_attached_one)
{
	pid_t pid = tracee(sleep_for_ever);
	siginfo_t info;

	go(PTRACE_CONT, pid, SIGSTOP);
	CHECK_EQ(stop_of(pid), SIGSTOP);
	FAILS(pt(PTRACE_GETSIGINFO, pid, 0, (uintptr_t)&info), EINVAL);
	FAILS(pt(PTRACE_SETSIGINFO, pid, 0, (uintptr_t)&info), EINVAL);
	go(PTRACE_CONT, pid, 0);
	OK(kill(pid, SIGUSR1));
	CHECK_EQ(stop_of(pid), SIGUSR1);
	kill_tracee(pid);
}

static int
seized_stop(pid_t pid)
{
	OK(pt(PTRACE_SEIZE, pid, 0, 0));
	OK(kill(pid, SIGSTOP));
	CHECK_EQ(stop_of(pid), SIGSTOP);
	go(PTRACE_CONT, pid, SIGSTOP);
	return stop_of(pid);
}

CASE(group_stop_of_a_seized_one)
{
	pid_t pid = CHILD(sleep_for_ever());
	int status;

	CHECK_EQ(seized_stop(pid), SIGSTOP | EVENT_STOP << 8);
	OK(pt(PTRACE_LISTEN, pid, 0, 0));
	FAILS(pt(PTRACE_CONT, pid, 0, 0), ESRCH);
	CHECK_EQ(OK(waitpid(pid, &status, WNOHANG | __WALL)), 0);
	OK(kill(pid, SIGCONT));
	CHECK_EQ(stop_of(pid), EVENT(EVENT_STOP));
	go(PTRACE_CONT, pid, 0);
	CHECK_EQ(stop_of(pid), SIGCONT);
	go(PTRACE_CONT, pid, SIGCONT);
	OK(kill(pid, SIGTERM));
	CHECK_EQ(stop_of(pid), SIGTERM);
	go(PTRACE_CONT, pid, SIGTERM);
	DIES(pid, SIGTERM);
}

CASE(interrupt_ends_listening)
{
	pid_t pid = CHILD(sleep_for_ever());

	CHECK_EQ(seized_stop(pid), SIGSTOP | EVENT_STOP << 8);
	OK(pt(PTRACE_LISTEN, pid, 0, 0));
	OK(pt(PTRACE_INTERRUPT, pid, 0, 0));
	CHECK_EQ(stop_of(pid), SIGSTOP | EVENT_STOP << 8);
	kill_tracee(pid);
}

CASE(killed_while_listening)
{
	pid_t pid = CHILD(sleep_for_ever());

	CHECK_EQ(seized_stop(pid), SIGSTOP | EVENT_STOP << 8);
	OK(pt(PTRACE_LISTEN, pid, 0, 0));
	OK(kill(pid, SIGKILL));
	DIES(pid, SIGKILL);
}

CASE(sigcont_undoes_a_stop_not_taken_yet)
{
	pid_t pid = tracee(sleep_for_ever);

	go(PTRACE_CONT, pid, 0);
	OK(kill(pid, SIGTSTP));
	CHECK_EQ(stop_of(pid), SIGTSTP);
	OK(kill(pid, SIGCONT));
	go(PTRACE_CONT, pid, SIGTSTP);
	CHECK_EQ(stop_of(pid), SIGCONT);
	kill_tracee(pid);
}
