// SPDX-License-Identifier: MIT
/*
 * schedload - three workloads that tell scheduling policies apart.
 *
 * For one processor; `sched=` on the command line is what is compared.  Each
 * line is "load<TAB>WORKLOAD<TAB>FIGURE<TAB>VALUE"; times are in
 * microseconds of CLOCK_MONOTONIC, work is CPU time of the worker itself.
 *
 *	hogs     four programs that only compute, 150 ms each, one of them with
 *	         nice 10: how far is the slowest of the three equals, and the
 *	         nice one, when the first is done (percent), and the mean time
 *	         until an equal is done
 *	sleeper  one that sleeps 5 ms and works 0.2 ms, 40 times, beside two
 *	         programs that compute for 400 ms: how late it gets the
 *	         processor, usually and at worst
 *	jobs     ten jobs of 5 ms, one each 15 ms, beside one of 300 ms: mean
 *	         time until a short job is done, and until the long one is
 */

#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MS 1000000ull

/* What the workers report, in memory they share. */
struct report {
	_Atomic uint64_t worked_ns; /* so far */
	_Atomic uint64_t done_ns;   /* when it was done, 0 = it is not */
};

#define WORKERS_MAX 16

static struct {
	struct report report[WORKERS_MAX];
	uint64_t late_ns[64];    /* sleeper's rounds, or jobs */
	uint64_t at_first_ns[4]; /* how far the hogs were */
	uint64_t begun_ns;       /* written before go */
	_Atomic int go;          /* 1 = begin; 2 = somebody is done */
} * shared;

static uint64_t
clock_ns(clockid_t which)
{
	struct timespec t;

	clock_gettime(which, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static uint64_t
now_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

static void
say(const char *workload, const char *figure, uint64_t value)
{
	printf("load\t%s\t%s\t%llu\n", workload, figure,
	       (unsigned long long)value);
	fflush(stdout);
}

/* Compute until this process has used so much CPU time. */
static void
work(struct report *r, uint64_t ns)
{
	uint64_t used = 0, begun = clock_ns(CLOCK_PROCESS_CPUTIME_ID);

	while (used < ns) {
		for (volatile int i = 0; i < 2000; i++)
			;
		used = clock_ns(CLOCK_PROCESS_CPUTIME_ID) - begun;
		atomic_store(&r->worked_ns, used);
	}
	atomic_store(&r->done_ns, now_ns());
}

static void
sleep_until(uint64_t due_ns)
{
	struct timespec t;

	t.tv_sec = (time_t)(due_ns / 1000000000u);
	t.tv_nsec = (long)(due_ns % 1000000000u);
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
}

/* Workers begin when all have been made. */
static void
wait_for_go(void)
{
	while (!atomic_load(&shared->go))
		sleep_until(now_ns() + MS);
}

static void
hog(int index, uint64_t ns)
{
	if (fork() != 0)
		return;
	wait_for_go();
	work(&shared->report[index], ns);
	_exit(0);
}

static void
start(void)
{
	memset(shared, 0, sizeof(*shared));
}

/* Let them all be asleep first, so that they set out together. */
static uint64_t
set_out(void)
{
	sleep_until(now_ns() + 20 * MS);
	shared->begun_ns = now_ns();
	atomic_store(&shared->go, 1);
	return shared->begun_ns;
}

static void
wait_all(void)
{
	while (wait(NULL) > 0)
		;
}

static uint64_t
done_after(int index, uint64_t begun)
{
	return shared->report[index].done_ns - begun;
}

#define HOGS   4
#define HOG_NS (150 * MS)

/* The first to finish looks how far the others are: a watcher would disturb. */
static void
racing_hog(int index)
{
	if (index == HOGS - 1)
		setpriority(PRIO_PROCESS, 0, 10);
	wait_for_go();
	work(&shared->report[index], HOG_NS);
	if (atomic_exchange(&shared->go, 2) != 1)
		return;
	for (int i = 0; i < HOGS; i++)
		shared->at_first_ns[i] = shared->report[i].worked_ns;
}

static void
hogs(void)
{
	uint64_t sum = 0, least = HOG_NS, begun;

	start();
	for (int i = 0; i < HOGS; i++) {
		if (fork() == 0) {
			racing_hog(i);
			_exit(0);
		}
	}
	begun = set_out();
	wait_all();
	for (int i = 0; i < HOGS - 1; i++) {
		uint64_t at_first = shared->at_first_ns[i];

		sum += done_after(i, begun);
		least = at_first < least ? at_first : least;
	}
	say("hogs", "slowest_equal_percent", least * 100 / HOG_NS);
	say("hogs", "nice_10_percent",
	    shared->at_first_ns[HOGS - 1] * 100 / HOG_NS);
	say("hogs", "equal_done_us", sum / (HOGS - 1) / 1000);
}

static int
compare(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static void
sleeper_body(int rounds)
{
	struct report ignored;
	uint64_t due;

	wait_for_go();
	due = shared->begun_ns + 5 * MS;
	for (int i = 0; i < rounds; i++) {
		sleep_until(due);
		shared->late_ns[i] = now_ns() - due;
		work(&ignored, MS / 5);
		due = now_ns() + 5 * MS;
	}
	atomic_store(&shared->report[2].done_ns, now_ns());
}

static void
sleeper(void)
{
	const int rounds = 40;
	uint64_t hogs_done;

	start();
	hog(0, 400 * MS);
	hog(1, 400 * MS);
	if (fork() == 0) {
		sleeper_body(rounds);
		_exit(0);
	}
	set_out();
	wait_all();
	qsort(shared->late_ns, (size_t)rounds, sizeof(uint64_t), compare);
	hogs_done = shared->report[0].done_ns > shared->report[1].done_ns
			    ? shared->report[0].done_ns
			    : shared->report[1].done_ns;
	say("sleeper", "late_median_us", shared->late_ns[rounds / 2] / 1000);
	say("sleeper", "late_worst_us", shared->late_ns[rounds - 1] / 1000);
	say("sleeper", "done_before_hogs",
	    shared->report[2].done_ns < hogs_done);
}

#define JOBS     10
#define JOB_NS   (5 * MS)
#define EVERY_NS (15 * MS)

/* A job is due at a time of its own, whether or not it gets to run then. */
static void
job(int index)
{
	uint64_t due_ns;

	wait_for_go();
	due_ns = shared->begun_ns + (uint64_t)index * EVERY_NS;
	sleep_until(due_ns);
	work(&shared->report[index], JOB_NS);
	shared->late_ns[index] = now_ns() - due_ns;
}

static void
jobs(void)
{
	uint64_t begun, sum = 0;

	start();
	for (int i = 1; i <= JOBS; i++) {
		if (fork() == 0) {
			job(i);
			_exit(0);
		}
	}
	hog(0, 300 * MS);
	begun = set_out();
	wait_all();
	for (int i = 1; i <= JOBS; i++)
		sum += shared->late_ns[i];
	say("jobs", "short_done_us", sum / JOBS / 1000);
	say("jobs", "long_done_us", done_after(0, begun) / 1000);
}

int
main(void)
{
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED) {
		perror("schedload: mmap");
		return 1;
	}
	hogs();
	sleeper();
	jobs();
	printf("SCHEDLOAD DONE\n");
	fflush(stdout);
	if (getpid() == 1)
		reboot(RB_POWER_OFF);
	return 0;
}
