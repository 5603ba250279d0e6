/* SPDX-License-Identifier: MIT */
/*
 * corners.c - what calls about processes do at the edges of what they take.
 */
#include "guest.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* <linux/futex.h>, which the C library does not bring. */
enum {
	FUTEX_WAIT = 0,
	FUTEX_WAKE = 1,
	FUTEX_CMP_REQUEUE = 4,
	FUTEX_WAKE_OP = 5,
	FUTEX_CLOCK_REALTIME = 256,
};

static volatile sig_atomic_t seen;

static void
note(int number)
{
	seen = number;
}

/* A child by clone(2) that exits at once and then sends that signal. */
static pid_t
clone_with_signal(unsigned long signal)
{
	pid_t pid = (pid_t)syscall(SYS_clone, signal, 0, 0, 0, 0);

	if (!pid)
		_exit(7);
	return pid;
}

CASE(any_exit_signal_is_taken)
{
	static const int none[] = { 0, 65, 100, 200, 255 };
	int status;

	for (size_t i = 0; i < COUNT(none); i++) {
		pid_t pid =
			(pid_t)OK(clone_with_signal((unsigned long)none[i]));

		FAILS(waitpid(pid, &status, 0), ECHILD);
		CHECK_EQ(waitpid(pid, &status, __WALL), pid);
		CHECK_EQ(WEXITSTATUS(status), 7);
	}
}

CASE(exit_signal_may_be_sigcont)
{
	int status;

	signal(SIGCONT, note);
	pid_t pid = (pid_t)OK(clone_with_signal(SIGCONT));
	while (waitpid(pid, &status, __WCLONE) < 0)
		CHECK_EQ(errno, EINTR);
	CHECK_EQ(seen, SIGCONT);
}

CASE(sigcont_of_a_child_continues_its_parent)
{
	int status;
	pid_t pid = CHILD({
		if (!syscall(SYS_clone, SIGCONT, 0, 0, 0, 0)) {
			sleep_ms(200);
			_exit(0);
		}
		raise(SIGSTOP);
		_exit(3);
	});

	CHECK_EQ(waitpid(pid, &status, WUNTRACED), pid);
	CHECK(WIFSTOPPED(status));
	EXITS(pid, 3);
}

static int
vfork_child(void *arg)
{
	(void)arg;
	sleep_ms(3000);
	_exit(0);
}

/* Death cannot wait for a child that keeps its parent's memory. */
CASE(vfork_parent_can_be_killed)
{
	static const int signals[] = { SIGKILL, SIGTERM };

	for (size_t i = 0; i < COUNT(signals); i++) {
		long begun = now_ms();
		pid_t pid = CHILD({
			char *stack = anon(65536);

			clone(vfork_child, stack + 65536,
			      CLONE_VM | CLONE_VFORK | SIGCHLD, NULL);
		});

		sleep_ms(200);
		OK(kill(pid, signals[i]));
		DIES(pid, signals[i]);
		CHECK(now_ms() - begun < 2000);
	}
}

static int
limit_child(void *arg)
{
	struct rlimit small = { 1 << 20, RLIM_INFINITY };

	(void)arg;
	setrlimit(RLIMIT_DATA, &small);
	_exit(0);
}

/* Limits belong to the process, though its memory is its parent's. */
CASE(limits_of_a_vfork_child_are_its_own)
{
	char *stack = anon(65536);
	pid_t pid = clone(limit_child, stack + 65536,
			  CLONE_VM | CLONE_VFORK | SIGCHLD, NULL);

	EXITS(pid, 0);
	memset(anon(8 << 20), 1, 8 << 20);
}

static void *
stand(void *arg)
{
	sigset_t all;

	(void)arg;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, NULL);
	while (pause() < 0)
		;
	return NULL;
}

