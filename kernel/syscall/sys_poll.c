/* SPDX-License-Identifier: MIT */
#include <linux/time.h>
#include <linux/time_types.h>

#include "arch/clock.h"
#include "mm/slab.h"
#include "proc/personality.h"
#include "syscall/define.h"

/*
 * syscall/sys_poll.c - poll(2), select(2) and their kin, all by
 * file_poll_many().
 */

#define FAST 8

/* --- poll --- */

/* Fetch the files of n entries; a bad descriptor is POLLNVAL at once. */
static unsigned
poll_get_files(struct poll_entry *e, struct pollfd *fds, unsigned n)
{
	unsigned bad = 0;

	for (unsigned i = 0; i < n; i++) {
		e[i] = (struct poll_entry){ .events = (uint16_t)fds[i].events };
		fds[i].revents = 0;
		if (fds[i].fd < 0)
			continue;
		e[i].file = fd_get(current_task()->files, fds[i].fd);
		if (!e[i].file) {
			fds[i].revents = POLLNVAL;
			bad++;
		}
	}
	return bad;
}

static void
put_files(struct poll_entry *e, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (e[i].file)
			file_put(e[i].file);
}

static int
poll_entries(struct pollfd *fds, struct poll_entry *e, unsigned n,
	     uint64_t deadline)
{
	unsigned bad = poll_get_files(e, fds, n);
	int ready = file_poll_many(e, n, bad ? 0 : deadline);

	if (ready >= 0) {
		for (unsigned i = 0; i < n; i++)
			if (e[i].file)
				fds[i].revents = (short)e[i].revents;
		ready += (int)bad;
	}
	put_files(e, n);
	return ready;
}

struct poll_buffers {
	struct pollfd fds[FAST];
	struct poll_entry entries[FAST];
};

static int
poll_user(struct pollfd USER *user, unsigned n, uint64_t deadline,
	  struct pollfd *fds, struct poll_entry *e)
{
	int ready;

	if (copy_from_user(fds, user, n * sizeof(*fds)))
		return -EFAULT;
	ready = poll_entries(fds, e, n, deadline);
	for (unsigned i = 0; ready >= 0 && i < n; i++)
		if (put_user(fds[i].revents, &user[i].revents))
			return -EFAULT;
	return ready;
}

static int
do_poll(struct pollfd USER *user, unsigned n, uint64_t deadline)
{
	struct poll_buffers fast;
	struct poll_entry *e;
	struct pollfd *fds;
	int ready = -ENOMEM;

	if (n > (unsigned)fd_limit())
		return -EINVAL;
	if (n <= FAST)
		return poll_user(user, n, deadline, fast.fds, fast.entries);
	fds = kcalloc(n, sizeof(*fds));
	e = kcalloc(n, sizeof(*e));
	if (fds && e)
		ready = poll_user(user, n, deadline, fds, e);
	kfree(fds);
	kfree(e);
	return ready;
}

/* poll(2) that a signal without handler interrupts goes on where it was. */
static long
poll_restart(struct task *t)
{
	int ready = do_poll((struct pollfd USER *)t->restart.args[0],
			    (unsigned)t->restart.args[1], t->restart.args[2]);

	return ready == -EINTR ? -ERESTART_RESTARTBLOCK : ready;
}

/* poll(2): -EFAULT, -EINTR, -EINVAL (above RLIMIT_NOFILE), -ENOMEM. */
SYSCALL3(poll, struct pollfd USER *, fds, unsigned, n, int, timeout_ms)
{
	struct task *t = current_task();
	uint64_t deadline = NEVER;

	if (timeout_ms >= 0)
		deadline = deadline_after((uint64_t)timeout_ms * NSEC_PER_MSEC);
	t->restart.fn = poll_restart;
	t->restart.args[0] = (uintptr_t)fds;
	t->restart.args[1] = n;
	t->restart.args[2] = deadline;
	return poll_restart(t);
}

