/* SPDX-License-Identifier: MIT */
/*
 * signal.c - handlers, masks, what is restarted, what is told.
 */
#include "guest.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

static volatile sig_atomic_t seen, order[16];
static siginfo_t told;
static ucontext_t context;

static void
note(int number)
{
	if (seen < (int)COUNT(order))
		order[seen] = number;
	seen++;
}

static void
note_info(int number, siginfo_t *info, void *uc)
{
	note(number);
	told = *info;
	context = *(ucontext_t *)uc;
}

static void
handle(int number, void (*handler)(int), int flags)
{
	struct sigaction action = { .sa_handler = handler, .sa_flags = flags };

	OK(sigaction(number, &action, NULL));
}

static void
handle_info(int number, void (*handler)(int, siginfo_t *, void *), int flags)
{
	struct sigaction action = { .sa_sigaction = handler,
				    .sa_flags = flags | SA_SIGINFO };

	OK(sigaction(number, &action, NULL));
}

static sigset_t
set_of(int number)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, number);
	return set;
}

CASE(default_actions)
{
	static const int deadly[] = { SIGHUP,  SIGINT,  SIGQUIT, SIGILL,
				      SIGABRT, SIGBUS,  SIGFPE,  SIGKILL,
				      SIGUSR1, SIGSEGV, SIGUSR2, SIGPIPE,
				      SIGALRM, SIGTERM, SIGXCPU, SIGXFSZ,
				      SIGSYS,  SIGPROF, 34,      64 };
	static const int harmless[] = { SIGCHLD, SIGURG, SIGWINCH, SIGCONT };

	for (size_t i = 0; i < COUNT(deadly); i++)
		DIES_BY(deadly[i], kill(getpid(), deadly[i]));
	for (size_t i = 0; i < COUNT(harmless); i++)
		EXITS(CHILD({ OK(kill(getpid(), harmless[i])); }), 0);
}

CASE(handler_runs)
{
	handle(SIGUSR1, note, 0);
	OK(raise(SIGUSR1));
	CHECK_EQ(seen, 1);
	CHECK_EQ(order[0], SIGUSR1);
}

CASE(siginfo_of_kill)
{
	handle_info(SIGUSR1, note_info, 0);
	OK(kill(getpid(), SIGUSR1));
	CHECK_EQ(told.si_signo, SIGUSR1);
	CHECK_EQ(told.si_code, SI_USER);
	CHECK_EQ(told.si_pid, getpid());
	CHECK_EQ(told.si_uid, getuid());
}

CASE(siginfo_of_sigqueue)
{
	union sigval value = { .sival_int = 77 };

	handle_info(SIGRTMIN, note_info, 0);
	OK(sigqueue(getpid(), SIGRTMIN, value));
	CHECK_EQ(told.si_code, SI_QUEUE);
	CHECK_EQ(told.si_value.sival_int, 77);
}

CASE(siginfo_of_sigchld)
{
	pid_t pid;

	handle_info(SIGCHLD, note_info, SA_RESTART);
	pid = CHILD({ _exit(5); });
	EXITS(pid, 5);
	CHECK_EQ(told.si_signo, SIGCHLD);
	CHECK_EQ(told.si_code, CLD_EXITED);
	CHECK_EQ(told.si_pid, pid);
	CHECK_EQ(told.si_status, 5);
}

static char *volatile fault_at;
static int volatile fault_code;

static void
repair(int number, siginfo_t *info, void *uc)
{
	(void)number;
	(void)uc;
	fault_at = info->si_addr;
	fault_code = info->si_code;
	if (mprotect((void *)((uintptr_t)info->si_addr & -PAGE), PAGE,
		     PROT_READ | PROT_WRITE))
		_exit(7);
}

CASE(sigsegv_can_be_repaired)
{
	volatile char *p = anon(2 * PAGE);

	handle_info(SIGSEGV, repair, 0);
	OK(mprotect((void *)p, 2 * PAGE, PROT_NONE));
	p[PAGE + 123] = 5;
	CHECK(fault_at == p + PAGE + 123);
	CHECK_EQ(fault_code, SEGV_ACCERR);
	CHECK_EQ(p[PAGE + 123], 5);
	OK(mprotect((void *)p, PAGE, PROT_READ));
	p[1] = 6;
	CHECK(fault_at == p + 1);
}

static void
leave_info(int number, siginfo_t *info, void *uc)
{
	bool right = info->si_addr == fault_at && info->si_code == fault_code;

	(void)uc;
	_exit(right && number == info->si_signo ? 55 : 56);
}