/* A stop of one thread that meets the kill of all. */
CASE(kill_wins_over_stop)
{
	for (int i = 0; i < 20; i++) {
		pid_t pid = CHILD({
			pthread_t t;

			pthread_create(&t, NULL, stand, NULL);
			for (;;)
				sched_yield();
		});

		sleep_ms(5);
		OK(syscall(SYS_tgkill, pid, pid, SIGSTOP));
		OK(kill(pid, SIGKILL));
		DIES(pid, SIGKILL);
	}
}

static char *volatile low_water;

static void
nest(int number)
{
	char here;

	if (&here < low_water)
		_exit(5);
	raise(number);
}

/* Frames upon frames must not leave the alternate stack at its low end. */
CASE(nested_frames_stay_on_their_stack)
{
	pid_t pid = CHILD({
		struct sigaction a = { .sa_handler = nest,
				       .sa_flags = SA_ONSTACK | SA_NODEFER };
		char *memory = anon(256 * 1024);
		stack_t s = { .ss_sp = memory + 128 * 1024,
			      .ss_size = 64 * 1024 };

		low_water = memory + 128 * 1024;
		OK(sigaltstack(&s, NULL));
		OK(sigaction(SIGUSR1, &a, NULL));
		raise(SIGUSR1);
	});

	DIES(pid, SIGSEGV);
}

CASE(unknown_action_flags_read_as_zero)
{
	struct {
		void *handler;
		unsigned long flags;
		void *restorer;
		unsigned long mask;
	} a = { 0 }, old;

	a.flags = 0x04000000ul | SA_RESTART | 0x400ul | (1ul << 40);
	OK(syscall(SYS_rt_sigaction, SIGUSR1, &a, NULL, 8));
	OK(syscall(SYS_rt_sigaction, SIGUSR1, NULL, &old, 8));
	CHECK(!(old.flags & 0x400ul) && !(old.flags >> 40));
	CHECK(old.flags & SA_RESTART);
}

CASE(kill_everyone_but_oneself)
{
	need_root();
	/* As nobody there may be nobody one may tell: that is no error. */
	pid_t pid = CHILD({
		become_nobody();
		CHECK(!kill(-1, 0) || errno == ESRCH);
	});

	EXITS(pid, 0);
}

CASE(zombies_may_be_signalled)
{
	need_root();
	pid_t pid = CHILD({
		become_nobody();
		pid_t child = CHILD({});
		siginfo_t info;

		OK(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT));
		OK(kill(child, 0));
		OK(kill(child, SIGTERM));
		EXITS(child, 0);
	});

	EXITS(pid, 0);
}

static void *
look_at_own_number(void *arg)
{
	pid_t tid = (pid_t)syscall(SYS_gettid);

	(void)arg;
	CHECK_EQ(getpgid(tid), getpgid(0));
	CHECK_EQ(getsid(tid), getsid(0));
	FAILS(setpgid(tid, 0), EINVAL);
	OK(kill(tid, 0));
	return NULL;
}

CASE(numbers_of_threads)
{
	pthread_t t;

	CHECK_EQ(pthread_create(&t, NULL, look_at_own_number, NULL), 0);
	pthread_join(t, NULL);
}

CASE(group_of_a_zombie)
{
	pid_t pid = CHILD({});
	siginfo_t info;

	OK(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT));
	OK(setpgid(pid, pid));
	CHECK_EQ(getpgid(pid), pid);
	EXITS(pid, 0);
}

CASE(sigtimedwait_with_no_time)
{
	struct timespec none = { 0 };
	sigset_t set, all;

	signal(SIGUSR2, note);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigfillset(&all);
	OK(sigprocmask(SIG_SETMASK, &all, NULL));
	raise(SIGUSR2);
	FAILS(sigtimedwait(&set, NULL, &none), EAGAIN);
	FAILS(syscall(SYS_rt_sigtimedwait, &set, NULL, &none, 4), EINVAL);
}

