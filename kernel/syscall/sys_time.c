/* SPDX-License-Identifier: MIT */
#include <linux/capability.h>
#include <linux/time.h>
#include <linux/time_types.h>
#include <linux/times.h>

#include "arch/clock.h"
#include "core/wallclock.h"
#include "proc/cpu_clock.h"
#include "proc/itimer.h"
#include "proc/vdso.h"
#include "syscall/define.h"

/*
 * syscall/sys_time.c - clocks, sleeping and interval timers.
 *
 * CLOCK_MONOTONIC, _RAW, _COARSE and BOOTTIME are one clock: nothing adjusts
 * its rate, and the machine does not suspend.
 */

#define CLOCK_TICK_NS 10000000ULL /* USER_HZ = 100 */

static int
cpu_clock_value(int id, uint64_t *ns)
{
	struct cpu_clock c;
	int err = cpu_clock_get(id, &c);

	if (err)
		return err;
	*ns = cpu_clock_read(&c);
	cpu_clock_put(&c);
	return 0;
}

static int
clock_read(int id, uint64_t *ns)
{
	if (is_cpu_clock(id))
		return cpu_clock_value(id, ns);
	switch (id) {
	case CLOCK_REALTIME:
	case CLOCK_REALTIME_COARSE:
	case CLOCK_REALTIME_ALARM:
	case CLOCK_TAI:
		*ns = wallclock_ns();
		return 0;
	case CLOCK_MONOTONIC:
	case CLOCK_MONOTONIC_RAW:
	case CLOCK_MONOTONIC_COARSE:
	case CLOCK_BOOTTIME:
	case CLOCK_BOOTTIME_ALARM:
		*ns = clock_now_ns();
		return 0;
	default:
		return -EINVAL;
	}
}

/* clock_gettime(2): -EFAULT, -EINVAL. */
SYSCALL2(clock_gettime, int, id, struct __kernel_timespec USER *, u)
{
	uint64_t ns;
	int err = clock_read(id, &ns);

	return err ? err : put_timespec(u, ns);
}

SYSCALL2(clock_getres, int, id, struct __kernel_timespec USER *, u)
{
	uint64_t ns;
	int err = clock_read(id, &ns);

	if (err || !u)
		return err;
	return put_timespec(u, 1);
}

static long
set_wallclock(uint64_t ns)
{
	if (!cred_capable(current_task()->cred, CAP_SYS_TIME))
		return -EPERM;
	/* The machine did not start before the epoch. */
	if (ns < clock_now_ns())
		return -EINVAL;
	wallclock_set_ns(ns);
	vdso_update();
	wallclock_tell_watchers();
	return 0;
}

/* clock_settime(2): -EFAULT, -EINVAL, -EPERM. */
SYSCALL2(clock_settime, int, id, const struct __kernel_timespec USER *, u)
{
	uint64_t ns;
	int err;

	if (id != CLOCK_REALTIME)
		return -EINVAL;
	err = get_timespec(&ns, u);
	if (!err && ns == NEVER)
		err = -EINVAL;
	return err ? err : set_wallclock(ns);
}

SYSCALL2(gettimeofday, struct __kernel_old_timeval USER *, tv,
	 struct timezone USER *, tz)
{
	uint64_t ns = wallclock_ns();
	struct __kernel_old_timeval now = {
		.tv_sec = (__kernel_long_t)(ns / NSEC_PER_SEC),
		.tv_usec = (__kernel_long_t)(ns % NSEC_PER_SEC / NSEC_PER_USEC),
	};
	struct timezone utc = { 0 };

	if ((tv && put_user(now, tv)) || (tz && put_user(utc, tz)))
		return -EFAULT;
	return 0;
}

SYSCALL2(settimeofday, const struct __kernel_old_timeval USER *, tv,
	 const struct timezone USER *, tz)
{
	struct __kernel_old_timeval to;
	struct timezone zone;

	/* The kernel's clock is UTC; another time zone is not kept. */
	if (tz && get_user(zone, tz))
		return -EFAULT;
	if (tz && (zone.tz_minuteswest || zone.tz_dsttime))
		return -EINVAL;
	if (tv && get_user(to, tv))
		return -EFAULT;
	if (tv && ((uint64_t)to.tv_sec >= NEVER / NSEC_PER_SEC ||
		   (uint64_t)to.tv_usec >= 1000000))
		return -EINVAL;
	if (!cred_capable(current_task()->cred, CAP_SYS_TIME))
		return -EPERM;
	if (!tv)
		return 0;
	return set_wallclock((uint64_t)to.tv_sec * NSEC_PER_SEC +
			     (uint64_t)to.tv_usec * NSEC_PER_USEC);
}

SYSCALL1(time, __kernel_old_time_t USER *, u)
{
	__kernel_old_time_t now =
		(__kernel_old_time_t)(wallclock_ns() / NSEC_PER_SEC);

	if (u && put_user(now, u))
		return -EFAULT;
	return now;
}

