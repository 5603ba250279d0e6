/* SPDX-License-Identifier: MIT */
#include "fs/user_account.h"

#include "core/spinlock.h"
#include "mm/slab.h"

#define BUCKETS 64

static struct user_account *buckets[BUCKETS]; /* [U] */
static struct spinlock account_lock =
	SPINLOCK_INIT(LOCK_USER_ACCOUNT, "user_account");

static struct user_account **
bucket_of(uid_t uid)
{
	return &buckets[uid % BUCKETS];
}

struct user_account *
user_account_get(uid_t uid)
{
	unsigned long irq = spin_lock_irq(&account_lock);
	struct user_account *u = *bucket_of(uid);

	while (u && u->uid != uid)
		u = u->next;
	if (!u) {
		u = kmalloc(sizeof(*u));
		if (u) {
			u->uid = uid;
			u->next = *bucket_of(uid);
			*bucket_of(uid) = u;
		}
	}
	if (u)
		u->refs++;
	spin_unlock_irq(&account_lock, irq);
	return u;
}

void
user_account_ref(struct user_account *u)
{
	unsigned long irq = spin_lock_irq(&account_lock);

	u->refs++;
	spin_unlock_irq(&account_lock, irq);
}

void
user_account_put(struct user_account *u)
{
	unsigned long irq = spin_lock_irq(&account_lock);
	struct user_account **at = bucket_of(u->uid);

	if (--u->refs == 0) {
		while (*at != u)
			at = &(*at)->next;
		*at = u->next;
		kfree(u);
	}
	spin_unlock_irq(&account_lock, irq);
}
