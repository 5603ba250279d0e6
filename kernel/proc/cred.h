/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * proc/cred.h - how a task changes who it is.
 *
 * Credentials are never written in place: a copy is changed, then committed.
 * What is true of user ids is true of group ids: one set of functions serves
 * both, told by enum id_kind which.  Capabilities follow the user ids as
 * capabilities(7), "Effect of user ID changes on capabilities" says.
 *
 * Context: the current task changes its own.  Errors: -EPERM, -EINVAL,
 *          -ENOMEM.
 * Source:  man 2 setuid, setresuid, setfsuid, setgroups; man 7 credentials.
 */

#include "fs/cred.h"

struct exec_file;
struct file;
struct task;

#define CRED_KEEP UINT32_MAX /* leave this id as it is */

enum id_kind {
	USER_ID,
	GROUP_ID
};

/* cred.c: setuid(2) and setgid(2), and so on. */
NODISCARD int cred_set_id(enum id_kind kind, uint32_t id);
NODISCARD int
cred_set_reid(enum id_kind kind, uint32_t real, uint32_t effective);
NODISCARD int cred_set_resid(enum id_kind kind, uint32_t real,
			     uint32_t effective, uint32_t saved);
/* The old one, changed or not. */
uint32_t cred_set_fsid(enum id_kind kind, uint32_t id);
/* A list of n ids for the caller to fill; NULL = no memory. */
struct group_list *cred_groups_alloc(unsigned n);
/* Takes over the list (NULL = no groups), whatever comes of it. */
NODISCARD int cred_set_groups(struct group_list *groups);

/* cred_caps.c: capset(2) and the prctl(2) operations on capabilities. */
NODISCARD int
cred_set_caps(uint64_t effective, uint64_t permitted, uint64_t inheritable);
NODISCARD int cred_drop_bounding(uintptr_t cap);
NODISCARD int cred_set_securebits(uintptr_t bits);
NODISCARD int cred_set_keep_caps(uintptr_t on);
NODISCARD int cred_raise_ambient(unsigned cap);
NODISCARD int cred_lower_ambient(uint64_t caps);
/* What a change of user ids does to the capabilities of c. */
void caps_follow_uids(struct cred *c, const struct cred *old);
void caps_follow_fsuid(struct cred *c, uid_t old_fsuid);

/* cred_exec.c: what running f makes of the current task's credentials. */
NODISCARD int cred_for_exec(struct file *f, struct cred **out, bool *secure);

/* Make c (a reference is taken over) the current task's credentials. */
void cred_commit(struct cred *c);
