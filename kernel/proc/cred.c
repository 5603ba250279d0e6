/* SPDX-License-Identifier: MIT */
#include "proc/cred.h"

#include <linux/capability.h>

#include "mm/slab.h"
#include "proc/process_priv.h"

/*
 * proc/cred.c - how a task changes its ids.
 *
 * Every call here has the same three steps: may it (the rules below), a copy
 * with the new ids, commit.  The rules, for one id set, where P is CAP_SETUID
 * or CAP_SETGID:
 *
 *	set	P: all four; else effective from real, saved
 *	setre	real from real, effective; effective from all three; saved
 *		follows effective when real is given or effective leaves real
 *	setres	each from real, effective, saved
 *	setfs	from all four
 *
 * fs always follows effective, but for setfs.
 */

static struct id_set *
ids_of(struct cred *c, enum id_kind kind)
{
	return kind == USER_ID ? &c->user : &c->group;
}

static const struct id_set *
current_ids(enum id_kind kind)
{
	const struct cred *c = current_task()->cred;

	return kind == USER_ID ? &c->user : &c->group;
}

static bool
may_set_any(enum id_kind kind)
{
	return cred_capable(current_task()->cred,
			    kind == USER_ID ? CAP_SETUID : CAP_SETGID);
}

/* --- commit --- */

/* The account that pays for the process follows the real user id. */
static void
account_follow(struct process *p, uid_t uid)
{
	struct user_account *new, *old;
	unsigned long irq;

	new = user_account_get(uid);
	if (!new)
		return; /* the old user goes on paying */
	irq = proc_tree_enter();
	spin_lock(&p->signal_lock);
	old = p->account;
	/* As Linux: what counts is whether there were too many before us. */
	current_task()->over_processes =
		uid &&
		atomic_load(&new->tasks) > process_limit(p, RLIMIT_NPROC);
	atomic_fetch_sub(&old->tasks, p->task_count);
	atomic_fetch_add(&new->tasks, p->task_count);
	p->account = new;
	spin_unlock(&p->signal_lock);
	proc_tree_leave(irq);
	user_account_put(old);
}

/* Whoever has gained rights may not be looked into by his old equals. */
static bool
becomes_private(const struct cred *old, const struct cred *c)
{
	return old->user.effective != c->user.effective ||
	       old->group.effective != c->group.effective ||
	       old->user.fs != c->user.fs || old->group.fs != c->group.fs ||
	       (c->cap_permitted & ~old->cap_permitted);
}

void
cred_commit(struct cred *c)
{
	struct task *t = current_task();
	struct process *p = t->process;
	const struct cred *old;
	unsigned long irq;

	if (c->user.real != t->cred->user.real)
		account_follow(p, c->user.real);
	irq = proc_tree_enter();
	spin_lock(&p->signal_lock);
	old = t->cred;
	t->cred = c;
	if (becomes_private(old, c)) {
		atomic_store(&p->dumpable, false);
		t->pdeath_signal = 0;
	}
	spin_unlock(&p->signal_lock);
	proc_tree_leave(irq);
	cred_put(old);
}

/* A copy of the current credentials with these ids takes their place. */
static int
commit_ids(enum id_kind kind, const struct id_set *ids)
{
	const struct cred *old = current_task()->cred;
	struct cred *c = cred_dup(old);

	if (!c)
		return -ENOMEM;
	*ids_of(c, kind) = *ids;
	if (kind == USER_ID)
		caps_follow_uids(c, old);
	cred_commit(c);
	return 0;
}

/* --- the calls --- */

static bool
is_one_of(uint32_t id, const struct id_set *ids)
{
	return id == ids->real || id == ids->effective || id == ids->saved;
}

int
cred_set_id(enum id_kind kind, uint32_t id)
{
	struct id_set ids = *current_ids(kind);

	if (id == CRED_KEEP)
		return -EINVAL;
	if (may_set_any(kind))
		ids.real = ids.saved = id;
	else if (id != ids.real && id != ids.saved)
		return -EPERM;
	ids.effective = ids.fs = id;
	return commit_ids(kind, &ids);
}

int
cred_set_reid(enum id_kind kind, uint32_t real, uint32_t effective)
{
	const struct id_set *old = current_ids(kind);
	struct id_set ids = *old;

	if (!may_set_any(kind)) {
		if (real != CRED_KEEP && real != old->real &&
		    real != old->effective)
			return -EPERM;
		if (effective != CRED_KEEP && !is_one_of(effective, old))
			return -EPERM;
	}
	if (real != CRED_KEEP)
		ids.real = real;
	if (effective != CRED_KEEP)
		ids.effective = effective;
	if (real != CRED_KEEP ||
	    (effective != CRED_KEEP && effective != old->real))
		ids.saved = ids.effective;
	ids.fs = ids.effective;
	return commit_ids(kind, &ids);
}

int
cred_set_resid(enum id_kind kind, uint32_t real, uint32_t effective,
	       uint32_t saved)
{
	const struct id_set *old = current_ids(kind);
	struct id_set ids = *old;

	if (real != CRED_KEEP)
		ids.real = real;
	if (effective != CRED_KEEP)
		ids.effective = effective;
	if (saved != CRED_KEEP)
		ids.saved = saved;
	if (!may_set_any(kind) &&
	    !(is_one_of(ids.real, old) && is_one_of(ids.effective, old) &&
	      is_one_of(ids.saved, old)))
		return -EPERM;
	ids.fs = ids.effective;
	return commit_ids(kind, &ids);
}

uint32_t
cred_set_fsid(enum id_kind kind, uint32_t id)
{
	const struct cred *old = current_task()->cred;
	const struct id_set *ids = current_ids(kind);
	uint32_t before = ids->fs;
	struct cred *c;

	if (id == before || id == CRED_KEEP ||
	    (!may_set_any(kind) && !is_one_of(id, ids)))
		return before;
	c = cred_dup(old);
	if (!c)
		return before;
	ids_of(c, kind)->fs = id;
	if (kind == USER_ID)
		caps_follow_fsuid(c, before);
	cred_commit(c);
	return before;
}

/* --- supplementary groups --- */

struct group_list *
cred_groups_alloc(unsigned n)
{
	struct group_list *g = kmalloc(sizeof(*g) + n * sizeof(g->ids[0]));

	if (!g)
		return NULL;
	refcount_set(&g->refs, 1);
	g->count = n;
	return g;
}

/* Shell sort: in place, no stack, n is at most CRED_GROUPS_MAX. */
static void
sort_groups(gid_t *g, unsigned n)
{
	for (unsigned gap = n / 2; gap > 0; gap /= 2) {
		for (unsigned i = gap; i < n; i++) {
			gid_t v = g[i];
			unsigned j = i;

			for (; j >= gap && g[j - gap] > v; j -= gap)
				g[j] = g[j - gap];
			g[j] = v;
		}
	}
}

int
cred_set_groups(struct group_list *groups)
{
	struct cred *c = NULL;
	int err = 0;

	if (!may_set_any(GROUP_ID))
		err = -EPERM;
	else if (!(c = cred_dup(current_task()->cred)))
		err = -ENOMEM;
	if (err) {
		kfree(groups);
		return err;
	}
	if (groups)
		sort_groups(groups->ids, groups->count);
	cred_replace_groups(c, groups);
	cred_commit(c);
	return 0;
}
