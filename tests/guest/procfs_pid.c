/* SPDX-License-Identifier: MIT */
/*
 * procfs_pid.c - the files of /proc/PID as debuggers and ps read them: what is
 * in them, who may read and write them, and what happens when it ends.
 */
#include "guest.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static char text[1 << 20];

static bool
file_has(const char *path, const char *needle)
{
	get_file(path, text, sizeof(text));
	return strstr(text, needle) != NULL;
}

/* The number behind "Key:" in a file, or -1. */
static long
number_of(const char *path, const char *key)
{
	const char *at;

	get_file(path, text, sizeof(text));
	at = strstr(text, key);
	return at ? strtol(at + strlen(key), NULL, 0) : -1;
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

CASE(status_has_all_fields)
{
	static const char *const fields[] = {
		"Name:",
		"Umask:",
		"State:",
		"Tgid:",
		"Ngid:",
		"Pid:",
		"PPid:",
		"TracerPid:",
		"Uid:",
		"Gid:",
		"FDSize:",
		"Groups:",
		"VmSize:",
		"VmHWM:",
		"VmRSS:",
		"RssAnon:",
		"RssFile:",
		"VmData:",
		"VmStk:",
		"VmExe:",
		"VmLib:",
		"VmSwap:",
		"Threads:",
		"SigQ:",
		"SigPnd:",
		"ShdPnd:",
		"SigBlk:",
		"SigIgn:",
		"SigCgt:",
		"CapInh:",
		"CapPrm:",
		"CapEff:",
		"CapBnd:",
		"CapAmb:",
		"NoNewPrivs:",
		"Cpus_allowed:",
		"Cpus_allowed_list:",
		"Mems_allowed_list:",
		"voluntary_ctxt_switches:",
		"nonvoluntary_ctxt_switches:",
	};

	get_file("/proc/self/status", text, sizeof(text));
	for (size_t i = 0; i < COUNT(fields); i++) {
		if (!strstr(text, fields[i]))
			guest_fail(__FILE__, __LINE__, "no %s", fields[i]);
	}
}

CASE(status_shows_umask_and_groups)
{
	const gid_t groups[] = { 7, 11 };

	need_root();
	umask(0123);
	OK(syscall(SYS_setgroups, 2, groups));
	CHECK(file_has("/proc/self/status", "Umask:\t0123\n"));
	CHECK(strstr(text, "Groups:\t7 11 \n"));
}

CASE(status_shows_affinity)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(0, &one);
	OK(sched_setaffinity(0, sizeof(one), &one));
	CHECK(file_has("/proc/self/status", "Cpus_allowed_list:\t0\n"));
	CHECK_EQ(number_of("/proc/self/status", "Cpus_allowed:\t"), 1);
}

CASE(stat_has_52_fields)
{
	char *at;
	int n = 2;

	get_file("/proc/self/stat", text, sizeof(text));
	at = strrchr(text, ')');
	CHECK(at);
	for (at++; *at; at++)
		n += *at == ' ';
	CHECK_EQ(n, 52);
}

CASE(stat_shows_the_stack_to_its_owner)
{
	unsigned long start_stack = 0;
	char *at;

	get_file("/proc/self/stat", text, sizeof(text));
	at = strrchr(text, ')') + 2;
	for (int field = 3; field < 28; field++)
		at = strchr(at, ' ') + 1;
	start_stack = strtoul(at, NULL, 10);
	CHECK(start_stack > (unsigned long)&start_stack - (1 << 20));
	CHECK(start_stack < (unsigned long)&start_stack + (1 << 20));
}

CASE(a_name_with_odd_bytes)
{
	OK(prctl(PR_SET_NAME, "a b) c\n"));
	CHECK(file_has("/proc/self/stat", "(a b) c\n) "));
	CHECK(file_has("/proc/self/status", "Name:\ta b) c\\n\n"));
}

CASE(comm_is_written)
{
	CHECK_EQ(write_file("/proc/self/comm", "a-new-name-that-is-long"), 23);
	CHECK(file_has("/proc/self/comm", "a-new-name-that\n"));
}

