/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * fuzz_arguments.h - the state of a fuzzing thread and arguments drawn from
 * its random numbers, by the letters of fuzz_table.h.
 */
#include "fuzz_table.h"
#include "guest.h"

#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#define SLOTS       6
#define SLOT_SIZE   65536ul
#define ARENA_PAGES 64ul
#define SHARED      32ul /* the first are shared, then private, ... */
#define READ_ONLY   48ul
#define NO_ACCESS   49ul
#define HOLE        50ul
#define FDS         96
#define PIDS        16

/*
 * A thread's own memory: its state first, its stack behind.  Aligned to its
 * size, so that a stack pointer leads to it.
 */
struct slot {
	volatile int tid; /* 0: free; the kernel clears it at the end */
	uint64_t random;
	long left; /* calls to make, negative: for ever */
	unsigned scratch_used;
	char scratch[8192]; /* arguments, used in turn */
};

static char slots[SLOTS][SLOT_SIZE] __attribute__((aligned(65536)));
static unsigned profiles;
static char *arena;
static volatile int pids[PIDS];
static volatile int forge;
static uid_t fuzz_uid;
static bool verbose;
static volatile long no_count, *made = &no_count; /* calls */

static const char *const paths[] = {
	"a",
	"b",
	"d",
	"d/e",
	"d/f",
	"d/g/h",
	"link",
	"fifo",
	"sock",
	".",
	"..",
	"",
	"d/",
	"a/x",
	"/dev/null",
	"/dev/zero",
	"/dev/full",
	"/dev/random",
	"/dev/tty",
	"/dev/ptmx",
	"/dev/pts/0",
	"/dev/pts/1",
	"/proc/self/mem",
	"/proc/self/maps",
	"/proc/self/status",
	"/proc/self/comm",
	"/proc/self/oom_score_adj",
	"/proc/self/task",
	"/proc/self/fd",
	"/proc/self/fd/5",
	"/proc/self/fdinfo/7",
	"/proc/self/exe",
	"/proc/self/cwd",
	"/proc/self/timerslack_ns",
	"/proc/self/clear_refs",
	"/proc/self/coredump_filter",
	"/proc/self/environ",
	"/proc/self/cmdline",
	"/proc/self/smaps",
	"/proc/self/pagemap",
	"/proc/self/stat",
	"/proc/self/limits",
	"/proc/self/ns/user",
	"/proc/thread-self/comm",
	"/proc/stat",
	"/proc/locks",
	"/proc/net/unix",
	"/proc/sys/kernel/hostname",
	"/proc/1/status",
	"/proc/1/fd",
	"/proc/1/mem",
	"/sys/devices/system/cpu/online",
	"user.one",
	"user.two",
	"security.x",
	"system.posix_acl_access",
};

/* --- numbers and system calls -------------------------------------------- */

static uint64_t
next(struct slot *s)
{
	uint64_t x = s->random;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	s->random = x;
	return x * 0x2545f4914f6cdd1dull >> 16;
}

static uint64_t
below(struct slot *s, uint64_t n)
{
	return next(s) % n;
}

static bool
one_in(struct slot *s, unsigned n)
{
	return !below(s, n);
}

