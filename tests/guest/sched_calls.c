/* SPDX-License-Identifier: MIT */
/*
 * sched_calls.c - policies, nice values, affinity, I/O priorities: who may set
 * what, and how it is told and inherited.
 */
#include "guest.h"

#include <linux/ioprio.h>
/* Both have a struct of this name. */
#define sched_param linux_sched_param
#include <linux/sched/types.h>
#undef sched_param
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* <linux/sched.h> and musl's <sched.h> do not go together. */
#define SCHED_FLAG_RESET_ON_FORK 1
#define SCHED_FLAG_KEEP_POLICY   8
#define SCHED_FLAG_KEEP_PARAMS   16
#ifndef SCHED_DEADLINE
#define SCHED_DEADLINE 6
#endif

#define NOBODY_HAS 4000000 /* a number no thread has */

/* musl's own do not make the system calls. */
static int
set_scheduler(pid_t pid, int policy, int priority)
{
	return (int)syscall(SYS_sched_setscheduler, pid, policy, &priority);
}

static int
set_param(pid_t pid, int priority)
{
	return (int)syscall(SYS_sched_setparam, pid, &priority);
}

static int
get_param(pid_t pid)
{
	int priority = -1;

	OK(syscall(SYS_sched_getparam, pid, &priority));
	return priority;
}

static int
get_scheduler(pid_t pid)
{
	return (int)syscall(SYS_sched_getscheduler, pid);
}

static int
set_attr(pid_t pid, struct sched_attr *a, unsigned flags)
{
	return (int)syscall(SYS_sched_setattr, pid, a, flags);
}

static int
get_attr(pid_t pid, struct sched_attr *a, unsigned size, unsigned flags)
{
	return (int)syscall(SYS_sched_getattr, pid, a, size, flags);
}

CASE(sched_policies_are_kept)
{
	static const int policies[][2] = {
		{ SCHED_FIFO, 7 }, { SCHED_RR, 99 },   { SCHED_BATCH, 0 },
		{ SCHED_IDLE, 0 }, { SCHED_OTHER, 0 },
	};

	need_root();
	for (size_t i = 0; i < COUNT(policies); i++) {
		OK(set_scheduler(0, policies[i][0], policies[i][1]));
		CHECK_EQ(get_scheduler(0), policies[i][0]);
		CHECK_EQ(get_param(0), policies[i][1]);
		EXITS(CHILD({
			      CHECK_EQ(get_scheduler(0), policies[i][0]);
			      CHECK_EQ(get_param(0), policies[i][1]);
		      }),
		      0);
	}
}

CASE(sched_setscheduler_errors)
{
	FAILS(set_scheduler(0, SCHED_OTHER, 1), EINVAL);
	FAILS(set_scheduler(0, SCHED_FIFO, 0), EINVAL);
	FAILS(set_scheduler(0, SCHED_FIFO, 100), EINVAL);
	FAILS(set_scheduler(0, SCHED_RR, -1), EINVAL);
	FAILS(set_scheduler(0, 77, 0), EINVAL);
	FAILS(set_scheduler(0, -1, 0), EINVAL);
	FAILS(set_scheduler(-1, SCHED_OTHER, 0), EINVAL);
	FAILS(set_scheduler(NOBODY_HAS, SCHED_OTHER, 0), ESRCH);
	FAILS(set_scheduler(0, SCHED_DEADLINE, 0), EINVAL);
	FAILS(syscall(SYS_sched_setscheduler, 0, SCHED_OTHER, NULL), EINVAL);
	FAILS(syscall(SYS_sched_setscheduler, 0, SCHED_OTHER, before_hole()),
	      EFAULT);
}

CASE(sched_param_errors)
{
	FAILS(set_param(0, 1), EINVAL);
	FAILS(set_param(-1, 0), EINVAL);
	FAILS(set_param(NOBODY_HAS, 0), ESRCH);
	FAILS(syscall(SYS_sched_setparam, 0, NULL), EINVAL);
	FAILS(syscall(SYS_sched_setparam, 0, before_hole()), EFAULT);
	FAILS(syscall(SYS_sched_getparam, 0, NULL), EINVAL);
	FAILS(syscall(SYS_sched_getparam, -1, before_hole()), EINVAL);
	FAILS(syscall(SYS_sched_getparam, 0, before_hole()), EFAULT);
	FAILS(syscall(SYS_sched_getparam, NOBODY_HAS, before_hole()), ESRCH);
	FAILS(get_scheduler(-1), EINVAL);
	FAILS(get_scheduler(NOBODY_HAS), ESRCH);
}

