/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * fs/dentry_priv.h - what the files of the name cache share: the tree of
 * pinned children, and taking a dentry out to rename it.
 */

#include "fs/fs_priv.h"

#define DIR_FIRST_COOKIE 2 /* 0 is ".", 1 is ".." */

static inline int
dentry_cookie_cmp(const struct dentry *a, const struct dentry *b)
{
	return a->cookie < b->cookie ? -1 : a->cookie > b->cookie;
}

RB_PROTOTYPE(dentry_tree, dentry, sibling, dentry_cookie_cmp)

/* Off chain and lists, keeping the table's reference for dcache_relist(). */
void dcache_unlist(struct dentry *d, bool *pinned);
void dcache_relist(struct dentry *d, bool pinned);
