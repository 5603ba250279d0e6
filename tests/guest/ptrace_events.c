/* SPDX-License-Identifier: MIT */

/*
 * ptrace_events.c - ptrace(2), what becomes of tracees: clone, exec, exit,
 * threads, zombies, and the death of tracers.
 */

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "tracee.h"

static unsigned long
message_of(pid_t pid)
{
	unsigned long m = 0;

	OK(pt(PTRACE_GETEVENTMSG, pid, 0, (uintptr_t)&m));
	return m;
}

static pid_t
tracee_with(void (*fn)(void), unsigned long options)
{
	pid_t pid = tracee(fn);

	OK(pt(PTRACE_SETOPTIONS, pid, 0, options));
	go(PTRACE_CONT, pid, 0);
	return pid;
}

/* --- clone --- */

static void
fork_once(void)
{
	int status;
	pid_t pid = (pid_t)syscall(SYS_fork);

	if (!pid)
		syscall(SYS_exit_group, 6);
	waitpid(pid, &status, 0);
	_exit(WEXITSTATUS(status));
}

CASE(fork_is_told)
{
	pid_t pid = tracee_with(fork_once, PTRACE_O_TRACEFORK), child;

	CHECK_EQ(stop_of(pid), EVENT(PTRACE_EVENT_FORK));
	child = (pid_t)message_of(pid);
	CHECK_EQ(stop_of(child), SIGSTOP);
	go(PTRACE_CONT, child, 0);
	go(PTRACE_CONT, pid, 0);
	EXITS(child, 6);
	CHECK_EQ(stop_of(pid), SIGCHLD);
	go(PTRACE_CONT, pid, SIGCHLD);
	EXITS(pid, 6);
}

CASE(fork_of_a_seized_one)
{
	int go_on[2];
	pid_t pid, child;

	OK(pipe(go_on));
	pid = CHILD({
		char c;

		CHECK_EQ(read(go_on[0], &c, 1), 1);
		fork_once();
	});
	OK(pt(PTRACE_SEIZE, pid, 0, PTRACE_O_TRACEFORK));
	OK(write(go_on[1], "x", 1));
	CHECK_EQ(stop_of(pid), EVENT(PTRACE_EVENT_FORK));
	child = (pid_t)message_of(pid);
	CHECK_EQ(stop_of(child), EVENT(EVENT_STOP));
	go(PTRACE_DETACH, child, 0);
	go(PTRACE_CONT, pid, 0);
	CHECK_EQ(stop_of(pid), SIGCHLD);
	go(PTRACE_CONT, pid, SIGCHLD);
	EXITS(pid, 6);
}

static void
vfork_once(void)
{
	static char *argv[] = { "x", NULL };
	pid_t pid = vfork();

	if (!pid) {
		execv("/no/such/file", argv);
		_exit(7);
	}
	_exit(pid > 0 ? 0 : 1);
}

CASE(vfork_is_told_twice)
{
	pid_t pid = tracee_with(vfork_once,
				PTRACE_O_TRACEVFORK | PTRACE_O_TRACEVFORKDONE),
	      child;

	CHECK_EQ(stop_of(pid), EVENT(PTRACE_EVENT_VFORK));
	child = (pid_t)message_of(pid);
	CHECK_EQ(stop_of(child), SIGSTOP);
	go(PTRACE_CONT, pid, 0);
	go(PTRACE_CONT, child, 0);
	EXITS(child, 7);
	CHECK_EQ(stop_of(pid), EVENT(PTRACE_EVENT_VFORK_DONE));
	CHECK_EQ(message_of(pid), child);
	go(PTRACE_CONT, pid, 0);
	CHECK_EQ(stop_of(pid), SIGCHLD);
	go(PTRACE_CONT, pid, 0);
	EXITS(pid, 0);
}

static void *
exit_thread(void *arg)
{
	syscall(SYS_exit, 9);
	return arg;
}

static void
thread_once(void)
{
	pthread_t t;

	pthread_create(&t, NULL, exit_thread, NULL);
	sleep_for_ever();
}

static int
wait_status(pid_t pid)
{
	int status;

	CHECK_EQ(OK(waitpid(pid, &status, __WALL)), pid);
	return status;
}

