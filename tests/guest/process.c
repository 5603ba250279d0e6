/* SPDX-License-Identifier: MIT */
/*
 * process.c - fork, vfork, clone, exit, wait, orphans.
 */
#include "guest.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

CASE(fork_copies_memory)
{
	volatile int *p = anon(PAGE);
	pid_t pid;

	*p = 1;
	pid = CHILD({
		CHECK_EQ(*p, 1);
		*p = 2;
	});
	EXITS(pid, 0);
	CHECK_EQ(*p, 1);
}

CASE(fork_shares_file_offset)
{
	int fd;

	put_file("f", "abcdef");
	fd = (int)OK(open("f", O_RDONLY));
	EXITS(CHILD({ OK(lseek(fd, 3, SEEK_SET)); }), 0);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 3);
	EXITS(CHILD({ OK(close(fd)); }), 0);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 3);
}

CASE(child_has_its_own_pid)
{
	pid_t parent = getpid(), pid;

	pid = CHILD({
		CHECK(getpid() != parent);
		CHECK_EQ(getppid(), parent);
		CHECK_EQ(syscall(SYS_gettid), getpid());
	});
	EXITS(pid, 0);
	CHECK_EQ(getpid(), parent);
}

CASE(every_exit_status_arrives)
{
	for (int status = 0; status < 256; status += 5)
		EXITS(CHILD({ _exit(status); }), status);
	EXITS(CHILD({ _exit(256 + 7); }), 7);
	EXITS(CHILD({ _exit(-1); }), 255);
}

CASE(vfork_suspends_parent)
{
	volatile int *shared = anon(PAGE);
	pid_t pid = vfork();

	if (!pid) {
		sleep_ms(50);
		*shared = 1; /* the same memory, not a copy */
		_exit(3);
	}
	CHECK_EQ(*shared, 1);
	EXITS(pid, 3);
}

static int
clone_child(void *argument)
{
	*(volatile int *)argument = 5;
	return 4;
}

CASE(clone_vm_shares_memory)
{
	char *stack = anon(16 * PAGE);
	volatile int *p = anon(PAGE);
	int pid = clone(clone_child, stack + 16 * PAGE, CLONE_VM | SIGCHLD,
			(void *)p);

	OK(pid);
	EXITS(pid, 4);
	CHECK_EQ(*p, 5);
}

static int
clone_close(void *argument)
{
	return close(*(int *)argument);
}

CASE(clone_files_shares_descriptors)
{
	char *stack = anon(16 * PAGE);
	int fd = (int)OK(open("/dev/null", O_RDONLY));

	EXITS((int)OK(clone(clone_close, stack + 16 * PAGE,
			    CLONE_FILES | SIGCHLD, &fd)),
	      0);
	FAILS(fcntl(fd, F_GETFD), EBADF);
}

static int
clone_chdir(void *argument)
{
	return chdir(argument);
}

CASE(clone_fs_shares_directory)
{
	char *stack = anon(16 * PAGE), path[256];

	EXITS((int)OK(clone(clone_chdir, stack + 16 * PAGE, SIGCHLD, "/")), 0);
	CHECK(strcmp(getcwd(path, sizeof(path)), "/"));
	EXITS((int)OK(clone(clone_chdir, stack + 16 * PAGE, CLONE_FS | SIGCHLD,
			    "/")),
	      0);
	CHECK(!strcmp(getcwd(path, sizeof(path)), "/"));
}

CASE(clone_bad_flags)
{
	/* Each needs another: threads share handlers, handlers share memory. */
	FAILS(syscall(SYS_clone, CLONE_THREAD, 0, 0, 0, 0), EINVAL);
	FAILS(syscall(SYS_clone, CLONE_SIGHAND, 0, 0, 0, 0), EINVAL);
	FAILS(syscall(SYS_clone, CLONE_THREAD | CLONE_SIGHAND, 0, 0, 0, 0),
	      EINVAL);
	FAILS(syscall(SYS_clone, CLONE_FS | CLONE_NEWNS, 0, 0, 0, 0), EINVAL);
}

CASE(clone_settid_writes)
{
	pid_t *parent_tid = anon(PAGE), child_tid = 0, pid;

	*parent_tid = 0;
	pid = (pid_t)syscall(SYS_clone,
			     CLONE_PARENT_SETTID | CLONE_CHILD_SETTID | SIGCHLD,
			     0, parent_tid, &child_tid, 0);
	OK(pid);
	if (!pid)
		_exit(child_tid == getpid() ? 0 : 1);
	CHECK_EQ(*parent_tid, pid);
	CHECK_EQ(child_tid, 0);
	EXITS(pid, 0);
}

