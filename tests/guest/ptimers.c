/* SPDX-License-Identifier: MIT */
/*
 * ptimers.c - timers that send signals, and clocks of processor time.
 */
#include "guest.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define MS 1000000l

/* musl keeps timer ids behind a type of its own: the calls themselves. */
static int
make(int clock, struct sigevent *event)
{
	int id = -1;

	return syscall(SYS_timer_create, clock, event, &id) ? -1 : id;
}

static int
set(int id, int flags, long value_ns, long interval_ns)
{
	struct itimerspec t = {
		.it_value = { value_ns / 1000000000, value_ns % 1000000000 },
		.it_interval = { interval_ns / 1000000000,
				 interval_ns % 1000000000 },
	};

	return (int)syscall(SYS_timer_settime, id, flags, &t, NULL);
}

static long
left_of(int id)
{
	struct itimerspec t;

	OK(syscall(SYS_timer_gettime, id, &t));
	return t.it_value.tv_sec * 1000000000 + t.it_value.tv_nsec;
}

static int
drop(int id)
{
	return (int)syscall(SYS_timer_delete, id);
}

static struct sigevent
by_signal(int number)
{
	struct sigevent e = { .sigev_notify = SIGEV_SIGNAL,
			      .sigev_signo = number,
			      .sigev_value.sival_int = 55 };

	return e;
}

static sigset_t
blocked(int number)
{
	sigset_t mask;

	sigemptyset(&mask);
	sigaddset(&mask, number);
	OK(sigprocmask(SIG_BLOCK, &mask, NULL));
	return mask;
}

static int
wait_ms(const sigset_t *mask, siginfo_t *info, long ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * MS };

	return sigtimedwait(mask, info, &t);
}

CASE(a_timer_sends_its_signal)
{
	static const int clocks[] = { CLOCK_REALTIME, CLOCK_MONOTONIC,
				      CLOCK_BOOTTIME, CLOCK_TAI };
	sigset_t mask = blocked(SIGRTMIN + 1);
	struct sigevent e = by_signal(SIGRTMIN + 1);
	siginfo_t info;

	for (size_t i = 0; i < COUNT(clocks); i++) {
		int id = (int)OK(make(clocks[i], &e));

		OK(set(id, 0, 5 * MS, 0));
		CHECK_EQ(wait_ms(&mask, &info, 10000), SIGRTMIN + 1);
		CHECK_EQ(info.si_code, SI_TIMER);
		CHECK_EQ(info.si_value.sival_int, 55);
		CHECK_EQ(info.si_timerid, id);
		CHECK_EQ(info.si_overrun, 0);
		CHECK_EQ(left_of(id), 0);
		FAILS(wait_ms(&mask, &info, 10), EAGAIN);
		OK(drop(id));
	}
}

CASE(without_an_event_it_is_sigalrm)
{
	sigset_t mask = blocked(SIGALRM);
	int id = (int)OK(make(CLOCK_MONOTONIC, NULL));
	siginfo_t info;

	OK(set(id, 0, 1, 0));
	CHECK_EQ(wait_ms(&mask, &info, 10000), SIGALRM);
	CHECK_EQ(info.si_code, SI_TIMER);
	CHECK_EQ(info.si_value.sival_int, id);
}

CASE(missed_periods_are_overruns)
{
	sigset_t mask = blocked(SIGUSR1);
	struct sigevent e = by_signal(SIGUSR1);
	int id = (int)OK(make(CLOCK_MONOTONIC, &e));
	siginfo_t info;

	OK(set(id, 0, MS, MS));
	sleep_ms(50);
	CHECK_EQ(wait_ms(&mask, &info, 1000), SIGUSR1);
	CHECK(info.si_overrun >= 48);
	CHECK_EQ(syscall(SYS_timer_getoverrun, id), info.si_overrun);
	/* It goes on. */
	CHECK_EQ(wait_ms(&mask, &info, 10000), SIGUSR1);
	CHECK(left_of(id) > 0 && left_of(id) <= MS);
	OK(set(id, 0, 0, 0));
	(void)wait_ms(&mask, &info, 0);
	FAILS(wait_ms(&mask, &info, 10), EAGAIN);
	CHECK_EQ(left_of(id), 0);
}