CASE(select_answers_what_was_asked)
{
	int fds[2];
	fd_set in;
	struct timeval none = { 0 };

	OK(pipe(fds));
	OK(write(fds[1], "x", 1));
	CHECK(fds[0] < 60);
	FD_ZERO(&in);
	FD_SET(fds[0], &in);
	FD_SET(62, &in); /* not open, and not below n */
	CHECK_EQ(select(fds[0] + 1, &in, NULL, NULL, &none), 1);
	CHECK(FD_ISSET(fds[0], &in) && !FD_ISSET(62, &in));
	FD_SET(62, &in);
	FAILS(select(63, &in, NULL, NULL, &none), EBADF);
	/* Microseconds beyond a second are carried. */
	none.tv_usec = 1500000;
	long begun = now_ms();
	CHECK_EQ(select(0, NULL, NULL, NULL, &none), 0);
	CHECK(now_ms() - begun >= 1490);
}

CASE(path_only_descriptors)
{
	struct flock lock = { 0 };
	int flag = 1, fd = (int)OK(open(".", O_PATH | O_DIRECTORY));

	FAILS(fcntl(fd, F_SETFL, 0), EBADF);
	FAILS(fcntl(fd, F_GETLK, &lock), EBADF);
	FAILS(ioctl(fd, FIONBIO, &flag), EBADF);
	CHECK(OK(fcntl(fd, F_GETFL)) & O_PATH);
	OK(fcntl(fd, F_SETFD, FD_CLOEXEC));
	OK(fchdir(fd));
	close((int)OK(dup(fd)));
}

CASE(descriptor_ioctls)
{
	int fds[2];

	OK(pipe(fds));
	OK(ioctl(fds[0], FIOCLEX));
	CHECK_EQ(fcntl(fds[0], F_GETFD), FD_CLOEXEC);
	OK(ioctl(fds[0], FIONCLEX));
	CHECK_EQ(fcntl(fds[0], F_GETFD), 0);
	CHECK_EQ(fcntl(fds[1], F_GETFL), O_WRONLY);
	/* Only what can be changed is. */
	OK(fcntl(fds[1], F_SETFL, O_NONBLOCK | O_DSYNC | O_RDWR));
	CHECK_EQ(fcntl(fds[1], F_GETFL), O_WRONLY | O_NONBLOCK);
	FAILS(syscall(SYS_close_range, 5, 4, 0), EINVAL);
	FAILS(syscall(SYS_close_range, 4, 5, 64), EINVAL);
}

CASE(vectors_with_flags)
{
	char text[6] = "";
	struct iovec v = { text, 5 };
	int fd = (int)OK(open("f", O_RDWR | O_CREAT, 0600));

	OK(write(fd, "hello world", 11));
	CHECK_EQ(syscall(SYS_preadv2, fd, &v, 1, 6, 0, 0), 5);
	CHECK(!strcmp(text, "world"));
	OK(lseek(fd, 0, SEEK_SET));
	CHECK_EQ(syscall(SYS_preadv2, fd, &v, 1, -1L, -1L, 0), 5);
	CHECK(!strcmp(text, "hello"));
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 5);
	FAILS(syscall(SYS_preadv2, fd, &v, 1, -2L, -1L, 0), EINVAL);
	FAILS(syscall(SYS_preadv2, fd, &v, 1, 0, 0, 0x40000000), EOPNOTSUPP);
	CHECK_EQ(syscall(SYS_preadv2, fd, &v, 1, 0, 0, RWF_HIPRI), 5);
	CHECK_EQ(syscall(SYS_preadv2, fd, &v, 1, 0, 0, RWF_APPEND), 5);
	CHECK_EQ(syscall(SYS_pwritev2, fd, &v, 1, 0, 0, 0), 5);
	CHECK_EQ(syscall(SYS_pwritev2, fd, &v, 1, 6, 0, RWF_DSYNC | RWF_SYNC),
		 5);
	CHECK_EQ(lseek(fd, 0, SEEK_END), 11);
}

