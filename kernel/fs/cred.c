/* SPDX-License-Identifier: MIT */

#include "fs/cred.h"

#include <linux/capability.h>

#include "mm/slab.h"

#define ALL_CAPABILITIES ((2ULL << CAP_LAST_CAP) - 1)

/* Read-only memory, so it is never counted: see cred_get(). */
const struct cred cred_root = {
	.refs = { 1 },
	.cap_permitted = ALL_CAPABILITIES,
	.cap_effective = ALL_CAPABILITIES,
	.cap_bounding = ALL_CAPABILITIES,
};

static const struct cred *(*current_source)(void)RO_AFTER_BOOT;

void
cred_set_current_source(const struct cred *(*fn)(void))
{
	current_source = fn;
}

const struct cred *
cred_current(void)
{
	return current_source ? current_source() : &cred_root;
}

/* Counting is not a change of what the credentials say. */
static struct cred *
cred_mutable(const struct cred *c)
{
	return (struct cred *)(uintptr_t)c;
}

void
cred_get(const struct cred *c)
{
	if (c != &cred_root)
		refcount_get(&cred_mutable(c)->refs);
}

static void
groups_put(struct group_list *g)
{
	if (g && refcount_put(&g->refs))
		kfree(g);
}

void
cred_put(const struct cred *c)
{
	struct cred *m = cred_mutable(c);

	if (c == &cred_root || !refcount_put(&m->refs))
		return;
	groups_put(m->groups);
	kfree(m);
}

struct cred *
cred_dup(const struct cred *c)
{
	struct cred *copy = kmalloc(sizeof(*copy));

	if (!copy)
		return NULL;
	*copy = *c;
	refcount_set(&copy->refs, 1);
	if (copy->groups)
		refcount_get(&copy->groups->refs);
	return copy;
}

void
cred_replace_groups(struct cred *c, struct group_list *groups)
{
	groups_put(c->groups);
	c->groups = groups;
}

bool
cred_in_group(const struct cred *c, gid_t gid)
{
	unsigned lo = 0, hi = cred_group_count(c);

	if (c->group.fs == gid)
		return true;
	while (lo < hi) {
		unsigned mid = lo + (hi - lo) / 2;

		if (c->groups->ids[mid] == gid)
			return true;
		if (c->groups->ids[mid] < gid)
			lo = mid + 1;
		else
			hi = mid;
	}
	return false;
}