/* The timeout and mask of ppoll and pselect; both may be absent. */
static int
begin_masked(const struct __kernel_timespec USER *timeout,
	     const uint64_t USER *mask, size_t size, uint64_t *deadline)
{
	uint64_t ns, set;
	int err;

	*deadline = NEVER;
	if (timeout) {
		err = get_timespec(&ns, timeout);
		if (err)
			return err;
		*deadline = deadline_after(ns);
	}
	if (!mask)
		return 0;
	if (size != sizeof(set))
		return -EINVAL;
	if (get_user(set, mask))
		return -EFAULT;
	signal_set_temporary_mask(set);
	return 0;
}

static bool
timeouts_are_sticky(void)
{
	return task_personality(current_task()) & STICKY_TIMEOUTS;
}

/*
 * Linux writes back what is left of the timeout.  If it cannot or must not
 * (STICKY_TIMEOUTS), the call is not restarted, since it would wait for too
 * long.
 */
static long
end_masked(long result, struct __kernel_timespec USER *timeout,
	   uint64_t deadline)
{
	uint64_t now = clock_now_ns();

	if (result == -EINTR)
		result = -ERESTARTNOHAND;
	else
		signal_clear_temporary_mask();
	if (timeout && timeouts_are_sticky())
		return result == -ERESTARTNOHAND ? -EINTR : result;
	if (timeout &&
	    put_timespec(timeout, deadline > now ? deadline - now : 0) &&
	    result == -ERESTARTNOHAND)
		return -EINTR;
	return result;
}

/* ppoll(2): as poll(2); -EINVAL for a bad timeout or set size. */
SYSCALL5(ppoll, struct pollfd USER *, fds, unsigned, n,
	 struct __kernel_timespec USER *, timeout, const uint64_t USER *, mask,
	 size_t, size)
{
	uint64_t deadline;
	int err = begin_masked(timeout, mask, size, &deadline);

	if (err)
		return err;
	return end_masked(do_poll(fds, n, deadline), timeout, deadline);
}

/* --- select --- */

/* What each of the three sets asks of poll, and which answers satisfy it. */
static const struct {
	unsigned ask, answer;
} select_sets[3] = {
	{ POLLIN | POLLRDNORM | POLLRDBAND,
	  POLLIN | POLLRDNORM | POLLRDBAND | POLLHUP | POLLERR },
	{ POLLOUT | POLLWRNORM | POLLWRBAND,
	  POLLOUT | POLLWRNORM | POLLWRBAND | POLLERR },
	{ POLLPRI, POLLPRI },
};

struct select {
	unsigned n;        /* descriptors looked at: 0 .. n - 1 */
	size_t words;      /* of each set */
	uint64_t *sets[3]; /* in kernel memory, one block */
	uint64_t USER *user[3];
	struct poll_entry *entries;
};

static bool
set_test(const uint64_t *set, unsigned fd)
{
	return set[fd / 64] >> (fd % 64) & 1;
}

static int
select_copy_in(struct select *s)
{
	for (int i = 0; i < 3; i++) {
		if (!s->user[i])
			continue;
		if (copy_from_user(s->sets[i], s->user[i], s->words * 8))
			return -EFAULT;
		/* Descriptors from n on are not asked for, nor answered. */
		if (s->n % 64)
			s->sets[i][s->n / 64] &= (1ULL << s->n % 64) - 1;
	}
	return 0;
}

static int
select_copy_out(struct select *s)
{
	for (int i = 0; i < 3; i++)
		if (s->user[i] &&
		    copy_to_user(s->user[i], s->sets[i], s->words * 8))
			return -EFAULT;
	return 0;
}

static int
select_get_files(struct select *s)
{
	for (unsigned fd = 0; fd < s->n; fd++) {
		struct poll_entry *e = &s->entries[fd];

		for (int i = 0; i < 3; i++)
			if (set_test(s->sets[i], fd))
				e->events |= select_sets[i].ask;
		if (!e->events)
			continue;
		e->file = fd_get(current_task()->files, (int)fd);
		if (!e->file)
			return -EBADF;
	}
	return 0;
}

