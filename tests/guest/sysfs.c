/* SPDX-License-Identifier: MIT */
/*
 * sysfs.c - /sys as the C library, nproc and lscpu read it.
 */
#include "guest.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

static char text[4096];

static void
need_sys(void)
{
	if (access("/sys/devices", F_OK))
		SKIP("/sys is not mounted");
}

/* How many are in "0-3,5". */
static int
list_count(const char *path)
{
	int n = 0;
	char *at = text;

	get_file(path, text, sizeof(text));
	while (*at >= '0' && *at <= '9') {
		long first = strtol(at, &at, 10), last = first;

		if (*at == '-')
			last = strtol(at + 1, &at, 10);
		n += (int)(last - first) + 1;
		at += *at == ',';
	}
	return n;
}

CASE(it_is_sysfs)
{
	struct statfs s;

	need_sys();
	OK(statfs("/sys", &s));
	CHECK_EQ(s.f_type, 0x62656572);
}

CASE(online_processors)
{
	need_sys();
	CHECK_EQ(list_count("/sys/devices/system/cpu/online"),
		 sysconf(_SC_NPROCESSORS_ONLN));
	CHECK(list_count("/sys/devices/system/cpu/possible") >=
	      sysconf(_SC_NPROCESSORS_ONLN));
}

CASE(each_processor_has_a_topology)
{
	char path[128];

	need_sys();
	for (long i = 0; i < sysconf(_SC_NPROCESSORS_ONLN); i++) {
		snprintf(path, sizeof(path),
			 "/sys/devices/system/cpu/cpu%ld/topology/core_id", i);
		CHECK(get_file(path, text, sizeof(text)) > 1);
		snprintf(path, sizeof(path),
			 "/sys/devices/system/cpu/cpu%ld/topology/"
			 "thread_siblings_list",
			 i);
		CHECK(list_count(path) >= 1);
	}
}

CASE(one_node_at_least)
{
	need_sys();
	if (access("/sys/devices/system/node", F_OK))
		SKIP("no nodes");
	CHECK(list_count("/sys/devices/system/node/online") >= 1);
	CHECK(list_count("/sys/devices/system/node/node0/cpulist") >= 1);
}

CASE(terminals_have_their_number)
{
	struct stat s;
	unsigned major, minor;

	need_sys();
	if (access("/sys/class/tty/tty/dev", F_OK))
		SKIP("no terminals");
	get_file("/sys/class/tty/tty/dev", text, sizeof(text));
	CHECK_EQ(sscanf(text, "%u:%u", &major, &minor), 2);
	CHECK(major == 5 && minor == 0);
	OK(stat("/sys/dev/char/5:0/uevent", &s));
}

CASE(huge_pages_are_told_of)
{
	need_sys();
	if (access("/sys/kernel/mm/transparent_hugepage/enabled", F_OK))
		SKIP("no huge pages");
	get_file("/sys/kernel/mm/transparent_hugepage/enabled", text,
		 sizeof(text));
	CHECK(strchr(text, '['));
}

CASE(nothing_can_be_made)
{
	need_sys();
	CHECK_EQ(mkdir("/sys/new", 0700), -1);
	CHECK_EQ(open("/sys/new", O_CREAT | O_WRONLY, 0600), -1);
	CHECK_EQ(open("/sys/devices/system/cpu/online", O_WRONLY) >= 0 &&
			 geteuid() != 0,
		 0);
	FAILS(open("/sys/devices/system/cpu/cpu9999", O_RDONLY), ENOENT);
}