CASE(sched_priority_bounds)
{
	CHECK_EQ(sched_get_priority_max(SCHED_FIFO), 99);
	CHECK_EQ(sched_get_priority_min(SCHED_RR), 1);
	CHECK_EQ(sched_get_priority_max(SCHED_OTHER), 0);
	CHECK_EQ(sched_get_priority_max(SCHED_BATCH), 0);
	CHECK_EQ(sched_get_priority_min(SCHED_IDLE), 0);
	CHECK_EQ(sched_get_priority_max(SCHED_DEADLINE), 0);
	FAILS(sched_get_priority_max(99), EINVAL);
	FAILS(sched_get_priority_min(-1), EINVAL);
}

CASE(sched_rr_interval)
{
	struct timespec t = { 5, 5 };

	need_root();
	OK(set_scheduler(0, SCHED_RR, 1));
	OK(syscall(SYS_sched_rr_get_interval, 0, &t));
	CHECK_EQ(t.tv_sec, 0);
	CHECK_EQ(t.tv_nsec, 100000000);
	OK(set_scheduler(0, SCHED_FIFO, 1));
	OK(syscall(SYS_sched_rr_get_interval, 0, &t));
	CHECK(t.tv_sec == 0 && t.tv_nsec == 0);
	OK(set_scheduler(0, SCHED_OTHER, 0));
	OK(syscall(SYS_sched_rr_get_interval, 0, &t));
	CHECK(t.tv_sec == 0 && t.tv_nsec < 100000000);
	FAILS(syscall(SYS_sched_rr_get_interval, -1, &t), EINVAL);
	FAILS(syscall(SYS_sched_rr_get_interval, NOBODY_HAS, &t), ESRCH);
	FAILS(syscall(SYS_sched_rr_get_interval, 0, before_hole()), EFAULT);
}

CASE(sched_setattr_sets_all)
{
	struct sched_attr a = { .size = sizeof(a),
				.sched_policy = SCHED_BATCH,
				.sched_nice = 5 },
			  b;

	OK(set_attr(0, &a, 0));
	CHECK_EQ(get_scheduler(0), SCHED_BATCH);
	CHECK_EQ(getpriority(PRIO_PROCESS, 0), 5);
	memset(&b, 0x55, sizeof(b));
	OK(get_attr(0, &b, sizeof(b), 0));
	CHECK_EQ(b.size, sizeof(b));
	CHECK_EQ(b.sched_policy, SCHED_BATCH);
	CHECK_EQ(b.sched_nice, 5);
	CHECK_EQ(b.sched_flags, 0);
	CHECK_EQ(b.sched_priority, 0);
	memset(&b, 0x55, sizeof(b));
	OK(get_attr(0, &b, SCHED_ATTR_SIZE_VER0, 0));
	CHECK_EQ(b.size, SCHED_ATTR_SIZE_VER0);
	CHECK_EQ(b.sched_util_min, 0x55555555);
	a = (struct sched_attr){ .sched_policy = SCHED_OTHER,
				 .sched_nice = 100 };
	OK(set_attr(0, &a, 0)); /* size 0: the first version */
	CHECK_EQ(getpriority(PRIO_PROCESS, 0), 19);
}

CASE(sched_setattr_keeps)
{
	struct sched_attr a = { .size = sizeof(a),
				.sched_policy = SCHED_FIFO,
				.sched_priority = 9 };

	need_root();
	OK(set_attr(0, &a, 0));
	a = (struct sched_attr){ .size = sizeof(a),
				 .sched_flags = SCHED_FLAG_KEEP_POLICY,
				 .sched_priority = 11 };
	OK(set_attr(0, &a, 0));
	CHECK_EQ(get_scheduler(0), SCHED_FIFO);
	CHECK_EQ(get_param(0), 11);
	a = (struct sched_attr){ .size = sizeof(a),
				 .sched_flags = SCHED_FLAG_KEEP_PARAMS,
				 .sched_policy = SCHED_RR };
	OK(set_attr(0, &a, 0));
	/* The policy is one of them. */
	CHECK_EQ(get_scheduler(0), SCHED_FIFO);
	CHECK_EQ(get_param(0), 11);
}