/* A thread is a tracee of its own, and a zombie of its own. */
CASE(threads_are_told)
{
	pid_t pid = tracee_with(thread_once, PTRACE_O_TRACECLONE), tid;

	CHECK_EQ(stop_of(pid), EVENT(PTRACE_EVENT_CLONE));
	tid = (pid_t)message_of(pid);
	CHECK_EQ(stop_of(tid), SIGSTOP);
	go(PTRACE_CONT, pid, 0);
	go(PTRACE_CONT, tid, 0);
	CHECK_EQ(wait_status(tid), 9 << 8);
	FAILS(waitpid(tid, NULL, __WALL), ECHILD);
	kill_tracee(pid);
}

/* The process is a zombie only when its threads have been waited for. */
static void *
die_together(void *arg)
{
	_exit(4);
	return arg;
}

static void
thread_ends_all(void)
{
	pthread_t t;

	pthread_create(&t, NULL, die_together, NULL);
	sleep_for_ever();
}

CASE(leader_is_last)
{
	pid_t pid = tracee_with(thread_ends_all, PTRACE_O_TRACECLONE), tid;
	int status;

	CHECK_EQ(stop_of(pid), EVENT(PTRACE_EVENT_CLONE));
	tid = (pid_t)message_of(pid);
	CHECK_EQ(stop_of(tid), SIGSTOP);
	go(PTRACE_CONT, pid, 0);
	go(PTRACE_CONT, tid, 0);
	CHECK_EQ(OK(waitpid(-1, &status, __WALL)), tid);
	CHECK_EQ(status, 4 << 8);
	CHECK_EQ(OK(waitpid(-1, &status, __WALL)), pid);
	CHECK_EQ(status, 4 << 8);
	FAILS(waitpid(-1, &status, __WALL), ECHILD);
}

/* --- exec --- */

int
guest_as(const char *what, UNUSED int argc, UNUSED char **argv)
{
	if (!strcmp(what, "ids"))
		return geteuid() == 0 ? 1 : 0;
	return 8;
}

static void
exec_self(void)
{
	const char *argv[] = { "self", "--as", "exit", NULL };

	execv(self_path(), (char **)(uintptr_t)argv);
	_exit(1);
}

CASE(exec_is_a_sigtrap)
{
	pid_t pid = tracee_with(exec_self, 0);
	siginfo_t info;

	CHECK_EQ(stop_of(pid), SIGTRAP);
	OK(pt(PTRACE_GETSIGINFO, pid, 0, (uintptr_t)&info));
	CHECK_EQ(info.si_code, SI_USER);
	CHECK_EQ(regs_of(pid).orig_rax, SYS_execve);
	CHECK_EQ(regs_of(pid).rax, 0);
	go(PTRACE_CONT, pid, 0);
	EXITS(pid, 8);
}

CASE(exec_is_told)
{
	pid_t pid = tracee_with(exec_self, PTRACE_O_TRACEEXEC);

	CHECK_EQ(stop_of(pid), EVENT(PTRACE_EVENT_EXEC));
	CHECK_EQ(message_of(pid), pid);
	/* Its end is still to come. */
	go(PTRACE_SYSCALL, pid, 0);
	CHECK_EQ(stop_of(pid), SIGTRAP);
	CHECK_EQ(regs_of(pid).orig_rax, SYS_execve);
	CHECK_EQ(regs_of(pid).rax, 0);
	go(PTRACE_CONT, pid, 0);
	EXITS(pid, 8);
}

static void *
exec_thread(void *arg)
{
	exec_self();
	return arg;
}

static void
thread_execs(void)
{
	pthread_t t;

	pthread_create(&t, NULL, exec_thread, NULL);
	sleep_for_ever();
}

