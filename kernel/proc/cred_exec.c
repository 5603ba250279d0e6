/* SPDX-License-Identifier: MIT */
#include <linux/capability.h>
#include <linux/mount.h>
#include <linux/securebits.h>

#include "fs/file_caps.h"
#include "proc/cred.h"
#include "proc/process_priv.h"

/*
 * proc/cred_exec.c - what execve(2) makes of the credentials.
 *
 * In the names of capabilities(7): P a task's sets, F the file's, ' after:
 *
 *	P'(permitted) = (P(bounding) & F(permitted)) |
 *			(P(inheritable) & F(inheritable)) | P'(ambient)
 *	P'(effective) = F(effective) ? P'(permitted) : P'(ambient)
 *	P'(ambient)   = privileged file ? 0 : P(ambient)
 *
 * F comes from the file's xattr; a root user id stands for a full F.  Steps:
 * set-id bits, F, root, and then, if that would raise rights at a moment when
 * somebody else has a hand in the task, lower them again.
 */

struct exec_cred {
	const struct cred *old;
	struct cred *c;
	uint64_t permitted; /* so far */
	bool effective;     /* F(effective) */
	bool has_file_caps;
	bool is_setid; /* it would be somebody else, whether honoured or not */
};

static bool
honours_setid(const struct file *f)
{
	return !(path_mount_flags(&f->path) & MS_NOSUID);
}

static void
apply_setid(struct exec_cred *e, const struct file *f)
{
	const struct inode *i = f->inode;

	if (!honours_setid(f) || current_task()->no_new_privs)
		return;
	if (i->mode & S_ISUID)
		e->c->user.effective = i->uid;
	if ((i->mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP))
		e->c->group.effective = i->gid;
}

/* -EPERM: a program that cannot do without has not got all it needs. */
static int
apply_file_caps(struct exec_cred *e, const struct file *f)
{
	struct file_caps caps;
	int err;

	if (!honours_setid(f))
		return 0;
	err = inode_file_caps(f->inode, &caps);
	if (err)
		return err == -ENODATA ? 0 : err;
	e->has_file_caps = true;
	e->effective = caps.effective;
	e->permitted = (e->old->cap_bounding & caps.permitted) |
		       (e->old->cap_inheritable & caps.inheritable);
	return caps.effective && (caps.permitted & ~e->permitted) ? -EPERM : 0;
}

static void
apply_root(struct exec_cred *e)
{
	const struct id_set *user = &e->c->user;

	if (e->old->securebits & SECBIT_NOROOT)
		return;
	/* Set-id root with capabilities of its own: these are meant. */
	if (e->has_file_caps && user->real && !user->effective)
		return;
	if (!user->real || !user->effective)
		e->permitted = e->old->cap_bounding | e->old->cap_inheritable;
	if (!user->effective)
		e->effective = true;
}

static bool
changes_identity(const struct exec_cred *e)
{
	return e->c->user.effective != e->old->user.real ||
	       e->c->group.effective != e->old->group.real;
}

/* Does a task outside of this process share root and working directory? */
static bool
shares_fs_context(struct task *t)
{
	unsigned ours = 0;
	struct task *other;
	unsigned long irq = proc_tree_enter();

	list_for_each (other, &t->process->tasks, process_link)
		ours += other->fs == t->fs;
	proc_tree_leave(irq);
	return atomic_load(&t->fs->tasks) > ours;
}

/* Somebody could steer the program, or has sworn not to gain rights. */
static void
lower_if_unsafe(struct exec_cred *e)
{
	struct task *t = current_task();

	if (!e->is_setid && !(e->permitted & ~e->old->cap_permitted))
		return;
	if (!t->no_new_privs && !shares_fs_context(t) &&
	    !ptrace_forbids_privileges(t))
		return;
	if (t->no_new_privs || !cred_capable(e->old, CAP_SETUID)) {
		e->c->user.effective = e->c->user.real;
		e->c->group.effective = e->c->group.real;
	}
	e->permitted &= e->old->cap_permitted;
}

static void
settle(struct exec_cred *e)
{
	struct cred *c = e->c;

	c->user.saved = c->user.fs = c->user.effective;
	c->group.saved = c->group.fs = c->group.effective;
	if (e->has_file_caps || e->is_setid)
		c->cap_ambient = 0;
	c->cap_permitted = e->permitted | c->cap_ambient;
	c->cap_effective = e->effective ? c->cap_permitted : c->cap_ambient;
	c->securebits &= ~(unsigned)SECBIT_KEEP_CAPS;
}

/* AT_SECURE: the program has more rights than the one that started it. */
static bool
is_secure(const struct exec_cred *e)
{
	return e->is_setid ||
	       (e->c->user.real &&
		(e->effective || (e->c->cap_permitted & ~e->c->cap_ambient)));
}

int
cred_for_exec(struct file *f, struct cred **out, bool *secure)
{
	struct exec_cred e = { .old = current_task()->cred };
	int err;

	e.c = cred_dup(e.old);
	if (!e.c)
		return -ENOMEM;
	apply_setid(&e, f);
	err = apply_file_caps(&e, f);
	if (err) {
		cred_put(e.c);
		return err;
	}
	apply_root(&e);
	e.is_setid = changes_identity(&e);
	lower_if_unsafe(&e);
	settle(&e);
	*secure = is_secure(&e);
	*out = e.c;
	return 0;
}
