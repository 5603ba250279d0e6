/* SPDX-License-Identifier: MIT */
#include "proc/cred.h"

#include <linux/capability.h>
#include <linux/mount.h>

#include "mm/slab.h"
#include "proc/process_priv.h"

/*
 * proc/cred.c - how a task changes who it is.
 */

#define ALL_CAPS ((1ULL << (CAP_LAST_CAP + 1)) - 1)
/* Capabilities that follow fsuid (capabilities(7)). */
#define FS_CAPS                                             \
	(1ULL << CAP_CHOWN | 1ULL << CAP_DAC_OVERRIDE |     \
	 1ULL << CAP_DAC_READ_SEARCH | 1ULL << CAP_FOWNER | \
	 1ULL << CAP_FSETID | 1ULL << CAP_LINUX_IMMUTABLE | \
	 1ULL << CAP_MKNOD | 1ULL << CAP_MAC_OVERRIDE)

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

void
cred_commit(struct task *t, struct cred *c)
{
	struct process *p = t->process;
	const struct cred *old;
	unsigned long irq;

	if (c->uid != t->cred->uid)
		account_follow(p, c->uid);
	irq = proc_tree_enter();
	spin_lock(&p->signal_lock);
	old = t->cred;
	t->cred = c;
	if (old->euid != c->euid || old->egid != c->egid ||
	    old->fsuid != c->fsuid || old->fsgid != c->fsgid ||
	    (c->cap_permitted & ~old->cap_permitted)) {
		atomic_store(&p->dumpable, false);
		t->pdeath_signal = 0;
	}
	spin_unlock(&p->signal_lock);
	proc_tree_leave(irq);
	cred_put(old);
}

/* capabilities(7): what gaining or losing uid 0 does. */
static void
caps_follow_uids(struct cred *c, const struct cred *old)
{
	bool was_root = !old->uid || !old->euid || !old->suid;
	bool is_root = !c->uid || !c->euid || !c->suid;

	if (was_root && !is_root) {
		if (!current_task()->keep_caps) {
			c->cap_permitted = 0;
			c->cap_effective = 0;
		}
		c->cap_ambient = 0;
	}
	if (!old->euid && c->euid)
		c->cap_effective = 0;
	if (old->euid && !c->euid)
		c->cap_effective = c->cap_permitted;
}

static void
caps_follow_fsuid(struct cred *c, uid_t old_fsuid)
{
	if (!old_fsuid && c->fsuid)
		c->cap_effective &= ~FS_CAPS;
	if (old_fsuid && !c->fsuid)
		c->cap_effective |= c->cap_permitted & FS_CAPS;
}

static int
commit_uids(struct cred *c, const struct cred *old)
{
	c->fsuid = c->euid;
	caps_follow_uids(c, old);
	cred_commit(current_task(), c);
	return 0;
}

static int
commit_gids(struct cred *c)
{
	c->fsgid = c->egid;
	cred_commit(current_task(), c);
	return 0;
}

int
cred_set_uid(uid_t uid)
{
	const struct cred *old = current_task()->cred;
	bool root = cred_capable(old, CAP_SETUID);
	struct cred *c;

	if (uid == CRED_KEEP)
		return -EINVAL;
	if (!root && uid != old->uid && uid != old->suid)
		return -EPERM;
	c = cred_dup(old);
	if (!c)
		return -ENOMEM;
	if (root)
		c->uid = c->suid = uid;
	c->euid = uid;
	return commit_uids(c, old);
}

int
cred_set_gid(gid_t gid)
{
	const struct cred *old = current_task()->cred;
	bool root = cred_capable(old, CAP_SETGID);
	struct cred *c;

	if (gid == CRED_KEEP)
		return -EINVAL;
	if (!root && gid != old->gid && gid != old->sgid)
		return -EPERM;
	c = cred_dup(old);
	if (!c)
		return -ENOMEM;
	if (root)
		c->gid = c->sgid = gid;
	c->egid = gid;
	return commit_gids(c);
}