/* It takes the leader's number; neither of the old two is seen to end. */
CASE(exec_by_a_thread)
{
	pid_t pid = tracee_with(thread_execs,
				PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC),
	      tid;
	int status;

	CHECK_EQ(stop_of(pid), EVENT(PTRACE_EVENT_CLONE));
	tid = (pid_t)message_of(pid);
	CHECK_EQ(stop_of(tid), SIGSTOP);
	go(PTRACE_CONT, pid, 0);
	go(PTRACE_CONT, tid, 0);
	CHECK_EQ(OK(waitpid(-1, &status, __WALL)), pid);
	CHECK_EQ(status >> 8, EVENT(PTRACE_EVENT_EXEC));
	CHECK_EQ(message_of(pid), tid);
	FAILS(waitpid(tid, &status, __WALL | WNOHANG), ECHILD);
	FAILS(pt(PTRACE_CONT, tid, 0, 0), ESRCH);
	go(PTRACE_CONT, pid, 0);
	EXITS(pid, 8);
}

static void
copy_self(const char *to)
{
	char buf[65536];
	int in = (int)OK(open(self_path(), O_RDONLY));
	int out = (int)OK(open(to, O_WRONLY | O_CREAT, 0755));
	ssize_t n;

	while ((n = OK(read(in, buf, sizeof(buf)))) > 0)
		CHECK_EQ(write(out, buf, (size_t)n), n);
	close(in);
	close(out);
}

/* A tracer without privilege may not watch a program gain some. */
CASE(setuid_program_gains_nothing)
{
	const char *argv[] = { "self", "--as", "ids", NULL };
	char name[4096];

	need_root();
	CHECK(getcwd(name, sizeof(name) - 5));
	strcat(name, "/suid");
	copy_self(name);
	OK(chmod(name, 04755));
	OK(chmod(".", 0755));
	EXITS(CHILD({
		      become_nobody();
		      pid_t pid = (pid_t)OK(fork());

		      if (!pid) {
			      OK(pt(PTRACE_TRACEME, 0, 0, 0));
			      execv(name, (char **)(uintptr_t)argv);
			      _exit(50);
		      }
		      CHECK_EQ(stop_of(pid), SIGTRAP);
		      go(PTRACE_CONT, pid, 0);
		      EXITS(pid, 0);
	      }),
	      0);
}

/* --- exit --- */

static void
exit_5(void)
{
	_exit(5);
}

CASE(exit_is_told)
{
	pid_t pid = tracee_with(exit_5, PTRACE_O_TRACEEXIT);

	CHECK_EQ(stop_of(pid), EVENT(PTRACE_EVENT_EXIT));
	CHECK_EQ(message_of(pid), 5 << 8);
	CHECK_EQ(regs_of(pid).orig_rax, SYS_exit_group);
	go(PTRACE_CONT, pid, 0);
	EXITS(pid, 5);
}

CASE(killed_one_tells_of_its_exit)
{
	pid_t pid = tracee_with(sleep_for_ever, PTRACE_O_TRACEEXIT);

	OK(kill(pid, SIGKILL));
	CHECK_EQ(stop_of(pid), EVENT(PTRACE_EVENT_EXIT));
	CHECK_EQ(message_of(pid), SIGKILL);
	go(PTRACE_CONT, pid, 0);
	DIES(pid, SIGKILL);
}

/* It is dying: no signal changes that, nor ends the stop. */
CASE(exit_cannot_be_killed)
{
	pid_t pid = tracee_with(exit_5, PTRACE_O_TRACEEXIT);

	CHECK_EQ(stop_of(pid), EVENT(PTRACE_EVENT_EXIT));
	OK(kill(pid, SIGKILL));
	go(PTRACE_CONT, pid, 0);
	EXITS(pid, 5);
}

/* --- zombies and their two parents --- */

CASE(tracer_waits_before_the_parent)
{
	int tell[2], status;
	pid_t parent, pid;
	siginfo_t info = { 0 };

	OK(pipe(tell));
	parent = CHILD({
		pid_t child = CHILD(sleep_for_ever());
		int s;

		OK(write(tell[1], &child, sizeof(child)));
		CHECK_EQ(OK(waitpid(child, &s, 0)), child);
		CHECK(WIFSIGNALED(s) && WTERMSIG(s) == SIGTERM);
	});
	CHECK_EQ(read(tell[0], &pid, sizeof(pid)), sizeof(pid));
	OK(pt(PTRACE_SEIZE, pid, 0, 0));
	OK(kill(pid, SIGTERM));
	CHECK_EQ(stop_of(pid), SIGTERM);
	go(PTRACE_CONT, pid, SIGTERM);
	OK(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT | __WALL));
	CHECK_EQ(info.si_code, CLD_KILLED);
	CHECK_EQ(info.si_status, SIGTERM);
	/* The parent knows nothing yet. */
	CHECK_EQ(OK(waitpid(parent, &status, WNOHANG)), 0);
	CHECK_EQ(wait_status(pid), SIGTERM);
	FAILS(waitpid(pid, &status, __WALL), ECHILD);
	EXITS(parent, 0);
}