CASE(clone_without_exit_signal)
{
	pid_t pid = (pid_t)OK(syscall(SYS_clone, 0, 0, 0, 0, 0));

	if (!pid)
		_exit(6);
	/* Not a child in the plain sense: only __WALL or __WCLONE see it. */
	FAILS(waitpid(pid, NULL, 0), ECHILD);
	CHECK_EQ(waitpid(pid, NULL, __WALL), pid);
}

CASE(clone_parent_makes_sibling)
{
	pid_t pid = CHILD({
		pid_t sibling = (pid_t)OK(
			syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0));
		if (!sibling)
			_exit(9);
		FAILS(waitpid(sibling, NULL, 0), ECHILD);
	});
	int status, seen = 0;

	for (int i = 0; i < 2; i++) {
		pid_t got = (pid_t)OK(wait(&status));

		if (got == pid)
			CHECK_EQ(WEXITSTATUS(status), 0);
		else
			seen = WEXITSTATUS(status);
	}
	CHECK_EQ(seen, 9);
}

CASE(wait_without_children)
{
	FAILS(wait(NULL), ECHILD);
	FAILS(waitpid(1, NULL, 0), ECHILD);
	FAILS(waitpid(-getpgrp(), NULL, 0), ECHILD);
	FAILS(waitpid(-1, NULL, 0x1000), EINVAL);
}

CASE(wait_nohang)
{
	int fds[2], status;
	char c;
	pid_t pid;

	OK(pipe(fds));
	pid = CHILD({ OK(read(fds[0], &c, 1)); });
	CHECK_EQ(waitpid(pid, &status, WNOHANG), 0);
	CHECK_EQ(waitpid(-1, &status, WNOHANG), 0);
	OK(write(fds[1], "x", 1));
	EXITS(pid, 0);
}

CASE(wait_by_group)
{
	pid_t a = CHILD({
		OK(setpgid(0, 0));
		_exit(1);
	});
	pid_t b;
	int status;

	setpgid(a, a);
	b = CHILD({ _exit(2); });
	CHECK_EQ(waitpid(0, &status, 0), b);
	CHECK_EQ(WEXITSTATUS(status), 2);
	CHECK_EQ(waitpid(-a, &status, 0), a);
	CHECK_EQ(WEXITSTATUS(status), 1);
}

CASE(wait_stopped_and_continued)
{
	pid_t pid = CHILD({
		for (;;)
			pause();
	});
	int status;

	OK(kill(pid, SIGSTOP));
	CHECK_EQ(waitpid(pid, &status, WUNTRACED), pid);
	CHECK(WIFSTOPPED(status));
	CHECK_EQ(WSTOPSIG(status), SIGSTOP);
	CHECK_EQ(waitpid(pid, &status, WUNTRACED | WNOHANG), 0);
	OK(kill(pid, SIGCONT));
	CHECK_EQ(waitpid(pid, &status, WCONTINUED), pid);
	CHECK(WIFCONTINUED(status));
	OK(kill(pid, SIGKILL));
	DIES(pid, SIGKILL);
}

CASE(waitid_fills_siginfo)
{
	pid_t pid = CHILD({ _exit(7); });
	siginfo_t info = { 0 };

	OK(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT));
	CHECK_EQ(info.si_signo, SIGCHLD);
	CHECK_EQ(info.si_code, CLD_EXITED);
	CHECK_EQ(info.si_pid, pid);
	CHECK_EQ(info.si_uid, getuid());
	CHECK_EQ(info.si_status, 7);
	/* WNOWAIT left it to be waited for. */
	OK(waitid(P_ALL, 0, &info, WEXITED));
	FAILS(waitid(P_ALL, 0, &info, WEXITED), ECHILD);
}

CASE(waitid_killed_stopped_continued)
{
	pid_t pid = CHILD({
		for (;;)
			pause();
	});
	siginfo_t info;

	OK(kill(pid, SIGSTOP));
	OK(waitid(P_PID, (id_t)pid, &info, WSTOPPED));
	CHECK_EQ(info.si_code, CLD_STOPPED);
	CHECK_EQ(info.si_status, SIGSTOP);
	OK(kill(pid, SIGCONT));
	OK(waitid(P_PGID, (id_t)getpgrp(), &info, WCONTINUED));
	CHECK_EQ(info.si_code, CLD_CONTINUED);
	OK(kill(pid, SIGTERM));
	OK(waitid(P_PID, (id_t)pid, &info, WEXITED));
	CHECK_EQ(info.si_code, CLD_KILLED);
	CHECK_EQ(info.si_status, SIGTERM);
}