CASE(faults_say_what_they_are)
{
	char *hole = before_hole();

	EXITS(CHILD({
		      handle_info(SIGSEGV, leave_info, 0);
		      fault_at = hole;
		      fault_code = SEGV_MAPERR;
		      *(volatile char *)hole = 1;
	      }),
	      55);
	EXITS(CHILD({
		      handle_info(SIGFPE, leave_info, 0);
		      fault_code = FPE_INTDIV;
		      __asm__ volatile("lea 1f(%%rip), %0\n" : "=r"(fault_at));
		      __asm__ volatile("1: idivl %0"
				       :
				       : "r"(0), "a"(1), "d"(0));
	      }),
	      55);
	EXITS(CHILD({
		      handle_info(SIGILL, leave_info, 0);
		      fault_code = ILL_ILLOPN;
		      __asm__ volatile("lea 2f(%%rip), %0\n" : "=r"(fault_at));
		      __asm__ volatile("2: ud2");
	      }),
	      55);
}

CASE(int3_is_a_trap)
{
	DIES_BY(SIGTRAP, __asm__ volatile("int3"));
	handle(SIGTRAP, note, 0);
	__asm__ volatile("int3");
	CHECK_EQ(seen, 1);
}

CASE(blocked_signal_waits)
{
	sigset_t set = set_of(SIGUSR1), pending;

	handle(SIGUSR1, note, 0);
	OK(sigprocmask(SIG_BLOCK, &set, NULL));
	OK(raise(SIGUSR1));
	OK(raise(SIGUSR1));
	CHECK_EQ(seen, 0);
	OK(sigpending(&pending));
	CHECK(sigismember(&pending, SIGUSR1));
	OK(sigprocmask(SIG_UNBLOCK, &set, NULL));
	CHECK_EQ(seen, 1); /* a plain signal is not counted */
}

CASE(real_time_signals_queue_in_order)
{
	sigset_t set;

	sigemptyset(&set);
	for (int i = 0; i < 3; i++) {
		handle(SIGRTMIN + i, note, 0);
		sigaddset(&set, SIGRTMIN + i);
	}
	OK(sigprocmask(SIG_BLOCK, &set, NULL));
	OK(raise(SIGRTMIN + 2));
	OK(raise(SIGRTMIN));
	OK(raise(SIGRTMIN));
	OK(raise(SIGRTMIN + 1));
	OK(sigprocmask(SIG_UNBLOCK, &set, NULL));
	CHECK_EQ(seen, 4);
}

CASE(some_signals_cannot_be_had)
{
	struct sigaction action = { .sa_handler = note };
	sigset_t all, now;

	FAILS(sigaction(SIGKILL, &action, NULL), EINVAL);
	FAILS(sigaction(SIGSTOP, &action, NULL), EINVAL);
	FAILS(sigaction(65, &action, NULL), EINVAL);
	FAILS(sigaction(0, &action, NULL), EINVAL);
	sigfillset(&all);
	OK(sigprocmask(SIG_BLOCK, &all, NULL));
	OK(sigprocmask(SIG_BLOCK, NULL, &now));
	CHECK(!sigismember(&now, SIGKILL));
	CHECK(!sigismember(&now, SIGSTOP));
	FAILS(syscall(SYS_rt_sigprocmask, 9, &all, NULL, 8), EINVAL);
	FAILS(syscall(SYS_rt_sigprocmask, SIG_BLOCK, &all, NULL, 16), EINVAL);
}

CASE(kill_errors)
{
	FAILS(kill(getpid(), 65), EINVAL);
	FAILS(kill(getpid(), -1), EINVAL);
	FAILS(kill(4194303, 0), ESRCH);
	FAILS(kill(-4194303, 0), ESRCH);
	FAILS(syscall(SYS_tgkill, 0, getpid(), SIGUSR1), EINVAL);
	FAILS(syscall(SYS_tgkill, getpid(), 4194303, SIGUSR1), ESRCH);
	OK(kill(getpid(), 0));
	OK(kill(0, 0));
}

CASE(kill_needs_permission)
{
	need_root();
	EXITS(CHILD({
		      pid_t root = getppid();

		      become_nobody();
		      FAILS(kill(root, SIGTERM), EPERM);
		      FAILS(kill(root, 0), EPERM);
		      OK(kill(getpid(), 0));
	      }),
	      0);
}

static volatile int depth, deepest;

static void
nest(int number)
{
	if (++depth > deepest)
		deepest = depth;
	if (depth < 4 && seen++ < 10)
		raise(number);
	depth--;
}

CASE(handler_blocks_its_own_signal)
{
	handle(SIGUSR1, nest, 0);
	OK(raise(SIGUSR1));
	CHECK_EQ(deepest, 1);
	CHECK(seen > 5); /* one after the other */
}

CASE(nodefer_lets_it_nest)
{
	handle(SIGUSR1, nest, SA_NODEFER);
	OK(raise(SIGUSR1));
	CHECK_EQ(deepest, 4);
}