int
cred_set_reuid(uid_t r, uid_t e)
{
	const struct cred *old = current_task()->cred;
	struct cred *c;

	if (!cred_capable(old, CAP_SETUID)) {
		if (r != CRED_KEEP && r != old->uid && r != old->euid)
			return -EPERM;
		if (e != CRED_KEEP && e != old->uid && e != old->euid &&
		    e != old->suid)
			return -EPERM;
	}
	c = cred_dup(old);
	if (!c)
		return -ENOMEM;
	if (r != CRED_KEEP)
		c->uid = r;
	if (e != CRED_KEEP)
		c->euid = e;
	if (r != CRED_KEEP || (e != CRED_KEEP && e != old->uid))
		c->suid = c->euid;
	return commit_uids(c, old);
}

int
cred_set_regid(gid_t r, gid_t e)
{
	const struct cred *old = current_task()->cred;
	struct cred *c;

	if (!cred_capable(old, CAP_SETGID)) {
		if (r != CRED_KEEP && r != old->gid && r != old->egid)
			return -EPERM;
		if (e != CRED_KEEP && e != old->gid && e != old->egid &&
		    e != old->sgid)
			return -EPERM;
	}
	c = cred_dup(old);
	if (!c)
		return -ENOMEM;
	if (r != CRED_KEEP)
		c->gid = r;
	if (e != CRED_KEEP)
		c->egid = e;
	if (r != CRED_KEEP || (e != CRED_KEEP && e != old->gid))
		c->sgid = c->egid;
	return commit_gids(c);
}

static bool
one_of(uint32_t id, uint32_t a, uint32_t b, uint32_t c)
{
	return id == CRED_KEEP || id == a || id == b || id == c;
}

int
cred_set_resuid(uid_t r, uid_t e, uid_t s)
{
	const struct cred *old = current_task()->cred;
	struct cred *c;

	if (!cred_capable(old, CAP_SETUID) &&
	    !(one_of(r, old->uid, old->euid, old->suid) &&
	      one_of(e, old->uid, old->euid, old->suid) &&
	      one_of(s, old->uid, old->euid, old->suid)))
		return -EPERM;
	c = cred_dup(old);
	if (!c)
		return -ENOMEM;
	if (r != CRED_KEEP)
		c->uid = r;
	if (e != CRED_KEEP)
		c->euid = e;
	if (s != CRED_KEEP)
		c->suid = s;
	return commit_uids(c, old);
}

int
cred_set_resgid(gid_t r, gid_t e, gid_t s)
{
	const struct cred *old = current_task()->cred;
	struct cred *c;

	if (!cred_capable(old, CAP_SETGID) &&
	    !(one_of(r, old->gid, old->egid, old->sgid) &&
	      one_of(e, old->gid, old->egid, old->sgid) &&
	      one_of(s, old->gid, old->egid, old->sgid)))
		return -EPERM;
	c = cred_dup(old);
	if (!c)
		return -ENOMEM;
	if (r != CRED_KEEP)
		c->gid = r;
	if (e != CRED_KEEP)
		c->egid = e;
	if (s != CRED_KEEP)
		c->sgid = s;
	return commit_gids(c);
}

uid_t
cred_set_fsuid(uid_t uid)
{
	const struct cred *old = current_task()->cred;
	uid_t before = old->fsuid;
	struct cred *c;

	if (uid == CRED_KEEP ||
	    (!cred_capable(old, CAP_SETUID) &&
	     !one_of(uid, old->uid, old->euid, old->suid) && uid != before))
		return before;
	c = cred_dup(old);
	if (!c)
		return before;
	c->fsuid = uid;
	caps_follow_fsuid(c, before);
	cred_commit(current_task(), c);
	return before;
}