static long
raw(long nr, const long *a)
{
	register long r10 __asm__("r10") = a[3];
	register long r8 __asm__("r8") = a[4];
	register long r9 __asm__("r9") = a[5];
	long r;

	__asm__ volatile("syscall"
			 : "=a"(r)
			 : "a"(nr), "D"(a[0]), "S"(a[1]), "d"(a[2]), "r"(r10),
			   "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return r;
}

#define RAW(name, ...) raw(SYS_##name, (const long[6]){ __VA_ARGS__ })

/* --- arguments ----------------------------------------------------------- */

static long
bad_address(struct slot *s)
{
	static const uint64_t bad[] = {
		0,
		1,
		PAGE,
		0xffff800000000000ull,
		0xffffffff80000000ull,
		0xfffffffffffffff8ull,
		0x8000000000000000ull,
		0x00007ffffffff000ull,
		0x00007ffffffffff8ull,
		0x0000800000000000ull,
	};

	return (long)bad[below(s, COUNT(bad))];
}

static long
pointer(struct slot *s)
{
	switch (below(s, 16)) {
	case 0:
		return bad_address(s);
	case 1:
		return (long)(arena + below(s, HOLE * PAGE));
	case 2:
		return (long)(arena + HOLE * PAGE - below(s, 64));
	case 3:
		return (long)(arena + READ_ONLY * PAGE +
			      below(s, PAGE) / 8 * 8);
	case 4:
		return (long)(arena + NO_ACCESS * PAGE - below(s, 32));
	default:
		return (long)(arena + below(s, READ_ONLY * PAGE) / 8 * 8);
	}
}

/* Memory to fill in as an argument: nobody else's, or the arena's. */
static void *
room(struct slot *s, size_t bytes)
{
	if (one_in(s, 3))
		return arena + below(s, SHARED * PAGE - bytes) / 8 * 8;
	if (s->scratch_used + bytes > sizeof(s->scratch))
		s->scratch_used = 0;
	s->scratch_used += (unsigned)(bytes + 15) / 16 * 16;
	return s->scratch + s->scratch_used - (bytes + 15) / 16 * 16;
}

static long
size(struct slot *s)
{
	static const uint64_t sizes[] = {
		0,          1,         8,          PAGE - 1,
		PAGE,       PAGE + 1,  0x7fffffff, 0x80000000,
		0xffffffff, 1ul << 40, SIZE_MAX,   SIZE_MAX / 2,
	};

	return (long)(one_in(s, 3) ? sizes[below(s, COUNT(sizes))]
				   : below(s, 300));
}

static long
small(struct slot *s)
{
	static const int odd[] = { -1,   -2,      0x7fffffff, -0x7fffffff - 1,
				   0777, 0100644, 4096,       1 << 20 };

	return one_in(s, 8) ? odd[below(s, COUNT(odd))] : (long)below(s, 12);
}

static long
descriptor(struct slot *s)
{
	static const int odd[] = { -1, AT_FDCWD, 127, 0x7fffffff, -1000, 1024 };

	return one_in(s, 24) ? odd[below(s, COUNT(odd))]
			     : 3 + (long)below(s, FDS - 3);
}

static long
process(struct slot *s)
{
	if (one_in(s, 24))
		return one_in(s, 2) ? small(s) : 0;
	if (one_in(s, 3))
		return ((struct slot *)slots[below(s, SLOTS)])->tid;
	return pids[below(s, PIDS)];
}

static long
offset(struct slot *s)
{
	return one_in(s, 8) ? size(s) * (one_in(s, 2) ? 1 : -1)
			    : (long)below(s, 3 * PAGE);
}

static long
flags(struct slot *s, const struct fuzz_call *c)
{
	unsigned f = 0;

	switch (below(s, 10)) {
	case 0:
		return one_in(s, 4) ? -1l : 1l << below(s, 40);
	case 1:
	case 2:
	case 3:
		return 0;
	default:
		do
			f |= c->set[below(s, c->set_count)];
		while (one_in(s, 3));
		return f;
	}
}

static long
numbers(struct slot *s)
{
	uint64_t *w = room(s, 128);

	for (unsigned i = 0; i < 16; i++)
		w[i] = one_in(s, 4)   ? (uint64_t)pointer(s)
		       : one_in(s, 3) ? below(s, 64) << 32 | below(s, 64)
		       : one_in(s, 8) ? (uint64_t)size(s)
				      : below(s, 16);
	return (long)w;
}

static long
times_of(struct slot *s, unsigned n)
{
	long *t = room(s, 32);

	for (unsigned i = 0; i < n; i++) {
		t[2 * i] = one_in(s, 10) ? size(s) : 0;
		t[2 * i + 1] =
			one_in(s, 10) ? size(s) : (long)below(s, 2000000);
	}
	return (long)t;
}

static long
vectors(struct slot *s)
{
	struct iovec *v = room(s, 12 * sizeof(*v));

	for (unsigned i = 0; i < 12; i++)
		v[i] = (struct iovec){ (void *)pointer(s), (size_t)size(s) };
	return (long)v;
}

static long
address(struct slot *s)
{
	struct sockaddr_un *a = room(s, sizeof(*a));

	memset(a, 0, sizeof(*a));
	a->sun_family = one_in(s, 10) ? (sa_family_t)small(s) : AF_UNIX;
	if (one_in(s, 3))
		a->sun_path[1] = (char)('a' + below(s, 4)); /* abstract */
	else
		strcpy(a->sun_path, paths[below(s, 12)]);
	return (long)a;
}

/* With descriptors, sockets too, and with credentials, true ones or not. */
static long
message(struct slot *s)
{
	struct msghdr *m = room(s, 2 * 64);
	struct cmsghdr *c = room(s, 256);
	unsigned n = (unsigned)below(s, 6);
	int *fd = (int *)CMSG_DATA(c);

	c->cmsg_level = one_in(s, 16) ? (int)small(s) : SOL_SOCKET;
	c->cmsg_type = one_in(s, 4) ? (int)small(s) : SCM_RIGHTS;
	c->cmsg_len = one_in(s, 16) ? (size_t)size(s) : CMSG_LEN(n * 4);
	for (unsigned i = 0; i < n; i++)
		fd[i] = (int)descriptor(s);
	memset(m, 0, 64);
	m->msg_iov = (void *)vectors(s);
	m->msg_iovlen = one_in(s, 16) ? (size_t)size(s) : below(s, 4);
	if (!one_in(s, 3)) {
		m->msg_control = c;
		m->msg_controllen =
			one_in(s, 16) ? (size_t)size(s) : CMSG_SPACE(n * 4);
	}
	if (one_in(s, 4)) {
		m->msg_name = (void *)address(s);
		m->msg_namelen = (socklen_t)below(s, 112);
	}
	return (long)m;
}

static void handler(int signo, siginfo_t *info, void *context);
void fuzz_restorer(void);
__asm__("fuzz_restorer: mov $15, %eax; syscall");

struct kernel_sigaction {
	void *handler;
	unsigned long flags;
	void (*restorer)(void);
	uint64_t mask;
};

static long
action(struct slot *s)
{
	struct kernel_sigaction *a = room(s, sizeof(*a));

	*a = (struct kernel_sigaction){
		one_in(s, 4) ? (void *)(uintptr_t)below(s, 2) : (void *)handler,
		SA_SIGINFO | 0x04000000, fuzz_restorer, next(s) & next(s)
	};
	if (one_in(s, 2))
		a->flags |= 1ul << below(s, 32);
	if (one_in(s, 16))
		a->handler = (void *)pointer(s);
	return (long)a;
}

static long
words(struct slot *s, uint64_t a, uint64_t b)
{
	uint64_t *w = room(s, 16);

	w[0] = a;
	w[1] = b;
	return (long)w;
}

static long
map_length(struct slot *s)
{
	return one_in(s, 20) ? size(s) : (long)(below(s, 10) * PAGE);
}

static long
filled(struct slot *s, char kind)
{
	if (one_in(s, 16))
		return pointer(s);
	switch (kind) {
	case 'v':
		return vectors(s);
	case 'M':
		return message(s);
	case 'A':
		return address(s);
	case 'k':
		return words(s, next(s) & next(s), 0);
	case 't':
		return one_in(s, 12) ? 0 : times_of(s, 1);
	case 'T':
		return times_of(s, 2);
	case 'e':
		return words(s,
			     (uint32_t)(next(s) & next(s)) |
				     (one_in(s, 2) ? EPOLLIN : EPOLLOUT),
			     next(s));
	case 'a':
		return action(s);
	case 'w':
		return (long)(arena + below(s, 8) * 4);
	default:
		return numbers(s);
	}
}

static long
argument(struct slot *s, const struct fuzz_call *c, char kind)
{
	switch (kind) {
	case 'D':
		return one_in(s, 2) ? AT_FDCWD : descriptor(s);
	case 'd':
		return descriptor(s);
	case 's':
		return one_in(s, 24) ? pointer(s)
				     : (long)paths[below(s, COUNT(paths))];
	case 'p':
		return pointer(s);
	case 'z':
		return size(s);
	case 'i':
		return small(s);
	case 'm':
		return one_in(s, 10)  ? pointer(s)
		       : one_in(s, 4) ? 0
				      : (long)(arena + below(s, HOLE) * PAGE);
	case 'l':
		return map_length(s);
	case 'o':
		return offset(s);
	case 'x':
		return (int)c->set[below(s, c->set_count)];
	case 'f':
		return flags(s, c);
	case 'P':
		return process(s);
	case 'S':
		return one_in(s, 30)   ? SIGKILL
		       : one_in(s, 10) ? SIGSTOP
		       : one_in(s, 10) ? SIGCONT
				       : (long)below(s, 66);
	case 'c':
		return one_in(s, 8) ? size(s) : (long)below(s, 12);
	case 'u':
		return one_in(s, 2) ? fuzz_uid : small(s);
	case '8':
		return one_in(s, 16) ? size(s) : 8;
	case '0':
		return 0;
	default:
		return filled(s, kind);
	}
}
