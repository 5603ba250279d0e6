/* SPDX-License-Identifier: MIT */
/*
 * help.c - what many guest tests need; see guest.h.
 */
#include "guest.h"

#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

void
need_root(void)
{
	if (geteuid())
		guest_skip("needs root");
}

void
need_own_machine(void)
{
	struct utsname u;

	need_root();
	OK(uname(&u));
	if (!strstr(u.version, "Umbra"))
		guest_skip("changes the whole machine");
}

void
become_nobody(void)
{
	OK(setgroups(0, NULL));
	OK(setresgid(65534, 65534, 65534));
	OK(setresuid(65534, 65534, 65534));
}

void *
anon(size_t bytes)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(p != MAP_FAILED);
	return p;
}

char *
before_hole(void)
{
	char *p = anon(2 * PAGE);

	OK(munmap(p + PAGE, PAGE));
	return p + PAGE;
}

void
put_file(const char *path, const char *content)
{
	int fd = (int)OK(open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644));
	size_t n = strlen(content);

	CHECK_EQ(write(fd, content, n), n);
	OK(close(fd));
}

size_t
get_file(const char *path, char *text, size_t room)
{
	int fd = (int)OK(open(path, O_RDONLY));
	size_t n = 0;
	ssize_t got;

	while (n < room - 1 && (got = OK(read(fd, text + n, room - 1 - n))) > 0)
		n += (size_t)got;
	text[n] = '\0';
	OK(close(fd));
	return n;
}

long
meminfo(const char *key)
{
	char text[8192], *at;

	get_file("/proc/meminfo", text, sizeof(text));
	at = strstr(text, key);
	CHECK(at);
	return strtol(at + strlen(key), NULL, 10);
}

long
now_ms(void)
{
	struct timespec t;

	OK(clock_gettime(CLOCK_MONOTONIC, &t));
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void
burn_ms(long ms)
{
	struct timespec begun, now;

	OK(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &begun));
	do {
		OK(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now));
	} while ((now.tv_sec - begun.tv_sec) * 1000 +
			 (now.tv_nsec - begun.tv_nsec) / 1000000 <
		 ms);
}

void
sleep_ms(long ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	while (nanosleep(&t, &t) && errno == EINTR)
		;
}

const char *
self_path(void)
{
	static char path[256];
	ssize_t n = OK(readlink("/proc/self/exe", path, sizeof(path) - 1));

	path[n] = '\0';
	return path;
}