CASE(comm_of_another_process_is_refused)
{
	char path[64];
	pid_t pid = CHILD({ pause(); });

	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	FAILS(write_file(path, "x"), EINVAL);
	OK(kill(pid, 9));
	DIES(pid, 9);
}

CASE(auxv_has_the_page_size)
{
	unsigned long words[64];
	int fd = (int)OK(open("/proc/self/auxv", O_RDONLY));
	long n = OK(read(fd, words, sizeof(words))) / 16;
	bool found = false;

	for (long i = 0; i < n; i++)
		found |= words[2 * i] == 6 && words[2 * i + 1] == PAGE;
	CHECK(found);
	CHECK_EQ(words[2 * (n - 1)], 0); /* AT_NULL ends it */
}

CASE(fdinfo_shows_offset_and_flags)
{
	char path[64];
	int fd;

	put_file("f", "0123456789");
	fd = (int)OK(open("f", O_RDWR | O_APPEND | O_CLOEXEC));
	OK(lseek(fd, 7, SEEK_SET));
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	CHECK_EQ(number_of(path, "pos:\t"), 7);
	CHECK_EQ(number_of(path, "flags:\t") & (O_APPEND | O_CLOEXEC | 3),
		 O_APPEND | O_CLOEXEC | O_RDWR);
	CHECK(number_of(path, "mnt_id:\t") > 0);
	OK(close(fd));
	FAILS(open(path, O_RDONLY), ENOENT);
}

CASE(namespaces_are_shared)
{
	char mine[64] = "", path[64], its[64] = "";
	struct stat a, b;
	pid_t pid = CHILD({ pause(); });

	OK(readlink("/proc/self/ns/net", mine, sizeof(mine) - 1));
	CHECK(!strncmp(mine, "net:[", 5));
	snprintf(path, sizeof(path), "/proc/%d/ns/net", pid);
	OK(readlink(path, its, sizeof(its) - 1));
	CHECK(!strcmp(mine, its));
	OK(stat("/proc/self/ns/net", &a));
	OK(stat(path, &b));
	CHECK(a.st_ino == b.st_ino && a.st_dev == b.st_dev);
	OK(stat("/proc/self/ns/uts", &b));
	CHECK(a.st_ino != b.st_ino);
	OK(kill(pid, 9));
	DIES(pid, 9);
}

CASE(smaps_counts_what_was_touched)
{
	char *p = anon(64 * PAGE), line[64];
	const char *at;

	memset(p, 1, 16 * PAGE);
	snprintf(line, sizeof(line), "%lx-", (unsigned long)p);
	get_file("/proc/self/smaps", text, sizeof(text));
	at = strstr(text, line);
	if (!at) /* merged with a neighbour */
		SKIP("the mapping has no line of its own");
	at = strstr(at, "Rss:");
	CHECK(at);
	CHECK(strtol(at + 4, NULL, 10) >= 64);
	CHECK(number_of("/proc/self/smaps_rollup", "Rss:") >= 64);
}

CASE(pagemap_tells_what_is_present)
{
	char *p = anon(4 * PAGE);
	int fd = (int)OK(open("/proc/self/pagemap", O_RDONLY));
	uint64_t words[4];

	OK(madvise(p, 4 * PAGE, MADV_NOHUGEPAGE));
	p[PAGE] = 1;
	CHECK_EQ(pread(fd, words, sizeof(words),
		       (long)((uintptr_t)p / PAGE * 8)),
		 32);
	CHECK(!(words[0] >> 63) && words[1] >> 63 && !(words[3] >> 63));
	FAILS(pread(fd, words, 7, 0), EINVAL);
	FAILS(pread(fd, words, 8, 4), EINVAL);
	CHECK_EQ(pread(fd, words, 8, 1l << 62), 0);
}

CASE(pagemap_hides_frames_from_others)
{
	uint64_t word;
	char *p = anon(PAGE);
	int fd;

	need_root();
	become_nobody();
	OK(prctl(PR_SET_DUMPABLE, 1));
	*p = 1;
	fd = (int)OK(open("/proc/self/pagemap", O_RDONLY));
	CHECK_EQ(pread(fd, &word, 8, (long)((uintptr_t)p / PAGE * 8)), 8);
	CHECK(word >> 63);
	CHECK_EQ(word & ((1ul << 55) - 1), 0);
}

