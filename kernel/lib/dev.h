/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * lib/dev.h - device numbers as stat(2) shows them to programs: 12 bits of
 * major number, and all 20 of minor numbers in two parts.
 */

#include "lib/types.h"

/* As a constant. */
#define DEV_NUMBER(major, minor)                            \
	((dev_t)(((minor)&0xffu) | ((major)&0xfffu) << 8) | \
	 (dev_t)((minor) & ~0xffu) << 12)

static inline dev_t
dev_make(unsigned major, unsigned minor)
{
	return DEV_NUMBER(major, minor);
}

static inline unsigned
dev_major(dev_t dev)
{
	return dev >> 8 & 0xfff;
}

static inline unsigned
dev_minor(dev_t dev)
{
	return (unsigned)((dev & 0xff) | (dev >> 12 & ~0xffULL));
}
