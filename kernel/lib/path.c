/* SPDX-License-Identifier: MIT */

#include "lib/path.h"

#define HASH_FACTOR 0x01000193u

static uint32_t hash_seed RO_AFTER_BOOT = 0x811c9dc5u;

/* The scan for the slash hashes as it goes: names are read once. */
static inline size_t
part_scan(const char *s, uint32_t *hash)
{
	uint32_t h = hash_seed;
	size_t n = 0;

	for (; s[n] && s[n] != '/'; n++)
		h = (h ^ (uint8_t)s[n]) * HASH_FACTOR;
	*hash = h;
	return n;
}

static enum path_part_kind
part_kind(const char *s, size_t n)
{
	if (n == 0)
		return PART_NONE;
	if (s[0] != '.' || n > 2)
		return PART_NAME;
	if (n == 1)
		return PART_DOT;
	return s[1] == '.' ? PART_DOTDOT : PART_NAME;
}

void
path_next(const char **rest, struct path_part *out)
{
	const char *s = *rest;

	while (*s == '/')
		s++;
	out->name = s;
	out->len = part_scan(s, &out->hash);
	out->kind = part_kind(s, out->len);
	s += out->len;
	out->slash = *s == '/';
	while (*s == '/')
		s++;
	*rest = s;
}

uint32_t
path_hash(const char *name, size_t len)
{
	uint32_t h = hash_seed;

	for (size_t i = 0; i < len; i++)
		h = (h ^ (uint8_t)name[i]) * HASH_FACTOR;
	return h;
}

void
path_hash_seed(uint32_t seed)
{
	hash_seed = seed;
}

bool
path_is_contained(const char *name)
{
	struct path_part part;

	if (*name == '/' || *name == 0)
		return false;
	do {
		path_next(&name, &part);
		if (part.kind == PART_DOTDOT)
			return false;
	} while (part.kind != PART_NONE);
	return true;
}
