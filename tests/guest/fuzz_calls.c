/* SPDX-License-Identifier: MIT */
/*
 * fuzz_calls.c - random sequences of system calls from many threads at once.
 *
 * Three kinds of processes.  The case itself watches; a canary does ordinary
 * work and counts; a round, reaper of all that comes from it, starts workers
 * under a user id of their own, ends them after its time and waits until
 * nothing is left.  A worker has a pool of descriptors of every kind and an
 * arena of good and bad memory; its threads call what fuzz_table.h lists, and
 * fork, exec, exit, forge signal frames and unmap under each other besides.
 * Workers die often and are replaced: only the machine has to live.  Judged is
 *
 *	- all processes of a round end by SIGKILL, within the case's limit;
 *	- the canary goes on;
 *	- afterwards no memory is missing (Umbra tells it by kind of use).
 *
 * Fuzzing threads use nothing of the C library: they have no thread-local
 * storage, and their handler may throw them back to their beginning at any
 * instruction.  What a thread is due to do follows from its seed alone.
 *
 * To repeat or to go on for long: FUZZ_SEED, FUZZ_ROUNDS, FUZZ_MS in the
 * environment, or fuzz_calls --as fuzz SEED ROUNDS MS [PROFILES].
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

#ifndef ROUNDS
#define ROUNDS 1
#define RUN_MS 500
#endif

#define WORKERS      3
#define THREADS      3
#define SLOTS        6
#define SLOT_SIZE    65536ul
#define ARENA_PAGES  64ul
#define SHARED       32ul /* the first are shared, then private, ... */
#define READ_ONLY    48ul
#define NO_ACCESS    49ul
#define HOLE         50ul
#define FRAMES_KEPT  4000
#define OBJECTS_KEPT 1000
#define FDS          96
#define PIDS         16

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

/* --- what takes more than a call ------------------------------------------- */

static void run_thread(void);

/* A thread, or what is like one in parts; its stack is the slot. */
static void
start_thread(struct slot *s, unsigned long how)
{
	static const unsigned long odd[] = { 0x4000, 0x2000,   0x8000,
					     0x80,   0x800000, 0x8000 };
	struct slot *n = NULL;
	long r;

	for (unsigned i = 0; i < SLOTS && !n; i++) {
		struct slot *other = (void *)slots[i];

		if (__sync_bool_compare_and_swap(&other->tid, 0, -1))
			n = other;
	}
	if (!n)
		return;
	n->random = next(s) | 1;
	n->left = -1;
	n->scratch_used = 0;
	how |= CLONE_VM | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID;
	if (one_in(s, 8))
		how |= odd[below(s, COUNT(odd))];
	__asm__ volatile(
		"mov %[tid], %%r10; xor %%r8d, %%r8d; syscall;"
		"test %%rax, %%rax; jnz 1f; xor %%ebp, %%ebp;"
		"call *%[run]; 1:"
		: "=a"(r)
		: "a"(SYS_clone), "D"(how), "S"((char *)n + SLOT_SIZE - 256),
		  "d"(&n->tid), [tid] "b"(&n->tid), [run] "r"(run_thread)
		: "rcx", "r8", "r10", "r11", "memory");
	if (r < 0)
		n->tid = 0;
	else
		pids[below(s, PIDS)] = (int)r;
}

#define THREAD \
	(CLONE_THREAD | CLONE_SIGHAND | CLONE_FILES | CLONE_FS | CLONE_SYSVSEM)

static void
tick(void)
{
	static const struct itimerval often = { { 0, 5000 }, { 0, 5000 } };

	RAW(setitimer, ITIMER_REAL, (long)&often, 0);
}

