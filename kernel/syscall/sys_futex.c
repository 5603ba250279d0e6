/* SPDX-License-Identifier: MIT */
#include <linux/futex.h>
#include <linux/time_types.h>

#include "core/wallclock.h"
#include "mm/slab.h"
#include "proc/futex.h"
#include "proc/pid.h"
#include "proc/ptrace.h"
#include "syscall/define.h"

/*
 * syscall/sys_futex.c - futexes and the lists of robust ones.
 */

/* --- timeouts --- */

/* When the wall clock shows ns, by the monotonic clock. */
static uint64_t
wallclock_deadline(uint64_t ns)
{
	uint64_t offset = wallclock_offset_ns();

	if (ns == NEVER)
		return NEVER;
	return ns > offset ? ns - offset : 0;
}

static bool
has_timeout(int command)
{
	return command == FUTEX_WAIT || command == FUTEX_WAIT_BITSET ||
	       command == FUTEX_WAIT_REQUEUE_PI || command == FUTEX_LOCK_PI ||
	       command == FUTEX_LOCK_PI2;
}

/* FUTEX_CLOCK_REALTIME is for those whose clock is not given by the command. */
static bool
has_clock_flag(int command)
{
	return command == FUTEX_WAIT_BITSET ||
	       command == FUTEX_WAIT_REQUEUE_PI || command == FUTEX_LOCK_PI2;
}

/*
 * FUTEX_WAIT takes a duration, the others a point in time; that of
 * FUTEX_LOCK_PI is by the wall clock.
 */
static int
get_deadline(int op, const struct __kernel_timespec USER *u, uint64_t *deadline)
{
	int command = op & FUTEX_CMD_MASK;
	uint64_t ns;
	int err;

	*deadline = NEVER;
	if (!u || !has_timeout(command))
		return 0;
	err = get_timespec(&ns, u);
	if (err)
		return err;
	if (command == FUTEX_WAIT)
		*deadline = deadline_after(ns);
	else if (command == FUTEX_LOCK_PI || (op & FUTEX_CLOCK_REALTIME))
		*deadline = wallclock_deadline(ns);
	else
		*deadline = ns;
	return 0;
}

/* --- futex(2) --- */

struct futex_call {
	uint32_t USER *word, *word2;
	uint32_t val, val2, val3; /* val2: in the place of the timeout */
	uint64_t deadline_ns;
	bool private;
};

static long
requeue(const struct futex_call *c, int command)
{
	const uint32_t *expected = &c->val3;

	if ((int)c->val < 0 || (int)c->val2 < 0)
		return -EINVAL;
	if (command == FUTEX_CMP_REQUEUE_PI)
		return futex_cmp_requeue_pi(c->word, c->word2, c->val, c->val2,
					    c->val3, c->private);
	if (command == FUTEX_REQUEUE)
		expected = NULL;
	return futex_requeue(c->word, c->word2, c->val, c->val2, expected,
			     c->private);
}

static long
call(const struct futex_call *c, int command)
{
	switch (command) {
	case FUTEX_WAIT:
		return futex_wait(c->word, c->val, FUTEX_BITSET_MATCH_ANY,
				  c->deadline_ns, c->private);
	case FUTEX_WAIT_BITSET:
		return futex_wait(c->word, c->val, c->val3, c->deadline_ns,
				  c->private);
	case FUTEX_WAKE:
		return futex_wake(c->word, c->val, FUTEX_BITSET_MATCH_ANY,
				  c->private);
	case FUTEX_WAKE_BITSET:
		return futex_wake(c->word, c->val, c->val3, c->private);
	case FUTEX_REQUEUE:
	case FUTEX_CMP_REQUEUE:
	case FUTEX_CMP_REQUEUE_PI:
		return requeue(c, command);
	case FUTEX_WAKE_OP:
		return futex_wake_op(c->word, c->word2, c->val, c->val2,
				     c->val3, c->private);
	case FUTEX_LOCK_PI:
	case FUTEX_LOCK_PI2:
		return futex_lock_pi(c->word, c->deadline_ns, c->private,
				     false);
	case FUTEX_TRYLOCK_PI:
		return futex_lock_pi(c->word, NEVER, c->private, true);
	case FUTEX_UNLOCK_PI:
		return futex_unlock_pi(c->word, c->private);
	case FUTEX_WAIT_REQUEUE_PI:
		return futex_wait_requeue_pi(c->word, c->val, c->deadline_ns,
					     c->word2, c->private);
	default:
		return -ENOSYS;
	}
}

