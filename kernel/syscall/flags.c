/* SPDX-License-Identifier: MIT */
#include "syscall/flags.h"

#include <asm/mman.h>
#include <asm/prctl.h>
#include <asm/signal.h>
#include <asm/unistd.h>
#include <linux/close_range.h>
#include <linux/eventpoll.h>
#include <linux/falloc.h>
#include <linux/fcntl.h>
#include <linux/fs.h>
#include <linux/futex.h>
#include <linux/memfd.h>
#include <linux/mman.h>
#include <linux/mount.h>
#include <linux/prctl.h>
#include <linux/random.h>
#include <linux/sched.h>
#include <linux/stat.h>
#include <linux/time.h>
#include <linux/wait.h>

#include "net/socket_abi.h"

/*
 * syscall/flags.c - the tables flags.def makes, and looking into them.
 */

/* First the sets ... */
#define SET(set)              static const struct flag set##_flags[] = {
#define FLAG(n)               { (uint64_t)n, #n, FLAG_DONE },
#define FLAG_PARTIAL(n, what) { (uint64_t)n, #n, FLAG_PART },
#define FLAG_ABSENT(n)        { (uint64_t)n, #n, FLAG_MISSING },
#define BITS(set)            \
	{                    \
		.name = NULL \
	}                    \
	}                    \
	;                    \
	static const struct flag_set set##_set = { set##_flags, true };
#define VALUES(set)          \
	{                    \
		.name = NULL \
	}                    \
	}                    \
	;                    \
	static const struct flag_set set##_set = { set##_flags, false };
#define USE(call, ...)
#define PARTIAL(call, what)
#include "syscall/flags.def"
#undef SET
#undef FLAG
#undef FLAG_PARTIAL
#undef FLAG_ABSENT
#undef BITS
#undef VALUES
#undef USE

/* ... then who uses them. */
#define SET(set)
#define FLAG(n)
#define FLAG_PARTIAL(n, what)
#define FLAG_ABSENT(n)
#define BITS(set)
#define VALUES(set)
#define ARG(n, set)              \
	{                        \
		&set##_set, 0, n \
	}
#define ARG_MASKED(n, set, ignore)                \
	{                                         \
		&set##_set, (uint64_t)(ignore), n \
	}
#define USE(call, ...) [__NR_##call] = { __VA_ARGS__ },

static const struct flag_use uses[][FLAG_USES_MAX] = {
#include "syscall/flags.def"
};

const struct flag_use *
flags_of(long nr)
{
	if (nr < 0 || (size_t)nr >= ARRAY_SIZE(uses) || !uses[nr][0].set)
		return NULL;
	return uses[nr];
}

const struct flag_use *
flag_use_of(long nr, unsigned arg)
{
	const struct flag_use *u = flags_of(nr);

	for (unsigned i = 0; u && i < FLAG_USES_MAX && u[i].set; i++)
		if (u[i].arg == arg)
			return &u[i];
	return NULL;
}

static const struct flag *
value_of(const struct flag_set *set, uint64_t v)
{
	for (const struct flag *f = set->flags; f->name; f++)
		if (f->value == v)
			return f;
	return NULL;
}

static uint64_t
bits_missing(const struct flag_set *set, uint64_t v, const char **name)
{
	*name = NULL;
	for (const struct flag *f = set->flags; f->name; f++)
		if (f->state != FLAG_MISSING)
			v &= ~f->value;
	for (const struct flag *f = set->flags; v && f->name; f++)
		if (f->state == FLAG_MISSING && (f->value & v))
			*name = f->name;
	return v;
}

uint64_t
flags_missing(const struct flag_use *use, uint64_t v, bool *missing,
	      const char **name)
{
	const struct flag *f;

	/* Flags are ints; Linux leaves the upper half undefined. */
	v = (uint32_t)(v & ~use->ignore);
	*name = NULL;
	if (use->set->bits) {
		v = bits_missing(use->set, v, name);
		*missing = v != 0;
		return v;
	}
	f = value_of(use->set, v);
	*missing = !f || f->state == FLAG_MISSING;
	if (f)
		*name = f->name;
	return v;
}
