/* SPDX-License-Identifier: MIT */
/*
 * procfs.c - what /proc tells, and that it is true.
 */
#include "guest.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

static char text[65536];

static bool
file_has(const char *path, const char *needle)
{
	get_file(path, text, sizeof(text));
	return strstr(text, needle) != NULL;
}

CASE(self_is_this_process)
{
	char link[32] = "", number[32];

	OK(readlink("/proc/self", link, sizeof(link) - 1));
	snprintf(number, sizeof(number), "%d", getpid());
	CHECK(!strcmp(link, number));
}

CASE(stat_line)
{
	char state, name[64];
	int pid, parent, group, session;

	get_file("/proc/self/stat", text, sizeof(text));
	CHECK_EQ(sscanf(text, "%d (%63[^)]) %c %d %d %d", &pid, name, &state,
			&parent, &group, &session),
		 6);
	CHECK_EQ(pid, getpid());
	CHECK(!strcmp(name, "procfs"));
	CHECK_EQ(state, 'R');
	CHECK_EQ(parent, getppid());
	CHECK_EQ(group, getpgrp());
	CHECK_EQ(session, getsid(0));
}

CASE(status_file)
{
	char line[64];

	snprintf(line, sizeof(line), "Pid:\t%d\n", getpid());
	CHECK(file_has("/proc/self/status", line));
	CHECK(strstr(text, "Name:\tprocfs\n"));
	CHECK(strstr(text, "State:\tR"));
	CHECK(strstr(text, "VmRSS:"));
	CHECK(strstr(text, "Threads:\t1\n"));
	snprintf(line, sizeof(line), "Uid:\t%d\t%d", getuid(), geteuid());
	CHECK(strstr(text, line));
}

CASE(command_line)
{
	size_t n = get_file("/proc/self/cmdline", text, sizeof(text));

	CHECK(n > 0);
	CHECK_EQ(text[n - 1], '\0');
	CHECK(strstr(text, "procfs"));
}

CASE(comm_follows_prctl)
{
	OK(prctl(PR_SET_NAME, "other"));
	CHECK(file_has("/proc/self/comm", "other\n"));
}

CASE(maps_show_areas)
{
	char *p = anon(3 * PAGE), line[64];

	OK(mprotect(p, 3 * PAGE, PROT_READ));
	snprintf(line, sizeof(line), "%lx-%lx r--p", (unsigned long)p,
		 (unsigned long)p + 3 * PAGE);
	CHECK(file_has("/proc/self/maps", line));
	CHECK(strstr(text, "[stack]"));
	CHECK(strstr(text, "procfs\n"));
	CHECK(strstr(text, "r-xp"));
	CHECK(!strstr(text, "ffff8")); /* no kernel address */
}

CASE(exe_and_cwd)
{
	char path[256] = "", cwd[256];

	OK(readlink("/proc/self/exe", path, sizeof(path) - 1));
	CHECK(strstr(path, "/procfs"));
	memset(path, 0, sizeof(path));
	OK(readlink("/proc/self/cwd", path, sizeof(path) - 1));
	CHECK(getcwd(cwd, sizeof(cwd)));
	CHECK(!strcmp(path, cwd));
}

CASE(fd_directory)
{
	char link[64], path[256] = "";
	int fd = (int)OK(open("/dev/null", O_RDONLY));

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	OK(readlink(link, path, sizeof(path) - 1));
	CHECK(!strcmp(path, "/dev/null"));
	OK(open(link, O_RDONLY)); /* opens what it stands for */
	OK(close(fd));
	FAILS(readlink(link, path, sizeof(path)), ENOENT);
}

CASE(other_processes_and_zombies)
{
	char path[64];
	pid_t pid = CHILD({ pause(); });

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	for (int i = 0; i < 500 && !file_has(path, ") S "); i++)
		sleep_ms(1);
	CHECK(file_has(path, ") S "));
	OK(kill(pid, 9));
	for (int i = 0; i < 500 && !file_has(path, ") Z "); i++)
		sleep_ms(1);
	CHECK(file_has(path, ") Z "));
	DIES(pid, 9);
	FAILS(open(path, O_RDONLY), ENOENT);
}

CASE(processes_are_listed)
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;
	bool me = false, init = false, meminfo_seen = false;

	CHECK(dir);
	while ((entry = readdir(dir))) {
		me |= atoi(entry->d_name) == getpid();
		init |= !strcmp(entry->d_name, "1");
		meminfo_seen |= !strcmp(entry->d_name, "meminfo");
	}
	CHECK(me && init && meminfo_seen);
}

CASE(memory_numbers)
{
	long total = meminfo("MemTotal:"), free_kib = meminfo("MemFree:");

	CHECK(total > 32768);
	CHECK(free_kib > 0 && free_kib < total);
	CHECK(meminfo("MemAvailable:") <= total);
}

CASE(system_files)
{
	CHECK(file_has("/proc/uptime", "."));
	CHECK(file_has("/proc/loadavg", "/"));
	CHECK(file_has("/proc/version", "Linux version"));
	CHECK(file_has("/proc/cpuinfo", "processor\t: 0"));
	CHECK(strstr(text, "flags"));
	CHECK(file_has("/proc/stat", "cpu "));
	CHECK(strstr(text, "btime "));
	CHECK(file_has("/proc/mounts", " / "));
	CHECK(file_has("/proc/filesystems", "tmpfs"));
}

CASE(short_reads_add_up)
{
	char whole[4096], part[4096];
	size_t n = get_file("/proc/self/status", whole, sizeof(whole)), m = 0;
	int fd = (int)OK(open("/proc/self/status", O_RDONLY));
	ssize_t got;

	while ((got = OK(read(fd, part + m, 7))) > 0)
		m += (size_t)got;
	CHECK(m + 64 > n && m < n + 64);
	CHECK(!memcmp(whole, part, 20));
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	CHECK(OK(read(fd, part, 5)) == 5);
	CHECK(!memcmp(whole, part, 5));
}

CASE(writes_are_refused)
{
	CHECK(open("/proc/uptime", O_WRONLY) < 0 || !geteuid());
	FAILS(open("/proc/new", O_CREAT | O_WRONLY, 0600), ENOENT);
	CHECK(mkdir("/proc/new", 0700) == -1);
	CHECK(unlink("/proc/uptime") == -1);
}

CASE(no_kernel_address_shows)
{
	static const char *const files[] = {
		"/proc/self/maps", "/proc/self/stat", "/proc/self/status",
		"/proc/meminfo",   "/proc/mounts",    "/proc/stat"
	};

	need_root();
	become_nobody();
	for (size_t i = 0; i < COUNT(files); i++) {
		int fd = open(files[i], O_RDONLY);

		if (fd < 0)
			continue;
		close(fd);
		CHECK(!file_has(files[i], "ffff8"));
		CHECK(!strstr(text, "ffffffff8"));
	}
}
