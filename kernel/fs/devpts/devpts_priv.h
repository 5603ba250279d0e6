/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * fs/devpts/devpts_priv.h - an instance, as its parts see it: devpts.c (the
 * type and its options), devpts_pairs.c (ptmx, and the nodes of slaves).
 */

#include "fs/devpts/devpts.h"
#include "fs/fs_priv.h"

/* What max= may say, and says when it is not given. */
#define DEVPTS_MAX_LIMIT (1u << 20)

struct devpts_options {
	bool has_uid, has_gid;
	uid_t uid;
	gid_t gid;
	mode_t mode;      /* of slaves */
	mode_t ptmx_mode; /* of this instance's own ptmx */
	uint32_t max;
};

/*
 *	I  immutable
 *	L  lock
 */
struct devpts {
	struct spinlock lock;           /* LOCK_INODE_LIST */
	struct devpts_options options;  /* [L] */
	struct inode *ptmx;             /* [I] the tree has it */
	bool first;                     /* [I] may use the reserve */
	uint64_t used[DEVPTS_MAX / 64]; /* [L] numbers */
};

extern struct filesystem_type devpts_type;

static inline struct devpts *
devpts_of(const struct superblock *sb)
{
	return sb->data;
}

/* The instance's root directory and its ptmx; 0 or -ENOMEM. */
NODISCARD int devpts_make_tree(struct superblock *sb);
void devpts_pairs_init(void);
