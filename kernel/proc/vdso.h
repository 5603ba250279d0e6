/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * proc/vdso.h - the vDSO in address spaces.
 *
 * Owns one memory object: a page of data, then the image (arch/vdso.h).  Every
 * program maps it: the data readable, the image readable and executable.
 *
 * Locking: vdso_update() has a lock of its own inside.
 */

#include "lib/types.h"

struct vm_space;

/* Make the object; without memory or a usable clock programs do without. */
void vdso_init(void);

/*
 * Map it near the top of what mmap gives; *image is AT_SYSINFO_EHDR, 0 if there
 * is no vDSO.  0 or -ENOMEM.
 */
NODISCARD int vdso_map(struct vm_space *s, vaddr_t *image);

/* The wall clock was set. */
void vdso_update(void);
