/* SPDX-License-Identifier: MIT */
#include <linux/futex.h>
#include <linux/time_types.h>

#include "core/wallclock.h"
#include "proc/futex.h"
#include "syscall/define.h"

/*
 * syscall/sys_futex.c - futexes and the lists of robust ones.
 */

static bool
futex_has_timeout(int cmd)
{
	return cmd == FUTEX_WAIT || cmd == FUTEX_WAIT_BITSET;
}

/* When the wall clock shows ns, by the monotonic clock. */
static uint64_t
wallclock_deadline(uint64_t ns)
{
	uint64_t offset = wallclock_offset_ns();

	if (ns == NEVER)
		return NEVER;
	return ns > offset ? ns - offset : 0;
}

/* FUTEX_WAIT takes a duration, FUTEX_WAIT_BITSET a point in time. */
static int
futex_deadline(int op, const struct __kernel_timespec USER *u,
	       uint64_t *deadline)
{
	uint64_t ns;
	int err;

	*deadline = NEVER;
	if (!futex_has_timeout(op & FUTEX_CMD_MASK) || !u)
		return 0;
	err = get_timespec(&ns, u);
	if (err)
		return err;
	if ((op & FUTEX_CMD_MASK) == FUTEX_WAIT)
		*deadline = deadline_after(ns);
	else
		*deadline =
			op & FUTEX_CLOCK_REALTIME ? wallclock_deadline(ns) : ns;
	return 0;
}

/* futex(2): -EAGAIN, -EFAULT, -EINTR, -EINVAL, -ENOSYS (PI), -ETIMEDOUT. */
SYSCALL6(futex, uint32_t USER *, word, int, op, uint32_t, val,
	 const struct __kernel_timespec USER *, timeout, uint32_t USER *, word2,
	 uint32_t, val3)
{
	unsigned count2 = (unsigned)(uintptr_t)timeout;
	bool private = op & FUTEX_PRIVATE_FLAG;
	uint64_t deadline;
	int err = futex_deadline(op, timeout, &deadline);

	if (err)
		return err;
	if ((op & FUTEX_CLOCK_REALTIME) &&
	    !futex_has_timeout(op & FUTEX_CMD_MASK))
		return -ENOSYS;
	switch (op & FUTEX_CMD_MASK) {
	case FUTEX_WAIT:
		val3 = FUTEX_BITSET_MATCH_ANY;
		__attribute__((fallthrough));
	case FUTEX_WAIT_BITSET:
		return futex_wait(word, val, val3, deadline, private);
	case FUTEX_WAKE:
		val3 = FUTEX_BITSET_MATCH_ANY;
		__attribute__((fallthrough));
	case FUTEX_WAKE_BITSET:
		return futex_wake(word, val, val3, private);
	case FUTEX_REQUEUE:
	case FUTEX_CMP_REQUEUE:
		if ((int)val < 0 || (int)count2 < 0)
			return -EINVAL;
		if ((op & FUTEX_CMD_MASK) == FUTEX_REQUEUE)
			return futex_requeue(word, word2, val, count2, NULL,
					     private);
		return futex_requeue(word, word2, val, count2, &val3, private);
	case FUTEX_WAKE_OP:
		return futex_wake_op(word, word2, val, count2, val3, private);
	default:
		return -ENOSYS;
	}
}

SYSCALL2(set_robust_list, struct robust_list_head USER *, head, size_t, size)
{
	if (size != sizeof(struct robust_list_head))
		return -EINVAL;
	current_task()->robust_list = head;
	return 0;
}

/* get_robust_list(2): -EFAULT, -EPERM, -ESRCH. */
SYSCALL3(get_robust_list, pid_t, pid, uintptr_t USER *, head, size_t USER *,
	 size)
{
	size_t n = sizeof(struct robust_list_head);
	struct task *t = current_task();
	uintptr_t list;
	int err = 0;

	t = task_find(pid ? pid : t->tid);
	if (!t)
		return -ESRCH;
	if (!signal_may_send(current_task(), t->process, 0))
		err = -EPERM;
	list = (uintptr_t)t->robust_list;
	task_put(t);
	if (!err && (put_user(n, size) || put_user(list, head)))
		err = -EFAULT;
	return err;
}