CASE(a_vector_at_the_end)
{
	char text[12] = "";
	struct iovec v = { "abc", 3 };
	int fd = (int)OK(open("f", O_RDWR | O_CREAT, 0600));

	OK(write(fd, "hello", 5));
	OK(lseek(fd, 1, SEEK_SET));
	/* Where it would have gone is ignored; the file's own offset stays. */
	CHECK_EQ(syscall(SYS_pwritev2, fd, &v, 1, 0, 0, RWF_APPEND), 3);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 1);
	CHECK_EQ(syscall(SYS_pwritev2, fd, &v, 1, -1L, -1L, RWF_APPEND), 3);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 11);
	CHECK_EQ(pread(fd, text, sizeof(text), 0), 11);
	CHECK(!memcmp(text, "helloabcabc", 11));
}

CASE(clocks_one_can_sleep_on)
{
	struct timespec t = { 0, 1000000 };

	FAILS(syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC_RAW, 0, &t, NULL),
	      EOPNOTSUPP);
	FAILS(syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC_COARSE, 0, &t, NULL),
	      EOPNOTSUPP);
	FAILS(syscall(SYS_clock_nanosleep, CLOCK_THREAD_CPUTIME_ID, 0, &t,
		      NULL),
	      EOPNOTSUPP);
	FAILS(syscall(SYS_clock_nanosleep, 77, 0, NULL, NULL), EINVAL);
	OK(syscall(SYS_clock_nanosleep, CLOCK_BOOTTIME, 0, &t, NULL));
}

CASE(alarm_rounds_to_the_nearest)
{
	OK(syscall(SYS_alarm, 10));
	CHECK_EQ(syscall(SYS_alarm, 3), 10);
	sleep_ms(700);
	CHECK_EQ(syscall(SYS_alarm, 0), 2);
}

/* A stop in the middle of a timed wait does not make it longer. */
CASE(futex_wait_keeps_its_deadline)
{
	pid_t pid = CHILD({
		struct timespec t = { 1, 0 };
		uint32_t word = 1;
		long begun = now_ms();

		FAILS(syscall(SYS_futex, &word, FUTEX_WAIT, 1, &t, NULL, 0),
		      ETIMEDOUT);
		CHECK(now_ms() - begun < 1500);
	});

	sleep_ms(600);
	OK(kill(pid, SIGSTOP));
	OK(kill(pid, SIGCONT));
	EXITS(pid, 0);
}

CASE(futex_arguments)
{
	uint32_t a = 0, b = 0;

	FAILS(syscall(SYS_futex, &a, FUTEX_WAKE | FUTEX_CLOCK_REALTIME, 1, NULL,
		      NULL, 0),
	      ENOSYS);
	FAILS(syscall(SYS_futex, &a, FUTEX_CMP_REQUEUE, -1, 1ul, &b, 0),
	      EINVAL);
	FAILS(syscall(SYS_futex, &a, FUTEX_CMP_REQUEUE, 1, (unsigned long)-1,
		      &b, 0),
	      EINVAL);
	/* Both words are looked at before one is changed. */
	FAILS(syscall(SYS_futex, 1ul, FUTEX_WAKE_OP, 1, 1ul, &b, 1 << 12),
	      EINVAL);
	CHECK_EQ(b, 0);
}

/* The C library does without these. */
static long
set_policy(pid_t pid, int policy, const struct sched_param *p)
{
	return syscall(SYS_sched_setscheduler, pid, policy, p);
}

