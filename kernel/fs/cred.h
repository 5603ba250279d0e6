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

#define CRED_GROUPS_MAX 65536

struct cred {
	struct refcount refs;
	uid_t uid, euid, suid, fsuid;
	gid_t gid, egid, sgid, fsgid;
	uint64_t cap_permitted, cap_effective, cap_inheritable, cap_bounding,
		cap_ambient;
	unsigned ngroups;
	gid_t *groups; /* sorted; owned */
};

static inline bool
cred_capable(const struct cred *c, int cap)
{
	return c->cap_effective >> cap & 1;
}

bool cred_in_group(const struct cred *c, gid_t gid); /* fsgid or groups */
void cred_get(const struct cred *c);
void cred_put(const struct cred *c);
/* A private copy to change, one reference. NULL = no memory. */
struct cred *cred_dup(const struct cred *c);
extern const struct cred cred_root; /* the kernel's own and PID 1's first */

/*
 * Who runs right now, borrowed; the kernel's own before proc/ has said how to
 * ask.  For the few rules of write(2) that look at the writer, not at who
 * opened the file.
 */
const struct cred *cred_current(void);
void cred_set_current_source(const struct cred *(*fn)(void));