CASE(absolute_deadlines)
{
	sigset_t mask = blocked(SIGUSR1);
	struct sigevent e = by_signal(SIGUSR1);
	int id = (int)OK(make(CLOCK_REALTIME, &e));
	struct itimerspec t = { 0 };
	siginfo_t info;

	OK(clock_gettime(CLOCK_REALTIME, &t.it_value));
	t.it_value.tv_sec -= 10;
	OK(syscall(SYS_timer_settime, id, TIMER_ABSTIME, &t, NULL));
	CHECK_EQ(wait_ms(&mask, &info, 10000), SIGUSR1);
	t.it_value.tv_sec += 1010;
	OK(syscall(SYS_timer_settime, id, TIMER_ABSTIME, &t, NULL));
	FAILS(wait_ms(&mask, &info, 5), EAGAIN);
	CHECK(left_of(id) > 900 * 1000 * MS);
}

CASE(sigev_none_only_counts)
{
	struct sigevent e = { .sigev_notify = SIGEV_NONE };
	int id = (int)OK(make(CLOCK_MONOTONIC, &e));
	struct itimerspec t;

	OK(set(id, 0, 5 * MS, 0));
	CHECK(left_of(id) > 0);
	sleep_ms(10);
	CHECK_EQ(left_of(id), 0);
	OK(set(id, 0, 5 * MS, 7000 * MS));
	sleep_ms(10);
	CHECK(left_of(id) > 6000 * MS);
	OK(syscall(SYS_timer_gettime, id, &t));
	CHECK_EQ(t.it_interval.tv_sec, 7);
}

static volatile int got_in;

static void
note_thread(int number)
{
	got_in = gettid();
	(void)number;
}

static volatile int sleeper_tid;

static void *
wait_for_it(void *arg)
{
	sleeper_tid = gettid();
	while (!got_in)
		sleep_ms(1);
	return arg;
}

CASE(a_thread_is_signalled)
{
	struct sigevent e = by_signal(SIGUSR1);
	struct sigaction action = { .sa_handler = note_thread };
	pthread_t thread;
	int id;

	OK(sigaction(SIGUSR1, &action, NULL));
	CHECK(!pthread_create(&thread, NULL, wait_for_it, NULL));
	while (!sleeper_tid)
		sleep_ms(1);
	e.sigev_notify = SIGEV_THREAD_ID;
	/* Where musl keeps it: right behind sigev_notify. */
	memcpy((char *)&e + 16, (const void *)&sleeper_tid, sizeof(int));
	id = (int)OK(make(CLOCK_MONOTONIC, &e));
	OK(set(id, 0, MS, 0));
	pthread_join(thread, NULL);
	CHECK_EQ(got_in, sleeper_tid);
	OK(drop(id));
	/* No thread of ours. */
	memcpy((char *)&e + 16, &(int){ getppid() }, sizeof(int));
	FAILS(make(CLOCK_MONOTONIC, &e), EINVAL);
}

CASE(an_ignored_signal_does_not_stop_it)
{
	struct sigevent e = by_signal(SIGUSR1);
	int id = (int)OK(make(CLOCK_MONOTONIC, &e));
	struct sigaction action = { .sa_handler = SIG_IGN };
	siginfo_t info;
	sigset_t mask;

	OK(sigaction(SIGUSR1, &action, NULL));
	OK(set(id, 0, 1, 1));
	sleep_ms(20);
	mask = blocked(SIGUSR1);
	action.sa_handler = note_thread;
	OK(sigaction(SIGUSR1, &action, NULL));
	CHECK_EQ(wait_ms(&mask, &info, 10000), SIGUSR1);
	OK(drop(id));
}