CASE(io_counts_reads_and_writes)
{
	long reads = number_of("/proc/self/io", "syscr: ");
	long bytes = number_of("/proc/self/io", "wchar: ");
	int fd = (int)OK(open("f", O_CREAT | O_RDWR, 0600));

	CHECK_EQ(write(fd, text, 1000), 1000);
	CHECK(number_of("/proc/self/io", "syscr: ") > reads);
	CHECK(number_of("/proc/self/io", "wchar: ") >= bytes + 1000);
}

CASE(oom_score_adj_is_kept_and_inherited)
{
	pid_t pid;

	CHECK_EQ(write_file("/proc/self/oom_score_adj", "500\n"), 4);
	CHECK(file_has("/proc/self/oom_score_adj", "500\n"));
	pid = CHILD({ CHECK(file_has("/proc/self/oom_score_adj", "500\n")); });
	EXITS(pid, 0);
	FAILS(write_file("/proc/self/oom_score_adj", "1001"), EINVAL);
	FAILS(write_file("/proc/self/oom_score_adj", "x"), EINVAL);
	FAILS(write_file("/proc/self/oom_score_adj", ""), EINVAL);
}

CASE(oom_score_adj_goes_down_for_the_privileged_only)
{
	need_root();
	if (prctl(PR_CAPBSET_READ, 24) != 1) /* CAP_SYS_RESOURCE */
		SKIP("root is not privileged here");
	CHECK_EQ(write_file("/proc/self/oom_score_adj", "100"), 3);
	become_nobody();
	OK(prctl(PR_SET_DUMPABLE, 1));
	CHECK_EQ(write_file("/proc/self/oom_score_adj", "200"), 3);
	CHECK_EQ(write_file("/proc/self/oom_score_adj", "100"), 3);
	FAILS(write_file("/proc/self/oom_score_adj", "99"), EACCES);
}

CASE(coredump_filter_is_kept)
{
	CHECK(file_has("/proc/self/coredump_filter", "00000033\n"));
	CHECK_EQ(write_file("/proc/self/coredump_filter", "0x7f"), 4);
	CHECK(file_has("/proc/self/coredump_filter", "0000007f\n"));
	FAILS(write_file("/proc/self/coredump_filter", "zz"), EINVAL);
}

CASE(environ_of_others_is_theirs)
{
	char path[64];
	pid_t pid;

	need_root();
	pid = CHILD({ pause(); });
	become_nobody();
	snprintf(path, sizeof(path), "/proc/%d/environ", pid);
	FAILS(open(path, O_RDONLY), EACCES);
	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	FAILS(open(path, O_RDONLY), EACCES);
	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	FAILS(open(path, O_RDONLY), EACCES);
	snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	FAILS(readlink(path, text, 10), EACCES);
	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	OK(open(path, O_RDONLY));
}

CASE(stack_is_for_root)
{
	need_root();
	become_nobody();
	OK(prctl(PR_SET_DUMPABLE, 1));
	int fd = open("/proc/self/stack", O_RDONLY);

	if (fd >= 0)
		FAILS(read(fd, text, 10), EACCES);
}

static int ready[2];

static void *
thread_waits(void *arg)
{
	pid_t tid = (pid_t)syscall(SYS_gettid);

	*(pid_t *)arg = tid;
	prctl(PR_SET_NAME, "the-thread");
	CHECK_EQ(write(ready[1], "x", 1), 1);
	pause();
	return NULL;
}

