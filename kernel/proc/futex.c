/* SPDX-License-Identifier: MIT */
#include "proc/futex.h"

#include "arch/usercopy.h"
#include "lib/list.h"
#include "proc/process_priv.h"

/*
 * proc/futex.c - waiting on a word of user memory.
 *
 * The word is compared under the bucket's lock, and whoever changes it wakes
 * under the same lock afterwards, so a wake-up between the compare and the
 * sleep cannot be lost.  The word is read without faulting there; if its page
 * is not present the lock is dropped, the page faulted in, and all begins
 * again.
 *
 * Two buckets (requeue, wake-op) are locked in address order.
 */

#define BUCKETS 256

struct futex_waiter {
	struct list_node link;   /* [F] in its bucket, FIFO */
	struct vm_word_key key;  /* [F] */
	struct thread *thread;   /* [I] */
	uint32_t bitset;         /* [I] */
	struct futex_bucket *in; /* [F] NULL: woken */
};

struct futex_bucket {
	struct spinlock lock;     /* LOCK_FUTEX */
	struct list_node waiters; /* [F] */
} ALIGNED(64);

static struct futex_bucket buckets[BUCKETS];

void
futex_init(void)
{
	for (unsigned i = 0; i < BUCKETS; i++) {
		spin_init(&buckets[i].lock, LOCK_FUTEX, "futex");
		list_init(&buckets[i].waiters);
	}
}

static struct futex_bucket *
bucket_of(const struct vm_word_key *key)
{
	uint64_t h = (key->owner ^ key->offset >> 2) * 0x9e3779b97f4a7c15ULL;

	return &buckets[h >> 56];
}

static bool
key_equal(const struct vm_word_key *a, const struct vm_word_key *b)
{
	return a->owner == b->owner && a->offset == b->offset;
}

/*
 * Name the word.  A private futex is its space and address, no look needed.
 */
static int
futex_key(uint32_t USER *word, bool private, struct vm_word_key *key)
{
	struct vm_space *space = current_task()->space;
	uintptr_t va = (uintptr_t)word;

	if (va & 3)
		return -EINVAL;
	if (va >= USER_TOP)
		return -EFAULT;
	if (!private)
		return vm_word_key(space, va, key);
	*key = (struct vm_word_key){ (uintptr_t)space, va };
	return 0;
}

static void
lock_two(struct futex_bucket *a, struct futex_bucket *b) NO_LOCK_ANALYSIS
{
	if (a == b) {
		spin_lock(&a->lock);
		return;
	}
	spin_lock(a < b ? &a->lock : &b->lock);
	spin_lock_nested(a < b ? &b->lock : &a->lock);
}

static void
unlock_two(struct futex_bucket *a, struct futex_bucket *b) NO_LOCK_ANALYSIS
{
	spin_unlock(&a->lock);
	if (a != b)
		spin_unlock(&b->lock);
}

/* --- wait --- */

/* Fault the word in, after a look without faulting failed. */
static int
fault_in(uint32_t USER *word)
{
	uint32_t value;

	return get_user(value, word);
}

/* Link w if the word still holds expected. */
static int
enqueue_if_equal(struct futex_waiter *w, uint32_t USER *word, uint32_t expected)
{
	struct futex_bucket *b = bucket_of(&w->key);
	uint32_t value;
	int err;

	for (;;) {
		spin_lock(&b->lock);
		err = user_load_u32_nofault(&value, word);
		if (!err)
			break;
		spin_unlock(&b->lock);
		if (fault_in(word))
			return -EFAULT;
	}
	if (value == expected) {
		w->in = b;
		list_push_back(&b->waiters, &w->link);
	} else {
		err = -EAGAIN;
	}
	spin_unlock(&b->lock);
	return err;
}

/*
 * Unlink w unless a waker did; true if a waker did.  Requeue may move it.  A
 * waker has its bucket locked until it is through with w, which is gone when we
 * return: so that lock is taken once more.
 */
static bool
dequeue(struct futex_waiter *w) NO_LOCK_ANALYSIS
{
	struct futex_bucket *b;

	while ((b = __atomic_load_n(&w->in, __ATOMIC_ACQUIRE))) {
		spin_lock(&b->lock);
		if (w->in == b) {
			list_remove(&w->link);
			w->in = NULL;
			spin_unlock(&b->lock);
			return false;
		}
		spin_unlock(&b->lock);
	}
	b = bucket_of(&w->key);
	spin_lock(&b->lock);
	spin_unlock(&b->lock);
	return true;
}

static bool
still_waiting(const struct futex_waiter *w)
{
	return __atomic_load_n(&w->in, __ATOMIC_ACQUIRE) != NULL;
}

