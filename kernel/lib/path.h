/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * lib/path.h - a path name as a sequence of components.  Pure text; nothing is
 * copied or changed.
 *
 * Source: path_resolution(7).
 */

#include "lib/types.h"

enum path_part_kind {
	PART_NONE, /* nothing but slashes was left */
	PART_NAME,
	PART_DOT,    /* "." */
	PART_DOTDOT, /* ".." */
};

/* One component: a piece of the string it was taken from. */
struct path_part {
	const char *name;
	size_t len;
	uint32_t hash;
	enum path_part_kind kind;
	bool slash; /* a slash follows: the name must be a directory */
};

/*
 * Take the next component off *rest, with the slashes around it; *rest is ""
 * after the last.  The hash is path_hash() of the name.
 */
void path_next(const char **rest, struct path_part *out);

/* Hash of a component; path_hash_seed() makes it unpredictable. */
uint32_t path_hash(const char *name, size_t len);
void path_hash_seed(uint32_t seed);

/* Does a name stay below where it starts: relative, no "..", not empty? */
bool path_is_contained(const char *name);
