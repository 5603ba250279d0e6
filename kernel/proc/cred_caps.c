/* SPDX-License-Identifier: MIT */
#include <linux/capability.h>
#include <linux/securebits.h>

#include "proc/cred.h"
#include "proc/process_priv.h"

/*
 * proc/cred_caps.c - capabilities other than by exec: capset(2), the sets that
 * prctl(2) reaches, and what changes of user ids do to them.
 *
 * Invariants of a task: effective and ambient are subsets of permitted,
 * ambient one of inheritable; bounding only shrinks.
 * Source: man 7 capabilities, man 2 capset, man 2 prctl.
 */

#define ALL_CAPS ((2ULL << CAP_LAST_CAP) - 1)
#define BIT(cap) (1ULL << (cap))
/* Capabilities that follow the user id used on files (capabilities(7)). */
#define FS_CAPS                                                              \
	(BIT(CAP_CHOWN) | BIT(CAP_DAC_OVERRIDE) | BIT(CAP_DAC_READ_SEARCH) | \
	 BIT(CAP_FOWNER) | BIT(CAP_FSETID) | BIT(CAP_LINUX_IMMUTABLE) |      \
	 BIT(CAP_MKNOD) | BIT(CAP_MAC_OVERRIDE))

/* --- user ids --- */

static bool
has_root(const struct id_set *ids)
{
	return !ids->real || !ids->effective || !ids->saved;
}

void
caps_follow_uids(struct cred *c, const struct cred *old)
{
	if (old->securebits & SECBIT_NO_SETUID_FIXUP)
		return;
	if (has_root(&old->user) && !has_root(&c->user)) {
		if (!(old->securebits & SECBIT_KEEP_CAPS)) {
			c->cap_permitted = 0;
			c->cap_effective = 0;
		}
		c->cap_ambient = 0;
	}
	if (!old->user.effective && c->user.effective)
		c->cap_effective = 0;
	if (old->user.effective && !c->user.effective)
		c->cap_effective = c->cap_permitted;
}

void
caps_follow_fsuid(struct cred *c, uid_t old_fsuid)
{
	if (c->securebits & SECBIT_NO_SETUID_FIXUP)
		return;
	if (!old_fsuid && c->user.fs)
		c->cap_effective &= ~FS_CAPS;
	if (old_fsuid && !c->user.fs)
		c->cap_effective |= c->cap_permitted & FS_CAPS;
}

/* --- the calls --- */

/* Nothing can be gained by capset(2), but to be inherited. */
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
	cred_commit(c);
	return 0;
}

int
cred_drop_bounding(uintptr_t cap)
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
	c->cap_bounding &= ~BIT(cap);
	cred_commit(c);
	return 0;
}

static int
commit_securebits(unsigned bits)
{
	struct cred *c = cred_dup(current_task()->cred);

	if (!c)
		return -ENOMEM;
	c->securebits = bits;
	cred_commit(c);
	return 0;
}

/* Each bit has a lock beside it that nobody takes away again. */
int
cred_set_securebits(uintptr_t bits)
{
	const struct cred *old = current_task()->cred;
	unsigned locks = old->securebits & SECURE_ALL_LOCKS;

	if (((locks >> 1) & (old->securebits ^ bits)) || (locks & ~bits) ||
	    (bits & ~(uintptr_t)(SECURE_ALL_LOCKS | SECURE_ALL_BITS)) ||
	    !cred_capable(old, CAP_SETPCAP))
		return -EPERM;
	return commit_securebits((unsigned)bits);
}

int
cred_set_keep_caps(uintptr_t on)
{
	unsigned bits = current_task()->cred->securebits;

	if (on > 1)
		return -EINVAL;
	if (bits & SECBIT_KEEP_CAPS_LOCKED)
		return -EPERM;
	return commit_securebits(on ? bits | SECBIT_KEEP_CAPS
				    : bits & ~(unsigned)SECBIT_KEEP_CAPS);
}

static int
commit_ambient(uint64_t caps)
{
	struct cred *c = cred_dup(current_task()->cred);

	if (!c)
		return -ENOMEM;
	c->cap_ambient = caps;
	cred_commit(c);
	return 0;
}

int
cred_raise_ambient(unsigned cap)
{
	const struct cred *c = current_task()->cred;

	if (!(c->cap_permitted & c->cap_inheritable & BIT(cap)) ||
	    (c->securebits & SECBIT_NO_CAP_AMBIENT_RAISE))
		return -EPERM;
	return commit_ambient(c->cap_ambient | BIT(cap));
}

int
cred_lower_ambient(uint64_t caps)
{
	return commit_ambient(current_task()->cred->cap_ambient & ~caps);
}