static __kernel_clock_t
ticks(__kernel_long_t sec, __kernel_long_t usec)
{
	return sec * 100 + usec / 10000;
}

SYSCALL1(times, struct tms USER *, u)
{
	struct rusage self, kids;
	struct tms t;

	(void)process_rusage(current_process(), RUSAGE_SELF, &self);
	(void)process_rusage(current_process(), RUSAGE_CHILDREN, &kids);
	t.tms_utime = ticks(self.ru_utime.tv_sec, self.ru_utime.tv_usec);
	t.tms_stime = ticks(self.ru_stime.tv_sec, self.ru_stime.tv_usec);
	t.tms_cutime = ticks(kids.ru_utime.tv_sec, kids.ru_utime.tv_usec);
	t.tms_cstime = ticks(kids.ru_stime.tv_sec, kids.ru_stime.tv_usec);
	if (u && put_user(t, u))
		return -EFAULT;
	return (long)(clock_now_ns() / CLOCK_TICK_NS);
}

/* --- sleeping --- */

/* Report what was left of a relative sleep. */
static int
put_remaining(uintptr_t to, uint64_t deadline)
{
	uint64_t now = clock_now_ns();

	if (!to)
		return 0;
	return put_timespec((struct __kernel_timespec USER *)to,
			    deadline > now ? deadline - now : 0);
}

/* Sleep on, after a signal without handler; args: deadline, where to report. */
static long
sleep_until(struct task *t)
{
	uint64_t deadline = t->restart.args[0];

	if (thread_nap(deadline, true) != -EINTR)
		return 0;
	if (put_remaining((uintptr_t)t->restart.args[1], deadline))
		return -EFAULT;
	return -ERESTART_RESTARTBLOCK;
}

static long
sleep_relative(uint64_t ns, struct __kernel_timespec USER *left)
{
	struct task *t = current_task();

	t->restart.fn = sleep_until;
	t->restart.args[0] = deadline_after(ns);
	t->restart.args[1] = (uintptr_t)left;
	return sleep_until(t);
}

SYSCALL0(restart_syscall)
{
	struct task *t = current_task();

	return t->restart.fn ? t->restart.fn(t) : -EINTR;
}

/* nanosleep(2): -EFAULT, -EINTR, -EINVAL. */
SYSCALL2(nanosleep, const struct __kernel_timespec USER *, u,
	 struct __kernel_timespec USER *, left)
{
	uint64_t ns;
	int err = get_timespec(&ns, u);

	return err ? err : sleep_relative(ns, left);
}

static bool
can_sleep_on(int id)
{
	switch (id) {
	case CLOCK_REALTIME:
	case CLOCK_MONOTONIC:
	case CLOCK_BOOTTIME:
	case CLOCK_TAI:
		return true;
	case CLOCK_REALTIME_ALARM:
	case CLOCK_BOOTTIME_ALARM:
		return cred_capable(current_task()->cred, CAP_WAKE_ALARM);
	default:
		return false;
	}
}

/* Whose sleep ends at a time of day: it is woken when the clock is set. */
struct day_sleeper {
	struct wallclock_watch watch;
	struct thread *thread;
};

static void
day_clock_changed(struct wallclock_watch *w)
{
	(void)thread_wake(container_of(w, struct day_sleeper, watch)->thread,
			  THREAD_WAKE_ANY);
}

static long
sleep_until_day(uint64_t wall_ns)
{
	struct day_sleeper s = { .thread = current_thread() };
	int err = 0;

	wallclock_watch_add(&s.watch, day_clock_changed);
	while (err != -EINTR) {
		thread_sleep_begin(THREAD_SLEEP_INTERRUPT);
		if (wallclock_ns() >= wall_ns) {
			thread_sleep_cancel();
			break;
		}
		err = thread_sleep(wallclock_to_monotonic(wall_ns));
	}
	wallclock_watch_remove(&s.watch);
	return err == -EINTR ? -ERESTARTNOHAND : 0;
}

/* Until the processor time is reached: it is looked at now and then. */
static int
sleep_cpu(const struct cpu_clock *c, uint64_t until)
{
	uint64_t seen = 0, used;
	int err = 0;

	while (!err && (used = cpu_clock_read(c)) < until)
		err = thread_nap(
			cpu_clock_next_look(c->process, used, until, &seen),
			true);
	return err;
}

/* The rest of a relative sleep, after a signal without handler. */
static long
sleep_cpu_restart(struct task *t)
{
	struct cpu_clock c;
	uint64_t until = t->restart.args[0], used;
	int err = cpu_clock_get((int)t->restart.args[2], &c);
	uintptr_t left = t->restart.args[1];

	if (err)
		return err;
	err = sleep_cpu(&c, until);
	used = cpu_clock_read(&c);
	cpu_clock_put(&c);
	if (!err)
		return 0;
	if (left && put_timespec((struct __kernel_timespec USER *)left,
				 until > used ? until - used : 0))
		return -EFAULT;
	return -ERESTART_RESTARTBLOCK;
}

