/* SPDX-License-Identifier: MIT */
/*
 * procfs_system.c - files about the whole machine, and the settings of
 * /proc/sys: what can be written has its effect.
 */
#include "guest.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

static char text[1 << 18];

static bool
file_has(const char *path, const char *needle)
{
	get_file(path, text, sizeof(text));
	return strstr(text, needle) != NULL;
}

static long
number_in(const char *path)
{
	get_file(path, text, sizeof(text));
	return strtol(text, NULL, 10);
}

static long
write_file(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY);
	long n;

	if (fd < 0)
		return -1;
	n = write(fd, value, strlen(value));
	close(fd);
	return n;
}

CASE(meminfo_fields)
{
	static const char *const fields[] = {
		"MemTotal:", "MemFree:",   "MemAvailable:", "Buffers:",
		"Cached:",   "SwapTotal:", "SwapFree:",     "AnonPages:",
		"Shmem:",    "Slab:",      "SReclaimable:", "PageTables:",
	};

	get_file("/proc/meminfo", text, sizeof(text));
	for (size_t i = 0; i < COUNT(fields); i++) {
		if (!strstr(text, fields[i]))
			guest_fail(__FILE__, __LINE__, "no %s", fields[i]);
	}
}

CASE(anonymous_memory_is_counted)
{
	long before = meminfo("AnonPages:");

	memset(anon(64 << 20), 1, 64 << 20);
	CHECK(meminfo("AnonPages:") > before + 32768);
}

CASE(stat_has_a_line_a_processor)
{
	char line[32];
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	get_file("/proc/stat", text, sizeof(text));
	CHECK(!strncmp(text, "cpu  ", 5));
	snprintf(line, sizeof(line), "\ncpu%ld ", cpus - 1);
	CHECK(strstr(text, line));
	CHECK(strstr(text, "\nintr ") && strstr(text, "\nctxt "));
	CHECK(strstr(text, "\nprocs_running "));
}

CASE(forks_are_counted)
{
	long before, after;

	get_file("/proc/stat", text, sizeof(text));
	before = strtol(strstr(text, "\nprocesses ") + 11, NULL, 10);
	for (int i = 0; i < 10; i++)
		EXITS(CHILD({}), 0);
	get_file("/proc/stat", text, sizeof(text));
	after = strtol(strstr(text, "\nprocesses ") + 11, NULL, 10);
	CHECK(after >= before + 10);
}

CASE(interrupts_are_counted)
{
	const char *at;

	CHECK(file_has("/proc/interrupts", "LOC:"));
	at = strstr(text, "LOC:") + 4;
	CHECK(strtol(at, NULL, 10) > 0);
	CHECK(strstr(text, "CPU0"));
}

CASE(loadavg_fields)
{
	double a, b, c;
	int running, threads, last;
	pid_t pid = CHILD({});

	EXITS(pid, 0);
	get_file("/proc/loadavg", text, sizeof(text));
	CHECK_EQ(sscanf(text, "%lf %lf %lf %d/%d %d", &a, &b, &c, &running,
			&threads, &last),
		 6);
	CHECK(running >= 1 && threads >= running && last > 0);
}

CASE(tables_of_what_there_is)
{
	CHECK(file_has("/proc/filesystems", "nodev\tproc\n"));
	CHECK(file_has("/proc/devices", "Character devices:\n"));
	CHECK(strstr(text, "Block devices:"));
	CHECK(file_has("/proc/swaps", "Filename"));
	CHECK(file_has("/proc/partitions", "major minor"));
	CHECK(file_has("/proc/vmstat", "nr_free_pages "));
	CHECK(file_has("/proc/buddyinfo", "Node 0, zone"));
	CHECK(file_has("/proc/zoneinfo", "Node 0, zone"));
	CHECK(file_has("/proc/consoles", "(E"));
	get_file("/proc/diskstats", text, sizeof(text));
}

CASE(slabinfo_is_for_root)
{
	need_root();
	CHECK(file_has("/proc/slabinfo", "slabinfo - version: 2.1\n"));
	CHECK(strstr(text, " : slabdata "));
	become_nobody();
	FAILS(open("/proc/slabinfo", O_RDONLY), EACCES);
}

CASE(names_are_those_of_uname)
{
	struct utsname u;
	char line[256];

	OK(uname(&u));
	snprintf(line, sizeof(line), "%s\n", u.release);
	CHECK(file_has("/proc/sys/kernel/osrelease", line));
	snprintf(line, sizeof(line), "%s\n", u.sysname);
	CHECK(file_has("/proc/sys/kernel/ostype", line));
	snprintf(line, sizeof(line), "%s\n", u.version);
	CHECK(file_has("/proc/sys/kernel/version", line));
	snprintf(line, sizeof(line), "%s\n", u.nodename);
	CHECK(file_has("/proc/sys/kernel/hostname", line));
}

CASE(numbers_programs_ask_for)
{
	CHECK(number_in("/proc/sys/kernel/pid_max") > 300);
	CHECK(number_in("/proc/sys/kernel/threads-max") > 100);
	CHECK(number_in("/proc/sys/kernel/cap_last_cap") >= 40);
	CHECK_EQ(number_in("/proc/sys/kernel/ngroups_max"), 65536);
	CHECK_EQ(number_in("/proc/sys/kernel/overflowuid"), 65534);
	CHECK(number_in("/proc/sys/fs/nr_open") >= 1024);
	CHECK(number_in("/proc/sys/fs/file-max") > 1000);
	CHECK(number_in("/proc/sys/fs/pipe-max-size") >= 65536);
	CHECK(number_in("/proc/sys/vm/max_map_count") >= 65530);
}