CASE(policy_is_remembered)
{
	struct sched_param p = { 0 };

	OK(set_policy(0, SCHED_BATCH, &p));
	CHECK_EQ(syscall(SYS_sched_getscheduler, 0), SCHED_BATCH);
	EXITS(CHILD(CHECK_EQ(syscall(SYS_sched_getscheduler, 0), SCHED_BATCH)),
	      0);
	p.sched_priority = 1;
	FAILS(set_policy(0, SCHED_BATCH, &p), EINVAL);
	FAILS(set_policy(0, 4, &p), EINVAL);
	FAILS(set_policy(-1, SCHED_OTHER, &p), EINVAL);
	FAILS(syscall(SYS_sched_setscheduler, 0, -1, &p), EINVAL);
	p.sched_priority = 0;
	FAILS(set_policy(0, SCHED_FIFO, &p), EINVAL);
	OK(set_policy(0, SCHED_OTHER | SCHED_RESET_ON_FORK, &p));
	CHECK_EQ(syscall(SYS_sched_getscheduler, 0),
		 SCHED_OTHER | SCHED_RESET_ON_FORK);
}

CASE(fork_can_reset_scheduling)
{
	struct sched_param p = { .sched_priority = 3 };

	need_root();
	OK(set_policy(0, SCHED_RR | SCHED_RESET_ON_FORK, &p));
	EXITS(CHILD(CHECK_EQ(syscall(SYS_sched_getscheduler, 0), SCHED_OTHER)),
	      0);
	p.sched_priority = 0;
	OK(set_policy(0, SCHED_OTHER | SCHED_RESET_ON_FORK, &p));
	OK(setpriority(PRIO_PROCESS, 0, -5));
	EXITS(CHILD(CHECK_EQ(getpriority(PRIO_PROCESS, 0), 0)), 0);
}

static void *
be_nicer(void *arg)
{
	(void)arg;
	OK(setpriority(PRIO_PROCESS, 0, 7));
	CHECK_EQ(getpriority(PRIO_PROCESS, 0), 7);
	return NULL;
}

CASE(nice_value_is_each_threads_own)
{
	pthread_t t;

	CHECK_EQ(pthread_create(&t, NULL, be_nicer, NULL), 0);
	pthread_join(t, NULL);
	CHECK_EQ(getpriority(PRIO_PROCESS, 0), 0);
}

CASE(cpu_time_has_a_limit)
{
	struct rlimit soft = { 1, 3 }, hard = { 1, 1 };

	/* The soft limit tells, the hard one kills. */
	DIES_BY(SIGXCPU, OK(setrlimit(RLIMIT_CPU, &soft)); for (;;));
	pid_t pid = CHILD({
		signal(SIGXCPU, SIG_IGN);
		OK(setrlimit(RLIMIT_CPU, &hard));
		for (;;)
			;
	});
	DIES(pid, SIGKILL);
}

CASE(cpu_limit_does_not_count_sleep)
{
	struct rlimit limit = { 1, 1 };

	OK(setrlimit(RLIMIT_CPU, &limit));
	sleep_ms(1500);
}

CASE(exec_looks_at_its_strings_first)
{
	char *const bad[] = { (char *)8, NULL };

	put_file("script", "#!/no/such/interpreter\n");
	OK(chmod("script", 0755));
	put_file("text", "no program");
	OK(chmod("text", 0755));
	FAILS(execve("script", bad, NULL), EFAULT);
	FAILS(execve("text", bad, NULL), EFAULT);
	FAILS(execve("script", (char *const *)8, NULL), EFAULT);
	FAILS(execve("text", NULL, bad), EFAULT);
	FAILS(execve("script", NULL, NULL), ENOENT);
	FAILS(execve("text", NULL, NULL), ENOEXEC);
}

CASE(exec_by_descriptor_names_it)
{
	char *const argv[] = { "x", NULL };

	OK(symlink("/proc/self/exe", "link"));
	FAILS(syscall(SYS_execveat, AT_FDCWD, "link", argv, NULL,
		      AT_SYMLINK_NOFOLLOW),
	      ELOOP);
	FAILS(syscall(SYS_execveat, AT_FDCWD, "", argv, NULL, 0), ENOENT);
	FAILS(syscall(SYS_execveat, AT_FDCWD, "x", argv, NULL, 0x800000),
	      EINVAL);
}