/* A thread cannot wait for its own clock: it would stand still. */
static long
sleep_on_cpu_clock(int id, bool absolute, uint64_t ns,
		   struct __kernel_timespec USER *left)
{
	struct task *t = current_task();
	struct cpu_clock c;
	uint64_t now;
	int err;

	if (id == CLOCK_THREAD_CPUTIME_ID)
		return -EOPNOTSUPP;
	err = cpu_clock_get(id, &c);
	if (err)
		return err;
	if (c.task == t)
		err = -EINVAL;
	now = cpu_clock_read(&c);
	if (!err && absolute && sleep_cpu(&c, ns))
		err = -ERESTARTNOHAND;
	cpu_clock_put(&c);
	if (err || absolute)
		return err;
	t->restart.fn = sleep_cpu_restart;
	t->restart.args[0] = ns > NEVER - now ? NEVER : now + ns;
	t->restart.args[1] = (uintptr_t)left;
	t->restart.args[2] = (unsigned)id;
	return sleep_cpu_restart(t);
}

/* clock_nanosleep(2): -EFAULT, -EINTR, -EINVAL, -EOPNOTSUPP. */
SYSCALL4(clock_nanosleep, int, id, int, flags,
	 const struct __kernel_timespec USER *, u,
	 struct __kernel_timespec USER *, left)
{
	bool absolute = flags & TIMER_ABSTIME;
	uint64_t now, ns;
	int err = clock_read(id, &now);

	if (err)
		return err;
	if (!is_cpu_clock(id) && !can_sleep_on(id))
		return -EOPNOTSUPP;
	err = get_timespec(&ns, u);
	if (err)
		return err;
	if (is_cpu_clock(id))
		return sleep_on_cpu_clock(id, absolute, ns, left);
	if (!absolute)
		return sleep_relative(ns, left);
	if (id == CLOCK_REALTIME || id == CLOCK_REALTIME_ALARM ||
	    id == CLOCK_TAI)
		return sleep_until_day(ns);
	return thread_nap(ns, true) == -EINTR ? -ERESTARTNOHAND : 0;
}

/* --- interval timers --- */

static void
timeval_from_ns(struct __kernel_old_timeval *tv, uint64_t ns)
{
	ns += NSEC_PER_USEC - 1; /* a running timer never shows zero */
	tv->tv_sec = (__kernel_long_t)(ns / NSEC_PER_SEC);
	tv->tv_usec = (__kernel_long_t)(ns % NSEC_PER_SEC / NSEC_PER_USEC);
}

static int
timeval_to_ns(const struct __kernel_old_timeval *tv, uint64_t *ns)
{
	if (tv->tv_sec < 0 || (uint64_t)tv->tv_usec >= 1000000)
		return -EINVAL;
	/* Beyond 100 years: as good as never, and no sum can wrap. */
	*ns = MIN((uint64_t)tv->tv_sec, 3153600000ULL) * NSEC_PER_SEC +
	      (uint64_t)tv->tv_usec * NSEC_PER_USEC;
	return 0;
}

static int
put_itimer(struct __kernel_old_itimerval USER *u, const struct itimer_value *i)
{
	struct __kernel_old_itimerval v;

	timeval_from_ns(&v.it_value, i->left_ns);
	timeval_from_ns(&v.it_interval, i->interval_ns);
	return put_user(v, u);
}

/* getitimer(2): -EFAULT, -EINVAL. */
SYSCALL2(getitimer, int, which, struct __kernel_old_itimerval USER *, u)
{
	struct itimer_value now;

	if (which < 0 || which >= ITIMERS)
		return -EINVAL;
	itimer_get(current_process(), (unsigned)which, &now);
	return put_itimer(u, &now);
}

/* setitimer(2): -EFAULT, -EINVAL. */
SYSCALL3(setitimer, int, which, const struct __kernel_old_itimerval USER *, new,
	 struct __kernel_old_itimerval USER *, old)
{
	struct __kernel_old_itimerval v = { 0 };
	struct itimer_value to, was;

	if (new &&get_user(v, new))
		return -EFAULT;
	if (which < 0 || which >= ITIMERS ||
	    timeval_to_ns(&v.it_value, &to.left_ns) ||
	    timeval_to_ns(&v.it_interval, &to.interval_ns))
		return -EINVAL;
	itimer_set(current_process(), (unsigned)which, &to, &was);
	return old ? put_itimer(old, &was) : 0;
}

SYSCALL1(alarm, unsigned, seconds)
{
	struct itimer_value to = { seconds * NSEC_PER_SEC, 0 }, was;

	itimer_set(current_process(), ITIMER_REAL, &to, &was);
	/* As Linux: to the nearest second, but a running one is never 0. */
	if (was.left_ns && was.left_ns < NSEC_PER_SEC)
		return 1;
	return (long)((was.left_ns + NSEC_PER_SEC / 2) / NSEC_PER_SEC);
}
