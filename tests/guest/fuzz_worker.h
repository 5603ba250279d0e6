/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * fuzz_worker.h - a process whose threads make random calls: worker().
 */
#include "fuzz_arguments.h"

#define THREADS 3

/* --- what takes more than a call ------------------------------------------ */

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
	__sync_fetch_and_add(made, 1);
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

/* --- a worker ------------------------------------------------------------- */

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