CASE(resethand_is_for_once)
{
	DIES_BY(SIGUSR1, {
		handle(SIGUSR1, note, SA_RESETHAND);
		raise(SIGUSR1);
		CHECK_EQ(seen, 1);
		raise(SIGUSR1);
	});
}

static void
raise_other(int number)
{
	note(number);
	raise(SIGUSR2);
	note(number);
}

CASE(sa_mask_blocks_during_the_handler)
{
	struct sigaction action = { .sa_handler = raise_other };

	sigaddset(&action.sa_mask, SIGUSR2);
	OK(sigaction(SIGUSR1, &action, NULL));
	handle(SIGUSR2, note, 0);
	OK(raise(SIGUSR1));
	CHECK_EQ(order[0], SIGUSR1);
	CHECK_EQ(order[1], SIGUSR1);
	CHECK_EQ(order[2], SIGUSR2);
}

CASE(mask_returns_after_the_handler)
{
	sigset_t now;

	handle(SIGUSR1, note, 0);
	OK(raise(SIGUSR1));
	OK(sigprocmask(SIG_BLOCK, NULL, &now));
	CHECK(!sigismember(&now, SIGUSR1));
}

/* A child that signals us after a while, while we wait in a call. */
static pid_t
disturb(int number)
{
	pid_t parent = getpid();

	return CHILD({
		sleep_ms(40);
		OK(kill(parent, number));
		sleep_ms(40);
	});
}

CASE(read_is_interrupted)
{
	int fds[2];
	char c;
	pid_t pid;

	OK(pipe(fds));
	handle(SIGUSR1, note, 0);
	pid = disturb(SIGUSR1);
	FAILS(read(fds[0], &c, 1), EINTR);
	CHECK_EQ(seen, 1);
	EXITS(pid, 0);
}

CASE(read_is_restarted)
{
	pid_t parent = getpid(), pid;
	int fds[2];
	char c;

	OK(pipe(fds));
	handle(SIGUSR1, note, SA_RESTART);
	pid = CHILD({
		sleep_ms(40);
		OK(kill(parent, SIGUSR1));
		sleep_ms(40);
		OK(write(fds[1], "r", 1));
	});
	CHECK_EQ(read(fds[0], &c, 1), 1);
	CHECK_EQ(seen, 1);
	EXITS(pid, 0);
}

CASE(ignored_signal_does_not_interrupt)
{
	pid_t parent = getpid(), pid;
	int fds[2];
	char c;

	OK(pipe(fds));
	signal(SIGUSR1, SIG_IGN);
	pid = CHILD({
		sleep_ms(30);
		OK(kill(parent, SIGUSR1));
		OK(kill(parent, SIGWINCH));
		sleep_ms(30);
		OK(write(fds[1], "r", 1));
	});
	CHECK_EQ(read(fds[0], &c, 1), 1);
	EXITS(pid, 0);
}

CASE(wait_is_restarted)
{
	pid_t pid;

	handle(SIGUSR1, note, SA_RESTART);
	pid = disturb(SIGUSR1);
	EXITS(pid, 0);
	CHECK_EQ(seen, 1);
}

CASE(nanosleep_tells_the_rest)
{
	struct timespec t = { 5, 0 }, rest = { 0, 0 };
	pid_t pid;

	handle(SIGUSR1, note, SA_RESTART); /* never restarted by a handler */
	pid = disturb(SIGUSR1);
	FAILS(nanosleep(&t, &rest), EINTR);
	CHECK(rest.tv_sec >= 2 && rest.tv_sec < 5);
	EXITS(pid, 0);
}

CASE(nanosleep_goes_on_after_a_stop)
{
	long begun = now_ms();
	pid_t pid = CHILD({
		struct timespec t = { 0, 150000000 };

		OK(nanosleep(&t, NULL));
	});

	sleep_ms(30);
	OK(kill(pid, SIGSTOP));
	sleep_ms(30);
	OK(kill(pid, SIGCONT));
	EXITS(pid, 0);
	CHECK(now_ms() - begun >= 148);
}

CASE(sigsuspend_swaps_the_mask)
{
	sigset_t set = set_of(SIGUSR1), empty, now;

	sigemptyset(&empty);
	handle(SIGUSR1, note, 0);
	OK(sigprocmask(SIG_BLOCK, &set, NULL));
	OK(raise(SIGUSR1));
	FAILS(sigsuspend(&empty), EINTR);
	CHECK_EQ(seen, 1);
	OK(sigprocmask(SIG_BLOCK, NULL, &now));
	CHECK(sigismember(&now, SIGUSR1));
}

