/* SPDX-License-Identifier: MIT */
/*
 * futex_shared.c - which words are the same futex, clocks, and futex_waitv(2).
 */
#include "guest.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef SYS_futex_waitv
#define SYS_futex_waitv 449
#endif

typedef _Atomic uint32_t word_t;

static long
futex(word_t *word, int op, unsigned val, const void *timeout, word_t *word2,
      unsigned val3)
{
	return syscall(SYS_futex, word, op, val, timeout, word2, val3);
}

static void *
shared(int fd, off_t offset)
{
	void *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
		       fd < 0 ? MAP_SHARED | MAP_ANONYMOUS : MAP_SHARED, fd,
		       offset);

	CHECK(p != MAP_FAILED);
	return p;
}

/* Wake until somebody was there to be woken. */
static void
wake_one(word_t *w, int flags)
{
	for (int i = 0; i < 2000; i++) {
		if (OK(futex(w, FUTEX_WAKE | flags, 1, NULL, NULL, 0)) == 1)
			return;
		sleep_ms(1);
	}
	guest_fail(__FILE__, __LINE__, "nobody waits");
}

/* Two mappings of one file page, at different addresses. */
CASE(futex_of_a_file_page)
{
	int fd = (int)OK(open("words", O_RDWR | O_CREAT, 0600));
	word_t *a, *b;
	pid_t pid;

	OK(ftruncate(fd, 2 * PAGE));
	a = shared(fd, PAGE);
	b = shared(fd, PAGE);
	pid = CHILD({ OK(futex(a + 3, FUTEX_WAIT, 0, NULL, NULL, 0)); });
	CHECK_EQ(futex(b + 2, FUTEX_WAKE, 1, NULL, NULL, 0), 0);
	wake_one(b + 3, 0);
	EXITS(pid, 0);
}

/* Two programs that know the same file. */
CASE(futex_of_two_openings)
{
	int fd = (int)OK(open("word", O_RDWR | O_CREAT, 0600));
	word_t *w;
	pid_t pid;

	OK(ftruncate(fd, PAGE));
	pid = CHILD({
		int own = (int)OK(open("word", O_RDWR));

		OK(futex(shared(own, 0), FUTEX_WAIT, 0, NULL, NULL, 0));
	});
	w = shared(fd, 0);
	wake_one(w, 0);
	EXITS(pid, 0);
}

CASE(futex_private_flag_keeps_processes_apart)
{
	word_t *w = shared(-1, 0);
	struct timespec t = { 0, 50000000 };
	pid_t pid = CHILD({
		FAILS(futex(w, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, 0, &t, NULL, 0),
		      ETIMEDOUT);
	});

	sleep_ms(20);
	CHECK_EQ(futex(w, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1, NULL, NULL, 0),
		 0);
	EXITS(pid, 0);
}

CASE(futex_clocks)
{
	struct timespec past = { 1, 0 }, now;
	word_t w = 0;

	FAILS(futex(&w, FUTEX_WAIT_BITSET, 0, &past, NULL, 1), ETIMEDOUT);
	FAILS(futex(&w, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, 0, &past,
		    NULL, 1),
	      ETIMEDOUT);
	clock_gettime(CLOCK_REALTIME, &now);
	now.tv_nsec += 20000000;
	if (now.tv_nsec >= 1000000000) {
		now.tv_nsec -= 1000000000;
		now.tv_sec++;
	}
	FAILS(futex(&w, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, 0, &now, NULL,
		    1),
	      ETIMEDOUT);
	FAILS(futex(&w, FUTEX_WAIT | FUTEX_CLOCK_REALTIME, 1, &now, NULL, 0),
	      ENOSYS);
	FAILS(futex(&w, FUTEX_WAIT_BITSET, 0, &past, NULL, 0), EINVAL);
	FAILS(futex(&w, FUTEX_WAKE_BITSET, 0, NULL, NULL, 0), EINVAL);
}