CASE(sched_setattr_errors)
{
	union {
		struct sched_attr a;
		char room[PAGE * 2];
	} u = { .a.size = sizeof(u.a) };

	FAILS(set_attr(0, NULL, 0), EINVAL);
	FAILS(set_attr(-1, &u.a, 0), EINVAL);
	FAILS(set_attr(0, &u.a, 1), EINVAL);
	FAILS(set_attr(0, (void *)before_hole(), 0), EFAULT);
	FAILS(set_attr(NOBODY_HAS, &u.a, 0), ESRCH);
	u.a.size = 47;
	FAILS(set_attr(0, &u.a, 0), E2BIG);
	CHECK(u.a.size >= sizeof(u.a));
	u.a.size = PAGE + 8;
	FAILS(set_attr(0, &u.a, 0), E2BIG);
	u.a.size = 200;
	OK(set_attr(0, &u.a, 0));
	u.room[190] = 1;
	FAILS(set_attr(0, &u.a, 0), E2BIG);
	u.a = (struct sched_attr){ .size = sizeof(u.a), .sched_policy = 88 };
	FAILS(set_attr(0, &u.a, 0), EINVAL);
	u.a = (struct sched_attr){ .size = sizeof(u.a),
				   .sched_flags = 1ull << 40 };
	FAILS(set_attr(0, &u.a, 0), EINVAL);
	u.a = (struct sched_attr){ .size = sizeof(u.a), .sched_priority = 1 };
	FAILS(set_attr(0, &u.a, 0), EINVAL);
}

CASE(sched_getattr_errors)
{
	struct sched_attr a;

	FAILS(get_attr(0, NULL, sizeof(a), 0), EINVAL);
	FAILS(get_attr(-1, &a, sizeof(a), 0), EINVAL);
	FAILS(get_attr(0, &a, SCHED_ATTR_SIZE_VER0 - 1, 0), EINVAL);
	FAILS(get_attr(0, &a, PAGE + 1, 0), EINVAL);
	FAILS(get_attr(0, &a, sizeof(a), 1), EINVAL);
	FAILS(get_attr(NOBODY_HAS, &a, sizeof(a), 0), ESRCH);
	FAILS(get_attr(0, (void *)before_hole(), sizeof(a), 0), EFAULT);
}

CASE(sched_deadline_is_checked)
{
	struct sched_attr a = { .size = sizeof(a),
				.sched_policy = SCHED_DEADLINE };

	FAILS(set_attr(0, &a, 0), EINVAL);
	a.sched_runtime = 2000000;
	a.sched_deadline = 1000000;
	FAILS(set_attr(0, &a, 0), EINVAL);
	a.sched_deadline = 4000000;
	a.sched_period = 3000000;
	FAILS(set_attr(0, &a, 0), EINVAL);
	a.sched_period = 4000000;
	a.sched_priority = 1;
	FAILS(set_attr(0, &a, 0), EINVAL);
	/* Unlike others, it is never for ordinary users. */
	a.sched_priority = 0;
	need_root();
	become_nobody();
	FAILS(set_attr(0, &a, 0), EPERM);
}

CASE(sched_reset_on_fork)
{
	need_root();
	OK(set_scheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, 5));
	CHECK_EQ(get_scheduler(0), SCHED_FIFO | SCHED_RESET_ON_FORK);
	EXITS(CHILD({
		      CHECK_EQ(get_scheduler(0), SCHED_OTHER);
		      CHECK_EQ(get_param(0), 0);
	      }),
	      0);
	OK(set_scheduler(0, SCHED_OTHER | SCHED_RESET_ON_FORK, 0));
	OK(setpriority(PRIO_PROCESS, 0, -5));
	EXITS(CHILD({
		      CHECK_EQ(getpriority(PRIO_PROCESS, 0), 0);
		      CHECK_EQ(get_scheduler(0), SCHED_OTHER);
	      }),
	      0);
	OK(setpriority(PRIO_PROCESS, 0, 5));
	EXITS(CHILD({ CHECK_EQ(getpriority(PRIO_PROCESS, 0), 5); }), 0);
}