CASE(stops_as_waitid_shows_them)
{
	pid_t pid = (pid_t)OK(fork());
	siginfo_t info;

	if (!pid) {
		pt(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		_exit(0);
	}
	OK(waitid(P_PID, (id_t)pid, &info, WSTOPPED | WNOWAIT));
	CHECK_EQ(info.si_code, CLD_TRAPPED);
	CHECK_EQ(info.si_status, SIGSTOP);
	CHECK_EQ(info.si_signo, SIGCHLD);
	CHECK_EQ(info.si_pid, pid);
	/* Any option will do, and each stop is told once. */
	CHECK_EQ(stop_of(pid), SIGSTOP);
	info.si_pid = 1;
	OK(waitid(P_PID, (id_t)pid, &info, WSTOPPED | WNOHANG));
	CHECK_EQ(info.si_pid, 0);
	kill_tracee(pid);
}

static void *
not_mine(void *arg)
{
	int status;
	pid_t pid = *(pid_t *)arg;

	FAILS(waitpid(pid, &status, __WALL | __WNOTHREAD), ECHILD);
	FAILS(pt(PTRACE_CONT, pid, 0, 0), ESRCH);
	CHECK_EQ(OK(waitpid(pid, &status, __WALL)), pid);
	return NULL;
}

/* Any thread may wait, but only the tracer may ask. */
CASE(tracer_is_a_thread)
{
	pid_t pid = CHILD(sleep_for_ever());
	pthread_t t;

	OK(pt(PTRACE_ATTACH, pid, 0, 0));
	CHECK_EQ(pthread_create(&t, NULL, not_mine, &pid), 0);
	CHECK_EQ(pthread_join(t, NULL), 0);
	go(PTRACE_DETACH, pid, SIGTERM);
	DIES(pid, SIGTERM);
}

static void *
trace_and_end(void *arg)
{
	OK(pt(PTRACE_ATTACH, *(pid_t *)arg, 0, 0));
	CHECK_EQ(stop_of(*(pid_t *)arg), SIGSTOP);
	return NULL;
}

CASE(thread_that_ends_lets_go)
{
	pid_t pid = CHILD(sleep_for_ever());
	pthread_t t;

	CHECK_EQ(pthread_create(&t, NULL, trace_and_end, &pid), 0);
	CHECK_EQ(pthread_join(t, NULL), 0);
	for (int i = 0; i < 200 && state_of(pid) == 't'; i++)
		sleep_ms(10);
	CHECK(state_of(pid) != 't');
	OK(pt(PTRACE_ATTACH, pid, 0, 0));
	kill_tracee(pid);
}

/* --- the death of a tracer --- */

static void
tracer_dies(unsigned long options, bool stopped)
{
	pid_t pid = CHILD(sleep_for_ever());
	pid_t tracer = CHILD({
		OK(pt(PTRACE_SEIZE, pid, 0, options));
		if (stopped) {
			OK(pt(PTRACE_INTERRUPT, pid, 0, 0));
			CHECK_EQ(stop_of(pid), EVENT(EVENT_STOP));
		}
		OK(kill(getpid(), SIGKILL));
	});

	DIES(tracer, SIGKILL);
	if (!(options & PTRACE_O_EXITKILL)) {
		CHECK(state_of(pid) != 't');
		OK(kill(pid, SIGTERM));
		DIES(pid, SIGTERM);
	} else {
		DIES(pid, SIGKILL);
	}
}

CASE(tracee_of_a_dead_tracer_goes_on)
{
	tracer_dies(0, false);
	tracer_dies(0, true);
}

CASE(exitkill_kills)
{
	tracer_dies(PTRACE_O_EXITKILL, false);
	tracer_dies(PTRACE_O_EXITKILL, true);
}