/*
 * futex(2): -EAGAIN, -EDEADLK, -EFAULT, -EINTR, -EINVAL, -ENOMEM, -ENOSYS,
 * -EPERM, -ESRCH, -ETIMEDOUT.
 */
SYSCALL6(futex, uint32_t USER *, word, int, op, uint32_t, val,
	 const struct __kernel_timespec USER *, timeout, uint32_t USER *, word2,
	 uint32_t, val3)
{
	struct futex_call c = { .word = word,
				.word2 = word2,
				.val = val,
				.val2 = (uint32_t)(uintptr_t)timeout,
				.val3 = val3,
				.private = op & FUTEX_PRIVATE_FLAG };
	int command = op & FUTEX_CMD_MASK;
	int err = get_deadline(op, timeout, &c.deadline_ns);

	if (err)
		return err;
	if ((op & FUTEX_CLOCK_REALTIME) && !has_clock_flag(command))
		return -ENOSYS;
	return call(&c, command);
}

/* --- futex_waitv(2) --- */

static int
get_wait(struct futex_wait *to, const struct futex_waitv USER *u)
{
	struct futex_waitv v;

	if (get_user(v, u))
		return -EFAULT;
	if ((v.flags & ~(uint32_t)FUTEX_PRIVATE_FLAG) != FUTEX_32 ||
	    v.__reserved || v.val > UINT32_MAX)
		return -EINVAL;
	to->word = (uint32_t USER *)v.uaddr;
	to->expected = (uint32_t)v.val;
	to->private = v.flags & FUTEX_PRIVATE_FLAG;
	return 0;
}

static int
get_absolute(const struct __kernel_timespec USER *u, int clock,
	     uint64_t *deadline)
{
	uint64_t ns;
	int err;

	*deadline = NEVER;
	if (!u)
		return 0;
	if (clock != CLOCK_MONOTONIC && clock != CLOCK_REALTIME)
		return -EINVAL;
	err = get_timespec(&ns, u);
	if (!err)
		*deadline =
			clock == CLOCK_REALTIME ? wallclock_deadline(ns) : ns;
	return err;
}

static long
wait_any(const struct futex_waitv USER *u, unsigned n, uint64_t deadline_ns)
{
	size_t room = n * (sizeof(struct futex_wait) + futex_waiter_size());
	struct futex_wait *waits = kmalloc(room);
	long err = 0;

	if (!waits)
		return -ENOMEM;
	for (unsigned i = 0; !err && i < n; i++)
		err = get_wait(&waits[i], &u[i]);
	if (!err)
		err = futex_wait_any(waits, (struct futex_waiter *)(waits + n),
				     n, deadline_ns);
	kfree(waits);
	return err;
}

/* futex_waitv(2): -EAGAIN, -EFAULT, -EINTR, -EINVAL, -ENOMEM, -ETIMEDOUT. */
SYSCALL5(futex_waitv, const struct futex_waitv USER *, waiters, unsigned, n,
	 unsigned, flags, const struct __kernel_timespec USER *, timeout, int,
	 clock)
{
	uint64_t deadline_ns;
	int err;

	if (flags || !n || n > FUTEX_WAITV_MAX || !waiters)
		return -EINVAL;
	err = get_absolute(timeout, clock, &deadline_ns);
	return err ? err : wait_any(waiters, n, deadline_ns);
}

/* --- robust lists --- */

SYSCALL2(set_robust_list, struct robust_list_head USER *, head, size_t, size)
{
	if (size != sizeof(struct robust_list_head))
		return -EINVAL;
	current_task()->robust_list = head;
	return 0;
}

/* The head of a task's list, for those who may look at its memory. */
static int
robust_list_of(pid_t tid, uintptr_t *list)
{
	unsigned long irq = proc_tree_enter();
	struct pid *id = pid_find(tid);
	struct task *t = id ? id->task : NULL;
	int err = 0;

	if (!t)
		err = -ESRCH;
	else if (!ptrace_may_attach_locked(t, PTRACE_LOOK_REAL))
		err = -EPERM;
	else
		*list = (uintptr_t)t->robust_list;
	proc_tree_leave(irq);
	return err;
}

/* get_robust_list(2): -EFAULT, -EPERM, -ESRCH. */
SYSCALL3(get_robust_list, pid_t, pid, uintptr_t USER *, head, size_t USER *,
	 size)
{
	size_t n = sizeof(struct robust_list_head);
	uintptr_t list = (uintptr_t)current_task()->robust_list;
	int err = pid ? robust_list_of(pid, &list) : 0;

	if (!err && (put_user(n, size) || put_user(list, head)))
		err = -EFAULT;
	return err;
}