CASE(sched_limits_of_ordinary_users)
{
	struct rlimit rt = { 10, 10 }, nice = { 25, 25 };

	need_root();
	if (setrlimit(RLIMIT_RTPRIO, &rt) < 0)
		SKIP("no CAP_SYS_RESOURCE");
	OK(setrlimit(RLIMIT_NICE, &nice));
	become_nobody();
	OK(set_scheduler(0, SCHED_FIFO, 10));
	FAILS(set_scheduler(0, SCHED_FIFO, 11), EPERM);
	OK(set_scheduler(0, SCHED_OTHER, 0));
	OK(setpriority(PRIO_PROCESS, 0, 10));
	OK(setpriority(PRIO_PROCESS, 0, -5));
	FAILS(setpriority(PRIO_PROCESS, 0, -6), EACCES);
	OK(set_scheduler(0, SCHED_OTHER | SCHED_RESET_ON_FORK, 0));
	FAILS(set_scheduler(0, SCHED_OTHER, 0), EPERM);
}

CASE(sched_others_are_protected)
{
	need_root();
	become_nobody();
	FAILS(set_scheduler(1, SCHED_OTHER, 0), EPERM);
	FAILS(setpriority(PRIO_PROCESS, 1, 19), EPERM);
	FAILS(syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 1, 0), EPERM);
	FAILS(set_scheduler(0, SCHED_FIFO, 1), EPERM);
	FAILS(setpriority(PRIO_PROCESS, 0, -1), EACCES);
}

static volatile pid_t thread_id;
static volatile int thread_may_end;

static void *
wait_there(void *arg)
{
	OK(setpriority(PRIO_PROCESS, 0, 7));
	thread_id = (pid_t)syscall(SYS_gettid);
	while (!thread_may_end)
		sleep_ms(1);
	return arg;
}

CASE(priority_of_threads_and_groups)
{
	pthread_t t;

	OK(setpgid(0, 0));
	CHECK_EQ(pthread_create(&t, NULL, wait_there, NULL), 0);
	while (!thread_id)
		sched_yield();
	/* A thread has its own; a group's is that of its best. */
	CHECK_EQ(getpriority(PRIO_PROCESS, 0), 0);
	CHECK_EQ(getpriority(PRIO_PROCESS, thread_id), 7);
	CHECK_EQ(getpriority(PRIO_PGRP, 0), 0);
	OK(setpriority(PRIO_PGRP, 0, 9));
	CHECK_EQ(getpriority(PRIO_PROCESS, 0), 9);
	CHECK_EQ(getpriority(PRIO_PROCESS, thread_id), 9);
	thread_may_end = 1;
	CHECK_EQ(pthread_join(t, NULL), 0);
	FAILS(getpriority(3, 0), EINVAL);
	FAILS(getpriority(-1, 0), EINVAL);
	FAILS(setpriority(3, 0, 0), EINVAL);
	FAILS(getpriority(PRIO_PROCESS, NOBODY_HAS), ESRCH);
	FAILS(setpriority(PRIO_PGRP, NOBODY_HAS, 0), ESRCH);
	FAILS(getpriority(PRIO_USER, NOBODY_HAS), ESRCH);
}

#define LONELY 64999

CASE(priority_of_a_user)
{
	need_root();
	EXITS(CHILD({
		      /* A user of its own: all of its processes are meant. */
		      OK(setpriority(PRIO_PROCESS, 0, 3));
		      OK(setresuid(LONELY, LONELY, LONELY));
		      OK(setpriority(PRIO_USER, 0, 4));
		      CHECK_EQ(getpriority(PRIO_PROCESS, 0), 4);
		      CHECK_EQ(getpriority(PRIO_USER, LONELY), 4);
	      }),
	      0);
}