CASE(task_shows_each_thread)
{
	pthread_t t;
	pid_t tid;
	char c, path[64];

	OK(pipe(ready));
	CHECK(!pthread_create(&t, NULL, thread_waits, &tid));
	CHECK_EQ(read(ready[0], &c, 1), 1);
	snprintf(path, sizeof(path), "/proc/self/task/%d/comm", tid);
	CHECK(file_has(path, "the-thread\n"));
	snprintf(path, sizeof(path), "/proc/self/task/%d/status", tid);
	CHECK_EQ(number_of(path, "\nPid:\t"), tid);
	CHECK_EQ(number_of(path, "Tgid:\t"), getpid());
	CHECK_EQ(number_of(path, "Threads:\t"), 2);
	snprintf(path, sizeof(path), "/proc/self/task/%d", getppid());
	FAILS(open(path, O_RDONLY), ENOENT);
	snprintf(path, sizeof(path), "/proc/self/task/%d/task", tid);
	FAILS(open(path, O_RDONLY), ENOENT);
}

CASE(children_are_listed)
{
	char path[64], number[16];
	pid_t pid = CHILD({ pause(); });

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", getpid());
	snprintf(number, sizeof(number), "%d ", pid);
	if (access(path, F_OK))
		SKIP("no children file");
	CHECK(file_has(path, number));
	OK(kill(pid, 9));
	DIES(pid, 9);
	CHECK(!file_has(path, number));
}

CASE(wchan_of_a_sleeper)
{
	char path[64];
	pid_t pid = CHILD({ pause(); });

	snprintf(path, sizeof(path), "/proc/%d/wchan", pid);
	for (int i = 0; i < 1000 && !file_has(path, "_"); i++) {
		if (i == 200 && geteuid())
			SKIP("not for this user");
		sleep_ms(1);
	}
	if (!strstr(text, "_"))
		SKIP("names are hidden here");
	OK(kill(pid, 9));
	DIES(pid, 9);
}

CASE(reads_of_one_that_is_gone)
{
	char path[64], c;
	int status, maps, dir;
	pid_t pid = CHILD({ pause(); });

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	status = (int)OK(open(path, O_RDONLY));
	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	maps = (int)OK(open(path, O_RDONLY));
	snprintf(path, sizeof(path), "/proc/%d", pid);
	dir = (int)OK(open(path, O_RDONLY | O_DIRECTORY));
	OK(kill(pid, 9));
	DIES(pid, 9);
	FAILS(read(status, &c, 1), ESRCH);
	CHECK(read(maps, &c, 1) <= 0);
	CHECK_EQ(openat(dir, "stat", O_RDONLY), -1);
	CHECK(errno == ENOENT || errno == ESRCH);
	FAILS(open(path, O_RDONLY), ENOENT);
}

CASE(hostile_offsets)
{
	static const char *const files[] = { "maps", "status", "cmdline",
					     "environ", "mountinfo" };
	char path[64], c;

	for (size_t i = 0; i < COUNT(files); i++) {
		snprintf(path, sizeof(path), "/proc/self/%s", files[i]);
		int fd = (int)OK(open(path, O_RDONLY));

		CHECK_EQ(pread(fd, &c, 1, INT64_MAX - 1), 0);
		CHECK_EQ(pread(fd, &c, 1, 1l << 40), 0);
		FAILS(pread(fd, &c, 1, -1), EINVAL);
		CHECK(pread(fd, &c, 1, 0) >= 0);
		FAILS(lseek(fd, -1, SEEK_SET), EINVAL);
		close(fd);
	}
	DIR *dir = opendir("/proc/self/task");

	CHECK(dir);
	seekdir(dir, INT64_MAX);
	readdir(dir);
	seekdir(dir, 1l << 40);
	readdir(dir);
	closedir(dir);
}