/* A child goes on with the same, alone and not for long. */
static void
fork_child(struct slot *s)
{
	unsigned long how = one_in(s, 4)   ? CLONE_FILES | SIGCHLD
			    : one_in(s, 4) ? CLONE_FS | (unsigned)small(s) % 65
			    : one_in(s, 8) ? CLONE_PARENT | SIGCHLD
					   : SIGCHLD;
	uint64_t seed = next(s);
	long r = RAW(clone, (long)how);

	if (r > 0)
		pids[below(s, PIDS)] = (int)r;
	if (r)
		return;
	s->random = seed | 1;
	s->left = (long)below(s, 60);
	for (unsigned i = 0; i < SLOTS; i++)
		if ((void *)slots[i] != (void *)s)
			((struct slot *)slots[i])->tid = 0;
	tick();
}

static void
exec_self(struct slot *s)
{
	static char numbers_of[3][24];
	static char *argv[] = { "fuzz",        "--as",        "worker",
				numbers_of[0], numbers_of[1], NULL };
	uint64_t n[2] = { next(s), profiles };
	static char *envp[] = { NULL };

	for (unsigned i = 0; i < 2; i++) {
		char *p = numbers_of[i] + 23;

		do
			*--p = (char)('0' + n[i] % 10);
		while ((n[i] /= 10));
		memmove(numbers_of[i], p, strlen(p) + 1);
	}
	RAW(execve, (long)"/proc/self/exe", (long)argv, (long)envp);
}

/* Make some of a signal's frame wrong and return through it. */
static void
forge_frame(struct slot *s, ucontext_t *u)
{
	uint64_t *words_of = (uint64_t *)u;
	size_t n = offsetof(ucontext_t, __fpregs_mem) / 8;

	for (unsigned i = (unsigned)below(s, 4); i < 5; i++)
		words_of[below(s, n)] = one_in(s, 3)   ? (uint64_t)pointer(s)
					: one_in(s, 2) ? 1ull << below(s, 64)
						       : next(s) << 16;
	/* The saved state of the FPU has a header worth breaking, too. */
	if (one_in(s, 3) && u->uc_mcontext.fpregs)
		((uint32_t *)u->uc_mcontext.fpregs)[below(s, 210)] ^=
			1u << below(s, 32);
}

static void
return_forged(struct slot *s)
{
	uint64_t seed = next(s);
	long r = RAW(fork);

	if (r)
		return;
	s->random = seed | 1;
	s->left = 3;
	tick();
	forge = 1;
	RAW(kill, RAW(getpid), SIGUSR2);
	RAW(exit_group, 0);
}

/* One frame made up from nothing. */
static void
return_nothing(struct slot *s)
{
	if (RAW(fork))
		return;
	__asm__ volatile("mov %0, %%rsp; mov $15, %%eax; syscall; hlt"
			 :
			 : "r"(pointer(s))
			 : "memory");
}

static void
something_else(struct slot *s)
{
	switch (below(s, 12)) {
	case 0:
	case 1:
	case 2:
		start_thread(s, THREAD);
		break;
	case 3:
		start_thread(s, one_in(s, 2) ? SIGCHLD : CLONE_VFORK | SIGCHLD);
		break;
	case 4:
		if (one_in(s, 4))
			exec_self(s);
		break;
	case 5:
		if (one_in(s, 3))
			RAW(exit, (long)below(s, 4));
		if (one_in(s, 40))
			RAW(exit_group, (long)below(s, 4));
		break;
	case 6:
		return_forged(s);
		break;
	case 7:
		return_nothing(s);
		break;
	case 8:
		RAW(munmap, (long)(arena + below(s, HOLE) * PAGE),
		    (long)(below(s, 4) * PAGE));
		break;
	case 9:
		RAW(mmap, (long)arena, SHARED * PAGE, PROT_READ | PROT_WRITE,
		    MAP_FIXED | MAP_SHARED | MAP_ANONYMOUS, -1);
		break;
	default:
		fork_child(s);
	}
}

