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
 * environment, or fuzz_calls --as fuzz SEED ROUNDS MS [PROFILES...].
 */
#include "fuzz_table.h"
#include "fuzz_worker.h"

#ifndef ROUNDS
#define ROUNDS 1
#define RUN_MS 250
#endif

#define WORKERS 3

/* What caches may keep: names of processes long dead, above all. */
#define FRAMES_KEPT  4000
#define OBJECTS_KEPT 3000

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

/* --- a round, the canary, the judge -------------------------------------- */

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
		int status;
		pid_t gone = waitpid(-1, &status, WNOHANG);

		/* One that has made us its tracer. */
		if (gone > 0 && WIFSTOPPED(status)) {
			ptrace(PTRACE_DETACH, gone, 0, 0);
			continue;
		}
		for (unsigned i = 0; i < WORKERS; i++) {
			if (!workers[i] || workers[i] == gone)
				workers[i] = start_worker(seed++, wanted);
			else if (gone <= 0)
				kill(workers[i], SIGCONT);
		}
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
	made = count + 8;
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
		printf("# fuzz: %ld calls\n", *made);
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
	for (int i = 3; i < argc || i == 3; i++)
		fuzz(strtoull(argv[0], NULL, 10), atol(argv[1]), atol(argv[2]),
		     i < argc ? (unsigned)atoi(argv[i]) : EVERYTHING);
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