CASE(waitid_bad_arguments)
{
	siginfo_t info;

	FAILS(waitid(P_ALL, 0, &info, 0), EINVAL);
	FAILS(waitid(P_ALL, 0, &info, WNOHANG), EINVAL);
	FAILS(waitid(77, 0, &info, WEXITED), EINVAL);
}

CASE(waitid_nohang_clears_pid)
{
	pid_t pid = CHILD({
		for (;;)
			pause();
	});
	siginfo_t info = { .si_pid = 1 };

	OK(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG));
	CHECK_EQ(info.si_pid, 0);
	OK(kill(pid, SIGKILL));
	DIES(pid, SIGKILL);
}

CASE(wait4_counts_resources)
{
	struct rusage usage;
	int status;
	pid_t pid = CHILD({ burn_ms(60); });

	CHECK_EQ(wait4(pid, &status, 0, &usage), pid);
	CHECK(usage.ru_utime.tv_sec * 1000000 + usage.ru_utime.tv_usec +
		      usage.ru_stime.tv_sec * 1000000 + usage.ru_stime.tv_usec >
	      10000);
}

CASE(zombie_stays_until_waited)
{
	pid_t pid = CHILD({ _exit(0); });
	siginfo_t info;

	OK(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT));
	OK(kill(pid, 0)); /* still there */
	EXITS(pid, 0);
	FAILS(kill(pid, 0), ESRCH);
}

CASE(ignored_sigchld_reaps_itself)
{
	pid_t pid;

	signal(SIGCHLD, SIG_IGN);
	pid = CHILD({ _exit(1); });
	FAILS(waitpid(pid, NULL, 0), ECHILD);
	FAILS(kill(pid, 0), ESRCH);
}

CASE(nocldwait_reaps_itself)
{
	struct sigaction action = { .sa_handler = SIG_DFL,
				    .sa_flags = SA_NOCLDWAIT };
	pid_t pid;

	OK(sigaction(SIGCHLD, &action, NULL));
	pid = CHILD({ _exit(1); });
	FAILS(waitpid(pid, NULL, 0), ECHILD);
}

CASE(orphan_goes_to_a_reaper)
{
	pid_t *orphan = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	volatile pid_t *new_parent = orphan + 1;
	pid_t middle;

	CHECK(orphan != MAP_FAILED);
	middle = CHILD({
		pid_t me = getpid();

		CHILD({
			while (getppid() == me)
				sleep_ms(1);
			*new_parent = getppid();
			_exit(0);
		});
	});
	EXITS(middle, 0);
	for (int i = 0; i < 2000 && !*new_parent; i++)
		sleep_ms(1);
	CHECK(*new_parent != 0);
	CHECK(*new_parent != middle);
	CHECK(*new_parent != getpid());
}

CASE(deep_chain_of_processes)
{
	int depth = 0;
	pid_t pid;

	/* Each waits for its child and adds one. */
	while (depth < 60 && !(pid = (pid_t)OK(fork())))
		depth++;
	if (depth < 60) {
		int status;

		CHECK_EQ(waitpid(pid, &status, 0), pid);
		if (depth == 0) {
			CHECK_EQ(WEXITSTATUS(status), 60);
			return;
		}
		_exit(WEXITSTATUS(status) + 1);
	}
	_exit(1);
}

CASE(many_children_at_once)
{
	pid_t pids[200];

	for (size_t i = 0; i < COUNT(pids); i++)
		pids[i] = CHILD({ _exit((int)(i % 100)); });
	for (size_t i = COUNT(pids); i-- > 0;)
		EXITS(pids[i], (int)(i % 100));
	FAILS(wait(NULL), ECHILD);
}

CASE(pids_are_not_reused_at_once)
{
	pid_t a = CHILD({ _exit(0); }), b;

	EXITS(a, 0);
	b = CHILD({ _exit(0); });
	EXITS(b, 0);
	CHECK(a != b);
}

static void *
thread_exits_group(void *argument)
{
	(void)argument;
	syscall(SYS_exit_group, 12);
	return NULL;
}

CASE(exit_group_ends_all_threads)
{
	pid_t pid = CHILD({
		pthread_t thread;

		CHECK_EQ(
			pthread_create(&thread, NULL, thread_exits_group, NULL),
			0);
		for (;;)
			pause();
	});

	EXITS(pid, 12);
}

static void *
thread_outlives_main(void *argument)
{
	(void)argument;
	sleep_ms(50);
	_exit(13);
}

CASE(process_lives_as_long_as_a_thread)
{
	pid_t pid = CHILD({
		pthread_t thread;

		CHECK_EQ(pthread_create(&thread, NULL, thread_outlives_main,
					NULL),
			 0);
		syscall(SYS_exit, 0);
	});

	EXITS(pid, 13);
}