static void
one_call(struct slot *s)
{
	const struct fuzz_call *c;
	long a[6] = { 0 }, r;

	do
		c = &calls[below(s, COUNT(calls))];
	while (!(c->profiles & profiles));
	for (unsigned i = 0; c->kinds[i]; i++)
		a[i] = argument(s, c, c->kinds[i]);
	r = raw(c->nr, a);
	if (c->nr == SYS_clone3 && !r)
		RAW(exit_group, 0);
}

static void
run_thread(void)
{
	struct slot *s = (void *)((uintptr_t)__builtin_frame_address(0) &
				  ~(SLOT_SIZE - 1));

	while (s->left < 0 || s->left-- > 0) {
		if (one_in(s, 40))
			something_else(s);
		else
			one_call(s);
	}
	RAW(exit_group, 0);
	__builtin_trap();
}

/* A fault throws the thread back to its loop, if it still has its stack. */
static void
handler(int signo, siginfo_t *info, void *context)
{
	ucontext_t *u = context;
	uintptr_t sp = (uintptr_t)u->uc_mcontext.gregs[REG_RSP];
	struct slot *s = (void *)(sp & ~(SLOT_SIZE - 1));

	(void)info;
	if (sp < (uintptr_t)slots || sp >= (uintptr_t)slots + sizeof(slots)) {
		if (signo != SIGUSR1 && signo != SIGALRM)
			RAW(exit_group, 1);
		return;
	}
	if (signo == SIGUSR2 && forge) {
		forge_frame(s, u);
		return;
	}
	if (signo == SIGSEGV || signo == SIGBUS || signo == SIGILL ||
	    signo == SIGFPE || signo == SIGTRAP || signo == SIGSYS) {
		/* As if run_thread() had been called. */
		u->uc_mcontext.gregs[REG_RSP] =
			(greg_t)((uintptr_t)s + SLOT_SIZE - 264);
		u->uc_mcontext.gregs[REG_RIP] = (greg_t)(uintptr_t)run_thread;
	}
}

/* --- a worker -------------------------------------------------------------- */

static void
make_arena(void)
{
	int rw = PROT_READ | PROT_WRITE;
	int fixed = MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS;

	arena = mmap((void *)0x200000000000, ARENA_PAGES * PAGE, PROT_NONE,
		     fixed, -1, 0);
	mmap(arena, SHARED * PAGE, rw, MAP_FIXED | MAP_SHARED | MAP_ANONYMOUS,
	     -1, 0);
	mmap(arena + SHARED * PAGE, (READ_ONLY - SHARED) * PAGE, rw, fixed, -1,
	     0);
	mmap(arena + READ_ONLY * PAGE, PAGE, PROT_READ, fixed, -1, 0);
	munmap(arena + HOLE * PAGE, (ARENA_PAGES - HOLE) * PAGE);
}

static void
make_sockets(int type)
{
	static const char *const names[] = { "sock", "dgram", "seq" };
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fds[2];

	snprintf(a.sun_path, sizeof(a.sun_path), "%s%d",
		 names[type == SOCK_DGRAM       ? 1
		       : type == SOCK_SEQPACKET ? 2
						: 0],
		 getpid());
	socketpair(AF_UNIX, type, 0, fds);
	socketpair(AF_UNIX, type | SOCK_NONBLOCK, 0, fds);
	fds[0] = socket(AF_UNIX, type | SOCK_NONBLOCK, 0);
	bind(fds[0], (void *)&a, sizeof(a));
	listen(fds[0], 3);
	fds[1] = socket(AF_UNIX, type | SOCK_NONBLOCK, 0);
	connect(fds[1], (void *)&a, sizeof(a));
	if (type != SOCK_DGRAM)
		accept(fds[0], NULL, NULL);
	socket(AF_UNIX, type, 0);
}

