/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * guest.h - how a family of guest tests is written.
 *
 * A family is one static program; a case is one CASE(name) { ... }, run in a
 * process, a process group and an empty scratch directory of its own, under a
 * time limit.  A case passes by returning.  Each prints one line:
 *
 *	ok - NAME
 *	ok - NAME # SKIP WHY
 *	not ok - NAME: FILE:LINE: WHAT (ERRNO)
 *
 * and the program's exit status tells whether all passed.  The same program is
 * proven on Linux first; it asks about the machine only by asking the kernel.
 *
 * Usage: FAMILY [--list] [NAME...], a name may end in '*'.
 */

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define PAGE     4096ul
#define COUNT(a) (sizeof(a) / sizeof(*(a)))

/* Exit status of a process that has already said why it fails. */
#define STATUS_SAID 99

#define CASE(name)                                                \
	static void name(void);                                   \
	__attribute__((constructor)) static void add_##name(void) \
	{                                                         \
		guest_add(#name, name);                           \
	}                                                         \
	static void name(void)

#define CHECK(condition)                                                  \
	do {                                                              \
		if (!(condition))                                         \
			guest_fail(__FILE__, __LINE__, "%s", #condition); \
	} while (0)

/* Both sides as signed numbers. */
#define CHECK_EQ(a, b)                                                         \
	do {                                                                   \
		long long a_ = (long long)(a), b_ = (long long)(b);            \
                                                                               \
		if (a_ != b_)                                                  \
			guest_fail(__FILE__, __LINE__, "%s is %lld, not %lld", \
				   #a, a_, b_);                                \
	} while (0)

/* The call returns -1 with that errno. */
#define FAILS(call, number)                                                 \
	do {                                                                \
		errno = 0;                                                  \
		long r_ = (long)(call);                                     \
		if (r_ != -1 || errno != (number))                          \
			guest_fail(__FILE__, __LINE__, "%s is %ld, not %s", \
				   #call, r_, #number);                     \
	} while (0)

/* The call returns anything but -1; the value is the macro's. */
#define OK(call)                                                           \
	({                                                                 \
		long r_ = (long)(call);                                    \
		if (r_ == -1)                                              \
			guest_fail(__FILE__, __LINE__, "%s fails", #call); \
		r_;                                                        \
	})

#define SKIP(why) guest_skip(why)

/* Run the statements in a forked child, which then exits with 0. */
#define CHILD(...)                                \
	({                                        \
		pid_t child_ = (pid_t)OK(fork()); \
		if (!child_) {                    \
			__VA_ARGS__;              \
			_exit(0);                 \
		}                                 \
		child_;                           \
	})

/* Wait for a child that has to exit with that status, die of that signal. */
#define EXITS(pid, status) guest_exits(__FILE__, __LINE__, pid, status)
#define DIES(pid, signal)  guest_dies(__FILE__, __LINE__, pid, signal)

/* Run the statements in a child that they have to kill by that signal. */
#define DIES_BY(signal, ...) DIES(CHILD(__VA_ARGS__), signal)

void guest_add(const char *name, void (*run)(void));
_Noreturn void guest_fail(const char *file, int line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
_Noreturn void guest_skip(const char *why);
void guest_exits(const char *file, int line, pid_t pid, int status);
void guest_dies(const char *file, int line, pid_t pid, int signal);

/* Seconds the present case may take (30); call first thing in the case. */
void guest_limit(unsigned seconds);

/* Skip unless root. */
void need_root(void);

/* Skip unless root of a machine that is there for the tests: it is changed. */
void need_own_machine(void);

/* Become nobody (uid and gid 65534, no groups) for good. */
void become_nobody(void);

/* mmap() private anonymous memory, PROT_READ | PROT_WRITE; fails the case. */
void *anon(size_t bytes);

/* A mapped page followed by a hole: the address of the first byte missing. */
char *before_hole(void);

/* Make a file with that content. */
void put_file(const char *path, const char *content);

/* Read a file whole, NUL behind it; returns its length.  For /proc, too. */
size_t get_file(const char *path, char *text, size_t room);

/* A number of /proc/meminfo, such as "MemFree:", in KiB. */
long meminfo(const char *key);

/* Milliseconds of CLOCK_MONOTONIC. */
long now_ms(void);

void sleep_ms(long ms);

/* Use the processor for so long, however many want it. */
void burn_ms(long ms);

/* Path of the running program, to be executed again. */
const char *self_path(void);

/*
 * Programs that run themselves again see it here: argv[1] is "--as" WHAT, or
 * there are no arguments at all and WHAT is "bare".
 */
int guest_as(const char *what, int argc, char **argv) __attribute__((weak));