gid_t
cred_set_fsgid(gid_t gid)
{
	const struct cred *old = current_task()->cred;
	gid_t before = old->fsgid;
	struct cred *c;

	if (gid == CRED_KEEP ||
	    (!cred_capable(old, CAP_SETGID) &&
	     !one_of(gid, old->gid, old->egid, old->sgid) && gid != before))
		return before;
	c = cred_dup(old);
	if (!c)
		return before;
	c->fsgid = gid;
	cred_commit(current_task(), c);
	return before;
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
cred_set_groups(const gid_t *groups, unsigned n)
{
	const struct cred *old = current_task()->cred;
	struct cred *c;
	gid_t *copy = NULL;

	if (!cred_capable(old, CAP_SETGID))
		return -EPERM;
	if (n > KMALLOC_MAX / sizeof(gid_t))
		return -EINVAL;
	if (n) {
		copy = kcalloc(n, sizeof(*copy));
		if (!copy)
			return -ENOMEM;
		memcpy(copy, groups, n * sizeof(*copy));
		sort_groups(copy, n);
	}
	c = cred_dup(old);
	if (!c) {
		kfree(copy);
		return -ENOMEM;
	}
	kfree(c->groups);
	c->groups = copy;
	c->ngroups = n;
	cred_commit(current_task(), c);
	return 0;
}

/* capset(2): nothing can be gained, but to be inherited. */
int
cred_set_caps(uint64_t effective, uint64_t permitted, uint64_t inheritable)
{
	const struct cred *old = current_task()->cred;
	uint64_t may_inherit = old->cap_inheritable | old->cap_bounding;
	struct cred *c;

	if (!cred_capable(old, CAP_SETPCAP))
		may_inherit &= old->cap_inheritable | old->cap_permitted;
	effective &= ALL_CAPS;
	permitted &= ALL_CAPS;
	inheritable &= ALL_CAPS;
	if ((permitted & ~old->cap_permitted) || (effective & ~permitted) ||
	    (inheritable & ~may_inherit))
		return -EPERM;
	c = cred_dup(old);
	if (!c)
		return -ENOMEM;
	c->cap_effective = effective;
	c->cap_permitted = permitted;
	c->cap_inheritable = inheritable;
	c->cap_ambient &= permitted & inheritable;
	cred_commit(current_task(), c);
	return 0;
}

int
cred_drop_bounding(unsigned cap)
{
	const struct cred *old = current_task()->cred;
	struct cred *c;

	if (!cred_capable(old, CAP_SETPCAP))
		return -EPERM;
	if (cap > CAP_LAST_CAP)
		return -EINVAL;
	c = cred_dup(old);
	if (!c)
		return -ENOMEM;
	c->cap_bounding &= ~(1ULL << cap);
	cred_commit(current_task(), c);
	return 0;
}

/* capabilities(7), "Transformation of capabilities during execve()". */
static void
caps_for_exec(struct cred *c, bool gained)
{
	uint64_t file = !c->uid || !c->euid ? ALL_CAPS : 0;

	if (file || gained)
		c->cap_ambient = 0;
	c->cap_permitted = (c->cap_inheritable & file) |
			   (file & c->cap_bounding) | c->cap_ambient;
	c->cap_effective = !c->euid ? c->cap_permitted : c->cap_ambient;
}

int
cred_for_exec(struct file *f, struct task *t, struct cred **out, bool *secure)
{
	const struct inode *i = f->inode;
	struct cred *c = cred_dup(t->cred);
	bool honour = !atomic_load(&t->process->no_new_privs) &&
		      !(path_mount_flags(&f->path) & MS_NOSUID);

	if (!c)
		return -ENOMEM;
	if (honour && (i->mode & S_ISUID))
		c->euid = i->uid;
	if (honour && (i->mode & (S_ISGID | 010)) == (S_ISGID | 010))
		c->egid = i->gid;
	*secure = c->euid != t->cred->euid || c->egid != t->cred->egid ||
		  c->uid != c->euid || c->gid != c->egid;
	c->suid = c->fsuid = c->euid;
	c->sgid = c->fsgid = c->egid;
	caps_for_exec(c, *secure);
	*out = c;
	return 0;
}
