/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * fs/dentry_priv.h - the tree of pinned children, for dentry.c and
 * dcache_dir.c.
 */

#include "fs/fs_priv.h"

#define DIR_FIRST_COOKIE 2 /* 0 is ".", 1 is ".." */

static inline int
dentry_cookie_cmp(const struct dentry *a, const struct dentry *b)
{
	return a->cookie < b->cookie ? -1 : a->cookie > b->cookie;
}

RB_PROTOTYPE(dentry_tree, dentry, sibling, dentry_cookie_cmp)
