/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * fs/cred.h - who asks: user and group ids and capabilities.
 *
 * Immutable once published; a process changes its identity by making a new
 * one (proc/cred.c).  Shared by reference.
 * Source: man 7 credentials, man 7 capabilities.
 */

#include "core/refcount.h"
#include "lib/types.h"

#define CRED_GROUPS_MAX 65536 /* NGROUPS_MAX */

/* What one identity is made of; users and groups follow the same rules. */
struct id_set {
	uint32_t real;      /* who started it, who may signal it */
	uint32_t effective; /* whose rights it has */
	uint32_t saved;     /* what effective may go back to */
	uint32_t fs;        /* whose rights it has on files */
};

/* Supplementary groups, sorted; never written once published. */
struct group_list {
	struct refcount refs; /* [a] credentials */
	unsigned count;
	gid_t ids[];
};

struct cred {
	struct refcount refs; /* [a] */
	struct id_set user, group;
	uint64_t cap_permitted, cap_effective, cap_inheritable, cap_bounding,
		cap_ambient;
	unsigned securebits;       /* SECBIT_* of <linux/securebits.h> */
	struct group_list *groups; /* referenced; NULL = none */
};

static inline bool
cred_capable(const struct cred *c, int cap)
{
	return c->cap_effective >> cap & 1;
}

static inline unsigned
cred_group_count(const struct cred *c)
{
	return c->groups ? c->groups->count : 0;
}

bool cred_in_group(const struct cred *c, gid_t gid); /* fs or supplementary */
void cred_get(const struct cred *c);
void cred_put(const struct cred *c);
/* A private copy to change, one reference. NULL = no memory. */
struct cred *cred_dup(const struct cred *c);
/* Give c these groups instead of its own; the reference is taken over. */
void cred_replace_groups(struct cred *c, struct group_list *groups);
extern const struct cred cred_root; /* the kernel's own and PID 1's first */

/*
 * Who runs right now, borrowed; the kernel's own before proc/ has said how to
 * ask.  For the few rules of write(2) that look at the writer, not at who
 * opened the file.
 */
const struct cred *cred_current(void);
void cred_set_current_source(const struct cred *(*fn)(void));