CASE(timer_create_errors)
{
	struct sigevent e = by_signal(65);

	FAILS(make(CLOCK_MONOTONIC, &e), EINVAL);
	e = by_signal(0);
	FAILS(make(CLOCK_MONOTONIC, &e), EINVAL);
	e = by_signal(SIGUSR1);
	e.sigev_notify = 77;
	FAILS(make(CLOCK_MONOTONIC, &e), EINVAL);
	e.sigev_notify = SIGEV_THREAD_ID;
	memcpy((char *)&e + 16, &(int){ 1 }, sizeof(int));
	FAILS(make(CLOCK_MONOTONIC, &e), EINVAL);
	FAILS(make(77, NULL), EINVAL);
	FAILS(make(CLOCK_MONOTONIC_RAW, NULL), EOPNOTSUPP);
	FAILS(make(CLOCK_MONOTONIC_COARSE, NULL), EOPNOTSUPP);
	FAILS(syscall(SYS_timer_create, CLOCK_MONOTONIC, 8, &e), EFAULT);
	FAILS(syscall(SYS_timer_create, CLOCK_MONOTONIC, NULL, NULL), EFAULT);
}

CASE(timer_errors)
{
	int id = (int)OK(make(CLOCK_MONOTONIC, NULL));
	struct itimerspec t = { .it_value.tv_nsec = -1 };

	FAILS(syscall(SYS_timer_settime, id, 0, &t, NULL), EINVAL);
	t.it_value.tv_nsec = 1000000000;
	FAILS(syscall(SYS_timer_settime, id, 0, &t, NULL), EINVAL);
	FAILS(syscall(SYS_timer_settime, id, 0, NULL, NULL), EINVAL);
	FAILS(syscall(SYS_timer_settime, id, 0, 8, NULL), EFAULT);
	FAILS(syscall(SYS_timer_gettime, id, 8), EFAULT);
	OK(drop(id));
	FAILS(drop(id), EINVAL);
	FAILS(set(id, 0, 1, 0), EINVAL);
	FAILS(syscall(SYS_timer_gettime, id, &t), EINVAL);
	FAILS(syscall(SYS_timer_getoverrun, id), EINVAL);
	FAILS(drop(-1), EINVAL);
}

CASE(old_values_are_told)
{
	int id = (int)OK(make(CLOCK_MONOTONIC, NULL));
	struct itimerspec t = { 0 }, old;

	OK(set(id, 0, 100000 * MS, 3000 * MS));
	OK(syscall(SYS_timer_settime, id, 0, &t, &old));
	CHECK_EQ(old.it_value.tv_sec, 99);
	CHECK_EQ(old.it_interval.tv_sec, 3);
	OK(syscall(SYS_timer_settime, id, 0, &t, &old));
	CHECK(!old.it_value.tv_sec && !old.it_value.tv_nsec);
}

CASE(fork_does_not_copy_timers)
{
	int id = (int)OK(make(CLOCK_MONOTONIC, NULL));

	OK(set(id, 0, 100000 * MS, 0));
	EXITS(CHILD({ FAILS(drop(id), EINVAL); }), 0);
	OK(drop(id));
}

int
guest_as(const char *what, int argc, char **argv)
{
	sigset_t mask;
	siginfo_t info;

	(void)argc;
	(void)argv;
	if (strcmp(what, "after_exec"))
		return 1;
	sigemptyset(&mask);
	sigaddset(&mask, SIGALRM);
	/* The interval timer goes on, the other one is no more. */
	if (sigwaitinfo(&mask, &info) != SIGALRM || info.si_code == SI_TIMER)
		return 2;
	return wait_ms(&mask, &info, 50) == -1 ? 0 : 3;
}

CASE(exec_deletes_timers)
{
	char *const args[] = { "ptimers", "--as", "after_exec", NULL };

	EXITS(CHILD({
		      struct itimerval t = { .it_value.tv_usec = 20000 };
		      int id = (int)OK(make(CLOCK_MONOTONIC, NULL));

		      blocked(SIGALRM);
		      OK(set(id, 0, 30 * MS, 0));
		      OK(setitimer(ITIMER_REAL, &t, NULL));
		      execv(self_path(), args);
	      }),
	      0);
}

