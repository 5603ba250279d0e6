/* SPDX-License-Identifier: MIT */
#include "arch/usercopy.h"
#include "proc/futex_pi.h"
#include "proc/futex_priv.h"

/*
 * proc/futex.c - waiting on a word of user memory.
 *
 * The word is compared under the bucket's lock, and whoever changes it wakes
 * under the same lock afterwards, so a wake-up between the compare and the
 * sleep cannot be lost.  The word is read without faulting there; if its page
 * is not present the lock is dropped, the page faulted in, and all begins
 * again.
 */

#define BUCKETS 256

static struct futex_bucket buckets[BUCKETS];

void
futex_init(void)
{
	for (unsigned i = 0; i < BUCKETS; i++) {
		spin_init(&buckets[i].lock, LOCK_FUTEX, "futex");
		list_init(&buckets[i].waiters);
	}
	futex_pi_init();
}

struct futex_bucket *
futex_bucket_of(const struct vm_word_key *key)
{
	uint64_t h = (key->owner ^ key->offset >> 2) * 0x9e3779b97f4a7c15ULL;

	return &buckets[h >> 56];
}

/*
 * Name the word.  A private futex is its space and address, no look needed.
 */
int
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

void
futex_lock_two(struct futex_bucket *a, struct futex_bucket *b) NO_LOCK_ANALYSIS
{
	if (a == b) {
		spin_lock(&a->lock);
		return;
	}
	spin_lock(a < b ? &a->lock : &b->lock);
	spin_lock_nested(a < b ? &b->lock : &a->lock);
}

void
futex_unlock_two(struct futex_bucket *a,
		 struct futex_bucket *b) NO_LOCK_ANALYSIS
{
	spin_unlock(&a->lock);
	if (a != b)
		spin_unlock(&b->lock);
}

/* --- wait --- */

int
futex_fault_in(uint32_t USER *word)
{
	uint32_t value;

	return get_user(value, word);
}

/* Writing what is there makes the page ours, whatever it is by then. */
int
futex_fault_in_write(uint32_t USER *word)
{
	uint32_t value;

	if (get_user(value, word))
		return -EFAULT;
	return user_cmpxchg_u32(word, &value, value);
}

/* Before whom a thread of that priority is woken. */
static struct list_node *
place_of(struct futex_bucket *b, int priority)
{
	struct futex_waiter *other;

	if (likely(priority <= 0))
		return &b->waiters;
	list_for_each (other, &b->waiters, link)
		if (other->priority < priority)
			return &other->link;
	return &b->waiters;
}

/*
 * Realtime threads are woken first, the best of them before the others; all
 * others in the order they came.
 */
void
futex_insert(struct futex_bucket *b, struct futex_waiter *w)
{
	__atomic_store_n(&w->in, b, __ATOMIC_RELEASE);
	list_push_back(place_of(b, w->priority), &w->link);
}

int
futex_enqueue(struct futex_waiter *w, uint32_t USER *word, uint32_t expected)
{
	struct futex_bucket *b = futex_bucket_of(&w->key);
	uint32_t value;
	int err;

	for (;;) {
		spin_lock(&b->lock);
		err = user_load_u32_nofault(&value, word);
		if (!err)
			break;
		spin_unlock(&b->lock);
		if (futex_fault_in(word))
			return -EFAULT;
	}
	if (value == expected) {
		w->priority = thread_priority(w->thread);
		futex_insert(b, w);
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
bool
futex_dequeue(struct futex_waiter *w) NO_LOCK_ANALYSIS
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
	b = futex_bucket_of(&w->key);
	spin_lock(&b->lock);
	spin_unlock(&b->lock);
	return true;
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
		err = futex_enqueue(&w, word, expected);
	if (err)
		return err;
	while (!err && futex_still_waiting(&w)) {
		thread_sleep_begin(THREAD_SLEEP_INTERRUPT);
		if (futex_still_waiting(&w))
			err = thread_sleep(deadline_ns);
		else
			thread_sleep_cancel();
	}
	return futex_dequeue(&w) ? 0 : err;
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

void
futex_unlink(struct futex_waiter *w)
{
	list_remove(&w->link);
	__atomic_store_n(&w->in, NULL, __ATOMIC_RELEASE);
}

/* The waiter cannot leave before the bucket is unlocked (futex_dequeue()). */
void
futex_wake_waiter(struct futex_waiter *w)
{
	futex_unlink(w);
	thread_wake(w->thread, THREAD_WAKE_ANY);
}

bool
futex_has_waiters(const struct vm_word_key *key)
{
	struct futex_bucket *b = futex_bucket_of(key);
	struct futex_waiter *w;
	bool found = false;

	spin_lock(&b->lock);
	list_for_each (w, &b->waiters, link) {
		found = futex_key_equal(&w->key, key);
		if (found)
			break;
	}
	spin_unlock(&b->lock);
	return found;
}

int
futex_wake_key(struct futex_bucket *b, const struct vm_word_key *key,
	       unsigned limit, uint32_t bitset)
{
	struct futex_waiter *w, *next;
	unsigned woken = 0;

	list_for_each_safe (w, next, &b->waiters, link) {
		if (woken >= limit)
			break;
		if (!futex_key_equal(&w->key, key))
			continue;
		if (w->pi_move)
			return -EINVAL;
		if (!(w->bitset & bitset))
			continue;
		futex_wake_waiter(w);
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
	b = futex_bucket_of(&key);
	spin_lock(&b->lock);
	err = futex_wake_key(b, &key, count, bitset);
	spin_unlock(&b->lock);
	return !err && futex_pi_has_waiters(&key) ? -EINVAL : err;
}