/* Asleep until woken, 0; -EAGAIN, -ETIMEDOUT, -EINTR... */
static int
wait_once(uint32_t USER *word, uint32_t expected, uint32_t bitset,
	  uint64_t deadline_ns, bool private)
{
	struct futex_waiter w = { .thread = current_thread(),
				  .bitset = bitset };
	int err;

	err = futex_key(word, private, &w.key);
	if (!err)
		err = enqueue_if_equal(&w, word, expected);
	if (err)
		return err;
	while (!err && still_waiting(&w)) {
		thread_sleep_begin(THREAD_SLEEP_INTERRUPT);
		if (still_waiting(&w))
			err = thread_sleep(deadline_ns);
		else
			thread_sleep_cancel();
	}
	return dequeue(&w) ? 0 : err;
}

/* A timed wait goes on to the same deadline after a signal without handler. */
static long
wait_restart(struct task *t)
{
	uint32_t USER *word = (uint32_t USER *)t->restart.args[0];
	uint64_t values = t->restart.args[1];
	int err = wait_once(word, (uint32_t)values, (uint32_t)(values >> 32),
			    t->restart.args[2], t->restart.args[3]);

	return err == -EINTR ? -ERESTART_RESTARTBLOCK : err;
}

int
futex_wait(uint32_t USER *word, uint32_t expected, uint32_t bitset,
	   uint64_t deadline_ns, bool private)
{
	struct task *t = current_task();
	int err;

	if (!bitset)
		return -EINVAL;
	err = wait_once(word, expected, bitset, deadline_ns, private);
	if (err != -EINTR)
		return err;
	if (deadline_ns == NEVER)
		return -ERESTARTSYS;
	t->restart.fn = wait_restart;
	t->restart.args[0] = (uintptr_t)word;
	t->restart.args[1] = (uint64_t)bitset << 32 | expected;
	t->restart.args[2] = deadline_ns;
	t->restart.args[3] = private;
	return -ERESTART_RESTARTBLOCK;
}

/* --- wake --- */

/* Bucket locked: the waiter cannot leave before it is unlocked (dequeue()). */
static void
wake_locked(struct futex_waiter *w)
{
	list_remove(&w->link);
	__atomic_store_n(&w->in, NULL, __ATOMIC_RELEASE);
	thread_wake(w->thread, THREAD_WAKE_ANY);
}

static int
wake_key_locked(struct futex_bucket *b, const struct vm_word_key *key,
		unsigned count, uint32_t bitset)
{
	struct futex_waiter *w, *next;
	unsigned woken = 0;

	list_for_each_safe (w, next, &b->waiters, link) {
		if (woken >= count)
			break;
		if (!key_equal(&w->key, key) || !(w->bitset & bitset))
			continue;
		wake_locked(w);
		woken++;
	}
	return (int)woken;
}

int
futex_wake(uint32_t USER *word, unsigned count, uint32_t bitset, bool private)
{
	struct vm_word_key key;
	struct futex_bucket *b;
	int err;

	if (!bitset)
		return -EINVAL;
	err = futex_key(word, private, &key);
	if (err)
		return err;
	b = bucket_of(&key);
	spin_lock(&b->lock);
	err = wake_key_locked(b, &key, count, bitset);
	spin_unlock(&b->lock);
	return err;
}

/* --- requeue --- */

static int
move_locked(struct futex_bucket *from, const struct vm_word_key *from_key,
	    struct futex_bucket *to, const struct vm_word_key *to_key,
	    unsigned count)
{
	struct futex_waiter *w, *next;
	unsigned moved = 0;

	list_for_each_safe (w, next, &from->waiters, link) {
		if (moved >= count)
			break;
		if (!key_equal(&w->key, from_key))
			continue;
		list_remove(&w->link);
		w->key = *to_key;
		list_push_back(&to->waiters, &w->link);
		__atomic_store_n(&w->in, to, __ATOMIC_RELEASE);
		moved++;
	}
	return (int)moved;
}

/* Both locked on success; compares *from with expected if there is one. */
static int
lock_and_compare(struct futex_bucket *a, struct futex_bucket *b,
		 uint32_t USER *from, const uint32_t *expected)
{
	uint32_t value;

	for (;;) {
		lock_two(a, b);
		if (!expected)
			return 0;
		if (!user_load_u32_nofault(&value, from)) {
			if (value == *expected)
				return 0;
			unlock_two(a, b);
			return -EAGAIN;
		}
		unlock_two(a, b);
		if (fault_in(from))
			return -EFAULT;
	}
}

int
futex_requeue(uint32_t USER *from, uint32_t USER *to, unsigned wake,
	      unsigned move, const uint32_t *expected, bool private)
{
	struct vm_word_key from_key, to_key;
	struct futex_bucket *a, *b;
	int err, n;

	err = futex_key(from, private, &from_key);
	if (!err)
		err = futex_key(to, private, &to_key);
	if (err)
		return err;
	a = bucket_of(&from_key);
	b = bucket_of(&to_key);
	err = lock_and_compare(a, b, from, expected);
	if (err)
		return err;
	n = wake_key_locked(a, &from_key, wake, FUTEX_BITSET_MATCH_ANY);
	/* Onto itself would only turn the queue round. */
	if (!key_equal(&from_key, &to_key))
		n += move_locked(a, &from_key, b, &to_key, move);
	unlock_two(a, b);
	return n;
}