CASE(capabilities_are_given_up)
{
	struct {
		uint32_t version;
		int pid;
	} head = { 0x20080522, 0 };
	struct {
		uint32_t effective, permitted, inheritable;
	} caps[2];

	need_root();
	OK(syscall(SYS_capget, &head, caps));
	CHECK(caps[0].effective & 1u << 5);
	caps[0].effective &= ~(1u << 5); /* CAP_KILL */
	caps[0].permitted &= ~(1u << 5);
	OK(syscall(SYS_capset, &head, caps));
	caps[0].permitted |= 1u << 5;
	FAILS(syscall(SYS_capset, &head, caps), EPERM);
	OK(syscall(SYS_capget, &head, caps));
	CHECK(!(caps[0].effective & 1u << 5));
	FAILS(prctl(PR_CAPBSET_READ, 1000, 0, 0, 0), EINVAL);
	CHECK_EQ(prctl(PR_CAPBSET_READ, 5, 0, 0, 0), 1);
	OK(prctl(PR_CAPBSET_DROP, 5, 0, 0, 0));
	CHECK_EQ(prctl(PR_CAPBSET_READ, 5, 0, 0, 0), 0);
}

CASE(capabilities_can_be_kept)
{
	need_root();
	struct {
		uint32_t version;
		int pid;
	} head = { 0x20080522, 0 };
	struct {
		uint32_t effective, permitted, inheritable;
	} caps[2];

	CHECK_EQ(prctl(PR_GET_KEEPCAPS, 0, 0, 0, 0), 0);
	FAILS(prctl(PR_SET_KEEPCAPS, 2, 0, 0, 0), EINVAL);
	OK(prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0));
	OK(setresuid(65534, 65534, 65534));
	OK(syscall(SYS_capget, &head, caps));
	CHECK(caps[0].permitted && !caps[0].effective);
}

CASE(death_signal_is_checked)
{
	int number = -1;

	FAILS(prctl(PR_SET_PDEATHSIG, 65, 0, 0, 0), EINVAL);
	OK(prctl(PR_SET_PDEATHSIG, SIGUSR1, 0, 0, 0));
	OK(prctl(PR_GET_PDEATHSIG, &number, 0, 0, 0));
	CHECK_EQ(number, SIGUSR1);
	FAILS(prctl(PR_SET_NO_NEW_PRIVS, 1, 1, 0, 0), EINVAL);
	FAILS(prctl(PR_SET_DUMPABLE, 2, 0, 0, 0), EINVAL);
	FAILS(prctl(PR_GET_NO_NEW_PRIVS, 1, 0, 0, 0), EINVAL);
	FAILS(prctl(12345, 0, 0, 0, 0), EINVAL);
}

CASE(process_number_limit_holds_at_exec)
{
	need_root();
	pid_t pid = CHILD({
		struct rlimit none = { 0, 0 };
		char *const argv[] = { "x", "--list", NULL };
		pid_t other = CHILD({
			OK(setresuid(65533, 65533, 65533));
			for (;;)
				pause();
		});

		sleep_ms(100);
		OK(setrlimit(RLIMIT_NPROC, &none));
		OK(setresuid(65533, 65533, 65533));
		FAILS(execve("/proc/self/exe", argv, NULL), EAGAIN);
		OK(kill(other, SIGKILL));
	});

	EXITS(pid, 0);
}

CASE(others_do_not_look_into_proc)
{
	char text[256];

	need_root();
	pid_t pid = CHILD({
		become_nobody();
		FAILS(readlink("/proc/1/exe", text, sizeof(text)), EACCES);
		FAILS(readlink("/proc/1/cwd", text, sizeof(text)), EACCES);
		FAILS(open("/proc/1/root/etc", O_RDONLY), EACCES);
		FAILS(open("/proc/1/fd", O_RDONLY | O_DIRECTORY), EACCES);
		FAILS(open("/proc/1/environ", O_RDONLY), EACCES);
		OK(readlink("/proc/self/exe", text, sizeof(text)));
	});

	EXITS(pid, 0);
}
