/* SPDX-License-Identifier: MIT */
#include <linux/capability.h>

#include "mm/slab.h"
#include "proc/cred.h"
#include "syscall/define.h"

/*
 * syscall/sys_cred.c - user and group ids, capabilities.
 */

static const struct cred *
self(void)
{
	return current_task()->cred;
}

SYSCALL0(getuid)
{
	return self()->user.real;
}

SYSCALL0(geteuid)
{
	return self()->user.effective;
}

SYSCALL0(getgid)
{
	return self()->group.real;
}

SYSCALL0(getegid)
{
	return self()->group.effective;
}

/* The set*id() calls: -EINVAL, -ENOMEM, -EPERM. */
SYSCALL1(setuid, uid_t, uid)
{
	return cred_set_id(USER_ID, uid);
}

SYSCALL1(setgid, gid_t, gid)
{
	return cred_set_id(GROUP_ID, gid);
}

SYSCALL2(setreuid, uid_t, r, uid_t, e)
{
	return cred_set_reid(USER_ID, r, e);
}

SYSCALL2(setregid, gid_t, r, gid_t, e)
{
	return cred_set_reid(GROUP_ID, r, e);
}

SYSCALL3(setresuid, uid_t, r, uid_t, e, uid_t, s)
{
	return cred_set_resid(USER_ID, r, e, s);
}

SYSCALL3(setresgid, gid_t, r, gid_t, e, gid_t, s)
{
	return cred_set_resid(GROUP_ID, r, e, s);
}

static long
put_ids(const struct id_set *ids, uint32_t USER *r, uint32_t USER *e,
	uint32_t USER *s)
{
	if (put_user(ids->real, r) || put_user(ids->effective, e) ||
	    put_user(ids->saved, s))
		return -EFAULT;
	return 0;
}

/* getresuid(2): -EFAULT. */
SYSCALL3(getresuid, uint32_t USER *, r, uint32_t USER *, e, uint32_t USER *, s)
{
	return put_ids(&self()->user, r, e, s);
}

SYSCALL3(getresgid, uint32_t USER *, r, uint32_t USER *, e, uint32_t USER *, s)
{
	return put_ids(&self()->group, r, e, s);
}

SYSCALL1(setfsuid, uid_t, uid)
{
	return cred_set_fsid(USER_ID, uid);
}

SYSCALL1(setfsgid, gid_t, gid)
{
	return cred_set_fsid(GROUP_ID, gid);
}

/* getgroups(2): -EFAULT, -EINVAL. */
SYSCALL2(getgroups, int, size, gid_t USER *, list)
{
	const struct cred *c = self();
	unsigned n = cred_group_count(c);

	if (size < 0)
		return -EINVAL;
	if (!size || !n)
		return n;
	if ((unsigned)size < n)
		return -EINVAL;
	if (copy_to_user(list, c->groups->ids, n * sizeof(gid_t)))
		return -EFAULT;
	return n;
}

/* setgroups(2): -EFAULT, -EINVAL, -ENOMEM, -EPERM. */
SYSCALL2(setgroups, unsigned, n, const gid_t USER *, list)
{
	struct group_list *groups;

	if (!cred_capable(self(), CAP_SETGID))
		return -EPERM;
	if (n > CRED_GROUPS_MAX)
		return -EINVAL;
	if (!n)
		return cred_set_groups(NULL);
	groups = cred_groups_alloc(n);
	if (!groups)
		return -ENOMEM;
	if (copy_from_user(groups->ids, list, n * sizeof(gid_t))) {
		kfree(groups);
		return -EFAULT;
	}
	for (unsigned i = 0; i < n; i++) {
		if (groups->ids[i] == CRED_KEEP) {
			kfree(groups);
			return -EINVAL;
		}
	}
	return cred_set_groups(groups);
}

/* --- capabilities --- */

static void
fill_caps(const struct cred *c, struct __user_cap_data_struct data[2])
{
	for (int i = 0; i < 2; i++) {
		data[i].effective = (uint32_t)(c->cap_effective >> 32 * i);
		data[i].permitted = (uint32_t)(c->cap_permitted >> 32 * i);
		data[i].inheritable = (uint32_t)(c->cap_inheritable >> 32 * i);
	}
}

/* Words of data by version.  Unknown: -EINVAL, and told which one to use. */
static int
cap_words(const struct __user_cap_header_struct *head,
	  struct __user_cap_header_struct USER *u)
{
	uint32_t known = _LINUX_CAPABILITY_VERSION_3;

	switch (head->version) {
	case _LINUX_CAPABILITY_VERSION_1:
		return 1;
	case _LINUX_CAPABILITY_VERSION_2:
	case _LINUX_CAPABILITY_VERSION_3:
		return 2;
	default:
		return put_user(known, &u->version) ? -EFAULT : -EINVAL;
	}
}

/* capget(2): -EFAULT, -EINVAL, -ESRCH. */
SYSCALL2(capget, struct __user_cap_header_struct USER *, u,
	 struct __user_cap_data_struct USER *, out)
{
	struct __user_cap_data_struct data[2];
	struct __user_cap_header_struct head;
	const struct cred *theirs;
	struct task *t;
	int n;

	if (get_user(head, u))
		return -EFAULT;
	n = cap_words(&head, u);
	if (n < 0) /* asking for the version is not an error */
		return n == -EINVAL && !out ? 0 : n;
	if (head.pid < 0)
		return -EINVAL;
	t = task_find(head.pid ? head.pid : current_task()->tid);
	if (!t)
		return -ESRCH;
	theirs = task_cred_get(t);
	fill_caps(theirs, data);
	cred_put(theirs);
	task_put(t);
	if (out && copy_to_user(out, data, (size_t)n * sizeof(data[0])))
		return -EFAULT;
	return 0;
}

/* capset(2): -EFAULT, -EINVAL, -EPERM (more than there is; another task). */
SYSCALL2(capset, struct __user_cap_header_struct USER *, u,
	 const struct __user_cap_data_struct USER *, from)
{
	struct __user_cap_data_struct d[2] = { 0 };
	struct __user_cap_header_struct head;
	int n;

	if (get_user(head, u))
		return -EFAULT;
	n = cap_words(&head, u);
	if (n < 0)
		return n;
	if (head.pid && head.pid != current_task()->tid)
		return -EPERM;
	if (copy_from_user(d, from, (size_t)n * sizeof(d[0])))
		return -EFAULT;
	return cred_set_caps((uint64_t)d[1].effective << 32 | d[0].effective,
			     (uint64_t)d[1].permitted << 32 | d[0].permitted,
			     (uint64_t)d[1].inheritable << 32 |
				     d[0].inheritable);
}