/* --- wake-op --- */

static int
op_apply(uint32_t op, uint32_t old, uint32_t *new)
{
	uint32_t arg = op >> 12 & 0xfff;

	if (op >> 28 & FUTEX_OP_OPARG_SHIFT)
		arg = 1u << (arg & 31);
	else
		arg = (uint32_t)((int32_t)(arg << 20) >> 20);
	switch (op >> 28 & 7) {
	case FUTEX_OP_SET:
		*new = arg;
		return 0;
	case FUTEX_OP_ADD:
		*new = old + arg;
		return 0;
	case FUTEX_OP_OR:
		*new = old | arg;
		return 0;
	case FUTEX_OP_ANDN:
		*new = old & ~arg;
		return 0;
	case FUTEX_OP_XOR:
		*new = old ^ arg;
		return 0;
	default:
		return -ENOSYS;
	}
}

static int
op_compare(uint32_t op, uint32_t value, bool *out)
{
	int32_t arg = (int32_t)(op << 20) >> 20, v = (int32_t)value;

	switch (op >> 24 & 15) {
	case FUTEX_OP_CMP_EQ:
		*out = v == arg;
		return 0;
	case FUTEX_OP_CMP_NE:
		*out = v != arg;
		return 0;
	case FUTEX_OP_CMP_LT:
		*out = v < arg;
		return 0;
	case FUTEX_OP_CMP_LE:
		*out = v <= arg;
		return 0;
	case FUTEX_OP_CMP_GT:
		*out = v > arg;
		return 0;
	case FUTEX_OP_CMP_GE:
		*out = v >= arg;
		return 0;
	default:
		return -ENOSYS;
	}
}

/* *word = op(*word), atomically; the old value and the comparison's result. */
static int
op_execute(uint32_t USER *word, uint32_t op, bool *hit)
{
	uint32_t old, new, seen;
	int err;

	err = get_user(old, word);
	while (!err) {
		err = op_apply(op, old, &new);
		if (err)
			return err;
		seen = old;
		err = user_cmpxchg_u32(word, &seen, new);
		if (!err && seen == old)
			return op_compare(op, old, hit);
		old = seen;
	}
	return err;
}

int
futex_wake_op(uint32_t USER *a, uint32_t USER *b, unsigned wake_a,
	      unsigned wake_b, uint32_t op, bool private)
{
	struct vm_word_key key;
	bool hit = false;
	int err, n;

	err = futex_key(a, private, &key);
	if (!err)
		err = futex_key(b, private, &key);
	/* The modification may come before the wakes: they find it done. */
	if (!err)
		err = op_execute(b, op, &hit);
	if (err)
		return err;
	n = futex_wake(a, wake_a, FUTEX_BITSET_MATCH_ANY, private);
	if (n < 0 || !hit)
		return n;
	err = futex_wake(b, wake_b, FUTEX_BITSET_MATCH_ANY, private);
	return err < 0 ? err : n + err;
}

/* --- robust lists --- */

/* The owner of one robust lock died: mark it and wake a waiter. */
static void
robust_release(uint32_t USER *word, pid_t tid, bool pending)
{
	uint32_t old, seen, new;

	if (((uintptr_t)word & 3) || get_user(old, word))
		return;
	/* Died between unlocking and waking: pass the wake-up on. */
	if (pending && !old) {
		(void)futex_wake(word, 1, FUTEX_BITSET_MATCH_ANY, false);
		return;
	}
	while ((old & FUTEX_TID_MASK) == (uint32_t)tid) {
		new = (old & FUTEX_WAITERS) | FUTEX_OWNER_DIED;
		seen = old;
		if (user_cmpxchg_u32(word, &seen, new))
			return;
		if (seen == old) {
			if (old & FUTEX_WAITERS)
				(void)futex_wake(word, 1,
						 FUTEX_BITSET_MATCH_ANY, false);
			return;
		}
		old = seen;
	}
}

void
futex_exit_robust(struct task *t)
{
	struct robust_list_head USER *user = t->robust_list;
	struct robust_list_head head;
	struct robust_list *entry;
	uintptr_t next;

	t->robust_list = NULL;
	if (!user || copy_from_user(&head, user, sizeof(head)))
		return;
	entry = head.list.next;
	/* The list is the program's: bound the walk, it may be circular. */
	for (int i = 0; i < ROBUST_LIST_LIMIT; i++) {
		uintptr_t at = (uintptr_t)entry & ~1UL;

		if (!at || at == (uintptr_t)user)
			break;
		if (copy_from_user(&next, (void USER *)at, sizeof(next)))
			return;
		if (entry != head.list_op_pending)
			robust_release(
				(uint32_t USER *)(at +
						  (uintptr_t)head.futex_offset),
				t->tid, false);
		entry = (struct robust_list *)next;
	}
	if (head.list_op_pending)
		robust_release(
			(uint32_t USER *)(((uintptr_t)head.list_op_pending &
					   ~1UL) +
					  (uintptr_t)head.futex_offset),
			t->tid, true);
}