CASE(uuids_differ_and_boot_id_does_not)
{
	char one[64], two[64];

	CHECK_EQ(get_file("/proc/sys/kernel/random/uuid", one, 64), 37);
	get_file("/proc/sys/kernel/random/uuid", two, 64);
	CHECK(strcmp(one, two));
	CHECK_EQ(one[14], '4'); /* version 4 */
	CHECK_EQ(get_file("/proc/sys/kernel/random/boot_id", one, 64), 37);
	get_file("/proc/sys/kernel/random/boot_id", two, 64);
	CHECK(!strcmp(one, two));
}

CASE(open_files_are_counted)
{
	long before = number_in("/proc/sys/fs/file-nr");

	for (int i = 0; i < 200; i++)
		OK(open("/dev/null", O_RDONLY));
	/* Linux counts in batches a processor. */
	CHECK(number_in("/proc/sys/fs/file-nr") >= before);
}

CASE(settings_are_not_for_everybody)
{
	need_root();
	become_nobody();
	FAILS(open("/proc/sys/kernel/hostname", O_WRONLY), EACCES);
	FAILS(open("/proc/sys/vm/drop_caches", O_WRONLY), EACCES);
	FAILS(open("/proc/sys/kernel/pid_max", O_WRONLY), EACCES);
}

CASE(what_is_fixed_cannot_be_written)
{
	need_root();
	FAILS(write_file("/proc/sys/kernel/ostype", "Other"), EACCES);
}

CASE(hostname_can_be_set)
{
	struct utsname u;
	char old[65];

	need_own_machine();
	OK(gethostname(old, sizeof(old)));
	CHECK_EQ(write_file("/proc/sys/kernel/hostname", "another\n"), 8);
	OK(uname(&u));
	CHECK(!strcmp(u.nodename, "another"));
	OK(sethostname(old, strlen(old)));
}

CASE(nonsense_is_refused)
{
	need_own_machine();
	FAILS(write_file("/proc/sys/kernel/pid_max", "many"), EINVAL);
	FAILS(write_file("/proc/sys/kernel/pid_max", "1"), EINVAL);
	FAILS(write_file("/proc/sys/kernel/pid_max", "-5"), EINVAL);
	FAILS(write_file("/proc/sys/kernel/pid_max", "99999999999999999999"),
	      EINVAL);
	FAILS(write_file("/proc/sys/vm/overcommit_memory", "7"), EINVAL);
}

CASE(max_map_count_is_obeyed)
{
	char old[32];
	char *p = anon(400 * PAGE);
	int made = 0;

	need_own_machine();
	snprintf(old, sizeof(old), "%ld",
		 number_in("/proc/sys/vm/max_map_count"));
	CHECK(write_file("/proc/sys/vm/max_map_count", "100") == 3);
	for (int i = 0; i < 200; i++)
		made += !mprotect(p + 2 * i * PAGE, PAGE, PROT_NONE);
	CHECK(write_file("/proc/sys/vm/max_map_count", old) > 0);
	CHECK(made > 10 && made < 100);
}

CASE(threads_max_is_obeyed)
{
	char old[32];
	pid_t pid;

	need_own_machine();
	snprintf(old, sizeof(old), "%ld",
		 number_in("/proc/sys/kernel/threads-max"));
	CHECK(write_file("/proc/sys/kernel/threads-max", "2") == 1);
	pid = fork();
	if (!pid)
		_exit(0);
	CHECK(write_file("/proc/sys/kernel/threads-max", old) > 0);
	CHECK_EQ(pid, -1);
}

/* Where the stack of a program that is run again lies. */
static unsigned long
stack_of_a_program(void)
{
	int fds[2], status;
	unsigned long where = 0;

	OK(pipe(fds));
	pid_t pid = CHILD({
		dup2(fds[1], 1);
		execl(self_path(), self_path(), "--as", "stack", NULL);
	});
	CHECK_EQ(read(fds[0], &where, sizeof(where)), sizeof(where));
	OK(waitpid(pid, &status, 0));
	close(fds[0]);
	close(fds[1]);
	return where;
}

int
guest_as(const char *what, int argc, char **argv)
{
	(void)what;
	(void)argc;
	(void)argv;
	int here;
	unsigned long where = (unsigned long)&here;

	return write(1, &where, sizeof(where)) != sizeof(where);
}

CASE(randomize_va_space_is_obeyed)
{
	unsigned long first, second;

	need_own_machine();
	CHECK_EQ(number_in("/proc/sys/kernel/randomize_va_space"), 2);
	CHECK_EQ(write_file("/proc/sys/kernel/randomize_va_space", "0"), 1);
	first = stack_of_a_program();
	second = stack_of_a_program();
	CHECK_EQ(write_file("/proc/sys/kernel/randomize_va_space", "2"), 1);
	CHECK_EQ(first / PAGE, second / PAGE);
	first = stack_of_a_program();
	second = stack_of_a_program();
	CHECK(first != second);
}

CASE(caches_can_be_dropped)
{
	need_own_machine();
	put_file("kept", "content");
	CHECK_EQ(write_file("/proc/sys/vm/drop_caches", "3"), 1);
	CHECK(file_has("kept", "content"));
	FAILS(write_file("/proc/sys/vm/drop_caches", "9"), EINVAL);
}

CASE(printk_sets_the_console_level)
{
	char old[64];

	need_own_machine();
	get_file("/proc/sys/kernel/printk", old, sizeof(old));
	CHECK(write_file("/proc/sys/kernel/printk", "3 4 1 7") == 7);
	CHECK_EQ(number_in("/proc/sys/kernel/printk"), 3);
	CHECK(write_file("/proc/sys/kernel/printk", old) > 0);
}
