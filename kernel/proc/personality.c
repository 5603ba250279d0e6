/* SPDX-License-Identifier: MIT */
#include "proc/personality.h"

#include "lib/fmt.h"
#include "lib/string.h"

/*
 * proc/personality.c - uname(2) for programs that cannot count beyond 2.6, or
 * believe that they run on a 32-bit machine.
 *
 * The other bits take effect where what they change is done: exec_load.c (no
 * randomization, layout), sys_mem.c (reading implies execution), sys_poll.c.
 */

static const char *
skip_number(const char *p)
{
	while (*p >= '0' && *p <= '9')
		p++;
	return p;
}

/* "6.1.0-umbra" is 2.6.61-umbra: the minor number goes on counting at 60. */
static void
pretend_26(char *release, size_t size)
{
	char rest[sizeof(((struct new_utsname *)NULL)->release)];
	const char *p = skip_number(release);
	unsigned minor = 0;

	if (*p == '.')
		for (p++; *p >= '0' && *p <= '9'; p++)
			minor = minor * 10 + (unsigned)(*p - '0');
	if (*p == '.')
		p = skip_number(p + 1);
	strlcpy(rest, p, sizeof(rest));
	snprintf(release, size, "2.6.%u%s", 60 + minor, rest);
}

void
personality_uname(unsigned persona, struct new_utsname *n)
{
	if (persona & UNAME26)
		pretend_26(n->release, sizeof(n->release));
	if ((persona & PER_MASK) == PER_LINUX32)
		strlcpy(n->machine, "i686", sizeof(n->machine));
}
