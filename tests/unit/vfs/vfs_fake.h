/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * vfs_fake.h - the world around fs/ for its tests: a clock that counts, user
 * memory that is the test's own, a thread that never really sleeps.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fs/file.h"
#include "fs/path.h"
#include "lib/errno.h"

#define VFS_RAM (64UL << 20)

/* Memory, caches and a root; once per program. */
struct fs_context *vfs_start(void);

/* Called when the thread would sleep: 0 = look again, or the error. */
extern int (*vfs_on_sleep)(void);
/* Bytes copies of user memory may still move before they fault. */
extern size_t vfs_user_left;
/* Objects handed out by all caches. */
uint64_t vfs_objects(void);