static void
make_events(void)
{
	struct itimerspec often = { { 0, 3000000 }, { 0, 3000000 } };
	struct epoll_event event = { .events = EPOLLIN };
	int timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
	int poller = epoll_create1(0), watch = inotify_init1(IN_NONBLOCK);
	sigset_t some;

	timerfd_settime(timer, 0, &often, NULL);
	epoll_ctl(poller, EPOLL_CTL_ADD, timer, &event);
	epoll_create1(0);
	eventfd(3, 0);
	eventfd(0, EFD_NONBLOCK);
	sigemptyset(&some);
	sigaddset(&some, SIGCHLD);
	signalfd(-1, &some, SFD_NONBLOCK);
	inotify_add_watch(watch, ".", IN_ALL_EVENTS);
	memfd_create("m", MFD_ALLOW_SEALING);
	syscall(SYS_pidfd_open, getpid(), 0);
	syscall(SYS_pidfd_open, getppid(), 0);
}

static void
make_files(void)
{
	static const char *const opened[] = {
		"/dev/null",       "/dev/zero",
		"/dev/full",       "/dev/tty",
		"/proc",           "/proc/self/maps",
		"/proc/self/mem",  "/proc/self/task",
		"/proc/self/comm", "/sys/devices/system/cpu/online",
	};
	char name[32] = "/dev/pts/";
	int fds[2], master, number, no = 0;

	mkdir("d", 0777);
	mkfifo("fifo", 0666);
	symlink("d/f", "link");
	open("a", O_RDWR | O_CREAT, 0666);
	open("d/f", O_RDWR | O_CREAT | O_APPEND, 0666);
	open("b", O_RDONLY | O_CREAT, 0666);
	open("a", O_PATH);
	open(".", O_RDONLY | O_DIRECTORY);
	open("d", O_PATH);
	open("fifo", O_RDWR | O_NONBLOCK);
	pipe(fds);
	pipe2(fds, O_NONBLOCK);
	master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK);
	if (!ioctl(master, 0x40045431, &no) &&
	    !ioctl(master, 0x80045430, &number)) {
		sprintf(name + 9, "%d", number);
		open(name, O_RDWR | (number % 2 ? O_NOCTTY : 0));
	}
	for (size_t i = 0; i < COUNT(opened); i++)
		if (open(opened[i], O_RDWR | O_NONBLOCK) < 0)
			open(opened[i], O_RDONLY | O_NONBLOCK);
}

static void
set_limits(void)
{
	static const struct {
		int what;
		rlim_t most;
	} limits[] = {
		{ RLIMIT_NPROC, 60 },     { RLIMIT_NOFILE, 128 },
		{ RLIMIT_FSIZE, 200000 }, { RLIMIT_CORE, 0 },
		{ RLIMIT_AS, 256 << 20 }, { RLIMIT_CPU, 60 },
	};

	for (size_t i = 0; i < COUNT(limits); i++)
		setrlimit(limits[i].what,
			  &(struct rlimit){ limits[i].most, limits[i].most });
}

/* Its first thread only disturbs the others, waiting as they are. */
static void
worker(uint64_t seed, unsigned wanted)
{
	struct sigaction a = { .sa_sigaction = handler,
			       .sa_flags = SA_SIGINFO };
	static struct slot main_slot;

	fuzz_uid = getuid();
	main_slot.random = seed * 0x9e3779b97f4a7c15ull | 1;
	next(&main_slot);
	profiles = wanted;
	sigfillset(&a.sa_mask);
	for (int signo = 1; signo < NSIG; signo++)
		sigaction(signo, &a, NULL);
	sigprocmask(SIG_UNBLOCK, &a.sa_mask, NULL);
	make_arena();
	make_files();
	make_events();
	make_sockets(SOCK_STREAM);
	make_sockets(SOCK_DGRAM);
	make_sockets(SOCK_SEQPACKET);
	for (unsigned i = 0; i < PIDS; i++)
		pids[i] = getpid() + (i % 4 ? 0 : (int)i);
	for (unsigned i = 0; i < THREADS; i++)
		start_thread(&main_slot, THREAD);
	for (;;) {
		struct timespec t = { 0, 500000 };

		RAW(nanosleep, (long)&t);
		for (unsigned i = 0; i < SLOTS; i++) {
			int tid = ((struct slot *)slots[i])->tid;

			if (tid > 0)
				RAW(tgkill, RAW(getpid), tid, SIGUSR1);
		}
	}
}