CASE(timers_count_as_queued_signals)
{
	struct rlimit limit = { 0, 0 };

	need_root();
	become_nobody();
	OK(setrlimit(RLIMIT_SIGPENDING, &limit));
	FAILS(make(CLOCK_MONOTONIC, NULL), EAGAIN);
}

CASE(many_timers)
{
	enum {
		N = 500
	};
	struct sigevent e = by_signal(SIGRTMIN + 1);
	sigset_t mask = blocked(SIGRTMIN + 1);
	static int ids[N];
	siginfo_t info;

	for (int i = 0; i < N; i++) {
		ids[i] = (int)OK(make(CLOCK_MONOTONIC, &e));
		OK(set(ids[i], 0, i * 10000 + 1, 0));
	}
	for (int i = 0; i < N; i++)
		CHECK_EQ(wait_ms(&mask, &info, 10000), SIGRTMIN + 1);
	FAILS(wait_ms(&mask, &info, 0), EAGAIN);
	for (int i = 0; i < N; i++)
		OK(drop(ids[i]));
}

/* --- processor time --- */

static long
cpu_ms(clockid_t clock)
{
	struct timespec t;

	OK(clock_gettime(clock, &t));
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void
burn_cpu(long ms)
{
	long until = cpu_ms(CLOCK_PROCESS_CPUTIME_ID) + ms;

	while (cpu_ms(CLOCK_PROCESS_CPUTIME_ID) < until)
		;
}

CASE(timers_of_processor_time)
{
	static const int clocks[] = { CLOCK_PROCESS_CPUTIME_ID,
				      CLOCK_THREAD_CPUTIME_ID };
	struct sigevent e = by_signal(SIGUSR1);
	sigset_t mask = blocked(SIGUSR1);
	siginfo_t info;

	for (size_t i = 0; i < COUNT(clocks); i++) {
		int id = (int)OK(make(clocks[i], &e));

		OK(set(id, 0, 50 * MS, 0));
		/* It does not go while we sleep. */
		FAILS(wait_ms(&mask, &info, 80), EAGAIN);
		CHECK(left_of(id) > 0);
		burn_cpu(100);
		CHECK_EQ(wait_ms(&mask, &info, 1000), SIGUSR1);
		CHECK_EQ(info.si_code, SI_TIMER);
		CHECK_EQ(left_of(id), 0);
		OK(drop(id));
	}
}

CASE(clocks_of_another_process)
{
	clockid_t clock;
	pid_t pid = CHILD({
		for (;;)
			;
	});
	struct timespec t;

	CHECK(!clock_getcpuclockid(pid, &clock));
	sleep_ms(100);
	while (cpu_ms(clock) < 10)
		sleep_ms(5);
	OK(clock_getres(clock, &t));
	CHECK_EQ(t.tv_nsec, 1);
	t.tv_nsec = 10 * MS;
	OK(clock_nanosleep(clock, 0, &t, NULL) ? -1 : 0);
	OK(kill(pid, SIGKILL));
	DIES(pid, SIGKILL);
	FAILS(clock_gettime(clock, &t), EINVAL);
	/* Single threads are their own process's affair. */
	FAILS(clock_gettime((~1u << 3) | 6, &t), EINVAL);
	FAILS(clock_gettime((~0u << 3) | 3, &t), EINVAL);
	OK(clock_gettime((clockid_t)(~(unsigned)getpid() << 3 | 6), &t));
	OK(clock_gettime((clockid_t)(~0u << 3 | 1), &t));
}

CASE(sleeping_on_processor_time)
{
	struct timespec t = { .tv_nsec = 20 * MS };
	clockid_t mine;

	CHECK_EQ(clock_nanosleep(CLOCK_THREAD_CPUTIME_ID, 0, &t, NULL), EINVAL);
	FAILS(syscall(SYS_clock_nanosleep, CLOCK_THREAD_CPUTIME_ID, 0, &t,
		      NULL),
	      EOPNOTSUPP);
	mine = (clockid_t)(~0u << 3 | 6);
	CHECK_EQ(clock_nanosleep(mine, 0, &t, NULL), EINVAL);
	CHECK_EQ(clock_nanosleep(CLOCK_MONOTONIC_RAW, 0, &t, NULL), EOPNOTSUPP);
	t = (struct timespec){ 0 };
	CHECK_EQ(clock_nanosleep(CLOCK_PROCESS_CPUTIME_ID, TIMER_ABSTIME, &t,
				 NULL),
		 0);
}

static volatile sig_atomic_t ticks;

static void
tick(int number)
{
	(void)number;
	ticks++;
}

CASE(interval_timers_of_processor_time)
{
	static const struct {
		int which, number;
	} kinds[] = { { ITIMER_VIRTUAL, SIGVTALRM }, { ITIMER_PROF, SIGPROF } };
	struct sigaction action = { .sa_handler = tick };

	for (size_t i = 0; i < COUNT(kinds); i++) {
		struct itimerval t = { { 0, 10000 }, { 0, 10000 } }, now;
		volatile unsigned long work = 0;

		OK(sigaction(kinds[i].number, &action, NULL));
		OK(setitimer(kinds[i].which, &t, NULL));
		OK(getitimer(kinds[i].which, &now));
		CHECK(now.it_value.tv_usec > 0);
		CHECK_EQ(now.it_interval.tv_usec, 10000);
		ticks = 0;
		sleep_ms(50);
		CHECK_EQ(ticks, 0);
		while (ticks < 5)
			work++;
		t = (struct itimerval){ 0 };
		OK(setitimer(kinds[i].which, &t, &now));
		CHECK_EQ(now.it_interval.tv_usec, 10000);
		OK(getitimer(kinds[i].which, &now));
		CHECK(!now.it_value.tv_sec && !now.it_value.tv_usec);
	}
	FAILS(syscall(SYS_getitimer, 3, &action), EINVAL);
	FAILS(syscall(SYS_setitimer, 3, NULL, NULL), EINVAL);
	FAILS(syscall(SYS_getitimer, ITIMER_PROF, 8), EFAULT);
}

/* --- all at once --- */

static void *
juggle(void *arg)
{
	struct sigevent e = by_signal(SIGRTMIN + 2);
	int *ids = arg;

	for (int n = 0; n < 2000; n++) {
		int i = n % 8, id = ids[i];

		if (n % 5 == 0) {
			if (!drop(id))
				ids[i] = make(n % 3 ? CLOCK_MONOTONIC
						    : CLOCK_REALTIME,
					      &e);
		} else {
			(void)set(id, 0, n % 2 ? 1000 : 0, n % 7 ? 0 : MS);
		}
	}
	return NULL;
}

static int stop;

/* Delete what the other thread is about to be told of. */
static void *
delete_the_next(void *arg)
{
	int *next = arg;

	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED))
		(void)drop(__atomic_load_n(next, __ATOMIC_RELAXED));
	return NULL;
}

CASE(timer_is_deleted_as_soon_as_it_exists)
{
	static int next;
	pthread_t t;
	int id;

	CHECK(!pthread_create(&t, NULL, delete_the_next, &next));
	for (int i = 0; i < 20000; i++) {
		id = (int)OK(make(CLOCK_MONOTONIC, NULL));
		__atomic_store_n(&next, id + 1, __ATOMIC_RELAXED);
		(void)drop(id);
	}
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	CHECK(!pthread_join(t, NULL));
}

CASE(threads_share_timers_under_load)
{
	struct sigaction action = { .sa_handler = tick };
	struct sigevent e = by_signal(SIGRTMIN + 2);
	pthread_t threads[4];
	static int ids[8];

	guest_limit(100);
	OK(sigaction(SIGRTMIN + 2, &action, NULL));
	for (int i = 0; i < 8; i++)
		ids[i] = (int)OK(make(CLOCK_MONOTONIC, &e));
	for (int i = 0; i < 4; i++)
		CHECK(!pthread_create(&threads[i], NULL, juggle, ids));
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
}