CASE(futex_bitsets_choose)
{
	word_t *w = shared(-1, 0);
	pid_t a, b;

	a = CHILD({ OK(futex(w, FUTEX_WAIT_BITSET, 0, NULL, NULL, 1)); });
	b = CHILD({ OK(futex(w, FUTEX_WAIT_BITSET, 0, NULL, NULL, 2)); });
	sleep_ms(60);
	CHECK_EQ(futex(w, FUTEX_WAKE_BITSET, 9, NULL, NULL, 4), 0);
	CHECK_EQ(futex(w, FUTEX_WAKE_BITSET, 9, NULL, NULL, 2), 1);
	EXITS(b, 0);
	CHECK_EQ(futex(w, FUTEX_WAKE_BITSET, 9, NULL, NULL, ~0u), 1);
	EXITS(a, 0);
}

/* --- several words at once --- */

static long
waitv(struct futex_waitv *v, unsigned n, unsigned flags,
      const struct timespec *t, int clock)
{
	return syscall(SYS_futex_waitv, v, n, flags, t, clock);
}

static struct futex_waitv
on(word_t *w, uint32_t value)
{
	return (struct futex_waitv){ .uaddr = (uintptr_t)w,
				     .val = value,
				     .flags = FUTEX_32 };
}

CASE(waitv_says_which)
{
	word_t *w = shared(-1, 0);
	struct futex_waitv v[FUTEX_WAITV_MAX];

	for (unsigned i = 0; i < COUNT(v); i++)
		v[i] = on(&w[i], 0);
	for (int which = 0; which < (int)COUNT(v); which += 42) {
		pid_t pid =
			CHILD({ _exit((int)waitv(v, COUNT(v), 0, NULL, 0)); });

		wake_one(&w[which], 0);
		EXITS(pid, which);
	}
}

CASE(waitv_errors)
{
	word_t w[2] = { 0, 7 };
	struct futex_waitv v[2] = { on(w, 0), on(w + 1, 7) };
	struct timespec past = { 1, 0 }, bad = { 0, -1 };

	FAILS(waitv(v, 0, 0, NULL, 0), EINVAL);
	FAILS(waitv(v, FUTEX_WAITV_MAX + 1, 0, NULL, 0), EINVAL);
	FAILS(waitv(NULL, 1, 0, NULL, 0), EINVAL);
	FAILS(waitv(v, 2, 1, NULL, 0), EINVAL);
	FAILS(waitv((void *)before_hole(), 1, 0, NULL, 0), EFAULT);
	FAILS(waitv(v, 2, 0, &past, CLOCK_MONOTONIC), ETIMEDOUT);
	FAILS(waitv(v, 2, 0, &past, CLOCK_REALTIME), ETIMEDOUT);
	FAILS(waitv(v, 2, 0, &past, CLOCK_BOOTTIME), EINVAL);
	FAILS(waitv(v, 2, 0, &bad, CLOCK_MONOTONIC), EINVAL);
	v[1].val = 8;
	FAILS(waitv(v, 2, 0, NULL, 0), EAGAIN);
	v[1] = on((word_t *)((char *)w + 1), 0);
	FAILS(waitv(v, 2, 0, NULL, 0), EINVAL);
	v[1] = on((word_t *)before_hole(), 0);
	FAILS(waitv(v, 2, 0, NULL, 0), EFAULT);
	v[1] = on(w + 1, 7);
	v[1].flags = 0x40;
	FAILS(waitv(v, 2, 0, NULL, 0), EINVAL);
	v[1] = on(w + 1, 7);
	v[1].__reserved = 1;
	FAILS(waitv(v, 2, 0, NULL, 0), EINVAL);
}

static void
nothing(int signo)
{
	(void)signo;
}

CASE(waitv_is_interrupted)
{
	struct sigaction a = { .sa_handler = nothing };
	word_t w = 0;
	struct futex_waitv v = on(&w, 0);
	pid_t parent = getpid(), pid;

	OK(sigaction(SIGUSR1, &a, NULL));
	pid = CHILD({
		sleep_ms(30);
		OK(kill(parent, SIGUSR1));
	});
	FAILS(waitv(&v, 1, 0, NULL, 0), EINTR);
	EXITS(pid, 0);
}

