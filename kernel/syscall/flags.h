/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * syscall/flags.h - flags.def as data: what the flags of a call are called and
 * whether the kernel has them.
 *
 * Context: any; nothing here allocates or sleeps.
 */

#include "lib/types.h"

enum flag_state {
	FLAG_DONE,
	FLAG_PART,
	FLAG_MISSING,
};

struct flag {
	uint64_t value;
	const char *name;
	enum flag_state state;
};

struct flag_set {
	const struct flag *flags; /* ends with name NULL */
	bool bits;                /* an argument is an OR of them */
};

/* An argument of a call that has a set. */
struct flag_use {
	const struct flag_set *set;
	uint64_t ignore; /* bits of the argument that are not part of it */
	unsigned arg;
};

#define FLAG_USES_MAX 2

/* The uses of call nr (up to FLAG_USES_MAX, set NULL ends), or NULL. */
const struct flag_use *flags_of(long nr);
/* What argument arg of call nr is of, or NULL. */
const struct flag_use *flag_use_of(long nr, unsigned arg);

/*
 * The bits of v, less use->ignore, that the kernel does not have; for a set of
 * values all of v if it is none of those it has.  *name: what the lowest is
 * called, or NULL.  0: it has them all; then *name is not set.
 */
uint64_t flags_missing(const struct flag_use *use, uint64_t v, bool *missing,
		       const char **name);