static void
become(uid_t uid)
{
	setgroups(0, NULL);
	if (setresgid(uid, uid, uid) || setresuid(uid, uid, uid))
		_exit(1);
}

static pid_t
start_worker(uint64_t seed, unsigned wanted)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	setsid();
	dup2(open("/dev/null", O_RDWR), 0);
	dup2(0, 1);
	dup2(0, 2);
	syscall(SYS_close_range, 3, -1u, 0);
	set_limits();
	become(fuzz_uid);
	worker(seed, wanted);
	_exit(0);
}

/* --- a round, the canary, the judge ----------------------------------------- */

/* Everything of that user, which is nobody but the round's. */
static void
kill_all(void)
{
	pid_t pid = fork();

	if (!pid) {
		become(fuzz_uid);
		kill(-1, SIGKILL);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
}

static void
run_round(uint64_t seed, unsigned wanted, long ms)
{
	long end = now_ms() + ms;
	pid_t workers[WORKERS] = { 0 };

	prctl(PR_SET_CHILD_SUBREAPER, 1);
	while (now_ms() < end) {
		pid_t gone = waitpid(-1, NULL, WNOHANG);

		for (unsigned i = 0; i < WORKERS; i++)
			if (!workers[i] || workers[i] == gone)
				workers[i] = start_worker(seed++, wanted);
		if (gone <= 0)
			sleep_ms(5);
	}
	for (;;) {
		pid_t pid;

		kill_all();
		while ((pid = waitpid(-1, NULL, WNOHANG | __WALL)) > 0)
			;
		if (pid < 0)
			return;
		sleep_ms(10);
	}
}

/* Ordinary work, counted: a wait, a process, a file, a pipe, memory. */
static void
canary(volatile long *count)
{
	char c = 'c';
	int fds[2];

	for (;; (*count)++) {
		int fd = open("canary", O_RDWR | O_CREAT | O_TRUNC, 0600);
		char *p = anon(4 * PAGE);

		CHECK_EQ(write(fd, "canary", 6), 6);
		OK(close(fd));
		OK(pipe(fds));
		EXITS(CHILD({ CHECK_EQ(write(fds[1], &c, 1), 1); }), 0);
		CHECK_EQ(read(fds[0], &c, 1), 1);
		close(fds[0]);
		close(fds[1]);
		p[3 * PAGE] = 1;
		OK(munmap(p, 4 * PAGE));
		sleep_ms(2);
	}
}

static long
number_of(const char *variable, long otherwise)
{
	const char *text = getenv(variable);

	return text ? atol(text) : otherwise;
}

/* --- what is left behind --- */

#define CACHES 128

/* What Umbra uses memory for; nothing on Linux. */
struct memory_use {
	long frames;
	struct {
		char name[24];
		long objects;
	} caches[CACHES];
};

static void
take_memory_use(struct memory_use *u)
{
	char line[300];
	long total = 0, unused = 0;
	FILE *f = fopen("/proc/umbra/frames", "r");

	memset(u, 0, sizeof(*u));
	if (!f)
		return;
	CHECK_EQ(fscanf(f, "total %ld free %ld", &total, &unused), 2);
	fclose(f);
	u->frames = total - unused;
	f = fopen("/proc/slabinfo", "r");
	CHECK(f);
	for (unsigned i = 0; i < CACHES && fgets(line, sizeof(line), f);)
		i += sscanf(line, "%23s %ld", u->caches[i].name,
			    &u->caches[i].objects) == 2;
	fclose(f);
}

/* Caches keep some objects for each processor; what leaks grows by rounds. */
static void
compare_memory_use(const struct memory_use *old, const struct memory_use *new)
{
	if (new->frames > old->frames + FRAMES_KEPT)
		guest_fail(__FILE__, __LINE__, "%ld frames used, then %ld",
			   old->frames, new->frames);
	for (unsigned i = 0; i < CACHES && *new->caches[i].name; i++)
		if (new->caches[i].objects >
		    old->caches[i].objects + OBJECTS_KEPT)
			guest_fail(__FILE__, __LINE__, "%ld %s, then %ld",
				   old->caches[i].objects, new->caches[i].name,
				   new->caches[i].objects);
}

static int
remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	return ftw->level && remove(path) && 0;
}