/* Leave in the sets what is ready; returns the number of bits. */
static int
select_answer(struct select *s)
{
	int count = 0;

	for (unsigned fd = 0; fd < s->n; fd++) {
		for (int i = 0; i < 3; i++) {
			if (!set_test(s->sets[i], fd))
				continue;
			if (s->entries[fd].revents & select_sets[i].answer)
				count++;
			else
				s->sets[i][fd / 64] &= ~(1ULL << (fd % 64));
		}
	}
	return count;
}

static int
select_run(struct select *s, uint64_t deadline)
{
	int err = select_copy_in(s), ready;

	if (!err)
		err = select_get_files(s);
	if (!err) {
		ready = file_poll_many(s->entries, s->n, deadline);
		if (ready >= 0)
			ready = select_answer(s);
		err = ready;
	}
	put_files(s->entries, s->n);
	if (err >= 0 && select_copy_out(s))
		return -EFAULT;
	return err;
}

static int
do_select(int n, uint64_t USER *const user[3], uint64_t deadline)
{
	struct select s = { 0 };
	uint64_t *block;
	int result = -ENOMEM;

	if (n < 0)
		return -EINVAL;
	s.n = (unsigned)MIN(n, current_task()->files->size);
	s.words = MAX(ALIGN_UP(s.n, 64) / 64, 1);
	block = kcalloc(3 * s.words, sizeof(*block));
	s.entries = kcalloc(MAX(s.n, 1), sizeof(*s.entries));
	if (block && s.entries) {
		for (unsigned i = 0; i < 3; i++) {
			s.sets[i] = block + i * s.words;
			s.user[i] = s.n ? user[i] : NULL;
		}
		result = select_run(&s, deadline);
	}
	kfree(s.entries);
	kfree(block);
	return result;
}

/* Microseconds may exceed a second here; beyond 100 years is never enough. */
static uint64_t
select_timeout_ns(const struct __kernel_old_timeval *tv)
{
	uint64_t most = 3153600000ULL, usec = (uint64_t)tv->tv_usec;
	uint64_t sec = MIN((uint64_t)tv->tv_sec, most) + usec / 1000000;

	return MIN(sec, most) * NSEC_PER_SEC + usec % 1000000 * NSEC_PER_USEC;
}

/* select(2): -EBADF, -EFAULT, -EINTR, -EINVAL, -ENOMEM. */
SYSCALL5(select, int, n, uint64_t USER *, in, uint64_t USER *, out,
	 uint64_t USER *, except, struct __kernel_old_timeval USER *, timeout)
{
	uint64_t USER *const user[3] = { in, out, except };
	struct __kernel_old_timeval tv;
	uint64_t deadline = NEVER, now;
	int result;

	if (timeout) {
		if (get_user(tv, timeout))
			return -EFAULT;
		if (tv.tv_sec < 0 || tv.tv_usec < 0)
			return -EINVAL;
		deadline = deadline_after(select_timeout_ns(&tv));
	}
	result = do_select(n, user, deadline);
	if (timeout && timeouts_are_sticky())
		return result;
	if (timeout) {
		now = clock_now_ns();
		now = deadline > now ? deadline - now : 0;
		tv.tv_sec = (__kernel_long_t)(now / NSEC_PER_SEC);
		tv.tv_usec = (__kernel_long_t)(now % NSEC_PER_SEC / 1000);
		if (put_user(tv, timeout))
			return result;
	}
	return result == -EINTR ? -ERESTARTNOHAND : result;
}

struct pselect_mask {
	const uint64_t USER *mask;
	size_t size;
};

SYSCALL6(pselect6, int, n, uint64_t USER *, in, uint64_t USER *, out,
	 uint64_t USER *, except, struct __kernel_timespec USER *, timeout,
	 const struct pselect_mask USER *, u)
{
	uint64_t USER *const user[3] = { in, out, except };
	struct pselect_mask m = { 0 };
	uint64_t deadline;
	int err;

	if (u && get_user(m, u))
		return -EFAULT;
	err = begin_masked(timeout, m.mask, m.size, &deadline);
	if (err)
		return err;
	return end_masked(do_select(n, user, deadline), timeout, deadline);
}