CASE(ioprio_is_kept)
{
	int best_effort = IOPRIO_CLASS_BE << IOPRIO_CLASS_SHIFT | 6;

	CHECK_EQ(syscall(SYS_ioprio_get, IOPRIO_WHO_PROCESS, 0), 0);
	OK(syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, best_effort));
	CHECK_EQ(syscall(SYS_ioprio_get, IOPRIO_WHO_PROCESS, 0), best_effort);
	EXITS(CHILD({
		      CHECK_EQ(syscall(SYS_ioprio_get, IOPRIO_WHO_PROCESS, 0),
			       best_effort);
	      }),
	      0);
	OK(setpgid(0, 0));
	CHECK_EQ(syscall(SYS_ioprio_get, IOPRIO_WHO_PGRP, 0), best_effort);
	OK(syscall(SYS_ioprio_set, IOPRIO_WHO_PGRP, 0,
		   IOPRIO_CLASS_IDLE << IOPRIO_CLASS_SHIFT));
	CHECK_EQ(syscall(SYS_ioprio_get, IOPRIO_WHO_PROCESS, 0),
		 IOPRIO_CLASS_IDLE << IOPRIO_CLASS_SHIFT);
}

CASE(ioprio_errors)
{
	FAILS(syscall(SYS_ioprio_set, 0, 0, 0), EINVAL);
	FAILS(syscall(SYS_ioprio_set, 4, 0, 0), EINVAL);
	FAILS(syscall(SYS_ioprio_get, 4, 0), EINVAL);
	FAILS(syscall(SYS_ioprio_set, 1, 0, 4 << IOPRIO_CLASS_SHIFT), EINVAL);
	FAILS(syscall(SYS_ioprio_set, 1, 0, 1), EINVAL);
	FAILS(syscall(SYS_ioprio_set, 1, NOBODY_HAS, 0), ESRCH);
	FAILS(syscall(SYS_ioprio_get, 1, NOBODY_HAS), ESRCH);
	need_root();
	become_nobody();
	FAILS(syscall(SYS_ioprio_set, 1, 0,
		      IOPRIO_CLASS_RT << IOPRIO_CLASS_SHIFT),
	      EPERM);
}

CASE(affinity_is_obeyed)
{
	int cpus = (int)sysconf(_SC_NPROCESSORS_ONLN);
	cpu_set_t set, now;

	for (int cpu = 0; cpu < cpus; cpu++) {
		unsigned at = 99;

		CPU_ZERO(&set);
		CPU_SET(cpu, &set);
		OK(sched_setaffinity(0, sizeof(set), &set));
		OK(syscall(SYS_getcpu, &at, NULL, NULL));
		CHECK_EQ(at, cpu);
		OK(sched_getaffinity(0, sizeof(now), &now));
		CHECK(CPU_EQUAL(&set, &now));
		EXITS(CHILD({
			      OK(sched_getaffinity(0, sizeof(now), &now));
			      CHECK(CPU_EQUAL(&set, &now));
		      }),
		      0);
	}
}

CASE(affinity_errors)
{
	unsigned long mask[64] = { 0 };
	long n;

	FAILS(syscall(SYS_sched_setaffinity, 0, sizeof(mask), mask), EINVAL);
	FAILS(syscall(SYS_sched_setaffinity, 0, 0, mask), EINVAL);
	mask[0] = 1;
	FAILS(syscall(SYS_sched_setaffinity, NOBODY_HAS, 8, mask), ESRCH);
	FAILS(syscall(SYS_sched_setaffinity, -1, 8, mask), ESRCH);
	FAILS(syscall(SYS_sched_setaffinity, 0, 8, before_hole()), EFAULT);
	FAILS(syscall(SYS_sched_getaffinity, 0, 7, mask), EINVAL);
	FAILS(syscall(SYS_sched_getaffinity, 0, 9, mask), EINVAL);
	FAILS(syscall(SYS_sched_getaffinity, 0, 0, mask), EINVAL);
	FAILS(syscall(SYS_sched_getaffinity, NOBODY_HAS, 8, mask), ESRCH);
	FAILS(syscall(SYS_sched_getaffinity, 0, 8, before_hole()), EFAULT);
	n = OK(syscall(SYS_sched_getaffinity, 0, sizeof(mask), mask));
	CHECK(n >= 8 && n % 8 == 0);
	need_root();
	become_nobody();
	FAILS(syscall(SYS_sched_setaffinity, 1, 8, mask), EPERM);
}