static void
one_round(uint64_t seed, long ms, unsigned wanted)
{
	EXITS(CHILD(run_round(seed * 1000003, wanted, ms)), 0);
	nftw(".", remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
	OK(chmod(".", 0777));
}

/* The first, short round is for memory that is taken once. */
static void
fuzz(uint64_t seed, long rounds, long ms, unsigned wanted)
{
	volatile long *count = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
				    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	static struct memory_use before, after;
	pid_t bird;

	need_root();
	guest_limit((unsigned)(60 + rounds * (ms / 250 + 10)));
	fuzz_uid = 40000 + (uid_t)getpid() % 20000;
	one_round(seed, ms / 4, wanted);
	take_memory_use(&before);
	bird = CHILD(canary(count));
	for (long i = 0; i < rounds; i++) {
		long sung = *count;

		printf("# fuzz: seed %llu profiles %u\n",
		       (unsigned long long)seed + (unsigned)i, wanted);
		fflush(stdout);
		one_round(seed + (unsigned)i, ms, wanted);
		while (*count < sung + 2)
			sleep_ms(5); /* the case's limit is the canary's */
	}
	OK(kill(bird, SIGKILL));
	DIES(bird, SIGKILL);
	unlink("canary");
	take_memory_use(&after);
	if (verbose)
		for (unsigned i = 0; i < CACHES; i++)
			if (before.caches[i].objects != after.caches[i].objects)
				printf("# fuzz: %s %ld -> %ld\n",
				       after.caches[i].name,
				       before.caches[i].objects,
				       after.caches[i].objects);
	if (verbose)
		printf("# fuzz: frames %ld -> %ld\n", before.frames,
		       after.frames);
	compare_memory_use(&before, &after);
}

int
guest_as(const char *what, int argc, char **argv)
{
	if (!strcmp(what, "worker") && argc > 1)
		worker(strtoull(argv[0], NULL, 10), (unsigned)atoi(argv[1]));
	if (strcmp(what, "fuzz") || argc < 3)
		return 1;
	signal(SIGALRM, SIG_IGN);
	dup2(1, 240); /* where a case tells what fails */
	if (chdir("/tmp") || (mkdir("fuzz", 0777) && errno != EEXIST) ||
	    chdir("fuzz") || chmod(".", 0777))
		return 1;
	verbose = true;
	fuzz(strtoull(argv[0], NULL, 10), atol(argv[1]), atol(argv[2]),
	     argc > 3 ? (unsigned)atoi(argv[3]) : EVERYTHING);
	return 0;
}

static void
fuzz_case(unsigned wanted)
{
	fuzz((uint64_t)number_of("FUZZ_SEED", 1),
	     number_of("FUZZ_ROUNDS", ROUNDS), number_of("FUZZ_MS", RUN_MS),
	     wanted);
}

CASE(random_calls_on_files)
{
	fuzz_case(FILES);
}

CASE(random_calls_on_memory)
{
	fuzz_case(MEMORY);
}

CASE(random_calls_on_processes)
{
	fuzz_case(PROCESSES);
}

CASE(random_calls_on_sockets_and_events)
{
	fuzz_case(DESCRIPTORS);
}

CASE(random_calls_on_tracing_and_futexes)
{
	fuzz_case(TRACING);
}

CASE(random_calls_on_terminals)
{
	fuzz_case(TERMINALS);
}

CASE(random_calls_of_every_kind)
{
	fuzz_case(EVERYTHING);
}