/* --- real time waiters are woken first --- */

CASE(futex_wakes_the_best_first)
{
	word_t *w = shared(-1, 0);
	volatile int *order = (volatile int *)(w + 1);
	pid_t pids[3];

	need_root();
	for (int i = 0; i < 3; i++) {
		pids[i] = CHILD({
			struct sched_param p = { .sched_priority = 10 * i };

			if (i)
				OK(syscall(SYS_sched_setscheduler, 0,
					   SCHED_FIFO, &p));
			OK(futex(w, FUTEX_WAIT, 0, NULL, NULL, 0));
			order[i] = 1 + *w;
			*w = *w + 1;
			OK(futex(w, FUTEX_WAKE, 1, NULL, NULL, 0));
		});
		sleep_ms(40);
	}
	wake_one(w, 0);
	for (int i = 0; i < 3; i++)
		EXITS(pids[i], 0);
	CHECK_EQ(order[2], 1);
	CHECK_EQ(order[1], 2);
	CHECK_EQ(order[0], 3);
}

/* --- robust lists --- */

struct robust_lock {
	struct robust_list list;
	word_t word;
};

/* Die with the lock, and with one more that is under way. */
static void
die_with(struct robust_lock *a, struct robust_lock *pending, bool pi)
{
	static struct robust_list_head head;

	head.list.next = (void *)((uintptr_t)&a->list | pi);
	a->list.next = &head.list;
	head.futex_offset = offsetof(struct robust_lock, word);
	head.list_op_pending = pending ? &pending->list : NULL;
	OK(syscall(SYS_set_robust_list, &head, sizeof(head)));
	a->word = (uint32_t)getpid() | FUTEX_WAITERS;
	if (pending)
		pending->word = (uint32_t)getpid();
	_exit(0);
}

CASE(robust_lock_is_marked)
{
	struct robust_lock *a = shared(-1, 0);

	EXITS(CHILD(die_with(a, a + 1, false)), 0);
	CHECK_EQ(a[0].word, FUTEX_OWNER_DIED | FUTEX_WAITERS);
	CHECK_EQ(a[1].word, FUTEX_OWNER_DIED);
	EXITS(CHILD(die_with(a, NULL, true)), 0);
	CHECK_EQ(a[0].word, FUTEX_OWNER_DIED | FUTEX_WAITERS);
	a[0].word = 0;
}

CASE(robust_list_without_end)
{
	struct robust_lock *a = shared(-1, 0);

	EXITS(CHILD({
		      static struct robust_list_head head;

		      head.list.next = &a->list;
		      a->list.next = &a->list;
		      OK(syscall(SYS_set_robust_list, &head, sizeof(head)));
	      }),
	      0);
	EXITS(CHILD({
		      static struct robust_list_head head;

		      head.list.next = (void *)before_hole();
		      OK(syscall(SYS_set_robust_list, &head, sizeof(head)));
	      }),
	      0);
	EXITS(CHILD({ OK(syscall(SYS_set_robust_list, before_hole(), 24)); }),
	      0);
}

CASE(robust_list_calls)
{
	struct robust_list_head head = { { &head.list }, 0, NULL }, *got;
	size_t size = 0;

	FAILS(syscall(SYS_set_robust_list, &head, 23), EINVAL);
	OK(syscall(SYS_set_robust_list, &head, sizeof(head)));
	OK(syscall(SYS_get_robust_list, 0, &got, &size));
	CHECK(got == &head);
	CHECK_EQ(size, sizeof(head));
	FAILS(syscall(SYS_get_robust_list, 4000000, &got, &size), ESRCH);
	FAILS(syscall(SYS_get_robust_list, 0, before_hole(), &size), EFAULT);
	FAILS(syscall(SYS_get_robust_list, 0, &got, before_hole()), EFAULT);
	OK(syscall(SYS_set_robust_list, NULL, sizeof(head)));
	need_root();
	become_nobody();
	FAILS(syscall(SYS_get_robust_list, 1, &got, &size), EPERM);
}