CASE(sigtimedwait_takes_without_a_handler)
{
	struct timespec soon = { 0, 20000000 };
	sigset_t set = set_of(SIGUSR1);
	siginfo_t info;

	OK(sigprocmask(SIG_BLOCK, &set, NULL));
	FAILS(sigtimedwait(&set, &info, &soon), EAGAIN);
	OK(raise(SIGUSR1));
	CHECK_EQ(sigtimedwait(&set, &info, &soon), SIGUSR1);
	CHECK_EQ(info.si_pid, getpid());
	FAILS(sigtimedwait(&set, &info, &soon), EAGAIN);
}

CASE(pause_waits_for_a_handler)
{
	pid_t pid;

	handle(SIGUSR1, note, SA_RESTART);
	pid = disturb(SIGUSR1);
	FAILS(pause(), EINTR);
	EXITS(pid, 0);
}

CASE(sigpipe)
{
	int fds[2];

	OK(pipe(fds));
	OK(close(fds[0]));
	DIES_BY(SIGPIPE, { FAILS(write(fds[1], "x", 1), EPIPE); });
	signal(SIGPIPE, SIG_IGN);
	FAILS(write(fds[1], "x", 1), EPIPE);
}

CASE(stopped_process_does_not_run)
{
	volatile long *counter = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
				      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status;
	long before;
	pid_t pid = CHILD({
		for (;;)
			++*counter;
	});

	while (*counter < 1000)
		sleep_ms(1);
	OK(kill(pid, SIGSTOP));
	CHECK_EQ(waitpid(pid, &status, WUNTRACED), pid);
	before = *counter;
	sleep_ms(20);
	CHECK_EQ(*counter, before);
	OK(kill(pid, SIGTERM)); /* waits until it goes on */
	CHECK_EQ(waitpid(pid, &status, WNOHANG), 0);
	OK(kill(pid, SIGCONT));
	DIES(pid, SIGTERM);
}

CASE(stopped_process_can_be_killed)
{
	int status;
	pid_t pid = CHILD({
		for (;;)
			pause();
	});

	OK(kill(pid, SIGSTOP));
	CHECK_EQ(waitpid(pid, &status, WUNTRACED), pid);
	OK(kill(pid, SIGKILL));
	DIES(pid, SIGKILL);
}

CASE(abort_kills_even_when_handled)
{
	DIES_BY(SIGABRT, {
		handle(SIGABRT, note, 0);
		abort();
	});
}

CASE(fork_clears_pending)
{
	sigset_t set = set_of(SIGUSR1), pending;

	OK(sigprocmask(SIG_BLOCK, &set, NULL));
	OK(raise(SIGUSR1));
	EXITS(CHILD({
		      OK(sigpending(&pending));
		      CHECK(!sigismember(&pending, SIGUSR1));
		      OK(sigprocmask(SIG_BLOCK, NULL, &pending));
		      CHECK(sigismember(&pending, SIGUSR1));
	      }),
	      0);
}

static void *
wait_in_thread(void *argument)
{
	sigset_t set = set_of(SIGUSR1);
	int number = 0;

	(void)argument;
	if (sigwait(&set, &number))
		return NULL;
	return (void *)(uintptr_t)number;
}

CASE(process_signal_goes_to_a_thread_that_takes_it)
{
	sigset_t set = set_of(SIGUSR1);
	pthread_t thread;
	void *result;

	OK(sigprocmask(SIG_BLOCK, &set, NULL));
	CHECK_EQ(pthread_create(&thread, NULL, wait_in_thread, NULL), 0);
	sleep_ms(20);
	OK(kill(getpid(), SIGUSR1));
	CHECK_EQ(pthread_join(thread, &result), 0);
	CHECK_EQ((uintptr_t)result, SIGUSR1);
}

/* A signal that comes while fork works is taken after it, not instead. */
CASE(fork_is_not_interrupted)
{
	struct itimerval often = { { 0, 500 }, { 0, 500 } }, never = { 0 };

	handle(SIGALRM, note, 0);
	handle(SIGCHLD, note, 0);
	OK(setitimer(ITIMER_REAL, &often, NULL));
	for (int i = 0; i < 300; i++) {
		pid_t pid = fork();

		CHECK(pid >= 0);
		if (!pid)
			_exit(0);
	}
	OK(setitimer(ITIMER_REAL, &never, NULL));
	for (int i = 0; i < 300; i++) {
		while (wait(NULL) < 0)
			CHECK_EQ(errno, EINTR);
	}
}

static volatile int storm_done;

static void
count(int number)
{
	(void)number;
	storm_done++;
}

CASE(storm)
{
	handle(SIGUSR1, count, 0);
	for (int i = 0; i < 5000; i++)
		OK(kill(getpid(), SIGUSR1));
	CHECK_EQ(storm_done, 5000);
}
