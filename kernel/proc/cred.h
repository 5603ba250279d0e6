/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * proc/cred.h - how a task changes who it is.
 *
 * Credentials are never written in place: a copy is changed, then committed.
 * Capabilities follow the user ids as capabilities(7), "Effect of user ID
 * changes on capabilities" says.
 *
 * Context: the current task changes its own.  Errors: -EPERM, -EINVAL,
 *          -ENOMEM, -EAGAIN.
 * Source:  man 2 setuid, setresuid, setfsuid, setgroups; man 7 credentials.
 */

#include "fs/cred.h"

struct file;
struct task;

#define CRED_KEEP ((uid_t)-1) /* leave this id as it is */

NODISCARD int cred_set_uid(uid_t uid);
NODISCARD int cred_set_gid(gid_t gid);
NODISCARD int cred_set_reuid(uid_t r, uid_t e);
NODISCARD int cred_set_regid(gid_t r, gid_t e);
NODISCARD int cred_set_resuid(uid_t r, uid_t e, uid_t s);
NODISCARD int cred_set_resgid(gid_t r, gid_t e, gid_t s);
uid_t cred_set_fsuid(uid_t uid); /* the old one, changed or not */
gid_t cred_set_fsgid(gid_t gid);
NODISCARD int cred_set_groups(const gid_t *groups, unsigned n);

NODISCARD int
cred_set_caps(uint64_t effective, uint64_t permitted, uint64_t inheritable);
NODISCARD int cred_drop_bounding(unsigned cap);

/* What running this file makes of the task's credentials. */
NODISCARD int
cred_for_exec(struct file *f, struct task *t, struct cred **out, bool *secure);
/* Make c (a reference is taken over) the task's credentials. */
void cred_commit(struct task *t, struct cred *c);