CASE(sixty_thousand_areas)
{
	const size_t n = 30000;
	size_t lines = 0;
	ssize_t got;
	char *p;
	int fd;

	guest_limit(120);
	p = mmap(NULL, 2 * n * PAGE, PROT_READ,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	CHECK(p != MAP_FAILED);
	for (size_t i = 0; i < n; i++)
		OK(mprotect(p + 2 * i * PAGE, PAGE, PROT_NONE));
	fd = (int)OK(open("/proc/self/maps", O_RDONLY));
	while ((got = OK(read(fd, text, sizeof(text)))) > 0)
		for (ssize_t i = 0; i < got; i++)
			lines += text[i] == '\n';
	CHECK(lines > 2 * n - 10);
	/* A seek back begins again. */
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	CHECK(OK(read(fd, text, 100)) > 0);
	CHECK(strchr(text, '-'));
}

CASE(mounts_poll_tells_of_changes)
{
	struct pollfd p = { .events = POLLPRI };

	need_root();
	OK(mkdir("m", 0700));
	if (unshare(CLONE_NEWNS) && errno != ENOSYS && errno != EINVAL)
		SKIP("no mount namespace of our own");
	p.fd = (int)OK(open("/proc/self/mounts", O_RDONLY));
	CHECK_EQ(poll(&p, 1, 0), 0);
	if (mount("none", "m", "tmpfs", 0, NULL))
		SKIP("cannot mount");
	CHECK_EQ(poll(&p, 1, 1000), 1);
	CHECK_EQ(p.revents, POLLPRI | POLLERR);
	CHECK_EQ(poll(&p, 1, 0), 0);
	CHECK(file_has("/proc/self/mountinfo", "/m rw,"));
	OK(umount("m"));
	CHECK_EQ(poll(&p, 1, 1000), 1);
}

CASE(mountinfo_fields)
{
	unsigned id, parent, major, minor;
	char root[256], at[256], dash[8] = "";
	int n = 0;

	get_file("/proc/self/mountinfo", text, sizeof(text));
	CHECK_EQ(sscanf(text, "%u %u %u:%u %255s %255s %n", &id, &parent,
			&major, &minor, root, at, &n),
		 6);
	CHECK(root[0] == '/' && at[0] == '/');
	CHECK(strstr(text, " - "));
	(void)dash;
}

CASE(loginuid_is_a_number)
{
	char c;
	int fd = open("/proc/self/loginuid", O_RDONLY);

	if (fd < 0)
		SKIP("no loginuid");
	CHECK_EQ(read(fd, &c, 1), 1);
	CHECK(c >= '0' && c <= '9');
}

CASE(self_fd_of_an_undumpable_process)
{
	need_root();
	become_nobody();
	OK(prctl(PR_SET_DUMPABLE, 0));
	DIR *dir = opendir("/proc/self/fd");

	CHECK(dir);
	CHECK(readdir(dir));
	FAILS(open("/proc/self/environ", O_RDONLY), EACCES);
}

CASE(hidepid_hides_others)
{
	char path[64];
	pid_t pid;

	need_root();
	if (mount("proc", "/proc", NULL, MS_REMOUNT, "hidepid=2"))
		SKIP("cannot remount");
	if (!file_has("/proc/mounts", "hidepid="))
		SKIP("hidepid= has no effect here");
	pid = CHILD({
		become_nobody();
		snprintf(path, sizeof(path), "/proc/%d", getppid());
		FAILS(open(path, O_RDONLY), ENOENT);
		OK(open("/proc/self/status", O_RDONLY));
	});
	int status;

	OK(waitpid(pid, &status, 0));
	OK(mount("proc", "/proc", NULL, MS_REMOUNT, "hidepid=0"));
	CHECK_EQ(status, 0);
	FAILS(mount("proc", "/proc", NULL, MS_REMOUNT, "hidepid=9"), EINVAL);
}

CASE(timer_slack_is_written)
{
	CHECK(number_of("/proc/self/timerslack_ns", "") > 0);
	CHECK_EQ(write_file("/proc/self/timerslack_ns", "70000"), 5);
	CHECK_EQ(prctl(PR_GET_TIMERSLACK), 70000);
	FAILS(write_file("/proc/self/timerslack_ns", "x"), EINVAL);
}

CASE(personality_is_shown)
{
	OK(syscall(SYS_personality, 0x0040000)); /* ADDR_NO_RANDOMIZE */
	CHECK(file_has("/proc/self/personality", "00040000\n"));
}

CASE(a_namespace_knows_its_kind)
{
	int fd = (int)OK(open("/proc/self/ns/uts", O_RDONLY));

	CHECK_EQ(ioctl(fd, 0xb703), CLONE_NEWUTS); /* NS_GET_NSTYPE */
	FAILS(ioctl(fd, 0xb702), EINVAL);          /* NS_GET_PARENT */
}
